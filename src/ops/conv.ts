/**
 * Convolution over the spatial axes of (N, C, D1, …), alone or with what follows it fused in.
 *
 *   batch             X S(0)          W B      B B      -> S(0)
 *   output channels   X B             W S(0)   B S(0)   -> S(1)
 *   input channels    X S(1)          W S(1)   B P      -> P(sum)
 *   groups            X S(1/C per group)  W S(0/M per group)  B S(0/M per group)  -> S(1/M per group)
 *   rows of patches   X S(i/stride)   W B      B B      -> S(i), where windows do not overlap
 *   rows              X W(i: …)       W B      B B      -> S(i), with rows of the neighbours where they do
 *   one patch         X S(i)          W S(i)   B P      -> P(sum), where the window is the whole axis
 *
 * With several groups, only whole groups can be dealt. What comes after the sum (an activation) makes nothing of partial sums.
 */
import type { Dim } from "../ir/dim.ts";
import { tensorType } from "../ir/types.ts";
import type { Call } from "./call.ts";
import type { Dense, OpDeclaration } from "./contract.ts";
import {
  convAt,
  convFlops,
  convRule,
  convShape,
  convSignatures,
  localConv,
  type ConvOperands,
} from "./conv-shape.ts";
import { defineOp, type OpDefinition } from "./define.ts";
import { build } from "./dense.ts";
import { partialSet } from "./movement.ts";

const operands: ConvOperands = { weight: 1, perChannel: [2], likeOutput: [] };
const asIs = { x: (value: number) => value, w: (value: number) => value };

const conv = defineOp({
  name: "Conv",
  doc: "Convolution: weighted sums over windows of the spatial axes, in `group` groups of channels.",
  since: 11,
  inputs: [2, 3],
  axes: (call) => convRule(call, operands),
  partials: (call) =>
    call.has(2)
      ? {
          linear: [
            [0, 2],
            [1, 2],
          ],
          additive: [2],
        }
      : { linear: [[0], [1]] },
  infer: (call) => [tensorType(call.dtype(0), convShape(call, operands))],
  signatures: (call, derived, context) => [
    ...convSignatures(call, derived, context, operands),
    ...(call.has(2) ? partialSet(call, [2], ["max", "min"]) : []),
  ],
  flops: (call, outputs) => convFlops(call, outputs, operands),
  localize: (context) => localConv(context, operands),
  evaluate: ({ call, inputs: [input, weight, bias] }) => {
    const [x, w] = [input as Dense, weight as Dense];
    const sumAt = convAt(call, operands, x, w, asIs);
    return [build(x.dtype, outputShape(call, operands), (i) => sumAt(i) + (bias?.data[i[1] as number] ?? 0))];
  },
});

function outputShape(call: Call, of: ConvOperands): readonly number[] {
  return convShape(call, of) as readonly number[];
}

// --- com.microsoft.FusedConv

const fused: ConvOperands = { weight: 1, perChannel: [2], likeOutput: [3] };

/** The activations of the operator, with their parameters; all rise with their argument for the parameters that exporters give. */
const activations: Readonly<
  Record<string, readonly [parameters: number, f: (x: number, a: number, b: number) => number]>
> = {
  "": [0, (x) => x],
  Relu: [0, (x) => Math.max(x, 0)],
  Tanh: [0, Math.tanh],
  Sigmoid: [0, (x) => 1 / (1 + Math.exp(-x))],
  LeakyRelu: [1, (x, alpha) => (x < 0 ? alpha * x : x)],
  Clip: [2, (x, low, high) => Math.min(Math.max(x, low), high)],
  HardSigmoid: [2, (x, alpha, beta) => Math.max(0, Math.min(1, alpha * x + beta))],
};

function activationOf(call: Call): { readonly f: (x: number) => number; readonly rises: boolean } {
  const name = call.string("activation", "");
  const [parameters, f] =
    activations[name] ?? call.fail("bad-attribute", { name: "activation", problem: `is ${name}` });
  const given = call.floats("activation_params", []);
  if (given.length !== parameters)
    call.fail("bad-attribute", {
      name: "activation_params",
      problem: `has ${given.length} numbers, ${name} takes ${parameters}`,
    });
  const [a = 0, b = 0] = given;
  const rises = (name !== "LeakyRelu" && name !== "HardSigmoid") || a >= 0;
  return { f: (x) => f(x, a, b), rises };
}

const fusedConv = defineOp({
  name: "com.microsoft.FusedConv",
  doc: "A convolution, to which another tensor may be added, and an activation of the result.",
  since: 1,
  inputs: [2, 4],
  axes: (call) => convRule(call, fused),
  partials: { reduce: "none" },
  infer: (call) => {
    const shape = convShape(call, fused);
    if (call.has(3) && !sameShape(call.shape(3), shape))
      call.failShape(`what is added has not the shape [${shape.join(", ")}] of the result`);
    return [tensorType(call.dtype(0), shape)];
  },
  signatures: (call, derived, context) => {
    const added = [2, 3].filter((i) => call.has(i));
    const { rises } = activationOf(call);
    return [
      ...convSignatures(call, derived, context, fused),
      ...(rises ? added.flatMap((i) => partialSet(call, [i], ["max", "min"])) : []),
    ];
  },
  flops: (call, outputs) => convFlops(call, outputs, fused),
  localize: (context) => localConv(context, fused),
  evaluate: ({ call, inputs: [input, weight, bias, added] }) => {
    const [x, w] = [input as Dense, weight as Dense];
    const sumAt = convAt(call, fused, x, w, asIs);
    const { f } = activationOf(call);
    return [
      build(x.dtype, outputShape(call, fused), (i, flat) =>
        f(sumAt(i) + (bias?.data[i[1] as number] ?? 0) + (added?.data[flat] ?? 0)),
      ),
    ];
  },
} satisfies OpDeclaration);

function sameShape(a: readonly Dim[], b: readonly Dim[]): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i]);
}

export const convOps: readonly OpDefinition[] = [conv, fusedConv];
