/**
 * DynamicQuantizeLSTM of com.microsoft: an LSTM whose weights are of 8 bits, W [directions, features, gates] and R [directions,
 * hidden, gates], with a scale and zero point per direction or per column. What is multiplied with them is quantized over its own
 * range.
 *
 *   direction   X B, every other input S(0)                            -> S(direction) on every output
 *
 * The range is that of X over all of time and batch, and of the state over the whole batch at every step: of a part of the batch
 * it would be another, and other numbers would come out. So the batch stays whole, besides what stays whole in every LSTM
 * (`recurrent.ts`).
 */
import { isKnown } from "../ir/dim.ts";
import { arraysEqual, range } from "../support/collections.ts";
import type { Call } from "./call.ts";
import type { Dense } from "./contract.ts";
import { defineOp, type OpDefinition } from "./define.ts";
import { build } from "./dense.ts";
import { trainedUnquantised } from "./gradients.ts";
import { dynamicallyQuantized } from "./quantized-matmul.ts";
import {
  directionsOf,
  evaluateRecurrent,
  isUniform,
  localizeRecurrent,
  recurrentFlops,
} from "./recurrent.ts";
import { lstmCell } from "./recurrent-cells.ts";

const [inputW, inputR, inputB, inputPeepholes, scaleW, zeroW, scaleR, zeroR] = [1, 2, 3, 7, 8, 9, 10, 11];

function quantizedRule(call: Call): string {
  checkSizes(call);
  const d = isUniform(call, lstmCell) ? "d" : "!d";
  const parameter = (input: number) => (call.has(input) && call.rank(input) === 2 ? `${d} !g` : d);
  const state = `${d} !b !h`;
  const inputs = [
    "!t !b !i",
    `${d} !i !g`,
    `${d} !h !g`,
    `${d} !e`,
    "!b",
    state,
    state,
    `${d} !p`,
    ...[scaleW, zeroW, scaleR, zeroR].map(parameter),
  ];
  return `${inputs.join(", ")} -> !t ${d} !b !h, ${state}, ${state}`;
}

/** Reports what the rule cannot see: how many gates, biases and directions there are, and element types. */
function checkSizes(call: Call): void {
  const [, hidden, columns] = call.shape(inputR);
  const check = (input: number, axis: number, expected: number, what: string) => {
    const size = call.has(input) ? call.shape(input)[axis] : undefined;
    if (size !== undefined && isKnown(size) && size !== expected)
      call.failShape(`axis ${axis} of input ${input} is ${size}, must be ${expected} (${what})`);
  };
  check(inputW, 0, directionsOf(call).length, "one per direction");
  if (hidden !== undefined && columns !== undefined && isKnown(hidden)) {
    const stated = call.int("hidden_size", hidden);
    if (stated !== hidden)
      call.fail("bad-attribute", {
        name: "hidden_size",
        problem: `is ${stated}, the weights have ${hidden}`,
      });
    check(inputR, 2, 4 * hidden, `4 gates of ${hidden}`);
    check(inputB, 1, 8 * hidden, `two biases of 4 gates of ${hidden}`);
    check(inputPeepholes, 1, 3 * hidden, `three gates of ${hidden}`);
  }
  for (const [weight, zero] of [
    [inputW, zeroW],
    [inputR, zeroR],
  ] as const) {
    const dtype = call.dtype(weight);
    if ((dtype !== "i8" && dtype !== "u8") || call.dtype(zero) !== dtype)
      call.fail("dtype-mismatch", {
        problem: `inputs ${weight} and ${zero} must be of one type of 8 bits`,
        types: call.printShapes(),
      });
    if (call.dtype(zero - 1) !== "f32" || !arraysEqual(call.shape(zero - 1), call.shape(zero)))
      call.failShape(`the scale and zero point of input ${weight} must be alike, the scale f32`);
  }
}

/** A weight [directions, rows, gates] as the numbers it stands for, in LSTM's order: [directions, gates, rows]. */
function turned(weight: Dense, scale: Dense, zero: Dense): Dense {
  const [directions = 0, rows = 0, columns = 0] = weight.shape;
  return build("f32", [directions, columns, rows], ([d = 0, column = 0, row = 0]) => {
    const at = scale.shape.length === 2 ? d * columns + column : d;
    const value = weight.data[(d * rows + row) * columns + column] as number;
    return (value - (zero.data[at] as number)) * (scale.data[at] as number);
  });
}

/** Rows on one scale, which is that of all of them. */
function quantizedRows(rows: readonly Float64Array[]): readonly Float64Array[] {
  const width = rows[0]?.length ?? 0;
  const all = new Float64Array(rows.length * width);
  rows.forEach((row, i) => all.set(row, i * width));
  const { data } = dynamicallyQuantized({ dtype: "f32", shape: [rows.length, width], data: all });
  return range(rows.length).map((i) => data.subarray(i * width, (i + 1) * width));
}

const dynamicQuantizeLSTM = defineOp({
  name: "com.microsoft.DynamicQuantizeLSTM",
  doc: "One layer of long short-term memory with 8-bit weights; what they are multiplied with is quantized over its range.",
  since: 1,
  inputs: [3, 12],
  outputs: 3,
  gradient: trainedUnquantised,
  axes: quantizedRule,
  dtypes: (call) => [call.dtype(0)],
  partials: { reduce: "none" },
  flops: recurrentFlops,
  localize: (context) => localizeRecurrent(context, lstmCell),
  evaluate: ({ call, inputs }) => {
    const [x = null, w, r, b = null, lengths = null, state = null, cell = null, peepholes = null, ...scales] =
      inputs;
    const [ofW, zerosW, ofR, zerosR] = scales as readonly Dense[] as readonly [Dense, Dense, Dense, Dense];
    const [weight, recurrence] = [turned(w as Dense, ofW, zerosW), turned(r as Dense, ofR, zerosR)];
    const plain = [x, weight, recurrence, b, lengths, state, cell, peepholes];
    return evaluateRecurrent({ call, inputs: plain }, lstmCell, quantizedRows);
  },
});

export const quantizedRecurrentOps: readonly OpDefinition[] = [dynamicQuantizeLSTM];
