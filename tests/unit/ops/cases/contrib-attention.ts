/** Attention operators of com.microsoft. */
import type { Attributes } from "../../../../src/ir/graph.ts";
import type { CaseInput, OpCase } from "../case.ts";

const f32 = (...shape: number[]): CaseInput => ({ dtype: "f32", shape });
const i32 = (low: number, high: number, ...shape: number[]): CaseInput => ({
  dtype: "i32",
  shape,
  low,
  high,
});
const known = (constant: number[], shape = [constant.length]): CaseInput => ({
  dtype: "i32",
  shape,
  constant,
});

type Inputs = readonly (CaseInput | null)[];

function multiHead(inputs: Inputs, attributes: Attributes = {}, outputs = 1): OpCase {
  return {
    op: "com.microsoft.MultiHeadAttention",
    attributes: { num_heads: 3, ...attributes },
    inputs,
    outputs,
  };
}

function fused(inputs: Inputs, attributes: Attributes = {}, outputs = 1): OpCase {
  return { op: "com.microsoft.Attention", attributes: { num_heads: 2, ...attributes }, inputs, outputs };
}

function groupQuery(inputs: Inputs, attributes: Attributes): OpCase {
  return { op: "com.microsoft.GroupQueryAttention", attributes, inputs, outputs: 3 };
}

export const contribAttentionCases: readonly OpCase[] = [
  multiHead([f32(3, 4, 6), f32(3, 5, 6), f32(3, 5, 9)]),
  multiHead([f32(3, 4, 6), f32(3, 4, 6), f32(3, 4, 6)], { unidirectional: 1, scale: 0.4 }),
  multiHead([f32(2, 4, 6), f32(2, 5, 6), f32(2, 5, 6), null, i32(0, 1, 2, 5)]),
  multiHead([f32(2, 4, 6), f32(2, 4, 6), f32(2, 4, 6), null, null, f32(1, 3, 4, 4)]),
  multiHead([f32(3, 4, 6), f32(3, 4, 6), f32(3, 4, 6), f32(18), null, f32(3, 1, 4, 4)]),
  multiHead([f32(3, 2, 6), f32(3, 3, 4, 2), f32(3, 3, 4, 2)]),
  {
    ...multiHead([f32(3, 4, 6), f32(3, 5, 3, 2, 2)]),
    runtimeDiffers: "It refuses the call, which ONNX allows.",
  },
  { ...multiHead([f32(3, 4, 3, 3, 2)]), runtimeDiffers: "It refuses the call, which ONNX allows." },
  multiHead(
    [f32(3, 2, 6), f32(3, 2, 6), f32(3, 2, 6), null, null, null, f32(3, 3, 4, 2), f32(3, 3, 4, 2)],
    { unidirectional: 1 },
    3,
  ),

  // The first prompt, then one and two further tokens.
  groupQuery([f32(3, 4, 48), f32(3, 4, 24), f32(3, 4, 24), null, null, known([3, 3, 3]), known([4], [])], {
    num_heads: 6,
    kv_num_heads: 3,
  }),
  groupQuery(
    [
      f32(3, 1, 96),
      f32(3, 1, 48),
      f32(3, 1, 48),
      f32(3, 3, 5, 16),
      f32(3, 3, 5, 16),
      known([5, 5, 5]),
      known([6], []),
      f32(8, 8),
      f32(8, 8),
    ],
    { num_heads: 6, kv_num_heads: 3, do_rotary: 1, local_window_size: 4 },
  ),
  groupQuery(
    [
      f32(1, 2, 24),
      f32(1, 2, 24),
      f32(1, 2, 24),
      f32(1, 3, 4, 8),
      f32(1, 3, 4, 8),
      known([5]),
      known([6], []),
      null,
      null,
      null,
      f32(1, 3, 2, 6),
    ],
    { num_heads: 3, kv_num_heads: 3, softcap: { float: 3 } },
  ),
  groupQuery([f32(2, 4, 24), f32(2, 4, 8), f32(2, 4, 8), null, null, known([3, 3]), known([4], [])], {
    num_heads: 3,
    kv_num_heads: 1,
    smooth_softmax: 1,
  }),
  groupQuery([f32(3, 4, 40), null, null, null, null, known([3, 3, 3]), known([4], [])], {
    num_heads: 3,
    kv_num_heads: 1,
    do_rotary: 0,
  }),

  fused([f32(3, 4, 5), f32(5, 12), f32(12)]),
  fused([f32(3, 4, 5), f32(5, 12), f32(12), i32(0, 1, 3, 4)], { unidirectional: 1 }),
  fused([f32(3, 4, 5), f32(5, 14), f32(14), i32(1, 4, 3)], { qkv_hidden_sizes: [4, 4, 6] }),
  fused([f32(2, 4, 5), f32(5, 12), f32(12), i32(0, 1, 2, 4, 4), null, f32(1, 2, 4, 4)], { scale: 0.3 }),
  fused([f32(3, 2, 5), f32(5, 12), f32(12), null, f32(2, 3, 2, 3, 2)], { unidirectional: 1 }, 2),
];
