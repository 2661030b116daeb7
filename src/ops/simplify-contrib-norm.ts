/**
 * ONNX Runtime's fused normalisations and its product with a range of its own, taken apart: sums, look-ups and quantization get
 * layouts of their own, and what is left is an operator that has distributed forms.
 *
 *   SkipLayerNormalization(x, skip, …, bias)   -> LayerNormalization(x + skip + bias, …)
 *   SkipSimplifiedLayerNormalization           -> RMSNormalization of the sum, likewise
 *   SimplifiedLayerNormalization               -> RMSNormalization
 *   EmbedLayerNormalization                    -> LayerNormalization of Gathers
 *   DynamicQuantizeMatMul(a, b, …)             -> MatMulIntegerToFloat(DynamicQuantizeLinear(a), b, …)
 */
import { isKnown, type Dim } from "../ir/dim.ts";
import type { Attributes } from "../ir/graph.ts";
import { tensorData } from "../ir/tensor-data.ts";
import { skipEpsilon } from "./contrib-norm.ts";
import type { Call } from "./call.ts";
import type { Emitter } from "./contract.ts";
import type { Rule } from "./simplification.ts";

const defaultEpsilon = 1e-5;

function normAttributes(call: Call, rank: number, fallback: number): Attributes {
  const epsilon = call.float("epsilon", fallback);
  return {
    axis: rank - 1,
    ...(Math.fround(epsilon) === Math.fround(defaultEpsilon) ? {} : { epsilon: { float: epsilon } }),
  };
}

function sumOf(g: Emitter, values: readonly (string | null | undefined)[]): string {
  return values.filter((value): value is string => value != null).reduce((a, b) => g.op("Add", [a, b]));
}

/** Outputs: result, mean, inverse deviation, sum. What nobody uses may be any value. */
const skipLayer: Rule = (call, { used }) => ({
  kind: "emit",
  build: (g, [x, skip, scale, shift, bias]) => {
    const sum = sumOf(g, [x, skip, bias]);
    const attributes = normAttributes(call, call.rank(0), skipEpsilon);
    const wanted = used[2] === true ? 3 : used[1] === true ? 2 : 1;
    const made = g.ops(
      "LayerNormalization",
      [sum, scale as string, ...(shift == null ? [] : [shift])],
      attributes,
      wanted,
    );
    const [y] = made as [string];
    return [y, made[1] ?? y, made[2] ?? y, sum].slice(0, call.outputCount);
  },
});

/** Where nobody asks for the inverse deviation, which RMSNormalization does not give. */
const skipSimplified: Rule = (call, { used }) => {
  if (used[1] === true || used[2] === true) return undefined;
  return {
    kind: "emit",
    build: (g, [x, skip, scale, bias]) => {
      const sum = sumOf(g, [x, skip, bias]);
      const y = g.op(
        "RMSNormalization",
        [sum, scale as string],
        normAttributes(call, call.rank(0), skipEpsilon),
      );
      return [y, y, y, sum].slice(0, call.outputCount);
    },
  };
};

const simplified: Rule = (call, { used }) => {
  if (used[1] === true) return undefined;
  return {
    kind: "emit",
    build: (g, [x, scale]) => {
      const attributes = normAttributes(call, call.rank(0), defaultEpsilon);
      const y = g.op("RMSNormalization", [x as string, scale as string], attributes);
      return [y, y].slice(0, call.outputCount);
    },
  };
};

const embedLayer: Rule = (call, { used }) => {
  const [batch, length] = call.shape(0) as readonly [Dim, Dim];
  const rows = call.shape(3)[0] as Dim;
  const counts = used[1] === true;
  if ((!call.has(8) && (!isKnown(length) || !isKnown(rows))) || (counts && !call.has(7) && !isKnown(batch)))
    return undefined;
  return {
    kind: "emit",
    build: (g, [ids, segments, words, positions, segmentRows, scale, shift, mask, positionIds]) => {
      const look = (table: string, at: string) => g.op("Gather", [table, at], { axis: 0 });
      const first = (table: string) =>
        length === rows
          ? table
          : g.op("Slice", [table, g.ints([0]), g.ints([length as number]), g.ints([0])]);
      const table = positions as string;
      const sum = sumOf(g, [
        look(words as string, ids as string),
        positionIds == null ? first(table) : look(table, positionIds),
        segments == null || segmentRows == null ? null : look(segmentRows, segments),
      ]);
      const y = g.op(
        "LayerNormalization",
        [sum, scale as string, shift as string],
        normAttributes(call, 3, skipEpsilon),
      );
      return [y, counts ? countOf(g, mask, batch) : y, sum].slice(0, call.outputCount);
    },
  };
};

/** Words of every mask, i32 [batch]; 0 where there is none. */
function countOf(g: Emitter, mask: string | null | undefined, batch: Dim): string {
  if (mask == null) {
    const size = batch as number;
    return g.constant(tensorData("i32", [size], new Array<number>(size).fill(0)));
  }
  const words = g.op("Cast", [g.op("Equal", [mask, g.scalar("i32", 1)])], { to: 6 });
  return g.op("ReduceSum", [words, g.ints([1])], { keepdims: 0 });
}

const dynamicProduct: Rule = () => ({
  kind: "emit",
  build: (g, [a, b, scaleB, zeroB, bias]) => {
    const [steps, scale, zero] = g.ops("DynamicQuantizeLinear", [a as string], {}, 3) as [
      string,
      string,
      string,
    ];
    const last = bias == null ? (zeroB == null ? [] : [zeroB]) : [zeroB ?? null, bias];
    return [
      g.op("com.microsoft.MatMulIntegerToFloat", [
        steps,
        b as string,
        scale,
        scaleB as string,
        zero,
        ...last,
      ]),
    ];
  },
});

export const contribNormRules: readonly (readonly [string, readonly Rule[]])[] = [
  ["SimplifiedLayerNormalization", [simplified]],
  ["com.microsoft.SkipLayerNormalization", [skipLayer]],
  ["com.microsoft.SkipSimplifiedLayerNormalization", [skipSimplified]],
  ["com.microsoft.EmbedLayerNormalization", [embedLayer]],
  ["com.microsoft.DynamicQuantizeMatMul", [dynamicProduct]],
];
