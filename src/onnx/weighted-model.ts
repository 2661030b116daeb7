/**
 * A model whose large tensors are made when they are written, and its bytes piece by piece: a weight is in memory only while
 * it is handed over.
 */
import type { Initializer } from "../ir/graph.ts";
import { bytesOf, dataTypes, type DataType } from "../ir/types.ts";
import { boxElements, type Box } from "../sbp/geometry.ts";
import { present } from "../support/assert.ts";
import { onnx } from "./generated/onnx-ml.js";
import type { DecodedModel, TensorPayload } from "./model-file.ts";
import { modelPieces, readPieces } from "./write-model.ts";

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

/** The bytes of the model's file, in pieces; weights that are not external are read one after another. Error: onnx-too-large. */
export function modelChunks(model: WeightedModel, read: WeightReader): Generator<Uint8Array> {
  const written = asDecoded(model, read);
  return readPieces(written, modelPieces(written), Number.MAX_SAFE_INTEGER);
}

/** The model as the writer takes it: each weight is a payload in a file of its own, which is made when it is read. */
function asDecoded({ proto, weights }: WeightedModel, read: WeightReader): DecodedModel {
  const weightOf = (path: string) => present(weights.get(path), "no such weight", () => path);
  const payloads = new Map<onnx.TensorProto.$Properties, TensorPayload>();
  for (const tensor of proto.graph?.initializer ?? []) {
    const path = tensor.name ?? "";
    const weight = isExternal(tensor) ? undefined : weights.get(path);
    if (weight !== undefined)
      payloads.set(tensor, { path, offset: 0, length: weightBytes(weight), field: "rawData" });
  }
  return {
    path: proto.graph?.name ?? "",
    proto: proto as onnx.ModelProto,
    files: { size: (path) => weightBytes(weightOf(path)), read: (path) => read(weightOf(path)) },
    payload: (tensor) => payloads.get(tensor),
    leftOut: (tensor) => [payloads.get(tensor)].filter((payload) => payload !== undefined),
  };
}
