/** Reductions along axes, positions of extremes, running sums, order, softmax. */
import type { Call } from "../../../src/ops/call.ts";
import { product, range } from "../../../src/support/collections.ts";
import { floatsOnly, reshape, shapeOf, type Kernel, type Tensor, type Tf } from "../kernel.ts";

type Running = (tf: Tf, x: Tensor, axis: number, exclusive: boolean, reverse: boolean) => Tensor;
type Reduce = (tf: Tf, x: Tensor, axes: number[], keep: boolean) => Tensor;

/** Axes that a call reduces, counted from the start; none where an empty list means that nothing is reduced. */
function reducedAxes(call: Call): number[] {
  const rank = call.rank(0);
  const given = call.constantInts(1, "axes") ?? call.ints("axes", []);
  if (given.length === 0) return call.int("noop_with_empty_axes", 0) === 0 ? range(rank) : [];
  return given.map((axis) => call.axis(axis, rank)).sort((a, b) => a - b);
}

function reduction(op: string, needs: readonly string[], f: Reduce, more: Partial<Kernel> = {}): Kernel {
  return {
    op,
    needs,
    unless: floatsOnly,
    known: [1],
    ...more,
    prepare: ({ tf, call }) => {
      const axes = reducedAxes(call);
      const keep = call.int("keepdims", 1) !== 0;
      // Nothing is reduced: every element by itself, as along an axis of size 1.
      if (axes.length === 0) {
        const shape = shapeOf(call, 0);
        return (x: Tensor) => f(tf, reshape(tf, x, [...shape, 1]), [shape.length], false);
      }
      return (x: Tensor) => f(tf, x, axes, keep);
    },
  };
}

const anyNumbers: Partial<Kernel> = { unless: () => undefined };
const square = (tf: Tf, x: Tensor) => tf.mul(x, x);

/** The first extreme along an axis, or the last. */
function position(op: string, kernel: string, find: (tf: Tf, x: Tensor, axis: number) => Tensor): Kernel {
  return {
    op,
    needs: [kernel, "Reverse", "Sub"],
    unless: floatsOnly,
    prepare: ({ tf, call, outputs }) => {
      const axis = call.axis(call.int("axis", 0), call.rank(0));
      const last = call.int("select_last_index", 0) === 1;
      const shape = outputs[0]?.shape as number[];
      const size = shapeOf(call, 0)[axis] as number;
      return (x: Tensor) => {
        if (!last) return reshape(tf, find(tf, x, axis), shape);
        const behind = find(tf, tf.reverse(x, axis), axis);
        return reshape(tf, tf.sub(tf.scalar(size - 1, "int32"), behind), shape);
      };
    },
  };
}

/** Sums or products of the elements up to each one. */
function running(op: string, needs: readonly string[], f: Running): Kernel {
  return {
    op,
    needs,
    known: [1],
    prepare: ({ tf, call }) => {
      const axis = call.axis((call.constantInts(1, "axis") ?? [0])[0] as number, call.rank(0));
      const [exclusive, reverse] = [call.int("exclusive", 0) === 1, call.int("reverse", 0) === 1];
      return (x: Tensor) => f(tf, x, axis, exclusive, reverse);
    },
  };
}

/** A function of the lines along an axis, which tfjs wants to be the last. */
function lines(op: string, needs: readonly string[], f: (tf: Tf, x: Tensor, size: number) => Tensor): Kernel {
  return {
    op,
    needs: [...needs, "Transpose"],
    unless: floatsOnly,
    prepare: ({ tf, call }) => {
      const shape = shapeOf(call, 0);
      const axis = call.axis(call.int("axis", -1), shape.length);
      const size = shape[axis] as number;
      const onMatrix = (x: Tensor) => f(tf, reshape(tf, x, [product(shape) / size, size]), size);
      if (axis === shape.length - 1) return (x: Tensor) => reshape(tf, onMatrix(x), shape);
      const there = [...range(shape.length).filter((i) => i !== axis), axis];
      const back = range(shape.length).map((i) => there.indexOf(i));
      const turned = there.map((i) => shape[i] as number);
      return (x: Tensor) => tf.transpose(reshape(tf, onMatrix(tf.transpose(x, there)), turned), back);
    },
  };
}

const topK: Kernel = {
  op: "TopK",
  needs: ["TopK", "Neg", "Transpose"],
  known: [1],
  prepare: ({ tf, call }) => {
    const shape = shapeOf(call, 0);
    const axis = call.axis(call.int("axis", -1), shape.length);
    const count = (call.constantInts(1, "k") ?? [1])[0] as number;
    const largest = call.int("largest", 1) === 1;
    const last = shape.length - 1;
    const swap = range(shape.length).map((i) => (i === axis ? last : i === last ? axis : i));
    const turn = (x: Tensor) => (axis === last ? x : tf.transpose(x, swap));
    return (x: Tensor) => {
      const lined = turn(x);
      const { values, indices } = tf.topk(largest ? lined : tf.neg(lined), count);
      return [turn(largest ? values : tf.neg(values)), turn(indices)];
    };
  },
};

export const reductionKernels: readonly Kernel[] = [
  reduction("ReduceSum", ["Sum"], (tf, x, axes, keep) => tf.sum(x, axes, keep), anyNumbers),
  reduction("ReduceMean", ["Mean"], (tf, x, axes, keep) => tf.mean(x, axes, keep)),
  reduction("ReduceMax", ["Max"], (tf, x, axes, keep) => tf.max(x, axes, keep), anyNumbers),
  reduction("ReduceMin", ["Min"], (tf, x, axes, keep) => tf.min(x, axes, keep), anyNumbers),
  reduction("ReduceProd", ["Prod"], (tf, x, axes, keep) => tf.prod(x, axes, keep)),
  reduction("ReduceL1", ["Abs", "Sum"], (tf, x, axes, keep) => tf.sum(tf.abs(x), axes, keep)),
  reduction("ReduceSumSquare", ["Multiply", "Sum"], (tf, x, axes, keep) => tf.sum(square(tf, x), axes, keep)),
  reduction("ReduceL2", ["Multiply", "Sum", "Sqrt"], (tf, x, axes, keep) =>
    tf.sqrt(tf.sum(square(tf, x), axes, keep)),
  ),
  reduction("ReduceLogSum", ["Sum", "Log"], (tf, x, axes, keep) => tf.log(tf.sum(x, axes, keep))),
  reduction("ReduceLogSumExp", ["Max", "Sub", "Exp", "Sum", "Log", "Add"], (tf, x, axes, keep) =>
    tf.logSumExp(x, axes, keep),
  ),
  position("ArgMax", "ArgMax", (tf, x, axis) => tf.argMax(x, axis)),
  position("ArgMin", "ArgMin", (tf, x, axis) => tf.argMin(x, axis)),
  running("CumSum", ["Cumsum"], (tf, x, axis, exclusive, reverse) => tf.cumsum(x, axis, exclusive, reverse)),
  running("CumProd", ["Cumprod"], (tf, x, axis, exclusive, reverse) =>
    tf.cumprod(x, axis, exclusive, reverse),
  ),
  lines("Softmax", ["Softmax"], (tf, x) => tf.softmax(x)),
  lines("LogSoftmax", ["Max", "Sub", "Exp", "Sum", "Log"], (tf, x) => tf.logSoftmax(x)),
  lines("Hardmax", ["ArgMax", "OneHot"], (tf, x, size) =>
    tf.cast(tf.oneHot(tf.argMax(x, 1), size), "float32"),
  ),
  topK,
];
