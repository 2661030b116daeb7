/** What the rounding of a gradient moves is told from what is wrong. */
import { expect, test } from "vitest";
import { compareFree, Worst, type Outcome } from "../../../src/train-compare.ts";
import { trainOptions } from "../../support/train.ts";

const limits = { loss: 1e-5, gradient: 1e-5, update: 1e-5, freeLoss: 1e-4, freeParameter: 1e-3 };
const rate = trainOptions().optimizer.learningRate;

function outcome(gradient: readonly number[], bias: readonly number[]): Outcome {
  return {
    losses: [1],
    gradients: new Map([["qkv.bias", Float64Array.from(gradient)]]),
    parameters: new Map([
      ["qkv.bias", { dtype: "f32", shape: [bias.length], data: Float32Array.from(bias) }],
    ]),
  };
}

/** Queries, keys and values of a fused bias; the softmax does not see the keys'. */
const gradient = [0.5, 0.2, 1e-9, -2e-9, 0.3, 0.4];
const bias = [rate, rate, rate, rate, rate, rate];

function compared(moved: readonly number[]) {
  const worst = new Worst(limits);
  const zero = compareFree(worst, trainOptions(), 3, outcome(gradient, bias), outcome(gradient, moved));
  return { zero, failed: worst.checks().flatMap(({ what, ok }) => (ok ? [] : [what])) };
}

test("a part without a gradient may move by the learning rate a step, and is listed", () => {
  expect(compared(bias)).toEqual({ zero: [], failed: [] });
  expect(compared([rate, rate, -rate, 2 * rate, rate, rate])).toEqual({
    zero: ["qkv.bias (2 of its 6 elements)"],
    failed: [],
  });
});

test("by no more than that, and nothing beside it", () => {
  expect(compared([rate, rate, 20 * rate, rate, rate, rate]).failed).toEqual([
    "parameters without a gradient, free-running",
  ]);
  expect(compared([rate, 0.9 * rate, -rate, rate, rate, rate]).failed).toEqual(["parameters, free-running"]);
});
