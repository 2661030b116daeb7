/** Comparison of a run's outputs with the unsharded model's. */
import { toNumbers } from "../ir/tensor-data.ts";
import type { Node } from "../ir/graph.ts";
import { isFloat, type DataType } from "../ir/types.ts";
import { findOp } from "../ops/registry.ts";
import { arraysEqual } from "../support/collections.ts";
import type { HostTensor } from "./backend.ts";

export interface Difference {
  /** max|a - b|; for integers and booleans too. */
  readonly maxAbsolute: number;
  /** max|a - b| / max|b| over the tensor; 0 where both are 0 everywhere. */
  readonly maxRelative: number;
  /** The largest maxRelative that counts as equal; 0 for integers and booleans. */
  readonly allowed: number;
  readonly ok: boolean;
  readonly hasNaN: boolean;
}

/**
 * Allowed maxRelative by element type. f32 rounding over 12 layers gives at most 5.3e-7; a sum of halves is rounded
 * once per device and layer, so that differences are some units in the last place (2^-11 and 2^-8).
 */
export function defaultTolerance(dtype: DataType): number {
  if (dtype === "f16") return 5e-3;
  if (dtype === "bf16") return 4e-2;
  return isFloat(dtype) ? 1e-5 : 0;
}

/** Distance between 1 and the next number, by element type. */
const spacing: Readonly<Partial<Record<DataType, number>>> = {
  f64: 2 ** -52,
  f32: 2 ** -23,
  f16: 2 ** -10,
  bf16: 2 ** -7,
};
/** Roundings, of either side together, that one operator's result may be off by. */
const roundings = 4;

/** The value's producer's `roundedAt`; 0 where it has none. Operators that only move elements are looked through. */
export function roundedAt(value: string, makers: ReadonlyMap<string, Node>): number {
  for (let node = makers.get(value); node !== undefined;) {
    const definition = findOp(node.op);
    if (definition?.roundedAt !== undefined) return definition.roundedAt;
    const from =
      definition?.moves !== undefined && definition.moves !== "all" ? definition.moves[0] : undefined;
    node = from === undefined ? undefined : makers.get(node.inputs[from] ?? "");
  }
  return 0;
}

/** Largest |a - b| where the expected tensor is 0 everywhere, and no ratio exists. */
const allowedBesideZero = 1e-6;

/**
 * Compares `actual` with `expected`. Floats: maxRelative within the tolerance, or maxAbsolute <= 1e-6 where the expected
 * are all 0; equal infinities are equal; any NaN is a failure. Integers and booleans must be equal. `rounded`: the elements are
 * rounded as numbers of this size; where they are much smaller, a few such roundings are allowed.
 */
export function compareTensors(
  actual: HostTensor,
  expected: HostTensor,
  tolerance?: number,
  rounded = 0,
): Difference {
  const { dtype } = expected;
  const tolerated = isFloat(dtype) ? (tolerance ?? defaultTolerance(dtype)) : 0;
  if (actual.dtype !== dtype || !arraysEqual(actual.shape, expected.shape)) {
    return { maxAbsolute: Infinity, maxRelative: Infinity, allowed: tolerated, ok: false, hasNaN: false };
  }
  let maxAbsolute = 0;
  let largest = 0;
  let hasNaN = false;
  const [own, wanted] = [toNumbers(actual), toNumbers(expected)];
  for (let i = 0; i < wanted.length; i++) {
    const [a, b] = [own[i] as number, wanted[i] as number];
    if (a !== a || b !== b) hasNaN = true;
    else {
      if (a !== b) maxAbsolute = Math.max(maxAbsolute, Math.abs(a - b));
      if (Number.isFinite(b)) largest = Math.max(largest, Math.abs(b));
    }
  }
  const maxRelative = maxAbsolute === 0 ? 0 : largest === 0 ? Infinity : maxAbsolute / largest;
  const rounding = roundings * (spacing[dtype] ?? 0) * 0.5 * rounded;
  const allowed = largest === 0 ? tolerated : Math.max(tolerated, rounding / largest);
  const ok =
    !hasNaN &&
    (maxRelative <= allowed || (largest === 0 && isFloat(dtype) && maxAbsolute <= allowedBesideZero));
  return { maxAbsolute, maxRelative, allowed, ok, hasNaN };
}

export function holdsNaN(tensor: HostTensor): boolean {
  return isFloat(tensor.dtype) && toNumbers(tensor).includes(Number.NaN);
}
