/**
 * Attention of com.microsoft taken apart: projections, biases and packed operands out of the operator, so that what is left has
 * its heads on axes that can be split.
 *
 *   Attention(x, w, b)              -> MultiHeadAttention(Split(MatMul(x, w) + b))
 *   MultiHeadAttention(packed)      -> MultiHeadAttention(q, k, v), each a part of a Split, its axes regrouped
 *   MultiHeadAttention(…, bias)     -> MultiHeadAttention(q + part of bias, …)
 *   GroupQueryAttention(packed)     -> GroupQueryAttention(Split(packed))
 *
 * The same sums in the same order, up to how a runtime's fused kernel rounds.
 */
import { isKnown, type Dim } from "../ir/dim.ts";
import type { Attributes } from "../ir/graph.ts";
import { fusedAttention, isPlainAttention } from "./contrib-fused-attention.ts";
import type { Call } from "./call.ts";
import type { Emitter } from "./contract.ts";
import type { Rule } from "./simplification.ts";

const multiHeadOp = "com.microsoft.MultiHeadAttention";

function only(attributes: Attributes, names: readonly string[]): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => names.includes(name)));
}

const unpackAttention: Rule = (call) => {
  const mask = call.has(3) ? call.shape(3) : undefined;
  // MultiHeadAttention knows no mask of start and end positions, and none of 4 axes.
  const batch = call.shape(0)[0];
  const masked = mask === undefined || (mask.length < 4 && (mask.length > 1 || mask[0] === batch));
  if (!isPlainAttention(call) || !masked || !isKnown(call.shape(1)[1] as Dim)) return undefined;
  const { columns } = fusedAttention(call);
  const attributes = only(call.attributes, ["num_heads", "scale", "unidirectional", "mask_filter_value"]);
  return {
    kind: "emit",
    build: (g, [x, w, b, maskIndex, past, added]) => {
      const product = g.op("MatMul", [x as string, w as string]);
      const fused = b == null ? product : g.op("Add", [product, b]);
      const parts = g.ops("Split", [fused, g.ints(columns)], { axis: 2 }, 3);
      const half = (index: number) =>
        past == null ? null : g.op("Gather", [past, g.ints(index)], { axis: 0 });
      const inputs = [...parts, null, maskIndex ?? null, added ?? null, half(0), half(1)];
      const wanted = call.outputCount > 1 ? 3 : 1;
      const [y, keys, values] = g.ops(multiHeadOp, withoutTail(inputs), attributes, wanted);
      if (wanted === 1) return [y as string];
      const front = g.ints([0]);
      const halves = [keys, values].map((value) => g.op("Unsqueeze", [value as string, front]));
      return [y as string, g.op("Concat", halves, { axis: 0 })];
    },
  };
};

function withoutTail(inputs: readonly (string | null)[]): (string | null)[] {
  const last = inputs.findLastIndex((input) => input !== null);
  return inputs.slice(0, last + 1);
}

/** The parts of [b, s, h, parts, d] along axis 3, as [b, s, h d]. */
function unpack(g: Emitter, packed: string, parts: number): string[] {
  const sizes = g.ints(Array.from({ length: parts }, () => 1));
  return g
    .ops("Split", [packed, sizes], { axis: 3 }, parts)
    .map((part) => g.op("Reshape", [part, g.ints([0, 0, -1])]));
}

const unpackMultiHead: Rule = (call) => {
  const all = call.rank(0) === 5;
  const pairs = !all && call.has(1) && call.rank(1) === 5;
  if (!all && !pairs && !(call.has(3) && columnsOf(call) !== undefined)) return undefined;
  return {
    kind: "emit",
    build: (g, [q, k, v, bias, ...rest]) => {
      let operands: readonly (string | null)[] = [q as string, k ?? null, v ?? null];
      if (all) operands = unpack(g, q as string, 3);
      if (pairs) operands = [q as string, ...unpack(g, k as string, 2)];
      // A bias whose parts are not known yet stays where it is; this rule looks at the result again.
      const columns = all || pairs ? undefined : columnsOf(call);
      const added = columns !== undefined && bias != null;
      if (added) operands = addParts(g, operands, bias, columns);
      const inputs = [...operands, added ? null : (bias ?? null), ...rest];
      return g.ops(call.op, withoutTail(inputs), call.attributes, call.outputCount);
    },
  };
};

/** Columns of query, key and value, where the bias has a part for each; of the query alone where keys are a cache. */
function columnsOf(call: Call): number[] | undefined {
  const columns = [0, 1, 2].flatMap((input) => {
    const shape = call.has(input) ? call.shape(input) : [];
    return shape.length === 3 ? [shape[2] as Dim] : [];
  });
  return columns.length > 0 && columns.every(isKnown) ? columns : undefined;
}

function addParts(
  g: Emitter,
  operands: readonly (string | null)[],
  bias: string,
  columns: readonly number[],
): (string | null)[] {
  let start = 0;
  return operands.map((operand, i) => {
    const width = columns[i];
    if (operand === null || width === undefined) return operand;
    const part = g.op("Slice", [bias, g.ints([start]), g.ints([start + width]), g.ints([0])]);
    start += width;
    return g.op("Add", [operand, part]);
  });
}

const unpackGroupQuery: Rule = (call) => {
  const columns = call.shape(0)[2];
  if (call.has(1) || columns === undefined || !isKnown(columns)) return undefined;
  const [heads, keyHeads] = [call.int("num_heads"), call.int("kv_num_heads")];
  const size = columns / (heads + 2 * keyHeads);
  return {
    kind: "emit",
    build: (g, [packed, , , ...rest]) => {
      const sizes = g.ints([heads * size, keyHeads * size, keyHeads * size]);
      const parts = g.ops("Split", [packed as string, sizes], { axis: 2 }, 3);
      return g.ops(call.op, [...parts, ...rest], call.attributes, call.outputCount);
    },
  };
};

export const contribRules: readonly (readonly [string, readonly Rule[]])[] = [
  ["com.microsoft.Attention", [unpackAttention]],
  [multiHeadOp, [unpackMultiHead]],
  ["com.microsoft.GroupQueryAttention", [unpackGroupQuery]],
];
