/** Two plans beside each other: this page's, and one from another page, a plan's file, or the JSON of `dump --format json`. */
import { SbpcError } from "../../diagnostics/diagnostic.ts";
import { groupBy, sum } from "../../support/collections.ts";
import { reportPlan, reportVersion, type PlanReport } from "../report.ts";
import { bytes, count, seconds } from "../text.ts";
import { layerText } from "./details.ts";
import { planOfFile } from "./document.ts";
import { h, replace, table, type Child, type TableRow } from "./dom.ts";
import type { App, View } from "./view.ts";

const mostRows = 400;

export function compareView(app: App): View {
  const { model, store } = app;
  const own = reportPlan(model.plan, model.graph, model.figures);
  const result = h("div", { class: "compared", attributes: { "aria-live": "polite" } });
  const input = h("input", {
    attributes: { type: "file", accept: ".html,.htm,.json,.sbpc", "aria-label": "The other plan" },
  });
  const take = (file: File) => {
    replace(result, h("p", { class: "hint" }, `reading ${file.name}`));
    reportOfFile(file).then(
      (other) =>
        replace(
          result,
          ...comparison(own, other, file.name, (value) =>
            store.set({ item: { kind: "value", name: value } }),
          ),
        ),
      (error: unknown) =>
        replace(result, h("p", { class: "failure", role: "alert" }, messageOf(error, file.name))),
    );
  };
  input.addEventListener("change", () => {
    const file = input.files?.[0];
    if (file !== undefined) take(file);
  });
  const element = h(
    "section",
    { class: "view compare scroll" },
    h("h1", {}, "Compare"),
    h(
      "label",
      { class: "drop" },
      h("b", {}, "The other plan"),
      h(
        "span",
        {},
        "another page of ",
        h("code", {}, "sbpc dump --format html"),
        ", a document of ",
        h("code", {}, "--format json"),
        ", or a ",
        h("code", {}, "plan.sbpc"),
      ),
      input,
    ),
    result,
  );
  element.addEventListener("dragover", (event) => event.preventDefault());
  element.addEventListener("drop", (event) => {
    event.preventDefault();
    const file = event.dataTransfer?.files[0];
    if (file !== undefined) take(file);
  });
  return { element, update: () => {} };
}

async function reportOfFile(file: File): Promise<PlanReport> {
  if (/\.json$/i.test(file.name)) return readReport(await file.text());
  return reportPlan(await planOfFile(file));
}

/** The JSON document, as far as the comparison reads it. */
function readReport(text: string): PlanReport {
  const document = JSON.parse(text) as Partial<PlanReport> | null;
  if (typeof document !== "object" || document === null || typeof document.reportVersion !== "number")
    throw new Error("it is not what sbpc dump --format json writes");
  if (document.reportVersion !== reportVersion)
    throw new Error(`it is of version ${document.reportVersion}; this page reads version ${reportVersion}`);
  for (const field of ["stages", "collectives", "boxings", "operators", "weights"] as const)
    if (!Array.isArray(document[field])) throw new Error(`it has no list of ${field}`);
  return document as PlanReport;
}

function messageOf(error: unknown, name: string): string {
  if (error instanceof SbpcError) return error.message;
  return `${name} cannot be compared: ${error instanceof Error ? error.message : String(error)}`;
}

function comparison(a: PlanReport, b: PlanReport, name: string, choose: (value: string) => void): Child[] {
  return [
    h("h3", {}, "Totals"),
    table(
      [
        { title: "" },
        { title: "this page", numeric: true },
        { title: name, numeric: true },
        { title: "difference", numeric: true },
      ],
      [
        words("model", a.model, b.model),
        words("mesh", a.mesh, b.mesh),
        words("cluster", a.cluster, b.cluster),
        words("layout hints", a.hints ? "obeyed" : "ignored", b.hints ? "obeyed" : "ignored"),
        ...trainingRows(a, b),
        amount("micro-batches", a.microbatches, b.microbatches, count),
        amount("predicted step", a.stepSeconds, b.stepSeconds, seconds),
        amount("highest peak", a.peak.bytes, b.peak.bytes, bytes),
        amount("bytes per step", a.bytes, b.bytes, bytes),
        amount("communications", a.boxings.length, b.boxings.length, count),
        amount("FLOPs per step", a.flops, b.flops, count),
        amount("operators", a.ops, b.ops, count),
        amount("parameters", a.parameters, b.parameters, count),
      ],
      "wide totals",
    ),
    h("h3", {}, "By kind of communication, bytes per step"),
    table(
      [
        { title: "" },
        { title: "this page", numeric: true },
        { title: name, numeric: true },
        { title: "difference", numeric: true },
      ],
      [...new Set([...a.collectives, ...b.collectives].map(({ kind }) => kind))].map((kind) => {
        const of = (report: PlanReport) => report.collectives.find((own) => own.kind === kind)?.bytes ?? 0;
        return amount(kind, of(a), of(b), bytes);
      }),
      "wide",
    ),
    h("h3", {}, "Stages"),
    table(
      [
        { title: "stage" },
        { title: "layers" },
        { title: "parameters", numeric: true },
        { title: "peak, this page", numeric: true },
        { title: "peak, other", numeric: true },
        { title: "difference", numeric: true },
      ],
      Array.from({ length: Math.max(a.stages.length, b.stages.length) }, (_, stage): TableRow => {
        const [left, right] = [a.stages[stage], b.stages[stage]];
        const peak = (report: typeof left) =>
          (report?.classes ?? []).reduce((n, { memory }) => Math.max(n, memory.total), 0);
        const layers = (report: typeof left) =>
          report === undefined ? "no such stage" : layerText(report.layers);
        const both = layers(left) === layers(right) ? layers(left) : `${layers(left)} → ${layers(right)}`;
        return {
          cells: [
            `stage ${stage}`,
            both,
            pair(left?.parameters ?? 0, right?.parameters ?? 0),
            bytes(peak(left)),
            bytes(peak(right)),
            difference(peak(left), peak(right), bytes),
          ],
        };
      }),
      "wide",
    ),
    ...layoutChanges(a, b, choose),
    ...boxingChanges(a, b),
  ];
}

/** How the steps of the plans train; nothing where neither does. */
function trainingRows(a: PlanReport, b: PlanReport): TableRow[] {
  if (a.training === null && b.training === null) return [];
  const row = (name: string, print: (training: NonNullable<PlanReport["training"]>) => string) => {
    const [left, right] = [a, b].map(({ training }) => (training === null ? "–" : print(training)));
    return words(name, left as string, right as string);
  };
  return [
    row("trains", ({ loss }) => loss),
    row("optimizer", ({ optimizer }) => optimizer),
    row("schedule", ({ schedule }) => schedule),
    row("ZeRO", ({ zero }) => String(zero)),
  ];
}

function pair(a: number, b: number): string {
  return a === b ? count(a) : `${count(a)} → ${count(b)}`;
}

function words(name: string, a: string, b: string): TableRow {
  return { cells: [name, a, b, a === b ? "same" : h("b", {}, "differs")] };
}

function amount(name: string, a: number, b: number, print: (n: number) => string): TableRow {
  return { cells: [name, print(a), print(b), difference(a, b, print)] };
}

/** Of the other against this one. */
function difference(a: number, b: number, print: (n: number) => string): Child {
  if (a === b) return "same";
  const part = a === 0 ? "" : ` (${b > a ? "+" : "−"}${((100 * Math.abs(b - a)) / a).toFixed(1)} %)`;
  return h(
    "b",
    { class: b > a ? "more" : "less" },
    `${b > a ? "▲ +" : "▼ −"}${print(Math.abs(b - a))}${part}`,
  );
}

function layoutsOf(report: PlanReport): Map<string, string> {
  const layouts = new Map<string, string>();
  for (const { name, placements } of report.weights)
    layouts.set(name, [...new Set(placements.map(({ layout }) => layout))].join(" / "));
  for (const { outputs } of report.operators)
    for (const { value, layout } of outputs) layouts.set(value, layout);
  return layouts;
}

function layoutChanges(a: PlanReport, b: PlanReport, choose: (value: string) => void): Child[] {
  const [left, right] = [layoutsOf(a), layoutsOf(b)];
  const changed = [...left].filter(([value, layout]) => right.has(value) && right.get(value) !== layout);
  const onlyLeft = [...left.keys()].filter((value) => !right.has(value)).length;
  const onlyRight = [...right.keys()].filter((value) => !left.has(value)).length;
  return [
    h("h3", {}, `Layouts: ${changed.length} tensors differ`),
    h(
      "p",
      { class: "hint" },
      `${left.size - onlyLeft} tensors are in both; ${onlyLeft} only here, ${onlyRight} only there`,
    ),
    changed.length === 0
      ? null
      : table(
          [{ title: "tensor" }, { title: `here, on ${a.mesh}` }, { title: `there, on ${b.mesh}` }],
          [
            ...changed.slice(0, mostRows).map(([value, layout]): TableRow => ({
              cells: [
                h("span", { class: "mono" }, value),
                h("span", { class: "mono" }, layout),
                h("span", { class: "mono" }, right.get(value)),
              ],
              onclick: () => choose(value),
            })),
            ...(changed.length > mostRows
              ? [{ cells: [`and ${changed.length - mostRows} more`, "", ""] }]
              : []),
          ],
          "wide",
        ),
  ];
}

/** Communications that only one of the plans has, as `sbpc diff` pairs them off. */
function boxingChanges(a: PlanReport, b: PlanReport): Child[] {
  type Boxing = PlanReport["boxings"][number];
  const key = ({ kind, input, type, from, to, fromStage, toStage, bytes: size }: Boxing) =>
    JSON.stringify([kind, input, type, from, to, fromStage, toStage, size]);
  const without = (list: readonly Boxing[], others: readonly Boxing[]) => {
    const theirs = groupBy(others, key);
    return [...groupBy(list, key)].flatMap(([text, own]) => own.slice(theirs.get(text)?.length ?? 0));
  };
  const section = (title: string, list: readonly Boxing[]): Child[] => [
    h("h3", {}, `${title}: ${list.length}, ${bytes(sum(list.map((boxing) => boxing.bytes)))} per step`),
    list.length === 0
      ? null
      : table(
          [
            { title: "kind" },
            { title: "tensor" },
            { title: "from" },
            { title: "to" },
            { title: "bytes per step", numeric: true },
          ],
          [
            ...[...list]
              .sort((x, y) => y.bytes - x.bytes)
              .slice(0, mostRows)
              .map((boxing): TableRow => ({
                cells: [
                  boxing.kind,
                  h("span", { class: "mono" }, boxing.input),
                  h("span", { class: "mono" }, boxing.from),
                  h("span", { class: "mono" }, boxing.to),
                  bytes(boxing.bytes),
                ],
              })),
            ...(list.length > mostRows
              ? [{ cells: [`and ${list.length - mostRows} more`, "", "", "", ""] }]
              : []),
          ],
          "wide",
        ),
  ];
  return [
    ...section("Communications only here", without(a.boxings, b.boxings)),
    ...section("Communications only there", without(b.boxings, a.boxings)),
  ];
}
