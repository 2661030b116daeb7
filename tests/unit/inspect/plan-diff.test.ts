/** What changed between two plans. */
import { describe, expect, test } from "vitest";
import { diffPlans, planDiffText } from "../../../src/inspect/plan-diff.ts";
import { planFigures } from "../../../src/inspect/figures.ts";
import { graphOf } from "../../../src/inspect/plan-graph.ts";
import { printNdSbp } from "../../../src/ir/layout.ts";
import type { TrainOptions } from "../../../src/plan/plan.ts";
import { decodePlan, encodePlan } from "../../../src/plan/codec.ts";
import { sum } from "../../../src/support/collections.ts";
import { planOf } from "../../support/plans.ts";
import { trainingPlan } from "../../support/train.ts";

const hinted = planOf({ model: "vit", mesh: "dp=2,tp=2,pp=2" });
const free = planOf({ model: "vit", mesh: "dp=2,tp=2,pp=2", hints: false });
const deeper = planOf({ model: "vit", mesh: "dp=2,pp=3", batch: 12, microbatches: 3 });

test("a plan and itself, read from its file, are the same", () => {
  const diff = diffPlans(hinted, decodePlan(encodePlan(hinted), "p"));
  expect(diff.same).toBe(true);
  expect(planDiffText(["a", "b"], diff)).toBe("a and b are the same plan");
});

describe("with hints and without", () => {
  const diff = diffPlans(hinted, free);
  const [a, b] = [planFigures(hinted), planFigures(free)];

  test("every layout that differs is named with both, and no other", () => {
    expect(diff.same).toBe(false);
    expect(diff.options).toEqual([{ what: "hints", a: "obeyed", b: "ignored" }]);
    const [before, after] = [graphOf(hinted), graphOf(free)];
    const named = new Map(diff.layouts.map((one) => [one.what, one]));
    let differing = 0;
    for (const [name, value] of before.values) {
      const other = after.values.get(name);
      if (value.layout === undefined || other?.layout === undefined) continue;
      if (/\.(all-reduce|send|slice|all-gather|all-to-all|reduce-scatter)/.test(name)) continue;
      const [from, to] = [printNdSbp(value.layout), printNdSbp(other.layout)];
      if (from === to) expect(named.has(name), name).toBe(false);
      else {
        differing++;
        expect(named.get(name), name).toEqual({ what: name, a: from, b: to });
      }
    }
    expect(differing).toBe(diff.layouts.length);
    expect(differing).toBeGreaterThan(100);
  });

  test("boxing that went and came makes up for the difference in bytes", () => {
    const moved = (list: readonly { readonly bytes: number }[]) => sum(list.map(({ bytes }) => bytes));
    expect(diff.removedBoxing.length).toBeGreaterThan(20);
    expect(a.bytes - moved(diff.removedBoxing) + moved(diff.addedBoxing)).toBe(b.bytes);
    const bytes = diff.numbers.find(({ what }) => what === "bytes received per step")!;
    expect([bytes.a, bytes.b]).toEqual([a.bytes, b.bytes]);
    for (const { kind, count } of diff.collectives)
      expect(count).toEqual([a, b].map(({ boxings }) => boxings.filter((one) => one.kind === kind).length));
  });

  test("as text, alike layers once", () => {
    const text = planDiffText(["a", "b"], diff);
    expect(text).toMatch(/predicted step\s+[\d.]+ ms\s+[\d.]+ ms\s+-[\d.]+ %/);
    expect(text).toMatch(/blocks\.\d+\.\.\d+ \(\d+ alike\)/);
    expect(text).toContain("hints  obeyed  ignored");
  });
});

test("other stages and memory are told stage by stage", () => {
  const diff = diffPlans(hinted, deeper);
  expect(diff.stages).toEqual([
    { what: "stage 0", a: [0, 1, 2, 3, 4, 5], b: [0, 1, 2, 3] },
    { what: "stage 1", a: [6, 7, 8, 9, 10, 11], b: [4, 5, 6, 7] },
    { what: "stage 2", a: [], b: [8, 9, 10, 11] },
  ]);
  expect(diff.memory).toHaveLength(3);
  expect(diff.memory[2]!.a).toBe(0);
  expect(diff.options.map(({ what }) => what)).toEqual(["mesh", "micro-batches", "dimensions"]);
});

test("how the steps train is told, against a plan that does not train and against one that trains otherwise", async () => {
  const trained = (train: Partial<TrainOptions>) =>
    trainingPlan({ file: "examples/mlp.ts", mesh: "dp=2,pp=2", microbatches: 4, train });
  const [first, second] = [
    await trained({ schedule: "1f1b" }),
    await trained({ schedule: "gpipe", zero: 1 }),
  ];
  expect(diffPlans(first, second).options).toEqual([
    { what: "ZeRO", a: "0", b: "1" },
    { what: "schedule", a: "1f1b", b: "gpipe" },
  ]);
  const forward = diffPlans(first, hinted).options;
  expect(forward).toContainEqual({ what: "trains", a: first.options.train!.loss, b: "none" });
  expect(forward).toContainEqual({ what: "optimizer", a: "adamw", b: "none" });
});
