/** Micro-batches that do not divide the batch: they count as long as they are, in training, in a forward pass and in exports. */
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { buildModel, defineModel, Dropout, input, Linear, MSELoss, type Tensor } from "sbpc";
import { compile } from "../../src/compile.ts";
import { loadCluster } from "../../src/cluster-files.ts";
import { exportOnnx } from "../../src/export.ts";
import type { LossKind } from "../../src/nn/attach-loss.ts";
import type { HostTensor } from "../../src/plan/backend.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { parseMesh } from "../../src/sbp/mesh.ts";
import { sourceGraph } from "../../src/run-job.ts";
import { verifyPlan } from "../../src/verify.ts";
import { runSteps, verifyTraining } from "../../src/train-verify.ts";
import { feedsFor, largestDifference, runOnnx } from "../support/exported.ts";
import { tinyGpt, trainingPlan, type TrainingRequest } from "../support/train.ts";

const full = process.env["SBPC_FULL"] === "1";
const mlp = { file: "examples/mlp.ts", dims: { batch: 7 }, settings: { hidden: "16" } } as const;
const gpt = { ...tinyGpt, dims: { ...tinyGpt.dims, batch: 7 } } as const;
const head = {
  file: "tests/support/models/ocr-head.ts",
  dims: { batch: 7 },
} as const;

describe("batch 7 trains as on one device with the same micro-batches", () => {
  const requests: readonly TrainingRequest[] = [
    { ...mlp, mesh: "dp=2", microbatches: 3 },
    ...(full
      ? [
          { ...mlp, mesh: "dp=2", microbatches: 1 },
          { ...mlp, mesh: "pp=2", microbatches: 3 },
          { ...gpt, mesh: "dp=2", microbatches: 3 },
          { ...gpt, mesh: "dp=2,pp=2", microbatches: 4, train: { schedule: "zb-h1", zero: 2 as const } },
          { ...head, mesh: "dp=2", microbatches: 3 },
        ]
      : []),
  ];
  it.each(requests.map((one) => [`${one.file} ${one.mesh} m=${one.microbatches}`, one] as const))(
    "%s",
    async (_, request) => {
      const result = await verifyTraining(await trainingPlan(request), { base: dirname(request.file) });
      expect(result.checks.filter(({ ok }) => !ok)).toEqual([]);
      expect(result.checks.length).toBeGreaterThanOrEqual(4);
    },
    300_000,
  );
});

describe("and as the whole batch at once", () => {
  const labels: HostTensor = {
    dtype: "i64",
    shape: [7],
    data: BigInt64Array.of(1n, 9n, -1n, 3n, -1n, -1n, 4n),
  };
  const given = new Map([["labels", labels]]);
  const loss = (kind: LossKind, ignoreIndex?: number) => ({
    settings: { training: "false", hidden: "16" },
    loss: { kind, target: "labels", ...(ignoreIndex === undefined ? {} : { ignoreIndex }) },
  });
  type Case = [string, Omit<TrainingRequest, "mesh">, ReadonlyMap<string, HostTensor>?];
  const cases: Case[] = [
    // One counts of the second micro-batch, and one of the third.
    ["labels that are ignored", { ...mlp, ...loss("cross-entropy", -1) }, given],
    ["squares", { ...mlp, ...loss("mse") }],
    ...(full
      ? ([
          ["a classifier", mlp],
          ["dropout, and rows that are joined", gpt],
          ["logits", { ...mlp, ...loss("bce-with-logits") }],
        ] satisfies Case[])
      : []),
  ];
  it.each(cases)(
    "%s",
    async (_, request, inputs = new Map()) => {
      const steps = async (mesh: string, microbatches: number) =>
        runSteps(await trainingPlan({ ...request, mesh, microbatches }), { inputs }, undefined, 0, 2);
      const [expected, actual] = [await steps("1", 1), await steps("dp=2,pp=2", 3)];
      actual.losses.forEach((own, i) => expect(own).toBeCloseTo(expected.losses[i] as number, 5));
      const total = Math.hypot(...[...expected.gradients.values()].map((one) => Math.hypot(...one)));
      for (const [name, gradient] of expected.gradients) {
        const own = actual.gradients.get(name) ?? new Float64Array();
        const apart = Math.hypot(...gradient.map((x, i) => x - (own[i] as number)));
        expect(apart / total, name).toBeLessThan(1e-5);
      }
    },
    120_000,
  );
});

/** A model of `x` [batch, 2, 2, 2], forward alone, in three micro-batches of the seven samples. */
function forward(outputs: (x: Tensor) => Record<string, Tensor>, mesh = "dp=2"): Plan {
  const build = (batch: number) =>
    buildModel(
      defineModel({
        name: "m",
        settings: { training: true },
        inputs: { x: input("f32", [batch, 2, 2, 2]) },
        build: ({ x }) => outputs(x),
      }),
    );
  return compile({
    whole: build(7),
    micro: build(3),
    mesh: parseMesh(mesh),
    cluster: loadCluster("local"),
    hints: true,
    microbatches: 3,
    samples: 7,
    dims: {},
    settings: {},
  }).plan;
}

const rows = (x: Tensor) => {
  const y = new Linear(8, 4).call(x.flatten(1));
  const dropped = new Dropout(0.5).call(y);
  // Two rows to a sample.
  return { dropped, halves: dropped.view(-1, 2), loss: new MSELoss().call(y, y.relu()), mean: y.mean(0) };
};

describe("a forward pass", () => {
  it("gives every sample once, with its own random numbers, and means over them alone", async () => {
    const { outputs, ok } = await verifyPlan(forward(rows));
    expect(outputs.map(({ name, ok }) => [name, ok])).toEqual(
      ["dropped", "halves", "loss", "mean"].map((name) => [name, true]),
    );
    expect(ok).toBe(true);
  }, 60_000);

  it("is exported as one model that takes and gives seven samples", async () => {
    const plan = forward(rows);
    const feeds = feedsFor({ whole: sourceGraph(plan), plan });
    const expected = await runOnnx(exportOnnx(plan), feeds);
    const actual = await runOnnx(exportOnnx(plan, { form: "merged" }), feeds);
    expect(largestDifference(actual, expected)).toBeLessThan(1e-5);
  }, 60_000);

  it.each([
    ["sums", (x: Tensor) => ({ y: x.sum(0) })],
    [
      "statistics of the batch",
      (x: Tensor) => ({ y: x.apply("MeanVarianceNormalization", [], { axes: [0, 2, 3] }) }),
    ],
    ["scores over samples", (x: Tensor) => ({ y: x.flatten(1).softmax(0) })],
  ])("refuses %s, at their line", (_, outputs) => {
    expect(() => forward(outputs)).toThrow(/uneven\.test\.ts:\d+.*7 of a step/);
  });
});
