/** The test of the tests: plans with a fault put in must be found out by running them. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Plan, StagePlan } from "../../../src/plan/plan.ts";
import { interpretGraph } from "../../../src/ops/interpret.ts";
import { feedsFor, recipes } from "../../support/arbitrary-graph.ts";
import { largestDifference, runRandom } from "../../support/run-random.ts";
import { interpretSegments } from "../../support/simulate.ts";
import { build, settings, tryCompile } from "./cases.ts";

/** The plan with one fault; undefined where it has no place for it. */
type Fault = (plan: Plan) => Plan | undefined;

function changeStage(plan: Plan, change: (stage: StagePlan) => StagePlan | undefined): Plan | undefined {
  for (const [i, stage] of plan.stages.entries()) {
    const changed = change(stage);
    if (changed !== undefined) return { ...plan, stages: plan.stages.with(i, changed) };
  }
  return undefined;
}

const dropAllReduce: Fault = (plan) =>
  changeStage(plan, (stage) => {
    const at = stage.actions.findIndex(
      (action) => action.kind === "collective" && plan.boxing[action.boxing]?.kind === "all-reduce",
    );
    const dropped = stage.actions[at];
    if (dropped?.kind !== "collective") return undefined;
    return { ...stage, actions: stage.actions.toSpliced(at, 1) };
  });

const swapReceives: Fault = (plan) =>
  changeStage(plan, (stage) => {
    const [first, second] = stage.actions.flatMap((action, at) =>
      action.kind === "receive" ? [{ action, at }] : [],
    );
    if (first === undefined || second === undefined) return undefined;
    const actions = stage.actions
      .with(first.at, { ...first.action, boxing: second.action.boxing })
      .with(second.at, { ...second.action, boxing: first.action.boxing });
    return { ...stage, actions };
  });

const shiftTable: Fault = (plan) =>
  changeStage(plan, (stage) => {
    const at = stage.slots.findIndex(
      ({ table }) =>
        table !== undefined && table.entries.some((entry) => entry.join() !== table.entries[0]?.join()),
    );
    const slot = stage.slots[at];
    if (slot?.table === undefined) return undefined;
    const { entries } = slot.table;
    const table = { ...slot.table, entries: [...entries.slice(1), ...entries.slice(0, 1)] };
    return { ...stage, slots: stage.slots.with(at, { ...slot, table }) };
  });

const swapInputs: Fault = (plan) =>
  changeStage(plan, (stage) => {
    const at = stage.segments.findIndex(({ inputs }) => inputs.length > 1);
    const segment = stage.segments[at];
    if (segment === undefined) return undefined;
    const [a, b, ...rest] = segment.inputs as [number, number, ...number[]];
    return { ...stage, segments: stage.segments.with(at, { ...segment, inputs: [b, a, ...rest] }) };
  });

const faults: readonly { readonly name: string; readonly fault: Fault; readonly least: number }[] = [
  { name: "an all-reduce dropped", fault: dropAllReduce, least: 1 },
  // What is swapped may be equal in value, or added or multiplied, or cut away behind.
  { name: "two receives swapped", fault: swapReceives, least: 0.75 },
  { name: "a table of the devices shifted", fault: shiftTable, least: 0.75 },
  { name: "two inputs of a segment swapped", fault: swapInputs, least: 0.75 },
];

describe("plans with a fault", () => {
  it.each(faults)("$name is found out", { timeout: 3e6 }, async ({ fault, least }) => {
    let [placed, found] = [0, 0];
    await fc.assert(
      fc.asyncProperty(recipes({ steps: [5, 12] }), settings, async (recipe, setting) => {
        if (placed >= 12) return;
        const compiled = tryCompile(recipe, setting);
        const plan = compiled && fault(compiled.plan);
        if (compiled === undefined || plan === undefined) return;
        placed++;
        const { whole } = build(recipe, setting);
        const feeds = feedsFor(whole);
        const run = interpretSegments(compiled.compilation.stages ?? []);
        const actual = await runRandom(plan, feeds, run, 1e-9).catch(() => undefined);
        if (actual === undefined || largestDifference(interpretGraph(whole.graph, feeds), actual) > 1e-7)
          found++;
      }),
      { numRuns: 60, seed: 4 },
    );
    expect(placed).toBeGreaterThan(4);
    expect(found / placed).toBeGreaterThanOrEqual(least);
  });
});
