/**
 * Import with type inference against Python's `onnx.load` and `onnx.shape_inference.infer_shapes`, in turn, each in processes
 * of its own: a graph of 200,000 nodes, a model of 88 MB, GPT-2 of 192 layers as our writer gives it, and ResNet-50. Code that
 * has just been loaded is several times slower: `first` is the first import of a process, `warm` the median of the second half
 * of its imports, of which there are so many that small models too are read by compiled code.
 * Fails where a warm one is slower than Python's, and where the first import of ResNet-50 takes a second.
 * `npx tsx tests/bench/import.ts [model]`, with Python's packages of tests/interop/requirements.txt.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import gpt from "../../examples/gpt.ts";
import { table } from "../../src/inspect/text.ts";
import { buildModel } from "../../src/nn/model.ts";
import { onnx } from "../../src/onnx/generated/onnx-ml.js";
import { encodeModel } from "../../src/onnx/write.ts";

const rounds = 3;
/** In one process there are so many imports at least, and so many as take this time. */
const repeats = { imports: 10, seconds: 4 };
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
path, least, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
start, times = time.perf_counter(), []
while len(times) < least or time.perf_counter() - start < seconds:
    began = time.perf_counter()
    onnx.shape_inference.infer_shapes(onnx.load(path))
    times.append((time.perf_counter() - began) * 1000)
for time_taken in times:
    print(time_taken)
`;

/** Milliseconds of each import in one process. */
function inPython(path: string): number[] {
  const args = ["-c", pythonHalf, path, `${repeats.imports}`, `${repeats.seconds}`];
  return numbers(execFileSync("python3", args, { encoding: "utf8" }));
}

/** As `inPython`, with the package as it is built: what runs the sources adds to every function. */
function inNode(path: string): number[] {
  const built = (file: string) => JSON.stringify(new URL(`../../dist/src/${file}`, import.meta.url).href);
  const script = `
    import { openModel } from ${built("files/model-folder.js")};
    import { importModel } from ${built("onnx/import/import.js")};
    const start = performance.now();
    const times = [];
    while (times.length < ${repeats.imports} || performance.now() - start < ${1000 * repeats.seconds}) {
      const began = performance.now();
      importModel(openModel(process.argv[1]));
      times.push(performance.now() - began);
    }
    for (const time of times) console.log(time);`;
  const args = ["--input-type=module", "-e", script, path];
  return numbers(execFileSync(process.execPath, args, { encoding: "utf8" }));
}

function numbers(text: string): number[] {
  return text.trim().split("\n").map(Number);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

function summary(runs: readonly (readonly number[])[]): { first: number; warm: number } {
  return {
    first: median(runs.map(([first]) => first as number)),
    warm: median(runs.flatMap((run) => run.slice(run.length >> 1))),
  };
}

const only = process.argv[2];
execFileSync("npm", ["run", "--silent", "build"], { stdio: "inherit" });
const folder = mkdtempSync(join(tmpdir(), "sbpc-import-"));
try {
  const rows = Object.entries(models).flatMap(([name, make]) => {
    if (only !== undefined && !name.includes(only)) return [];
    const bytes = make();
    const path = join(folder, "model.onnx");
    writeFileSync(path, bytes);
    const runs = Array.from({ length: rounds }, () => ({ ours: inNode(path), theirs: inPython(path) }));
    const ours = summary(runs.map((run) => run.ours));
    const theirs = summary(runs.map((run) => run.theirs));
    if (ours.warm > theirs.warm || (name === "ResNet-50" && ours.first > 1000)) process.exitCode = 1;
    const times = [ours.first, ours.warm, theirs.first, theirs.warm].map((ms) => ms.toFixed(0));
    const ratios = [theirs.first / ours.first, theirs.warm / ours.warm].map((ratio) => ratio.toFixed(2));
    return [[name, `${(bytes.length / 1e6).toFixed(1)} MB`, ...times, ...ratios]];
  });
  const heads = [
    "model",
    "file",
    "first (ms)",
    "warm (ms)",
    "onnx first",
    "onnx warm",
    "ratio first",
    "ratio warm",
  ];
  process.stdout.write(`${table(heads, rows).join("\n")}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
