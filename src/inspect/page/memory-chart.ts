/** What a device holds over the step, stacked by what it is for, with the phases of the step underneath. */
import { scaleLinear, type ScaleLinear } from "d3-scale";
import { select } from "d3-selection";
import { area, curveStepAfter } from "d3-shape";
import type { StagePlan } from "../../plan/plan.ts";
import type { TimelineEvent } from "../../plan/timeline.ts";
import { at, range } from "../../support/collections.ts";
import { laneOf, type ClassFigures } from "../figures.ts";
import { memoryCourse, type Moment } from "../memory-figures.ts";
import { memoryUses, type MemoryUse, type ValueUse } from "../memory-uses.ts";
import { bytes, seconds } from "../text.ts";
import { h, svg } from "./dom.ts";
import { phaseLabel, phaseSpans } from "./lanes.ts";
import { itemOfAction } from "./model.ts";
import { letterScale, memoryColours, phaseColours } from "./palette.ts";
import type { App } from "./view.ts";

/** Points of the course that a picture shows at most. */
const mostPoints = 4000;

export interface ChartDevice {
  readonly stage: number;
  readonly own: ClassFigures;
  readonly rank: number;
}

interface Scales {
  readonly x: ScaleLinear<number, number>;
  readonly y: ScaleLinear<number, number>;
  readonly width: number;
  readonly bottom: number;
  readonly top: number;
  readonly left: number;
}

/** `value`: whose life is marked underneath. */
export function memoryChart(
  app: App,
  { stage, own, rank }: ChartDevice,
  value: string | undefined,
  width: number,
): HTMLElement {
  const { model } = app;
  const program = at(model.plan.stages, stage);
  const events = laneOf(model.figures.timeline, stage, own.deviceClass)?.events ?? [];
  const scale = letterScale();
  const trains = model.plan.options.train !== undefined;
  const strip = trains ? 15 * scale : 0;
  const height = Math.max(190 * scale, 0.22 * innerHeight) + strip;
  const most = own.memory.total * 1.08;
  const frame = { left: 76 * scale, top: 18 * scale, bottom: height - 24 * scale - strip };
  const scales: Scales = {
    ...frame,
    width,
    x: scaleLinear()
      .domain([0, Math.max(model.figures.timeline.seconds, 1e-12)])
      .range([frame.left, width - 10]),
    y: scaleLinear().domain([0, most]).range([frame.bottom, frame.top]),
  };
  const drawing = svg("svg", {
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: "img",
    "aria-label": `Memory of rank ${rank} over the step`,
  });
  drawing.append(
    ...axes(scales, most, height, scale),
    ...bands(scales, own, memoryCourse(model.plan, stage, own.deviceClass, events), events),
    ...peakMark(scales, own, events, scale),
    ...(trains ? phaseStrip(scales, program, events, strip) : []),
    ...lifeMarks(scales, program, events, value, scale),
  );
  select(drawing).on("click", (event: MouseEvent) => {
    const box = drawing.getBoundingClientRect();
    const time = scales.x.invert(((event.clientX - box.left) / box.width) * width);
    const hit = events.find(({ start, end }) => start <= time && time <= end);
    const item = hit === undefined ? undefined : itemOfAction(model, stage, hit.action);
    if (item !== undefined) app.store.set({ item, rank });
  });
  return h("div", { class: "chart" }, drawing);
}

function axes({ x, y, left, width }: Scales, most: number, height: number, scale: number): SVGElement[] {
  return [
    ...byteTicks(most).flatMap((tick) => [
      svg("line", { x1: left, x2: width - 10, y1: y(tick), y2: y(tick), class: "grid" }),
      svg("text", { x: left - 8, y: y(tick), class: "axis-label end" }, tick === 0 ? "0" : bytes(tick)),
    ]),
    ...x
      .ticks(Math.max(2, Math.floor(width / (150 * scale))))
      .map((tick) =>
        svg(
          "text",
          { x: Math.min(x(tick), width - 30 * scale), y: height - 8 * scale, class: "axis-label" },
          seconds(tick),
        ),
      ),
  ];
}

/** Round amounts up to `most`, three to six of them. */
function byteTicks(most: number): number[] {
  const step = 2 ** Math.max(0, Math.floor(Math.log2(Math.max(most, 4) / 3)));
  return range(Math.floor(most / step) + 1).map((i) => i * step);
}

function isValueUse(use: MemoryUse): use is ValueUse {
  return use === "gradients" || use === "updates" || use === "communication" || use === "activations";
}

/** One above the other, in the order of `memoryUses`. */
function bands(
  { x, y }: Scales,
  own: ClassFigures,
  course: readonly Moment[],
  events: readonly TimelineEvent[],
): SVGElement[] {
  // The course of a long step is drawn through as many points as the picture can show, the highest of each kept.
  const stride = Math.max(1, Math.ceil(course.length / mostPoints));
  const points: { readonly time: number; readonly moment: Moment | undefined }[] = [];
  for (let i = 0; i < course.length; i += stride) {
    const moment = course.slice(i, i + stride).reduce((a, b) => (b.alive > a.alive ? b : a));
    points.push({ time: at(events, i).start, moment });
  }
  points.push({ time: events.at(-1)?.end ?? 0, moment: undefined });
  const below = points.map(() => 0);
  return memoryUses.flatMap((use) => {
    const sizes = points.map(({ moment }) => (isValueUse(use) ? (moment?.bytes[use] ?? 0) : own.memory[use]));
    if (sizes.every((size) => size === 0)) return [];
    const [from, to] = [[...below], below.map((size, i) => size + at(sizes, i))];
    to.forEach((size, i) => (below[i] = size));
    const constant = !isValueUse(use);
    const shape = area<number>()
      .x((i) => (constant && i === 0 ? x(0) : constant && i === 1 ? at(x.range(), 1) : x(at(points, i).time)))
      .y0((i) => y(at(from, i)))
      .y1((i) => y(at(to, i)))
      .curve(curveStepAfter);
    const d = shape(constant ? [0, 1] : range(points.length)) ?? "";
    return [svg("path", { d, fill: memoryColours[use], "fill-opacity": 0.9, "data-use": use })];
  });
}

function peakMark(
  { x, top, bottom, left, width }: Scales,
  { memory }: ClassFigures,
  events: readonly TimelineEvent[],
  scale: number,
): SVGElement[] {
  const peak = events.find(
    ({ action, microbatch }) => action === memory.peakAction && microbatch === memory.peakMicrobatch,
  );
  if (peak === undefined) return [];
  const place = x((peak.start + peak.end) / 2);
  return [
    svg("line", { x1: place, x2: place, y1: top, y2: bottom, class: "peak-line" }),
    svg(
      "text",
      {
        x: Math.min(Math.max(place, left + 60 * scale), width - 70 * scale),
        y: top - 7 * scale,
        class: "axis-label strong",
      },
      `peak ${bytes(memory.total)}`,
    ),
  ];
}

function phaseStrip(
  { x, bottom }: Scales,
  program: StagePlan,
  events: readonly TimelineEvent[],
  strip: number,
): SVGElement[] {
  return phaseSpans(program, events).flatMap((span) => {
    const [left, size] = [x(span.start), Math.max(1, x(span.end) - x(span.start) - 0.6)];
    const colour = phaseColours[span.phase];
    const block = svg("rect", {
      x: left,
      width: size,
      y: bottom + strip * 0.35,
      height: strip * 0.9,
      fill: colour.fill,
    });
    if (size < strip * 1.3) return [block];
    const label = svg(
      "text",
      { x: left + size / 2, y: bottom + strip * 0.82, class: "phase-label", fill: colour.text },
      phaseLabel(span),
    );
    return [block, label];
  });
}

/** When a value lives, in every micro-batch. */
function lifeMarks(
  { x, bottom }: Scales,
  { slots }: StagePlan,
  events: readonly TimelineEvent[],
  value: string | undefined,
  scale: number,
): SVGElement[] {
  const slot = slots.find(({ name, kind }) => name === value && kind === "value");
  const [first, last] = slot?.lifetime ?? [0, -1];
  const height = 4 * scale;
  return events
    .filter(({ action }) => first <= action && action <= last)
    .map(({ start, end }) =>
      svg("rect", {
        x: x(start),
        width: Math.max(1.5, x(end) - x(start)),
        y: bottom,
        height,
        class: "life",
      }),
    );
}
