/** When a device did what: stamps of every action, on a clock that the devices share. */
import type { ActionStamp } from "./job.ts";

/** Seconds on a clock that the threads of a process share. */
export function now(): number {
  return (performance.timeOrigin + performance.now()) / 1000;
}

export class Recorder {
  readonly stamps: ActionStamp[] = [];
  #start = 0;

  begin(): void {
    this.#start = now();
  }

  /** The action that began last is done; `alive` are the bytes of values between segments that are held. */
  end(step: number, stage: number, microbatch: number, action: number, alive: number): void {
    this.stamps.push({ step, stage, microbatch, action, start: this.#start, end: now(), alive });
  }
}
