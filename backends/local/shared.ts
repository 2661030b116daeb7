/**
 * The memory that the devices of a run share: control words, states and arenas; and waiting in it.
 *
 * Every control word is written by one device (or by the process above them) and read by others. So devices that cannot share memory
 * may each have their own, where what one writes is brought to those who read it, in its order.
 */
import type { Box } from "../../src/sbp/geometry.ts";
import { wasm, wasmPage, type WasmMemory } from "./webassembly.ts";
import type { Exchange, Place } from "./exchange.ts";

/** What is handed to every worker. */
export interface SharedMemory {
  /** Shared by threads; or mapped, and then with a sleeper: see `setSleeper`. */
  readonly control: ArrayBufferLike;
  readonly arenas: readonly Arena[];
  /** Where every device has a memory of its own. */
  readonly outlet?: Outlet;
}

/** Brings what is written here to the same place of other devices' memory; to each of them in the order of the calls. */
export interface Outlet {
  word(ranks: readonly number[], index: number, value: number): void;
  /** A region of the array at `place`, which holds the box `whole` and is left as it is until it was read. */
  put(ranks: readonly number[], place: Place, elementBytes: number, whole: Box, region: Box): void;
}

export type Arena =
  | { readonly kind: "wasm"; readonly memory: WasmMemory }
  | { readonly kind: "plain"; readonly buffer: ArrayBufferLike };

/** Words per device in front of the exchange's control words; see DeviceState. */
export const stateWords = 8;
/** Word 0 is not 0 once the run has been given up. */
const headWords = 2;

export function firstExchangeWord(ranks: number): number {
  return headWords + ranks * stateWords;
}

/** The word that counts batches: after the barrier of all devices, which follows the exchange's words. */
export function batchWord(exchange: Exchange, ranks: number): number {
  return exchange.controlWords + ranks;
}

export function controlBytes(exchange: Exchange, ranks: number): number {
  return 4 * (batchWord(exchange, ranks) + 1);
}

export function allocateShared(exchange: Exchange, ranks: number): SharedMemory {
  return {
    control: new SharedArrayBuffer(controlBytes(exchange, ranks)),
    arenas: exchange.arenas.map(({ bytes, simd }): Arena => {
      if (!simd) return { kind: "plain", buffer: new SharedArrayBuffer(bytes) };
      const pages = Math.max(1, Math.ceil(bytes / wasmPage));
      return { kind: "wasm", memory: new wasm.Memory({ initial: pages, maximum: pages, shared: true }) };
    }),
  };
}

export function arenaBuffer(arena: Arena): ArrayBufferLike {
  return arena.kind === "wasm" ? arena.memory.buffer : arena.buffer;
}

/** Thrown in a device whose run another one, or the supervisor, has given up. */
export class Cancelled extends Error {
  override readonly name = "Cancelled";
}

/** What a device is doing. */
export const phases = [
  "starting",
  "loading",
  "ready",
  "segment",
  "collective",
  "receive",
  "send",
  "accumulate",
  "assign",
  "done",
  "failed",
] as const;
export type Phase = (typeof phases)[number];

export interface StateView {
  readonly phase: Phase;
  readonly step: number;
  readonly stage: number;
  readonly microbatch: number;
  /** Index of the action in the stage's list. */
  readonly action: number;
  /** Barriers passed in this action. */
  readonly round: number;
}

/** One device's published state. Written by the device, read by the watchdog. */
export class DeviceState {
  readonly #words: Int32Array;
  readonly #at: number;
  readonly #report: ((state: Int32Array) => void) | undefined;

  /** `report`: tells a watchdog that does not see these words of every change. */
  constructor(words: Int32Array, rank: number, report?: (state: Int32Array) => void) {
    this.#words = words;
    this.#at = headWords + rank * stateWords;
    this.#report = report;
  }

  /** Takes over what the device reported. */
  assign(state: Int32Array): void {
    this.#words.set(state, this.#at);
  }

  /** Changes with everything that the device does. */
  get beat(): number {
    return Atomics.load(this.#words, this.#at);
  }

  tick(): void {
    Atomics.add(this.#words, this.#at, 1);
    this.#report?.(this.#words.subarray(this.#at, this.#at + stateWords));
  }

  enter(phase: Phase): void {
    Atomics.store(this.#words, this.#at + 1, phases.indexOf(phase));
    this.tick();
  }

  begin(step: number, stage: number, microbatch: number, action: number, phase: Phase): void {
    Atomics.store(this.#words, this.#at + 6, stage);
    Atomics.store(this.#words, this.#at + 2, step);
    Atomics.store(this.#words, this.#at + 3, microbatch);
    Atomics.store(this.#words, this.#at + 4, action);
    Atomics.store(this.#words, this.#at + 5, 0);
    this.enter(phase);
  }

  nextRound(): void {
    Atomics.add(this.#words, this.#at + 5, 1);
    this.tick();
  }

  read(): StateView {
    const word = (i: number) => Atomics.load(this.#words, this.#at + i);
    return {
      phase: phases[word(1)] ?? "starting",
      step: word(2),
      stage: word(6),
      microbatch: word(3),
      action: word(4),
      round: word(5),
    };
  }
}

export function giveUp(shared: SharedMemory, ranks: readonly number[]): void {
  setWord(shared, 0, 1, ranks);
}

export function isGivenUp(words: Int32Array): boolean {
  return Atomics.load(words, 0) !== 0;
}

/** How a process sleeps on a word of memory that it shares with other processes. */
export interface Sleeper {
  /** Returns when the word is not `value`, when it is woken, or when the time is over: the caller looks again. */
  sleep(words: Int32Array, index: number, value: number, milliseconds: number): void;
  wake(words: Int32Array, index: number): void;
}

const sleepers = new WeakMap<ArrayBufferLike, Sleeper>();

/** Says how to sleep on words of a buffer that is not a SharedArrayBuffer: Atomics.wait refuses those. */
export function setSleeper(buffer: ArrayBufferLike, sleeper: Sleeper): void {
  sleepers.set(buffer, sleeper);
}

/** Writes a word, wakes who sleeps on it, and brings it to `readers`. */
export function setWord(
  { control, outlet }: SharedMemory,
  index: number,
  value: number,
  readers: readonly number[],
): void {
  const words = new Int32Array(control);
  Atomics.store(words, index, value);
  wake(words, index);
  outlet?.word(readers, index, value);
}

/** Wakes who sleeps on a word. */
function wake(words: Int32Array, index: number): void {
  const sleeper = sleepers.get(words.buffer);
  if (sleeper === undefined) Atomics.notify(words, index);
  else sleeper.wake(words, index);
}

/** How long a sleeping device goes without looking whether the run was given up. */
const lookAroundMilliseconds = 50;

/** Waits until the word at `index` is not `value`: looks `spins` times, then sleeps. */
export function waitWhile(words: Int32Array, index: number, value: number, spins: number): void {
  const sleeper = sleepers.get(words.buffer);
  for (let i = 0; i < spins; i++) if (Atomics.load(words, index) !== value) return;
  while (Atomics.load(words, index) === value) {
    if (isGivenUp(words)) throw new Cancelled("the run was given up");
    if (sleeper === undefined) Atomics.wait(words, index, value, lookAroundMilliseconds);
    else sleeper.sleep(words, index, value, lookAroundMilliseconds);
  }
}

/**
 * Waits for `members` at the barrier whose words, one per member, are at `index`; `position` is the own one. Each member counts in
 * its word how often it came, and goes on once nobody else came less often. The counts wrap.
 */
export function barrier(
  shared: SharedMemory,
  index: number,
  members: readonly number[],
  position: number,
  spins: number,
): void {
  if (members.length < 2) return;
  const words = new Int32Array(shared.control);
  const own = (Atomics.load(words, index + position) + 1) | 0;
  setWord(
    shared,
    index + position,
    own,
    members.filter((_, member) => member !== position),
  );
  for (let member = 0; member < members.length; member++) {
    for (;;) {
      const count = Atomics.load(words, index + member);
      if (((count - own) | 0) >= 0) break;
      waitWhile(words, index + member, count, spins);
    }
  }
}
