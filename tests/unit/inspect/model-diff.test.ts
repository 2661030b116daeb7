/** `diffModels`: nothing for models that differ in names only; of every change, that change and nothing else. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { openModel } from "../../../src/files/model-folder.ts";
import type { DiffKind, ModelDiff } from "../../../src/inspect/diff-log.ts";
import { diffModels } from "../../../src/inspect/model-diff.ts";
import { onnx } from "../../../src/onnx/generated/onnx-ml.js";
import { decodeModel, modelOfMessage } from "../../../src/onnx/read-model.ts";
import { validModel } from "../../support/broken-models.ts";
import { npmModels, npmModelTest } from "../../support/npm-models.ts";
import { onnxTest, onnxTestModels } from "../../support/onnx-tests.ts";

type Model = onnx.ModelProto.$Properties;
type Graph = onnx.GraphProto.$Properties;
type Node = onnx.NodeProto.$Properties;

const f32 = (name: string, shape: readonly number[], seed: number): onnx.TensorProto.$Properties => {
  const count = shape.reduce((a, b) => a * b, 1);
  return {
    name,
    dims: [...shape],
    dataType: 1,
    rawData: new Uint8Array(Float32Array.from({ length: count }, (_, i) => Math.sin(seed + i)).buffer),
  };
};

const info = (name: string): onnx.ValueInfoProto.$Properties => ({
  name,
  type: { tensorType: { elemType: 1, shape: { dim: [{ dimParam: "batch" }, { dimValue: 32 }] } } },
});

/** Layers of MatMul, Add and Relu with a residual around each; weights above and below the threshold of the reader. */
function layered(
  layers: number,
): Model & { graph: Graph & { node: Node[]; initializer: onnx.TensorProto.$Properties[] } } {
  const node: Node[] = [];
  const initializer: onnx.TensorProto.$Properties[] = [];
  let value = "x";
  for (let i = 0; i < layers; i++) {
    initializer.push(f32(`w${i}`, [32, 64], i), f32(`b${i}`, [64], i), f32(`v${i}`, [64, 32], -i - 1));
    node.push(
      { opType: "MatMul", name: `up${i}`, input: [value, `w${i}`], output: [`u${i}`] },
      { opType: "Add", name: `bias${i}`, input: [`u${i}`, `b${i}`], output: [`a${i}`] },
      {
        opType: "LeakyRelu",
        name: `act${i}`,
        input: [`a${i}`],
        output: [`r${i}`],
        attribute: [{ name: "alpha", type: 1, f: 0.5 }],
      },
      { opType: "MatMul", name: `down${i}`, input: [`r${i}`, `v${i}`], output: [`d${i}`] },
      { opType: "Add", name: `residual${i}`, input: [value, `d${i}`], output: [`s${i}`] },
    );
    value = `s${i}`;
  }
  node.push({ opType: "Identity", name: "last", input: [value], output: ["y"] });
  return {
    irVersion: 10,
    opsetImport: [{ domain: "", version: 20 }],
    graph: { name: "g", node, initializer, input: [info("x")], output: [info("y")] },
  };
}

/** All names of values and nodes, inside and out, become others. */
function renameAll(model: Model): Model {
  const copy = onnx.ModelProto.decode(onnx.ModelProto.encode(model).finish());
  const rename = (name: string | null | undefined): string => (name ? `renamed/${name}` : "");
  const walk = (graph: Graph | null | undefined): void => {
    if (graph === null || graph === undefined) return;
    for (const { values } of graph.sparseInitializer ?? []) if (values) values.name = rename(values.name);
    for (const part of [graph.input, graph.output, graph.valueInfo, graph.initializer])
      for (const item of part ?? []) item.name = rename(item.name);
    for (const node of graph.node ?? []) {
      node.name = rename(node.name);
      node.input = (node.input ?? []).map(rename);
      node.output = (node.output ?? []).map(rename);
      for (const annotation of node.deviceConfigurations ?? [])
        for (const spec of annotation.shardingSpec ?? []) spec.tensorName = rename(spec.tensorName);
      for (const { g, graphs } of node.attribute ?? [])
        for (const inner of [g, ...(graphs ?? [])]) walk(inner);
    }
  };
  walk(copy.graph);
  return copy;
}

/** `kind + what`, `kind - what`, `kind ~ what`. */
function linesOf({ differences }: ModelDiff): string[] {
  return (Object.keys(differences) as DiffKind[]).flatMap((kind) => [
    ...differences[kind].removed.map((line) => `${kind} - ${line}`),
    ...differences[kind].added.map((line) => `${kind} + ${line}`),
    ...differences[kind].changed.map((line) => `${kind} ~ ${line}`),
  ]);
}

function diffAfter(change: (model: ReturnType<typeof layered>) => void, layers = 4): string[] {
  const changed = layered(layers);
  change(changed);
  return linesOf(diffModels(modelOfMessage(layered(layers)), modelOfMessage(renameAll(changed))));
}

describe("names only", () => {
  test("layers, and a model with everything in it", () => {
    for (const model of [layered(4), validModel()]) {
      const diff = diffModels(modelOfMessage(model), modelOfMessage(renameAll(model)));
      expect(linesOf(diff)).toEqual([]);
      expect(diff.same).toBe(true);
      expect(diff.renamed).toBeGreaterThan(8);
    }
  });

  test("the order of independent nodes, and how elements are stored", () => {
    expect(
      diffAfter(({ graph }) => {
        graph.node.unshift({ opType: "MatMul", input: ["x", "w0"], output: ["u0"] });
        graph.node.splice(1, 1);
        const [w] = graph.initializer;
        if (w === undefined) throw new Error("no weight");
        w.floatData = [...new Float32Array(Uint8Array.from(w.rawData ?? []).buffer)];
        delete w.rawData;
        graph.initializer.reverse();
      }),
    ).toEqual([]);
  });

  onnxTest("the models of onnx's test data", () => {
    const differing: string[] = [];
    for (const path of onnxTestModels().filter((_, i) => i % 5 === 0)) {
      const renamed = modelOfMessage(renameAll(onnx.ModelProto.decode(readFileSync(path))));
      const lines = linesOf(diffModels(openModel(path), renamed));
      if (lines.length > 0) differing.push(`${path}: ${lines.join("; ")}`);
    }
    expect(differing).toEqual([]);
  });

  npmModelTest("real models, and two versions of one", () => {
    const models = npmModels();
    for (const path of models.values()) {
      const renamed = modelOfMessage(renameAll(onnx.ModelProto.decode(readFileSync(path))));
      expect(linesOf(diffModels(openModel(path), renamed)).slice(0, 3), path).toEqual([]);
    }
    const [five, six] = ["silero_vad_v5.onnx", "silero_vad_v6.onnx"].map((name) => models.get(name) ?? "");
    const lines = linesOf(diffModels(openModel(five ?? ""), openModel(six ?? "")));
    expect(lines.length).toBe(28);
    expect(lines.every((line) => /^weights ~ .*other values$/.test(line))).toBe(true);
  });
});

describe("changes", () => {
  test("a weight's values", () => {
    expect(diffAfter(({ graph }) => graph.initializer.splice(4, 1, f32("b1", [64], 99)))).toEqual([
      "weights ~ b1 (renamed/b1): f32[64], other values",
    ]);
  });

  test("weights that trade places", () => {
    expect(
      diffAfter(({ graph }) => {
        (graph.node[0] as Node).input = ["x", "w1"];
        (graph.node[5] as Node).input = ["s0", "w0"];
      }),
    ).toEqual([
      "weights ~ w0 (renamed/w1): f32[32, 64], other values",
      "weights ~ w1 (renamed/w0): f32[32, 64], other values",
    ]);
  });

  test("a weight's shape", () => {
    expect(diffAfter(({ graph }) => graph.initializer.splice(4, 1, f32("b1", [1, 64], 1)))).toEqual([
      "weights ~ b1 (renamed/b1): f32[64] -> f32[1, 64]",
    ]);
  });

  test("an attribute", () => {
    expect(
      diffAfter(({ graph }) => ((graph.node[7] as Node).attribute = [{ name: "alpha", type: 1, f: 0.25 }])),
    ).toEqual(["nodes ~ LeakyRelu act1: alpha = 0.5 -> 0.25"]);
    expect(diffAfter(({ graph }) => ((graph.node[7] as Node).attribute = []))).toEqual([
      "nodes ~ LeakyRelu act1: alpha = 0.5 is gone",
    ]);
  });

  test("a node that is put in, and one that is left out", () => {
    expect(
      diffAfter(({ graph }) => {
        graph.node.splice(6, 0, { opType: "Tanh", name: "new", input: ["u1"], output: ["t"] });
        (graph.node[7] as Node).input = ["t", "b1"];
      }),
    ).toEqual(["nodes + Tanh renamed/new", "nodes ~ Add bias1: input 0 is renamed/t, not u1"]);
    expect(
      diffAfter(({ graph }) => {
        (graph.node[8] as Node).input = ["a1", "v1"];
        graph.node.splice(7, 1);
      }),
    ).toEqual(["nodes - LeakyRelu act1", "nodes ~ MatMul down1: input 0 is renamed/a1, not r1"]);
  });

  test("an input that comes from elsewhere", () => {
    expect(diffAfter(({ graph }) => ((graph.node[9] as Node).input = ["x", "d1"]))).toEqual([
      "nodes ~ Add residual1: input 0 is renamed/x, not s0",
    ]);
  });

  test("an operator in another's place", () => {
    expect(
      diffAfter(({ graph }) => {
        graph.node[7] = { opType: "Gelu", name: "act1", input: ["a1"], output: ["r1"] };
      }).filter((line) => !line.includes("down1")),
    ).toEqual(["nodes - LeakyRelu act1", "nodes + Gelu renamed/act1"]);
  });

  test("a whole layer", () => {
    const lines = linesOf(diffModels(modelOfMessage(layered(4)), modelOfMessage(renameAll(layered(5)))));
    expect(lines.filter((line) => line.startsWith("nodes +")).length).toBe(5);
    expect(lines.filter((line) => line.startsWith("weights +")).length).toBe(3);
    expect(lines.filter((line) => / [-] /.test(line))).toEqual([]);
  });

  test("a branch", () => {
    const changed = validModel();
    const branch = changed.graph?.node?.[2]?.attribute?.[1]?.g;
    if (branch === undefined || branch === null) throw new Error("no branch");
    (branch.node?.[0] ?? {}).opType = "Abs";
    expect(linesOf(diffModels(modelOfMessage(validModel()), modelOfMessage(changed)))).toEqual([
      "nodes - Neg choice/else_branch/else.node",
      "nodes + Abs choice/else_branch/else.node",
    ]);
  });

  test("a function, annotations, opsets, metadata, the interface", () => {
    const changed = validModel();
    (changed.functions?.[0]?.node?.[0] ?? {}).opType = "Mul";
    (changed.graph?.node?.[1]?.deviceConfigurations?.[0] ?? {}).pipelineStage = 2;
    (changed.opsetImport?.[0] ?? {}).version = 21;
    changed.metadataProps?.push({ key: "c", value: "3" });
    changed.graph?.input?.push(info("extra"));
    expect(linesOf(diffModels(modelOfMessage(validModel()), modelOfMessage(changed)))).toEqual([
      "model + metadata c: 3",
      "model ~ opset ai.onnx: 20 -> 21",
      "interface + input extra: f32[batch, 32]",
      "nodes - Add local.Twice/inner.add",
      "nodes + Mul local.Twice/inner.add",
      "nodes ~ Add bias: its device configurations",
    ]);
  });
});

describe("size", () => {
  test("50,000 nodes in a chain, one of them another", () => {
    const chain = (middle: string): Model => ({
      irVersion: 10,
      opsetImport: [{ domain: "", version: 20 }],
      graph: {
        name: "g",
        input: [info("v0")],
        output: [info("v50000")],
        node: Array.from({ length: 50_000 }, (_, i) => ({
          opType: i === 25_000 ? middle : "Relu",
          input: [`v${i}`],
          output: [`v${i + 1}`],
        })),
      },
    });
    const [a, b] = ["Relu", "Neg"].map((op) => decodeModel(onnx.ModelProto.encode(chain(op)).finish()));
    if (a === undefined || b === undefined) throw new Error("no models");
    const started = process.cpuUsage();
    const lines = linesOf(diffModels(a, b));
    expect(lines.slice(0, 2)).toEqual(["nodes - Relu v25001", "nodes + Neg v25001"]);
    expect(lines.length).toBeLessThan(5);
    // Time of the processor, which others on the machine do not lengthen.
    expect(process.cpuUsage(started).user / 1e6).toBeLessThan(10);
  });
});
