/** `summarizeModel` counts what the model's skeleton says; not one byte of a weight is read for it. */
import { expect, test } from "vitest";
import { modelText } from "../../../src/inspect/model-text.ts";
import { summarizeModel } from "../../../src/inspect/model-summary.ts";
import { onnx } from "../../../src/onnx/generated/onnx-ml.js";
import type { ModelFiles } from "../../../src/onnx/model-file.ts";
import { readModel } from "../../../src/onnx/read-model.ts";

const payload = 1 << 22;
const bytes = onnx.ModelProto.encode({
  irVersion: 10,
  opsetImport: [{ domain: "", version: 20 }],
  graph: {
    name: "g",
    node: [
      { opType: "Relu", input: ["x"], output: ["y"] },
      { opType: "Relu", input: ["y"], output: ["z"] },
      { opType: "Gelu", domain: "com.microsoft", input: ["z"], output: ["g"] },
    ],
    initializer: [
      { name: "inside", dims: [payload / 4], dataType: 1, rawData: new Uint8Array(payload) },
      {
        name: "outside",
        dims: [3, 5],
        dataType: 22,
        dataLocation: 1,
        externalData: [{ key: "location", value: "w.bin" }],
      },
      { name: "wrong", dims: [-1], dataType: 1 },
    ],
  },
}).finish();

test("numbers, and what was read for them", () => {
  let read = 0;
  const files: ModelFiles = {
    size: (path) => (path === "m.onnx" ? bytes.length : path === "w.bin" ? 4096 : undefined),
    read: (path, offset, length) => {
      expect(path).toBe("m.onnx");
      read += length;
      return new Uint8Array(bytes.subarray(offset, offset + length));
    },
  };
  const model = readModel(files, "m.onnx");
  const summary = summarizeModel(model);
  expect(summary).toMatchObject({
    bytes: bytes.length,
    operators: { Relu: 2, "com.microsoft.Gelu": 1 },
    parameters: payload / 4 + 15,
    weights: [
      { dtype: "f32", tensors: 1, elements: payload / 4, bytes: payload },
      { dtype: "i4", tensors: 1, elements: 15, bytes: 8 },
    ],
    external: [{ path: "w.bin", tensors: 1, used: 8, size: 4096 }],
    invalidTensors: 1,
  });
  expect(Object.keys(summary.operators)).toEqual(["Relu", "com.microsoft.Gelu"]);
  // Two windows of the model file.
  expect(read).toBeLessThanOrEqual(2 * 65536);
});

test("FLOPs are shown where they are known", () => {
  const files: ModelFiles = {
    size: () => bytes.length,
    read: (_, offset, length) => new Uint8Array(bytes.subarray(offset, offset + length)),
  };
  const model = readModel(files, "m.onnx");
  expect(modelText(summarizeModel(model, { flops: 2e9 }))).toContain("2.00 G FLOPs");
  expect(modelText(summarizeModel(model))).not.toContain("FLOPs");
});
