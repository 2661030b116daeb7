/** Tables and amounts as text, for terminals and files. */
import stringWidth from "string-width";
import { sum } from "../support/collections.ts";

/** How parts of a text are set off; on a terminal by colour, else not at all. */
export interface Style {
  readonly heading: (text: string) => string;
  readonly faint: (text: string) => string;
}

export const plainStyle: Style = { heading: (text) => text, faint: (text) => text };

export interface TableOptions {
  /** Columns of the terminal; wider tables are cut to it. Absent: they are as wide as they are. */
  readonly width?: number;
  readonly style?: Style;
}

export type Cell = string | number;

/** No text column becomes narrower than this for the sake of the width. */
const leastWidth = 6;
const indent = 2;
const gap = 2;

/** Left-aligned columns, two spaces apart; numbers to the right. Where it is too wide the widest texts are cut. */
export function table(
  header: readonly string[],
  rows: readonly (readonly Cell[])[],
  { width, style = plainStyle }: TableOptions = {},
): string[] {
  const natural = header.map((title, i) =>
    rows.reduce((most, row) => Math.max(most, stringWidth(String(row[i] ?? ""))), stringWidth(title)),
  );
  const widths = width === undefined ? natural : narrowed(natural, width - indent);
  const line = (cells: readonly Cell[]) =>
    cells
      .map((cell, i) => {
        const room = widths[i] ?? 0;
        const text = cut(String(cell), room);
        const padding = " ".repeat(room - stringWidth(text));
        return typeof cell === "number" ? padding + text : text + padding;
      })
      .join(" ".repeat(gap))
      .trimEnd();
  const [head = "", ...body] = [line(header), ...rows.map(line)];
  return [style.faint(head), ...body].map((text) => " ".repeat(indent) + text);
}

/** Widths that fit into `room`, the widest columns shortened first, none below `leastWidth`. */
function narrowed(natural: readonly number[], room: number): number[] {
  const widths = [...natural];
  const free = room - gap * (widths.length - 1);
  while (sum(widths) > free) {
    const widest = widths.indexOf(Math.max(...widths));
    const width = widths[widest] as number;
    if (width <= leastWidth) break;
    // Down to the next widest, or by what is too much.
    const next = Math.max(leastWidth, ...widths.filter((other) => other < width));
    widths[widest] = Math.max(Math.min(width - 1, next), width - (sum(widths) - free));
  }
  return widths;
}

/** The text in at most `room` columns; of a longer one the middle gives way to `…`, since names differ at their ends. */
export function cut(text: string, room: number): string {
  if (stringWidth(text) <= room) return text;
  const characters = [...text];
  const take = (from: readonly string[], most: number): string[] => {
    const kept: string[] = [];
    let width = 0;
    for (const character of from) {
      width += stringWidth(character);
      if (width > most) break;
      kept.push(character);
    }
    return kept;
  };
  const head = take(characters, Math.ceil((room - 1) / 2));
  const tail = take(characters.toReversed(), room - 1 - stringWidth(head.join(""))).toReversed();
  return `${head.join("")}…${tail.join("")}`;
}

/** A title and what stands under it. */
export function section(title: string, lines: readonly string[], style: Style = plainStyle): string {
  return [style.heading(title), ...lines].join("\n");
}

/** `0-3, 7`. */
export function layerRange(indices: readonly number[]): string {
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
  while (Math.abs(value) >= base && unit < units.length - 1) {
    value /= base;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(2)}${units[unit]}`;
}

export function seconds(s: number): string {
  const size = Math.abs(s);
  if (size === 0) return "0";
  if (size < 1e-3) return `${(s * 1e6).toFixed(1)} us`;
  return size < 1 ? `${(s * 1e3).toFixed(2)} ms` : `${s.toFixed(3)} s`;
}

/** `12.5 %`. */
export function percent(part: number, whole: number): string {
  return whole === 0 ? "-" : `${((100 * part) / whole).toFixed(1)} %`;
}
