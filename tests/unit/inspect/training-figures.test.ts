/**
 * The numbers of a training plan: what a step does once counts once, a state is no parameter of the model, every tensor is held
 * for something, and a run holds what was planned.
 */
import { describe, expect, test } from "vitest";
import { planFigures } from "../../../src/inspect/figures.ts";
import { heldDuring, memoryCourse } from "../../../src/inspect/memory-figures.ts";
import { usesOfSlots, type MemoryUse } from "../../../src/inspect/memory-uses.ts";
import { actionPhases } from "../../../src/plan/frequency.ts";
import { summarize } from "../../../src/inspect/summary.ts";
import { runPlan } from "../../../src/run.ts";
import { sum } from "../../../src/support/collections.ts";
import { trainingPlan } from "../../support/train.ts";

test("bytes of every communication are those that a run counts, over four micro-batches and the update", async () => {
  const plan = await trainingPlan({ file: "examples/mlp.ts", mesh: "dp=2,pp=2", microbatches: 4 });
  const figures = planFigures(plan);
  const { bytes } = await runPlan(plan, { steps: 2 });
  expect(figures.boxings.map((boxing) => boxing.bytes)).toEqual(bytes.map(sum));
  expect(new Set(figures.boxings.map(({ times }) => times))).toEqual(new Set([1, 4]));
  expect(sum(Object.values(summarize(plan).bytes))).toBe(figures.bytes);
});

test("parameters are the model's, FLOPs those of the devices in a step", async () => {
  const [one, four] = await Promise.all(
    [1, 4].map((microbatches) => trainingPlan({ file: "examples/mlp.ts", mesh: "pp=2", microbatches })),
  );
  const parameters = 784 * 256 + 256 + 2 * (256 * 128 + 128) + 128 * 10;
  const figures = [one!, four!].map(planFigures);
  expect(figures[0]!.parameters).toBe(figures[1]!.parameters);
  expect(figures[0]!.parameters).toBeLessThan(1.5 * parameters);
  expect(sum(figures[0]!.stages.map((stage) => stage.parameters))).toBe(figures[0]!.parameters);
  // The same examples and one update: only what is done per micro-batch besides them is done four times.
  expect(figures[1]!.flops / figures[0]!.flops).toBeCloseTo(1, 1);
  expect(sum(four!.prediction.flops)).toBe(figures[1]!.flops);
});

describe("what memory is held for", () => {
  const wholePlan = trainingPlan({ file: "examples/mlp.ts", mesh: "dp=2,pp=2", microbatches: 4 });

  test("is told by name: weights, Adam's two moments, accumulated gradients, what is assigned, sent or kept", async () => {
    const plan = await wholePlan;
    const uses = new Map(
      plan.stages.flatMap(({ stage, slots }) =>
        slots.map(({ name }, i) => [name, usesOfSlots(plan, stage)[i]!] as const),
      ),
    );
    const ofUse = (use: MemoryUse) => [...uses].flatMap(([name, own]) => (own === use ? [name] : []));
    expect(ofUse("parameters").every((name) => /^fc\d\.(weight|bias)$/.test(name))).toBe(true);
    expect(ofUse("states").every((name) => /exp_avg|optimizer\.step/.test(name))).toBe(true);
    expect(ofUse("states").length).toBe(2 * ofUse("parameters").length + 1);
    for (const [name, use] of uses) {
      if (name.endsWith(".Accumulate") && /\.grad\./.test(name)) expect(use, name).toBe("gradients");
      if (/^fc\d\.(weight|bias)\.AdamStep\.[12]$/.test(name)) expect(use, name).toBe("updates");
      if (name === "Relu_1.slice") expect(use, name).toBe("communication");
      if (name === "Relu_1") expect(use, name).toBe("activations");
    }
  });

  test("of states is twice that of parameters, where both are held alike", async () => {
    const plan = await trainingPlan({ file: "examples/mlp.ts", mesh: "1" });
    const { memory } = planFigures(plan).stages[0]!.classes[0]!;
    // Besides them the count of steps, one f64.
    expect(memory.states).toBe(2 * memory.parameters + 8);
  });

  test("rises with the micro-batches in flight, and a gradient is there once", async () => {
    const plan = await trainingPlan({
      file: "examples/mlp.ts",
      mesh: "pp=2",
      dims: { batch: 32 },
      microbatches: 4,
      train: { schedule: "gpipe" },
    });
    const figures = planFigures(plan);
    const { events } = figures.timeline.lanes[0]!;
    const course = memoryCourse(plan, 0, 0, events);
    const phases = actionPhases(plan.stages[0]!);
    /** Activations when the forward pass of a micro-batch ends. */
    const after = (microbatch: number) =>
      course.findLast((one) => one.microbatch === microbatch && phases[one.action] === "F")!.bytes
        .activations;
    expect([1, 2, 3].map((i) => after(i) - after(i - 1))).toEqual([1, 2, 3].map(() => after(1) - after(0)));
    expect(after(1)).toBeGreaterThan(after(0));
    const held = heldDuring(
      plan,
      0,
      0,
      events,
      course.findLast(({ action }) => phases[action] === "F")!,
    );
    expect(held.find(({ value }) => value === "Relu_1")?.copies ?? 4).toBe(4);
    const accumulated = course.filter(({ bytes }) => bytes.gradients > 0).map(({ bytes }) => bytes.gradients);
    // A micro-batch's own gradients beside the sum, never four of either.
    expect(Math.max(...accumulated)).toBeLessThanOrEqual(
      2 * figures.stages[0]!.classes[0]!.memory.parameters,
    );
  });
});
