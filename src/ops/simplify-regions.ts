/**
 * Calls with regions whose course is known, as the nodes of these regions: If with a known condition, Loop and Scan of few
 * known trips, SequenceMap over known items. What is put in their place is laid out like everything else.
 */
import { isKnown } from "../ir/dim.ts";
import { scalar, tensorData, toNumbers } from "../ir/tensor-data.ts";
import { isStatic } from "../ir/types.ts";
import { range } from "../support/collections.ts";
import type { Call } from "./call.ts";
import { scanParts, tripCount } from "./control.ts";
import type { Rule, SimplifyEmitter } from "./simplification.ts";

/** A region is repeated in place as long as that makes no more nodes than this. */
const mostNodes = 64;

/** Whether the region may be put in place so many times; once always. */
function mayRepeat(call: Call, region: string, times: number): boolean {
  return times <= 1 || times * call.region(region).graph.nodes.length <= mostNodes;
}

const branchTaken: Rule = (call) => {
  const condition = call.constant(0);
  if (condition === undefined) return undefined;
  const region = toNumbers(condition)[0] === 0 ? "else_branch" : "then_branch";
  return { kind: "inline", build: (_, __, inline) => inline(region, []) };
};

/** The values along a new axis, one after another. */
function stacked(g: SimplifyEmitter, values: readonly string[], axis: number): string {
  const parts = values.map((value) => g.op("Unsqueeze", [value, g.ints([axis])]));
  return parts.length === 1 ? (parts[0] as string) : g.op("Concat", parts, { axis });
}

const loopUnrolled: Rule = (call, { types }) => {
  const trips = tripCount(call);
  if (trips === undefined || !mayRepeat(call, "body", trips)) return undefined;
  const carried = call.inputs.length - 2;
  const collected = types.slice(carried);
  // Without a trip, what is collected is empty, of a type that must be known.
  if (
    trips === 0 &&
    !collected.every((type) => type.kind === "tensor" && isStatic(type) && type.dtype !== "string")
  )
    return undefined;
  return {
    kind: "inline",
    build: (g, inputs, inline) => {
      let values = inputs.slice(2) as readonly string[];
      const lists: string[][] = collected.map(() => []);
      for (const trip of range(trips)) {
        const [, ...results] = inline("body", [g.ints(trip), g.constant(scalar("bool", 1)), ...values]);
        values = results.slice(0, carried);
        lists.forEach((list, k) => list.push(results[carried + k] as string));
      }
      return [
        ...values,
        ...lists.map((list, k) => {
          if (list.length > 0) return stacked(g, list, 0);
          const type = collected[k];
          if (type?.kind !== "tensor") return "";
          return g.constant(tensorData(type.dtype, type.shape.filter(isKnown), []));
        }),
      ];
    },
  };
};

const scanUnrolled: Rule = (call) => {
  const { states, taken, given, length } = scanParts(call);
  if (!isKnown(length) || length === 0 || !mayRepeat(call, "body", length)) return undefined;
  return {
    kind: "inline",
    build: (g, inputs, inline) => {
      let values = inputs.slice(0, states) as readonly string[];
      const scanned = inputs.slice(states) as readonly string[];
      const lists: string[][] = given.map(() => []);
      for (const step of range(length)) {
        const elements = taken.map(({ axis, backward }, i) =>
          g.op("Gather", [scanned[i] as string, g.ints(backward ? length - 1 - step : step)], { axis }),
        );
        const results = inline("body", [...values, ...elements]);
        values = results.slice(0, states);
        lists.forEach((list, k) => list.push(results[states + k] as string));
      }
      return [
        ...values,
        ...lists.map((list, k) => {
          const { axis = 0, backward = false } = given[k] ?? {};
          return stacked(g, backward ? list.toReversed() : list, axis);
        }),
      ];
    },
  };
};

const mapUnrolled: Rule = (call) => {
  const count = call.items(0)?.length ?? 0;
  const lists = call.inputs.map((type, i) => (type?.kind === "sequence" ? call.items(i) : undefined));
  const known = call.inputs.every(
    (type, i) =>
      type?.kind !== "sequence" ||
      (lists[i]?.length === count && lists[i].every(({ value }) => value !== null)),
  );
  if (count === 0 || !known || !mayRepeat(call, "body", count)) return undefined;
  return {
    kind: "inline",
    build: (g, inputs, inline) => {
      const results = range(count).map((k) =>
        inline(
          "body",
          inputs.map((input, i) => lists[i]?.[k]?.value ?? (input as string)),
        ),
      );
      return range(call.outputCount).map((o) =>
        g.op(
          "SequenceConstruct",
          results.map((list) => list[o] as string),
        ),
      );
    },
  };
};

export const regionRules: readonly (readonly [string, readonly Rule[]])[] = [
  ["If", [branchTaken]],
  ["Loop", [loopUnrolled]],
  ["Scan", [scanUnrolled]],
  ["SequenceMap", [mapUnrolled]],
];
