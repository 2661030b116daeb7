/** Reductions along axes, and the positions of extremes. Axes come as an input (opset 18) or as an attribute. */
import { isKnown } from "../ir/dim.ts";
import { broadcast, split, type Reduction } from "../ir/layout.ts";
import { dataTypes, isFloat, isInteger, knownShape } from "../ir/types.ts";
import type { PartialRules } from "../sbp/signature.ts";
import { product, range, sum } from "../support/collections.ts";
import type { Call } from "./call.ts";
import type {
  Dense,
  DistributedForm,
  Emitter,
  FormEmitter,
  Gradient,
  GradientContext,
  LocalizeContext,
  OpDeclaration,
  SignatureContext,
} from "./contract.ts";
import { defineOp, inputElements, type OpDefinition } from "./define.ts";
import { reduceAlong } from "./dense.ts";
import { commonDtype, type Accepts } from "./elementwise.ts";
import { castTo, discreteResults, expandedLike, formulas, reshapedTo } from "./gradients.ts";
import { isInputSplit, movesFirst, partialSet, signatureOf, unitsAmong } from "./movement.ts";

/** What a call reduces: axes counted from the start, in order. */
interface Reduced {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

function reducedBy(call: Call): Reduced {
  const rank = call.rank(0);
  const given = call.constantInts(1, "axes") ?? call.ints("axes", []);
  const none = given.length === 0;
  const axes = none
    ? call.int("noop_with_empty_axes", 0) === 0
      ? range(rank)
      : []
    : given.map((axis) => call.axis(axis, rank));
  if (new Set(axes).size !== axes.length) call.failShape(`an axis is reduced twice in [${given.join(", ")}]`);
  return { axes: axes.sort((a, b) => a - b), keepDims: call.int("keepdims", 1) !== 0 };
}

/** The axes rule: reduced axes carry factors that the output lacks; `whole` ones may not be split. */
function reductionRule(call: Call, { axes, keepDims }: Reduced, whole = false): string {
  const names = range(call.rank(0)).map((axis) => `a${axis}`);
  const input = names.map((name, axis) => (whole && axes.includes(axis) ? `!${name}` : name));
  const output = names.flatMap((name, axis) => (axes.includes(axis) ? (keepDims ? ["1"] : []) : [name]));
  const axesInput = call.has(1)
    ? `, ${call
        .shape(1)
        .map((_, i) => `!axes${i}`)
        .join(" ")}`
    : "";
  return `${input.join(" ")}${axesInput} -> ${output.join(" ")}`;
}

/** Whether every reduced axis has size 1, so that each element is reduced alone. */
function reducesNothing(call: Call): boolean {
  return reducedBy(call).axes.every((axis) => call.shape(0)[axis] === 1);
}

/** Elements that go into one output element, of the global tensor. */
function reducedCount(call: Call): number {
  return reducedBy(call).axes.reduce((n, axis) => {
    const size = call.shape(0)[axis];
    return n * (size !== undefined && isKnown(size) ? size : 1);
  }, 1);
}

interface ReductionSpec {
  readonly name: string;
  readonly doc: string;
  readonly accepts?: Accepts;
  readonly f: (values: Float64Array) => number;
  /** What combines the parts of a split axis; "none": nothing does. */
  readonly combine: (call: Call) => Reduction | "none";
  /** What passes when several elements are reduced, and when each is alone. */
  readonly partials?: (call: Call) => PartialRules;
  readonly alone: PartialRules;
  /** Commutes with P of this reduction. */
  readonly commutes?: Reduction;
  /** Floating-point operations per input element. */
  readonly cost?: number;
  /** What one device emits, where it is not the operator itself. `axes` is a constant input. */
  readonly emit?: (context: LocalizeContext, x: string, axes: string, keepdims: number) => string | undefined;
  /** The elements' own function, where nothing is reduced (an empty list of axes that reduces none). */
  readonly emitAlone: (g: Emitter, x: string) => string;
  /** Rebuilds the reduction over a split axis. */
  readonly distribute?: (g: FormEmitter, x: string, reduced: Reduced) => string;
  /** The gradient by x; `dy` is that of the result, its reduced axes kept with size 1. */
  readonly derive?: (g: Emitter, dy: string, x: string, context: GradientContext) => string;
  readonly among?: OpDeclaration["among"];
}

function reduction(spec: ReductionSpec): OpDefinition {
  const { name, doc, f, commutes, distribute } = spec;
  return defineOp({
    name,
    doc,
    mixed: "full",
    since: 18,
    inputs: [1, 2],
    axes: (call) => reductionRule(call, reducedBy(call)),
    dtypes: (call) => [commonDtype(call, spec.accepts ?? "number", [0])],
    partials: (call) => {
      if (reducesNothing(call)) return spec.alone;
      return { ...spec.partials?.(call), reduce: spec.combine(call) };
    },
    signatures: (call, derived) =>
      commutes === undefined ? derived : [...derived, ...partialSet(call, [0], [commutes])],
    forms: (call, context) => (distribute === undefined ? [] : axisForms(call, context, distribute)),
    flops: (call) => (spec.cost ?? 1) * inputElements(call, 0),
    localize: (context) => {
      const { g, call, inputs } = context;
      const x = inputs[0] as string;
      const { axes, keepDims } = reducedBy(call);
      if (axes.length === 0) return [spec.emitAlone(g, x)];
      const [list, keepdims] = [g.ints(axes), Number(keepDims)];
      return [spec.emit?.(context, x, list, keepdims) ?? g.op(name, [x, list], { keepdims })];
    },
    ...(spec.among === undefined ? {} : { among: spec.among }),
    ...(spec.derive === undefined ? {} : { gradient: reductionGradient(spec.derive) }),
    evaluate: ({ call, inputs: [input] }) => {
      const x = input as Dense;
      const { axes, keepDims } = reducedBy(call);
      const whole = isInteger(x.dtype) ? (values: Float64Array) => Math.trunc(f(values)) : f;
      return [reduceAlong(x, axes, keepDims, whole)];
    },
  });
}

/** The rule of a reduction; `derive` may leave the result to be stretched to x. */
function reductionGradient(derive: NonNullable<ReductionSpec["derive"]>): Gradient {
  return (context) => {
    const { g, call, inputs, gradients } = context;
    const x = inputs[0] as string;
    const kept = keptShape(call);
    const dy = reshapedTo(g, gradients[0] as string, kept);
    return [expandedLike(g, derive(g, dy, x, context), x), ...inputs.slice(1).map(() => null)];
  };
}

/** The result's shape with reduced axes kept. */
function keptShape(call: Call): number[] {
  const { axes } = reducedBy(call);
  return knownShape(call.tensor(0)).map((size, axis) => (axes.includes(axis) ? 1 : size));
}

/** Of a maximum or minimum: equal ones share evenly, as in PyTorch's amax. */
const shareOfExtreme: NonNullable<ReductionSpec["derive"]> = (g, dy, x, { call, output }) => {
  const { dtype } = g.type(x);
  const { equal, div, where } = formulas(g, dtype);
  const { axes } = reducedBy(call);
  const hit = equal(x, reshapedTo(g, output(0), keptShape(call)));
  if (axes.length === 0) return where(hit, dy, 0);
  const count = g.op("ReduceSum", [castTo(g, hit, dtype), g.ints(axes)], { keepdims: 1 });
  return where(hit, div(dy, count), 0);
};

/** Of a product: the product of the others, which is not 0 where x is the only 0. */
const shareOfProduct: NonNullable<ReductionSpec["derive"]> = (g, dy, x, { call }) => {
  const { dtype } = g.type(x);
  const { equal, mul, div, where, greater, sub } = formulas(g, dtype);
  const { axes } = reducedBy(call);
  if (axes.length === 0) return dy;
  const over = g.ints(axes);
  const zero = equal(x, 0);
  const isZero = castTo(g, zero, dtype);
  const others = where(zero, 1, x);
  const product = mul(dy, g.op("ReduceProd", [others, over], { keepdims: 1 }));
  const zeros = sub(g.op("ReduceSum", [isZero, over], { keepdims: 1 }), isZero);
  return where(greater(zeros, 0), 0, div(product, others));
};

/** One form per reduced axis and block size: that axis split, the result whole. */
function axisForms(
  call: Call,
  context: SignatureContext,
  distribute: (g: FormEmitter, x: string, reduced: Reduced) => string,
): DistributedForm[] {
  const reduced = reducedBy(call);
  return reduced.axes.flatMap((axis) =>
    unitsAmong(context, [["input", 0, axis]]).map((unit) => ({
      name: "axis-split",
      signature: { ...signatureOf(call, { 0: split(axis, unit) }, broadcast), form: "axis-split" },
      build: (g, [x]) => [distribute(g, x as string, reduced)],
    })),
  );
}

const total = (values: Float64Array) => sum(values);
const sumOfSquares = (values: Float64Array) => values.reduce((s, v) => s + v * v, 0);
const constantly = (how: Reduction | "none") => () => how;
const floatsOnly = (call: Call) => isFloat(call.dtype(0));
const itself = (_: Emitter, x: string) => x;

/** The largest element first taken out, so that no power overflows. */
function logSumExp(values: Float64Array): number {
  const largest = Math.max(...values);
  if (!Number.isFinite(largest)) return largest;
  return largest + Math.log(values.reduce((s, v) => s + Math.exp(v - largest), 0));
}

/** The mean of the elements that `kept`, which broadcasts to x, is true for. */
function meanAmong(g: Emitter, x: string, call: Call, kept: string): string {
  const { axes, keepDims } = reducedBy(call);
  const dtype = call.dtype(0);
  const rows = g.op("ReduceSum", [g.op("Cast", [kept], { to: dataTypes[dtype][0] })], { keepdims: 0 });
  const perRow = reducedCount(call) / product(knownShape(g.type(kept)));
  const count = perRow === 1 ? rows : g.op("Mul", [rows, g.scalar(dtype, perRow)]);
  const only = g.op("Where", [kept, x, g.scalar(dtype, 0)]);
  return g.op("Div", [g.op("ReduceSum", [only, g.ints(axes)], { keepdims: Number(keepDims) }), count]);
}

const summing = {
  name: "ReduceSum",
  doc: "The sum.",
  f: total,
  combine: constantly("sum"),
  emitAlone: itself,
};

export const reduceOps: readonly OpDefinition[] = [
  reduction({ ...summing, partials: () => ({ linear: [[0]] }), alone: movesFirst, derive: (_, dy) => dy }),
  reduction({
    name: "ReduceMean",
    derive: (g, dy, _, { call }) => {
      const count = reducedCount(call);
      return count === 1 ? dy : g.op("Mul", [dy, g.scalar(g.type(dy).dtype, 1 / count)]);
    },
    among: (g, [x], call, kept) =>
      floatsOnly(call) ? [meanAmong(g, x as string, call, kept(0))] : undefined,
    doc: "The mean; of integers cut off toward zero.",
    f: (values) => total(values) / values.length,
    combine: (call) => (floatsOnly(call) ? "sum" : "none"),
    partials: (call) => (floatsOnly(call) ? { linear: [[0]] } : {}),
    alone: movesFirst,
    emitAlone: itself,
    // The parts may be of different lengths: each gives its share of the global mean.
    emit: (context, x, axes, keepdims) => {
      const { g, call } = context;
      if (!reducedBy(call).axes.some((axis) => isInputSplit(context, 0, axis))) return undefined;
      return g.op("Div", [
        g.op("ReduceSum", [x, axes], { keepdims }),
        g.scalar(call.dtype(0), reducedCount(call)),
      ]);
    },
  }),
  reduction({
    name: "ReduceMax",
    derive: shareOfExtreme,
    doc: "The largest element.",
    accepts: "any",
    f: (values) => values.reduce((a, b) => Math.max(a, b), -Infinity),
    combine: constantly("max"),
    commutes: "max",
    alone: movesFirst,
    emitAlone: itself,
  }),
  reduction({
    name: "ReduceMin",
    derive: shareOfExtreme,
    doc: "The smallest element.",
    accepts: "any",
    f: (values) => values.reduce((a, b) => Math.min(a, b), Infinity),
    combine: constantly("min"),
    commutes: "min",
    alone: movesFirst,
    emitAlone: itself,
  }),
  reduction({
    name: "ReduceProd",
    derive: shareOfProduct,
    doc: "The product.",
    f: (values) => values.reduce((a, b) => a * b, 1),
    combine: constantly("none"),
    alone: movesFirst,
    emitAlone: itself,
  }),
  reduction({
    name: "ReduceL1",
    derive: (g, dy, x) => g.op("Mul", [g.op("Sign", [x]), dy]),
    doc: "The sum of absolute values.",
    f: (values) => values.reduce((s, v) => s + Math.abs(v), 0),
    combine: constantly("sum"),
    alone: {},
    cost: 2,
    emitAlone: (g, x) => g.op("Abs", [x]),
  }),
  reduction({
    name: "ReduceSumSquare",
    derive: (g, dy, x) => {
      const { mul } = formulas(g, g.type(x).dtype);
      return mul(x, mul(dy, 2));
    },
    doc: "The sum of squares.",
    f: sumOfSquares,
    combine: constantly("sum"),
    alone: {},
    cost: 2,
    emitAlone: (g, x) => g.op("Mul", [x, x]),
  }),
  reduction({
    name: "ReduceL2",
    derive: (g, dy, x, { call, output }) => {
      const { mul, div, equal, where } = formulas(g, g.type(x).dtype);
      const y = reshapedTo(g, output(0), keptShape(call));
      return mul(x, where(equal(y, 0), 0, div(dy, y)));
    },
    doc: "The square root of the sum of squares.",
    f: (values) => Math.sqrt(sumOfSquares(values)),
    combine: constantly("none"),
    alone: {},
    cost: 2,
    emitAlone: (g, x) => g.op("Abs", [x]),
    distribute: (g, x, reduced) => g.op("Sqrt", [g.gather(reduce(g, "ReduceSumSquare", x, reduced))]),
  }),
  reduction({
    name: "ReduceLogSum",
    derive: (g, dy, _, { call, output }) =>
      g.op("Div", [dy, g.op("Exp", [reshapedTo(g, output(0), keptShape(call))])]),
    doc: "The logarithm of the sum.",
    f: (values) => Math.log(total(values)),
    combine: constantly("none"),
    alone: {},
    cost: 1,
    emitAlone: (g, x) => g.op("Log", [x]),
    distribute: (g, x, reduced) => g.op("Log", [g.gather(reduce(g, "ReduceSum", x, reduced))]),
  }),
  reduction({
    name: "ReduceLogSumExp",
    derive: (g, dy, x, { call, output }) => {
      const { mul, sub, of } = formulas(g, g.type(x).dtype);
      return mul(of("Exp", sub(x, reshapedTo(g, output(0), keptShape(call)))), dy);
    },
    doc: "The logarithm of the sum of exponentials.",
    f: logSumExp,
    combine: constantly("none"),
    alone: movesFirst,
    cost: 5,
    emitAlone: itself,
    distribute: (g, x, { axes, keepDims }) => {
      const kept = { axes, keepDims: true };
      const largest = g.gather(reduce(g, "ReduceMax", x, kept));
      const powers = g.gather(reduce(g, "ReduceSum", g.op("Exp", [g.op("Sub", [x, largest])]), kept));
      const result = g.op("Add", [largest, g.op("Log", [powers])]);
      return keepDims ? result : g.op("Squeeze", [result, g.ints(axes)]);
    },
  }),
  argExtreme("ArgMax", "The position of the largest element.", (a, b) => a > b),
  argExtreme("ArgMin", "The position of the smallest element.", (a, b) => a < b),
];

function reduce(g: Emitter, op: string, x: string, { axes, keepDims }: Reduced): string {
  return g.op(op, [x, g.ints(axes)], { keepdims: Number(keepDims) });
}

// --- positions of extremes

function argAxis(call: Call): Reduced {
  return { axes: [call.axis(call.int("axis", 0), call.rank(0))], keepDims: call.int("keepdims", 1) !== 0 };
}

/** Positions count along the whole axis, so that it is never split. */
function argExtreme(name: string, doc: string, beats: (a: number, b: number) => boolean): OpDefinition {
  return defineOp({
    name,
    doc,
    since: 13,
    inputs: [1, 1],
    gradient: discreteResults,
    axes: (call) => reductionRule(call, argAxis(call), true),
    dtypes: (call) => {
      commonDtype(call, "number");
      return ["i64"];
    },
    flops: (call) => inputElements(call, 0),
    evaluate: ({ call, inputs: [x] }) => {
      const { axes, keepDims } = argAxis(call);
      const last = call.int("select_last_index", 0) !== 0;
      const position = (values: Float64Array) =>
        values.reduce(
          (best, v, i) => (beats(v, values[best] as number) || (last && v === values[best]) ? i : best),
          0,
        );
      return [reduceAlong(x as Dense, axes, keepDims, position, "i64")];
    },
  });
}
