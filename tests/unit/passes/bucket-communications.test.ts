/** Buckets of collectives: what goes in them, how large they get, what that costs in memory and saves in time. */
import { describe, expect, test } from "vitest";
import { describeAction } from "../../../backends/local/describe.ts";
import { boxingTable } from "../../../src/inspect/boxing-text.ts";
import { planFigures } from "../../../src/inspect/figures.ts";
import type { BoxingPlan, Plan, StagePlan } from "../../../src/plan/plan.ts";
import { predictTimeline } from "../../../src/plan/timeline.ts";
import { at, product, sum } from "../../../src/support/collections.ts";
import { trainingPlan } from "../../support/train.ts";

interface Member {
  readonly boxing: BoxingPlan;
  readonly input: number;
  readonly output: number;
}

function bucketsOf(plan: Plan, { actions, buckets }: StagePlan): Member[][] {
  return buckets.map(({ first, count }) =>
    actions.slice(first, first + count).map((action) => {
      if (action.kind !== "collective") throw new Error(`a ${action.kind} in a bucket`);
      return { ...action, boxing: at(plan.boxing, action.boxing) };
    }),
  );
}

const words = { layers: "2", hiddenSize: "48", heads: "4", vocabSize: "64", maxPositions: "32" };
const gpt = { file: "examples/gpt.ts", settings: words, dims: { batch: 8, seq: 16 } };

describe.each([
  ["dp=2", {}],
  ["dp=2,tp=2", { microbatches: 2 }],
  ["dp=2,pp=2", { microbatches: 2, train: { zero: 1 } }],
] as const)("a training step on %s", (mesh, more) => {
  test("holds collectives of one kind and group, independent of one another, in every bucket", async () => {
    const plan = await trainingPlan({ ...gpt, ...more, mesh });
    for (const stage of plan.stages) {
      const buckets = bucketsOf(plan, stage);
      expect(buckets.length).toBeGreaterThan(0);
      for (const [i, members] of buckets.entries()) {
        const { first, count } = at(stage.buckets, i);
        expect(members.length).toBe(count);
        expect(count).toBeGreaterThan(1);
        for (const text of [
          ({ boxing }: Member) => `${boxing.kind} ${boxing.axes.join()} ${boxing.dtype}`,
          ({ boxing }: Member) => JSON.stringify(boxing.from.find(({ kind }) => kind === "P")),
        ])
          expect(new Set(members.map(text)).size).toBe(1);
        const made = new Set(members.map(({ output }) => output));
        expect(members.filter(({ input }) => made.has(input))).toEqual([]);
        for (const { input, output } of members) {
          const [before, after] = [at(stage.slots, input), at(stage.slots, output)];
          if (before.kind === "value") expect(before.lifetime![1]).toBeGreaterThanOrEqual(first + count - 1);
          expect(after.lifetime![0]).toBe(first);
        }
        const phase = stage.phases.find((one) => first >= one.first && first < one.first + one.count)!;
        expect(first + count).toBeLessThanOrEqual(phase.first + phase.count);
      }
    }
  });

  test("reduces all gradients over dp in one exchange per element type and group", async () => {
    const plan = await trainingPlan({ ...gpt, ...more, mesh });
    const dp = plan.mesh.axes.findIndex(({ name }) => name === "dp");
    for (const stage of plan.stages) {
      const { first } = stage.phases.at(-1)!;
      const reduced = stage.actions.flatMap((action, index) =>
        index >= first &&
        action.kind === "collective" &&
        at(plan.boxing, action.boxing).axes.includes(dp) &&
        ["all-reduce", "reduce-scatter"].includes(at(plan.boxing, action.boxing).kind)
          ? [index]
          : [],
      );
      expect(reduced.length).toBeGreaterThan(8);
      const alone = reduced.filter(
        (index) => !stage.buckets.some(({ first, count }) => index >= first && index < first + count),
      );
      // At most what is reduced along other axes too, or by another kind: one or two gradients.
      expect(alone.length).toBeLessThanOrEqual(2);
    }
  });

  test("is predicted to take less by all latencies but one of every bucket", async () => {
    const plan = await trainingPlan({ ...gpt, ...more, mesh });
    const single = { ...plan, stages: plan.stages.map((stage) => ({ ...stage, buckets: [] })) };
    const saved = plan.stages.map((stage) =>
      sum(
        bucketsOf(plan, stage).map((members) => {
          const latencies = members.map(({ boxing }) => boxing.latencySeconds);
          return (sum(latencies) * (members.length - 1)) / members.length;
        }),
      ),
    );
    const [together, apart] = [predictTimeline(plan), predictTimeline(single)];
    expect(plan.prediction.stepSeconds).toBe(together.seconds);
    expect(apart.seconds - together.seconds).toBeGreaterThanOrEqual(0.99 * Math.min(...saved));
  });
});

test("the listing of communications, errors and the watchdog say how many go together", async () => {
  const plan = await trainingPlan({ ...gpt, mesh: "dp=2" });
  const stage = at(plan.stages, 0);
  const { first, count } = at(stage.buckets, 0);
  const { boxings } = planFigures(plan);
  const members = stage.actions
    .slice(first, first + count)
    .flatMap((action) => (action.kind === "collective" ? [at(boxings, action.boxing)] : []));
  expect(members.map(({ together }) => together)).toEqual(members.map(() => count));
  const [header, row] = boxingTable(
    members.map((boxing) => [boxing, 1] as const),
    {},
  );
  expect(header).toContain("together");
  expect(row).toMatch(new RegExp(` ${count} `));
  const runnable = { ...plan, microbatches: 1 };
  expect(describeAction(runnable, 0, first).text).toMatch(
    new RegExp(`\\(${at(members, 0).kind} of %\\S+ and ${count - 1} more\\)`),
  );
  const single = stage.actions.findIndex(({ kind }) => kind === "assign");
  expect(describeAction(runnable, 0, single).text).not.toContain("more");
});

test("large values go alone, and buckets hold no more than 25 MiB", async () => {
  const settings = { ...words, hiddenSize: "768", vocabSize: "16384", layers: "4" };
  const plan = await trainingPlan({ ...gpt, settings, mesh: "dp=2" });
  const { slots, buckets } = at(plan.stages, 0);
  expect(buckets.length).toBeGreaterThan(1);
  for (const members of bucketsOf(plan, at(plan.stages, 0))) {
    const bytes = members.map(({ input }) => 4 * product(at(at(slots, input).localShapes, 0)));
    expect(sum(bytes)).toBeLessThanOrEqual(25 * 2 ** 20);
  }
  // The token embedding's gradient, 48 MiB.
  expect(plan.boxing.some(({ shape }) => 4 * product(shape) > 25 * 2 ** 20)).toBe(true);
});
