/**
 * ONNX's sharding specs (IR version 11) and layouts.
 *
 * A spec cuts tensor axes into shards, counted in nested loops over the axes that it lists, and names for each shard a device,
 * or by a negative key a group of devices that all hold it. On a mesh of 2 by 2, devices row-major:
 *
 *   [S(0), B]      device -1 -2   -1: 0 1   -2: 2 3   axis 0 in 2
 *   [B, S(0)]      device -1 -2   -1: 0 2   -2: 1 3   axis 0 in 2
 *   [S(0), S(1)]   device 0 1 2 3                     axis 0 in 2, axis 1 in 2
 *   [S(0), S(0)]   device 0 1 2 3                     axis 0 in 4
 *   [B, B]         device -1      -1: 0 1 2 3
 *
 * A split in blocks of `unit` elements is an axis of size / unit blocks, fused with one of `unit` elements that stays whole.
 * A spec has no words for partial values, nor for blocks that do not divide the axis or differ between its splits.
 */
import {
  broadcast,
  deviceCount,
  devicesPerStage,
  rankOf,
  split,
  type Mesh,
  type NdSbp,
} from "../ir/layout.ts";
import { coordinatesOf } from "../sbp/mesh.ts";
import { groupBy, product, range } from "../support/collections.ts";
import type { onnx } from "./generated/onnx-ml.js";

type Spec = onnx.ShardingSpecProto.$Properties;

/** The mesh axes that split each tensor axis, outermost first. */
function splitsOf(layout: NdSbp): Map<number, { readonly meshAxis: number; readonly unit: number }[]> {
  const entries = layout.flatMap((sbp, meshAxis) =>
    sbp.kind === "S" ? [{ axis: sbp.axis, meshAxis, unit: sbp.unit }] : [],
  );
  return groupBy(entries, ({ axis }) => axis);
}

/** Whether a spec says all of a layout. */
export function hasSpec(layout: NdSbp, shape: readonly number[]): boolean {
  if (layout.some((sbp) => sbp.kind === "P")) return false;
  return [...splitsOf(layout)].every(([axis, splits]) => {
    const unit = splits[0]?.unit ?? 1;
    return unit === 1
      ? splits.every((each) => each.unit === 1)
      : splits.length === 1 && (shape[axis] as number) % unit === 0;
  });
}

/** Devices of a stage per shard, shards in nested loops over `axes`. */
function holdersOf(layout: NdSbp, axes: readonly number[], mesh: Mesh): number[][] {
  const splits = splitsOf(layout);
  const order = axes.flatMap((axis) => (splits.get(axis) ?? []).map(({ meshAxis }) => meshAxis));
  const shardOf = (device: number) => {
    const coordinates = coordinatesOf(mesh, device);
    return order.reduce((index, a) => index * (mesh.axes[a]?.size ?? 1) + (coordinates[a] ?? 0), 0);
  };
  const shards = product(order.map((a) => mesh.axes[a]?.size ?? 1));
  const holders: number[][] = Array.from({ length: shards }, () => []);
  for (const device of range(devicesPerStage(mesh))) holders[shardOf(device)]?.push(device);
  return holders;
}

/** The spec of a tensor that the devices of `stage` hold in `layout`, which `hasSpec`. */
export function specOf(
  tensorName: string,
  layout: NdSbp,
  shape: readonly number[],
  mesh: Mesh,
  stage: number,
): Spec {
  const splits = splitsOf(layout);
  const axes = [...splits.keys()].sort((a, b) => a - b);
  const first = rankOf(mesh, stage, 0);
  const device: number[] = [];
  const indexToDeviceGroupMap: onnx.IntIntListEntryProto.$Properties[] = [];
  for (const group of holdersOf(layout, axes, mesh)) {
    const ranks = group.map((one) => first + one);
    if (ranks.length === 1) device.push(...ranks);
    else {
      const key = -1 - indexToDeviceGroupMap.length;
      device.push(key);
      indexToDeviceGroupMap.push({ key, value: ranks });
    }
  }
  const shardedDim = axes.map((axis) => {
    const list = splits.get(axis) ?? [];
    const numShards = product(list.map(({ meshAxis }) => mesh.axes[meshAxis]?.size ?? 1));
    const unit = list[0]?.unit ?? 1;
    const dimValue = (shape[axis] as number) / unit;
    const simpleSharding = [
      { dimValue, numShards },
      ...(unit === 1 ? [] : [{ dimValue: unit, numShards: 1 }]),
    ];
    return { axis, simpleSharding };
  });
  return { tensorName, device, indexToDeviceGroupMap, shardedDim };
}

/** What a spec says of its tensor. */
export interface SpecLayout {
  readonly layout: NdSbp;
  readonly stage: number;
}

/**
 * The layout that a spec states of a tensor of `rank` axes (undefined: unknown, negative axes then say nothing); a text that
 * says why where there is none on this mesh.
 */
export function layoutOfSpec(spec: Spec, rank: number | undefined, mesh: Mesh): SpecLayout | string {
  const groups = new Map(
    (spec.indexToDeviceGroupMap ?? []).map(({ key, value }) => [Number(key), (value ?? []).map(Number)]),
  );
  const perStage = devicesPerStage(mesh);
  const holders = (spec.device ?? []).map((entry) => {
    const device = Number(entry);
    return groups.get(device) ?? [device];
  });
  const all = holders.flat();
  if (all.length === 0) return "it names no device";
  const strange = all.find((device) => device < 0 || device >= perStage * mesh.stages);
  if (strange !== undefined)
    return strange < 0 ? `device group ${strange} is not described` : `there is no device ${strange}`;
  const stage = Math.floor(Math.min(...all) / perStage);
  if (all.some((device) => Math.floor(device / perStage) !== stage))
    return "its devices are of several pipeline stages";

  const dims: { readonly axis: number; readonly shards: number; readonly unit: number }[] = [];
  for (const dim of spec.shardedDim ?? []) {
    const given = Number(dim.axis ?? 0);
    if (given < 0 && rank === undefined) return `axis ${given} of a tensor of unknown rank`;
    const axis = given < 0 ? given + (rank as number) : given;
    if (axis < 0 || (rank !== undefined && axis >= rank)) return `it splits axis ${given} of ${rank}`;
    if (dims.some((other) => other.axis === axis)) return `it splits axis ${axis} twice`;
    const simple = (dim.simpleSharding ?? []).map((each) => ({
      size: each.dimValue == null ? undefined : Number(each.dimValue),
      shards: Number(each.numShards ?? 1),
    }));
    const [outer, ...inner] = simple;
    if (outer === undefined) continue;
    if (outer.shards < 1) return `axis ${axis} is cut into ${outer.shards} shards`;
    const unit = product(inner.map(({ size }) => size ?? Number.NaN));
    if (inner.some(({ shards }) => shards !== 1) || !Number.isSafeInteger(unit) || unit < 1)
      return `axis ${axis} is not split into runs of elements`;
    if (outer.shards > 1) dims.push({ axis, shards: outer.shards, unit });
  }
  // A layout gives every device of its stage something, and this bounds the search for one by the spec's own length.
  if (new Set(all).size !== perStage || all.length !== perStage)
    return `it names ${all.length} devices of a stage of ${perStage}`;
  if (product(dims.map(({ shards }) => shards)) !== holders.length)
    return `it has ${holders.length} shards, its axes make another number`;
  const layout = findLayout(
    dims,
    holders.map((group) => group.map((device) => device - stage * perStage)),
    mesh,
  );
  return layout === undefined ? "no layout on this mesh puts its shards on these devices" : { layout, stage };
}

/** The layout in which the shards of these axes lie on these devices of a stage. */
function findLayout(
  dims: readonly { readonly axis: number; readonly shards: number; readonly unit: number }[],
  holders: readonly (readonly number[])[],
  mesh: Mesh,
): NdSbp | undefined {
  const wanted = JSON.stringify(holders.map((group) => [...group].sort((a, b) => a - b)));
  const axes = dims.map(({ axis }) => axis);
  /** Ways to complete a layout whose first components are chosen; `left` is how often each axis is still to be cut. */
  const complete = (layout: NdSbp, left: readonly number[]): NdSbp | undefined => {
    const next = mesh.axes[layout.length];
    if (next === undefined) {
      const fits = left.every((shards) => shards === 1);
      return fits && JSON.stringify(holdersOf(layout, axes, mesh)) === wanted ? layout : undefined;
    }
    for (const [i, { axis, unit }] of dims.entries()) {
      const shards = left[i] as number;
      if (shards % next.size !== 0) continue;
      const found = complete([...layout, split(axis, unit)], left.with(i, shards / next.size));
      if (found !== undefined) return found;
    }
    return complete([...layout, broadcast], left);
  };
  return complete(
    [],
    dims.map(({ shards }) => shards),
  );
}

/** Meshes with more axes or devices are not read: the time that a spec may take is bounded. */
const axisLimit = 8;
export const deviceLimit = 65_536;

/** Why a mesh that a file names is not read; undefined where it is. */
export function meshProblem(mesh: Mesh): string | undefined {
  if (mesh.axes.length > axisLimit) return `more than ${axisLimit} mesh axes`;
  return deviceCount(mesh) > deviceLimit ? `more than ${deviceLimit} devices` : undefined;
}

const meshLimit = 100;

/** Meshes of up to three axes with so many devices per stage, fewest axes first: for files that do not name theirs. */
export function possibleMeshes(devices: number, stages: number): Mesh[] {
  const factors = (n: number, parts: number): number[][] =>
    parts === 1
      ? [[n]]
      : range(n + 1)
          .filter((d) => d > 1 && d < n && n % d === 0)
          .flatMap((d) => factors(n / d, parts - 1).map((rest) => [d, ...rest]));
  const sizes = devices === 1 ? [[]] : [1, 2, 3].flatMap((parts) => factors(devices, parts));
  return sizes
    .slice(0, meshLimit)
    .map((list) => ({ axes: list.map((size, i) => ({ name: `d${i}`, size })), stages }));
}
