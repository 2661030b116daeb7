/**
 * Schedules of two stages per rank in a V: rank r holds stage r and stage 2p - 1 - r, so that the last rank turns the
 * forward around without communication and the loss comes back to rank 0. Numbers 0 and 1 name the two chunks of a rank.
 */
import { range } from "../support/collections.ts";
import type { ComputeKind, ScheduleAction, Slot } from "./action.ts";
import type { ScheduleFamily } from "./family.ts";

/** ZB-V: no bubble where F = I = W, with the activations of 1F1B. */
export const zeroBubbleV: ScheduleFamily = {
  name: "zb-v",
  aliases: ["ZBVZeroBubble", "zbv"],
  placement: "v",
  splitBackward: true,
  chunks: 2,
  defaultChunks: 2,
  order: ({ ranks, microbatches }) => range(ranks).map((rank) => zeroBubbleVOrder(rank, ranks, microbatches)),
};

/** DualPipeV: forwards and backwards of two directions overlapped. */
export const dualPipeV: ScheduleFamily = {
  name: "dualpipe-v",
  aliases: ["DualPipeV"],
  placement: "v",
  splitBackward: true,
  chunks: 2,
  defaultChunks: 2,
  leastMicrobatches: (ranks) => 2 * ranks,
  order: ({ ranks, microbatches }) => range(ranks).map((rank) => dualPipeVOrder(rank, ranks, microbatches)),
};

type Chunk = 0 | 1;

/** Takes the micro-batches of each kind on each chunk in order; I and B count together, as a micro-batch has one of them. */
function counter(rank: number, ranks: number) {
  const stages = [rank, 2 * ranks - 1 - rank] as const;
  const counts = { F: [0, 0], B: [0, 0], W: [0, 0] };
  const of = (kind: ComputeKind) => counts[kind === "I" ? "B" : kind];
  const done = (kind: ComputeKind, chunk: Chunk) => of(kind)[chunk] as number;
  const next = (kind: ComputeKind, chunk: Chunk): ScheduleAction => {
    const microbatch = done(kind, chunk);
    of(kind)[chunk] = microbatch + 1;
    return { kind, stage: stages[chunk], microbatch };
  };
  return { done, next };
}

/** Generated for at least 2p - 1 micro-batches; what belongs to those that there are not is left out. */
function zeroBubbleVOrder(rank: number, ranks: number, microbatches: number): Slot[] {
  const { done, next } = counter(rank, ranks);
  const counted = Math.max(2 * ranks - 1, microbatches);
  const order: ScheduleAction[] = [];
  const add = (times: number, ...pass: readonly (readonly [ComputeKind, Chunk])[]) => {
    for (let i = 0; i < times; i++) for (const [kind, chunk] of pass) order.push(next(kind, chunk));
  };
  add(2 * (ranks - rank) - 1, ["F", 0]);
  add(rank, ["F", 1], ["F", 0]);
  add(ranks - rank, ["F", 1], ["I", 1], ["W", 1]);
  while (done("F", 1) < done("F", 0) || done("F", 0) < counted) {
    if (done("F", 0) < counted) add(1, ["F", 0]);
    add(1, ["I", 0], ["W", 0], ["F", 1], ["I", 1], ["W", 1]);
  }
  add(rank, ["I", 0], ["I", 1]);
  add(ranks - rank, ["I", 0], ["W", 0]);
  add(counted - done("W", 1), ["W", 1]);
  add(counted - done("W", 0), ["W", 0]);
  return order.filter(({ microbatch }) => microbatch < microbatches);
}

/** The eight steps of DualPipeV. A W is that of the I that has waited longest. */
function dualPipeVOrder(rank: number, ranks: number, microbatches: number): Slot[] {
  const { next } = counter(rank, ranks);
  const order: Slot[] = [];
  const pending: ScheduleAction[] = [];
  const forward = (chunk: Chunk) => order.push(next("F", chunk));
  const backward = (kind: "B" | "I", chunk: Chunk) => {
    const action = next(kind, chunk);
    if (kind === "I") pending.push(action);
    order.push(action);
  };
  const weight = () => {
    const oldest = pending.shift();
    if (oldest !== undefined) order.push({ ...oldest, kind: "W" });
  };
  const overlapped = (up: Chunk, down: Chunk) =>
    order.push({ kind: "OVERLAP_F_B", parts: [next("F", up), next("B", down)] });
  const isLast = rank === ranks - 1;

  for (let i = 0; i < 2 * (ranks - rank - 1); i++) forward(0);
  for (let i = 0; i < rank + 1; i++) {
    forward(0);
    forward(1);
  }
  for (let i = 0; i < ranks - rank - 1; i++) {
    backward("I", 1);
    weight();
    forward(1);
  }
  for (let i = 0; i < microbatches - 2 * ranks + rank + 1; i++) {
    if (i === 0 && isLast) {
      // The forward's output is what the first backward of the same rank waits for.
      forward(0);
      backward("B", 1);
    } else overlapped(0, 1);
    overlapped(1, 0);
  }
  for (let i = 0; i < ranks - rank - 1; i++) {
    backward("B", 1);
    overlapped(1, 0);
  }
  // From the middle of what follows on, weight gradients wait to fill the idle end.
  const turn = Math.floor((rank + 1) / 2);
  let kind: "B" | "I" = "B";
  for (let i = 0; i < rank + 1; i++) {
    if (i === turn && rank % 2 === 1) kind = "I";
    backward(kind, 1);
    if (i === turn && rank % 2 === 0) kind = "I";
    backward(kind, 0);
  }
  for (let i = 0; i < ranks - rank - 1; i++) {
    weight();
    backward(kind, 0);
  }
  for (let i = 0; i < rank + 1; i++) weight();
  return order;
}
