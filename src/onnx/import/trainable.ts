/**
 * Small tensors of a file that training may change, as parameters. On import a small tensor is a constant that the compiler looks
 * into: a scale, a bound, a list of sizes. Where an output has a slope in it, it may as well be a bias of few elements.
 */
import type { Graph, Source } from "../../ir/graph.ts";
import { consumers, typeOf, valueOf } from "../../ir/graph.ts";
import { GraphBuilder } from "../../ir/builder.ts";
import { isFloat } from "../../ir/types.ts";
import { SbpcError } from "../../diagnostics/diagnostic.ts";
import { findOp } from "../../ops/registry.ts";
import { expandComposed, reverse } from "../../ops/reverse.ts";

const by = "import";

/**
 * The graph in which constants of `names` (floats with at least one axis) are parameters where an output has a derivative by
 * them. Scalars stay: they are eps, exponents and factors more often than parameters.
 */
export function withTrainable(graph: Graph, names: ReadonlySet<string>): Graph {
  if (names.size === 0) return graph;
  const found = new Set<string>();
  for (const { value } of graph.outputs) {
    const type = typeOf(graph, value);
    if (type.kind !== "tensor" || !isFloat(type.dtype)) continue;
    for (const name of slopes(graph, value, names)) found.add(name);
  }
  const uses = consumers(graph);
  const sources = graph.sources.map((source): Source => {
    if (source.kind !== "constant" || !found.has(source.value)) return source;
    const isStatistic = (uses.get(source.value) ?? []).every(
      ({ node, index }) => findOp(node.op)?.statistics?.includes(index) === true,
    );
    if (isStatistic) return source;
    const { value, location, data } = source;
    return { kind: "parameter", value, location, initializer: { kind: "inline", data }, module: "" };
  });
  return { ...graph, sources };
}

/** Those of `wanted` that a result has a derivative by; none where an operator on the way has no derivative. */
function slopes(graph: Graph, result: string, wanted: ReadonlySet<string>): string[] {
  try {
    const expanded = expandComposed(graph, result, wanted, by);
    const position = graph.outputs.findIndex(({ value }) => value === result);
    const end = expanded.outputs[position]?.value ?? result;
    const builder = new GraphBuilder(graph.name, expanded);
    for (const node of expanded.nodes)
      builder.addNode(
        node,
        node.outputs.map((output) => valueOf(expanded, output)),
      );
    return [...reverse(builder, { result: end, seed: end, wanted, by }).gradients.keys()];
  } catch (error) {
    if (error instanceof SbpcError) return [];
    throw error;
  }
}
