/** A device that runs every collective of a plan on given shards, several times over and in buckets, and gives what it got. */
import { parentPort, workerData } from "node:worker_threads";
import { SharedCommunicator } from "../../../backends/local/communicator.ts";
import { layOutExchange, type ExchangePlan } from "../../../backends/local/exchange.ts";
import type { GroupJob } from "../../../backends/local/job.ts";
import type { Meeting } from "../../../backends/local/links.ts";
import { DeviceState, firstExchangeWord, type SharedMemory } from "../../../backends/local/shared.ts";
import { joinBySockets } from "../../../backends/local/socket-memory.ts";
import { deviceCount } from "../../../src/ir/layout.ts";
import type { HostTensor } from "../../../src/plan/backend.ts";
import { boxElements } from "../../../src/sbp/geometry.ts";
import { at } from "../../../src/support/collections.ts";

export interface CollectiveData {
  readonly plan: ExchangePlan;
  /** The memory that the devices share, or where they meet: then each has its own. */
  readonly memory: SharedMemory | Meeting;
  readonly rank: number;
  /** Per boxing. */
  readonly shards: readonly HostTensor[];
  readonly rounds: number;
  /** Collectives that run together; all are in one. */
  readonly buckets: readonly (readonly number[])[];
}

export interface CollectiveResult {
  readonly rank: number;
  readonly outputs: readonly HostTensor[];
  readonly bytes: readonly number[];
  /** Bytes that it sent in a round, where memory is not shared. */
  readonly sent: number;
  /** How often devices waited for one another in a round. */
  readonly barriers: number;
  /** Least milliseconds per bucket: what the machine's other work did not delay. */
  readonly milliseconds: readonly number[];
}

const { plan, memory, rank, shards, rounds, buckets } = workerData as CollectiveData;
const ranks = deviceCount(plan.mesh);
const job = { plan: { ...plan, microbatches: 1 }, inputs: new Map() } as unknown as GroupJob;
const joined = "paths" in memory ? await joinBySockets(job, rank, memory) : undefined;
let sent = 0;
const shared = joined === undefined ? (memory as SharedMemory) : counting(joined.shared);

/** Counts what goes out. */
function counting(own: SharedMemory): SharedMemory {
  const { outlet } = own;
  if (outlet === undefined) return own;
  return {
    ...own,
    outlet: {
      word: (...word) => outlet.word(...word),
      put: (readers, place, elementBytes, whole, region) => {
        sent += readers.length * elementBytes * boxElements(region);
        outlet.put(readers, place, elementBytes, whole, region);
      },
    },
  };
}
const exchange = layOutExchange(plan, 1, firstExchangeWord(ranks));
const state = new DeviceState(new Int32Array(shared.control), rank);
const communicator = new SharedCommunicator(plan, exchange, shared, state, rank, 2000);
const outputs: HostTensor[] = [];
const times = buckets.map((): number[] => []);
for (let round = 0; round < rounds; round++) {
  for (const [number, bucket] of buckets.entries()) {
    const own = bucket.map((index) => at(shards, index));
    const start = performance.now();
    const made = await communicator.collective(bucket, own);
    times[number]?.push(performance.now() - start);
    made.forEach((output, i) => {
      outputs[at(bucket, i)] = { ...output, data: output.data.slice() };
      communicator.recycle(output.dtype, output.data);
    });
  }
}
const milliseconds = times.map((list) => Math.min(...list));
const result: CollectiveResult = {
  rank,
  outputs,
  bytes: communicator.bytes.map((n) => n / rounds),
  sent: sent / rounds,
  barriers: state.read().round / rounds,
  milliseconds,
};
await joined?.close();
const port = parentPort;
port?.postMessage(result);
