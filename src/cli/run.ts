/** `sbpc run PLAN|MODEL`: executes a plan on local devices. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { resumeFrom } from "../checkpoint.ts";
import { fail } from "../diagnostics/diagnostic.ts";
import { bytes, seconds, table } from "../inspect/text.ts";
import { writeAtomicallySync } from "../files/atomic.ts";
import { executedTrace } from "../inspect/trace.ts";
import { collectiveKinds } from "../inspect/figures.ts";
import { readTensors, writeTensors } from "../tensor-files.ts";
import { runPlan, type RunResult } from "../run.ts";
import {
  evaluatePlan,
  trainPlan,
  type Evaluation,
  type TrainProgress,
  type TrainRunResult,
} from "../train.ts";
import { sum } from "../support/collections.ts";
import type { Plan } from "../plan/plan.ts";
import { addRunFlags, positiveInteger, type RunFlags } from "./options.ts";
import { resolveTarget, type Target } from "./target.ts";
import { exitCodes, Terminal } from "./terminal.ts";

interface Flags extends RunFlags {
  readonly steps?: number;
  readonly save?: string;
  readonly saveEvery?: number;
  readonly resume?: string;
  readonly evaluate?: boolean;
  readonly outputs?: string;
  readonly trace?: string;
}

export function runCommand(finish: (code: number) => void): Command {
  return addRunFlags(new Command("run"))
    .description("executes a plan on local worker devices")
    .argument("<plan|model>", "a plan directory, or a model to compile first")
    .option("--steps <n>", "how many times (default: 1); with a dataset, steps of training", positiveInteger)
    .option("--save <file>", "write a checkpoint (.safetensors) after the last step of training")
    .option("--save-every <n>", "and whenever so many steps are done", positiveInteger)
    .option("--resume <file>", "begin from a checkpoint")
    .option("--evaluate", "afterwards, or alone, measure accuracy and loss on the dataset's test split")
    .option("--outputs <file>", "write the last step's outputs as .safetensors, or one output as .npy")
    .option("--trace <file>", "write when every device did what, for Perfetto")
    .action(async (path: string, flags: Flags) => {
      const terminal = new Terminal(flags);
      const scratch = mkdtempSync(join(tmpdir(), "sbpc-run-"));
      try {
        await runTarget(path, flags, terminal, scratch);
      } finally {
        rmSync(scratch, { recursive: true, force: true });
      }
      finish(exitCodes.success);
    });
}

async function runTarget(path: string, flags: Flags, terminal: Terminal, scratch: string): Promise<void> {
  const evaluates = flags.evaluate === true;
  const target = await resolveTarget(path, flags, terminal, undefined, {
    trainsOnData: flags.steps !== undefined && flags.inputs === undefined,
    ...(flags.steps === undefined ? {} : { steps: flags.steps }),
    ...(evaluates && flags.steps === undefined ? { trains: false } : {}),
  });
  const { plan, base, dataset } = target;
  if (evaluates && dataset === undefined)
    fail("dataset-missing", { model: path, problem: "there is nothing to evaluate on" });
  const trains = plan.options.train !== undefined;
  if (flags.saveEvery !== undefined && flags.save === undefined)
    fail("usage", { problem: "--save-every needs --save." });
  if (flags.save !== undefined && !trains)
    fail("usage", { problem: "--save writes what training makes; add --train and --steps." });
  const options = {
    backend: flags.backend,
    device: flags.device,
    seed: flags.seed,
    timeoutSeconds: flags.timeout,
    ...(base === undefined ? {} : { base }),
    ...(flags.inputs === undefined ? {} : { inputs: readTensors(flags.inputs) }),
    onProgress: (text: string) => terminal.progress(text),
  };
  const running = { ...options, steps: flags.steps ?? 1, trace: flags.trace !== undefined };
  const save = flags.save ?? (evaluates ? join(scratch, "trained.safetensors") : undefined);
  let result: RunResult | TrainRunResult | undefined;
  if (trains)
    result = await trainPlan(plan, {
      ...running,
      ...(dataset === undefined ? {} : { dataset }),
      ...(flags.resume === undefined ? {} : { resume: flags.resume }),
      ...(save === undefined ? {} : { save }),
      ...(flags.saveEvery === undefined ? {} : { saveEvery: flags.saveEvery }),
      onProgress: (text) => {
        // Steps have a line of their own, which says more.
        if (!text.startsWith("step ")) terminal.progress(text);
      },
      onStep: (progress) => terminal.progress(progressText(progress)),
    });
  else if (!evaluates)
    result = await runPlan(flags.resume === undefined ? plan : resumeFrom(plan, flags.resume), running);
  if (result !== undefined) {
    if (flags.outputs !== undefined) writeTensors(flags.outputs, result.outputs);
    if (flags.trace !== undefined) {
      const trace = JSON.stringify(executedTrace(plan, result.trace ?? []));
      writeAtomicallySync(flags.trace, [new TextEncoder().encode(trace)]);
    }
    terminal.print(runText(plan, result));
    terminal.report(result.diagnostics);
  }
  const evaluation = evaluates
    ? await evaluate(path, target, flags, terminal, options, trains ? save : flags.resume)
    : undefined;
  if (evaluation !== undefined) {
    const { accuracy, loss, examples } = evaluation;
    if (result !== undefined) terminal.print("");
    terminal.print(
      `test split: accuracy ${(100 * accuracy).toFixed(2)} %, loss ${loss.toFixed(4)} (${examples} examples)`,
    );
  }
  terminal.printJson({
    model: plan.model,
    ...(result === undefined ? {} : runNumbers(plan, result)),
    ...(evaluation === undefined ? {} : { evaluation }),
  });
}

/** Runs the test split through the model without training, with the parameters of a checkpoint. */
async function evaluate(
  path: string,
  { plan, dataset }: Target,
  flags: Flags,
  terminal: Terminal,
  options: Parameters<typeof evaluatePlan>[2],
  checkpoint: string | undefined,
): Promise<Evaluation> {
  const forward =
    plan.options.train === undefined
      ? plan
      : (await resolveTarget(path, flags, terminal, undefined, { trains: false })).plan;
  if (dataset === undefined) return fail("dataset-missing", { model: path, problem: "it has no test split" });
  const trained = checkpoint === undefined ? forward : resumeFrom(forward, checkpoint);
  return evaluatePlan(trained, dataset, {
    ...options,
    onProgress: (text) => terminal.progress(`test split: ${text}`),
  });
}

function progressText({ step, steps, loss, samplesPerSecond, secondsLeft }: TrainProgress): string {
  const rate =
    samplesPerSecond === 0
      ? ""
      : `, ${samplesPerSecond.toFixed(1)} samples/s, ${Math.ceil(secondsLeft)} s left`;
  return `step ${step} of ${steps}, loss ${loss.toFixed(4)}${rate}`;
}

function runNumbers(plan: Plan, result: RunResult) {
  const measured = Object.fromEntries(
    collectiveKinds.map((kind) => [
      kind,
      sum(plan.boxing.map((boxing, i) => (boxing.kind === kind ? sum(result.bytes[i] ?? []) : 0))),
    ]),
  );
  return {
    backend: result.backend,
    ranks: result.ranks,
    steps: result.steps,
    ...(isTraining(result) ? { firstStep: result.firstStep, losses: result.losses } : {}),
    /** Bytes received in one step, as counted by the communicator. */
    bytes: measured,
    stepSeconds: result.stepSeconds,
    outputs: [...result.outputs].map(([name, tensor]) => ({
      name,
      dtype: tensor.dtype,
      shape: tensor.shape,
    })),
    devices: result.devices,
  };
}

function runText(plan: Plan, result: RunResult): string {
  const numbers = runNumbers(plan, result);
  return [
    `${plan.model}: ${result.steps} step${result.steps === 1 ? "" : "s"} on ${result.ranks} devices (${result.backend}), ${seconds(result.stepSeconds)} per step`,
    ...(isTraining(result)
      ? [
          `loss ${result.losses[0]?.toFixed(4)} at the first, ${result.losses.at(-1)?.toFixed(4)} at the last step`,
        ]
      : []),
    "",
    ...table(
      ["output", "type"],
      numbers.outputs.map((output) => [output.name, `${output.dtype}[${output.shape.join(", ")}]`]),
    ),
    "",
    ...table(
      ["collective", "bytes per step"],
      Object.entries(numbers.bytes).map(([kind, n]) => [kind, bytes(n)]),
    ),
    "",
    ...table(
      ["rank", "segments", "collectives", "copies", "peak of buffers"],
      result.devices.map((d) => [
        d.rank,
        seconds(d.segmentSeconds),
        seconds(d.collectiveSeconds),
        seconds(d.copySeconds),
        bytes(d.peakBytes),
      ]),
    ),
  ].join("\n");
}

function isTraining(result: RunResult | TrainRunResult): result is TrainRunResult {
  return "losses" in result;
}
