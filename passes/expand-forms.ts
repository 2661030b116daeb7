/**
 * Replaces every node with a distributed form by the ordinary operators that the form is made of.
 *
 *   %y = Softmax(%x) {axis=-1} signature ([S(1)]) -> [S(1)] {split}
 * becomes
 *   %m = ReduceMax(%x), %g = sbpc.ToGlobal(%m), %d = Sub(%x, %g), …, %y = Div(…)
 *
 * Needs layouts and signatures; gives a graph whose nodes all have plain signatures. Values keep their names and hints; new
 * ones are named after the node. Where a partial result is gathered, the layout that it is made in and the one in which
 * `sbpc.ToGlobal` takes it differ: `insert-boxing` closes that gap like any other.
 */
import { generatedLocation } from "../src/diagnostics/location.ts";
import { typeOf, type Graph, type Node, type Source, type Value } from "../src/ir/graph.ts";
import type { Mesh } from "../src/ir/layout.ts";
import type { TensorData } from "../src/ir/tensor-data.ts";
import { Call } from "../src/ops/call.ts";
import { FormExpansions, type FormExpansion } from "../src/ops/forms.ts";
import { findOp } from "../src/ops/registry.ts";
import { present } from "../src/support/assert.ts";
import { definePass } from "./pass.ts";

export const expandForms = definePass({
  name: "expand-forms",
  summary: "Replaces operators in a distributed form by the operators that it is made of.",
  requires: ["typed", "static", "laid-out"],
  ensures: ["no-forms"],
  breaks: ["canonical"],
  run(compilation, { mesh }) {
    const { graph } = compilation;
    if (!graph.nodes.some((node) => node.signature?.form !== undefined)) return compilation;
    return { ...compilation, graph: expandAll(graph, mesh) };
  },
});

function expandAll(graph: Graph, mesh: Mesh): Graph {
  const expansions = new FormExpansions();
  const constants = new Map<string, TensorData>();
  for (const source of graph.sources)
    if (source.kind === "constant") constants.set(source.value, source.data);
  const out: MutableGraph = {
    sources: [...graph.sources],
    nodes: [],
    values: new Map(graph.values),
    nodeNames: new Set(graph.nodes.map(({ name }) => name)),
  };
  for (const node of graph.nodes) {
    const { signature } = node;
    if (signature?.form === undefined) {
      out.nodes.push(node);
      continue;
    }
    const definition = present(findOp(node.op), "form of an undeclared operator", () => node.op);
    const call = Call.of(
      node,
      (name) => typeOf(graph, name),
      (name) => constants.get(name),
    );
    const expansion = present(
      expansions.expand({ call, definition, signature, mesh }),
      "form cannot be expanded",
      () => `${node.op} ${node.name}`,
    );
    instantiate(out, node, expansion);
  }
  return { ...graph, sources: out.sources, nodes: out.nodes, values: out.values };
}

interface MutableGraph {
  readonly sources: Source[];
  readonly nodes: Node[];
  readonly values: Map<string, Value>;
  readonly nodeNames: Set<string>;
}

/** Adds the expansion in the place of `node`: its sources and results become the node's inputs and outputs. */
function instantiate(out: MutableGraph, node: Node, expansion: FormExpansion): void {
  const { graph, inputs, outputs } = expansion;
  const location = generatedLocation("expand-forms", [node.location]);
  const names = new Map<string, string>();
  inputs.forEach((name, i) => {
    if (name !== null) names.set(name, present(node.inputs[i], "form takes an absent input"));
  });
  outputs.forEach((name, i) => {
    names.set(name, present(node.outputs[i], "form gives an unused output"));
  });
  const rename = (local: string): string => {
    const known = names.get(local);
    if (known !== undefined) return known;
    const name = fresh(`${node.name}.${local}`, out.values);
    names.set(local, name);
    out.values.set(name, { ...present(graph.values.get(local), "unknown value"), name });
    return name;
  };
  for (const source of graph.sources) {
    if (names.has(source.value)) continue;
    out.sources.push({ ...source, value: rename(source.value), location });
  }
  for (const inner of graph.nodes) {
    const name = fresh(`${node.name}.${inner.name}`, out.nodeNames);
    out.nodeNames.add(name);
    out.nodes.push({
      ...inner,
      name,
      inputs: inner.inputs.map((input) => (input === null ? null : rename(input))),
      outputs: inner.outputs.map(rename),
      location,
      module: node.module,
      ...(node.layer === undefined ? {} : { layer: node.layer }),
      ...(node.stage === undefined ? {} : { stage: node.stage }),
      ...(node.phase === undefined ? {} : { phase: node.phase }),
    });
  }
}

function fresh(base: string, taken: { has(name: string): boolean }): string {
  if (!taken.has(base)) return base;
  let count = 1;
  while (taken.has(`${base}_${count}`)) count++;
  return `${base}_${count}`;
}
