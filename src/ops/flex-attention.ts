/**
 * FlexAttention of ai.onnx.preview: attention whose scores and probabilities may be changed by graphs of the model's own.
 *
 * Without such a graph: batch, heads (of keys with their groups), queries and the features of values are split. With one nothing
 * is: it may look at scores of any sample, head and position.
 */
import { isKnown, type Dim } from "../ir/dim.ts";
import { broadcast, partial, split } from "../ir/layout.ts";
import { tensorType } from "../ir/types.ts";
import type { Signature } from "../sbp/signature.ts";
import { attend, blockAxis, jointSplits, wholeRatio } from "./attention-core.ts";
import { emitAttend } from "./attention-parts.ts";
import type { Call } from "./call.ts";
import type { Dense, SignatureContext } from "./contract.ts";
import { defineOp, inputElements, type OpDefinition } from "./define.ts";
import { commonDtype } from "./elementwise.ts";
import { signatureOf, unitsAmong } from "./movement.ts";

const [Q, K, V] = [0, 1, 2] as const;

function groupOf(call: Call): number | undefined {
  for (const input of [Q, K, V])
    if (call.rank(input) !== 4) call.failShape(`input ${input} must have 4 axes`);
  const [q, k, v] = [call.shape(Q), call.shape(K), call.shape(V)];
  if (q[0] !== k[0] || k[0] !== v[0] || q[3] !== k[3] || k[1] !== v[1] || k[2] !== v[2])
    call.failShape("query, key and value do not fit");
  return wholeRatio(
    call,
    q[1] as Dim,
    k[1] as Dim,
    `${q[1]} query heads are no multiple of ${k[1]} key heads`,
  );
}

function signatures(call: Call, context: SignatureContext): Signature[] {
  const group = groupOf(call);
  if (Object.keys(call.regions).length > 0) return [];
  const along = (axis: number, inputs: readonly number[], sizes: readonly number[]) =>
    jointSplits(
      call,
      context,
      [
        ...inputs.map((input, i) => blockAxis("input", input, axis, sizes[i] ?? 1)),
        blockAxis("output", 0, axis, sizes[0] ?? 1),
      ],
      { outputs: broadcast },
    );
  const features = unitsAmong(context, [
    ["input", V, 3],
    ["output", 0, 3],
  ]).map((unit) => signatureOf(call, { [V]: split(3, unit) }, split(3, unit)));
  return [
    ...along(0, [Q, K, V], []),
    ...along(2, [Q], []),
    ...(group === undefined ? [] : along(1, [Q, K, V], [group, 1, 1])),
    ...(call.shape(K)[1] === 1 ? along(1, [Q], []) : []),
    ...features,
    signatureOf(call, { [V]: partial("sum") }, partial("sum")),
  ];
}

export const flexAttentionOps: readonly OpDefinition[] = [
  defineOp({
    name: "ai.onnx.preview.FlexAttention",
    doc: "Attention whose scores and probabilities may pass through graphs of the model's own.",
    since: 1,
    inputs: [3, 3],
    infer: (call) => {
      groupOf(call);
      const [q, v] = [call.shape(Q), call.shape(V)];
      return [tensorType(commonDtype(call, "float"), [...q.slice(0, 3), v[3] as Dim])];
    },
    signatures: (call, _, context) => signatures(call, context),
    flops: (call) => {
      const [keys, features] = [call.shape(K)[2], call.shape(V)[3]].map((dim) =>
        dim !== undefined && isKnown(dim) ? dim : 1,
      ) as [number, number];
      const rows = call
        .shape(Q)
        .slice(0, 3)
        .reduce<number>((n, dim) => n * (isKnown(dim) ? dim : 1), 1);
      return 2 * keys * (inputElements(call, Q) + rows * features);
    },
    evaluate: ({ call, inputs }) => {
      if (Object.keys(call.regions).length > 0)
        call.failShape(`${Object.keys(call.regions).join(" and ")} cannot be evaluated here`);
      const [q, k, v] = inputs as readonly [Dense, Dense, Dense];
      const scale = call.float("scale", 1 / Math.sqrt(q.shape[3] as number));
      return [attend({ q, k, v, scale, bias: () => 0 }).y];
    },
    gradient: {
      expand: (g, [q, k, v], call) => {
        const scale = call.float("scale", 1 / Math.sqrt(call.shape(Q)[3] as number));
        const operands = { q: q as string, k: k as string, v: v as string };
        return [emitAttend(g, { ...operands, scale, biases: [], visible: [], blind: false }).y];
      },
      unless: (call) =>
        Object.keys(call.regions).length > 0
          ? "its scores pass through graphs of the model's own"
          : undefined,
    },
  }),
];
