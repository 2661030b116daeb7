/** Normalisations by channel, by group and along lines; batch normalisation in training. */
import type { CaseInput, OpCase } from "../case.ts";

const f32 = (...shape: number[]): CaseInput => ({ dtype: "f32", shape });
const f16 = (...shape: number[]): CaseInput => ({ dtype: "f16", shape });
const positive = (...shape: number[]): CaseInput => ({ dtype: "f32", shape, low: 0.5, high: 2 });

const batchCases: OpCase[] = [
  {
    op: "BatchNormalization",
    attributes: { training_mode: 1 },
    inputs: [f32(5, 3), f32(3), f32(3), f32(3), positive(3)],
    outputs: 3,
  },
  {
    op: "BatchNormalization",
    attributes: { training_mode: 1, momentum: 0.75, epsilon: 0.01 },
    inputs: [f32(3, 4, 5, 2), f32(4), f32(4), f32(4), positive(4)],
    outputs: 3,
  },
];

const channelCases: OpCase[] = [
  { op: "InstanceNormalization", inputs: [f32(3, 5, 4), f32(5), f32(5)] },
  { op: "InstanceNormalization", attributes: { epsilon: 0.01 }, inputs: [f32(2, 3, 5, 3), f32(3), f32(3)] },
  { op: "GroupNormalization", attributes: { num_groups: 3 }, inputs: [f32(3, 6, 5), f32(6), f32(6)] },
  {
    op: "GroupNormalization",
    attributes: { num_groups: 5, epsilon: 0.01 },
    inputs: [f32(2, 5, 3, 4), f32(5), f32(5)],
  },
  { op: "GroupNormalization", attributes: { num_groups: 1 }, inputs: [f32(3, 5, 4), f32(5), f32(5)] },
  { op: "GroupNormalization", attributes: { num_groups: 2 }, inputs: [f16(3, 4, 5), f16(4), f16(4)] },
];

const lineCases: OpCase[] = [
  { op: "MeanVarianceNormalization", inputs: [f32(3, 4, 5, 2)] },
  { op: "MeanVarianceNormalization", attributes: { axes: [1] }, inputs: [f32(3, 5)] },
  { op: "LpNormalization", inputs: [f32(3, 5)] },
  { op: "LpNormalization", attributes: { axis: 0, p: 1 }, inputs: [f32(5, 3)] },
  {
    op: "LpNormalization",
    attributes: { axis: 1 },
    inputs: [{ dtype: "f32", shape: [3, 4, 2], low: 0, high: 0 }],
  },
  { op: "LRN", attributes: { size: 3 }, inputs: [f32(3, 5, 4, 2)] },
  {
    op: "LRN",
    attributes: { size: 4, alpha: 0.5, beta: 0.5, bias: { float: 2 } },
    inputs: [f32(3, 5, 2, 3)],
    runtimeDiffers: "it takes odd sizes only",
  },
];

export const normalisationCases: readonly OpCase[] = [...batchCases, ...channelCases, ...lineCases];
