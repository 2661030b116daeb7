/** The floating-point operations of a whole graph on one device. */
import { sourcesByValue, typeOf, type Graph } from "../ir/graph.ts";
import { Call } from "../ops/call.ts";
import { callFlops } from "../ops/regions.ts";
import { findOp } from "../ops/registry.ts";
import { sum } from "../support/collections.ts";

/** Those inside regions too; 0 for operators without a declaration. Sizes that only execution knows count as 1. */
export function graphFlops(graph: Graph): number {
  const sources = sourcesByValue(graph);
  return sum(
    graph.nodes.map((node) => {
      const call = Call.of(
        node,
        (value) => typeOf(graph, value),
        (value) => {
          const source = sources.get(value);
          return source?.kind === "constant" ? source.data : undefined;
        },
      );
      return callFlops(call, findOp(node.op));
    }),
  );
}
