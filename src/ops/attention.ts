/**
 * Attention of ai.onnx: softmax(scale q k^T + mask) v for heads that stand on an axis of their own (4 axes) or side by side in
 * the columns (3 axes). See `attention-core.ts` for the letters.
 *
 *   batch       all S(0), a mask with an axis of size 1 there B
 *   heads       q, y in blocks of h / g heads, k, v and caches in blocks of one; with a single key head k, v and caches B
 *   queries     q S(s), mask S(s), k, v, caches B  -> y S(s), caches B; what a position may see becomes a mask
 *   features    v, past_value S(e)  -> y, present_value S(e); 4 axes only
 *   linear      v, past_value P(sum)  -> y, present_value P(sum)
 *
 * The key positions stay whole in the plain signatures; the form `keys-split` takes them split, with the all-reduces of a
 * softmax.
 */
import { dimMul, isKnown, type Dim } from "../ir/dim.ts";
import { broadcast, partial, split, type Sbp } from "../ir/layout.ts";
import { tensorType, type TensorType } from "../ir/types.ts";
import type { Signature } from "../sbp/signature.ts";
import { range } from "../support/collections.ts";
import {
  appended,
  attend,
  blockAxis,
  broadcastAxis,
  fromHeads,
  jointSplits,
  maskBias,
  toHeads,
  wholeRatio,
} from "./attention-core.ts";
import { expandAttention } from "./attention-expand.ts";
import {
  column,
  isPositional,
  K,
  LENGTHS,
  MASK,
  PAST_K,
  PAST_V,
  PRESENT_K,
  PRESENT_V,
  Q,
  scaleOf,
  SCORES,
  sizesOf,
  V,
  visible,
  Y,
  type Sizes,
} from "./attention-sizes.ts";
import type { Call } from "./call.ts";
import type { Dense, DistributedForm, FormEmitter, LocalizeContext, SignatureContext } from "./contract.ts";
import { defineOp, type OpDefinition } from "./define.ts";
import { isInputSplit, signatureOf, unitsAmong } from "./movement.ts";
import { commonDtype } from "./elementwise.ts";
import { castTo } from "./norm-gradient.ts";
import { shiftedExponentials } from "./softmax.ts";

function inferAttention(call: Call): readonly TensorType[] {
  const z = sizesOf(call);
  const dtype = commonDtype(call, "float", [Q, K]);
  const y = z.apart
    ? [z.batch, z.queryHeads, z.queries, z.valueFeatures]
    : [z.batch, z.queries, dimMul(z.queryHeads, z.valueFeatures)];
  return [
    tensorType(dtype, y),
    tensorType(dtype, [z.batch, z.keyHeads, z.total, z.features]),
    tensorType(call.dtype(V), [z.batch, z.keyHeads, z.total, z.valueFeatures]),
    tensorType(dtype, [z.batch, z.queryHeads, z.queries, z.total]),
  ];
}

/** Positions of queries and of features of values are axes 2 and 3, or 1 and none. */
function attentionSignatures(call: Call, context: SignatureContext): Signature[] {
  const z = sizesOf(call);
  const { apart } = z;
  const all = (outputs: Readonly<Record<number, Sbp>>) =>
    range(call.outputCount).map((i) => outputs[i] ?? broadcast);
  const onAxis = (axis: number, size: number) => broadcastAxis(call, MASK, 4, axis, size);
  const batch = jointSplits(
    call,
    context,
    [
      ...[Q, K, V, PAST_K, PAST_V, LENGTHS].map((i) => blockAxis("input", i, 0)),
      ...[Y, PRESENT_K, PRESENT_V, SCORES].map((i) => blockAxis("output", i, 0)),
      ...onAxis(0, 1),
    ],
    { outputs: broadcast },
  );
  const position = apart ? 2 : 1;
  const queries = mayCutQueries(call, z)
    ? jointSplits(
        call,
        context,
        [
          blockAxis("input", Q, position),
          ...onAxis(2, 1),
          blockAxis("output", Y, position),
          blockAxis("output", SCORES, 2),
        ],
        { outputs: broadcast },
      )
    : [];
  const features = apart
    ? unitsAmong(context, [
        ["input", V, 3],
        ["output", Y, 3],
      ]).map((unit) =>
        signatureOf(
          call,
          { [V]: split(3, unit), [PAST_V]: split(3, unit) },
          all({ [Y]: split(3, unit), [PRESENT_V]: split(3, unit) }),
        ),
      )
    : [];
  const sum = partial("sum");
  const linear = signatureOf(call, { [V]: sum, [PAST_V]: sum }, all({ [Y]: sum, [PRESENT_V]: sum }));
  return [...batch, ...headSignatures(call, context, z), ...queries, ...features, linear];
}

/** Whether queries may be cut: what they see can be written as a mask over all keys. */
function mayCutQueries(call: Call, z: Sizes): boolean {
  if (!isPositional(call)) return true;
  if (call.has(LENGTHS) || !isKnown(z.past) || !isKnown(z.total)) return false;
  return !call.has(MASK) || (call.rank(MASK) > 0 && call.shape(MASK)[call.rank(MASK) - 1] === z.total);
}

function headSignatures(call: Call, context: SignatureContext, z: Sizes): Signature[] {
  const { apart, queryHeads, keyHeads, features, valueFeatures } = z;
  const group = wholeRatio(call, queryHeads, keyHeads, "heads");
  if (group === undefined || !isKnown(features) || !isKnown(valueFeatures)) return [];
  const axis = apart ? 1 : 2;
  const sized = (count: number, columns: number) => (apart ? count : count * columns);
  const mine = (count: number) => [
    blockAxis("input", Q, axis, sized(count, features)),
    ...broadcastAxis(call, MASK, 4, 1, count),
    blockAxis("output", Y, axis, sized(count, valueFeatures)),
    blockAxis("output", SCORES, 1, count),
  ];
  const joint = jointSplits(
    call,
    context,
    [
      ...mine(group),
      blockAxis("input", K, axis, sized(1, features)),
      blockAxis("input", V, axis, sized(1, valueFeatures)),
      ...[PAST_K, PAST_V].map((i) => blockAxis("input", i, 1)),
      ...[PRESENT_K, PRESENT_V].map((i) => blockAxis("output", i, 1)),
    ],
    { outputs: broadcast },
  );
  return keyHeads === 1 ? [...jointSplits(call, context, mine(1), { outputs: broadcast }), ...joint] : joint;
}

// --- one device

function localizeAttention(context: LocalizeContext): readonly string[] {
  const { g, call, inputs, outputTypes } = context;
  const z = sizesOf(call);
  const attributes = { ...call.attributes };
  if (!z.apart) {
    const local = (input: number, features: Dim) =>
      (g.type(inputs[input] as string).shape[2] as number) / (features as number);
    attributes.q_num_heads = local(Q, z.features);
    attributes.kv_num_heads = local(K, z.features);
  }
  if (!isPositional(call) || !isInputSplit(context, Q, z.apart ? 2 : 1))
    return g.ops("Attention", inputs, attributes, outputTypes.length);
  for (const name of ["is_causal", "left_window_size", "right_window_size"]) delete attributes[name];
  const mask = seenHere(context, z);
  return g.ops(
    "Attention",
    range(Math.max(inputs.length, MASK + 1)).map((i) => (i === MASK ? mask : (inputs[i] ?? null))),
    attributes,
    outputTypes.length,
  );
}

/** The mask of the queries that a device holds: the call's own, and what their positions allow. */
function seenHere({ g, call, inputs, perDevice }: LocalizeContext, z: Sizes): string {
  const axis = z.apart ? 2 : 1;
  const queries = g.type(inputs[Q] as string).shape[axis] as number;
  const first = perDevice(({ inputs: boxes }) => (z.past as number) + (boxes[Q]?.start[axis] as number));
  const seen = visible(g, call, g.op("Add", [column(g, queries), first]), z.total as number);
  const mask = inputs[MASK];
  if (mask == null) return seen;
  const { dtype } = g.type(mask);
  return dtype === "bool"
    ? g.op("And", [mask, seen])
    : g.op("Where", [seen, mask, g.scalar(dtype, -Infinity)]);
}

// --- key positions split

/** Without caches and counts of keys; heads apart, one query head per key head. */
function attentionForms(call: Call, context: SignatureContext): DistributedForm[] {
  const z = sizesOf(call);
  if (!z.apart || call.outputCount > 1 || z.queryHeads !== z.keyHeads) return [];
  if (call.has(PAST_K) || call.has(LENGTHS) || isPositional(call)) return [];
  const last = call.has(MASK) ? call.rank(MASK) - 1 : -1;
  if (call.has(MASK) && (last < 0 || call.shape(MASK)[last] !== z.total)) return [];
  return unitsAmong(context, [
    ["input", K, 2],
    ["input", V, 2],
  ]).map((unit) => ({
    name: "keys-split",
    signature: {
      ...signatureOf(
        call,
        {
          [K]: split(2, unit),
          [V]: split(2, unit),
          ...(call.has(MASK) && z.total !== 1 ? { [MASK]: split(last, unit) } : {}),
        },
        partial("sum"),
      ),
      form: "keys-split",
    },
    build: buildKeysSplit,
  }));
}

function buildKeysSplit(g: FormEmitter, [q, k, v, mask]: readonly (string | null)[], call: Call): string[] {
  const dtype = call.dtype(Q);
  const turned = g.op("Transpose", [k as string], { perm: [0, 1, 3, 2] });
  let scores = g.op("Mul", [g.op("MatMul", [q as string, turned]), g.scalar(dtype, scaleOf(call))]);
  const softcap = call.float("softcap", 0);
  if (softcap !== 0) {
    const cap = g.scalar(dtype, softcap);
    scores = g.op("Mul", [g.op("Tanh", [g.op("Div", [scores, cap])]), cap]);
  }
  if (mask != null) {
    scores =
      call.dtype(MASK) === "bool"
        ? g.op("Where", [mask, scores, g.scalar(dtype, -1e30)])
        : g.op("Add", [scores, castTo(g, mask, dtype)]);
  }
  const { powers, total } = shiftedExponentials(g, scores, 3);
  return [g.op("MatMul", [g.op("Div", [powers, total]), v as string])];
}

// --- the meaning

function evaluateAttention(call: Call, inputs: readonly (Dense | null)[]): readonly Dense[] {
  const z = sizesOf(call);
  const heads = (input: number, count: Dim) => {
    const x = inputs[input] as Dense;
    return z.apart ? x : toHeads(x, count as number);
  };
  const q = heads(Q, z.queryHeads);
  const k = appended(inputs[PAST_K], heads(K, z.keyHeads));
  const v = appended(inputs[PAST_V], heads(V, z.keyHeads));
  const lengths = inputs[LENGTHS];
  const masked = maskBias(inputs[MASK]);
  const causal = call.int("is_causal", 0) !== 0;
  const [left, right] = [call.int("left_window_size", -1), call.int("right_window_size", -1)];
  const sees = (b: number, i: number, j: number) => {
    const valid = lengths?.data[b];
    if (valid !== undefined && j >= valid) return false;
    const position = i + (valid === undefined ? (z.past as number) : valid - (z.queries as number));
    return (
      (!causal || j <= position) && (left < 0 || j >= position - left) && (right < 0 || j <= position + right)
    );
  };
  const { y, scores, capped, biased, probabilities } = attend({
    q,
    k,
    v,
    scale: scaleOf(call),
    softcap: call.float("softcap", 0),
    bias: (b, h, i, j) => (sees(b, i, j) ? masked(b, h, i, j) : -Infinity),
  });
  const mode = call.int("qk_matmul_output_mode", 0);
  const shown = [scores, capped, biased, probabilities][mode];
  if (shown === undefined)
    call.fail("bad-attribute", { name: "qk_matmul_output_mode", problem: `must be 0 to 3, not ${mode}` });
  return [z.apart ? y : fromHeads(y), k, v, shown];
}

/** From the shapes alone: with the heads of a shard in the columns, the attributes that count heads do not hold. */
function attentionFlops(call: Call): number {
  const size = (input: number, axis: number) => {
    const dim = call.shape(input).at(axis) as Dim;
    return isKnown(dim) ? dim : 1;
  };
  const length = call.rank(Q) === 4 ? 2 : 1;
  const past = call.has(PAST_K) ? size(PAST_K, 2) : 0;
  const scores = size(Q, 0) * size(Q, length) * (past + size(K, length));
  const apart = call.rank(Q) === 4;
  const queries = size(Q, -1) * (apart ? size(Q, 1) : 1);
  const values = size(V, -1) * (apart ? size(Q, 1) : size(Q, -1) / size(K, -1));
  return 2 * scores * (queries + values);
}

export const attentionOps: readonly OpDefinition[] = [
  defineOp({
    name: "Attention",
    doc: "Scaled dot products of queries and keys, masked, through a softmax, as weights of the values; caches where there are.",
    since: 23,
    sinceFor: ({ attributes, inputs }) =>
      attributes.left_window_size !== undefined || attributes.right_window_size !== undefined
        ? 25
        : inputs[LENGTHS] != null
          ? 24
          : 23,
    inputs: [3, 7],
    outputs: (call) => call.outputCount,
    infer: inferAttention,
    signatures: (call, _, context) => attentionSignatures(call, context),
    forms: attentionForms,
    localize: localizeAttention,
    flops: attentionFlops,
    evaluate: ({ call, inputs }) => evaluateAttention(call, inputs),
    gradient: { expand: expandAttention },
  }),
];
