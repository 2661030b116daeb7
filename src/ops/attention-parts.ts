/**
 * Attention written with ordinary operators, for derivatives; see `attention-core.ts` for the letters.
 *
 *   scores [b, h, s, t] = scale q kᵀ, capped, biased; where a key is not seen the lowest number   y = softmax(scores) v
 *
 * Query heads that share a key head stand in the rows of one product: [b, g, (h / g) s, d] by [b, g, d, t].
 */
import { knownShape, type DataType } from "../ir/types.ts";
import type { Emitter } from "./contract.ts";
import { reshapedTo } from "./gradients.ts";

export interface AttentionParts {
  /** [b, h, s, d], [b, g, t, d], [b, g, t, e]. */
  readonly q: string;
  readonly k: string;
  readonly v: string;
  readonly scale: number;
  /** 0: none. */
  readonly softcap?: number;
  /** Added to the scores; all broadcast to [b, h, s, t]. */
  readonly biases: readonly string[];
  /** Bool: whether a query sees a key; all broadcast to [b, h, s, t]. */
  readonly visible: readonly string[];
  /** Whether a query may see no key: what it gets is zero. */
  readonly blind: boolean;
  /** [h], or a scalar: one more score of every query, of no key. */
  readonly sink?: string;
}

export interface AttendedParts {
  /** [b, h, s, e]. */
  readonly y: string;
  /** [b, h, s, t] each. */
  readonly scores: string;
  readonly capped: string;
  readonly biased: string;
  readonly probabilities: string;
}

/** The exponential of less than any score is 0 beside it; finite, so that no difference of two is undefined. */
export function lowest(dtype: DataType): number {
  return dtype === "f16" ? -60000 : -1e30;
}

export function emitAttend(g: Emitter, parts: AttentionParts): AttendedParts {
  const { dtype } = g.type(parts.q);
  const [b, h, s, d] = knownShape(g.type(parts.q)) as [number, number, number, number];
  const [, keyHeads, t] = knownShape(g.type(parts.k)) as [number, number, number];
  const e = g.type(parts.v).shape[3] as number;
  const rows = (h / keyHeads) * s;
  const scaled = g.op("Mul", [parts.q, g.scalar(dtype, parts.scale)]);
  const turned = g.op("Transpose", [parts.k], { perm: [0, 1, 3, 2] });
  const scores = reshapedTo(g, g.op("MatMul", [reshapedTo(g, scaled, [b, keyHeads, rows, d]), turned]), [
    b,
    h,
    s,
    t,
  ]);
  const { softcap = 0 } = parts;
  const cap = () => g.scalar(dtype, softcap);
  const capped = softcap === 0 ? scores : g.op("Mul", [g.op("Tanh", [g.op("Div", [scores, cap()])]), cap()]);
  const added = parts.biases.reduce((sum, bias) => g.op("Add", [sum, bias]), capped);
  const seen = parts.visible.length === 0 ? undefined : parts.visible.reduce((x, y) => g.op("And", [x, y]));
  const biased = seen === undefined ? added : g.op("Where", [seen, added, g.scalar(dtype, lowest(dtype))]);
  const weights =
    parts.sink === undefined ? g.op("Softmax", [biased], { axis: -1 }) : withSink(g, biased, parts.sink);
  const probabilities =
    seen === undefined || !parts.blind ? weights : g.op("Where", [seen, weights, g.scalar(dtype, 0)]);
  const y = g.op("MatMul", [reshapedTo(g, probabilities, [b, keyHeads, rows, t]), parts.v]);
  return { y: reshapedTo(g, y, [b, h, s, e]), scores, capped, biased, probabilities };
}

/** The softmax of every row with one more score, which is then left out. */
function withSink(g: Emitter, scores: string, sink: string): string {
  const [b, h, s, t] = knownShape(g.type(scores)) as [number, number, number, number];
  const perHead = g.type(sink).shape.length === 0 ? sink : g.op("Reshape", [sink, g.ints([1, h, 1, 1])]);
  const column = g.op("Expand", [perHead, g.ints([b, h, s, 1])]);
  const weights = g.op("Softmax", [g.op("Concat", [scores, column], { axis: 3 })], { axis: -1 });
  return g.op("Slice", [weights, g.ints([0]), g.ints([t]), g.ints([3])]);
}

/** [b, s, h d] as [b, h, s, d]. */
export function splitHeads(g: Emitter, value: string, heads: number): string {
  const [b, s, columns] = knownShape(g.type(value)) as [number, number, number];
  const apart = g.op("Reshape", [value, g.ints([b, s, heads, columns / heads])]);
  return g.op("Transpose", [apart], { perm: [0, 2, 1, 3] });
}

/** [b, h, s, d] as [b, s, h d]. */
export function joinHeads(g: Emitter, value: string): string {
  const [b, h, s, d] = knownShape(g.type(value)) as [number, number, number, number];
  return g.op("Reshape", [g.op("Transpose", [value], { perm: [0, 2, 1, 3] }), g.ints([b, s, h * d])]);
}

/** What is held from before, and then `now`, along the positions of [b, g, t, d]. */
export function withPast(g: Emitter, past: string | null | undefined, now: string): string {
  return past == null ? now : g.op("Concat", [past, now], { axis: 2 });
}

/** A mask of numbers that is added: what it adds, and whether a key is seen, which it is not where that is -Infinity. */
export function addedMask(
  g: Emitter,
  mask: string,
  isFinite: boolean,
): { readonly bias: string; readonly visible: readonly string[] } {
  if (isFinite) return { bias: mask, visible: [] };
  const { dtype } = g.type(mask);
  return { bias: mask, visible: [g.op("Greater", [mask, g.scalar(dtype, lowest(dtype))])] };
}
