/** Puts the nodes of one ONNX model into another under new names. */
import type { onnx } from "./generated/onnx-ml.js";

type NodeProto = onnx.NodeProto.$Properties;
type GraphProto = onnx.GraphProto.$Properties;

/** The nodes with every value that they and the graphs inside them use or make renamed; "" stays. */
export function spliceNodes(
  nodes: readonly NodeProto[],
  nameOf: (value: string) => string,
  nodeName: (name: string) => string,
): NodeProto[] {
  const rename = (name: string) => (name === "" ? name : nameOf(name));
  /** Graphs inside nodes that are still to be renamed, in place: copies already. */
  const pending: GraphProto[] = [];
  const copyGraph = (graph: GraphProto): GraphProto => {
    const copy = { ...graph };
    pending.push(copy);
    return copy;
  };
  const copyNode = (node: NodeProto): NodeProto => ({
    ...node,
    name: nodeName(node.name ?? ""),
    input: (node.input ?? []).map(rename),
    output: (node.output ?? []).map(rename),
    attribute: (node.attribute ?? []).map((attribute) => ({
      ...attribute,
      ...(attribute.g == null ? {} : { g: copyGraph(attribute.g) }),
      ...(attribute.graphs == null || attribute.graphs.length === 0
        ? {}
        : { graphs: attribute.graphs.map(copyGraph) }),
    })),
  });
  const renamed = <T extends { readonly name?: string | null }>(items: readonly T[] | null | undefined) =>
    (items ?? []).map((item): T => ({ ...item, name: rename(item.name ?? "") }));
  const copies = nodes.map(copyNode);
  for (let graph = pending.pop(); graph !== undefined; graph = pending.pop()) {
    graph.node = (graph.node ?? []).map(copyNode);
    graph.initializer = renamed(graph.initializer);
    graph.input = renamed(graph.input);
    graph.output = renamed(graph.output);
    graph.valueInfo = renamed(graph.valueInfo);
  }
  return copies;
}
