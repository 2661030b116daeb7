/**
 * MultiHeadAttention of com.microsoft; see `attention-core.ts` for the letters.
 *
 *   batch     all S(0)
 *   heads     in the columns of queries, keys, values and result; axis 1 of caches
 *   queries   S(1) where it is not causal
 *   linear    value, past_value P(sum)  -> result, present_value P(sum)
 *
 * Where query, key and value come packed in one tensor, or a bias of all three is added inside, `simplify-contrib.ts` takes them
 * apart; what is left packed is split over the batch only.
 */
import { dimMul, isKnown, type Dim } from "../ir/dim.ts";
import { broadcast, partial } from "../ir/layout.ts";
import { tensorType, type TensorType } from "../ir/types.ts";
import type { Signature } from "../sbp/signature.ts";
import {
  appended,
  attend,
  blockAxis,
  broadcastAxis,
  fromHeads,
  jointSplits,
  maskBias,
  toHeads,
  type BlockAxis,
} from "./attention-core.ts";
import type { Call } from "./call.ts";
import type { Dense, SignatureContext } from "./contract.ts";
import { expandMultiHead } from "./contrib-attention-expand.ts";
import { mha, multiHead } from "./contrib-attention-sizes.ts";
import { defineOp } from "./define.ts";
import { build, offsetOf, stridesOf } from "./dense.ts";
import { commonDtype } from "./elementwise.ts";
import { signatureOf } from "./movement.ts";

const sum = partial("sum");

export function flopsOf(dims: readonly Dim[], perScore: number): number {
  return dims.reduce<number>((n, dim) => n * (isKnown(dim) ? dim : 1), 1) * perScore;
}

export const known = (dim: Dim) => (isKnown(dim) ? dim : 1);

function multiHeadSignatures(call: Call, context: SignatureContext): Signature[] {
  const z = multiHead(call);
  const { features, valueFeatures, form } = z;
  const outputs = (axis: number, y: BlockAxis) => [
    y,
    ...[1, 2, 3].map((output) => blockAxis("output", output, axis)),
  ];
  const padding = call.has(mha.padding) ? call.shape(mha.padding) : undefined;
  const perSample = padding === undefined || padding[0] === z.batch;
  const batch = perSample
    ? jointSplits(
        call,
        context,
        [
          ...[mha.query, mha.key, mha.value, mha.padding, mha.pastKey, mha.pastValue].map((i) =>
            blockAxis("input", i, 0),
          ),
          ...broadcastAxis(call, mha.added, 4, 0),
          ...outputs(0, blockAxis("output", 0, 0)),
        ],
        { outputs: broadcast },
      )
    : [];
  const positions =
    form === "all" || call.int("unidirectional", 0) !== 0
      ? []
      : jointSplits(
          call,
          context,
          [
            blockAxis("input", mha.query, 1),
            ...(padding?.length === 3 ? [blockAxis("input", mha.padding, 1)] : []),
            ...broadcastAxis(call, mha.added, 4, 2),
            blockAxis("output", 0, 1),
            blockAxis("output", 3, 2),
          ],
          { outputs: broadcast },
        );
  const values = { [mha.value]: sum, [mha.pastValue]: sum };
  const linear =
    (form === "columns" || form === "apart") && !call.has(mha.bias)
      ? [signatureOf(call, values, [sum, broadcast, sum, broadcast].slice(0, call.outputCount))]
      : [];
  if (call.has(mha.bias) || !isKnown(features) || !isKnown(valueFeatures))
    return [...batch, ...positions, ...linear];
  const keyAxes = {
    columns: [blockAxis("input", mha.key, 2, features), blockAxis("input", mha.value, 2, valueFeatures)],
    apart: [blockAxis("input", mha.key, 1), blockAxis("input", mha.value, 1)],
    pairs: [blockAxis("input", mha.key, 2)],
    all: [],
  }[form];
  const heads = jointSplits(
    call,
    context,
    [
      blockAxis("input", mha.query, 2, form === "all" ? 1 : features),
      ...keyAxes,
      blockAxis("input", mha.pastKey, 1),
      blockAxis("input", mha.pastValue, 1),
      ...broadcastAxis(call, mha.added, 4, 1),
      ...outputs(1, blockAxis("output", 0, 2, valueFeatures)),
    ],
    { outputs: broadcast },
  );
  return [...batch, ...heads, ...positions, ...linear];
}

/** Query, key and value [b, h, s, d], the bias added. */
function multiHeadOperands(
  call: Call,
  inputs: readonly (Dense | null)[],
): readonly [q: Dense, k: Dense, v: Dense] {
  const { heads, form } = multiHead(call);
  const [q, k, v, bias] = inputs;
  /** Part `index` of [b, s, h, parts, d]. */
  const part = (x: Dense, index: number): Dense => {
    const [b = 0, s = 0, h = 0, , d = 0] = x.shape;
    const strides = stridesOf(x.shape);
    return build(
      x.dtype,
      [b, h, s, d],
      ([n = 0, head = 0, i = 0, f = 0]) => x.data[offsetOf([n, i, head, index, f], strides)] as number,
    );
  };
  const plain = (x: Dense) => (x.shape.length === 4 ? x : toHeads(x, heads));
  const operands: readonly [Dense, Dense, Dense] =
    form === "all"
      ? [part(q as Dense, 0), part(q as Dense, 1), part(q as Dense, 2)]
      : form === "pairs"
        ? [plain(q as Dense), part(k as Dense, 0), part(k as Dense, 1)]
        : [plain(q as Dense), plain(k as Dense), plain(v as Dense)];
  if (bias == null) return operands;
  let from = 0;
  const withBias = operands.map((x) => {
    const [, h = 0, , d = 0] = x.shape;
    const start = from;
    from += h * d;
    return build(
      x.dtype,
      x.shape,
      ([, head = 0, , f = 0], at) => (x.data[at] as number) + (bias.data[start + head * d + f] as number),
    );
  });
  // Keys that come apart are a cache: only the query is projected here.
  return form === "apart"
    ? [withBias[0] as Dense, operands[1], operands[2]]
    : (withBias as [Dense, Dense, Dense]);
}

/** What a mask of com.microsoft adds: `filter` where a key is padding, by its length or by 0 in a mask. */
export function paddingBias(mask: Dense | null | undefined, filter: number) {
  if (mask == null) return () => 0;
  const { shape, data } = mask;
  const strides = stridesOf(shape);
  return (b: number, i: number, j: number): number => {
    if (shape.length === 1) return j < (data[b] as number) ? 0 : filter;
    const at = shape.length === 2 ? offsetOf([b, j], strides) : offsetOf([b, i, j], strides);
    return (data[at] as number) > 0 ? 0 : filter;
  };
}

function evaluateMultiHead(call: Call, inputs: readonly (Dense | null)[]): readonly Dense[] {
  const z = multiHead(call);
  const [q, k, v] = multiHeadOperands(call, inputs);
  const [keys, values] = [appended(inputs[mha.pastKey], k), appended(inputs[mha.pastValue], v)];
  const filter = call.float("mask_filter_value", -10000);
  const padded = paddingBias(inputs[mha.padding], filter);
  const added = maskBias(inputs[mha.added]);
  const causal = call.int("unidirectional", 0) !== 0;
  const { y, probabilities } = attend({
    q,
    k: keys,
    v: values,
    scale: call.float("scale", 0) || 1 / Math.sqrt(z.features as number),
    bias: (b, h, i, j) =>
      causal && j > (z.past as number) + i ? -Infinity : padded(b, i, j) + added(b, h, i, j),
  });
  return [fromHeads(y), keys, values, probabilities];
}

/** From the shapes alone: with the heads of a shard in the columns, the attribute that counts heads does not hold. */
function multiHeadFlops(call: Call): number {
  const [q, k] = [call.shape(mha.query), call.has(mha.key) ? call.shape(mha.key) : call.shape(mha.query)];
  const past = call.has(mha.pastKey) ? known(call.shape(mha.pastKey)[2] as Dim) : 0;
  const keys = past + known(k[k.length === 4 ? 2 : 1] as Dim);
  const columns = q.length === 5 ? known(q[2] as Dim) * known(q[4] as Dim) : known(q[2] as Dim);
  const values =
    call.has(mha.value) && call.rank(mha.value) === 3 ? known(call.shape(mha.value)[2] as Dim) : columns;
  return 2 * known(q[0] as Dim) * known(q[1] as Dim) * keys * (columns + values);
}

export const multiHeadAttention = defineOp({
  name: "com.microsoft.MultiHeadAttention",
  doc: "Attention of heads side by side in the columns, with padding of keys and caches.",
  since: 1,
  inputs: [1, 10],
  outputs: (call) => call.outputCount,
  infer: (call): readonly TensorType[] => {
    const { heads, batch, queries, total, features, valueFeatures } = multiHead(call);
    const dtype = commonDtype(call, "float", [0, 1, 2, 3, 5, 6, 7]);
    return [
      tensorType(dtype, [batch, queries, dimMul(valueFeatures, heads)]),
      tensorType(dtype, [batch, heads, total, features]),
      tensorType(dtype, [batch, heads, total, valueFeatures]),
      tensorType(dtype, [batch, heads, queries, total]),
    ];
  },
  signatures: (call, _, context) => multiHeadSignatures(call, context),
  localize: ({ g, call, inputs, outputTypes }) => {
    const { features, form } = multiHead(call);
    const columns = g.type(inputs[mha.query] as string).shape[2] as number;
    const num_heads = form === "all" ? columns : columns / (features as number);
    return g.ops(call.op, inputs, { ...call.attributes, num_heads }, outputTypes.length);
  },
  flops: multiHeadFlops,
  evaluate: ({ call, inputs }) => evaluateMultiHead(call, inputs),
  gradient: { expand: expandMultiHead },
});
