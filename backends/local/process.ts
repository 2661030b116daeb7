/** Entry of a process that is one device; it inherits the file of the memory that the devices share, or a pipe for its states. */
import { writeSync } from "node:fs";
import type { DeviceMessage } from "./job.ts";
import { dieWithParent, mapFile } from "./mapping.ts";
import { memoryDescriptor, runDevice, type ProcessData } from "./run-device.ts";
import { joinBySockets } from "./socket-memory.ts";

/** Returns once the message is written: a device that waits in shared memory writes nothing. */
function post(message: DeviceMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) process.exit(1);
    process.send(message, undefined, {}, () => resolve());
  });
}

async function run({ job, rank }: ProcessData): Promise<void> {
  const { meeting } = job;
  if (meeting === undefined) {
    dieWithParent();
    await runDevice({ rank, ...mapFile(memoryDescriptor, job) }, post);
  } else {
    const { close, ...memory } = await joinBySockets(job, rank, meeting);
    await runDevice({ rank, ...memory }, post, (state) => void writeSync(memoryDescriptor, state));
    await close();
  }
  process.exit(0);
}

process.once("disconnect", () => process.exit(1));
process.once("message", (data) => void run(data as ProcessData));
