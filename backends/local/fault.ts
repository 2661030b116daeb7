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
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      return;
    case "exhaust-memory": {
      const kept: string[][] = [];
      for (;;) kept.push(new Array<string>(1 << 16).fill("x"));
    }
    case "abort":
      process.abort();
  }
}
