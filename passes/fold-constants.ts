/**
 * Evaluates what is known at compile time.
 *
 *   before   constant %a : i64[2] = [1, 2];  %b = Add(%a, %a);  %s = Shape(%x)
 *   after    constant %b : i64[2] = [2, 4];  constant %s : i64[3] = [8, 197, 192]
 *
 * Every result is rounded to its type, as if each operator had run. Left as they are: results of more than 64 KiB that are
 * larger than what they are made from, work of more than 10^7 operations, what the graph returns (a device has to make
 * it), and values with a hard hint.
 */
import { generatedLocation } from "../src/diagnostics/location.ts";
import { valueOf, type Graph, type Node, type Source, type Value } from "../src/ir/graph.ts";
import type { TensorData } from "../src/ir/tensor-data.ts";
import { Call } from "../src/ops/call.ts";
import { foldNode, type FoldLimits } from "../src/ops/fold.ts";
import { at } from "../src/support/collections.ts";
import { definePass } from "./pass.ts";

const limits: FoldLimits = { bytes: 64 * 1024, flops: 1e7 };

export const foldConstants = definePass({
  name: "fold-constants",
  summary: "Evaluates nodes whose inputs are known at compile time.",
  requires: ["typed", "static"],
  ensures: [],
  run(compilation) {
    const graph = foldGraph(compilation.graph);
    return graph === compilation.graph ? compilation : { ...compilation, graph };
  },
});

function foldGraph(graph: Graph): Graph {
  const constants = new Map<string, TensorData>();
  for (const source of graph.sources) if (source.kind === "constant") constants.set(source.value, source.data);
  const returned = new Set(graph.outputs.map((output) => output.value));
  const folded: Source[] = [];
  const values = new Map(graph.values);
  const nodes = graph.nodes.filter((node) => {
    const outputs = node.outputs.map((output) => valueOf(graph, output));
    if (outputs.some((value) => returned.has(value.name) || value.hint?.strength === "hard")) return true;
    const results = evaluate(graph, node, outputs, constants);
    if (results === undefined) return true;
    outputs.forEach(({ name, type }, i) => {
      const data = at(results, i);
      constants.set(name, data);
      values.set(name, { name, type });
      folded.push({ kind: "constant", value: name, location: generatedLocation("fold-constants", [node.location]), data });
    });
    return false;
  });
  return folded.length === 0 ? graph : { ...graph, sources: [...graph.sources, ...folded], nodes, values };
}

function evaluate(graph: Graph, node: Node, outputs: readonly Value[], constants: ReadonlyMap<string, TensorData>): TensorData[] | undefined {
  const constantOf = (value: string) => constants.get(value);
  const call = Call.of(node, (value) => valueOf(graph, value).type, constantOf);
  const types = outputs.map((value) => value.type);
  return foldNode(node, call, types, constantOf, limits);
}
