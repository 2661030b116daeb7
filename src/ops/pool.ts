/**
 * Pools over the spatial axes of (N, C, D1, …): a window that slides, or the whole of every spatial axis at once.
 *
 * Batch and channels can always be split, rows too, with rows of the neighbours where windows overlap. A maximum over a window
 * is a maximum of maxima: P(max) passes, P(min) does not. A global pool over split rows gives a partial result.
 */
import { dimProduct, isKnown, type Dim } from "../ir/dim.ts";
import { tensorData } from "../ir/tensor-data.ts";
import { dataTypes, tensorType, type ValueType } from "../ir/types.ts";
import type { PartialRules, ResolvedRule } from "../sbp/signature.ts";
import { product, range } from "../support/collections.ts";
import type { Call } from "./call.ts";
import { identityElement } from "./compiler.ts";
import { overWindows } from "./conv-gradient.ts";
import type { DeviceView, Dense, EvaluateContext, LocalizeContext, OpDeclaration } from "./contract.ts";
import { defineOp, inputElements, type OpDefinition } from "./define.ts";
import { build, filled, forEachIndex, offsetOf, reduceAlong, stridesOf } from "./dense.ts";
import { iota, localDims, partialSet } from "./movement.ts";
import { globalMaxGradient, maxGradient } from "./pool-gradient.ts";
import {
  forEachTap,
  imagesOf,
  padWindows,
  positionsMade,
  slidingSignatures,
  tapAxes,
  windowedAxes,
  windowOf,
  type WindowAxis,
} from "./window.ts";

export function checkSpatial(call: Call): void {
  if (call.rank(0) < 3) call.failShape("the input must have the axes N, C and at least one spatial axis");
}

export function poolWindow(call: Call): WindowAxis[] {
  checkSpatial(call);
  const kernel = call.ints("kernel_shape");
  const axes = windowOf(call, kernel);
  if (axes.some(({ before, after, extent }) => Math.max(before, after) >= extent)) {
    call.fail("bad-attribute", { name: "pads", problem: "must be smaller than the window" });
  }
  return axes;
}

export function poolShape(call: Call): readonly Dim[] {
  return [...call.shape(0).slice(0, 2), ...poolWindow(call).map((axis) => axis.out)];
}

/** Batch and channels pass, spatial axes stay whole. */
function poolRule(call: Call): ResolvedRule {
  const factors = call.shape(0).map((_, axis) => (axis === 0 ? "n" : axis === 1 ? "c" : null));
  return { inputs: [factors], outputs: Array.from({ length: call.outputCount }, () => factors) };
}

/** What the sliding pools share. */
export const sliding = {
  axes: poolRule,
  flops: (call: Call, outputs?: readonly (ValueType | null)[]) => {
    const kernel = call.ints("kernel_shape");
    const positions = positionsMade(call, () => windowOf(call, kernel), outputs);
    return (
      product([call.shape(0)[1] as Dim, ...positions].map((dim) => (isKnown(dim) ? dim : 1))) *
      product(kernel)
    );
  },
} satisfies Partial<OpDeclaration>;

/** The call's attributes with these pads instead of what it says. */
export function explicitPads(call: Call, pads: readonly number[]) {
  const { auto_pad: _, ...rest } = call.attributes;
  return { ...rest, pads };
}

// --- MaxPool

const maxPool = defineOp({
  name: "MaxPool",
  doc: "The largest element under each position of a window and, as second output, its place in the flattened input.",
  since: 12,
  inputs: [1, 1],
  outputs: (call) => call.outputCount,
  ...sliding,
  infer: (call) => {
    const shape = poolShape(call);
    return [tensorType(call.dtype(0), shape), tensorType("i64", shape)];
  },
  signatures: (call, derived, context) => [
    ...derived,
    // Places are told within the whole image, of which a device must then hold all.
    ...(call.wants(1)
      ? []
      : [...partialSet(call, [0], ["max"]), ...slidingSignatures(call, context, poolWindow(call))]),
  ],
  localize: (context) => {
    const { g, call, outputTypes } = context;
    const { x, pads } = padWindows(context, poolWindow(call), identityElement("max", call.dtype(0)));
    const results = g.ops("MaxPool", [x], explicitPads(call, pads), outputTypes.length);
    return outputTypes.length === 1
      ? results
      : [results[0] as string, globalPlaces(context, results[1] as string)];
  },
  evaluate: evaluateMaxPool,
  gradient: ({ g, call, inputs: [x], gradients: [dy], output }) => [
    maxGradient(g, x as string, dy as string, output(1), call.int("storage_order", 0) === 1),
  ],
});

/** Places in the flattened whole input from places in the flattened shard. */
function globalPlaces({ g, call, inputs, perDevice }: LocalizeContext, places: string): string {
  const [n, c, ...spatial] = localDims(g.type(inputs[0] as string).shape) as [number, number, ...number[]];
  const image = product(spatial);
  const channels = call.shape(0)[1] as number;
  if (n === call.shape(0)[0] && c === channels) return places;
  const first = perDevice(
    ({ inputs: [box] }) => ((box?.start[0] as number) * channels + (box?.start[1] as number)) * image,
  );
  const moved = g.op("Add", [places, first]);
  if (c === channels || n === 1) return moved;
  // Every sample before this one skips the channels that other devices hold.
  const samples = g.op("Reshape", [
    iota(g, n),
    g.ints([n, ...Array.from({ length: spatial.length + 1 }, () => 1)]),
  ]);
  return g.op("Add", [moved, g.op("Mul", [samples, g.ints((channels - c) * image)])]);
}

function evaluateMaxPool({ call, inputs }: EvaluateContext): readonly Dense[] {
  const x = inputs[0] as Dense;
  const axes = poolWindow(call);
  const shape = localDims(poolShape(call));
  const images = imagesOf(x);
  const spatial = x.shape.slice(2);
  const columnMajor = call.int("storage_order", 0) === 1;
  const placeStrides = columnMajor ? stridesOf(spatial.toReversed()).toReversed() : stridesOf(spatial);
  const values = filled(x.dtype, shape, -Infinity);
  const places = filled("i64", shape, 0);
  forEachIndex(shape, ([n = 0, c = 0, ...position], flat) => {
    const image = images.first(n, c);
    let found = false;
    forEachTap(axes, position, (_, at) => {
      const value = x.data[image + images.offset(at)] as number;
      if (found && !(value > (values.data[flat] as number))) return;
      found = true;
      values.data[flat] = value;
      places.data[flat] = image + offsetOf(at, placeStrides);
    });
  });
  return [values, places];
}

// --- AveragePool

const averagePool = defineOp({
  name: "AveragePool",
  doc: "The mean of the elements under each position of a window; `count_include_pad` counts the padding as zeros.",
  since: 19,
  inputs: [1, 1],
  ...sliding,
  partials: { linear: [[0]] },
  infer: (call) => [tensorType(call.dtype(0), poolShape(call))],
  signatures: (call, derived, context) => [...derived, ...slidingSignatures(call, context, poolWindow(call))],
  localize: (context) => {
    const { g, call } = context;
    const { x, pads, filled } = padWindows(context, poolWindow(call));
    const means = g.op("AveragePool", [x], explicitPads(call, pads));
    // What was filled in, and what ceil_mode adds where the padding counts, has been counted.
    return [filled || call.int("count_include_pad", 0) === 1 ? recount(context, means) : means];
  },
  evaluate: ({ call, inputs }) => {
    const x = inputs[0] as Dense;
    const [axes, counted] = [poolWindow(call), countedAxes(call)];
    const images = imagesOf(x);
    return [
      build(x.dtype, localDims(poolShape(call)), ([n = 0, c = 0, ...position]) => {
        const image = images.first(n, c);
        let total = 0;
        forEachTap(axes, position, (_, at) => {
          total += x.data[image + images.offset(at)] as number;
        });
        return total / product(counted.map((axis, i) => tapsInside(axis, position[i] as number)));
      }),
    ];
  },
  gradient: ({ g, call, gradients: [dy] }) => {
    const counted = countedAxes(call);
    const counts = countsPerPosition(counted);
    const divisor = counts.data.every((count) => count === counts.data[0])
      ? g.scalar(call.dtype(0), counts.data[0] as number)
      : g.constant(tensorData(call.dtype(0), [1, 1, ...counts.shape], counts.data));
    return [overWindows(g, g.op("Div", [dy as string, divisor]), tapAxes(poolWindow(call)))];
  },
});

/** Means over all taps along the windowed axes, as means over the taps that count. */
function recount(context: LocalizeContext, means: string): string {
  const { g, call, devices, perDevice } = context;
  const axes = countedAxes(call);
  const rank = call.rank(0);
  return windowedAxes(context).reduce((values, { axis }) => {
    const window = axes[axis - 2] as WindowAxis;
    const counts = ({ outputs: [made] }: DeviceView) =>
      range(made?.size[axis] as number).map((i) => tapsInside(window, (made?.start[axis] as number) + i));
    if (devices().every((device) => counts(device).every((count) => count === window.kernel))) return values;
    const { dtype } = g.type(values);
    const taps = g.op("Cast", [perDevice(counts)], { to: dataTypes[dtype][0] });
    const factors = g.op("Div", [g.scalar(dtype, window.kernel), taps]);
    const shape = range(rank).map((i) => (i === axis ? -1 : 1));
    return g.op("Mul", [values, g.op("Reshape", [factors, g.ints(shape)])]);
  }, means);
}

/** The window over what counts: with the padding as part of the input where that counts; what ceil_mode adds never does. */
function countedAxes(call: Call): WindowAxis[] {
  const axes = poolWindow(call);
  if (call.int("count_include_pad", 0) === 0) return axes;
  return axes.map((axis) => ({ ...axis, size: (axis.size as number) + axis.before + axis.after, before: 0 }));
}

/** Taps that count, per position. */
function countsPerPosition(axes: readonly WindowAxis[]): Dense {
  const perAxis = axes.map((axis) => range(axis.out as number).map((i) => tapsInside(axis, i)));
  return build(
    "f64",
    axes.map((axis) => axis.out as number),
    (position) => product(position.map((i, axis) => perAxis[axis]?.[i] as number)),
  );
}

/** Taps of the window at `position` that fall on the input. */
function tapsInside({ kernel, stride, dilation, before, size }: WindowAxis, position: number): number {
  const first = position * stride - before;
  return range(kernel).filter((tap) => {
    const at = first + tap * dilation;
    return at >= 0 && at < (size as number);
  }).length;
}

// --- global pools

function globalPool(
  name: string,
  doc: string,
  rest: Pick<OpDeclaration, "localize" | "signatures" | "gradient"> & { partials: PartialRules },
  f: (values: Float64Array) => number,
): OpDefinition {
  return defineOp({
    name,
    doc,
    since: 1,
    inputs: [1, 1],
    axes: (call): ResolvedRule => {
      const factors = call.shape(0).map((_, axis) => (axis === 0 ? "n" : axis === 1 ? "c" : `s${axis}`));
      return { inputs: [factors], outputs: [factors.map((factor, axis) => (axis < 2 ? factor : null))] };
    },
    infer: (call) => {
      checkSpatial(call);
      return [
        tensorType(
          call.dtype(0),
          call.shape(0).map((size, axis) => (axis < 2 ? size : 1)),
        ),
      ];
    },
    flops: (call) => inputElements(call, 0),
    evaluate: ({ inputs: [x] }) => [
      reduceAlong(x as Dense, [...(x as Dense).shape.keys()].slice(2), true, f),
    ],
    ...rest,
  });
}

const globalAverage = globalPool(
  "GlobalAveragePool",
  "The mean over all spatial axes.",
  {
    partials: { linear: [[0]] },
    localize: ({ g, call, inputs }) => {
      const [local, whole] = [g.type(inputs[0] as string).shape, call.shape(0)].map(
        (shape) => dimProduct(shape.slice(2)) as number,
      );
      const mean = g.op("GlobalAveragePool", inputs);
      // A device's mean counts for as much of the whole as it has elements.
      return [
        local === whole
          ? mean
          : g.op("Mul", [mean, g.scalar(call.dtype(0), (local as number) / (whole as number))]),
      ];
    },
    gradient: ({ g, call, gradients: [dy] }) => {
      const shape = localDims(call.shape(0));
      const each = g.op("Div", [dy as string, g.scalar(call.dtype(0), product(shape.slice(2)))]);
      return [g.op("Expand", [each, g.ints(shape)])];
    },
  },
  (values) => values.reduce((a, b) => a + b, 0) / values.length,
);

const globalMax = globalPool(
  "GlobalMaxPool",
  "The largest element over all spatial axes.",
  {
    partials: { reduce: "max" },
    signatures: (call, derived) => [...derived, ...partialSet(call, [0], ["max"])],
    gradient: ({ g, inputs: [x], gradients: [dy], output }) => [
      globalMaxGradient(g, x as string, output(0), dy as string),
    ],
  },
  (values) => values.reduce((a, b) => Math.max(a, b), -Infinity),
);

export const poolOps: readonly OpDefinition[] = [maxPool, averagePool, globalAverage, globalMax];
