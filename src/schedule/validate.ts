/**
 * Whether orders of actions are a schedule: every stage on one rank, every micro-batch forward and backward once on every
 * stage and in that order, every message sent and received once, and no rank that waits for ever. Every fault is
 * found; the dry run is made where there is no other fault.
 */
import { at } from "../support/collections.ts";
import { isCompute, partsOf, printAction, type PipelineAction, type ScheduleAction } from "./action.ts";
import { execute, type Rows } from "./execute.ts";

/** Where a schedule is wrong: the place in a rank's list. */
export interface ScheduleFault {
  readonly rank: number;
  /** Index into the rank's list; its length where something is missing at its end. */
  readonly step: number;
  readonly problem: string;
}

/** A rank's missing actions beyond so many faults are not looked for. */
const faultLimit = 100;

/** The faults of `rows` as a schedule of these stages and micro-batches, ascending by rank and step. */
export function findFaults(rows: Rows, stageRank: readonly number[], microbatches: number): ScheduleFault[] {
  const faults = [
    ...rows.flatMap((row, rank) => orderFaults(row, rank, stageRank, microbatches)),
    ...messageFaults(rows, stageRank),
  ];
  if (faults.length === 0) faults.push(...deadlocks(rows, stageRank, microbatches));
  return faults.toSorted((a, b) => a.rank - b.rank || a.step - b.step);
}

/** What is wrong within one rank's computation. */
function orderFaults(
  row: readonly (PipelineAction | null)[],
  rank: number,
  stageRank: readonly number[],
  microbatches: number,
): ScheduleFault[] {
  const faults: ScheduleFault[] = [];
  const seen = new Set<string>();
  row.forEach((slot, step) => {
    if (slot === null || !isCompute(slot)) return;
    const fault = (problem: string) => faults.push({ rank, step, problem });
    if (slot.kind === "OVERLAP_F_B" && slot.parts.filter(({ kind }) => kind === "F").length !== 1)
      fault("a pair is one forward and one backward");
    for (const part of partsOf(slot)) {
      const problem = partFault(part, rank, stageRank, microbatches, seen);
      if (problem !== undefined) fault(problem);
      seen.add(printAction(part));
    }
  });
  stageRank.forEach((holder, stage) => {
    if (holder !== rank) return;
    for (let i = 0; i < microbatches && faults.length < faultLimit; i++) {
      const lacking = seen.has(`${stage}F${i}`)
        ? seen.has(`${stage}B${i}`) || seen.has(`${stage}W${i}`)
          ? undefined
          : seen.has(`${stage}I${i}`)
            ? `${stage}W${i}`
            : `${stage}B${i}`
        : `${stage}F${i}`;
      if (lacking !== undefined) faults.push({ rank, step: row.length, problem: `${lacking} is missing` });
    }
  });
  return faults;
}

function partFault(
  part: ScheduleAction,
  rank: number,
  stageRank: readonly number[],
  microbatches: number,
  seen: ReadonlySet<string>,
): string | undefined {
  const { kind, stage, microbatch } = part;
  const name = printAction(part);
  const before = (other: string) => seen.has(`${stage}${other}${microbatch}`);
  if (stage >= stageRank.length) return `${name} is on a stage beyond the ${stageRank.length} that there are`;
  if (microbatch >= microbatches)
    return `${name} is of a micro-batch beyond the ${microbatches} that there are`;
  if (stageRank[stage] !== rank) return `${name} is on stage ${stage}, which rank ${stageRank[stage]} holds`;
  if (seen.has(name)) return `${name} is there twice`;
  if ((kind === "B" || kind === "I") && !before("F")) return `${name} comes before ${stage}F${microbatch}`;
  if (kind === "W" && !before("I")) return `${name} comes before ${stage}I${microbatch}`;
  if ((kind === "B" && before("I")) || (kind === "I" && before("B")))
    return `${name} repeats the backward of ${stage}${kind === "B" ? "I" : "B"}${microbatch}`;
  return undefined;
}

/** Messages without their other end, where the rows have any. */
function messageFaults(rows: Rows, stageRank: readonly number[]): ScheduleFault[] {
  const places = new Map<string, { readonly rank: number; readonly step: number }>();
  const faults: ScheduleFault[] = [];
  const expected = new Set<string>();
  const last = stageRank.length - 1;
  rows.forEach((row, rank) =>
    row.forEach((action, step) => {
      if (action === null) return;
      const fault = (problem: string) => faults.push({ rank, step, problem });
      if (isCompute(action)) {
        for (const { kind, stage, microbatch } of partsOf(action)) {
          const other = kind === "F" ? stage + 1 : stage - 1;
          if (kind === "W" || other < 0 || other > last || stageRank[other] === stageRank[stage]) continue;
          expected.add(`${stage}SEND_${kind === "F" ? "F" : "B"}${microbatch}`);
        }
        return;
      }
      const name = printAction(action);
      if ((stageRank[action.stage] ?? -1) !== rank)
        return fault(
          `${name} is on stage ${action.stage}, which rank ${stageRank[action.stage] ?? "none"} holds`,
        );
      if (!("microbatch" in action)) return;
      if (places.has(name)) return fault(`${name} is there twice`);
      places.set(name, { rank, step });
    }),
  );
  if (places.size === 0) return faults;
  for (const [name, place] of places) {
    const send = /^(\d+)(SEND|RECV)_([FB])(\d+)$/.exec(name);
    const stage = Number(send?.[1]);
    const [, , way, letter, microbatch] = send ?? [];
    const step = (letter === "F") === (way === "SEND") ? 1 : -1;
    const partner = `${stage + step}${way === "SEND" ? "RECV" : "SEND"}_${letter}${microbatch}`;
    if (!places.has(partner))
      faults.push({ ...place, problem: `${name} has no ${partner} on the other side` });
    if (way === "SEND" && !expected.has(name))
      faults.push({ ...place, problem: `${name} sends what stays on the rank, or what it does not compute` });
  }
  for (const name of expected) {
    const rank = stageRank[Number.parseInt(name, 10)] as number;
    if (!places.has(name)) faults.push({ rank, step: at(rows, rank).length, problem: `${name} is missing` });
  }
  return faults;
}

/** Where the ranks wait for one another: the action that each stops at. */
function deadlocks(rows: Rows, stageRank: readonly number[], microbatches: number): ScheduleFault[] {
  return execute(rows, stageRank, microbatches, () => 1, 0).stuck.flatMap((step, rank) => {
    const action = step === undefined ? undefined : rows[rank]?.[step];
    if (step === undefined || action == null) return [];
    return [
      { rank, step, problem: `${printAction(action)} waits for ever for what other ranks do only later` },
    ];
  });
}
