/** A plan as text: the summary on one screen, and the tables that are asked for beside it. */
import { coordinatesOf, stagesOfRank } from "../sbp/mesh.ts";
import { devicesPerStage } from "../ir/layout.ts";
import { at, groupBy, sum } from "../support/collections.ts";
import { boxingKey, boxingTable, boxingText } from "./boxing-text.ts";
import type { BoxingFigures, ClassFigures, PlanFigures, StageFigures } from "./figures.ts";
import { placeInPath } from "./fold.ts";
import { memoryText } from "./memory-text.ts";
import { hasRank, lastRank, printRuns, type RankRuns } from "./ranks.ts";
import { operatorRows, type OpRow } from "./report.ts";
import {
  bytes,
  count,
  layerRange,
  percent,
  plainStyle,
  seconds,
  section,
  table,
  type Cell,
  type TableOptions,
} from "./text.ts";
import {
  checkFilter,
  filteredTable,
  folded,
  layerPlace,
  matcher,
  place,
  shownStages,
  type PlanView,
  type Selection,
} from "./text-selection.ts";
import { timelineText } from "./timeline-text.ts";

/** Costliest boxings in the summary. */
const mostShown = 5;
/** Rows of stages in the summary. */
const mostStages = 10;

/** The summary; where sections are asked for, these instead. */
export function planText(view: PlanView, selection: Selection, options: TableOptions = {}): string {
  const { ops, boxing, memory, schedule } = selection;
  const any = ops === true || boxing === true || memory === true || schedule === true;
  const narrowed =
    selection.rank !== undefined || selection.stage !== undefined || selection.filter !== undefined;
  if (!any && !narrowed) return summaryText(view.figures, options);
  checkFilter(view, selection);
  // A device or stage without a section: what it runs and exchanges.
  const wanted = any
    ? selection
    : { ...selection, ops: true, boxing: true, memory: selection.filter === undefined };
  const sections = [
    ...(selection.rank === undefined ? [] : [deviceText(view, selection.rank)]),
    ...(wanted.ops === true ? [operatorText(view, wanted, options)] : []),
    ...(wanted.boxing === true ? [boxingText(view, wanted, options)] : []),
    ...(wanted.memory === true ? [memoryText(view, wanted, options)] : []),
    ...(wanted.schedule === true ? [timelineText(view, wanted, options)] : []),
  ];
  return sections.join("\n\n");
}

// --- summary

/** Stages, communication, the costliest boxings and the highest peak. */
export function summaryText(figures: PlanFigures, options: TableOptions = {}): string {
  const { style = plainStyle } = options;
  const { peak } = figures;
  const head = `${figures.model} on ${figures.mesh}: ${figures.devices} device${figures.devices === 1 ? "" : "s"}, ${count(figures.parameters)} parameters, ${figures.ops} ops`;
  const runs = foldStages(figures.stages);
  const alike = groupBy(figures.boxings, boxingKey);
  const costliest = [...alike.values()]
    .map((group) => [group[0] as BoxingFigures, group.length] as const)
    .sort(([a], [b]) => b.seconds * b.times - a.seconds * a.times || a.index - b.index)
    .slice(0, mostShown);
  const microbatches = figures.microbatches === 1 ? "" : ` (${figures.microbatches} micro-batches)`;
  const { training } = figures;
  const trains =
    training === null
      ? []
      : [
          `trains ${training.loss} with ${training.optimizer}, schedule ${training.schedule}${training.zero === 0 ? "" : `, ZeRO ${training.zero}`}`,
        ];
  return [
    style.heading(head),
    ...trains,
    "",
    ...table(
      [
        "stage",
        "ranks",
        "layers",
        "ops",
        "parameters",
        "FLOPs",
        "peak memory",
        "computing",
        "communicating",
        "idle",
      ],
      runs.slice(0, mostStages).map((s) => stageRow(s, figures.stepSeconds)),
      options,
    ),
    ...(runs.length > mostStages
      ? [`  and ${runs.length - mostStages} more rows (--stage S shows a stage)`]
      : []),
    "",
    ...(figures.collectives.length === 0
      ? ["no communication"]
      : [
          ...table(
            ["collective", "count", "bytes per step", "time per step"],
            figures.collectives.map((c) => [c.kind, c.count, bytes(c.bytes), seconds(c.seconds)]),
            options,
          ),
          "",
          style.heading("costliest boxing"),
          ...boxingTable(costliest, options, training !== null),
        ]),
    "",
    `highest peak: ${bytes(peak.bytes)} on rank ${peak.rank}, at ${peak.at.verb} ${peak.at.name}${place(peak.at.location)}`,
    `predicted step: ${seconds(figures.stepSeconds)}${microbatches}`,
  ].join("\n");
}

interface StageRun {
  readonly first: StageFigures;
  readonly last: StageFigures;
  readonly layers: readonly number[];
}

/** Neighbouring stages that differ in nothing but their layers are one row. */
function foldStages(stages: readonly StageFigures[]): StageRun[] {
  const runs: { first: StageFigures; last: StageFigures; layers: number[]; key: string }[] = [];
  for (const stage of stages) {
    const key = JSON.stringify([
      stage.layers.length,
      stage.ops,
      stage.parameters,
      stage.flops,
      stage.classes.map((one) => ({ ...one, ranks: [], idleSeconds: 0 })),
    ]);
    const before = runs.at(-1);
    if (before?.key === key) {
      before.last = stage;
      before.layers.push(...stage.layers);
    } else runs.push({ first: stage, last: stage, layers: [...stage.layers], key });
  }
  return runs;
}

function stageRow({ first, last, layers }: StageRun, step: number): Cell[] {
  const most = (figure: (one: ClassFigures) => number) => Math.max(...first.classes.map(figure));
  const alike = last.stage - first.stage + 1;
  const ranks: RankRuns = [
    [first.classes[0]?.ranks[0]?.[0] ?? 0, Math.max(...last.classes.map((c) => lastRank(c.ranks)))],
  ];
  const each = alike === 1 ? "" : " each";
  return [
    alike === 1 ? first.stage : `${first.stage}-${last.stage}`,
    printRuns(ranks),
    layerRange(layers),
    `${first.ops}${each}`,
    `${count(first.parameters)}${each}`,
    `${count(first.flops)}${each}`,
    bytes(most((c) => c.memory.total)),
    percent(
      most((c) => c.computeSeconds),
      step,
    ),
    percent(
      most((c) => c.communicationSeconds),
      step,
    ),
    percent(Math.min(...first.classes.map((c) => c.idleSeconds)), step),
  ];
}

// --- sections

function deviceText({ plan, figures }: PlanView, rank: number): string {
  const device = rank % devicesPerStage(plan.mesh);
  const stages = stagesOfRank(plan.mesh, rank);
  const coordinates = coordinatesOf(plan.mesh, device);
  const own = stages.map((stage) =>
    at(at(figures.stages, stage).classes, at(at(plan.stages, stage).deviceClass, device)),
  );
  const axes = plan.mesh.axes.map(({ name }, i) => `${name}=${coordinates[i]}`);
  const place = `stage${stages.length > 1 ? "s" : ""} ${stages.join(", ")}`;
  const where = [...(plan.mesh.stages > 1 ? [place] : []), ...axes].join(", ") || "the only device";
  const alike = own.length === 1 ? `; runs what ranks ${printRuns(at(own, 0).ranks)} run` : "";
  const total = (figure: (one: ClassFigures) => number) => sum(own.map(figure));
  const states = total(({ memory }) => memory.states);
  return [
    `rank ${rank}: ${where}${alike}`,
    [
      `${count(total(({ flops }) => flops))} FLOPs`,
      `${bytes(total(({ memory }) => memory.parameters))} of parameters`,
      ...(states === 0 ? [] : [`${bytes(states)} of optimizer states`]),
      `peak ${bytes(total(({ memory }) => memory.total))} per step`,
    ].join(", "),
  ].join("\n");
}

function operatorText({ plan, graph }: PlanView, selection: Selection, options: TableOptions): string {
  const stages = shownStages(plan, selection);
  const keep = matcher(selection);
  const rows = operatorRows(plan, graph).filter(
    (row) =>
      stages?.includes(row.stage) !== false &&
      keep(row.name, row.location, ...row.outputs.map(({ value }) => value)),
  );
  const lines = folded(
    rows,
    selection,
    (row) => placeInPath(row.module) ?? layerPlace(row),
    (row) =>
      [
        row.stage,
        row.op,
        row.location,
        ...row.outputs.flatMap((o) => [o.type, o.layout, shapesText(o.localShapes)]),
      ].join(" "),
    (row) => opCells(row, selection.rank),
  );
  return section(
    `operators (${rows.length})`,
    filteredTable(
      ["stage", "op", "output", "type", "layout", "local shape", "why", "where"],
      lines,
      selection,
      options,
    ),
    options.style,
  );
}

function opCells(row: OpRow, rank: number | undefined): Cell[][] {
  return row.outputs.map((output, i) => [
    row.stage,
    i === 0 ? row.op : "",
    output.value,
    output.type,
    output.layout,
    rank === undefined
      ? shapesText(output.localShapes)
      : shapesText(output.localShapes.filter(({ ranks }) => hasRank(ranks, rank))),
    output.reason,
    i === 0 ? row.location : "",
  ]);
}

function shapesText(shapes: OpRow["outputs"][number]["localShapes"]): string {
  const several = shapes.length > 1;
  return shapes
    .map(({ shape, ranks }) => `[${shape.join(", ")}]${several ? ` on ${printRuns(ranks)}` : ""}`)
    .join("; ");
}
