/**
 * What a transformer layer computes, against the formulas written out in plain loops: attention head by head, the columns of
 * the joint projection taken as query, key and value of each head in turn, GELU by the series of the error function.
 */
import { expect, test } from "vitest";
import {
  buildModel,
  CrossEntropyLoss,
  defineModel,
  input,
  LMLogits,
  Parameter,
  TransformerLayer,
  VocabEmbedding,
} from "sbpc";
import type { Graph, Tensor, TransformerLayerOptions } from "sbpc";
import type { Dense } from "../../../src/ops/contract.ts";
import { interpretGraph } from "../../../src/ops/interpret.ts";
import { range, sum } from "../../../src/support/collections.ts";

const [batch, seq, heads, size, ffn] = [2, 3, 3, 2, 5];
const hidden = heads * size;
const options: TransformerLayerOptions = { hiddenSize: hidden, ffnHiddenSize: ffn, numAttentionHeads: heads };

type Matrix = number[][];
/** Reads a parameter as a matrix; a vector is one row. */
type Weights = (name: string) => Matrix;

/** Values in (-0.8, 0.8) that repeat after 1009 steps at the earliest. */
function values(n: number, seed: number): number[] {
  return range(n).map((i) => 1.6 * ((((i + 1) * (seed * 37 + 101)) % 1009) / 1009) - 0.8);
}

function feedsOf(graph: Graph, given: Readonly<Record<string, Dense>>): Map<string, Dense> {
  const feeds = new Map<string, Dense>();
  graph.sources.forEach((source, i) => {
    const type = graph.values.get(source.value)?.type;
    if (source.kind === "constant" || type?.kind !== "tensor") return;
    const shape = type.shape as readonly number[];
    const n = shape.reduce((a, b) => a * b, 1);
    const data = type.dtype === "bool" ? range(n).map((k) => ((k + i) % 3 === 0 ? 0 : 1)) : values(n, i + 1);
    feeds.set(
      source.value,
      given[source.value] ?? { dtype: type.dtype, shape, data: Float64Array.from(data) },
    );
  });
  return feeds;
}

function weightsOf(feeds: ReadonlyMap<string, Dense>): Weights {
  return (name) => {
    const dense = feeds.get(name);
    if (dense === undefined) throw new Error(`no ${name} among ${[...feeds.keys()].join(", ")}`);
    return rows(dense);
  };
}

/** The last axis as columns, all before it as rows. */
function rows({ shape, data }: Dense): Matrix {
  const columns = shape.at(-1) ?? 1;
  return range(data.length / columns).map((i) => Array.from(data.slice(i * columns, (i + 1) * columns)));
}

const get = (m: Matrix, i: number, j: number): number => m[i]?.[j] as number;
const add = (a: Matrix, b: Matrix): Matrix => a.map((row, i) => row.map((x, j) => x + get(b, i, j)));

function affine(x: Matrix, w: Matrix, b: Matrix): Matrix {
  return x.map((row) =>
    range(w[0]?.length ?? 0).map((j) => get(b, 0, j) + sum(row.map((v, i) => v * get(w, i, j)))),
  );
}

function layerNorm(x: Matrix, w: Weights, name: string): Matrix {
  return x.map((row) => {
    const mean = sum(row) / row.length;
    const variance = sum(row.map((v) => (v - mean) ** 2)) / row.length;
    return row.map(
      (v, j) =>
        ((v - mean) / Math.sqrt(variance + 1e-5)) * get(w(`${name}.weight`), 0, j) +
        get(w(`${name}.bias`), 0, j),
    );
  });
}

function gelu(x: number): number {
  const z = x / Math.SQRT2;
  let [term, total] = [z, z];
  for (let n = 1; n < 80; n++) {
    term *= (-z * z) / n;
    total += term / (2 * n + 1);
  }
  return (x / 2) * (1 + (2 / Math.sqrt(Math.PI)) * total);
}

/** One sample's attention: x [seq, hidden]; `sees(i, j)`: whether position i attends to position j. */
function attention(x: Matrix, w: Weights, sees: (i: number, j: number) => boolean): Matrix {
  const joint = affine(x, w("selfAttention.queryKeyValue.weight"), w("selfAttention.queryKeyValue.bias"));
  const part = (row: number, head: number, which: number) =>
    range(size).map((d) => get(joint, row, (head * 3 + which) * size + d));
  const context = x.map((_, i) =>
    range(heads).flatMap((head) => {
      const q = part(i, head, 0);
      const exps = x.map((__, j) => {
        const k = part(j, head, 1);
        return sees(i, j) ? Math.exp(sum(q.map((v, d) => v * (k[d] as number))) / Math.sqrt(size)) : 0;
      });
      const total = sum(exps);
      return range(size).map((d) => sum(exps.map((e, j) => (e / total) * (part(j, head, 2)[d] as number))));
    }),
  );
  return affine(context, w("selfAttention.dense.weight"), w("selfAttention.dense.bias"));
}

function mlp(x: Matrix, w: Weights): Matrix {
  const wide = affine(x, w("mlp.denseHTo4h.weight"), w("mlp.denseHTo4h.bias")).map((row) => row.map(gelu));
  return affine(wide, w("mlp.dense4hToH.weight"), w("mlp.dense4hToH.bias"));
}

function layerGraph(extra: Partial<TransformerLayerOptions>, masked: boolean, training = false): Graph {
  const model = defineModel({
    name: "layer",
    inputs: {
      x: input("f32", [batch, seq, hidden]),
      ...(masked ? { mask: input("bool", [batch, 1, 1, seq]) } : {}),
    },
    build: ({ x, mask }) => new TransformerLayer({ ...options, ...extra }).call(x, mask),
  });
  return buildModel(model, { settings: { training } });
}

/** Expected rows of every sample in turn. */
function expected(feeds: Map<string, Dense>, one: (x: Matrix, w: Weights, sample: number) => Matrix): Matrix {
  const [x, w] = [rows(feeds.get("x") as Dense), weightsOf(feeds)];
  return range(batch).flatMap((b) => one(x.slice(b * seq, (b + 1) * seq), w, b));
}

/** Scales such as 1/√2 are constants of the graph's element type, f32. */
function expectClose(actual: Dense | undefined, wanted: Matrix): void {
  const flat = wanted.flat();
  expect(actual?.data).toHaveLength(flat.length);
  flat.forEach((value, i) => expect(actual?.data[i], `element ${i}`).toBeCloseTo(value, 6));
}

test("pre-norm", () => {
  const graph = layerGraph({}, false);
  const feeds = feedsOf(graph, {});
  expectClose(
    interpretGraph(graph, feeds).get("output"),
    expected(feeds, (x, w) => {
      const y = add(
        x,
        attention(layerNorm(x, w, "inputLayernorm"), w, () => true),
      );
      return add(y, mlp(layerNorm(y, w, "postAttentionLayernorm"), w));
    }),
  );
});

test("post-norm, causal, with a mask of keys", () => {
  const graph = layerGraph({ applyResidualPostLayernorm: true, causal: true }, true);
  const mask: Dense = {
    dtype: "bool",
    shape: [batch, 1, 1, seq],
    data: Float64Array.from([1, 0, 1, 1, 1, 0]),
  };
  const feeds = feedsOf(graph, { mask });
  expectClose(
    interpretGraph(graph, feeds).get("output"),
    expected(feeds, (x, w, sample) => {
      const normed = layerNorm(x, w, "inputLayernorm");
      const y = add(
        normed,
        attention(normed, w, (i, j) => j <= i && mask.data[sample * seq + j] === 1),
      );
      const again = layerNorm(y, w, "postAttentionLayernorm");
      return add(again, mlp(again, w));
    }),
  );
});

test("drop-out scales what it keeps, drop-path whole samples", () => {
  const graph = layerGraph({ outputDropoutProb: 0.25, dropPathProb: 0.5 }, false, true);
  const feeds = feedsOf(graph, {});
  const dropped = (m: Matrix, key: string, keep: number, sample: number, perSample: boolean) => {
    const mask = feeds.get(key) as Dense;
    return m.map((row, i) =>
      row.map(
        (v, j) => (v * (mask.data[perSample ? sample : (sample * seq + i) * hidden + j] as number)) / keep,
      ),
    );
  };
  expectClose(
    interpretGraph(graph, feeds).get("output"),
    expected(feeds, (x, w, b) => {
      const attended = attention(layerNorm(x, w, "inputLayernorm"), w, () => true);
      const first = dropped(attended, "selfAttention.outputDropout.mask", 0.75, b, false);
      const y = add(x, dropped(first, "dropPath.mask", 0.5, b, true));
      const second = dropped(
        mlp(layerNorm(y, w, "postAttentionLayernorm"), w),
        "mlp.dropout.mask",
        0.75,
        b,
        false,
      );
      return add(y, dropped(second, "dropPath.mask_1", 0.5, b, true));
    }),
  );
});

test("the loss of tied logits", () => {
  const [words, dim] = [5, 2];
  const model = defineModel({
    name: "m",
    inputs: { ids: input("i64", [2, 2]), labels: input("i64", [2, 2]) },
    build({ ids, labels }): Record<string, Tensor> {
      const table = new VocabEmbedding(words, dim);
      const logits = new LMLogits(words).call(table.call(ids).mul(new Parameter([dim])), table.weight);
      return { loss: new CrossEntropyLoss({ ignoreIndex: -100 }).call(logits, labels) };
    },
  });
  const graph = buildModel(model);
  const ids: Dense = { dtype: "i64", shape: [2, 2], data: Float64Array.from([3, 0, 4, 1]) };
  const labels: Dense = { dtype: "i64", shape: [2, 2], data: Float64Array.from([1, -100, 2, 4]) };
  const feeds = feedsOf(graph, { ids, labels });
  const w = weightsOf(feeds);
  const table = w("vocabEmbedding.weight");
  const losses = range(4).flatMap((i) => {
    const label = labels.data[i] as number;
    if (label < 0) return [];
    const x = range(dim).map((d) => get(table, ids.data[i] as number, d) * get(w("parameter"), 0, d));
    const scores = table.map((row) => sum(row.map((v, d) => v * (x[d] as number))));
    return [Math.log(sum(scores.map(Math.exp))) - (scores[label] as number)];
  });
  expect(interpretGraph(graph, feeds).get("loss")?.data[0]).toBeCloseTo(sum(losses) / losses.length, 10);
});
