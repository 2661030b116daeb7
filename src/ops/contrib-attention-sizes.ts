/** What calls of com.microsoft's Attention and MultiHeadAttention ask for; see `attention-core.ts` for the letters. */
import { dimAdd, dimFloorDiv, isKnown, type Dim } from "../ir/dim.ts";
import type { Call } from "./call.ts";

/** Features per head of `columns` columns. */
export function perHead(call: Call, columns: Dim, heads: number): Dim {
  if (!isKnown(columns)) return dimFloorDiv(columns, heads);
  if (heads < 1 || columns % heads !== 0) call.failShape(`${columns} columns do not make ${heads} heads`);
  return columns / heads;
}

// --- MultiHeadAttention

export const mha = {
  query: 0,
  key: 1,
  value: 2,
  bias: 3,
  padding: 4,
  added: 5,
  pastKey: 6,
  pastValue: 7,
} as const;

export interface MultiHead {
  readonly heads: number;
  readonly batch: Dim;
  readonly queries: Dim;
  readonly past: Dim;
  /** Past and present. */
  readonly total: Dim;
  readonly features: Dim;
  readonly valueFeatures: Dim;
  /** `all`: one tensor [b, s, h, 3, d]; `pairs`: keys and values [b, t, h, 2, d]; `apart`: keys [b, h, t, d]. */
  readonly form: "columns" | "apart" | "pairs" | "all";
}

export function multiHead(call: Call): MultiHead {
  const heads = call.int("num_heads");
  for (const input of [8, 9])
    if (call.has(input)) call.failShape("buffers shared by past and present are not supported");
  if (call.has(mha.pastKey) !== call.has(mha.pastValue))
    call.failShape("past_key and past_value belong together");
  const q = call.shape(mha.query);
  const past = call.has(mha.pastKey) ? (call.shape(mha.pastKey)[2] as Dim) : 0;
  const base = { heads, batch: q[0] as Dim, queries: q[1] as Dim, past };
  if (q.length === 5) {
    const features = q[4] as Dim;
    return { ...base, total: dimAdd(past, q[1] as Dim), features, valueFeatures: features, form: "all" };
  }
  if (q.length !== 3 || !call.has(mha.key))
    call.failShape("the query must be [b, s, columns] beside a key, or packed");
  const features = perHead(call, q[2] as Dim, heads);
  const k = call.shape(mha.key);
  if (k.length === 5)
    return { ...base, total: dimAdd(past, k[1] as Dim), features, valueFeatures: features, form: "pairs" };
  const v = call.has(mha.value) ? call.shape(mha.value) : call.failShape("a key needs a value");
  if (k.length === 4 && v.length === 4)
    return { ...base, total: dimAdd(past, k[2] as Dim), features, valueFeatures: v[3] as Dim, form: "apart" };
  if (k.length !== 3 || v.length !== 3) call.failShape("key and value must both have 3 or both have 4 axes");
  if (isKnown(k[2] as Dim) && perHead(call, k[2] as Dim, heads) !== features)
    call.failShape("queries and keys differ in their features");
  const valueFeatures = perHead(call, v[2] as Dim, heads);
  return { ...base, total: dimAdd(past, k[1] as Dim), features, valueFeatures, form: "columns" };
}

// --- Attention

export const [INPUT, WEIGHTS, BIAS, MASK, PAST] = [0, 1, 2, 3, 4] as const;

export interface FusedAttention {
  readonly heads: number;
  /** Columns of query, key and value. */
  readonly columns: readonly [number, number, number];
  readonly batch: Dim;
  readonly queries: Dim;
  readonly past: Dim;
}

export function fusedAttention(call: Call): FusedAttention {
  const heads = call.int("num_heads");
  const [x, w] = [call.shape(INPUT), call.shape(WEIGHTS)];
  if (x.length !== 3 || w.length !== 2)
    call.failShape("the input must be [b, s, columns], the weights [columns, 3 columns]");
  const all = w[1] as Dim;
  if (!isKnown(all)) call.failShape("the columns of the weights must be known");
  const given = call.ints("qkv_hidden_sizes", [all / 3, all / 3, all / 3]);
  const [q = 0, k = 0, v = 0] = given;
  if (given.length !== 3 || q + k + v !== all || q !== k)
    call.failShape(`${all} columns do not make query, key and value`);
  for (const columns of given) perHead(call, columns, heads);
  if (call.has(BIAS) && (call.rank(BIAS) !== 1 || call.shape(BIAS)[0] !== all))
    call.failShape("the bias must be [columns]");
  const past = call.has(PAST) ? (call.shape(PAST)[3] as Dim) : 0;
  return { heads, columns: [q, k, v], batch: x[0] as Dim, queries: x[1] as Dim, past };
}

/** What the operator has besides the plain projection and attention. */
export function isPlainAttention(call: Call): boolean {
  return call.int("do_rotary", 0) === 0 && call.int("past_present_share_buffer", 0) === 0 && !call.has(6);
}
