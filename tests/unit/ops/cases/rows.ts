/** Rows and elements that are picked, moved, run along or reinterpreted; gated and shrunk elements. */
import type { Attributes } from "../../../../src/ir/graph.ts";
import type { CaseInput, OpCase } from "../case.ts";

const f32 = (...shape: number[]): CaseInput => ({ dtype: "f32", shape });
const bool = (...shape: number[]): CaseInput => ({ dtype: "bool", shape });
const i64 = (low: number, high: number, ...shape: number[]): CaseInput => ({
  dtype: "i64",
  shape,
  low,
  high,
});
const ints = (...values: number[]): CaseInput => ({ dtype: "i64", shape: [values.length], constant: values });
const int = (value: number): CaseInput => ({ dtype: "i64", shape: [], constant: [value] });
const bools = (...values: number[]): CaseInput => ({
  dtype: "bool",
  shape: [values.length],
  constant: values,
});

const numberOf = { u8: 2, i8: 3, i32: 6, i64: 7, f64: 11, u32: 12 } as const;

const pickCases: OpCase[] = [
  { op: "Compress", attributes: { axis: 1 }, inputs: [f32(3, 5), bools(0, 1, 1, 0, 1)] },
  { op: "Compress", attributes: { axis: -2 }, inputs: [bool(5, 3), bools(1, 0, 0, 1)] },
  { op: "Compress", inputs: [f32(3, 5), bools(0, 1, 1, 0, 1, 0, 1)] },
  { op: "Compress", attributes: { axis: 0 }, inputs: [f32(5, 3), bool(5)] },
  { op: "Compress", inputs: [i64(-7, 7, 5, 3), bool(9)] },
  { op: "Unique", inputs: [i64(0, 4, 11)], outputs: 4 },
  { op: "Unique", attributes: { sorted: 0 }, inputs: [i64(0, 4, 4, 3)], outputs: 4 },
  { op: "Unique", attributes: { axis: 1 }, inputs: [i64(0, 1, 2, 7)], outputs: 4 },
  { op: "Unique", attributes: { axis: 0, sorted: 0 }, inputs: [i64(0, 1, 7, 2, 1)], outputs: 2 },
];

const boxes = (...shape: number[]): CaseInput => ({ dtype: "f32", shape, low: 0, high: 2 });
const scalar = (value: number): CaseInput => ({ dtype: "f32", shape: [1], constant: [value] });

const suppressionCases: OpCase[] = [
  { op: "NonMaxSuppression", inputs: [boxes(2, 9, 4), boxes(2, 3, 9), int(4), scalar(0.2), scalar(0.3)] },
  {
    op: "NonMaxSuppression",
    attributes: { center_point_box: 1 },
    inputs: [boxes(1, 12, 4), boxes(1, 2, 12), int(9), scalar(0.4)],
  },
  { op: "NonMaxSuppression", inputs: [boxes(1, 5, 4), boxes(1, 1, 5)] },
];

const movedCases: OpCase[] = [
  { op: "ReverseSequence", inputs: [f32(5, 3, 2), i64(1, 5, 3)] },
  {
    op: "ReverseSequence",
    attributes: { batch_axis: 0, time_axis: 1 },
    inputs: [bool(5, 3), i64(1, 3, 5)],
  },
  { op: "TensorScatter", inputs: [f32(3, 2, 7, 3), f32(3, 2, 2, 3), i64(0, 5, 3)] },
  { op: "TensorScatter", inputs: [f32(3, 5, 4), f32(3, 3, 4)] },
  {
    op: "TensorScatter",
    attributes: { mode: "circular", axis: 1 },
    inputs: [f32(3, 7, 2), f32(3, 4, 2), i64(0, 6, 3)],
  },
  { op: "TensorScatter", attributes: { axis: -1 }, inputs: [bool(2, 3, 5), bool(2, 3, 3), i64(0, 2, 2)] },
  { op: "CenterCropPad", inputs: [f32(5, 3, 4), ints(5, 6, 2)] },
  { op: "CenterCropPad", attributes: { axes: [-1, 0] }, inputs: [f32(3, 4, 5), ints(2, 3)] },
  { op: "CenterCropPad", inputs: [bool(4, 5), ints(7, 5)] },
];

const cumulative: readonly Attributes[] = [
  {},
  { exclusive: 1 },
  { reverse: 1 },
  { exclusive: 1, reverse: 1 },
];

const runningCases: OpCase[] = [
  ...cumulative.map((attributes, axis): OpCase => ({
    op: "CumProd",
    attributes,
    inputs: [f32(3, 5), int(axis % 2)],
  })),
  { op: "CumProd", inputs: [i64(-2, 2, 3, 5), int(-1)] },
  { op: "Hardmax", inputs: [f32(5, 3)] },
  { op: "Hardmax", attributes: { axis: 1 }, inputs: [{ ...f32(3, 5, 2), special: [1, 2] }] },
];

const elementCases: OpCase[] = [
  { op: "SwiGLU", inputs: [f32(5, 3), f32(5, 3)] },
  { op: "SwiGLU", attributes: { alpha: 1.5 }, inputs: [f32(3, 2, 4), f32(3, 2, 4)] },
  { op: "Shrink", inputs: [f32(5, 3)] },
  { op: "Shrink", attributes: { lambd: 1.5, bias: 1.5 }, inputs: [f32(5, 3)] },
  { op: "Shrink", attributes: { lambd: 0.5, bias: { float: 1 } }, inputs: [f32(5, 3)] },
  { op: "Shrink", attributes: { lambd: { float: 1 }, bias: { float: 1 } }, inputs: [i64(-7, 7, 5, 3)] },
  { op: "BitCast", attributes: { to: numberOf.i32 }, inputs: [f32(5, 3)] },
  {
    op: "BitCast",
    attributes: { to: numberOf.u32 },
    inputs: [{ dtype: "i32", shape: [5, 3], low: -7, high: 7 }],
  },
  { op: "BitCast", attributes: { to: numberOf.i8 }, inputs: [{ dtype: "u8", shape: [5, 3], high: 255 }] },
  { op: "BitCast", attributes: { to: numberOf.u8 }, inputs: [bool(5, 3)] },
  { op: "BitCast", attributes: { to: numberOf.f64 }, inputs: [{ dtype: "f64", shape: [5] }] },
];

export const rowCases: readonly OpCase[] = [
  ...pickCases,
  ...suppressionCases,
  ...movedCases,
  ...runningCases,
  ...elementCases,
];
