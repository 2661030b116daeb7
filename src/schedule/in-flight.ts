/** How many micro-batches a schedule keeps at once: what an executor needs buffers for. */
import { at, range } from "../support/collections.ts";
import { partsOf, type Slot } from "./action.ts";
import type { ActivationMemory } from "./family.ts";
import type { Schedule } from "./schedule.ts";

/** Greatest numbers of micro-batches kept at once. */
export interface InFlight {
  /** F has run, but neither B nor W: buffers of what the forward leaves to the backward. */
  readonly activations: number;
  /** F has run, but neither B nor I: buffers of a stage's input and of what the gradient's chain reads. */
  readonly forwards: number;
  /** I has run, but not W: buffers of what waits for the weight gradients. */
  readonly weights: number;
}

/**
 * The peaks of every stage, and of every rank over its stages together (which need not peak at once). An action takes
 * what it makes before it gives back what it ends; of a pair, the forward takes before the backward gives back.
 * 1F1B needs min(m, p - r) of each on rank r.
 */
export function inFlight(schedule: Schedule): {
  readonly stages: readonly InFlight[];
  readonly ranks: readonly InFlight[];
} {
  const { stageRank, order } = schedule;
  return {
    stages: range(stageRank.length).map((stage) => peaks(at(order, at(stageRank, stage)), stage)),
    ranks: order.map((slots) => peaks(slots)),
  };
}

/** The peaks of one rank, of one of its stages only where `stage` is given. */
function peaks(slots: readonly Slot[], stage?: number): InFlight {
  let [forwards, weights] = [0, 0];
  const most = { activations: 0, forwards: 0, weights: 0 };
  const note = () => {
    most.activations = Math.max(most.activations, forwards + weights);
    most.forwards = Math.max(most.forwards, forwards);
    most.weights = Math.max(most.weights, weights);
  };
  for (const slot of slots) {
    const parts = partsOf(slot).filter((part) => stage === undefined || part.stage === stage);
    forwards += parts.filter(({ kind }) => kind === "F").length;
    note();
    for (const { kind } of parts) {
      if (kind === "B" || kind === "I") forwards--;
      if (kind === "I") weights++;
      if (kind === "W") weights--;
    }
    note();
  }
  return most;
}

/** The most that a rank keeps: M_B from F until B or I, M_W from I until W. In the unit of `memory`. */
export function peakMemory(slots: readonly Slot[], memory: ActivationMemory): number {
  const gained = {
    F: memory.forward,
    B: -memory.forward,
    I: memory.weight - memory.forward,
    W: -memory.weight,
  };
  let [kept, most] = [0, 0];
  for (const slot of slots) {
    for (const part of partsOf(slot).toSorted((a, b) => gained[b.kind] - gained[a.kind])) {
      kept += gained[part.kind];
      most = Math.max(most, kept);
    }
  }
  return most;
}
