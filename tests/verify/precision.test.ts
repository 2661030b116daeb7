/** Mixed precision: fp16 steps on several devices against one, steps left out where gradients are not finite, bf16 refused. */
import { describe, expect, it } from "vitest";
import { runGroup } from "../../backends/local/supervisor.ts";
import { readNumber } from "../../src/ir/tensor-data.ts";
import { firstLossScale, goodStepsState, growthInterval, lossScaleState } from "../../src/ir/step-node.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { groupJob, sourceGraph } from "../../src/run-job.ts";
import { runPlan } from "../../src/run.ts";
import { verifyTraining } from "../../src/train-verify.ts";
import { adamw, trainingPlan, type TrainingRequest } from "../support/train.ts";

const full = process.env["SBPC_FULL"] === "1";
/** AdamW would show the rounding of a key bias's gradient, which is zero, in a bias that queries and values share. */
const optimizer = { ...adamw, kind: "sgd", momentum: 0.9, learningRate: 0.05 } as const;
const small = { file: "tests/support/small-transformer.ts", settings: { layers: "2" } } as const;

const runs: readonly TrainingRequest[] = [
  { ...small, mesh: "tp=2", train: { optimizer } },
  { ...small, mesh: "dp=2,pp=2", train: { optimizer, zero: 2, recompute: "layer", clipNorm: 0.5 } },
  { file: "examples/mlp.ts", mesh: "dp=2,tp=2", train: { zero: 3 } },
];

/** State after `steps` steps, by name. */
async function stateAfter(plan: Plan, steps: number): Promise<(name: string) => number[]> {
  const job = groupJob(plan, sourceGraph(plan), { steps }, false);
  const { parameters } = await runGroup({ ...job, collects: "last" });
  return (name) => {
    const tensor = parameters.get(name);
    if (tensor === undefined) throw new Error(`no ${name}`);
    return Array.from({ length: tensor.data.length }, (_, i) => readNumber(tensor.dtype, tensor.data, i));
  };
}

describe("fp16", () => {
  it.each((full ? runs : runs.slice(0, 1)).map((run) => [`${run.file} ${run.mesh}`, run] as const))(
    "gives the step of one device within fp16's tolerances: %s",
    async (_, run) => {
      const plan = await trainingPlan({ ...run, train: { ...run.train, precision: "fp16" } });
      const slots = plan.stages.flatMap((stage) => stage.slots);
      expect(slots.some(({ dtype }) => dtype === "f16")).toBe(true);
      expect(slots.filter(({ kind, dtype }) => kind === "parameter" && dtype === "f16")).toEqual([]);
      const result = await verifyTraining(plan, { steps: 2 });
      expect(result.checks.filter(({ ok }) => !ok)).toEqual([]);
      expect(result.losses[1]).not.toBe(result.losses[0]);
    },
    600_000,
  );

  it("leaves out a step whose gradients overflow on one stage, and halves the scale on all", async () => {
    const plan = await trainingPlan({
      file: "examples/mlp.ts",
      mesh: "pp=2",
      settings: { hidden: "16" },
      train: { precision: "fp16" },
    });
    const before = await stateAfter(plan, 0);
    const step = await stateAfter(plan, 1);
    expect(step("fc1.weight")).not.toEqual(before("fc1.weight"));
    expect(step(lossScaleState)).toEqual([firstLossScale]);
    expect(step("optimizer.applied")).toEqual([1]);
    const startingAt = (start: Readonly<Record<string, number>>): Plan => ({
      ...plan,
      parameters: plan.parameters.map((parameter) => {
        const value = start[parameter.name];
        return value === undefined ? parameter : { ...parameter, initializer: { kind: "constant", value } };
      }),
    });
    const skipped = await stateAfter(startingAt({ [lossScaleState]: 1e30 }), 1);
    for (const name of ["fc1.weight", "fc4.weight", "fc1.weight.exp_avg", "fc4.bias.exp_avg_sq"])
      expect(skipped(name)).toEqual(before(name));
    expect(skipped(lossScaleState)[0]).toBeCloseTo(5e29, -24);
    expect(skipped("optimizer.applied")).toEqual([0]);
    expect(skipped("optimizer.step")).toEqual([1]);

    // The streak of steps that were applied is one short of doubling the scale.
    const grown = startingAt({ [goodStepsState]: growthInterval - 1 });
    const [doubled, next] = [await stateAfter(grown, 1), await stateAfter(grown, 2)];
    expect([doubled(lossScaleState), doubled(goodStepsState)]).toEqual([[2 * firstLossScale], [0]]);
    expect([next(lossScaleState), next(goodStepsState)]).toEqual([[2 * firstLossScale], [1]]);
    const broken = await stateAfter(startingAt({ [goodStepsState]: 5, [lossScaleState]: 1e30 }), 1);
    expect(broken(goodStepsState)).toEqual([0]);
  }, 600_000);
});

it("bf16 compiles, and is refused where no kernel computes it", async () => {
  const plan = await trainingPlan({
    file: "examples/mlp.ts",
    mesh: "dp=2",
    settings: { hidden: "16" },
    train: { precision: "bf16" },
  });
  expect(plan.stages[0]?.slots.some(({ dtype }) => dtype === "bf16")).toBe(true);
  expect(plan.parameters.map(({ name }) => name)).not.toContain(lossScaleState);
  await expect(runPlan(plan)).rejects.toThrow("unsupported-dtype");
});
