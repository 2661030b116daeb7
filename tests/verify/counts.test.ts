/** Whole numbers that are sums over samples, such as how many were told right: with several micro-batches they are the step's. */
import { describe, expect, it } from "vitest";
import { buildModel, defineModel, input, Linear, type Tensor } from "sbpc";
import { compile } from "../../src/compile.ts";
import { loadCluster } from "../../src/cluster-files.ts";
import { exportOnnx } from "../../src/export.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { parseMesh } from "../../src/sbp/mesh.ts";
import { sourceGraph } from "../../src/run-job.ts";
import { verifyPlan } from "../../src/verify.ts";
import { feedsFor, largestDifference, runOnnx } from "../support/exported.ts";

interface Parts {
  readonly scores: Tensor;
  readonly labels: Tensor;
}

/** Eight samples in four micro-batches. */
function planOf(outputs: (parts: Parts) => Record<string, Tensor>, mesh: string): Plan {
  const build = (batch: number) =>
    buildModel(
      defineModel({
        name: "m",
        inputs: { x: input("f32", [batch, 8]), labels: input("i64", [batch]) },
        build: ({ x, labels }) => {
          const hidden = new Linear(8, 8, { layerIdx: 0 }).call(x).relu();
          return outputs({ scores: new Linear(8, 3, { layerIdx: 1 }).call(hidden), labels });
        },
      }),
    );
  return compile({
    whole: build(8),
    micro: build(2),
    mesh: parseMesh(mesh),
    cluster: loadCluster("local"),
    hints: true,
    microbatches: 4,
    dims: {},
    settings: {},
  }).plan;
}

const told = ({ scores }: Parts) => scores.apply("ArgMax", [], { axis: -1, keepdims: 0 });
/** Class 2 of three, of which random scores of eight samples have some. */
const counts = (parts: Parts) => ({
  scores: parts.scores,
  told: told(parts),
  second: told(parts).eq(1).cast("i64").sum(),
  weighed: told(parts).add(parts.labels.mul(3)).cast("i32").sum(),
});

describe("counts over samples", () => {
  it.each(["1", "dp=2", "dp=2,pp=2"])(
    "are those of all micro-batches on %s",
    async (mesh) => {
      const { outputs } = await verifyPlan(planOf(counts, mesh));
      expect(outputs.map(({ name, ok }) => [name, ok])).toEqual(
        ["scores", "told", "second", "weighed"].map((name) => [name, true]),
      );
    },
    60_000,
  );

  it("are exported in one model", async () => {
    const plan = planOf(counts, "dp=2");
    const feeds = feedsFor({ whole: sourceGraph(plan), plan });
    const expected = await runOnnx(exportOnnx(plan), feeds);
    const actual = await runOnnx(exportOnnx(plan, { form: "merged" }), feeds);
    expect(largestDifference(actual, expected)).toBeLessThan(1e-5);
    expect(Number(expected.get("weighed")?.data[0])).toBeGreaterThan(0);
  }, 60_000);

  it.each([
    ["the largest", (parts: Parts) => ({ most: told(parts).apply("ReduceMax", [], { keepdims: 0 }) })],
    ["a square", (parts: Parts) => ({ square: told(parts).sum().pow(2) })],
  ])("are no other numbers: %s is refused at its line", (_, outputs) => {
    expect(() => planOf(outputs, "dp=2")).toThrow(
      /counts\.test\.ts:\d+.*is i64\[\] without an axis that counts samples/s,
    );
  });
});
