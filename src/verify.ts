/** Verifies a plan: its outputs on local devices against those of the unsharded model, number by number. */
import { runWhole, type WholeResult } from "../backends/local/run-whole.ts";
import { runGroup, type GroupResult } from "../backends/local/supervisor.ts";
import { placeOf } from "./backends.ts";
import { diagnostic, type Diagnostic } from "./diagnostics/diagnostic.ts";
import { producers, type Graph } from "./ir/graph.ts";
import { deviceCount } from "./ir/layout.ts";
import { compareTensors, holdsNaN, roundedAt } from "./plan/compare.ts";
import type { Plan } from "./plan/plan.ts";
import { groupJob, sourceGraph, type NamedJob, type RunOptions } from "./run-job.ts";
import { present } from "./support/assert.ts";
import { originalJob, probeNaN, silenceOf, wholeJob, type OriginalModel } from "./unsharded.ts";

export interface VerifyOptions extends Omit<RunOptions, "steps"> {
  /** Largest allowed max|a-b| / max|b|; default by element type. */
  readonly tolerance?: number;
  /** The ONNX file that the plan was compiled from: it is what runs unsharded. */
  readonly original?: OriginalModel;
  /** What the unsharded model gives, where it has run already. */
  readonly unsharded?: WholeResult;
}

export interface VerifiedOutput {
  readonly name: string;
  readonly maxAbsolute: number;
  readonly maxRelative: number;
  readonly allowed: number;
  readonly ok: boolean;
}

export interface VerifyResult {
  readonly ok: boolean;
  readonly backend: string;
  readonly ranks: number;
  readonly outputs: readonly VerifiedOutput[];
  /** The first operator of the unsharded model that makes a NaN, where there is one. */
  readonly firstNaN?: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** Runs the model that a plan was compiled from as `verifyPlan` does; the same for every plan of it with equal micro-batches. */
export function runUnsharded(plan: Plan, options: VerifyOptions = {}): Promise<WholeResult> {
  const graph = sourceGraph(plan);
  return runModel(plan, graph, groupJob(plan, graph, options, true), options);
}

function runModel(
  plan: Plan,
  graph: Graph,
  job: NamedJob,
  { original }: Pick<VerifyOptions, "original">,
): Promise<WholeResult> {
  const whole = wholeJob(plan, graph, job, false);
  return runWhole(original === undefined ? whole : originalJob(whole, graph, original), silenceOf(job));
}

/**
 * Runs the plan on its devices and the model as it was built in one session of ONNX Runtime on the CPU, with equal random
 * parameters (constants too are made random), inputs and masks, and compares their outputs.
 */
export async function verifyPlan(plan: Plan, options: VerifyOptions = {}): Promise<VerifyResult> {
  const { onProgress = () => undefined } = options;
  const { tolerance = toleranceAt(options) } = options;
  const graph = sourceGraph(plan);
  const job = groupJob(plan, graph, options, true);
  onProgress("running the unsharded model");
  const whole = options.unsharded ?? (await runModel(plan, graph, job, options));
  const sharded = await runGroup(job, (text) =>
    onProgress(`running on ${deviceCount(plan.mesh)} devices: ${text}`),
  );

  const diagnostics: Diagnostic[] = [];
  let anyNaN = false;
  const makers = producers(graph);
  const outputs = graph.outputs.map(({ name, value }, index): VerifiedOutput => {
    const expected = present(whole.outputs[index], "the unsharded model lacks an output", () => name);
    const actual = present(sharded.outputs.get(name), "the plan lacks an output", () => name);
    const { hasNaN, ...difference } = compareTensors(actual, expected, tolerance, roundedAt(value, makers));
    anyNaN ||= hasNaN;
    if (!difference.ok && !hasNaN) {
      const details = {
        output: name,
        difference: difference.maxRelative.toExponential(2),
        allowed: difference.allowed.toExponential(0),
      };
      diagnostics.push(diagnostic("verification-failed", details));
    }
    return { name, ...difference };
  });
  diagnostics.push(...sharded.notes);
  const common = { backend: job.backendName, ranks: deviceCount(plan.mesh), outputs };
  if (!anyNaN) return { ok: outputs.every(({ ok }) => ok), ...common, diagnostics };
  onProgress("looking for the first NaN");
  const nan = await findNaN(plan, graph, job, whole, sharded);
  const first = nan.node === undefined ? {} : { firstNaN: nan.node };
  return { ok: false, ...common, ...first, diagnostics: [nan.diagnostic, ...diagnostics] };
}

/** The tolerance of f32 where the plan runs elsewhere than the reference; that of each type by itself otherwise. */
function toleranceAt({ backend, device }: Pick<RunOptions, "backend" | "device">): number | undefined {
  const { tolerance } = placeOf(backend, device);
  return tolerance === placeOf().tolerance ? undefined : tolerance;
}

/** The first node of the unsharded model that makes a NaN out of none; the input or parameter that holds one; or neither. */
async function findNaN(
  plan: Plan,
  graph: Graph,
  job: NamedJob,
  whole: WholeResult,
  sharded: GroupResult,
): Promise<{ readonly node?: string; readonly diagnostic: Diagnostic }> {
  const inShards = (name: string): boolean => {
    const tensor = sharded.outputs.get(name);
    return tensor !== undefined && holdsNaN(tensor);
  };
  const affected =
    graph.outputs.find(({ name }, i) => whole.nans[i] === true || inShards(name))?.name ?? "an output";
  if (!whole.nans.includes(true)) {
    return { diagnostic: diagnostic("not-a-number", { value: affected, node: "the sharded run alone" }) };
  }
  return probeNaN(plan, graph, job, affected);
}
