/** Operators on one tensor, element by element, and conversions of types. */
import type { DataType } from "../../../src/ir/types.ts";
import type { Call } from "../../../src/ops/call.ts";
import {
  floatsOnly,
  heldAs,
  isNarrow,
  type Kernel,
  type KernelContext,
  type Tensor,
  type Tf,
} from "../kernel.ts";

type Function = (tf: Tf, x: Tensor) => Tensor;

/** A function of floats. */
function floats(op: string, needs: readonly string[], f: Function): Kernel {
  return withAttributes(op, needs, () => f);
}

/** A function of floats that attributes choose. */
function withAttributes(op: string, needs: readonly string[], choose: (call: Call) => Function): Kernel {
  return {
    op,
    needs,
    unless: floatsOnly,
    prepare: ({ tf, call }) => {
      const f = choose(call);
      return (x: Tensor) => f(tf, x);
    },
  };
}

/** A function of any numbers. */
function numbers(op: string, needs: readonly string[], f: Function, more: Partial<Kernel> = {}): Kernel {
  return {
    op,
    needs,
    ...more,
    prepare:
      ({ tf }) =>
      (x: Tensor) =>
        f(tf, x),
  };
}

const square = (tf: Tf, x: Tensor) => tf.mul(x, x);

const geluErf: Function = (tf, x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));

const geluTanh: Function = (tf, x) => {
  const inner = tf.mul(tf.mul(x, Math.sqrt(2 / Math.PI)), tf.add(tf.mul(square(tf, x), 0.044715), 1));
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
};

const swish = (tf: Tf, x: Tensor, alpha: number) => tf.mul(x, tf.sigmoid(alpha === 1 ? x : tf.mul(x, alpha)));

const erfNeeds = ["Multiply", "Add", "Erf"];
const tanhNeeds = ["Multiply", "Add", "Tanh"];

/** Elements above 0 as they are, others by `f`. */
function below(f: Function): Function {
  return (tf, x) => tf.where(tf.greater(x, 0), x, f(tf, x));
}

const belowNeeds = ["Greater", "Select"];

/** Whole numbers brought into the range of a narrow type, as casting them does. */
function wrapped(tf: Tf, x: Tensor, to: DataType): Tensor {
  const size = 2 ** Number(to.slice(1));
  const shift = to.startsWith("i") ? size / 2 : 0;
  const whole = (value: number) => tf.scalar(value, "int32");
  return tf.sub(tf.mod(tf.add(x, whole(shift)), whole(size)), whole(shift));
}

function castTo({ tf, call }: KernelContext, to: DataType): (x: Tensor) => Tensor {
  const from = call.dtype(0);
  if (to === "bool") return (x) => (from === "bool" ? x : tf.notEqual(x, tf.scalar(0, x.dtype as "int32")));
  const held = heldAs(to) as "float32";
  return (x) => {
    const cast = tf.cast(x, held);
    return isNarrow(to) && from !== to && from !== "bool" ? wrapped(tf, cast, to) : cast;
  };
}

const cast = (op: string): Kernel => ({
  op,
  needs: ["NotEqual", "Mod", "Add", "Sub"],
  narrow: true,
  prepare: (context) => {
    const run = castTo(context, context.outputs[0]?.dtype ?? "f32");
    return (x: Tensor) => run(x);
  },
});

const clip: Kernel = {
  op: "Clip",
  needs: ["Maximum", "Minimum"],
  narrow: true,
  prepare:
    ({ tf }) =>
    (x: Tensor, low?: Tensor, high?: Tensor) => {
      const above = low === undefined ? x : tf.maximum(x, low);
      return high === undefined ? above : tf.minimum(above, high);
    },
};

const infinite: Kernel["prepare"] = ({ tf, call }) => {
  const [negative, positive] = [call.int("detect_negative", 1), call.int("detect_positive", 1)];
  return (x: Tensor) => {
    const found = tf.isInf(x);
    if (negative === 1 && positive === 1) return found;
    if (negative === 0 && positive === 0) return tf.logicalAnd(found, tf.logicalNot(found));
    const side = positive === 1 ? tf.greater(x, 0) : tf.less(x, 0);
    return tf.logicalAnd(found, side);
  };
};

export const unaryKernels: readonly Kernel[] = [
  numbers("Identity", [], (tf, x) => tf.clone(x), { narrow: true }),
  numbers("Neg", ["Neg"], (tf, x) => tf.neg(x)),
  numbers("Abs", ["Abs"], (tf, x) => tf.abs(x)),
  numbers("Sign", ["Sign"], (tf, x) => tf.sign(x)),
  numbers("Relu", ["Relu"], (tf, x) => tf.relu(x)),
  numbers("Not", ["LogicalNot"], (tf, x) => tf.logicalNot(x)),
  {
    op: "BitwiseNot",
    needs: ["Sub"],
    unless: (call) => (call.dtype(0).startsWith("u") ? `its kernel takes no ${call.dtype(0)}` : undefined),
    prepare:
      ({ tf }) =>
      (x: Tensor) =>
        tf.sub(tf.scalar(-1, "int32"), x),
  },
  floats("Reciprocal", ["Reciprocal"], (tf, x) => tf.reciprocal(x)),
  floats("Sqrt", ["Sqrt"], (tf, x) => tf.sqrt(x)),
  floats("Exp", ["Exp"], (tf, x) => tf.exp(x)),
  floats("Log", ["Log"], (tf, x) => tf.log(x)),
  floats("Erf", ["Erf"], (tf, x) => tf.erf(x)),
  floats("Floor", ["Floor"], (tf, x) => tf.floor(x)),
  floats("Ceil", ["Ceil"], (tf, x) => tf.ceil(x)),
  floats("Round", ["Round"], (tf, x) => tf.round(x)),
  floats("Sin", ["Sin"], (tf, x) => tf.sin(x)),
  floats("Cos", ["Cos"], (tf, x) => tf.cos(x)),
  floats("Tan", ["Tan"], (tf, x) => tf.tan(x)),
  floats("Asin", ["Asin"], (tf, x) => tf.asin(x)),
  floats("Acos", ["Acos"], (tf, x) => tf.acos(x)),
  floats("Atan", ["Atan"], (tf, x) => tf.atan(x)),
  floats("Sinh", ["Sinh"], (tf, x) => tf.sinh(x)),
  floats("Cosh", ["Cosh"], (tf, x) => tf.cosh(x)),
  floats("Asinh", ["Asinh"], (tf, x) => tf.asinh(x)),
  floats("Acosh", ["Acosh"], (tf, x) => tf.acosh(x)),
  floats("Atanh", ["Atanh"], (tf, x) => tf.atanh(x)),
  floats("Tanh", ["Tanh"], (tf, x) => tf.tanh(x)),
  floats("Sigmoid", ["Sigmoid"], (tf, x) => tf.sigmoid(x)),
  floats("Softplus", ["Softplus"], (tf, x) => tf.softplus(x)),
  floats("Softsign", ["Abs", "Add", "RealDiv"], (tf, x) => tf.div(x, tf.add(tf.abs(x), 1))),
  floats("Mish", ["Softplus", "Tanh", "Multiply"], (tf, x) => tf.mul(x, tf.tanh(tf.softplus(x)))),
  floats("HardSwish", ["Multiply", "Add", "ClipByValue"], (tf, x) =>
    tf.mul(x, tf.clipByValue(tf.add(tf.mul(x, 1 / 6), 0.5), 0, 1)),
  ),
  floats("IsNaN", ["IsNan"], (tf, x) => tf.isNaN(x)),
  {
    op: "IsInf",
    needs: ["IsInf", "Greater", "Less", "LogicalAnd", "LogicalNot"],
    unless: floatsOnly,
    prepare: infinite,
  },
  withAttributes("LeakyRelu", [...belowNeeds, "Multiply"], (call) => {
    const alpha = call.float("alpha", 0.01);
    return below((tf, x) => tf.mul(x, alpha));
  }),
  withAttributes("Elu", [...belowNeeds, "Multiply", "Expm1"], (call) => {
    const alpha = call.float("alpha", 1);
    return below((tf, x) => tf.mul(tf.expm1(x), alpha));
  }),
  withAttributes("Celu", [...belowNeeds, "Multiply", "Expm1"], (call) => {
    const alpha = call.float("alpha", 1);
    return below((tf, x) => tf.mul(tf.expm1(tf.mul(x, 1 / alpha)), alpha));
  }),
  withAttributes("Selu", [...belowNeeds, "Multiply", "Expm1"], (call) => {
    const alpha = call.float("alpha", 1.67326319217681884765625);
    const gamma = call.float("gamma", 1.05070102214813232421875);
    const inner = below((tf, x) => tf.mul(tf.expm1(x), alpha));
    return (tf, x) => tf.mul(inner(tf, x), gamma);
  }),
  withAttributes("HardSigmoid", ["Multiply", "Add", "ClipByValue"], (call) => {
    const [alpha, beta] = [call.float("alpha", 0.2), call.float("beta", 0.5)];
    return (tf, x) => tf.clipByValue(tf.add(tf.mul(x, alpha), beta), 0, 1);
  }),
  withAttributes("ThresholdedRelu", [...belowNeeds, "ZerosLike"], (call) => {
    const alpha = call.float("alpha", 1);
    return (tf, x) => tf.where(tf.greater(x, alpha), x, tf.zerosLike(x));
  }),
  withAttributes("Shrink", [...belowNeeds, "Less", "Add", "Sub", "ZerosLike"], (call) => {
    const [bias, bound] = [call.float("bias", 0), call.float("lambd", 0.5)];
    return (tf, x) => {
      const low = tf.where(tf.less(x, -bound), tf.add(x, bias), tf.zerosLike(x));
      return tf.where(tf.greater(x, bound), tf.sub(x, bias), low);
    };
  }),
  withAttributes("Gelu", [...erfNeeds, "Tanh"], (call) =>
    call.string("approximate", "none") === "tanh" ? geluTanh : geluErf,
  ),
  withAttributes("Swish", ["Multiply", "Sigmoid"], (call) => {
    const alpha = call.float("alpha", 1);
    return (tf, x) => swish(tf, x, alpha);
  }),
  withAttributes("com.microsoft.QuickGelu", ["Multiply", "Sigmoid"], (call) => {
    const alpha = call.float("alpha", 1.702);
    return (tf, x) => swish(tf, x, alpha);
  }),
  floats("com.microsoft.Gelu", erfNeeds, geluErf),
  ...(
    [
      ["com.microsoft.FastGelu", tanhNeeds, geluTanh],
      ["com.microsoft.BiasGelu", erfNeeds, geluErf],
    ] as const
  ).map(([op, needs, f]): Kernel => ({
    op,
    needs,
    unless: floatsOnly,
    prepare:
      ({ tf }) =>
      (x: Tensor, bias?: Tensor) =>
        f(tf, bias === undefined ? x : tf.add(x, bias)),
  })),
  cast("Cast"),
  cast("CastLike"),
  clip,
];
