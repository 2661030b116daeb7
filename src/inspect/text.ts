/** The text view of a plan. */
import type { OpRow, PlanReport } from "./report.ts";
import { collectiveKinds, type PlanSummary } from "./summary.ts";

/** Stages, totals and memory on one screen. */
export function summaryText(summary: PlanSummary): string {
  const lines = [
    `${summary.model} on ${summary.mesh}: ${summary.devices} device${summary.devices === 1 ? "" : "s"}, ${count(summary.parameters)} parameters, ${summary.ops} ops`,
    "",
    ...table(
      ["stage", "layers", "ops", "segments", "parameters"],
      summary.stages.map((s) => [
        s.stage,
        layerRange(s.layerIndices),
        s.ops,
        s.segments,
        count(s.parameters),
      ]),
    ),
    "",
    ...table(
      ["collective", "count", "bytes per step"],
      collectiveKinds.map((kind) => [kind, summary.boxing[kind], bytes(summary.bytes[kind])]),
    ),
    "",
    ...table(
      ["rank", "FLOPs", "parameters", "peak memory"],
      summary.flops.map((flops, rank) => [
        rank,
        count(flops),
        bytes(summary.parameterBytes[rank] ?? 0),
        bytes(summary.peakMemoryBytes[rank] ?? 0),
      ]),
    ),
    "",
    `predicted step: ${seconds(summary.predictedStepSeconds)}${summary.microbatches === 1 ? "" : ` (${summary.microbatches} micro-batches)`}`,
  ];
  return lines.join("\n");
}

/** The whole plan: summary, every operator, every boxing, memory. */
export function reportText(report: PlanReport): string {
  const sections = [
    summaryText(report.summary),
    section("operators", opLines(report.ops)),
    section(
      "boxing",
      table(
        ["", "kind", "value", "shape", "from", "to", "group", "bytes/device", "time", "where"],
        report.boxing.map((b) => [
          b.index,
          b.kind,
          b.value,
          `${b.dtype}[${b.shape.join(", ")}]`,
          b.from,
          b.to,
          b.kind === "send"
            ? `stage ${b.stages[0]} -> ${b.stages[1]}`
            : `${b.axes.join(",")} ${b.groups.map((g) => `{${g.join(",")}}`).join(" ")}`,
          bytes(b.bytesPerDevice),
          seconds(b.predictedSeconds),
          b.location,
        ]),
      ),
    ),
    section(
      "memory per device (scratch is an estimate)",
      table(
        ["rank", "stage", "coordinates", "parameters", "inputs", "buffers", "scratch", "peak"],
        report.memory.map((m) => [
          m.rank,
          m.stage,
          `(${m.coordinates.join(", ")})`,
          bytes(m.parameterBytes),
          bytes(m.inputBytes),
          bytes(m.bufferPeakBytes),
          bytes(m.segmentScratchBytes),
          bytes(m.peakBytes),
        ]),
      ),
    ),
    section(
      "inputs",
      table(
        ["name", "type", "layout", "stages"],
        report.inputs.map((i) => [i.name, i.type, i.layout, i.stages.join(",")]),
      ),
    ),
    section(
      "outputs",
      table(
        ["name", "type", "layout", "stage"],
        report.outputs.map((o) => [o.name, o.type, o.layout, o.stage]),
      ),
    ),
  ];
  return sections.join("\n\n");
}

function opLines(ops: readonly OpRow[]): string[] {
  return table(
    ["stage", "op", "output", "type", "layout", "local shape", "where"],
    ops.flatMap((op) =>
      op.outputs.map((output, i) => [
        op.stage,
        i === 0 ? op.op : "",
        output.value,
        output.type,
        output.layout,
        output.localShapes
          .map(
            ({ shape, ranks }) =>
              `[${shape.join(", ")}]${output.localShapes.length > 1 ? ` on ${ranks.join(",")}` : ""}`,
          )
          .join("; "),
        i === 0 ? op.location : "",
      ]),
    ),
  );
}

function section(title: string, lines: readonly string[]): string {
  return [title, ...lines].join("\n");
}

/** Left-aligned columns, two spaces apart; numbers to the right. */
export function table(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const widths = header.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => String(row[i] ?? "").length)),
  );
  const line = (cells: readonly (string | number)[]) =>
    cells
      .map((cell, i) =>
        typeof cell === "number" ? String(cell).padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0),
      )
      .join("  ")
      .trimEnd();
  return [line(header), ...rows.map(line)].map((text) => `  ${text}`);
}

/** `0-3, 7`. */
function layerRange(indices: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < indices.length;) {
    let j = i;
    while (j + 1 < indices.length && indices[j + 1] === (indices[j] as number) + 1) j++;
    parts.push(i === j ? String(indices[i]) : `${indices[i]}-${indices[j]}`);
    i = j + 1;
  }
  return parts.length === 0 ? "-" : parts.join(", ");
}

/** 1,234 / 5.72 M / 1.10 G. */
export function count(n: number): string {
  return scaled(n, 1000, ["", " K", " M", " G", " T", " P"]);
}

/** 512 B / 1.50 KiB / 2.00 GiB. */
export function bytes(n: number): string {
  return scaled(n, 1024, [" B", " KiB", " MiB", " GiB", " TiB", " PiB"]);
}

function scaled(n: number, base: number, units: readonly string[]): string {
  let value = n;
  let unit = 0;
  while (value >= base && unit < units.length - 1) {
    value /= base;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(2)}${units[unit]}`;
}

export function seconds(s: number): string {
  if (s === 0) return "0";
  if (s < 1e-3) return `${(s * 1e6).toFixed(1)} us`;
  return s < 1 ? `${(s * 1e3).toFixed(2)} ms` : `${s.toFixed(3)} s`;
}
