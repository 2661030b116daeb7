/** Features picked, put on one side of a threshold, encoded as labels, led through trees. */
import type { Attributes } from "../../../../src/ir/graph.ts";
import { tensorData } from "../../../../src/ir/tensor-data.ts";
import type { CaseInput, OpCase } from "../case.ts";

const f32 = (...shape: number[]): CaseInput => ({ dtype: "f32", shape });
const i64 = (low: number, high: number, ...shape: number[]): CaseInput => ({
  dtype: "i64",
  shape,
  low,
  high,
});

const encoderCases: OpCase[] = [
  {
    op: "ai.onnx.ml.LabelEncoder",
    attributes: {
      keys_int64s: [-1, 0, 2],
      values_floats: { floats: [0.5, 3.5, 2.5] },
      default_float: 1.5,
    },
    inputs: [i64(-2, 3, 5, 3)],
  },
  {
    op: "ai.onnx.ml.LabelEncoder",
    attributes: {
      keys_tensor: { tensor: tensorData("f32", [3], [1, 2, NaN]) },
      values_int64s: [4, 20, 5],
      default_int64: 10,
    },
    inputs: [{ ...f32(11), special: [1, 2, NaN] }],
  },
  {
    op: "ai.onnx.ml.LabelEncoder",
    attributes: { keys_int64s: [-1, 0, 2, 0], values_int64s: [5, 1, 0, 8] },
    inputs: [i64(-2, 3, 17)],
    runtimeDiffers: "the first of equal keys counts there, the last in ONNX",
  },
];

/** Two trees over three features: one of two levels, one that is a leaf. */
const trees: Attributes = {
  nodes_modes: { tensor: tensorData("u8", [4], [0, 6, 2, 0]) },
  nodes_splits: { tensor: tensorData("f32", [4], [0.25, 0, -0.5, 0]) },
  nodes_featureids: [0, 1, 2, 0],
  nodes_truenodeids: [1, 0, 2, 4],
  nodes_falsenodeids: [2, 1, 3, 4],
  nodes_trueleafs: [0, 1, 1, 1],
  nodes_falseleafs: [0, 1, 1, 1],
  membership_values: { tensor: tensorData("f32", [3], [1, 2, NaN]) },
  leaf_weights: { tensor: tensorData("f32", [5], [-1, 2.5, -3, 0.75, 0.5]) },
  leaf_targetids: [0, 1, 0, 1, 1],
  tree_roots: [0, 3],
  n_targets: 2,
};

const treeCases: OpCase[] = [
  ...[0, 1, 2, 3].map((aggregate_function): OpCase => ({
    op: "ai.onnx.ml.TreeEnsemble",
    // A minimum or maximum over no tree is unlike in every runtime: one target has a leaf of every sample.
    attributes:
      aggregate_function < 2
        ? { ...trees, aggregate_function }
        : { ...trees, aggregate_function, leaf_targetids: [0, 0, 0, 0, 0], n_targets: 1 },
    inputs: [{ ...f32(29, 3), special: [1, 2] }],
  })),
  ...[1, 2, 3].map((post_transform): OpCase => ({
    op: "ai.onnx.ml.TreeEnsemble",
    attributes: { ...trees, post_transform },
    ...(post_transform < 3 ? { runtimeDiffers: "1.30 takes 1 for logistic and 2 for softmax" } : {}),
    inputs: [{ ...f32(5, 3), special: [1, 2, NaN] }],
  })),
];

export const mlCases: readonly OpCase[] = [
  { op: "ai.onnx.ml.ArrayFeatureExtractor", inputs: [f32(5, 3, 4), i64(0, 3, 5)] },
  { op: "ai.onnx.ml.ArrayFeatureExtractor", inputs: [f32(3, 6), i64(0, 5, 1, 4)] },
  { op: "ai.onnx.ml.ArrayFeatureExtractor", inputs: [f32(6), i64(0, 5, 4)] },
  { op: "ai.onnx.ml.Binarizer", attributes: { threshold: 0.5 }, inputs: [f32(5, 3)] },
  { op: "ai.onnx.ml.Binarizer", inputs: [f32(4)] },
  ...encoderCases,
  ...treeCases,
];
