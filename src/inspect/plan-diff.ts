/** What changed between two plans: options, stages, layouts, boxing, bytes, memory, predicted time. */
import { clusterName } from "../cost/cluster.ts";
import { printNdSbp } from "../ir/layout.ts";
import type { CollectiveKind, Plan, TrainOptions } from "../plan/plan.ts";
import { boxingOp } from "../sbp/boxing-node.ts";
import { groupBy } from "../support/collections.ts";
import { collectiveKinds, planFigures, type BoxingFigures, type PlanFigures } from "./figures.ts";
import { fold, foldedName, placeInPath } from "./fold.ts";
import { graphOf } from "./plan-graph.ts";
import {
  bytes,
  count,
  layerRange,
  plainStyle,
  seconds,
  section,
  table,
  type Cell,
  type TableOptions,
} from "./text.ts";

/** One figure of both plans. */
export interface Change<T> {
  readonly what: string;
  readonly a: T;
  readonly b: T;
}

/** A communication that only one of the plans has. */
export interface BoxingChange {
  readonly kind: CollectiveKind;
  readonly value: string;
  readonly from: string;
  readonly to: string;
  readonly fromStage: number;
  readonly toStage: number;
  /** Received by all devices, per step. */
  readonly bytes: number;
  readonly seconds: number;
}

export interface PlanDiff {
  readonly same: boolean;
  /** What the plans were made for, where it differs. */
  readonly options: readonly Change<string>[];
  /** Of the whole plan, those that differ; units as in `PlanFigures`. */
  readonly numbers: readonly (Change<number> & { readonly unit: "count" | "bytes" | "seconds" | "FLOPs" })[];
  /** Stages whose layers differ. */
  readonly stages: readonly Change<readonly number[]>[];
  /** Highest peak of every stage, where it differs. */
  readonly memory: readonly Change<number>[];
  /** By kind, where count or bytes per step differ. */
  readonly collectives: readonly {
    readonly kind: CollectiveKind;
    readonly count: readonly [number, number];
    readonly bytes: readonly [number, number];
  }[];
  readonly layouts: readonly Change<string>[];
  /** Values that only one of the plans has, boxed ones not counted. */
  readonly onlyA: readonly string[];
  readonly onlyB: readonly string[];
  readonly removedBoxing: readonly BoxingChange[];
  readonly addedBoxing: readonly BoxingChange[];
}

export function diffPlans(a: Plan, b: Plan): PlanDiff {
  const [first, second] = [planFigures(a), planFigures(b)];
  const [before, after] = [layoutsOf(a), layoutsOf(b)];
  const layouts = [...before].flatMap(([what, layout]) => {
    const other = after.get(what);
    return other === undefined || other === layout ? [] : [{ what, a: layout, b: other }];
  });
  const [removedBoxing, addedBoxing] = [unmatched(first, second), unmatched(second, first)];
  const diff = {
    options: optionChanges(a, b),
    numbers: numberChanges(first, second),
    stages: stageRows(first, second, ({ layers }) => layers ?? []).filter(
      (change) => change.a.join() !== change.b.join(),
    ),
    memory: stageRows(first, second, ({ classes }) =>
      Math.max(0, ...(classes ?? []).map(({ memory }) => memory.total)),
    ).filter((change) => change.a !== change.b),
    collectives: collectiveChanges(first, second),
    layouts,
    onlyA: [...before.keys()].filter((name) => !after.has(name)),
    onlyB: [...after.keys()].filter((name) => !before.has(name)),
    removedBoxing,
    addedBoxing,
  };
  return { same: Object.values(diff).every((list) => list.length === 0), ...diff };
}

/** Layouts by value; what boxing makes is left out. */
function layoutsOf(plan: Plan): Map<string, string> {
  const graph = graphOf(plan);
  const boxed = new Set(graph.nodes.flatMap((node) => (node.op === boxingOp ? node.outputs : [])));
  const found = new Map<string, string>();
  for (const [name, { layout }] of graph.values)
    if (layout !== undefined && !boxed.has(name)) found.set(name, printNdSbp(layout));
  return found;
}

function optionChanges(a: Plan, b: Plan): Change<string>[] {
  const texts = (plan: Plan): Readonly<Record<string, string>> => ({
    model: plan.model,
    mesh: planFigures(plan).mesh,
    cluster: clusterName(plan.options.cluster),
    "micro-batches": String(plan.options.microbatches),
    hints: plan.options.hints ? "obeyed" : "ignored",
    "memory limit": plan.options.memoryLimit === undefined ? "none" : bytes(plan.options.memoryLimit),
    dimensions: settings(plan.options.dims),
    settings: settings(plan.options.settings),
    ...trainingTexts(plan.options.train),
  });
  const [before, after] = [texts(a), texts(b)];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .map((what) => ({ what, a: before[what] ?? "none", b: after[what] ?? "none" }))
    .filter((change) => change.a !== change.b);
}

function trainingTexts(train: TrainOptions | undefined): Readonly<Record<string, string>> {
  if (train === undefined) return {};
  const { kind, schedule, groups, nesterov, ...numbers } = train.optimizer;
  return {
    trains: train.loss,
    optimizer: kind,
    "optimizer settings": settings({ ...numbers, nesterov: String(nesterov) }),
    "learning rate": settings({ ...schedule }),
    "parameter groups": groups.map((group) => settings({ ...group })).join(" ") || "none",
    "clip norm": String(train.clipNorm ?? "none"),
    ZeRO: String(train.zero),
    schedule: train.schedule,
    recomputes: train.recompute ?? "none",
    precision: train.precision ?? "none",
  };
}

function settings(record: Readonly<Record<string, string | number>>): string {
  const pairs = Object.entries(record).map(([key, value]) => `${key}=${value}`);
  return pairs.sort().join(",") || "none";
}

function numberChanges(a: PlanFigures, b: PlanFigures): PlanDiff["numbers"] {
  const row = (
    what: string,
    unit: PlanDiff["numbers"][number]["unit"],
    figure: (f: PlanFigures) => number,
  ) => ({
    what,
    unit,
    a: figure(a),
    b: figure(b),
  });
  return [
    row("predicted step", "seconds", (f) => f.stepSeconds),
    row("bytes received per step", "bytes", (f) => f.bytes),
    row("communications", "count", (f) => f.boxings.length),
    row("highest peak of memory", "bytes", (f) => f.peak.bytes),
    row("FLOPs per step", "FLOPs", (f) => f.flops),
    row("operators", "count", (f) => f.ops),
    row("parameters", "count", (f) => f.parameters),
    row("devices", "count", (f) => f.devices),
  ].filter((change) => change.a !== change.b);
}

function stageRows<T>(
  a: PlanFigures,
  b: PlanFigures,
  figure: (stage: Partial<PlanFigures["stages"][number]>) => T,
): Change<T>[] {
  const stages = Math.max(a.stages.length, b.stages.length);
  return Array.from({ length: stages }, (_, stage) => ({
    what: `stage ${stage}`,
    a: figure(a.stages[stage] ?? {}),
    b: figure(b.stages[stage] ?? {}),
  }));
}

function collectiveChanges(a: PlanFigures, b: PlanFigures): PlanDiff["collectives"] {
  return collectiveKinds.flatMap((kind) => {
    const [x, y] = [a, b].map(({ collectives }) => collectives.find((one) => one.kind === kind));
    const counts = [x?.count ?? 0, y?.count ?? 0] as const;
    const moved = [x?.bytes ?? 0, y?.bytes ?? 0] as const;
    return counts[0] === counts[1] && moved[0] === moved[1] ? [] : [{ kind, count: counts, bytes: moved }];
  });
}

/** Communications of `of` that `other` has not, as often as it has more of them. */
function unmatched(of: PlanFigures, other: PlanFigures): BoxingChange[] {
  const key = ({ kind, input, type, from, to, fromStage, toStage, bytes: moved }: BoxingFigures) =>
    JSON.stringify([kind, input, type, from, to, fromStage, toStage, moved]);
  const theirs = groupBy(other.boxings, key);
  return [...groupBy(of.boxings, key)].flatMap(([text, own]) =>
    own
      .slice(theirs.get(text)?.length ?? 0)
      .map(({ kind, input, from, to, fromStage, toStage, bytes: moved, seconds: takes }): BoxingChange => ({
        kind,
        value: input,
        from,
        to,
        fromStage,
        toStage,
        bytes: moved,
        seconds: takes,
      })),
  );
}

// --- text

/** Rows that are shown of one kind; JSON has all. */
const mostRows = 40;

export function planDiffText(
  names: readonly [string, string],
  diff: PlanDiff,
  options: TableOptions = {},
): string {
  const { style = plainStyle } = options;
  const [a, b] = names;
  if (diff.same) return `${a} and ${b} are the same plan`;
  const part = (title: string, header: readonly string[], rows: readonly (readonly Cell[])[]): string[] => {
    if (rows.length === 0) return [];
    const rest = rows.length - mostRows;
    const more = rest > 0 ? [`  and ${rest} more (--json has all)`] : [];
    return [section(title, [...table(header, rows.slice(0, mostRows), options), ...more], style)];
  };
  return [
    style.heading(`${a} -> ${b}`),
    ...part(
      "made for",
      ["", "a", "b"],
      diff.options.map((one) => [one.what, one.a, one.b]),
    ),
    ...part(
      "numbers",
      ["", "a", "b", "change"],
      diff.numbers.map((one) => [
        one.what,
        amount(one.a, one.unit),
        amount(one.b, one.unit),
        relative(one.a, one.b),
      ]),
    ),
    ...part(
      "layers",
      ["", "a", "b"],
      diff.stages.map((one) => [one.what, layerRange(one.a), layerRange(one.b)]),
    ),
    ...part(
      "peak of memory",
      ["", "a", "b", "change"],
      diff.memory.map((one) => [one.what, bytes(one.a), bytes(one.b), relative(one.a, one.b)]),
    ),
    ...part(
      "collectives (count: per micro-batch, those of an update once), bytes per step",
      ["", "count a", "count b", "bytes a", "bytes b"],
      diff.collectives.map((one) => [one.kind, ...one.count, ...one.bytes.map(bytes)]),
    ),
    ...part(
      `layouts: ${diff.layouts.length} differ`,
      ["value", "a", "b"],
      fold(
        diff.layouts,
        ({ what }) => placeInPath(what),
        (one) => `${withoutNumbers(one.what)} ${one.a} ${one.b}`,
      ).flatMap((block) => [
        ...(block.count > 1 ? [[foldedName(block)]] : []),
        ...block.rows.map((one) => [one.what, one.a, one.b]),
      ]),
    ),
    ...part(
      `values that only ${a} has: ${diff.onlyA.length}`,
      ["value"],
      diff.onlyA.map((name) => [name]),
    ),
    ...part(
      `values that only ${b} has: ${diff.onlyB.length}`,
      ["value"],
      diff.onlyB.map((name) => [name]),
    ),
    ...part(
      `boxing that only ${a} has: ${diff.removedBoxing.length}`,
      boxingHeader,
      boxingRows(diff.removedBoxing),
    ),
    ...part(
      `boxing that only ${b} has: ${diff.addedBoxing.length}`,
      boxingHeader,
      boxingRows(diff.addedBoxing),
    ),
  ].join("\n\n");
}

const boxingHeader = ["kind", "value", "from", "to", "stages", "bytes per step", "time"];

function boxingRows(changes: readonly BoxingChange[]): Cell[][] {
  const row = (one: BoxingChange): Cell[] => [
    one.kind,
    one.value,
    one.from,
    one.to,
    one.fromStage === one.toStage ? String(one.toStage) : `${one.fromStage} -> ${one.toStage}`,
    bytes(one.bytes),
    seconds(one.seconds),
  ];
  return fold(
    changes,
    ({ value }) => placeInPath(value),
    ({ value, ...rest }) => `${withoutNumbers(value)} ${JSON.stringify(rest)}`,
  ).flatMap((block) => [...(block.count > 1 ? [["", foldedName(block)]] : []), ...block.rows.map(row)]);
}

/** Names of one operator in alike layers become one. */
function withoutNumbers(name: string): string {
  return name.replaceAll(/\d+/g, "#");
}

function amount(value: number, unit: PlanDiff["numbers"][number]["unit"]): string {
  if (unit === "seconds") return seconds(value);
  return unit === "bytes" ? bytes(value) : unit === "FLOPs" ? count(value) : String(value);
}

function relative(a: number, b: number): string {
  if (a === 0) return "";
  const change = (100 * (b - a)) / a;
  return `${change > 0 ? "+" : ""}${change.toFixed(1)} %`;
}
