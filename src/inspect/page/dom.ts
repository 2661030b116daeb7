/** Elements of the page. Text goes in as text nodes only: names come from models and may hold anything. */

export type Child = Node | string | number | null | undefined;

export interface Properties {
  readonly class?: string;
  readonly title?: string;
  readonly role?: string;
  readonly onclick?: (event: MouseEvent) => void;
  /** Any other attribute. */
  readonly attributes?: Readonly<Record<string, string>>;
}

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (properties.class !== undefined) element.className = properties.class;
  if (properties.title !== undefined) element.title = properties.title;
  if (properties.role !== undefined) element.setAttribute("role", properties.role);
  if (properties.onclick !== undefined)
    element.addEventListener("click", properties.onclick as EventListener);
  for (const [name, value] of Object.entries(properties.attributes ?? {})) element.setAttribute(name, value);
  append(element, children);
  return element;
}

export function append(element: Element, children: readonly Child[]): void {
  for (const child of children)
    if (child !== null && child !== undefined)
      element.append(typeof child === "number" ? String(child) : child);
}

export function replace(element: Element, ...children: readonly Child[]): void {
  element.replaceChildren();
  append(element, children);
}

const svgSpace = "http://www.w3.org/2000/svg";

export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | number>> = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(svgSpace, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  append(element, children);
  return element;
}

/** A name that may go on in the next line behind its dots and slashes. */
export function breakable(name: string): Child[] {
  return name.split(/(?<=[./])/).flatMap((part, i) => (i === 0 ? [part] : [h("wbr"), part]));
}

/** A patch of colour, and what it stands for. */
export function swatch(colour: string, text: string): HTMLElement {
  const mark = h("i", { class: "swatch" });
  mark.style.background = colour;
  return h("span", { class: "legend-entry" }, mark, text);
}

export interface Column {
  readonly title: string;
  /** Numbers stand to the right. */
  readonly numeric?: boolean;
}

export interface TableRow {
  readonly cells: readonly Child[];
  readonly selected?: boolean;
  readonly onclick?: () => void;
  /** A sum of the rows above. */
  readonly total?: boolean;
}

/** A table whose rows can be chosen with the mouse, or with Enter. */
export function table(
  columns: readonly Column[],
  rows: readonly TableRow[],
  className = "",
): HTMLTableElement {
  const kind = (i: number) => (columns[i]?.numeric === true ? "number" : "");
  const body = rows.map((row) => {
    const { onclick } = row;
    const element = h(
      "tr",
      {
        class: [
          row.selected === true ? "selected" : "",
          onclick ? "choice" : "",
          row.total === true ? "total" : "",
        ]
          .join(" ")
          .trim(),
      },
      ...row.cells.map((cell, i) => h("td", { class: kind(i) }, cell)),
    );
    if (onclick !== undefined) {
      element.tabIndex = 0;
      element.addEventListener("click", () => {
        // Marking text in a row does not choose it.
        if (String(getSelection() ?? "") === "") onclick();
      });
      element.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") {
          event.preventDefault();
          onclick();
        }
      });
    }
    return element;
  });
  return h(
    "table",
    { class: className },
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        ...columns.map((column, i) =>
          h("th", { class: kind(i), attributes: { scope: "col" } }, column.title),
        ),
      ),
    ),
    h("tbody", {}, ...body),
  );
}

/** A canvas that fills its parent, sharp on any screen; `draw` gets its size in CSS pixels. */
export function fullCanvas(
  label: string,
  draw: (context: CanvasRenderingContext2D, width: number, height: number) => void,
): { readonly canvas: HTMLCanvasElement; readonly redraw: () => void } {
  const canvas = h("canvas", { attributes: { "aria-label": label, role: "img" } });
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  let asked = false;
  const paint = () => {
    asked = false;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (width === 0 || height === 0) return;
    const ratio = devicePixelRatio;
    const [w, hh] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== w || canvas.height !== hh) [canvas.width, canvas.height] = [w, hh];
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    draw(context, width, height);
  };
  const redraw = () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(paint);
  };
  new ResizeObserver(redraw).observe(canvas);
  return { canvas, redraw };
}
