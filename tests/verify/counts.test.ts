/** Whole numbers that are sums over samples, such as how many were told right: with several micro-batches they are the step's. */
import { describe, expect, it } from "vitest";
import { exportOnnx } from "../../src/export.ts";
import { sourceGraph } from "../../src/run-job.ts";
import { verifyPlan } from "../../src/verify.ts";
import { classifierPlan, type Outputs, type Parts } from "../support/classifier.ts";
import { feedsFor, largestDifference, runOnnx } from "../support/exported.ts";

const planOf = (outputs: Outputs, mesh: string, microbatches = 4) =>
  classifierPlan(outputs, { mesh, batch: 8, microbatches });

const told = ({ scores }: Parts) => scores.apply("ArgMax", [], { axis: -1, keepdims: 0 });
/** Class 1 of four, of which random scores of eight samples have some. */
const counts = (parts: Parts) => ({
  scores: parts.scores,
  told: told(parts),
  second: told(parts).eq(1).cast("i64").sum(),
  weighed: told(parts).add(parts.labels.mul(3)).cast("i32").sum(),
});

describe("counts over samples", () => {
  // In eight micro-batches each has one sample.
  it.each([
    ["1", 4],
    ["dp=2", 4],
    ["dp=2,pp=2", 4],
    ["tp=2", 8],
  ])(
    "are those of all micro-batches on %s, of %d",
    async (mesh, microbatches) => {
      const { outputs } = await verifyPlan(planOf(counts, mesh, microbatches));
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
