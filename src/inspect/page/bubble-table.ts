/** How every class of devices spends the step: computing, by phase where it trains, communicating, and waiting. */
import { hasRank, printRuns } from "../ranks.ts";
import { phaseKinds, phaseTexts } from "../figures.ts";
import { seconds } from "../text.ts";
import { table } from "./dom.ts";
import { ranksText } from "./lanes.ts";
import type { App } from "./view.ts";

export function bubbleTable({ model, store }: App): HTMLElement {
  const { figures } = model;
  const step = Math.max(figures.timeline.seconds, 1e-12);
  const share = (part: number) => `${((100 * part) / step).toFixed(1)} %`;
  const chosen = store.state().rank;
  // A step that trains: computing by phase.
  const phases = phaseKinds.filter((phase) =>
    figures.stages.some(({ classes }) => classes.some(({ phaseSeconds }) => phase in phaseSeconds)),
  );
  const several = phases.length > 1 ? phases : [];
  return table(
    [
      { title: "stage" },
      { title: "devices" },
      { title: "computes", numeric: true },
      ...several.map((phase) => ({ title: phaseTexts[phase], numeric: true })),
      { title: "communicates", numeric: true },
      { title: "waits", numeric: true },
      { title: "step", numeric: true },
      { title: "bubble", numeric: true },
    ],
    figures.stages.flatMap(({ stage, classes }) =>
      classes.map((own) => {
        return {
          cells: [
            `stage ${stage}`,
            ranksText(printRuns(own.ranks), own.devices),
            seconds(own.computeSeconds),
            ...several.map((phase) => seconds(own.phaseSeconds[phase] ?? 0)),
            seconds(own.communicationSeconds),
            seconds(own.idleSeconds),
            seconds(step),
            share(own.idleSeconds),
          ],
          selected: chosen !== undefined && hasRank(own.ranks, chosen),
          onclick: () => store.set({ rank: own.ranks[0]?.[0] }),
        };
      }),
    ),
    "wide",
  );
}
