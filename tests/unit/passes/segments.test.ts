/** Segments are as few as communications allow: no two consecutive ones of a stage could be one. */
import { expect, test } from "vitest";
import { mergeableSegments } from "../../support/mergeable.ts";
import { slowCluster, trainingPlan, type TrainingRequest } from "../../support/train.ts";

const gpt = {
  file: "examples/gpt.ts",
  settings: {
    layers: "2",
    hiddenSize: "48",
    heads: "4",
    vocabSize: "63",
    maxPositions: "32",
    dropRate: "0.1",
  },
  dims: { batch: 8, seq: 12 },
  cluster: slowCluster,
};

const requests: readonly TrainingRequest[] = [
  { file: "examples/mlp.ts", mesh: "dp=2", train: { zero: 3 } },
  // A gradient that is accumulated while a weight is gathered.
  { file: "examples/mlp.ts", mesh: "dp=2,tp=2", train: { zero: 3 } },
  { ...gpt, mesh: "dp=2,tp=2" },
  // Stages that wait for one another in the update phase: the table of words is tied.
  { ...gpt, mesh: "dp=2,tp=2,pp=2" },
  { ...gpt, mesh: "pp=2", microbatches: 4, train: { schedule: "zb-h1" } },
  { ...gpt, mesh: "tp=2,pp=2", microbatches: 2, train: { recompute: "layer" } },
];

test.each(requests.map((request) => [request.file, request.mesh, request] as const))(
  "a training step of %s on %s",
  async (_, __, request) => {
    const { stages } = await trainingPlan({ microbatches: 1, ...request });
    expect(stages.flatMap(mergeableSegments)).toEqual([]);
  },
);
