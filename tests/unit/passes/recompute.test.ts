/** When activations are recomputed by themselves, what a block is where a model counts no layers, and what is never repeated. */
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { compile, type CompileResult } from "../../../src/compile.ts";
import { presetCluster } from "../../../src/cost/cluster.ts";
import { parseGraph } from "../../../src/ir/text/parse.ts";
import { load } from "../../../src/load.ts";
import { recompute } from "../../../src/ops/recompute.ts";
import { decodePlan, encodePlan } from "../../../src/plan/codec.ts";
import type { TrainOptions } from "../../../src/plan/plan.ts";
import { parseMesh } from "../../../src/sbp/mesh.ts";
import { trainOptions } from "../../support/train.ts";

describe("a limit on memory", async () => {
  const loaded = await load(resolve("tests/support/small-transformer.ts"));
  if (loaded.kind !== "model") throw new Error("no model");
  const whole = loaded.build({ dims: { batch: 8 }, settings: { layers: "2", training: "true" } });
  const within = (memoryLimit: number, train: Partial<TrainOptions> = {}): CompileResult =>
    compile({
      whole,
      micro: whole,
      mesh: parseMesh("1"),
      cluster: presetCluster("local"),
      hints: true,
      memoryLimit,
      microbatches: 1,
      train: trainOptions(train),
      dims: { batch: 8 },
      settings: {},
    });
  const peak = ({ plan }: CompileResult): number => plan.prediction.peakMemoryBytes[0] ?? 0;
  const kept = within(Infinity);
  const selective = within(Infinity, { recompute: "selective" });
  const layer = within(Infinity, { recompute: "layer" });

  test("that suffices changes nothing", () => {
    expect(kept.plan.options.train?.recompute).toBeUndefined();
    expect(within(peak(kept)).diagnostics).toEqual([]);
  });

  test("is met by recomputing no more than it takes, and a note says so", () => {
    expect(peak(layer)).toBeLessThan(peak(selective));
    expect(peak(selective)).toBeLessThan(peak(kept));
    for (const [mode, wanted] of [
      ["selective", selective],
      ["layer", layer],
    ] as const) {
      const found = within(peak(wanted));
      expect(found.plan.options.train?.recompute).toBe(mode);
      expect(found.diagnostics.map(({ code }) => code)).toEqual(["recompute-chosen"]);
      expect(peak(found)).toBe(peak(wanted));
      expect(decodePlan(encodePlan(found.plan), "plan").options.train?.recompute).toBe(mode);
    }
  });

  test("costs time where it is met: every step takes longer", () => {
    const seconds = [kept, selective, layer].map(({ plan }) => plan.prediction.stepSeconds);
    expect(seconds).toEqual(seconds.toSorted((a, b) => a - b));
  });
});

test("without layers and lists, runs of nodes are blocks, but for the last", () => {
  const names = Array.from({ length: 9 }, (_, i) => `%v${i}`);
  const forward = names.map((name, i) => `${name} = Tanh(${i === 0 ? "%x" : `%v${i - 1}`}) : f32[4] stage 0`);
  const backward = names
    .map((name, i) => `%g${i} = Mul(${i === 8 ? "%x" : `%g${i + 1}`}, ${name}) : f32[4] stage 0 phase input`)
    .toReversed();
  const text = ["graph g {", "input %x : f32[4]", ...forward, ...backward, "return l=%v8, g=%g0", "}"];
  const { graph, copies } = recompute(parseGraph(text.join("\n")), "layer");
  expect(copies).toBe(5);
  const uses = graph.nodes.filter(({ op }) => op === "Mul").map(({ inputs }) => inputs[1]);
  expect(uses).toEqual(["v8", "v7", "v6", "v5.again", "v4.again", "v3.again", "v2", "v1.again", "v0.again"]);
});
