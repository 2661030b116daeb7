/** Entry of a worker thread that is one device. */
import { parentPort, workerData } from "node:worker_threads";
import { present } from "../../src/support/assert.ts";
import { runDevice, type DeviceData } from "./run-device.ts";

const port = present(parentPort, "a device runs in a worker thread");
await runDevice(workerData as DeviceData, (message) => port.postMessage(message));
