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
import {
  countOf,
  defaultEpsilon,
  embedLayerParts,
  normAttributes,
  skipLayerParts,
  skipSimplifiedParts,
} from "./contrib-norm-parts.ts";
import type { Rule } from "./simplification.ts";

/** Outputs: result, mean, inverse deviation, sum. What nobody uses may be any value. */
const skipLayer: Rule = (call, { used }) => ({
  kind: "emit",
  build: (g, inputs) => {
    const wanted = used[2] === true ? 3 : used[1] === true ? 2 : 1;
    const { normal, sum } = skipLayerParts(g, inputs, call, wanted);
    const [y] = normal as [string];
    return [y, normal[1] ?? y, normal[2] ?? y, sum].slice(0, call.outputCount);
  },
});

/** Where nobody asks for the inverse deviation, which RMSNormalization does not give. */
const skipSimplified: Rule = (call, { used }) => {
  if (used[1] === true || used[2] === true) return undefined;
  return {
    kind: "emit",
    build: (g, inputs) => {
      const { y, sum } = skipSimplifiedParts(g, inputs, call);
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
    build: (g, inputs) => {
      const { y, sum } = embedLayerParts(g, inputs, call);
      return [y, counts ? countOf(g, inputs[7], batch) : y, sum].slice(0, call.outputCount);
    },
  };
};

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
