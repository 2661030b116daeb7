/** Functions of one element: arithmetic, activations, trigonometry, rounding. */
import type { PartialRules } from "../sbp/signature.ts";
import { isFloat } from "../ir/types.ts";
import type { Call } from "./call.ts";
import type { OpDefinition } from "./define.ts";
import { discreteResults, slope, unaryGradient, zeroGradient, type Formulas } from "./gradients.ts";
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

/** The derivative of GELU by the error function. */
export function geluErfSlope({ add, mul, of }: Formulas, x: string): string {
  const u = mul(x, Math.SQRT1_2);
  const density = mul(mul(u, of("Exp", of("Neg", mul(u, u)))), 2 / Math.sqrt(Math.PI));
  return mul(add(add(of("Erf", u), density), 1), 0.5);
}

/** The derivative of GELU by the hyperbolic tangent. */
export function geluTanhSlope({ add, sub, mul, of }: Formulas, x: string): string {
  const [k, c] = [Math.sqrt(2 / Math.PI), 0.044715];
  const square = mul(x, x);
  const t = of("Tanh", mul(x, add(mul(square, k * c), k)));
  const inner = mul(x, add(mul(square, 3 * k * c), k));
  return mul(mul(add(t, 1), 0.5), add(mul(inner, sub(1, t)), 1));
}

/** The derivative of y = x sigmoid(alpha x). */
export function swishSlope({ add, sub, mul, of }: Formulas, x: string, y: string, alpha: number): string {
  const s = of("Sigmoid", alpha === 1 ? x : mul(x, alpha));
  const rest = sub(y, mul(y, s));
  return add(s, alpha === 1 ? rest : mul(rest, alpha));
}

// Values that ONNX gives to Selu's attributes, rounded to f32.
const seluAlpha = 1.67326319217681884765625;
const seluGamma = 1.05070102214813232421875;

export const unaryOps: readonly OpDefinition[] = [
  unary("Neg", 13, "The negative.", (x) => -x, {
    accepts: "number",
    partials: monotoneOnFloats([[0]], [down(0)]),
    gradient: unaryGradient(({ of, dy }) => of("Neg", dy)),
  }),
  unary("Abs", 13, "The absolute value.", Math.abs, {
    accepts: "number",
    gradient: slope(({ of, x }) => of("Sign", x)),
  }),
  unary("Sign", 13, "1, 0 or -1 by the sign.", Math.sign, {
    accepts: "number",
    ...rising,
    gradient: zeroGradient,
  }),
  unary("Reciprocal", 13, "1 / x.", (x) => 1 / x, {
    gradient: unaryGradient(({ mul, of, dy, y }) => of("Neg", mul(mul(dy, y()), y()))),
  }),
  unary("Sqrt", 13, "The square root.", Math.sqrt, {
    ...risingAbove,
    gradient: unaryGradient(({ mul, div, dy, y }) => div(mul(dy, 0.5), y())),
  }),
  unary("Exp", 13, "e to the power x.", Math.exp, { ...rising, cost: 4, gradient: slope(({ y }) => y()) }),
  unary("Log", 13, "The natural logarithm.", Math.log, {
    ...risingAbove,
    cost: 4,
    gradient: unaryGradient(({ div, dy, x }) => div(dy, x)),
  }),
  unary("Erf", 13, "The error function.", erf, {
    ...rising,
    accepts: "number",
    cost: 8,
    gradient: slope(({ mul, of, x }) => mul(of("Exp", of("Neg", mul(x, x))), 2 / Math.sqrt(Math.PI))),
  }),
  unary("Floor", 13, "Rounded down.", Math.floor, { ...rising, gradient: zeroGradient }),
  unary("Ceil", 13, "Rounded up.", Math.ceil, { ...rising, gradient: zeroGradient }),
  unary("Round", 11, "Rounded to the nearest, halves to even.", roundHalfToEven, {
    ...rising,
    gradient: zeroGradient,
  }),

  unary("Tanh", 13, "The hyperbolic tangent.", Math.tanh, {
    ...rising,
    cost: 6,
    gradient: slope(({ mul, sub, y }) => sub(1, mul(y(), y()))),
  }),
  unary("Sigmoid", 13, "1 / (1 + exp(-x)).", sigmoid, {
    ...rising,
    cost: 5,
    roundedAt: 1,
    gradient: slope(({ mul, sub, y }) => sub(y(), mul(y(), y()))),
  }),
  unary("Relu", 14, "max(x, 0).", (x) => Math.max(x, 0), {
    ...rising,
    accepts: "number",
    gradient: unaryGradient(({ where, greater, dy, y }) => where(greater(y(), 0), dy, 0)),
  }),
  parametric(
    "LeakyRelu",
    16,
    "x where positive, else alpha x.",
    (call) => {
      const alpha = call.float("alpha", 0.01);
      return (x) => (x < 0 ? alpha * x : x);
    },
    {
      ...risingIf((call) => call.float("alpha", 0.01) > 0),
      gradient: unaryGradient(({ where, less, mul, dy, x, call }) =>
        where(less(x, 0), mul(dy, call.float("alpha", 0.01)), dy),
      ),
    },
  ),
  parametric(
    "Elu",
    6,
    "x where positive, else alpha (exp(x) - 1).",
    (call) => {
      const alpha = call.float("alpha", 1);
      return (x) => (x < 0 ? alpha * Math.expm1(x) : x);
    },
    {
      ...risingIf((call) => call.float("alpha", 1) >= 0),
      cost: 4,
      gradient: unaryGradient(({ where, less, mul, add, dy, x, y, call }) =>
        where(less(x, 0), mul(dy, add(y(), call.float("alpha", 1))), dy),
      ),
    },
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
      gradient: unaryGradient(({ where, greater, mul, add, dy, x, y, call }) => {
        const gamma = call.float("gamma", seluGamma);
        return where(
          greater(x, 0),
          mul(dy, gamma),
          mul(dy, add(y(), gamma * call.float("alpha", seluAlpha))),
        );
      }),
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
    {
      ...risingIf((call) => call.float("alpha", 1) > 0),
      cost: 6,
      gradient: unaryGradient(({ where, less, mul, add, dy, x, y, call }) =>
        where(less(x, 0), mul(dy, add(mul(y(), 1 / call.float("alpha", 1)), 1)), dy),
      ),
    },
  ),
  unary("Softplus", 1, "log(1 + exp(x)).", softplus, {
    ...rising,
    cost: 8,
    gradient: slope(({ of, x }) => of("Sigmoid", x)),
  }),
  // Rising too, but inf / inf is not a number: no partial terms.
  unary("Softsign", 1, "x / (1 + |x|).", (x) => x / (1 + Math.abs(x)), {
    cost: 3,
    gradient: unaryGradient(({ add, mul, div, of, dy, x }) => {
      const size = add(of("Abs", x), 1);
      return div(dy, mul(size, size));
    }),
  }),
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
      gradient: unaryGradient(({ where, greater, less, mul, dy, y, call }) => {
        const rising = where(greater(y(), 0), mul(dy, call.float("alpha", 0.2)), 0);
        return where(less(y(), 1), rising, 0);
      }),
    },
  ),
  unary("HardSwish", 14, "x max(0, min(1, x / 6 + 1/2)).", (x) => x * clampedLine(1 / 6, 0.5)(x), {
    cost: 5,
    gradient: slope(({ where, greater, less, mul, add, x }) => {
      const between = add(mul(x, 1 / 3), 0.5);
      return where(greater(x, -3), where(less(x, 3), between, 1), 0);
    }),
  }),
  unary("Mish", 18, "x tanh(softplus(x)).", (x) => x * Math.tanh(softplus(x)), {
    cost: 15,
    gradient: slope(({ mul, sub, add, of, x }) => {
      const t = of("Tanh", of("Softplus", x));
      return add(t, mul(mul(x, of("Sigmoid", x)), sub(1, mul(t, t))));
    }),
  }),
  parametric("Gelu", 20, "x times the normal distribution function of x; by tanh where asked.", gelu, {
    cost: 12,
    gradient: slope((of) =>
      of.call.string("approximate", "none") === "tanh" ? geluTanhSlope(of, of.x) : geluErfSlope(of, of.x),
    ),
  }),
  parametric(
    "Swish",
    24,
    "x sigmoid(alpha x).",
    (call) => {
      const alpha = call.float("alpha", 1);
      return (x) => x * sigmoid(alpha * x);
    },
    { cost: 6, gradient: slope((of) => swishSlope(of, of.x, of.y(), of.call.float("alpha", 1))) },
  ),
  parametric(
    "ThresholdedRelu",
    10,
    "x where above alpha, else 0.",
    (call) => {
      const alpha = call.float("alpha", 1);
      return (x) => (x > alpha ? x : 0);
    },
    {
      ...risingIf((call) => call.float("alpha", 1) >= 0),
      gradient: unaryGradient(({ where, greater, dy, x, call }) =>
        where(greater(x, call.float("alpha", 1)), dy, 0),
      ),
    },
  ),

  parametric("Shrink", 9, "x moved by `bias` toward 0 where its size is above `lambd`, else 0.", shrunk, {
    accepts: "number",
    cost: 2,
    partials: shrinkPartials,
    gradient: unaryGradient(({ where, greater, less, dy, x, call }) => {
      const lambd = call.float("lambd", 0.5);
      return where(less(x, -lambd), dy, where(greater(x, lambd), dy, 0));
    }),
  }),

  unary("Sin", 7, "The sine.", Math.sin, { cost: 4, gradient: slope(({ of, x }) => of("Cos", x)) }),
  unary("Cos", 7, "The cosine.", Math.cos, {
    cost: 4,
    gradient: slope(({ of, x }) => of("Neg", of("Sin", x))),
  }),
  unary("Tan", 7, "The tangent.", Math.tan, {
    cost: 6,
    gradient: slope(({ mul, add, y }) => add(mul(y(), y()), 1)),
  }),
  unary("Asin", 7, "The inverse sine.", Math.asin, {
    cost: 6,
    gradient: unaryGradient(({ mul, sub, div, of, dy, x }) => div(dy, of("Sqrt", sub(1, mul(x, x))))),
  }),
  unary("Acos", 7, "The inverse cosine.", Math.acos, {
    cost: 6,
    gradient: unaryGradient(({ mul, sub, div, of, dy, x }) =>
      of("Neg", div(dy, of("Sqrt", sub(1, mul(x, x))))),
    ),
  }),
  unary("Atan", 7, "The inverse tangent.", Math.atan, {
    ...rising,
    cost: 6,
    gradient: unaryGradient(({ mul, add, div, dy, x }) => div(dy, add(mul(x, x), 1))),
  }),
  unary("Sinh", 9, "The hyperbolic sine.", Math.sinh, {
    ...rising,
    cost: 6,
    gradient: slope(({ of, x }) => of("Cosh", x)),
  }),
  unary("Cosh", 9, "The hyperbolic cosine.", Math.cosh, {
    cost: 6,
    gradient: slope(({ of, x }) => of("Sinh", x)),
  }),
  unary("Asinh", 9, "The inverse hyperbolic sine.", Math.asinh, {
    ...rising,
    cost: 6,
    gradient: unaryGradient(({ mul, add, div, of, dy, x }) => div(dy, of("Sqrt", add(mul(x, x), 1)))),
  }),
  unary("Acosh", 9, "The inverse hyperbolic cosine.", Math.acosh, {
    ...risingAbove,
    cost: 6,
    gradient: unaryGradient(({ mul, sub, div, of, dy, x }) => div(dy, of("Sqrt", sub(mul(x, x), 1)))),
  }),
  unary("Atanh", 9, "The inverse hyperbolic tangent.", Math.atanh, {
    cost: 6,
    gradient: unaryGradient(({ mul, sub, div, dy, x }) => div(dy, sub(1, mul(x, x)))),
  }),

  unary("IsNaN", 13, "Whether the element is not a number.", (x) => Number(Number.isNaN(x)), {
    to: "bool",
    gradient: discreteResults,
  }),
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
      gradient: discreteResults,
    },
  ),
  unary("Not", 1, "The negation.", (x) => 1 - x, { accepts: "bool", ...falling, gradient: discreteResults }),
  unary("BitwiseNot", 18, "Every bit flipped.", (x) => -x - 1, {
    accepts: "integer",
    ...falling,
    gradient: discreteResults,
  }),
];

function infinities(call: Call): { positive: boolean; negative: boolean } {
  return { positive: call.int("detect_positive", 1) !== 0, negative: call.int("detect_negative", 1) !== 0 };
}
