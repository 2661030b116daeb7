/**
 * Schedules of several stages per rank, stage c * p + r being chunk c of rank r: breadth first, interleaved 1F1B and
 * interleaved 1F1B with split backward.
 *
 * The interleaved ones take the micro-batches in groups of g = p, or where p does not divide m, of m / max(1, floor(m / p)):
 * a rank runs a group on its first chunk, then on the next one, and the gradients likewise from its last chunk.
 */
import { at, range } from "../support/collections.ts";
import { backward, forward, inputBackward, weightBackward, type Slot } from "./action.ts";
import type { Misfit, ScheduleFamily, ScheduleSizes } from "./family.ts";

/** GPipe chunk by chunk: all micro-batches on one chunk before the next; backward in the opposite order. */
export const loopedBreadthFirst: ScheduleFamily = {
  name: "looped-bfs",
  aliases: ["LoopedBFS"],
  placement: "loop",
  splitBackward: false,
  defaultChunks: 2,
  order: ({ ranks, microbatches, chunks }) =>
    range(ranks).map((rank) => {
      const places = range(chunks).flatMap((chunk) =>
        range(microbatches).map((microbatch) => [chunk * ranks + rank, microbatch] as const),
      );
      return [
        ...places.map(([stage, microbatch]) => forward(stage, microbatch)),
        ...places.toReversed().map(([stage, microbatch]) => backward(stage, microbatch)),
      ];
    }),
};

/** 1F1B over chunks: the bubble shrinks v times, for more activations and v times the communication. */
export const interleaved1F1B: ScheduleFamily = {
  name: "interleaved-1f1b",
  aliases: ["Interleaved1F1B"],
  placement: "loop",
  splitBackward: false,
  defaultChunks: 2,
  admits: groupsFit,
  order: (sizes) =>
    range(sizes.ranks).map((rank) => {
      const { forwards, backwards, group } = sequences(rank, sizes);
      const warmUp = Math.min(forwards.length, (sizes.chunks - 1) * group + 2 * (sizes.ranks - 1 - rank));
      const order: Slot[] = forwards.slice(0, warmUp).map(([stage, i]) => forward(stage, i));
      backwards.forEach(([stage, i], step) => {
        const next = forwards[warmUp + step];
        if (next !== undefined) order.push(forward(next[0], next[1]));
        order.push(backward(stage, i));
      });
      return order;
    }),
};

/** Interleaved 1F1B with a shorter warm-up, and weight gradients r steps late on rank r. */
export const interleavedZeroBubble: ScheduleFamily = {
  name: "interleaved-zb",
  aliases: ["InterleavedZeroBubble", "interleaved-zero-bubble"],
  placement: "loop",
  splitBackward: true,
  defaultChunks: 2,
  admits: groupsFit,
  order: (sizes) =>
    range(sizes.ranks).map((rank) => {
      const { forwards, backwards, group } = sequences(rank, sizes);
      const warmUp = Math.min(forwards.length, (sizes.chunks - 1) * group + (sizes.ranks - 1 - rank));
      const order: Slot[] = forwards.slice(0, warmUp).map(([stage, i]) => forward(stage, i));
      backwards.forEach(([stage, i], step) => {
        const next = forwards[warmUp + step];
        if (next !== undefined) order.push(forward(next[0], next[1]));
        order.push(inputBackward(stage, i));
        if (step >= rank) order.push(weight(step - rank));
      });
      for (const late of range(Math.min(rank, backwards.length)))
        order.push(weight(Math.max(0, backwards.length - rank) + late));
      return order;

      function weight(step: number): Slot {
        const [stage, i] = at(backwards, step);
        return weightBackward(stage, i);
      }
    }),
};

function groupSize({ ranks, microbatches }: ScheduleSizes): number {
  return microbatches / Math.max(1, Math.floor(microbatches / ranks));
}

function groupsFit(sizes: ScheduleSizes): Misfit | undefined {
  if (Number.isInteger(groupSize(sizes))) return undefined;
  const { ranks, microbatches } = sizes;
  const fits = (m: number) => Number.isInteger(groupSize({ ...sizes, microbatches: m }));
  let [below, above] = [microbatches - 1, microbatches + 1];
  while (!fits(below)) below--;
  while (!fits(above)) above++;
  return {
    problem: `${microbatches} micro-batches, which do not divide into ${Math.floor(microbatches / ranks)} equal groups on ${ranks} ranks`,
    remedy: `Use ${below} or ${above} micro-batches, or a multiple of ${ranks}.`,
  };
}

/** The (stage, micro-batch) of a rank's forwards and of its backwards, in order. */
function sequences(rank: number, sizes: ScheduleSizes) {
  const group = groupSize(sizes);
  const inOrder = (chunkOf: (turn: number) => number) =>
    range(sizes.microbatches / group).flatMap((round) =>
      range(sizes.chunks).flatMap((turn) =>
        range(group).map((i) => [chunkOf(turn) * sizes.ranks + rank, round * group + i] as const),
      ),
    );
  return {
    group,
    forwards: inOrder((turn) => turn),
    backwards: inOrder((turn) => sizes.chunks - 1 - turn),
  };
}
