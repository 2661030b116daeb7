/** How the slices of a tensor are drawn: which axes, where a box of elements lies, hatched where they are terms of a sum. */
import { devicesPerStage } from "../../ir/layout.ts";
import { shardOf, type Box } from "../../sbp/geometry.ts";
import { range } from "../../support/collections.ts";
import { svg } from "./dom.ts";
import { layoutOf, type PageModel } from "./model.ts";
import { categoryColour } from "./palette.ts";

/** Elements that some devices of a stage hold, and which devices. */
export interface Slice {
  readonly box: Box;
  readonly devices: number[];
  readonly colour: string;
}

export function slicesOf(model: PageModel, shape: readonly number[], value: string): Slice[] {
  const layout = layoutOf(model, value);
  const slices = new Map<string, Slice>();
  for (const device of range(devicesPerStage(model.plan.mesh))) {
    const box = shardOf(shape, layout, model.plan.mesh, device);
    const key = `${box.start.join()};${box.size.join()}`;
    const known = slices.get(key);
    if (known === undefined) slices.set(key, { box, devices: [device], colour: categoryColour(slices.size) });
    else known.devices.push(device);
  }
  return [...slices.values()];
}

/** The axes that a drawing shows, down and across; undefined where a tensor has too few. */
export interface DrawnAxes {
  readonly row: number | undefined;
  readonly column: number | undefined;
}

/** Those that are cut, then the longest. */
export function drawnAxes(shape: readonly number[], slices: readonly Slice[]): DrawnAxes {
  const cut = (axis: number) =>
    new Set(slices.map(({ box }) => `${box.start[axis]} ${box.size[axis]}`)).size > 1;
  const order = range(shape.length).sort(
    (a, b) => Number(cut(b)) - Number(cut(a)) || (shape[b] ?? 0) - (shape[a] ?? 0),
  );
  const drawn = order.slice(0, 2).sort((a, b) => a - b);
  return { row: drawn.length === 2 ? drawn[0] : undefined, column: drawn.at(-1) };
}

interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly rect: (box: Box) => Rect;
}

/** A drawing of the whole tensor, at most `most` wide; long axes are drawn shorter than to scale. */
export function frameOf(shape: readonly number[], { row, column }: DrawnAxes, most: number): Frame {
  const length = (axis: number | undefined) => (axis === undefined ? 1 : (shape[axis] ?? 1));
  const ratio = Math.min(2.4, Math.max(1 / 1.6, (length(column) / length(row)) ** 0.4));
  const width = ratio >= 1 ? most : most * ratio;
  const height = row === undefined ? most / 4 : width / ratio;
  /** Where a box begins along an axis, and how far it goes, as parts of the axis. */
  const along = ({ start, size }: Box, axis: number | undefined) =>
    axis === undefined ? [0, 1] : [(start[axis] ?? 0) / length(axis), (size[axis] ?? 0) / length(axis)];
  return {
    width,
    height,
    rect: (box) => {
      const [x = 0, wide = 1] = along(box, column);
      const [y = 0, tall = 1] = along(box, row);
      return { x: x * width, y: y * height, width: wide * width, height: tall * height };
    },
  };
}

/** A slice as a rectangle in its colour: plain, or hatched where it is a term of a sum. */
export function sliceShape(
  { x, y, width, height }: Rect,
  colour: string,
  isPartial: boolean,
  attributes: Readonly<Record<string, string | number>>,
): SVGElement[] {
  const hatched = isPartial ? hatch(colour) : undefined;
  const rect = svg("rect", {
    x,
    y,
    width,
    height,
    ...attributes,
    ...(hatched === undefined ? { fill: colour } : { fill: `url(#${hatched.id})`, "fill-opacity": 1 }),
  });
  return hatched === undefined ? [rect] : [hatched.defs, rect];
}

let patterns = 0;

/** Diagonal lines over a colour: a term of a sum, not the value. */
function hatch(colour: string): { readonly id: string; readonly defs: SVGDefsElement } {
  const id = `hatch-${patterns++}`;
  const pattern = svg("pattern", {
    id,
    width: 7,
    height: 7,
    patternUnits: "userSpaceOnUse",
    patternTransform: "rotate(45)",
  });
  pattern.append(svg("rect", { width: 7, height: 7, fill: colour, "fill-opacity": 0.22 }));
  pattern.append(svg("rect", { width: 2.5, height: 7, fill: colour, "fill-opacity": 0.9 }));
  return { id, defs: svg("defs", {}, pattern) };
}
