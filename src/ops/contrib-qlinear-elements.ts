/**
 * Operators of com.microsoft on single elements of quantized tensors: sum, product, logistic function, leaky ReLU, choice. Every
 * axis can be split. What rises keeps P(max) and P(min) where the scales are known to be of one sign.
 */
import type { PartialRules } from "../sbp/signature.ts";
import type { Call } from "./call.ts";
import type { Dense } from "./contract.ts";
import { defineOp, inputElements, type OpDefinition } from "./define.ts";
import { mapBroadcast } from "./dense.ts";
import { constantSign, down, up } from "./elementwise.ts";
import { trainedUnquantised } from "./gradients.ts";
import { checkParameters, dequantized, movedBy, requantized, type Triple } from "./qlinear.ts";

function elementRule(call: Call, tensors: readonly number[]): string {
  const inputs = call.inputs.map((type, input) => {
    if (tensors.includes(input)) return "...";
    return type?.kind === "tensor" ? type.shape.map(() => "1").join(" ") : "";
  });
  return `${inputs.join(", ")} -> ...`;
}

/** A function that rises keeps the order of an operand whose scale, like the result's, is known to be of one sign. */
function elementPartials(call: Call, operands: readonly Triple[], rises: boolean): PartialRules {
  const scale = 3 * operands.length;
  const ordered = operands.flatMap(([tensor, step, zero]) => {
    const sign = rises ? constantSign(call, step) * constantSign(call, scale) : 0;
    if (sign === 0) return [];
    return [
      sign > 0 ? up(tensor) : down(tensor),
      ...(call.has(zero) ? [sign > 0 ? down(zero) : up(zero)] : []),
    ];
  });
  return { monotone: [...ordered, ...(call.has(scale + 1) ? [up(scale + 1)] : [])] };
}

function ofElements(
  name: string,
  doc: string,
  operands: readonly Triple[],
  f: (call: Call) => (values: readonly number[]) => number,
  rises: (call: Call) => boolean,
): OpDefinition {
  const tensors = operands.map(([tensor]) => tensor);
  const scale = 3 * operands.length;
  return defineOp({
    name: `com.microsoft.${name}`,
    doc,
    since: 1,
    inputs: [2, scale + 2],
    gradient: trainedUnquantised,
    axes: (call) => elementRule(call, tensors),
    dtypes: (call) => [
      checkParameters(call, tensors, [...tensors, ...operands.map(([, step]) => step), scale]),
    ],
    partials: (call) => elementPartials(call, operands, rises(call)),
    flops: (call) => 4 * Math.max(...tensors.map((input) => inputElements(call, input))),
    evaluate: ({ call, inputs }) => {
      const values = operands.map((triple) => dequantized(inputs, triple));
      const exact = mapBroadcast(values, f(call), "f32");
      return [requantized(exact, call.dtype(0), inputs[scale], inputs[scale + 1])];
    },
  });
}

const one: readonly Triple[] = [[0, 1, 2]];
const two: readonly Triple[] = [
  [0, 1, 2],
  [3, 4, 5],
];

const always = () => true;

const unaryAndBinary = [
  ofElements(
    "QLinearAdd",
    "The sum of two quantized tensors.",
    two,
    () =>
      ([a = 0, b = 0]) =>
        a + b,
    always,
  ),
  ofElements(
    "QLinearMul",
    "The product of two quantized tensors, element by element.",
    two,
    () =>
      ([a = 0, b = 0]) =>
        a * b,
    () => false,
  ),
  ofElements(
    "QLinearSigmoid",
    "The logistic function of a quantized tensor.",
    one,
    () =>
      ([x = 0]) =>
        1 / (1 + Math.exp(-x)),
    always,
  ),
  ofElements(
    "QLinearLeakyRelu",
    "A quantized tensor, what is negative times alpha.",
    one,
    (call) => {
      const alpha = call.float("alpha", 0.01);
      return ([x = 0]) => (x < 0 ? alpha * x : x);
    },
    (call) => call.float("alpha", 0.01) >= 0,
  ),
];

const where = defineOp({
  name: "com.microsoft.QLinearWhere",
  doc: "Elements of one quantized tensor where a condition holds, else of another, on one scale.",
  since: 1,
  inputs: [9, 9],
  gradient: trainedUnquantised,
  axes: (call) => elementRule(call, [0, 1, 4]),
  dtypes: (call) => {
    if (call.dtype(0) !== "bool")
      call.fail("dtype-mismatch", { problem: "the condition must be bool", types: call.printShapes() });
    // The condition's sizes are its own.
    const parameters = call.withInputs(call.inputs.map((type, i) => (i === 0 ? null : type)));
    return [checkParameters(parameters, [1, 4], [2, 5, 7])];
  },
  partials: movedBy(8),
  flops: (call) => 4 * Math.max(...[0, 1, 4].map((input) => inputElements(call, input))),
  evaluate: ({ call, inputs }) => {
    const values = [inputs[0] as Dense, dequantized(inputs, [1, 2, 3]), dequantized(inputs, [4, 5, 6])];
    const exact = mapBroadcast(values, ([c, x = 0, y = 0]) => (c === 0 ? y : x), "f32");
    return [requantized(exact, call.dtype(1), inputs[7], inputs[8])];
  },
});

export const qLinearElementOps: readonly OpDefinition[] = [...unaryAndBinary, where];
