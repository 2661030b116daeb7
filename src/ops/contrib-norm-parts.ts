/** ONNX Runtime's fused normalisations out of sums, look-ups and ONNX's own, for simplification and for derivatives. */
import type { Dim } from "../ir/dim.ts";
import type { Attributes } from "../ir/graph.ts";
import { tensorData } from "../ir/tensor-data.ts";
import type { Call } from "./call.ts";
import type { Emitter } from "./contract.ts";

export const skipEpsilon = 1e-12;
export const defaultEpsilon = 1e-5;

type Inputs = readonly (string | null)[];

/** Attributes of a normalisation over the last of `rank` axes with the epsilon of `call`, or `fallback`. */
export function normAttributes(call: Call, rank: number, fallback: number): Attributes {
  const epsilon = call.float("epsilon", fallback);
  return {
    axis: rank - 1,
    ...(Math.fround(epsilon) === Math.fround(defaultEpsilon) ? {} : { epsilon: { float: epsilon } }),
  };
}

function sumOf(g: Emitter, values: readonly (string | null | undefined)[]): string {
  return values.filter((value): value is string => value != null).reduce((a, b) => g.op("Add", [a, b]));
}

/** SkipLayerNormalization: the sum of its inputs, and `outputs` results of the LayerNormalization of it. */
export function skipLayerParts(
  g: Emitter,
  [x, skip, scale, shift, bias]: Inputs,
  call: Call,
  outputs: number,
): { readonly normal: readonly string[]; readonly sum: string } {
  const sum = sumOf(g, [x, skip, bias]);
  const operands = [sum, scale as string, ...(shift == null ? [] : [shift])];
  const attributes = normAttributes(call, call.rank(0), skipEpsilon);
  return { normal: g.ops("LayerNormalization", operands, attributes, outputs), sum };
}

/** SkipSimplifiedLayerNormalization: the sum of its inputs, and the RMSNormalization of it. */
export function skipSimplifiedParts(
  g: Emitter,
  [x, skip, scale, bias]: Inputs,
  call: Call,
): { readonly y: string; readonly sum: string } {
  const sum = sumOf(g, [x, skip, bias]);
  const attributes = normAttributes(call, call.rank(0), skipEpsilon);
  return { y: g.op("RMSNormalization", [sum, scale as string], attributes), sum };
}

/** EmbedLayerNormalization: the sum of the embeddings, and the LayerNormalization of it. */
export function embedLayerParts(
  g: Emitter,
  [ids, segments, words, positions, segmentRows, scale, shift, , positionIds]: Inputs,
  call: Call,
): { readonly y: string; readonly sum: string } {
  const length = call.shape(0)[1] as Dim;
  const look = (table: string, at: string) => g.op("Gather", [table, at], { axis: 0 });
  const first = (table: string) =>
    length === call.shape(3)[0]
      ? table
      : g.op("Slice", [table, g.ints([0]), g.ints([length as number]), g.ints([0])]);
  const table = positions as string;
  const sum = sumOf(g, [
    look(words as string, ids as string),
    positionIds == null ? first(table) : look(table, positionIds),
    segments == null || segmentRows == null ? null : look(segmentRows, segments),
  ]);
  const attributes = normAttributes(call, 3, skipEpsilon);
  return { y: g.op("LayerNormalization", [sum, scale as string, shift as string], attributes), sum };
}

/** Words of every mask, i32 [batch]; 0 where there is none. */
export function countOf(g: Emitter, mask: string | null | undefined, batch: Dim): string {
  if (mask == null) {
    const size = batch as number;
    return g.constant(tensorData("i32", [size], new Array<number>(size).fill(0)));
  }
  const words = g.op("Cast", [g.op("Equal", [mask, g.scalar("i32", 1)])], { to: 6 });
  return g.op("ReduceSum", [words, g.ints([1])], { keepdims: 0 });
}
