/**
 * Normalisations without parameters: MeanVarianceNormalization, LpNormalization, LRN. The axes that they add up over stay whole
 * in the plain signatures; but for LRN, whose windows of channels overlap, the form `axis-split` takes one of them split.
 */
import { split } from "../ir/layout.ts";
import { knownShape } from "../ir/types.ts";
import { product, range } from "../support/collections.ts";
import type { Call } from "./call.ts";
import type { Dense, DistributedForm, Emitter, FormEmitter, SignatureContext } from "./contract.ts";
import { defineOp, inputElements, type OpDefinition } from "./define.ts";
import { mapBroadcast, mapLines, reduceAlong } from "./dense.ts";
import { commonDtype } from "./elementwise.ts";
import { signatureOf, unitsAmong } from "./movement.ts";
import { meanOf, meanSquare } from "./norm.ts";
import { meanAlong } from "./norm-gradient.ts";

/** The rule of an operator that keeps the shape and looks along `whole`. */
function alongRule(call: Call, whole: readonly number[]): string {
  const names = call.shape(0).map((_, axis) => (whole.includes(axis) ? `!a${axis}` : `a${axis}`));
  return `${names.join(" ")} -> ${names.join(" ")}`;
}

function alongForms(
  call: Call,
  context: SignatureContext,
  axes: readonly number[],
  build: (g: FormEmitter, x: string) => string,
): DistributedForm[] {
  return axes.flatMap((axis) =>
    unitsAmong(context, [["input", 0, axis]]).map((unit): DistributedForm => ({
      name: "axis-split",
      signature: { ...signatureOf(call, { 0: split(axis, unit) }, split(axis, unit)), form: "axis-split" },
      build: (g, [x]) => [build(g, x as string)],
    })),
  );
}

// --- MeanVarianceNormalization

/** Added to the deviation, by ONNX's definition of the function. */
const deviationEpsilon = 1e-9;

function meanAxes(call: Call): number[] {
  return call.ints("axes", [0, 2, 3]).map((axis) => call.axis(axis, call.rank(0)));
}

const meanVarianceNormalization = defineOp({
  name: "MeanVarianceNormalization",
  mixed: "full",
  doc: "Zero mean and unit variance over the named axes.",
  since: 13,
  inputs: [1, 1],
  axes: (call) => alongRule(call, meanAxes(call)),
  dtypes: (call) => [commonDtype(call, "float")],
  forms: (call, context) =>
    alongForms(call, context, meanAxes(call), (g, x) => {
      const mean = (value: string) =>
        g.gather(g.op("ReduceMean", [value, g.ints(meanAxes(call))], { keepdims: 1 }));
      const centred = g.op("Sub", [x, mean(x)]);
      const deviation = g.op("Sqrt", [mean(g.op("Mul", [centred, centred]))]);
      return g.op("Div", [centred, g.op("Add", [deviation, g.scalar(call.dtype(0), deviationEpsilon)])]);
    }),
  flops: (call) => 6 * inputElements(call, 0),
  evaluate: ({ call, inputs: [input] }) => {
    const x = input as Dense;
    const axes = meanAxes(call);
    const mean = reduceAlong(x, axes, true, meanOf);
    const centred = mapBroadcast([x, mean], ([v, m]) => (v as number) - (m as number), x.dtype);
    const deviation = reduceAlong(centred, axes, true, (values) => Math.sqrt(meanSquare(values)));
    return [
      mapBroadcast(
        [centred, deviation],
        ([v, d]) => (v as number) / ((d as number) + deviationEpsilon),
        x.dtype,
      ),
    ];
  },
  // With c = x - mean and s its deviation: (dy - mean(dy)) / (s + e) - c mean(dy c) / (s (s + e)^2).
  gradient: ({ g, call, inputs: [x], gradients: [dy] }) => {
    const dtype = call.dtype(0);
    const mean = (value: string) => meanAlong(g, value, meanAxes(call));
    const centred = g.op("Sub", [x as string, mean(x as string)]);
    const deviation = g.op("Sqrt", [mean(g.op("Mul", [centred, centred]))]);
    const divisor = g.op("Add", [deviation, g.scalar(dtype, deviationEpsilon)]);
    const direct = g.op("Div", [g.op("Sub", [dy as string, mean(dy as string)]), divisor]);
    const together = mean(g.op("Mul", [dy as string, centred]));
    const cubed = g.op("Mul", [orOne(g, deviation), g.op("Mul", [divisor, divisor])]);
    return [g.op("Sub", [direct, g.op("Mul", [centred, g.op("Div", [together, cubed])])])];
  },
});

/** `value`, or 1 where that is 0. */
function orOne(g: Emitter, value: string): string {
  const { dtype } = g.type(value);
  return g.op("Where", [g.op("Equal", [value, g.scalar(dtype, 0)]), g.scalar(dtype, 1), value]);
}

// --- LpNormalization

function normOf(call: Call): { readonly axis: number; readonly p: 1 | 2 } {
  const p = call.int("p", 2);
  if (p !== 1 && p !== 2) call.fail("bad-attribute", { name: "p", problem: `must be 1 or 2, not ${p}` });
  return { axis: call.axis(call.int("axis", -1), call.rank(0)), p };
}

const lpNormalization = defineOp({
  name: "LpNormalization",
  mixed: "full",
  doc: "Every line along an axis divided by its 1-norm or 2-norm; zeros stay.",
  since: 1,
  inputs: [1, 1],
  axes: (call) => alongRule(call, [normOf(call).axis]),
  dtypes: (call) => [commonDtype(call, "float")],
  forms: (call, context) => {
    const { axis, p } = normOf(call);
    return alongForms(call, context, [axis], (g, x) => {
      const terms = p === 1 ? g.op("Abs", [x]) : g.op("Mul", [x, x]);
      const total = g.gather(g.op("ReduceSum", [terms, g.ints([axis])], { keepdims: 1 }));
      return g.op("Div", [x, orOne(g, p === 1 ? total : g.op("Sqrt", [total]))]);
    });
  },
  flops: (call) => 3 * inputElements(call, 0),
  evaluate: ({ call, inputs: [x] }) => {
    const { axis, p } = normOf(call);
    return [
      mapLines(x as Dense, axis, (line) => {
        const total = line.reduce((sum, v) => sum + (p === 1 ? Math.abs(v) : v * v), 0);
        const norm = p === 1 ? total : Math.sqrt(total);
        return line.map((v) => (norm === 0 ? 0 : v / norm));
      }),
    ];
  },
  // (dy - y' sum(dy y)) / norm, y' being y, or the signs of x where p is 1.
  gradient: ({ g, call, inputs: [x], gradients: [dy], output }) => {
    const { axis, p } = normOf(call);
    const sum = (value: string) => g.op("ReduceSum", [value, g.ints([axis])], { keepdims: 1 });
    const terms = p === 1 ? g.op("Abs", [x as string]) : g.op("Mul", [x as string, x as string]);
    const norm = orOne(g, p === 1 ? sum(terms) : g.op("Sqrt", [sum(terms)]));
    const y = output(0);
    const along = g.op("Mul", [
      p === 1 ? g.op("Sign", [x as string]) : y,
      sum(g.op("Mul", [dy as string, y])),
    ]);
    return [g.op("Div", [g.op("Sub", [dy as string, along]), norm])];
  },
});

// --- LRN

const lrn = defineOp({
  name: "LRN",
  mixed: "full",
  doc: "Every element divided by a power of the mean square of the channels around it.",
  since: 13,
  inputs: [1, 1],
  axes: (call) => alongRule(call, [1]),
  dtypes: (call) => {
    if (call.rank(0) < 2) call.failShape("the input must have channels on axis 1");
    if (call.int("size") < 1) call.fail("bad-attribute", { name: "size", problem: "must be positive" });
    return [commonDtype(call, "float")];
  },
  // A power is about ten operations.
  flops: (call) => (2 * call.int("size") + 12) * inputElements(call, 0),
  evaluate: ({ call, inputs: [x] }) => {
    const size = call.int("size");
    const [alpha, beta, bias] = [
      call.float("alpha", 0.0001),
      call.float("beta", 0.75),
      call.float("bias", 1),
    ];
    const [before, after] = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
    return [
      mapLines(x as Dense, 1, (line) =>
        line.map((v, c) => {
          const around = range(before + after + 1).map((i) => line[c - before + i] ?? 0);
          const squares = around.reduce((sum, w) => sum + w * w, 0);
          return v / (bias + (alpha / size) * squares) ** beta;
        }),
      ),
    ];
  },
  gradient: ({ g, call, inputs: [x], gradients: [dy] }) => {
    const size = call.int("size");
    const [alpha, beta] = [call.float("alpha", 0.0001), call.float("beta", 0.75)];
    const dtype = call.dtype(0);
    const before = Math.floor((size - 1) / 2);
    const around = (value: string, first: number) => meanOfChannels(g, value, size, first);
    const [value, gradient] = [x as string, dy as string];
    const mean = around(g.op("Mul", [value, value]), before);
    const base = g.op("Add", [
      g.op("Mul", [mean, g.scalar(dtype, alpha)]),
      g.scalar(dtype, call.float("bias", 1)),
    ]);
    const direct = g.op("Mul", [gradient, g.op("Pow", [base, g.scalar(dtype, -beta)])]);
    // An element is in the windows of the channels that are as far on its other side.
    const through = around(g.op("Div", [g.op("Mul", [direct, value]), base]), size - 1 - before);
    const scaled = g.op("Mul", [value, g.scalar(dtype, 2 * alpha * beta)]);
    return [g.op("Sub", [direct, g.op("Mul", [scaled, through])])];
  },
});

/** Means over windows of `size` channels that begin `before` channels earlier; channels that are not there count as 0. */
function meanOfChannels(g: Emitter, value: string, size: number, before: number): string {
  const shape = knownShape(g.type(value));
  const [n, channels, ...rest] = shape as [number, number, ...number[]];
  const flat = g.op("Reshape", [value, g.ints([n, 1, channels, product(rest)])]);
  const means = g.op("AveragePool", [flat], {
    kernel_shape: [size, 1],
    pads: [before, 0, size - 1 - before, 0],
    count_include_pad: 1,
  });
  return g.op("Reshape", [means, g.ints(shape)]);
}

export const lineNormOps: readonly OpDefinition[] = [meanVarianceNormalization, lpNormalization, lrn];
