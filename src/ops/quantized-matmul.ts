/**
 * Products of quantized matrices: MatMulInteger, QLinearMatMul, and com.microsoft's MatMulIntegerToFloat and
 * DynamicQuantizeMatMul.
 *
 *   rows       A S(m), what is per row S(m)                      -> S(m)
 *   columns    B S(n), what is per column S(n)                   -> S(n)
 *   k          A S(k), B S(k), zero points B, bias P(sum)        -> P(sum), not where the sum is rounded afterwards
 *
 * Zero points are taken off every element, so that a part of the sum needs them whole. Integers of 8 bits may overflow when
 * they are added: partial operands do not pass. DynamicQuantizeMatMul becomes DynamicQuantizeLinear, which takes the range of
 * the whole operand, and MatMulIntegerToFloat (`simplify-contrib.ts`).
 */
import { isKnown } from "../ir/dim.ts";
import type { DataType } from "../ir/types.ts";
import type { PartialRules } from "../sbp/signature.ts";
import { range } from "../support/collections.ts";
import type { Call } from "./call.ts";
import type { Dense } from "./contract.ts";
import { defineOp, rulePoints, type OpDefinition } from "./define.ts";
import { build, contract, offsetOf, stridesOf } from "./dense.ts";
import { up } from "./elementwise.ts";
import { discreteResults, trainedUnquantised } from "./gradients.ts";
import { integerBounds, quantized } from "./quantize.ts";
import { roundHalfEven } from "./small-floats.ts";

/** Axes of a parameter of A (`m`) or B (`n`): none, one per row or column, or as many as the operand has. */
function parameterAxes(call: Call, input: number, operand: number, name: "m" | "n"): string {
  if (!call.has(input)) return "";
  const shape = call.shape(input);
  const lines =
    call.rank(operand) < 2 ? undefined : call.shape(operand)[call.rank(operand) - (name === "m" ? 2 : 1)];
  const axis = (size: unknown) => (size === 1 && lines !== 1 ? "1" : name);
  if (shape.length === 0) return "";
  if (shape.length === 1) return axis(shape[0]);
  if (shape.length !== call.rank(operand)) call.failShape(`input ${input} has ${shape.length} axes`);
  return name === "m" ? `... ${axis(shape.at(-2))} 1` : `... 1 ${axis(shape.at(-1))}`;
}

/** Where each operand and its parameters are. */
interface Places {
  readonly a: number;
  readonly b: number;
  readonly ofA: readonly number[];
  readonly ofB: readonly number[];
  readonly bias?: number;
}

function productRule(call: Call, { a, b, ofA, ofB, bias }: Places): string {
  const [left, right] = [call.rank(a), call.rank(b)];
  if (left === 0 || right === 0) call.failShape("a scalar cannot be multiplied as a matrix");
  const inputs = call.inputs.map((_, i) => {
    if (i === a) return left === 1 ? "k" : "... m k";
    if (i === b) return right === 1 ? "k" : "... k n";
    if (ofA.includes(i)) return parameterAxes(call, i, a, "m");
    if (ofB.includes(i)) return parameterAxes(call, i, b, "n");
    if (i === bias) return "n";
    return call.has(i)
      ? call
          .shape(i)
          .map(() => "1")
          .join(" ")
      : "";
  });
  return `${inputs.join(", ")} -> ${left > 1 || right > 1 ? "..." : ""} ${left > 1 ? "m" : ""} ${right > 1 ? "n" : ""}`;
}

/** The parameter of every element of an operand of this shape: per row (axis -2) or per column (axis -1), or one for all. */
function parameterOf(
  parameter: Dense | null | undefined,
  rank: number,
  axis: -1 | -2,
  absent: number,
): (index: readonly number[]) => number {
  if (parameter == null) return () => absent;
  if (parameter.data.length === 1) return () => parameter.data[0] as number;
  if (parameter.shape.length === 1) return (index) => parameter.data[index[rank + axis] as number] as number;
  const strides = stridesOf(parameter.shape);
  return (index) =>
    parameter.data[
      offsetOf(
        index.map((at, i) => (parameter.shape[i] === 1 ? 0 : at)),
        strides,
      )
    ] as number;
}

/** An operand as the numbers it stands for, times `scale` where there is one. */
function dequantized(
  x: Dense,
  axis: -1 | -2,
  zero: Dense | null | undefined,
  scale: Dense | null | undefined,
  dtype: DataType,
): Dense {
  const rank = x.shape.length;
  const [zeroAt, scaleAt] = [parameterOf(zero, rank, axis, 0), parameterOf(scale, rank, axis, 1)];
  return build(dtype, x.shape, (index, at) => ((x.data[at] as number) - zeroAt(index)) * scaleAt(index));
}

/** NumPy's matmul of the two. */
function product(a: Dense, b: Dense): Dense {
  const labels = (x: Dense, rows: string, columns: string) => {
    if (x.shape.length === 1) return ["k"];
    return [...range(x.shape.length - 2).map((i) => `b${x.shape.length - 2 - i}`), rows, columns];
  };
  const batch = Math.max(a.shape.length, b.shape.length, 2) - 2;
  const output = [
    ...range(batch).map((i) => `b${batch - i}`),
    ...(a.shape.length > 1 ? ["m"] : []),
    ...(b.shape.length > 1 ? ["n"] : []),
  ];
  return contract([a, b], [labels(a, "m", "k"), labels(b, "k", "n")], output, a.dtype);
}

function check8Bit(call: Call, ...inputs: readonly number[]): void {
  for (const input of inputs) {
    if (!call.has(input)) continue;
    const dtype = call.dtype(input);
    if (dtype !== "i8" && dtype !== "u8" && !dtype.startsWith("f8"))
      call.fail("dtype-mismatch", { problem: `input ${input} must be of 8 bits`, types: call.printShapes() });
  }
}

// --- MatMulInteger

const integerPlaces: Places = { a: 0, b: 1, ofA: [2], ofB: [3] };

const matMulInteger = defineOp({
  name: "MatMulInteger",
  doc: "Product of 8-bit matrices less their zero points, in 32 bits.",
  since: 10,
  inputs: [2, 4],
  gradient: discreteResults,
  axes: (call) => productRule(call, integerPlaces),
  dtypes: (call) => {
    check8Bit(call, 0, 1, 2, 3);
    return ["i32"];
  },
  flops: (call) => 2 * rulePoints(productRule(call, integerPlaces), call),
  evaluate: ({ inputs: [a, b, zeroA, zeroB] }) => [
    product(dequantized(a as Dense, -2, zeroA, null, "i32"), dequantized(b as Dense, -1, zeroB, null, "i32")),
  ],
});

// --- QLinearMatMul

const linearPlaces: Places = { a: 0, b: 3, ofA: [1, 2], ofB: [4, 5] };

/** The last zero point moves all results. */
const movedByZero = (input: number): PartialRules => ({ monotone: [up(input)], reduce: "none" });

const qLinearMatMul = defineOp({
  name: "QLinearMatMul",
  doc: "Product of quantized matrices, quantized again.",
  since: 10,
  sinceFor: (_, dtypes) =>
    dtypes.some((dtype) => dtype === "f16" || dtype === "bf16" || dtype?.startsWith("f8") === true) ? 21 : 10,
  inputs: [8, 8],
  gradient: trainedUnquantised,
  axes: (call) => productRule(call, linearPlaces),
  dtypes: (call) => {
    check8Bit(call, 0, 2, 3, 5, 7);
    for (const input of [6, 7])
      if (call.shape(input).some((size) => isKnown(size) && size !== 1))
        call.failShape("the result has one scale and zero point");
    return [call.dtype(7)];
  },
  partials: movedByZero(7),
  flops: (call) => 2 * rulePoints(productRule(call, linearPlaces), call),
  evaluate: ({ call, inputs: [a, scaleA, zeroA, b, scaleB, zeroB, scale, zero] }) => {
    const exact = product(
      dequantized(a as Dense, -2, zeroA, scaleA, "f32"),
      dequantized(b as Dense, -1, zeroB, scaleB, "f32"),
    );
    const dtype = call.dtype(7);
    const [step, shift] = [scale?.data[0] as number, zero?.data[0] as number];
    return [build(dtype, exact.shape, (_, at) => quantized(dtype, (exact.data[at] as number) / step, shift))];
  },
});

// --- com.microsoft

const floatPlaces: Places = { a: 0, b: 1, ofA: [2, 4], ofB: [3, 5], bias: 6 };

const matMulIntegerToFloat = defineOp({
  name: "com.microsoft.MatMulIntegerToFloat",
  doc: "Product of 8-bit matrices less their zero points, times their scales, plus a bias.",
  since: 1,
  inputs: [4, 7],
  gradient: trainedUnquantised,
  axes: (call) => productRule(call, floatPlaces),
  dtypes: (call) => {
    check8Bit(call, 0, 1, 4, 5);
    return [call.dtype(2)];
  },
  partials: (call) => {
    const bias = call.has(6) ? [6] : [];
    return {
      linear: [
        [2, ...bias],
        [3, ...bias],
      ],
      monotone: bias.length === 0 ? [] : [up(6)],
      additive: [6],
    };
  },
  flops: (call) => 2 * rulePoints(productRule(call, floatPlaces), call),
  evaluate: ({ call, inputs: [a, b, scaleA, scaleB, zeroA, zeroB, bias] }) => {
    const y = product(
      dequantized(a as Dense, -2, zeroA, scaleA, call.dtype(2)),
      dequantized(b as Dense, -1, zeroB, scaleB, call.dtype(2)),
    );
    return [withBias(y, bias)];
  },
});

function withBias(y: Dense, bias: Dense | null | undefined): Dense {
  if (bias == null) return y;
  return build(
    y.dtype,
    y.shape,
    (index, at) => (y.data[at] as number) + (bias.data[index.at(-1) as number] as number),
  );
}

/** The numbers that are left of floats when they are put on the 256 steps of their range, as DynamicQuantizeLinear does. */
export function dynamicallyQuantized(x: Dense): Dense {
  const low = x.data.reduce((least, value) => Math.min(least, value), 0);
  const high = x.data.reduce((most, value) => Math.max(most, value), 0);
  const [least, most] = integerBounds("u8");
  const scale = high === low ? 1 : Math.fround((high - low) / (most - least));
  const zero = roundHalfEven(Math.fround(-low / scale));
  return build(x.dtype, x.shape, (_, at) => {
    const step = quantized("u8", Math.fround((x.data[at] as number) / scale), zero);
    return (step - zero) * scale;
  });
}

/** Steps of A stay whole: they are those of its whole range. */
const dynamicPlaces: Places = { a: 0, b: 1, ofA: [], ofB: [2, 3], bias: 4 };

function dynamicRule(call: Call): string {
  return productRule(call, dynamicPlaces)
    .replace(/^(\.\.\. m k|k)/, (text) => text.replace(/\.\.\.|\w+/g, (word) => `!${word}`))
    .replaceAll(/(^|[ ,])k/g, "$1!k");
}

const dynamicQuantizeMatMul = defineOp({
  name: "com.microsoft.DynamicQuantizeMatMul",
  doc: "Product of a float matrix, quantized over its own range, and an 8-bit one.",
  since: 1,
  inputs: [3, 5],
  gradient: trainedUnquantised,
  axes: dynamicRule,
  dtypes: (call) => {
    check8Bit(call, 1, 3);
    return [call.dtype(0)];
  },
  partials: (call) => (call.has(4) ? { linear: [[2, 4]], monotone: [up(4)] } : { linear: [[2]] }),
  flops: (call) => 2 * rulePoints(productRule(call, dynamicPlaces), call),
  evaluate: ({ inputs: [a, b, scaleB, zeroB, bias] }) => {
    const x = dynamicallyQuantized(a as Dense);
    return [withBias(product(x, dequantized(b as Dense, -1, zeroB, scaleB, x.dtype)), bias)];
  },
});

export const quantizedMatmulOps: readonly OpDefinition[] = [
  matMulInteger,
  qLinearMatMul,
  matMulIntegerToFloat,
  dynamicQuantizeMatMul,
];
