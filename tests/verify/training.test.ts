/** Training steps on several devices against the same steps on one, through `sbpc verify`'s own comparison. */
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { actionPhases } from "../../src/plan/frequency.ts";
import { runPlan } from "../../src/run.ts";
import { inFlight } from "../../src/schedule/in-flight.ts";
import { createSchedule } from "../../src/schedule/schedule.ts";
import { runSteps, verifyTraining } from "../../src/train-verify.ts";
import { adamw, slowCluster, trainingPlan, type TrainingRequest } from "../support/train.ts";

/** Of everything something: warm-up, a falling rate, and parameters without decay. */
const courses = {
  schedule: { kind: "cosine", warmup: 2, total: 10, minimum: 1e-5 },
  groups: [{ match: "bias$", weightDecay: 0 }],
} as const;

const optimizer = { ...adamw, ...courses };
const sgd = { ...optimizer, kind: "sgd", momentum: 0.9, nesterov: true, learningRate: 0.05 } as const;

const full = process.env["SBPC_FULL"] === "1";

const mlp: readonly TrainingRequest[] = [
  { file: "examples/mlp.ts", mesh: "dp=2,tp=2,pp=2", microbatches: 4, train: { clipNorm: 0.5 } },
  { file: "examples/mlp.ts", mesh: "dp=2,tp=2", train: { zero: 3 } },
  { file: "examples/mlp.ts", mesh: "pp=2", microbatches: 4, train: { schedule: "zb-h1" } },
  { file: "examples/mlp.ts", mesh: "dp=2", dims: { batch: 7 }, microbatches: 1, train: { optimizer: sgd } },
  { file: "examples/mlp.ts", mesh: "dp=2,tp=2", train: { zero: 1 } },
  { file: "examples/mlp.ts", mesh: "dp=2", train: { zero: 2 } },
];

/** Schedules with one stage on a rank; zb-h2 needs seven micro-batches on four ranks. */
const oneStage: readonly TrainingRequest[] = ["gpipe", "1f1b", "zb-h1", "zb-h2"].flatMap((schedule) =>
  ["pp=2", "pp=4"].flatMap((mesh) =>
    (schedule === "zb-h2" && mesh === "pp=4" ? [8] : [4, 8]).map((microbatches) => ({
      file: "examples/mlp.ts",
      mesh,
      microbatches,
      settings: { hidden: "64" },
      train: { schedule },
    })),
  ),
);

/** Word embeddings are tied to the scores, on the first and on the last stage. */
const words = {
  settings: {
    layers: "4",
    hiddenSize: "48",
    heads: "4",
    vocabSize: "63",
    maxPositions: "32",
    dropRate: "0.1",
  },
  dims: { batch: 8, seq: 12 },
};
const meshes = [
  { mesh: "dp=2" },
  { mesh: "tp=2" },
  { mesh: "pp=2", microbatches: 4 },
  { mesh: "dp=2,tp=2" },
  { mesh: "pp=4", microbatches: 8, train: { schedule: "zb-h1" } },
  { mesh: "dp=2,tp=2,pp=2", microbatches: 4 },
];

/** Schedules with several stages on a rank; as the two of zb-v that share one take part in clipping, the norm goes both ways. */
const severalStages: readonly TrainingRequest[] = [
  ...["zb-v", "interleaved-1f1b", "looped-bfs", "interleaved-zb", "dualpipe-v"].flatMap((schedule) =>
    [4, 8].map((microbatches) => ({
      file: "examples/mlp.ts",
      mesh: "pp=2",
      microbatches,
      settings: { hidden: "64" },
      train: { schedule, clipNorm: 0.5 },
    })),
  ),
  { file: "examples/mlp.ts", mesh: "dp=2,pp=2", microbatches: 4, train: { schedule: "zb-v", zero: 2 } },
  ...["interleaved-1f1b", "zb-v", "looped-bfs"].map((schedule) => ({
    file: "examples/gpt.ts",
    ...words,
    mesh: "pp=2",
    microbatches: 4,
    train: { schedule, recompute: "layer" as const },
  })),
];

/** Eight layers and twelve, so small that a step is mostly messages: stages of ranks that hold two or three of them. */
const deep: readonly TrainingRequest[] = [
  ...["interleaved-1f1b", "looped-bfs", "interleaved-zb", "zb-v", "dualpipe-v"].flatMap((schedule) =>
    // dualpipe-v needs twice as many micro-batches as ranks.
    (schedule === "dualpipe-v" ? [8] : [4, 8]).map((microbatches) => ({ schedule, microbatches, layers: 8 })),
  ),
  ...["interleaved-1f1b", "looped-bfs", "interleaved-zb"].flatMap((schedule) => [
    { schedule, microbatches: 4, layers: 12, chunks: 3 },
  ]),
].map(({ schedule, layers, ...rest }) => ({
  file: "tests/support/small-transformer.ts",
  settings: { layers: `${layers}`, seq: "3" },
  mesh: "pp=4",
  ...rest,
  train: { schedule },
}));

const transformers: readonly TrainingRequest[] = [
  ...["examples/gpt.ts", "examples/bert.ts"].flatMap((file) =>
    meshes.map((target) => ({ file, ...words, ...target })),
  ),
  { file: "examples/gpt.ts", ...words, mesh: "pp=2", microbatches: 4, train: { clipNorm: 0.5 } },
  ...([1, 2, 3] as const).flatMap((zero) =>
    ["dp=2", "dp=2,tp=2"].map((mesh) => ({
      file: "examples/gpt.ts",
      ...words,
      settings: { ...words.settings, layers: "2" },
      mesh,
      train: { zero },
    })),
  ),
  ...meshes.map((target) => ({
    file: "examples/vit.ts",
    ...target,
    settings: { size: "tiny", imgSize: "96", dropRate: "0.1", dropPathRate: "0.1" },
    dims: { batch: 8 },
  })),
];

/** On dp=2,tp=2 it is within the eight devices: two mesh axes of convolutions take the search longest. */
const ocr: readonly TrainingRequest[] = ["dp=2", "tp=2", "pp=2", "pp=4", "dp=2,tp=2,pp=2"].map((mesh) => ({
  file: "tests/support/models/ocr-head.ts",
  mesh,
  // With one image per device and micro-batch a bias's gradient nearly cancels: rounding alone may exceed what is allowed.
  dims: { batch: 8 },
  cluster: slowCluster,
}));

describe("a mean over what is not ignored", () => {
  /** Labels of eight samples; of the second of four micro-batches none counts. */
  const labels = {
    dtype: "i64",
    shape: [8],
    data: BigInt64Array.of(1n, 9n, -1n, -1n, 3n, -1n, 0n, 4n),
  } as const;
  const steps = async (mesh: string, microbatches: number) => {
    const loss = { kind: "cross-entropy", target: "labels", ignoreIndex: -1 } as const;
    const plan = await trainingPlan({
      file: "examples/mlp.ts",
      mesh,
      microbatches,
      settings: { training: "false", hidden: "16" },
      loss,
    });
    return runSteps(plan, { inputs: new Map([["labels", labels]]) }, undefined, 0, 2);
  };

  it("is over the whole batch, whatever a micro-batch has of it", async () => {
    const [expected, actual] = [await steps("1", 1), await steps("dp=2,pp=2", 4)];
    expect(new Set(expected.losses).size).toBe(2);
    actual.losses.forEach((loss, i) => expect(loss).toBeCloseTo(expected.losses[i] as number, 5));
    for (const [name, gradient] of expected.gradients) {
      const own = actual.gradients.get(name) ?? new Float64Array();
      const largest = gradient.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      const farthest = gradient.reduce((most, x, i) => Math.max(most, Math.abs(x - (own[i] as number))), 0);
      expect(largest, name).toBeGreaterThan(0);
      expect(farthest / largest, name).toBeLessThan(1e-4);
    }
  }, 120_000);
});

function nameOf({ file, mesh, microbatches = 2, chunks, train = {} }: TrainingRequest): string {
  const stages = chunks === undefined ? "" : ` chunks=${chunks}`;
  return `${file} ${mesh} m=${microbatches}${stages} ${JSON.stringify(train)}`;
}

describe("training steps equal those of one device", () => {
  const runs = full
    ? [...mlp, ...oneStage, ...severalStages, ...deep, ...transformers, ...ocr]
    : [...mlp.slice(0, 3), ...severalStages.slice(0, 1)];
  it.each(runs.map((run) => [nameOf(run), run] as const))(
    "%s",
    async (_, run) => {
      const plan = await trainingPlan({ ...run, train: { optimizer, ...run.train } });
      const result = await verifyTraining(plan, { base: dirname(run.file) });
      expect(result.checks.filter(({ ok }) => !ok)).toEqual([]);
      expect(result.checks.length).toBeGreaterThanOrEqual(4);
      // Step 0 of a warm-up has no learning rate: its loss comes again.
      expect(new Set(result.losses).size).toBeGreaterThanOrEqual(2);
    },
    600_000,
  );
});

describe("micro-batches in flight on a rank with several stages are at most those of the schedule's formula", () => {
  const [ranks, microbatches] = [2, 4];
  const names = ["interleaved-1f1b", "zb-v", "looped-bfs", "interleaved-zb", "dualpipe-v"];
  it.each(full ? names : names.slice(0, 2))(
    "%s",
    async (schedule) => {
      const plan = await trainingPlan({
        file: "examples/mlp.ts",
        mesh: "pp=2",
        microbatches,
        train: { schedule },
      });
      const { trace, devices } = await runPlan(plan, { base: "examples", trace: true });
      const phases = plan.stages.map(actionPhases);
      const most = Array.from({ length: ranks }, () => 0);
      for (const rank of most.keys()) {
        /** Stage and micro-batch, from the first action of F until the last of B or W. */
        const own = trace!.filter((one) => one.rank === rank);
        const named = own.map(({ stage, microbatch, action }) => ({
          key: `${stage} ${microbatch}`,
          phase: phases[stage]![action]!,
        }));
        const end = new Map(named.map(({ key, phase }, i) => [phase === "U" ? "" : key, i]));
        const alive = new Set<string>();
        named.forEach(({ key, phase }, i) => {
          if (phase === "F") alive.add(key);
          most[rank] = Math.max(most[rank]!, alive.size);
          if (end.get(key) === i) alive.delete(key);
        });
        expect(alive.size).toBe(0);
      }
      const made = createSchedule(schedule, ranks, microbatches);
      expect(most).toEqual(inFlight(made).ranks.map(({ activations }) => activations));
      if (schedule === "interleaved-1f1b")
        expect(most).toEqual([0, 1].map((r) => Math.min(2 * microbatches, ranks + 2 * (ranks - 1 - r) + 1)));
      for (const { peakBytes, plannedPeakBytes } of devices)
        expect(peakBytes).toBeLessThanOrEqual(plannedPeakBytes);
    },
    300_000,
  );
});
