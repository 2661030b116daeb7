/** Which items a loss by label counts, and for how much; shared by its distributed form and its gradient. */
import { isKnown } from "../ir/dim.ts";
import { dataTypes } from "../ir/types.ts";
import type { Call } from "./call.ts";
import type { Emitter } from "./contract.ts";

type LossReduction = "none" | "sum" | "mean";

export function reductionOf(call: Call): LossReduction {
  const text = call.string("reduction", "mean");
  if (text !== "none" && text !== "sum" && text !== "mean") {
    call.fail("bad-attribute", { name: "reduction", problem: `must be none, sum or mean, not ${text}` });
  }
  return text;
}

export function ignoredLabel(call: Call): number | undefined {
  return call.attributes.ignore_index === undefined ? undefined : call.int("ignore_index");
}

/** Whether the divisor of a mean depends on the data. */
export function countsByData(call: Call): boolean {
  return reductionOf(call) === "mean" && (call.has(2) || ignoredLabel(call) !== undefined);
}

/** Labels of the global tensor. */
export function labelCount(call: Call): number {
  return call.shape(1).reduce<number>((n, size) => n * (isKnown(size) ? size : 1), 1);
}

type LabelInputs = readonly [labels: string, weights: string | null | undefined];

/** Each is emitted when it is first asked for. */
export interface LossItems {
  /** The labels; class 0 for an ignored one, which may be no class at all. */
  kept(): string;
  /** The weight of every item, 0 for an ignored one; undefined without class weights. */
  weight(): string | undefined;
  /** `value`, or 0 where the label is ignored. */
  onlyValid(value: string): string;
  /** What a mean divides by: the sum of the items' weights, or how many there are. A scalar of the loss's type. */
  count(): string;
}

export function lossItems(g: Emitter, [labels, weights]: LabelInputs, call: Call): LossItems {
  const ignored = ignoredLabel(call);
  const valid = once(() =>
    g.op("Not", [g.op("Equal", [labels, g.scalar(call.dtype(1), ignored as number)])]),
  );
  const kept = once(() =>
    ignored === undefined ? labels : g.op("Where", [valid(), labels, g.scalar(call.dtype(1), 0)]),
  );
  const onlyValid = (value: string) =>
    ignored === undefined ? value : g.op("Where", [valid(), value, g.scalar(g.type(value).dtype, 0)]);
  const weight = once(() =>
    weights == null ? undefined : onlyValid(g.op("Gather", [weights, kept()], { axis: 0 })),
  );
  const dtype = call.dtype(0);
  return {
    kept,
    weight,
    onlyValid,
    count: () => {
      if (!countsByData(call)) return g.scalar(dtype, labelCount(call));
      const counted = weight() ?? g.op("Cast", [valid()], { to: dataTypes[dtype][0] });
      return g.op("ReduceSum", [counted], { keepdims: 0 });
    },
  };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
