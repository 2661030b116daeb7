/** A model that copies: what providers are tried with, and what brings tensors to a GPU and back. */
import { dataTypes, type DataType } from "../../src/ir/types.ts";
import { onnx } from "../../src/onnx/generated/onnx-ml.js";

/** `y = Identity(x)` for tensors of any sizes. */
export function copyModel(dtype: DataType, rank: number): Uint8Array {
  const info = (name: string) => ({
    name,
    type: {
      tensorType: {
        elemType: dataTypes[dtype][0],
        shape: { dim: Array.from({ length: rank }, (_, i) => ({ dimParam: `d${i}` })) },
      },
    },
  });
  return onnx.ModelProto.encode({
    irVersion: 8,
    opsetImport: [{ domain: "", version: 13 }],
    graph: {
      name: "copy",
      input: [info("x")],
      output: [info("y")],
      node: [{ opType: "Identity", input: ["x"], output: ["y"] }],
    },
  }).finish();
}
