/** Calls of losses, normalisations, convolutions, pools and attention for the tests of gradients, in forms that others leave out. */
import type { Attributes } from "../../../src/ir/graph.ts";
import type { CaseInput, OpCase } from "./case.ts";

const f32 = (...shape: number[]): CaseInput => ({ dtype: "f32", shape });
const f64 = (...shape: number[]): CaseInput => ({ dtype: "f64", shape });
const f16 = (...shape: number[]): CaseInput => ({ dtype: "f16", shape });
const positive = (...shape: number[]): CaseInput => ({ dtype: "f32", shape, low: 0.3, high: 2 });
const whole = (low: number, high: number, ...shape: number[]): CaseInput => ({
  dtype: "i64",
  shape,
  low,
  high,
});
const mask = (...shape: number[]): CaseInput => ({ dtype: "bool", shape });
const fixed = (dtype: "i32" | "i64" | "f32", shape: readonly number[], ...constant: number[]): CaseInput => ({
  dtype,
  shape,
  constant,
});

type Inputs = readonly (CaseInput | null)[];

const of = (op: string, inputs: Inputs, attributes: Attributes = {}, outputs = 1): OpCase => ({
  op,
  inputs,
  attributes,
  outputs,
});

const losses: readonly OpCase[] = [
  of("SoftmaxCrossEntropyLoss", [f64(5, 3), whole(0, 2, 5)], {}, 2),
  of(
    "SoftmaxCrossEntropyLoss",
    [f64(2, 3, 2, 3), whole(-1, 2, 2, 2, 3), positive64(3)],
    { ignore_index: -1 },
    2,
  ),
  of("SoftmaxCrossEntropyLoss", [f32(5, 3), whole(-1, 2, 5)], { reduction: "none", ignore_index: -1 }),
  of("SoftmaxCrossEntropyLoss", [f32(5, 3), whole(0, 2, 5)], { reduction: "sum" }),
  // No label is the ignored one.
  of("SoftmaxCrossEntropyLoss", [f32(5, 3), whole(0, 2, 5)], { reduction: "sum", ignore_index: 7 }),
  of("NegativeLogLikelihoodLoss", [f64(2, 3, 5), whole(0, 3, 2, 5), positive64(3)], { ignore_index: 3 }),
  of("NegativeLogLikelihoodLoss", [f32(5, 3), whole(0, 2, 5)], { reduction: "none" }),
];

function positive64(...shape: number[]): CaseInput {
  return { dtype: "f64", shape, low: 0.3, high: 2 };
}

const norms: readonly OpCase[] = [
  of("Softmax", [f64(3, 5, 2)], { axis: 1 }),
  of("LogSoftmax", [f64(3, 5, 2)], { axis: 0 }),
  of("LayerNormalization", [f64(3, 2, 5), f64(5), f64(1)], {}, 3),
  of("LayerNormalization", [f32(3, 2, 5), f32(2, 1), f32(2, 5)], { axis: 1 }),
  of("LayerNormalization", [f16(3, 6), f16(6), f16(6)]),
  of("RMSNormalization", [f64(3, 2, 5), f64(2, 5)], { axis: 1 }),
  of("RMSNormalization", [f16(3, 6), f16(6)]),
  of("SimplifiedLayerNormalization", [f32(3, 2, 5), f32(5)], {}, 2),
  of("com.microsoft.SkipSimplifiedLayerNormalization", [f32(3, 5), f32(3, 5), f32(5), f32(5)], {}, 4),
  of("BatchNormalization", [f64(3, 5, 2), f64(5), f64(5), f64(5), positive64(5)]),
  of("BatchNormalization", [f64(3, 5, 2), f64(5), f64(5), f64(5), positive64(5)], { training_mode: 1 }, 3),
  of("BatchNormalization", [f32(4, 3), f32(3), f32(3), f32(3), positive(3)], { training_mode: 1 }, 3),
  of("InstanceNormalization", [f64(3, 2, 2, 3), f64(2), f64(2)], { epsilon: { float: 0.01 } }),
  of("GroupNormalization", [f32(3, 6, 5), f32(6), f32(6)], { num_groups: 3 }),
  of("GroupNormalization", [f32(3, 4, 2, 2), f32(4), f32(4)], { num_groups: 1 }),
  of("LRN", [f32(3, 5, 2)], { size: 4, alpha: { float: 0.3 }, beta: { float: 0.6 }, bias: { float: 2 } }),
  of("MeanVarianceNormalization", [f64(3, 5, 4)], { axes: [2] }),
  of("LpNormalization", [f64(3, 5, 4)], { axis: 1, p: 1 }),
];

const windows: readonly OpCase[] = [
  // What lies behind the last window is read by none; more of it than is padded.
  of("Conv", [f32(2, 3, 9), f32(4, 3, 2), f32(4)], { strides: [4] }),
  of("Conv", [f32(2, 3, 8, 7), f32(4, 3, 3, 2)], { strides: [3, 2], pads: [1, 0, 0, 1], dilations: [2, 1] }),
  of("Conv", [f64(2, 3, 5, 4), f64(2, 3, 3, 3)], { auto_pad: "SAME_UPPER", strides: [2, 3] }),
  of("Conv", [f32(2, 2, 4, 3, 4), f32(2, 2, 2, 2, 3), f32(2)], { pads: [0, 1, 1, 1, 0, 1] }),
  of("Conv", [f32(3, 4, 7), f32(8, 1, 3), f32(8)], { group: 4, strides: [2], pads: [1, 1] }),
  of("Conv", [f32(3, 6, 5, 4), f32(4, 3, 2, 2)], { group: 2, dilations: [2, 1] }),
  of("Conv", [f32(2, 3, 8, 8), f32(5, 3, 4, 4)], { strides: [4, 4] }),
  of("ConvTranspose", [f32(2, 3, 4, 3), f32(3, 2, 3, 2), f32(2)], {
    strides: [2, 3],
    pads: [1, 0, 0, 1],
    output_padding: [1, 2],
  }),
  of("ConvTranspose", [f32(2, 6, 4), f32(6, 2, 3)], { group: 3, dilations: [2], strides: [2] }),
  of("ConvTranspose", [f32(2, 3, 4), f32(3, 2, 2)], { strides: [3], auto_pad: "SAME_LOWER" }),
  of("MaxPool", [f32(2, 3, 6, 5)], { kernel_shape: [3, 2], strides: [2, 1], pads: [1, 0, 1, 1] }),
  of("MaxPool", [f32(2, 3, 6, 5)], { kernel_shape: [2, 2], storage_order: 1, dilations: [2, 1] }, 2),
  of("MaxPool", [f64(2, 3, 7)], { kernel_shape: [3], strides: [2], ceil_mode: 1 }),
  of("AveragePool", [f32(2, 3, 6, 5)], { kernel_shape: [3, 2], strides: [2, 1], pads: [1, 0, 1, 1] }),
  of("AveragePool", [f32(2, 3, 7)], { kernel_shape: [2], strides: [2], ceil_mode: 1 }),
  of("AveragePool", [f32(2, 3, 7)], { kernel_shape: [3], pads: [1, 1], count_include_pad: 1 }),
  of("LpPool", [f32(2, 3, 6)], { kernel_shape: [3], strides: [2], p: 3 }),
  of("LpPool", [f32(2, 3, 6)], { kernel_shape: [2], p: 1 }),
  of("GlobalLpPool", [f32(2, 3, 4, 2)], { p: 3 }),
  of("CausalConvWithState", [f32(3, 4, 5), f32(4, 1, 3), f32(4), f32(3, 4, 2)], { activation: "silu" }, 2),
  of("com.microsoft.FusedConv", [f32(2, 3, 5), f32(4, 3, 2), f32(4), f32(2, 4, 4)], {
    activation: "LeakyRelu",
    activation_params: { floats: [0.1] },
  }),
];

const attention: readonly OpCase[] = [
  of("Attention", [f32(2, 6, 4, 2), f32(2, 3, 5, 2), f32(2, 3, 5, 3), mask(4, 5)], {}, 1),
  of("Attention", [f32(2, 3, 4, 2), f32(2, 3, 4, 2), f32(2, 3, 4, 2)], { is_causal: 1 }, 1),
  of("Attention", [f32(2, 3, 4, 2), f32(2, 3, 4, 2), f32(2, 3, 4, 2), f32(2, 1, 4, 4)], { is_causal: 1 }, 4),
  of("Attention", [f64(2, 4, 12), f64(2, 4, 6), f64(2, 4, 6)], {
    q_num_heads: 6,
    kv_num_heads: 3,
    is_causal: 1,
    softcap: { float: 2 },
  }),
  of("com.microsoft.MultiHeadAttention", [f32(2, 4, 6), f32(2, 4, 6), f32(2, 4, 9), null, whole32(0, 4, 2)], {
    num_heads: 3,
    unidirectional: 1,
  }),
  of(
    "com.microsoft.GroupQueryAttention",
    [
      f32(2, 4, 64),
      f32(2, 4, 32),
      f32(2, 4, 32),
      null,
      null,
      fixed("i32", [2], 3, 3),
      fixed("i32", [], 4),
      f32(6, 8),
      f32(6, 8),
    ],
    { num_heads: 4, kv_num_heads: 2, do_rotary: 1, rotary_interleaved: 1, local_window_size: 2 },
    3,
  ),
  of("RotaryEmbedding", [f32(2, 3, 4, 8), f32(6, 3), f32(6, 3), whole(0, 5, 2, 4)], {
    rotary_embedding_dim: 6,
    interleaved: 1,
  }),
  of("RotaryEmbedding", [f64(2, 4, 12), f64(2, 4, 2), f64(2, 4, 2)], { num_heads: 3 }),
  of("com.microsoft.RotaryEmbedding", [f32(2, 3, 4, 6), fixed("i64", [1], 2), f32(7, 3), f32(7, 3)]),
  of("com.microsoft.FusedMatMul", [f32(2, 4, 3), f32(2, 5, 4)], {
    transA: 1,
    transB: 1,
    alpha: { float: 0.3 },
  }),
  of("com.microsoft.FusedMatMul", [f32(4, 2, 3), f32(2, 4, 5)], { transBatchA: 1, transA: 1 }),
];

function whole32(low: number, high: number, ...shape: number[]): CaseInput {
  return { dtype: "i32", shape, low, high };
}

export const networkGradientCases: readonly OpCase[] = [...losses, ...norms, ...windows, ...attention];
