/** The memory of every class of devices as a table, by what it is for, and the largest tensors of the highest peak. */
import { at } from "../support/collections.ts";
import { describeActions, peakOfDevice, type ClassFigures } from "./figures.ts";
import { heldDuring } from "./memory-figures.ts";
import { memoryUses, memoryUseTexts, memoryUseTitles } from "./memory-uses.ts";
import { printRuns } from "./ranks.ts";
import { bytes, percent, section, table, type Cell, type TableOptions } from "./text.ts";
import {
  classesOf,
  filteredTable,
  laneEvents,
  matcher,
  place,
  type PlanView,
  type Selection,
} from "./text-selection.ts";

const largestShown = 10;

export function memoryText(view: PlanView, selection: Selection, options: TableOptions): string {
  const { plan, figures } = view;
  const classes = classesOf(plan, figures, selection);
  const highest = [...classes].sort((a, b) => b.one.memory.total - a.one.memory.total)[0];
  return [
    section(
      `memory per device${plan.mesh.hosts === undefined ? "" : " and stage"} at its peak (own: what the largest segment allocates, an estimate)`,
      classTable(view, classes, options),
      options.style,
    ),
    section(
      `largest of what is held there${highest === undefined ? "" : ` (ranks ${printRuns(highest.one.ranks)})`}`,
      highest === undefined ? [] : heldTable(view, highest, selection, options),
      options.style,
    ),
  ].join("\n\n");
}

interface StageClass {
  readonly stage: number;
  readonly one: ClassFigures;
}

/** Uses that no device has are left out. */
function classTable({ plan }: PlanView, classes: readonly StageClass[], options: TableOptions): string[] {
  const limit = plan.options.memoryLimit;
  const uses = memoryUses.filter((use) => classes.some(({ one }) => one.memory[use] > 0));
  const header = [
    "stage",
    "ranks",
    ...uses.map((use) => memoryUseTitles[use]),
    "peak",
    ...(limit === undefined ? [] : ["of limit"]),
    "values peak at",
  ];
  const rows = classes.map(({ stage, one }): Cell[] => {
    const { ranks, memory } = one;
    const peak = at(describeActions(plan, stage), memory.peakAction);
    return [
      stage,
      printRuns(ranks),
      ...uses.map((use) => bytes(memory[use])),
      bytes(memory.total),
      ...(limit === undefined ? [] : [percent(peakOfDevice(plan, one), limit)]),
      `${peak.verb} ${peak.name}${place(peak.location)}`,
    ];
  });
  return table(header, rows, options);
}

function heldTable(
  { plan, figures }: PlanView,
  { stage, one: { deviceClass, memory } }: StageClass,
  selection: Selection,
  options: TableOptions,
): string[] {
  const order = laneEvents(figures, stage, deviceClass);
  const peak = { action: memory.peakAction, microbatch: memory.peakMicrobatch };
  const keep = matcher(selection);
  const held = heldDuring(plan, stage, deviceClass, order, peak).filter(({ value }) => keep(value));
  return filteredTable(
    ["for", "bytes", "value"],
    held
      .slice(0, largestShown)
      .map(({ use, copies, bytes: size, value }) => [
        memoryUseTexts[use],
        bytes(size),
        copies > 1 ? `${value} ×${copies}` : value,
      ]),
    selection,
    options,
  );
}
