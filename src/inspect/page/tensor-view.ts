/** A tensor on the mesh: the whole, which device holds which slice of it, how it came to that, and who reads it. */
import { printLocation } from "../../diagnostics/location.ts";
import { devicesPerStage, printNdSbp, printSbp, type Sbp } from "../../ir/layout.ts";
import { bytesOf, isStatic, knownShape, printType, type DataType } from "../../ir/types.ts";
import { shardOf } from "../../sbp/geometry.ts";
import { coordinatesOf } from "../../sbp/mesh.ts";
import { product, range } from "../../support/collections.ts";
import { printRuns, rankRuns } from "../ranks.ts";
import { bytes } from "../text.ts";
import { h, replace, svg, table, type Child } from "./dom.ts";
import { layoutOf, rankOf, reasonTexts, stagesOfValue, valueOfItem, type PageModel } from "./model.ts";
import { letterScale } from "./palette.ts";
import { drawnAxes, frameOf, slicesOf, sliceShape, type DrawnAxes, type Slice } from "./tensor-drawing.ts";
import type { State } from "./state.ts";
import type { App, View } from "./view.ts";

const mostCards = 96;

export function tensorView(app: App): View {
  const element = h("section", { class: "view tensor scroll" });
  const draw = ({ item, rank }: State) => {
    const value = valueOfItem(app.model, item);
    replace(element, ...(value === undefined ? largest(app) : tensor(app, value, rank)));
  };
  return { element, update: draw, repaint: () => draw(app.store.state()) };
}

/** What to begin with, where nothing is chosen. */
function largest({ model, store }: App): Child[] {
  const rows = [...model.graph.values.values()].flatMap(({ name, type }) => {
    if (type.kind !== "tensor" || !isStatic(type)) return [];
    const whole = bytesOf(type.dtype, product(knownShape(type)));
    const local = shardOf(knownShape(type), layoutOf(model, name), model.plan.mesh, 0).size;
    return [{ name, type: printType(type), whole, local: bytesOf(type.dtype, product(local)) }];
  });
  rows.sort((a, b) => b.whole - a.whole);
  return [
    h("h1", {}, "Largest tensors"),
    h("p", { class: "hint" }, "Choose one here, in the graph, or by search."),
    table(
      [
        { title: "tensor" },
        { title: "type" },
        { title: "layout" },
        { title: "whole", numeric: true },
        { title: "first device", numeric: true },
      ],
      rows.slice(0, 80).map(({ name, type, whole, local }) => ({
        cells: [
          h("span", { class: "mono" }, name),
          type,
          printNdSbp(layoutOf(model, name)),
          bytes(whole),
          bytes(local),
        ],
        onclick: () => store.set({ item: { kind: "value", name } }),
      })),
      "wide",
    ),
  ];
}

function tensor(app: App, value: string, rank: number | undefined): Child[] {
  const { model } = app;
  const { mesh } = model.plan;
  const type = model.graph.values.get(value)?.type;
  const title = h("h1", { class: "mono wrap" }, value);
  if (type?.kind !== "tensor" || !isStatic(type))
    return [
      title,
      h(
        "p",
        {},
        type === undefined ? "It is not in this plan." : `${printType(type)}: every device holds all of it.`,
      ),
    ];
  const { dtype } = type;
  const shape = knownShape(type);
  const layout = layoutOf(model, value);
  const slices = slicesOf(model, shape, value);
  const isPartial = layout.some(({ kind }) => kind === "P");
  const sizes = new Set(slices.map(({ box }) => box.size.join()));
  const stages = stagesOfValue(model, value);
  return [
    title,
    h(
      "p",
      { class: "lead" },
      h("span", { class: "chip" }, printType(type)),
      h("span", { class: "chip" }, printNdSbp(layout)),
      h("span", { class: "chip" }, `${bytes(bytesOf(dtype, product(shape)))} whole`),
      sizes.size > 1 ? h("span", { class: "chip warn" }, "uneven shards") : null,
      isPartial ? h("span", { class: "chip partial" }, "partial: terms, not the value") : null,
    ),
    h(
      "ul",
      { class: "axes" },
      ...layout.map((sbp, axis) =>
        h(
          "li",
          {},
          h("b", {}, `${mesh.axes[axis]?.name} (${mesh.axes[axis]?.size})`),
          ` ${printSbp(sbp)}: `,
          componentText(sbp, shape),
        ),
      ),
    ),
    h(
      "div",
      { class: "tensor-panes" },
      wholePane(app, shape, slices, isPartial, stages[0] ?? 0),
      meshPane(app, shape, dtype, slices, isPartial, stages, rank),
    ),
    ...origin(model, value),
  ];
}

function componentText(sbp: Sbp, shape: readonly number[]): string {
  switch (sbp.kind) {
    case "S":
      return `axis ${sbp.axis} (${shape[sbp.axis]} elements) is cut between the devices${sbp.unit === 1 ? "" : `, in blocks of ${sbp.unit}`}`;
    case "W":
      return `windows of axis ${sbp.axis}, which overlap`;
    case "B":
      return "every device holds the same";
    case "P":
      return `the value is the ${sbp.reduce} of what the devices hold`;
  }
}

/** Of an axis label's letters, in pixels before they are scaled. */
const letterWidth = 7.5;

interface AxisLabel {
  readonly across: boolean;
  /** Along its side of the drawing. */
  readonly middle: number;
  readonly text: string;
}

/** Which elements the parts of the drawn axes are; how many parts where they are too many to be told. */
function axisLabels(
  shape: readonly number[],
  { row, column }: ReturnType<typeof drawnAxes>,
  slices: readonly Slice[],
  frame: ReturnType<typeof frameOf>,
): AxisLabel[] {
  const sides = [
    [column, true],
    [row, false],
  ] as const;
  return sides.flatMap(([axis, across]): AxisLabel[] => {
    if (axis === undefined) return [];
    const parts = new Map(
      slices.map(({ box }) => [`${box.start[axis]}:${(box.start[axis] ?? 0) + (box.size[axis] ?? 0)}`, box]),
    );
    if (parts.size > 8) {
      const middle = (across ? frame.width : frame.height) / 2;
      return [{ across, middle, text: `${across ? `${shape[axis]} in ` : ""}${parts.size} parts` }];
    }
    return [...parts].map(([text, box]) => {
      const { x, y, width, height } = frame.rect(box);
      return { across, middle: across ? x + width / 2 : y + height / 2, text };
    });
  });
}

function wholePane(
  app: App,
  shape: readonly number[],
  slices: readonly Slice[],
  isPartial: boolean,
  stage: number,
): HTMLElement {
  const axes = drawnAxes(shape, slices);
  const frame = frameOf(shape, axes, 340 * letterScale() ** 2);
  const labels = axisLabels(shape, axes, slices, frame);
  const widest = labels.reduce((most, { across, text }) => (across ? most : Math.max(most, text.length)), 6);
  const margin = { left: (20 + letterWidth * widest) * letterScale(), top: 30 * letterScale() };
  const drawing = svg("svg", {
    viewBox: `0 0 ${frame.width + margin.left + 12} ${frame.height + margin.top + 12}`,
    width: frame.width + margin.left + 12,
    height: frame.height + margin.top + 12,
    role: "img",
    "aria-label": `The whole tensor, ${slices.length} slices`,
  });
  const body = svg("g", { transform: `translate(${margin.left} ${margin.top})` });
  for (const { box, colour, devices } of slices) {
    const rect = frame.rect(box);
    const { x, y, width, height } = rect;
    body.append(
      ...sliceShape(rect, colour, isPartial, { "fill-opacity": 0.3, stroke: colour, "stroke-width": 1.5 }),
    );
    const ranks = printRuns(rankRuns(devices.map((device) => rankOf(app.model, stage, device))));
    if (width > 46 && height > 16) {
      const text = ranks.length * 7 > width ? `${devices.length} devices` : ranks;
      body.append(svg("text", { x: x + width / 2, y: y + height / 2, class: "slice-label" }, text));
    }
  }
  const { row, column } = axes;
  for (const { across, middle, text } of labels)
    body.append(
      svg(
        "text",
        across ? { x: middle, y: -9, class: "axis-label" } : { x: -8, y: middle, class: "axis-label end" },
        text,
      ),
    );
  drawing.append(body);
  const left = range(shape.length).filter((axis) => axis !== row && axis !== column);
  return h(
    "div",
    { class: "pane" },
    h("h3", {}, "The whole"),
    drawing,
    h(
      "p",
      { class: "hint" },
      [
        row === undefined ? "" : `down: axis ${row} (${shape[row]})`,
        column === undefined ? "a scalar" : `across: axis ${column} (${shape[column]})`,
        left.length === 0
          ? ""
          : `not drawn: ${left.map((axis) => `axis ${axis} (${shape[axis]})`).join(", ")}`,
        "numbers inside: ranks",
      ]
        .filter((part) => part !== "")
        .join("; "),
    ),
  );
}

function meshPane(
  app: App,
  shape: readonly number[],
  dtype: DataType,
  slices: readonly Slice[],
  isPartial: boolean,
  stages: readonly number[],
  rank: number | undefined,
): HTMLElement {
  const { mesh } = app.model.plan;
  const devices = devicesPerStage(mesh);
  const single = devices <= mostCards;
  const sliceOf = new Map(slices.flatMap((slice) => slice.devices.map((device) => [device, slice] as const)));
  const columns = mesh.axes.at(-1)?.size ?? 1;
  const axes = drawnAxes(shape, slices);
  const blocks = stages.map((stage) => {
    const cards = single
      ? range(devices).map((device) =>
          card(app, shape, dtype, axes, sliceOf.get(device) as Slice, [device], stage, isPartial, rank),
        )
      : slices
          .slice(0, mostCards * 2)
          .map((slice) => card(app, shape, dtype, axes, slice, slice.devices, stage, isPartial, rank));
    const grid = h("div", { class: single ? "cards on-mesh" : "cards" }, ...cards);
    if (single)
      grid.style.gridTemplateColumns = `repeat(${Math.min(columns, 8)}, minmax(118px, max-content))`;
    return h(
      "div",
      {},
      stages.length > 1 || app.model.plan.mesh.stages > 1 ? h("h4", {}, `stage ${stage}`) : null,
      grid,
    );
  });
  const [last, ...outer] = mesh.axes.toReversed();
  const caption = single
    ? `columns: ${last?.name ?? "one device"}${
        outer.length === 0
          ? ""
          : `; rows: ${outer
              .toReversed()
              .map(({ name }) => name)
              .join(" x ")}`
      }`
    : "devices that hold the same slice stand together";
  return h(
    "div",
    { class: "pane grow" },
    h("h3", {}, "On the mesh"),
    ...blocks,
    h("p", { class: "hint" }, caption),
  );
}

function card(
  app: App,
  shape: readonly number[],
  dtype: DataType,
  axes: DrawnAxes,
  { box, colour }: Slice,
  devices: readonly number[],
  stage: number,
  isPartial: boolean,
  chosen: number | undefined,
): HTMLElement {
  const { model, store } = app;
  const ranks = devices.map((device) => rankOf(model, stage, device));
  const frame = frameOf(shape, axes, 84 * letterScale() ** 2);
  const drawing = svg("svg", {
    viewBox: `-1 -1 ${frame.width + 2} ${frame.height + 2}`,
    width: frame.width + 2,
    height: Math.max(14, frame.height + 2),
    "aria-hidden": "true",
  });
  drawing.append(svg("rect", { width: frame.width, height: frame.height, class: "mini-whole" }));
  const { x, y, width, height } = frame.rect(box);
  const visible = { x, y, width: Math.max(width, 1.5), height: Math.max(height, 1.5) };
  drawing.append(...sliceShape(visible, colour, isPartial, { "fill-opacity": 0.75 }));
  const at = coordinatesOf(model.plan.mesh, devices[0] ?? 0).map(
    (n, axis) => `${model.plan.mesh.axes[axis]?.name}=${n}`,
  );
  const ranges = box.start.map((start, axis) =>
    box.size[axis] === shape[axis] ? ":" : `${start}:${start + (box.size[axis] ?? 0)}`,
  );
  const own = chosen !== undefined && ranks.includes(chosen);
  return h(
    "button",
    {
      class: own ? "card chosen" : "card",
      title: at.join(", "),
      onclick: () => store.set({ rank: ranks[0] }),
    },
    h("b", {}, devices.length === 1 ? `rank ${ranks[0]}` : `ranks ${printRuns(rankRuns(ranks))}`),
    drawing,
    h("span", { class: "mono" }, `[${ranges.join(", ")}]`),
    h(
      "span",
      {},
      `${isPartial ? "Σ term " : ""}[${box.size.join(", ")}] ${bytes(bytesOf(dtype, product(box.size)))}`,
    ),
  );
}

function origin(model: PageModel, value: string): Child[] {
  const maker = model.producers.get(value);
  const entry = model.provenance.get(value);
  const { signature } = maker ?? {};
  const place = maker?.location ?? model.sources.get(value)?.location ?? entry?.location;
  return [
    h("h3", {}, "Why it is so"),
    h(
      "dl",
      { class: "wide" },
      h("dt", {}, "layout"),
      h("dd", {}, entry === undefined ? "not recorded" : (reasonTexts[entry.reason] ?? entry.reason)),
      ...(maker === undefined
        ? []
        : [h("dt", {}, "made by"), h("dd", { class: "mono wrap" }, `${maker.op} ${maker.name}`)]),
      ...(signature === undefined
        ? []
        : [
            h("dt", {}, "signature"),
            h(
              "dd",
              { class: "mono wrap" },
              `(${signature.inputs.map((nd) => (nd === null ? "-" : printNdSbp(nd))).join(", ")}) -> ${signature.outputs.map(printNdSbp).join(", ")}`,
            ),
          ]),
      ...(place === undefined ? [] : [h("dt", {}, "source"), h("dd", {}, printLocation(place))]),
    ),
  ];
}
