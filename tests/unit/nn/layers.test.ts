/** The graphs that layers build: shapes, advice about layouts, and the random sources of training. */
import { describe, expect, test } from "vitest";
import {
  buildModel,
  Conv2d,
  CrossEntropyLoss,
  defineModel,
  Dropout,
  DropPath,
  Embedding,
  input,
  LayerNorm,
  Linear,
} from "sbpc";
import {
  activations,
  LMLogits,
  MLP,
  MultiheadAttention,
  PatchEmbedding,
  RMSNorm,
  TransformerLayer,
  VocabEmbedding,
} from "sbpc";
import { printHint } from "../../../src/ir/layout.ts";
import type { DataType, Dim, Graph, Tensor } from "sbpc";

interface Setup {
  readonly shape?: readonly Dim[];
  readonly dtype?: DataType;
  readonly training?: boolean;
}

function built(
  build: (x: Tensor) => Tensor,
  { shape = [2, 5, 12], dtype = "f32", training = false }: Setup = {},
): Graph {
  const model = defineModel({ name: "m", inputs: { x: input(dtype, shape) }, build: ({ x }) => build(x) });
  return buildModel(model, { settings: { training } });
}

function outputShape(graph: Graph): readonly Dim[] {
  const type = graph.values.get(graph.outputs[0]?.value ?? "")?.type;
  return type?.kind === "tensor" ? type.shape : [];
}

function hintOf(graph: Graph, value: string): string {
  const hint = graph.values.get(value)?.hint;
  return hint === undefined ? "none" : printHint(hint);
}

/** Names of the parameters with their shapes and hints. */
function parameters(graph: Graph): Record<string, string> {
  const entries = graph.sources.flatMap((source) => {
    const type = graph.values.get(source.value)?.type;
    if (source.kind !== "parameter" || type?.kind !== "tensor") return [];
    return [[source.value, `[${type.shape.join(", ")}] ${hintOf(graph, source.value)}`] as const];
  });
  return Object.fromEntries(entries);
}

const ops = (graph: Graph) => graph.nodes.map((node) => node.op);

describe("shapes", () => {
  test.each<[string, (x: Tensor) => Tensor, Setup, readonly number[]]>([
    ["Linear", (x) => new Linear(12, 7).call(x), {}, [2, 5, 7]],
    [
      "Conv2d",
      (x) => new Conv2d(3, 8, 3, { stride: 2, padding: 1 }).call(x),
      { shape: [2, 3, 9, 8] },
      [2, 8, 5, 4],
    ],
    [
      "Conv2d in groups",
      (x) => new Conv2d(4, 6, 1, { groups: 2 }).call(x),
      { shape: [1, 4, 2, 2] },
      [1, 6, 2, 2],
    ],
    [
      "PatchEmbedding",
      (x) => new PatchEmbedding({ imgSize: 32, patchSize: 8, embedDim: 6 }).call(x),
      { shape: [2, 3, 32, 32] },
      [2, 16, 6],
    ],
    ["LayerNorm", (x) => new LayerNorm([5, 12]).call(x), {}, [2, 5, 12]],
    ["RMSNorm", (x) => new RMSNorm(12).call(x), {}, [2, 5, 12]],
    ["Embedding", (x) => new Embedding(10, 6).call(x), { shape: [2, 5], dtype: "i64" }, [2, 5, 6]],
    ["VocabEmbedding", (x) => new VocabEmbedding(10, 6).call(x), { shape: [2, 5], dtype: "i64" }, [2, 5, 6]],
    ["MLP", (x) => new MLP(12, 30).call(x), {}, [2, 5, 12]],
    ["MultiheadAttention", (x) => new MultiheadAttention(12, 3).call(x), {}, [2, 5, 12]],
    [
      "cross-attention",
      (x) => new MultiheadAttention(12, 3, { isCrossAttention: true }).call(x.slice(1, 0, 2), undefined, x),
      {},
      [2, 2, 12],
    ],
    [
      "a decoder layer",
      (x) =>
        new TransformerLayer({
          hiddenSize: 12,
          ffnHiddenSize: 24,
          numAttentionHeads: 3,
          isDecoder: true,
        }).call(x, undefined, x),
      {},
      [2, 5, 12],
    ],
    ["CrossEntropyLoss", (x) => new CrossEntropyLoss().call(x, x.max(-1).cast("i64")), {}, []],
  ])("%s", (_, build, setup, shape) => {
    expect(outputShape(built(build, setup))).toEqual(shape);
  });

  test("LMLogits score by the table that embeds", () => {
    const graph = built(
      (ids) => {
        const words = new VocabEmbedding(10, 6);
        return new LMLogits(10, { bias: true }).call(words.call(ids), words.weight);
      },
      { shape: [2, 5], dtype: "i64" },
    );
    expect(outputShape(graph)).toEqual([2, 5, 10]);
    expect(parameters(graph)).toEqual({
      "vocabEmbedding.weight": "[10, 6] soft tp:S(0)",
      "lmLogits.bias": "[10] soft tp:S(0)",
    });
    expect(graph.nodes.at(-1)?.layer).toBe(-1);
  });

  test("tensor methods", () => {
    const shapeOf = (build: (x: Tensor) => Tensor) => outputShape(built(build));
    expect(shapeOf((x) => x.select(1, -1))).toEqual([2, 12]);
    expect(shapeOf((x) => x.slice(2, 1, 10, 3))).toEqual([2, 5, 3]);
    expect(shapeOf((x) => x.permute(2, 0, 1).transpose(0, -1))).toEqual([5, 2, 12]);
    expect(shapeOf((x) => x.view(2, -1, 4).flatten(0, 1))).toEqual([30, 4]);
    expect(shapeOf((x) => x.unsqueeze(-1).expand(-1, -1, -1, 3))).toEqual([2, 5, 12, 3]);
    expect(shapeOf((x) => x.unsqueeze(0).squeeze(0).mean([0, -1]))).toEqual([5]);
    expect(shapeOf((x) => x.sum(1, { keepDims: true }).min())).toEqual([]);
    expect(shapeOf((x) => x.split([3, 9], -1)[1] as Tensor)).toEqual([2, 5, 9]);
  });

  test.each(Object.keys(activations))("the activation %s keeps the shape", (name) => {
    const f = activations[name as keyof typeof activations];
    expect(outputShape(built((x) => f(x).neg()))).toEqual([2, 5, 12]);
  });
});

describe("layout advice", () => {
  test("Linear by columns, by rows, and whole", () => {
    const graph = built((x) => {
      const y = new Linear(12, 8, { parallel: "col", unit: 4 }).call(x);
      const z = new Linear(8, 12, { parallel: "row", unit: 4 }).call(y);
      return new Linear(12, 8).call(z);
    });
    expect(parameters(graph)).toEqual({
      "linear.weight": "[12, 8] soft tp:S(1/4)",
      "linear.bias": "[8] soft tp:S(0/4)",
      "linear_1.weight": "[8, 12] soft tp:S(0/4)",
      "linear_1.bias": "[12] soft tp:B",
      "linear_2.weight": "[12, 8] soft tp:B",
      "linear_2.bias": "[8] soft tp:B",
    });
    expect(hintOf(graph, "linear.MatMul")).toBe("soft dp:S(0) tp:S(2/4)");
    expect(hintOf(graph, "linear.Add")).toBe("soft dp:S(0) tp:S(2/4)");
    expect(hintOf(graph, "linear_1.MatMul")).toBe("soft dp:S(0) tp:P(sum)");
    expect(hintOf(graph, "linear_1.Add")).toBe("soft dp:S(0) tp:B");
  });

  test("partial sums are advised to be reduced behind an identity", () => {
    const graph = built((x) => new Linear(12, 8, { parallel: "row", bias: false }).call(x));
    expect(ops(graph)).toEqual(["MatMul", "sbpc.ToGlobal"]);
    expect(hintOf(graph, "linear.MatMul")).toBe("soft dp:S(0) tp:P(sum)");
    expect(hintOf(graph, "linear.ToGlobal")).toBe("soft dp:S(0) tp:B");
  });

  test("a leading axis of 1 is not advised to be split", () => {
    const graph = built((x) => new Linear(12, 8, { parallel: "row" }).call(x), { shape: [1, 5, 12] });
    expect(hintOf(graph, "linear.Add")).toBe("soft tp:B");
  });

  test("attention is split by heads", () => {
    const graph = built((x) => new MultiheadAttention(12, 3).call(x));
    expect(parameters(graph)).toMatchObject({
      "queryKeyValue.weight": "[12, 36] soft tp:S(1/12)",
      "queryKeyValue.bias": "[36] soft tp:S(0/12)",
      "dense.weight": "[12, 12] soft tp:S(0/4)",
      "dense.bias": "[12] soft tp:B",
    });
    const cross = built((x) =>
      new MultiheadAttention(12, 3, { isCrossAttention: true }).call(x, undefined, x),
    );
    expect(parameters(cross)).toMatchObject({
      "query.weight": "[12, 12] soft tp:S(1/4)",
      "keyValue.weight": "[12, 24] soft tp:S(1/8)",
    });
  });

  test("an input whose first axis is the batch is advised to be split along dp", () => {
    const inputs = {
      x: input("f32", ["batch", 3]),
      y: input("f32", ["seq", 3]),
      z: input("f32", ["batch", 3], { sbp: { tp: { kind: "B" } } }),
    };
    const model = defineModel({
      name: "m",
      inputs,
      dims: { batch: 2, seq: 2 },
      build: ({ x, y, z }) => x.add(y).add(z),
    });
    const graph = buildModel(model);
    expect(["x", "y", "z"].map((name) => hintOf(graph, name))).toEqual([
      "soft dp:S(0) tp:B",
      "none",
      "hard tp:B",
    ]);
    expect(hintOf(buildModel(model, { dims: { batch: 1 } }), "x")).toBe("none");
  });
});

describe("attention", () => {
  test("a mask and causality each replace scores before softmax", () => {
    const scores = (causal: boolean, masked: boolean) =>
      ops(
        built((x) =>
          new MultiheadAttention(12, 3, { causal }).call(
            x,
            masked ? x.max(-1).gt(0).unsqueeze(1).unsqueeze(1) : undefined,
          ),
        ),
      ).filter((op) => op === "Where").length;
    expect([scores(false, false), scores(true, false), scores(false, true), scores(true, true)]).toEqual([
      0, 1, 1, 2,
    ]);
  });

  test("heads that do not divide the features are refused where the layer is made", () => {
    expect(() => built((x) => new MultiheadAttention(12, 5).call(x))).toThrow(
      /layers\.test\.ts:\d+: error shape-invalid.*5 heads/,
    );
  });

  test("a decoder layer without encoder states is refused", () => {
    const options = { hiddenSize: 12, ffnHiddenSize: 24, numAttentionHeads: 3, isDecoder: true };
    expect(() => built((x) => new TransformerLayer(options).call(x))).toThrow(/bad-arity/);
  });

  test("images of another size are refused", () => {
    expect(() =>
      built((x) => new PatchEmbedding({ imgSize: 16 }).call(x), { shape: [1, 3, 32, 32] }),
    ).toThrow(/shape-invalid.*16 by 16/);
  });
});

describe("training", () => {
  const layer = (x: Tensor) =>
    new TransformerLayer({
      hiddenSize: 12,
      ffnHiddenSize: 24,
      numAttentionHeads: 3,
      attentionDropoutProb: 0.1,
      outputDropoutProb: 0.2,
      dropPathProb: 0.5,
    }).call(x);

  test("every drop-out draws from a source named after its module", () => {
    const graph = built(layer, { training: true });
    const randoms = graph.sources.flatMap((source) => {
      const type = graph.values.get(source.value)?.type;
      return source.kind === "random" && type?.kind === "tensor"
        ? [{ ...source.recipe, type: `${type.dtype}[${type.shape.join(", ")}]` }]
        : [];
    });
    expect(randoms).toEqual([
      { kind: "bernoulli", keep: 0.9, key: "selfAttention.attentionDropout.mask", type: "bool[2, 3, 5, 5]" },
      { kind: "bernoulli", keep: 0.8, key: "selfAttention.outputDropout.mask", type: "bool[2, 5, 12]" },
      { kind: "bernoulli", keep: 0.5, key: "dropPath.mask", type: "bool[2, 1, 1]" },
      { kind: "bernoulli", keep: 0.8, key: "mlp.dropout.mask", type: "bool[2, 5, 12]" },
      { kind: "bernoulli", keep: 0.5, key: "dropPath.mask_1", type: "bool[2, 1, 1]" },
    ]);
    expect(ops(graph)).not.toContain("Dropout");
  });

  test("without training there is nothing random, nor with probability 0", () => {
    expect(built(layer).sources.filter((source) => source.kind === "random")).toEqual([]);
    const still = built((x) => new DropPath(0).call(new Dropout(0).call(x)).relu(), { training: true });
    expect(ops(still)).toEqual(["Relu"]);
  });

  test.each([1, -0.1, NaN])("a probability of %d is refused", (p) => {
    expect(() => built((x) => new Dropout(p).call(x))).toThrow(/layers\.test\.ts:\d+: error bad-attribute/);
  });
});
