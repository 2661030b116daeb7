/** Losses as layers: their values and gradients against closed forms, where logits are large and probabilities 0 and 1 too. */
import { describe, expect, test } from "vitest";
import {
  BCELoss,
  BCEWithLogitsLoss,
  buildModel,
  CrossEntropyLoss,
  defineModel,
  input,
  MSELoss,
  type DataType,
  type Graph,
  type Module,
  type Tensor,
} from "sbpc";
import { unknownLocation as location } from "../../../src/diagnostics/location.ts";
import { GraphBuilder } from "../../../src/ir/builder.ts";
import type { Dense } from "../../../src/ops/contract.ts";
import { dense } from "../../../src/ops/dense.ts";
import { GraphEmitter } from "../../../src/ops/emitter.ts";
import { interpretGraph } from "../../../src/ops/interpret.ts";
import { expandComposed, reverse } from "../../../src/ops/reverse.ts";
import { present } from "../../../src/support/assert.ts";
import { sum } from "../../../src/support/collections.ts";

type Loss = Module & { forward(x: Tensor, y: Tensor): Tensor };

function graphOf(loss: () => Loss, x: Dense, y: Dense): Graph {
  const like = ({ dtype, shape }: Dense) => input(dtype as DataType, shape);
  const model = defineModel({
    name: "m",
    inputs: { x: like(x), y: like(y) },
    build: (tensors) => loss().call(tensors.x, tensors.y) as Tensor,
  });
  return buildModel(model);
}

/** The loss, and its gradient by the first input. */
function evaluated(loss: () => Loss, x: Dense, y: Dense): { value: number[]; gradient: number[] } {
  const plain = graphOf(loss, x, y);
  const result = present(plain.outputs[0], "no output").value;
  const wanted = new Set([plain.sources.find(({ value }) => value === "x")?.value ?? ""]);
  const graph = expandComposed(plain, result, wanted, "test");
  const builder = new GraphBuilder(graph.name, graph);
  for (const node of graph.nodes)
    builder.addNode(
      node,
      node.outputs.map((name) => present(graph.values.get(name), "unknown value")),
    );
  const g = new GraphEmitter(builder, { location });
  const shape = g.type(result).shape as number[];
  const seed = g.op("Expand", [g.scalar(x.dtype, 1), g.ints(shape)]);
  const gradient =
    reverse(builder, { result, seed, wanted, by: "test" }).gradients.get("x")?.[0]?.value ?? "";
  const feeds = new Map([
    ["x", x],
    ["y", y],
  ]);
  const values = interpretGraph(
    builder.finish([
      { name: "value", value: result },
      { name: "gradient", value: gradient },
    ]),
    feeds,
  );
  const numbers = (name: string) => [...present(values.get(name), "no such output").data];
  return { value: numbers("value"), gradient: numbers("gradient") };
}

function expectClose(actual: readonly number[], wanted: readonly number[]): void {
  expect(actual.length).toBe(wanted.length);
  actual.forEach((value, i) => expect(value).toBeCloseTo(wanted[i] as number, 6));
}

const logits = [
  [1.5, -0.3, 0.2],
  [0.1, 2, -1],
  [-2, 0.4, 0.9],
  [0, 0, 3],
];
const scores = dense("f64", [4, 3], logits.flat());
const logSoftmax = (row: readonly number[]) => row.map((x) => x - Math.log(sum(row.map(Math.exp))));
const mean = (values: readonly number[]) => sum(values) / values.length;

/** The cross entropy of a row with target probabilities, and its gradient by the scores. */
function ofRow(row: readonly number[], target: readonly number[]): { loss: number; slope: number[] } {
  const logs = logSoftmax(row);
  const total = sum(target);
  return {
    loss: -sum(logs.map((log, c) => log * (target[c] as number))),
    slope: logs.map((log, c) => Math.exp(log) * total - (target[c] as number)),
  };
}

describe("CrossEntropyLoss", () => {
  const labels = [2, -1, 0, 1];
  const smooth = (label: number, by: number) => [0, 1, 2].map((c) => (c === label ? 1 - by : 0) + by / 3);

  test.each([0, 0.1, 1])("smooths labels by %d and ignores some", (by) => {
    const made = evaluated(
      () => new CrossEntropyLoss({ ignoreIndex: -1, labelSmoothing: by }),
      scores,
      dense("i64", [4], labels),
    );
    const rows = logits.map((row, i) => ofRow(row, smooth(labels[i] as number, by)));
    const valid = labels.map((label) => label !== -1);
    expectClose(made.value, [mean(rows.filter((_, i) => valid[i]).map(({ loss }) => loss))]);
    expectClose(
      made.gradient,
      rows.flatMap(({ slope }, i) => slope.map((x) => (valid[i] ? x / 3 : 0))),
    );
  });

  test("takes probabilities, smoothed too", () => {
    const targets = [
      [0.2, 0.3, 0.5],
      [1, 0, 0],
      [0, 0.5, 0.5],
      [0.1, 0.1, 0.8],
    ];
    const made = evaluated(
      () => new CrossEntropyLoss({ labelSmoothing: 0.3 }),
      scores,
      dense("f64", [4, 3], targets.flat()),
    );
    const rows = logits.map((row, i) =>
      ofRow(
        row,
        (targets[i] as number[]).map((t) => t * 0.7 + 0.1),
      ),
    );
    expectClose(made.value, [mean(rows.map(({ loss }) => loss))]);
    expectClose(
      made.gradient,
      rows.flatMap(({ slope }) => slope.map((x) => x / 4)),
    );
  });

  test("gives the losses of all positions, or their sum", () => {
    const x = dense("f64", [2, 2, 3], logits.flat());
    const y = dense("i64", [2, 2], [2, 1, 0, 1]);
    const losses = logits.map((row, i) => ofRow(row, smooth(y.data[i] as number, 0)).loss);
    const none = () => new CrossEntropyLoss({ reduction: "none" });
    expectClose(evaluated(none, x, y).value, losses);
    expect(graphOf(none, x, y).values.get(graphOf(none, x, y).outputs[0]?.value ?? "")?.type).toMatchObject({
      shape: [2, 2],
    });
    expectClose(evaluated(() => new CrossEntropyLoss({ reduction: "sum" }), x, y).value, [sum(losses)]);
  });

  test("refuses what has no meaning", () => {
    const probabilities = dense("f64", [4, 3], logits.flat());
    expect(() => graphOf(() => new CrossEntropyLoss({ ignoreIndex: 1 }), scores, probabilities)).toThrow(
      "ignoreIndex has no meaning",
    );
    expect(() => graphOf(() => new CrossEntropyLoss({ labelSmoothing: 1.5 }), scores, probabilities)).toThrow(
      "labelSmoothing is 1.5",
    );
  });
});

test("MSELoss", () => {
  const [x, y] = [dense("f64", [2, 2], [1, 2, 3, 4]), dense("f64", [2, 2], [0, 4, 3, 1])];
  expect(evaluated(() => new MSELoss(), x, y)).toEqual({ value: [3.5], gradient: [0.5, -1, 0, 1.5] });
  expect(evaluated(() => new MSELoss({ reduction: "sum" }), x, y).value).toEqual([14]);
  expect(evaluated(() => new MSELoss({ reduction: "none" }), x, y).value).toEqual([1, 4, 0, 9]);
});

describe("BCEWithLogitsLoss", () => {
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

  test("of logits of any size", () => {
    const x = dense("f64", [6], [0, 0, 1000, -1000, 40, -2]);
    const y = dense("f64", [6], [1, 0, 1, 1, 0, 0.25]);
    const made = evaluated(() => new BCEWithLogitsLoss({ reduction: "none" }), x, y);
    const last = -0.25 * Math.log(sigmoid(-2)) - 0.75 * Math.log(1 - sigmoid(-2));
    expectClose(made.value, [Math.LN2, Math.LN2, 0, 1000, 40, last]);
    expectClose(made.gradient, [-0.5, 0.5, 0, -1, 1, sigmoid(-2) - 0.25]);
  });

  test("weighted", () => {
    const x = dense("f64", [2, 2], [0.5, -1, 2, 0]);
    const y = dense("f64", [2, 2], [1, 0, 0.5, 1]);
    const options = { weight: [1, 3], posWeight: 2 };
    const made = evaluated(() => new BCEWithLogitsLoss(options), x, y);
    const parts = [...x.data].map((logit, i) => {
      const [t, w, p] = [y.data[i] as number, i % 2 === 0 ? 1 : 3, sigmoid(logit)];
      return {
        loss: w * (-2 * t * Math.log(p) - (1 - t) * Math.log(1 - p)),
        slope: (w * (-2 * t * (1 - p) + (1 - t) * p)) / 4,
      };
    });
    expectClose(made.value, [mean(parts.map(({ loss }) => loss))]);
    expectClose(
      made.gradient,
      parts.map(({ slope }) => slope),
    );
  });
});

test("BCELoss of probabilities up to 0 and 1", () => {
  const x = dense("f64", [6], [0.3, 0.8, 0, 1, 0, 1]);
  const y = dense("f64", [6], [1, 0.25, 0, 1, 1, 0]);
  const made = evaluated(() => new BCELoss({ reduction: "none", weight: 2 }), x, y);
  const second = -0.25 * Math.log(0.8) - 0.75 * Math.log(0.2);
  expectClose(made.value, [-2 * Math.log(0.3), 2 * second, 0, 0, 200, 200]);
  expectClose(made.gradient, [-2 / 0.3, 2 * (-0.25 / 0.8 + 0.75 / 0.2), 2, -2, 0, 0]);
});
