/** A plan's communications as exports see them: who takes part, and what one device gives and gets. */
import { devicesPerStage, type Mesh } from "../../ir/layout.ts";
import { shardOf } from "../../sbp/geometry.ts";
import { groupsAlong } from "../../sbp/mesh.ts";
import { at, range } from "../../support/collections.ts";
import type { BoxingPlan, Plan } from "../plan.ts";

/** One device's part in a collective. Ranks are global. */
export interface Exchange {
  /** Index of the communication in the plan. */
  readonly index: number;
  readonly boxing: BoxingPlan;
  readonly mesh: Mesh;
  readonly rank: number;
  /** The groups of the stage, each in ascending order of its ranks. */
  readonly groups: readonly (readonly number[])[];
  /** The one that this device belongs to. */
  readonly group: readonly number[];
  /** Local shapes before and after. */
  readonly from: readonly number[];
  readonly to: readonly number[];
}

export function exchangeOf(plan: Pick<Plan, "mesh" | "boxing">, index: number, rank: number): Exchange {
  const { mesh } = plan;
  const boxing = at(plan.boxing, index);
  const perStage = devicesPerStage(mesh);
  const device = rank % perStage;
  const first = rank - device;
  const groups = groupsAlong(mesh, boxing.axes).map((group) => group.map((one) => first + one));
  return {
    index,
    boxing,
    mesh,
    rank,
    groups,
    group: groups.find((group) => group.includes(rank)) ?? [rank],
    from: shardOf(boxing.shape, boxing.from, mesh, device).size,
    to: shardOf(boxing.shape, boxing.to, mesh, device).size,
  };
}

/** A collective as a runtime has it, on equal shards of a single tensor axis; a text that says why it is none. */
export type PlainCollective =
  | { readonly kind: "all-reduce"; readonly reduce: "sum" | "max" | "min" }
  | { readonly kind: "all-gather"; readonly axis: number }
  | { readonly kind: "reduce-scatter"; readonly axis: number; readonly reduce: "sum" | "max" | "min" }
  /** From shards along `from` to shards along `to`. */
  | { readonly kind: "all-to-all"; readonly from: number; readonly to: number };

export function plainCollective(boxing: BoxingPlan, mesh: Mesh): PlainCollective | string {
  if (boxing.kind === "send") return "shards that go to another stage";
  const before = boxing.axes.map((axis) => at(boxing.from, axis));
  const after = boxing.axes.map((axis) => at(boxing.to, axis));
  const partial = before.find((sbp) => sbp.kind === "P");
  const reduce = partial?.kind === "P" ? partial.reduce : "sum";
  if (boxing.kind === "all-reduce") return { kind: "all-reduce", reduce };
  if (!isEven(boxing, mesh)) return `uneven shards of [${boxing.shape.join(", ")}]`;
  const axisOf = (list: typeof before): number | undefined => {
    const [first, ...others] = list.map((sbp) => (sbp.kind === "S" ? sbp.axis : undefined));
    return others.every((axis) => axis === first) ? first : undefined;
  };
  const [from, to] = [axisOf(before), axisOf(after)];
  if (boxing.kind === "all-gather" && from !== undefined) return { kind: "all-gather", axis: from };
  if (boxing.kind === "reduce-scatter" && to !== undefined)
    return { kind: "reduce-scatter", axis: to, reduce };
  const alone = boxing.axes.length === 1 && splitsOnlyThere(boxing);
  if (boxing.kind === "all-to-all" && from !== undefined && to !== undefined && from !== to && alone)
    return { kind: "all-to-all", from, to };
  return "several tensor axes at once";
}

/** Whether no other mesh axis splits a tensor axis that an all-to-all cuts or joins. */
function splitsOnlyThere({ axes, from, to }: BoxingPlan): boolean {
  const touched = new Set(
    axes.flatMap((i) => [at(from, i), at(to, i)].flatMap((sbp) => (sbp.kind === "S" ? [sbp.axis] : []))),
  );
  return from.every((sbp, i) => axes.includes(i) || sbp.kind !== "S" || !touched.has(sbp.axis));
}

/** Whether all devices of every group hold shards of equal shapes, before and after. */
function isEven({ shape, from, to }: BoxingPlan, mesh: Mesh): boolean {
  const devices = range(devicesPerStage(mesh));
  return [from, to].every((layout) => {
    const shapes = new Set(devices.map((device) => shardOf(shape, layout, mesh, device).size.join()));
    return shapes.size === 1;
  });
}
