/** Calls for the tests of gradients beside those of the signatures, and calls of those that finite differences say nothing of. */
import type { CaseInput, OpCase } from "./case.ts";
import { networkGradientCases } from "./gradient-cases-networks.ts";

const f32 = (...shape: number[]): CaseInput => ({ dtype: "f32", shape });
const f64 = (...shape: number[]): CaseInput => ({ dtype: "f64", shape });
const positive = (...shape: number[]): CaseInput => ({ dtype: "f64", shape, low: 0.3, high: 2 });
/** A third of the elements is zero. */
const zeroed = (...shape: number[]): CaseInput => ({ dtype: "f32", shape, special: [0] });
const ints = (...constant: number[]): CaseInput => ({ dtype: "i64", shape: [constant.length], constant });

export const gradientCases: readonly OpCase[] = [
  { op: "Add", inputs: [f64(2, 1, 3), f64(5, 1)] },
  { op: "Mul", inputs: [f64(2, 1, 3), f64(5, 1)] },
  { op: "MatMul", inputs: [f32(1, 2, 3, 4), f32(5, 1, 4, 2)] },
  ...["Sub", "Div", "Max", "Min"].map((op) => ({ op, inputs: [f64(2, 1, 3), f64(5, 1)] })),
  { op: "Pow", inputs: [positive(2, 1, 3), positive(5, 1)] },
  { op: "Where", inputs: [{ dtype: "bool", shape: [5, 1] }, f64(2, 1, 3), f64(3)] },
  { op: "Einsum", attributes: { equation: "...ij,jk->...ik" }, inputs: [f32(2, 3, 5, 4), f32(4, 2)] },
  { op: "Einsum", attributes: { equation: "...i,...i->i" }, inputs: [f32(5, 3), f32(1, 3)] },
  { op: "Slice", inputs: [f32(3, 9, 4), ints(1, -1), ints(9, -5), ints(1, 2), ints(3, -2)] },
  { op: "Pad", attributes: { mode: "wrap" }, inputs: [f32(3, 4), ints(1, 2, 2, 1)] },
  {
    op: "Gather",
    attributes: { axis: 1 },
    inputs: [f32(3, 5, 2), { dtype: "i64", shape: [2, 4], low: -5, high: 4 }],
  },
  { op: "ReduceProd", inputs: [zeroed(5, 3), ints(1)] },
  ...networkGradientCases,
];

/** By the text of the call: why its gradients are not what finite differences give, e.g. as it is computed at a kink. */
export const unfit: Readonly<Record<string, string>> = {
  'LpNormalization(f32[3,4,2]) {"axis":1}': "lines of zeros, next to which it jumps",
};

/** Calls that have no gradient though others of the operator have, and a part of what the error says. */
export const refused: readonly { readonly call: RegExp; readonly reason: string }[] = [
  { call: /^ScatterElements.*"reduction":"mul"/, reason: "which may be zero" },
  { call: /^ScatterND.*"reduction":"mul"/, reason: "which may be zero" },
];

/** By the text of the call: why what ONNX Runtime computes is less exact than elsewhere. */
export const runtimeRounds: Readonly<Record<string, string>> = {
  'com.microsoft.Attention(f32[3,4,5], f32[5,12], f32[12], i32[3,4]) {"num_heads":2,"unidirectional":1}':
    "where all keys are masked, scores are added to -10000 and keep three digits behind the point",
};
