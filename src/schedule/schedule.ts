/** A pipeline schedule: what every rank computes in which order; made by name. */
import { fail } from "../diagnostics/diagnostic.ts";
import type { Slot } from "./action.ts";
import {
  stageRanks,
  type GreedyInputs,
  type Placement,
  type ScheduleFamily,
  type ScheduleSizes,
} from "./family.ts";
import { interleaved1F1B, interleavedZeroBubble, loopedBreadthFirst } from "./interleaved.ts";
import { gpipe, oneForwardOneBackward, zeroBubbleH1, zeroBubbleH2 } from "./one-chunk.ts";
import { dualPipeV, zeroBubbleV } from "./v-shaped.ts";
import { zeroBubble1p, zeroBubble2p } from "./zero-bubble-greedy.ts";

export interface Schedule extends ScheduleSizes {
  readonly name: string;
  /** `other` only for a schedule that was read. */
  readonly placement: Placement | "other";
  /** Some backward comes as I and W. */
  readonly splitBackward: boolean;
  /** The rank that holds each stage; as many as `ranks * chunks`. */
  readonly stageRank: readonly number[];
  /** What each rank computes, in order; no idle slots: a rank waits where what it needs has not arrived. */
  readonly order: readonly (readonly Slot[])[];
}

/** Every schedule that there is a rule for. */
export const scheduleFamilies: readonly ScheduleFamily[] = [
  gpipe,
  loopedBreadthFirst,
  oneForwardOneBackward,
  interleaved1F1B,
  zeroBubbleH1,
  zeroBubbleH2,
  interleavedZeroBubble,
  zeroBubble1p,
  zeroBubble2p,
  zeroBubbleV,
  dualPipeV,
];

/** The family of a name or alias, in any case; undefined where there is none. */
export function findFamily(name: string): ScheduleFamily | undefined {
  const wanted = name.toLowerCase();
  return scheduleFamilies.find(
    (family) => family.name === wanted || family.aliases.some((alias) => alias.toLowerCase() === wanted),
  );
}

/** Where the greedy schedules are not told otherwise: equal times, no latency, a layer's activations without attention scores. */
const defaultInputs: GreedyInputs = {
  times: { F: 1, I: 1, W: 1 },
  latency: 0,
  memory: { forward: 1, weight: 32 / 34 },
};

/**
 * The schedule of that name for so many ranks, micro-batches and chunks per rank (the family's own number where not given).
 * Fails with `unknown-schedule`, `schedule-misfit` or `too-few-microbatches`.
 */
export function createSchedule(
  name: string,
  ranks: number,
  microbatches: number,
  chunks?: number,
  inputs: Partial<GreedyInputs> = {},
): Schedule {
  const family = findFamily(name);
  if (family === undefined)
    fail("unknown-schedule", { name, names: scheduleFamilies.map((known) => known.name).join(", ") });
  const sizes = { ranks, microbatches, chunks: chunks ?? family.defaultChunks };
  checkSizes(family, sizes);
  return {
    name: family.name,
    ...sizes,
    placement: family.placement,
    splitBackward: family.splitBackward,
    stageRank: stageRanks(family.placement, ranks, sizes.chunks),
    order: family.order(sizes, { ...defaultInputs, ...inputs }),
  };
}

function checkSizes(family: ScheduleFamily, sizes: ScheduleSizes): void {
  const { ranks, microbatches, chunks } = sizes;
  const misfit = (problem: string, remedy: string) =>
    fail("schedule-misfit", { schedule: family.name, problem, remedy });
  for (const [what, size] of [
    ["ranks", ranks],
    ["micro-batches", microbatches],
    ["chunks per rank", chunks],
  ] as const) {
    if (!Number.isSafeInteger(size) || size < 1)
      misfit(`${size} ${what}`, "Each number is a whole one of at least 1.");
  }
  if (family.chunks !== undefined && chunks !== family.chunks)
    misfit(
      `${chunks} chunks per rank`,
      `It has ${family.chunks} on each rank${family.chunks === 1 ? "; interleaved-1f1b has more" : ""}.`,
    );
  const least = family.leastMicrobatches?.(ranks) ?? 1;
  if (microbatches < least)
    fail("too-few-microbatches", { schedule: family.name, ranks, least, microbatches });
  const found = family.admits?.(sizes);
  if (found !== undefined) misfit(found.problem, found.remedy);
}
