/** Operators on two or more tensors, element by element, broadcasting. */
import { isFloat, isInteger } from "../../../src/ir/types.ts";
import type { Call } from "../../../src/ops/call.ts";
import { floatsOnly, type Kernel, type Tensor, type Tf } from "../kernel.ts";

type Binary = (tf: Tf, a: Tensor, b: Tensor) => Tensor;

function binary(op: string, needs: readonly string[], f: Binary, more: Partial<Kernel> = {}): Kernel {
  return {
    op,
    needs,
    ...more,
    prepare:
      ({ tf }) =>
      (a: Tensor, b: Tensor) =>
        f(tf, a, b),
  };
}

/** One or more inputs, taken together two by two. */
function variadic(op: string, needs: readonly string[], f: Binary, more: Partial<Kernel> = {}): Kernel {
  return {
    op,
    needs,
    ...more,
    prepare:
      ({ tf }) =>
      (...inputs: Tensor[]) =>
        inputs.reduce((a, b) => f(tf, a, b)),
  };
}

const isIntegral = (call: Call) => isInteger(call.dtype(0));

/** Whole numbers divided towards zero: tfjs divides towards minus infinity. */
function quotient(tf: Tf, a: Tensor, b: Tensor): Tensor {
  const magnitude = tf.floorDiv(tf.abs(a), tf.abs(b));
  return tf.mul(magnitude, tf.mul(tf.sign(a), tf.sign(b)));
}

/** The remainder with the sign of the dividend. */
function remainder(tf: Tf, a: Tensor, b: Tensor): Tensor {
  const magnitude = tf.mod(tf.abs(a), tf.abs(b));
  return tf.mul(magnitude, tf.sign(a));
}

/** Powers of whole numbers are computed as floats: exact up to 2^24. */
const power: Kernel["prepare"] = ({ tf, call }) => {
  const integral = isIntegral(call);
  const asFloat = (x: Tensor, i: number) => (isFloat(call.dtype(i)) ? x : tf.cast(x, "float32"));
  return (a: Tensor, b: Tensor) => {
    const result = tf.pow(asFloat(a, 0), asFloat(b, 1));
    return integral ? tf.cast(tf.round(result), "int32") : result;
  };
};

const compared = { narrow: true } as const;

export const elementwiseKernels: readonly Kernel[] = [
  binary("Add", ["Add"], (tf, a, b) => tf.add(a, b)),
  binary("Sub", ["Sub"], (tf, a, b) => tf.sub(a, b)),
  binary("Mul", ["Multiply"], (tf, a, b) => tf.mul(a, b)),
  {
    op: "Div",
    needs: ["RealDiv", "FloorDiv", "Abs", "Sign", "Multiply"],
    prepare: ({ tf, call }) => {
      const divide = isIntegral(call) ? quotient : (_: Tf, a: Tensor, b: Tensor) => tf.div(a, b);
      return (a: Tensor, b: Tensor) => divide(tf, a, b);
    },
  },
  {
    op: "Mod",
    needs: ["Mod", "Abs", "Sign", "Multiply"],
    prepare: ({ tf, call }) => {
      const signed = call.int("fmod", 0) === 1;
      return (a: Tensor, b: Tensor) => (signed ? remainder(tf, a, b) : tf.mod(a, b));
    },
  },
  { op: "Pow", needs: ["Pow", "Round"], prepare: power },
  variadic("Max", ["Maximum"], (tf, a, b) => tf.maximum(a, b), compared),
  variadic("Min", ["Minimum"], (tf, a, b) => tf.minimum(a, b), compared),
  variadic("Sum", ["Add"], (tf, a, b) => tf.add(a, b)),
  {
    op: "Mean",
    needs: ["Add", "RealDiv"],
    unless: floatsOnly,
    prepare:
      ({ tf }) =>
      (...inputs: Tensor[]) =>
        tf.div(
          inputs.reduce((a, b) => tf.add(a, b)),
          inputs.length,
        ),
  },
  {
    op: "PRelu",
    needs: ["Relu", "Minimum", "Multiply", "Add"],
    unless: floatsOnly,
    prepare:
      ({ tf }) =>
      (x: Tensor, slope: Tensor) =>
        tf.add(tf.relu(x), tf.mul(slope, tf.minimum(x, 0))),
  },
  binary("Equal", ["Equal"], (tf, a, b) => tf.equal(a, b), compared),
  binary("Greater", ["Greater"], (tf, a, b) => tf.greater(a, b), compared),
  binary("GreaterOrEqual", ["GreaterEqual"], (tf, a, b) => tf.greaterEqual(a, b), compared),
  binary("Less", ["Less"], (tf, a, b) => tf.less(a, b), compared),
  binary("LessOrEqual", ["LessEqual"], (tf, a, b) => tf.lessEqual(a, b), compared),
  binary("And", ["LogicalAnd"], (tf, a, b) => tf.logicalAnd(a, b)),
  binary("Or", ["LogicalOr"], (tf, a, b) => tf.logicalOr(a, b)),
  binary("Xor", ["LogicalAnd", "LogicalOr", "LogicalNot"], (tf, a, b) =>
    tf.logicalAnd(tf.logicalOr(a, b), tf.logicalNot(tf.logicalAnd(a, b))),
  ),
  binary("BitwiseAnd", ["BitwiseAnd", "Tile"], (tf, a, b) => bitwiseAnd(tf, a, b), compared),
  binary(
    "BitwiseOr",
    ["BitwiseAnd", "Tile", "Add", "Sub"],
    (tf, a, b) => tf.sub(tf.add(a, b), bitwiseAnd(tf, a, b)),
    compared,
  ),
  binary(
    "BitwiseXor",
    ["BitwiseAnd", "Tile", "Add", "Sub", "Multiply"],
    (tf, a, b) => tf.sub(tf.add(a, b), tf.mul(bitwiseAnd(tf, a, b), tf.scalar(2, "int32"))),
    compared,
  ),
  {
    op: "Where",
    needs: ["Select", "Tile"],
    narrow: true,
    prepare:
      ({ tf }) =>
      (condition: Tensor, a: Tensor, b: Tensor) =>
        tf.where(condition, a, b),
  },
];

/** tfjs's kernel wants equal shapes. Of "or" and "xor" it has none: a | b = a + b - (a & b), a ^ b = a + b - 2 (a & b). */
function bitwiseAnd(tf: Tf, a: Tensor, b: Tensor): Tensor {
  const shape = tf.broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
  return tf.bitwiseAnd(tf.broadcastTo(a, shape), tf.broadcastTo(b, shape));
}
