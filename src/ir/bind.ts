/** Binds symbolic dimensions of a graph: every type in it, region bodies included. */
import type { DimBindings } from "./dim.ts";
import type { Graph, Node, Value } from "./graph.ts";
import { bindType } from "./types.ts";

/** The same graph where there is nothing to bind. */
export function bindGraph(graph: Graph, bindings: DimBindings): Graph {
  if (bindings.size === 0) return graph;
  const values = new Map<string, Value>();
  for (const [name, value] of graph.values)
    values.set(name, { ...value, type: bindType(value.type, bindings) });
  return { ...graph, values, nodes: graph.nodes.map((node) => bindRegions(node, bindings)) };
}

function bindRegions(node: Node, bindings: DimBindings): Node {
  if (node.regions === undefined) return node;
  const regions = Object.fromEntries(
    Object.entries(node.regions).map(([name, region]) => [name, bindGraph(region, bindings)]),
  );
  return { ...node, regions };
}
