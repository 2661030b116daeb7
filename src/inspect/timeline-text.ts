/** The predicted step of every class of devices as a table: what runs when, and what is held meanwhile. */
import { at } from "../support/collections.ts";
import { describeActions } from "./figures.ts";
import { memoryCourse } from "./memory-figures.ts";
import { printRuns } from "./ranks.ts";
import { bytes, seconds, section, type TableOptions } from "./text.ts";
import {
  classesOf,
  filteredTable,
  folded,
  laneEvents,
  matcher,
  valuePlaces,
  type PlanView,
  type Selection,
} from "./text-selection.ts";

export function timelineText(view: PlanView, selection: Selection, options: TableOptions): string {
  const { plan, graph, figures } = view;
  const keep = matcher(selection);
  const places = valuePlaces(graph);
  const trains = plan.options.train !== undefined;
  return classesOf(plan, figures, selection)
    .map(({ stage, one }) => {
      const words = describeActions(plan, stage);
      const events = laneEvents(figures, stage, one.deviceClass);
      const course = memoryCourse(plan, stage, one.deviceClass, events);
      const rows = events
        .map((event, i) => ({ event, words: at(words, event.action), alive: at(course, i).alive }))
        .filter((row) => keep(row.words.name, row.words.location));
      const lines = folded(
        rows,
        selection,
        // Phases and micro-batches never fold with one another.
        (row) => {
          const known = places.get(row.words.name);
          return known === undefined
            ? undefined
            : { ...known, path: `${row.words.phase}${row.event.microbatch}: ${known.path}` };
        },
        ({ event, words: w, alive }) =>
          [
            w.phase,
            event.microbatch,
            w.verb,
            w.ops,
            w.location,
            alive,
            seconds(event.end - event.start),
          ].join(" "),
        ({ event, words: w, alive }) => [
          [
            trains ? `${w.phase}${w.phase === "U" ? "" : event.microbatch}` : event.microbatch,
            event.action,
            w.verb,
            w.name,
            w.ops === 0 ? "" : w.ops,
            seconds(event.start),
            seconds(event.end - event.start),
            bytes(alive),
            w.location,
          ],
        ],
        3,
      );
      return section(
        `schedule of stage ${stage}, ranks ${printRuns(one.ranks)} (predicted)`,
        filteredTable(
          [
            trains ? "phase" : "micro-batch",
            "action",
            "",
            "last op or value",
            "ops",
            "start",
            "takes",
            "alive",
            "where",
          ],
          lines,
          selection,
          options,
        ),
        options.style,
      );
    })
    .join("\n\n");
}
