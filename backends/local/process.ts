/** Entry of a process that is one device; it inherits the file of the memory that the devices share. */
import type { DeviceMessage } from "./job.ts";
import { dieWithParent, mapFile, mappedFileDescriptor } from "./mapping.ts";
import { runDevice, type ProcessData } from "./run-device.ts";

/** Returns once the message is written: a device that waits in shared memory writes nothing. */
function post(message: DeviceMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) process.exit(1);
    process.send(message, undefined, {}, () => resolve());
  });
}

process.once("disconnect", () => process.exit(1));
process.once("message", (data) => {
  dieWithParent();
  const { job, rank } = data as ProcessData;
  const mapped = mapFile(mappedFileDescriptor, job);
  void runDevice({ rank, ...mapped }, post).then(() => process.exit(0));
});
