/**
 * Verifies a training plan: some steps on its devices against the same steps on one device with the same micro-batches.
 *
 * 1  Each step from equal state. The state that one device has before a step is given to both: the loss, every gradient, and every
 *    new parameter and optimizer state must agree. New values are compared with what the optimizer makes (in f64) of the devices'
 *    own gradients: an optimizer divides by small numbers, and would show rounding of the gradients as if it were its own.
 * 2  Free-running: all steps one after another, losses and parameters. What has a true gradient of zero (a key bias, or that part of
 *    a fused one: the softmax does not see it) moves with the rounding of its gradient, by up to the learning rate a step; such
 *    elements are found by their gradients, listed, and bounded by that.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runGroup, type GroupResult } from "../backends/local/supervisor.ts";
import { compile } from "./compile.ts";
import { loadCluster } from "./cluster-files.ts";
import { placeOf, printPlace, reference, type Place } from "./backends.ts";
import { diagnostic, fail, type Diagnostic } from "./diagnostics/diagnostic.ts";
import { deviceCount } from "./ir/layout.ts";
import type { Graph, Node } from "./ir/graph.ts";
import { producers } from "./ir/graph.ts";
import { accumulateOp, gradientOp } from "./ir/step-node.ts";
import { parseGraph } from "./ir/text/parse.ts";
import { readNumber } from "./ir/tensor-data.ts";
import type { HostTensor } from "./plan/backend.ts";
import type { Plan, TrainOptions } from "./plan/plan.ts";
import { groupJob, sourceGraph, type RunOptions } from "./run-job.ts";
import { listSafetensors, writeSafetensors } from "./files/safetensors.ts";
import { present } from "./support/assert.ts";
import { at, range } from "./support/collections.ts";
import { clipFactor, updatedTensors } from "./train-update.ts";

export interface TrainVerifyOptions extends Omit<RunOptions, "steps"> {
  /** Default 3. */
  readonly steps?: number;
}

/** One comparison of one kind of thing: its worst case over all steps. */
export interface TrainCheck {
  readonly what: string;
  /** The worst tensor, and its step. */
  readonly where: string;
  readonly difference: number;
  readonly allowed: number;
  readonly ok: boolean;
}

export interface TrainVerifyResult {
  readonly ok: boolean;
  readonly backend: string;
  readonly ranks: number;
  readonly steps: number;
  /** Of one device, free-running. */
  readonly losses: readonly number[];
  readonly checks: readonly TrainCheck[];
  /** Parameters whose true gradient is zero. */
  readonly zeroGradients: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

interface Limits {
  readonly loss: number;
  readonly gradient: number;
  readonly update: number;
  readonly freeLoss: number;
  readonly freeParameter: number;
}

/** What products in half types round off. Updates are f32 there too, and compared given equal gradients. */
const halves = {
  fp16: { loss: 1e-3, gradient: 5e-3, freeLoss: 1e-3, freeParameter: 1e-2 },
  bf16: { loss: 8e-3, gradient: 4e-2, freeLoss: 8e-3, freeParameter: 8e-2 },
};

/** Where the loss is f64, on ONNX Runtime's CPU: what is left is no rounding of f32. */
const doubles: Limits = { loss: 1e-10, gradient: 1e-10, update: 1e-10, freeLoss: 1e-9, freeParameter: 1e-8 };

/** What is allowed at a place. Steps that run freely differ more: the optimizer turns the sign of what is all rounding. */
function limitsAt({ tolerance }: Place, precision?: TrainOptions["precision"]): Limits {
  const half = precision === undefined ? undefined : halves[precision];
  return {
    loss: Math.max(tolerance, half?.loss ?? 0),
    gradient: Math.max(tolerance, half?.gradient ?? 0),
    update: tolerance,
    freeLoss: Math.max(1e-4, tolerance, half?.freeLoss ?? 0),
    freeParameter: Math.max(1e-3, 10 * tolerance, half?.freeParameter ?? 0),
  };
}

function limitsOf({ outputs, options: { train } }: Plan, place: Place): Limits {
  const loss = outputs.find(({ name }) => name === train?.loss);
  return loss?.type.dtype === "f64" && place.tolerance === placeOf().tolerance
    ? doubles
    : limitsAt(place, train?.precision);
}

/** Part of the norm of all gradients below which a gradient is rounding. */
const floor = 1e-7;
/** Part of it below which a tensor's true gradient counts as zero. */
const zeroPart = 1e-6;

/** What one run leaves. */
export interface Outcome {
  readonly losses: readonly number[];
  readonly gradients: ReadonlyMap<string, Float64Array>;
  readonly parameters: ReadonlyMap<string, HostTensor>;
  /** How the segments ran. */
  readonly notes?: readonly Diagnostic[];
}

/** Rejects as `runPlan` does. */
export async function verifyTraining(
  plan: Plan,
  options: TrainVerifyOptions = {},
): Promise<TrainVerifyResult> {
  const { steps = 3, onProgress = () => undefined } = options;
  const train = plan.options.train ?? fail("usage", { problem: "The plan does not train." });
  const single = onOneDevice(plan, train);
  const worst = new Worst(limitsOf(plan, placeOf(options.backend, options.device)));
  const onReference: RunOptions = { ...options, ...reference };
  const notes = new Map<string, Diagnostic>();
  const folder = mkdtempSync(join(tmpdir(), "sbpc-verify-"));
  try {
    let { parameters: before } = await runSteps(single, onReference, undefined, 0, 0);
    for (const step of range(steps)) {
      onProgress(`step ${step + 1} of ${steps} from equal state`);
      const state = join(folder, `step${step}.safetensors`);
      writeSafetensors(state, before);
      const expected = await runSteps(single, onReference, state, step, 1);
      const actual = await runSteps(plan, options, state, step, 1);
      compareStep(worst, train, step, expected, actual, before);
      before = expected.parameters;
    }
    onProgress(`${steps} steps free-running`);
    const expected = await runSteps(single, onReference, undefined, 0, steps);
    const actual = await runSteps(plan, options, undefined, 0, steps);
    for (const note of actual.notes ?? []) notes.set(note.message, note);
    const zeroGradients = compareFree(worst, train, steps, expected, actual);
    const checks = worst.checks();
    const diagnostics = checks.flatMap(({ ok, what, where, difference, allowed }) =>
      ok
        ? []
        : [
            diagnostic("verification-failed", {
              output: `${what} (${where})`,
              difference: difference.toExponential(2),
              allowed: allowed.toExponential(0),
            }),
          ],
    );
    return {
      ok: diagnostics.length === 0,
      backend: printPlace(placeOf(options.backend, options.device)),
      ranks: deviceCount(plan.mesh),
      steps,
      losses: expected.losses,
      checks,
      zeroGradients,
      diagnostics: [...notes.values(), ...diagnostics],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same training on one device, with the same micro-batches. */
function onOneDevice(plan: Plan, train: TrainOptions): Plan {
  const whole = parseGraph(plan.source, `${plan.model}.graph`);
  const micro = plan.micro === "" ? whole : parseGraph(plan.micro, `${plan.model}.graph`);
  const { microbatches, samples, dims, settings } = plan.options;
  return compile({
    whole,
    micro,
    batchAxes: new Map<string, number | null>([
      ...[...plan.inputs, ...plan.outputs].map(({ name, batchAxis }) => [name, batchAxis] as const),
      ...plan.randoms.map(({ recipe, batchAxis }) => [recipe.key, batchAxis] as const),
    ]),
    mesh: { axes: [], stages: 1 },
    cluster: loadCluster("local"),
    hints: false,
    memoryLimit: Infinity,
    microbatches,
    samples,
    train: { ...train, zero: 0, schedule: "1f1b", recompute: "none" },
    dims,
    settings,
  }).plan;
}

/** Steps with random parameters, or from the parameters and states of a safetensors file. Gradients are the last step's. */
export async function runSteps(
  plan: Plan,
  options: RunOptions,
  state: string | undefined,
  firstStep: number,
  steps: number,
): Promise<Outcome> {
  const { onProgress: _, ...quiet } = options;
  const from = state === undefined ? plan : withParameters(plan, state);
  const job = groupJob(from, sourceGraph(from), { ...quiet, steps }, state === undefined);
  const result = await runGroup({ ...job, firstStep, collects: true });
  const loss = present(plan.options.train, "the plan does not train").loss;
  return {
    losses: (result.history.get(loss) ?? []).map(({ dtype, data }) => readNumber(dtype, data, 0)),
    gradients: steps === 0 ? new Map() : gradientsOf(parseGraph(plan.graph), result),
    parameters: result.parameters,
    notes: result.notes,
  };
}

/** The plan with parameters and states that come from a safetensors file. */
export function withParameters(plan: Plan, path: string): Plan {
  const entries = new Map(listSafetensors(path).map((entry) => [entry.name, entry]));
  const parameters = plan.parameters.map((parameter) => {
    const entry = entries.get(parameter.name);
    if (entry === undefined) return parameter;
    const { offset, length } = entry;
    return { ...parameter, initializer: { kind: "file" as const, path, offset, length } };
  });
  return { ...plan, parameters };
}

/** The whole gradient of every parameter, out of what the stages accumulated. */
function gradientsOf(graph: Graph, { gradients }: GroupResult): Map<string, Float64Array> {
  const makers = producers(graph);
  const valueOf = (name: string): Float64Array => {
    const node: Node = present(makers.get(name), "gradient that nothing makes", () => name);
    const input = (i: number) => valueOf(present(node.inputs[i], "absent input", () => node.name));
    if (node.op === accumulateOp) {
      const { dtype, data } = present(gradients.get(name), "gradient that was not collected", () => name);
      return Float64Array.from(data as ArrayLike<number>, (_, i) => readNumber(dtype, data, i));
    }
    if (node.inputs.length === 1) return input(0);
    const [a, b] = [input(0), input(1)];
    return a.map((x, i) => {
      const y = b[b.length === 1 ? 0 : i] as number;
      return node.op === "Add" ? x + y : x / y;
    });
  };
  return new Map(
    graph.nodes.flatMap((node): [string, Float64Array][] =>
      node.op === gradientOp
        ? [[node.attributes["parameter"] as string, valueOf(present(node.inputs[0], "no gradient"))]]
        : [],
    ),
  );
}

// --- comparing

/** The worst case of every kind of comparison. */
export class Worst {
  readonly limits: Limits;
  readonly #found = new Map<string, TrainCheck>();

  constructor(limits: Limits = limitsAt(placeOf())) {
    this.limits = limits;
  }

  note(what: string, where: string, difference: number, limit: number): void {
    const known = this.#found.get(what);
    const worse = known === undefined || !(difference / limit <= known.difference / known.allowed);
    if (!worse) return;
    this.#found.set(what, { what, where, difference, allowed: limit, ok: difference <= limit });
  }

  checks(): TrainCheck[] {
    return [...this.#found.values()];
  }
}

function norm(values: Float64Array): number {
  return Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));
}

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += ((a[i] as number) - (b[i] as number)) ** 2;
  return Math.sqrt(sum);
}

function numbers({ dtype, data }: HostTensor): Float64Array {
  return Float64Array.from({ length: data.length }, (_, i) => readNumber(dtype, data, i));
}

function globalNorm(gradients: ReadonlyMap<string, Float64Array>): number {
  return Math.hypot(...[...gradients.values()].map(norm));
}

/** One step from equal state, `before`. */
export function compareStep(
  worst: Worst,
  train: TrainOptions,
  step: number,
  expected: Outcome,
  actual: Outcome,
  before: ReadonlyMap<string, HostTensor>,
): void {
  const [loss, other] = [at(expected.losses, 0), at(actual.losses, 0)];
  worst.note(
    "loss",
    `step ${step}`,
    Math.abs(loss - other) / Math.max(Math.abs(loss), 1e-30),
    worst.limits.loss,
  );
  const total = globalNorm(expected.gradients);
  // Under fp16 a step with gradients that are not finite is left out, on one device as on many.
  const [counts, ownCounts] = [expected, actual].map(({ gradients }) =>
    Number.isFinite(globalNorm(gradients)),
  );
  if (counts !== ownCounts) worst.note("finite gradients", `step ${step}`, 1, 0);
  for (const [name, gradient] of counts === true ? expected.gradients : []) {
    const own = present(actual.gradients.get(name), "a gradient is missing", () => name);
    const scale = Math.max(norm(gradient), floor * total);
    const difference = scale === 0 ? norm(own) : distance(gradient, own) / scale;
    // A gradient that is all rounding has no digits to compare.
    if (norm(gradient) > zeroPart * total || distance(gradient, own) > floor * total)
      worst.note("gradients", `${name}, step ${step}`, difference, worst.limits.gradient);
  }
  const clip = clipFactor(train, actual.gradients.values());
  const numberOf = (name: string) => {
    const tensor = before.get(name);
    return tensor === undefined ? undefined : numbers(tensor)[0];
  };
  for (const [name, gradient] of actual.gradients) {
    const updated = updatedTensors({
      train,
      step,
      name,
      applied: train.precision === "fp16" ? (numberOf("optimizer.applied") ?? step) : step,
      gradient: gradient.map((x) => x * clip),
      before: (tensor) => numbers(present(before.get(tensor), "a tensor is missing", () => tensor)),
    });
    for (const [tensor, next] of updated) {
      const values = ownCounts === true ? next : numbers(present(before.get(tensor), "a tensor is missing"));
      const now = numbers(present(actual.parameters.get(tensor), "a tensor is missing", () => tensor));
      const scale = Math.max(norm(values), 1e-30);
      worst.note("updates", `${tensor}, step ${step}`, distance(values, now) / scale, worst.limits.update);
    }
  }
}

/** The smallest elements of a gradient that together are no more than `most` in L2: a key bias, or the keys' part of a fused one. */
function withoutGradient(gradient: Float64Array, most: number): Set<number> {
  if (norm(gradient) <= most) return new Set(gradient.keys());
  const size = (i: number) => Math.abs(gradient[i] as number);
  const still = new Set<number>();
  let squares = 0;
  const small = [...gradient.keys()].filter((i) => size(i) <= most);
  for (const i of small.sort((i, j) => size(i) - size(j))) {
    squares += size(i) ** 2;
    if (squares > most ** 2) break;
    still.add(i);
  }
  return still;
}

/** Steps one after another. Gives the parameters whose true gradient is zero, whole or where their rounding shows in part. */
export function compareFree(
  worst: Worst,
  train: TrainOptions,
  steps: number,
  expected: Outcome,
  actual: Outcome,
): string[] {
  expected.losses.forEach((loss, step) => {
    const difference = Math.abs(loss - at(actual.losses, step)) / Math.max(Math.abs(loss), 1e-30);
    worst.note("losses, free-running", `step ${step}`, difference, worst.limits.freeLoss);
  });
  const total = globalNorm(expected.gradients);
  const zero: string[] = [];
  for (const [name, gradient] of expected.gradients) {
    const [a, b] = [expected, actual].map(({ parameters }) =>
      numbers(present(parameters.get(name), "a parameter is missing", () => name)),
    ) as [Float64Array, Float64Array];
    const note = (own: Float64Array) => {
      const difference = distance(a, own) / Math.max(norm(a), 1e-30);
      worst.note("parameters, free-running", name, difference, worst.limits.freeParameter);
    };
    const still = withoutGradient(gradient, zeroPart * total);
    const isWhole = still.size === gradient.length;
    const shows = distance(a, b) > worst.limits.freeParameter * norm(a);
    if (still.size === 0 || (!isWhole && !shows)) {
      note(b);
      continue;
    }
    zero.push(isWhole ? name : `${name} (${still.size} of its ${gradient.length} elements)`);
    // Both may have gone the other way, and a little further than the rate while the moments are young.
    const bound = 4 * steps * train.optimizer.learningRate;
    const apart = a.map((x, i) => (still.has(i) ? Math.abs(x - (b[i] as number)) : 0));
    worst.note(
      "parameters without a gradient, free-running",
      name,
      apart.reduce((most, x) => Math.max(most, x), 0),
      bound,
    );
    if (!isWhole) note(b.map((x, i) => (still.has(i) ? (a[i] as number) : x)));
  }
  return zero;
}
