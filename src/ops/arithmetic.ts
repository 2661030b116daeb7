/** Arithmetic of several inputs that broadcast: sums, products, quotients, powers, extremes, bits. */
import { shapesMayBeEqual } from "../ir/dim.ts";
import type { Reduction } from "../ir/layout.ts";
import { isInteger } from "../ir/types.ts";
import type { PartialRules } from "../sbp/signature.ts";
import { range } from "../support/collections.ts";
import type { Call } from "./call.ts";
import type { GradientContext } from "./contract.ts";
import type { OpDefinition } from "./define.ts";
import {
  constantNumbers,
  constantSign,
  down,
  elementwise,
  isFloatCall,
  monotoneOnFloats,
  up,
  type ElementwiseSpec,
  type PartialSet,
} from "./elementwise.ts";
import { broadcastGradient, castTo, discreteResults, formulas, sumToLike } from "./gradients.ts";
import { movesFirst, subsets } from "./movement.ts";
import { sigmoid, swishSlope } from "./unary.ts";

function binary(
  name: string,
  since: number,
  doc: string,
  make: (call: Call) => (a: number, b: number) => number,
  rest: Partial<ElementwiseSpec> = {},
): OpDefinition {
  return elementwise({
    name,
    since,
    doc,
    accepts: "number",
    inputs: [2, 2],
    ...rest,
    f: (call) => {
      const f = make(call);
      return ([a, b]) => f(a as number, b as number);
    },
  });
}

function variadic(
  name: string,
  since: number,
  doc: string,
  f: (values: readonly number[]) => number,
  rest: Partial<ElementwiseSpec>,
): OpDefinition {
  return elementwise({ name, since, doc, accepts: "number", inputs: [1, Infinity], ...rest, f: () => f });
}

const total = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

/** All inputs partial sums together; of floating-point numbers also any one input alone P(max) or P(min). */
function sumLike(call: Call): PartialRules {
  const all = range(call.inputs.length);
  return monotoneOnFloats(
    [all],
    all.map((i) => up(i)),
  )(call);
}

/** Linear in each factor alone; rising or falling in one where the other is a constant of one sign. */
function productPartials(call: Call): PartialRules {
  const linear = [[0], [1]];
  if (!isFloatCall(call)) return { linear };
  const monotone = [0, 1].flatMap((i) => bySign(constantSign(call, 1 - i), i));
  return { linear, monotone };
}

/** Linear and of the divisor's sign in the dividend. Integer quotients are truncated, which is not linear. */
function quotientPartials(call: Call): PartialRules {
  return isFloatCall(call) ? { linear: [[0]], monotone: bySign(constantSign(call, 1), 0) } : {};
}

/**
 * Truncated quotients of unsigned integers rise in the dividend and fall in the divisor. A divisor may not be P(max), whose terms
 * may be zero.
 */
function unsignedQuotientSets(call: Call): PartialSet[] {
  if (!call.dtype(0).startsWith("u")) return [];
  return [
    { set: [0], reduce: "max" },
    { set: [0], reduce: "min" },
    { set: [1], reduce: "min", to: "max" },
  ];
}

function bySign(sign: -1 | 0 | 1, input: number): ReturnType<typeof up>[] {
  return sign === 0 ? [] : [sign > 0 ? up(input) : down(input)];
}

/** Odd powers rise; so do powers of a constant above 1, and those of one below 1 fall. */
function powerPartials(call: Call): PartialRules {
  if (!isFloatCall(call)) return {};
  const exponents = constantNumbers(call, 1);
  const bases = constantNumbers(call, 0);
  const odd = exponents?.every((e) => e > 0 && e % 2 === 1) === true;
  const above = bases?.every((b) => b > 1 && b < Infinity) === true;
  const below = bases?.every((b) => b > 0 && b < 1) === true;
  return { monotone: [...(odd ? [up(0)] : []), ...(above ? [up(1)] : []), ...(below ? [down(1)] : [])] };
}

/** Subsets of inputs are enumerated up to this many inputs; above, single inputs and all together. */
const enumeratedInputs = 4;

/** One operand alone is passed on as it is. */
function singlePartials(call: Call): PartialRules {
  return call.inputs.length === 1 ? movesFirst : {};
}

/**
 * The maximum commutes with P(max) of any inputs together. It rises in every input, so P(min) of one alone passes too.
 * The minimum likewise, the other way around.
 */
function extremeSets(own: Reduction, other: Reduction): (call: Call) => PartialSet[] {
  return (call) => {
    const all = range(call.inputs.length);
    const singles = all.map((i) => [i]);
    const together = all.length <= enumeratedInputs ? subsets(all) : [...singles, all];
    return [
      ...together.map((set) => ({ set, reduce: own })),
      ...singles.map((set) => ({ set, reduce: other })),
    ];
  };
}

/** ONNX's Div: integers are truncated toward zero. */
function divide(call: Call): (a: number, b: number) => number {
  if (!isInteger(call.dtype(0))) return (a, b) => a / b;
  return (a, b) => {
    if (b === 0) call.fail("ill-formed-graph", { what: `${call.name}: Div divides an integer by zero.` });
    return Math.trunc(a / b) + 0;
  };
}

/** The remainder with the divisor's sign; with `fmod` with the dividend's, as in C. */
function remainder(call: Call): (a: number, b: number) => number {
  const fmod = call.int("fmod", 0) !== 0;
  if (!fmod && !isInteger(call.dtype(0)))
    call.fail("bad-attribute", { name: "fmod", problem: "must be 1 for floating-point numbers" });
  return (a, b) => {
    const rest = a % b;
    return !fmod && rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
  };
}

/** The base's type is the result's: a fractional exponent of an integer is rounded toward zero afterwards. */
function power(call: Call): (a: number, b: number) => number {
  return isInteger(call.dtype(0)) ? (a, b) => Math.trunc(a ** b) : (a, b) => a ** b;
}

function bits(f: (a: bigint, b: bigint) => bigint): () => (a: number, b: number) => number {
  return () => (a, b) => Number(f(BigInt(a), BigInt(b)));
}

function shiftsLeft(call: Call): boolean {
  const direction = call.string("direction");
  if (direction !== "LEFT" && direction !== "RIGHT") {
    call.fail("bad-attribute", { name: "direction", problem: `must be LEFT or RIGHT, not ${direction}` });
  }
  return direction === "LEFT";
}

/** Swish of the gate times the value; ONNX does not broadcast them. */
function gated(call: Call): (gate: number, value: number) => number {
  if (!shapesMayBeEqual(call.shape(0), call.shape(1)))
    call.failShape("gate and value must have equal shapes");
  const alpha = call.float("alpha", 1);
  return (a, b) => a * sigmoid(alpha * a) * b;
}

// --- gradients

type Rule = (context: GradientContext) => readonly (string | null)[];

/** Of a / b: dy / b and -(dy / b) y. */
const quotientGradient: Rule = ({ g, inputs, gradients, wanted, output }) => {
  const [a, b] = inputs as readonly [string, string];
  const share = g.op("Div", [gradients[0] as string, b]);
  return [
    wanted[0] === true ? sumToLike(g, share, a) : null,
    wanted[1] === true ? g.op("Neg", [sumToLike(g, g.op("Mul", [share, output(0)]), b)]) : null,
  ];
};

/**
 * Of a ** b: dy b a ** (b - 1), which is 0 for b = 0 even where a is; and dy y log(a), which is 0 for a = 0. The exponent may be of
 * another type than the base.
 */
const powerGradient: Rule = ({ g, call, inputs, gradients, wanted, output }) => {
  const [a, b] = inputs as readonly [string, string];
  const dy = gradients[0] as string;
  const { dtype } = g.type(a);
  const { add, mul, equal, where, of } = formulas(g, dtype);
  const byBase = () => {
    const known = constantNumbers(call, 1);
    const e = known?.[0];
    if (e !== undefined && known?.every((other) => other === e) === true) {
      if (e === 0 || e === 1) return mul(dy, e);
      return mul(mul(dy, e), e === 2 ? a : g.op("Pow", [a, g.scalar(dtype, e - 1)]));
    }
    const exponent = castTo(g, b, dtype);
    const power = mul(exponent, g.op("Pow", [a, add(exponent, -1)]));
    return mul(dy, where(equal(exponent, 0), 0, power));
  };
  const byExponent = () => {
    const rate = where(equal(a, 0), 0, mul(output(0), of("Log", a)));
    return castTo(g, sumToLike(g, mul(dy, rate), b), g.type(b).dtype);
  };
  return [wanted[0] === true ? sumToLike(g, byBase(), a) : null, wanted[1] === true ? byExponent() : null];
};

/** Of the remainder a - n b: dy, and -n dy, where n is a whole number almost everywhere constant. */
const remainderGradient = broadcastGradient(
  (_, dy) => dy,
  (g, dy, [a, b], { output }) => {
    const { sub, div, mul, of } = formulas(g, g.type(dy).dtype);
    return mul(of("Neg", dy), of("Round", div(sub(a as string, output(0)), b as string)));
  },
);

/** Of a sigmoid(alpha a) b. */
const gatedGradient = broadcastGradient(
  (g, dy, [a, b], { call }) => {
    const f = formulas(g, g.type(dy).dtype);
    const alpha = call.float("alpha", 1);
    const swish = f.mul(a as string, f.of("Sigmoid", f.mul(a as string, alpha)));
    return f.mul(f.mul(dy, b as string), swishSlope(f, a as string, swish, alpha));
  },
  (g, dy, [a], { call }) => {
    const { mul, of } = formulas(g, g.type(dy).dtype);
    return mul(dy, mul(a as string, of("Sigmoid", mul(a as string, call.float("alpha", 1)))));
  },
);

/** Where several inputs are the extreme, they share evenly, as in PyTorch. */
const extremeGradient: Rule = ({ g, inputs, gradients, wanted, output }) => {
  const dy = gradients[0] as string;
  if (inputs.length === 1) return [dy];
  const { equal, div, mul } = formulas(g, g.type(dy).dtype);
  const shares = inputs.map((x) => castTo(g, equal(x as string, output(0)), g.type(dy).dtype));
  const each = div(dy, g.op("Sum", shares));
  return inputs.map((x, i) =>
    wanted[i] === true ? sumToLike(g, mul(each, shares[i] as string), x as string) : null,
  );
};

const meanGradient: Rule = ({ g, inputs, gradients, wanted }) => {
  const dy = gradients[0] as string;
  const each = inputs.length === 1 ? dy : formulas(g, g.type(dy).dtype).mul(dy, 1 / inputs.length);
  return inputs.map((x, i) => (wanted[i] === true ? sumToLike(g, each, x as string) : null));
};

export const arithmeticOps: readonly OpDefinition[] = [
  binary("Add", 14, "The sum.", () => (a, b) => a + b, {
    partials: monotoneOnFloats([[0, 1]], [up(0), up(1)]),
    gradient: broadcastGradient(
      (_, dy) => dy,
      (_, dy) => dy,
    ),
  }),
  binary("Sub", 14, "The difference.", () => (a, b) => a - b, {
    partials: monotoneOnFloats([[0, 1]], [up(0), down(1)]),
    gradient: broadcastGradient(
      (_, dy) => dy,
      (g, dy, [, b]) => g.op("Neg", [sumToLike(g, dy, b as string)]),
    ),
  }),
  binary("Mul", 14, "The product.", () => (a, b) => a * b, {
    partials: productPartials,
    gradient: broadcastGradient(
      (g, dy, [, b]) => g.op("Mul", [dy, b as string]),
      (g, dy, [a]) => g.op("Mul", [dy, a as string]),
    ),
  }),
  binary("Div", 14, "The quotient; integers are truncated toward zero.", divide, {
    partials: quotientPartials,
    sets: unsignedQuotientSets,
    gradient: quotientGradient,
  }),
  binary("Pow", 15, "The first input to the power of the second.", power, {
    partials: powerPartials,
    mixed: true,
    cost: 10,
    gradient: powerGradient,
  }),
  binary("Mod", 13, "The remainder.", remainder, { gradient: remainderGradient }),
  binary(
    "BitwiseAnd",
    18,
    "The common bits.",
    bits((a, b) => a & b),
    { accepts: "integer", gradient: discreteResults },
  ),
  binary(
    "BitwiseOr",
    18,
    "The bits of either.",
    bits((a, b) => a | b),
    { accepts: "integer", gradient: discreteResults },
  ),
  binary(
    "BitwiseXor",
    18,
    "The bits of exactly one.",
    bits((a, b) => a ^ b),
    { accepts: "integer", gradient: discreteResults },
  ),
  binary(
    "BitShift",
    11,
    "The bits moved left or right.",
    (call) => (shiftsLeft(call) ? (a, b) => a * 2 ** b : (a, b) => Math.floor(a / 2 ** b)),
    {
      accepts: "unsigned",
      // Wrapping around keeps sums, and the identity element of max, 0, shifts nothing.
      partials: (call) => (shiftsLeft(call) ? { linear: [[0]] } : { monotone: [up(0)] }),
      sets: (call) => (shiftsLeft(call) ? [] : [{ set: [1], reduce: "max", to: "min" }]),
      gradient: discreteResults,
    },
  ),
  binary("SwiGLU", 28, "a sigmoid(alpha a), of the first input, times the second.", gated, {
    accepts: "float",
    partials: { linear: [[1]] },
    cost: 7,
    gradient: gatedGradient,
  }),
  variadic("Max", 13, "The largest.", (values) => Math.max(...values), {
    partials: singlePartials,
    sets: extremeSets("max", "min"),
    gradient: extremeGradient,
  }),
  variadic("Min", 13, "The smallest.", (values) => Math.min(...values), {
    partials: singlePartials,
    sets: extremeSets("min", "max"),
    gradient: extremeGradient,
  }),
  variadic("Sum", 13, "The sum of all inputs.", total, {
    accepts: "float",
    partials: sumLike,
    gradient: ({ g, inputs, gradients, wanted }) =>
      inputs.map((x, i) => (wanted[i] === true ? sumToLike(g, gradients[0] as string, x as string) : null)),
  }),
  variadic("Mean", 13, "The mean of all inputs.", (values) => total(values) / values.length, {
    accepts: "float",
    partials: sumLike,
    gradient: meanGradient,
  }),
];
