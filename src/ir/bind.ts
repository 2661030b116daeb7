/** Binds symbolic dimensions of a graph: every type in it, region bodies included. */
import { fail } from "../diagnostics/diagnostic.ts";
import type { Location } from "../diagnostics/location.ts";
import { isKnown, type DimBindings } from "./dim.ts";
import type { Graph, Node, Value } from "./graph.ts";
import { bindType, printType, type ValueType } from "./types.ts";

/** As `bindType`, for the type of a value. Error: impossible-size. */
export function boundType(
  name: string,
  type: ValueType,
  bindings: DimBindings,
  location?: Location,
): ValueType {
  const bound = bindings.size === 0 ? type : bindType(type, bindings);
  let inner = bound;
  while (inner.kind !== "tensor") inner = inner.element;
  if (inner.shape.some((dim) => isKnown(dim) && dim < 0))
    fail("impossible-size", { value: name, type: printType(bound) }, location);
  return bound;
}

/** The same graph where there is nothing to bind. Error: impossible-size. */
export function bindGraph(graph: Graph, bindings: DimBindings): Graph {
  if (bindings.size === 0) return graph;
  const values = new Map<string, Value>();
  for (const [name, value] of graph.values)
    values.set(name, { ...value, type: boundType(name, value.type, bindings) });
  return { ...graph, values, nodes: graph.nodes.map((node) => bindRegions(node, bindings)) };
}

function bindRegions(node: Node, bindings: DimBindings): Node {
  if (node.regions === undefined) return node;
  const regions = Object.fromEntries(
    Object.entries(node.regions).map(([name, region]) => [name, bindGraph(region, bindings)]),
  );
  return { ...node, regions };
}
