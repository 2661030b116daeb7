/**
 * Normalisations of ONNX Runtime: SimplifiedLayerNormalization, SkipLayerNormalization, SkipSimplifiedLayerNormalization and
 * EmbedLayerNormalization. The last axis stays whole. `simplify-contrib.ts` takes the sums out of the last three, so that these
 * follow their own layouts and the normalisation its distributed forms.
 */
import { isKnown, type Dim } from "../ir/dim.ts";
import { broadcast, partial, type Sbp } from "../ir/layout.ts";
import { tensorData } from "../ir/tensor-data.ts";
import { dataTypes, isInteger, knownShape, tensorType, type DataType } from "../ir/types.ts";
import type { Signature } from "../sbp/signature.ts";
import { range } from "../support/collections.ts";
import type { Call } from "./call.ts";
import type { Dense, Emitter } from "./contract.ts";
import {
  countOf,
  embedLayerParts,
  skipEpsilon,
  skipLayerParts,
  skipSimplifiedParts,
} from "./contrib-norm-parts.ts";
import { defineOp, inputElements, type OpDefinition } from "./define.ts";
import { build, filled, mapBroadcast, reduceAlong } from "./dense.ts";
import { commonDtype } from "./elementwise.ts";
import { affineNormGradient, castTo, inverseOf, normalise as emitNormal } from "./norm-gradient.ts";
import { signatureOf } from "./movement.ts";

/** Scale and shift are linear together, the shift alone rises; only the first output depends on them. */
function affineSignatures(call: Call, scale: number, shift: number | undefined): Signature[] {
  const passing = (set: readonly number[], sbp: Sbp) =>
    signatureOf(call, Object.fromEntries(set.map((i) => [i, sbp])), [
      sbp,
      ...range(call.outputCount - 1).map(() => broadcast),
    ]);
  if (shift === undefined || !call.has(shift)) return [passing([scale], partial("sum"))];
  return [
    passing([scale, shift], partial("sum")),
    passing([shift], partial("max")),
    passing([shift], partial("min")),
  ];
}

interface Normalised {
  readonly y: Dense;
  /** One element per line, its axis kept. */
  readonly mean: Dense;
  readonly inverse: Dense;
}

/** Lines of the last axis to mean 0 (where `centre`) and mean square 1, times `scale`, plus `shift`. */
function normalise(
  x: Dense,
  scale: Dense,
  shift: Dense | null | undefined,
  epsilon: number,
  centre: boolean,
): Normalised {
  const last = [x.shape.length - 1];
  const meanOf = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const mean = reduceAlong(x, last, true, (values) => (centre ? meanOf(values) : 0));
  const centred = mapBroadcast([x, mean], ([v, m]) => (v as number) - (m as number), x.dtype);
  const inverse = reduceAlong(
    centred,
    last,
    true,
    (values) => 1 / Math.sqrt(meanOf(values.map((v) => v * v)) + epsilon),
  );
  const y = mapBroadcast(
    [centred, inverse, scale, shift ?? filled(x.dtype, [], 0)],
    ([v, i, s, b]) => (v as number) * (i as number) * (s as number) + (b as number),
    x.dtype,
  );
  return { y, mean, inverse };
}

function added(first: Dense, ...others: readonly (Dense | null | undefined)[]): Dense {
  const present = [first, ...others.filter((x): x is Dense => x != null)];
  return mapBroadcast(present, (values) => values.reduce((a, b) => a + b, 0), first.dtype);
}

/** Half precision is too narrow for sums. */
function computedIn(call: Call): DataType {
  return dataTypes[call.dtype(0)][1] < 32 ? "f32" : call.dtype(0);
}

const simplified = defineOp({
  name: "SimplifiedLayerNormalization",
  doc: "Unit mean square over the last axis, times scale; ONNX Runtime's name for RMSNormalization.",
  since: 1,
  inputs: [2, 2],
  outputs: (call) => call.outputCount,
  axes: "... !d, !d -> ... !d, ... 1",
  dtypes: (call) => {
    if (call.axis(call.int("axis", -1), call.rank(0)) !== call.rank(0) - 1)
      call.fail("bad-attribute", { name: "axis", problem: "must be the last" });
    return [commonDtype(call, "float"), "f32"];
  },
  signatures: (call, derived) => [...derived, ...affineSignatures(call, 1, undefined)],
  flops: (call) => 5 * inputElements(call, 0),
  evaluate: ({ call, inputs: [x, scale] }) => {
    const { y, inverse } = normalise(x as Dense, scale as Dense, null, call.float("epsilon", 1e-5), false);
    return [y, inverse];
  },
  gradient: (context) => {
    const { g, call, inputs, gradients } = context;
    const axes = [call.rank(0) - 1];
    const compute = computedIn(call);
    return affineNormGradient(
      context,
      compute,
      () => {
        const x = castTo(g, inputs[0] as string, compute);
        return emitNormal(g, x, axes, call.float("epsilon", 1e-5), false);
      },
      // The inverse deviation falls by its square times the normal element over their number.
      ({ normal, inverse }) => {
        const dInverse = gradients[1];
        if (dInverse == null) return [];
        const each = g.op("Mul", [castTo(g, dInverse, compute), g.op("Mul", [inverse, inverse])]);
        const count = g.scalar(compute, -(call.shape(0).at(-1) as number));
        return [g.op("Mul", [normal, g.op("Div", [each, count])])];
      },
    );
  },
});

const skipLayer = defineOp({
  name: "com.microsoft.SkipLayerNormalization",
  doc: "LayerNormalization of the sum of two tensors and a bias.",
  since: 1,
  inputs: [3, 5],
  outputs: (call) => call.outputCount,
  axes: "... !d, ... !d, !d, !d, !d -> ... !d, ... 1, ... 1, ... !d",
  dtypes: (call) => {
    const dtype = commonDtype(call, "float");
    return [dtype, "f32", "f32", dtype];
  },
  signatures: (call, derived) => [...derived, ...affineSignatures(call, 2, 3)],
  flops: (call) => 9 * inputElements(call, 0),
  evaluate: ({ call, inputs: [x, skip, scale, shift, bias] }) => {
    const sum = added(x as Dense, skip, bias);
    const epsilon = call.float("epsilon", skipEpsilon);
    const { y, mean, inverse } = normalise(sum, scale as Dense, shift, epsilon, true);
    return [y, mean, inverse, sum];
  },
  gradient: {
    expand: (g, inputs, call) => {
      const statistics = call.outputCount > 1;
      const { normal, sum } = skipLayerParts(g, inputs, call, statistics ? 3 : 1);
      const [y = "", mean = "", inverse = ""] = normal;
      return statistics ? [y, castTo(g, mean, "f32"), castTo(g, inverse, "f32"), sum] : [y];
    },
  },
});

const skipSimplified = defineOp({
  name: "com.microsoft.SkipSimplifiedLayerNormalization",
  doc: "RMSNormalization of the sum of two tensors and a bias.",
  since: 1,
  inputs: [3, 4],
  outputs: (call) => call.outputCount,
  axes: "... !d, ... !d, !d, !d -> ... !d, ... 1, ... 1, ... !d",
  dtypes: (call) => {
    const dtype = commonDtype(call, "float");
    return [dtype, "f32", "f32", dtype];
  },
  signatures: (call, derived) => [...derived, ...affineSignatures(call, 2, undefined)],
  flops: (call) => 6 * inputElements(call, 0),
  evaluate: ({ call, inputs: [x, skip, scale, bias] }) => {
    const sum = added(x as Dense, skip, bias);
    const epsilon = call.float("epsilon", skipEpsilon);
    const { y, mean, inverse } = normalise(sum, scale as Dense, null, epsilon, false);
    return [y, mean, inverse, sum];
  },
  gradient: {
    expand: (g, inputs, call) => {
      const { y, sum } = skipSimplifiedParts(g, inputs, call);
      if (call.outputCount === 1) return [y];
      return [y, ...rootStatistics(g, sum, call), sum];
    },
  },
});

/** The mean, which is not taken, and the inverse deviation. */
function rootStatistics(g: Emitter, sum: string, call: Call): [string, string] {
  const compute = computedIn(call);
  const axes = [call.rank(0) - 1];
  const inverse = inverseOf(g, castTo(g, sum, compute), axes, call.float("epsilon", skipEpsilon));
  const shape = knownShape(g.type(inverse));
  const mean = g.op("ConstantOfShape", [g.ints(shape)], { value: { tensor: tensorData("f32", [1], [0]) } });
  return [mean, castTo(g, inverse, "f32")];
}

const [IDS, SEGMENTS, WORDS, POSITIONS, SEGMENT_ROWS, SCALE, SHIFT, MASK, POSITION_IDS] = range(9) as [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
];

/** Positions are split only where they are named and no mask of theirs is counted. */
function embedRule(call: Call): string {
  const s = call.has(POSITION_IDS) && !call.has(MASK) ? "s" : "!s";
  const ids = call.has(POSITION_IDS) && call.shape(POSITION_IDS)[0] === 1 ? `1 ${s}` : `b ${s}`;
  return `b ${s}, b ${s}, !v !d, !p !d, !g !d, !d, !d, b ${s}, ${ids} -> b ${s} !d, b, b ${s} !d`;
}

const embedLayer = defineOp({
  name: "com.microsoft.EmbedLayerNormalization",
  doc: "LayerNormalization of the sum of word, position and segment embeddings; the words of every mask counted.",
  since: 1,
  inputs: [1, 9],
  outputs: (call) => call.outputCount,
  axes: embedRule,
  infer: (call) => {
    if ([WORDS, POSITIONS, SCALE, SHIFT].some((input) => !call.has(input)))
      call.failShape("embeddings of words and positions, gamma and beta are needed");
    const dtype = commonDtype(call, "float", [WORDS, POSITIONS, SEGMENT_ROWS, SCALE, SHIFT]);
    if (call.rank(IDS) !== 2 || !isInteger(call.dtype(IDS)))
      call.failShape("ids must be whole numbers [b, s]");
    if (call.has(SEGMENTS) !== call.has(SEGMENT_ROWS))
      call.failShape("segment ids and their embedding belong together");
    const [b, s] = call.shape(IDS) as readonly [Dim, Dim];
    const d = call.shape(WORDS)[1] as Dim;
    for (const input of [POSITIONS, SEGMENT_ROWS])
      if (call.has(input) && call.shape(input)[1] !== d)
        call.failShape("the embeddings differ in their columns");
    const positions = call.shape(POSITIONS)[0] as Dim;
    if (!call.has(POSITION_IDS) && isKnown(s) && isKnown(positions) && s > positions)
      call.failShape(`${s} positions of ${positions}`);
    return [tensorType(dtype, [b, s, d]), tensorType("i32", [b]), tensorType(dtype, [b, s, d])];
  },
  signatures: (call, derived) => [...derived, ...affineSignatures(call, SCALE, SHIFT)],
  flops: (call) => {
    const d = call.shape(WORDS)[1] as Dim;
    return 10 * inputElements(call, IDS) * (isKnown(d) ? d : 1);
  },
  evaluate: ({ call, inputs }) => {
    const [ids, words] = [inputs[IDS] as Dense, inputs[WORDS] as Dense];
    const [batch = 0, length = 0] = ids.shape;
    const d = words.shape[1] as number;
    const at = (table: Dense, row: number, f: number) => {
      if (row < 0 || row >= (table.shape[0] as number)) call.failShape(`row ${row} of ${table.shape[0]}`);
      return table.data[row * d + f] as number;
    };
    const [segments, segmentRows, named] = [inputs[SEGMENTS], inputs[SEGMENT_ROWS], inputs[POSITION_IDS]];
    const sum = build(words.dtype, [batch, length, d], ([b = 0, s = 0, f = 0]) => {
      const token = b * length + s;
      const position = named == null ? s : (named.data[named.shape[0] === 1 ? s : token] as number);
      const segment =
        segments == null || segmentRows == null ? 0 : at(segmentRows, segments.data[token] as number, f);
      return at(words, ids.data[token] as number, f) + at(inputs[POSITIONS] as Dense, position, f) + segment;
    });
    const mask = inputs[MASK];
    const counted = build("i32", [batch], ([b = 0]) => {
      let n = 0;
      for (let s = 0; s < length; s++) n += mask?.data[b * length + s] === 1 ? 1 : 0;
      return n;
    });
    const epsilon = call.float("epsilon", skipEpsilon);
    return [normalise(sum, inputs[SCALE] as Dense, inputs[SHIFT], epsilon, true).y, counted, sum];
  },
  gradient: {
    expand: (g, inputs, call) => {
      const { y, sum } = embedLayerParts(g, inputs, call);
      return call.outputCount === 1 ? [y] : [y, countOf(g, inputs[MASK], call.shape(IDS)[0] as Dim), sum];
    },
  },
});

export const contribNormOps: readonly OpDefinition[] = [simplified, skipLayer, skipSimplified, embedLayer];
