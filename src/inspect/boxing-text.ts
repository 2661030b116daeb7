/** The communications of a plan as a table. */
import { sum } from "../support/collections.ts";
import type { BoxingFigures } from "./figures.ts";
import { fold } from "./fold.ts";
import { bytes, seconds, section, table, type TableOptions } from "./text.ts";
import {
  filteredTable,
  matcher,
  shownStages,
  valuePlaces,
  type PlanView,
  type Selection,
} from "./text-selection.ts";

export function boxingText(view: PlanView, selection: Selection, options: TableOptions): string {
  const { plan, graph, figures } = view;
  const stages = shownStages(plan, selection);
  const keep = matcher(selection);
  const places = valuePlaces(graph);
  const rows = figures.boxings.filter(
    (b) =>
      (stages === undefined || stages.includes(b.fromStage) || stages.includes(b.toStage)) &&
      keep(b.input, b.output, b.location),
  );
  const blocks =
    selection.unfolded === true
      ? rows.map((row) => [row, 1] as const)
      : fold(rows, (row) => places.get(row.input), boxingKey).flatMap((block) =>
          block.rows.map((row) => [row, Math.max(1, block.count)] as const),
        );
  // The update phase of a training step runs once, whatever the number of micro-batches.
  const mixed = new Set(figures.boxings.map(({ times }) => times)).size > 1;
  const total = mixed
    ? `per step: ${bytes(sum(rows.map((b) => b.bytes)))}, ${seconds(sum(rows.map((b) => b.seconds * b.times)))}`
    : `${bytes(sum(rows.map((b) => b.bytesPerMicrobatch)))}, ${seconds(sum(rows.map((b) => b.seconds)))}`;
  return section(
    `boxing (${rows.length}; bytes and time ${mixed ? "each time" : "per micro-batch"})`,
    rows.length === 0 && selection.filter !== undefined
      ? filteredTable([], [], selection, options)
      : [...boxingTable(blocks, options, mixed), `  total${mixed ? " " : ": "}${total}`],
    options.style,
  );
}

/** Equal for communications that differ in names only. */
export function boxingKey(boxing: BoxingFigures): string {
  return JSON.stringify({ ...boxing, index: 0, input: "", output: "" });
}

/** `rows`: communications, and how many are alike; `withTimes`: how often a step does each. "together": how many run as one. */
export function boxingTable(
  rows: readonly (readonly [BoxingFigures, number])[],
  options: TableOptions,
  withTimes = false,
): string[] {
  const buckets = rows.some(([{ together }]) => together > 1);
  return table(
    [
      "",
      "kind",
      "value",
      "type",
      "from",
      "to",
      "groups",
      ...(buckets ? ["together"] : []),
      ...(withTimes ? ["per step"] : []),
      "bytes",
      "time",
      "where",
    ],
    rows.map(([b, alike]) => [
      alike === 1 ? b.index : `${b.index} ×${alike}`,
      b.kind,
      b.input,
      b.type,
      b.from,
      b.to,
      b.kind === "send"
        ? `stage ${b.fromStage} -> ${b.toStage}`
        : `${b.axes.join(",")}: ${b.groups} of ${b.groupSize}`,
      ...(buckets ? [b.together === 1 ? "-" : b.together] : []),
      ...(withTimes ? [b.times] : []),
      bytes(b.bytesPerMicrobatch),
      seconds(b.seconds),
      b.location,
    ]),
    options,
  );
}
