/**
 * Compares what training steps leave on one device and on many: losses, gradients, updates, and parameters after steps that ran
 * freely. What is told and allowed is said in `src/train-verify.ts`.
 */
import { placeOf, type Place } from "./backends.ts";
import type { Diagnostic } from "./diagnostics/diagnostic.ts";
import { toNumbers } from "./ir/tensor-data.ts";
import type { HostTensor } from "./plan/backend.ts";
import type { Plan, TrainOptions } from "./plan/plan.ts";
import { present } from "./support/assert.ts";
import { at } from "./support/collections.ts";
import { clipFactor, updatedTensors } from "./train-update.ts";

/** One comparison of one kind of thing: its worst case over all steps. */
export interface TrainCheck {
  readonly what: string;
  /** The worst tensor, and its step. */
  readonly where: string;
  readonly difference: number;
  readonly allowed: number;
  readonly ok: boolean;
}

/** What one run leaves. */
export interface Outcome {
  readonly losses: readonly number[];
  readonly gradients: ReadonlyMap<string, Float64Array>;
  readonly parameters: ReadonlyMap<string, HostTensor>;
  /** How the segments ran. */
  readonly notes?: readonly Diagnostic[];
}

export interface Limits {
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

export function limitsOf({ outputs, options: { train } }: Plan, place: Place): Limits {
  const loss = outputs.find(({ name }) => name === train?.loss);
  return loss?.type.dtype === "f64" && place.tolerance === placeOf().tolerance
    ? doubles
    : limitsAt(place, train?.precision);
}

/** Part of the norm of all gradients below which a gradient is rounding. */
const floor = 1e-7;
/** Part of it below which a tensor's true gradient counts as zero. */
const zeroPart = 1e-6;

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
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] as number) ** 2;
  return Math.sqrt(sum);
}

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += ((a[i] as number) - (b[i] as number)) ** 2;
  return Math.sqrt(sum);
}

function globalNorm(gradients: ReadonlyMap<string, Float64Array>): number {
  return Math.hypot(...[...gradients.values()].map(norm));
}

/** A tensor of a run by its name, as numbers. */
function numbersOf(tensors: ReadonlyMap<string, HostTensor>, name: string): Float64Array {
  return toNumbers(present(tensors.get(name), "a tensor is missing", () => name));
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
  const [total, ownTotal] = [globalNorm(expected.gradients), globalNorm(actual.gradients)];
  // Under fp16 a step with gradients that are not finite is left out, on one device as on many.
  const [counts, ownCounts] = [Number.isFinite(total), Number.isFinite(ownTotal)];
  if (counts !== ownCounts) worst.note("finite gradients", `step ${step}`, 1, 0);
  for (const [name, gradient] of counts ? expected.gradients : []) {
    const own = present(actual.gradients.get(name), "a gradient is missing", () => name);
    const [size, apart] = [norm(gradient), distance(gradient, own)];
    const scale = Math.max(size, floor * total);
    const difference = scale === 0 ? norm(own) : apart / scale;
    // A gradient that is all rounding has no digits to compare.
    if (size > zeroPart * total || apart > floor * total)
      worst.note("gradients", `${name}, step ${step}`, difference, worst.limits.gradient);
  }
  const clip = clipFactor(train, actual.gradients.values());
  const appliedBefore = before.has("optimizer.applied")
    ? numbersOf(before, "optimizer.applied")[0]
    : undefined;
  for (const [name, gradient] of actual.gradients) {
    const updated = updatedTensors({
      train,
      step,
      name,
      applied: train.precision === "fp16" ? (appliedBefore ?? step) : step,
      gradient: clip === 1 ? gradient : gradient.map((x) => x * clip),
      before: (tensor) => numbersOf(before, tensor),
    });
    for (const [tensor, next] of updated) {
      const values = ownCounts ? next : numbersOf(before, tensor);
      const now = numbersOf(actual.parameters, tensor);
      const scale = Math.max(norm(values), 1e-30);
      worst.note("updates", `${tensor}, step ${step}`, distance(values, now) / scale, worst.limits.update);
    }
  }
}

/** The smallest elements of a gradient that together are no more than `most` in L2: a key bias, or the keys' part of a fused one. */
function withoutGradient(gradient: Float64Array, most: number): ReadonlySet<number> {
  const small: number[] = [];
  let smallSquares = 0;
  for (let i = 0; i < gradient.length; i++) {
    const square = (gradient[i] as number) ** 2;
    // Of what is not a number none is small.
    if (!(square <= most ** 2)) continue;
    small.push(i);
    smallSquares += square;
  }
  if (smallSquares <= most ** 2) return new Set(small);
  const still = new Set<number>();
  const size = (i: number) => Math.abs(gradient[i] as number);
  let squares = 0;
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
    const [a, b] = [numbersOf(expected.parameters, name), numbersOf(actual.parameters, name)];
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
