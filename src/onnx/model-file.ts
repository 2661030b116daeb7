/**
 * A decoded ONNX model whose large tensors stay where they are: what the reader gives and the importer takes.
 *
 * Files are reached through `ModelFiles`, which the top floor hands in: nothing here uses a Node API.
 */
import type { onnx } from "./generated/onnx-ml.js";

/** The model's folder. Paths are relative to it, with `/`; what lies outside it cannot be named. */
export interface ModelFiles {
  /** Bytes of a file; undefined where there is none that may be read (outside the folder, a link, no plain file). */
  size(path: string): number | undefined;
  /** `length` bytes from `offset`, all within the file. */
  read(path: string, offset: number, length: number): Uint8Array;
  /** Why `size` is undefined, as the end of a sentence. */
  refusal?(path: string): string;
}

/** Where the elements of a tensor lie: row-major, little-endian, packed as TensorProto.raw_data has them. */
export interface TensorPayload {
  /** Relative to the model's folder; the model file itself for a payload inside it. */
  readonly path: string;
  readonly offset: number;
  /** In bytes. */
  readonly length: number;
  /** The field of the tensor that it was in; undefined for external data. */
  readonly field?: "rawData" | "floatData" | "doubleData";
}

export interface DecodedModel {
  /** Name of the model's file in its folder. */
  readonly path: string;
  readonly files: ModelFiles;
  /** The message, without the payloads that were left in their files. */
  readonly proto: onnx.ModelProto;
  /**
   * Where a tensor's elements lie that are not in the message; undefined where they are. The tensor is known by its
   * identity: a copy of it has no payload. Error: onnx-external-data.
   */
  payload(tensor: onnx.TensorProto.$Properties): TensorPayload | undefined;
  /** All payloads of a tensor that were left in the model's file: more than one is an error that `sbpc check` reports. */
  leftOut(tensor: onnx.TensorProto.$Properties): readonly TensorPayload[];
}
