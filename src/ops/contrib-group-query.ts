/**
 * GroupQueryAttention of com.microsoft: causal, with caches, and the rotation of queries and keys inside. Every key head serves
 * a group of neighbouring query heads, and goes where its group goes. See `attention-core.ts` for the letters.
 */
import { dimMul, isKnown, type Dim } from "../ir/dim.ts";
import { broadcast, partial } from "../ir/layout.ts";
import { toNumbers } from "../ir/tensor-data.ts";
import { tensorType, type TensorType } from "../ir/types.ts";
import type { Signature } from "../sbp/signature.ts";
import { range } from "../support/collections.ts";
import {
  attend,
  blockAxis,
  broadcastAxis,
  fromHeads,
  jointSplits,
  maskBias,
  toHeads,
  wholeRatio,
} from "./attention-core.ts";
import { addedMask, emitAttend, joinHeads, splitHeads } from "./attention-parts.ts";
import type { Call } from "./call.ts";
import { known } from "./contrib-attention.ts";
import { isPackedGroupQuery, unpackGroupQuery } from "./contrib-attention-expand.ts";
import { perHead } from "./contrib-attention-sizes.ts";
import type { Dense, Emitter, LocalizeContext, SignatureContext } from "./contract.ts";
import { defineOp } from "./define.ts";
import { build, offsetOf, stridesOf } from "./dense.ts";
import { dataDependentDim, signatureOf } from "./movement.ts";
import { rotate } from "./rotary.ts";

const sum = partial("sum");

const gqa = {
  query: 0,
  key: 1,
  value: 2,
  pastKey: 3,
  pastValue: 4,
  lengths: 5,
  total: 6,
  cos: 7,
  sin: 8,
  positions: 9,
  added: 10,
  sink: 11,
} as const;

interface GroupQuery {
  readonly heads: number;
  readonly keyHeads: number;
  readonly batch: Dim;
  readonly queries: Dim;
  readonly features: Dim;
  /** Positions that the caches given back hold. */
  readonly held: Dim;
  readonly packed: boolean;
}

function groupQuery(call: Call): GroupQuery {
  const [heads, keyHeads] = [call.int("num_heads"), call.int("kv_num_heads")];
  wholeRatio(call, heads, keyHeads, `${heads} query heads are no multiple of ${keyHeads} key heads`);
  const q = call.shape(gqa.query);
  if (q.length !== 3) call.failShape("the query must be [b, s, columns]");
  if (!call.has(gqa.lengths) || !call.has(gqa.total))
    call.failShape("seqlens_k and total_sequence_length are needed");
  if (call.rank(gqa.lengths) !== 1 || call.shape(gqa.lengths)[0] !== q[0])
    call.failShape("seqlens_k must have one element per sample");
  const packed = !call.has(gqa.key);
  const features = perHead(call, q[2] as Dim, packed ? heads + 2 * keyHeads : heads);
  if (!packed && (call.rank(gqa.key) !== 3 || !call.has(gqa.value) || call.rank(gqa.value) !== 3))
    call.failShape("key and value must be [b, s, columns]");
  const total = call.has(gqa.total) ? call.constant(gqa.total) : undefined;
  const past: Dim = call.has(gqa.pastKey) ? (call.shape(gqa.pastKey)[2] as Dim) : 0;
  const needed = total === undefined ? undefined : (toNumbers(total)[0] as number);
  const held =
    needed === undefined || !isKnown(past) ? dataDependentDim(call, "total") : Math.max(past, needed);
  return { heads, keyHeads, batch: q[0] as Dim, queries: q[1] as Dim, features, held, packed };
}

/** What this declaration does not give the meaning of. */
function unsupported(call: Call): string | undefined {
  if (call.inputs.slice(12).some((type) => type !== null)) return "scales, norm weights and query lengths";
  if (call.int("sliding_window_cache", 0) !== 0) return "sliding_window_cache";
  if (call.int("causal", 1) === 0) return "causal = 0";
  return call.int("qk_output", 0) !== 0 ? "qk_output" : undefined;
}

function groupQuerySignatures(call: Call, context: SignatureContext): Signature[] {
  const { heads, keyHeads, features, packed } = groupQuery(call);
  if (unsupported(call) !== undefined) return [];
  const { query, key, value, pastKey, pastValue, lengths, positions, added, sink } = gqa;
  const batch = jointSplits(
    call,
    context,
    [
      ...[query, key, value, pastKey, pastValue, lengths].map((i) => blockAxis("input", i, 0)),
      ...broadcastAxis(call, positions, 2, 0),
      ...broadcastAxis(call, added, 4, 0),
      ...[0, 1, 2].map((output) => blockAxis("output", output, 0)),
    ],
    { outputs: broadcast },
  );
  if (packed) return batch;
  const linear = signatureOf(
    call,
    { [value]: sum, [pastValue]: sum },
    [sum, broadcast, sum].slice(0, call.outputCount),
  );
  if (!isKnown(features)) return [...batch, linear];
  const mine = (count: number) => [
    blockAxis("input", query, 2, count * features),
    ...broadcastAxis(call, added, 4, 1, count),
    blockAxis("input", sink, 0, count),
    blockAxis("output", 0, 2, count * features),
  ];
  const joint = jointSplits(
    call,
    context,
    [
      ...mine(heads / keyHeads),
      ...[key, value].map((i) => blockAxis("input", i, 2, features)),
      ...[pastKey, pastValue].map((i) => blockAxis("input", i, 1)),
      ...[1, 2].map((output) => blockAxis("output", output, 1)),
    ],
    { outputs: broadcast },
  );
  const queries = keyHeads === 1 ? jointSplits(call, context, mine(1), { outputs: broadcast }) : [];
  return [...batch, ...joint, ...queries, linear];
}

function localizeGroupQuery({ g, call, inputs, outputTypes }: LocalizeContext): readonly string[] {
  const { features, packed } = groupQuery(call);
  if (packed) return g.ops(call.op, inputs, call.attributes, outputTypes.length);
  const headsOf = (input: number) =>
    (g.type(inputs[input] as string).shape[2] as number) / (features as number);
  const attributes = { ...call.attributes, num_heads: headsOf(gqa.query), kv_num_heads: headsOf(gqa.key) };
  return g.ops(call.op, inputs, attributes, outputTypes.length);
}

function evaluateGroupQuery(call: Call, inputs: readonly (Dense | null)[]): readonly Dense[] {
  const z = groupQuery(call);
  const missing = unsupported(call);
  if (missing !== undefined) call.failShape(`${missing}: not supported`);
  const [heads, keyHeads, d, length] = [z.heads, z.keyHeads, z.features as number, z.queries as number];
  const lengths = inputs[gqa.lengths] as Dense;
  const prompt = length === ((inputs[gqa.total] as Dense).data[0] as number);
  const before = (b: number) => (prompt ? 0 : (lengths.data[b] as number) + 1 - length);
  let [q, k, v] = z.packed
    ? unpacked(inputs[gqa.query] as Dense, heads, keyHeads, d)
    : [
        toHeads(inputs[gqa.query] as Dense, heads),
        toHeads(inputs[gqa.key] as Dense, keyHeads),
        toHeads(inputs[gqa.value] as Dense, keyHeads),
      ];
  if (call.int("do_rotary", 0) !== 0) {
    const neighbours = call.int("rotary_interleaved", 0) !== 0;
    const ids = inputs[gqa.positions];
    const read = (input: number) => {
      const cache = inputs[input] as Dense;
      const columns = cache.shape[1] as number;
      return (b: number, s: number, pair: number) => {
        const row = ids == null ? before(b) + s : (ids.data[b * length + s] as number);
        return cache.data[row * columns + pair] as number;
      };
    };
    const turned = 2 * ((inputs[gqa.cos] as Dense).shape[1] as number);
    const turn = (x: Dense) => rotate(x, turned, neighbours, read(gqa.cos), read(gqa.sin));
    [q, k] = [turn(q as Dense), turn(k as Dense)];
  }
  const cache = (past: Dense | null | undefined, now: Dense) => {
    const shape = [z.batch as number, keyHeads, z.held as number, d];
    const [pastStrides, nowStrides] = [stridesOf(past?.shape ?? shape), stridesOf(now.shape)];
    return build(now.dtype, shape, ([b = 0, g = 0, t = 0, f = 0]) => {
      const own = t - before(b);
      if (own >= 0 && own < length) return now.data[offsetOf([b, g, own, f], nowStrides)] as number;
      return past == null || t >= (past.shape[2] as number)
        ? 0
        : (past.data[offsetOf([b, g, t, f], pastStrides)] as number);
    });
  };
  const [keys, values] = [cache(inputs[gqa.pastKey], k as Dense), cache(inputs[gqa.pastValue], v as Dense)];
  const window = call.int("local_window_size", -1);
  const added = maskBias(inputs[gqa.added]);
  const sink = inputs[gqa.sink];
  const smooth = call.int("smooth_softmax", 0) !== 0;
  const { y } = attend({
    q: q as Dense,
    k: keys,
    v: values,
    scale: call.float("scale", 0) || 1 / Math.sqrt(d),
    softcap: call.float("softcap", 0),
    bias: (b, h, i, j) => {
      const position = before(b) + i;
      const seen = j <= position && (window < 0 || j > position - window);
      return seen ? added(b, h, i, j) : -Infinity;
    },
    ...(sink == null && !smooth ? {} : { sink: (h: number) => sink?.data[h] ?? 0 }),
  });
  return [fromHeads(y), keys, values];
}

/** Query, key and value heads one after another in the columns. */
function unpacked(x: Dense, heads: number, keyHeads: number, d: number): [Dense, Dense, Dense] {
  const [b = 0, s = 0] = x.shape;
  const strides = stridesOf(x.shape);
  const part = (first: number, count: number) =>
    build(
      x.dtype,
      [b, count, s, d],
      ([n = 0, h = 0, i = 0, f = 0]) => x.data[offsetOf([n, i, (first + h) * d + f], strides)] as number,
    );
  return [part(0, heads), part(heads, keyHeads), part(heads + keyHeads, keyHeads)];
}

/** Only of a prompt: with caches, how far back a query sees depends on the data. */
function whyNotExpanded(call: Call): string | undefined {
  const missing = unsupported(call);
  if (missing !== undefined) return `with ${missing} it is not written with others`;
  const { queries, held } = groupQuery(call);
  return (call.has(gqa.pastKey) && call.shape(gqa.pastKey)[2] !== 0) || queries !== held
    ? "it is written with others for a whole prompt only, without caches of earlier positions"
    : undefined;
}

/** What is packed is taken apart first; of that the composition is another one. */
function expandGroupQuery(g: Emitter, inputs: readonly (string | null)[], call: Call): readonly string[] {
  if (isPackedGroupQuery(call)) return unpackGroupQuery(g, inputs, call);
  const z = groupQuery(call);
  const length = z.queries as number;
  const states = (input: number, heads: number) => {
    const value = inputs[input] as string;
    const rotates = call.int("do_rotary", 0) !== 0 && input !== gqa.value;
    return splitHeads(g, rotates ? rotated(g, value, heads, inputs, call) : value, heads);
  };
  const [q, k, v] = [
    states(gqa.query, z.heads),
    states(gqa.key, z.keyHeads),
    states(gqa.value, z.keyHeads),
  ] as const;
  const added = inputs[gqa.added];
  const mask = added == null ? undefined : addedMask(g, added, false);
  const position = g.op("Unsqueeze", [g.ints(range(length)), g.ints([1])]);
  const key = g.ints(range(length));
  const window = call.int("local_window_size", -1);
  const sink = inputs[gqa.sink] ?? (call.int("smooth_softmax", 0) === 0 ? null : g.scalar(call.dtype(0), 0));
  const { y } = emitAttend(g, {
    q,
    k,
    v,
    scale: call.float("scale", 0) || 1 / Math.sqrt(z.features as number),
    softcap: call.float("softcap", 0),
    biases: mask === undefined ? [] : [mask.bias],
    visible: [
      ...(mask?.visible ?? []),
      g.op("LessOrEqual", [key, position]),
      ...(window < 0 ? [] : [g.op("Greater", [key, g.op("Sub", [position, g.ints(window)])])]),
    ],
    blind: mask !== undefined || window === 0,
    ...(sink === null ? {} : { sink }),
  });
  return [joinHeads(g, y), k, v];
}

/** [b, s, heads d] turned by the angles of their positions: the ones given, or 0, 1, …. */
function rotated(
  g: Emitter,
  value: string,
  heads: number,
  inputs: readonly (string | null)[],
  call: Call,
): string {
  const ids = inputs[gqa.positions] ?? g.ints([0]);
  return g.op(
    "com.microsoft.RotaryEmbedding",
    [value, ids, inputs[gqa.cos] as string, inputs[gqa.sin] as string],
    {
      num_heads: heads,
      rotary_embedding_dim: 2 * (call.shape(gqa.cos)[1] as number),
      interleaved: call.int("rotary_interleaved", 0),
    },
  );
}

export const groupQueryAttention = defineOp({
  name: "com.microsoft.GroupQueryAttention",
  doc: "Causal attention of query heads in groups that share a key head, with caches and rotation inside.",
  since: 1,
  inputs: [1, 17],
  outputs: (call) => call.outputCount,
  infer: (call): readonly TensorType[] => {
    const { heads, keyHeads, batch, queries, features, held } = groupQuery(call);
    const dtype = call.dtype(gqa.query);
    const cache = (input: number) => (call.has(input) ? call.dtype(input) : dtype);
    return [
      tensorType(dtype, [batch, queries, dimMul(features, heads)]),
      tensorType(cache(gqa.pastKey), [batch, keyHeads, held, features]),
      tensorType(cache(gqa.pastValue), [batch, keyHeads, held, features]),
    ];
  },
  signatures: (call, _, context) => groupQuerySignatures(call, context),
  localize: localizeGroupQuery,
  // From the columns alone: those of a shard are fewer heads than the attributes say.
  flops: (call) => {
    const [batch, queries, columns] = call.shape(gqa.query).map(known) as [number, number, number];
    const total = call.has(gqa.total) ? call.constant(gqa.total) : undefined;
    const keys = total === undefined ? queries : (toNumbers(total)[0] as number);
    return 4 * batch * queries * columns * keys;
  },
  evaluate: ({ call, inputs }) => evaluateGroupQuery(call, inputs),
  gradient: { expand: expandGroupQuery, unless: whyNotExpanded },
});
