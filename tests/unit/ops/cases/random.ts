/** Operators that draw random numbers, and what else has no value that could be computed here. */
import type { CaseInput, OpCase } from "../case.ts";

const f32 = (...shape: number[]): CaseInput => ({ dtype: "f32", shape });
const probability = (...shape: number[]): CaseInput => ({ dtype: "f32", shape, low: 0, high: 1 });

export const randomCases: readonly OpCase[] = [
  ...["RandomNormal", "RandomUniform"].flatMap((op): OpCase[] => [
    { op, attributes: { shape: [5, 3] }, inputs: [] },
    { op, attributes: { shape: [4], dtype: 11 }, inputs: [] },
  ]),
  ...["RandomNormalLike", "RandomUniformLike"].flatMap((op): OpCase[] => [
    { op, inputs: [f32(5, 3)] },
    { op, attributes: { dtype: 1 }, inputs: [{ dtype: "i64", shape: [5] }] },
  ]),
  { op: "Bernoulli", inputs: [probability(5, 3)] },
  { op: "Bernoulli", attributes: { dtype: 9 }, inputs: [probability(7)] },
  { op: "Multinomial", attributes: { sample_size: 4 }, inputs: [f32(5, 3)] },
  { op: "Multinomial", attributes: { dtype: 7 }, inputs: [f32(2, 3)] },
  {
    op: "Dropout",
    inputs: [
      f32(5, 3),
      { dtype: "f32", shape: [], constant: [0.5] },
      { dtype: "bool", shape: [], constant: [1] },
    ],
    outputs: 2,
  },
  { op: "ImageDecoder", inputs: [{ dtype: "u8", shape: [64] }] },
];
