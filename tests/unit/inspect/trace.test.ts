/** Traces keep the rules of Perfetto's trace processor, and a run does what was predicted. */
import { describe, expect, test } from "vitest";
import {
  executedTrace,
  predictedTrace,
  type TraceDocument,
  type TraceEvent,
} from "../../../src/inspect/trace.ts";
import { planFigures } from "../../../src/inspect/figures.ts";
import { deviceCount } from "../../../src/ir/layout.ts";
import { runPlan } from "../../../src/run.ts";
import { memoryCourse } from "../../../src/inspect/memory-figures.ts";
import { groupBy, sum } from "../../../src/support/collections.ts";
import { checkTrace } from "../../support/trace-rules.ts";
import { planOf } from "../../support/plans.ts";
import { trainingPlan } from "../../support/train.ts";

const small = { size: "tiny" };
const plan = planOf({ model: "vit", mesh: "dp=2,pp=2", batch: 4, microbatches: 2, settings: small });
const figures = planFigures(plan);

/** `rank action micro-batch` of every slice. */
function actionsOf({ traceEvents }: TraceDocument): string[] {
  return traceEvents
    .filter(({ ph }) => ph === "X")
    .map(({ pid, args }) => `${pid} ${args!["action"]} ${args!["microbatch"]}`)
    .sort();
}

/** Slices of every thread in the order of time: device, thread, name, phase, micro-batch. */
function slicesOf({ traceEvents }: TraceDocument): string[] {
  const slices = traceEvents.filter(({ ph }) => ph === "X");
  const threads = groupBy(slices, ({ pid, tid }) => `${pid} ${tid}`);
  return [...threads]
    .flatMap(([thread, list]) =>
      list
        .toSorted((a, b) => a.ts! - b.ts! || Number(a.args!["action"]) - Number(b.args!["action"]))
        .map(
          ({ name, args }) => `${thread} ${name} ${args!["phase"]} ${args!["microbatch"]} ${args!["action"]}`,
        ),
    )
    .sort();
}

describe("a predicted trace", () => {
  const trace = predictedTrace(plan, figures);

  test("keeps the rules, ends with the step, and has an arrow for every send", () => {
    const { end, flows } = checkTrace(trace);
    expect(end).toBeCloseTo(figures.stepSeconds * 1e6, 2);
    const sends = plan.boxing.filter(({ kind }) => kind === "send").length;
    expect(flows).toBe(sends * 2 * plan.options.microbatches);
  });

  test("has the memory of every device as a counter, whose peak is the plan's", () => {
    for (let rank = 0; rank < deviceCount(plan.mesh); rank++) {
      const totals = trace.traceEvents
        .filter(({ ph, pid }) => ph === "C" && pid === rank)
        .map(({ args }) => sum(Object.values(args!) as number[]));
      const stage = plan.stages[Math.floor(rank / 2)]!;
      const { segmentScratchBytes } = stage.memory[stage.deviceClass[rank % 2]!]!;
      expect(Math.max(...totals) + segmentScratchBytes).toBe(plan.prediction.peakMemoryBytes[rank]);
    }
  });

  test("shows one device of each class of a large plan, and arrows between those", () => {
    const large = planOf({
      model: "gpt",
      mesh: "dp=32,pp=4",
      batch: 64,
      microbatches: 2,
      settings: { layers: "4" },
    });
    const document = predictedTrace(large, planFigures(large));
    expect(new Set(document.traceEvents.map(({ pid }) => pid)).size).toBe(4);
    expect(checkTrace(document).flows).toBeGreaterThanOrEqual(6);
    const names = document.traceEvents
      .filter(({ name }) => name === "process_name")
      .map(({ args }) => args!["name"]);
    expect(names).toEqual(["ranks 0-31", "ranks 32-63", "ranks 64-95", "ranks 96-127"]);
  });

  test("of one device has no loose arrows", () => {
    const document = predictedTrace(plan, figures, [3]);
    expect(new Set(document.traceEvents.map(({ pid }) => pid))).toEqual(new Set([3]));
    expect(checkTrace(document).flows).toBe(0);
  });
});

test("a run's trace keeps the rules, has the predicted actions in every step, and its bytes are the plan's", async () => {
  const result = await runPlan(plan, { steps: 2, trace: true });
  const trace = executedTrace(plan, result.trace!);
  checkTrace(trace);
  const predicted = actionsOf(predictedTrace(plan, figures));
  for (const step of [0, 1]) {
    const traceEvents = trace.traceEvents.filter(({ ph, args }) => ph === "X" && args!["step"] === step);
    expect(actionsOf({ ...trace, traceEvents })).toEqual(predicted);
  }
  const peaks = result.devices.map(({ rank }) =>
    Math.max(...result.trace!.filter((one) => one.rank === rank).map(({ alive }) => alive)),
  );
  expect(peaks).toEqual(result.devices.map(({ plannedPeakBytes }) => plannedPeakBytes));
  expect(sum(result.bytes.flat())).toBe(figures.bytes);
});

const trainings = [
  { schedule: "zb-h1", zero: 1 },
  ...(process.env["SBPC_FULL"] === "1" ? ([{ schedule: "1f1b", zero: 0 }] as const) : []),
] as const;

describe.each(trainings)("a step that trains, $schedule", (train) => {
  test("is run as predicted: the same actions in the same order and phases, holding no more than predicted", async () => {
    const trained = await trainingPlan({
      file: "examples/mlp.ts",
      mesh: "dp=2,pp=2",
      microbatches: 4,
      train,
    });
    const predicted = predictedTrace(trained, planFigures(trained));
    const { trace: actions, devices } = await runPlan(trained, { steps: 2, trace: true });
    const executed = executedTrace(trained, actions!);
    checkTrace(predicted);
    checkTrace(executed);
    for (const step of [0, 1]) {
      const traceEvents = executed.traceEvents.filter(({ ph, args }) => ph === "X" && args!["step"] === step);
      expect(slicesOf({ ...executed, traceEvents })).toEqual(slicesOf(predicted));
    }
    const phases = predicted.traceEvents.filter(({ ph, tid }) => ph === "X" && tid === 2);
    const kinds = train.schedule === "1f1b" ? ["B", "F"] : ["F", "I", "W"];
    expect([...new Set(phases.map(({ args }) => args!["phase"]))].sort()).toEqual([...kinds, "U"].sort());
    expect(phases).toHaveLength(4 * (kinds.length * 4 + 1));
    // A worker frees what an action takes over while it runs: then it holds less than planned, else the same.
    const { lanes } = planFigures(trained).timeline;
    for (const { stage, deviceClass, events } of lanes) {
      const course = memoryCourse(trained, stage, deviceClass, events);
      const planned = new Map(course.map((one) => [`${one.action} ${one.microbatch}`, one.alive]));
      const rank = 2 * stage + trained.stages[stage]!.deviceClass.indexOf(deviceClass);
      for (const one of actions!.filter((own) => own.rank === rank)) {
        const { kind } = trained.stages[stage]!.actions[one.action]!;
        const alive = planned.get(`${one.action} ${one.microbatch}`)!;
        if (kind === "accumulate" || kind === "assign") expect(one.alive).toBeLessThanOrEqual(alive);
        else expect(one.alive, `${kind} ${one.action} of stage ${stage}`).toBe(alive);
      }
    }
    expect(devices.map(({ plannedPeakBytes }) => plannedPeakBytes)).toEqual(
      devices.map(({ rank }) =>
        Math.max(...actions!.filter((one) => one.rank === rank).map(({ alive }) => alive)),
      ),
    );
  });
});

describe("the check itself finds", () => {
  const good = predictedTrace(plan, figures);
  const broken = (change: (event: TraceEvent, i: number) => TraceEvent[]) => ({
    ...good,
    traceEvents: good.traceEvents.flatMap(change),
  });

  test("slices that overlap", () => {
    const longer = broken((event) =>
      event.ph === "X" && event.dur! > 0 ? [{ ...event, dur: event.dur! + 1e4 }] : [event],
    );
    expect(() => checkTrace(longer)).toThrow();
  });

  test("arrows with one end", () => {
    expect(() => checkTrace(broken((event) => (event.ph === "f" ? [] : [event])))).toThrow();
    expect(() => checkTrace(broken((event) => (event.ph === "s" ? [] : [event])))).toThrow();
  });
});

test("a device with several stages is run as predicted, holding no more over all of them", async () => {
  const trained = await trainingPlan({
    file: "examples/mlp.ts",
    mesh: "dp=2,pp=2",
    microbatches: 4,
    train: { schedule: "zb-v" },
  });
  const predicted = predictedTrace(trained, planFigures(trained));
  const { trace: actions, devices } = await runPlan(trained, { trace: true });
  const executed = executedTrace(trained, actions!);
  checkTrace(predicted);
  checkTrace(executed);
  expect(slicesOf(executed)).toEqual(slicesOf(predicted));
  const names = predicted.traceEvents
    .filter(({ tid, pid }) => tid === 2 && pid === 0)
    .map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(["0F0", "3F0", "3I0", "0W3", "0U", "3U"]));
  /** Every slice is followed by the counter of what is held during it. */
  const heldIn = (document: TraceDocument) =>
    document.traceEvents.flatMap(({ ph, pid, tid, name }, i) => {
      const counter = document.traceEvents[i + 1];
      return ph === "X" && tid !== 2 ? [{ pid, name, held: counter!.args!["buffers"] as number }] : [];
    });
  for (const { rank, peakBytes, plannedPeakBytes } of devices) {
    const [planned, found] = [predicted, executed].map((one) =>
      heldIn(one).filter(({ pid }) => pid === rank),
    );
    expect(found!.map(({ name }) => name)).toEqual(planned!.map(({ name }) => name));
    found!.forEach(({ name, held }, i) => {
      if (/^(accumulate|assign) /.test(name)) expect(held).toBeLessThanOrEqual(planned![i]!.held);
      else expect(held, name).toBe(planned![i]!.held);
    });
    expect(peakBytes).toBeLessThanOrEqual(plannedPeakBytes);
  }
});
