/** Plans of a small classifier whose outputs are made by the test. */
import { buildModel, defineModel, input, Linear, type Tensor } from "sbpc";
import { compile, findBatchAxes } from "../../src/compile.ts";
import { loadCluster } from "../../src/cluster-files.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { parseMesh } from "../../src/sbp/mesh.ts";
import { trainOptions } from "./train.ts";

export interface Parts {
  /** [batch, 4]. */
  readonly scores: Tensor;
  readonly labels: Tensor;
  /** [4, 8]. */
  readonly weight: Tensor;
}

export type Outputs = (parts: Parts) => Record<string, Tensor>;

interface ClassifierRequest {
  readonly mesh?: string;
  readonly batch: number;
  readonly microbatches: number;
  /** Whether the output `loss` is trained. */
  readonly trains?: boolean;
}

/** Errors have the line of the test that makes the outputs. */
export function classifierPlan(outputs: Outputs, request: ClassifierRequest): Plan {
  const { mesh = "dp=2", batch, microbatches, trains = false } = request;
  const build = (size: number) =>
    buildModel(
      defineModel({
        name: "m",
        inputs: { x: input("f32", [size, 8]), labels: input("i64", [size]) },
        build: ({ x, labels }) => {
          const hidden = new Linear(8, 8, { layerIdx: 0 }).call(x).relu();
          const last = new Linear(8, 4, { layerIdx: 1 });
          return outputs({ scores: last.call(hidden), labels, weight: last.weight });
        },
      }),
    );
  return compile({
    whole: build(batch),
    micro: build(Math.ceil(batch / microbatches)),
    ...(microbatches === 1 ? { batchAxes: findBatchAxes(build(2 * batch), build(batch), 2) } : {}),
    mesh: parseMesh(mesh),
    cluster: loadCluster("local"),
    hints: true,
    microbatches,
    samples: batch % microbatches === 0 ? undefined : batch,
    ...(trains ? { train: trainOptions({ loss: "loss" }) } : {}),
    dims: {},
    settings: {},
  }).plan;
}
