/**
 * Whole training steps on several devices against PyTorch's: the same weights, inputs and dropout masks, AdamW with groups,
 * clipping. By the measures of `sbpc verify --train`: steps from equal state, then all steps free-running.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { parameterShard } from "../../backends/local/weights.ts";
import { tensorTypeOf } from "../../src/ir/graph.ts";
import { toNumbers } from "../../src/ir/tensor-data.ts";
import { knownShape } from "../../src/ir/types.ts";
import { readSafetensors, writeSafetensors } from "../../src/files/safetensors.ts";
import type { HostTensor } from "../../src/plan/backend.ts";
import { wholeBox } from "../../src/plan/box-copy.ts";
import { inputRecipes } from "../../src/plan/input-recipe.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { fillInput, fillRandom } from "../../src/plan/random.ts";
import { sourceGraph } from "../../src/run-job.ts";
import { present } from "../../src/support/assert.ts";
import { at, range } from "../../src/support/collections.ts";
import { compareFree, compareStep, Worst, type Outcome } from "../../src/train-compare.ts";
import { runSteps } from "../../src/train-verify.ts";
import { pythonTest, runPython } from "../support/python.ts";
import { adamw, trainOptions, trainingPlan, type TrainingRequest } from "../support/train.ts";

const seed = 3;
const steps = 5;
const full = process.env["SBPC_FULL"] === "1";
/** Steps that are compared from equal state. */
const kept = full ? [0, steps - 1] : [steps - 1];
const rates = { rate: 0.1, rateOfLearning: 1e-3, decay: 0.05, clip: 1 };

const train = {
  optimizer: {
    ...adamw,
    learningRate: rates.rateOfLearning,
    weightDecay: rates.decay,
    groups: [{ match: "bias$", weightDecay: 0 }],
  },
  clipNorm: rates.clip,
};

interface Case {
  readonly request: TrainingRequest;
  /** Options of training_steps.py. */
  readonly options: Readonly<Record<string, unknown>>;
}

const depth = full ? 12 : 2;
const sizes = full ? { hiddenSize: 768, heads: 12 } : { hiddenSize: 64, heads: 4 };

const cases: readonly Case[] = [
  {
    request: {
      file: "examples/vit.ts",
      mesh: full ? "dp=2,tp=2" : "dp=2",
      settings: {
        size: "tiny",
        depth: `${depth}`,
        imgSize: "32",
        numClasses: "10",
        dropRate: "0.1",
        attnDropRate: "0.1",
        dropPathRate: "0.2",
      },
      dims: { batch: 8 },
    },
    options: { model: "vit", layers: depth, heads: 3, patch: 16, path: 0.2 },
  },
  {
    request: {
      file: "examples/gpt.ts",
      mesh: full ? "tp=2,pp=2" : "pp=2",
      settings: {
        layers: "2",
        hiddenSize: `${sizes.hiddenSize}`,
        heads: `${sizes.heads}`,
        vocabSize: "64",
        maxPositions: "32",
        dropRate: "0.1",
      },
      dims: { batch: 4, seq: 16 },
    },
    options: { model: "gpt", layers: 2, heads: sizes.heads },
  },
];

/** The model's parameters and inputs, and the masks of every step, as its devices make them. */
function made(plan: Plan): {
  readonly initial: Map<string, HostTensor>;
  readonly inputs: Map<string, HostTensor>;
  readonly masks: Map<string, HostTensor>;
} {
  const graph = sourceGraph(plan);
  const recipes = inputRecipes(graph);
  const inputs = new Map<string, HostTensor>();
  const masks = new Map<string, HostTensor>();
  const initial = new Map<string, HostTensor>();
  for (const source of graph.sources) {
    if (source.kind === "constant" || source.kind === "rank") continue;
    const type = tensorTypeOf(graph, source.value);
    const { dtype } = type;
    const shape = knownShape(type);
    const box = wholeBox(shape);
    if (source.kind === "parameter") {
      const parameter = { name: source.value, dtype, shape, initializer: source.initializer };
      const data = parameterShard(parameter, box, { seed, randomized: true, base: "" });
      initial.set(source.value, { dtype, shape, data });
      continue;
    }
    const samples = { seed, batchAxis: 0, sampleOffset: 0 };
    if (source.kind === "input") {
      const recipe = present(recipes.get(source.value), "input without a recipe");
      const data = fillInput(recipe, source.value, shape, box, dtype, samples);
      inputs.set(source.value, { dtype, shape, data });
      continue;
    }
    for (const step of range(steps)) {
      const data = fillRandom(source.recipe, shape, box, "u8", { ...samples, step });
      masks.set(`${step}:${source.recipe.key}`, { dtype: "u8", shape, data });
    }
  }
  return { initial, inputs, masks };
}

/** What PyTorch kept of a step. */
function outcome(all: ReadonlyMap<string, HostTensor>, step: number, kind: "before" | "after", loss: number) {
  const of = (prefix: string) =>
    new Map(
      [...all].flatMap(([name, tensor]) =>
        name.startsWith(prefix) ? [[name.slice(prefix.length), tensor] as const] : [],
      ),
    );
  const gradients = new Map([...of(`${step}.gradient.`)].map(([name, tensor]) => [name, toNumbers(tensor)]));
  return { losses: [loss], gradients, parameters: of(`${step}.${kind}.`) } satisfies Outcome;
}

describe("training steps equal PyTorch's", () => {
  for (const { request, options } of cases) {
    pythonTest(
      `${request.file} on ${request.mesh}`,
      async () => {
        const plan = await trainingPlan({ ...request, train });
        const folder = mkdtempSync(join(tmpdir(), "sbpc-torch-"));
        try {
          const file = (name: string) => join(folder, `${name}.safetensors`);
          const { initial, inputs, masks } = made(plan);
          const running = { seed, inputs };
          writeSafetensors(file("parameters"), initial);
          writeSafetensors(file("inputs"), inputs);
          writeSafetensors(file("masks"), masks);
          const losses = (await runPython("training_steps.py", {
            parameters: file("parameters"),
            inputs: file("inputs"),
            masks: file("masks"),
            result: file("result"),
            options: { ...rates, ...options },
            names: [...initial.keys()],
            steps,
            kept,
          })) as readonly number[];
          const torch = readSafetensors(file("result"));
          const worst = new Worst();
          for (const step of kept) {
            const before = outcome(torch, step, "before", 0).parameters;
            const counter: HostTensor = { dtype: "f64", shape: [], data: Float64Array.of(step) };
            writeSafetensors(file("state"), new Map([...before, ["optimizer.step", counter]]));
            const own = await runSteps(plan, running, file("state"), step, 1);
            compareStep(
              worst,
              trainOptions(train),
              step,
              outcome(torch, step, "after", at(losses, step)),
              own,
              before,
            );
          }
          const last = { ...outcome(torch, steps - 1, "after", 0), losses };
          const own = await runSteps(plan, running, undefined, 0, steps);
          compareFree(worst, trainOptions(train), steps, last, own);
          expect(worst.checks().filter(({ ok }) => !ok)).toEqual([]);
          expect(worst.checks().map(({ what }) => what)).toEqual(
            expect.arrayContaining(["loss", "gradients", "updates", "parameters, free-running"]),
          );
          expect(masks.size).toBeGreaterThanOrEqual(35);
        } finally {
          rmSync(folder, { recursive: true, force: true });
        }
      },
      900_000,
    );
  }
});
