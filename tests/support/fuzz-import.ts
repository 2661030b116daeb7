/**
 * What damaged files are fed to: the importer with type inference and folding, then the passes that fold constants and regions,
 * and the models of ours that are damaged.
 */
import { canonicalize } from "../../passes/canonicalize.ts";
import { foldConstants } from "../../passes/fold-constants.ts";
import { inferTypes } from "../../passes/infer-types.ts";
import { splitFusedProducts } from "../../passes/split-fused-products.ts";
import { runPasses } from "../../passes/runner.ts";
import { createCostModel } from "../../src/cost/alpha-beta.ts";
import { presetCluster } from "../../src/cost/cluster.ts";
import { DiagnosticSink, SbpcError } from "../../src/diagnostics/diagnostic.ts";
import { bindGraph } from "../../src/ir/bind.ts";
import { dimSymbols } from "../../src/ir/dim.ts";
import type { Graph } from "../../src/ir/graph.ts";
import { parseGraph } from "../../src/ir/text/parse.ts";
import { printGraph } from "../../src/ir/text/print.ts";
import { verifyGraph } from "../../src/ir/verify.ts";
import { onnx } from "../../src/onnx/generated/onnx-ml.js";
import { importModel } from "../../src/onnx/import/import.ts";
import type { ModelFiles } from "../../src/onnx/model-file.ts";
import { decodeModel } from "../../src/onnx/read-model.ts";
import { parseMesh } from "../../src/sbp/mesh.ts";

/** Two data files, as the models name them. */
const dataFiles: ReadonlyMap<string, Uint8Array> = new Map([
  ["weights.bin", Uint8Array.from({ length: 4096 }, (_, i) => (7 * i) % 64)],
  ["more/weights.bin", new Uint8Array(64)],
]);

const folder: ModelFiles = {
  size: (path) => dataFiles.get(path)?.length,
  read: (path, offset, length) => (dataFiles.get(path) as Uint8Array).subarray(offset, offset + length),
};

/**
 * Imports the file, and brings the graph as far as no layout matters: with the sizes of its own where it has them, and with 2 for
 * each symbol. `right` for a graph that holds; where a pass finds what the importer could not know yet, `later`.
 */
export function importDamaged(bytes: Uint8Array): string {
  const { graph } = importModel(decodeModel(bytes, "model.onnx", folder));
  const problems = verifyGraph(graph);
  if (problems.length > 0) throw new Error(`ill-formed: ${problems[0]?.message}`);
  if (!readsBack(printGraph(graph))) throw new Error("the graph's text does not read back as the graph");
  try {
    prepare(bindGraph(graph, new Map(symbolsOf(graph).map((symbol) => [symbol, 2]))));
  } catch (error) {
    if (!(error instanceof SbpcError)) throw error;
    return "later";
  }
  return "right";
}

function readsBack(text: string): boolean {
  try {
    return printGraph(parseGraph(text)) === text;
  } catch (error) {
    if (!(error instanceof SbpcError)) throw error;
    return false;
  }
}

function symbolsOf(graph: Graph): string[] {
  const symbols = new Set<string>();
  for (const { type } of graph.values.values())
    for (const dim of type.kind === "tensor" ? type.shape : [])
      for (const symbol of dimSymbols(dim)) symbols.add(symbol);
  return [...symbols];
}

function prepare(graph: Graph): void {
  runPasses(
    [inferTypes, canonicalize, foldConstants, splitFusedProducts],
    { graph },
    {
      mesh: parseMesh("1"),
      options: { microbatches: 1, hints: true, cluster: "local", dims: {}, settings: {} },
      costModel: createCostModel(presetCluster("local")),
      sink: new DiagnosticSink(),
      source: "",
      batchAxes: new Map(),
    },
  );
}

// --- models

const info = (name: string, elemType: number, dims: readonly (number | string)[]) => ({
  name,
  type: {
    tensorType: {
      elemType,
      shape: {
        dim: dims.map((dim) => (typeof dim === "number" ? { dimValue: dim } : { dimParam: dim })),
      },
    },
  },
});

const external = (name: string, dataType: number, dims: number[], location: string, offset: number) => ({
  name,
  dims,
  dataType,
  dataLocation: onnx.TensorProto.DataLocation.EXTERNAL,
  externalData: [
    { key: "location", value: location },
    { key: "offset", value: String(offset) },
  ],
});

const ints = (name: string, values: readonly number[]) => ({
  name,
  dims: [values.length],
  dataType: onnx.TensorProto.DataType.INT64,
  int64Data: [...values],
});

/** Small models of what the test data has little of: external data, functions in functions, sizes that are computed. */
export function importBases(): Uint8Array[] {
  const FLOAT = onnx.TensorProto.DataType.FLOAT;
  const opset = [{ domain: "", version: 21 }];
  const models: onnx.ModelProto.$Properties[] = [
    {
      irVersion: 10,
      opsetImport: opset,
      graph: {
        name: "external",
        input: [info("x", FLOAT, ["batch", 8])],
        output: [info("y", FLOAT, ["batch", 4])],
        initializer: [
          external("w", FLOAT, [8, 16], "weights.bin", 0),
          external("v", FLOAT, [16, 4], "weights.bin", 512),
          external("b", FLOAT, [4], "more/weights.bin", 16),
        ],
        node: [
          { opType: "MatMul", input: ["x", "w"], output: ["h"] },
          { opType: "Relu", input: ["h"], output: ["a"] },
          { opType: "Gemm", input: ["a", "v", "b"], output: ["y"] },
        ],
      },
    },
    {
      irVersion: 10,
      opsetImport: [...opset, { domain: "own", version: 1 }],
      functions: [
        {
          name: "Inner",
          domain: "own",
          input: ["x", "s"],
          output: ["y"],
          attribute: ["axis"],
          opsetImport: opset,
          node: [
            {
              opType: "Concat",
              input: ["x", "s"],
              output: ["y"],
              attribute: [{ name: "axis", refAttrName: "axis", type: onnx.AttributeProto.AttributeType.INT }],
            },
          ],
        },
        {
          name: "Outer",
          domain: "own",
          input: ["x"],
          output: ["y", "z"],
          opsetImport: [...opset, { domain: "own", version: 1 }],
          node: [
            { opType: "Neg", input: ["x"], output: ["n"] },
            {
              opType: "Inner",
              domain: "own",
              input: ["x", "n"],
              output: ["y"],
              attribute: [{ name: "axis", i: 1, type: onnx.AttributeProto.AttributeType.INT }],
            },
            { opType: "ReduceSum", input: ["y"], output: ["z"] },
          ],
        },
      ],
      graph: {
        name: "functions",
        input: [info("x", FLOAT, ["batch", 3])],
        output: [info("y", FLOAT, ["batch", 6]), info("t", FLOAT, [])],
        node: [
          { opType: "Outer", domain: "own", input: ["x"], output: ["y", "z"] },
          { opType: "Outer", domain: "own", input: ["y"], output: ["", "t"] },
        ],
      },
    },
    {
      irVersion: 10,
      opsetImport: opset,
      graph: {
        name: "sizes",
        input: [info("x", FLOAT, ["batch", "length", 12])],
        output: [info("y", FLOAT, ["batch", 3, "length", 4]), info("r", FLOAT, ["n"])],
        initializer: [
          ints("heads", [3]),
          ints("width", [4]),
          ints("zero", [0]),
          ints("one", [1]),
          ints("two", [2]),
        ],
        node: [
          { opType: "Shape", input: ["x"], output: ["shape"] },
          { opType: "Slice", input: ["shape", "zero", "two"], output: ["lead"] },
          { opType: "Concat", input: ["lead", "heads", "width"], output: ["to"], attribute: [axis(0)] },
          { opType: "Reshape", input: ["x", "to"], output: ["split"] },
          {
            opType: "Transpose",
            input: ["split"],
            output: ["y"],
            attribute: [{ name: "perm", ints: [0, 2, 1, 3], type: onnx.AttributeProto.AttributeType.INTS }],
          },
          { opType: "Gather", input: ["shape", "one"], output: ["length"], attribute: [axis(0)] },
          { opType: "Mul", input: ["length", "heads"], output: ["more"] },
          { opType: "ConstantOfShape", input: ["more"], output: ["r"] },
        ],
      },
    },
  ];
  return models.map((model) => onnx.ModelProto.encode(model).finish());
}

function axis(i: number): onnx.AttributeProto.$Properties {
  return { name: "axis", i, type: onnx.AttributeProto.AttributeType.INT };
}
