/**
 * Puts calls together from other operators, for a backend that has no kernel for them.
 *
 * What an operator is made of its declaration says: the composition as which it is differentiated, or the form in which it is
 * rebuilt from others for a layout (whose communication is none on one device). A backend may know ways of its own.
 */
import { GraphBuilder } from "../ir/builder.ts";
import type { Graph, Node } from "../ir/graph.ts";
import type { NdSbp } from "../ir/layout.ts";
import { dataTypeOf, type TensorData } from "../ir/tensor-data.ts";
import type { ValueType } from "../ir/types.ts";
import { invariant, present } from "../support/assert.ts";
import { Call } from "./call.ts";
import type { Emitter, FormEmitter } from "./contract.ts";
import { GraphEmitter } from "./emitter.ts";
import { findOp } from "./registry.ts";

/** Gives the outputs of a call made of others, or undefined where it does not know this call. */
export type Composition = (
  g: Emitter,
  inputs: readonly (string | null)[],
  call: Call,
) => readonly string[] | undefined;

/** By operator. */
export type Compositions = ReadonlyMap<string, Composition>;

export interface Composing {
  /** Ways of the backend's own, tried first. */
  readonly own: Compositions;
  /** What the outputs of a call are known to be, which drops it. */
  readonly known?: (
    node: Node,
    call: Call,
    outputs: readonly ValueType[],
    constantOf: (name: string) => TensorData | undefined,
  ) => readonly TensorData[] | undefined;
  /** Whether a call of the graph has no kernel. */
  readonly refuses: (node: Node, call: Call, outputs: readonly ValueType[]) => boolean;
}

/** Emits a form on one device: nothing is split, and nothing is to be gathered. */
class WholeEmitter extends GraphEmitter implements FormEmitter {
  gather(value: string): string {
    return value;
  }

  layout(): NdSbp {
    return [];
  }
}

/** Compositions are made of compositions, but not so deep. */
const mostRounds = 8;

/** The graph with every call that is refused put together from others, where a way is known; the same object where nothing was done. */
export function composeAll(graph: Graph, composing: Composing): Graph {
  let current = graph;
  for (let round = 0; round < mostRounds; round++) {
    const next = composeOnce(current, composing);
    if (next === current) break;
    current = next;
  }
  return current;
}

/** One round: what calls are made of may be refused too. */
export function composeOnce(graph: Graph, { own, known, refuses }: Composing): Graph {
  const builder = new GraphBuilder(graph.name, graph);
  const renames = new Map<string, string>();
  let changed = false;
  for (const original of graph.nodes) {
    const inputs = original.inputs.map((name) => (name === null ? null : (renames.get(name) ?? name)));
    const node: Node = { ...original, inputs };
    const values = node.outputs.map((name) => present(graph.values.get(name), "unknown value"));
    const types = values.map(({ type }) => type);
    const g = new WholeEmitter(builder, { location: node.location, prefix: node.name });
    const constantOf = (name: string) => g.constantOf(name);
    const call = Call.of(node, (name) => builder.value(name).type, constantOf);
    const data = known?.(node, call, types, constantOf);
    if (data !== undefined) {
      node.outputs.forEach((name, i) => addConstant(builder, node, name, data[i] as TensorData));
      changed = true;
      continue;
    }
    const results = refuses(original, call, types) ? compose(g, inputs, call, own) : undefined;
    if (results === undefined) {
      builder.addNode(node, values);
      continue;
    }
    node.outputs.forEach((name, i) =>
      renames.set(
        name,
        present(results[i], "composition gives too few results", () => node.op),
      ),
    );
    changed = true;
  }
  if (!changed) return graph;
  const outputs = graph.outputs.map(({ name, value }) => ({ name, value: renames.get(value) ?? value }));
  invariant(
    outputs.every(({ value }) => builder.has(value)),
    "a result was lost",
  );
  return builder.finish(outputs, graph.opsets === undefined ? {} : { opsets: graph.opsets });
}

function addConstant(builder: GraphBuilder, { location }: Node, name: string, data: TensorData): void {
  builder.addSource({ kind: "constant", value: name, location, data }, { name, type: dataTypeOf(data) });
}

/** The outputs of a call made of other operators; undefined where no way is known. */
function compose(
  g: WholeEmitter,
  inputs: readonly (string | null)[],
  call: Call,
  own: Compositions,
): readonly string[] | undefined {
  const made = own.get(call.op)?.(g, inputs, call);
  if (made !== undefined) return made;
  const definition = findOp(call.op);
  const gradient = definition?.gradient;
  if (typeof gradient === "object" && "expand" in gradient && gradient.unless?.(call) === undefined)
    return gradient.expand(g, inputs, call);
  const [form] = definition?.forms(call, { devices: 1, unitsOf: () => [1] }) ?? [];
  return form?.build(g, inputs, call);
}
