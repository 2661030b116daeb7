/** Products of quantized matrices. */
import type { DataType } from "../../../../src/ir/types.ts";
import type { CaseInput, OpCase } from "../case.ts";

const f32 = (...shape: number[]): CaseInput => ({ dtype: "f32", shape });
const scale = (...shape: number[]): CaseInput => ({ dtype: "f32", shape, low: 0.1, high: 0.9 });
const byte = (dtype: DataType, ...shape: number[]): CaseInput => ({
  dtype,
  shape,
  low: dtype === "u8" ? 0 : -9,
  high: 20,
});

type Inputs = readonly (CaseInput | null)[];
const integer = (...inputs: Inputs): OpCase => ({ op: "MatMulInteger", inputs });
const linear = (...inputs: Inputs): OpCase => ({ op: "QLinearMatMul", inputs });
const toFloat = (...inputs: Inputs): OpCase => ({ op: "com.microsoft.MatMulIntegerToFloat", inputs });
const dynamic = (...inputs: Inputs): OpCase => ({ op: "com.microsoft.DynamicQuantizeMatMul", inputs });

export const quantizedMatmulCases: readonly OpCase[] = [
  integer(byte("u8", 3, 5), byte("i8", 5, 4)),
  integer(byte("u8", 3, 5), byte("u8", 5, 4), byte("u8"), byte("u8")),
  integer(byte("i8", 3, 2, 5), byte("i8", 5, 3), byte("i8", 1), byte("i8", 3)),
  linear(byte("u8", 3, 5), scale(), byte("u8"), byte("u8", 5, 4), scale(), byte("u8"), scale(), byte("u8")),
  linear(
    byte("i8", 3, 2, 5),
    scale(),
    byte("i8"),
    byte("i8", 3, 5, 3),
    scale(),
    byte("i8"),
    scale(),
    byte("i8"),
  ),
  linear(
    byte("u8", 3, 5),
    scale(),
    byte("u8"),
    byte("i8", 5, 4),
    scale(4),
    byte("i8", 4),
    scale(),
    byte("u8"),
  ),
  toFloat(byte("u8", 3, 5), byte("u8", 5, 4), scale(), scale()),
  toFloat(byte("u8", 3, 2, 5), byte("i8", 5, 3), scale(), scale(3), byte("u8"), byte("i8", 3), f32(3)),
  dynamic(f32(3, 5), byte("i8", 5, 4), scale()),
  dynamic(f32(3, 2, 5), byte("u8", 5, 3), scale(3), byte("u8", 3), f32(3)),
];
