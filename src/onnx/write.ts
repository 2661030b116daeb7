/**
 * Writes a graph as an ONNX model.
 *
 * The same graph gives the same bytes. Operators are in the form of the canonical opset; the model asks for the lowest
 * opset of each domain in which its operators have that form, because runtimes lack kernels for the newest ones. Inputs,
 * parameters, randoms and rank tables become graph inputs in the order of the graph's sources; constants become
 * initializers, or graph inputs too. Layouts and hints are not written: `sbpc.ToGlobal` becomes Identity.
 */
import { domainOf, opTypeOf, valueOf, type Attribute, type Graph, type Node } from "../ir/graph.ts";
import { bytesView, type TensorData, type TypedArray } from "../ir/tensor-data.ts";
import { dataTypes, isRanked, type DataType, type ValueType } from "../ir/types.ts";
import { findOp } from "../ops/registry.ts";
import { invariant } from "../support/assert.ts";
import { onnx } from "./generated/onnx-ml.js";

export interface EncodeOptions {
  /** Where constants go. Default "initializers". */
  readonly constants?: "initializers" | "inputs";
  /** Lowest opset of ai.onnx to ask for. Default 13. */
  readonly minimumOpset?: number;
  /** Pairs kept in the model's `metadata_props`. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The opset in whose form operators are kept; asked for where an operator is not declared. */
export const canonicalOpset = 23;

/** Opset of ai.onnx to the IR version it came with; ONNX Runtime 1.30 reads up to 13. */
const irVersions: readonly (readonly [opset: number, ir: number])[] = [
  [25, 13],
  [24, 12],
  [23, 11],
  [21, 10],
  [19, 9],
  [13, 8],
];

/** Element types that came after IR version 8. */
const irOfTypes: Partial<Record<DataType, number>> = {
  f8e4m3fn: 9,
  f8e4m3fnuz: 9,
  f8e5m2: 9,
  f8e5m2fnuz: 9,
  u4: 10,
  i4: 10,
  f4e2m1: 11,
  f8e8m0: 12,
  u2: 13,
  i2: 13,
};

/** The bytes of an ONNX ModelProto. */
export function encodeModel(graph: Graph, options: EncodeOptions = {}): Uint8Array {
  return onnx.ModelProto.encode(modelOf(graph, options)).finish();
}

/** As `encodeModel`, before it is serialised. */
export function modelOf(graph: Graph, options: EncodeOptions = {}): onnx.ModelProto.$Properties {
  const opsets = opsetsOf(graph, options.minimumOpset ?? 13);
  const metadata = Object.entries(options.metadata ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    irVersion: irVersionOf(graph, opsets.get("") as number),
    producerName: "sbpc",
    graph: encodeGraph(graph, options),
    opsetImport: [...opsets]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([domain, version]) => ({ domain, version })),
    metadataProps: metadata.map(([key, value]) => ({ key, value })),
  };
}

/** The lowest opset per domain that holds every operator of the graph and its regions; always one for ai.onnx (""). */
export function opsetsOf(graph: Graph, minimum = 13): Map<string, number> {
  const opsets = new Map([["", minimum]]);
  for (const [node, { values }] of allNodes(graph)) {
    const domain = domainOf(writtenOp(node));
    const definition = findOp(writtenOp(node));
    const since =
      definition?.sinceFor?.(node, node.inputs.map(dtypeIn(values))) ??
      definition?.since ??
      (domain === "" ? canonicalOpset : 1);
    const least = domain === "" ? 1 : (graph.opsets?.[domain] ?? 1);
    opsets.set(domain, Math.max(opsets.get(domain) ?? 1, since, least));
  }
  return opsets;
}

function irVersionOf(graph: Graph, opset: number): number {
  let version = irVersions.find(([from]) => opset >= from)?.[1] ?? 8;
  for (const { type } of graph.values.values()) {
    if (type.kind === "tensor") version = Math.max(version, irOfTypes[type.dtype] ?? 0);
  }
  return version;
}

function dtypeIn(values: Graph["values"]): (name: string | null) => DataType | undefined {
  return (name) => {
    const type = name === null ? undefined : values.get(name)?.type;
    return type?.kind === "tensor" ? type.dtype : undefined;
  };
}

/** Every node with the graph that it is in. */
function* allNodes(graph: Graph): Generator<readonly [Node, Graph]> {
  const pending = [graph];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const node of next.nodes) {
      yield [node, next];
      pending.push(...Object.values(node.regions ?? {}));
    }
  }
}

function writtenOp(node: Node): string {
  return node.op === "sbpc.ToGlobal" ? "Identity" : node.op;
}

// --- graphs

/**
 * ONNX knows a graph's outputs by the names of the values: values are renamed to them, or copied where they cannot be. The
 * outputs of a region go by their position: there, values keep their names. No name is one of the graphs around.
 */
interface OutputNames {
  /** Name in the file of every value of the graph and of the graphs around it. */
  readonly of: ReadonlyMap<string, string>;
  /** Names of the graph's outputs, in order. */
  readonly outputs: readonly string[];
  readonly copies: readonly { readonly value: string; readonly name: string }[];
}

function nameValues(graph: Graph, outer: ReadonlyMap<string, string> | undefined): OutputNames {
  const made = new Set(graph.nodes.flatMap((node) => node.outputs));
  const around = new Set(outer?.values());
  const names = new Map<string, string>();
  const copies: { value: string; name: string }[] = [];
  const taken = new Set<string>();
  const fresh = (name: string): string => {
    const isTaken = (other: string) =>
      taken.has(other) || around.has(other) || (other !== name && graph.values.has(other));
    let free = name;
    for (let i = 1; isTaken(free); i++) free = `${name}_${i}`;
    taken.add(free);
    return free;
  };
  if (outer === undefined) {
    for (const { name } of graph.outputs) {
      invariant(!taken.has(name), "two outputs of one name", () => name);
      taken.add(name);
    }
  }
  const outputs = graph.outputs.map(({ name, value }) => {
    const own = made.has(value) && !names.has(value);
    const written = outer === undefined ? name : fresh(own ? value : name);
    // What is given from outside may be returned as it is.
    if (own || (outer === undefined && name === value && graph.values.has(value))) names.set(value, written);
    else copies.push({ value, name: written });
    return written;
  });
  for (const name of graph.values.keys()) if (!names.has(name)) names.set(name, fresh(name));
  return { of: new Map([...(outer ?? []), ...names]), outputs, copies };
}

function encodeGraph(
  graph: Graph,
  options: EncodeOptions,
  outer?: ReadonlyMap<string, string>,
): onnx.GraphProto.$Properties {
  const names = nameValues(graph, outer);
  const nameOf = (value: string): string => {
    const name = names.of.get(value);
    invariant(name !== undefined, "unknown value", () => value);
    return name;
  };
  const initializer: onnx.TensorProto.$Properties[] = [];
  const input: onnx.ValueInfoProto.$Properties[] = [];
  for (const source of graph.sources) {
    const name = nameOf(source.value);
    if (source.kind === "constant" && options.constants !== "inputs")
      initializer.push(encodeTensor(source.data, name));
    else input.push({ name, type: encodeType(valueOf(graph, source.value).type) });
  }
  return {
    name: graph.name,
    node: [
      ...graph.nodes.map((node) => encodeNode(node, nameOf, options, names.of)),
      ...names.copies.map(({ value, name }) => ({
        name: `${name}.copy`,
        opType: "Identity",
        input: [nameOf(value)],
        output: [name],
      })),
    ],
    initializer,
    input,
    output: graph.outputs.map((output, i) => ({
      name: names.outputs[i] as string,
      ...(graph.values.has(output.value) ? { type: encodeType(valueOf(graph, output.value).type) } : {}),
    })),
  };
}

function encodeNode(
  node: Node,
  nameOf: (value: string) => string,
  options: EncodeOptions,
  names: ReadonlyMap<string, string>,
): onnx.NodeProto.$Properties {
  const op = writtenOp(node);
  const domain = domainOf(op);
  const attributes = op === node.op ? Object.entries(node.attributes) : [];
  const regions = Object.entries(node.regions ?? {});
  return {
    input: node.inputs.map((name) => (name === null ? "" : nameOf(name))),
    output: node.outputs.map(nameOf),
    name: node.name,
    opType: opTypeOf(op),
    ...(domain === "" ? {} : { domain }),
    attribute: [
      ...attributes.map(([name, value]) => encodeAttribute(name, value)),
      ...regions.map(([name, region]) => ({
        name,
        type: onnx.AttributeProto.AttributeType.GRAPH,
        // A region's constants cannot be fed from outside.
        g: encodeGraph(region, { ...options, constants: "initializers" }, names),
      })),
    ].sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

// --- attributes, types, tensors

export type NamedAttribute = onnx.AttributeProto.$Properties & { readonly name: string };

/** An attribute as ONNX has it. */
export function encodeAttribute(name: string, value: Attribute): NamedAttribute {
  const kind = onnx.AttributeProto.AttributeType;
  if (typeof value === "number") {
    return Number.isInteger(value)
      ? { name, type: kind.INT, i: value }
      : { name, type: kind.FLOAT, f: value };
  }
  if (typeof value === "string") return { name, type: kind.STRING, s: utf8(value) };
  if (isList(value)) return encodeList(name, value);
  if ("tensor" in value) return { name, type: kind.TENSOR, t: encodeTensor(value.tensor) };
  if ("float" in value) return { name, type: kind.FLOAT, f: value.float };
  if ("type" in value) return { name, type: kind.TYPE_PROTO, tp: encodeType(value.type) };
  return { name, type: kind.FLOATS, floats: [...value.floats] };
}

function isList(value: Attribute): value is readonly number[] | readonly string[] {
  return Array.isArray(value);
}

function encodeList(name: string, value: readonly number[] | readonly string[]): NamedAttribute {
  const kind = onnx.AttributeProto.AttributeType;
  const strings = value.filter((v) => typeof v === "string");
  if (strings.length > 0) return { name, type: kind.STRINGS, strings: strings.map(utf8) };
  const numbers = value.filter((v) => typeof v === "number");
  return numbers.every(Number.isInteger)
    ? { name, type: kind.INTS, ints: numbers }
    : { name, type: kind.FLOATS, floats: numbers };
}

/** A type as ONNX has it. */
export function encodeType(type: ValueType): onnx.TypeProto.$Properties {
  switch (type.kind) {
    case "tensor": {
      const elemType = dataTypes[type.dtype][0];
      if (!isRanked(type)) return { tensorType: { elemType } };
      const dim = type.shape.map((d) => (typeof d === "number" ? { dimValue: d } : { dimParam: d }));
      return { tensorType: { elemType, shape: { dim } } };
    }
    case "sequence":
      return { sequenceType: { elemType: encodeType(type.element) } };
    case "optional":
      return { optionalType: { elemType: encodeType(type.element) } };
  }
}

/** A TensorProto with its elements as little-endian bytes. */
export function encodeTensor(tensor: TensorData, name?: string): onnx.TensorProto.$Properties {
  const head = {
    dims: [...tensor.shape],
    dataType: dataTypes[tensor.dtype][0],
    ...(name === undefined ? {} : { name }),
  };
  if (tensor.dtype === "string") return { ...head, stringData: (tensor.data as readonly string[]).map(utf8) };
  return { ...head, rawData: bytesView(tensor.data as TypedArray) };
}

const encoder = new TextEncoder();

function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}
