/**
 * Schedules of one stage per rank whose orders are given by rule: GPipe, 1F1B, ZB-H1 and ZB-H2.
 * p ranks, m micro-batches, rank r; in-flight micro-batches peak at m (GPipe) and min(m, p - r) (1F1B).
 */
import { range } from "../support/collections.ts";
import { backward, forward, inputBackward, weightBackward, type Slot } from "./action.ts";
import type { ScheduleFamily } from "./family.ts";

/** All forwards, then all backwards. */
export const gpipe: ScheduleFamily = {
  name: "gpipe",
  aliases: [],
  placement: "loop",
  splitBackward: false,
  chunks: 1,
  defaultChunks: 1,
  order: ({ ranks, microbatches }) =>
    range(ranks).map((rank) => [
      ...range(microbatches).map((i) => forward(rank, i)),
      ...range(microbatches).map((i) => backward(rank, i)),
    ]),
};

/** Warm-up forwards until the first gradient can arrive; then a forward and a backward in turn; then the rest. */
export const oneForwardOneBackward: ScheduleFamily = {
  name: "1f1b",
  aliases: [],
  placement: "loop",
  splitBackward: false,
  chunks: 1,
  defaultChunks: 1,
  order: ({ ranks, microbatches }) =>
    range(ranks).map((rank) => {
      const warmUp = Math.min(microbatches, ranks - 1 - rank);
      return [
        ...range(warmUp).map((i) => forward(rank, i)),
        ...range(microbatches - warmUp).flatMap((i) => [forward(rank, warmUp + i), backward(rank, i)]),
        ...range(warmUp).map((i) => backward(rank, microbatches - warmUp + i)),
      ];
    }),
};

/** 1F1B whose weight gradients wait, r of them on rank r, and fill what would be idle at the end. */
export const zeroBubbleH1: ScheduleFamily = {
  name: "zb-h1",
  aliases: ["zbh1"],
  placement: "loop",
  splitBackward: true,
  chunks: 1,
  defaultChunks: 1,
  order: ({ ranks, microbatches }) =>
    range(ranks).map((rank) => deferredWeights(rank, microbatches, ranks - 1 - rank, rank)),
};

/** ZB-H1 with twice the warm-up and twice the waiting weight gradients: full but for the first fill, at twice the memory. */
export const zeroBubbleH2: ScheduleFamily = {
  name: "zb-h2",
  aliases: ["zbh2"],
  placement: "loop",
  splitBackward: true,
  chunks: 1,
  defaultChunks: 1,
  leastMicrobatches: (ranks) => 2 * ranks - 1,
  order: ({ ranks, microbatches }) =>
    range(ranks).map((rank) => deferredWeights(rank, microbatches, 2 * (ranks - 1 - rank), 2 * rank)),
};

/** `warmUp` forwards, then F and I in turn, then the other I; a W after each I that leaves more than `lag` pending. */
function deferredWeights(stage: number, microbatches: number, warmUp: number, lag: number): Slot[] {
  const order: Slot[] = [];
  let [forwards, weights] = [0, 0];
  while (forwards < Math.min(microbatches, warmUp)) order.push(forward(stage, forwards++));
  for (let i = 0; i < microbatches; i++) {
    if (forwards < microbatches) order.push(forward(stage, forwards++));
    order.push(inputBackward(stage, i));
    if (i + 1 - weights > lag) order.push(weightBackward(stage, weights++));
  }
  while (weights < microbatches) order.push(weightBackward(stage, weights++));
  return order;
}
