/**
 * Entry of the thread that carries a device's messages over sockets, while the device computes or sleeps. It ends the process where it
 * cannot go on, or where the process above is gone: the device may be in a call that does not come back.
 */
import { writeSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import type { Box } from "../../src/sbp/geometry.ts";
import { present } from "../../src/support/assert.ts";
import { range } from "../../src/support/collections.ts";
import type { Place } from "./exchange.ts";
import { Links, type Meeting } from "./links.ts";
import type { SharedMemory } from "./shared.ts";

export interface CarrierData {
  readonly rank: number;
  readonly meeting: Meeting;
  readonly shared: SharedMemory;
}

export type CarrierOrder =
  | {
      readonly kind: "word";
      readonly ranks: readonly number[];
      readonly index: number;
      readonly value: number;
    }
  | {
      readonly kind: "put";
      readonly ranks: readonly number[];
      readonly place: Place;
      readonly elementBytes: number;
      readonly whole: Box;
      readonly region: Box;
    }
  /** Ends the thread when everything is sent. */
  | { readonly kind: "close" };

const port = present(parentPort, "a carrier runs in a worker thread");
const { rank, meeting, shared } = workerData as CarrierData;
const links = new Links(rank, meeting, shared, () => undefined);

function endProcess(): void {
  process.kill(process.pid, "SIGKILL");
}

process.on("uncaughtException", (error) => {
  writeSync(2, `Error in the exchange over sockets: ${error.message}\n`);
  endProcess();
});

port.on("message", (order: CarrierOrder) => {
  switch (order.kind) {
    case "word":
      links.word(order.ranks, order.index, order.value);
      return;
    case "put":
      links.put(order.ranks, order.place, order.elementBytes, order.whole, order.region);
      return;
    case "close":
      void links.close().then(() => process.exit(0));
  }
});

await links.listen();
const above = meeting.paths.length - 1;
const others = range(above).filter((other) => other !== rank);
// What becomes of another device is for the process above to find out.
await Promise.all(others.map((other) => links.connect(other, () => undefined)));
await links.connect(above, endProcess);
port.postMessage("joined");
