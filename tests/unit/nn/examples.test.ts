/** The example models: parameters counted against the published numbers, outputs, layers, and the lines that made them. */
import { describe, expect, test } from "vitest";
import { buildModel, type Graph, type Model } from "sbpc";
import { printHint } from "../../../src/ir/layout.ts";
import { product, sum } from "../../../src/support/collections.ts";
import bert from "../../../examples/bert.ts";
import gpt from "../../../examples/gpt.ts";
import mlp from "../../../examples/mlp.ts";
import vit from "../../../examples/vit.ts";

function parameterCount(graph: Graph): number {
  return sum(
    graph.sources.map((source) => {
      const type = graph.values.get(source.value)?.type;
      return source.kind === "parameter" && type?.kind === "tensor"
        ? product(type.shape as readonly number[])
        : 0;
    }),
  );
}

function outputs(graph: Graph): Record<string, readonly unknown[]> {
  return Object.fromEntries(
    graph.outputs.map(({ name, value }) => {
      const type = graph.values.get(value)?.type;
      return [name, type?.kind === "tensor" ? type.shape : []];
    }),
  );
}

describe("ViT", () => {
  test.each([
    ["tiny", 5_717_416, 12],
    ["small", 22_050_664, 12],
    ["base", 86_567_656, 12],
    ["large", 304_326_632, 24],
    ["huge", 632_199_400, 32],
    ["giant", 1_012_611_432, 40],
    ["gigantic", 1_844_440_680, 48],
  ])("%s has %i parameters in %i layers", (size, parameters, layers) => {
    const graph = buildModel(vit, { settings: { size }, dims: { batch: 1 } });
    expect(parameterCount(graph)).toBe(parameters);
    expect(graph.layers).toBe(layers);
    expect(outputs(graph)).toEqual({ prediction_scores: [1, 1000] });
  });

  test("patch and image size, classes", () => {
    const graph = buildModel(vit, {
      settings: { patchSize: "32", imgSize: "64", numClasses: "10" },
      dims: { batch: 3 },
    });
    expect(graph.values.get("images")?.type).toMatchObject({ shape: [3, 3, 64, 64] });
    expect(graph.values.get("posEmbed")?.type).toMatchObject({ shape: [1, 5, 192] });
    expect(outputs(graph)).toEqual({ prediction_scores: [3, 10] });
  });

  test("training gives losses, with the masks of drop-out and stochastic depth", () => {
    const settings = { training: "true", dropRate: "0.1", attnDropRate: 0.1, dropPathRate: 0.1 };
    const graph = buildModel(vit, { settings });
    expect(outputs(graph)).toEqual({ losses: [] });
    const keys = graph.sources.flatMap((source) => (source.kind === "random" ? [source.recipe.key] : []));
    expect(keys).toContain("posDrop.mask");
    expect(keys).toContain("blocks.11.dropPath.mask_1");
    expect(keys.filter((key) => key.startsWith("blocks.0.dropPath"))).toEqual([]);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test("the class token and the positions are asked to lie as the patches do", () => {
    const graph = buildModel(vit);
    const asked = graph.nodes.filter((node) => node.op === "sbpc.ToGlobal");
    const hints = asked.map((node) => graph.values.get(node.outputs[0] ?? "")?.hint);
    expect(hints.map((hint) => (hint === undefined ? "" : printHint(hint)))).toEqual([
      "hard like %patchEmbed.Transpose",
      "hard like %Concat",
    ]);
    expect(asked.map((node) => node.layer)).toEqual([0, 0]);
  });

  test("layers: blocks by their index, norm and head on the last", () => {
    const graph = buildModel(vit);
    const layerOf = (value: string) =>
      graph.sources.flatMap((s) => (s.kind === "parameter" && s.value === value ? [s.layer] : []));
    expect(layerOf("blocks.7.mlp.denseHTo4h.weight")).toEqual([7]);
    expect(layerOf("clsToken")).toEqual([0]);
    expect(layerOf("patchEmbed.proj.weight")).toEqual([0]);
    expect(layerOf("head.weight")).toEqual([-1]);
  });

  test("every node and parameter comes from a line of vit.ts", () => {
    const graph = buildModel(vit);
    const files = [...graph.nodes, ...graph.sources].map(({ location }) =>
      location.kind === "source" ? location.file : location.kind,
    );
    expect(new Set(files)).toEqual(new Set(["vit.ts"]));
  });

  test("two builds give the same graph", () => {
    expect(buildModel(vit)).toEqual(buildModel(vit));
  });
});

describe("GPT-2", () => {
  test.each([
    ["small", 124_439_808],
    ["medium", 354_823_168],
    ["large", 774_030_080],
    ["xl", 1_557_611_200],
  ])("%s has %i parameters", (size, parameters) => {
    expect(parameterCount(buildModel(gpt, { settings: { size } }))).toBe(parameters);
  });

  test("the table of words is one parameter, used at both ends", () => {
    const graph = buildModel(gpt, { settings: { layers: 4 }, dims: { batch: 2, seq: 16 } });
    expect(outputs(graph)).toEqual({ prediction_scores: [2, 16, 50257] });
    expect(graph.layers).toBe(4);
    const users = graph.nodes.filter((node) => node.inputs.includes("wordEmbeddings.weight"));
    expect(users.map((node) => [node.op, node.layer])).toEqual([
      ["Gather", 0],
      ["Transpose", -1],
    ]);
  });

  test("training gives the loss of the next words", () => {
    const graph = buildModel(gpt, { settings: { layers: 2, training: true, dropRate: 0.1 } });
    expect(outputs(graph)).toEqual({ losses: [] });
    expect(graph.sources.filter((source) => source.kind === "input").map((source) => source.value)).toEqual([
      "input_ids",
      "labels",
    ]);
    expect(graph.sources.filter((source) => source.kind === "random")).toHaveLength(1 + 2 * 3);
  });
});

describe("BERT", () => {
  test("base has the parameters of the model with pooler and masked-word head", () => {
    const graph = buildModel(bert);
    expect(parameterCount(graph)).toBe(110_104_890);
    expect(outputs(graph)).toEqual({ prediction_scores: [8, 128, 30522], pooled: [8, 768] });
  });

  test("training gives the loss of the masked words", () => {
    const graph = buildModel(bert, { settings: { training: true, layers: 1 } });
    expect(outputs(graph)).toEqual({ losses: [] });
    expect(graph.nodes.at(-1)).toMatchObject({
      op: "SoftmaxCrossEntropyLoss",
      attributes: { ignore_index: -100 },
    });
  });
});

test("MLP", () => {
  const graph = buildModel(mlp, { dims: { batch: 7 } });
  expect(parameterCount(graph)).toBe(784 * 256 + 256 + 2 * (256 * 256 + 256) + 2560 + 10);
  expect(outputs(graph)).toEqual({ scores: [7, 10] });
  expect(outputs(buildModel(mlp, { settings: { training: true } }))).toEqual({ losses: [] });
});

test.each<[string, Model, number]>([
  ["ViT", vit, 12],
  ["GPT-2", gpt, 12],
])("the size of a %s graph grows with its layers, not faster", (_, model) => {
  const nodes = (size: string) => buildModel(model, { settings: { size } }).nodes.length;
  const [small, large] = [nodes("small"), nodes("large")];
  const perLayer = model === vit ? (large - small) / 12 : (large - small) / 24;
  expect(Number.isInteger(perLayer)).toBe(true);
  expect(perLayer).toBeLessThan(40);
});
