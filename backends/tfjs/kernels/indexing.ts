/** Operators that read or write at positions held in a tensor. All go through positions in flattened data. */
import { toNumbers } from "../../../src/ir/tensor-data.ts";
import type { Call } from "../../../src/ops/call.ts";
import { stridesOf } from "../../../src/ops/dense.ts";
import { product, range } from "../../../src/support/collections.ts";
import { reshape, shapeOf, type Kernel, type KernelContext, type Tensor, type Tf } from "../kernel.ts";

/** Positions counted from the start: negative ones come from the end. Positions known to be none are left as they are. */
function fromStart(tf: Tf, indices: Tensor, size: number): Tensor {
  return tf.where(
    tf.less(indices, tf.scalar(0, "int32")),
    tf.add(indices, tf.scalar(size, "int32")),
    indices,
  );
}

const fromStartNeeds = ["Less", "Add", "Select"];

/** The indices of an input on tfjs: what is known when the segment is loaded is brought into range once. */
function indicesOf(
  { tf, call, ints }: KernelContext,
  input: number,
  size: number,
): (given: Tensor) => Tensor {
  const data = call.constant(input);
  if (data === undefined) return (given) => fromStart(tf, given, size);
  const known = ints(
    [...toNumbers(data)].map((i) => (i < 0 ? i + size : i)),
    data.shape,
  );
  return () => known;
}

const gather: Kernel = {
  op: "Gather",
  needs: ["GatherV2", ...fromStartNeeds],
  narrow: true,
  prepare: (context) => {
    const { tf, call } = context;
    const axis = call.axis(call.int("axis", 0), call.rank(0));
    const indices = indicesOf(context, 1, shapeOf(call, 0)[axis] as number);
    return (x: Tensor, at: Tensor) => tf.gather(x, indices(at), axis);
  },
};

/** For an operator on elements: positions in the flattened data of what the indices name along `axis`, flat. */
function elementPositions(context: KernelContext): (at: Tensor) => Tensor {
  const { tf, call, ints } = context;
  const [shape, places] = [shapeOf(call, 0), shapeOf(call, 1)];
  const axis = call.axis(call.int("axis", 0), shape.length);
  const strides = stridesOf(shape);
  const ownStrides = stridesOf(places);
  const base = range(product(places)).map((flat) => {
    let offset = 0;
    for (let i = 0, rest = flat; i < places.length; i++) {
      const at = Math.floor(rest / (ownStrides[i] as number));
      rest -= at * (ownStrides[i] as number);
      if (i !== axis) offset += at * (strides[i] as number);
    }
    return offset;
  });
  const offsets = ints(base);
  const indices = indicesOf(context, 1, shape[axis] as number);
  const stride = ints([strides[axis] as number], []);
  return (at) => tf.add(tf.mul(reshape(tf, indices(at), [base.length]), stride), offsets);
}

const elementNeeds = [...fromStartNeeds, "Multiply"];

const gatherElements: Kernel = {
  op: "GatherElements",
  needs: ["GatherV2", ...elementNeeds],
  narrow: true,
  prepare: (context) => {
    const { tf, call } = context;
    const positions = elementPositions(context);
    const places = shapeOf(call, 1);
    const count = product(shapeOf(call, 0));
    return (x: Tensor, at: Tensor) => reshape(tf, tf.gather(reshape(tf, x, [count]), positions(at)), places);
  },
};

/** How updates go into data: rows of `data` at `positions`, which may stand several times where they are added. */
function write(tf: Tf, reduction: string, data: Tensor, positions: Tensor, updates: Tensor): Tensor {
  const places = reshape(tf, positions, [positions.size, 1]);
  if (reduction === "none") return tf.tensorScatterUpdate(data, places, updates);
  return tf.add(data, tf.scatterND(places, updates, data.shape));
}

const writeNeeds = ["TensorScatterUpdate", "ScatterNd", "Add"];

const onlyAdds = (call: Call): string | undefined => {
  const reduction = call.string("reduction", "none");
  return reduction === "none" || reduction === "add"
    ? undefined
    : `its kernel writes or adds, it has no reduction "${reduction}"`;
};

const scatterElements: Kernel = {
  op: "ScatterElements",
  needs: [...writeNeeds, ...elementNeeds],
  unless: onlyAdds,
  prepare: (context) => {
    const { tf, call } = context;
    const positions = elementPositions(context);
    const shape = shapeOf(call, 0);
    const reduction = call.string("reduction", "none");
    const count = product(shapeOf(call, 1));
    return (x: Tensor, at: Tensor, updates: Tensor) => {
      const flat = reshape(tf, x, [product(shape)]);
      return reshape(tf, write(tf, reduction, flat, positions(at), reshape(tf, updates, [count])), shape);
    };
  },
};

/** Numbers of the rows that index vectors name; `batch` leading axes of the data are those of the indices. */
function rowPositions(context: KernelContext, batch: number): (at: Tensor) => Tensor {
  const { tf, call, ints } = context;
  const [shape, places] = [shapeOf(call, 0), shapeOf(call, 1)];
  const named = places.at(-1) as number;
  const sizes = shape.slice(batch, batch + named);
  const strides = stridesOf(sizes);
  const rows = product(places.slice(0, -1));
  const perBatch = rows / product(places.slice(0, batch));
  const bases = ints(range(rows).map((row) => Math.floor(row / perBatch) * product(sizes)));
  const [whole, steps] = [ints(sizes), ints(strides)];
  return (at) => {
    const vectors = reshape(tf, at, [rows, named]);
    const positive = tf.where(tf.less(vectors, tf.scalar(0, "int32")), tf.add(vectors, whole), vectors);
    return tf.add(tf.sum(tf.mul(positive, steps), 1), bases);
  };
}

const rowNeeds = [...elementNeeds, "Sum"];

const gatherND: Kernel = {
  op: "GatherND",
  needs: ["GatherV2", ...rowNeeds],
  narrow: true,
  prepare: (context) => {
    const { tf, call, outputs } = context;
    const batch = call.int("batch_dims", 0);
    const positions = rowPositions(context, batch);
    const [shape, named] = [shapeOf(call, 0), shapeOf(call, 1).at(-1) as number];
    const inner = product(shape.slice(batch + named));
    const result = outputs[0]?.shape as number[];
    return (x: Tensor, at: Tensor) =>
      reshape(tf, tf.gather(reshape(tf, x, [product(shape) / inner, inner]), positions(at)), result);
  },
};

const scatterND: Kernel = {
  op: "ScatterND",
  needs: [...writeNeeds, ...rowNeeds],
  unless: onlyAdds,
  prepare: (context) => {
    const { tf, call } = context;
    const positions = rowPositions(context, 0);
    const [shape, places] = [shapeOf(call, 0), shapeOf(call, 1)];
    const inner = product(shape.slice(places.at(-1) as number));
    const rows = product(places.slice(0, -1));
    const reduction = call.string("reduction", "none");
    return (x: Tensor, at: Tensor, updates: Tensor) => {
      const flat = reshape(tf, x, [product(shape) / inner, inner]);
      return reshape(
        tf,
        write(tf, reduction, flat, positions(at), reshape(tf, updates, [rows, inner])),
        shape,
      );
    };
  },
};

const oneHot: Kernel = {
  op: "OneHot",
  needs: ["OneHot", "Transpose", "Select", "Slice", "Tile", "Less", "Add"],
  known: [1],
  prepare: ({ tf, call }) => {
    const depth = (call.constantInts(1, "depth") ?? [1])[0] as number;
    const shape = shapeOf(call, 0);
    const axis = call.axis(call.int("axis", -1), shape.length + 1);
    const order = [...range(shape.length)].toSpliced(axis, 0, shape.length);
    return (indices: Tensor, _: unknown, values: Tensor) => {
      const flat = reshape(tf, tf.cast(indices, "int32"), [product(shape)]);
      // As integers: the kernel in WebAssembly writes 32 bits per element whatever the type.
      const hot = tf.oneHot(fromStart(tf, flat, depth), depth, 1, 0, "int32");
      const [off, on] = [tf.slice(values, [0], [1]), tf.slice(values, [1], [1])];
      const chosen = tf.where(tf.cast(hot, "bool"), on, off);
      return tf.transpose(reshape(tf, chosen, [...shape, depth]), order);
    };
  },
};

export const indexingKernels: readonly Kernel[] = [
  gather,
  gatherElements,
  gatherND,
  scatterElements,
  scatterND,
  oneHot,
];
