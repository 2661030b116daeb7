/** Convolutions and pools. */
import type { Attributes } from "../../../../src/ir/graph.ts";
import type { CaseInput, OpCase } from "../case.ts";

const f32 = (...shape: number[]): CaseInput => ({ dtype: "f32", shape });

function conv(attributes: Attributes, ...inputs: CaseInput[]): OpCase {
  return { op: "Conv", attributes, inputs };
}

const convs: OpCase[] = [
  conv({}, f32(3, 5, 4), f32(5, 5, 3)),
  conv({ pads: [1, 1] }, f32(3, 3, 5), f32(5, 3, 3), f32(5)),
  conv({ strides: [2, 1], pads: [1, 0, 0, 1] }, f32(3, 3, 5, 4), f32(3, 3, 3, 2), f32(3)),
  conv({ dilations: [2, 1], kernel_shape: [2, 2] }, f32(2, 3, 5, 3), f32(3, 3, 2, 2)),
  // Patches: rows of whole patches can be dealt.
  conv({ strides: [2, 2] }, f32(2, 3, 10, 6), f32(5, 3, 2, 2), f32(5)),
  conv({ strides: [3, 2], kernel_shape: [2, 2] }, f32(1, 2, 9, 6), f32(2, 2, 2, 2)),
  // One patch, and one tap.
  conv({}, f32(2, 2, 5, 3), f32(3, 2, 5, 3), f32(3)),
  conv({}, f32(2, 3, 5, 3), f32(5, 3, 1, 1)),
  conv({ strides: [2, 2] }, f32(1, 3, 5, 6), f32(2, 3, 1, 1)),
  conv({ auto_pad: "SAME_UPPER", strides: [2, 2] }, f32(2, 2, 5, 4), f32(3, 2, 3, 3)),
  conv({ auto_pad: "SAME_LOWER" }, f32(2, 2, 5, 4), f32(3, 2, 2, 2)),
  conv({ auto_pad: "VALID" }, f32(2, 2, 5, 4), f32(3, 2, 2, 2)),
  // Groups: 3 of 2 channels each into 2 each; depthwise.
  conv({ group: 3 }, f32(2, 6, 4), f32(6, 2, 2), f32(6)),
  conv({ group: 5, pads: [1, 1] }, f32(2, 5, 4), f32(5, 1, 3)),
  conv({ group: 3 }, f32(2, 3, 4, 2), f32(6, 1, 2, 2), f32(6)),
  conv({}, f32(1, 3, 3, 3, 3), f32(3, 3, 2, 2, 2), f32(3)),
];

const pools: OpCase[] = [
  { op: "MaxPool", attributes: { kernel_shape: [2, 2] }, inputs: [f32(3, 5, 4, 3)] },
  { op: "MaxPool", attributes: { kernel_shape: [2, 2], strides: [2, 2] }, inputs: [f32(1, 3, 6, 10)] },
  { op: "MaxPool", attributes: { kernel_shape: [2], strides: [2], ceil_mode: 1 }, inputs: [f32(2, 3, 5)] },
  { op: "MaxPool", attributes: { kernel_shape: [3], strides: [2], pads: [1, 1] }, inputs: [f32(3, 5, 5)] },
  { op: "MaxPool", attributes: { kernel_shape: [2, 2], dilations: [2, 1] }, inputs: [f32(2, 3, 5, 3)] },
  { op: "MaxPool", attributes: { kernel_shape: [2, 2], auto_pad: "SAME_UPPER" }, inputs: [f32(2, 3, 4, 3)] },
  {
    op: "MaxPool",
    attributes: { kernel_shape: [2, 2], strides: [2, 1] },
    inputs: [f32(3, 5, 4, 3)],
    outputs: 2,
  },
  {
    op: "MaxPool",
    attributes: { kernel_shape: [2, 2], storage_order: 1 },
    inputs: [f32(3, 3, 4, 3)],
    outputs: 2,
  },
  { op: "AveragePool", attributes: { kernel_shape: [2, 2] }, inputs: [f32(3, 5, 4, 3)] },
  { op: "AveragePool", attributes: { kernel_shape: [2, 2], strides: [2, 2] }, inputs: [f32(1, 3, 6, 10)] },
  {
    op: "AveragePool",
    attributes: { kernel_shape: [3], strides: [2], pads: [1, 1] },
    inputs: [f32(3, 5, 5)],
  },
  {
    op: "AveragePool",
    attributes: { kernel_shape: [3], strides: [2], pads: [1, 1], count_include_pad: 1 },
    inputs: [f32(3, 5, 5)],
  },
  {
    op: "AveragePool",
    attributes: { kernel_shape: [2], strides: [2], ceil_mode: 1 },
    inputs: [f32(2, 3, 5)],
  },
  {
    op: "AveragePool",
    attributes: { kernel_shape: [2, 2], auto_pad: "SAME_LOWER" },
    inputs: [f32(2, 3, 4, 3)],
  },
  { op: "GlobalAveragePool", inputs: [f32(3, 5, 5, 3)] },
  { op: "GlobalAveragePool", inputs: [f32(3, 5, 7)] },
  { op: "GlobalMaxPool", inputs: [f32(3, 5, 5, 3)] },
];

export const windowCases: readonly OpCase[] = [...convs, ...pools];
