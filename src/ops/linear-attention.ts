/**
 * LinearAttention and CausalConvWithState: recurrences over positions that hand a state on.
 *
 * Positions stay whole: each needs the state that the one before it leaves. Batch and heads (of keys, each with its query heads
 * and its state) are apart. Both are linear in some of their inputs together with the state.
 */
import { dimFloorDiv, dimMul, dimSub, isKnown, type Dim } from "../ir/dim.ts";
import { broadcast, partial, split, type Reduction } from "../ir/layout.ts";
import { knownShape, tensorType, type TensorType } from "../ir/types.ts";
import type { ResolvedRule, Signature } from "../sbp/signature.ts";
import { blockAxis, fromHeads, jointSplits, toHeads, wholeRatio, type BlockAxis } from "./attention-core.ts";
import type { Call } from "./call.ts";
import type { Dense, LocalizeContext, SignatureContext } from "./contract.ts";
import { defineOp, inputElements, type OpDefinition } from "./define.ts";
import { build, filled, offsetOf, stridesOf } from "./dense.ts";
import { commonDtype } from "./elementwise.ts";
import { signatureOf, unitsAmong } from "./movement.ts";

const sum = partial("sum");

// --- LinearAttention

const [QUERY, KEY, VALUE, PAST, DECAY, BETA] = [0, 1, 2, 3, 4, 5] as const;

const updateRules = ["linear", "gated", "delta", "gated_delta"] as const;
type UpdateRule = (typeof updateRules)[number];

function ruleOf(call: Call): UpdateRule {
  const text = call.string("update_rule", "gated_delta");
  const rule = updateRules.find((known) => known === text);
  if (rule === undefined)
    call.fail("bad-attribute", {
      name: "update_rule",
      problem: `must be one of ${updateRules.join(", ")}, not ${text}`,
    });
  return rule;
}

interface LinearSizes {
  readonly queryHeads: number;
  readonly keyHeads: number;
  readonly keySize: Dim;
  readonly valueSize: Dim;
}

function linearSizes(call: Call): LinearSizes {
  const [queryHeads, keyHeads] = [call.int("q_num_heads"), call.int("kv_num_heads")];
  for (const input of [QUERY, KEY, VALUE, DECAY, BETA])
    if (call.has(input) && call.rank(input) !== 3) call.failShape(`input ${input} must have 3 axes`);
  if (call.has(PAST) && call.rank(PAST) !== 4) call.failShape("past_state must have 4 axes");
  wholeRatio(
    call,
    queryHeads,
    keyHeads,
    `${queryHeads} query heads are no multiple of ${keyHeads} key heads`,
  );
  const perHead = (input: number, heads: number): Dim => {
    const columns = call.shape(input)[2] as Dim;
    if (!isKnown(columns)) return dimFloorDiv(columns, heads);
    if (heads < 1 || columns % heads !== 0)
      call.failShape(`the ${columns} columns of input ${input} do not make ${heads} heads`);
    return columns / heads;
  };
  const [keySize, valueSize] = [perHead(KEY, keyHeads), perHead(VALUE, keyHeads)];
  if (perHead(QUERY, queryHeads) !== keySize) call.failShape("queries and keys differ in their features");
  const rule = ruleOf(call);
  if (rule.startsWith("gated") && !call.has(DECAY)) call.failShape(`${rule} needs a decay`);
  if (rule.endsWith("delta") && !call.has(BETA)) call.failShape(`${rule} needs a beta`);
  return { queryHeads, keyHeads, keySize, valueSize };
}

function linearSignatures(call: Call, context: SignatureContext): Signature[] {
  const { queryHeads, keyHeads, keySize, valueSize } = linearSizes(call);
  const batch = jointSplits(
    call,
    context,
    [
      ...[QUERY, KEY, VALUE, PAST, DECAY, BETA].map((input) => blockAxis("input", input, 0)),
      ...[0, 1].map((output) => blockAxis("output", output, 0)),
    ],
    { outputs: broadcast },
  );
  const linear = [
    signatureOf(call, { [VALUE]: sum, [PAST]: sum }, [sum, sum]),
    signatureOf(call, { [QUERY]: sum }, [sum, broadcast]),
    ...(ruleOf(call).endsWith("delta") ? [] : [signatureOf(call, { [KEY]: sum, [PAST]: sum }, [sum, sum])]),
  ];
  if (!isKnown(keySize) || !isKnown(valueSize)) return [...batch, ...linear];
  const group = queryHeads / keyHeads;
  const perHead = (input: number): BlockAxis[] => {
    const columns = call.has(input) ? call.shape(input)[2] : undefined;
    if (columns === undefined || !isKnown(columns) || (input === BETA && columns === 1 && keyHeads > 1))
      return [];
    return [blockAxis("input", input, 2, columns / keyHeads)];
  };
  const mine = (count: number) => [
    blockAxis("input", QUERY, 2, count * keySize),
    blockAxis("output", 0, 2, count * valueSize),
  ];
  const heads = jointSplits(
    call,
    context,
    [
      ...mine(group),
      ...[KEY, VALUE, DECAY, BETA].flatMap(perHead),
      blockAxis("input", PAST, 1),
      blockAxis("output", 1, 1),
    ],
    { outputs: broadcast },
  );
  const queries = keyHeads === 1 ? jointSplits(call, context, mine(1), { outputs: broadcast }) : [];
  const features =
    queryHeads === 1
      ? unitsAmong(context, [
          ["input", VALUE, 2],
          ["output", 0, 2],
        ]).map((unit) =>
          signatureOf(call, { [VALUE]: split(2, unit), [PAST]: split(3, unit) }, [
            split(2, unit),
            split(3, unit),
          ]),
        )
      : [];
  return [...batch, ...heads, ...queries, ...features, ...linear];
}

/** Features of a key: of the state where there is one, else by the heads of the whole call. */
function linearKeySize(call: Call): number {
  const size = call.has(PAST) ? call.shape(PAST)[2] : call.shape(KEY)[2];
  if (size === undefined || !isKnown(size)) return 1;
  return call.has(PAST) ? size : size / call.int("kv_num_heads");
}

function localizeLinear({ g, call, inputs }: LocalizeContext): readonly string[] {
  const { keySize } = linearSizes(call);
  const headsOf = (input: number) =>
    (g.type(inputs[input] as string).shape[2] as number) / (keySize as number);
  const attributes = { ...call.attributes, q_num_heads: headsOf(QUERY), kv_num_heads: headsOf(KEY) };
  return g.ops("LinearAttention", inputs, attributes, call.outputCount);
}

function evaluateLinear(call: Call, inputs: readonly (Dense | null)[]): readonly Dense[] {
  const { queryHeads, keyHeads, keySize, valueSize } = linearSizes(call);
  const [d, e] = [keySize as number, valueSize as number];
  const [q, k, v] = [
    toHeads(inputs[QUERY] as Dense, queryHeads),
    toHeads(inputs[KEY] as Dense, keyHeads),
    toHeads(inputs[VALUE] as Dense, keyHeads),
  ];
  const rule = ruleOf(call);
  const scale = call.float("scale", 0) || 1 / Math.sqrt(d);
  const [batch = 0, , length = 0] = q.shape;
  const past = inputs[PAST];
  const state =
    past == null ? filled(q.dtype, [batch, keyHeads, d, e], 0) : { ...past, data: past.data.slice() };
  const perHead = (input: number) => {
    const x = inputs[input];
    if (x == null) return () => 0;
    const columns = x.shape[2] as number;
    const each = Math.max(1, columns / keyHeads);
    return (b: number, t: number, h: number, f: number) =>
      x.data[(b * length + t) * columns + (columns === 1 ? 0 : h * each + (each === 1 ? 0 : f))] as number;
  };
  const [decay, beta] = [perHead(DECAY), perHead(BETA)];
  const strides = [q, k, v].map((x) => stridesOf(x.shape));
  const read = (x: Dense, which: number, b: number, h: number, t: number, f: number) =>
    x.data[offsetOf([b, h, t, f], strides[which] as number[])] as number;
  const group = queryHeads / keyHeads;
  const y = filled(q.dtype, [batch, queryHeads, length, e], 0);
  const yStrides = stridesOf(y.shape);
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < keyHeads; h++) {
      const s = state.data.subarray((b * keyHeads + h) * d * e, (b * keyHeads + h + 1) * d * e);
      for (let t = 0; t < length; t++) {
        if (rule.startsWith("gated")) {
          for (let i = 0; i < d; i++) {
            const kept = Math.exp(decay(b, t, h, i));
            for (let j = 0; j < e; j++) s[i * e + j] = kept * (s[i * e + j] as number);
          }
        }
        for (let j = 0; j < e; j++) {
          let value = read(v, 2, b, h, t, j);
          if (rule.endsWith("delta")) {
            let held = 0;
            for (let i = 0; i < d; i++) held += (s[i * e + j] as number) * read(k, 1, b, h, t, i);
            value = beta(b, t, h, 0) * (value - held);
          }
          for (let i = 0; i < d; i++)
            s[i * e + j] = (s[i * e + j] as number) + read(k, 1, b, h, t, i) * value;
        }
        for (let n = h * group; n < (h + 1) * group; n++) {
          for (let j = 0; j < e; j++) {
            let total = 0;
            for (let i = 0; i < d; i++) total += read(q, 0, b, n, t, i) * (s[i * e + j] as number);
            y.data[offsetOf([b, n, t, j], yStrides)] = scale * total;
          }
        }
      }
    }
  }
  return [fromHeads(y), state];
}

const linearAttention = defineOp({
  name: "LinearAttention",
  doc: "Attention without a softmax: queries read a state to which every position adds its key and value.",
  since: 27,
  inputs: [3, 6],
  outputs: (call) => call.outputCount,
  infer: (call): readonly TensorType[] => {
    const { queryHeads, keyHeads, keySize, valueSize } = linearSizes(call);
    const [batch, length] = call.shape(QUERY) as readonly [Dim, Dim];
    const dtype = commonDtype(call, "float", [QUERY, KEY, VALUE, DECAY, BETA]);
    const state = call.has(PAST) ? call.dtype(PAST) : dtype;
    return [
      tensorType(dtype, [batch, length, dimMul(valueSize, queryHeads)]),
      tensorType(state, [batch, keyHeads, keySize, valueSize]),
    ];
  },
  signatures: (call, _, context) => linearSignatures(call, context),
  localize: localizeLinear,
  flops: (call) => {
    // Columns of a shard are fewer heads than the attributes say.
    const d = linearKeySize(call);
    return (4 + (ruleOf(call) === "linear" ? 0 : 4)) * d * inputElements(call, VALUE);
  },
  evaluate: ({ call, inputs }) => evaluateLinear(call, inputs),
  gradient: { none: "it is a recurrence over positions, of which only the last state is given" },
});

// --- CausalConvWithState

function activationOf(call: Call): "none" | "silu" {
  const text = call.string("activation", "none");
  if (text !== "none" && text !== "silu" && text !== "swish")
    call.fail("bad-attribute", { name: "activation", problem: `must be none, silu or swish, not ${text}` });
  return text === "none" ? "none" : "silu";
}

/** Input and state, or weight and bias, are linear together where there is no activation; the bias alone rises. */
function convPartials(call: Call): Signature[] {
  if (activationOf(call) !== "none") return [];
  const [INPUT, WEIGHT, BIAS, STATE] = [0, 1, 2, 3];
  const bias = (reduce: Reduction) =>
    signatureOf(call, { [BIAS]: partial(reduce) }, [partial(reduce), broadcast]);
  return [
    signatureOf(call, { [INPUT]: sum, [BIAS]: sum, [STATE]: sum }, [sum, sum]),
    signatureOf(call, { [WEIGHT]: sum, [BIAS]: sum }, [sum, broadcast]),
    ...(call.has(BIAS) ? [bias("max"), bias("min")] : []),
  ];
}

const causalConv = defineOp({
  name: "CausalConvWithState",
  doc: "Each channel convolved with its own kernel over this and earlier positions; the last ones are handed on.",
  since: 27,
  inputs: [2, 4],
  outputs: (call) => call.outputCount,
  axes: (call): ResolvedRule => ({
    inputs: [["b", "c", null], ["c", null, null], ["c"], ["b", "c", null]]
      .filter((_, i) => i < call.inputs.length)
      .map((factors, i) => (call.has(i) ? factors : null)),
    outputs: [
      ["b", "c", null],
      ["b", "c", null],
    ],
  }),
  infer: (call) => {
    const dtype = commonDtype(call, "float");
    activationOf(call);
    const [x, w] = [call.shape(0), call.shape(1)];
    if (x.length !== 3 || w.length !== 3) call.failShape("input and weight must have 3 axes");
    if (w[0] !== x[1] || (isKnown(w[1] as Dim) && w[1] !== 1))
      call.failShape("the weight must be [channels, 1, kernel]");
    if (call.has(2) && (call.rank(2) !== 1 || call.shape(2)[0] !== x[1]))
      call.failShape("the bias must be [channels]");
    const state = [x[0] as Dim, x[1] as Dim, dimSub(w[2] as Dim, 1)];
    if (call.has(3) && call.shape(3).join() !== state.join())
      call.failShape(`the state must be [${state.join(", ")}]`);
    return [tensorType(dtype, x), tensorType(dtype, state)];
  },
  flops: (call) => {
    const kernel = call.shape(1)[2] as Dim;
    return 2 * inputElements(call, 0) * (isKnown(kernel) ? kernel : 1);
  },
  signatures: (call, derived) => [...derived, ...convPartials(call)],
  evaluate: ({ call, inputs: [input, weight, bias, state] }) => {
    const [x, w] = [input as Dense, weight as Dense];
    const [, channels = 0, length = 0] = x.shape;
    const kernel = w.shape[2] as number;
    const before = kernel - 1;
    /** Position t of state (or zeros) and input, one after the other. */
    const at = (b: number, c: number, t: number): number => {
      const row = b * channels + c;
      if (t < before) return state == null ? 0 : (state.data[row * before + t] as number);
      return x.data[row * length + t - before] as number;
    };
    const silu = activationOf(call) === "silu";
    const y = build(x.dtype, x.shape, ([b = 0, c = 0, t = 0]) => {
      let total = bias?.data[c] ?? 0;
      for (let i = 0; i < kernel; i++) total += (w.data[c * kernel + i] as number) * at(b, c, t + i);
      return silu ? total / (1 + Math.exp(-total)) : total;
    });
    const present = build(x.dtype, [x.shape[0] as number, channels, before], ([b = 0, c = 0, t = 0]) =>
      at(b, c, length + t),
    );
    return [y, present];
  },
  gradient: {
    expand: (g, [x, w, bias, state], call) => {
      const [, channels, length] = knownShape(call.tensor(0)) as [number, number, number];
      const before = (knownShape(call.tensor(1))[2] as number) - 1;
      const all =
        state == null
          ? g.op("Pad", [x as string, g.ints([0, 0, before, 0, 0, 0])], { mode: "constant" })
          : g.op("Concat", [state, x as string], { axis: 2 });
      const operands = [all, w as string, ...(bias == null ? [] : [bias])];
      const sum = g.op("Conv", operands, { group: channels });
      const y = activationOf(call) === "none" ? sum : g.op("Mul", [sum, g.op("Sigmoid", [sum])]);
      if (call.outputCount === 1) return [y];
      return [y, g.op("Slice", [all, g.ints([length]), g.ints([length + before]), g.ints([2])])];
    },
  },
});

export const linearAttentionOps: readonly OpDefinition[] = [linearAttention, causalConv];
