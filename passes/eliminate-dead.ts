/**
 * Removes what nobody uses: nodes none of whose results is used or returned, and constants, parameters and random sources
 * without a user. Inputs stay: they are what the caller has to give.
 *
 *   before   %a = Exp(%x);  %b = Neg(%x);  return y=%b
 *   after    %b = Neg(%x);  return y=%b
 *
 * A hint that asks for the layout of a removed value asks for nothing. One walk backwards.
 */
import { captures, type Graph } from "../src/ir/graph.ts";
import { forgetUndefined } from "../src/ir/rewrite.ts";
import { hasEffect } from "../src/ir/step-node.ts";
import { definePass } from "./pass.ts";

export const eliminateDead = definePass({
  name: "eliminate-dead",
  summary: "Removes nodes and sources whose values nobody uses.",
  requires: [],
  ensures: ["no-dead-nodes"],
  run(compilation) {
    const graph = removeDead(compilation.graph);
    return graph === compilation.graph ? compilation : { ...compilation, graph };
  },
});

function removeDead(graph: Graph): Graph {
  const live = new Set(graph.outputs.map((output) => output.value));
  const nodes = graph.nodes
    .toReversed()
    .filter((node) => {
      if (!hasEffect(node) && !node.outputs.some((output) => live.has(output))) return false;
      for (const name of [...node.inputs, ...captures(node)]) if (name !== null) live.add(name);
      return true;
    })
    .toReversed();
  const sources = graph.sources.filter((source) => source.kind === "input" || live.has(source.value));
  if (nodes.length === graph.nodes.length && sources.length === graph.sources.length) return graph;
  return forgetUndefined({ ...graph, nodes, sources });
}
