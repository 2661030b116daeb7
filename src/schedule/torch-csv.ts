/**
 * The text and CSV forms of torch.distributed.pipelining: a line per rank, a cell per action, an empty cell for an idle step.
 * Old files write B for the backward of the input and BW for the whole backward: read, never written.
 */
import { fail } from "../diagnostics/diagnostic.ts";
import { sourceLocation } from "../diagnostics/location.ts";
import { isCompute, partsOf, printAction, type PipelineAction, type ScheduleAction } from "./action.ts";
import type { Rows } from "./execute.ts";

export function printCsv(rows: Rows): string {
  return rows
    .map((row) => `${row.map((action) => (action === null ? "" : printAction(action))).join(",")}\n`)
    .join("");
}

/** Fails with `bad-schedule-file`, naming line and cell. `file` is only named. */
export function parseCsv(text: string, file: string): (PipelineAction | null)[][] {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  while (lines.at(-1)?.trim() === "") lines.pop();
  if (lines.length === 0) fail("bad-schedule-file", { problem: "it is empty" }, sourceLocation(file, 1));
  const cells = lines.map((line, row) =>
    line.split(",").map((cell, column) => {
      const content = cell.trim();
      if (content === "") return null;
      const action = parseCell(content);
      if (action === undefined)
        fail(
          "bad-schedule-file",
          { problem: `${content} (cell ${column + 1}) is no action` },
          sourceLocation(file, row + 1),
        );
      return action;
    }),
  );
  const read = isOld(cells) ? modernCell : ({ action }: Cell) => action;
  return cells.map((row) => row.map((cell) => (cell === null ? null : read(cell))));
}

/** An action whose B or BW may be of the old spelling. */
interface Cell {
  readonly action: PipelineAction;
  /** It was written BW. */
  readonly whole: boolean;
}

function parseCell(text: string): Cell | undefined {
  const pair = /^\(([^;()]+);([^;()]+)\)OVERLAP_F_B$/.exec(text);
  if (pair !== null) {
    const parts = [parseCell(pair[1] as string), parseCell(pair[2] as string)];
    const [first, second] = parts.map((part) => part?.action);
    if (first === undefined || second === undefined || !isPart(first) || !isPart(second)) return undefined;
    return {
      action: { kind: "OVERLAP_F_B", parts: [first, second] },
      whole: parts.some((part) => part?.whole === true),
    };
  }
  const match =
    /^(\d{1,9})(F|BW|B|I|W|SEND_F|RECV_F|SEND_B|RECV_B|UNSHARD|RESHARD|REDUCE_GRAD)(\d{0,9})$/.exec(text);
  if (match === null) return undefined;
  const [stage, kind, microbatch] = [Number(match[1]), match[2] as string, match[3] as string];
  switch (kind) {
    case "UNSHARD":
    case "RESHARD":
    case "REDUCE_GRAD":
      return microbatch === "" ? { action: { kind, stage }, whole: false } : undefined;
    case "F":
    case "B":
    case "I":
    case "W":
    case "SEND_F":
    case "RECV_F":
    case "SEND_B":
    case "RECV_B":
      return microbatch === ""
        ? undefined
        : { action: { kind, stage, microbatch: Number(microbatch) }, whole: false };
    default:
      return microbatch === ""
        ? undefined
        : { action: { kind: "B", stage, microbatch: Number(microbatch) }, whole: true };
  }
}

function isPart(action: PipelineAction): action is ScheduleAction {
  return isCompute(action) && action.kind !== "OVERLAP_F_B";
}

/** It has BW, or no I but both B and W of one micro-batch: then its B is that of the input alone. */
function isOld(cells: readonly (readonly (Cell | null)[])[]): boolean {
  const all = cells.flat().filter((cell) => cell !== null);
  if (all.some(({ whole }) => whole)) return true;
  const parts = all.flatMap(({ action }) => (isCompute(action) ? partsOf(action) : []));
  if (parts.some(({ kind }) => kind === "I")) return false;
  const weights = new Set(
    parts.filter(({ kind }) => kind === "W").map(({ stage, microbatch }) => `${stage} ${microbatch}`),
  );
  return parts.some(({ kind, stage, microbatch }) => kind === "B" && weights.has(`${stage} ${microbatch}`));
}

function modernCell({ action, whole }: Cell): PipelineAction {
  const renamed = (part: ScheduleAction): ScheduleAction =>
    part.kind === "B" && !whole ? { ...part, kind: "I" } : part;
  if (action.kind === "OVERLAP_F_B")
    return { ...action, parts: [renamed(action.parts[0]), renamed(action.parts[1])] };
  return isPart(action) ? renamed(action) : action;
}
