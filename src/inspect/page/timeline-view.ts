/** The predicted step: devices by time, what they run, what they exchange, where they wait. */
import { scaleLinear } from "d3-scale";
import { select } from "d3-selection";
import { zoom, zoomIdentity, type ZoomTransform } from "d3-zoom";
import type { Lane, TimelineEvent } from "../../plan/timeline.ts";
import { phaseTexts } from "../figures.ts";
import { bytes, seconds } from "../text.ts";
import { bubbleTable } from "./bubble-table.ts";
import { fullCanvas, h, replace, swatch } from "./dom.ts";
import { firstEndingAfter, laneRows, phaseLabel, phaseSpans, rowOfRank, type LaneRow } from "./lanes.ts";
import { actionsOf, boxingOfItem, itemOfAction } from "./model.ts";
import { collectiveColours, currentTheme, letterScale, phaseColours } from "./palette.ts";
import { tint } from "./graph/draw.ts";
import type { App, View } from "./view.ts";

/** In the smallest letters. */
const least = { labelWidth: 128, axisHeight: 30, rowHeight: 18 };
const most = { labelWidth: 210 };
/** Under the last row, and the holder's border. */
const below = 8;
const border = 2;
/** Pixels between two communications that are drawn wider than they are. */
const sparse = 4;

export function timelineView(app: App): View {
  const { model, store } = app;
  const rows = laneRows(model);
  const total = Math.max(model.figures.timeline.seconds, 1e-12);
  const scale = letterScale();
  const axisHeight = least.axisHeight * scale;
  const longest = Math.max(...rows.map(({ label }) => label.length));
  const labelWidth = Math.max(least.labelWidth, Math.min(6.6 * longest + 22, most.labelWidth)) * scale;
  const trains = model.plan.options.train !== undefined;
  const knownSpans = new Map<Lane, ReturnType<typeof phaseSpans>>();
  const spansOf = ({ lane }: LaneRow) => {
    const stage = model.plan.stages[lane.stage];
    const spans = knownSpans.get(lane) ?? (stage === undefined ? [] : phaseSpans(stage, lane.events));
    knownSpans.set(lane, spans);
    return spans;
  };
  let camera: ZoomTransform = zoomIdentity;
  let marked = actionsOf(model, undefined);
  let hover: { readonly row: number; readonly event: TimelineEvent } | undefined;

  const { canvas, redraw } = fullCanvas(
    "Devices by time. Left and right go from action to action, up and down from device to device.",
    draw,
  );
  canvas.tabIndex = 0;
  const holder = h("div", { class: "timeline-holder" }, canvas);
  const mostHeight = 44 * scale * scale;
  holder.style.maxHeight = `${axisHeight + rows.length * mostHeight + below + border}px`;
  const rowHeight = () =>
    Math.max(
      least.rowHeight * scale,
      Math.min(mostHeight, (holder.clientHeight - axisHeight - below) / Math.max(1, rows.length)),
    );

  function timeScale(width: number) {
    return camera.rescaleX(
      scaleLinear()
        .domain([0, total])
        .range([labelWidth, width - 14]),
    );
  }

  function colourOf(lane: Lane, event: TimelineEvent): string {
    const action = model.plan.stages[lane.stage]?.actions[event.action];
    if (action === undefined || !("boxing" in action))
      return phaseColours[model.actionTexts(lane.stage)[event.action]?.phase ?? "F"].fill;
    return collectiveColours[model.plan.boxing[action.boxing]?.kind ?? "send"];
  }

  function draw(context: CanvasRenderingContext2D, width: number, height: number): void {
    const theme = currentTheme();
    const x = timeScale(width);
    const each = rowHeight();
    const [t0, t1] = [x.invert(labelWidth), x.invert(width)];
    const chosenRow = rowOfRank(model, rows, store.state().rank);
    const unlabelled: (() => void)[] = [];
    rows.forEach((row, i) => {
      const top = axisHeight + i * each + 2;
      const tall = each - 5;
      drawWaiting(context, Math.max(labelWidth, x(0)), top, Math.min(width - 14, x(total)), tall);
      const { events } = row.lane;
      const highlighted = marked.get(row.lane.stage);
      context.save();
      context.beginPath();
      context.rect(labelWidth, top - 2, width - labelWidth, each);
      context.clip();
      const perPixel = (t1 - t0) / Math.max(1, width - labelWidth);
      let labelled = false;
      // Communication is often too short to see: it is drawn over the rest, at least a pixel wide. Where many such stand
      // together, only some are, lest a step of few percent communication looks as if it did nothing else.
      for (const computes of [true, false]) {
        let widened = -Infinity;
        let [last, drawnTo] = [-1, 0];
        for (let n = firstEndingAfter(events, t0); n < events.length;) {
          const event = events[n] as TimelineEvent;
          if (event.start > t1) break;
          const [left, right] = [x(event.start), x(event.end)];
          const isMarked = highlighted?.has(event.action) === true;
          const shown = (event.kind === "segment") === computes && (event.end > event.start || isMarked);
          const crowded = !computes && !isMarked && right - left < 1 && left - widened < sparse;
          if (shown && crowded) {
            // As wide as it is; after another communication no gap is left.
            const from = followsOn(events, last, n, perPixel / 4) ? drawnTo : left;
            context.fillStyle = colourOf(row.lane, event);
            context.fillRect(from, top, Math.max(right - from, 0), tall);
            [last, drawnTo] = [n, Math.max(from, right)];
          }
          if (shown && !crowded) {
            [last, drawnTo] = [n, Math.max(right, left + 1)];
            if (right - left < 1) widened = left;
            const gap = computes && right - left > 5 ? 0.6 : 0;
            context.fillStyle = colourOf(row.lane, event);
            context.globalAlpha = marked.size === 0 || isMarked ? 1 : 0.45;
            context.fillRect(left, top, Math.max(right - left - gap, 1), tall);
            context.globalAlpha = 1;
            if (isMarked) mark(context, left, Math.max(right - left, 2), top, tall);
            if (right - left > 60 * scale && tall >= 12 * scale) {
              label(context, row.lane, event, left, right, top + tall / 2);
              labelled = true;
            }
          }
          // Events too thin to see go with the one before, but for what is marked.
          const thin = right - left < 0.5 && marked.size === 0;
          n = thin ? Math.max(n + 1, firstEndingAfter(events, event.end + perPixel * 0.5)) : n + 1;
        }
      }
      if (trains && !labelled) unlabelled.push(() => drawPhases(context, row, x, top, tall));
      context.restore();
      context.fillStyle = row === chosenRow ? theme.accent : theme.soft;
      context.font = `${row === chosenRow ? 600 : 400} ${12 * scale}px system-ui, sans-serif`;
      context.textAlign = "left";
      context.textBaseline = "middle";
      context.fillText(row.label, 8, top + tall / 2, labelWidth - 14);
      const next = rows[i + 1];
      if (next !== undefined && next.lane.stage !== row.lane.stage) {
        context.fillStyle = theme.faint;
        context.fillRect(0, top + tall + 2, width, 1);
      }
    });
    drawAxis(context, x, width, height);
    for (const drawNames of unlabelled) drawNames();
    if (hover !== undefined) {
      const top = axisHeight + hover.row * each + 2;
      context.strokeStyle = theme.ink;
      context.lineWidth = 1.5;
      context.strokeRect(
        x(hover.event.start),
        top,
        Math.max(2, x(hover.event.end) - x(hover.event.start)),
        each - 5,
      );
    }
  }

  /** The name of every phase that is wide enough. */
  function drawPhases(
    context: CanvasRenderingContext2D,
    row: LaneRow,
    x: ReturnType<typeof timeScale>,
    top: number,
    tall: number,
  ): void {
    if (tall < 11 * scale) return;
    context.font = `600 ${11 * scale}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (const span of spansOf(row)) {
      const [left, right] = [Math.max(labelWidth, x(span.start)), Math.min(canvas.clientWidth, x(span.end))];
      const text = phaseLabel(span);
      const wide = context.measureText(text).width + 8 * scale;
      if (right - left < wide + 2) continue;
      const [middle, y] = [(left + right) / 2, top + tall / 2];
      const colour = phaseColours[span.phase];
      context.fillStyle = colour.fill;
      context.fillRect(middle - wide / 2, y - 7.5 * scale, wide, 15 * scale);
      context.fillStyle = colour.text;
      context.fillText(text, middle, y);
    }
  }

  function mark(
    context: CanvasRenderingContext2D,
    left: number,
    width: number,
    top: number,
    tall: number,
  ): void {
    context.fillStyle = currentTheme().ink;
    context.fillRect(left, top - 2, width, 2);
    context.fillRect(left, top + tall, width, 2);
  }

  function drawAxis(
    context: CanvasRenderingContext2D,
    x: ReturnType<typeof timeScale>,
    width: number,
    height: number,
  ): void {
    const theme = currentTheme();
    context.fillStyle = theme.paper;
    context.fillRect(0, 0, width, axisHeight - 2);
    context.font = `${11 * scale}px system-ui, sans-serif`;
    context.textBaseline = "middle";
    context.textAlign = "center";
    for (const tick of x.ticks(Math.max(2, Math.floor(width / (130 * scale))))) {
      if (tick < 0 || tick > total * 1.0001 || x(tick) < labelWidth - 1) continue;
      context.fillStyle = theme.line;
      context.fillRect(
        x(tick),
        axisHeight - 6,
        1,
        Math.min(height - axisHeight, rows.length * rowHeight()) + 6,
      );
      context.fillStyle = theme.soft;
      context.fillText(seconds(tick), Math.min(x(tick), width - 30 * scale), 12 * scale);
    }
  }

  function drawWaiting(
    context: CanvasRenderingContext2D,
    left: number,
    top: number,
    right: number,
    tall: number,
  ): void {
    const theme = currentTheme();
    context.save();
    context.beginPath();
    context.rect(left, top, right - left, tall);
    context.clip();
    context.fillStyle = tint(theme.ink, 0.05);
    context.fillRect(left, top, right - left, tall);
    context.strokeStyle = tint(theme.ink, 0.14);
    context.lineWidth = 1;
    context.beginPath();
    for (let at = left - tall; at < right; at += 8) {
      context.moveTo(at, top + tall);
      context.lineTo(at + tall, top);
    }
    context.stroke();
    context.restore();
  }

  function label(
    context: CanvasRenderingContext2D,
    lane: Lane,
    event: TimelineEvent,
    left: number,
    right: number,
    y: number,
  ): void {
    const text = model.actionTexts(lane.stage)[event.action];
    if (text === undefined) return;
    const words = text.kind === "segment" ? text.name : text.verb;
    const colour = text.kind === "segment" ? phaseColours[text.phase].text : "#fff";
    const [from, to] = [Math.max(left, labelWidth), right];
    context.save();
    context.beginPath();
    context.rect(from, y - 10, to - from - 4, 20);
    context.clip();
    context.fillStyle = colour;
    context.font = `${11 * scale}px system-ui, sans-serif`;
    context.textAlign = "left";
    context.textBaseline = "middle";
    const before = trains ? `${phaseLabel({ ...text, ...event })}: ` : `${event.microbatch}: `;
    context.fillText(trains || model.figures.microbatches > 1 ? `${before}${words}` : words, from + 5, y);
    context.restore();
  }

  function eventAt(px: number, py: number): { row: number; event: TimelineEvent } | undefined {
    const row = Math.floor((py - axisHeight) / rowHeight());
    const events = rows[row]?.lane.events;
    if (events === undefined || px < labelWidth) return undefined;
    const x = timeScale(canvas.clientWidth);
    const time = x.invert(px);
    const slack = x.invert(px + 1.5) - time;
    const event = events[firstEndingAfter(events, time - slack)];
    return event === undefined || event.start > time + slack ? undefined : { row, event };
  }

  function tipOf({ row, event }: { row: number; event: TimelineEvent }): string[] {
    const entry = rows[row] as LaneRow;
    const text = model.actionTexts(entry.lane.stage)[event.action];
    const action = model.plan.stages[entry.lane.stage]?.actions[event.action];
    const boxing =
      action !== undefined && "boxing" in action ? model.figures.boxings[action.boxing] : undefined;
    const phase = text === undefined || !trains ? "" : `, ${phaseTexts[text.phase]}`;
    const batch =
      model.figures.microbatches > 1 && text?.phase !== "U" ? `, micro-batch ${event.microbatch}` : "";
    return [
      `${text?.verb ?? ""} ${text?.name ?? ""}`,
      `${entry.label}, action ${event.action}${phase}${batch}`,
      `${seconds(event.end - event.start)}: ${seconds(event.start)} to ${seconds(event.end)}`,
      ...(boxing === undefined
        ? [`${text?.ops ?? 0} operators`]
        : [`${bytes(boxing.mostBytes)} received by a device at most`]),
      ...(text === undefined || text.location === "" ? [] : [text.location]),
    ];
  }

  const behaviour = zoom<HTMLCanvasElement, unknown>()
    .scaleExtent([1, 1e6])
    .filter((event: Event) => {
      if (event.type === "wheel") {
        const overflows = holder.scrollHeight > holder.clientHeight + 2;
        return !overflows || (event as WheelEvent).ctrlKey;
      }
      return !(event as MouseEvent).button;
    })
    .on("zoom", (event: { readonly transform: ZoomTransform }) => {
      camera = event.transform;
      redraw();
    });
  const selection = select(canvas);
  selection.call(behaviour);
  const limit = () => {
    const box: [[number, number], [number, number]] = [
      [labelWidth, 0],
      [canvas.clientWidth - 14, canvas.clientHeight],
    ];
    behaviour.extent(box).translateExtent(box);
  };
  new ResizeObserver(() => {
    canvas.style.height = `${Math.max(holder.clientHeight - border, axisHeight + rows.length * rowHeight() + 4)}px`;
    limit();
    redraw();
  }).observe(holder);

  canvas.addEventListener("mousemove", (event) => {
    hover = event.buttons === 0 ? eventAt(event.offsetX, event.offsetY) : undefined;
    canvas.style.cursor = hover === undefined ? "default" : "pointer";
    if (hover === undefined) app.tip.hide();
    else app.tip.show(event, tipOf(hover));
    redraw();
  });
  canvas.addEventListener("mouseleave", () => {
    hover = undefined;
    app.tip.hide();
    redraw();
  });
  canvas.addEventListener("click", (event) => {
    const hit = eventAt(event.offsetX, event.offsetY);
    const row = rows[Math.floor((event.offsetY - axisHeight) / rowHeight())];
    if (row === undefined) return;
    if (hit === undefined) store.set({ rank: row.rank });
    else store.set({ item: itemOfAction(model, row.lane.stage, hit.event.action), rank: row.rank });
  });
  canvas.addEventListener("keydown", (event) => {
    const { item, rank } = store.state();
    const row = rowOfRank(model, rows, rank) ?? rows[0];
    if (row === undefined) return;
    const index = rows.indexOf(row);
    if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      const next = rows[index + (event.key === "ArrowUp" ? -1 : 1)];
      if (next !== undefined) store.set({ rank: next.rank });
    } else if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      const own = actionsOf(model, item).get(row.lane.stage);
      const at = row.lane.events.findIndex(({ action }) => own?.has(action) === true);
      const next = row.lane.events[Math.max(0, at + (event.key === "ArrowLeft" ? -1 : 1))];
      if (next !== undefined)
        store.set({ item: itemOfAction(model, row.lane.stage, next.action), rank: row.rank });
    } else if (event.key === "+" || event.key === "=") selection.call(behaviour.scaleBy, 1.5);
    else if (event.key === "-") selection.call(behaviour.scaleBy, 1 / 1.5);
    else if (event.key === "0") selection.call(behaviour.transform, zoomIdentity);
    else return;
    event.preventDefault();
  });

  const kinds = model.figures.collectives.map(({ kind }) => kind);
  const phases = [...new Set(model.plan.stages.flatMap((stage) => stage.phases.map(({ kind }) => kind)))];
  const legend = h(
    "div",
    { class: "legend inline" },
    ...phases.map((phase) =>
      swatch(phaseColours[phase].fill, trains ? `${phaseTexts[phase]} (${phase})` : "computes"),
    ),
    ...kinds.map((kind) => swatch(collectiveColours[kind], kind)),
    h("span", { class: "legend-entry" }, h("i", { class: "swatch hatch" }), "waits"),
    h("span", { class: "hint" }, "wheel or + and - zoom, drag moves"),
  );
  const lower = h("div", { class: "lower scroll" });
  return {
    element: h("section", { class: "view timeline" }, legend, holder, lower),
    update(state) {
      marked = actionsOf(model, state.item);
      // A selection that is on no device's timeline (a weight) marks nothing.
      if (boxingOfItem(model, state.item) === undefined && marked.size === 0) marked = new Map();
      replace(lower, bubbleTable(app));
      redraw();
    },
    repaint: redraw,
  };
}

/** Whether nothing is computed, and no longer than `gap` waited, between two events of a lane. */
function followsOn(events: readonly TimelineEvent[], from: number, to: number, gap: number): boolean {
  if (from < 0) return false;
  for (let i = from + 1; i <= to; i++) {
    const [before, event] = [events[i - 1] as TimelineEvent, events[i] as TimelineEvent];
    if (event.kind === "segment" || event.start - before.end > gap) return false;
  }
  return true;
}
