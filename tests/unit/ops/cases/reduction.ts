/** Reductions, positions of extremes, softmax, normalisations, losses. */
import type { Attributes } from "../../../../src/ir/graph.ts";
import type { CaseInput, OpCase } from "../case.ts";

const f32 = (...shape: number[]): CaseInput => ({ dtype: "f32", shape });
const within = (low: number, high: number, ...shape: number[]): CaseInput => ({
  dtype: "f32",
  shape,
  low,
  high,
});
const ints = (...values: number[]): CaseInput => ({ dtype: "i64", shape: [values.length], constant: values });
const i64 = (...shape: number[]): CaseInput => ({ dtype: "i64", shape, low: -7, high: 7 });
const labels = (classes: number, ...shape: number[]): CaseInput => ({
  dtype: "i64",
  shape,
  low: 0,
  high: classes - 1,
});

const anySign = [
  "ReduceSum",
  "ReduceMean",
  "ReduceMax",
  "ReduceMin",
  "ReduceProd",
  "ReduceL1",
  "ReduceL2",
  "ReduceSumSquare",
  "ReduceLogSumExp",
];

function reductions(op: string, input: (...shape: number[]) => CaseInput): OpCase[] {
  return [
    { op, inputs: [input(5, 3)] },
    { op, attributes: { keepdims: 0 }, inputs: [input(5, 3), ints(1)] },
    { op, attributes: { keepdims: 1 }, inputs: [input(3, 2, 5), ints(-1)] },
    { op, attributes: { keepdims: 0 }, inputs: [input(3, 5, 2), ints(0, 1)] },
  ];
}

const reduceCases: OpCase[] = [
  ...anySign.flatMap((op) => reductions(op, f32)),
  ...reductions("ReduceLogSum", (...shape) => within(0.5, 4, ...shape)),
  ...anySign.map((op): OpCase => ({ op, attributes: { noop_with_empty_axes: 1 }, inputs: [f32(5, 3)] })),
  { op: "ReduceSum", attributes: { noop_with_empty_axes: 1 }, inputs: [f32(5, 3), ints()] },
  { op: "ReduceL2", inputs: [f32(5, 3), ints()] },
  { op: "ReduceSum", inputs: [i64(5, 3), ints(0)] },
  { op: "ReduceMax", inputs: [i64(5, 3), ints(0)] },
  { op: "ReduceMean", inputs: [f32(5, 1, 3), ints(1)] },
];

const argCases: OpCase[] = ["ArgMax", "ArgMin"].flatMap((op) =>
  ([{}, { axis: 1, keepdims: 0 }, { axis: -1, select_last_index: 1 }] as Attributes[]).map(
    (attributes): OpCase => ({ op, attributes, inputs: [f32(5, 3)] }),
  ),
);

const softmaxCases: OpCase[] = ["Softmax", "LogSoftmax"].flatMap((op): OpCase[] => [
  { op, inputs: [f32(5, 3)] },
  { op, attributes: { axis: 1 }, inputs: [f32(3, 5, 2)] },
  { op, attributes: { axis: 0 }, inputs: [within(-30, 30, 5, 3)] },
]);

const normCases: OpCase[] = [
  { op: "LayerNormalization", inputs: [f32(5, 3), f32(3), f32(3)] },
  { op: "LayerNormalization", inputs: [f32(5, 3), f32(3)] },
  {
    op: "LayerNormalization",
    attributes: { epsilon: 0.01 },
    inputs: [f32(3, 2, 5), f32(5), f32(5)],
    outputs: 3,
  },
  {
    op: "LayerNormalization",
    attributes: { axis: 1 },
    inputs: [f32(5, 3, 3), f32(3, 3), f32(3, 3)],
    outputs: 3,
  },
  { op: "RMSNormalization", inputs: [f32(3, 5), f32(5)] },
  { op: "RMSNormalization", attributes: { axis: 1, epsilon: 0.01 }, inputs: [f32(5, 3, 3), f32(3, 3)] },
  { op: "BatchNormalization", inputs: [f32(5, 3), f32(3), f32(3), f32(3), within(0.5, 2, 3)] },
  {
    op: "BatchNormalization",
    attributes: { epsilon: 0.01 },
    inputs: [f32(3, 5, 3, 2), f32(5), f32(5), f32(5), within(0.5, 2, 5)],
  },
];

const lossAttributes: readonly Attributes[] = [
  {},
  { reduction: "sum" },
  { reduction: "none" },
  { reduction: "mean", ignore_index: 1 },
  { reduction: "sum", ignore_index: 2 },
];

/** Some labels are ignored, which are no classes. */
const partlyIgnored: CaseInput = { dtype: "i64", shape: [5], low: -1, high: 2 };

const lossCases: OpCase[] = ["SoftmaxCrossEntropyLoss", "NegativeLogLikelihoodLoss"].flatMap(
  (op): OpCase[] => [
    ...lossAttributes.flatMap((attributes): OpCase[] => [
      { op, attributes, inputs: [f32(5, 3), labels(3, 5)] },
      // A mean divides by the weights, which must not cancel.
      {
        op,
        attributes,
        inputs: [f32(5, 3), labels(3, 5), attributes.reduction === "none" ? f32(3) : within(0.5, 2, 3)],
      },
    ]),
    { op, attributes: { ignore_index: -1 }, inputs: [f32(5, 3), partlyIgnored] },
    { op, attributes: { ignore_index: -1 }, inputs: [f32(5, 3), partlyIgnored, within(0.5, 2, 3)] },
    { op, inputs: [f32(3, 5, 2, 3), labels(5, 3, 2, 3)] },
    {
      op,
      attributes: { reduction: "none", ignore_index: 0 },
      inputs: [f32(3, 5, 4), labels(5, 3, 4), f32(5)],
    },
  ],
);

const logProbabilityCases: OpCase[] = [
  { op: "SoftmaxCrossEntropyLoss", inputs: [f32(5, 3), labels(3, 5)], outputs: 2 },
  {
    op: "SoftmaxCrossEntropyLoss",
    attributes: { reduction: "sum" },
    inputs: [f32(5, 3), labels(3, 5), within(0.5, 2, 3)],
    outputs: 2,
  },
  {
    op: "SoftmaxCrossEntropyLoss",
    attributes: { reduction: "mean", ignore_index: 2 },
    inputs: [f32(3, 5, 2), labels(5, 3, 2)],
    outputs: 2,
  },
];

export const reductionCases: readonly OpCase[] = [
  ...reduceCases,
  ...argCases,
  ...softmaxCases,
  ...normCases,
  ...lossCases,
  ...logProbabilityCases,
];
