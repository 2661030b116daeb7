/** Who sends how many bytes to whom: the bytes that devices receive in a communication, told apart by where they come from. */
import type { Mesh } from "../ir/layout.ts";
import { devicesPerStage, hostOf, printNdSbp, rankOf } from "../ir/layout.ts";
import { bytesOf } from "../ir/types.ts";
import { partsOf } from "../plan/parts.ts";
import { boxingTimes } from "../plan/frequency.ts";
import type { BoxingPlan, Plan } from "../plan/plan.ts";
import { balancedPart, boxElements, shardOf } from "../sbp/geometry.ts";
import { groupsAlong } from "../sbp/mesh.ts";
import { at, range } from "../support/collections.ts";

/** `bytes` that `to` (a device of the destination stage) receives from `from` (one of the source stage). */
type Visit = (from: number, to: number, bytes: number) => void;

/**
 * The transfers of one micro-batch. Those that a device receives sum up to its `BoxingPlan.bytes`.
 *
 *   all-reduce       i receives from j its own chunk's term, then j's chunk reduced
 *   reduce-scatter   i receives from j its own output's term
 *   all-gather, all-to-all, halo   what of the new shard j is to give
 *   send             the shard, from the device at the same coordinates; nothing where that is the same one
 */
export function forEachTransfer(boxing: BoxingPlan, mesh: Mesh, visit: Visit): void {
  const { kind, dtype, shape, from, to, axes } = boxing;
  const outputOf = (device: number) => shardOf(shape, to, mesh, device);
  if (kind === "send") {
    if (hostOf(mesh, boxing.fromStage) === hostOf(mesh, boxing.toStage)) return;
    for (const device of range(devicesPerStage(mesh)))
      visit(device, device, bytesOf(dtype, boxElements(outputOf(device))));
    return;
  }
  for (const group of groupsAlong(mesh, axes)) {
    const before = group.map((device) => shardOf(shape, from, mesh, device));
    group.forEach((receiver, i) => {
      const after = outputOf(receiver);
      const elements = boxElements(after);
      if (kind === "all-reduce" || kind === "reduce-scatter") {
        group.forEach((sender, j) => {
          if (i === j) return;
          const chunk = (member: number) => bytesOf(dtype, balancedPart(elements, group.length, member).size);
          visit(sender, receiver, kind === "all-reduce" ? chunk(i) + chunk(j) : bytesOf(dtype, elements));
        });
        return;
      }
      const elementsFrom = group.map(() => 0);
      for (const { region, terms } of partsOf({ from, to, axes }, mesh, receiver, group, before, after))
        for (const member of terms) elementsFrom[member] = at(elementsFrom, member) + boxElements(region);
      elementsFrom.forEach((count, member) => {
        if (member !== i && count > 0) visit(at(group, member), receiver, bytesOf(dtype, count));
      });
    });
  }
}

/** Bytes per step between groups of ranks: row-major, from (row) to (column). */
export interface TrafficMatrix {
  readonly groups: number;
  readonly bytes: Float64Array;
}

/** `groupOf`: of a global rank, 0 … groups - 1. Communications alike are worked out once. */
export function trafficMatrix(plan: Plan, groups: number, groupOf: (rank: number) => number): TrafficMatrix {
  const bytes = new Float64Array(groups * groups);
  const alike = new Map<string, { readonly boxing: BoxingPlan; count: number }>();
  const times = boxingTimes(plan);
  plan.boxing.forEach((boxing, index) => {
    const { kind, dtype, shape, from, to, axes, fromStage, toStage } = boxing;
    const own = times[index] ?? 0;
    const key = [kind, dtype, shape, printNdSbp(from), printNdSbp(to), axes, fromStage, toStage].join(";");
    const known = alike.get(key);
    if (known === undefined) alike.set(key, { boxing, count: own });
    else known.count += own;
  });
  for (const { boxing, count } of alike.values()) {
    forEachTransfer(boxing, plan.mesh, (from, to, n) => {
      const cell =
        groupOf(rankOf(plan.mesh, boxing.fromStage, from)) * groups +
        groupOf(rankOf(plan.mesh, boxing.toStage, to));
      bytes[cell] = (bytes[cell] ?? 0) + n * count;
    });
  }
  return { groups, bytes };
}
