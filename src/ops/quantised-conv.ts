/**
 * Convolutions of whole numbers: ConvInteger, whose sums stay whole, and QLinearConv, which scales and rounds them again.
 *
 * Splits are those of a convolution; a zero point or scale per output channel is split with the channels. The padding is made of
 * zero points, so that it counts for nothing. Partial sums of 8-bit numbers overflow: none pass through.
 */
import type { Dim } from "../ir/dim.ts";
import { toNumbers } from "../ir/tensor-data.ts";
import { tensorType } from "../ir/types.ts";
import type { Call } from "./call.ts";
import type { Dense, LocalizeContext } from "./contract.ts";
import {
  convAt,
  convFlops,
  convRule,
  convShape,
  convSignatures,
  localConv,
  type ConvOperands,
} from "./conv-shape.ts";
import { defineOp, type OpDefinition } from "./define.ts";
import { build } from "./dense.ts";
import { discreteResults, trainedUnquantised } from "./gradients.ts";
import { partialSet } from "./movement.ts";

/** The inputs of `indices` that have an element per output channel: vectors, unless of one element. */
function vectors(call: Call, indices: readonly number[]): number[] {
  return indices.filter((i) => call.has(i) && call.rank(i) === 1 && call.shape(i)[0] !== 1);
}

/** Element `channel` of what is a scalar or has one element per channel; 0 where it is absent. */
function perChannel(values: Dense | null | undefined, channel: number): number {
  return values == null ? 0 : (values.data[values.data.length === 1 ? 0 : channel] as number);
}

/** The data's zero point as a scalar, for padding. */
function zeroPoint({ g, inputs }: LocalizeContext, index: number): string | undefined {
  const value = inputs[index];
  if (value == null) return undefined;
  return g.type(value).shape.length === 0 ? value : g.op("Reshape", [value, g.ints([])]);
}

function checkScalar(call: Call, index: number): void {
  if (!call.has(index)) return;
  const shape = call.shape(index);
  if (shape.length > 1 || shape.some((dim: Dim) => dim !== 1))
    call.failShape(`input ${index} belongs to the whole tensor: it must be a scalar`);
}

// --- ConvInteger

const integerOperands = (call: Call): ConvOperands => ({
  weight: 1,
  perChannel: vectors(call, [3]),
  likeOutput: [],
});

const convInteger = defineOp({
  name: "ConvInteger",
  doc: "Convolution of 8-bit numbers less their zero points, summed in 32 bits.",
  since: 10,
  inputs: [2, 4],
  gradient: discreteResults,
  axes: (call) => convRule(call, integerOperands(call)),
  infer: (call) => {
    checkScalar(call, 2);
    return [tensorType("i32", convShape(call, integerOperands(call)))];
  },
  signatures: (call, derived, context) => convSignatures(call, derived, context, integerOperands(call)),
  flops: (call, outputs) => convFlops(call, outputs, integerOperands(call)),
  localize: (context) => localConv(context, integerOperands(context.call), zeroPoint(context, 2)),
  evaluate: ({ call, inputs: [input, weight, xZero, wZero] }) => {
    const [x, w] = [input as Dense, weight as Dense];
    const operands = integerOperands(call);
    const sumAt = convAt(call, operands, x, w, {
      x: (value) => value - perChannel(xZero, 0),
      w: (value, m) => value - perChannel(wZero, m),
    });
    return [build("i32", convShape(call, operands) as readonly number[], sumAt)];
  },
});

// --- QLinearConv

const linearOperands = (call: Call): ConvOperands => ({
  weight: 3,
  perChannel: [...vectors(call, [4, 5]), ...(call.has(8) ? [8] : [])],
  likeOutput: [],
});

/** To the nearest whole number, halves to the even one. */
function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

function isPositive(call: Call, index: number): boolean {
  const data = call.constant(index);
  return data !== undefined && toNumbers(data).every((x) => x > 0);
}

const qLinearConv = defineOp({
  name: "QLinearConv",
  doc: "Convolution of quantised numbers, its result quantised: both with scales and zero points.",
  since: 10,
  inputs: [8, 9],
  gradient: trainedUnquantised,
  axes: (call) => convRule(call, linearOperands(call)),
  partials: { reduce: "none" },
  infer: (call) => {
    for (const index of [1, 2, 6, 7]) checkScalar(call, index);
    return [tensorType(call.dtype(7), convShape(call, linearOperands(call)))];
  },
  signatures: (call, derived, context) => [
    ...convSignatures(call, derived, context, linearOperands(call)),
    // The result rises with its zero point, and with the bias where the scales are positive, up to the ends of its type.
    ...partialSet(call, [7], ["max", "min"]),
    ...(call.has(8) && [1, 4, 6].every((i) => isPositive(call, i))
      ? partialSet(call, [8], ["max", "min"])
      : []),
  ],
  flops: (call, outputs) => convFlops(call, outputs, linearOperands(call)),
  localize: (context) => localConv(context, linearOperands(context.call), zeroPoint(context, 2)),
  evaluate: ({ call, inputs }) => {
    const [x, xScale, xZero, w, wScale, wZero, yScale, yZero] = inputs as readonly Dense[];
    const bias = inputs[8];
    const operands = linearOperands(call);
    const sumAt = convAt(call, operands, x as Dense, w as Dense, {
      x: (value) => value - perChannel(xZero, 0),
      w: (value, m) => value - perChannel(wZero, m),
    });
    const dtype = call.dtype(7);
    const [low, high] = dtype === "u8" ? [0, 255] : [-128, 127];
    return [
      build(dtype, convShape(call, operands) as readonly number[], (index) => {
        const m = index[1] as number;
        const total = sumAt(index) + (bias?.data[m] ?? 0);
        const scale = (perChannel(xScale, 0) * perChannel(wScale, m)) / perChannel(yScale, 0);
        return Math.max(low, Math.min(high, roundHalfEven(total * scale) + perChannel(yZero, 0)));
      }),
    ];
  },
});

export const quantisedConvOps: readonly OpDefinition[] = [convInteger, qLinearConv];
