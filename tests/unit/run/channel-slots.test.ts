/** How many slots channels have in a training step: as many as a schedule lets senders run ahead for certain. */
import { expect, it } from "vitest";
import { channelSlots } from "../../../backends/local/channel-slots.ts";
import type { Action } from "../../../src/plan/plan.ts";
import type { OrderedPlan } from "../../../src/plan/rank-order.ts";
import { meshOfSchedule, splitsBackward } from "../../../src/schedule/step-order.ts";

/** Every stage receives from the one before and sends to the next, and back; communication s is forward from s, 10 + s backward from s. */
function slotsUnder(
  schedule: string,
  ranks: number,
  microbatches: number,
): readonly (readonly [number, number])[] {
  const mesh = meshOfSchedule({ axes: [], stages: ranks }, schedule, microbatches);
  const back = splitsBackward(schedule) ? "I" : "B";
  const stages = Array.from({ length: mesh.stages }, (_, stage) => {
    const [isFirst, isLast] = [stage === 0, stage === mesh.stages - 1];
    const send = (boxing: number, toStage: number): Action => ({ kind: "send", boxing, input: 0, toStage });
    const receive = (boxing: number, fromStage: number): Action => ({
      kind: "receive",
      boxing,
      output: 0,
      fromStage,
    });
    const work: Action = { kind: "segment", segment: 0 };
    const forward = [
      ...(isFirst ? [] : [receive(stage - 1, stage - 1)]),
      work,
      ...(isLast ? [] : [send(stage, stage + 1)]),
    ];
    const backward = [
      ...(isLast ? [] : [receive(11 + stage, stage + 1)]),
      work,
      ...(isFirst ? [] : [send(10 + stage, stage - 1)]),
    ];
    return {
      stage,
      actions: [...forward, ...backward],
      phases: [
        { kind: "F" as const, first: 0, count: forward.length },
        { kind: back as "I" | "B", first: forward.length, count: backward.length },
      ],
    };
  });
  const plan: OrderedPlan = { mesh, stages, schedule, microbatches };
  return [...channelSlots(plan)].toSorted(([a], [b]) => a - b);
}

it("1F1B needs as many as micro-batches are in flight between two ranks, however many there are", () => {
  for (const microbatches of [4, 16])
    expect(slotsUnder("1f1b", 2, microbatches)).toEqual([
      [0, 2],
      [11, 2],
    ]);
});

it("GPipe's senders may be done before a receiver begins", () => {
  expect(slotsUnder("gpipe", 2, 6)).toEqual([
    [0, 6],
    [11, 6],
  ]);
});

it("what one rank hands to itself needs as many as its own order has between", () => {
  // Rank 1 has stages 1 and 2, rank 0 has 0 and 3.
  const slots = new Map(slotsUnder("zb-v", 2, 16));
  expect(slots.get(1)).toBe(1);
  for (const [, count] of slots) expect(count).toBeLessThan(8);
});
