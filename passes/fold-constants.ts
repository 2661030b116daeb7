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
import { ConstantPool } from "../src/ir/constant-pool.ts";
import { valueOf, type Graph, type Node, type Source, type Value } from "../src/ir/graph.ts";
import type { TensorData } from "../src/ir/tensor-data.ts";
import { sortedAttributes } from "../src/ir/text/print.ts";
import { printType } from "../src/ir/types.ts";
import { Call } from "../src/ops/call.ts";
import { foldNode, type FoldLimits } from "../src/ops/fold.ts";
import { findOp } from "../src/ops/registry.ts";
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
  const folding = new Folding(graph);
  const returned = new Set(graph.outputs.map((output) => output.value));
  const folded: Source[] = [];
  const values = new Map(graph.values);
  const nodes = graph.nodes.filter((node) => {
    const outputs = node.outputs.map((output) => valueOf(graph, output));
    if (outputs.some((value) => returned.has(value.name) || value.hint?.strength === "hard")) return true;
    const results = folding.evaluate(node, outputs);
    if (results === undefined) return true;
    outputs.forEach(({ name, type }, i) => {
      values.set(name, { name, type });
      const location = generatedLocation("fold-constants", [node.location]);
      folded.push({ kind: "constant", value: name, location, data: at(results, i) });
    });
    return false;
  });
  return folded.length === 0 ? graph : { ...graph, sources: [...graph.sources, ...folded], nodes, values };
}

/** Evaluates nodes, equal ones (a mask that every layer makes for itself) once. */
class Folding {
  readonly #graph: Graph;
  readonly #constants = new Map<string, TensorData>();
  readonly #pool = new ConstantPool();
  readonly #done = new Map<string, readonly TensorData[] | undefined>();

  constructor(graph: Graph) {
    this.#graph = graph;
    for (const source of graph.sources)
      if (source.kind === "constant") this.#constants.set(source.value, source.data);
  }

  /** The node's outputs where they can be known here. */
  evaluate(node: Node, outputs: readonly Value[]): readonly TensorData[] | undefined {
    const constantOf = (value: string) => this.#constants.get(value);
    const isKnown = node.inputs.every((name) => name === null || this.#constants.has(name));
    if (!isKnown && findOp(node.op)?.fromShapes !== true) return undefined;
    const call = Call.of(node, (value) => valueOf(this.#graph, value).type, constantOf);
    const known = node.inputs.map((name, i) => {
      const data = name === null ? undefined : constantOf(name);
      const type = call.inputs[i];
      return data === undefined ? (type == null ? "-" : printType(type)) : this.#pool.number(data);
    });
    const key = JSON.stringify([node.op, sortedAttributes(node.attributes), known, outputs.length]);
    if (!this.#done.has(key)) {
      const types = outputs.map((value) => value.type);
      this.#done.set(key, foldNode(node, call, types, constantOf, limits));
    }
    const results = this.#done.get(key);
    outputs.forEach(({ name }, i) => {
      if (results !== undefined) this.#constants.set(name, at(results, i));
    });
    return results;
  }
}
