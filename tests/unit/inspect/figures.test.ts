/** The numbers that every view shows: totals are the sums of their rows, and they are the plan's own. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { describeActions, lanesOfRank, planFigures } from "../../../src/inspect/figures.ts";
import { bytesFor, heldDuring, memoryCourse } from "../../../src/inspect/memory-figures.ts";
import { memoryUses } from "../../../src/inspect/memory-uses.ts";
import { hasRank, lastRank, printRuns, rankRuns, ranksOf } from "../../../src/inspect/ranks.ts";
import { actionTimes, boxingTimes } from "../../../src/plan/frequency.ts";
import type { Plan } from "../../../src/plan/plan.ts";
import { sum } from "../../../src/support/collections.ts";
import { planOf, type PlanRequest } from "../../support/plans.ts";
import { trainingPlan, type TrainingRequest } from "../../support/train.ts";

const requests: readonly PlanRequest[] = [
  { model: "vit", mesh: "dp=2,tp=2,pp=2" },
  { model: "vit", mesh: "dp=2,tp=2,pp=3", batch: 12, microbatches: 3 },
  // 8 samples and 3 heads on 3 devices: classes of devices.
  { model: "vit", mesh: "dp=3,tp=2,pp=2", microbatches: 2, hints: false },
  { model: "gpt", mesh: "1", settings: { layers: "2" } },
];

const training = [
  { file: "examples/mlp.ts", mesh: "dp=2,pp=2", microbatches: 4, train: { clipNorm: 1 } },
  { file: "examples/mlp.ts", mesh: "dp=2,pp=2", microbatches: 4, train: { schedule: "zb-h1", zero: 2 } },
  { file: "examples/mlp.ts", mesh: "dp=3,tp=2", dims: { batch: 12 }, train: { schedule: "gpipe", zero: 3 } },
] as const satisfies readonly TrainingRequest[];

const plans = [
  ...requests.map((request) => ({
    title: `${request.model} on ${request.mesh}`,
    plan: planOf(request),
  })),
  ...(await Promise.all(
    training.map(async (request) => ({
      title: `training ${request.file} on ${request.mesh}, ${JSON.stringify(request.train)}`,
      plan: await trainingPlan(request),
    })),
  )),
];

/** Devices of the runs. */
function devicesOf(plan: Plan): { rank: number; stage: number; deviceClass: number }[] {
  return plan.stages.flatMap(({ stage, deviceClass }) =>
    deviceClass.map((one, device) => ({
      rank: stage * deviceClass.length + device,
      stage,
      deviceClass: one,
    })),
  );
}

describe.each(plans)("$title", ({ plan }) => {
  const figures = planFigures(plan);
  const classes = figures.stages.flatMap(({ stage, classes: list }) =>
    list.map((one) => ({ stage, ...one })),
  );
  const { microbatches } = plan.options;
  const laneOf = (stage: number, deviceClass: number) =>
    figures.timeline.lanes.find((lane) => lane.stage === stage && lane.deviceClass === deviceClass)!;

  test("every device is in one class, and its numbers are the prediction's", () => {
    const ranks = classes.flatMap(({ ranks: runs }) => ranksOf(runs));
    expect(ranks.toSorted((a, b) => a - b)).toEqual(devicesOf(plan).map(({ rank }) => rank));
    for (const { rank, stage, deviceClass } of devicesOf(plan)) {
      const one = classes.find((c) => c.stage === stage && c.deviceClass === deviceClass)!;
      expect(one.memory.total).toBe(plan.prediction.peakMemoryBytes[rank]);
      expect(one.memory.parameters + one.memory.states).toBe(plan.prediction.parameterBytes[rank]);
      expect(one.flops).toBe(plan.prediction.flops[rank]);
      expect(lanesOfRank(plan, figures.timeline, rank)).toMatchObject([{ stage, deviceClass }]);
    }
  });

  test("totals are the sums of their rows", () => {
    expect(figures.flops).toBe(sum(plan.prediction.flops));
    expect(figures.devices).toBe(sum(classes.map(({ devices }) => devices)));
    expect(figures.bytes).toBe(sum(figures.boxings.map(({ bytes }) => bytes)));
    expect(figures.bytes).toBe(sum(figures.collectives.map(({ bytes }) => bytes)));
    const times = boxingTimes(plan);
    expect(figures.bytes).toBe(sum(plan.boxing.map(({ bytes }, i) => times[i]! * sum(bytes))));
    if (plan.options.train === undefined)
      expect(new Set(times)).toEqual(new Set(times.map(() => microbatches)));
    expect(sum(figures.collectives.map(({ count }) => count))).toBe(plan.boxing.length);
    expect(figures.ops).toBe(sum(figures.stages.map(({ ops }) => ops)));
    for (const { memory } of classes) expect(memory.total).toBe(sum(memoryUses.map((use) => memory[use])));
    for (const one of classes)
      expect(one.computeSeconds + one.communicationSeconds + one.idleSeconds).toBeCloseTo(
        figures.stepSeconds,
        9,
      );
  });

  test("the peak is the highest, and what is held there adds up to it", () => {
    expect(figures.peak.bytes).toBe(Math.max(...plan.prediction.peakMemoryBytes));
    for (const { stage, deviceClass, memory } of classes) {
      const { events } = laneOf(stage, deviceClass);
      const peak = { action: memory.peakAction, microbatch: memory.peakMicrobatch };
      const held = heldDuring(plan, stage, deviceClass, events, peak);
      for (const use of memoryUses)
        expect(bytesFor(held, use) + (use === "scratch" ? memory.scratch : 0), use).toBe(memory[use]);
      const course = memoryCourse(plan, stage, deviceClass, events);
      expect(course.map(({ action, microbatch }) => [action, microbatch])).toEqual(
        events.map(({ action, microbatch }) => [action, microbatch]),
      );
      for (const { bytes, alive } of course) expect(sum(Object.values(bytes))).toBe(alive);
      expect(Math.max(...course.map(({ alive }) => alive))).toBe(memory.buffers);
    }
  });

  test("every action of every micro-batch is on the timeline once, in order, none before what it needs", () => {
    expect(figures.timeline.seconds).toBe(figures.stepSeconds);
    for (const { stage, events } of figures.timeline.lanes) {
      const program = plan.stages[stage]!;
      expect(events).toHaveLength(sum(actionTimes(program, microbatches)));
      expect(new Set(events.map(({ action, microbatch }) => `${action} ${microbatch}`)).size).toBe(
        events.length,
      );
      events.forEach((event, i) => {
        expect(event.end).toBeGreaterThanOrEqual(event.start);
        if (i > 0) expect(event.start).toBeGreaterThanOrEqual(events[i - 1]!.end);
        const action = program.actions[event.action]!;
        if (action.kind !== "receive") return;
        const sending = figures.timeline.lanes
          .filter((lane) => lane.stage === action.fromStage)
          .map(
            (lane) =>
              lane.events.find(({ action: other, microbatch }) => {
                const sent = plan.stages[action.fromStage]!.actions[other]!;
                return (
                  sent.kind === "send" && sent.boxing === action.boxing && microbatch === event.microbatch
                );
              })!.end,
          );
        expect(event.start).toBeGreaterThanOrEqual(Math.min(...sending));
      });
    }
  });

  test("actions are described in words", () => {
    for (const { stage, actions } of plan.stages) {
      const words = describeActions(plan, stage);
      expect(words).toHaveLength(actions.length);
      for (const { name, verb } of words) expect(`${verb} ${name}`).toMatch(/^[a-z-]+ \S+/);
    }
  });
});

test("a step of equal micro-batches takes the stages once and the slowest stage once more for each further one", () => {
  const plan = planOf(requests[1]!);
  const stages = plan.stages.map(
    ({ segments, stage }) =>
      sum(segments.map(({ predictedSeconds }) => predictedSeconds[0]!)) +
      sum(
        plan.boxing
          .filter(({ toStage }) => toStage === stage)
          .map(({ predictedSeconds }) => predictedSeconds),
      ),
  );
  expect(planFigures(plan).stepSeconds).toBeCloseTo(sum(stages) + 2 * Math.max(...stages), 12);
});

test("ranks are printed as runs", () => {
  expect(printRuns(rankRuns([0, 1, 2, 5, 7, 8]))).toBe("0-2,5,7-8");
  expect(printRuns(rankRuns([]))).toBe("-");
  expect(printRuns(rankRuns([0, 2, 4, 6, 8]))).toBe("0,2,…,8");
  expect(printRuns(rankRuns([0, 1, 4, 5, 8, 9]))).toBe("0-1,4-5,8-9");
  expect(printRuns(rankRuns([0, 1, 4, 5, 8, 9, 12, 13, 20]))).toBe("0-1,4-5,…,12-13,20");
  expect(rankRuns([0, 1, 4, 5, 8, 9, 12, 13])).toEqual([[0, 1, 4, 4]]);
});

test("runs hold the ranks that they were made of, and no other", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(40), { maxLength: 30 }), (list) => {
      const ranks = list.toSorted((a, b) => a - b);
      const runs = rankRuns(ranks);
      expect(ranksOf(runs).toSorted((a, b) => a - b)).toEqual(ranks);
      for (let rank = 0; rank <= 45; rank++) expect(hasRank(runs, rank)).toBe(ranks.includes(rank));
      expect(lastRank(runs)).toBe(ranks.at(-1) ?? 0);
    }),
  );
});
