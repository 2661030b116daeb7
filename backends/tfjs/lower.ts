/**
 * Puts calls for which a backend has no kernel together from other operators (`src/ops/compose`), until every call that is left has
 * one. Calls whose inputs are known are computed.
 */
import { fail } from "../../src/diagnostics/diagnostic.ts";
import { typeOf, type Graph } from "../../src/ir/graph.ts";
import type { ValueType } from "../../src/ir/types.ts";
import { callsIn, type Call } from "../../src/ops/call.ts";
import { composeAll } from "../../src/ops/compose.ts";
import { foldNode } from "../../src/ops/fold.ts";
import { compositions } from "./compositions.ts";

/** Why a call cannot be run; undefined where it can. */
export type Refusal = (call: Call, outputs: readonly ValueType[]) => string | undefined;

const foldLimits = { bytes: 1 << 20, flops: 1e6 };

/** The graph with every call that `refusal` refuses put together from others. Error: kernel-missing, for the first that cannot be. */
export function lower(graph: Graph, backend: string, refusal: Refusal): Graph {
  const lowered = composeAll(graph, {
    own: compositions,
    known: (node, call, outputs, constantOf) => foldNode(node, call, outputs, constantOf, foldLimits),
    refuses: (_, call, outputs) => refusal(call, outputs) !== undefined,
  });
  const callOf = callsIn(lowered);
  for (const node of lowered.nodes) {
    const types = node.outputs.map((name) => typeOf(lowered, name));
    const problem = refusal(callOf(node), types);
    if (problem !== undefined)
      fail("kernel-missing", { backend, op: node.op, node: node.name, problem }, node.location);
  }
  return lowered;
}
