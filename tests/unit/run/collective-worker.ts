/** A device that runs every collective of a plan on given shards, several times over, and gives what it got. */
import { parentPort, workerData } from "node:worker_threads";
import { SharedCommunicator } from "../../../backends/local/communicator.ts";
import { layOutExchange, type ExchangePlan } from "../../../backends/local/exchange.ts";
import { DeviceState, firstExchangeWord, type SharedMemory } from "../../../backends/local/shared.ts";
import { deviceCount } from "../../../src/ir/layout.ts";
import type { HostTensor } from "../../../src/plan/backend.ts";

export interface CollectiveData {
  readonly plan: ExchangePlan;
  readonly shared: SharedMemory;
  readonly rank: number;
  /** Per boxing. */
  readonly shards: readonly HostTensor[];
  readonly rounds: number;
}

export interface CollectiveResult {
  readonly rank: number;
  readonly outputs: readonly HostTensor[];
  readonly bytes: readonly number[];
  /** Least milliseconds per boxing: what the machine's other work did not delay. */
  readonly milliseconds: readonly number[];
}

const { plan, shared, rank, shards, rounds } = workerData as CollectiveData;
const ranks = deviceCount(plan.mesh);
const exchange = layOutExchange(plan, 1, firstExchangeWord(ranks));
const state = new DeviceState(new Int32Array(shared.control), rank);
const communicator = new SharedCommunicator(plan, exchange, shared, state, rank, 2000);
const outputs: HostTensor[] = [];
const times = plan.boxing.map((): number[] => []);
for (let round = 0; round < rounds; round++) {
  for (const [index, shard] of shards.entries()) {
    const start = performance.now();
    const output = await communicator.collective(index, shard);
    times[index]?.push(performance.now() - start);
    outputs[index] = { ...output, data: output.data.slice() };
    communicator.recycle(output.dtype, output.data);
  }
}
const milliseconds = times.map((list) => Math.min(...list));
const result: CollectiveResult = {
  rank,
  outputs,
  bytes: communicator.bytes.map((n) => n / rounds),
  milliseconds,
};
const port = parentPort;
port?.postMessage(result);
