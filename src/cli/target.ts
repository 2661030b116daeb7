/** From a command's argument to a plan: loads a plan, or compiles a model with the command's flags. */
import { mkdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { compile, findBatchAxes, type CompileResult } from "../compile.ts";
import { loadCluster } from "../cluster-files.ts";
import { diagnostic, fail, SbpcError } from "../diagnostics/diagnostic.ts";
import { load } from "../load.ts";
import type { Dataset } from "../nn/dataset.ts";
import type { Plan } from "../plan/plan.ts";
import type { OriginalModel } from "../unsharded.ts";
import type { CompileFlags } from "./options.ts";
import { addedLoss, asksToTrain, givenTrainFlags, trainOptions } from "./train-options.ts";
import type { Terminal } from "./terminal.ts";

/** The plan that `path` is or compiles to; `compiled` is there in the second case. `base` is where its weights' paths start. */
export interface Target {
  readonly plan: Plan;
  readonly compiled?: CompileResult;
  readonly base?: string;
  /** What the model's file exports beside it. */
  readonly dataset?: Dataset;
  /** The ONNX file that was compiled: what the plan is verified against. */
  readonly original?: OriginalModel;
}

/** What a run is for. */
export interface Purpose {
  /** Whether the model is compiled for training: always or never; default: as the flags ask. */
  readonly trains?: boolean;
  /** Whether it trains where its file has a dataset. */
  readonly trainsOnData?: boolean;
  /** Steps of the run. */
  readonly steps?: number;
}

/** `weightsFrom`: the folder that the plan is to be written to. */
export async function resolveTarget(
  path: string,
  flags: CompileFlags,
  terminal: Terminal,
  weightsFrom?: string,
  purpose: Purpose = {},
): Promise<Target> {
  const loaded = await load(path);
  if (loaded.kind === "plan") {
    refuseCompileFlags(flags);
    return { plan: loaded.plan, base: loaded.path };
  }
  const { microbatches } = flags;
  const { dataset } = loaded;
  const trains =
    purpose.trains ?? (asksToTrain(flags) || (purpose.trainsOnData === true && dataset !== undefined));
  const base = loaded.base === undefined ? undefined : (weightsFrom ?? loaded.base);
  const batch = flags.batch ?? flags.dim["batch"] ?? loaded.batch;
  const loss = trains ? addedLoss(flags) : undefined;
  const build = (batchSize: number | undefined) =>
    loaded.build({
      dims: { ...flags.dim, ...(batchSize === undefined ? {} : { batch: batchSize }) },
      settings: {
        ...(trains && loaded.settings?.includes("training") === true ? { training: "true" } : {}),
        ...flags.set,
        ...(purpose.trains === false && flags.set["training"] !== undefined ? { training: "false" } : {}),
      },
      values: flags.value,
      ...(loss === undefined ? {} : { loss }),
      ...(base === undefined ? {} : { weightsFrom: base }),
      report: (diagnostics) => terminal.report(diagnostics),
    });
  if (flags.chunks !== undefined && !trains)
    fail("usage", { problem: "--chunks is for a step that trains: add --train and --schedule." });
  if (microbatches > 1 && (batch === undefined || batch < microbatches)) {
    fail("bad-microbatches", { microbatches, batch: batch ?? "unknown size" });
  }
  const samples = batch !== undefined && batch % microbatches !== 0 ? batch : undefined;
  terminal.progress("building the model");
  const whole = build(batch);
  const micro = microbatches === 1 ? whole : build(Math.ceil((batch as number) / microbatches));
  // With one micro-batch only a longer batch shows which axes count samples.
  const batchAxes =
    trains && microbatches === 1 && batch !== undefined
      ? orNone(() => findBatchAxes(build(2 * batch), whole, 2))
      : undefined;
  const compiled = compile({
    whole,
    micro,
    batchAxes,
    mesh: flags.mesh ?? { axes: [], stages: 1 },
    cluster: loadCluster(flags.cluster),
    hints: flags.hints,
    ...(flags.memory === undefined ? {} : { memoryLimit: flags.memory }),
    microbatches,
    samples,
    ...(flags.chunks === undefined ? {} : { chunks: flags.chunks }),
    ...(trains ? { train: trainOptions(whole, flags, loaded.train, purpose.steps) } : {}),
    dims: { ...flags.dim, ...(batch === undefined ? {} : { batch }) },
    settings: flags.set,
    onPhase: (name) => terminal.progress(`compiling: ${name}`),
    ...(flags.dumpPasses === undefined ? {} : { dump: passDumper(flags.dumpPasses) }),
  });
  terminal.report(compiled.diagnostics);
  return {
    plan: compiled.plan,
    compiled,
    ...(base === undefined ? {} : { base }),
    ...(dataset === undefined ? {} : { dataset }),
    ...(loaded.original === undefined
      ? {}
      : { original: { path: loaded.original, fixed: Object.keys(flags.value) } }),
  };
}

/** What `f` makes; undefined where the model cannot be had so. */
function orNone<T>(f: () => T): T | undefined {
  try {
    return f();
  } catch (error) {
    if (error instanceof SbpcError) return undefined;
    throw error;
  }
}

/** A plan is compiled already: flags that say how would be ignored, so they are refused. */
function refuseCompileFlags(flags: CompileFlags): void {
  const given = [
    flags.mesh === undefined ? "" : "--mesh",
    flags.batch === undefined ? "" : "--batch",
    Object.keys(flags.dim).length === 0 ? "" : "--dim",
    Object.keys(flags.set).length === 0 ? "" : "--set",
    Object.keys(flags.value).length === 0 ? "" : "--value",
    flags.hints ? "" : "--no-hints",
    flags.microbatches === 1 ? "" : "--microbatches",
    flags.chunks === undefined ? "" : "--chunks",
    flags.memory === undefined ? "" : "--memory",
    flags.dumpPasses === undefined ? "" : "--dump-passes",
    ...givenTrainFlags(flags),
  ].filter((flag) => flag !== "");
  if (given.length > 0) {
    throw new SbpcError([
      diagnostic("usage", {
        problem: `${given.join(", ")} cannot change a plan that is already compiled; give the model instead.`,
      }),
    ]);
  }
}

/** Writes `NNN-pass-name.graph` into a folder. */
function passDumper(folder: string): (index: number, pass: string, text: string) => void {
  const target = resolve(folder);
  try {
    mkdirSync(target, { recursive: true });
  } catch (error) {
    fail("file-unwritable", { path: folder, problem: (error as Error).message });
  }
  return (index, pass, text) =>
    writeFileSync(`${target}/${String(index).padStart(3, "0")}-${pass}.graph`, text);
}
