/**
 * Inputs that have other elements at every step. The process of the devices puts a step's batch into shared memory, a ring of a
 * few steps, and counts batches in a control word; a place in the ring is written anew once every device is done with its step.
 */
import { bytesView, viewBytes, type TypedArray } from "../../src/ir/tensor-data.ts";
import { bytesOf, type DataType } from "../../src/ir/types.ts";
import type { HostTensor } from "../../src/plan/backend.ts";
import { wholeBox } from "../../src/plan/box-copy.ts";
import { at, product } from "../../src/support/collections.ts";
import { arenaBuffer, setWord, waitWhile, type SharedMemory } from "./shared.ts";

/** Steps whose batches are held at once: those that devices are at, and one that is made meanwhile. */
export const ringSteps = 3;

export interface FedInput {
  readonly kind: "fed";
  readonly dtype: DataType;
  /** For the whole batch. */
  readonly shape: readonly number[];
  /** Made by the process of the devices. */
  readonly ring?: readonly ArrayBufferLike[];
}

/** Elements by input name. */
export type Batch = ReadonlyMap<string, TypedArray>;

/** The input with its memory. */
export function withRing(input: FedInput): FedInput {
  const bytes = bytesOf(input.dtype, product(input.shape));
  return { ...input, ring: Array.from({ length: ringSteps }, () => new SharedArrayBuffer(bytes)) };
}

/** Puts batch number `ordinal` of the run into the ring and wakes who waits for it, of `ranks`. */
export function putBatch(
  inputs: Iterable<readonly [string, unknown]>,
  batch: Batch,
  ordinal: number,
  shared: SharedMemory,
  counter: number,
  ranks: readonly number[],
): void {
  for (const [name, input] of inputs) {
    const data = batch.get(name);
    const { ring } = input as Partial<FedInput>;
    if (ring === undefined || data === undefined) continue;
    const buffer = at(ring, ordinal % ringSteps);
    new Uint8Array(buffer).set(bytesView(data));
    const arena = shared.arenas.findIndex((one) => arenaBuffer(one) === buffer);
    const whole = wholeBox([buffer.byteLength]);
    shared.outlet?.put(ranks, { arena, offset: 0 }, 1, whole, whole);
  }
  setWord(shared, counter, ordinal + 1, ranks);
}

/** Waits until batch number `ordinal` is there. */
export function awaitBatch(words: Int32Array, counter: number, ordinal: number): void {
  for (;;) {
    const there = Atomics.load(words, counter);
    if (there > ordinal) return;
    waitWhile(words, counter, there, 0);
  }
}

/** The input of batch number `ordinal`, where it lies. */
export function fedTensor({ dtype, shape, ring = [] }: FedInput, ordinal: number): HostTensor {
  return { dtype, shape, data: viewBytes(dtype, new Uint8Array(at(ring, ordinal % ringSteps))) };
}
