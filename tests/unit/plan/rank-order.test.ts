/** What ranks with several stages run in a step: the update phases in pieces, none of which waits for a later one. */
import { expect, it } from "vitest";
import type { Action } from "../../../src/plan/plan.ts";
import { rankOrders, type OrderedPlan } from "../../../src/plan/rank-order.ts";

const segment: Action = { kind: "segment", segment: 0 };
const send = (boxing: number, toStage: number): Action => ({ kind: "send", boxing, input: 0, toStage });
const receive = (boxing: number, fromStage: number): Action => ({
  kind: "receive",
  boxing,
  output: 0,
  fromStage,
});

/** Four stages that do one thing forward and one backward, and what is given to update. */
function planOf(hosts: readonly number[] | undefined, updates: readonly (readonly Action[])[]): OrderedPlan {
  return {
    mesh: { axes: [], stages: updates.length, ...(hosts === undefined ? {} : { hosts }) },
    stages: updates.map((update, stage) => ({
      stage,
      actions: [segment, segment, ...update],
      phases: [
        { kind: "F", first: 0, count: 1 },
        { kind: "B", first: 1, count: 1 },
        { kind: "U", first: 2, count: update.length },
      ],
    })),
    schedule: hosts === undefined ? "1f1b" : "interleaved-1f1b",
    microbatches: 2,
  };
}

function updatesOf(plan: OrderedPlan): string[] {
  return rankOrders(plan).map((order) =>
    order
      .filter(({ kind }) => kind === "U")
      .map(({ stage, first, count }) => `${stage}: ${first - 2} +${count}`)
      .join(", "),
  );
}

/** A sum that goes up through the stages and comes back from the last to all. */
const upAndBack = [
  [segment, send(0, 1), receive(5, 3), segment],
  [receive(0, 0), send(1, 2), receive(4, 3), segment],
  [receive(1, 1), send(2, 3), receive(3, 3), segment],
  [receive(2, 2), send(3, 2), send(4, 1), send(5, 0), segment],
];

it("one stage on a rank updates in one piece", () => {
  expect(updatesOf(planOf(undefined, upAndBack))).toEqual(["0: 0 +4", "1: 0 +4", "2: 0 +4", "3: 0 +5"]);
});

it("of two stages on a rank each goes as far as it comes", () => {
  expect(updatesOf(planOf([0, 1, 0, 1], upAndBack))).toEqual([
    "0: 0 +2, 2: 0 +2, 0: 2 +2, 2: 2 +2",
    "1: 0 +2, 3: 0 +5, 1: 2 +2",
  ]);
});

it("stages whose updates wait for one another have no order", () => {
  const circle = [[receive(0, 1), send(1, 1)], [receive(1, 0), send(0, 0)], [segment], [segment]];
  expect(() => updatesOf(planOf([0, 1, 0, 1], circle))).toThrow(/wait for one another/);
});
