/**
 * Operators of com.microsoft on quantized tensors that reduce or join: each the operator of its name between taking the operands
 * off their scales and putting the result on one of its own. What is reduced or joined stays whole, since the result is
 * rounded; everything else can be split. The zero point of the result moves all of it: P(max) and P(min) pass.
 */
import { dimAdd, type Dim } from "../ir/dim.ts";
import { tensorType } from "../ir/types.ts";
import type { ResolvedRule } from "../sbp/signature.ts";
import { product, range } from "../support/collections.ts";
import type { Call } from "./call.ts";
import type { Dense } from "./contract.ts";
import { defineOp, inputElements, type OpDefinition } from "./define.ts";
import {
  build,
  filled,
  forEachIndex,
  mapLines,
  offsetOf,
  reduceAlong,
  stridesOf,
  transpose,
} from "./dense.ts";
import { trainedUnquantised } from "./gradients.ts";
import { checkParameters, dequantized, movedBy, requantized, type Triple } from "./qlinear.ts";
import { logSoftmaxLine } from "./softmax.ts";
import { blockwiseSignatures, forEachTap, imagesOf, padsAttribute, windowOf } from "./window.ts";

/** Every axis of the first tensor split but those of `whole`. */
function lineRule(call: Call, whole: (axis: number) => boolean): ResolvedRule {
  const factors = call.shape(0).map((_, axis) => (whole(axis) ? null : `a${axis}`));
  return {
    inputs: call.inputs.map((type, i) => {
      if (i === 0) return factors;
      return type?.kind === "tensor" ? type.shape.map(() => null) : null;
    }),
    outputs: [factors],
  };
}

/** The first axis that a softmax runs over, and whether it runs over all after it too: before opset 13 it did. */
function softmaxAxes(call: Call): (axis: number) => boolean {
  const rank = call.rank(0);
  const joint = call.int("opset") < 13;
  const first = call.axis(call.int("axis", joint ? 1 : -1), rank);
  return (axis) => (joint ? axis >= first : axis === first);
}

const softmax = defineOp({
  name: "com.microsoft.QLinearSoftmax",
  doc: "The softmax of a quantized tensor.",
  since: 1,
  inputs: [2, 5],
  gradient: trainedUnquantised,
  axes: (call) => lineRule(call, softmaxAxes(call)),
  infer: (call) => [tensorType(checkParameters(call, [0], [1, 3]), call.shape(0))],
  partials: movedBy(4),
  flops: (call) => 9 * inputElements(call, 0),
  evaluate: ({ call, inputs }) => {
    const x = dequantized(inputs, [0, 1, 2]);
    const whole = softmaxAxes(call);
    const inner = x.shape.filter((_, axis) => whole(axis));
    const first = x.shape.findIndex((_, axis) => whole(axis));
    // Axes that belong together are neighbours: as one axis they are a line.
    const shape = [...x.shape.slice(0, first), product(inner), ...x.shape.slice(first + inner.length)];
    const y = mapLines({ ...x, shape }, first, (line) => logSoftmaxLine(line).map(Math.exp));
    return [requantized({ ...y, shape: x.shape }, call.dtype(0), inputs[3], inputs[4])];
  },
});

/** Axes of pixels: all but the batch and the channels, which come second or last. */
function isSpatial(call: Call): (axis: number) => boolean {
  const channels = call.int("channels_last", 0) !== 0 ? call.rank(0) - 1 : 1;
  return (axis) => axis !== 0 && axis !== channels;
}

const globalPool = defineOp({
  name: "com.microsoft.QLinearGlobalAveragePool",
  doc: "The mean of every channel of a quantized tensor.",
  since: 1,
  inputs: [2, 5],
  gradient: trainedUnquantised,
  axes: (call) => lineRule(call, isSpatial(call)),
  partials: movedBy(4),
  infer: (call) => {
    const spatial = isSpatial(call);
    return [
      tensorType(
        checkParameters(call, [0], [1, 3]),
        call.shape(0).map((size, axis) => (spatial(axis) ? 1 : size)),
      ),
    ];
  },
  flops: (call) => inputElements(call, 0),
  evaluate: ({ call, inputs }) => {
    const axes = range(call.rank(0)).filter(isSpatial(call));
    const mean = (values: Float64Array) => values.reduce((a, b) => a + b, 0) / values.length;
    const y = reduceAlong(dequantized(inputs, [0, 1, 2]), axes, true, mean);
    return [requantized(y, call.dtype(0), inputs[3], inputs[4])];
  },
});

/** The axes that a mean is taken over: all where none is named. */
function reducedAxes(call: Call): number[] {
  const rank = call.rank(0);
  return call.ints("axes", range(rank)).map((axis) => call.axis(axis, rank));
}

const reduceMean = defineOp({
  name: "com.microsoft.QLinearReduceMean",
  doc: "The mean of a quantized tensor over some axes.",
  since: 1,
  inputs: [2, 5],
  gradient: trainedUnquantised,
  axes: (call) => {
    const axes = reducedAxes(call);
    const { inputs, outputs } = lineRule(call, (axis) => axes.includes(axis));
    const kept = (outputs[0] ?? []).filter((_, axis) => !axes.includes(axis));
    return { inputs, outputs: [call.int("keepdims", 1) === 0 ? kept : (outputs[0] ?? [])] };
  },
  partials: movedBy(4),
  infer: (call) => {
    const axes = reducedAxes(call);
    const shape = call.shape(0).map((size, axis) => (axes.includes(axis) ? 1 : size));
    const kept = call.int("keepdims", 1) === 0 ? shape.filter((_, axis) => !axes.includes(axis)) : shape;
    return [tensorType(checkParameters(call, [0], [1, 3]), kept)];
  },
  flops: (call) => inputElements(call, 0),
  evaluate: ({ call, inputs }) => {
    const mean = (values: Float64Array) => values.reduce((a, b) => a + b, 0) / values.length;
    const y = reduceAlong(
      dequantized(inputs, [0, 1, 2]),
      reducedAxes(call),
      call.int("keepdims", 1) !== 0,
      mean,
    );
    return [requantized(y, call.dtype(0), inputs[3], inputs[4])];
  },
});

// --- windows

/** The call as if its channels stood second. */
function channelsSecond(call: Call): Call {
  const rank = call.rank(0);
  if (call.int("channels_last", 0) === 0) return call;
  const x = call.tensor(0);
  const shape = [0, rank - 1, ...range(rank - 2).map((i) => i + 1)].map((axis) => x.shape[axis] as Dim);
  return call.withInputs([{ ...x, shape }, ...call.inputs.slice(1)]);
}

const averagePool = defineOp({
  name: "com.microsoft.QLinearAveragePool",
  doc: "The mean of the elements of a quantized tensor under each position of a window.",
  since: 1,
  inputs: [2, 5],
  gradient: trainedUnquantised,
  axes: (call) => lineRule(call, isSpatial(call)),
  partials: movedBy(4),
  infer: (call) => {
    const dtype = checkParameters(call, [0], [1, 3]);
    const inner = channelsSecond(call);
    if (inner.rank(0) < 3) call.failShape("the input must have the axes N, C and at least one spatial axis");
    const [n, c] = inner.shape(0) as readonly [Dim, Dim];
    const out = windowOf(inner, call.ints("kernel_shape")).map((axis) => axis.out);
    return [tensorType(dtype, inner === call ? [n, c, ...out] : [n, ...out, c])];
  },
  signatures: (call, derived, context) =>
    channelsSecond(call) === call
      ? [...derived, ...blockwiseSignatures(call, context, windowOf(call, call.ints("kernel_shape")))]
      : derived,
  localize: ({ g, call, inputs }) => {
    const { auto_pad: _, ...rest } = call.attributes;
    const pads = padsAttribute(windowOf(channelsSecond(call), call.ints("kernel_shape")));
    return [g.op(call.op, inputs, { ...rest, pads })];
  },
  flops: (call) => inputElements(call, 0) * product(call.ints("kernel_shape")),
  evaluate: ({ call, inputs }) => {
    const inner = channelsSecond(call);
    const rank = call.rank(0);
    const given = dequantized(inputs, [0, 1, 2]);
    const x = inner === call ? given : transpose(given, [0, rank - 1, ...range(rank - 2).map((i) => i + 1)]);
    const axes = windowOf(inner, call.ints("kernel_shape"));
    const images = imagesOf(x);
    const taps = product(axes.map((axis) => axis.kernel));
    const padded = call.int("count_include_pad", 0) !== 0;
    const shape = [...x.shape.slice(0, 2), ...axes.map((axis) => axis.out as number)];
    const y = build("f32", shape, ([n = 0, c = 0, ...position]) => {
      const image = images.first(n, c);
      let [total, count] = [0, 0];
      forEachTap(axes, position, (_, at) => {
        total += x.data[image + images.offset(at)] as number;
        count++;
      });
      return total / (padded ? taps : count);
    });
    const back = inner === call ? y : transpose(y, [0, ...range(rank - 2).map((i) => i + 2), 1]);
    return [requantized(back, call.dtype(0), inputs[3], inputs[4])];
  },
});

// --- QLinearConcat

function partsOf(call: Call): Triple[] {
  const count = (call.inputs.length - 2) / 3;
  if (!Number.isInteger(count) || count < 1) call.failShape("every part needs a scale and a zero point");
  return range(count).map((i) => [2 + 3 * i, 3 + 3 * i, 4 + 3 * i]);
}

function concatAxis(call: Call): number {
  return call.axis(call.int("axis"), call.rank(2));
}

const concat = defineOp({
  name: "com.microsoft.QLinearConcat",
  doc: "Quantized tensors one after another along `axis`, on one scale.",
  since: 1,
  inputs: [5, Infinity],
  gradient: trainedUnquantised,
  axes: (call): ResolvedRule => {
    const tensors = partsOf(call).map(([tensor]) => tensor);
    const axis = concatAxis(call);
    const factors = call.shape(2).map((_, i) => (i === axis ? null : `a${i}`));
    return {
      inputs: call.inputs.map((type, i) => {
        if (tensors.includes(i)) return factors;
        return type?.kind === "tensor" ? type.shape.map(() => null) : null;
      }),
      outputs: [factors],
    };
  },
  partials: movedBy(1),
  infer: (call) => {
    const tensors = partsOf(call).map(([tensor]) => tensor);
    const axis = concatAxis(call);
    checkParameters(call, tensors, [0, 1]);
    const shape = [...call.shape(2)];
    for (const input of tensors.slice(1)) {
      const other = call.shape(input);
      if (other.length !== shape.length || other.some((size, i) => i !== axis && size !== shape[i]))
        call.failShape(`input ${input} does not fit behind the first part`);
      shape[axis] = dimAdd(shape[axis] as Dim, other[axis] as Dim);
    }
    return [tensorType(call.dtype(1), shape)];
  },
  flops: (call) => 4 * partsOf(call).reduce((n, [tensor]) => n + inputElements(call, tensor), 0),
  evaluate: ({ call, inputs }) => {
    const parts = partsOf(call).map((triple) => dequantized(inputs, triple));
    const axis = concatAxis(call);
    const [first] = parts as [Dense];
    const whole = filled(
      "f32",
      first.shape.with(
        axis,
        parts.reduce((n, part) => n + (part.shape[axis] as number), 0),
      ),
      0,
    );
    const strides = stridesOf(whole.shape);
    let before = 0;
    for (const part of parts) {
      const start = before * (strides[axis] as number);
      forEachIndex(part.shape, (index, at) => {
        whole.data[offsetOf(index, strides) + start] = part.data[at] as number;
      });
      before += part.shape[axis] as number;
    }
    return [requantized(whole, call.dtype(1), inputs[0], inputs[1])];
  },
});

export const contribQLinearOps: readonly OpDefinition[] = [
  softmax,
  globalPool,
  reduceMean,
  averagePool,
  concat,
];
