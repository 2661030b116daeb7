/**
 * Softmax, LogSoftmax and Hardmax along one axis. That axis stays whole in the plain signatures; the form `axis-split` takes it
 * split, with two small all-reduces: the largest element and the sum of exponentials of every line. Hardmax has no such form:
 * which of equal elements is the first is known across shards only by their positions.
 */
import { split } from "../ir/layout.ts";
import type { Call } from "./call.ts";
import type { Dense, DistributedForm, Emitter, FormEmitter, SignatureContext } from "./contract.ts";
import { defineOp, inputElements, type OpDefinition } from "./define.ts";
import { mapLines } from "./dense.ts";
import { commonDtype } from "./elementwise.ts";
import { zeroGradient } from "./gradients.ts";
import { signatureOf, unitsAmong } from "./movement.ts";

function axisOf(call: Call): number {
  return call.axis(call.int("axis", -1), call.rank(0));
}

function lineRule(call: Call): string {
  const axis = axisOf(call);
  const names = call.shape(0).map((_, i) => (i === axis ? `!a${i}` : `a${i}`));
  return `${names.join(" ")} -> ${names.join(" ")}`;
}

/** The parts of a softmax along `axis`, that axis split or not: x - max, and the sum of exponentials of that. */
export function shiftedExponentials(
  g: FormEmitter,
  x: string,
  axis: number,
): { shifted: string; powers: string; total: string } {
  const along = (op: string, value: string) => g.gather(g.op(op, [value, g.ints([axis])], { keepdims: 1 }));
  const shifted = g.op("Sub", [x, along("ReduceMax", x)]);
  const powers = g.op("Exp", [shifted]);
  return { shifted, powers, total: along("ReduceSum", powers) };
}

function softmaxLike(
  name: string,
  doc: string,
  ofLine: (line: Float64Array) => ArrayLike<number>,
  ofParts: (g: Emitter, parts: ReturnType<typeof shiftedExponentials>) => string,
  gradient: (g: Emitter, dy: string, y: string, sum: (value: string) => string) => string,
): OpDefinition {
  const forms = (call: Call, context: SignatureContext): DistributedForm[] => {
    const axis = axisOf(call);
    return unitsAmong(context, [["input", 0, axis]]).map((unit) => ({
      name: "axis-split",
      signature: { ...signatureOf(call, { 0: split(axis, unit) }, split(axis, unit)), form: "axis-split" },
      build: (g, [x]) => [ofParts(g, shiftedExponentials(g, x as string, axis))],
    }));
  };
  return defineOp({
    name,
    mixed: "full",
    doc,
    since: 13,
    inputs: [1, 1],
    axes: lineRule,
    dtypes: (call) => [commonDtype(call, "float")],
    forms,
    flops: (call) => 8 * inputElements(call, 0),
    evaluate: ({ call, inputs: [x] }) => [mapLines(x as Dense, axisOf(call), ofLine)],
    gradient: ({ g, call, gradients: [dy], output }) => {
      const sum = (value: string) => g.op("ReduceSum", [value, g.ints([axisOf(call)])], { keepdims: 1 });
      return [gradient(g, dy as string, output(0), sum)];
    },
  });
}

/** Logarithms of the softmax of a line, the largest element first taken out. */
export function logSoftmaxLine(line: Float64Array): Float64Array {
  const largest = line.reduce((a, b) => Math.max(a, b), -Infinity);
  const total = Math.log(line.reduce((s, v) => s + Math.exp(v - largest), 0));
  return line.map((v) => v - largest - total);
}

const hardmax = defineOp({
  name: "Hardmax",
  doc: "1 where the first largest element along an axis is, 0 elsewhere.",
  since: 13,
  inputs: [1, 1],
  axes: lineRule,
  dtypes: (call) => [commonDtype(call, "float")],
  flops: (call) => 2 * inputElements(call, 0),
  evaluate: ({ call, inputs: [x] }) => [
    mapLines(x as Dense, axisOf(call), (line) => {
      const first = line.indexOf(line.reduce((a, b) => Math.max(a, b), -Infinity));
      return line.map((_, i) => Number(i === first));
    }),
  ],
  gradient: zeroGradient,
});

export const softmaxOps: readonly OpDefinition[] = [
  hardmax,
  softmaxLike(
    "Softmax",
    "Exponentials divided by their sum along an axis.",
    (line) => logSoftmaxLine(line).map(Math.exp),
    (g, { powers, total }) => g.op("Div", [powers, total]),
    // y (dy - sum of y dy)
    (g, dy, y, sum) => g.op("Mul", [y, g.op("Sub", [dy, sum(g.op("Mul", [y, dy]))])]),
  ),
  softmaxLike(
    "LogSoftmax",
    "The logarithm of the softmax along an axis.",
    logSoftmaxLine,
    (g, { shifted, total }) => g.op("Sub", [shifted, g.op("Log", [total])]),
    // dy - exp(y) sum of dy
    (g, dy, y, sum) => g.op("Sub", [dy, g.op("Mul", [g.op("Exp", [y]), sum(dy)])]),
  ),
];
