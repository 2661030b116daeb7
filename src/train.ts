/** Trains a plan on a dataset: feeds batches, watches the loss, writes checkpoints; and measures a model on the test split. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkpointStep, resumeFrom, writeCheckpoint } from "./checkpoint.ts";
import { fail, SbpcError } from "./diagnostics/diagnostic.ts";
import type { Graph } from "./ir/graph.ts";
import { tensorTypeOf } from "./ir/graph.ts";
import { readNumber, type TypedArray } from "./ir/tensor-data.ts";
import { knownShape } from "./ir/types.ts";
import { openSplit, type Batches, type BatchInput, type Dataset } from "./nn/dataset.ts";
import type { HostTensor } from "./plan/backend.ts";
import type { Plan } from "./plan/plan.ts";
import { groupJob, sourceGraph, type RunOptions } from "./run-job.ts";
import { runPlan, type RunResult } from "./run.ts";
import { probeNaN } from "./unsharded.ts";
import { at } from "./support/collections.ts";

export interface TrainProgress {
  /** Steps done in all, and in the end. */
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  readonly samplesPerSecond: number;
  readonly secondsLeft: number;
}

export interface TrainRunOptions extends Omit<
  RunOptions,
  "fed" | "hooks" | "saveEvery" | "everyStep" | "firstStep"
> {
  /** Absent: the same inputs at every step. */
  readonly dataset?: Dataset;
  /** Checkpoint to begin from. */
  readonly resume?: string;
  /** Checkpoint to write after the last step, and whenever `saveEvery` steps are done. */
  readonly save?: string;
  readonly saveEvery?: number;
  readonly onStep?: (progress: TrainProgress) => void;
}

export interface TrainRunResult extends RunResult {
  /** Number of the first step of this run. */
  readonly firstStep: number;
  /** Of every step of this run. */
  readonly losses: readonly number[];
}

/** Thrown where a loss is NaN. */
class LossIsNaN extends Error {
  readonly step: number;
  constructor(step: number) {
    super(`the loss of step ${step} is NaN`);
    this.step = step;
  }
}

/** Errors: those of `runPlan`, of the dataset and of checkpoints; not-a-number where a loss is. */
export async function trainPlan(plan: Plan, options: TrainRunOptions): Promise<TrainRunResult> {
  const { train } = plan.options;
  if (train === undefined) return fail("usage", { problem: "The plan does not train." });
  const { dataset, resume, save, saveEvery, onStep, seed = 0, steps = 1, ...run } = options;
  const firstStep = resume === undefined ? 0 : checkpointStep(resume);
  const begun = resume === undefined ? plan : resumeFrom(plan, resume);
  const graph = sourceGraph(plan);
  const inputs = dataset === undefined ? [] : fedInputs(graph, options.inputs);
  const batches = dataset === undefined ? undefined : await openSplit(dataset, "train", inputs, seed);
  const batch = inputs[0]?.shape[0] ?? plan.options.dims["batch"] ?? 1;
  const common = {
    ...run,
    seed,
    firstStep,
    ...(batches === undefined ? {} : { fed: inputs.map(({ name }) => name) }),
  };
  const losses: number[] = [];
  let began = performance.now();
  const watch = (step: number, outputs: ReadonlyMap<string, HostTensor>): void => {
    const tensor = outputs.get(train.loss);
    const loss = tensor === undefined ? Number.NaN : readNumber(tensor.dtype, tensor.data, 0);
    if (Number.isNaN(loss)) throw new LossIsNaN(step);
    losses.push(loss);
    // The first step loads; it does not say how long the others take.
    if (losses.length === 1) began = performance.now();
    const each = losses.length === 1 ? 0 : (performance.now() - began) / 1000 / (losses.length - 1);
    onStep?.({
      step: step + 1,
      steps: firstStep + steps,
      loss,
      samplesPerSecond: each === 0 ? 0 : batch / each,
      secondsLeft: each * (steps - losses.length),
    });
  };
  const onTrained = (_: number, parameters: ReadonlyMap<string, HostTensor>): void => {
    if (save !== undefined) writeCheckpoint(save, begun, parameters, weightsOf(options));
  };
  const feeding = batches === undefined ? {} : { batchAt: (step: number) => batches.at(step) };
  try {
    const result = await runPlan(begun, {
      ...common,
      steps,
      ...(save === undefined ? {} : { saveEvery: saveEvery ?? Infinity }),
      hooks: { ...feeding, onStep: watch, onTrained },
    });
    return { ...result, firstStep, losses };
  } catch (error) {
    if (!(error instanceof LossIsNaN)) throw error;
    options.onProgress?.("looking for the first NaN");
    throw await explainNaN(begun, error.step, options, common, batches);
  }
}

/** Runs again up to the step whose loss is NaN, and that step unsharded with every value exposed. */
async function explainNaN(
  plan: Plan,
  step: number,
  options: TrainRunOptions,
  common: RunOptions & { readonly firstStep: number },
  batches: Batches | undefined,
): Promise<SbpcError> {
  const folder = mkdtempSync(join(tmpdir(), "sbpc-nan-"));
  try {
    const { firstStep } = common;
    let before = plan;
    if (step > firstStep) {
      const file = join(folder, "before.safetensors");
      const onTrained = (_: number, parameters: ReadonlyMap<string, HostTensor>) =>
        writeCheckpoint(file, plan, parameters, weightsOf(options));
      const feeding = batches === undefined ? {} : { batchAt: (i: number) => batches.at(i) };
      await runPlan(plan, {
        ...common,
        steps: step - firstStep,
        saveEvery: Infinity,
        hooks: { ...feeding, onTrained },
      });
      before = resumeFrom(plan, file);
    }
    const graph = withParameters(sourceGraph(plan), before);
    const { fed = [], ...rest } = common;
    const batch = batches === undefined ? new Map<string, TypedArray>() : await batches.at(step);
    const given = fed.map((name): [string, HostTensor] => {
      const { dtype, shape } = inputType(graph, name);
      return [name, { dtype, shape, data: batch.get(name) as TypedArray }];
    });
    const inputs = new Map([...(options.inputs ?? []), ...given]);
    const job = groupJob(plan, graph, { ...rest, firstStep: step, inputs }, false);
    const { diagnostic } = await probeNaN(plan, graph, job, `The loss of step ${step + 1}`);
    return new SbpcError([diagnostic]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The model with the values that a plan's parameters begin with. */
function withParameters(graph: Graph, plan: Plan): Graph {
  const initializers = new Map(
    plan.parameters.map(({ name, initializer }) =>
      initializer.kind === "part" ? [initializer.name, initializer.of] : [name, initializer],
    ),
  );
  const sources = graph.sources.map((source) => {
    const initializer = source.kind === "parameter" ? initializers.get(source.value) : undefined;
    return source.kind === "parameter" && initializer !== undefined ? { ...source, initializer } : source;
  });
  return { ...graph, sources };
}

function weightsOf({ seed = 0, base }: RunOptions) {
  return { seed, ...(base === undefined ? {} : { base }) };
}

function inputType(graph: Graph, name: string): BatchInput {
  const type = tensorTypeOf(graph, name);
  return { name, dtype: type.dtype, shape: knownShape(type) };
}

/** The inputs that a dataset gives: all but those that are given. */
function fedInputs(graph: Graph, given: RunOptions["inputs"]): BatchInput[] {
  return graph.sources.flatMap((source) =>
    source.kind === "input" && given?.has(source.value) !== true ? [inputType(graph, source.value)] : [],
  );
}

// --- evaluation

export interface Evaluation {
  readonly examples: number;
  /** Part of the answers whose largest score is the right one. */
  readonly accuracy: number;
  /** Mean cross entropy of the answers. */
  readonly loss: number;
}

/**
 * Runs the test split through a plan without training. Its only output holds the scores, classes along the last axis; the
 * dataset's target has one class number for each of the others' elements. Error: dataset-split.
 */
export async function evaluatePlan(
  plan: Plan,
  dataset: Dataset,
  options: Omit<RunOptions, "fed" | "hooks" | "steps" | "firstStep">,
): Promise<Evaluation> {
  const graph = sourceGraph(plan);
  const [output, ...more] = graph.outputs;
  if (output === undefined || more.length > 0)
    return fail("dataset-split", { split: "test", problem: "needs a model with one output, its scores" });
  const scoresType = inputType(graph, output.value);
  const shape = scoresType.shape.slice(0, -1);
  const classes = at(scoresType.shape, scoresType.shape.length - 1);
  const inputs = fedInputs(graph, options.inputs);
  const target: BatchInput = { name: dataset.target, dtype: "i64", shape };
  const batches = await openSplit(dataset, "test", [...inputs, target], options.seed ?? 0);
  const batch = at(shape, 0);
  const targets = new Map<number, TypedArray>();
  const perExample = shape.slice(1).reduce((a, b) => a * b, 1);
  let [answers, right, loss] = [0, 0, 0];
  const onStep = (step: number, outputs: ReadonlyMap<string, HostTensor>): void => {
    const scores = outputs.get(output.name);
    const labels = targets.get(step);
    targets.delete(step);
    if (scores === undefined || labels === undefined) return;
    const counted = Math.min(batch, batches.size - step * batch) * perExample;
    for (let row = 0; row < counted; row++) {
      const label = Number(labels[row]);
      const values = Array.from({ length: classes }, (_, c) =>
        readNumber(scores.dtype, scores.data, row * classes + c),
      );
      const largest = values.reduce((a, b) => Math.max(a, b), -Infinity);
      const sum = values.reduce((total, value) => total + Math.exp(value - largest), 0);
      answers++;
      if (values.indexOf(largest) === label) right++;
      loss += Math.log(sum) + largest - (values[label] ?? Number.NaN);
    }
  };
  await runPlan(plan, {
    ...options,
    steps: Math.ceil(batches.size / batch),
    everyStep: true,
    fed: inputs.map(({ name }) => name),
    hooks: {
      onStep,
      batchAt: async (step) => {
        const made = await batches.at(step);
        targets.set(step, made.get(target.name) as TypedArray);
        return made;
      },
    },
  });
  return { examples: batches.size, accuracy: right / answers, loss: loss / answers };
}
