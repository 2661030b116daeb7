/** What a generator of schedules states about itself, and the placements of stages on ranks. */
import { range } from "../support/collections.ts";
import type { Slot } from "./action.ts";

/** `loop`: stage s on rank s % p. `v`: stages 0 .. p - 1 go up the ranks, p .. 2p - 1 come down again. */
export type Placement = "loop" | "v";

/** The sizes that a schedule is generated for. */
export interface ScheduleSizes {
  /** p. */
  readonly ranks: number;
  /** m. */
  readonly microbatches: number;
  /** v: how many stages a rank holds. */
  readonly chunks: number;
}

/** Why sizes are not admitted, and what would be. */
export interface Misfit {
  readonly problem: string;
  readonly remedy: string;
}

/** Durations of one stage's work on one micro-batch, in any one unit. */
export interface ActionTimes {
  readonly F: number;
  readonly I: number;
  readonly W: number;
  /** A whole backward; I + W where it is not given. */
  readonly B?: number;
  /** A forward and a backward interleaved; the sum of both where it is not given. */
  readonly overlap?: number;
}

/** What one micro-batch keeps on one stage, in any one unit. */
export interface ActivationMemory {
  /** From F until I (or B): M_B. */
  readonly forward: number;
  /** From I until W: M_W. */
  readonly weight: number;
}

/** What orders that are found by trying depend on, beside the sizes. */
export interface GreedyInputs {
  readonly times: ActionTimes;
  /** Time of one hop between two ranks. */
  readonly latency: number;
  readonly memory: ActivationMemory;
}

/** One kind of schedule. */
export interface ScheduleFamily {
  /** As the command line spells it. */
  readonly name: string;
  /** Other spellings; upper and lower case are the same. */
  readonly aliases: readonly string[];
  readonly placement: Placement;
  /** Backward comes as I and W. */
  readonly splitBackward: boolean;
  /** How many stages a rank must hold; undefined: any number. */
  readonly chunks?: number;
  /** How many it holds where nobody says. */
  readonly defaultChunks: number;
  /** The least number of micro-batches; 1 where it is not stated. */
  leastMicrobatches?(ranks: number): number;
  /** What else the sizes must satisfy. */
  admits?(sizes: ScheduleSizes): Misfit | undefined;
  /** What each rank does, in order. `sizes` are admitted ones. */
  order(sizes: ScheduleSizes, inputs: GreedyInputs): Slot[][];
}

/** The rank of every stage. */
export function stageRanks(placement: Placement, ranks: number, chunks: number): number[] {
  return range(ranks * chunks).map((stage) => {
    const [round, place] = [Math.floor(stage / ranks), stage % ranks];
    return placement === "v" && round % 2 === 1 ? ranks - 1 - place : place;
  });
}
