/** Steps that recompute activations: the same as one device's, which keeps them, with less memory, executed as planned. */
import { describe, expect, it } from "vitest";
import { runPlan } from "../../src/run.ts";
import { verifyTraining } from "../../src/train-verify.ts";
import { adamw, trainingPlan, type TrainingRequest } from "../support/train.ts";

const file = "tests/support/small-transformer.ts";
const full = process.env["SBPC_FULL"] === "1";

const cases: readonly (Omit<TrainingRequest, "file"> & { readonly mode: "layer" | "selective" })[] = [
  { mode: "layer", mesh: "dp=2", settings: { layers: "2" } },
  { mode: "selective", mesh: "pp=2", microbatches: 4, train: { schedule: "zb-h1" } },
  { mode: "layer", mesh: "tp=2,pp=2", microbatches: 4, train: { schedule: "1f1b" } },
  { mode: "selective", mesh: "dp=2,tp=2", train: { zero: 3 } },
  { mode: "layer", mesh: "dp=2", train: { zero: 3 } },
  { mode: "layer", mesh: "pp=2", microbatches: 4, train: { schedule: "zb-h1" } },
];

/** AdamW would show the rounding of a key bias's gradient, which is zero, in a bias that queries and values share. */
const optimizer = { ...adamw, kind: "sgd", momentum: 0.9, learningRate: 0.05 } as const;

describe("activations that are recomputed", () => {
  it.each((full ? cases : cases.slice(0, 1)).map((one) => [`${one.mode} on ${one.mesh}`, one] as const))(
    "give the same step in less memory: %s",
    async (_, { mode, ...request }) => {
      const planOf = (recompute: "none" | typeof mode) =>
        trainingPlan({ ...request, file, train: { optimizer, ...request.train, recompute } });
      const [plan, kept] = [await planOf(mode), await planOf("none")];
      // The first stage has most micro-batches on their way.
      const [peak, before] = [plan, kept].map(({ prediction }) => prediction.peakMemoryBytes[0] as number);
      expect(peak).toBeLessThan(0.8 * (before as number));
      const { devices } = await runPlan(plan, { steps: 1 });
      expect(devices.map(({ peakBytes }) => peakBytes)).toEqual(
        devices.map(({ plannedPeakBytes }) => plannedPeakBytes),
      );
      const result = await verifyTraining(plan, { steps: 2 });
      expect(result.checks.filter(({ ok }) => !ok)).toEqual([]);
      expect(result.checks.length).toBeGreaterThanOrEqual(4);
    },
    600_000,
  );
});
