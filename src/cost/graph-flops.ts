/** The floating-point operations of a whole graph on one device. */
import type { Graph } from "../ir/graph.ts";
import { callsIn } from "../ops/call.ts";
import { callFlops } from "../ops/regions.ts";
import { findOp } from "../ops/registry.ts";
import { sum } from "../support/collections.ts";

/** Those inside regions too; 0 for operators without a declaration. Sizes that only execution knows count as 1. */
export function graphFlops(graph: Graph): number {
  const callOf = callsIn(graph);
  return sum(graph.nodes.map((node) => callFlops(callOf(node), findOp(node.op))));
}
