/** Attention, LinearAttention and CausalConvWithState of ai.onnx. */
import type { Attributes } from "../../../../src/ir/graph.ts";
import type { CaseInput, OpCase } from "../case.ts";

const f32 = (...shape: number[]): CaseInput => ({ dtype: "f32", shape });
const bool = (...shape: number[]): CaseInput => ({ dtype: "bool", shape });

function attention(inputs: readonly (CaseInput | null)[], attributes: Attributes = {}, outputs = 1): OpCase {
  return { op: "Attention", attributes, inputs, outputs };
}

export const attentionCases: readonly OpCase[] = [
  attention([f32(3, 3, 4, 2), f32(3, 3, 5, 2), f32(3, 3, 5, 3)]),
  attention([f32(2, 6, 3, 2), f32(2, 3, 4, 2), f32(2, 3, 4, 2)], { is_causal: 1 }),
  attention([f32(2, 3, 3, 2), f32(2, 1, 4, 2), f32(2, 1, 4, 3)], { scale: 0.3, softcap: 1.5 }),
  attention([f32(3, 4, 6), f32(3, 5, 6), f32(3, 5, 9)], { q_num_heads: 3, kv_num_heads: 3, is_causal: 1 }),
  attention([f32(2, 4, 12), f32(2, 5, 6), f32(2, 5, 6)], { q_num_heads: 6, kv_num_heads: 3 }),
  attention([f32(2, 3, 4, 2), f32(2, 3, 5, 2), f32(2, 3, 5, 2), f32(4, 5)]),
  attention([f32(2, 3, 4, 2), f32(2, 3, 5, 2), f32(2, 3, 5, 2), bool(2, 1, 4, 5)], { is_causal: 1 }),
  {
    ...attention([f32(3, 3, 4, 2), f32(3, 3, 5, 2), f32(3, 3, 5, 2), f32(3, 3, 1, 5)]),
    runtimeDiffers: "It refuses the call, which ONNX allows.",
  },
  attention([f32(3, 3, 4, 2), f32(3, 3, 5, 2), f32(3, 3, 5, 2), f32(3, 4, 5)], { softcap: 0.7 }),
  attention(
    [f32(3, 3, 3, 2), f32(3, 3, 4, 2), f32(3, 3, 4, 2), null, f32(3, 3, 3, 2), f32(3, 3, 3, 2)],
    { is_causal: 1 },
    3,
  ),
  attention(
    [f32(2, 3, 12), f32(2, 3, 6), f32(2, 3, 6), f32(3, 5), f32(2, 3, 2, 2), f32(2, 3, 2, 2)],
    { q_num_heads: 6, kv_num_heads: 3, is_causal: 1 },
    3,
  ),
  ...[0, 1, 2, 3].map((qk_matmul_output_mode) =>
    attention(
      [f32(2, 3, 4, 2), f32(2, 3, 5, 2), f32(2, 3, 5, 2), f32(2, 3, 4, 6), f32(2, 3, 1, 2), f32(2, 3, 1, 2)],
      { qk_matmul_output_mode, softcap: { float: 2 } },
      4,
    ),
  ),
  attention(
    [
      f32(3, 3, 2, 2),
      f32(3, 3, 5, 2),
      f32(3, 3, 5, 2),
      null,
      null,
      null,
      { dtype: "i64", shape: [3], low: 2, high: 5 },
    ],
    { is_causal: 1 },
  ),
  {
    ...attention([f32(2, 3, 4, 2), f32(2, 3, 6, 2), f32(2, 3, 6, 2)], {
      left_window_size: 2,
      right_window_size: 1,
    }),
    runtimeDiffers: "It refuses the call, which ONNX allows.",
  },
  // A mask that is shorter than past and present together.
  {
    ...attention(
      [f32(2, 3, 4, 2), f32(2, 3, 5, 2), f32(2, 3, 5, 2), f32(2, 3, 4, 5), f32(2, 3, 1, 2), f32(2, 3, 1, 2)],
      {},
      3,
    ),
    runtimeDiffers: "It refuses the call, which ONNX allows.",
  },

  ...(
    [
      [
        { update_rule: "linear", q_num_heads: 3, kv_num_heads: 3 },
        [f32(3, 3, 6), f32(3, 3, 6), f32(3, 3, 9)],
      ],
      [
        { update_rule: "gated", q_num_heads: 6, kv_num_heads: 3, scale: 0.5 },
        [f32(2, 3, 12), f32(2, 3, 6), f32(2, 3, 9), f32(2, 3, 2, 3), f32(2, 3, 6)],
      ],
      [
        { update_rule: "delta", q_num_heads: 3, kv_num_heads: 1 },
        [f32(3, 2, 6), f32(3, 2, 2), f32(3, 2, 3), null, null, f32(3, 2, 1)],
      ],
      [
        { q_num_heads: 3, kv_num_heads: 3 },
        [f32(2, 2, 6), f32(2, 2, 6), f32(2, 2, 6), f32(2, 3, 2, 2), f32(2, 2, 3), f32(2, 2, 1)],
      ],
      [
        { q_num_heads: 1, kv_num_heads: 1 },
        [f32(3, 2, 2), f32(3, 2, 2), f32(3, 2, 4), f32(3, 1, 2, 4), f32(3, 2, 1), f32(3, 2, 1)],
      ],
    ] satisfies [Attributes, (CaseInput | null)[]][]
  ).map(([attributes, inputs]): OpCase => ({
    op: "LinearAttention",
    attributes,
    inputs,
    outputs: 2,
    runtimeDiffers: "It refuses the call, which ONNX allows.",
  })),
  ...(
    [
      [{}, [f32(3, 3, 5), f32(3, 1, 3)]],
      [{}, [f32(3, 4, 5), f32(4, 1, 3), f32(4), f32(3, 4, 2)]],
      [{ activation: "silu" }, [f32(3, 3, 2), f32(3, 1, 4), f32(3)]],
      [{ activation: "swish" }, [f32(3, 3, 2), f32(3, 1, 4), null, f32(3, 3, 3)]],
    ] satisfies [Attributes, (CaseInput | null)[]][]
  ).map(([attributes, inputs]): OpCase => ({
    op: "CausalConvWithState",
    attributes,
    inputs,
    outputs: 2,
    runtimeDiffers: "It refuses the call, which ONNX allows.",
  })),
  // ONNX Runtime knows nothing of the preview domain.
  ...(
    [
      [f32(3, 3, 4, 2), f32(3, 3, 5, 2), f32(3, 3, 5, 3)],
      [f32(2, 6, 3, 2), f32(2, 3, 4, 2), f32(2, 3, 4, 2)],
      [f32(2, 3, 3, 2), f32(2, 1, 4, 2), f32(2, 1, 4, 3)],
    ] as const
  ).map((inputs): OpCase => ({
    op: "ai.onnx.preview.FlexAttention",
    inputs,
    runtimeDiffers: "It refuses the call, which ONNX allows.",
  })),
];
