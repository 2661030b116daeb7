/** Compiles a graph into an execution plan: the pipeline of passes, run for a mesh and a cluster. */
import { pipeline } from "../passes/pipeline.ts";
import type { Compilation } from "../passes/pass.ts";
import { runPasses } from "../passes/runner.ts";
import { createCostModel } from "./cost/alpha-beta.ts";
import type { Cluster } from "./cost/cluster.ts";
import { DiagnosticSink, fail, SbpcError, type Diagnostic } from "./diagnostics/diagnostic.ts";
import { typeOf, type Graph } from "./ir/graph.ts";
import type { Mesh } from "./ir/layout.ts";
import { printGraph } from "./ir/text/print.ts";
import { printType, type ValueType } from "./ir/types.ts";
import type { Plan } from "./plan/plan.ts";
import { present } from "./support/assert.ts";
import { printBytes } from "./support/units.ts";

export interface CompileOptions {
  /** The model built for the whole batch: what the plan is verified against. */
  readonly whole: Graph;
  /** The model built for one micro-batch: what is compiled. The same graph where there is one micro-batch. */
  readonly micro: Graph;
  readonly mesh: Mesh;
  readonly cluster: Cluster;
  /** Whether the model's own layout hints are obeyed. */
  readonly hints: boolean;
  /** Bytes that a device may use; default: what the cluster's devices have. */
  readonly memoryLimit?: number;
  readonly microbatches: number;
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

/** Plans made with less and less to count on before a memory limit is given up. */
const memoryAttempts = 6;
/** Part of the limit that every further attempt gives up besides. */
const memoryStep = 0.01;

/**
 * Throws an `SbpcError` for what is wrong with the model or cannot be had on the mesh.
 *
 * The choice of layouts counts memory before segments and buffers are known. Where the finished plan needs more than the limit,
 * the choice is made again with that much less to count on.
 */
export function compile(options: CompileOptions): CompileResult {
  const limit = options.memoryLimit ?? options.cluster.device.memory;
  let budget = limit;
  let tooBig: { device: number; peak: number } | undefined;
  for (let attempt = 0; attempt < memoryAttempts; attempt++) {
    let result: CompileResult;
    try {
      result = compileWithin(options, budget);
    } catch (error) {
      if (tooBig !== undefined && error instanceof SbpcError && error.code === "out-of-memory") break;
      throw error;
    }
    const peaks = result.plan.prediction.peakMemoryBytes;
    const peak = Math.max(...peaks);
    if (peak <= limit) return result;
    tooBig = { device: peaks.indexOf(peak), peak };
    // The more so with every attempt: layouts come in steps, and the next one down may be some way off.
    budget -= peak - limit + attempt * memoryStep * limit;
  }
  const { device, peak } = present(tooBig, "no plan, and none too big");
  return fail("out-of-memory", { device, needed: printBytes(peak), limit: printBytes(limit) });
}

/** One run of the pipeline; `memoryBudget` is what the choice of layouts may count on, in bytes per device. */
function compileWithin(options: CompileOptions, memoryBudget: number): CompileResult {
  const { whole, micro, mesh, cluster, hints, memoryLimit, microbatches, dims, settings } = options;
  const { onPhase, dump, check } = options;
  const costModel = createCostModel(cluster);
  const sink = new DiagnosticSink();
  const { compilation, phases } = runPasses(
    pipeline,
    { graph: { ...micro, mesh } },
    {
      mesh,
      options: {
        microbatches,
        hints,
        cluster: costModel.cluster,
        ...(memoryLimit === undefined ? {} : { memoryLimit }),
        dims,
        settings,
      },
      costModel,
      memoryBudget,
      sink,
      source: printGraph(whole),
      batchAxes: findBatchAxes(whole, micro, microbatches),
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

/** Per input, random source and output: the axis that is `microbatches` times longer in the whole; null where none is. */
export function findBatchAxes(whole: Graph, micro: Graph, microbatches: number): Map<string, number | null> {
  const axes = new Map<string, number | null>();
  const compare = (name: string, long: ValueType, short: ValueType) =>
    axes.set(name, batchAxis(name, long, short, microbatches));
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

function batchAxis(name: string, whole: ValueType, micro: ValueType, microbatches: number): number | null {
  const [long, short] = [whole, micro].map((type) => (type.kind === "tensor" ? type.shape : []));
  const differing = (short ?? []).flatMap((size, axis) => (size === long?.[axis] ? [] : [axis]));
  const [axis] = differing;
  if (axis === undefined) return null;
  if (differing.length > 1 || Number(long?.[axis]) !== microbatches * Number(short?.[axis])) {
    fail("microbatch-shape", { name, whole: printType(whole), micro: printType(micro), microbatches });
  }
  return axis;
}
