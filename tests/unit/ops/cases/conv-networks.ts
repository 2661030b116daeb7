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

const scales = (...values: number[]): CaseInput => fixed("f32", [values.length], ...values);
const sizes = (...values: number[]): CaseInput => fixed("i64", [values.length], ...values);

function resize(attributes: Attributes, x: CaseInput, scale: CaseInput | null, size?: CaseInput): OpCase {
  return caseOf("Resize", attributes, x, null, scale, ...(size === undefined ? [] : [size]));
}

const asymmetric = { coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" };
const alignCorners = { coordinate_transformation_mode: "align_corners" };

const resizes: OpCase[] = [
  resize(asymmetric, f32(3, 5, 4), scales(1, 1, 2)),
  resize({}, f32(1, 3, 6, 3), scales(1, 1, 2, 3)),
  resize({ mode: "linear" }, f32(1, 3, 7), scales(1, 1, 2)),
  resize({ mode: "linear" }, f32(1, 2, 10, 3), null, sizes(1, 2, 4, 5)),
  resize(
    { mode: "linear", coordinate_transformation_mode: "pytorch_half_pixel" },
    f32(1, 2, 6),
    scales(1, 1, 0.5),
  ),
  resize(
    { mode: "linear", coordinate_transformation_mode: "half_pixel_symmetric" },
    f32(2, 1, 9),
    scales(1, 1, 0.6),
  ),
  resize({ mode: "linear", ...alignCorners }, f32(3, 5, 4), null, sizes(3, 5, 7)),
  resize({ mode: "cubic" }, f32(1, 2, 5, 3), scales(1, 1, 2, 2)),
  resize(
    { mode: "cubic", cubic_coeff_a: { float: -0.5 }, exclude_outside: 1 },
    f32(1, 1, 6, 3),
    scales(1, 1, 2, 1),
  ),
  resize({ mode: "cubic", ...alignCorners }, f32(1, 1, 4, 5), null, sizes(1, 1, 7, 9)),
  resize({ mode: "linear", antialias: 1 }, f32(1, 1, 9, 8), null, sizes(1, 1, 3, 5)),
  resize({ mode: "cubic", antialias: 1 }, f32(1, 1, 12, 4), null, sizes(1, 1, 6, 4)),
  resize({ mode: "nearest", nearest_mode: "ceil", ...alignCorners }, f32(1, 3, 4), null, sizes(1, 3, 7)),
  resize({ nearest_mode: "round_prefer_ceil", axes: [2] }, f32(3, 3, 8), null, sizes(4)),
  resize({ keep_aspect_ratio_policy: "not_larger", axes: [2, 3] }, f32(1, 3, 4, 6), null, sizes(7, 8)),
  resize({ keep_aspect_ratio_policy: "not_smaller", axes: [3, 2] }, f32(1, 3, 4, 6), null, sizes(7, 8)),
  caseOf(
    "Resize",
    {
      mode: "linear",
      coordinate_transformation_mode: "tf_crop_and_resize",
      axes: [2, 3],
      extrapolation_value: { float: 10 },
    },
    f32(3, 3, 4, 4),
    fixed("f32", [4], 0.25, 0.5, 0.75, 1.25),
    null,
    sizes(3, 3),
  ),
  resize(asymmetric, { dtype: "u8", shape: [3, 5, 3] }, scales(1, 1, 2)),
];

const inGrid = (...shape: number[]): CaseInput => ({ dtype: "f32", shape, low: -1.3, high: 1.3 });

const samples: OpCase[] = [
  caseOf("GridSample", {}, f32(3, 3, 4, 3), inGrid(3, 3, 5, 2)),
  caseOf("GridSample", { padding_mode: "border", align_corners: 1 }, f32(1, 3, 4, 3), inGrid(1, 3, 5, 2)),
  caseOf("GridSample", { padding_mode: "reflection" }, f32(1, 3, 4, 3), inGrid(1, 3, 5, 2)),
  caseOf(
    "GridSample",
    { mode: "nearest", padding_mode: "reflection", align_corners: 1 },
    f32(1, 3, 4, 3),
    inGrid(1, 3, 5, 2),
  ),
  caseOf("GridSample", { mode: "nearest" }, f32(3, 2, 4, 3), inGrid(3, 2, 3, 2)),
  caseOf("GridSample", { mode: "cubic", padding_mode: "border" }, f32(1, 2, 4, 5), inGrid(1, 3, 2, 2)),
  caseOf("GridSample", { mode: "linear" }, f32(1, 2, 3, 4, 3), inGrid(1, 3, 2, 2, 3)),
  caseOf(
    "MaxRoiPool",
    { pooled_shape: [2, 3] },
    f32(2, 3, 6, 5),
    fixed("f32", [3, 5], 0, 0, 0, 3, 3, 1, 1, 1, 4, 5, 1, 2, 0, 4, 2),
  ),
  caseOf(
    "MaxRoiPool",
    { pooled_shape: [3, 2], spatial_scale: { float: 0.5 } },
    f32(1, 5, 6, 5),
    fixed("f32", [3, 5], 0, 0, 0, 7, 8, 0, 2, 2, 8, 10, 0, 4, 1, 9, 6),
  ),
  ...(
    [
      { sampling_ratio: 2 },
      { coordinate_transformation_mode: "output_half_pixel" },
      { mode: "max", sampling_ratio: 2 },
    ] as const
  ).map((attributes) =>
    caseOf(
      "RoiAlign",
      { output_height: 2, output_width: 3, spatial_scale: { float: 0.75 }, ...attributes },
      f32(2, 3, 6, 5),
      { dtype: "f32", shape: [3, 4], constant: [0, 0.3, 3.1, 4, 1.2, 1, 6.3, 5.2, -1, 2, 4, 8.5] },
      fixed("i64", [3], 0, 1, 0),
    ),
  ),
  caseOf("DeformConv", { pads: [1, 1, 1, 0] }, f32(3, 3, 4, 3), f32(5, 3, 2, 2), f32(3, 8, 5, 3), f32(5)),
  caseOf(
    "DeformConv",
    { strides: [2, 1], offset_group: 3, kernel_shape: [2, 2] },
    f32(1, 6, 5, 3),
    f32(3, 6, 2, 2),
    f32(1, 24, 2, 2),
    f32(3),
    f32(1, 12, 2, 2),
  ),
  caseOf(
    "DeformConv",
    { group: 3, offset_group: 3, dilations: [2, 1] },
    f32(1, 3, 5, 3),
    f32(3, 1, 2, 2),
    f32(1, 24, 3, 2),
    null,
    f32(1, 12, 3, 2),
  ),
  caseOf("DeformConv", { group: 3 }, f32(1, 3, 3, 3), f32(6, 1, 2, 2), f32(1, 8, 2, 2)),
  caseOf("Upsample", { mode: "nearest" }, f32(3, 3, 5), scales(1, 1, 2)),
  caseOf("Upsample", { mode: "linear" }, f32(1, 1, 6, 3), scales(1, 1, 2, 1)),
];

export const convNetworkCases: readonly OpCase[] = [
  ...rows,
  ...transposed,
  ...quantised,
  ...fused,
  ...furtherPools,
  ...resizes,
  ...samples,
];
