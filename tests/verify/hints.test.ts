/**
 * The search against LiBai's hand-made layout: without a single hint, predicted time is never above the hinted layout's;
 * and where no device has more FLOPs or parameter bytes than under the hints, communication bytes are not higher either.
 */
import { describe, expect, test } from "vitest";
import { compile } from "../../src/compile.ts";
import { presetCluster } from "../../src/cost/cluster.ts";
import { summarize, type PlanSummary } from "../../src/inspect/summary.ts";
import { buildModel, type Model } from "../../src/nn/model.ts";
import { parseMesh } from "../../src/sbp/mesh.ts";
import { sum } from "../../src/support/collections.ts";
import bert from "../../examples/bert.ts";
import gpt from "../../examples/gpt.ts";
import mlp from "../../examples/mlp.ts";
import vit from "../../examples/vit.ts";
import { trainingPlan, type TrainingRequest } from "../support/train.ts";
import { meshes } from "./grid.ts";

const full = process.env["SBPC_FULL"] === "1";

function plan(
  model: Model,
  settings: Record<string, string>,
  mesh: string,
  batch: number,
  hints: boolean,
  memoryLimit?: number,
): PlanSummary {
  const graph = buildModel(model, { dims: { batch }, settings });
  const options = {
    mesh: parseMesh(mesh),
    cluster: presetCluster("local"),
    hints,
    microbatches: 1,
    dims: { batch },
    settings,
  };
  return summarize(
    compile({ whole: graph, micro: graph, ...options, ...(memoryLimit === undefined ? {} : { memoryLimit }) })
      .plan,
  );
}

const total = (bytes: PlanSummary["bytes"]) => sum(Object.values(bytes));

describe("LiBai's hints on the ViT", () => {
  test.each(["tp=2", "tp=3", "dp=2,tp=2"])("two all-reduces per layer on %s and nothing over dp", (mesh) => {
    const summary = plan(vit, { size: "tiny" }, mesh, 6, true);
    expect(summary.boxing["all-reduce"]).toBe(2 * 12);
    expect(sum(Object.values(summary.boxing))).toBe(2 * 12);
  });

  test.each(["dp=2", "dp=3"])("no communication on %s", (mesh) => {
    expect(sum(Object.values(plan(vit, { size: "tiny" }, mesh, 7, true).boxing))).toBe(0);
  });

  test("stages 3, 4, 4, 1 for 12 layers on 4", () => {
    expect(plan(vit, { size: "tiny" }, "pp=4", 4, true).stages.map((stage) => stage.layers)).toEqual([
      3, 4, 4, 1,
    ]);
  });
});

describe("no hints against LiBai's hints", () => {
  const models: readonly (readonly [string, Model, Record<string, string>])[] = [
    ["ViT-Tiny", vit, { size: "tiny" }],
    ...(full
      ? ([
          ["ViT-Base", vit, { size: "base" }],
          ["GPT-2", gpt, { layers: "4" }],
          ["BERT", bert, { layers: "4" }],
          ["MLP", mlp, {}],
        ] as const)
      : []),
  ];
  const chosen = full ? meshes : ["dp=2", "tp=2", "tp=4", "dp=2,tp=2", "tp=2,pp=2", "dp=2,tp=2,pp=2"];
  for (const [name, model, settings] of models) {
    for (const mesh of chosen) {
      for (const batch of [1, 8]) {
        let known: PlanSummary | undefined;
        // The perceptron is so small that what crosses segments, which the search only estimates, decides.
        for (const memory of name === "MLP" ? (["plenty"] as const) : (["plenty", "tight"] as const)) {
          test(`${name} on ${mesh}, batch ${batch}, ${memory} memory`, { timeout: 300_000 }, () => {
            const hinted = (known ??= plan(model, settings, mesh, batch, true));
            // Not a byte more than the hinted layout needs: too little to hold all parameters on each device.
            const most = Math.max(...hinted.peakMemoryBytes);
            const limit = memory === "plenty" ? undefined : most;
            const free = plan(model, settings, mesh, batch, false, limit);
            expect(free.predictedStepSeconds).toBeLessThanOrEqual(hinted.predictedStepSeconds * (1 + 1e-9));
            if (limit !== undefined) expect(Math.max(...free.peakMemoryBytes)).toBeLessThanOrEqual(limit);
            const noDearer = [
              [free.flops, hinted.flops],
              [free.parameterBytes, hinted.parameterBytes],
            ].every(([ours, theirs]) => ours?.every((amount, rank) => amount <= (theirs?.[rank] ?? 0)));
            if (name.startsWith("ViT") && noDearer)
              expect(total(free.bytes)).toBeLessThanOrEqual(total(hinted.bytes));
          });
        }
      }
    }
  }
});

describe("no hints against the hints of a training step", () => {
  const transformer = { file: "tests/support/small-transformer.ts", settings: { layers: "2" } } as const;
  const words = { layers: "2", hiddenSize: "48", heads: "4", vocabSize: "63", maxPositions: "32" } as const;
  const models: readonly (readonly [string, Omit<TrainingRequest, "mesh">])[] = [
    ["the perceptron", { file: "examples/mlp.ts" }],
    ["a small transformer", transformer],
    ...(full
      ? ([
          ["GPT-2", { file: "examples/gpt.ts", settings: words, dims: { batch: 8, seq: 12 } }],
          ["BERT", { file: "examples/bert.ts", settings: words, dims: { batch: 8, seq: 12 } }],
          ["ViT-Tiny", { file: "examples/vit.ts", settings: { size: "tiny" } }],
        ] as const)
      : []),
  ];
  const on = ["dp=2", "tp=2", "dp=2,tp=2", "dp=2,tp=2,pp=2"];
  const cases = models.flatMap(([name, request]) => on.map((mesh) => [name, mesh, request] as const));
  test.each(cases)("%s on %s", { timeout: 600_000 }, async (_, mesh, request) => {
    const seconds = async (hints: boolean) =>
      (await trainingPlan({ ...request, mesh, hints })).prediction.stepSeconds;
    expect(await seconds(false)).toBeLessThanOrEqual((await seconds(true)) * (1 + 1e-9));
  });
});
