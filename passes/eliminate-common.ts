/**
 * Computes equal things once, by value numbering in the order of the graph.
 *
 *   before   %a = Add(%x, %y);  %b = Add(%x, %y);  %c = Mul(%a, %b)
 *   after    %a = Add(%x, %y);  %c = Mul(%a, %a)
 *
 * 1  Constants are equal if their types and bytes are.
 * 2  Nodes are equal if operator, attributes, inputs, hints on the results, layer, stage and phase are. So what is wanted in two
 *    layouts stays two values, and no layer comes to depend on another one by sharing.
 * 3  Never merged: parameters, inputs and random sources; nodes with regions; operators without a declaration, which might
 *    draw random numbers; a node whose result the graph returns.
 */
import { ConstantPool } from "../src/ir/constant-pool.ts";
import type { Graph, Node, Source } from "../src/ir/graph.ts";
import { printHint } from "../src/ir/layout.ts";
import { forgetUndefined, renameOutputs, renameUses } from "../src/ir/rewrite.ts";
import { sortedAttributes } from "../src/ir/text/print.ts";
import { findOp } from "../src/ops/registry.ts";
import { definePass } from "./pass.ts";

export const eliminateCommon = definePass({
  name: "eliminate-common",
  summary: "Computes equal things once.",
  requires: ["typed"],
  ensures: [],
  run(compilation) {
    const graph = mergeEqual(compilation.graph);
    return graph === compilation.graph ? compilation : { ...compilation, graph };
  },
});

function mergeEqual(graph: Graph): Graph {
  const renames = new Map<string, string>();
  const returned = new Set(graph.outputs.map((output) => output.value));
  const sources = graph.sources.filter(distinctConstants(renames, returned));
  const byKey = new Map<string, Node>();
  const nodes: Node[] = [];
  for (const original of graph.nodes) {
    const node = renameUses(original, renames);
    const mergeable = node.regions === undefined && findOp(node.op) !== undefined;
    const key = mergeable ? keyOf(node, graph) : "";
    const first = mergeable ? byKey.get(key) : undefined;
    if (first !== undefined && !node.outputs.some((output) => returned.has(output))) {
      node.outputs.forEach((output, i) => renames.set(output, first.outputs[i] as string));
      continue;
    }
    if (mergeable && first === undefined) byKey.set(key, node);
    nodes.push(node);
  }
  if (renames.size === 0) return graph;
  return forgetUndefined(
    { ...graph, sources, nodes, outputs: renameOutputs(graph.outputs, renames) },
    renames,
  );
}

/** A filter that drops constants equal to one before, noting which takes their place. */
function distinctConstants(
  renames: Map<string, string>,
  returned: ReadonlySet<string>,
): (source: Source) => boolean {
  const pool = new ConstantPool();
  const first = new Map<number, string>();
  return (source) => {
    if (source.kind !== "constant" || returned.has(source.value)) return true;
    const number = pool.number(source.data);
    const same = first.get(number);
    if (same === undefined) first.set(number, source.value);
    else renames.set(source.value, same);
    return same === undefined;
  };
}

function keyOf(node: Node, graph: Graph): string {
  const hints = node.outputs.map((output) => {
    const hint = graph.values.get(output)?.hint;
    return hint === undefined ? "" : printHint(hint);
  });
  return JSON.stringify([
    node.op,
    sortedAttributes(node.attributes),
    node.inputs,
    hints,
    node.layer ?? null,
    node.stage ?? null,
    node.phase ?? null,
  ]);
}
