/** Decodes a model from its bytes at once. */
import type { DecodedModel, ModelFiles, TensorPayload } from "./model-file.ts";
import { onnx } from "./generated/onnx-ml.js";

export function decodeWhole(bytes: Uint8Array, path: string, files: ModelFiles): DecodedModel {
  const proto = onnx.ModelProto.decode(bytes);
  return {
    path,
    files,
    proto,
    payload(tensor): TensorPayload | undefined {
      if (tensor.dataLocation === 1) {
        const entries = new Map((tensor.externalData ?? []).map(({ key, value }) => [key, value]));
        const location = entries.get("location") ?? "";
        const offset = Number(entries.get("offset") ?? 0);
        const length = entries.get("length");
        return {
          path: location,
          offset,
          length: length == null ? (files.size(location) ?? 0) - offset : Number(length),
        };
      }
      const raw = tensor.rawData;
      if (raw == null || raw.buffer !== bytes.buffer || raw.length === 0) return undefined;
      return { path, offset: raw.byteOffset - bytes.byteOffset, length: raw.byteLength };
    },
  };
}
