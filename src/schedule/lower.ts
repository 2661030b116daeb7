/**
 * Lowers an order of computation to what a runtime carries out: sends and receives between ranks, and where asked, the
 * gathering of sharded parameters and the reduction of gradients. The order of steps is part of the form:
 * halves of a backward that follow each other become one, then parameters, then gradients, then messages.
 */
import { invariant } from "../support/assert.ts";
import { at } from "../support/collections.ts";
import { backward, isCompute, partsOf, type PipelineAction, type Slot } from "./action.ts";
import type { Schedule } from "./schedule.ts";

export interface Lowering {
  /** Gather parameters before use and keep those of at most so many stages of a rank gathered. */
  readonly maxActiveStages?: number;
  /** Reduce a stage's gradients after its last backward. */
  readonly reduceGradients?: boolean;
}

/** The actions of each rank, in order. The schedule must be valid. */
export function lowerSchedule(schedule: Schedule, options: Lowering = {}): PipelineAction[][] {
  const { order, stageRank, microbatches } = schedule;
  const rows = order.map((slots) => {
    let row: PipelineAction[] = mergeBackward(slots);
    if (options.maxActiveStages !== undefined) row = addUnshard(row, options.maxActiveStages);
    if (options.reduceGradients === true) row = addReduction(row, microbatches);
    return row;
  });
  return addMessages(rows, stageRank);
}

/** I and W of one micro-batch that follow each other become B. */
function mergeBackward(slots: readonly Slot[]): Slot[] {
  const merged: Slot[] = [];
  for (const slot of slots) {
    const before = merged.at(-1);
    if (
      slot.kind === "W" &&
      before?.kind === "I" &&
      before.stage === slot.stage &&
      before.microbatch === slot.microbatch
    )
      merged[merged.length - 1] = backward(slot.stage, slot.microbatch);
    else merged.push(slot);
  }
  return merged;
}

/**
 * Before each action, gathered are the stages that the row uses next, at most `limit` of them; a stage that is not among
 * these is let go first. At the end all are.
 */
function addUnshard(row: readonly PipelineAction[], limit: number): PipelineAction[] {
  const added: PipelineAction[] = [];
  const stages = row.map((action) => (isCompute(action) ? partsOf(action).map(({ stage }) => stage) : []));
  let active: number[] = [];
  row.forEach((action, i) => {
    const next = nextStages(stages, i, limit);
    for (const stage of active.filter((held) => !next.includes(held))) added.push({ kind: "RESHARD", stage });
    for (const stage of next.filter((wanted) => !active.includes(wanted)))
      added.push({ kind: "UNSHARD", stage });
    active = [
      ...active.filter((held) => next.includes(held)),
      ...next.filter((wanted) => !active.includes(wanted)),
    ];
    added.push(action);
  });
  for (const stage of active) added.push({ kind: "RESHARD", stage });
  return added;
}

/** The first `limit` different stages used from place `from` on. */
function nextStages(stages: readonly (readonly number[])[], from: number, limit: number): number[] {
  const found: number[] = [];
  for (let i = from; i < stages.length && found.length < limit; i++) {
    for (const stage of at(stages, i)) if (found.length < limit && !found.includes(stage)) found.push(stage);
  }
  return found;
}

/** A reduction after the last B or W of each stage. */
function addReduction(row: readonly PipelineAction[], microbatches: number): PipelineAction[] {
  const done = new Map<number, number>();
  const added: PipelineAction[] = [];
  for (const action of row) {
    added.push(action);
    for (const { kind, stage } of isCompute(action) ? partsOf(action) : []) {
      if (kind !== "B" && kind !== "W") continue;
      const count = (done.get(stage) ?? 0) + 1;
      done.set(stage, count);
      if (count === microbatches) added.push({ kind: "REDUCE_GRAD", stage });
    }
  }
  return added;
}

/**
 * Sweeps over the ranks, one action of each per sweep where what it needs is there. What goes to another rank is sent right
 * after it was made, and the receive is put into the other rank's list at that moment: between two ranks, messages are
 * received in the order in which they are sent.
 */
function addMessages(
  rows: readonly (readonly PipelineAction[])[],
  stageRank: readonly number[],
): PipelineAction[][] {
  const last = stageRank.length - 1;
  const lowered: PipelineAction[][] = rows.map(() => []);
  /** What is on a rank, made there or received: `F` outputs and `B` gradients by the stage that made them. */
  const present = rows.map(() => new Set<string>());
  const next = rows.map(() => 0);
  const isReady = (rank: number, action: PipelineAction): boolean => {
    if (!isCompute(action)) return true;
    const own = new Set<string>();
    return partsOf(action).every(({ kind, stage, microbatch }) => {
      const need =
        kind === "F" && stage > 0
          ? `${stage - 1}F${microbatch}`
          : (kind === "B" || kind === "I") && stage < last
            ? `${stage + 1}B${microbatch}`
            : undefined;
      const ready = need === undefined || own.has(need) || at(present, rank).has(need);
      if (kind !== "W") own.add(`${stage}${kind === "F" ? "F" : "B"}${microbatch}`);
      return ready;
    });
  };
  for (let progress = true; progress;) {
    progress = false;
    rows.forEach((row, rank) => {
      const action = row[at(next, rank)];
      if (action === undefined || !isReady(rank, action)) return;
      progress = true;
      next[rank] = at(next, rank) + 1;
      at(lowered, rank).push(action);
      for (const { kind, stage, microbatch } of isCompute(action) ? partsOf(action) : []) {
        if (kind === "W") continue;
        const letter = kind === "F" ? "F" : "B";
        const other = kind === "F" ? stage + 1 : stage - 1;
        const made = `${stage}${letter}${microbatch}`;
        at(present, rank).add(made);
        if (other < 0 || other > last || at(stageRank, other) === rank) continue;
        at(lowered, rank).push({ kind: `SEND_${letter}`, stage, microbatch });
        at(lowered, at(stageRank, other)).push({ kind: `RECV_${letter}`, stage: other, microbatch });
        at(present, at(stageRank, other)).add(made);
      }
    });
  }
  invariant(
    rows.every((row, rank) => at(next, rank) === row.length),
    "a schedule that was not checked stops",
  );
  return lowered;
}
