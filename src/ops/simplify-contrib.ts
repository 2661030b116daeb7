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
import {
  isPackedGroupQuery,
  isPackedMultiHead,
  isUnpackable,
  unpackAttention,
  unpackGroupQuery,
  unpackMultiHead,
} from "./contrib-attention-expand.ts";
import type { Call } from "./call.ts";
import type { Gradient } from "./contract.ts";
import type { Rule } from "./simplification.ts";

type Build = Extract<Gradient, { readonly expand: unknown }>["expand"];

const where =
  (fits: (call: Call) => boolean, build: Build): Rule =>
  (call) =>
    fits(call) ? { kind: "emit", build: (g, inputs) => build(g, inputs, call) } : undefined;

export const contribRules: readonly (readonly [string, readonly Rule[]])[] = [
  ["com.microsoft.Attention", [where(isUnpackable, unpackAttention)]],
  ["com.microsoft.MultiHeadAttention", [where(isPackedMultiHead, unpackMultiHead)]],
  ["com.microsoft.GroupQueryAttention", [where(isPackedGroupQuery, unpackGroupQuery)]],
];
