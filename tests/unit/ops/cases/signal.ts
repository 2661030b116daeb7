/** Fourier transforms, windows and weights; blocks added up into images; grids; determinants. */
import type { Attributes } from "../../../../src/ir/graph.ts";
import type { CaseInput, OpCase } from "../case.ts";

const f32 = (...shape: number[]): CaseInput => ({ dtype: "f32", shape });
const ints = (...values: number[]): CaseInput => ({ dtype: "i64", shape: [values.length], constant: values });
const int = (value: number): CaseInput => ({ dtype: "i64", shape: [], constant: [value] });
const float = (value: number): CaseInput => ({ dtype: "f32", shape: [], constant: [value] });

const windowCases: OpCase[] = ["BlackmanWindow", "HammingWindow", "HannWindow"].flatMap((op): OpCase[] => [
  { op, inputs: [int(7)] },
  { op, attributes: { periodic: 0 }, inputs: [int(6)] },
]);

const melCases: OpCase[] = [
  { op: "MelWeightMatrix", inputs: [int(8), int(16), int(8192), float(0), float(4096)] },
  { op: "MelWeightMatrix", inputs: [int(3), int(64), int(16000), float(125), float(7600)] },
];

const fourierCases: OpCase[] = [
  { op: "DFT", inputs: [f32(3, 5, 2)] },
  { op: "DFT", inputs: [f32(3, 5, 1), null, int(0)] },
  // Along an axis that is not known.
  { op: "DFT", inputs: [f32(3, 4, 2), null, { dtype: "i64", shape: [], low: 0, high: 1 }] },
  { op: "DFT", attributes: { onesided: 1 }, inputs: [f32(5, 6, 3, 1), int(8), int(1)] },
  { op: "DFT", attributes: { inverse: 1 }, inputs: [f32(3, 6, 2), int(4)] },
  { op: "DFT", attributes: { inverse: 1, onesided: 1 }, inputs: [f32(3, 5, 2), int(8), int(1)] },
  { op: "STFT", inputs: [f32(3, 9, 1), int(2), f32(4)] },
  { op: "STFT", inputs: [f32(3, 8, 1), int(3), null, int(5)] },
  { op: "STFT", attributes: { onesided: 0 }, inputs: [f32(3, 7, 2), int(3), null, int(4)] },
  {
    op: "STFT",
    attributes: { onesided: 0 },
    inputs: [f32(3, 7, 2), int(2), f32(3), int(3)],
    runtimeDiffers: "1.30 applies the window to complex signals wrongly; 1.32 agrees with NumPy and with us",
  },
];

const foldAttributes: readonly Attributes[] = [{}, { pads: [1, 0, 1, 1] }, { dilations: [1, 2] }];

const imageCases: OpCase[] = [
  { op: "Col2Im", inputs: [f32(3, 12, 12), ints(5, 4), ints(2, 2)] },
  ...foldAttributes.map((attributes, i): OpCase => {
    const blocks = [12, 24, 8][i] as number;
    return { op: "Col2Im", attributes, inputs: [f32(2, 20, blocks), ints(5, 4), ints(2, 2)] };
  }),
  { op: "Col2Im", attributes: { strides: [2, 2] }, inputs: [f32(1, 9, 4), ints(5, 5), ints(3, 3)] },
  { op: "AffineGrid", inputs: [f32(5, 2, 3), ints(5, 1, 3, 4)] },
  { op: "AffineGrid", attributes: { align_corners: 1 }, inputs: [f32(3, 3, 4), ints(3, 2, 3, 2, 4)] },
  { op: "AffineGrid", inputs: [f32(2, 2, 3), { dtype: "i64", shape: [4], low: 2, high: 2 }] },
  { op: "Det", inputs: [f32(5, 3, 3)] },
  { op: "Det", inputs: [f32(3, 4, 2, 2)] },
];

export const signalCases: readonly OpCase[] = [...windowCases, ...melCases, ...fourierCases, ...imageCases];
