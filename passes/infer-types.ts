/**
 * Infers the type of every value anew, from the sources' types and the operators' declarations.
 *
 *   before   %y = MatMul(%x, %w) : f32[a, b]
 *   after    %y = MatMul(%x, %w) : f32[8, 10]
 *
 * Sizes that are computed in the graph (Shape, Gather, Concat before a Reshape) are followed as numbers. Operators without
 * a declaration keep the types they came with. All errors are reported together, each at the user's line; a dimension
 * that has no size then is an error at the first value that has it.
 */
import { diagnostic, SbpcError, type Diagnostic } from "../src/diagnostics/diagnostic.ts";
import type { Location } from "../src/diagnostics/location.ts";
import { isKnown } from "../src/ir/dim.ts";
import { valueOf, type Graph, type Value } from "../src/ir/graph.ts";
import { typesEqual } from "../src/ir/types.ts";
import { Inference } from "../src/ops/infer.ts";
import { at } from "../src/support/collections.ts";
import { definePass } from "./pass.ts";

export const inferTypes = definePass({
  name: "infer-types",
  summary: "Infers the type of every value and reports what does not fit.",
  requires: [],
  ensures: ["typed", "static"],
  run(compilation) {
    const graph = inferGraph(compilation.graph);
    return graph === compilation.graph ? compilation : { ...compilation, graph };
  },
});

function inferGraph(graph: Graph): Graph {
  const errors: Diagnostic[] = [];
  const inference = new Inference(graph);
  const changed = new Map<string, Value>();
  for (const node of graph.nodes) {
    const declared = node.outputs.map((output) => valueOf(graph, output).type);
    const types = inference.node(node, declared, errors);
    node.outputs.forEach((output, i) => {
      const type = at(types, i);
      if (!typesEqual(type, at(declared, i))) changed.set(output, { ...valueOf(graph, output), type });
    });
  }
  const typed =
    changed.size === 0
      ? graph
      : {
          ...graph,
          values: new Map([...graph.values].map(([name, value]) => [name, changed.get(name) ?? value])),
        };
  if (errors.length === 0) reportUnbound(typed, errors);
  if (errors.length > 0) throw new SbpcError(errors);
  return typed;
}

/** One error for each dimension that has no size. */
function reportUnbound(graph: Graph, errors: Diagnostic[]): void {
  const seen = new Set<string>();
  const check = (name: string, location: Location) => {
    // The items of a sequence may differ in size.
    const { type } = valueOf(graph, name);
    for (const dim of type.kind === "tensor" ? type.shape : []) {
      if (isKnown(dim) || seen.has(dim)) continue;
      seen.add(dim);
      errors.push(diagnostic("unbound-dimension", { dim, value: name }, location));
    }
  };
  for (const source of graph.sources) check(source.value, source.location);
  for (const node of graph.nodes) for (const output of node.outputs) check(output, node.location);
}
