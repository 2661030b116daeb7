/**
 * What a device holds of a stage's values: on the host, in the backend, or both; known by slot and micro-batch, but for what there
 * is once in a step. Counts the bytes of "value" slots, and gives arrays back to the communicator that they came from.
 */
import type { Backend, HostTensor } from "../../src/plan/backend.ts";
import type { StagePlan } from "../../src/plan/plan.ts";
import { present } from "../../src/support/assert.ts";
import { at } from "../../src/support/collections.ts";
import type { DeviceCommunicator } from "./communicator.ts";
import { slotsPerStep } from "./stage-actions.ts";
import type { Tally } from "./tally.ts";

/** A value that is alive. */
export interface Held<T> {
  host?: HostTensor;
  device?: T;
  readonly bytes: number;
  /** Whether the host array goes back to the communicator. */
  readonly pooled: boolean;
}

/** A value that is on the host and whose bytes do not count. */
export function heldOnHost<T>(host: HostTensor): Held<T> {
  return { host, bytes: 0, pooled: false };
}

export class HeldValues<T> {
  readonly #stage: StagePlan;
  readonly #backend: Backend<T>;
  readonly #communicator: DeviceCommunicator;
  readonly #tally: Tally;
  readonly #perStep: ReadonlySet<number>;
  /** By slot and micro-batch (see `#key`). */
  readonly #held = new Map<number, Held<T>>();

  constructor(stage: StagePlan, backend: Backend<T>, communicator: DeviceCommunicator, tally: Tally) {
    this.#stage = stage;
    this.#backend = backend;
    this.#communicator = communicator;
    this.#tally = tally;
    this.#perStep = slotsPerStep(stage);
  }

  find(slot: number, microbatch: number): Held<T> | undefined {
    return this.#held.get(this.#key(slot, microbatch));
  }

  hold(slot: number, microbatch: number, held: Held<T>): void {
    this.#held.set(this.#key(slot, microbatch), held);
    if (at(this.#stage.slots, slot).kind === "value") this.#tally.add(held.bytes);
  }

  drop(slot: number, microbatch: number): void {
    const held = this.#remove(slot, microbatch);
    if (held !== undefined) this.release(held);
  }

  /** Takes a value out for another use. */
  take(slot: number, microbatch: number): Held<T> | undefined {
    return this.#remove(slot, microbatch);
  }

  /** Drops what was made of sources for a micro-batch. */
  dropSources(microbatch: number): void {
    const { slots } = this.#stage;
    for (const key of this.#held.keys()) {
      const slot = key % slots.length;
      if (at(slots, slot).kind === "value") continue;
      if (Math.floor(key / slots.length) === microbatch) this.drop(slot, microbatch);
    }
  }

  release(held: Held<T>): void {
    this.forgetDevice(held);
    if (held.pooled && held.host !== undefined) this.#communicator.recycle(held.host.dtype, held.host.data);
  }

  /** Frees the backend's copy. */
  forgetDevice(held: Held<T>): void {
    if (held.device !== undefined) this.#backend.free(held.device);
    delete held.device;
  }

  onDevice(held: Held<T>): T {
    if (held.device !== undefined) return held.device;
    held.device = this.#tally.copying(() => this.#backend.upload(present(held.host, "value is nowhere")));
    this.#tally.toDevice++;
    return held.device;
  }

  async onHost(held: Held<T>): Promise<HostTensor> {
    if (held.host !== undefined) return held.host;
    const start = performance.now();
    held.host = await this.#backend.download(present(held.device, "value is nowhere"));
    this.#tally.toHost++;
    this.#tally.copySeconds += (performance.now() - start) / 1000;
    return held.host;
  }

  /** What there is once in a step counts as the first micro-batch's. */
  #key(slot: number, microbatch: number): number {
    return (this.#perStep.has(slot) ? 0 : microbatch) * this.#stage.slots.length + slot;
  }

  #remove(slot: number, microbatch: number): Held<T> | undefined {
    const key = this.#key(slot, microbatch);
    const held = this.#held.get(key);
    if (held === undefined) return undefined;
    this.#held.delete(key);
    if (at(this.#stage.slots, slot).kind === "value") this.#tally.add(-held.bytes);
    return held;
  }
}
