/** What a call of ai.onnx's Attention asks for: its sizes, which keys a query sees. See `attention-core.ts` for the letters. */
import { dimAdd, dimFloorDiv, isKnown, type Dim } from "../ir/dim.ts";
import { range } from "../support/collections.ts";
import { wholeRatio } from "./attention-core.ts";
import type { Call } from "./call.ts";
import type { Emitter } from "./contract.ts";

export const [Q, K, V, MASK, PAST_K, PAST_V, LENGTHS] = [0, 1, 2, 3, 4, 5, 6] as const;
export const [Y, PRESENT_K, PRESENT_V, SCORES] = [0, 1, 2, 3] as const;

export interface Sizes {
  /** Whether heads have an axis of their own. */
  readonly apart: boolean;
  readonly batch: Dim;
  readonly queryHeads: Dim;
  readonly keyHeads: Dim;
  readonly queries: Dim;
  readonly past: Dim;
  readonly keys: Dim;
  /** Past and present. */
  readonly total: Dim;
  readonly features: Dim;
  readonly valueFeatures: Dim;
}

export function sizesOf(call: Call): Sizes {
  const rank = call.rank(Q);
  if ((rank !== 3 && rank !== 4) || call.rank(K) !== rank || call.rank(V) !== rank)
    call.failShape("query, key and value must all have 3 or all have 4 axes");
  if (call.has(PAST_K) !== call.has(PAST_V)) call.failShape("past_key and past_value belong together");
  if (call.has(LENGTHS) && call.has(PAST_K))
    call.failShape("nonpad_kv_seqlen excludes past_key and past_value");
  const apart = rank === 4;
  const part = (input: number, attribute: string): { heads: Dim; length: Dim; features: Dim } => {
    const shape = call.shape(input);
    if (apart) return { heads: shape[1] as Dim, length: shape[2] as Dim, features: shape[3] as Dim };
    const heads = call.int(attribute);
    const columns = shape[2] as Dim;
    if (heads < 1 || (isKnown(columns) && columns % heads !== 0))
      call.failShape(`the ${columns} columns of input ${input} do not make ${heads} heads`);
    return { heads, length: shape[1] as Dim, features: dimFloorDiv(columns, heads) };
  };
  const [q, k, v] = [part(Q, "q_num_heads"), part(K, "kv_num_heads"), part(V, "kv_num_heads")];
  const same = (a: Dim, b: Dim, what: string) => {
    if (isKnown(a) && isKnown(b) && a !== b) call.failShape(`${what}: ${a} and ${b}`);
  };
  same(q.features, k.features, "queries and keys differ in their features");
  same(k.heads, v.heads, "keys and values differ in their heads");
  same(k.length, v.length, "keys and values differ in number");
  for (const input of [K, V])
    same(call.shape(Q)[0] as Dim, call.shape(input)[0] as Dim, "the batches differ");
  wholeRatio(call, q.heads, k.heads, `${q.heads} query heads are no multiple of ${k.heads} key heads`);
  if (call.has(PAST_K) && (call.rank(PAST_K) !== 4 || call.rank(PAST_V) !== 4))
    call.failShape("past_key and past_value must have 4 axes");
  if (call.has(MASK) && call.rank(MASK) > 4) call.failShape("the mask must have at most 4 axes");
  const past = call.has(PAST_K) ? (call.shape(PAST_K)[2] as Dim) : 0;
  return {
    apart,
    batch: call.shape(Q)[0] as Dim,
    queryHeads: q.heads,
    keyHeads: k.heads,
    queries: q.length,
    past,
    keys: k.length,
    total: dimAdd(past, k.length),
    features: q.features,
    valueFeatures: v.features,
  };
}

/** Whether what a query sees depends on its position. */
export function isPositional(call: Call): boolean {
  return (
    call.int("is_causal", 0) !== 0 ||
    call.int("left_window_size", -1) >= 0 ||
    call.int("right_window_size", -1) >= 0
  );
}

/** i64 [n, 1]: 0 … n - 1. */
export function column(g: Emitter, n: number): string {
  return g.op("Unsqueeze", [g.ints(range(n)), g.ints([1])]);
}

/** Bool [s, t]: whether a query at `position` (i64 [s, 1]) sees key 0 … keys - 1. */
export function visible(g: Emitter, call: Call, position: string, keys: number): string {
  const key = g.ints(range(keys));
  const [left, right] = [call.int("left_window_size", -1), call.int("right_window_size", -1)];
  const conditions = [
    ...(call.int("is_causal", 0) !== 0 ? [g.op("LessOrEqual", [key, position])] : []),
    ...(left >= 0 ? [g.op("GreaterOrEqual", [key, g.op("Sub", [position, g.ints(left)])])] : []),
    ...(right >= 0 ? [g.op("LessOrEqual", [key, g.op("Add", [position, g.ints(right)])])] : []),
  ];
  return conditions.reduce((a, b) => g.op("And", [a, b]));
}

export function scaleOf(call: Call): number {
  return call.float("scale", 1 / Math.sqrt(sizesOf(call).features as number));
}
