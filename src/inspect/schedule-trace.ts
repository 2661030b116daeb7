/** A simulated schedule as trace events, which Perfetto and Chrome show: a track per rank, an arrow per message. */
import { partsOf, printAction } from "../schedule/action.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { Simulation } from "../schedule/simulate.ts";

/** Microseconds of the trace that one unit of the simulation takes. */
const unit = 1000;

export function scheduleTrace(schedule: Schedule, { timeline }: Simulation): string {
  const last = schedule.stageRank.length - 1;
  const starts = new Map<string, { readonly rank: number; readonly start: number }>();
  for (const { rank, action, start } of timeline) {
    for (const part of partsOf(action))
      starts.set(`${part.stage}${part.kind === "I" ? "B" : part.kind}${part.microbatch}`, { rank, start });
  }
  const events: Record<string, unknown>[] = schedule.order.flatMap((_, rank) => [
    { name: "process_name", ph: "M", pid: rank, tid: rank, args: { name: `rank ${rank}` } },
    { name: "process_sort_index", ph: "M", pid: rank, tid: rank, args: { sort_index: rank } },
  ]);
  let message = 0;
  for (const { rank, action, start, end } of timeline) {
    const place = { pid: rank, tid: rank };
    events.push({
      name: printAction(action),
      cat: "computation",
      ph: "X",
      ts: start * unit,
      dur: (end - start) * unit,
      ...place,
      args: { actions: partsOf(action).map(({ kind, stage, microbatch }) => ({ kind, stage, microbatch })) },
    });
    for (const { kind, stage, microbatch } of partsOf(action)) {
      const other = kind === "F" ? stage + 1 : stage - 1;
      if (kind === "W" || other < 0 || other > last) continue;
      const to = starts.get(`${other}${kind === "F" ? "F" : "B"}${microbatch}`);
      if (to === undefined || to.rank === rank) continue;
      const flow = { name: kind === "F" ? "SEND_F" : "SEND_B", cat: "communication", id: message++ };
      events.push({ ...flow, ph: "s", ts: end * unit, ...place });
      events.push({ ...flow, ph: "f", bp: "e", ts: to.start * unit, pid: to.rank, tid: to.rank });
    }
  }
  return JSON.stringify({ displayTimeUnit: "ms", traceEvents: events });
}
