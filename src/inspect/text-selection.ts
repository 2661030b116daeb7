/** What of a plan is printed: by device, stage, name and source line, layers that are alike once. */
import { fail } from "../diagnostics/diagnostic.ts";
import { printLocation } from "../diagnostics/location.ts";
import type { Graph, Node } from "../ir/graph.ts";
import type { Plan } from "../plan/plan.ts";
import { stagesOfRank } from "../sbp/mesh.ts";
import type { TimelineEvent } from "../plan/timeline.ts";
import { nearestNames } from "../support/nearest.ts";
import { laneOf, type ClassFigures, type PlanFigures } from "./figures.ts";
import { fold, foldedName, placeInPath, type BlockPlace, type Folded } from "./fold.ts";
import { hasRank } from "./ranks.ts";
import { table, type Cell, type TableOptions } from "./text.ts";

export interface PlanView {
  readonly plan: Plan;
  /** The compiled graph. */
  readonly graph: Graph;
  readonly figures: PlanFigures;
}

/** What of a plan is shown. */
export interface Selection {
  readonly ops?: boolean;
  readonly boxing?: boolean;
  readonly memory?: boolean;
  readonly schedule?: boolean;
  /** Only this device's stage, class and shapes. */
  readonly rank?: number;
  readonly stage?: number;
  /** Only rows in which this occurs, in a name or a source line, whatever the case. */
  readonly filter?: string;
  /** Every layer, not those that are alike once. */
  readonly unfolded?: boolean;
}

/** The stages that are shown; undefined: all. */
export function shownStages(plan: Plan, { rank, stage }: Selection): readonly number[] | undefined {
  if (rank !== undefined) return stagesOfRank(plan.mesh, rank);
  return stage === undefined ? undefined : [stage];
}

export function classesOf(
  plan: Plan,
  figures: PlanFigures,
  selection: Selection,
): { readonly stage: number; readonly one: ClassFigures }[] {
  const wanted = shownStages(plan, selection);
  const { rank } = selection;
  return figures.stages.flatMap(({ stage, classes }) =>
    wanted?.includes(stage) === false
      ? []
      : classes.flatMap((one) => (rank === undefined || hasRank(one.ranks, rank) ? [{ stage, one }] : [])),
  );
}

/** What the devices of a class do, in order. */
export function laneEvents(
  { timeline }: PlanFigures,
  stage: number,
  deviceClass: number,
): readonly TimelineEvent[] {
  return laneOf(timeline, stage, deviceClass)?.events ?? [];
}

export function matcher({ filter }: Selection): (...texts: readonly string[]) => boolean {
  if (filter === undefined) return () => true;
  const wanted = filter.toLowerCase();
  return (...texts) => texts.some((text) => text.toLowerCase().includes(wanted));
}

/** Fails with `plan-part-missing`, nearest names beside it, where nothing in the plan has the text of the filter. */
export function checkFilter({ plan, graph }: PlanView, selection: Selection): void {
  const { filter } = selection;
  if (filter === undefined) return;
  const names = [
    ...graph.nodes.flatMap(({ name, outputs }) => [name, ...outputs]),
    ...graph.sources.map(({ value }) => value),
    ...plan.stages.flatMap(({ slots }) => slots.map(({ name }) => name)),
  ];
  const locations = [...graph.nodes, ...graph.sources, ...plan.boxing].map(({ location }) => location);
  const keep = matcher(selection);
  if (keep(...names) || locations.some((location) => keep(printLocation(location)))) return;
  // A filter is a part of a name: what is near it are parts as long.
  const length = filter.split(".").length;
  const parts = names.flatMap((name) => {
    const words = name.split(".");
    return words.map((_, i) => words.slice(i, i + length).join("."));
  });
  const near = nearestNames(filter, new Set(parts));
  fail("plan-part-missing", {
    what: "name or source line with",
    name: filter,
    remedy:
      near.length === 0 ? "sbpc dump PLAN --ops --unfolded lists the names." : `Near it: ${near.join(", ")}.`,
  });
}

/** A table; where the filter leaves nothing of it, a line that says so. */
export function filteredTable(
  header: readonly string[],
  rows: readonly (readonly Cell[])[],
  { filter }: Selection,
  options: TableOptions,
): string[] {
  return rows.length === 0 && filter !== undefined
    ? [`  nothing with ${JSON.stringify(filter)}`]
    : table(header, rows, options);
}

// --- folding

export function layerPlace({ layer }: { readonly layer?: number | null }): BlockPlace | undefined {
  return layer == null || layer < 0 ? undefined : { path: "layer", index: layer };
}

function nodePlace(node: Node): BlockPlace | undefined {
  return placeInPath(node.module) ?? layerPlace(node);
}

const places = new WeakMap<Graph, ReadonlyMap<string, BlockPlace>>();

/** The layer of every value and node of a graph by name; a boxed value is where the value is. */
export function valuePlaces(graph: Graph): ReadonlyMap<string, BlockPlace> {
  let known = places.get(graph) as Map<string, BlockPlace> | undefined;
  if (known === undefined) {
    known = new Map();
    for (const node of graph.nodes) {
      const own = nodePlace(node) ?? (node.inputs[0] == null ? undefined : known.get(node.inputs[0]));
      if (own === undefined) continue;
      known.set(node.name, own);
      for (const output of node.outputs) known.set(output, own);
    }
    places.set(graph, known);
  }
  return known;
}

/** Rows as cells, layers that are alike once under a line that names them. */
export function folded<T>(
  rows: readonly T[],
  { unfolded }: Selection,
  placeOf: (row: T) => BlockPlace | undefined,
  alike: (row: T) => string,
  cells: (row: T) => Cell[][],
  nameColumn = 2,
): Cell[][] {
  if (unfolded === true) return rows.flatMap(cells);
  return fold(rows, placeOf, alike).flatMap((block: Folded<T>) => {
    const inside = block.rows.flatMap(cells);
    const title = Array.from({ length: nameColumn + 1 }, (_, i) => (i < nameColumn ? "" : foldedName(block)));
    return block.count < 2 ? inside : [title, ...inside];
  });
}

/** ` (model.ts:14)`. */
export function place(location: string): string {
  return location === "" ? "" : ` (${location})`;
}
