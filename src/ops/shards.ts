/** Shards of small dense arrays: cutting a whole into what devices hold, and putting it together again. */
import type { Mesh, NdSbp } from "../ir/layout.ts";
import { boxElements, shardAt, type Box } from "../sbp/geometry.ts";
import { coordinatesOf } from "../sbp/mesh.ts";
import { invariant, present } from "../support/assert.ts";
import { arraysEqual, product } from "../support/collections.ts";
import type { Dense } from "./contract.ts";
import { wrapInteger } from "./dense.ts";

/** The part of `whole` inside `box`. */
export function takeBox(whole: Dense, box: Box): Dense {
  const data = new Float64Array(boxElements(box));
  forEachRow(whole.shape, box, (offset, length, row) => {
    data.set(whole.data.subarray(offset, offset + length), row);
  });
  return { dtype: whole.dtype, shape: box.size, data };
}

/** What the `device`-th device of a stage holds of `whole` in a layout without partial components. */
export function takeShard(whole: Dense, layout: NdSbp, mesh: Mesh, device: number): Dense {
  invariant(
    layout.every((sbp) => sbp.kind !== "P"),
    "a whole tensor does not say what its partial terms are",
  );
  return takeBox(whole, shardAt(whole.shape, layout, mesh, coordinatesOf(mesh, device)));
}

export interface AssembleOptions {
  /** Allowed difference between replicas, relative to the larger magnitude or 1. Default 0: equal bits, NaN equal to NaN. */
  readonly tolerance?: number;
}

/**
 * The whole tensor of `shape` from the shards of all devices of a stage, in their order. Split parts are put side by side,
 * partial terms are reduced in rank order; of replicas the first is taken. Undefined where a shard has another shape than the
 * layout says, or where replicas differ by more than the tolerance.
 */
export function assemble(
  shards: readonly Dense[],
  shape: readonly number[],
  layout: NdSbp,
  mesh: Mesh,
  { tolerance = 0 }: AssembleOptions = {},
): Dense | undefined {
  const reduces = new Set(layout.flatMap((sbp) => (sbp.kind === "P" ? [sbp.reduce] : [])));
  invariant(reduces.size <= 1, "partial components of different reductions");
  const reduce = [...reduces][0];
  const { dtype } = present(shards[0], "no shards");
  const data = new Float64Array(product(shape));
  for (const [device, shard] of shards.entries()) {
    const coordinates = coordinatesOf(mesh, device);
    const box = shardAt(shape, layout, mesh, coordinates);
    if (!arraysEqual(shard.shape, box.size)) return undefined;
    const replica = coordinates.map((c, axis) => (layout[axis]?.kind === "B" ? 0 : c));
    if (!arraysEqual(replica, coordinates)) {
      const first = shards[
        replica.reduce((index, c, axis) => index * (mesh.axes[axis]?.size ?? 1) + c, 0)
      ] as Dense;
      if (!first.data.every((x, i) => close(x, shard.data[i] as number, tolerance))) return undefined;
      continue;
    }
    const firstTerm = coordinates.every((c, axis) => layout[axis]?.kind !== "P" || c === 0);
    forEachRow(shape, box, (offset, length, row) => {
      for (let i = 0; i < length; i++) {
        const term = shard.data[row + i] as number;
        const value = firstTerm ? term : combine(reduce ?? "sum", data[offset + i] as number, term);
        data[offset + i] = reduce === "sum" ? wrapInteger(dtype, value) : value;
      }
    });
  }
  return { dtype, shape, data };
}

function combine(reduce: "sum" | "max" | "min", a: number, b: number): number {
  return reduce === "sum" ? a + b : reduce === "max" ? Math.max(a, b) : Math.min(a, b);
}

/** Equal up to `tolerance` relative to the larger magnitude or 1; NaN equals NaN, an infinity only itself. */
export function close(a: number, b: number, tolerance: number): boolean {
  if (Object.is(a, b) || a === b) return true;
  if (!Number.isFinite(a) || !Number.isFinite(b)) return false;
  return Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a), Math.abs(b));
}

/** Calls `visit` with every run of `box` that is contiguous in an array of `shape`: offset there, length, offset in the box. */
function forEachRow(
  shape: readonly number[],
  box: Box,
  visit: (offset: number, length: number, row: number) => void,
): void {
  if (boxElements(box) === 0) return;
  const rank = shape.length;
  const length = rank === 0 ? 1 : (box.size[rank - 1] as number);
  const rows = boxElements(box) / length;
  for (let r = 0; r < rows; r++) {
    let offset = rank === 0 ? 0 : (box.start[rank - 1] as number);
    let rest = r;
    let stride = rank === 0 ? 1 : (shape[rank - 1] as number);
    for (let axis = rank - 2; axis >= 0; axis--) {
      const size = box.size[axis] as number;
      offset += ((box.start[axis] as number) + (rest % size)) * stride;
      rest = Math.floor(rest / size);
      stride *= shape[axis] as number;
    }
    visit(offset, length, r * length);
  }
}
