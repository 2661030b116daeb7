/**
 * A model whose large tensors are made when they are written, and its bytes piece by piece: a weight is in memory only while
 * it is handed over.
 */
import protobuf from "protobufjs/minimal.js";
import type { Initializer } from "../ir/graph.ts";
import { bytesOf, dataTypes, type DataType } from "../ir/types.ts";
import { boxElements, type Box } from "../sbp/geometry.ts";
import { present } from "../support/assert.ts";
import { sum } from "../support/collections.ts";
import { onnx } from "./generated/onnx-ml.js";

/** A parameter of a model, or a box of it. */
export interface Weight {
  readonly parameter: {
    readonly name: string;
    readonly dtype: DataType;
    /** Global shape. */
    readonly shape: readonly number[];
    readonly initializer: Initializer;
  };
  readonly box: Box;
}

export interface WeightedModel {
  /** The message; the initializers that `weights` names have no elements in it. */
  readonly proto: onnx.ModelProto.$Properties;
  /** By initializer. */
  readonly weights: ReadonlyMap<string, Weight>;
}

/** Gives the elements of a weight, row-major and little-endian. */
export type WeightReader = (weight: Weight) => Uint8Array;

export function weightBytes({ parameter, box }: Weight): number {
  return bytesOf(parameter.dtype, boxElements(box));
}

/** The initializer of a weight, without its elements. */
export function weightInitializer(name: string, { parameter, box }: Weight): onnx.TensorProto.$Properties {
  return { dims: [...box.size], dataType: dataTypes[parameter.dtype][0], name };
}

/** The message with all its weights inside. */
export function materialize(
  { proto, weights }: WeightedModel,
  read: WeightReader,
): onnx.ModelProto.$Properties {
  const initializer = (proto.graph?.initializer ?? []).map((tensor) => {
    const weight = weights.get(tensor.name ?? "");
    return weight === undefined || isExternal(tensor) ? tensor : { ...tensor, rawData: read(weight) };
  });
  return { ...proto, graph: { ...proto.graph, initializer } };
}

function isExternal(tensor: onnx.TensorProto.$Properties): boolean {
  return tensor.dataLocation === onnx.TensorProto.DataLocation.EXTERNAL;
}

/** Field numbers of ONNX's messages. */
const modelGraph = 7;
const graphInitializer = 5;
const tensorRawData = 9;

/** The bytes of the model, in pieces: the graph last, and in it the initializers, whose weights are read one after another. */
export function* modelChunks({ proto, weights }: WeightedModel, read: WeightReader): Generator<Uint8Array> {
  const { graph, ...aroundGraph } = proto;
  const { initializer, ...aroundTensors } = graph ?? {};
  const start = onnx.GraphProto.encode(aroundTensors).finish();
  const tensors = (initializer ?? []).map((tensor) => {
    const weight = isExternal(tensor) ? undefined : weights.get(present(tensor.name, "unnamed initializer"));
    const fields = onnx.TensorProto.encode(tensor).finish();
    if (weight === undefined) return { head: prefix(graphInitializer, fields.length), fields, payload: 0 };
    const payload = weightBytes(weight);
    const raw = prefix(tensorRawData, payload);
    const head = prefix(graphInitializer, fields.length + raw.length + payload);
    return { head, fields: concatenate(fields, raw), payload, weight };
  });
  yield onnx.ModelProto.encode(aroundGraph).finish();
  yield prefix(
    modelGraph,
    start.length + sum(tensors.map(({ head, fields, payload }) => head.length + fields.length + payload)),
  );
  yield start;
  for (const { head, fields, weight } of tensors) {
    yield head;
    yield fields;
    if (weight !== undefined) yield read(weight);
  }
}

/** Tag and length of a length-delimited field. */
function prefix(field: number, length: number): Uint8Array {
  return protobuf.Writer.create()
    .uint32(field * 8 + 2)
    .uint32(length)
    .finish();
}

function concatenate(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
