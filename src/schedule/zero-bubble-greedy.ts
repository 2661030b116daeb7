/**
 * ZB-1p and ZB-2p: zero-bubble schedules of one stage per rank found greedily for given times and a memory limit of p or 2p
 * micro-batches' activations.
 *
 * Micro-batch by micro-batch, every stage runs a forward and an I, and fills its waits with pending W. Three choices have no
 * best answer (see `Choices`); all eight combinations are tried and the one of least cost is kept, cost being the longest time
 * between a stage's first start and its last end.
 */
import { at, cartesian, range } from "../support/collections.ts";
import { forward, inputBackward, weightBackward, type Slot } from "./action.ts";
import type { GreedyInputs, ScheduleFamily, ScheduleSizes } from "./family.ts";

export const zeroBubble1p: ScheduleFamily = greedy("zb-1p", 1);
export const zeroBubble2p: ScheduleFamily = greedy("zb-2p", 2);

function greedy(name: string, memoryFactor: number): ScheduleFamily {
  return {
    name,
    aliases: [name.replace("-", "")],
    placement: "loop",
    splitBackward: true,
    chunks: 1,
    defaultChunks: 1,
    order: (sizes, inputs) => bestOrder(sizes, inputs, memoryFactor * sizes.ranks * inputs.memory.forward),
  };
}

interface Choices {
  /** Before the first I: a forward may start though it ends after the gradient has come. */
  readonly lateForward: boolean;
  /** A stage two forwards ahead of the next one rather waits for a gradient than run a forward. */
  readonly gradientFirst: boolean;
  /** A wait shorter than a W is filled with one even if the stage may still afford the idle time. */
  readonly fillAll: boolean;
}

function bestOrder(sizes: ScheduleSizes, inputs: GreedyInputs, memoryLimit: number): Slot[][] {
  let best: { readonly cost: number; readonly order: Slot[][] } | undefined;
  for (const [lateForward, gradientFirst, fillAll] of cartesian([
    [true, false],
    [true, false],
    [true, false],
  ])) {
    const choices = { lateForward, gradientFirst, fillAll } as Choices;
    const found = place(sizes, inputs, memoryLimit, choices);
    if (best === undefined || found.cost < best.cost) best = found;
  }
  return best?.order ?? [];
}

interface StageState {
  readonly stage: number;
  readonly order: Slot[];
  /** End of the last action. */
  end: number;
  start: number;
  /** Idle time since the first forward. */
  bubble: number;
  memory: number;
  readonly forwardEnds: number[];
  readonly inputEnds: number[];
  weights: number;
}

function place(
  { ranks, microbatches }: ScheduleSizes,
  { times, latency, memory }: GreedyInputs,
  memoryLimit: number,
  { lateForward, gradientFirst, fillAll }: Choices,
): { readonly cost: number; readonly order: Slot[][] } {
  const stages: StageState[] = range(ranks).map((stage) => ({
    stage,
    order: [],
    end: 0,
    start: 0,
    bubble: 0,
    memory: 0,
    forwardEnds: [],
    inputEnds: [],
    weights: 0,
  }));

  const pending = (s: StageState) => s.weights < s.inputEnds.length;
  const takes = (s: StageState, arrival: number, duration: number) => {
    const start = Math.max(s.end, arrival);
    if (s.order.length > 0) s.bubble += start - s.end;
    else s.start = start;
    s.end = start + duration;
  };
  const forwardArrival = (s: StageState) =>
    s.stage === 0 ? 0 : at(at(stages, s.stage - 1).forwardEnds, s.forwardEnds.length) + latency;
  const inputArrival = (s: StageState) =>
    s.stage === ranks - 1 ? 0 : at(at(stages, s.stage + 1).inputEnds, s.inputEnds.length) + latency;
  const runForward = (s: StageState) => {
    takes(s, forwardArrival(s), times.F);
    s.order.push(forward(s.stage, s.forwardEnds.length));
    s.forwardEnds.push(s.end);
    s.memory += memory.forward;
  };
  const runInput = (s: StageState) => {
    takes(s, inputArrival(s), times.I);
    s.order.push(inputBackward(s.stage, s.inputEnds.length));
    s.inputEnds.push(s.end);
    s.memory += memory.weight - memory.forward;
  };
  const runWeight = (s: StageState) => {
    s.end += times.W;
    s.order.push(weightBackward(s.stage, s.weights++));
    s.memory -= memory.weight;
  };
  const worstBubble = () => stages.reduce((worst, { bubble }) => Math.max(worst, bubble), 0);
  /** Spends the wait until `arrival` on pending W. */
  const fill = (s: StageState, arrival: number) => {
    while (pending(s) && s.end + times.W <= arrival) runWeight(s);
    const gap = arrival - s.end;
    if (gap > 0 && pending(s) && (fillAll || gap > worstBubble() - s.bubble)) runWeight(s);
  };

  for (const s of stages) runForward(s);
  warmUp();
  for (let i = 1; i < microbatches; i++) {
    const runs = forwardsToRun();
    for (const s of stages) {
      if (runs[s.stage] !== true) continue;
      while (s.memory + memory.forward > memoryLimit && pending(s)) runWeight(s);
      fill(s, forwardArrival(s));
      runForward(s);
    }
    for (const s of stages.toReversed()) {
      if (s.stage === 0 && s.forwardEnds.length === microbatches) while (pending(s)) runWeight(s);
      fill(s, inputArrival(s));
      runInput(s);
    }
  }
  for (const s of stages) while (pending(s)) runWeight(s);
  return {
    cost: stages.reduce((cost, { start, end }) => Math.max(cost, end - start), 0),
    order: stages.map(({ order }) => order),
  };

  /** More forwards while the first gradient is on its way, each stage fewer than the one before it; then the first I. */
  function warmUp(): void {
    const extra = range(ranks).map(() => 0);
    let arrival = 0;
    for (const s of stages.toReversed()) {
      let [end, kept] = [s.end, s.memory];
      const fits = () =>
        at(extra, s.stage) + 1 < microbatches &&
        kept + memory.forward <= memoryLimit &&
        (lateForward ? end < arrival : end + times.F <= arrival);
      while (s.stage < ranks - 1 && fits()) {
        extra[s.stage] = at(extra, s.stage) + 1;
        end += times.F;
        kept += memory.forward;
      }
      arrival = Math.max(end, arrival) + times.I + latency;
    }
    for (const s of stages) {
      if (s.stage > 0) extra[s.stage] = Math.min(at(extra, s.stage), Math.max(0, at(extra, s.stage - 1) - 1));
      for (let i = 0; i < at(extra, s.stage); i++) runForward(s);
    }
    for (const s of stages.toReversed()) runInput(s);
  }

  /** Which stages run a forward in this round. */
  function forwardsToRun(): boolean[] {
    const runs = stages.map((s) => s.forwardEnds.length < microbatches);
    for (const s of stages.toReversed()) {
      const next = stages[s.stage + 1];
      if (next === undefined || runs[s.stage] !== true) continue;
      if (gradientFirst && s.forwardEnds.length >= next.forwardEnds.length + 2) {
        const gradient = next.end + times.F + times.I + latency;
        if (s.end + times.F > gradient && gradient - s.end <= worstBubble() - s.bubble) runs[s.stage] = false;
      }
    }
    for (const s of stages.toReversed()) {
      const next = stages[s.stage + 1];
      // A forward that the next stage does not take up yet can wait too.
      if (next !== undefined && runs[next.stage] !== true && next.forwardEnds.length < microbatches)
        runs[s.stage] = false;
    }
    return runs;
  }
}
