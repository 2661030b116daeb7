/**
 * Optimizer steps of ai.onnx.preview.training: Adagrad, Adam, Momentum. One call steps several tensors, each with its gradient
 * and its states, element by element:
 *
 *   inputs    learning rate R, count T, x1 x2 …, g1 g2 …, states of the first kind, …
 *   outputs   new x1 x2 …, new states of the first kind, …
 *
 * Every tensor with what belongs to it is split, or partial, as if it were alone. No maximum passes: the regularisation's
 * 0 times an infinite term is not a number.
 */
import { mayBeEqual, shapesMayBeEqual } from "../ir/dim.ts";
import { broadcast, partial, split, type Sbp } from "../ir/layout.ts";
import { isFloat, tensorType, type TensorType } from "../ir/types.ts";
import type { Signature } from "../sbp/signature.ts";
import { at, cartesian, range } from "../support/collections.ts";
import type { Call } from "./call.ts";
import type { Dense, SignatureContext } from "./contract.ts";
import { defineOp, inputElements, type OpDefinition } from "./define.ts";
import { filled } from "./dense.ts";
import { signatureOf, unitsAmong } from "./movement.ts";

/** New x and new states of one element. */
type Step = (rate: number, count: number, values: readonly number[]) => readonly number[];

interface Optimizer {
  readonly name: string;
  readonly doc: string;
  /** States of every tensor. */
  readonly states: number;
  readonly step: (call: Call) => Step;
  /** Whether new x and states are linear in old x, gradient and states together. */
  readonly linear: boolean;
  /** Operations per element. */
  readonly cost: number;
}

/** Inputs before the tensors. */
const leading = 2;

function tensorsOf(call: Call, states: number): number {
  const count = (call.inputs.length - leading) / (states + 2);
  if (!Number.isInteger(count) || count < 1)
    call.fail("bad-arity", {
      expected: `${leading} and a multiple of ${states + 2}`,
      actual: call.inputs.length,
    });
  return count;
}

function stepTypes(call: Call, states: number): TensorType[] {
  const count = tensorsOf(call, states);
  for (const i of range(leading)) {
    if (call.rank(i) > 1 || call.shape(i).some((size) => !mayBeEqual(size, 1)))
      call.failShape(`input ${i} must be a scalar`);
  }
  const tensors = range(count).map((i) => call.tensor(leading + i));
  call.inputs.slice(leading).forEach((_, i) => {
    const [x, own] = [tensors[i % count] as TensorType, call.tensor(leading + i)];
    if (!isFloat(own.dtype) || own.dtype !== x.dtype)
      call.fail("dtype-mismatch", { problem: "the element types differ", types: call.printShapes() });
    if (!shapesMayBeEqual(own.shape, x.shape))
      call.failShape(`input ${leading + i} must have the shape of tensor ${i % count}`);
  });
  return range(states + 1).flatMap(() => tensors.map((x) => tensorType(x.dtype, x.shape)));
}

/** Layouts that one tensor may have together with what belongs to it: its gradient, its states, its new values. */
function choicesOf(
  { states, linear }: Optimizer,
  call: Call,
  context: SignatureContext,
  tensor: number,
): readonly Sbp[] {
  const count = tensorsOf(call, states);
  const splits = call.shape(leading + tensor).flatMap((_, axis) =>
    unitsAmong(
      context,
      range(states + 2).map((kind) => ["input", leading + kind * count + tensor, axis] as const),
    ).map((unit) => split(axis, unit)),
  );
  return [broadcast, ...splits, ...(linear ? [partial("sum")] : [])];
}

/** Tensors up to which all combinations of their layouts are listed; above, one alone, or all alike. */
const combined = 2;

function stepSignatures(optimizer: Optimizer, call: Call, context: SignatureContext): Signature[] {
  const count = tensorsOf(call, optimizer.states);
  const choices = range(count).map((tensor) => choicesOf(optimizer, call, context, tensor));
  const most = Math.max(...choices.map((list) => list.length));
  const alone = range(count).flatMap((tensor) =>
    (choices[tensor] ?? []).map((sbp) => range(count).map((i) => (i === tensor ? sbp : broadcast))),
  );
  const alike = range(most).map((place) => choices.map((list) => list[place] ?? broadcast));
  const joint = count <= combined ? cartesian(choices) : [...alone, ...alike];
  const copies = (list: readonly Sbp[], kinds: number) => range(kinds).flatMap(() => list);
  return joint.map((list) =>
    signatureOf(
      call,
      Object.fromEntries(copies(list, optimizer.states + 2).map((sbp, i) => [leading + i, sbp])),
      copies(list, optimizer.states + 1),
    ),
  );
}

function optimizer(spec: Optimizer): OpDefinition {
  const { name, doc, states, cost } = spec;
  return defineOp({
    name: `ai.onnx.preview.training.${name}`,
    doc,
    since: 1,
    inputs: [leading + states + 2, Infinity],
    gradient: { none: "it is a step of training itself, which no loss depends on" },
    outputs: (call) => tensorsOf(call, states) * (states + 1),
    infer: (call) => stepTypes(call, states),
    signatures: (call, _, context) => stepSignatures(spec, call, context),
    flops: (call) =>
      cost * range(tensorsOf(call, states)).reduce((n, i) => n + inputElements(call, leading + i), 0),
    evaluate: ({ call, inputs }) => {
      const count = tensorsOf(call, states);
      const arrays = inputs as readonly Dense[];
      const [rate, steps] = arrays.slice(0, leading).map((x) => x.data[0] as number) as [number, number];
      const step = spec.step(call);
      const made = range(states + 1).map(() =>
        range(count).map((i) => {
          const { dtype, shape } = arrays[leading + i] as Dense;
          return filled(dtype, shape, 0);
        }),
      );
      for (const tensor of range(count)) {
        const own = range(states + 2).map((kind) => arrays[leading + kind * count + tensor] as Dense);
        (own[0] as Dense).data.forEach((_, i) => {
          const results = step(
            rate,
            steps,
            own.map((x) => x.data[i] as number),
          );
          results.forEach((value, kind) => {
            at(at(made, kind), tensor).data[i] = value;
          });
        });
      }
      return made.flat();
    },
  });
}

export const optimizerOps: readonly OpDefinition[] = [
  optimizer({
    name: "Adagrad",
    doc: "A step along the gradient divided by the root of the sum of its squares so far.",
    states: 1,
    linear: false,
    cost: 10,
    step: (call) => {
      const [decay, epsilon] = [call.float("decay_factor", 0), call.float("epsilon", 1e-6)];
      const regularisation = call.float("norm_coefficient", 0);
      return (rate, count, values) => {
        const [x, g, h] = values as readonly [number, number, number];
        const gradient = regularisation * x + g;
        const squares = h + gradient * gradient;
        return [x - ((rate / (1 + count * decay)) * gradient) / (Math.sqrt(squares) + epsilon), squares];
      };
    },
  }),
  optimizer({
    name: "Adam",
    doc: "A step along the mean gradient divided by the root of the mean square, both means fading.",
    states: 2,
    linear: false,
    cost: 18,
    step: (call) => {
      const [alpha, beta] = [call.float("alpha", 0.9), call.float("beta", 0.999)];
      const epsilon = call.float("epsilon", 1e-6);
      const [before, after] = [call.float("norm_coefficient", 0), call.float("norm_coefficient_post", 0)];
      return (rate, count, values) => {
        const [x, g, v, h] = values as readonly [number, number, number, number];
        const gradient = before * x + g;
        const mean = alpha * v + (1 - alpha) * gradient;
        const square = beta * h + (1 - beta) * gradient * gradient;
        const adjusted = count > 0 ? (rate * Math.sqrt(1 - beta ** count)) / (1 - alpha ** count) : rate;
        const moved = x - (adjusted * mean) / (Math.sqrt(square) + epsilon);
        return [(1 - after) * moved, mean, square];
      };
    },
  }),
  optimizer({
    name: "Momentum",
    doc: "A step along the fading sum of the gradients; by `mode` nesterov, ahead of it.",
    states: 1,
    linear: true,
    cost: 7,
    step: (call) => {
      const [alpha, beta] = [call.float("alpha"), call.float("beta")];
      const regularisation = call.float("norm_coefficient");
      const mode = call.string("mode");
      if (mode !== "standard" && mode !== "nesterov")
        call.fail("bad-attribute", { name: "mode", problem: `must be standard or nesterov, not ${mode}` });
      return (rate, count, values) => {
        const [x, g, v] = values as readonly [number, number, number];
        const gradient = regularisation * x + g;
        const momentum = alpha * v + (count > 0 ? beta : 1) * gradient;
        const direction = mode === "standard" ? momentum : gradient + alpha * momentum;
        return [x - rate * direction, momentum];
      };
    },
  }),
];
