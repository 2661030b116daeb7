/** The graph: pan, zoom, fold and unfold, choose with the mouse or the arrow keys. */
import { select } from "d3-selection";
import { zoom, zoomIdentity, type ZoomTransform } from "d3-zoom";
import { printNdSbp } from "../../../ir/layout.ts";
import { bytes, seconds } from "../../text.ts";
import { printType } from "../../../ir/types.ts";
import type { Node as GraphNode } from "../../../ir/graph.ts";
import { fullCanvas, h } from "../dom.ts";
import { itemOfNode, layoutOf, nodesOf } from "../model.ts";
import { collectiveColours, currentTheme, layoutStyles, letterScale, type LayoutStyle } from "../palette.ts";
import { sameItem, type Item } from "../state.ts";
import type { App, View } from "../view.ts";
import { boxSummary, drawScene, originOf } from "./draw.ts";
import { layoutLegend } from "./legend.ts";
import { headerHeight, Layouter, type Point } from "./layout.ts";
import { graphTree, isBox, pathTo, shownFor, unfoldFirst, type Box, type Entry, type Leaf } from "./tree.ts";

export function graphView(app: App): View {
  const { model, store } = app;
  const tree = graphTree(model, (node) => describe(app, node));
  const measure = textMeasure();
  const layouter = new Layouter((entry) => sizeOf(entry, measure));
  unfoldFirst(tree.root);
  layouter.arrange(tree.root);

  const styles = layoutStyles(model);
  const styleByValue = new Map<string, LayoutStyle | undefined>();
  const styleOf = (value: string) => {
    if (!styleByValue.has(value)) styleByValue.set(value, styles.get(printNdSbp(layoutOf(model, value))));
    return styleByValue.get(value);
  };

  let camera: ZoomTransform = zoomIdentity;
  let chosen: ReadonlySet<Entry> = new Set();
  let hovered: Entry | undefined;
  let cursor: Entry | undefined;
  let ownChoice: Item | undefined;
  let fitted = false;

  const { canvas, redraw } = fullCanvas(
    "The graph of the plan. Arrow keys move along its edges, Enter folds and unfolds.",
    (context, width, height) => {
      if (!fitted) {
        fitted = true;
        fit();
        return;
      }
      const started = performance.now();
      const drawn = drawScene(
        context,
        { root: tree.root, layouter, chosen, hovered, styleOf, boxingColour },
        camera,
        width,
        height,
      );
      canvas.dataset["drawn"] = String(drawn);
      canvas.dataset["milliseconds"] = (performance.now() - started).toFixed(2);
    },
  );
  canvas.tabIndex = 0;
  canvas.className = "graph-canvas";
  const spoken = h("div", { class: "visually-hidden", attributes: { "aria-live": "polite" } });

  const behaviour = zoom<HTMLCanvasElement, unknown>()
    .scaleExtent([0.002, 4])
    .on("zoom", (event: { readonly transform: ZoomTransform }) => {
      camera = event.transform;
      redraw();
    });
  const selection = select(canvas);
  selection.call(behaviour).on("dblclick.zoom", null);

  function boxingColour(leaf: Leaf): string {
    const index = model.boxingOfNode.get(leaf.name);
    const kind = index === undefined ? undefined : model.plan.boxing[index]?.kind;
    return kind === undefined ? currentTheme().soft : collectiveColours[kind];
  }

  function fit(entry: Entry = tree.root): void {
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    const margin = 28;
    const at = entry === tree.root ? { x: 0, y: 0 } : originOf(entry);
    const whole = Math.min((width - 2 * margin) / entry.width, (height - 2 * margin) / entry.height);
    // A tall graph begins at its top, in a size that can be read.
    const k = Math.min(
      1.15 * letterScale() ** 2,
      entry === tree.root
        ? Math.max(whole, Math.min(0.8 * letterScale(), (width - 2 * margin) / entry.width))
        : whole,
    );
    const y = entry.height * k > height - 2 * margin ? margin : (height - entry.height * k) / 2;
    moveTo(zoomIdentity.translate((width - entry.width * k) / 2 - at.x * k, y - at.y * k).scale(k));
  }

  function fitAll(): void {
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    const k = Math.min(
      1.15 * letterScale() ** 2,
      (width - 40) / tree.root.width,
      (height - 40) / tree.root.height,
    );
    moveTo(
      zoomIdentity.translate((width - tree.root.width * k) / 2, (height - tree.root.height * k) / 2).scale(k),
    );
  }

  function moveTo(next: ZoomTransform): void {
    selection.call(behaviour.transform, next);
  }

  function centre(entry: Entry): void {
    const { x, y } = originOf(entry);
    const k = Math.max(camera.k, 0.85 * letterScale());
    const to = {
      x: canvas.clientWidth / 2 - (x + entry.width / 2) * k,
      y: canvas.clientHeight / 2 - (y + entry.height / 2) * k,
    };
    moveTo(zoomIdentity.translate(to.x, to.y).scale(k));
  }

  function isOnScreen(entry: Entry): boolean {
    const { x, y } = originOf(entry);
    const [left, top] = camera.apply([x, y]);
    const [right, bottom] = camera.apply([x + entry.width, y + entry.height]);
    return (
      left >= 0 && top >= 0 && right <= canvas.clientWidth && bottom <= canvas.clientHeight && camera.k > 0.3
    );
  }

  /** Folds or unfolds a box, which stays where it is on the screen. */
  function toggle(box: Box): void {
    const before = originOf(box);
    box.expanded = !box.expanded;
    layouter.arrange(tree.root);
    const after = originOf(box);
    moveTo(camera.translate(before.x - after.x, before.y - after.y));
    remark();
  }

  function setAll(expanded: boolean): void {
    for (const box of tree.boxes) box.expanded = expanded;
    layouter.arrange(tree.root);
    fitAll();
    remark();
  }

  /** The entry under a point of the screen. */
  function entryAt(point: Point): Entry | undefined {
    let [x, y] = camera.invert([point.x, point.y]);
    let found: Entry | undefined;
    for (let box: Box | undefined = tree.root; box !== undefined;) {
      const hit: Entry | undefined = box.entries.find(
        (entry) => x >= entry.x && y >= entry.y && x <= entry.x + entry.width && y <= entry.y + entry.height,
      );
      if (hit === undefined) break;
      found = hit;
      if (!isBox(hit) || !hit.expanded) break;
      x -= hit.x;
      y -= hit.y;
      box = hit;
    }
    return found;
  }

  function choose(entry: Entry): void {
    cursor = entry;
    if (isBox(entry)) {
      ownChoice = entry.kind === "module" ? { kind: "module", name: entry.path } : undefined;
      store.set({ item: ownChoice });
      spoken.textContent = `${entry.label}, ${boxSummary(entry)}, ${entry.expanded ? "unfolded" : "folded"}`;
    } else {
      ownChoice =
        entry.kind === "input" ? { kind: "value", name: entry.value ?? "" } : itemOfNode(model, entry.name);
      store.set({ item: ownChoice });
      spoken.textContent = `${entry.title}, ${entry.name}, ${entry.detail}`;
    }
    remark();
  }

  function remark(): void {
    const { item } = store.state();
    const marked = new Set<Entry>();
    if (item?.kind === "module") {
      for (const box of modulesOf(item.name)) marked.add(shownFor(box));
    } else if (item !== undefined) for (const leaf of leavesOf(item)) marked.add(shownFor(leaf));
    if (cursor !== undefined && isBox(cursor) && cursor.kind !== "module") marked.add(shownFor(cursor));
    chosen = marked;
    canvas.dataset["chosen"] = [...marked]
      .map((entry) => (isBox(entry) ? nameOf(entry) : entry.name))
      .join(" ");
    redraw();
  }

  function modulesOf(path: string): readonly Box[] {
    return tree.modules.get(path.replaceAll("/", ".")) ?? [];
  }

  function leavesOf(item: Item): Leaf[] {
    if (item.kind === "value") {
      const input = tree.leaves.get(`input ${item.name}`) ?? tree.leaves.get(`random ${item.name}`);
      if (input !== undefined) return [input];
    }
    return nodesOf(model, item).flatMap(({ name }) => tree.leaves.get(name) ?? []);
  }

  /** Brings what was chosen elsewhere on view. */
  function reveal(item: Item): void {
    const target: Entry | undefined = item.kind === "module" ? modulesOf(item.name)[0] : leavesOf(item)[0];
    if (target === undefined) return;
    cursor = target;
    let changed = false;
    for (const box of pathTo(target)) {
      changed ||= !box.expanded;
      box.expanded = true;
    }
    if (changed) layouter.arrange(tree.root);
    if (changed || !isOnScreen(target)) centre(target);
  }

  canvas.addEventListener("click", (event) => {
    const entry = entryAt({ x: event.offsetX, y: event.offsetY });
    if (entry === undefined) {
      cursor = undefined;
      store.set({ item: undefined });
      remark();
      return;
    }
    choose(entry);
    const [, y] = camera.invert([event.offsetX, event.offsetY]);
    // An unfolded box folds by its head only: its body is for what it holds.
    if (isBox(entry) && (!entry.expanded || y - originOf(entry).y <= headerHeight)) toggle(entry);
  });
  canvas.addEventListener("mousemove", (event) => {
    const entry = event.buttons === 0 ? entryAt({ x: event.offsetX, y: event.offsetY }) : undefined;
    const next = entry !== undefined && isBox(entry) && entry.expanded ? undefined : entry;
    canvas.style.cursor = entry === undefined ? "grab" : "pointer";
    if (next !== undefined) app.tip.show(event, tipOf(next));
    else app.tip.hide();
    if (next === hovered) return;
    hovered = next;
    redraw();
  });
  canvas.addEventListener("mouseleave", () => {
    hovered = undefined;
    app.tip.hide();
    redraw();
  });

  function tipOf(entry: Entry): string[] {
    if (isBox(entry)) return [nameOf(entry), boxSummary(entry), "click to unfold"];
    return [entry.kind === "input" ? entry.title : entry.name, `${entry.title}   ${entry.detail}`];
  }

  /** The next entry along an edge (up, down) or beside this one (left, right). */
  function neighbour(entry: Entry, key: string): Entry | undefined {
    const box = entry.parent;
    if (box === undefined) return undefined;
    if (key === "ArrowLeft" || key === "ArrowRight") {
      const place = box.entries.indexOf(entry) + (key === "ArrowLeft" ? -1 : 1);
      return box.entries[place];
    }
    const up = key === "ArrowUp";
    for (
      let inner: Entry = entry, around: Box | undefined = box;
      around !== undefined;
      inner = around, around = around.parent
    ) {
      const found = around.links.find((link) => !link.shared && (up ? link.to : link.from) === inner);
      if (found !== undefined) return shownFor(up ? found.source : found.target);
    }
    return undefined;
  }

  canvas.addEventListener("keydown", (event) => {
    const step = 60;
    const here = cursor ?? tree.root.entries[0];
    switch (event.key) {
      case "ArrowUp":
      case "ArrowDown":
      case "ArrowLeft":
      case "ArrowRight": {
        if (event.shiftKey) {
          const [dx, dy] = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [1, 0], ArrowRight: [-1, 0] }[
            event.key
          ] as [number, number];
          selection.call(behaviour.translateBy, (dx * step) / camera.k, (dy * step) / camera.k);
          break;
        }
        const next =
          cursor === undefined ? here : here === undefined ? undefined : neighbour(here, event.key);
        if (next === undefined) break;
        choose(next);
        if (!isOnScreen(next)) centre(next);
        break;
      }
      case "Enter":
      case " ":
        if (cursor !== undefined && isBox(cursor)) toggle(cursor);
        break;
      case "+":
      case "=":
        selection.call(behaviour.scaleBy, 1.25);
        break;
      case "-":
        selection.call(behaviour.scaleBy, 0.8);
        break;
      case "0":
        fitAll();
        break;
      default:
        return;
    }
    event.preventDefault();
  });

  const legend = layoutLegend(
    [...styles.values()],
    model.plan.mesh.axes.map(({ name }) => name),
  );
  const button = (text: string, title: string, action: () => void) =>
    h("button", { title, onclick: action }, text);
  const element = h(
    "section",
    { class: "view graph" },
    canvas,
    h(
      "div",
      { class: "tools" },
      button("+", "Zoom in (+)", () => selection.call(behaviour.scaleBy, 1.4)),
      button("−", "Zoom out (-)", () => selection.call(behaviour.scaleBy, 0.7)),
      button("Fit", "Show all of it (0)", fitAll),
      button("Fold all", "Fold every module", () => setAll(false)),
      button("Unfold all", "Unfold every module", () => setAll(true)),
    ),
    legend.element,
    spoken,
  );

  return {
    element,
    update(state, before) {
      if (
        state.item !== undefined &&
        !sameItem(state.item, ownChoice) &&
        (!sameItem(state.item, before?.item) || before?.view !== "graph")
      ) {
        if (!fitted && canvas.clientWidth > 0) {
          fitted = true;
          fit();
        }
        if (canvas.clientWidth > 0) reveal(state.item);
      }
      ownChoice = undefined;
      remark();
    },
    repaint: () => {
      legend.draw();
      redraw();
    },
  };
}

/** `blocks.0`; of a step that trains, `backward blocks.0`. */
function nameOf({ part, path }: Box): string {
  return [part, path].filter((text) => text !== "").join(" ");
}

function describe({ model }: App, node: GraphNode): { title: string; detail: string } {
  const index = model.boxingOfNode.get(node.name);
  const boxing = index === undefined ? undefined : model.figures.boxings[index];
  if (boxing !== undefined) {
    const where = boxing.kind === "send" ? `to stage ${boxing.toStage}` : boxing.axes.join(",");
    return {
      title: `${boxing.kind} ${where}`,
      detail: `${bytes(boxing.bytesPerMicrobatch)}, ${seconds(boxing.seconds)}`,
    };
  }
  const [output] = node.outputs;
  const type = output === undefined ? undefined : model.graph.values.get(output)?.type;
  const layout = output === undefined ? "" : printNdSbp(layoutOf(model, output));
  const kind = node.attributes["kind"];
  const title = node.op === "sbpc.Boxing" && typeof kind === "string" ? `${kind} (local)` : node.op;
  return { title, detail: type === undefined ? "" : `${printType(type)} ${layout}` };
}

function textMeasure(): (text: string, font: string) => number {
  const context = document.createElement("canvas").getContext("2d") as CanvasRenderingContext2D;
  const known = new Map<string, number>();
  return (text, font) => {
    const key = `${font} ${text}`;
    let width = known.get(key);
    if (width === undefined) {
      context.font = font;
      known.set(key, (width = context.measureText(text).width));
    }
    return width;
  };
}

function sizeOf(
  entry: Entry,
  measure: (text: string, font: string) => number,
): { width: number; height: number } {
  const [title, detail] = isBox(entry)
    ? [`+ ${entry.label}`, boxSummary(entry)]
    : [entry.title, entry.detail];
  const width = Math.max(
    measure(title, "600 12.5px system-ui, sans-serif"),
    measure(detail, "400 10.5px system-ui, sans-serif"),
  );
  return { width: Math.round(Math.min(Math.max(width + 24, 84), 300)), height: isBox(entry) ? 42 : 38 };
}
