/**
 * Puts calls for which a backend has no kernel together from other operators, until every call that is left has one.
 *
 * What an operator is made of its declaration says: the composition as which it is differentiated, or the form in which it
 * is rebuilt from others for a layout (whose communication is none here); for some others `compositions.ts` does. Calls whose
 * inputs are known are computed.
 */
import { fail } from "../../src/diagnostics/diagnostic.ts";
import { GraphBuilder } from "../../src/ir/builder.ts";
import type { Graph, Node } from "../../src/ir/graph.ts";
import type { NdSbp } from "../../src/ir/layout.ts";
import { dataTypeOf, type TensorData } from "../../src/ir/tensor-data.ts";
import type { ValueType } from "../../src/ir/types.ts";
import { Call } from "../../src/ops/call.ts";
import type { FormEmitter } from "../../src/ops/contract.ts";
import { GraphEmitter } from "../../src/ops/emitter.ts";
import { foldNode } from "../../src/ops/fold.ts";
import { findOp } from "../../src/ops/registry.ts";
import { invariant, present } from "../../src/support/assert.ts";
import { compositions } from "./compositions.ts";

/** Why a call cannot be run; undefined where it can. */
export type Refusal = (call: Call, outputs: readonly ValueType[]) => string | undefined;

/** Compositions are made of compositions, but not so deep. */
const mostRounds = 8;

const foldLimits = { bytes: 1 << 20, flops: 1e6 };

/** Emits a form on one device: nothing is split, and nothing is to be gathered. */
class WholeEmitter extends GraphEmitter implements FormEmitter {
  gather(value: string): string {
    return value;
  }

  layout(): NdSbp {
    return [];
  }
}

/** The graph with every call that `refusal` refuses put together from others. Error: kernel-missing, for the first that cannot be. */
export function lower(graph: Graph, backend: string, refusal: Refusal): Graph {
  let current = graph;
  for (let round = 0; round < mostRounds; round++) {
    const next = lowerOnce(current, backend, refusal);
    if (next === current) return current;
    current = next;
  }
  return lowerOnce(current, backend, refusal, true);
}

function lowerOnce(graph: Graph, backend: string, refusal: Refusal, isLast = false): Graph {
  const builder = new GraphBuilder(graph.name, graph);
  const renames = new Map<string, string>();
  let changed = false;
  for (const original of graph.nodes) {
    const inputs = original.inputs.map((name) => (name === null ? null : (renames.get(name) ?? name)));
    const node: Node = { ...original, inputs };
    const types = node.outputs.map((name) => present(graph.values.get(name), "unknown value").type);
    const g = new WholeEmitter(builder, { location: node.location, prefix: node.name });
    const call = Call.of(
      node,
      (name) => builder.value(name).type,
      (name) => g.constantOf(name),
    );
    const known = foldNode(node, call, types, (name) => g.constantOf(name), foldLimits);
    if (known !== undefined) {
      node.outputs.forEach((name, i) => addConstant(builder, node, name, known[i] as TensorData));
      changed = true;
      continue;
    }
    const problem = refusal(call, types);
    if (problem === undefined) {
      builder.addNode(
        node,
        node.outputs.map((name) => present(graph.values.get(name), "unknown value")),
      );
      continue;
    }
    const results = isLast ? undefined : compose(g, inputs, call);
    if (results === undefined)
      return fail("kernel-missing", { backend, op: node.op, node: node.name, problem }, node.location);
    node.outputs.forEach((name, i) =>
      renames.set(
        name,
        present(results[i], "composition gives too few results", () => node.op),
      ),
    );
    changed = true;
  }
  if (!changed) return graph;
  invariant(
    graph.outputs.every(({ value }) => builder.has(renames.get(value) ?? value)),
    "a result was lost",
  );
  return builder.finish(
    graph.outputs.map(({ name, value }) => ({ name, value: renames.get(value) ?? value })),
  );
}

function addConstant(builder: GraphBuilder, { location }: Node, name: string, data: TensorData): void {
  builder.addSource({ kind: "constant", value: name, location, data }, { name, type: dataTypeOf(data) });
}

/** The outputs of a call made of other operators; undefined where no way is known. */
function compose(
  g: WholeEmitter,
  inputs: readonly (string | null)[],
  call: Call,
): readonly string[] | undefined {
  const definition = findOp(call.op);
  const gradient = definition?.gradient;
  if (typeof gradient === "object" && "expand" in gradient && gradient.unless?.(call) === undefined)
    return gradient.expand(g, inputs, call);
  const own = compositions.get(call.op);
  if (own !== undefined && own.unless?.(call) === undefined) return own.emit(g, inputs, call);
  const [form] = definition?.forms(call, { devices: 1, unitsOf: () => [1] }) ?? [];
  return form?.build(g, inputs, call);
}
