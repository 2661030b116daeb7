/** `sbpc dump PLAN|MODEL`: shows a plan. */
import { Command, InvalidArgumentError, Option } from "commander";
import { fail } from "../diagnostics/diagnostic.ts";
import { writeAtomicallySync } from "../files/atomic.ts";
import { planDot } from "../inspect/dot.ts";
import { planFigures } from "../inspect/figures.ts";
import { planText } from "../inspect/plan-text.ts";
import type { Selection } from "../inspect/text-selection.ts";
import { graphOf } from "../inspect/plan-graph.ts";
import { reportPlan } from "../inspect/report.ts";
import { scheduleCsv } from "../inspect/schedule-csv.ts";
import { predictedTrace } from "../inspect/trace.ts";
import { deviceCount } from "../ir/layout.ts";
import type { Plan } from "../plan/plan.ts";
import { planPage } from "../plan-page.ts";
import { explainBoxing, explainValue } from "../why.ts";
import { boxingReasonText, mostForced, valueReasonText } from "../inspect/why-text.ts";
import { addCompileFlags, type CompileFlags } from "./options.ts";
import { terminalTable } from "./style.ts";
import { resolveTarget } from "./target.ts";
import { exitCodes, Terminal } from "./terminal.ts";

const formats = ["text", "json", "graph", "dot", "csv", "trace", "html"] as const;

interface Flags extends Omit<CompileFlags, "memory" | "schedule">, Omit<Selection, "memory" | "schedule"> {
  /** The schedule to compile for, or (without a value) that the schedule is shown. */
  readonly schedule?: string | true;
  /** A limit in bytes, or (without a value) that memory is shown. */
  readonly memory?: number | true;
  readonly format: (typeof formats)[number];
  readonly output?: string;
  readonly why?: string;
  readonly force: boolean;
  readonly whyBoxing?: number;
}

export function dumpCommand(finish: (code: number) => void): Command {
  return addCompileFlags(new Command("dump"), { memory: "--memory [size]", schedule: "--schedule [name]" })
    .description("shows a plan: stages, layouts, boxing, memory, schedule, and why")
    .argument("<plan|model>", "a plan directory, or a model to compile first")
    .addOption(
      new Option(
        "--format <format>",
        "graph: the compiled graph in text form; dot: for Graphviz; csv: the schedule; trace: for Perfetto; html: a page",
      )
        .choices([...formats])
        .default("text"),
    )
    .option("-o, --output <file>", "write to a file")
    .option("--ops", "every operator: layouts, local shapes, why, where")
    .option("--boxing", "every communication: layouts, groups, bytes, time")
    .addHelpText(
      "after",
      "\nWithout a size, --memory shows what every device holds, and what of it at the peak.\n" +
        "Without a name, --schedule shows what every device does when, as predicted.",
    )
    .option("--rank <r>", "only what this device has", index)
    .option("--stage <s>", "only this pipeline stage", index)
    .option("--filter <text>", "only rows with this text in a name or a source line")
    .option("--unfolded", "every layer, not only the first of those that are alike")
    .option("--why <value>", "why a tensor, or what an operator makes, has its layout")
    .option("--no-force", "with --why: do not compile again with each other layout forced")
    .option("--why-boxing <n>", "why communication n is there, and what else there was", index)
    .action(async (path: string, flags: Flags) => {
      const format = flags.json === true ? "json" : flags.format;
      checkFormat(format, flags);
      const terminal = new Terminal({ ...flags, json: format === "json" });
      const { memory, schedule, ...rest } = flags;
      const given = {
        ...(typeof memory === "number" ? { memory } : {}),
        ...(typeof schedule === "string" ? { schedule } : {}),
      };
      const { plan } = await resolveTarget(path, { ...rest, ...given }, terminal);
      checkSelection(plan, flags);
      const text = textOf(plan, format, flags, (what) => terminal.progress(what));
      terminal.clearProgress();
      if (flags.output === undefined) process.stdout.write(`${text}\n`);
      else writeAtomicallySync(flags.output, [new TextEncoder().encode(`${text}\n`)]);
      finish(exitCodes.success);
    });
}

function textOf(
  plan: Plan,
  format: Flags["format"],
  flags: Flags,
  onProgress: (text: string) => void,
): string {
  const json = (value: unknown) => JSON.stringify(value, undefined, 2);
  const table = flags.output === undefined ? terminalTable() : {};
  if (flags.why !== undefined) {
    const reason = explainValue(plan, flags.why, {
      force: flags.force,
      onProgress,
      ...(flags.unfolded === true || format === "json" ? {} : { mostForced }),
    });
    return format === "json" ? json(reason) : valueReasonText(reason, table, flags.unfolded);
  }
  if (flags.whyBoxing !== undefined) {
    const reason = explainBoxing(plan, flags.whyBoxing);
    return format === "json" ? json(reason) : boxingReasonText(reason, table);
  }
  switch (format) {
    case "json":
      return json(reportPlan(plan));
    case "graph":
      return plan.graph;
    case "dot":
      return planDot(plan, graphOf(plan));
    case "html":
      return planPage(plan);
    case "csv":
      return scheduleCsv(plan, planFigures(plan));
    case "trace":
      return JSON.stringify(
        predictedTrace(plan, planFigures(plan), flags.rank === undefined ? undefined : [flags.rank]),
      );
    case "text":
      return planText(
        { plan, graph: graphOf(plan), figures: planFigures(plan) },
        { ...flags, memory: flags.memory === true, schedule: flags.schedule === true },
        table,
      );
  }
}

/** Flags that a format has no place for are not passed over. */
function checkFormat(format: Flags["format"], flags: Flags): void {
  const only = (flag: string, given: boolean, ...taken: Flags["format"][]) => {
    if (!given || taken.includes(format)) return;
    fail("usage", {
      problem: `--format ${format} does not take ${flag}; it goes with --format ${taken.join(" or ")}.`,
    });
  };
  only("--why", flags.why !== undefined, "text", "json");
  only("--why-boxing", flags.whyBoxing !== undefined, "text", "json");
  only("--rank", flags.rank !== undefined, "text", "trace");
  for (const name of ["ops", "boxing", "memory", "schedule"] as const)
    only(`--${name}`, flags[name] === true, "text");
  for (const name of ["stage", "filter"] as const) only(`--${name}`, flags[name] !== undefined, "text");
}

function checkSelection({ mesh, boxing }: Plan, { rank, stage, whyBoxing }: Flags): void {
  const within = (what: string, value: number | undefined, size: number) => {
    if (value === undefined || value < size) return;
    const remedy = size === 0 ? "It has none." : `They count from 0 to ${size - 1}.`;
    fail("plan-part-missing", { what, name: value, remedy });
  };
  within("rank", rank, deviceCount(mesh));
  within("stage", stage, mesh.stages);
  within("boxing", whyBoxing, boxing.length);
}

function index(text: string): number {
  const n = Number(text);
  if (!Number.isSafeInteger(n) || n < 0)
    throw new InvalidArgumentError("must be a whole number of at least 0.");
  return n;
}
