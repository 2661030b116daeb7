/** Quantization of ai.onnx. */
import type { Attributes } from "../../../../src/ir/graph.ts";
import type { DataType } from "../../../../src/ir/types.ts";
import type { CaseInput, OpCase } from "../case.ts";

const f32 = (...shape: number[]): CaseInput => ({ dtype: "f32", shape });
const scale = (...shape: number[]): CaseInput => ({ dtype: "f32", shape, low: 0.02, high: 0.5 });
const known = (...constant: number[]): CaseInput => ({ dtype: "f32", shape: [constant.length], constant });
const whole = (dtype: DataType, ...shape: number[]): CaseInput => ({
  dtype,
  shape,
  low: dtype.startsWith("u") ? 0 : -7,
  high: 7,
});

function quantize(inputs: readonly CaseInput[], attributes: Attributes = {}): OpCase {
  return { op: "QuantizeLinear", attributes, inputs };
}

function dequantize(inputs: readonly CaseInput[], attributes: Attributes = {}): OpCase {
  return { op: "DequantizeLinear", attributes, inputs };
}

export const quantizeCases: readonly OpCase[] = [
  quantize([f32(3, 4), scale()]),
  quantize([f32(3, 4), scale(), whole("i8")]),
  quantize([f32(3, 4, 3), scale(4), whole("u8", 4)]),
  quantize([f32(3, 4, 3), scale(3), whole("i16", 3)], { axis: -1 }),
  quantize([f32(3, 7), scale(3, 4), whole("u16", 3, 4)], { block_size: 2 }),
  quantize([f32(6, 3), scale(3, 3)], { axis: 0, block_size: 2, output_dtype: 3 }),
  quantize([f32(3, 3), known(0.1, 0.2, 0.3), whole("i8", 3)]),
  quantize([f32(3, 3), known(-0.1), whole("u8", 1)]),
  dequantize([whole("u8", 3, 4), scale()]),
  dequantize([whole("i8", 3, 4), scale(), whole("i8")]),
  dequantize([whole("u8", 3, 4, 3), scale(4), whole("u8", 4)]),
  dequantize([whole("i32", 3, 4), scale(3)], { axis: 0 }),
  dequantize([whole("u16", 3, 7), scale(3, 4), whole("u16", 3, 4)], { block_size: 2 }),
  dequantize([whole("i16", 6, 3), scale(3, 3)], { axis: 0, block_size: 2 }),
  dequantize([whole("i8", 3, 3), known(0.1, 0.2, 0.3), whole("i8", 3)]),
  dequantize([whole("u8", 3, 3), known(-0.1), whole("u8", 1)]),
  { op: "DynamicQuantizeLinear", inputs: [f32(3, 5)], outputs: 3 },
  { op: "DynamicQuantizeLinear", inputs: [{ ...f32(4, 3), low: 0.5, high: 3 }], outputs: 3 },
  { op: "DynamicQuantizeLinear", inputs: [{ ...f32(3), low: 0, high: 0 }], outputs: 3 },
  { ...quantize([f32(3, 4, 3), scale(4), whole("i16", 4)]), op: "com.microsoft.QuantizeLinear" },
  { ...quantize([f32(3, 3), known(0.1, 0.2, 0.3), whole("u8", 3)]), op: "com.microsoft.QuantizeLinear" },
  { ...dequantize([whole("u16", 3, 4), scale(), whole("u16")]), op: "com.microsoft.DequantizeLinear" },
];
