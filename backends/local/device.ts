/** Entry of a worker thread: one device, from loading to its report. */
import { availableParallelism } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { deviceCount } from "../../src/ir/layout.ts";
import type { CreateBackend } from "../../src/plan/backend.ts";
import { present } from "../../src/support/assert.ts";
import { SharedCommunicator } from "./communicator.ts";
import { diagnosticsOf } from "./describe.ts";
import { layOutExchange } from "./exchange.ts";
import type { DeviceMessage, GroupJob } from "./job.ts";
import { barrier, Cancelled, DeviceState, firstExchangeWord, type SharedMemory } from "./shared.ts";
import { Walker } from "./walker.ts";

export interface DeviceData {
  readonly job: GroupJob;
  readonly rank: number;
  readonly shared: SharedMemory;
}

const port = present(parentPort, "a device runs in a worker thread");
const post = (message: DeviceMessage): void => port.postMessage(message);

/** Looks before a device sleeps at a barrier: sleeping and waking cost 30 us, a look some ns. */
const spinsWhereCoresAreFree = 2000;

const { job, rank, shared } = workerData as DeviceData;
const words = new Int32Array(shared.control);
const state = new DeviceState(words, rank);
const ranks = deviceCount(job.plan.mesh);
const exchange = layOutExchange(job.plan, job.plan.microbatches, firstExchangeWord(ranks));
const spins = ranks <= availableParallelism() ? spinsWhereCoresAreFree : 0;
const communicator = new SharedCommunicator(job.plan, exchange, shared, state, rank, spins);

async function main(): Promise<void> {
  state.enter("loading");
  const { createBackend } = (await import(job.backend)) as { readonly createBackend: CreateBackend };
  const backend = await createBackend(job.backendOptions);
  const walker = new Walker(job, rank, backend, communicator, state, {
    loaded: () => post({ kind: "loaded", rank }),
    step: (step) => post({ kind: "step", rank, step }),
    output: (shard) => post({ kind: "output", shard }),
  });
  try {
    await walker.load();
    state.enter("ready");
    barrier(words, exchange.controlWords, ranks, 0);
    const report = await walker.run();
    state.enter("done");
    await walker.close();
    post({ kind: "report", report });
  } catch (error) {
    throw walker.explain(error);
  }
}

function finishWith(error: unknown): void {
  if (error instanceof Cancelled) {
    post({ kind: "cancelled", rank });
    return;
  }
  state.enter("failed");
  post({ kind: "failed", rank, diagnostics: diagnosticsOf(error, rank) });
}

await main().catch(finishWith);
