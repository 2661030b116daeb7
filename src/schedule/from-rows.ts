/** A schedule out of rows of actions, as a file states them; every fault reported with its place. */
import { diagnostic, SbpcError } from "../diagnostics/diagnostic.ts";
import { sourceLocation, unknownLocation, type Location } from "../diagnostics/location.ts";
import { at, range } from "../support/collections.ts";
import { isCompute, partsOf, printAction, type PipelineAction, type Slot } from "./action.ts";
import type { Rows } from "./execute.ts";
import { stageRanks } from "./family.ts";
import type { Schedule } from "./schedule.ts";
import { findFaults, type ScheduleFault } from "./validate.ts";

/**
 * The schedule that `rows` state, one row per rank; idle slots and communication, once checked, are left out.
 * Fails with `bad-schedule`, one error per fault; `file` is where the rows stand, one per line.
 */
export function scheduleOf(rows: Rows, name: string, file?: string): Schedule {
  const actions = rows.flatMap((row, rank) =>
    row.flatMap((action) =>
      action === null ? [] : isCompute(action) ? partsOf(action).map((part) => ({ part, rank })) : [],
    ),
  );
  const stages = actions.reduce((most, { part }) => Math.max(most, part.stage + 1), 0);
  const microbatches = actions.reduce((most, { part }) => Math.max(most, part.microbatch + 1), 0);
  report(rows, tooLarge(rows, Math.max(stages, microbatches), actions.length), file);
  const stageRank = range(stages).map(() => -1);
  for (const { part, rank } of actions) if (at(stageRank, part.stage) < 0) stageRank[part.stage] = rank;
  report(rows, missingStages(stageRank), file);
  const faults = [...findFaults(rows, stageRank, microbatches), ...unevenRanks(rows, stageRank)];
  report(rows, faults, file);
  const chunks = stages / rows.length;
  const placement = (["loop", "v"] as const).find((known) =>
    stageRanks(known, rows.length, chunks).every((rank, stage) => rank === stageRank[stage]),
  );
  return {
    name,
    ranks: rows.length,
    microbatches,
    chunks,
    placement: placement ?? "other",
    splitBackward: actions.some(({ part }) => part.kind === "I"),
    stageRank,
    order: rows.map((row) => row.filter((action): action is Slot => action !== null && isCompute(action))),
  };
}

/** More stages or micro-batches than actions: a number is mistaken, and too large to go through what is missing. */
function tooLarge(rows: Rows, size: number, actions: number): ScheduleFault[] {
  if (size <= actions) return [];
  const isLargest = (action: PipelineAction | null) =>
    action !== null &&
    isCompute(action) &&
    partsOf(action).some(({ stage, microbatch }) => Math.max(stage, microbatch) === size - 1);
  const rank = rows.findIndex((row) => row.some(isLargest));
  return [{ rank, step: at(rows, rank).findIndex(isLargest), problem: `there are only ${actions} actions` }];
}

function missingStages(stageRank: readonly number[]): ScheduleFault[] {
  if (stageRank.length === 0) return [{ rank: 0, step: 0, problem: "nothing is computed" }];
  const missing = stageRank.findIndex((rank) => rank < 0);
  if (missing < 0) return [];
  return [{ rank: 0, step: 0, problem: `no rank computes stage ${missing} of ${stageRank.length}` }];
}

/** Ranks that hold more or fewer stages than others. */
function unevenRanks(rows: Rows, stageRank: readonly number[]): ScheduleFault[] {
  return rows.flatMap((row, rank) => {
    const held = stageRank.filter((holder) => holder === rank).length;
    if (held === stageRank.length / rows.length) return [];
    const problem = `the rank holds ${held} of ${stageRank.length} stages; each of ${rows.length} ranks holds as many`;
    return [{ rank, step: row.length, problem }];
  });
}

/** So many faults are reported; the rest follows from them as a rule. */
const reportLimit = 20;

function report(rows: Rows, faults: readonly ScheduleFault[], file: string | undefined): void {
  if (faults.length === 0) return;
  throw new SbpcError(
    faults.slice(0, reportLimit).map(({ rank, step, problem }) => {
      const place: Location = file === undefined ? unknownLocation : sourceLocation(file, rank + 1);
      return diagnostic("bad-schedule", { rank, step, problem, excerpt: excerpt(rows, rank, step) }, place);
    }),
  );
}

/** Five steps of the rank around the fault, the place marked. */
function excerpt(rows: Rows, rank: number, step: number): string {
  const row = at(rows, rank);
  const from = Math.max(0, step - 2);
  const cells = range(Math.min(row.length, step + 3) - from).map((i) => {
    const action = row[from + i];
    const text = action == null ? "-" : printAction(action);
    return from + i === step ? `[${text}]` : text;
  });
  if (step >= row.length) cells.push("[end]");
  return `${from > 0 ? "… " : ""}${cells.join(" ")}${step + 3 < row.length ? " …" : ""}`;
}
