/** A schedule in unit time: every action takes one step, and a rank that waits has an idle slot. */
import { invariant } from "../support/assert.ts";
import type { Slot } from "./action.ts";
import { execute } from "./execute.ts";
import type { Schedule } from "./schedule.ts";

/** The slots of each rank by step, as torch.distributed.pipelining writes orders of computation; null is idle. */
export function stepGrid(schedule: Schedule): (Slot | null)[][] {
  const { order, stageRank, microbatches } = schedule;
  const { starts, stuck } = execute(order, stageRank, microbatches, () => 1, 0);
  invariant(
    stuck.every((place) => place === undefined),
    "a schedule that was not checked stops",
  );
  return order.map((slots, rank) => {
    const row: (Slot | null)[] = [];
    slots.forEach((slot, i) => {
      const step = starts[rank]?.[i] as number;
      while (row.length < step) row.push(null);
      row.push(slot);
    });
    return row;
  });
}
