/** Where a device runs: a worker thread, or a process of its own. Both say the same of how they fare. */
import { fork } from "node:child_process";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { errorLines } from "./child.ts";
import { entryFlags, entryUrl, heapMegabytes, startWorker } from "./entry.ts";
import type { DeviceMessage } from "./job.ts";
import { memoryDescriptor, type DeviceData, type ProcessData } from "./run-device.ts";
import { stateWords } from "./shared.ts";

export interface HostEvents {
  message(message: DeviceMessage): void;
  /** It ended: too early, where it has not reported; then a `signal` or `problem` says by what. */
  ended(how: { readonly signal?: string; readonly problem?: string; readonly code?: number | null }): void;
}

export function startThread(data: DeviceData, events: HostEvents): void {
  let problem: string | undefined;
  const worker = startWorker(entryUrl("device"), data);
  worker.on("message", (message: DeviceMessage) => events.message(message));
  worker.on("error", (error: Error) => (problem = error.message));
  worker.on("exit", (code) => events.ended(problem === undefined ? { code } : { code, problem }));
}

/** Last bytes of standard error that are looked at. */
const quoted = 4000;

/**
 * `memory` is the open file that devices share, or takes the states that the device reports, which shares none. The process is killed
 * when this one exits.
 */
export function startProcess(
  data: ProcessData,
  memory: number | ((state: Int32Array) => void),
  events: HostEvents,
): void {
  const entry = entryUrl("process");
  const { environments = [] } = data.job;
  const child = fork(fileURLToPath(entry), [], {
    env: { ...process.env, ...environments[data.rank % environments.length] },
    serialization: "advanced",
    execArgv: [...entryFlags(entry), `--max-old-space-size=${heapMegabytes}`],
    // The child's descriptors are numbered in this order.
    stdio: ["ignore", "ignore", "pipe", "ipc", typeof memory === "number" ? memory : "pipe"],
  });
  if (typeof memory !== "number") readStates(child.stdio[memoryDescriptor] as Readable, memory);
  let stderr = "";
  let problem: string | undefined;
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-quoted);
  });
  child.on("message", (message) => events.message(message as DeviceMessage));
  child.on("error", (error) => (problem = error.message));
  child.on("close", (code, signal) => {
    process.removeListener("exit", kill);
    const said = problem ?? (code === 0 ? "" : errorLines(stderr));
    events.ended({
      code,
      ...(said === "" ? {} : { problem: said }),
      ...(signal === null ? {} : { signal }),
    });
  });
  child.send(data);
}

/** Hands over the newest of the states that come through a pipe. */
function readStates(pipe: Readable, take: (state: Int32Array) => void): void {
  const bytes = Int32Array.BYTES_PER_ELEMENT * stateWords;
  let kept = new Uint8Array(0);
  pipe.on("data", (chunk: Uint8Array) => {
    const all = new Uint8Array(kept.length + chunk.length);
    all.set(kept);
    all.set(chunk, kept.length);
    const end = all.length - (all.length % bytes);
    if (end > 0) take(new Int32Array(all.buffer, end - bytes, stateWords));
    kept = all.slice(end);
  });
}
