/** The text view of a simulated schedule: what each rank does over time, and what it costs. */
import { partsOf, printAction, type Slot } from "../schedule/action.ts";
import { sum } from "../support/collections.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { Simulation, TimedSlot } from "../schedule/simulate.ts";
import { table } from "./text.ts";

export interface ScheduleTextOptions {
  /** Characters in a line. */
  readonly width: number;
  /** Colour by ANSI sequences. */
  readonly colour: boolean;
  /** Keeps of M_B and M_W, as in the simulation: what the column `memory` is counted in. */
  readonly memoryUnit: string;
}

export function scheduleText(
  schedule: Schedule,
  simulation: Simulation,
  options: ScheduleTextOptions,
): string {
  const { name, ranks, microbatches, chunks } = schedule;
  const { cost, makespan, bubbleRate } = simulation;
  return [
    `${name}: ${counted(ranks, "rank")}, ${counted(microbatches, "micro-batch", "es")}${chunks === 1 ? "" : `, ${chunks} stages per rank`}`,
    `cost ${number(cost)}, makespan ${number(makespan)}, bubble rate ${percent(bubbleRate)}`,
    "",
    ...gridLines(schedule, simulation, options),
    "",
    ...table(
      [
        "rank",
        "stages",
        "busy",
        "idle",
        "bubble",
        "in flight",
        "until I or B",
        "I until W",
        `memory (${options.memoryUnit})`,
      ],
      simulation.ranks.map(({ busy, bubbleRate: idle, peak, peakMemory }, rank) => [
        rank,
        schedule.stageRank.flatMap((holder, stage) => (holder === rank ? [stage] : [])).join(","),
        number(busy),
        number(cost - busy),
        percent(idle),
        peak.activations,
        peak.forwards,
        peak.weights,
        number(peakMemory),
      ]),
    ),
  ].join("\n");
}

const colours = { F: 44, I: 46, W: 42, B: 43, OVERLAP_F_B: 45 } as const;

/** A grid that labels every action may go on below itself so often; a longer one is drawn to the width instead. */
const mostBands = 6;

/** A line per rank; an action takes room in proportion to its time, and has its label where that fits. */
function gridLines(
  schedule: Schedule,
  { makespan, timeline }: Simulation,
  options: ScheduleTextOptions,
): string[] {
  const labelOf = (slot: Slot) =>
    schedule.chunks === 1
      ? partsOf(slot)
          .map(({ kind, microbatch }) => `${kind}${microbatch}`)
          .join("&")
      : partsOf(slot).map(printAction).join("&");
  const digits = String(schedule.ranks - 1).length;
  const room = Math.max(10, options.width - digits - 4);
  const labelled = timeline.reduce(
    (most, { action, start, end }) =>
      end > start ? Math.max(most, (labelOf(action).length + 1) / (end - start)) : most,
    0,
  );
  const bands = Math.ceil((makespan * labelled) / room);
  const scale = makespan === 0 ? 0 : bands <= mostBands ? labelled : room / makespan;
  const columns = Math.round(makespan * scale);
  const rows = schedule.order.map((_, rank) =>
    rankColumns(
      timeline.filter((timed) => timed.rank === rank),
      labelOf,
      scale,
      columns,
    ),
  );
  const lines: string[] = [];
  for (let from = 0; from < columns; from += room) {
    if (from > 0) lines.push("", `  from ${number(from / scale)}`);
    rows.forEach((row, rank) =>
      lines.push(
        `  ${String(rank).padStart(digits)} ${drawn(row.slice(from, from + room), options.colour)}`.trimEnd(),
      ),
    );
  }
  const kinds = new Set(timeline.flatMap(({ action }) => partsOf(action).map(({ kind }) => kind)));
  const legend = [
    "F forward",
    ...(kinds.has("B") ? ["B backward"] : []),
    ...(kinds.has("I") ? ["I backward of the input", "W backward of the weights"] : []),
    ...(timeline.some(({ action }) => action.kind === "OVERLAP_F_B") ? ["& both at once"] : []),
    ". idle",
  ];
  return [...lines, "", `  ${legend.join(", ")}; one character is ${number(scale === 0 ? 0 : 1 / scale)}`];
}

interface Column {
  readonly character: string;
  /** Of the action that takes the column; undefined where the rank is idle. */
  readonly kind?: Slot["kind"];
}

function rankColumns(
  row: readonly TimedSlot[],
  labelOf: (slot: Slot) => string,
  scale: number,
  columns: number,
): Column[] {
  const drawn: Column[] = [];
  for (const { action, start, end } of row) {
    while (drawn.length < Math.round(start * scale)) drawn.push({ character: "." });
    const width = Math.round(end * scale) - drawn.length;
    for (const character of cell(labelOf(action), action.kind, width))
      drawn.push({ character, kind: action.kind });
  }
  while (drawn.length < columns) drawn.push({ character: "." });
  return drawn;
}

/** The label drawn out to the width, a gap after it; where it does not fit, its kind only. */
function cell(label: string, kind: Slot["kind"], width: number): string {
  if (width > label.length) return `${label.padEnd(width - 1, "-")} `;
  const letter = kind === "OVERLAP_F_B" ? "&" : kind;
  return width <= 0 ? "" : letter + letter.toLowerCase().repeat(width - 1);
}

/** Neighbouring columns of one kind share a colour sequence; the gaps between actions have no colour. */
function drawn(columns: readonly Column[], colour: boolean): string {
  if (!colour) return columns.map(({ character }) => character).join("");
  let text = "";
  let shown: Slot["kind"] | undefined;
  for (const { character, kind } of columns) {
    const wanted = character === " " ? undefined : kind;
    if (wanted !== shown) text += wanted === undefined ? "\x1b[0m" : `\x1b[30;${colours[wanted]}m`;
    shown = wanted;
    text += character;
  }
  return shown === undefined ? text : `${text}\x1b[0m`;
}

function counted(count: number, what: string, plural = "s"): string {
  return `${count} ${what}${count === 1 ? "" : plural}`;
}

function percent(rate: number): string {
  return `${(100 * rate).toFixed(2)} %`;
}

/** At most four decimals. */
function number(value: number): string {
  return String(Number(value.toFixed(4)));
}

/** The numbers of a simulated schedule, for --json. */
export function scheduleReport(schedule: Schedule, simulation: Simulation) {
  return {
    name: schedule.name,
    ranks: schedule.ranks,
    microbatches: schedule.microbatches,
    chunks: schedule.chunks,
    placement: schedule.placement,
    splitBackward: schedule.splitBackward,
    stageRank: schedule.stageRank,
    actions: sum(schedule.order.map((slots) => slots.length)),
    cost: simulation.cost,
    makespan: simulation.makespan,
    bubbleRate: simulation.bubbleRate,
    perRank: simulation.ranks,
    order: schedule.order.map((slots) => slots.map(printAction)),
    timeline: simulation.timeline.map(({ rank, action, start, end }) => ({
      rank,
      action: printAction(action),
      start,
      end,
    })),
  };
}
