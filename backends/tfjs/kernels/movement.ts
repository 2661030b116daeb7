/** Operators that move elements: shapes, axes, joining, cutting, padding, repeating. */
import { toNumbers } from "../../../src/ir/tensor-data.ts";
import type { Call } from "../../../src/ops/call.ts";
import { product, range } from "../../../src/support/collections.ts";
import {
  reshape,
  shapeOf,
  type Kernel,
  type KernelContext,
  type Run,
  type Tensor,
  type Tf,
} from "../kernel.ts";

/** Operators whose result has the elements of the first input in their order. */
const reshaped = (op: string): Kernel => ({
  op,
  needs: [],
  narrow: true,
  known: [1],
  prepare: ({ tf, outputs }) => {
    const shape = outputs[0]?.shape as number[];
    return (x: Tensor) => reshape(tf, x, shape);
  },
});

const transpose: Kernel = {
  op: "Transpose",
  needs: ["Transpose"],
  narrow: true,
  prepare: ({ tf, call }) => {
    const perm = call.ints("perm", range(call.rank(0)).toReversed());
    return (x: Tensor) => tf.transpose(x, [...perm]);
  },
};

const concat: Kernel = {
  op: "Concat",
  needs: ["Concat"],
  narrow: true,
  prepare: ({ tf, call }) => {
    const axis = call.axis(call.int("axis"), call.rank(0));
    return (...inputs: Tensor[]) => tf.concat(inputs, axis);
  },
};

const split: Kernel = {
  op: "Split",
  needs: ["SplitV"],
  narrow: true,
  known: [1],
  prepare: ({ tf, call, outputs }) => {
    const axis = call.axis(call.int("axis", 0), call.rank(0));
    const sizes = outputs.map(({ shape }) => shape[axis] as number);
    return (x: Tensor) => tf.split(x, sizes, axis);
  },
};

/** The elements at these places of an axis. */
function pick({ tf, ints }: Pick<KernelContext, "tf" | "ints">, axis: number, places: readonly number[]) {
  const indices = ints(places);
  return (x: Tensor) => tf.gather(x, indices, axis);
}

function chain(steps: readonly ((x: Tensor) => Tensor)[]): (x: Tensor) => Tensor {
  return (x) => steps.reduce((value, step) => step(value), x);
}

const slice: Kernel = {
  op: "Slice",
  needs: ["Slice", "GatherV2"],
  narrow: true,
  known: [1, 2, 3, 4],
  prepare: (context) => {
    const { tf, call, outputs } = context;
    const shape = shapeOf(call, 0);
    const lengths = outputs[0]?.shape as number[];
    // Bounds may be the largest integers: they are clipped before they are used.
    const numbers = (i: number) => {
      const data = call.constant(i);
      return data === undefined ? undefined : [...toNumbers(data)];
    };
    const starts = numbers(1) ?? [];
    const axes = (numbers(3) ?? range(starts.length)).map((axis) => call.axis(axis, shape.length));
    const steps = numbers(4) ?? axes.map(() => 1);
    const begin = shape.map(() => 0);
    const strided: ((x: Tensor) => Tensor)[] = [];
    axes.forEach((axis, i) => {
      const [size, step] = [shape[axis] as number, steps[i] as number];
      const start = starts[i] as number;
      const first = Math.min(Math.max(start < 0 ? start + size : start, 0), step > 0 ? size : size - 1);
      if (step === 1) begin[axis] = first;
      else
        strided.push(
          pick(
            context,
            axis,
            range(lengths[axis] as number).map((k) => first + k * step),
          ),
        );
    });
    const stepped = new Set(axes.filter((_, i) => steps[i] !== 1));
    const size = shape.map((whole, axis) => (stepped.has(axis) ? whole : (lengths[axis] as number)));
    const cut = chain(strided);
    return (x: Tensor) => cut(tf.slice(x, begin, size));
  },
};

/** Where an element outside the axis comes from. */
const outside: Readonly<Record<string, (i: number, size: number) => number>> = {
  edge: (i, size) => Math.min(Math.max(i, 0), size - 1),
  reflect: (i, size) => {
    if (size === 1) return 0;
    const period = 2 * (size - 1);
    const k = ((i % period) + period) % period;
    return k < size ? k : period - k;
  },
  wrap: (i, size) => ((i % size) + size) % size,
};

const pad: Kernel = {
  op: "Pad",
  needs: ["PadV2", "Slice", "GatherV2"],
  narrow: true,
  known: [1, 2, 3],
  prepare: (context) => {
    const { tf, call } = context;
    const shape = shapeOf(call, 0);
    const amounts = call.constantInts(1, "pads") ?? [];
    const axes = (call.constantInts(3, "axes") ?? range(shape.length)).map((a) => call.axis(a, shape.length));
    const [before, after] = [shape.map(() => 0), shape.map(() => 0)];
    axes.forEach((axis, i) => {
      before[axis] = amounts[i] as number;
      after[axis] = amounts[axes.length + i] as number;
    });
    const from = outside[call.string("mode", "constant")];
    if (from === undefined) {
      const fill = call.constant(2);
      const value = fill === undefined ? 0 : (toNumbers(fill)[0] as number);
      return padConstant(tf, shape, before, after, value);
    }
    return chain(
      shape.flatMap((size, axis) => {
        const [low, high] = [before[axis] as number, after[axis] as number];
        if (low === 0 && high === 0) return [];
        const places = range(size + low + high).map((i) => from(i - low, size));
        return [pick(context, axis, places)];
      }),
    );
  },
};

/** Elements added around a tensor, or taken away where the number is negative. */
export function padConstant(
  tf: Tf,
  shape: readonly number[],
  before: readonly number[],
  after: readonly number[],
  value: number,
): (x: Tensor) => Tensor {
  const steps: ((x: Tensor) => Tensor)[] = [];
  if ([...before, ...after].some((n) => n < 0)) {
    const begin = before.map((n) => Math.max(0, -n));
    const size = shape.map((whole, i) => whole - (begin[i] as number) - Math.max(0, -(after[i] as number)));
    steps.push((x) => tf.slice(x, begin, size));
  }
  if ([...before, ...after].some((n) => n > 0)) {
    const amounts = before.map((n, i): [number, number] => [Math.max(0, n), Math.max(0, after[i] as number)]);
    steps.push((x) => padAny(tf, x, amounts, value));
  }
  return chain(steps);
}

/** tfjs pads no bools: they pass as integers. */
function padAny(tf: Tf, x: Tensor, amounts: [number, number][], value: number): Tensor {
  if (x.dtype !== "bool") return tf.pad(x, amounts, value);
  return tf.cast(tf.pad(tf.cast(x, "int32"), amounts, value), "bool");
}

const expand: Kernel = {
  op: "Expand",
  needs: ["Tile"],
  narrow: true,
  known: [1],
  prepare: ({ tf, call, outputs }) => {
    const target = outputs[0]?.shape as number[];
    const shape = shapeOf(call, 0);
    const ranked = [...range(target.length - shape.length).map(() => 1), ...shape];
    const times = target.map((size, axis) => (ranked[axis] === size ? 1 : size));
    return (x: Tensor) => tile(tf, reshape(tf, x, ranked), times);
  },
};

function tile(tf: Tf, x: Tensor, times: readonly number[]): Tensor {
  return times.every((n) => n === 1) ? x : tf.tile(x, [...times]);
}

const tileKernel: Kernel = {
  op: "Tile",
  needs: ["Tile"],
  narrow: true,
  known: [1],
  prepare: ({ tf, call }) => {
    const times = call.constantInts(1, "repeats") ?? [];
    return (x: Tensor) => tile(tf, x, times);
  },
};

/** Blocks of the channels to space or back: a transposition between two reshapes. */
const blocks = (op: string, plan: (call: Call) => { inner: number[]; perm: number[] }): Kernel => ({
  op,
  needs: ["Transpose"],
  narrow: true,
  prepare: ({ tf, call, outputs }): Run => {
    const { inner, perm } = plan(call);
    const shape = outputs[0]?.shape as number[];
    return (x: Tensor) => reshape(tf, tf.transpose(reshape(tf, x, inner), perm), shape);
  },
});

const trilu: Kernel = {
  op: "Trilu",
  needs: ["Select", "ZerosLike", "Tile"],
  narrow: true,
  known: [1],
  prepare: ({ tf, call, ints }) => {
    const shape = shapeOf(call, 0);
    const [rows, columns] = shape.slice(-2) as [number, number];
    const k = (call.constantInts(1, "k") ?? [0])[0] as number;
    const upper = call.int("upper", 1) === 1;
    const kept = range(rows * columns).map((i) => {
      const distance = (i % columns) - Math.floor(i / columns);
      return Number(upper ? distance >= k : distance <= k);
    });
    const mask = ints(kept, [rows, columns]);
    return (x: Tensor) => {
      const flat = reshape(tf, x, [product(shape) / (rows * columns), rows, columns]);
      const held = tf.where(tf.cast(mask, "bool"), flat, tf.zerosLike(flat));
      return reshape(tf, held, shape);
    };
  },
};

/** Rows of (batch, time) in another order: a row t before a sample's length n becomes row n - 1 - t. */
const reverseSequence: Kernel = {
  op: "ReverseSequence",
  needs: ["GatherV2", "Transpose", "Less", "Sub", "Add", "Select"],
  narrow: true,
  prepare: ({ tf, call, ints }) => {
    const shape = shapeOf(call, 0);
    const batchAxis = call.axis(call.int("batch_axis", 1), shape.length);
    const timeAxis = call.axis(call.int("time_axis", 0), shape.length);
    const rest = range(shape.length).filter((i) => i !== batchAxis && i !== timeAxis);
    const order = [batchAxis, timeAxis, ...rest];
    const back = range(shape.length).map((i) => order.indexOf(i));
    const turned = order.map((i) => shape[i] as number);
    const [batch, steps, ...inner] = turned as [number, number, ...number[]];
    const time = ints(
      range(batch * steps).map((i) => i % steps),
      [batch, steps],
    );
    const first = ints(
      range(batch).map((i) => i * steps),
      [batch, 1],
    );
    const last = ints([1], []);
    return (x: Tensor, lengths: Tensor) => {
      const column = reshape(tf, lengths, [batch, 1]);
      const mirrored = tf.sub(tf.sub(column, last), time);
      const rows = tf.add(tf.where(tf.less(time, column), mirrored, time), first);
      const flat = reshape(tf, tf.transpose(x, order), [batch * steps, product(inner)]);
      return tf.transpose(reshape(tf, tf.gather(flat, reshape(tf, rows, [batch * steps])), turned), back);
    };
  },
};

const centerCropPad: Kernel = {
  op: "CenterCropPad",
  needs: ["PadV2", "Slice"],
  narrow: true,
  known: [1],
  prepare: ({ tf, call, outputs }) => {
    const shape = shapeOf(call, 0);
    const target = outputs[0]?.shape as number[];
    // An odd element goes behind, whether it is added or taken away.
    const more = shape.map((size, axis) => (target[axis] as number) - size);
    const before = more.map((n) => (n < 0 ? -Math.floor(-n / 2) : Math.floor(n / 2)));
    const after = more.map((n, axis) => n - (before[axis] as number));
    return padConstant(tf, shape, before, after, 0);
  },
};

export const movementKernels: readonly Kernel[] = [
  ...["Reshape", "Flatten", "Squeeze", "Unsqueeze"].map(reshaped),
  transpose,
  concat,
  split,
  slice,
  pad,
  expand,
  tileKernel,
  trilu,
  reverseSequence,
  centerCropPad,
  blocks("DepthToSpace", (call) => {
    const [n, c, h, w] = shapeOf(call, 0) as [number, number, number, number];
    const b = call.int("blocksize");
    return call.string("mode", "DCR") === "DCR"
      ? { inner: [n, b, b, c / (b * b), h, w], perm: [0, 3, 4, 1, 5, 2] }
      : { inner: [n, c / (b * b), b, b, h, w], perm: [0, 1, 4, 2, 5, 3] };
  }),
  blocks("SpaceToDepth", (call) => {
    const [n, c, h, w] = shapeOf(call, 0) as [number, number, number, number];
    const b = call.int("blocksize");
    return { inner: [n, c, h / b, b, w / b, b], perm: [0, 3, 5, 1, 2, 4] };
  }),
];
