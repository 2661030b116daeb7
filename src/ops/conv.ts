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
import type { Dense, Emitter, OpDeclaration } from "./contract.ts";
import {
  convAt,
  convFlops,
  convRule,
  convShape,
  convSignatures,
  convWindow,
  localConv,
  type ConvOperands,
} from "./conv-shape.ts";
import { channelSum, spread, weightGradient } from "./conv-gradient.ts";
import { defineOp, type OpDefinition } from "./define.ts";
import { build } from "./dense.ts";
import { partialSet } from "./movement.ts";
import { tapAxes } from "./window.ts";

const operands: ConvOperands = { weight: 1, perChannel: [2], likeOutput: [] };
const asIs = { x: (value: number) => value, w: (value: number) => value };

const conv = defineOp({
  name: "Conv",
  mixed: "half",
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
  gradient: ({ g, call, inputs, gradients, wanted }) => {
    const [x, w] = inputs as readonly [string, string];
    const dy = gradients[0] as string;
    const group = call.int("group", 1);
    const axes = tapAxes(convWindow(call, operands));
    return [
      wanted[0] === true ? spread(g, dy, w, axes, group) : null,
      wanted[1] === true ? weightGradient(g, x, dy, axes, group) : null,
      wanted[2] === true ? channelSum(g, dy) : null,
    ].slice(0, inputs.length);
  },
});

function outputShape(call: Call, of: ConvOperands): readonly number[] {
  return convShape(call, of) as readonly number[];
}

// --- com.microsoft.FusedConv

const fused: ConvOperands = { weight: 1, perChannel: [2], likeOutput: [3] };

interface Activation {
  readonly parameters: number;
  readonly f: (x: number, a: number, b: number) => number;
  readonly emit: (g: Emitter, x: string, a: number, b: number) => string;
}

const plainActivation = (name: string, f: (x: number) => number): Activation => ({
  parameters: 0,
  f,
  emit: (g, x) => g.op(name, [x]),
});

/**
 * The activations of the operator, with their parameters; all rise with their argument for the parameters that exporters give.
 */
const activations: Readonly<Record<string, Activation>> = {
  "": { parameters: 0, f: (x) => x, emit: (_, x) => x },
  Relu: plainActivation("Relu", (x) => Math.max(x, 0)),
  Tanh: plainActivation("Tanh", Math.tanh),
  Sigmoid: plainActivation("Sigmoid", (x) => 1 / (1 + Math.exp(-x))),
  LeakyRelu: {
    parameters: 1,
    f: (x, alpha) => (x < 0 ? alpha * x : x),
    emit: (g, x, alpha) => g.op("LeakyRelu", [x], { alpha: { float: alpha } }),
  },
  Clip: {
    parameters: 2,
    f: (x, low, high) => Math.min(Math.max(x, low), high),
    emit: (g, x, low, high) => {
      const { dtype } = g.type(x);
      return g.op("Clip", [x, g.scalar(dtype, low), g.scalar(dtype, high)]);
    },
  },
  HardSigmoid: {
    parameters: 2,
    f: (x, alpha, beta) => Math.max(0, Math.min(1, alpha * x + beta)),
    emit: (g, x, alpha, beta) => g.op("HardSigmoid", [x], { alpha: { float: alpha }, beta: { float: beta } }),
  },
};

interface BoundActivation {
  readonly f: (x: number) => number;
  readonly emit: (g: Emitter, x: string) => string;
  readonly rises: boolean;
}

function activationOf(call: Call): BoundActivation {
  const name = call.string("activation", "");
  const activation =
    activations[name] ?? call.fail("bad-attribute", { name: "activation", problem: `is ${name}` });
  const given = call.floats("activation_params", []);
  if (given.length !== activation.parameters)
    call.fail("bad-attribute", {
      name: "activation_params",
      problem: `has ${given.length} numbers, ${name} takes ${activation.parameters}`,
    });
  const [a = 0, b = 0] = given;
  const rises = (name !== "LeakyRelu" && name !== "HardSigmoid") || a >= 0;
  return { f: (x) => activation.f(x, a, b), emit: (g, x) => activation.emit(g, x, a, b), rises };
}

const fusedConv = defineOp({
  name: "com.microsoft.FusedConv",
  mixed: "half",
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
  gradient: {
    expand: (g, [x, w, bias, added], call) => {
      const { activation: _, activation_params: __, ...attributes } = call.attributes;
      const operands = [x as string, w as string, ...(bias == null ? [] : [bias])];
      const convolved = g.op("Conv", operands, attributes);
      const sum = added == null ? convolved : g.op("Add", [convolved, added]);
      return [activationOf(call).emit(g, sum)];
    },
  },
} satisfies OpDeclaration);

function sameShape(a: readonly Dim[], b: readonly Dim[]): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i]);
}

export const convOps: readonly OpDefinition[] = [conv, fusedConv];
