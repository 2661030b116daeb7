/**
 * Shard geometry: which box of a tensor each device holds.
 *
 * A split cuts its axis into whole blocks of `unit` elements (the last block may be short) and deals the blocks
 * balanced: the first `blocks % devices` parts get one more. Several mesh axes that split one tensor axis nest,
 * outermost first, each on what the ones before it left. With unit 1 this is OneFlow's balanced split
 * (BalancedSplitter and TensorSliceView). No part may be empty.
 *
 * Windows deal positions in the same way; the box is what the device's positions read, cut off at the ends of the axis.
 */
import { invariant } from "../support/assert.ts";
import {
  devicesPerStage,
  printSbp,
  type Mesh,
  type MeshAxis,
  type NdSbp,
  type Sbp,
  type Windows,
} from "../ir/layout.ts";
import { coordinatesOf } from "./mesh.ts";

/** Half-open intervals, one per tensor axis. */
export interface Box {
  readonly start: readonly number[];
  readonly size: readonly number[];
}

/** Start and length of part `index` when `total` elements are dealt to `parts` in blocks of `unit`. */
export function balancedPart(
  total: number,
  parts: number,
  index: number,
  unit = 1,
): { start: number; size: number } {
  const blocks = Math.ceil(total / unit);
  const base = Math.floor(blocks / parts);
  const extra = blocks % parts;
  const first = index * base + Math.min(index, extra);
  const count = base + (index < extra ? 1 : 0);
  const start = Math.min(first * unit, total);
  return { start, size: Math.min((first + count) * unit, total) - start };
}

/** The box that the device at `coordinates` holds of a tensor of `shape` in `layout`. Empty parts have size 0. */
export function shardAt(
  shape: readonly number[],
  layout: NdSbp,
  mesh: Mesh,
  coordinates: readonly number[],
): Box {
  const start = shape.map(() => 0);
  const size = [...shape];
  const positions = new Map<number, { start: number; size: number }>();
  layout.forEach((sbp, i) => {
    if (sbp.kind !== "S" && sbp.kind !== "W") return;
    invariant(
      sbp.axis < shape.length,
      "split axis out of range",
      () => `${sbp.axis} of [${shape.join(", ")}]`,
    );
    const [parts, index] = [(mesh.axes[i] as MeshAxis).size, coordinates[i] as number];
    if (sbp.kind === "W") {
      const before = positions.get(sbp.axis) ?? { start: 0, size: sbp.windows.positions };
      const dealt = balancedPart(before.size, parts, index, sbp.unit);
      const held = { start: before.start + dealt.start, size: dealt.size };
      positions.set(sbp.axis, held);
      const read = elementsRead(sbp.windows, held.start, held.size);
      const total = shape[sbp.axis] as number;
      start[sbp.axis] = Math.min(Math.max(read.start, 0), total);
      size[sbp.axis] = Math.max(0, Math.min(read.end, total) - (start[sbp.axis] as number));
      return;
    }
    const part = balancedPart(size[sbp.axis] as number, parts, index, sbp.unit);
    start[sbp.axis] = (start[sbp.axis] as number) + part.start;
    size[sbp.axis] = part.size;
  });
  return { start, size };
}

/** First and one past the last element that `count` positions from `first` on read, not cut off; none for no positions. */
export function elementsRead(
  { step, per, from, to }: Windows,
  first: number,
  count: number,
): { start: number; end: number } {
  const start = Math.floor((step * first + from) / per);
  return { start, end: count === 0 ? start : Math.floor((step * (first + count) + to) / per) };
}

/** As `shardAt`, for the `device`-th device of a stage. */
export function shardOf(shape: readonly number[], layout: NdSbp, mesh: Mesh, device: number): Box {
  return shardAt(shape, layout, mesh, coordinatesOf(mesh, device));
}

/** Whether every device gets at least one block of every split axis. */
export function isSplittable(shape: readonly number[], layout: NdSbp, mesh: Mesh): boolean {
  if (layout.some((sbp) => (sbp.kind === "S" || sbp.kind === "W") && sbp.axis >= shape.length)) return false;
  if (layout.some((sbp) => sbp.kind === "W")) return hasWindows(shape, layout, mesh);
  // The last coordinate on every axis gets the smallest part at each level, so it is empty if any is.
  const last = mesh.axes.map((axis) => axis.size - 1);
  const box = shardAt(shape, layout, mesh, last);
  return layout.every((sbp) => sbp.kind !== "S" || (box.size[sbp.axis] as number) > 0);
}

/** As `isSplittable`, for a layout with windows: all windows of a tensor axis are the same, and it is not split beside them. */
function hasWindows(shape: readonly number[], layout: NdSbp, mesh: Mesh): boolean {
  const seen = new Map<number, string>();
  for (const sbp of layout) {
    if (sbp.kind !== "S" && sbp.kind !== "W") continue;
    const kind = sbp.kind === "S" ? "S" : printSbp({ ...sbp, unit: 1 });
    if ((seen.get(sbp.axis) ?? kind) !== kind) return false;
    seen.set(sbp.axis, kind);
  }
  const dealt = layout.map((sbp): Sbp =>
    sbp.kind === "W" ? { kind: "S", axis: sbp.axis, unit: sbp.unit } : sbp,
  );
  const positions = shape.map((size, axis) => {
    const found = layout.find((sbp) => sbp.kind === "W" && sbp.axis === axis);
    return found?.kind === "W" ? found.windows.positions : size;
  });
  if (!isSplittable(positions, dealt, mesh)) return false;
  // Positions may read nothing that the axis has.
  for (let device = 0; device < devicesPerStage(mesh); device++)
    if (boxElements(shardOf(shape, layout, mesh, device)) === 0) return false;
  return true;
}

/**
 * The same geometry written with the smallest units: `unit` becomes 1 wherever splitting by single elements cuts at the
 * same places. Two layouts of one tensor hold the same boxes on every device if their normal forms are equal.
 */
export function normalizeLayout(shape: readonly number[], layout: NdSbp, mesh: Mesh): NdSbp {
  if (!layout.some((sbp) => (sbp.kind === "S" || sbp.kind === "W") && sbp.unit !== 1)) return layout;
  const out: Sbp[] = [];
  layout.forEach((sbp, i) => {
    if ((sbp.kind !== "S" && sbp.kind !== "W") || sbp.unit === 1) {
      out.push(sbp);
      return;
    }
    const parts = (mesh.axes[i] as MeshAxis).size;
    const dealt = sbp.kind === "W" ? sbp.windows.positions : (shape[sbp.axis] as number);
    const same = extentsBefore(dealt, sbp.axis, layout.slice(0, i), mesh).every((total) => {
      for (let part = 0; part < parts; part++) {
        if (balancedPart(total, parts, part, sbp.unit).start !== balancedPart(total, parts, part, 1).start)
          return false;
      }
      return true;
    });
    out.push(same ? { ...sbp, unit: 1 } : sbp);
  });
  return out;
}

/** The distinct extents that tensor axis `axis` has after the splits of `before`. */
function extentsBefore(total: number, axis: number, before: NdSbp, mesh: Mesh): number[] {
  let extents = new Set([total]);
  before.forEach((sbp, i) => {
    if ((sbp.kind !== "S" && sbp.kind !== "W") || sbp.axis !== axis) return;
    const parts = (mesh.axes[i] as MeshAxis).size;
    const next = new Set<number>();
    for (const extent of extents) {
      next.add(balancedPart(extent, parts, 0, sbp.unit).size);
      for (let p = 1; p < parts; p++) next.add(balancedPart(extent, parts, p, sbp.unit).size);
    }
    extents = next;
  });
  return [...extents];
}

/** The largest box that a device holds. Splits give it to the first; windows are cut off at the ends of their axis. */
export function largestBox(shape: readonly number[], layout: NdSbp, mesh: Mesh): Box {
  const first = mesh.axes.map(() => 0);
  let largest = shardAt(shape, layout, mesh, first);
  if (!layout.some((sbp) => sbp.kind === "W")) return largest;
  for (let device = 1; device < devicesPerStage(mesh); device++) {
    const box = shardOf(shape, layout, mesh, device);
    if (boxElements(box) > boxElements(largest)) largest = box;
  }
  return largest;
}

/** Elements of the largest shard. */
export function largestShard(shape: readonly number[], layout: NdSbp, mesh: Mesh): number {
  return boxElements(largestBox(shape, layout, mesh));
}

export function boxElements(box: Box): number {
  return box.size.reduce((n, size) => n * size, 1);
}

/** The common part of two boxes; undefined where they are apart. */
export function intersectBoxes(a: Box, b: Box): Box | undefined {
  const start = a.start.map((s, i) => Math.max(s, b.start[i] as number));
  const size = start.map(
    (s, i) =>
      Math.min(
        (a.start[i] as number) + (a.size[i] as number),
        (b.start[i] as number) + (b.size[i] as number),
      ) - s,
  );
  return size.every((n) => n > 0) ? { start, size } : undefined;
}
