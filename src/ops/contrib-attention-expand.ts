/**
 * The attention operators of com.microsoft out of others: packed operands, biases and projections taken apart, for
 * simplification and for derivatives, and what is left written with ordinary operators, for derivatives.
 */
import { isKnown, type Dim } from "../ir/dim.ts";
import type { Attributes } from "../ir/graph.ts";
import { dataTypes, knownShape } from "../ir/types.ts";
import { range } from "../support/collections.ts";
import { addedMask, emitAttend, joinHeads, splitHeads, withPast } from "./attention-parts.ts";
import type { Call } from "./call.ts";
import { fusedAttention, isPlainAttention, mha, multiHead } from "./contrib-attention-sizes.ts";
import type { Emitter } from "./contract.ts";

const multiHeadOp = "com.microsoft.MultiHeadAttention";

type Inputs = readonly (string | null)[];

function only(attributes: Attributes, names: readonly string[]): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => names.includes(name)));
}

// --- Attention

/** Whether it is MultiHeadAttention of a projection, which knows no mask of start and end positions, and none of 4 axes. */
export function isUnpackable(call: Call): boolean {
  const mask = call.has(3) ? call.shape(3) : undefined;
  const batch = call.shape(0)[0];
  const masked = mask === undefined || (mask.length < 4 && (mask.length > 1 || mask[0] === batch));
  return isPlainAttention(call) && masked && isKnown(call.shape(1)[1] as Dim);
}

export function unpackAttention(
  g: Emitter,
  [x, w, b, maskIndex, past, added]: Inputs,
  call: Call,
): readonly string[] {
  const { columns } = fusedAttention(call);
  const attributes = only(call.attributes, ["num_heads", "scale", "unidirectional", "mask_filter_value"]);
  const product = g.op("MatMul", [x as string, w as string]);
  const fused = b == null ? product : g.op("Add", [product, b]);
  const parts = g.ops("Split", [fused, g.ints(columns)], { axis: 2 }, 3);
  const half = (index: number) => (past == null ? null : g.op("Gather", [past, g.ints(index)], { axis: 0 }));
  const inputs = [...parts, null, maskIndex ?? null, added ?? null, half(0), half(1)];
  const wanted = call.outputCount > 1 ? 3 : 1;
  const [y, keys, values] = g.ops(multiHeadOp, withoutTail(inputs), attributes, wanted);
  if (wanted === 1) return [y as string];
  const front = g.ints([0]);
  const halves = [keys, values].map((value) => g.op("Unsqueeze", [value as string, front]));
  return [y as string, g.op("Concat", halves, { axis: 0 })];
}

function withoutTail(inputs: readonly (string | null)[]): (string | null)[] {
  const last = inputs.findLastIndex((input) => input !== null);
  return inputs.slice(0, last + 1);
}

// --- MultiHeadAttention

/** Whether operands come packed, or a bias has a part for each. */
export function isPackedMultiHead(call: Call): boolean {
  const packed = call.rank(0) === 5 || (call.has(1) && call.rank(1) === 5);
  return packed || (call.has(3) && columnsOf(call) !== undefined);
}

export function unpackMultiHead(g: Emitter, [q, k, v, bias, ...rest]: Inputs, call: Call): readonly string[] {
  const all = call.rank(0) === 5;
  const pairs = !all && call.has(1) && call.rank(1) === 5;
  let operands: readonly (string | null)[] = [q as string, k ?? null, v ?? null];
  if (all) operands = unpack(g, q as string, 3);
  if (pairs) operands = [q as string, ...unpack(g, k as string, 2)];
  // A bias whose parts are not known yet stays where it is; the result is looked at again.
  const columns = all || pairs ? undefined : columnsOf(call);
  const added = columns !== undefined && bias != null;
  if (added) operands = addParts(g, operands, bias, columns);
  const inputs = [...operands, added ? null : (bias ?? null), ...rest];
  return g.ops(call.op, withoutTail(inputs), call.attributes, call.outputCount);
}

/** The parts of [b, s, h, parts, d] along axis 3, as [b, s, h d]. */
function unpack(g: Emitter, packed: string, parts: number): string[] {
  const sizes = g.ints(Array.from({ length: parts }, () => 1));
  return g
    .ops("Split", [packed, sizes], { axis: 3 }, parts)
    .map((part) => g.op("Reshape", [part, g.ints([0, 0, -1])]));
}

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

/** What is packed is taken apart first; of that the composition is another one. */
export function expandMultiHead(g: Emitter, inputs: Inputs, call: Call): readonly string[] {
  if (isPackedMultiHead(call)) return unpackMultiHead(g, inputs, call);
  const z = multiHead(call);
  const plain = (value: string) => (g.type(value).shape.length === 4 ? value : splitHeads(g, value, z.heads));
  const k = withPast(g, inputs[mha.pastKey], plain(inputs[mha.key] as string));
  const v = withPast(g, inputs[mha.pastValue], plain(inputs[mha.value] as string));
  const padding = inputs[mha.padding];
  const added = inputs[mha.added];
  const mask = added == null ? undefined : addedMask(g, added, false);
  const keys = z.total as number;
  const { y, probabilities } = emitAttend(g, {
    q: plain(inputs[mha.query] as string),
    k,
    v,
    scale: call.float("scale", 0) || 1 / Math.sqrt(z.features as number),
    biases: [
      ...(padding == null ? [] : [paddingOf(g, padding, call, keys)]),
      ...(mask === undefined ? [] : [mask.bias]),
    ],
    visible: [
      ...(mask?.visible ?? []),
      ...(call.int("unidirectional", 0) === 0
        ? []
        : [causal(g, z.queries as number, z.past as number, keys)]),
    ],
    blind: mask !== undefined,
  });
  return [joinHeads(g, y), k, v, probabilities];
}

/** Bool [s, t]: whether a query sees a key, of which the first `past` are before the first query. */
function causal(g: Emitter, queries: number, past: number, keys: number): string {
  const position = g.op("Unsqueeze", [g.ints(range(queries).map((i) => past + i)), g.ints([1])]);
  return g.op("LessOrEqual", [g.ints(range(keys)), position]);
}

/** What is added where a key is padding, by the lengths [b] or a mask [b, t] or [b, s, t]: [b, 1, 1 or s, t]. */
function paddingOf(g: Emitter, padding: string, call: Call, keys: number): string {
  const dtype = call.dtype(mha.query);
  const shape = knownShape(g.type(padding));
  const integer = g.type(padding).dtype;
  const [b, s] = [shape[0] as number, shape.length === 3 ? (shape[1] as number) : 1];
  const wide = g.op("Reshape", [padding, g.ints([b, 1, s, shape.length === 1 ? 1 : keys])]);
  const valid =
    shape.length === 1
      ? g.op("Less", [g.op("Cast", [g.ints(range(keys))], { to: dataTypes[integer][0] }), wide])
      : g.op("Greater", [wide, g.scalar(integer, 0)]);
  const filter = g.scalar(dtype, call.float("mask_filter_value", -10000));
  return g.op("Where", [valid, g.scalar(dtype, 0), filter]);
}

// --- GroupQueryAttention

export function isPackedGroupQuery(call: Call): boolean {
  const columns = call.shape(0)[2];
  return !call.has(1) && columns !== undefined && isKnown(columns);
}

export function unpackGroupQuery(g: Emitter, [packed, , , ...rest]: Inputs, call: Call): readonly string[] {
  const [heads, keyHeads] = [call.int("num_heads"), call.int("kv_num_heads")];
  const size = (call.shape(0)[2] as number) / (heads + 2 * keyHeads);
  const sizes = g.ints([heads * size, keyHeads * size, keyHeads * size]);
  const parts = g.ops("Split", [packed as string, sizes], { axis: 2 }, 3);
  return g.ops(call.op, [...parts, ...rest], call.attributes, call.outputCount);
}
