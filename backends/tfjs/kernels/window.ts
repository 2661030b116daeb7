/**
 * Convolutions, pools and resampling, for any number of spatial axes. Where tfjs's own convolution does not fit (groups,
 * strides with dilations, three axes) the windows are put side by side and multiplied as one matrix.
 */
import type { Call } from "../../../src/ops/call.ts";
import { convWindow } from "../../../src/ops/conv-shape.ts";
import { clampedTaps } from "../../../src/ops/resample-taps.ts";
import { resizing, upsampling, type Resizing } from "../../../src/ops/resize-call.ts";
import { windowOf, type WindowAxis } from "../../../src/ops/window.ts";
import { cartesian, product, range } from "../../../src/support/collections.ts";
import {
  floatsOnly,
  reshape,
  shapeOf,
  type Kernel,
  type KernelContext,
  type Run,
  type Tensor,
  type Tf,
} from "../kernel.ts";
import { padConstant } from "./movement.ts";

/** One spatial axis in numbers; `out` positions. */
interface Axis {
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly after: number;
  readonly out: number;
}

const numbered = (axes: readonly WindowAxis[]): Axis[] =>
  axes.map((axis) => ({ ...axis, size: axis.size as number, out: axis.out as number }));

/** The elements behind the input that windows reach; negative where none reaches its end. */
const reachBehind = ({ size, kernel, stride, dilation, before, out }: Axis): number =>
  (out - 1) * stride + (kernel - 1) * dilation + 1 - size - before;

/** (N, C, …) padded so that every window lies inside. */
function padded(tf: Tf, leading: readonly number[], axes: readonly Axis[], value: number) {
  return padConstant(
    tf,
    [...leading, ...axes.map(({ size }) => size)],
    [0, 0, ...axes.map(({ before }) => before)],
    [0, 0, ...axes.map(reachBehind)],
    value,
  );
}

/** What every tap of the windows reads of a padded input: (N, C, positions …) each, taps in row-major order. */
function taps(tf: Tf, axes: readonly Axis[]): (x: Tensor) => Tensor[] {
  const places = cartesian(axes.map(({ kernel }) => range(kernel)));
  const strides = [1, 1, ...axes.map(({ stride }) => stride)];
  return (x) => {
    const [n, c] = x.shape as [number, number];
    return places.map((place) => {
      const begin = [0, 0, ...axes.map(({ dilation }, i) => (place[i] as number) * dilation)];
      const extent = axes.map(({ out, stride }) => (out - 1) * stride + 1);
      const cut = tf.slice(x, begin, [n, c, ...extent]);
      if (strides.every((stride) => stride === 1)) return cut;
      return tf.stridedSlice(
        cut,
        begin.map(() => 0),
        cut.shape,
        strides,
      );
    });
  };
}

const outShape = (axes: readonly Axis[]) => axes.map(({ out }) => out);

/** tfjs's two-dimensional convolution: channels last. A single spatial axis passes as the second of two. */
function direct(tf: Tf, axes: readonly Axis[], outputs: readonly number[]): (x: Tensor, w: Tensor) => Tensor {
  const [high, wide] = (axes.length === 1 ? [undefined, axes[0]] : axes) as [Axis | undefined, Axis];
  const pair = (f: (axis: Axis) => number): [number, number] => [high === undefined ? 1 : f(high), f(wide)];
  const [strides, dilations] = [pair(({ stride }) => stride), pair(({ dilation }) => dilation)];
  const flat = axes.length === 1;
  return (x, w) => {
    const square = (t: Tensor) =>
      flat ? reshape(tf, t, [t.shape[0] as number, t.shape[1] as number, 1, t.shape[2] as number]) : t;
    const image = tf.transpose(square(x), [0, 2, 3, 1]) as Parameters<Tf["conv2d"]>[0];
    const filter = tf.transpose(square(w), [2, 3, 1, 0]) as Parameters<Tf["conv2d"]>[1];
    const y = tf.conv2d(image, filter as never, strides, "valid", "NHWC", dilations);
    return reshape(tf, tf.transpose(y as Tensor, [0, 3, 1, 2]), outputs);
  };
}

/** All windows as one matrix per group. */
function asMatrix(
  tf: Tf,
  axes: readonly Axis[],
  group: number,
  outputs: readonly number[],
): (x: Tensor, w: Tensor) => Tensor {
  const read = taps(tf, axes);
  const count = product(axes.map(({ kernel }) => kernel));
  const positions = product(outShape(axes));
  return (x, w) => {
    const [n, c] = x.shape as [number, number];
    const m = w.shape[0] as number;
    const stacked = reshape(tf, tf.stack(read(x)), [count, n, group, c / group, positions]);
    const matrix = reshape(tf, tf.transpose(stacked, [2, 3, 0, 1, 4]), [
      group,
      (c / group) * count,
      n * positions,
    ]);
    const y = tf.matMul(reshape(tf, w, [group, m / group, (c / group) * count]), matrix);
    const split = reshape(tf, y, [m, n, positions]);
    return reshape(tf, tf.transpose(split, [1, 0, 2]), outputs);
  };
}

/** A convolution of a padded input. */
function convolution(tf: Tf, axes: readonly Axis[], group: number, outputs: readonly number[]) {
  const plain = axes.every(({ stride }) => stride === 1) || axes.every(({ dilation }) => dilation === 1);
  return group === 1 && axes.length <= 2 && plain
    ? direct(tf, axes, outputs)
    : asMatrix(tf, axes, group, outputs);
}

const convNeeds = ["Conv2D", "BatchMatMul", "Transpose", "PadV2", "Slice", "StridedSlice", "Pack", "Add"];

/** One element per output channel, added to (N, M, …). */
function withBias(tf: Tf, y: Tensor, bias: Tensor | undefined): Tensor {
  if (bias === undefined) return y;
  return tf.add(y, reshape(tf, bias, [bias.size, ...range(y.shape.length - 2).map(() => 1)]));
}

const conv: Kernel = {
  op: "Conv",
  needs: convNeeds,
  unless: floatsOnly,
  prepare: ({ tf, call, outputs }) => {
    const axes = numbered(convWindow(call, { weight: 1 }));
    const pad = padded(tf, shapeOf(call, 0).slice(0, 2), axes, 0);
    const run = convolution(tf, axes, call.int("group", 1), outputs[0]?.shape as number[]);
    return (x: Tensor, w: Tensor, bias?: Tensor) => withBias(tf, run(pad(x), w), bias);
  },
};

/** Elements before the first of the full result that are cut off, per axis. */
function cutBefore(call: Call, full: readonly number[], out: readonly number[]): number[] {
  const auto = call.string("auto_pad", "NOTSET");
  const given = call.ints("output_shape", []).length > 0;
  const pads = call.ints(
    "pads",
    full.flatMap(() => [0, 0]),
  );
  const more = call.ints(
    "output_padding",
    full.map(() => 0),
  );
  return full.map((size, i) => {
    if (auto === "VALID") return 0;
    if (auto === "NOTSET" && !given) return pads[i] as number;
    const total = size + (more[i] as number) - (out[i] as number);
    return auto === "SAME_UPPER" ? Math.floor(total / 2) : total - Math.floor(total / 2);
  });
}

/** A convolution of the input with zeros between its elements, by the window turned around. */
const convTranspose: Kernel = {
  op: "ConvTranspose",
  needs: [...convNeeds, "Reverse"],
  unless: floatsOnly,
  prepare: ({ tf, call, outputs }) => {
    const [shape, weight] = [shapeOf(call, 0), shapeOf(call, 1)];
    const [n, c] = shape as [number, number];
    const group = call.int("group", 1);
    const result = outputs[0]?.shape as number[];
    const [spatial, kernel, out] = [shape.slice(2), weight.slice(2), result.slice(2)];
    const ones = spatial.map(() => 1);
    const [strides, dilations] = [call.ints("strides", ones), call.ints("dilations", ones)];
    const stuffed = spatial.map((size, i) => (size - 1) * (strides[i] as number) + 1);
    const reach = kernel.map((taps, i) => (taps - 1) * (dilations[i] as number));
    const cut = cutBefore(
      call,
      stuffed.map((size, i) => size + (reach[i] as number)),
      out,
    );
    const axes = stuffed.map((size, i): Axis => {
      const [before, far] = [(reach[i] as number) - (cut[i] as number), out[i] as number];
      const after = far + (reach[i] as number) - size - before;
      return {
        size,
        kernel: kernel[i] as number,
        stride: 1,
        dilation: dilations[i] as number,
        before,
        after,
        out: far,
      };
    });
    const pad = padded(tf, [n, c], axes, 0);
    const run = convolution(tf, axes, group, result);
    const perGroup = weight[1] as number;
    return (x: Tensor, w: Tensor, bias?: Tensor) => {
      const apart = spatial.reduce((value, _, i) => spread(tf, value, i + 2, strides[i] as number), x);
      const turned = tf.reverse(
        w,
        range(kernel.length).map((i) => i + 2),
      );
      // (C, M / group, …) to (M, C / group, …).
      const grouped = reshape(tf, turned, [group, c / group, perGroup, product(kernel)]);
      const filter = reshape(tf, tf.transpose(grouped, [0, 2, 1, 3]), [
        group * perGroup,
        c / group,
        ...kernel,
      ]);
      return withBias(tf, run(pad(apart), filter), bias);
    };
  },
};

/** Every element but the last followed by `step` - 1 zeros. */
function spread(tf: Tf, x: Tensor, axis: number, step: number): Tensor {
  if (step === 1) return x;
  const shape = x.shape;
  const size = shape[axis] as number;
  const [outer, inner] = [product(shape.slice(0, axis)), product(shape.slice(axis + 1))];
  const apart = tf.pad(reshape(tf, x, [outer, size, 1, inner]), [
    [0, 0],
    [0, 0],
    [0, step - 1],
    [0, 0],
  ]);
  const joined = reshape(tf, apart, [outer, size * step, inner]);
  const length = (size - 1) * step + 1;
  return reshape(tf, tf.slice(joined, [0, 0, 0], [outer, length, inner]), shape.with(axis, length));
}

// --- pools

const poolNeeds = ["PadV2", "Slice", "StridedSlice"];

const poolAxes = (call: Call) => numbered(windowOf(call, call.ints("kernel_shape")));

/** What comes of the values that the taps of a window read. */
function pool(op: string, needs: readonly string[], fill: number, combine: Combine): Kernel {
  return {
    op,
    needs: [...poolNeeds, ...needs],
    unless: floatsOnly,
    prepare: (context) => {
      const axes = poolAxes(context.call);
      const pad = padded(context.tf, shapeOf(context.call, 0).slice(0, 2), axes, fill);
      const read = taps(context.tf, axes);
      const finish = combine(context, axes);
      return (x: Tensor) => finish(read(pad(x)));
    },
  };
}

type Combine = (
  context: KernelContext,
  axes: readonly Axis[],
) => (values: readonly Tensor[]) => Tensor | Tensor[];

/** The larger value, and where it lies in the whole input, of taps in order. */
const largest: Combine = ({ tf, call, outputs, ints }, axes) => {
  if (outputs.length === 1) return (values) => values.reduce((a, b) => tf.maximum(a, b));
  const shape = shapeOf(call, 0);
  const columnMajor = call.int("storage_order", 0) === 1;
  const sizes = axes.map(({ size }) => size);
  const strides = sizes.map((_, i) => product(columnMajor ? sizes.slice(0, i) : sizes.slice(i + 1)));
  const positions = cartesian(axes.map(({ out }) => range(out)));
  const placesOf = (place: readonly number[]) =>
    positions.map((position) =>
      axes.reduce((flat, { stride, dilation, before }, i) => {
        const at = (position[i] as number) * stride + (place[i] as number) * dilation - before;
        return flat + at * (strides[i] as number);
      }, 0),
    );
  const places = cartesian(axes.map(({ kernel }) => range(kernel))).map((place) =>
    ints(placesOf(place), outShape(axes)),
  );
  const [n, c] = shape as [number, number];
  const base = ints(
    range(n * c).map((i) => i * product(sizes)),
    [n, c, ...axes.map(() => 1)],
  );
  return (values) => {
    let [best, at] = [
      values[0] as Tensor,
      tf.add(tf.zerosLike(tf.cast(values[0] as Tensor, "int32")), places[0] as Tensor),
    ];
    values.slice(1).forEach((value, k) => {
      const better = tf.greater(value, best);
      best = tf.where(better, value, best);
      at = tf.where(better, tf.add(tf.zerosLike(at), places[k + 1] as Tensor), at);
    });
    return [best, tf.add(at, base)];
  };
};

/** Sums divided by how many elements, or elements and padding, a window covers. */
const averaged: Combine = ({ tf, call, floats }, axes) => {
  const withPadding = call.int("count_include_pad", 0) === 1;
  const counts = axes.map(({ size, kernel, stride, dilation, before, after, out }) =>
    range(out).map((position) => {
      const inside = (at: number) =>
        withPadding ? at >= -before && at < size + after : at >= 0 && at < size;
      return range(kernel).filter((tap) => inside(position * stride + tap * dilation - before)).length;
    }),
  );
  const divisor = floats(cartesian(counts).map(product), outShape(axes));
  return (values) =>
    tf.div(
      values.reduce((a, b) => tf.add(a, b)),
      divisor,
    );
};

/** The p-norm of what a window covers. */
const normed: Combine = ({ tf, call }) => {
  const p = call.int("p", 2);
  return (values) =>
    tf.pow(
      values.map((x) => tf.pow(tf.abs(x), p)).reduce((a, b) => tf.add(a, b)),
      1 / p,
    );
};

/** Everything that is spatial as one axis of size 1. */
function global(
  op: string,
  needs: readonly string[],
  f: (tf: Tf, x: Tensor, axes: number[], call: Call) => Tensor,
): Kernel {
  return {
    op,
    needs,
    unless: floatsOnly,
    prepare: ({ tf, call }): Run => {
      const axes = range(call.rank(0) - 2).map((i) => i + 2);
      return (x: Tensor) => f(tf, x, axes, call);
    },
  };
}

// --- resampling

/** Every axis that changes, by a matrix of weights. */
function resample(op: string, known: readonly number[], of: (call: Call) => Resizing): Kernel {
  return {
    op,
    known,
    needs: ["BatchMatMul", "Transpose"],
    unless: (call) => {
      if (call.dtype(0) !== "f32") return `its kernel takes floats, not ${call.dtype(0)}`;
      return of(call).extrapolation === undefined
        ? undefined
        : "its kernel takes nothing from outside the input";
    },
    prepare: ({ tf, call, floats, outputs }) => {
      const { style, axes = [] } = of(call);
      const rank = call.rank(0);
      const steps = axes.flatMap((axis, i) => {
        if (axis.size === axis.out && axis.scale === 1) return [];
        const weights = new Array<number>(axis.size * axis.out).fill(0);
        for (let o = 0; o < axis.out; o++)
          for (const { at, weight } of clampedTaps(axis, style, o))
            weights[at * axis.out + o] = (weights[at * axis.out + o] as number) + weight;
        const matrix = floats(weights, [axis.size, axis.out]);
        const swap = range(rank).map((k) => (k === i ? rank - 1 : k === rank - 1 ? i : k));
        return [
          (x: Tensor) => {
            const turned = tf.transpose(x, swap);
            const flat = reshape(tf, turned, [x.size / axis.size, axis.size]);
            const made = tf.matMul(flat, matrix);
            return tf.transpose(reshape(tf, made, turned.shape.with(rank - 1, axis.out)), swap);
          },
        ];
      });
      const shape = outputs[0]?.shape as number[];
      return (x: Tensor) =>
        reshape(
          tf,
          steps.reduce((value, step) => step(value), x),
          shape,
        );
    },
  };
}

export const windowKernels: readonly Kernel[] = [
  conv,
  convTranspose,
  pool("MaxPool", ["Maximum", "Greater", "Select", "Add", "ZerosLike"], -Infinity, largest),
  pool("AveragePool", ["Add", "RealDiv"], 0, averaged),
  pool("LpPool", ["Abs", "Pow", "Add"], 0, normed),
  global("GlobalAveragePool", ["Mean"], (tf, x, axes) => tf.mean(x, axes, true)),
  global("GlobalMaxPool", ["Max"], (tf, x, axes) => tf.max(x, axes, true)),
  global("GlobalLpPool", ["Abs", "Pow", "Sum"], (tf, x, axes, call) => {
    const p = call.int("p", 2);
    return tf.pow(tf.sum(tf.pow(tf.abs(x), p), axes, true), 1 / p);
  }),
  resample("Resize", [1, 2, 3], resizing),
  resample("Upsample", [1], upsampling),
];
