/**
 * The sharding logic in f64: training steps on several devices against one, to 1e-10. ONNX Runtime's CPU provider has f64 kernels for
 * all that these models are made of; Erf it has not, so that models with an exact GELU (BERT, ViT) do not run in f64.
 */
import * as ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { verifyTraining } from "../../src/train-verify.ts";
import { adamw, slowCluster, tinyGpt, trainingPlan, type TrainingRequest } from "../support/train.ts";

const full = process.env["SBPC_FULL"] === "1";
/** AdamW would show the rounding of a key bias's gradient, which is zero, in a bias that queries and values share. */
const optimizer = { ...adamw, kind: "sgd", momentum: 0.9, learningRate: 0.05 } as const;
const mlp = {
  file: "examples/mlp.ts",
  settings: { hidden: "16" },
  cluster: slowCluster,
  doubles: true,
} as const;
const gpt = { ...tinyGpt, cluster: slowCluster, doubles: true } as const;

const runs: readonly TrainingRequest[] = [
  { ...gpt, mesh: "tp=2", train: { optimizer, clipNorm: 0.5 } },
  { ...gpt, mesh: "dp=2", microbatches: 3, train: { optimizer } },
  { ...gpt, mesh: "pp=2", microbatches: 4, train: { optimizer, schedule: "zb-h1" } },
  { ...gpt, mesh: "dp=2,tp=2", train: { optimizer, zero: 3 } },
  ...["dp=2", "tp=2", "pp=2"].map((mesh) => ({ ...mlp, mesh, train: { clipNorm: 0.5 } })),
];

describe("in f64 steps equal those of one device to 1e-10", () => {
  it.each((full ? runs : runs.slice(0, 1)).map((run) => [`${run.file} ${run.mesh}`, run] as const))(
    "%s",
    async (_, run) => {
      const plan = await trainingPlan(run);
      expect(plan.stages.flatMap(({ slots }) => slots).filter(({ dtype }) => dtype === "f32")).toEqual([]);
      const result = await verifyTraining(plan, { steps: full ? 2 : 1, base: "examples" });
      expect(result.checks.filter(({ ok }) => !ok)).toEqual([]);
      const { allowed } = result.checks.find(({ what }) => what === "gradients")!;
      expect(allowed).toBe(1e-10);
    },
    300_000,
  );

  it("but for what has no f64 kernel, which is named", async () => {
    const plan = await trainingPlan({
      file: "tests/support/small-transformer.ts",
      mesh: "1",
      settings: { layers: "1", seq: "2" },
      doubles: true,
    });
    const missing = new Set<string>();
    for (const body of plan.bodies)
      await ort.InferenceSession.create(body, { logSeverityLevel: 4 }).then(
        (session) => session.release(),
        (error: Error) => missing.add(/implementation for (\w+)/.exec(error.message)?.[1] ?? error.message),
      );
    expect([...missing]).toEqual(["Erf"]);
  });
});
