/** One device, from loading to its report, wherever it runs: in a worker thread (`device.ts`) or a process (`process.ts`). */
import { availableParallelism } from "node:os";
import { deviceCount } from "../../src/ir/layout.ts";
import type { CreateBackend } from "../../src/plan/backend.ts";
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

/** What a process gets: its memory is in a file. */
export type ProcessData = Omit<DeviceData, "shared">;

/** Looks before a device sleeps at a barrier: sleeping and waking cost 30 us, a look some ns. */
const spinsWhereCoresAreFree = 2000;

/** `post` hands a message to the process of the run; a promise that it gives is awaited before a step begins. */
export async function runDevice(
  { job, rank, shared }: DeviceData,
  post: (message: DeviceMessage) => void | Promise<void>,
): Promise<void> {
  const words = new Int32Array(shared.control);
  const state = new DeviceState(words, rank);
  const ranks = deviceCount(job.plan.mesh);
  const exchange = layOutExchange(job.plan, job.plan.microbatches, firstExchangeWord(ranks));
  const spins = ranks <= availableParallelism() ? spinsWhereCoresAreFree : 0;
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
      batch: (ordinal) => awaitBatch(words, batchWord(exchange), ordinal),
      output: (shard) => void post({ kind: "output", shard }),
      trained: (shard) => void post({ kind: "trained", shard }),
    });
    try {
      await walker.load();
      state.enter("ready");
      barrier(words, exchange.controlWords, ranks, 0);
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
