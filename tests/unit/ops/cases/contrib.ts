/** Normalisations, activations and products of ONNX Runtime. */
import type { Attributes } from "../../../../src/ir/graph.ts";
import type { CaseInput, OpCase } from "../case.ts";

const f32 = (...shape: number[]): CaseInput => ({ dtype: "f32", shape });
const u8 = (...shape: number[]): CaseInput => ({ dtype: "u8", shape, low: 0, high: 255 });
const rows = (high: number, ...shape: number[]): CaseInput => ({ dtype: "i32", shape, low: 0, high });

function call(
  name: string,
  inputs: readonly (CaseInput | null)[],
  attributes: Attributes = {},
  outputs = 1,
): OpCase {
  return { op: `com.microsoft.${name}`, attributes, inputs, outputs };
}

const bits = (n: number, k: number, block_size: number, more: Attributes = {}): Attributes => ({
  N: n,
  K: k,
  block_size,
  ...more,
});

export const contribCases: readonly OpCase[] = [
  { op: "SimplifiedLayerNormalization", inputs: [f32(3, 4, 5), f32(5)] },
  {
    op: "SimplifiedLayerNormalization",
    attributes: { epsilon: 0.1 },
    inputs: [f32(3, 5), f32(5)],
    outputs: 2,
  },
  call("SkipLayerNormalization", [f32(3, 4, 5), f32(3, 4, 5), f32(5)]),
  call("SkipLayerNormalization", [f32(3, 4, 5), f32(4, 5), f32(5), f32(5)], { epsilon: 0.01 }),
  call("SkipLayerNormalization", [f32(3, 4, 5), f32(1, 4, 5), f32(5), f32(5), f32(5)], {}, 4),
  call("SkipSimplifiedLayerNormalization", [f32(3, 4, 5), f32(3, 4, 5), f32(5)]),
  call("SkipSimplifiedLayerNormalization", [f32(3, 4, 5), f32(3, 4, 5), f32(5), f32(5)], { epsilon: 0.01 }),
  call("EmbedLayerNormalization", [rows(5, 3, 4), null, f32(6, 5), f32(4, 5), null, f32(5), f32(5)], {}, 2),
  call(
    "EmbedLayerNormalization",
    [rows(5, 3, 4), rows(1, 3, 4), f32(6, 5), f32(4, 5), f32(2, 5), f32(5), f32(5), rows(1, 3, 4)],
    { epsilon: 0.01 },
    3,
  ),
  call(
    "EmbedLayerNormalization",
    [rows(5, 3, 4), null, f32(6, 5), f32(7, 5), null, f32(5), f32(5), null, rows(6, 3, 4)],
    {},
    2,
  ),
  call("FastGelu", [f32(3, 4)]),
  call("FastGelu", [f32(3, 4, 5), f32(5)]),
  call("BiasGelu", [f32(3, 4, 5), f32(5)]),
  call("Gelu", [f32(3, 4)]),
  call("QuickGelu", [f32(3, 4)]),
  call("QuickGelu", [f32(3, 4)], { alpha: 1.25 }),
  call("FusedMatMul", [f32(3, 5), f32(5, 4)], { alpha: 0.5 }),
  call("FusedMatMul", [f32(3, 2, 5), f32(3, 4, 5)], { transB: 1 }),
  call("FusedMatMul", [f32(3, 5, 3), f32(5, 4)], { transA: 1, alpha: 2.5 }),
  call("FusedMatMul", [f32(4, 3, 5), f32(3, 5, 3)], { transBatchA: 1 }),
  call("FusedMatMul", [f32(3, 4, 5), f32(3, 4, 5)], { transBatchB: 1, transBatchA: 1, transB: 1 }),
  call("MatMulNBits", [f32(3, 48), u8(5, 3, 8), f32(5, 3)], bits(5, 48, 16, { bits: 4 })),
  call(
    "MatMulNBits",
    [f32(2, 3, 48), u8(4, 3, 16), f32(4, 3), u8(4, 3), null, f32(4)],
    bits(4, 48, 16, { bits: 8 }),
  ),
  call("MatMulNBits", [f32(3, 64), u8(3, 4, 8), f32(12), u8(6)], bits(3, 64, 16)),
  call("MatMulNBits", [f32(3, 96), u8(3, 6, 8), f32(3, 6), u8(3, 3), null, f32(3)], bits(3, 96, 16)),
];
