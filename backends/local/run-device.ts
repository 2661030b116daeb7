/** One device, from loading to its report, wherever it runs: in a worker thread (`device.ts`) or a process (`process.ts`). */
import { availableParallelism } from "node:os";
import { deviceCount } from "../../src/ir/layout.ts";
import type { CreateBackend } from "../../src/plan/backend.ts";
import { range } from "../../src/support/collections.ts";
import { SharedCommunicator } from "./communicator.ts";
import { diagnosticsOf } from "./describe.ts";
import { layOutExchange } from "./exchange.ts";
import { awaitBatch } from "./feed.ts";
import type { DeviceMessage, GroupJob } from "./job.ts";
import {
  barrier,
  batchWord,
  Cancelled,
  DeviceState,
  firstExchangeWord,
  type SharedMemory,
} from "./shared.ts";
import { Walker } from "./walker.ts";

export interface DeviceData {
  readonly job: GroupJob;
  readonly rank: number;
  readonly shared: SharedMemory;
}

/** What a process gets: its memory is in a file, or it meets the others at sockets. */
export type ProcessData = Omit<DeviceData, "shared">;

/**
 * In a process, after the standard streams and the channel of messages: the file of the memory, or the pipe that takes its states. A
 * state is written before the device goes on, so that it is known whatever ends the process then.
 */
export const memoryDescriptor = 4;

/** Looks before a device sleeps at a barrier: sleeping and waking cost 30 us, a look some ns. */
const spinsWhereCoresAreFree = 2000;

/**
 * `post` hands a message to the process of the run; a promise that it gives is awaited before a step begins. `report` tells it of every
 * state, where it does not see the device's memory.
 */
export async function runDevice(
  { job, rank, shared }: DeviceData,
  post: (message: DeviceMessage) => void | Promise<void>,
  report?: (state: Int32Array) => void,
): Promise<void> {
  const words = new Int32Array(shared.control);
  const state = new DeviceState(words, rank, report);
  const ranks = deviceCount(job.plan.mesh);
  const exchange = layOutExchange(job.plan, job.plan.microbatches, firstExchangeWord(ranks));
  // One thread carries what another one waits for, where sockets do.
  const threads = shared.outlet === undefined ? ranks : 2 * ranks;
  const spins = threads <= availableParallelism() ? spinsWhereCoresAreFree : 0;
  const communicator = new SharedCommunicator(job.plan, exchange, shared, state, rank, spins);
  try {
    state.enter("loading");
    const { createBackend } = (await import(job.backend)) as { readonly createBackend: CreateBackend };
    const backend = await createBackend(
      { ...job.backendOptions, rank },
      (note) => void post({ kind: "note", note }),
    );
    const walker = new Walker(job, rank, backend, communicator, state, {
      loaded: () => void post({ kind: "loaded", rank }),
      step: (step) => post({ kind: "step", rank, step }),
      batch: (ordinal) => awaitBatch(words, batchWord(exchange, ranks), ordinal),
      output: (shard) => void post({ kind: "output", shard }),
      trained: (shard) => void post({ kind: "trained", shard }),
    });
    try {
      await walker.load();
      state.enter("ready");
      barrier(shared, exchange.controlWords, range(ranks), rank, 0);
      const report = await walker.run();
      state.enter("done");
      await walker.close();
      await post({ kind: "report", report });
    } catch (error) {
      throw walker.explain(error);
    }
  } catch (error) {
    if (error instanceof Cancelled) {
      await post({ kind: "cancelled", rank });
      return;
    }
    state.enter("failed");
    await post({ kind: "failed", rank, diagnostics: diagnosticsOf(error, rank) });
  }
}
