/** Operators of com.microsoft on quantized tensors. */
import type { Attributes } from "../../../../src/ir/graph.ts";
import type { DataType } from "../../../../src/ir/types.ts";
import type { CaseInput, OpCase } from "../case.ts";

const byte = (dtype: DataType, ...shape: number[]): CaseInput => ({
  dtype,
  shape,
  low: dtype === "u8" ? 0 : -60,
  high: 60,
});
const u8 = (...shape: number[]): CaseInput => byte("u8", ...shape);
const i8 = (...shape: number[]): CaseInput => byte("i8", ...shape);
const scale: CaseInput = { dtype: "f32", shape: [], low: 0.1, high: 0.9 };
const known = (dtype: DataType, value: number): CaseInput => ({ dtype, shape: [], constant: [value] });

function call(name: string, inputs: readonly (CaseInput | null)[], attributes: Attributes = {}): OpCase {
  return { op: `com.microsoft.${name}`, attributes, inputs };
}

export const contribQLinearCases: readonly OpCase[] = [
  call("QLinearAdd", [u8(3, 4), scale, u8(), u8(3, 4), scale, u8(), scale, u8()]),
  call("QLinearAdd", [i8(3, 4, 3), scale, i8(), i8(3), scale, i8(), scale, i8()]),
  call("QLinearMul", [u8(3, 4), scale, u8(), u8(3, 4), scale, u8(), scale, u8()]),
  call("QLinearMul", [i8(3, 1), scale, i8(), i8(3, 4), scale, i8(), scale, i8()]),
  // ONNX Runtime makes its table from parameters that are known.
  call("QLinearSigmoid", [
    u8(3, 4),
    known("f32", 0.05),
    known("u8", 30),
    known("f32", 1 / 256),
    known("u8", 0),
  ]),
  call("QLinearSigmoid", [i8(3, 4), scale, i8(), known("f32", 1 / 256), i8()]),
  call(
    "QLinearLeakyRelu",
    [i8(3, 4), known("f32", 0.05), known("i8", 3), known("f32", 0.04), known("i8", -2)],
    {
      alpha: 0.2,
    },
  ),
  call("QLinearLeakyRelu", [u8(3, 4), scale, u8(), scale, u8()]),
  call(
    "QLinearSoftmax",
    [u8(3, 4), known("f32", 0.05), known("u8", 9), known("f32", 1 / 256), known("u8", 0)],
    {
      axis: -1,
      opset: 13,
    },
  ),
  call("QLinearSoftmax", [u8(3, 3, 4), known("f32", 0.05), null, known("f32", 1 / 256), known("u8", 0)], {
    axis: 1,
    opset: 11,
  }),
  call("QLinearGlobalAveragePool", [u8(3, 4, 5, 3), scale, u8(), scale, u8()]),
  call("QLinearGlobalAveragePool", [u8(3, 5, 3, 4), scale, u8(), scale, u8()], { channels_last: 1 }),
  call("QLinearAveragePool", [u8(3, 3, 6, 4), scale, u8(), scale, u8()], {
    kernel_shape: [2, 2],
    strides: [2, 2],
  }),
  call("QLinearAveragePool", [u8(3, 3, 5, 4), scale, u8(), scale, u8()], {
    kernel_shape: [3, 2],
    pads: [1, 0, 1, 1],
  }),
  call("QLinearAveragePool", [u8(3, 4, 5, 3), scale, u8(), scale, u8()], {
    kernel_shape: [2, 2],
    channels_last: 1,
  }),
  call("QLinearConcat", [scale, u8(), u8(3, 2), scale, u8(), u8(3, 4), scale, u8()], { axis: 1 }),
  call("QLinearWhere", [
    { dtype: "bool", shape: [3, 4] },
    u8(3, 4),
    scale,
    u8(),
    u8(4),
    scale,
    u8(),
    scale,
    u8(),
  ]),
  call("QLinearReduceMean", [u8(3, 4, 3), scale, u8(), scale, u8()], { axes: [1], keepdims: 0 }),
  call("QLinearReduceMean", [i8(9, 4), scale, i8(), scale, i8()], { axes: [-1], keepdims: 1 }),
];
