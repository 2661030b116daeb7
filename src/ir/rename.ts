/** Renames values: in nodes, and in the graphs of their regions. */
import type { Graph, Node, Source, Value } from "./graph.ts";

/** The node with every value that it uses or makes renamed, inside its regions too. */
export function renameValues(node: Node, nameOf: (value: string) => string): Node {
  const renamed = {
    ...node,
    inputs: node.inputs.map((name) => (name === null ? null : nameOf(name))),
    outputs: node.outputs.map(nameOf),
  };
  if (node.regions === undefined) return renamed;
  const regions = Object.entries(node.regions).map(
    ([name, region]) => [name, renameGraph(region, nameOf)] as const,
  );
  return { ...renamed, regions: Object.fromEntries(regions) };
}

/** The graph with every value renamed, inside the regions of its nodes too. Output names stay. */
export function renameGraph(graph: Graph, nameOf: (value: string) => string): Graph {
  const values = new Map<string, Value>();
  for (const value of graph.values.values())
    values.set(nameOf(value.name), { ...value, name: nameOf(value.name) });
  return {
    ...graph,
    values,
    sources: graph.sources.map((source): Source => ({ ...source, value: nameOf(source.value) })),
    nodes: graph.nodes.map((node) => renameValues(node, nameOf)),
    outputs: graph.outputs.map((output) => ({ ...output, value: nameOf(output.value) })),
  };
}
