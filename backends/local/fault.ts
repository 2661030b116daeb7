/** Faults on purpose: the tests of supervision ask for them in the job; nothing else does. */
import type { Fault } from "./job.ts";

/** Does what the faults say for this device and action. */
export function injectFault(faults: readonly Fault[], rank: number, action: number): void {
  const fault = faults.find((f) => f.rank === rank && f.action === action);
  if (fault === undefined) return;
  switch (fault.kind) {
    case "throw":
      throw new Error("fault on purpose");
    case "hang":
      hang();
      return;
    case "exhaust-memory": {
      const kept: number[][] = [];
      for (;;) kept.push(new Array<number>(1 << 22).fill(0));
    }
    case "abort":
      // `process.abort` is refused in threads; this is what a native assertion does.
      process.kill(process.pid, "SIGABRT");
      hang();
      return;
    case "kill-process":
      process.kill(process.pid, "SIGKILL");
      hang();
  }
}

function hang(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
