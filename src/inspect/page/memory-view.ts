/** Memory: every device's peak by what it is for, one device over the step, and what its peak holds. */
import { devicesPerStage } from "../../ir/layout.ts";
import { stagesOfRank } from "../../sbp/mesh.ts";
import { range } from "../../support/collections.ts";
import { laneOf, type ClassFigures } from "../figures.ts";
import { heldDuring } from "../memory-figures.ts";
import { memoryUses, memoryUseTexts, memoryUseTitles } from "../memory-uses.ts";
import { printRuns } from "../ranks.ts";
import { bytes } from "../text.ts";
import { h, replace, swatch, table } from "./dom.ts";
import { memoryChart } from "./memory-chart.ts";
import { valueOfItem, type PageModel } from "./model.ts";
import { memoryColours } from "./palette.ts";
import { ranksText } from "./lanes.ts";
import type { App, View } from "./view.ts";

interface Device {
  readonly stage: number;
  readonly own: ClassFigures;
  readonly rank: number;
}

function devicesOf({ figures }: PageModel): Device[] {
  return figures.stages.flatMap(({ stage, classes }) =>
    classes.map((own) => ({ stage, own, rank: own.ranks[0]?.[0] ?? 0 })),
  );
}

export function memoryView(app: App): View {
  const element = h("section", { class: "view memory scroll" });
  const { model } = app;
  const devices = devicesOf(model);
  let last: { rank: number | undefined; value: string | undefined; width: number } | undefined;
  const render = () => {
    const state = app.store.state();
    const value = valueOfItem(model, state.item);
    const width = element.clientWidth;
    last = { rank: state.rank, value, width };
    const device = deviceOfRank(model, devices, state.rank ?? model.figures.peak.rank) ?? devices[0];
    replace(
      element,
      h("h3", {}, "Peak of every device"),
      bars(app, devices, device),
      ...(device === undefined
        ? []
        : [
            h("h3", {}, `Rank ${device.rank} over the step`),
            memoryChart(app, device, value, Math.max(320, width - 48)),
            contents(app, device, value),
          ]),
    );
  };
  new ResizeObserver(() => {
    if (last !== undefined && element.clientWidth !== last.width) render();
  }).observe(element);
  return { element, update: render };
}

function deviceOfRank({ plan }: PageModel, devices: readonly Device[], rank: number): Device | undefined {
  const held = stagesOfRank(plan.mesh, rank);
  const place = rank % devicesPerStage(plan.mesh);
  return devices.find(
    ({ stage, own }) => held.includes(stage) && plan.stages[stage]?.deviceClass[place] === own.deviceClass,
  );
}

function bars({ store, model }: App, devices: readonly Device[], chosen: Device | undefined): HTMLElement {
  const most = devices.reduce((n, { own }) => Math.max(n, own.memory.total), 1);
  // What no device holds at its peak may still come and go: it is in the legend of a step that trains.
  const trains = model.plan.options.train !== undefined;
  const uses = memoryUses.filter((use) => devices.some(({ own }) => own.memory[use] > 0));
  const listed = memoryUses.filter((use) => uses.includes(use) || (trains && use === "updates"));
  const legend = h(
    "div",
    { class: "legend inline" },
    ...listed.map((use) => swatch(memoryColours[use], memoryUseTexts[use])),
  );
  const rows = table(
    [
      { title: "stage" },
      { title: "devices" },
      { title: "" },
      ...uses.map((use) => ({ title: memoryUseTitles[use], numeric: true })),
      { title: "peak", numeric: true },
    ],
    devices.map((device) => {
      const { memory, ranks, devices: n } = device.own;
      const bar = h("div", {
        class: "bar-track",
        title: uses.map((use) => `${memoryUseTexts[use]} ${bytes(memory[use])}`).join(", "),
      });
      for (const use of uses) {
        const part = h("i", {});
        part.style.width = `${(100 * memory[use]) / most}%`;
        part.style.background = memoryColours[use];
        bar.append(part);
      }
      return {
        cells: [
          String(device.stage),
          ranksText(printRuns(ranks), n),
          bar,
          ...uses.map((use) => bytes(memory[use])),
          h("b", {}, bytes(memory.total)),
        ],
        selected: device === chosen,
        onclick: () => store.set({ rank: device.rank }),
      };
    }),
    "wide bars",
  );
  return h("div", {}, legend, rows);
}

const mostHeld = 200;

function contents(
  { model, store }: App,
  { stage, own, rank }: Device,
  value: string | undefined,
): HTMLElement {
  const { peakAction, peakMicrobatch, scratch, total: peak } = own.memory;
  const order = laneOf(model.figures.timeline, stage, own.deviceClass)?.events ?? [];
  const held = heldDuring(model.plan, stage, own.deviceClass, order, {
    action: peakAction,
    microbatch: peakMicrobatch,
  }).filter((entry) => entry.bytes > 0);
  const text = model.actionTexts(stage)[peakAction];
  const when = model.figures.microbatches > 1 && text?.phase !== "U" ? `, micro-batch ${peakMicrobatch}` : "";
  const shown = held.slice(0, mostHeld);
  const rest = held.slice(mostHeld);
  const total = range(held.length).reduce((n, i) => n + (held[i]?.bytes ?? 0), 0);
  return h(
    "div",
    {},
    h("h3", {}, `What rank ${rank} holds at its peak`),
    h(
      "p",
      { class: "hint" },
      `during action ${peakAction}${when}: ${text?.verb ?? ""} ${text?.name ?? ""}; besides ${bytes(scratch)} of the largest segment's own (estimate)`,
    ),
    table(
      [
        { title: "tensor" },
        { title: "for" },
        { title: "bytes", numeric: true },
        { title: "share", numeric: true },
      ],
      [
        ...shown.map((entry) => ({
          cells: [
            h("span", { class: "mono" }, entry.value),
            h(
              "span",
              {},
              swatch(memoryColours[entry.use], memoryUseTexts[entry.use]),
              entry.copies > 1 ? ` of ${entry.copies} micro-batches` : null,
            ),
            bytes(entry.bytes),
            `${((100 * entry.bytes) / Math.max(1, peak)).toFixed(1)} %`,
          ],
          selected: entry.value === value,
          onclick: () => store.set({ item: { kind: "value", name: entry.value } }),
        })),
        ...(rest.length === 0
          ? []
          : [
              {
                cells: [
                  `${rest.length} smaller ones`,
                  "",
                  bytes(rest.reduce((n, entry) => n + entry.bytes, 0)),
                  "",
                ],
              },
            ]),
        {
          cells: [
            `${held.length} tensors`,
            "",
            bytes(total),
            `${((100 * total) / Math.max(1, peak)).toFixed(1)} %`,
          ],
          total: true,
        },
      ],
      "wide",
    ),
  );
}
