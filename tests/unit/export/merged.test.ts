/** The merged file computes what the model does; so it proves the plan, and what is made of it, in stock ONNX Runtime. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import gpt from "../../../examples/gpt.ts";
import mlp from "../../../examples/mlp.ts";
import vit from "../../../examples/vit.ts";
import { exportOnnx, writeModel, writeRanks } from "../../../src/export.ts";
import { parseGraph } from "../../../src/ir/text/parse.ts";
import { load } from "../../../src/load.ts";
import { interpretGraph } from "../../../src/ops/interpret.ts";
import type { Dense } from "../../../src/ops/contract.ts";
import { mergedModel } from "../../../src/plan/export/merged-model.ts";
import { runPlan } from "../../../src/run.ts";
import { materialize } from "../../../src/onnx/weighted-model.ts";
import { toTensorData } from "../../../src/ops/interpret.ts";
import { bytesView, type TypedArray } from "../../../src/ir/tensor-data.ts";
import { takeBox } from "../../../src/ops/shards.ts";
import { parseMesh } from "../../../src/sbp/mesh.ts";
import { present } from "../../../src/support/assert.ts";
import {
  compileGraph,
  compileModel,
  feedsFor,
  largestDifference,
  runOnnx,
  type Compiled,
  type ModelCase,
} from "../../support/exported.ts";
import { compileLaidOut, layOut, picks, randomFeeds, randomGraph } from "../../support/laid-out.ts";

const cases: Readonly<Record<string, ModelCase>> = {
  MLP: { model: mlp, batch: 8 },
  "ViT-Tiny": { model: vit, settings: { size: "tiny" }, batch: 4 },
  "GPT-2": { model: gpt, settings: { layers: 2, vocabSize: 1000 }, dims: { seq: 12 }, batch: 4 },
};
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sbpc-merged-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const meshes = ["dp=2", "tp=2", "pp=2", "dp=2,tp=2", "tp=3"];

async function compareWithWhole(compiled: Compiled): Promise<number> {
  const feeds = feedsFor(compiled);
  const expected = await runOnnx(exportOnnx(compiled.plan), feeds);
  const actual = await runOnnx(exportOnnx(compiled.plan, { form: "merged" }), feeds);
  expect([...actual.keys()]).toEqual([...expected.keys()]);
  return largestDifference(actual, expected);
}

describe("merged files", () => {
  for (const [name, each] of Object.entries(cases)) {
    for (const mesh of meshes) {
      test(`${name} on ${mesh}`, async () => {
        expect(await compareWithWhole(compileModel(each, mesh))).toBeLessThan(1e-5);
      });
    }
  }

  test("several micro-batches are joined, and losses averaged", async () => {
    const settings = { training: true };
    const both = [
      compileModel({ model: mlp, batch: 8 }, "dp=2,pp=2", 2),
      compileModel({ model: mlp, settings, batch: 8 }, "tp=2", 4),
    ];
    for (const compiled of both) {
      const graph = present(exportOnnx(compiled.plan, { form: "merged" }).graph, "no graph");
      expect(graph.input?.[0]?.type?.tensorType?.shape?.dim?.[0]?.dimValue).toBe(8);
      expect(await compareWithWhole(compiled)).toBeLessThan(1e-5);
    }
  });

  test("masks of training are inputs", async () => {
    const settings = { size: "tiny", training: true, dropRate: 0.1, dropPathRate: 0.1 };
    const compiled = compileModel({ model: vit, settings, batch: 4 }, "dp=2,tp=2");
    expect(compiled.plan.randoms.length).toBeGreaterThan(0);
    expect(await compareWithWhole(compiled)).toBeLessThan(1e-5);
  });

  test("what the plan gives on its devices", async () => {
    const compiled = compileModel(present(cases["GPT-2"], "no case"), "dp=2,tp=2");
    const feeds = feedsFor(compiled);
    const inputs = new Map(
      compiled.plan.inputs.map(({ name }) => {
        const { dtype, shape, data } = toTensorData(present(feeds.get(name), "no feed"));
        return [name, { dtype, shape, data: data as TypedArray }] as const;
      }),
    );
    const run = await runPlan(compiled.plan, { inputs });
    const merged = await runOnnx(exportOnnx(compiled.plan, { form: "merged" }), feeds);
    const devices = new Map(
      [...run.outputs].map(([name, { dtype, shape, data }]) => [
        name,
        { dtype, shape, data: Float64Array.from(data as Float32Array) },
      ]),
    );
    expect(largestDifference(devices, merged)).toBeLessThan(1e-6);
  });

  test("bodies of nodes, with what they capture", async () => {
    const text = `graph cond {
  input %x : f32[4, 6]
  input %c : bool[]
  parameter %w : f32[6, 8] = normal(0, 1)
  %h = MatMul(%x, %w) : f32[4, 8] hint hard dp:S(0)
  %y = If(%c) : f32[4, 8]
    region else_branch = graph else {
      %e = Neg(%h) : f32[4, 8]
      return e=%e
    }
    region then_branch = graph then {
      %s = Exp(%h) : f32[4, 8]
      %t = Add(%s, %h) : f32[4, 8]
      return t=%t
    }
  %z = Tanh(%y) : f32[4, 8] hint hard dp:S(0)
  return z=%z
}
`;
    const compiled = compileGraph(parseGraph(text, "cond.graph"), "dp=2,pp=2");
    const feeds = feedsFor(compiled);
    const results = [];
    for (const c of [0, 1]) {
      const fed = new Map<string, Dense>([
        ...feeds,
        ["c", { dtype: "bool", shape: [], data: Float64Array.of(c) }],
      ]);
      const whole = await runOnnx(exportOnnx(compiled.plan), fed);
      results.push(whole.get("z")?.data[0]);
      expect(
        largestDifference(await runOnnx(exportOnnx(compiled.plan, { form: "merged" }), fed), whole),
      ).toBeLessThan(1e-5);
    }
    expect(results[0]).not.toBe(results[1]);
  });

  test("a model that came from an ONNX file, with its data file", async () => {
    const path = join(folder, "model.onnx");
    const compiled = compileModel(present(cases["ViT-Tiny"], "no case"), "dp=2");
    writeModel(compiled.plan, "whole", path, { externalBytes: 100_000 });
    const loaded = await load(path);
    if (loaded.kind !== "model") throw new Error("not a model");
    const again = compileGraph(loaded.build({}), "dp=2,tp=2");
    const merged = join(folder, "merged.onnx");
    const ranks = join(folder, "ranks");
    const options = { base: folder, externalBytes: 50_000 };
    writeModel(again.plan, "merged", merged, options);
    expect(writeRanks(again.plan, "sbpc", ranks, options).length).toBeGreaterThan(4);
    const feeds = feedsFor(compiled);
    expect(largestDifference(await runOnnx(merged, feeds), await runOnnx(path, feeds))).toBeLessThan(1e-5);
  });

  test("random graphs in random layouts", async () => {
    const random = ["1", "a=2", "a=3", "a=2,b=2", "a=2,pp=2", "a=3,b=2", "pp=3"].map((text) =>
      parseMesh(text),
    );
    let collectives = 0;
    await fc.assert(
      fc.asyncProperty(picks, async (pick) => {
        const mesh = present(random[pick(random.length)], "no mesh");
        const graph = layOut(randomGraph(pick, 4 + pick(14)), mesh, pick);
        const feeds = randomFeeds(graph);
        const { plan } = compileLaidOut(graph, mesh);
        collectives += plan.boxing.filter(({ kind }) => kind !== "send").length;
        const model = materialize(mergedModel(plan), ({ parameter, box }) => {
          const part = takeBox(present(feeds.get(parameter.name), "no parameter"), box);
          return bytesView(toTensorData(part).data as TypedArray);
        });
        expect(largestDifference(await runOnnx(model, feeds), interpretGraph(graph, feeds))).toBeLessThan(
          1e-4,
        );
      }),
      { numRuns: 60, seed: 8 },
    );
    expect(collectives).toBeGreaterThan(100);
  });
});
