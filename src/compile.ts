/** Compiles a graph into an execution plan: the pipeline of passes, run for a mesh and a cluster. */
import { pipeline } from "../passes/pipeline.ts";
import type { Compilation } from "../passes/pass.ts";
import { runPasses } from "../passes/runner.ts";
import { createCostModel } from "./cost/alpha-beta.ts";
import { clusterText, type Cluster } from "./cost/cluster.ts";
import { diagnostic, DiagnosticSink, fail, SbpcError, type Diagnostic } from "./diagnostics/diagnostic.ts";
import { typeOf, type Graph } from "./ir/graph.ts";
import type { Mesh } from "./ir/layout.ts";
import { printGraph } from "./ir/text/print.ts";
import { printType, type ValueType } from "./ir/types.ts";
import type { RecomputeMode } from "./ops/recompute.ts";
import { stepLength, validSource, type Dealing } from "./plan/micro-batches.ts";
import type { Plan, TrainOptions } from "./plan/plan.ts";
import { meshOfSchedule } from "./schedule/step-order.ts";
import { present } from "./support/assert.ts";
import { printBytes } from "./support/units.ts";

export interface CompileOptions {
  /** The model built for the whole batch: what the plan is verified against. */
  readonly whole: Graph;
  /** The model built for one micro-batch: what is compiled. The same graph where there is one micro-batch. */
  readonly micro: Graph;
  /**
   * Per input, random source and output, the axis that counts samples: masks are drawn sample by sample. Default: what `whole` and
   * `micro` say, which is nothing where there is one micro-batch.
   */
  readonly batchAxes?: ReadonlyMap<string, number | null> | undefined;
  readonly mesh: Mesh;
  readonly cluster: Cluster;
  /** Whether the model's own layout hints are obeyed. */
  readonly hints: boolean;
  /** Bytes that a device may use; default: what the cluster's devices have. */
  readonly memoryLimit?: number;
  readonly microbatches: number;
  /** Samples of a step, where the micro-batches do not divide them: `micro` is built for as many as the longest has. */
  readonly samples?: number | undefined;
  /** Stages on every rank of the pipeline, where the schedule may have several; default: the schedule's own number. */
  readonly chunks?: number;
  /** Absent: the forward pass alone. */
  readonly train?: TrainOptions;
  /** Bound dimensions and model settings, as given: kept in the plan. */
  readonly dims: Readonly<Record<string, number>>;
  readonly settings: Readonly<Record<string, string>>;
  /** Called before each pass with its name. */
  readonly onPhase?: (name: string) => void;
  /** Gets the text of the graph after each pass that changed it. */
  readonly dump?: (index: number, pass: string, text: string) => void;
  /** Whether properties are checked between passes. Default true; false where time is measured. */
  readonly check?: boolean;
}

export interface CompileResult {
  readonly plan: Plan;
  /** Warnings and notes. */
  readonly diagnostics: readonly Diagnostic[];
  readonly phases: readonly { readonly name: string; readonly milliseconds: number }[];
  /** What the last pass left: graphs of every stage and class among it. */
  readonly compilation: Compilation;
}

/** Plans made before a memory limit is given up, or the best one found is taken. */
const memoryAttempts = 14;
/** Part of the limit that budgets are told apart by, and that the first step down gives up besides what is too much. */
const memoryStep = 0.005;
/** Part of the limit by which the choice of layouts may count more than a finished plan needs. */
const mostOverestimated = 0.1;

/**
 * Throws an `SbpcError` for what is wrong with the model or cannot be had on the mesh.
 *
 * Where a training step does not fit and nothing is said about recomputation, activations are recomputed (`compileRecomputing`).
 * The choice of layouts counts memory before segments and buffers are known. Where the plan made without a limit needs too much,
 * the choice is made again with as much to count on as the limit is, then in doubling steps less until a plan fits or no layout
 * does, then by bisection between what was too much and what was enough (or too little).
 */
export function compile(options: CompileOptions): CompileResult {
  const limit = options.memoryLimit ?? options.cluster.device.memory;
  const free = compileWithin(options, Infinity);
  const need = peakOf(free);
  if (need.bytes <= limit) return free;
  const { train } = options;
  return train !== undefined && train.recompute === undefined
    ? compileRecomputing(options, train, need, limit)
    : compileLimited(options, need, limit);
}

/**
 * A training step that needs too much where activations are kept: they are recomputed selectively, or by layer where that is not
 * enough; where neither is, layouts have to give way as well.
 */
function compileRecomputing(
  options: CompileOptions,
  train: TrainOptions,
  kept: Need,
  limit: number,
): CompileResult {
  const told = (mode: RecomputeMode, result: CompileResult): CompileResult => {
    const note = diagnostic("recompute-chosen", {
      mode,
      device: kept.device,
      needed: printBytes(kept.bytes),
      with: printBytes(result.plan.prediction.peakMemoryBytes[kept.device] ?? 0),
      limit: printBytes(limit),
    });
    return { ...result, diagnostics: [...result.diagnostics, note] };
  };
  const asking = (recompute: RecomputeMode) => ({ ...options, train: { ...train, recompute } });
  let least: { readonly mode: RecomputeMode; readonly need: Need } | undefined;
  for (const mode of ["selective", "layer"] as const) {
    const result = compileWithin(asking(mode), Infinity);
    const need = peakOf(result);
    if (need.bytes <= limit) return told(mode, result);
    if (least === undefined || need.bytes < least.need.bytes) least = { mode, need };
  }
  const { mode, need } = present(least, "nothing was tried");
  return told(mode, compileLimited(asking(mode), need, limit));
}

/** The fastest plan found within `limit`; `need` is what the plan made without one needs. */
function compileLimited(options: CompileOptions, need: Need, limit: number): CompileResult {
  let tooMuch = { budget: Math.min(need.bytes, (1 + mostOverestimated) * limit), ...need };
  /** The largest budget that is known to give a plan that fits, or no layout at all. */
  let floor: number | undefined;
  let best: CompileResult | undefined;
  let refusal: SbpcError | undefined;
  let budget = limit;
  for (let attempt = 0; attempt < memoryAttempts; attempt++) {
    const result = layoutsWithin(options, budget);
    const peak = result instanceof SbpcError ? undefined : peakOf(result);
    if (peak !== undefined && peak.bytes > limit) {
      tooMuch = { budget, ...peak };
    } else {
      floor = budget;
      if (result instanceof SbpcError) refusal ??= result;
      else if (isFaster(result, best)) best = result;
    }
    const step = memoryStep * 2 ** attempt * limit;
    if (floor === undefined) budget = Math.max(0, tooMuch.budget - (tooMuch.bytes - limit) - step);
    else if (tooMuch.budget - floor < memoryStep * limit) break;
    else budget = (floor + tooMuch.budget) / 2;
  }
  if (best !== undefined) return best;
  if (refusal !== undefined && tooMuch.budget >= limit) throw refusal;
  const { device, bytes } = tooMuch;
  return fail("out-of-memory", { device, needed: printBytes(bytes), limit: printBytes(limit) });
}

/** The device that needs most memory, and how much. */
interface Need {
  readonly device: number;
  readonly bytes: number;
}

function peakOf({ plan }: CompileResult): Need {
  const peaks = plan.prediction.peakMemoryBytes;
  const bytes = Math.max(...peaks);
  return { device: peaks.indexOf(bytes), bytes };
}

/** The refusal where no layout fits. */
function layoutsWithin(options: CompileOptions, budget: number): CompileResult | SbpcError {
  try {
    return compileWithin(options, budget);
  } catch (error) {
    if (error instanceof SbpcError && error.code === "out-of-memory") return error;
    throw error;
  }
}

function isFaster({ plan }: CompileResult, than: CompileResult | undefined): boolean {
  return than === undefined || plan.prediction.stepSeconds < than.plan.prediction.stepSeconds;
}

/** One run of the pipeline; `memoryBudget` is what the choice of layouts may count on, in bytes per device. */
function compileWithin(options: CompileOptions, memoryBudget: number): CompileResult {
  const { whole, micro, cluster, hints, memoryLimit, microbatches, samples, train, dims, settings } = options;
  const { onPhase, dump, check } = options;
  const mesh =
    train === undefined
      ? options.mesh
      : meshOfSchedule(options.mesh, train.schedule, microbatches, options.chunks);
  const costModel = createCostModel(cluster);
  const sink = new DiagnosticSink();
  const { compilation, phases } = runPasses(
    pipeline,
    { graph: { ...micro, mesh } },
    {
      mesh,
      options: {
        microbatches,
        ...(samples === undefined ? {} : { samples }),
        hints,
        cluster: clusterText(cluster),
        ...(memoryLimit === undefined ? {} : { memoryLimit }),
        ...(memoryBudget === Infinity ? {} : { memoryBudget }),
        dims,
        settings,
        ...(train === undefined ? {} : { train }),
      },
      costModel,
      memoryBudget,
      sink,
      source: printGraph(whole),
      ...(micro === whole ? {} : { micro: printGraph(micro) }),
      batchAxes: batchAxesOf(options),
    },
    {
      ...(onPhase === undefined ? {} : { onPass: (pass) => onPhase(pass.name) }),
      ...(dump === undefined ? {} : { dump }),
      ...(check === undefined ? {} : { check }),
    },
  );
  const plan = present(compilation.plan, "the pipeline makes no plan");
  return {
    plan,
    diagnostics: sink.diagnostics,
    phases: phases.map(({ name, milliseconds }) => ({ name, milliseconds })),
    compilation,
  };
}

function batchAxesOf({ batchAxes, whole, micro, microbatches, samples }: CompileOptions) {
  const axes = batchAxes ?? findBatchAxes(whole, micro, microbatches, samples);
  return samples === undefined ? axes : new Map([...axes, [validSource, 0]]);
}

/**
 * Per input, random source and output: the axis that is longer in the whole, as much as a step is longer than a micro-batch; null
 * where none is.
 */
export function findBatchAxes(
  whole: Graph,
  micro: Graph,
  microbatches: number,
  samples?: number,
): Map<string, number | null> {
  const axes = new Map<string, number | null>();
  const dealing = { microbatches, samples };
  const compare = (name: string, long: ValueType, short: ValueType) =>
    axes.set(name, batchAxis(name, long, short, dealing));
  for (const source of micro.sources) {
    if (source.kind !== "input" && source.kind !== "random") continue;
    if (whole.values.has(source.value))
      compare(source.value, typeOf(whole, source.value), typeOf(micro, source.value));
  }
  const returned = new Map(whole.outputs.map(({ name, value }) => [name, value]));
  for (const { name, value } of micro.outputs) {
    const counterpart = returned.get(name);
    if (counterpart !== undefined) compare(name, typeOf(whole, counterpart), typeOf(micro, value));
  }
  return axes;
}

function batchAxis(name: string, whole: ValueType, micro: ValueType, dealing: Dealing): number | null {
  const [long, short] = [whole, micro].map((type) => (type.kind === "tensor" ? type.shape : []));
  const differing = (short ?? []).flatMap((size, axis) => (size === long?.[axis] ? [] : [axis]));
  const [axis] = differing;
  if (axis === undefined) return null;
  if (differing.length > 1 || Number(long?.[axis]) !== stepLength(dealing, Number(short?.[axis]))) {
    const { microbatches } = dealing;
    fail("microbatch-shape", { name, whole: printType(whole), micro: printType(micro), microbatches });
  }
  return axis;
}
