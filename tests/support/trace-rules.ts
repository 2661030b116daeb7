/**
 * What Perfetto's trace processor asks of the JSON form of traces: slices of a thread nest or do not overlap, arrows have both
 * ends, each on a slice, and lead forward in time; counters are numbers. Throws where something is not so.
 */
import { expect } from "vitest";
import type { TraceDocument, TraceEvent } from "../../src/inspect/trace.ts";
import { groupBy } from "../../src/support/collections.ts";

/** Times are rounded to nanoseconds, in microseconds. */
const rounding = 1e-6;

export function checkTrace({ traceEvents }: TraceDocument): { readonly end: number; readonly flows: number } {
  const slices = traceEvents.filter(({ ph }) => ph === "X");
  expect(slices.length).toBeGreaterThan(0);
  const threads = groupBy(slices, ({ pid, tid }) => `${pid} ${tid}`);
  for (const [thread, list] of threads) {
    expect(
      traceEvents.some(
        ({ ph, name, pid, tid }) => ph === "M" && name === "thread_name" && `${pid} ${tid}` === thread,
      ),
    ).toBe(true);
    const open: number[] = [];
    // Longer slices that begin together enclose the others.
    for (const { ts, dur, name } of list.toSorted((a, b) => a.ts! - b.ts! || b.dur! - a.dur!)) {
      expect(ts, name).toBeGreaterThanOrEqual(0);
      expect(dur, name).toBeGreaterThanOrEqual(0);
      while (open.length > 0 && open.at(-1)! <= ts! + rounding) open.pop();
      if (open.length > 0)
        expect(ts! + dur!, `${name} on ${thread}`).toBeLessThanOrEqual(open.at(-1)! + rounding);
      open.push(ts! + dur!);
    }
  }
  const encloses = (event: TraceEvent) =>
    (threads.get(`${event.pid} ${event.tid}`) ?? []).some(
      ({ ts, dur }) => ts! - rounding <= event.ts! && event.ts! <= ts! + dur! + rounding,
    );
  const flows = groupBy(
    traceEvents.filter(({ ph }) => ph === "s" || ph === "f"),
    ({ id }) => id!,
  );
  for (const [id, ends] of flows) {
    expect(ends.map(({ ph }) => ph).sort(), `flow ${id}`).toEqual(["f", "s"]);
    const [start, end] = ["s", "f"].map((ph) => ends.find((event) => event.ph === ph)!);
    expect(start!.name).toBe(end!.name);
    expect(start!.ts).toBeLessThanOrEqual(end!.ts!);
    for (const event of ends) expect(encloses(event), `flow ${id}`).toBe(true);
  }
  for (const { ph, args } of traceEvents)
    if (ph === "C") for (const value of Object.values(args!)) expect(value).toBeTypeOf("number");
  return { end: Math.max(...slices.map(({ ts, dur }) => ts! + dur!)), flows: flows.size };
}
