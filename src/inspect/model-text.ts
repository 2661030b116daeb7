/** An ONNX model on one screen. */
import type { ModelSummary, NamedType } from "./model-summary.ts";
import { bytes, count, table } from "./text.ts";

/** Longest list that is shown whole. */
const mostRows = 12;
const width = 110;

export function modelText(summary: ModelSummary): string {
  const { devices } = summary;
  const inner = summary.innerNodes === 0 ? "" : ` (${summary.innerNodes} inside others)`;
  const flops = summary.flops === undefined ? "" : `, ${count(summary.flops)} FLOPs`;
  const sections: (readonly [title: string, lines: readonly string[]])[] = [
    ["inputs", typeRows(summary.inputs)],
    ["outputs", typeRows(summary.outputs)],
    ["operators", wrap(Object.entries(summary.operators).map(([op, n]) => `${visible(op)} ${n}`))],
    ["functions", wrap(summary.functions.map(visible))],
    [
      "weights",
      summary.weights.length === 0
        ? []
        : table(
            ["type", "tensors", "elements", "bytes"],
            summary.weights.map((use) => [use.dtype, use.tensors, count(use.elements), bytes(use.bytes)]),
          ),
    ],
    [
      "external files",
      summary.external.length === 0
        ? []
        : limited(
            table(
              ["file", "tensors", "used", "size"],
              summary.external
                .slice(0, mostRows)
                .map((file) => [
                  visible(file.path),
                  file.tensors,
                  bytes(file.used),
                  file.size === null ? "cannot be read" : bytes(file.size),
                ]),
            ),
            summary.external.length,
          ),
    ],
    [
      "metadata",
      limited(
        Object.entries(summary.metadata)
          .slice(0, mostRows)
          .map(([key, value]) => `  ${visible(key)}: ${shortened(visible(value), 80)}`),
        Object.keys(summary.metadata).length,
      ),
    ],
    [
      "several devices",
      devices.configurations.length === 0 && devices.annotatedNodes === 0
        ? []
        : [
            `  configurations: ${devices.configurations.map(({ name, devices: n }) => `${visible(name)} (${n} devices)`).join(", ")}`,
            `  ${devices.annotatedNodes} nodes annotated, ${devices.shardedTensors} shardings, stages ${devices.stages.length === 0 ? "none" : devices.stages.join(", ")}`,
          ],
    ],
  ];
  const head = [
    `${summary.file}: ${bytes(summary.bytes)}, ${summary.nodes} nodes${inner}, ${count(summary.parameters)} parameters${flops}`,
    `IR version ${summary.irVersion}, opsets ${summary.opsets.map(({ domain, version }) => `${visible(domain)} ${version}`).join(", ")}${summary.producer === "" ? "" : `, made by ${visible(summary.producer)}`}`,
    ...(summary.invalidTensors === 0
      ? []
      : [
          `${summary.invalidTensors === 1 ? "1 tensor is" : `${summary.invalidTensors} tensors are`} not valid: run sbpc check on it`,
        ]),
  ];
  return [
    head.join("\n"),
    ...sections.filter(([, lines]) => lines.length > 0).map(([title, lines]) => [title, ...lines].join("\n")),
  ].join("\n\n");
}

function typeRows(types: readonly NamedType[]): string[] {
  const shown = types.slice(0, mostRows);
  const longest = Math.max(0, ...shown.map(({ name }) => Math.min(40, visible(name).length)));
  const rows = shown.map(({ name, type }) => `  ${visible(name).padEnd(longest)}  ${visible(type)}`);
  return limited(rows, types.length);
}

function limited(rows: readonly string[], of: number): string[] {
  return of > mostRows ? [...rows, `  … and ${of - mostRows} more`] : [...rows];
}

/** Items in lines that fit, at most a screen's worth. */
function wrap(items: readonly string[]): string[] {
  const lines: string[] = [];
  let line = "";
  for (const [i, item] of items.entries()) {
    const next = line === "" ? `  ${item}` : `${line}, ${item}`;
    if (next.length <= width) {
      line = next;
      continue;
    }
    lines.push(`${line},`);
    line = `  ${item}`;
    if (lines.length === mostRows) return [...lines, `  … and ${items.length - i} more`];
  }
  return line === "" ? lines : [...lines, line];
}

/** Without characters that would move the terminal's cursor. */
function visible(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
