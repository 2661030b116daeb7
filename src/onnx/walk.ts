/** Everything inside a model: all its graphs, however deep, and all its tensors. Iterative, in no order of meaning. */
import type { onnx } from "./generated/onnx-ml.js";

type Attribute = onnx.AttributeProto.$Properties;
type Graph = onnx.GraphProto.$Properties;
type Node = onnx.NodeProto.$Properties;

/** Where a node is: in the model's own graph, in one inside another node or in training, or in a function's body. */
export type NodeHome = "graph" | "inner" | "function";

export interface FoundNode {
  readonly node: Node;
  readonly home: NodeHome;
}

export interface FoundTensor {
  readonly tensor: onnx.TensorProto.$Properties;
  /** The node that it is an attribute of; undefined for initializers and a function's default attributes. */
  readonly node: Node | undefined;
  /** Whether it is an initializer of a graph. */
  readonly isInitializer: boolean;
}

interface Nodes {
  readonly nodes: readonly Node[];
  readonly home: NodeHome;
}

/** All nodes of the model, each graph's in their order. */
export function* nodesOf(proto: onnx.ModelProto): Generator<FoundNode> {
  for (const { nodes, home } of bodiesOf(proto)) for (const node of nodes) yield { node, home };
}

/** All graphs of the model with its own first. */
export function* graphsOf(proto: onnx.ModelProto): Generator<Graph> {
  for (const { graph } of bodiesOf(proto)) if (graph !== undefined) yield graph;
}

/** All tensors: initializers, the parts of sparse ones, and attributes. */
export function* tensorsOf(proto: onnx.ModelProto): Generator<FoundTensor> {
  for (const { graph, nodes } of bodiesOf(proto)) {
    for (const tensor of graph?.initializer ?? []) yield { tensor, node: undefined, isInitializer: true };
    for (const sparse of graph?.sparseInitializer ?? [])
      for (const tensor of [sparse.values, sparse.indices])
        if (tensor !== undefined && tensor !== null) yield { tensor, node: undefined, isInitializer: true };
    for (const node of nodes)
      for (const attribute of node.attribute ?? [])
        for (const tensor of attributeTensors(attribute)) yield { tensor, node, isInitializer: false };
  }
  for (const { attributeProto } of proto.functions ?? [])
    for (const attribute of attributeProto ?? [])
      for (const tensor of attributeTensors(attribute))
        yield { tensor, node: undefined, isInitializer: false };
}

function attributeTensors(attribute: Attribute): onnx.TensorProto.$Properties[] {
  const sparse = [...(attribute.sparseTensors ?? []), attribute.sparseTensor];
  return [
    ...(attribute.tensors ?? []),
    attribute.t,
    ...sparse.flatMap((tensor) => [tensor?.values, tensor?.indices]),
  ].filter((tensor) => tensor !== undefined && tensor !== null);
}

/** The nodes of a body and of all graphs inside them. */
export function* nodesWithin(body: readonly Node[]): Generator<Node> {
  const pending = [body];
  for (let nodes = pending.pop(); nodes !== undefined; nodes = pending.pop()) {
    for (const node of nodes) {
      yield node;
      for (const { g, graphs } of node.attribute ?? [])
        for (const graph of [g, ...(graphs ?? [])]) pending.push(graph?.node ?? []);
    }
  }
}

/** Lists of nodes: of every graph, and of every function. */
function* bodiesOf(proto: onnx.ModelProto): Generator<Nodes & { readonly graph: Graph | undefined }> {
  const pending: (Nodes & { readonly graph: Graph | undefined })[] = [];
  const addGraph = (graph: Graph | null | undefined, home: NodeHome): void => {
    if (graph !== undefined && graph !== null) pending.push({ nodes: graph.node ?? [], home, graph });
  };
  for (const { initialization, algorithm } of proto.trainingInfo ?? []) {
    addGraph(algorithm, "inner");
    addGraph(initialization, "inner");
  }
  for (const body of proto.functions ?? [])
    pending.push({ nodes: body.node ?? [], home: "function", graph: undefined });
  addGraph(proto.graph, "graph");
  for (let body = pending.pop(); body !== undefined; body = pending.pop()) {
    yield body;
    for (const node of body.nodes)
      for (const attribute of node.attribute ?? [])
        for (const graph of [attribute.g, ...(attribute.graphs ?? [])])
          addGraph(graph, body.home === "function" ? "function" : "inner");
  }
}
