/**
 * What the attention operators share: heads as an axis of their own, softmax(q k^T) v in f64, signatures of heads.
 *
 * Axes: b batch, h query heads, g key heads (each serves h / g neighbouring query heads), s query positions, t key positions,
 * d features of a query or key, e features of a value.
 */
import type { Dim } from "../ir/dim.ts";
import { split, type Sbp } from "../ir/layout.ts";
import { isKnown } from "../ir/dim.ts";
import type { Signature } from "../sbp/signature.ts";
import type { Call } from "./call.ts";
import type { Dense, SignatureContext } from "./contract.ts";
import { build, offsetOf, reshaped, stridesOf, transpose } from "./dense.ts";
import { lcm, signatureOf } from "./movement.ts";

// --- signatures

/** A tensor axis that is made of blocks of `size` elements. */
export interface BlockAxis {
  readonly side: "input" | "output";
  readonly tensor: number;
  readonly axis: number;
  readonly size: number;
}

export const blockAxis = (side: BlockAxis["side"], tensor: number, axis: number, size = 1): BlockAxis => ({
  side,
  tensor,
  axis,
  size,
});

/**
 * Splits of all the axes together, which have the same number of blocks (the last may be short): each device gets the same
 * blocks of all of them. In the numbers of blocks that any of them would like. Tensors that are not named are `others` or B.
 */
export function jointSplits(
  call: Call,
  context: SignatureContext,
  axes: readonly BlockAxis[],
  others: { readonly inputs?: Readonly<Record<number, Sbp>>; readonly outputs: Sbp },
): Signature[] {
  const present = axes.filter(({ side, tensor }) =>
    side === "input" ? call.has(tensor) : tensor < call.outputCount,
  );
  const wanted = present.flatMap(({ side, tensor, axis, size }) =>
    context.unitsOf(side, tensor, axis).map((unit) => lcm(unit, size) / size),
  );
  return [...new Set([1, ...wanted])].map((count) => {
    const inputs: Record<number, Sbp> = { ...others.inputs };
    const outputs = Array.from({ length: call.outputCount }, () => others.outputs);
    for (const { side, tensor, axis, size } of present)
      (side === "input" ? inputs : outputs)[tensor] = split(axis, count * size);
    return signatureOf(call, inputs, outputs);
  });
}

/** The axis of an input that broadcasts (from the right, to `rank` axes) which lies on axis `axis`; none where it has size 1. */
export function broadcastAxis(call: Call, input: number, rank: number, axis: number, size = 1): BlockAxis[] {
  if (!call.has(input)) return [];
  const own = axis - rank + call.rank(input);
  return own >= 0 && call.shape(input)[own] !== 1 ? [blockAxis("input", input, own, size)] : [];
}

/** How many times `part` goes into `whole`, both known; reports `problem` where it does not. */
export function wholeRatio(call: Call, whole: Dim, part: Dim, problem: string): number | undefined {
  if (!isKnown(whole) || !isKnown(part)) return undefined;
  if (part < 1 || whole % part !== 0) call.failShape(problem);
  return whole / part;
}

// --- the meaning

/** [b, s, h d] as [b, h, s, d]. */
export function toHeads(x: Dense, heads: number): Dense {
  const [b = 0, s = 0, columns = 0] = x.shape;
  return transpose(reshaped(x, [b, s, heads, columns / heads]), [0, 2, 1, 3]);
}

/** [b, h, s, d] as [b, s, h d]. */
export function fromHeads(x: Dense): Dense {
  const [b = 0, h = 0, s = 0, d = 0] = x.shape;
  return reshaped(transpose(x, [0, 2, 1, 3]), [b, s, h * d]);
}

/** `past` and then `now` along the positions of [b, g, t, d]. */
export function appended(past: Dense | null | undefined, now: Dense): Dense {
  if (past == null) return now;
  const before = past.shape[2] as number;
  const [pastStrides, nowStrides] = [stridesOf(past.shape), stridesOf(now.shape)];
  return build(
    now.dtype,
    now.shape.with(2, before + (now.shape[2] as number)),
    ([b = 0, g = 0, t = 0, d = 0]) =>
      t < before
        ? (past.data[offsetOf([b, g, t, d], pastStrides)] as number)
        : (now.data[offsetOf([b, g, t - before, d], nowStrides)] as number),
  );
}

export interface Attending {
  /** [b, h, s, d], [b, g, t, d], [b, g, t, e]. */
  readonly q: Dense;
  readonly k: Dense;
  readonly v: Dense;
  readonly scale: number;
  /** 0: none. */
  readonly softcap?: number;
  /** Added to the score of query i and key j; -Infinity where the query does not see the key. */
  readonly bias: (b: number, h: number, i: number, j: number) => number;
  /** Added to the sum of exponentials of a head's rows, as one more score. */
  readonly sink?: (h: number) => number;
}

export interface Attended {
  /** [b, h, s, e]; zeros where a query sees no key. */
  readonly y: Dense;
  /** [b, h, s, t] each. */
  readonly scores: Dense;
  readonly capped: Dense;
  readonly biased: Dense;
  readonly probabilities: Dense;
}

export function attend({ q, k, v, scale, softcap = 0, bias, sink }: Attending): Attended {
  const [b = 0, h = 0, s = 0, d = 0] = q.shape;
  const [, g = 1, t = 0] = k.shape;
  const e = v.shape[3] as number;
  const group = h / g;
  const [qs, ks, vs] = [stridesOf(q.shape), stridesOf(k.shape), stridesOf(v.shape)];
  const shape = [b, h, s, t];
  const scores = build(q.dtype, shape, ([n = 0, head = 0, i = 0, j = 0]) => {
    const [from, to] = [offsetOf([n, head, i, 0], qs), offsetOf([n, Math.floor(head / group), j, 0], ks)];
    let total = 0;
    for (let f = 0; f < d; f++) total += (q.data[from + f] as number) * (k.data[to + f] as number);
    return scale * total;
  });
  const capped =
    softcap === 0 ? scores : { ...scores, data: scores.data.map((x) => softcap * Math.tanh(x / softcap)) };
  const biased = build(q.dtype, shape, ([n = 0, head = 0, i = 0, j = 0], at) => {
    const added = bias(n, head, i, j);
    return added === -Infinity ? -Infinity : (capped.data[at] as number) + added;
  });
  const probabilities = { ...biased, data: biased.data.slice() };
  for (let row = 0; row < b * h * s; row++) {
    const line = probabilities.data.subarray(row * t, (row + 1) * t);
    const extra = sink?.(Math.floor(row / s) % h);
    const largest = line.reduce((most, x) => Math.max(most, x), extra ?? -Infinity);
    const seen = largest !== -Infinity;
    line.forEach((x, j) => (line[j] = seen ? Math.exp(x - largest) : 0));
    const total = line.reduce((sum, x) => sum + x, extra === undefined ? 0 : Math.exp(extra - largest));
    if (seen) line.forEach((x, j) => (line[j] = x / total));
  }
  const y = build(q.dtype, [b, h, s, e], ([n = 0, head = 0, i = 0, f = 0]) => {
    const row = ((n * h + head) * s + i) * t;
    const from = offsetOf([n, Math.floor(head / group), 0, f], vs);
    let total = 0;
    for (let j = 0; j < t; j++) {
      const weight = probabilities.data[row + j] as number;
      if (weight !== 0) total += weight * (v.data[from + j * e] as number);
    }
    return total;
  });
  return { y, scores, capped, biased, probabilities };
}

/**
 * What a mask that broadcasts to [b, h, s, t] adds: a bool one 0 where it is true. Keys past the end of a shorter last axis are
 * not seen.
 */
export function maskBias(mask: Dense | null | undefined): Attending["bias"] {
  if (mask == null) return () => 0;
  const strides = stridesOf(mask.shape);
  const rank = mask.shape.length;
  return (...index) => {
    if (rank > 0 && (index[3] as number) >= (mask.shape[rank - 1] as number)) return -Infinity;
    let at = 0;
    for (let axis = 0; axis < rank; axis++) {
      if (mask.shape[axis] !== 1) at += (index[4 - rank + axis] as number) * (strides[axis] as number);
    }
    const value = mask.data[at] as number;
    return mask.dtype !== "bool" ? value : value === 0 ? -Infinity : 0;
  };
}
