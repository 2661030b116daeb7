/** Convolution networks: rows shared with neighbours, transposed, quantised and fused convolutions, further pools, resampling. */
import type { Attributes } from "../../../../src/ir/graph.ts";
import { range } from "../../../../src/support/collections.ts";
import type { CaseInput, OpCase } from "../case.ts";

const f32 = (...shape: number[]): CaseInput => ({ dtype: "f32", shape });
const u8 = (...shape: number[]): CaseInput => ({ dtype: "u8", shape, low: 0, high: 255 });
const i8 = (...shape: number[]): CaseInput => ({ dtype: "i8", shape, low: -128, high: 127 });
const fixed = (dtype: CaseInput["dtype"], shape: number[], ...constant: number[]): CaseInput => ({
  dtype,
  shape,
  constant,
});

function caseOf(op: string, attributes: Attributes, ...inputs: (CaseInput | null)[]): OpCase {
  return { op, attributes, inputs };
}

/** Windows over rows that two and three devices share: uneven, strided, dilated, longer than a shard, padded in all ways. */
const rows: OpCase[] = [
  caseOf("Conv", { pads: [2, 1], strides: [2] }, f32(1, 2, 11), f32(2, 2, 4), f32(2)),
  caseOf("Conv", { pads: [3, 3], dilations: [3] }, f32(1, 1, 7), f32(1, 1, 3)),
  caseOf("Conv", { pads: [4, 4] }, f32(1, 1, 3), f32(2, 1, 9)),
  caseOf("Conv", { auto_pad: "SAME_LOWER", strides: [3, 2] }, f32(1, 2, 10, 7), f32(2, 2, 4, 3)),
  caseOf("Conv", { pads: [1, 1, 1, 1], group: 3 }, f32(1, 6, 7, 4), f32(3, 2, 3, 3), f32(3)),
  caseOf("MaxPool", { kernel_shape: [3], strides: [2], pads: [1, 1], ceil_mode: 1 }, f32(1, 2, 8)),
  caseOf("MaxPool", { kernel_shape: [2], dilations: [3], pads: [1, 1] }, f32(1, 2, 8)),
  caseOf(
    "MaxPool",
    { kernel_shape: [3, 3], pads: [1, 1, 1, 1] },
    {
      dtype: "u8",
      shape: [1, 1, 7, 3],
      low: 0,
      high: 255,
    },
  ),
  caseOf(
    "AveragePool",
    { kernel_shape: [3, 3], strides: [2, 1], pads: [1, 1, 1, 1], count_include_pad: 1 },
    f32(1, 2, 9, 5),
  ),
  caseOf("AveragePool", { kernel_shape: [3, 2], strides: [2, 1], pads: [1, 0, 1, 1] }, f32(1, 2, 9, 5)),
  caseOf("AveragePool", { kernel_shape: [4], strides: [3], pads: [1, 1], ceil_mode: 1 }, f32(1, 2, 9)),
  caseOf(
    "AveragePool",
    { kernel_shape: [4], strides: [3], pads: [1, 1], ceil_mode: 1, count_include_pad: 1 },
    f32(1, 2, 9),
  ),
];

const transposed: OpCase[] = [
  caseOf("ConvTranspose", {}, f32(3, 5, 4), f32(5, 3, 3)),
  caseOf("ConvTranspose", { strides: [2, 2] }, f32(1, 3, 5, 3), f32(3, 5, 2, 2), f32(5)),
  caseOf("ConvTranspose", { strides: [3, 2], output_padding: [2, 1] }, f32(1, 2, 3, 4), f32(2, 3, 3, 3)),
  caseOf(
    "ConvTranspose",
    { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1] },
    f32(1, 3, 5, 3),
    f32(3, 3, 3, 3),
    f32(3),
  ),
  caseOf("ConvTranspose", { strides: [3], output_padding: [2] }, f32(2, 3, 5), f32(3, 2, 1), f32(2)),
  caseOf("ConvTranspose", { strides: [3], pads: [0, 1] }, f32(1, 3, 5), f32(3, 2, 2), f32(2)),
  caseOf("ConvTranspose", { dilations: [2, 1], pads: [1, 0, 2, 1] }, f32(1, 2, 5, 4), f32(2, 3, 3, 3)),
  caseOf("ConvTranspose", { auto_pad: "SAME_UPPER", strides: [2] }, f32(1, 2, 4), f32(2, 3, 3)),
  caseOf("ConvTranspose", { auto_pad: "SAME_LOWER", strides: [2] }, f32(1, 2, 4), f32(2, 3, 3)),
  caseOf("ConvTranspose", { output_shape: [10, 8], strides: [3, 2] }, f32(1, 1, 3, 3), f32(1, 2, 3, 3)),
  caseOf("ConvTranspose", { group: 3, pads: [1, 0] }, f32(2, 6, 4), f32(6, 2, 3), f32(6)),
  // One element spread over the axis.
  caseOf("ConvTranspose", {}, f32(2, 3, 1, 2), f32(3, 2, 5, 2), f32(2)),
];

const quantised: OpCase[] = [
  caseOf("ConvInteger", { pads: [1, 1] }, u8(1, 3, 7), u8(3, 3, 3), fixed("u8", [], 120)),
  caseOf("ConvInteger", { strides: [2, 2] }, u8(3, 2, 6, 4), u8(3, 2, 2, 2)),
  caseOf("ConvInteger", { pads: [1, 0] }, u8(1, 3, 5), u8(3, 3, 2), fixed("u8", [1], 120), u8(3)),
  caseOf("ConvInteger", { group: 3 }, u8(1, 6, 5), u8(3, 2, 3)),
  caseOf(
    "QLinearConv",
    { pads: [1, 1, 1, 1] },
    u8(1, 3, 7, 4),
    fixed("f32", [], 0.0123),
    fixed("u8", [], 113),
    u8(3, 3, 3, 3),
    fixed("f32", [], 0.00217),
    fixed("u8", [], 131),
    fixed("f32", [], 0.0371),
    fixed("u8", [], 97),
    { dtype: "i32", shape: [3], low: -900, high: 900 },
  ),
  caseOf(
    "QLinearConv",
    { strides: [2] },
    u8(3, 2, 6),
    fixed("f32", [], 0.0123),
    fixed("u8", [], 13),
    i8(5, 2, 2),
    fixed("f32", [5], 0.00217, 0.0031, 0.0011, 0.00301, 0.0019),
    fixed("i8", [5], 0, 0, 0, 0, 0),
    fixed("f32", [], 0.0171),
    { dtype: "u8", shape: [], low: 0, high: 255 },
  ),
];

const fused: OpCase[] = [
  caseOf("com.microsoft.FusedConv", { activation: "Relu", pads: [1, 1] }, f32(1, 3, 7), f32(3, 3, 3), f32(3)),
  caseOf(
    "com.microsoft.FusedConv",
    { activation: "LeakyRelu", activation_params: { floats: [0.25] }, pads: [1, 1, 0, 0] },
    f32(3, 3, 5, 3),
    f32(3, 3, 2, 2),
  ),
  caseOf(
    "com.microsoft.FusedConv",
    { activation: "Clip", activation_params: { floats: [-1, 3] }, group: 3 },
    f32(2, 3, 5, 4),
    f32(3, 1, 2, 2),
    f32(3),
    f32(2, 3, 4, 3),
  ),
  caseOf("com.microsoft.FusedConv", { activation: "Sigmoid" }, f32(1, 2, 5), f32(3, 2, 5)),
];

/** Places as MaxPool gives them: the first element of the window of `step` elements, in every image of `size` elements. */
function places(samples: number, channels: number, outputs: number, step: number, size: number): CaseInput {
  const images = range(samples * channels);
  const constant = images.flatMap((k) => range(outputs).map((i) => k * size + i * step + ((k + i) % step)));
  return fixed("i64", [samples, channels, outputs], ...constant);
}

const furtherPools: OpCase[] = [
  caseOf("LpPool", { kernel_shape: [3], strides: [2], pads: [1, 1] }, f32(3, 5, 7)),
  caseOf("LpPool", { kernel_shape: [2, 2], strides: [2, 2], p: 3 }, f32(1, 3, 6, 4)),
  caseOf("LpPool", { kernel_shape: [2, 3], dilations: [2, 1], p: 1 }, f32(1, 2, 7, 5)),
  caseOf("LpPool", { kernel_shape: [3], strides: [2], ceil_mode: 1 }, f32(1, 2, 8)),
  caseOf("GlobalLpPool", {}, f32(3, 5, 5, 3)),
  caseOf("GlobalLpPool", { p: 3 }, f32(3, 3, 5)),
  caseOf("GlobalLpPool", { p: 1 }, f32(3, 3, 5)),
  caseOf("MaxUnpool", { kernel_shape: [2], strides: [2] }, f32(3, 5, 3), places(3, 5, 3, 2, 6)),
  caseOf(
    "MaxUnpool",
    { kernel_shape: [2], strides: [2] },
    f32(3, 3, 2),
    places(3, 3, 2, 2, 5),
    fixed("i64", [3], 3, 3, 5),
  ),
];

export const convNetworkCases: readonly OpCase[] = [
  ...rows,
  ...transposed,
  ...quantised,
  ...fused,
  ...furtherPools,
];
