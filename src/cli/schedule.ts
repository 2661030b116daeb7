/** `sbpc schedule NAME|FILE`: a pipeline schedule, generated or read, checked, simulated and shown. */
import { existsSync, readFileSync } from "node:fs";
import { Command, InvalidArgumentError, Option } from "commander";
import { diagnostic, fail, SbpcError } from "../diagnostics/diagnostic.ts";
import { scheduleReport, scheduleText } from "../inspect/schedule-text.ts";
import { scheduleTrace } from "../inspect/schedule-trace.ts";
import type { ActionTimes, ActivationMemory } from "../schedule/family.ts";
import { lowerSchedule } from "../schedule/lower.ts";
import { createSchedule, findFamily, scheduleFamilies, type Schedule } from "../schedule/schedule.ts";
import { simulate } from "../schedule/simulate.ts";
import { stepGrid } from "../schedule/step-grid.ts";
import { parseCsv, printCsv } from "../schedule/torch-csv.ts";
import { scheduleOf } from "../schedule/from-rows.ts";
import { positiveInteger } from "./options.ts";
import { exitCodes, Terminal } from "./terminal.ts";

interface Flags {
  readonly stages?: number;
  readonly microbatches?: number;
  readonly chunks?: number;
  readonly times: ActionTimes;
  readonly latency: number;
  readonly format: "text" | "csv" | "trace";
  readonly messages?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Activations per micro-batch and stage in units of M_B: those of a layer without attention scores, 34 and 32 bytes per element. */
const memory: ActivationMemory = { forward: 1, weight: 32 / 34 };

export function scheduleCommand(finish: (code: number) => void): Command {
  return new Command("schedule")
    .description("draws a pipeline schedule, with its bubbles and what it keeps in memory")
    .argument(
      "<name|file>",
      `${scheduleFamilies.map(({ name }) => name).join(", ")}; or a .csv file of torch's`,
    )
    .option("--stages <p>", "pipeline ranks", positiveInteger)
    .option("--microbatches <m>", "micro-batches", positiveInteger)
    .option(
      "--chunks <v>",
      "stages on each rank (default: 1, or as many as the schedule has)",
      positiveInteger,
    )
    .option(
      "--times <F,I,W>",
      "times of one stage's forward and of the two halves of its backward",
      threeTimes,
      { F: 1, I: 1, W: 1 },
    )
    .option("--latency <t>", "time of one hop between two ranks", time, 0)
    .addOption(
      new Option("--format <format>", "csv is torch.distributed.pipelining's, trace is for Perfetto")
        .choices(["text", "csv", "trace"])
        .default("text"),
    )
    .option("--messages", "with --format csv: what is sent and received too, no idle steps")
    .option("--json", "print one JSON document and nothing else")
    .option("--quiet", "no progress and no notes")
    .action((name: string, flags: Flags) => {
      const terminal = new Terminal(flags);
      if (flags.messages === true && flags.format !== "csv") usage("--messages goes with --format csv.");
      if (flags.json === true && flags.format !== "text")
        usage(`--json prints a document of its own: leave out --format ${flags.format}.`);
      const { times, latency } = flags;
      const schedule = find(name, flags);
      const simulation = simulate(schedule, { times, latency, memory });
      switch (flags.format) {
        case "csv":
          terminal.print(
            printCsv(flags.messages === true ? lowerSchedule(schedule) : stepGrid(schedule)).trimEnd(),
          );
          break;
        case "trace":
          terminal.print(scheduleTrace(schedule, simulation));
          break;
        case "text": {
          const { isTTY, columns } = process.stdout;
          terminal.print(
            scheduleText(schedule, simulation, {
              width: (isTTY ? columns : undefined) ?? 120,
              colour: isTTY === true && process.env["NO_COLOR"] === undefined,
              memoryUnit: "M_B",
            }),
          );
        }
      }
      terminal.printJson(scheduleReport(schedule, simulation));
      finish(exitCodes.success);
    });
}

/** The schedule of that name, or the one that a file states. */
function find(name: string, { stages, microbatches, chunks, times, latency }: Flags): Schedule {
  if (findFamily(name) !== undefined || !(name.endsWith(".csv") || existsSync(name))) {
    if (findFamily(name) !== undefined && (stages === undefined || microbatches === undefined))
      usage(`Say for how many ranks and micro-batches: --stages P --microbatches M.`);
    return createSchedule(name, stages ?? 1, microbatches ?? 1, chunks, { times, latency, memory });
  }
  if (stages !== undefined || microbatches !== undefined || chunks !== undefined)
    usage(`${name} says itself how many ranks, micro-batches and chunks it has.`);
  return scheduleOf(parseCsv(readText(name), name), name, name);
}

function readText(path: string): string {
  if (!existsSync(path)) fail("file-not-found", { path });
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    return fail("file-unreadable", { path, problem: (error as Error).message });
  }
}

function usage(problem: string): never {
  throw new SbpcError([diagnostic("usage", { problem })]);
}

function threeTimes(text: string): ActionTimes {
  const [F, I, W, ...more] = text.split(",").map(Number);
  if (
    F === undefined ||
    I === undefined ||
    W === undefined ||
    more.length > 0 ||
    ![F, I, W].every((t) => t > 0 && t <= 1e12)
  )
    throw new InvalidArgumentError("must be three numbers above 0, such as 1,1,1.");
  return { F, I, W };
}

function time(text: string): number {
  const n = Number(text);
  if (text.trim() === "" || !(n >= 0 && n <= 1e12))
    throw new InvalidArgumentError("must be a number of at least 0.");
  return n;
}
