/**
 * Numbers for what is computed in a graph, however it is named: two values have one number exactly where the same operators
 * compute them from the same sources. Keys are interned, so that a number says the same in both graphs of a comparison.
 */
import type { onnx } from "../onnx/generated/onnx-ml.js";

type Attribute = onnx.AttributeProto.$Properties;
type Graph = onnx.GraphProto.$Properties;
type Node = onnx.NodeProto.$Properties;
type Tensor = onnx.TensorProto.$Properties;

/** The part of a graph that matters here; a function's body is one too. */
export interface Body {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly weights: ReadonlyMap<string, Weight>;
  readonly nodes: readonly Node[];
}

/** A tensor, or the values and indices of a sparse one. */
export interface Weight {
  readonly parts: readonly Tensor[];
  /** Of a sparse one. */
  readonly dims?: readonly number[];
}

export type Interner = (key: string) => number;

export function interner(): Interner {
  const numbers = new Map<string, number>();
  return (key) => {
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, numbers.size);
    return numbers.size - 1;
  };
}

/** Numbers of the values of a graph, and of those around it. */
export interface Numbers {
  readonly own: Map<string, number>;
  readonly outer: Numbers | undefined;
}

export function numberOf(numbers: Numbers | undefined, name: string): number | undefined {
  for (let at = numbers; at !== undefined; at = at.outer) {
    const number = at.own.get(name);
    if (number !== undefined) return number;
  }
  return undefined;
}

export interface Keys {
  readonly intern: Interner;
  /** What stands for a tensor: its type alone, or its elements too. */
  readonly weightKey: (tensor: Tensor) => string;
}

/** A graph's body: its weights are initializers, sparse ones too, and Constant nodes of one tensor. */
export function bodyOf(graph: Graph): Body {
  const weights = new Map<string, Weight>();
  for (const tensor of graph.initializer ?? []) weights.set(tensor.name ?? "", { parts: [tensor] });
  for (const sparse of graph.sparseInitializer ?? [])
    weights.set(sparse.values?.name ?? "", weightOf(sparse));
  const nodes: Node[] = [];
  for (const node of graph.node ?? []) {
    const tensor = constantOf(node);
    const [output] = node.output ?? [];
    if (tensor === undefined || output === undefined) nodes.push(node);
    else weights.set(output, { parts: [tensor] });
  }
  return {
    inputs: (graph.input ?? []).map(({ name }) => name ?? "").filter((name) => !weights.has(name)),
    outputs: (graph.output ?? []).map(({ name }) => name ?? ""),
    weights,
    nodes,
  };
}

function weightOf({ values, indices, dims }: onnx.SparseTensorProto.$Properties): Weight {
  return { parts: [values, indices].filter(isThere), dims: (dims ?? []).map(Number) };
}

/** What stands for a weight. */
export function weightKey({ weightKey: keyOf }: Keys, { parts, dims }: Weight): string {
  const key = parts.map(keyOf).join(" at ");
  return dims === undefined ? key : `sparse [${dims.join(", ")}] of ${key}`;
}

function constantOf(node: Node): Tensor | undefined {
  if (node.opType !== "Constant" || (node.domain ?? "") !== "" || node.attribute?.length !== 1)
    return undefined;
  const [attribute] = node.attribute;
  return attribute?.name === "value" ? (attribute.t ?? undefined) : undefined;
}

/**
 * Numbers a body's values in the order of its nodes, and gives the key of each node. `sources` are the numbers of the inputs
 * and of the values around it.
 */
export function numberBody(keys: Keys, body: Body, sources: Numbers): number[] {
  const { own } = sources;
  for (const [name, weight] of body.weights)
    if (!own.has(name)) own.set(name, keys.intern(`weight ${weightKey(keys, weight)}`));
  return body.nodes.map((node) => {
    const inputs = (node.input ?? []).map((name) => (name === "" ? "-" : (numberOf(sources, name) ?? "?")));
    const key = keys.intern(`node ${localKey(keys, node, sources)} (${inputs.join(",")})`);
    for (const [i, name] of (node.output ?? []).entries())
      if (name !== "") own.set(name, keys.intern(`output ${key} ${i}`));
    return key;
  });
}

/** Operator and attributes, without what the inputs are; the graphs inside are seen from the values around them. */
export function localKey(keys: Keys, node: Node, around: Numbers): string {
  const attributes = (node.attribute ?? [])
    .map((attribute) => `${JSON.stringify(attribute.name ?? "")}=${attributeKey(keys, attribute, around)}`)
    .sort();
  return `${operatorOf(node)} ${node.output?.length ?? 0} {${attributes.join(",")}}`;
}

/** `domain.Name`, and the overload where there is one. */
export function operatorOf(node: Node): string {
  const domain = node.domain ?? "";
  const name = `${domain === "" || domain === "ai.onnx" ? "" : `${domain}.`}${node.opType ?? ""}`;
  return (node.overload ?? "") === "" ? name : `${name}:${node.overload ?? ""}`;
}

/** The value of an attribute, as a key. */
export function attributeKey(keys: Keys, attribute: Attribute, around: Numbers): string {
  const { t, g, tp, sparseTensor } = attribute;
  const parts: string[] = [];
  const add = (kind: string, text: string | undefined): void => {
    if (text !== undefined) parts.push(`${kind}:${text}`);
  };
  if (Object.hasOwn(attribute, "f")) add("f", String(attribute.f));
  if (Object.hasOwn(attribute, "i")) add("i", String(attribute.i));
  if (Object.hasOwn(attribute, "s")) add("s", hex(attribute.s ?? new Uint8Array(0)));
  for (const tensor of [t, ...(attribute.tensors ?? [])])
    if (isThere(tensor)) add("t", keys.weightKey(tensor));
  for (const sparse of [sparseTensor, ...(attribute.sparseTensors ?? [])])
    if (isThere(sparse)) add("sparse", weightKey(keys, weightOf(sparse)));
  for (const graph of [g, ...(attribute.graphs ?? [])])
    if (isThere(graph)) add("g", graphKey(keys, graph, around));
  for (const type of [tp, ...(attribute.typeProtos ?? [])])
    if (isThere(type)) add("tp", JSON.stringify(type));
  if ((attribute.floats?.length ?? 0) > 0) add("floats", attribute.floats?.join(","));
  if ((attribute.ints?.length ?? 0) > 0) add("ints", attribute.ints?.map(String).join(","));
  if ((attribute.strings?.length ?? 0) > 0) add("strings", attribute.strings?.map(hex).join(","));
  if ((attribute.refAttrName ?? "") !== "") add("ref", attribute.refAttrName ?? "");
  return parts.join(";");
}

/** What a graph inside a node computes. Nesting is bounded by that of the file. */
function graphKey(keys: Keys, graph: Graph, around: Numbers): string {
  const body = bodyOf(graph);
  const own = new Map(body.inputs.map((name, i) => [name, keys.intern(`inner input ${i}`)]));
  const numbers: Numbers = { own, outer: around };
  const nodes = numberBody(keys, body, numbers);
  const outputs = body.outputs.map((name) => numberOf(numbers, name) ?? "?");
  return String(keys.intern(`graph ${body.inputs.length} ${outputs.join(",")} ${nodes.join(",")}`));
}

function isThere<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
