/**
 * The memory of a run's devices as the process above them has it, and how a device is started in it: a thread in shared memory; a
 * process in a mapped file; or a process with a memory of its own, that sockets keep equal.
 */
import { closeSync } from "node:fs";
import { fail } from "../../src/diagnostics/diagnostic.ts";
import { deviceCount } from "../../src/ir/layout.ts";
import type { Exchange } from "./exchange.ts";
import { withRing } from "./feed.ts";
import { startProcess, startThread, type HostEvents } from "./hosts.ts";
import type { GroupJob } from "./job.ts";
import type { Meeting } from "./links.ts";
import { createMappedFile, mapFile } from "./mapping.ts";
import { allocateShared, DeviceState, type SharedMemory } from "./shared.ts";
import { meetBySockets } from "./socket-memory.ts";

export interface GroupMemory {
  /** The job with what of it lies in memory that devices share. */
  readonly job: GroupJob;
  readonly shared: SharedMemory;
  start(rank: number, events: HostEvents): void;
  /** Called once every device was started. */
  started(): void;
  /** Ends the devices that are still there and would not see that this process ends. */
  close(): void;
}

/** Makes the memory of a job. Errors: backend-missing, no-shared-memory. */
export function shareMemory(received: GroupJob, exchange: Exchange): GroupMemory {
  const { processes, meeting } = received;
  if (processes !== true) return ofThreads(received, exchange);
  return meeting === undefined ? inMappedFile(received) : overSockets(received, meeting);
}

function ofThreads(received: GroupJob, exchange: Exchange): GroupMemory {
  try {
    const job = shareBytes(received);
    const shared = allocateShared(exchange, deviceCount(job.plan.mesh));
    return {
      job,
      shared,
      start: (rank, events) => startThread({ job, rank, shared }, events),
      started: () => undefined,
      close: () => undefined,
    };
  } catch (error) {
    const bytes = exchange.arenas.reduce((n, arena) => n + arena.bytes, 0);
    return fail("no-shared-memory", { bytes, problem: (error as Error).message });
  }
}

function inMappedFile(received: GroupJob): GroupMemory {
  const file = createMappedFile(received);
  return {
    ...mapFile(file, received),
    start: (rank, events) => startProcess({ job: received, rank }, file, events),
    started: () => closeSync(file),
    close: () => undefined,
  };
}

function overSockets(received: GroupJob, meeting: Meeting): GroupMemory {
  const { job, shared, listening, close } = meetBySockets(received, meeting);
  const words = new Int32Array(shared.control);
  return {
    job,
    shared,
    start: (rank, events) => {
      const state = new DeviceState(words, rank);
      listening.then(
        () => startProcess({ job: received, rank }, (words) => state.assign(words), events),
        (error: Error) => events.ended({ problem: error.message }),
      );
    },
    started: () => undefined,
    close,
  };
}

/** Puts what every device reads into shared memory, so that it is there once and not once per device. */
function shareBytes(job: GroupJob): GroupJob {
  const share = (bytes: Uint8Array): Uint8Array => {
    const copy = new Uint8Array(new SharedArrayBuffer(bytes.byteLength));
    copy.set(bytes);
    return copy;
  };
  const inputs = [...job.inputs].map(([name, input]): [string, typeof input] => {
    if ("kind" in input) return [name, input.kind === "fed" ? withRing(input) : input];
    const { data } = input;
    const bytes = share(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    const make = data.constructor as new (buffer: ArrayBufferLike) => typeof data;
    return [name, { ...input, data: new make(bytes.buffer) }];
  });
  return { ...job, plan: { ...job.plan, bodies: job.plan.bodies.map(share) }, inputs: new Map(inputs) };
}
