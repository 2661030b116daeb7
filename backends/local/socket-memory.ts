/**
 * Memory of processes that share none: each has a copy of its own, and sockets (Unix domain sockets, on Windows named pipes) bring
 * what one writes to those who read it. A device's copy is shared with its carrier, a thread that owns the sockets: the device
 * waits asleep on its own memory, as threads do, and the carrier wakes it. Nothing of a copy that nobody touches takes memory.
 *
 * The sockets' files lie in a folder of the user's alone, made by the supervisor, and are removed when all have met; or when the
 * supervisor is done with the run, or by the process of the devices, should the supervisor be gone.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deviceCount } from "../../src/ir/layout.ts";
import { range } from "../../src/support/collections.ts";
import type { CarrierData, CarrierOrder } from "./carrier.ts";
import { entryUrl, startWorker } from "./entry.ts";
import { layOutExchange } from "./exchange.ts";
import { withRing, type FedInput } from "./feed.ts";
import type { GroupJob } from "./job.ts";
import { Links, type Meeting } from "./links.ts";
import {
  allocateShared,
  controlBytes,
  firstExchangeWord,
  type Arena,
  type Outlet,
  type SharedMemory,
} from "./shared.ts";

/** A process's copy, and the job with the memory of its fed inputs: arenas after those of the exchange. */
interface Copy {
  readonly shared: SharedMemory;
  readonly job: GroupJob;
}

export interface Joined extends Copy {
  /** Resolves once everything that was sent is on its way. */
  close(): Promise<void>;
}

export interface Met extends Copy {
  /** Resolves once devices may come. */
  readonly listening: Promise<void>;
  /** Ends the devices that are still there. */
  close(): void;
}

/** Where the devices of a run and the process above them meet. */
export function makeMeeting(ranks: number): Meeting {
  const token = randomBytes(16);
  const members = range(ranks + 1);
  if (process.platform === "win32") {
    const name = randomBytes(8).toString("hex");
    return { token, paths: members.map((member) => `\\\\.\\pipe\\sbpc-${name}-${member}`) };
  }
  const folder = mkdtempSync(join(tmpdir(), "sbpc-"));
  return { token, folder, paths: members.map((member) => join(folder, `socket-${member}`)) };
}

/** Removes what the system would keep of it; connections stay. */
export function clearMeeting({ folder }: Meeting): void {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}

function withRings(job: GroupJob, memory: SharedMemory): Copy {
  const arenas: Arena[] = [...memory.arenas];
  const inputs = [...job.inputs].map(([name, input]): [string, typeof input] => {
    if (!("kind" in input) || input.kind !== "fed") return [name, input];
    const fed: FedInput = withRing(input);
    for (const buffer of fed.ring ?? []) arenas.push({ kind: "plain", buffer });
    return [name, fed];
  });
  return { job: { ...job, inputs: new Map(inputs) }, shared: { ...memory, arenas } };
}

/** The memory of the process above the devices: it exchanges nothing itself, and gives batches. */
export function meetBySockets(job: GroupJob, meeting: Meeting): Met {
  const ranks = deviceCount(job.plan.mesh);
  const exchange = layOutExchange(job.plan, job.plan.microbatches, firstExchangeWord(ranks));
  const untouched: Arena = { kind: "plain", buffer: new SharedArrayBuffer(0) };
  const copy = withRings(job, {
    control: new SharedArrayBuffer(controlBytes(exchange, ranks)),
    arenas: exchange.arenas.map(() => untouched),
  });
  process.once("exit", () => clearMeeting(meeting));
  // A device comes here when it is connected with all others.
  const links = new Links(ranks, meeting, copy.shared, (count) => {
    if (count === ranks) clearMeeting(meeting);
  });
  return {
    job: copy.job,
    shared: { ...copy.shared, outlet: links },
    listening: links.listen(),
    close: () => void links.close(),
  };
}

/** The memory of a device's process, once it is connected with all others. */
export async function joinBySockets(job: GroupJob, rank: number, meeting: Meeting): Promise<Joined> {
  const ranks = deviceCount(job.plan.mesh);
  const exchange = layOutExchange(job.plan, job.plan.microbatches, firstExchangeWord(ranks));
  const copy = withRings(job, allocateShared(exchange, ranks));
  const data: CarrierData = { rank, meeting, shared: copy.shared };
  const port = startWorker(entryUrl("carrier"), data);
  const order = (message: CarrierOrder): void => port.postMessage(message);
  await new Promise<void>((resolve, reject) => {
    port.once("message", () => resolve());
    port.once("error", reject);
  });
  const outlet: Outlet = {
    word: (readers, index, value) => {
      if (readers.length > 0) order({ kind: "word", ranks: readers, index, value });
    },
    put: (readers, place, elementBytes, whole, region) => {
      if (readers.length > 0) order({ kind: "put", ranks: readers, place, elementBytes, whole, region });
    },
  };
  return {
    job: copy.job,
    shared: { ...copy.shared, outlet },
    close: () =>
      new Promise((resolve) => {
        port.once("exit", () => resolve());
        order({ kind: "close" });
      }),
  };
}
