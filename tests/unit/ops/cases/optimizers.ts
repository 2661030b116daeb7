/** Optimizer steps of one tensor and of two. */
import type { Attributes } from "../../../../src/ir/graph.ts";
import type { CaseInput, OpCase } from "../case.ts";

const f32 = (...shape: number[]): CaseInput => ({ dtype: "f32", shape });
/** Squares are not negative: their roots are taken. */
const squares = (...shape: number[]): CaseInput => ({ dtype: "f32", shape, low: 10, high: 12 });
const count: CaseInput = { dtype: "i64", shape: [], constant: [3] };

const momentum: Attributes = { alpha: 0.9, beta: 0.5, norm_coefficient: 0.001, mode: "standard" };

export const optimizerCases: readonly OpCase[] = [
  {
    op: "ai.onnx.preview.training.Adagrad",
    inputs: [f32(), count, f32(5, 3), f32(5, 3), squares(5, 3)],
    outputs: 2,
  },
  {
    op: "ai.onnx.preview.training.Adagrad",
    attributes: { decay_factor: 0.1, norm_coefficient: 0.01 },
    inputs: [f32(), count, f32(5), f32(3), f32(5), f32(3), squares(5), squares(3)],
    outputs: 4,
  },
  {
    op: "ai.onnx.preview.training.Adam",
    inputs: [f32(1), count, f32(5, 3), f32(5, 3), f32(5, 3), squares(5, 3)],
    outputs: 3,
  },
  {
    op: "ai.onnx.preview.training.Adam",
    attributes: { norm_coefficient: 0.01, norm_coefficient_post: 0.1, alpha: 0.75, beta: 0.5 },
    inputs: [f32(), count, f32(5), f32(5), f32(5), squares(5)],
    outputs: 3,
  },
  {
    op: "ai.onnx.preview.training.Momentum",
    attributes: momentum,
    inputs: [f32(), count, f32(5, 3), f32(5, 3), f32(5, 3)],
    outputs: 2,
  },
  {
    op: "ai.onnx.preview.training.Momentum",
    attributes: { ...momentum, mode: "nesterov", norm_coefficient: { float: 0 } },
    inputs: [f32(), count, f32(4), f32(3), f32(4), f32(3), f32(4), f32(3)],
    outputs: 4,
  },
];
