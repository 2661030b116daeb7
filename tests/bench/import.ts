/**
 * Import with type inference against Python's `onnx.load` and `onnx.shape_inference.infer_shapes`, in turn, each run in a
 * process of its own that is timed from the call to its result: a graph of 200,000 nodes, a model of 88 MB, GPT-2 of 192
 * layers as our writer gives it, and ResNet-50. Fails where a median is slower than Python's; ResNet-50 must take less than a second.
 * `npx tsx tests/bench/import.ts [model]`, with Python's packages of tests/interop/requirements.txt.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import gpt from "../../examples/gpt.ts";
import { openModel } from "../../src/files/model-folder.ts";
import { table } from "../../src/inspect/text.ts";
import { buildModel } from "../../src/nn/model.ts";
import { onnx } from "../../src/onnx/generated/onnx-ml.js";
import { importModel } from "../../src/onnx/import/import.ts";
import { encodeModel } from "../../src/onnx/write.ts";

const repeats = 3;
const FLOAT = onnx.TensorProto.DataType.FLOAT;
const INT64 = onnx.TensorProto.DataType.INT64;
const INTS = onnx.AttributeProto.AttributeType.INTS;

type NodeProto = onnx.NodeProto.$Properties;

function info(name: string, dims: readonly (number | string)[]): onnx.ValueInfoProto.$Properties {
  const dim = dims.map((size) => (typeof size === "number" ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: FLOAT, shape: { dim } } } };
}

function weight(name: string, dims: readonly number[]): onnx.TensorProto.$Properties {
  const count = dims.reduce((n, size) => n * size, 1);
  return { name, dims: [...dims], dataType: FLOAT, rawData: new Uint8Array(4 * count) };
}

function encode(graph: onnx.GraphProto.$Properties): Uint8Array {
  const model = { irVersion: 8, opsetImport: [{ domain: "", version: 17 }], graph };
  return onnx.ModelProto.encode(model).finish();
}

const ints = (name: string, values: readonly number[]) => ({ name, ints: [...values], type: INTS });

/** Residual blocks of ten nodes: products, sums, a reshape by known sizes and its inverse, a transposition there and back. */
function manyNodes(): Uint8Array {
  const node: NodeProto[] = [];
  let x = "x";
  const add = (opType: string, input: readonly string[], attribute: NodeProto["attribute"] = []): string => {
    const output = `${opType}${node.length}`;
    node.push({ opType, name: output, input: [...input], output: [output], attribute });
    return output;
  };
  for (let block = 0; block < 20_000; block++) {
    const w = `w${block % 8}`;
    const a = add("Relu", [add("Add", [add("MatMul", [x, w]), "b"])]);
    const heads = add("Transpose", [add("Reshape", [a, "to_heads"])], [ints("perm", [0, 2, 1, 3])]);
    const back = add("Transpose", [add("Sigmoid", [heads])], [ints("perm", [0, 2, 1, 3])]);
    const flat = add("Reshape", [back, "from_heads"]);
    x = add("Add", [flat, add("Identity", [x])]);
  }
  const sizes = (name: string, values: readonly number[]) => ({
    name,
    dims: [values.length],
    dataType: INT64,
    int64Data: [...values],
  });
  return encode({
    name: "many-nodes",
    input: [info("x", ["batch", 16, 32])],
    output: [info(x, ["batch", 16, 32])],
    node,
    initializer: [
      ...Array.from({ length: 8 }, (_, i) => weight(`w${i}`, [32, 32])),
      weight("b", [32]),
      sizes("to_heads", [0, 16, 4, 8]),
      sizes("from_heads", [0, 16, 32]),
    ],
  });
}

/** A convolution network; `widths` are the channels of its stages, each of `blocks` residual blocks of a bottleneck. */
function network(widths: readonly number[], blocks: readonly number[]): Uint8Array {
  const node: NodeProto[] = [];
  const initializer: onnx.TensorProto.$Properties[] = [];
  const add = (opType: string, input: readonly string[], attribute: NodeProto["attribute"] = []): string => {
    const output = `${opType}_${node.length}`;
    node.push({ opType, name: output, input: [...input], output: [output], attribute });
    return output;
  };
  const conv = (x: string, from: number, to: number, kernel: number, stride: number): string => {
    const name = `layer${node.length}`;
    initializer.push(weight(`${name}.weight`, [to, from, kernel, kernel]));
    const pad = (kernel - 1) / 2;
    const y = add(
      "Conv",
      [x, `${name}.weight`],
      [
        ints("kernel_shape", [kernel, kernel]),
        ints("strides", [stride, stride]),
        ints("pads", [pad, pad, pad, pad]),
      ],
    );
    const norm = ["scale", "shift", "mean", "variance"].map((what) => `${name}.${what}`);
    for (const parameter of norm) initializer.push(weight(parameter, [to]));
    return add("BatchNormalization", [y, ...norm]);
  };
  let channels = widths[0] as number;
  let x = add("Relu", [conv("image", 3, channels, 7, 2)]);
  widths.forEach((width, stage) => {
    for (let block = 0; block < (blocks[stage] as number); block++) {
      const stride = block === 0 && stage > 0 ? 2 : 1;
      const inner = add("Relu", [conv(x, channels, width, 1, 1)]);
      const middle = add("Relu", [conv(inner, width, width, 3, stride)]);
      const y = conv(middle, width, 4 * width, 1, 1);
      const skip = block === 0 ? conv(x, channels, 4 * width, 1, stride) : x;
      x = add("Relu", [add("Add", [y, skip])]);
      channels = 4 * width;
    }
  });
  const y = add("GlobalAveragePool", [x]);
  return encode({
    name: "network",
    input: [info("image", ["batch", 3, 224, 224])],
    output: [info(y, ["batch", channels, 1, 1])],
    node,
    initializer,
  });
}

/** Products with large weights and little else. */
function perceptron(layers: number, width: number): Uint8Array {
  const node = Array.from({ length: layers }, (_, i): NodeProto[] => [
    { opType: "Gemm", name: `gemm${i}`, input: [`x${i}`, `w${i}`, `b${i}`], output: [`y${i}`] },
    { opType: "Relu", name: `relu${i}`, input: [`y${i}`], output: [`x${i + 1}`] },
  ]);
  return encode({
    name: "perceptron",
    input: [info("x0", ["batch", width])],
    output: [info(`x${layers}`, ["batch", width])],
    node: node.flat(),
    initializer: Array.from({ length: layers }, (_, i) => [
      weight(`w${i}`, [width, width]),
      weight(`b${i}`, [width]),
    ]).flat(),
  });
}

const models: Readonly<Record<string, () => Uint8Array>> = {
  "200,000 nodes": manyNodes,
  "88 MB": () => perceptron(22, 1000),
  "GPT-2, 192 layers": () =>
    encodeModel(buildModel(gpt, { dims: { batch: 8 }, settings: { layers: "192" } })),
  "ResNet-50": () => network([64, 128, 256, 512], [3, 4, 6, 3]),
};

const pythonHalf = `
import sys, time
import onnx, onnx.shape_inference
began = time.perf_counter()
model = onnx.shape_inference.infer_shapes(onnx.load(sys.argv[1]))
seconds = time.perf_counter() - began
print(seconds * 1000, len(model.graph.value_info))
`;

function inPython(path: string): number {
  return Number(execFileSync("python3", ["-c", pythonHalf, path], { encoding: "utf8" }).split(" ")[0]);
}

function inNode(path: string): number {
  const self = fileURLToPath(import.meta.url);
  return Number(execFileSync(process.execPath, ["--import", "tsx", self, "--one", path], { encoding: "utf8" }));
}

/** Milliseconds of one import. */
function importOnce(path: string): number {
  const began = performance.now();
  importModel(openModel(path));
  return performance.now() - began;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

function compare(only: string | undefined): void {
  const folder = mkdtempSync(join(tmpdir(), "sbpc-import-"));
  try {
    const rows = Object.entries(models).flatMap(([name, make], i) => {
      if (only !== undefined && !name.includes(only)) return [];
      const bytes = make();
      const path = join(folder, `${i}.onnx`);
      writeFileSync(path, bytes);
      const ours: number[] = [];
      const theirs: number[] = [];
      for (let round = 0; round < repeats; round++) {
        ours.push(inNode(path));
        theirs.push(inPython(path));
      }
      rmSync(path);
      const ratio = median(theirs) / median(ours);
      if (ratio < 1 || (name === "ResNet-50" && median(ours) > 1000)) process.exitCode = 1;
      const size = `${(bytes.length / 1e6).toFixed(1)} MB`;
      return [[name, size, median(ours).toFixed(0), median(theirs).toFixed(0), ratio.toFixed(2)]];
    });
    const lines = table(["model", "file", "import (ms)", "load + infer_shapes (ms)", "times as fast"], rows);
    process.stdout.write(`${lines.join("\n")}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [mode, path] = process.argv.slice(2);
if (mode === "--one" && path !== undefined) process.stdout.write(String(importOnce(path)));
else if (mode === "--write" && path !== undefined) writeFileSync(path, (models[process.argv[4] as string] as () => Uint8Array)());
else compare(mode);
