/** Losses that are added to a model, and graphs as modules of one. */
import { describe, expect, test } from "vitest";
import { buildModel, defineModel, GraphModule, input, Module, type Tensor } from "sbpc";
import { addedLoss, trainOptions } from "../../../src/cli/train-options.ts";
import { SbpcError } from "../../../src/diagnostics/diagnostic.ts";
import type { Graph } from "../../../src/ir/graph.ts";
import { parseGraph } from "../../../src/ir/text/parse.ts";
import { verifyGraph } from "../../../src/ir/verify.ts";
import { attachLoss, type LossRequest } from "../../../src/nn/attach-loss.ts";
import { dense } from "../../../src/ops/dense.ts";
import { interpretGraph } from "../../../src/ops/interpret.ts";
import { sum } from "../../../src/support/collections.ts";

/** Scores of three classes, their softmax, and whether each is positive. */
const classifier = parseGraph(`graph c {
  input %x : f32[2, 3]
  parameter %w : f32[3] = constant(2)
  %scores = Mul(%x, %w) : f32[2, 3]
  %likely = Softmax(%scores) {axis=-1} : f32[2, 3]
  %zero = Sub(%x, %x) : f32[2, 3]
  %flags = Greater(%x, %zero) : bool[2, 3]
  return likely=%likely, flags=%flags
}
`);

const x = [0.5, -1, 2, 0.25, 1, -0.5];

function lossOf(
  graph: Graph,
  request: LossRequest,
  targets: number[],
  shape: number[],
  of = [2, 3],
  values = x,
): number {
  const trained = attachLoss(graph, request);
  expect(verifyGraph(trained)).toEqual([]);
  expect(trained.outputs.map(({ name }) => name)).toEqual(["loss"]);
  const dtype = request.kind === "cross-entropy" ? "i64" : "f32";
  const inputs = new Map([
    ["x", dense("f32", of, values)],
    ["w", dense("f32", [3], [2, 2, 2])],
    [request.target, dense(dtype, shape, targets)],
  ]);
  return interpretGraph(trained, inputs).get("loss")?.data[0] ?? Number.NaN;
}

/** -log of the softmax of scores at a class. */
const entropy = (scores: readonly number[], label: number) =>
  Math.log(sum(scores.map((s) => Math.exp(s)))) - (scores[label] as number);

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof SbpcError) return error.message;
    throw error;
  }
  return "";
}

describe("an added loss", () => {
  const scores = x.map((v) => 2 * v);
  const [first, second] = [scores.slice(0, 3), scores.slice(3)] as const;

  test("cross entropy of what a softmax made is that of the softmax's scores; one output has it", () => {
    const loss = lossOf(classifier, { kind: "cross-entropy", target: "labels" }, [2, 0], [2]);
    expect(loss).toBeCloseTo((entropy(first, 2) + entropy(second, 0)) / 2, 6);
    const ignoring = { kind: "cross-entropy", target: "labels", ignoreIndex: 0 } as const;
    expect(lossOf(classifier, ignoring, [2, 0], [2])).toBeCloseTo(entropy(first, 2), 6);
  });

  test("mse and bce have targets like the output", () => {
    const likely = (row: readonly number[]) => row.map((_, i) => Math.exp(-entropy(row, i)));
    const p = [...likely(first), ...likely(second)];
    const t = [0, 0, 1, 1, 0, 0];
    const mean = (f: (p: number, t: number) => number) => sum(p.map((v, i) => f(v, t[i] as number))) / 6;
    expect(lossOf(classifier, { kind: "mse", target: "y" }, t, [2, 3])).toBeCloseTo(
      mean((a, b) => (a - b) ** 2),
      6,
    );
    const bce = (a: number, b: number) => -b * Math.log(a) - (1 - b) * Math.log(1 - a);
    expect(lossOf(classifier, { kind: "bce", target: "y" }, t, [2, 3])).toBeCloseTo(mean(bce), 6);
    const logits = (a: number, b: number) => bce(1 / (1 + Math.exp(-a)), b);
    expect(lossOf(classifier, { kind: "bce-with-logits", target: "y" }, t, [2, 3])).toBeCloseTo(
      mean(logits),
      6,
    );
  });

  test("images have their classes along axis 1", () => {
    const images = parseGraph(`graph i {
  input %x : f32[1, 3, 1, 2]
  %y = Neg(%x) : f32[1, 3, 1, 2]
  return y=%y
}
`);
    const loss = lossOf(
      images,
      { kind: "cross-entropy", target: "t" },
      [2, 0],
      [1, 1, 2],
      [1, 3, 1, 2],
      [1, 2, 3, 4, 5, 6],
    );
    expect(loss).toBeCloseTo((entropy([-1, -3, -5], 2) + entropy([-2, -4, -6], 0)) / 2, 6);
  });

  test("what it cannot be of is said, with what to do", () => {
    const two = { ...classifier, outputs: [...classifier.outputs, { name: "scores", value: "scores" }] };
    const of = (request: LossRequest) => refusal(() => attachLoss(two, request));
    expect(of({ kind: "mse", target: "y" })).toMatch(/loss-output.*several.*likely, scores.*--loss-of/s);
    expect(of({ kind: "mse", target: "y", of: "flags" })).toMatch(/loss-output.*flags is none/s);
    expect(of({ kind: "mse", target: "x", of: "scores" })).toMatch(/bad-train-option.*x is an input/s);
    expect(lossOf(two, { kind: "cross-entropy", target: "t", of: "scores" }, [2, 0], [2])).toBeGreaterThan(0);
    const flat = parseGraph("graph f {\n  input %x : f32[3]\n  %y = Neg(%x) : f32[3]\n  return y=%y\n}\n");
    expect(refusal(() => attachLoss(flat, { kind: "cross-entropy", target: "t" }))).toMatch(
      /bad-train-option.*takes scores.*1 axes/s,
    );
  });

  test("flags that do not fit together are refused; a model without a loss says how to add one", () => {
    expect(refusal(() => addedLoss({ target: "y" }))).toMatch(/--target.*needs a loss.*cross-entropy/s);
    expect(refusal(() => addedLoss({ target: "y", loss: "hinge" }))).toMatch(/hinge is none/);
    expect(refusal(() => addedLoss({ lossOf: "y" }))).toMatch(/--loss-of/);
    expect(refusal(() => addedLoss({ target: "y", loss: "mse", ignoreIndex: 1 }))).toMatch(/--ignore-index/);
    expect(addedLoss({ loss: "likely" })).toBeUndefined();
    expect(trainOptions(classifier, { target: "y", loss: "mse" }).loss).toBe("loss");
    expect(refusal(() => trainOptions(classifier, {}))).toMatch(/loss-missing.*--target labels/s);
  });
});

class Twice extends Module {
  inner: GraphModule;
  constructor(outputs?: readonly string[]) {
    super();
    this.inner = new GraphModule(classifier, outputs === undefined ? {} : { outputs });
  }
  forward(a: Tensor, b: Tensor): Record<string, Tensor> {
    const [first, second] = [this.inner.call({ x: a }), this.inner.call({ x: b })];
    return { first: Object.values(first)[0] as Tensor, second: Object.values(second)[0] as Tensor };
  }
}

describe("a graph as a module", () => {
  const model = (outputs?: readonly string[], shape: readonly number[] = [2, 3]) =>
    defineModel({
      name: "m",
      inputs: { a: input("f32", [2, 3]), b: input("f32", shape) },
      build: ({ a, b }) => new Twice(outputs).call(a, b),
    });

  test("is called twice with one set of parameters, and gives values from within", () => {
    const graph = buildModel(model(["scores"]));
    expect(verifyGraph(graph)).toEqual([]);
    expect(graph.sources.filter(({ kind }) => kind === "parameter").map(({ value }) => value)).toEqual([
      "inner.w",
    ]);
    // What lies behind the scores is left out.
    expect(graph.nodes.map(({ op }) => op)).toEqual(["Mul", "Mul"]);
    const values = interpretGraph(
      graph,
      new Map([
        ["a", dense("f32", [2, 3], x)],
        ["b", dense("f32", [2, 3], x.toReversed())],
        ["inner.w", dense("f32", [3], [1, 2, 3])],
      ]),
    );
    expect([...(values.get("second")?.data ?? [])]).toEqual(x.toReversed().map((v, i) => v * ((i % 3) + 1)));
  });

  test("refuses what it is not made for", () => {
    expect(refusal(() => buildModel(model(["nothing"])))).toMatch(/bad-input.*nothing is no value of c/s);
    expect(refusal(() => buildModel(model(undefined, [3])))).toMatch(/bad-input.*x is f32\[3\]/s);
  });
});
