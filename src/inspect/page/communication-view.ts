/** Communication: bytes between devices as a matrix, by kind, and every boxing with the heaviest first. */
import { deviceCount, devicesPerStage, pipelineRanks, type Mesh } from "../../ir/layout.ts";
import { coordinatesOf, stagesOfRank } from "../../sbp/mesh.ts";
import { sum } from "../../support/collections.ts";
import type { BoxingFigures } from "../figures.ts";
import { bytes, count, seconds } from "../text.ts";
import { trafficMatrix, type TrafficMatrix } from "../traffic.ts";
import { breakable, fullCanvas, h, replace, table, type TableRow } from "./dom.ts";
import { boxingOfItem, type PageModel } from "./model.ts";
import { collectiveColours, currentTheme, letterScale } from "./palette.ts";
import type { App, View } from "./view.ts";

/** Devices that stand together in a row or column of the matrix. */
export interface Grouping {
  readonly name: string;
  readonly groups: number;
  readonly groupOf: (rank: number) => number;
  readonly label: (group: number) => string;
}

/** Rows and columns that a matrix can show. */
const mostGroups = 256;
const preferredGroups = 64;

/** Stages, then stages by one mesh axis after the other, down to single devices. */
export function groupings({ plan }: PageModel): Grouping[] {
  const { mesh } = plan;
  const perStage = devicesPerStage(mesh);
  const list: Grouping[] = [];
  let inner = perStage;
  const names: string[] = pipelineRanks(mesh) > 1 ? ["pp"] : [];
  const add = (size: number) => {
    const groups = deviceCount(mesh) / size;
    const axes = mesh.axes.slice(0, names.length - (pipelineRanks(mesh) > 1 ? 1 : 0));
    list.push({
      name: size === 1 ? "devices" : names.join(" x "),
      groups,
      groupOf: (rank) => Math.floor(rank / size),
      label: (group) => {
        if (size === 1) return `rank ${group}`;
        const rank = group * size;
        const at = coordinatesOf(mesh, rank % perStage);
        const stage = pipelineRanks(mesh) > 1 ? [pipelineName(mesh, rank)] : [];
        return [...stage, ...axes.map(({ name }, i) => `${name}=${at[i]}`)].join(" ");
      },
    });
  };
  if (pipelineRanks(mesh) > 1) add(perStage);
  for (const axis of mesh.axes) {
    inner /= axis.size;
    names.push(axis.name);
    add(inner);
  }
  const shown = list.filter(({ groups }) => groups <= mostGroups);
  return shown.length === 0 ? list.slice(0, 1) : shown;
}

/** `stage 1`; where a rank of the pipeline has several, `stages 1, 2`. */
function pipelineName(mesh: Mesh, rank: number): string {
  const stages = stagesOfRank(mesh, rank);
  return `stage${stages.length > 1 ? "s" : ""} ${stages.join(", ")}`;
}

export function communicationView(app: App): View {
  const { model, store } = app;
  const all = groupings(model);
  let grouping = all.toReversed().find(({ groups }) => groups <= preferredGroups) ?? all[0];
  const matrices = new Map<Grouping, TrafficMatrix>();
  let cell: { readonly row: number; readonly column: number } | undefined;
  let sort: "bytes" | "seconds" | "order" = "bytes";

  const matrixOf = (wanted: Grouping) => {
    let matrix = matrices.get(wanted);
    if (matrix === undefined)
      matrices.set(wanted, (matrix = trafficMatrix(model.plan, wanted.groups, wanted.groupOf)));
    return matrix;
  };
  const scale = letterScale();
  const margin = { left: 92 * scale, top: 70 * scale };
  const sizeOfCell = (width: number, height: number, groups: number) =>
    Math.min((width - margin.left - 8) / groups, (height - margin.top - 8) / groups, 150 * scale);

  const { canvas, redraw } = fullCanvas(
    "Bytes per step from the device of each row to the device of each column",
    (context, width, height) => {
      if (grouping === undefined) return;
      const theme = currentTheme();
      const matrix = matrixOf(grouping);
      const { groups } = matrix;
      const size = sizeOfCell(width, height, groups);
      const most = matrix.bytes.reduce((n, value) => Math.max(n, value), 0);
      const rank = store.state().rank;
      const chosen = rank === undefined ? undefined : grouping.groupOf(rank);
      for (let row = 0; row < groups; row++) {
        for (let column = 0; column < groups; column++) {
          const value = matrix.bytes[row * groups + column] ?? 0;
          const gap = size > 6 ? 1 : 0;
          context.fillStyle = value === 0 ? theme.panel : heat(Math.sqrt(value / most), theme.dark);
          context.fillRect(margin.left + column * size, margin.top + row * size, size - gap, size - gap);
        }
      }
      context.font = `${11 * scale}px system-ui, sans-serif`;
      context.textBaseline = "middle";
      writeAmounts(context, matrix, most, size, margin);
      const every = Math.max(1, Math.ceil((13 * scale) / size));
      for (let group = 0; group < groups; group++) {
        if (group % every !== 0 && group !== chosen) continue;
        if (chosen !== undefined && group !== chosen && Math.abs(group - chosen) < every) continue;
        context.fillStyle = group === chosen ? theme.accent : theme.soft;
        const middle = (group + 0.5) * size;
        context.textAlign = "right";
        context.fillText(grouping.label(group), margin.left - 6, margin.top + middle, margin.left - 8);
        context.save();
        context.translate(margin.left + middle, margin.top - 6);
        context.rotate(-Math.PI / 3);
        context.textAlign = "left";
        context.fillText(grouping.label(group), 0, 0, margin.top);
        context.restore();
      }
      if (chosen !== undefined) {
        context.strokeStyle = theme.accent;
        context.lineWidth = 2;
        context.strokeRect(margin.left - 1, margin.top + chosen * size - 1, groups * size + 1, size + 1);
        context.strokeRect(margin.left + chosen * size - 1, margin.top - 1, size + 1, groups * size + 1);
      }
      if (cell !== undefined) {
        context.strokeStyle = theme.ink;
        context.lineWidth = 2;
        context.strokeRect(
          margin.left + cell.column * size - 1,
          margin.top + cell.row * size - 1,
          size + 1,
          size + 1,
        );
      }
    },
  );
  canvas.tabIndex = 0;

  const cellAt = (event: MouseEvent) => {
    if (grouping === undefined) return undefined;
    const size = sizeOfCell(canvas.clientWidth, canvas.clientHeight, grouping.groups);
    const [column, row] = [
      Math.floor((event.offsetX - margin.left) / size),
      Math.floor((event.offsetY - margin.top) / size),
    ];
    const inside = row >= 0 && column >= 0 && row < grouping.groups && column < grouping.groups;
    return inside ? { row, column } : undefined;
  };
  const tellCell = () => {
    if (cell === undefined || grouping === undefined) return [];
    const matrix = matrixOf(grouping);
    return [
      `${grouping.label(cell.row)} to ${grouping.label(cell.column)}`,
      `${bytes(matrix.bytes[cell.row * matrix.groups + cell.column] ?? 0)} per step`,
    ];
  };
  canvas.addEventListener("mousemove", (event) => {
    cell = cellAt(event);
    if (cell === undefined) app.tip.hide();
    else app.tip.show(event, tellCell());
    redraw();
  });
  canvas.addEventListener("mouseleave", () => {
    cell = undefined;
    app.tip.hide();
    redraw();
  });
  const firstOf = (group: number) => group * (model.figures.devices / (grouping?.groups ?? 1));
  canvas.addEventListener("click", (event) => {
    const hit = cellAt(event);
    store.set({ rank: hit === undefined ? undefined : firstOf(hit.column) });
  });
  canvas.addEventListener("keydown", (event) => {
    const step =
      event.key === "ArrowDown" || event.key === "ArrowRight"
        ? 1
        : event.key === "ArrowUp" || event.key === "ArrowLeft"
          ? -1
          : 0;
    if (step === 0 || grouping === undefined) return;
    event.preventDefault();
    const { rank } = store.state();
    const next = rank === undefined ? 0 : grouping.groupOf(rank) + step;
    if (next >= 0 && next < grouping.groups) store.set({ rank: firstOf(next) });
  });

  const choice = h(
    "select",
    { attributes: { "aria-label": "Rows and columns" } },
    ...all.map(({ name, groups }) => h("option", { attributes: { value: name } }, `${name} (${groups})`)),
  );
  if (grouping !== undefined) choice.value = grouping.name;
  const heading = h("p", { class: "hint" });
  choice.addEventListener("change", () => {
    grouping = all.find(({ name }) => name === choice.value) ?? grouping;
    update();
  });
  const lists = h("div", { class: "lists" });

  function update(): void {
    if (grouping !== undefined) {
      const matrix = matrixOf(grouping);
      heading.textContent = `from the row to the column, bytes per step; all cells together ${bytes(sum(matrix.bytes))}`;
      canvas.dataset["total"] = String(sum(matrix.bytes));
    }
    replace(
      lists,
      ...boxingTable(app, sort, (next) => {
        sort = next;
        update();
      }),
    );
    lists.querySelector(".selected")?.scrollIntoView({ block: "nearest" });
    redraw();
  }

  return {
    element: h(
      "section",
      { class: "view communication" },
      h(
        "div",
        { class: "upper" },
        h(
          "div",
          { class: "matrix" },
          h("div", { class: "matrix-head" }, h("h3", {}, "Between devices"), choice),
          heading,
          h("div", { class: "matrix-holder" }, canvas),
        ),
        h(
          "div",
          { class: "kinds-holder scroll" },
          h("h3", {}, "By kind"),
          kindTable(model),
          h(
            "p",
            { class: "hint" },
            model.figures.training === null
              ? "count: per micro-batch"
              : "count: per micro-batch, those of the update once",
          ),
        ),
      ),
      h("div", { class: "scroll lists-holder" }, lists),
    ),
    update,
    repaint: redraw,
  };
}

/** The amounts in their cells, where all of them have room. */
function writeAmounts(
  context: CanvasRenderingContext2D,
  { bytes: amounts, groups }: TrafficMatrix,
  most: number,
  size: number,
  margin: { readonly left: number; readonly top: number },
): void {
  const texts = Array.from(amounts, (value) => (value === 0 ? "" : bytes(value)));
  if (texts.some((text) => context.measureText(text).width > size - 8)) return;
  const { dark } = currentTheme();
  context.textAlign = "center";
  texts.forEach((text, i) => {
    const strong = Math.sqrt((amounts[i] ?? 0) / most) > 0.5;
    context.fillStyle = strong === dark ? "#10202c" : "#ffffff";
    const [row, column] = [Math.floor(i / groups), i % groups];
    context.fillText(text, margin.left + (column + 0.5) * size, margin.top + (row + 0.5) * size);
  });
}

/** Pale to strong, of one hue whose lightness alone tells the amount. */
function heat(share: number, dark: boolean): string {
  const t = 0.12 + 0.88 * share;
  const mix = (from: number, to: number) => Math.round(from + (to - from) * t);
  return dark
    ? `rgb(${mix(28, 255)}, ${mix(36, 196)}, ${mix(52, 92)})`
    : `rgb(${mix(236, 8)}, ${mix(243, 48)}, ${mix(250, 107)})`;
}

/** Predicted, in all of a step. */
function stepSeconds({ seconds: each, times }: BoxingFigures): number {
  return each * times;
}

function kindTable({ figures }: PageModel): HTMLElement {
  const rows = figures.collectives.map(({ kind, count: times, bytes: size, seconds: time }): TableRow => {
    const mark = h("i", { class: "swatch" });
    mark.style.background = collectiveColours[kind];
    return { cells: [h("span", {}, mark, kind), count(times), bytes(size), seconds(time)] };
  });
  return table(
    [
      { title: "kind" },
      { title: "count", numeric: true },
      { title: "bytes per step", numeric: true },
      { title: "time per step", numeric: true },
    ],
    [
      ...rows,
      {
        cells: [
          "all",
          count(sum(figures.collectives.map((own) => own.count))),
          bytes(sum(figures.collectives.map((own) => own.bytes))),
          seconds(sum(figures.collectives.map((own) => own.seconds))),
        ],
        total: true,
      },
    ],
    "kinds",
  );
}

const mostRows = 300;

function boxingTable(
  app: App,
  sort: "bytes" | "seconds" | "order",
  onSort: (by: "bytes" | "seconds" | "order") => void,
): HTMLElement[] {
  const { model, store } = app;
  const chosen = boxingOfItem(model, store.state().item);
  const by: Readonly<Record<typeof sort, (a: BoxingFigures, b: BoxingFigures) => number>> = {
    bytes: (a, b) => b.bytes - a.bytes,
    seconds: (a, b) => stepSeconds(b) - stepSeconds(a),
    order: (a, b) => a.index - b.index,
  };
  const sorted = [...model.figures.boxings].sort((a, b) => by[sort](a, b) || a.index - b.index);
  const shown = sorted.filter((boxing, i) => i < mostRows || boxing.index === chosen);
  const left = sorted.filter((boxing) => !shown.includes(boxing));
  const choose = (key: typeof sort, text: string) =>
    h(
      "button",
      {
        class: key === sort ? "quiet on" : "quiet",
        onclick: () => onSort(key),
        attributes: { "aria-pressed": String(key === sort) },
      },
      text,
    );
  return [
    h(
      "div",
      { class: "sorts" },
      h("h3", {}, "Boxings"),
      choose("bytes", "heaviest"),
      choose("seconds", "slowest"),
      choose("order", "in order"),
    ),
    table(
      [
        { title: "", numeric: true },
        { title: "kind" },
        { title: "tensor" },
        { title: "from" },
        { title: "to" },
        { title: "bytes per step", numeric: true },
        { title: "time per step", numeric: true },
        { title: "source" },
      ],
      [
        ...shown.map((boxing): TableRow => ({
          cells: [
            boxing.index,
            boxing.kind,
            h("span", { class: "mono", title: boxing.input }, ...breakable(boxing.input)),
            h("span", { class: "mono" }, boxing.from),
            h("span", { class: "mono" }, boxing.kind === "send" ? `stage ${boxing.toStage}` : boxing.to),
            bytes(boxing.bytes),
            seconds(stepSeconds(boxing)),
            boxing.location.replace(/^insert-boxing\((.*)\)$/, "$1"),
          ],
          selected: boxing.index === chosen,
          onclick: () => store.set({ item: { kind: "boxing", index: boxing.index } }),
        })),
        ...(left.length === 0
          ? []
          : [
              {
                cells: [
                  "",
                  `${left.length} lighter ones`,
                  "",
                  "",
                  "",
                  bytes(sum(left.map((one) => one.bytes))),
                  seconds(sum(left.map(stepSeconds))),
                  "",
                ],
              },
            ]),
        {
          cells: [
            "",
            "all",
            "",
            "",
            "",
            bytes(sum(sorted.map((one) => one.bytes))),
            seconds(sum(sorted.map(stepSeconds))),
            "",
          ],
          total: true,
        },
      ],
      "wide boxings",
    ),
  ];
}
