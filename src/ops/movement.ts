/** What operators that move elements share: index maps for `evaluate`, signatures along axes, parts of `localize`. */
import { isKnown, type Dim } from "../ir/dim.ts";
import { broadcast, partial, split, type Reduction, type Sbp } from "../ir/layout.ts";
import type { AxisFactor, PartialRules, Signature } from "../sbp/signature.ts";
import type { Call } from "./call.ts";
import type { Dense, Emitter, LocalizeContext, SignatureContext } from "./contract.ts";
import { build } from "./dense.ts";

export const reductions: readonly Reduction[] = ["sum", "max", "min"];

/** The first input may be partial in any way, and then the output is partial in that way. */
export const movesFirst: PartialRules = { linear: [[0]], monotone: [{ inputs: [0], direction: "up" }] };

/**
 * Moving elements commutes with every reduction: a partial first input gives a partial output. Holds where each output
 * element is one input element, or zero. Bools have no sum: their parts are combined by max (or).
 */
export function movedPartials(call: Call): PartialRules {
  return call.dtype(0) === "bool" ? { monotone: movesFirst.monotone ?? [], reduce: "max" } : movesFirst;
}

// --- evaluate

/** The array of `shape` whose element at an index is `x` at the position that `source` gives; `fill` where that is negative. */
export function remap(
  x: Dense,
  shape: readonly number[],
  source: (index: readonly number[]) => number,
  fill = 0,
): Dense {
  return build(x.dtype, shape, (index) => {
    const from = source(index);
    return from < 0 ? fill : (x.data[from] as number);
  });
}

// --- signatures

/** The signature with the named inputs as given and the others broadcast; one layout for every output, or a list. */
export function signatureOf(
  call: Call,
  inputs: Readonly<Record<number, Sbp>>,
  outputs: Sbp | readonly Sbp[],
): Signature {
  const single = "kind" in outputs ? outputs : undefined;
  return {
    inputs: call.inputs.map((type, i) => (type === null ? null : (inputs[i] ?? broadcast))),
    outputs:
      single === undefined
        ? (outputs as readonly Sbp[])
        : Array.from({ length: call.outputCount }, () => single),
  };
}

/** P(r) on the inputs of `set` together, broadcast elsewhere, giving P(r) (or P(to)); for each reduction. */
export function partialSet(
  call: Call,
  set: readonly number[],
  over: readonly Reduction[] = reductions,
  to?: Reduction,
): Signature[] {
  const isBool = set.some((index) => call.dtype(index) === "bool");
  return over
    .filter((reduce) => !isBool || reduce !== "sum")
    .map((reduce) =>
      signatureOf(call, Object.fromEntries(set.map((i) => [i, partial(reduce)])), partial(to ?? reduce)),
    );
}

/** The non-empty subsets of `items`. */
export function subsets(items: readonly number[]): number[][] {
  return items
    .reduce<number[][]>((found, item) => [...found, ...found.map((set) => [...set, item])], [[]])
    .slice(1);
}

/** A tensor's axis. */
type AxisOf = readonly [side: "input" | "output", tensor: number, axis: number];

/** The block sizes that any of the axes would like; 1 is among them. */
export function unitsAmong(context: SignatureContext, axes: readonly AxisOf[]): number[] {
  return [...new Set([1, ...axes.flatMap(([side, tensor, axis]) => context.unitsOf(side, tensor, axis))])];
}

/**
 * Splits along an axis where each `scaleIn` elements of the first input become `scaleOut` of the first output, whatever the
 * others are: whole blocks are dealt, in the numbers that either side would like.
 */
export function blockSplits(
  call: Call,
  context: SignatureContext,
  axis: number,
  scaleIn: number,
  scaleOut: number,
): Signature[] {
  const blocksOf = (side: "input" | "output", scale: number) =>
    context.unitsOf(side, 0, axis).map((unit) => lcm(unit, scale) / scale);
  const blocks = new Set([1, ...blocksOf("input", scaleIn), ...blocksOf("output", scaleOut)]);
  return [...blocks].map((count) =>
    signatureOf(call, { 0: split(axis, count * scaleIn) }, split(axis, count * scaleOut)),
  );
}

/** One factor per axis of a tensor of `rank`; none on axis `whole` (-1: on no axis). */
export function factorsBut(rank: number, whole: number): AxisFactor[] {
  return Array.from({ length: rank }, (_, axis) => (axis === whole ? null : `a${axis}`));
}

/** Layouts of an output axis that every device can make for itself out of broadcast inputs: the axis must be long enough. */
export function madeSplit(
  call: Call,
  context: SignatureContext,
  axis: number,
  size: Dim,
  step = 1,
): Signature[] {
  if (!isKnown(size)) return [];
  return unitsAmong(context, [["output", 0, axis]])
    .map((unit) => lcm(unit, step))
    .filter((unit) => Math.ceil(size / unit) >= context.devices)
    .map((unit) => signatureOf(call, {}, split(axis, unit)));
}

export function gcd(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return x;
}

export function lcm(a: number, b: number): number {
  return (a / gcd(a, b)) * b;
}

// --- localize

/** Whether any mesh axis splits tensor axis `axis` of input `index`. */
export function isInputSplit(
  { signature }: Pick<LocalizeContext, "signature">,
  index: number,
  axis: number,
): boolean {
  return (signature.inputs[index] ?? []).some((sbp) => sbp.kind === "S" && sbp.axis === axis);
}

/** The local shape of the first output as a constant vector. */
export function outputShape({ g, outputTypes }: LocalizeContext): string {
  return g.ints(localDims(outputTypes[0]?.shape ?? []));
}

/** Dimensions of a local type, which are bound. */
export function localDims(shape: readonly Dim[]): number[] {
  return shape.map((dim) => dim as number);
}

/** `value` as i64. */
export function asInt64(g: Emitter, value: string): string {
  return g.type(value).dtype === "i64" ? value : g.op("Cast", [value], { to: 7 });
}

/** i64 indices that may count from the end of an axis of `size` elements, as 0 … size - 1. */
export function fromStart(g: Emitter, indices: string, size: number): string {
  const negative = g.op("Less", [indices, g.ints(0)]);
  return g.op("Where", [negative, g.op("Add", [indices, g.ints(size)]), indices]);
}

/** Of each i64 index, whether it lies in 0 … size - 1, and the index itself where it does, else `otherwise`. */
export function clampInside(
  g: Emitter,
  indices: string,
  size: number,
  otherwise = 0,
): { readonly inside: string; readonly safe: string } {
  const inside = g.op("And", [
    g.op("GreaterOrEqual", [indices, g.ints(0)]),
    g.op("Less", [indices, g.ints(size)]),
  ]);
  return { inside, safe: g.op("Where", [inside, indices, g.ints(otherwise)]) };
}

/** `value` where `mask` holds, zero elsewhere; `mask` gets `trailing` axes of size 1 at its end. */
export function keepWhere(g: Emitter, mask: string, value: string, trailing = 0): string {
  const ones = Array.from({ length: trailing }, () => 1);
  const aligned =
    trailing === 0 ? mask : g.op("Reshape", [mask, g.ints([...localDims(g.type(mask).shape), ...ones])]);
  const { dtype } = g.type(value);
  return dtype === "bool"
    ? g.op("And", [aligned, value])
    : g.op("Where", [aligned, value, g.scalar(dtype, 0)]);
}

/** Rows of `value` along `axis` at i64 `indices` into the rows it holds; zeros where an index lies outside them. */
export function pickRows(g: Emitter, value: string, indices: string, axis: number): string {
  const { shape } = g.type(value);
  const { inside, safe } = clampInside(g, indices, shape[axis] as number);
  return keepWhere(g, inside, g.op("Gather", [value, safe], { axis }), shape.length - 1 - axis);
}

/** A constant vector 0 … n - 1. */
export function iota(g: Emitter, n: number): string {
  return g.ints(Array.from({ length: n }, (_, i) => i));
}

/** The name of a dimension that only execution can tell: of node `call.name`, called `what`. */
export function dataDependentDim(call: Call, what: string | number): Dim {
  return `${call.name.replace(/[^\w.]/g, "_").replace(/^[^A-Za-z_]/, "_")}.${what}`;
}
