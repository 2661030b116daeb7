/**
 * Memory that processes share: a file, mapped by each of them through the optional package `koffi`.
 *
 * The file is made in memory (/dev/shm) where that has room, else among temporary files; its name is removed before anything is
 * written, and children inherit the open file: whatever ends, nothing is left. All of it is written once, so that a full disk is
 * an error here and not a fault in a device.
 *
 * Waiting: on Linux a process sleeps on a word of the file by futex, as a thread does by Atomics.wait, and is woken at once.
 * Elsewhere it looks every 100 us. Measured on two cores, two processes: a barrier takes 16 us asleep, 0.7 us between threads that
 * spin; a call of wake costs 2.3 us.
 */
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as Koffi from "koffi";
import { fail } from "../../src/diagnostics/diagnostic.ts";
import { product } from "../../src/support/collections.ts";
import { bytesOf } from "../../src/ir/types.ts";
import { layOutExchange } from "./exchange.ts";
import { ringSteps, type FedInput } from "./feed.ts";
import type { GroupJob } from "./job.ts";
import { controlBytes, firstExchangeWord, setSleeper, type SharedMemory } from "./shared.ts";
import { deviceCount } from "../../src/ir/layout.ts";

/** Where the parts of a job's shared memory lie in the file; the same for everyone who has the job. */
interface MappingLayout {
  readonly control: Region;
  readonly arenas: readonly Region[];
  /** Rings of the inputs that are fed, by name. */
  readonly rings: ReadonlyMap<string, readonly Region[]>;
  readonly bytes: number;
}

interface Region {
  readonly offset: number;
  readonly bytes: number;
}

export interface Mapped {
  readonly shared: SharedMemory;
  /** The job with the memory of its fed inputs. */
  readonly job: GroupJob;
}

const page = 4096;

function layOutMapping({ plan, inputs }: GroupJob): MappingLayout {
  const ranks = deviceCount(plan.mesh);
  let bytes = 0;
  const take = (size: number): Region => {
    const offset = bytes;
    bytes += Math.ceil(size / page) * page;
    return { offset, bytes: size };
  };
  const exchange = layOutExchange(plan, plan.microbatches, firstExchangeWord(ranks));
  const control = take(controlBytes(exchange, ranks));
  const arenas = exchange.arenas.map((arena) => take(arena.bytes));
  const rings = new Map<string, Region[]>();
  for (const [name, input] of inputs) {
    if (!("kind" in input) || input.kind !== "fed") continue;
    const size = bytesOf(input.dtype, product(input.shape));
    rings.set(
      name,
      Array.from({ length: ringSteps }, () => take(size)),
    );
  }
  return { control, arenas, rings, bytes };
}

/** Makes the file of a job; its descriptor is to be closed once every child has it. Errors: backend-missing, no-shared-memory. */
export function createMappedFile(job: GroupJob): number {
  requireMapping();
  const { bytes } = layOutMapping(job);
  const problems: string[] = [];
  for (const folder of ["/dev/shm", tmpdir()]) {
    let file: number | undefined;
    try {
      const { bavail, bsize } = statfsSync(folder);
      if (bavail * bsize < bytes) throw new Error(`${folder} has ${bavail * bsize} bytes free`);
      const scratch = mkdtempSync(join(folder, "sbpc-"));
      try {
        file = openSync(join(scratch, "exchange"), "wx+", 0o600);
      } finally {
        rmSync(scratch, { recursive: true, force: true });
      }
      writeZeros(file, bytes);
      return file;
    } catch (error) {
      if (file !== undefined) closeSync(file);
      problems.push((error as Error).message);
    }
  }
  return fail("no-shared-memory", { bytes, problem: problems.join("; ") });
}

function writeZeros(file: number, bytes: number): void {
  ftruncateSync(file, bytes);
  const zeros = new Uint8Array(1 << 20);
  for (let done = 0; done < bytes;)
    done += writeSync(file, zeros, 0, Math.min(zeros.length, bytes - done), done);
}

/** Why processes cannot map a file here; undefined where they can. */
export function mappingProblem(): string | undefined {
  if (process.platform === "win32") return "Windows has no mmap";
  try {
    loadKoffi();
    return undefined;
  } catch (error) {
    return (error as Error).message.split("\n")[0];
  }
}

/** Error: backend-missing, where processes cannot share memory here. */
function requireMapping(): void {
  const problem = mappingProblem();
  if (problem !== undefined)
    fail("backend-missing", {
      backend: "memory shared by processes",
      problem,
      remedy: "Run: npm install koffi, or let the processes of devices exchange data by sockets.",
    });
}

function loadKoffi(): typeof Koffi {
  return createRequire(import.meta.url)("koffi") as typeof Koffi;
}

/** Maps the file of a job into this process, for as long as it lives. */
export function mapFile(file: number, job: GroupJob): Mapped {
  const koffi = loadKoffi();
  const layout = layOutMapping(job);
  const library = koffi.load(process.platform === "darwin" ? "libSystem.B.dylib" : "libc.so.6");
  const map = library.func("mmap", "void *", ["void *", "size_t", "int", "int", "int", "int64_t"]) as (
    ...args: readonly (number | null)[]
  ) => bigint;
  const [readWrite, mapShared] = [3, 1];
  const address = map(null, layout.bytes, readWrite, mapShared, file, 0);
  if (address === 0xffff_ffff_ffff_ffffn || address === -1n)
    fail("no-shared-memory", { bytes: layout.bytes, problem: "the file cannot be mapped" });
  const view = ({ offset, bytes }: Region): ArrayBuffer => koffi.view(address + BigInt(offset), bytes);
  const control = view(layout.control);
  if (process.platform === "linux") sleepByFutex(library, control);
  else sleepByLooking(control);
  const inputs = [...job.inputs].map(([name, input]): [string, typeof input] => {
    const ring = layout.rings.get(name);
    return [name, ring === undefined ? input : { ...(input as FedInput), ring: ring.map(view) }];
  });
  return {
    shared: {
      control,
      arenas: layout.arenas.map((region) => ({ kind: "plain", buffer: view(region) })),
    },
    job: { ...job, inputs: new Map(inputs) },
  };
}

/** Number of the system call, by processor. */
const futexCall: Readonly<Record<string, number>> = { x64: 202, arm64: 98, riscv64: 98, loong64: 98 };

function sleepByFutex(library: ReturnType<typeof Koffi.load>, control: ArrayBuffer): void {
  const number = futexCall[process.arch];
  if (number === undefined) return sleepByLooking(control);
  const call = library.func("syscall", "long", [
    "long",
    "void *",
    "int",
    "int",
    "void *",
    "void *",
    "int",
  ]) as (...args: readonly unknown[]) => number;
  const [wait, wake, everyone] = [0, 1, 2 ** 31 - 1];
  const duration = new BigInt64Array(2);
  setSleeper(control, {
    sleep: (words, index, value, milliseconds) => {
      duration[0] = BigInt(Math.floor(milliseconds / 1000));
      duration[1] = BigInt(Math.round((milliseconds % 1000) * 1e6));
      call(number, words.subarray(index, index + 1), wait, value, duration, null, 0);
    },
    wake: (words, index) =>
      void call(number, words.subarray(index, index + 1), wake, everyone, null, null, 0),
  });
}

/** Between two looks of a process that cannot be woken. */
const lookMilliseconds = 0.1;

function sleepByLooking(control: ArrayBuffer): void {
  const never = new Int32Array(new SharedArrayBuffer(4));
  setSleeper(control, {
    sleep: (words, index, value, milliseconds) => {
      const end = performance.now() + milliseconds;
      while (Atomics.load(words, index) === value && performance.now() < end)
        Atomics.wait(never, 0, 0, lookMilliseconds);
    },
    wake: () => undefined,
  });
}

/** Ends this process with its parent's, on Linux, even while it is in a call of a library. */
export function dieWithParent(): void {
  if (process.platform !== "linux" || mappingProblem() !== undefined) return;
  const [setDeathSignal, kill] = [1, 9];
  const library = loadKoffi().load("libc.so.6");
  const control = library.func("prctl", "int", ["int", "long", "long", "long", "long"]) as (
    ...args: readonly number[]
  ) => number;
  control(setDeathSignal, kill, 0, 0, 0);
}
