/** Reading protobuf's plain values: whole numbers of 64 bits, texts, domains. */
import type { onnx } from "../generated/onnx-ml.js";

export type NodeProto = onnx.NodeProto.$Properties;
export type GraphProto = onnx.GraphProto.$Properties;
export type TensorProto = onnx.TensorProto.$Properties;
export type AttributeProto = onnx.AttributeProto.$Properties;
export type FunctionProto = onnx.FunctionProto.$Properties;

const decoder = new TextDecoder("utf-8", { fatal: true });

/** The text that the bytes encode; undefined where they are no UTF-8. */
export function toText(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The domain under one spelling: ONNX's own is "". */
export function toDomain(domain: string | null | undefined): string {
  return domain == null || domain === "ai.onnx" ? "" : domain;
}
