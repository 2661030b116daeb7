/** What gradient rules share: undoing a broadcast, gradients of zero, formulas of several operators, reasons why there is none. */
import { dataTypes, knownShape, type DataType } from "../ir/types.ts";
import type { Call } from "./call.ts";
import type { Emitter, Gradient, GradientContext } from "./contract.ts";
import { range } from "../support/collections.ts";

/** Of functions that are constant almost everywhere, as rounding is: zero, as PyTorch has it. */
export const zeroGradient: Gradient = ({ inputs }) => inputs.map(() => null);

/** Of operators whose results are not floating-point numbers. */
export const discreteResults: Gradient = {
  none: "its results are no floating-point numbers: small steps of its inputs change them by jumps or not at all",
};

/** Of operators on quantized tensors. */
export const trainedUnquantised: Gradient = {
  none: "it is of a quantized model: train the one with floating-point numbers that it was made of",
};

/** A value, or the number that stands for a scalar of it. */
type Term = string | number;

/** Operators on values of one element type, for formulas. */
export interface Formulas {
  add(a: Term, b: Term): string;
  sub(a: Term, b: Term): string;
  mul(a: Term, b: Term): string;
  div(a: Term, b: Term): string;
  less(a: Term, b: Term): string;
  greater(a: Term, b: Term): string;
  equal(a: Term, b: Term): string;
  /** The first where the condition holds, else the second. */
  where(condition: string, a: Term, b: Term): string;
  /** An operator of one input. */
  of(op: string, x: string): string;
}

export function formulas(g: Emitter, dtype: DataType): Formulas {
  const value = (x: Term) => (typeof x === "number" ? g.scalar(dtype, x) : x);
  const binary = (op: string) => (a: Term, b: Term) => g.op(op, [value(a), value(b)]);
  return {
    add: binary("Add"),
    sub: binary("Sub"),
    mul: binary("Mul"),
    div: binary("Div"),
    less: binary("Less"),
    greater: binary("Greater"),
    equal: binary("Equal"),
    where: (condition, a, b) => g.op("Where", [condition, value(a), value(b)]),
    of: (op, x) => g.op(op, [x]),
  };
}

/** Of operators whose only wanted input is the first: what its gradient is out of that of the first output. */
export function firstGradient(
  rule: (g: Emitter, dy: string, x: string, context: GradientContext) => string,
): Gradient {
  return (context) => {
    const { g, inputs, gradients, wanted } = context;
    const [dy, x] = [gradients[0], inputs[0]];
    const asked = wanted[0] === true && dy != null;
    return inputs.map((_, i) => (i === 0 && asked ? rule(g, dy, x as string, context) : null));
  };
}

/** What a formula for the gradient of a function of one value is written in. */
export interface UnaryGradient extends Formulas {
  readonly dy: string;
  readonly x: string;
  /** The result, where the formula needs it. */
  readonly y: () => string;
  readonly call: Call;
}

/** The rule of a function of each element of the only input. */
export function unaryGradient(formula: (of: UnaryGradient) => string): Gradient {
  return ({ g, call, inputs, gradients, wanted, output }) => {
    const x = inputs[0] as string;
    if (wanted[0] !== true) return [null];
    const dy = gradients[0] as string;
    return [formula({ ...formulas(g, g.type(x).dtype), dy, x, y: () => output(0), call })];
  };
}

/** As `unaryGradient`, from the formula of the derivative. */
export function slope(formula: (of: UnaryGradient) => string): Gradient {
  return unaryGradient((of) => of.mul(of.dy, formula(of)));
}

/** Zeros, which every device makes of one. */
export function zerosOf(g: Emitter, dtype: DataType, shape: readonly number[]): string {
  const zero = g.scalar(dtype, 0);
  return shape.length === 0 ? zero : g.op("Expand", [zero, g.ints(shape)]);
}

/**
 * Slices of `updates` added into zeros of `shape`: slice i along `axis` at place `indices[i]` of that axis. The gradient of reading
 * them there.
 */
export function addSlices(
  g: Emitter,
  updates: string,
  indices: string,
  axis: number,
  shape: readonly number[],
): string {
  const { dtype } = g.type(updates);
  const own = knownShape(g.type(updates));
  const line = reshapedTo(
    g,
    indices,
    own.map((size, i) => (i === axis ? size : 1)),
  );
  const places = expandedTo(g, line, own);
  // Not ScatterND, whose kernel in ONNX Runtime loses sums where several threads add at one place.
  return g.op("ScatterElements", [zerosOf(g, dtype, shape), places, updates], { axis, reduction: "add" });
}

/** `value` in another element type; itself where it has that. */
export function castTo(g: Emitter, value: string, dtype: DataType): string {
  return g.type(value).dtype === dtype ? value : g.op("Cast", [value], { to: dataTypes[dtype][0] });
}

/** `value` in another shape of as many elements; itself where it has that shape. */
export function reshapedTo(g: Emitter, value: string, shape: readonly number[]): string {
  return knownShape(g.type(value)).join() === shape.join() ? value : g.op("Reshape", [value, g.ints(shape)]);
}

/** `value` broadcast to the shape of `like`; itself where it has that shape. */
export function expandedLike(g: Emitter, value: string, like: string): string {
  return expandedTo(g, value, knownShape(g.type(like)));
}

/** `value` broadcast to `shape`; itself where it has that. */
export function expandedTo(g: Emitter, value: string, shape: readonly number[]): string {
  return knownShape(g.type(value)).join() === shape.join() ? value : g.op("Expand", [value, g.ints(shape)]);
}

/** The elements of `gradient` summed over the axes along which a value of the type of `like` was broadcast to its shape. */
export function sumToLike(g: Emitter, gradient: string, like: string): string {
  return sumToShape(g, gradient, knownShape(g.type(like)));
}

/** As `sumToLike`, for a value of shape `to`. */
export function sumToShape(g: Emitter, gradient: string, to: readonly number[]): string {
  const from = knownShape(g.type(gradient));
  const added = from.length - to.length;
  const leading = range(added);
  const stretched = to.flatMap((size, axis) =>
    size === 1 && from[added + axis] !== 1 ? [added + axis] : [],
  );
  let sum = gradient;
  if (stretched.length > 0) sum = g.op("ReduceSum", [sum, g.ints(stretched)], { keepdims: 1 });
  if (leading.length > 0) sum = g.op("ReduceSum", [sum, g.ints(leading)], { keepdims: 0 });
  return sum;
}

/**
 * The rule of an operator of one output whose inputs broadcast: per input, what its gradient is before it is summed over the
 * axes along which it was broadcast. `x` are the inputs, `dy` the gradient of the output.
 */
export function broadcastGradient(
  ...terms: readonly ((g: Emitter, dy: string, x: readonly string[], context: GradientContext) => string)[]
): Gradient {
  return (context) => {
    const { g, inputs, gradients, wanted } = context;
    const dy = gradients[0] as string;
    return inputs.map((input, i) => {
      const term = terms[i];
      if (wanted[i] !== true || input === null || term === undefined) return null;
      return sumToLike(g, term(g, dy, inputs as readonly string[], context), input);
    });
  };
}
