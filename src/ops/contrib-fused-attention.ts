/**
 * Attention of com.microsoft: the projection to query, key and value, whose weights lie side by side, and attention of heads in
 * one operator. No split of those columns is one of heads: `simplify-contrib.ts` makes it a product, a Split and
 * MultiHeadAttention, which `split-fused-products` takes apart. What it leaves is split over the batch only.
 */
import { dimAdd, type Dim } from "../ir/dim.ts";
import { broadcast } from "../ir/layout.ts";
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
} from "./attention-core.ts";
import type { Call } from "./call.ts";
import { flopsOf, known, paddingBias } from "./contrib-attention.ts";
import { isUnpackable, unpackAttention } from "./contrib-attention-expand.ts";
import {
  BIAS,
  fusedAttention,
  INPUT,
  isPlainAttention,
  MASK,
  PAST,
  WEIGHTS,
} from "./contrib-attention-sizes.ts";
import type { Dense, SignatureContext } from "./contract.ts";
import { defineOp } from "./define.ts";
import { build } from "./dense.ts";
import { commonDtype } from "./elementwise.ts";

const ADDED = 5;

function batchSignatures(call: Call, context: SignatureContext): Signature[] {
  const { batch } = fusedAttention(call);
  if (call.has(MASK) && call.shape(MASK)[0] !== batch) return [];
  return jointSplits(
    call,
    context,
    [
      blockAxis("input", INPUT, 0),
      blockAxis("input", MASK, 0),
      blockAxis("input", PAST, 1),
      ...broadcastAxis(call, ADDED, 4, 0),
      blockAxis("output", 0, 0),
      blockAxis("output", 1, 1),
    ],
    { outputs: broadcast },
  );
}

function evaluate(call: Call, inputs: readonly (Dense | null)[]): readonly Dense[] {
  if (!isPlainAttention(call)) call.failShape("rotation and shared buffers are not supported");
  const z = fusedAttention(call);
  const [x, w, bias] = [inputs[INPUT] as Dense, inputs[WEIGHTS] as Dense, inputs[BIAS]];
  const [batch = 0, length = 0, width = 0] = x.shape;
  const all = w.shape[1] as number;
  /** Columns from `first` on, [b, h, s, d]. */
  const project = (first: number, columns: number): Dense => {
    const d = columns / z.heads;
    return build(x.dtype, [batch, z.heads, length, d], ([b = 0, h = 0, s = 0, f = 0]) => {
      const column = first + h * d + f;
      let total = bias?.data[column] ?? 0;
      for (let i = 0; i < width; i++)
        total += (x.data[(b * length + s) * width + i] as number) * (w.data[i * all + column] as number);
      return total;
    });
  };
  const [cq, ck, cv] = z.columns;
  const [q, k, v] = [project(0, cq), project(cq, ck), project(cq + ck, cv)];
  const past = inputs[PAST];
  const half = (index: number): Dense | null => {
    if (past == null) return null;
    const [, ...shape] = past.shape;
    const size = past.data.length / 2;
    return { dtype: past.dtype, shape, data: past.data.subarray(index * size, (index + 1) * size) };
  };
  const [keys, values] = [appended(half(0), k), appended(half(1), v)];
  const padded = paddingBias(inputs[MASK], call.float("mask_filter_value", -10000));
  const added = maskBias(inputs[ADDED]);
  const causal = call.int("unidirectional", 0) !== 0;
  const { y } = attend({
    q,
    k: keys,
    v: values,
    scale: call.float("scale", 0) || 1 / Math.sqrt(cq / z.heads),
    bias: (b, h, i, j) =>
      causal && j > (z.past as number) + i ? -Infinity : padded(b, i, j) + added(b, h, i, j),
  });
  const present = new Float64Array(keys.data.length + values.data.length);
  present.set(keys.data);
  present.set(values.data, keys.data.length);
  return [fromHeads(y), { dtype: x.dtype, shape: [2, ...keys.shape], data: present }];
}

export const fusedAttentionOp = defineOp({
  name: "com.microsoft.Attention",
  doc: "Query, key and value of the input by one product with the weights, and attention of their heads.",
  since: 1,
  inputs: [2, 7],
  outputs: (call) => call.outputCount,
  infer: (call): readonly TensorType[] => {
    const { heads, columns, batch, queries, past } = fusedAttention(call);
    const dtype = commonDtype(call, "float", [INPUT, WEIGHTS, BIAS, PAST, ADDED]);
    const total = dimAdd(past, queries);
    return [
      tensorType(dtype, [batch, queries, columns[2]]),
      tensorType(dtype, [2, batch, heads, total, columns[1] / heads]),
    ];
  },
  signatures: (call, _, context) => (isPlainAttention(call) ? batchSignatures(call, context) : []),
  flops: (call) => {
    const { columns, batch, queries, past } = fusedAttention(call);
    const width = known(call.shape(INPUT)[2] as Dim);
    const product = 2 * width * (columns[0] + columns[1] + columns[2]);
    return flopsOf([batch, queries], product + known(dimAdd(past, queries)) * 2 * (columns[0] + columns[2]));
  },
  evaluate: ({ call, inputs }) => evaluate(call, inputs),
  gradient: {
    expand: unpackAttention,
    unless: (call) =>
      isUnpackable(call)
        ? undefined
        : "only with a mask of keys, without rotation and shared buffers, is it written with others",
  },
});
