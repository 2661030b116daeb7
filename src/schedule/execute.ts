/**
 * Runs orders of actions on paper: when each starts and ends, or where the ranks stop waiting for one another.
 *
 * A rank takes its actions in order. One starts when the rank is free and all that it needs has ended, a hop later where
 * that was on another rank; sending costs the sender nothing.
 */
import { at } from "../support/collections.ts";
import { isCompute, type PipelineAction, type Slot } from "./action.ts";

/** Actions of each rank; null is an idle slot, which takes no time here. */
export type Rows = readonly (readonly (PipelineAction | null)[])[];

export interface Execution {
  /** When the action at each place of each rank's list starts; idle slots start when the one before them ended. */
  readonly starts: readonly (readonly number[])[];
  readonly ends: readonly (readonly number[])[];
  /** Place of the first action of each rank that could not run; undefined where all did. */
  readonly stuck: readonly (number | undefined)[];
}

/**
 * Executes `rows`, whose stages and micro-batches must be within `stageRank` and `microbatches`. Where they contain sends and
 * receives, what comes from another rank comes by them only. Takes time in proportion to ranks times steps.
 */
export function execute(
  rows: Rows,
  stageRank: readonly number[],
  microbatches: number,
  durationOf: (slot: Slot) => number,
  latency: number,
): Execution {
  const byMessage = rows.some((row) =>
    row.some((action) => action !== null && "microbatch" in action && !isCompute(action)),
  );
  const ended = new Map<number, { readonly rank: number; readonly time: number }>();
  const keys = keysOf(stageRank, microbatches, byMessage);
  const starts: number[][] = rows.map(() => []);
  const ends: number[][] = rows.map(() => []);
  const readyAt = (rank: number, action: PipelineAction): number | undefined => {
    let time = at(ends, rank).at(-1) ?? 0;
    for (const key of keys.needs(action)) {
      const before = ended.get(key);
      if (before === undefined) return undefined;
      time = Math.max(time, before.time + (before.rank === rank ? 0 : latency));
    }
    return time;
  };
  for (let progress = true; progress;) {
    progress = false;
    rows.forEach((row, rank) => {
      const [rankStarts, rankEnds] = [at(starts, rank), at(ends, rank)];
      while (rankStarts.length < row.length) {
        const action = at(row, rankStarts.length);
        const start = action === null ? (rankEnds.at(-1) ?? 0) : readyAt(rank, action);
        if (start === undefined) break;
        const end = start + (action !== null && isCompute(action) ? durationOf(action) : 0);
        rankStarts.push(start);
        rankEnds.push(end);
        for (const key of action === null ? [] : keys.makes(action)) ended.set(key, { rank, time: end });
        progress = true;
      }
    });
  }
  const stuck = rows.map((row, rank) => {
    const done = at(starts, rank).length;
    return done < row.length ? done : undefined;
  });
  return { starts, ends, stuck };
}

/** What actions make and need, as numbers; I and B are one: each makes the gradient of the stage's input. */
function keysOf(stageRank: readonly number[], microbatches: number, byMessage: boolean) {
  const codes = { F: 0, B: 1, I: 1, W: 2, SEND_F: 3, RECV_F: 4, SEND_B: 5, RECV_B: 6 } as const;
  const last = stageRank.length - 1;
  const key = (kind: keyof typeof codes, stage: number, microbatch: number) =>
    (codes[kind] * (last + 1) + stage) * microbatches + microbatch;
  const apart = (a: number, b: number) => stageRank[a] !== stageRank[b];

  function makes(action: PipelineAction): number[] {
    if (action.kind === "OVERLAP_F_B") return action.parts.flatMap(makes);
    return "microbatch" in action ? [key(action.kind, action.stage, action.microbatch)] : [];
  }

  function needs(action: PipelineAction): number[] {
    if (action.kind === "OVERLAP_F_B") {
      const made = new Set(makes(action));
      return action.parts.flatMap(needs).filter((need) => !made.has(need));
    }
    if (!("microbatch" in action)) return [];
    const { kind, stage, microbatch } = action;
    switch (kind) {
      case "F":
        if (stage === 0) return [];
        return [
          byMessage && apart(stage, stage - 1)
            ? key("RECV_F", stage, microbatch)
            : key("F", stage - 1, microbatch),
        ];
      case "B":
      case "I": {
        const own = key("F", stage, microbatch);
        if (stage === last) return [own];
        return [
          own,
          byMessage && apart(stage, stage + 1)
            ? key("RECV_B", stage, microbatch)
            : key("B", stage + 1, microbatch),
        ];
      }
      case "W":
        return [key("I", stage, microbatch)];
      case "SEND_F":
        return [key("F", stage, microbatch)];
      case "SEND_B":
        return [key("B", stage, microbatch)];
      case "RECV_F":
        return stage === 0 ? [-1] : [key("SEND_F", stage - 1, microbatch)];
      case "RECV_B":
        return stage === last ? [-1] : [key("SEND_B", stage + 1, microbatch)];
    }
  }

  return { makes, needs };
}
