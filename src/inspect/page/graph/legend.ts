/** What the lines of the graph stand for: layouts, the most frequent ones, until all are asked for. */
import { h, replace, svg } from "../dom.ts";
import { layoutColour, type LayoutStyle } from "../palette.ts";

const mostAtFirst = 9;

/** `axes`: names of the mesh axes, in the order of a layout's parts. */
export function layoutLegend(
  styles: readonly LayoutStyle[],
  axes: readonly string[],
): { readonly element: HTMLElement; readonly draw: () => void } {
  const element = h("div", { class: "legend", attributes: { "aria-label": "Layouts of edges" } });
  const more = styles.length - mostAtFirst;
  let whole = false;
  const draw = () => {
    const toggle = () => {
      whole = !whole;
      draw();
      element.querySelector("button")?.focus();
    };
    replace(
      element,
      h("span", { class: "legend-title" }, `Layouts on ${axes.join(", ") || "one device"}`),
      ...(whole ? styles : styles.slice(0, mostAtFirst)).map((style) =>
        h("span", { class: "legend-entry", title: `${style.values} values` }, drawnLine(style), style.text),
      ),
      more <= 0
        ? null
        : h(
            "button",
            { class: "legend-more", onclick: toggle, attributes: { "aria-expanded": String(whole) } },
            whole ? "fewer" : `${more} more`,
          ),
    );
  };
  draw();
  return { element, draw };
}

/** As it is in the graph, dashes too. */
function drawnLine(style: LayoutStyle): SVGElement {
  const line = svg("line", {
    x2: 28,
    y1: 5,
    y2: 5,
    stroke: layoutColour(style),
    "stroke-width": 3,
    "stroke-dasharray": style.dash.join(" "),
  });
  return svg("svg", { class: "edge-swatch", width: 28, height: 10, "aria-hidden": "true" }, line);
}
