/**
 * Boxing: the steps that change one layout into another, and how many bytes each moves.
 *
 *   from \ to     B                S(j)                        P
 *   B             -                slice (local)               mask: kept on coordinate 0 (local)
 *   S(i)          all-gather       all-to-all, or nothing      pad with the identity element (local)
 *   P             all-reduce       reduce-scatter              -
 *
 * Windows W(i) are only gone to: from S(i) by a halo exchange, in which every device receives what its window has beside its
 * own shard; from B by a slice; from splits of other axes by an all-to-all.
 *
 * One step may change several mesh axes, all in the same way. A split nested outside another split of the same tensor
 * axis cannot be changed alone: the boxes inside it move too. A general all-to-all over all axes involved takes any
 * layout without changing partial components to any other.
 */
import type { MeshAxis, Mesh, NdSbp } from "../ir/layout.ts";
import { devicesPerStage, hostOf, printSbp } from "../ir/layout.ts";
import { bytesOf, type DataType } from "../ir/types.ts";
import { invariant } from "../support/assert.ts";
import { balancedPart, shardAt } from "./geometry.ts";
import { coordinatesOf, groupsAlong, groupSize } from "./mesh.ts";

/** Steps that communicate, and steps that every device does alone. */
export type CommunicationKind =
  "all-reduce" | "reduce-scatter" | "all-gather" | "all-to-all" | "halo" | "send";
export type LocalBoxingKind = "slice" | "mask" | "pad";
export type BoxingKind = CommunicationKind | LocalBoxingKind;

export interface BoxingStep {
  readonly kind: BoxingKind;
  /**
   * Indices of the mesh axes whose components change, and for an all-to-all also of those whose boxes move although the
   * component stays. Devices that differ only there form a group. Empty for send.
   */
  readonly axes: readonly number[];
  readonly from: NdSbp;
  readonly to: NdSbp;
  readonly fromStage: number;
  readonly toStage: number;
}

export function isLocalBoxing(kind: BoxingKind): kind is LocalBoxingKind {
  return kind === "slice" || kind === "mask" || kind === "pad";
}

export interface BoxingShape {
  readonly kind: BoxingKind;
  readonly axes: readonly number[];
}

/**
 * The single step within a stage from `from` to `to`; undefined where there is none (or nothing to do). Equal sets of axes are
 * the same array.
 */
export function stepBetween(from: NdSbp, to: NdSbp): BoxingShape | undefined {
  let change = "";
  let changed = 0;
  let sameChange = true;
  let partials = false;
  for (let i = 0; i < from.length; i++) {
    const a = from[i] as NdSbp[number];
    const b = to[i] as NdSbp[number];
    if (sameComponent(a, b)) continue;
    changed |= 1 << i;
    const here = a.kind === "S" && b.kind === "W" && a.axis !== b.axis ? "S W" : a.kind + b.kind;
    if (change === "") change = here;
    else if (change !== here) sameChange = false;
    if (a.kind === "P" || b.kind === "P") partials = true;
  }
  if (changed === 0 || from.some((sbp) => sbp.kind === "W")) return undefined;
  const moved = movedAxes(from, to, changed);
  if (sameChange && (moved === changed || change === "PB" || change === "BP")) {
    const kind = plainKinds[change];
    if (kind !== undefined) return { kind, axes: axesOf(changed) };
  }
  return partials ? undefined : { kind: "all-to-all", axes: axesOf(moved) };
}

const axesOfMask: (readonly number[] | undefined)[] = [];

/** The mesh axes whose bits are set, ascending. */
function axesOf(mask: number): readonly number[] {
  return (axesOfMask[mask] ??= Array.from({ length: 32 - Math.clz32(mask) }, (_, i) => i).filter(
    (i) => (mask >> i) & 1,
  ));
}

const plainKinds: Readonly<Record<string, BoxingKind>> = {
  PB: "all-reduce",
  PS: "reduce-scatter",
  SB: "all-gather",
  SS: "all-to-all",
  SW: "halo",
  BS: "slice",
  BW: "slice",
  BP: "mask",
  SP: "pad",
};

function sameComponent(a: NdSbp[number], b: NdSbp[number]): boolean {
  if (a === b) return true;
  if (a.kind !== b.kind) return false;
  if (a.kind === "S" && b.kind === "S") return a.axis === b.axis && a.unit === b.unit;
  if (a.kind === "P" && b.kind === "P") return a.reduce === b.reduce;
  if (a.kind === "W" && b.kind === "W") return printSbp(a) === printSbp(b);
  return true;
}

/** `axes` (as bits) and the inner mesh axes that split a tensor axis which one of `axes` splits before or after. */
function movedAxes(from: NdSbp, to: NdSbp, axes: number): number {
  let moved = axes;
  for (let outer = 0; outer < from.length; outer++) {
    if (((axes >> outer) & 1) === 0) continue;
    const [a, b] = [from[outer] as NdSbp[number], to[outer] as NdSbp[number]];
    for (let inner = outer + 1; inner < from.length; inner++) {
      const inside = from[inner] as NdSbp[number];
      if (inside.kind !== "S" || ((axes >> inner) & 1) === 1) continue;
      if ((a.kind === "S" && a.axis === inside.axis) || (b.kind === "S" && b.axis === inside.axis))
        moved |= 1 << inner;
    }
  }
  return moved;
}

/**
 * Bytes that each device of the destination stage receives from other devices in one step, of a tensor of global `shape`.
 *
 *   all-reduce       the group's block of n elements is cut into p balanced contiguous chunks; device i receives
 *                    (p - 1) times its chunk to reduce, then the n - chunk elements that the others reduced
 *   reduce-scatter   (p - 1) times the own output
 *   all-gather, all-to-all, halo   the own output less what of it the device already holds
 *   send             the shard; nothing where one device has both stages
 *   local steps      nothing
 */
export function boxingBytes(
  step: BoxingStep,
  shape: readonly number[],
  dtype: DataType,
  mesh: Mesh,
): number[] {
  const devices = devicesPerStage(mesh);
  const bytes = new Array<number>(devices).fill(0);
  if (isLocalBoxing(step.kind)) return bytes;
  const out = boxesOf(shape, step.to, mesh);
  const rank = shape.length;
  const p = groupSize(mesh, step.axes);
  switch (step.kind) {
    case "send":
      if (hostOf(mesh, step.fromStage) === hostOf(mesh, step.toStage)) break;
      for (let d = 0; d < devices; d++) bytes[d] = bytesOf(dtype, elements(out, rank, d));
      break;
    case "reduce-scatter":
      for (let d = 0; d < devices; d++) bytes[d] = (p - 1) * bytesOf(dtype, elements(out, rank, d));
      break;
    case "all-reduce":
      for (const group of groupsOf(mesh, step.axes)) {
        group.forEach((d, i) => {
          const n = elements(out, rank, d);
          const chunk = balancedPart(n, p, i).size;
          bytes[d] = (p - 1) * bytesOf(dtype, chunk) + bytesOf(dtype, n - chunk);
        });
      }
      break;
    case "all-gather":
    case "all-to-all":
    case "halo": {
      const own = boxesOf(shape, step.from, mesh);
      for (let d = 0; d < devices; d++)
        bytes[d] = bytesOf(dtype, elements(out, rank, d) - overlap(own, d, out, d, rank));
      break;
    }
    default:
      invariant(false, "unexpected boxing kind", () => step.kind);
  }
  return bytes;
}

/** The most devices that any device receives from in a halo exchange. */
export function haloSenders(step: BoxingStep, shape: readonly number[], mesh: Mesh): number {
  const [own, out] = [boxesOf(shape, step.from, mesh), boxesOf(shape, step.to, mesh)];
  let most = 0;
  for (const group of groupsOf(mesh, step.axes)) {
    for (const d of group) {
      const senders = group.filter((s) => s !== d && overlap(own, s, out, d, shape.length) > 0);
      most = Math.max(most, senders.length);
    }
  }
  return most;
}

/** `groupsAlong`, remembered by the identity of the mesh and of the set of axes. */
function groupsOf(mesh: Mesh, axes: readonly number[]): readonly (readonly number[])[] {
  let byAxes = groupsOfMesh.get(mesh);
  if (byAxes === undefined) groupsOfMesh.set(mesh, (byAxes = new WeakMap()));
  let groups = byAxes.get(axes);
  if (groups === undefined) byAxes.set(axes, (groups = groupsAlong(mesh, axes)));
  return groups;
}

const groupsOfMesh = new WeakMap<Mesh, WeakMap<readonly number[], number[][]>>();

/** Elements of the largest shard. */
export function mostElements(shape: readonly number[], layout: NdSbp, mesh: Mesh): number {
  const boxes = boxesOf(shape, layout, mesh);
  let most = 0;
  for (let d = 0; d < devicesPerStage(mesh); d++) most = Math.max(most, elements(boxes, shape.length, d));
  return most;
}

/** Boxes of all devices of a stage: per device the starts, then the sizes, along the tensor axes. */
function boxesOf(shape: readonly number[], layout: NdSbp, mesh: Mesh): Float64Array {
  let byLayout = cache.get(shape);
  if (byLayout === undefined) cache.set(shape, (byLayout = new WeakMap()));
  const known = byLayout.get(layout);
  if (known !== undefined && known.mesh === mesh) return known.boxes;
  const devices = devicesPerStage(mesh);
  const rank = shape.length;
  const boxes = new Float64Array(devices * 2 * rank);
  for (let d = 0; d < devices; d++) {
    const base = d * 2 * rank;
    for (let i = 0; i < rank; i++) boxes[base + rank + i] = shape[i] as number;
    const coordinates = coordinatesOf(mesh, d);
    layout.forEach((sbp, a) => {
      if (sbp.kind === "W") {
        const box = shardAt(shape, layout, mesh, coordinates);
        boxes[base + sbp.axis] = box.start[sbp.axis] as number;
        boxes[base + rank + sbp.axis] = box.size[sbp.axis] as number;
      }
      if (sbp.kind !== "S") return;
      const at = base + rank + sbp.axis;
      const part = balancedPart(
        boxes[at] as number,
        (mesh.axes[a] as MeshAxis).size,
        coordinates[a] as number,
        sbp.unit,
      );
      boxes[base + sbp.axis] = (boxes[base + sbp.axis] as number) + part.start;
      boxes[at] = part.size;
    });
  }
  byLayout.set(layout, { mesh, boxes });
  return boxes;
}

/** Keyed by the arrays themselves: the layout search asks for the same few thousands of times. */
const cache = new WeakMap<readonly number[], WeakMap<NdSbp, { mesh: Mesh; boxes: Float64Array }>>();

function elements(boxes: Float64Array, rank: number, device: number): number {
  let n = 1;
  for (let i = 0; i < rank; i++) n *= boxes[device * 2 * rank + rank + i] as number;
  return n;
}

/** Elements that device `x` holds of boxes `a` and device `y` of boxes `b`. */
function overlap(a: Float64Array, x: number, b: Float64Array, y: number, rank: number): number {
  let n = 1;
  const [aBase, bBase] = [x * 2 * rank, y * 2 * rank];
  for (let i = 0; i < rank; i++) {
    const [a0, b0] = [a[aBase + i] as number, b[bBase + i] as number];
    const end = Math.min(a0 + (a[aBase + rank + i] as number), b0 + (b[bBase + rank + i] as number));
    const size = end - Math.max(a0, b0);
    if (size <= 0) return 0;
    n *= size;
  }
  return n;
}
