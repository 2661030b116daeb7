/** Means over labels that are not ignored, of which every micro-batch has another number: they are those of the whole batch. */
import { describe, expect, it } from "vitest";
import { CrossEntropyLoss, MSELoss } from "sbpc";
import { exportOnnx } from "../../src/export.ts";
import type { HostTensor } from "../../src/plan/backend.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { sourceGraph } from "../../src/run-job.ts";
import { verifyPlan } from "../../src/verify.ts";
import { runSteps } from "../../src/train-verify.ts";
import { classifierPlan, type Outputs } from "../support/classifier.ts";
import { feedsFor, largestDifference, runOnnx } from "../support/exported.ts";

const loss = (ignoreIndex = -1) => new CrossEntropyLoss({ ignoreIndex });

function planOf(
  outputs: Outputs,
  request: { mesh?: string; microbatches?: number; trains?: boolean } = {},
): Plan {
  return classifierPlan(outputs, { batch: 7, microbatches: 3, ...request });
}

/** Two count of the first micro-batch of three, none of the second, and one of the third. */
const labels: HostTensor = {
  dtype: "i64",
  shape: [7],
  data: BigInt64Array.of(1n, 3n, -1n, -1n, -1n, 2n, -1n),
};
const inputs = new Map([["labels", labels]]);
const dense = { dtype: "i64", shape: [7], data: Float64Array.from(labels.data, Number) } as const;

const several: Outputs = ({ scores, labels, weight }) => {
  const one = loss().call(scores, labels);
  return {
    one,
    scaled: one.mul(0.5).cast("f64"),
    regularised: one.add(weight.mul(weight).sum().mul(0.01)),
    two: one.add(loss().call(scores.mul(2), labels).mul(0.3)),
    squares: new MSELoss().call(scores, scores.relu()),
    // Labels of all samples count: it is a mean over samples, as the other is.
    samples: new CrossEntropyLoss()
      .call(scores, labels.apply("Abs"))
      .add(new MSELoss().call(scores, scores.relu())),
    scores,
  };
};

describe("a forward pass", () => {
  it.each(["dp=2", "dp=2,pp=2"])(
    "gives the mean over the labels of all micro-batches on %s",
    async (mesh) => {
      const { outputs } = await verifyPlan(planOf(several, { mesh }), { inputs });
      expect(outputs.map(({ name, ok }) => [name, ok])).toEqual(
        ["one", "scaled", "regularised", "two", "squares", "samples", "scores"].map((name) => [name, true]),
      );
    },
    60_000,
  );

  it("is exported as one model that gives it too", async () => {
    const plan = planOf(several);
    const feeds = feedsFor({ whole: sourceGraph(plan), plan });
    feeds.set("labels", dense);
    const expected = await runOnnx(exportOnnx(plan), feeds);
    const actual = await runOnnx(exportOnnx(plan, { form: "merged" }), feeds);
    expect(largestDifference(actual, expected)).toBeLessThan(1e-5);
    const ofOne = /program of one micro-batch/;
    expect(() => exportOnnx(plan, { form: "annotated" })).toThrow(ofOne);
    expect(() => exportOnnx(plan, { form: { rank: 0 } })).toThrow(ofOne);
  }, 60_000);
});

/** What is no mean over the labels of all micro-batches; `loss` is the output. */
const others: [string, Outputs][] = [
  [
    "added to a mean over samples",
    ({ scores, labels }) => ({ loss: loss().call(scores, labels).add(scores.mul(scores).mean()) }),
  ],
  [
    "added to a mean over other labels",
    ({ scores, labels }) => ({ loss: loss(-1).call(scores, labels).add(loss(2).call(scores, labels)) }),
  ],
  ["in an exponent", ({ scores, labels }) => ({ loss: loss().call(scores, labels).exp() })],
];

describe("a step of several micro-batches", () => {
  it.each(others)("refuses such a mean %s, at the line, but one of one does not", (_, outputs) => {
    const refused = /ignored-labels\.test\.ts:\d+.*loss is no mean that 3 micro-batches add up to/s;
    expect(() => planOf(outputs)).toThrow(refused);
    expect(() => planOf(outputs, { trains: true })).toThrow(refused);
    expect(() => planOf(outputs, { trains: true, microbatches: 1 })).not.toThrow();
  });

  it.each([
    ["the mean, scaled", ({ scores, labels }) => ({ loss: loss().call(scores, labels).mul(0.5) })],
    [
      "a mean with a penalty on weights",
      ({ scores, labels, weight }) => ({
        loss: loss().call(scores, labels).add(weight.mul(weight).sum().mul(0.1)),
      }),
    ],
    [
      "two means over the same labels",
      ({ scores, labels }) => ({
        loss: loss()
          .call(scores, labels)
          .add(loss().call(scores.mul(2), labels).mul(0.3)),
      }),
    ],
    [
      "a mean over samples with another",
      ({ scores, labels }) => ({
        loss: new CrossEntropyLoss().call(scores, labels.apply("Abs")).add(scores.mul(scores).mean()),
      }),
    ],
  ] satisfies [string, Outputs][])(
    "trains on %s as at once",
    async (_, outputs) => {
      const steps = (mesh: string, microbatches: number) =>
        runSteps(planOf(outputs, { mesh, microbatches, trains: true }), { inputs }, undefined, 0, 2);
      const [expected, actual] = [await steps("1", 1), await steps("dp=2,pp=2", 3)];
      actual.losses.forEach((own, i) => expect(own).toBeCloseTo(expected.losses[i] as number, 5));
      const total = Math.hypot(...[...expected.gradients.values()].map((one) => Math.hypot(...one)));
      for (const [name, gradient] of expected.gradients) {
        const own = actual.gradients.get(name) ?? new Float64Array();
        const apart = Math.hypot(...gradient.map((x, i) => x - (own[i] as number)));
        expect(apart / total, name).toBeLessThan(1e-5);
      }
    },
    60_000,
  );
});
