/**
 * What a schedule costs by given times: makespan, bubbles, what is kept in memory.
 *
 * Cost is the longest time between a rank's first start and its last end; the bubble rate is the part of it that is idle.
 */
import { at, sum } from "../support/collections.ts";
import { invariant } from "../support/assert.ts";
import { partsOf, type ScheduleAction, type Slot } from "./action.ts";
import { execute } from "./execute.ts";
import type { ActionTimes, ActivationMemory } from "./family.ts";
import { inFlight, peakMemory, type InFlight } from "./in-flight.ts";
import type { Schedule } from "./schedule.ts";

export interface SimulationOptions {
  /** Of every stage, or of stage s. */
  readonly times: ActionTimes | ((stage: number) => ActionTimes);
  /** Time of one hop between two ranks; 0 where not given. */
  readonly latency?: number;
  readonly memory?: ActivationMemory;
}

export interface SimulatedRank {
  readonly busy: number;
  /** From its first start to its last end. */
  readonly span: number;
  /** 1 - busy / cost of the whole. */
  readonly bubbleRate: number;
  /** Over the rank's stages together. */
  readonly peak: InFlight;
  /** In the unit of the memory given, 0 where none was. */
  readonly peakMemory: number;
}

export interface TimedSlot {
  readonly rank: number;
  readonly action: Slot;
  readonly start: number;
  readonly end: number;
}

export interface Simulation {
  readonly cost: number;
  readonly makespan: number;
  /** 1 - (time at work) / (ranks * cost); with equal stages (cost - m(F + I + W)) / cost. */
  readonly bubbleRate: number;
  readonly ranks: readonly SimulatedRank[];
  /** By rank, then by start. */
  readonly timeline: readonly TimedSlot[];
}

/** Simulates a valid schedule. */
export function simulate(schedule: Schedule, options: SimulationOptions): Simulation {
  const { order, stageRank, microbatches } = schedule;
  const { times, latency = 0, memory = { forward: 0, weight: 0 } } = options;
  const timesOf = typeof times === "function" ? times : () => times;
  const { starts, ends, stuck } = execute(
    order,
    stageRank,
    microbatches,
    (slot) => durationOf(slot, timesOf),
    latency,
  );
  invariant(
    stuck.every((place) => place === undefined),
    "a schedule that was not checked stops",
  );
  const timeline = order.flatMap((slots, rank) =>
    slots.map((action, i) => ({
      rank,
      action,
      start: at(at(starts, rank), i),
      end: at(at(ends, rank), i),
    })),
  );
  const spans = order.map((_, rank) => (at(ends, rank).at(-1) ?? 0) - (at(starts, rank)[0] ?? 0));
  const busy = order.map((slots) => sum(slots.map((slot) => durationOf(slot, timesOf))));
  const cost = Math.max(0, ...spans);
  const rate = (work: number, room: number) => (room === 0 ? 0 : 1 - work / room);
  const peaks = inFlight(schedule).ranks;
  return {
    cost,
    makespan: Math.max(0, ...ends.map((times) => times.at(-1) ?? 0)),
    bubbleRate: rate(sum(busy), cost * order.length),
    ranks: order.map((slots, rank) => ({
      busy: at(busy, rank),
      span: at(spans, rank),
      bubbleRate: rate(at(busy, rank), cost),
      peak: at(peaks, rank),
      peakMemory: peakMemory(slots, memory),
    })),
    timeline,
  };
}

function durationOf(slot: Slot, timesOf: (stage: number) => ActionTimes): number {
  const one = ({ kind, stage }: ScheduleAction) => {
    const { F, I, W, B = I + W } = timesOf(stage);
    return { F, I, W, B }[kind];
  };
  const parts = partsOf(slot);
  const overlap = slot.kind === "OVERLAP_F_B" ? timesOf(slot.parts[0].stage).overlap : undefined;
  return overlap ?? sum(parts.map(one));
}
