/** The rows of the timeline: devices, or classes of devices that do the same, with what they do. */
import { devicesPerStage } from "../../ir/layout.ts";
import { actionPhases } from "../../plan/frequency.ts";
import type { StagePlan } from "../../plan/plan.ts";
import type { Lane, TimelineEvent } from "../../plan/timeline.ts";
import type { PhaseKind } from "../../schedule/step-order.ts";
import { stagesOfRank } from "../../sbp/mesh.ts";
import { at } from "../../support/collections.ts";
import { firstRank } from "../figures.ts";
import type { PageModel } from "./model.ts";

/** A row of the picture: one device, or all devices that do the same. */
export interface LaneRow {
  readonly lane: Lane;
  readonly label: string;
  /** The first device. */
  readonly rank: number;
}

const mostDevices = 64;

/** Every device where they are few; otherwise devices that do the same in one row. */
export function laneRows({ plan, figures }: PageModel): LaneRow[] {
  const { lanes } = figures.timeline;
  if (figures.devices <= mostDevices)
    return plan.stages.flatMap(({ stage, deviceClass }) =>
      deviceClass.flatMap((own, device): LaneRow[] => {
        const lane = lanes.find((candidate) => candidate.stage === stage && candidate.deviceClass === own);
        const rank = firstRank(plan, stage) + device;
        const label = plan.mesh.hosts === undefined ? `rank ${rank}` : `rank ${rank}, stage ${stage}`;
        return lane === undefined ? [] : [{ lane, rank, label }];
      }),
    );
  return lanes.map((lane): LaneRow => {
    const figuresOf = figures.stages[lane.stage]?.classes[lane.deviceClass];
    const rank = figuresOf?.ranks[0]?.[0] ?? firstRank(plan, lane.stage);
    const devices = figuresOf?.devices ?? 0;
    const which = devices === 1 ? `rank ${rank}` : `${devices} devices from ${rank}`;
    return { lane, rank, label: `stage ${lane.stage}: ${which}` };
  });
}

/** The row of a device, or of those that do the same. */
export function rowOfRank(
  { plan }: PageModel,
  rows: readonly LaneRow[],
  rank: number | undefined,
): LaneRow | undefined {
  if (rank === undefined) return undefined;
  const exact = rows.find((row) => row.rank === rank);
  if (exact !== undefined) return exact;
  const held = stagesOfRank(plan.mesh, rank);
  const place = rank % devicesPerStage(plan.mesh);
  return rows.find(
    ({ lane }) =>
      held.includes(lane.stage) && plan.stages[lane.stage]?.deviceClass[place] === lane.deviceClass,
  );
}

/** The first event that ends after a time; events follow one another. */
export function firstEndingAfter(events: readonly TimelineEvent[], time: number): number {
  let [low, high] = [0, events.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((events[middle] as TimelineEvent).end > time) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Successive actions of one phase and micro-batch. */
export interface PhaseSpan {
  readonly phase: PhaseKind;
  readonly microbatch: number;
  readonly start: number;
  readonly end: number;
}

/** What the events of a lane of a stage are part of, in order. */
export function phaseSpans(stage: StagePlan, events: readonly TimelineEvent[]): PhaseSpan[] {
  const phases = actionPhases(stage);
  const spans: { phase: PhaseKind; microbatch: number; start: number; end: number }[] = [];
  for (const { action, microbatch, start, end } of events) {
    const phase = at(phases, action);
    const last = spans.at(-1);
    if (last?.phase === phase && last.microbatch === microbatch) last.end = end;
    else spans.push({ phase, microbatch, start, end });
  }
  return spans;
}

/** `F3`, `U`. */
export function phaseLabel({ phase, microbatch }: Pick<PhaseSpan, "phase" | "microbatch">): string {
  return phase === "U" ? phase : `${phase}${microbatch}`;
}

/** Runs of ranks, cut where they are many. */
export function ranksText(runs: string, devices: number): string {
  return runs.length <= 36 ? runs : `${runs.slice(0, 30).replace(/,[^,]*$/, "")}, … (${devices})`;
}
