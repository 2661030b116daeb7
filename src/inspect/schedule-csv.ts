/** The predicted step as a table of comma-separated values: one line per action, micro-batch and class of devices. */
import type { Plan } from "../plan/plan.ts";
import { at } from "../support/collections.ts";
import { describeActions, laneOf, type PlanFigures } from "./figures.ts";
import { memoryCourse } from "./memory-figures.ts";
import { printRuns } from "./ranks.ts";

const header = [
  "stage",
  "ranks",
  "microbatch",
  "phase",
  "action",
  "kind",
  "name",
  "ops",
  "start_seconds",
  "end_seconds",
  "alive_bytes",
  "location",
];

export function scheduleCsv(plan: Plan, figures: PlanFigures): string {
  const rows = figures.stages.flatMap(({ stage, classes }) => {
    const words = describeActions(plan, stage);
    return classes.flatMap(({ ranks, deviceClass }) => {
      const events = laneOf(figures.timeline, stage, deviceClass)?.events ?? [];
      const course = memoryCourse(plan, stage, deviceClass, events);
      return events.map(({ action, microbatch, start, end }, i) => {
        const { phase, verb, name, ops, location } = at(words, action);
        return [
          stage,
          printRuns(ranks),
          microbatch,
          phase,
          action,
          verb,
          name,
          ops,
          start,
          end,
          at(course, i).alive,
          location,
        ];
      });
    });
  });
  return [header, ...rows].map((row) => row.map(field).join(",")).join("\r\n");
}

/** RFC 4180: quotes around what has a comma, a quote or a line break. */
function field(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
