/** Element-wise arithmetic, activations, comparison, logic, casts, clamping, dropout. */
import type { Attributes } from "../../../../src/ir/graph.ts";
import { dataTypes, type DataType } from "../../../../src/ir/types.ts";
import type { CaseInput, OpCase } from "../case.ts";

const f32 = (...shape: number[]): CaseInput => ({ dtype: "f32", shape });
const i32 = (...shape: number[]): CaseInput => ({ dtype: "i32", shape, low: -7, high: 7 });
const i64 = (...shape: number[]): CaseInput => ({ dtype: "i64", shape, low: -7, high: 7 });
const u8 = (...shape: number[]): CaseInput => ({ dtype: "u8", shape, low: 0, high: 9 });
const bool = (...shape: number[]): CaseInput => ({ dtype: "bool", shape, low: 0, high: 1 });
const within = (low: number, high: number, ...shape: number[]): CaseInput => ({
  dtype: "f32",
  shape,
  low,
  high,
});
const constant = (dtype: DataType, shape: number[], values: number[]): CaseInput => ({
  dtype,
  shape,
  constant: values,
});
const to = (dtype: DataType): Attributes => ({ to: dataTypes[dtype][0] });

/** One call per operator and list of attributes, on an input with two uneven axes. */
function unary(
  ops: readonly string[],
  input: CaseInput = f32(5, 3),
  attributes: readonly Attributes[] = [{}],
): OpCase[] {
  return ops.flatMap((op) => attributes.map((one) => ({ op, attributes: one, inputs: [input] })));
}

const onePair: OpCase["inputs"][] = [[f32(5, 3), f32(5, 3)]];
const broadcastPairs: OpCase["inputs"][] = [
  ...onePair,
  [f32(5, 3), f32(3)],
  [f32(5, 1), f32(1, 3)],
  [f32(2, 5, 3), f32(5, 1)],
  [f32(), f32(5, 3)],
];

function binary(
  ops: readonly string[],
  pairs: readonly OpCase["inputs"][],
  attributes: Attributes = {},
): OpCase[] {
  return ops.flatMap((op) => pairs.map((inputs) => ({ op, attributes, inputs })));
}

const unaryCases: OpCase[] = [
  ...unary(["Neg", "Abs", "Sign", "Exp", "Erf", "Floor", "Ceil", "Round", "Reciprocal"]),
  ...unary(["Tanh", "Sigmoid", "Relu", "Softplus", "Softsign", "HardSwish", "Mish"], within(-5, 5, 5, 3)),
  ...unary(["Sin", "Cos", "Atan", "Sinh", "Cosh", "Asinh"]),
  ...unary(["Tan", "Asin", "Acos", "Atanh"], within(-0.9, 0.9, 5, 3)),
  ...unary(["Acosh"], within(1.5, 4, 5, 3)),
  ...unary(["Sqrt", "Log"], within(0.5, 4, 5, 3)),
  ...unary(["Neg", "Abs", "Sign"], i64(5, 3)),
  ...unary(["Relu"], i32(5, 3)),
  ...unary(["Round"], constant("f32", [5], [0.5, 1.5, -2.5, -0.5, 2.6])),
  ...unary(["LeakyRelu"], f32(5, 3), [{}, { alpha: 0.3 }, { alpha: -0.3 }]),
  ...unary(["Elu", "Celu"], f32(5, 3), [{}, { alpha: 0.5 }]),
  ...unary(["Selu"], f32(5, 3), [{}, { alpha: 1.5, gamma: 0.5 }]),
  ...unary(["HardSigmoid"], f32(5, 3), [{}, { alpha: 0.5, beta: 0.25 }, { alpha: -0.5, beta: 0.25 }]),
  ...unary(["ThresholdedRelu"], f32(5, 3), [{}, { alpha: 0.5 }, { alpha: -0.5 }]),
  ...unary(["Gelu"], f32(5, 3), [{}, { approximate: "none" }, { approximate: "tanh" }]),
  ...unary(["Swish"], f32(5, 3), [{}, { alpha: 1.5 }]),
  ...unary(["IsNaN"], constant("f32", [5], [1, NaN, -Infinity, 0, NaN])),
  ...unary(["IsInf"], constant("f32", [5], [1, Infinity, -Infinity, 0, NaN]), [
    {},
    { detect_negative: 0 },
    { detect_positive: 0 },
  ]),
  ...unary(["Not"], bool(5, 3)),
  ...unary(["BitwiseNot"], i32(5, 3)),
  ...unary(["BitwiseNot"], { dtype: "u8", shape: [5, 3], low: 0, high: 255 }),
  ...unary(["Identity"], f32(5, 3)),
  ...unary(["Identity"], i64(5, 3)),
];

const binaryCases: OpCase[] = [
  ...binary(["Add", "Sub", "Mul"], broadcastPairs),
  ...binary(
    ["Div"],
    [
      [f32(5, 3), f32(5, 3)],
      [f32(5, 3), f32(3)],
      [f32(2, 5, 3), f32(5, 1)],
      [f32(5, 3), constant("f32", [3], [2, 0.5, 3])],
      [f32(5, 3), constant("f32", [], [-4])],
      [i64(5, 3), constant("i64", [5, 1], [2, -1, 3, -2, 4])],
      [i32(5, 3), constant("i32", [3], [2, -3, 4])],
      [u8(5, 3), { dtype: "u8", shape: [3], low: 1, high: 9 }],
    ],
  ),
  ...binary(
    ["Mul"],
    [
      [f32(5, 3), constant("f32", [], [2.5])],
      [constant("f32", [3], [-1, -2, -3]), f32(5, 3)],
    ],
  ),
  ...binary(
    ["Pow"],
    [
      [within(0.5, 3, 5, 3), f32(5, 3)],
      [within(0.5, 3, 5, 3), f32(3)],
      [f32(5, 3), constant("f32", [], [2])],
      [f32(5, 3), constant("f32", [], [3])],
      [constant("f32", [], [2]), f32(5, 3)],
      [constant("f32", [], [0.5]), f32(5, 3)],
      [f32(5, 3), constant("i64", [], [2])],
    ],
  ),
  ...binary(
    ["Mod"],
    [
      [i64(5, 3), constant("i64", [3], [3, -4, 5])],
      [i32(5, 3), { dtype: "i32", shape: [5, 1], low: 1, high: 4 }],
    ],
  ),
  ...binary(
    ["Mod"],
    [
      [f32(5, 3), within(0.5, 3, 3)],
      [i64(5, 3), constant("i64", [3], [3, -4, 5])],
    ],
    { fmod: 1 },
  ),
  ...binary(
    ["Equal"],
    [
      [i64(5, 3), i64(5, 3)],
      [i64(5, 3), i64(3)],
      [bool(5, 3), bool(5, 1)],
    ],
  ),
  ...binary(
    ["Greater", "GreaterOrEqual", "Less", "LessOrEqual"],
    [...onePair, [f32(5, 3), f32(3)], [i64(5, 1), i64(3)]],
  ),
  ...binary(
    ["And", "Or", "Xor"],
    [
      [bool(5, 3), bool(5, 3)],
      [bool(5, 1), bool(3)],
    ],
  ),
  ...binary(
    ["BitwiseAnd", "BitwiseOr", "BitwiseXor"],
    [
      [u8(5, 3), u8(5, 3)],
      [i32(5, 3), i32(3)],
    ],
  ),
  ...binary(["BitShift"], [[u8(5, 3), { dtype: "u8", shape: [3], low: 0, high: 3 }]], { direction: "LEFT" }),
  ...binary(["BitShift"], [[u8(5, 3), { dtype: "u8", shape: [3], low: 0, high: 3 }]], { direction: "RIGHT" }),
  ...binary(
    ["PRelu"],
    [
      [f32(5, 3), f32(5, 3)],
      [f32(5, 3), f32(3)],
      [f32(5, 3), constant("f32", [3], [0.1, 0.2, 0.3])],
    ],
  ),
];

const variadicCases: OpCase[] = ["Max", "Min", "Sum", "Mean"].flatMap((op) => [
  { op, inputs: [f32(5, 3)] },
  { op, inputs: [f32(5, 3), f32(3)] },
  { op, inputs: [f32(5, 3), f32(5, 1), f32(5, 3)] },
]);

const otherCases: OpCase[] = [
  { op: "Max", inputs: [i64(5, 3), i64(3)] },
  { op: "Min", inputs: [i64(5, 3), i64(3)] },
  { op: "Where", inputs: [bool(5, 3), f32(5, 3), f32(5, 3)] },
  { op: "Where", inputs: [bool(5, 1), f32(3), f32()] },
  { op: "Where", inputs: [bool(3), i64(2, 5, 1), i64(5, 3)] },
  { op: "Clip", inputs: [f32(5, 3), within(-1.5, -0.5), within(0.5, 1.5)] },
  { op: "Clip", inputs: [f32(5, 3), within(-1.5, -0.5)] },
  { op: "Clip", inputs: [f32(5, 3), null, within(0.5, 1.5)] },
  { op: "Clip", inputs: [f32(5, 3)] },
  {
    op: "Clip",
    inputs: [
      i32(5, 3),
      { dtype: "i32", shape: [], constant: [-3] },
      { dtype: "i32", shape: [], constant: [4] },
    ],
  },
  { op: "Cast", attributes: to("f64"), inputs: [f32(5, 3)] },
  { op: "Cast", attributes: to("f32"), inputs: [{ dtype: "f64", shape: [5, 3] }] },
  { op: "Cast", attributes: to("f32"), inputs: [f32(5, 3)] },
  { op: "Cast", attributes: to("i64"), inputs: [within(-4, 4, 5, 3)] },
  { op: "Cast", attributes: to("bool"), inputs: [i32(5, 3)] },
  { op: "Cast", attributes: to("bool"), inputs: [u8(5, 3)] },
  { op: "Cast", attributes: to("f32"), inputs: [bool(5, 3)] },
  { op: "Cast", attributes: to("f32"), inputs: [i32(5, 3)] },
  { op: "Cast", attributes: to("i64"), inputs: [i32(5, 3)] },
  { op: "Cast", attributes: { ...to("f8e5m2"), saturate: 0 }, inputs: [within(-1e5, 1e5, 5, 3)] },
  { op: "Cast", attributes: { ...to("f8e8m0"), round_mode: "nearest" }, inputs: [within(0, 9, 5, 3)] },
  {
    op: "CastLike",
    attributes: { saturate: 0 },
    inputs: [within(-999, 999, 5, 3), { dtype: "f8e4m3fn", shape: [0] }],
  },
  { op: "CastLike", inputs: [i32(5, 3), f32(2)] },
  { op: "Dropout", inputs: [f32(5, 3)] },
  { op: "Dropout", inputs: [f32(5, 3)], outputs: 2 },
  { op: "Dropout", inputs: [f32(5, 3), constant("f32", [], [0.3]), constant("bool", [], [0])], outputs: 2 },
];

export const elementwiseCases: readonly OpCase[] = [
  ...unaryCases,
  ...binaryCases,
  ...variadicCases,
  ...otherCases,
];
