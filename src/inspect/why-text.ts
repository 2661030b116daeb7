/** Reasons for layouts and communications, as data and as text. */
import { bytes, plainStyle, seconds, section, table, type Cell, type TableOptions } from "./text.ts";

export interface ValueReason {
  readonly value: string;
  readonly type: string;
  readonly location: string;
  /** Operator that makes it, or the kind of source that it is. */
  readonly maker: string;
  /** In the plan. */
  readonly layout: string;
  /** What was chosen for: the node that makes it, the source itself, the only node that takes it; absent: nothing to choose. */
  readonly role?: "made" | "held" | "taken";
  readonly decides?: string;
  readonly hint?: string;
  readonly limited?: boolean;
  readonly options: readonly {
    readonly layout: string;
    readonly signature: string;
    readonly form?: string;
    readonly chosen: boolean;
    readonly computeSeconds: number;
    readonly hintSeconds: number;
    readonly neighbours: readonly { readonly name: string; readonly seconds: number }[];
    readonly seconds: number;
  }[];
  /** Layouts that the shape allows and no signature gives. */
  readonly without?: readonly string[];
  readonly forced: readonly ForcedLayout[];
}

/** The whole choice made again with another layout. */
export type ForcedLayout =
  | { readonly layout: string; readonly possible: false }
  | {
      readonly layout: string;
      readonly possible: true;
      /** Compute and boxing of a micro-batch, and how much more that is. */
      readonly seconds: number;
      readonly change: number;
      /** Other values whose layouts change with it. */
      readonly changed: readonly { readonly value: string; readonly from: string; readonly to: string }[];
    };

export interface BoxingReason {
  readonly index: number;
  /** The value as it is made. */
  readonly value: string;
  readonly type: string;
  readonly location: string;
  readonly maker: string;
  readonly made: string;
  readonly madeOnStage: number;
  readonly ends: readonly PathReason[];
}

/** One layout that a value is taken in, and the ways to it. */
export interface PathReason {
  readonly takers: readonly string[];
  readonly layout: string;
  readonly stage: number;
  readonly taken: Way;
  /** Cheapest first. */
  readonly alternatives: readonly Way[];
}

export interface Way {
  readonly text: string;
  readonly seconds: number;
  /** Received by all devices, per micro-batch. */
  readonly bytes: number;
}

/** More seconds than any plan takes: hints that layers give. */
const softHint = 1e3;

const mostChanges = 6;
/** Layouts of which a text says what they cost, and of which the command says what forcing them changes. */
const mostOptions = 12;
export const mostForced = 8;

/** `all`: every layout, not only the cheapest. */
export function valueReasonText(reason: ValueReason, options: TableOptions = {}, all = false): string {
  const shown = all ? reason.options : reason.options.slice(0, mostOptions);
  const more = reason.options.length - shown.length;
  const { style = plainStyle } = options;
  const where = reason.location === "" ? "" : ` (${reason.location})`;
  const head = style.heading(`${reason.value}: ${reason.type} ${reason.layout}, ${reason.maker}${where}`);
  if (reason.role === undefined)
    return [head, "Nothing was chosen: a constant is whole on every device."].join("\n");
  const roles = {
    made: `chosen with the signature of ${reason.decides}`,
    held: "chosen for the source itself",
    taken: `held as ${reason.decides} takes it, which alone does`,
  };
  const notes = [
    roles[reason.role],
    ...(reason.hint === undefined ? [] : [`the model asks: ${reason.hint}`]),
    ...(reason.limited === true ? ["cheaper layouts need more memory than there is"] : []),
  ];
  return [
    [head, ...notes.map((note) => `  ${note}`)].join("\n"),
    section(
      "candidates, everything else as chosen (seconds of a micro-batch)",
      table(
        ["", "layout", "total", "compute", "dearest neighbours", "signature"],
        shown.map((option): Cell[] => [
          option.chosen ? "*" : "",
          option.layout,
          ruledOut(option.seconds, option.hintSeconds),
          seconds(option.computeSeconds),
          option.neighbours
            .slice(0, 2)
            .map(({ name, seconds: cost }) => `${name} ${cost === Infinity ? "impossible" : seconds(cost)}`)
            .join(", "),
          option.form === undefined ? option.signature : `${option.signature} ${option.form}`,
        ]),
        options,
      ).concat(more > 0 ? [`  and ${more} dearer ones (--unfolded)`] : []),
      style,
    ),
    ...((reason.without ?? []).length === 0
      ? []
      : [`no signature of ${reason.maker} gives ${(reason.without ?? []).join(", ")}`]),
    ...(reason.forced.length === 0
      ? []
      : [
          section(
            "if another were forced (the whole model chosen again)",
            table(
              ["layout", "change", "other layouts that change"],
              reason.forced.map((one): Cell[] =>
                one.possible
                  ? [one.layout, signed(one.change), changesText(one.changed)]
                  : [one.layout, "impossible", ""],
              ),
              options,
            ),
            style,
          ),
        ]),
  ].join("\n\n");
}

function ruledOut(total: number, hint: number): string {
  if (hint === Infinity) return "against a constraint of the model";
  if (total === Infinity) return "impossible beside its neighbours";
  if (hint >= softHint) return `${seconds(total - hint)}, against the layer's hint`;
  return seconds(total);
}

function changesText(
  changed: readonly { readonly value: string; readonly from: string; readonly to: string }[],
): string {
  if (changed.length === 0) return "none";
  const shown = changed.slice(0, mostChanges).map(({ value, from, to }) => `${value} ${from} -> ${to}`);
  const rest = changed.length - shown.length;
  return `${changed.length}: ${shown.join(", ")}${rest > 0 ? `, and ${rest} more` : ""}`;
}

function signed(change: number): string {
  return `${change < 0 ? "-" : "+"}${seconds(Math.abs(change))}`;
}

export function boxingReasonText(reason: BoxingReason, options: TableOptions = {}): string {
  const { style = plainStyle } = options;
  const where = reason.location === "" ? "" : ` (${reason.location})`;
  return [
    `${style.heading(`boxing ${reason.index} of ${reason.value}: ${reason.type}`)}${where}\n  made by ${reason.maker} as ${reason.made} on stage ${reason.madeOnStage}`,
    ...reason.ends.map(({ takers, layout, stage, taken, alternatives }) => {
      const more = takers.length > 3 ? `, and ${takers.length - 3} more` : "";
      return section(
        `taken as ${layout} on stage ${stage} by ${takers.slice(0, 3).join(", ")}${more}`,
        table(
          ["", "time", "bytes", "way"],
          [
            ["*", seconds(taken.seconds), bytes(taken.bytes), taken.text],
            ...alternatives.map((way) => ["", seconds(way.seconds), bytes(way.bytes), way.text]),
          ],
          options,
        ),
        style,
      );
    }),
    `sbpc dump --why ${reason.value} says why it is made so`,
  ].join("\n\n");
}
