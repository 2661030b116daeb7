/** Training options for tests: AdamW under 1F1B, but for what is asked for. */
import { compile, findBatchAxes } from "../../src/compile.ts";
import { presetCluster, type Cluster } from "../../src/cost/cluster.ts";
import { load } from "../../src/load.ts";
import { attachedLoss, type LossRequest } from "../../src/nn/attach-loss.ts";
import type { OptimizerOptions, Plan, TrainOptions } from "../../src/plan/plan.ts";
import { parseMesh } from "../../src/sbp/mesh.ts";
import { doubled } from "./double.ts";

export const adamw: OptimizerOptions = {
  kind: "adamw",
  learningRate: 1e-3,
  weightDecay: 0.01,
  momentum: 0,
  nesterov: false,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  schedule: { kind: "constant", warmup: 0, total: 0, minimum: 0 },
  groups: [],
};

export function trainOptions(options: Partial<TrainOptions> = {}): TrainOptions {
  return { loss: "losses", optimizer: adamw, zero: 0, schedule: "1f1b", ...options };
}

/** A GPT-2 of two layers, so small that a step is mostly messages. */
export const tinyGpt = {
  file: "examples/gpt.ts",
  settings: {
    layers: "2",
    hiddenSize: "16",
    heads: "2",
    vocabSize: "31",
    maxPositions: "8",
    dropRate: "0.1",
  },
  dims: { batch: 8, seq: 6 },
} as const;

/** Devices and links so slow that splitting the work of a small model pays as it does at full size. */
export const slowCluster: Cluster = {
  ...presetCluster("local"),
  name: "slow",
  device: { flops: { f32: 2e8 }, memoryBandwidth: 1e9, memory: 64e9, launchSeconds: 1e-6 },
  links: {
    intraNode: { alphaSeconds: 1e-5, bytesPerSecond: 5e8 },
    interNode: { alphaSeconds: 1e-5, bytesPerSecond: 5e8 },
  },
};

export interface TrainingRequest {
  readonly file: string;
  readonly mesh: string;
  readonly settings?: Readonly<Record<string, string>>;
  readonly dims?: Readonly<Record<string, number>>;
  readonly microbatches?: number;
  /** Stages on every rank of the pipeline. */
  readonly chunks?: number;
  readonly train?: Partial<TrainOptions>;
  readonly cluster?: Cluster;
  /** Whether everything is f64. */
  readonly doubles?: boolean;
  /** The loss that is added. */
  readonly loss?: LossRequest;
  /** Whether the model's own hints count: they do unless said otherwise. */
  readonly hints?: boolean;
}

/** The plan that trains a model of a file, built with `training` set. */
export async function trainingPlan({
  file,
  mesh,
  settings = {},
  dims = {},
  microbatches = 2,
  chunks,
  train = {},
  cluster = presetCluster("local"),
  loss,
  doubles = false,
  hints = true,
}: TrainingRequest): Promise<Plan> {
  const loaded = await load(file);
  if (loaded.kind !== "model") throw new Error("not a model");
  const batch = dims["batch"] ?? 8;
  const build = (size: number) => {
    const graph = loaded.build({
      dims: { ...dims, batch: size },
      settings: loaded.original === undefined ? { training: "true", ...settings } : settings,
      ...(loss === undefined ? {} : { loss }),
    });
    return doubles ? doubled(graph) : graph;
  };
  return compile({
    whole: build(batch),
    micro: build(Math.ceil(batch / microbatches)),
    ...(microbatches === 1 ? { batchAxes: findBatchAxes(build(2 * batch), build(batch), 2) } : {}),
    mesh: parseMesh(mesh),
    cluster,
    hints,
    microbatches,
    samples: batch % microbatches === 0 ? undefined : batch,
    ...(chunks === undefined ? {} : { chunks }),
    train: trainOptions(loss === undefined ? train : { loss: attachedLoss, ...train }),
    dims: { ...dims, batch },
    settings,
  }).plan;
}
