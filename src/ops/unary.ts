/** Functions of one element: arithmetic, activations, trigonometry, rounding. */
import type { PartialRules } from "../sbp/signature.ts";
import { isFloat } from "../ir/types.ts";
import type { Call } from "./call.ts";
import type { OpDefinition } from "./define.ts";
import { down, elementwise, monotoneOnFloats, up, type ElementwiseSpec } from "./elementwise.ts";

type Scalar = (x: number) => number;

/** An operator whose function does not depend on attributes. */
function unary(
  name: string,
  since: number,
  doc: string,
  f: Scalar,
  rest: Partial<ElementwiseSpec> = {},
): OpDefinition {
  return parametric(name, since, doc, () => f, rest);
}

/** An operator whose function depends on attributes. */
function parametric(
  name: string,
  since: number,
  doc: string,
  make: (call: Call) => Scalar,
  rest: Partial<ElementwiseSpec> = {},
): OpDefinition {
  return elementwise({
    name,
    since,
    doc,
    accepts: "float",
    ...rest,
    f: (call) => {
      const f = make(call);
      return ([x]) => f(x as number);
    },
  });
}

const rising = { partials: { monotone: [up(0)] } };
const falling = { partials: { monotone: [down(0)] } };
/** Rising, and defined above some point only: every term of P(min) is above it where the whole is. */
const risingAbove = { sets: () => [{ set: [0], reduce: "min" as const }] };

/** Rising where `condition` holds of the attributes, else nothing is claimed. */
function risingIf(condition: (call: Call) => boolean): { partials: (call: Call) => PartialRules } {
  return { partials: (call) => (condition(call) ? { monotone: [up(0)] } : {}) };
}

// --- the functions

/** The error function by its series with positive terms only, exact to the last digits of f64. */
export function erf(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (Math.abs(x) >= 6) return Math.sign(x);
  let term = x;
  let total = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(total); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    total += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
}

export function sigmoid(x: number): number {
  return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
}

function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

function roundHalfToEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  const up = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0);
  return up && floor === -1 ? -0 : up ? floor + 1 : floor;
}

function geluTanh(x: number): number {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
}

function geluErf(x: number): number {
  return 0.5 * x * (1 + erf(x / Math.SQRT2));
}

function clampedLine(alpha: number, beta: number): Scalar {
  return (x) => Math.max(0, Math.min(1, alpha * x + beta));
}

function shrunk(call: Call): Scalar {
  const [bias, lambd] = [call.float("bias", 0), call.float("lambd", 0.5)];
  return (x) => (x < -lambd ? x + bias : x > lambd ? x - bias : 0);
}

/** Rising where the steps at -lambd and lambd go up; integers must not be moved away from 0, past the end of their type. */
function shrinkPartials(call: Call): PartialRules {
  const [bias, lambd] = [call.float("bias", 0), call.float("lambd", 0.5)];
  const rises = lambd >= 0 && bias <= lambd && (isFloat(call.dtype(0)) || bias >= 0);
  return rises ? rising.partials : {};
}

function gelu(call: Call): Scalar {
  const approximate = call.string("approximate", "none");
  if (approximate !== "none" && approximate !== "tanh") {
    call.fail("bad-attribute", { name: "approximate", problem: `must be none or tanh, not ${approximate}` });
  }
  return approximate === "tanh" ? geluTanh : geluErf;
}

// Values that ONNX gives to Selu's attributes, rounded to f32.
const seluAlpha = 1.67326319217681884765625;
const seluGamma = 1.05070102214813232421875;

export const unaryOps: readonly OpDefinition[] = [
  unary("Neg", 13, "The negative.", (x) => -x, {
    accepts: "number",
    partials: monotoneOnFloats([[0]], [down(0)]),
  }),
  unary("Abs", 13, "The absolute value.", Math.abs, { accepts: "number" }),
  unary("Sign", 13, "1, 0 or -1 by the sign.", Math.sign, { accepts: "number", ...rising }),
  unary("Reciprocal", 13, "1 / x.", (x) => 1 / x),
  unary("Sqrt", 13, "The square root.", Math.sqrt, risingAbove),
  unary("Exp", 13, "e to the power x.", Math.exp, { ...rising, cost: 4 }),
  unary("Log", 13, "The natural logarithm.", Math.log, { ...risingAbove, cost: 4 }),
  unary("Erf", 13, "The error function.", erf, { ...rising, accepts: "number", cost: 8 }),
  unary("Floor", 13, "Rounded down.", Math.floor, rising),
  unary("Ceil", 13, "Rounded up.", Math.ceil, rising),
  unary("Round", 11, "Rounded to the nearest, halves to even.", roundHalfToEven, rising),

  unary("Tanh", 13, "The hyperbolic tangent.", Math.tanh, { ...rising, cost: 6 }),
  unary("Sigmoid", 13, "1 / (1 + exp(-x)).", sigmoid, { ...rising, cost: 5, roundedAt: 1 }),
  unary("Relu", 14, "max(x, 0).", (x) => Math.max(x, 0), { ...rising, accepts: "number" }),
  parametric(
    "LeakyRelu",
    16,
    "x where positive, else alpha x.",
    (call) => {
      const alpha = call.float("alpha", 0.01);
      return (x) => (x < 0 ? alpha * x : x);
    },
    risingIf((call) => call.float("alpha", 0.01) > 0),
  ),
  parametric(
    "Elu",
    6,
    "x where positive, else alpha (exp(x) - 1).",
    (call) => {
      const alpha = call.float("alpha", 1);
      return (x) => (x < 0 ? alpha * Math.expm1(x) : x);
    },
    { ...risingIf((call) => call.float("alpha", 1) >= 0), cost: 4 },
  ),
  parametric(
    "Selu",
    6,
    "gamma x where positive, else gamma alpha (exp(x) - 1).",
    (call) => {
      const [alpha, gamma] = [call.float("alpha", seluAlpha), call.float("gamma", seluGamma)];
      return (x) => (x > 0 ? gamma * x : gamma * alpha * Math.expm1(x));
    },
    {
      ...risingIf((call) => call.float("alpha", seluAlpha) >= 0 && call.float("gamma", seluGamma) > 0),
      cost: 5,
    },
  ),
  parametric(
    "Celu",
    12,
    "max(0, x) + min(0, alpha (exp(x / alpha) - 1)).",
    (call) => {
      const alpha = call.float("alpha", 1);
      return (x) => Math.max(0, x) + Math.min(0, alpha * Math.expm1(x / alpha));
    },
    { ...risingIf((call) => call.float("alpha", 1) > 0), cost: 6 },
  ),
  unary("Softplus", 1, "log(1 + exp(x)).", softplus, { ...rising, cost: 8 }),
  // Rising too, but inf / inf is not a number: no partial terms.
  unary("Softsign", 1, "x / (1 + |x|).", (x) => x / (1 + Math.abs(x)), { cost: 3 }),
  parametric(
    "HardSigmoid",
    6,
    "max(0, min(1, alpha x + beta)).",
    (call) => clampedLine(call.float("alpha", 0.2), call.float("beta", 0.5)),
    {
      cost: 4,
      partials: (call) => {
        const alpha = call.float("alpha", 0.2);
        return alpha > 0 ? rising.partials : alpha < 0 ? falling.partials : {};
      },
    },
  ),
  unary("HardSwish", 14, "x max(0, min(1, x / 6 + 1/2)).", (x) => x * clampedLine(1 / 6, 0.5)(x), {
    cost: 5,
  }),
  unary("Mish", 18, "x tanh(softplus(x)).", (x) => x * Math.tanh(softplus(x)), { cost: 15 }),
  parametric("Gelu", 20, "x times the normal distribution function of x; by tanh where asked.", gelu, {
    cost: 12,
  }),
  parametric(
    "Swish",
    24,
    "x sigmoid(alpha x).",
    (call) => {
      const alpha = call.float("alpha", 1);
      return (x) => x * sigmoid(alpha * x);
    },
    { cost: 6 },
  ),
  parametric(
    "ThresholdedRelu",
    10,
    "x where above alpha, else 0.",
    (call) => {
      const alpha = call.float("alpha", 1);
      return (x) => (x > alpha ? x : 0);
    },
    risingIf((call) => call.float("alpha", 1) >= 0),
  ),

  parametric("Shrink", 9, "x moved by `bias` toward 0 where its size is above `lambd`, else 0.", shrunk, {
    accepts: "number",
    cost: 2,
    partials: shrinkPartials,
  }),

  unary("Sin", 7, "The sine.", Math.sin, { cost: 4 }),
  unary("Cos", 7, "The cosine.", Math.cos, { cost: 4 }),
  unary("Tan", 7, "The tangent.", Math.tan, { cost: 6 }),
  unary("Asin", 7, "The inverse sine.", Math.asin, { cost: 6 }),
  unary("Acos", 7, "The inverse cosine.", Math.acos, { cost: 6 }),
  unary("Atan", 7, "The inverse tangent.", Math.atan, { ...rising, cost: 6 }),
  unary("Sinh", 9, "The hyperbolic sine.", Math.sinh, { ...rising, cost: 6 }),
  unary("Cosh", 9, "The hyperbolic cosine.", Math.cosh, { cost: 6 }),
  unary("Asinh", 9, "The inverse hyperbolic sine.", Math.asinh, { ...rising, cost: 6 }),
  unary("Acosh", 9, "The inverse hyperbolic cosine.", Math.acosh, { ...risingAbove, cost: 6 }),
  unary("Atanh", 9, "The inverse hyperbolic tangent.", Math.atanh, { cost: 6 }),

  unary("IsNaN", 13, "Whether the element is not a number.", (x) => Number(Number.isNaN(x)), { to: "bool" }),
  parametric(
    "IsInf",
    20,
    "Whether the element is infinite, of the signs asked for.",
    (call) => {
      const { positive, negative } = infinities(call);
      return (x) => Number((positive && x === Infinity) || (negative && x === -Infinity));
    },
    {
      to: "bool",
      partials: (call) => {
        const { positive, negative } = infinities(call);
        return positive === negative ? {} : positive ? rising.partials : falling.partials;
      },
    },
  ),
  unary("Not", 1, "The negation.", (x) => 1 - x, { accepts: "bool", ...falling }),
  unary("BitwiseNot", 18, "Every bit flipped.", (x) => -x - 1, { accepts: "integer", ...falling }),
];

function infinities(call: Call): { positive: boolean; negative: boolean } {
  return { positive: call.int("detect_positive", 1) !== 0, negative: call.int("detect_negative", 1) !== 0 };
}
