/**
 * tfjs-core without the faults that its WebGPU backend has (4.22.0; each was seen on a software adapter):
 *
 *   transpose          has no shader for integers and bools, nor for floats that were cast from them, which keep their bits
 *   sum, max, min, …   of integers along other axes than the last ones transpose inside
 *   prod               forgets `keepDims` where it runs on the host
 *   cumprod            is wrong where it is exclusive and reverse at once
 */
import { stridesOf } from "../../../src/ops/dense.ts";
import { range } from "../../../src/support/collections.ts";
import type { Tensor, Tf } from "../kernel.ts";

type Reduction = "sum" | "max" | "min" | "prod";
type Running = "cumsum" | "cumprod";

export function withoutFaults(tf: Tf): Tf {
  /** Integers go by positions: element by element through a gather. */
  const transpose = (x: Tensor, perm?: number[]): Tensor => {
    const order = perm ?? range(x.shape.length).toReversed();
    if (x.dtype === "float32" || x.size === 0) return tf.transpose(x, order);
    const shape = order.map((axis) => x.shape[axis] as number);
    const [strides, own] = [stridesOf(shape), stridesOf(x.shape)];
    const positions = Int32Array.from({ length: x.size }, (_, flat) => {
      let position = 0;
      for (let i = 0, rest = flat; i < shape.length; i++) {
        const at = Math.floor(rest / (strides[i] as number));
        rest -= at * (strides[i] as number);
        position += at * (own[order[i] as number] as number);
      }
      return position;
    });
    return tf.tidy(() => {
      const places = tf.tensor(positions, [x.size], "int32");
      return tf.reshape(tf.gather(tf.reshape(x, [x.size]), places), shape);
    });
  };

  /** A multiplication writes the floats. */
  const cast = (x: Tensor, dtype: Parameters<Tf["cast"]>[1]): Tensor => {
    const made = tf.cast(x, dtype);
    return dtype === "float32" && x.dtype !== "float32" ? tf.mul(made, 1) : made;
  };

  /** Along the last axes, as one. */
  const reduction =
    (name: Reduction) =>
    (x: Tensor, axis?: number | number[], keep = false): Tensor => {
      const rank = x.shape.length;
      const axes = (axis === undefined ? range(rank) : [axis].flat()).map((a) => (a < 0 ? a + rank : a));
      if (axes.length === 0) return tf.clone(x);
      const rest = range(rank).filter((a) => !axes.includes(a));
      const isLast = rest.every((a, i) => a === i);
      const lined = isLast || x.dtype === "float32" ? x : transpose(x, [...rest, ...axes]);
      const along = lined === x ? axes : axes.map((_, i) => rest.length + i);
      const reduced = tf[name](lined, along, false) as Tensor;
      const shape = keep
        ? x.shape.map((size, a) => (axes.includes(a) ? 1 : size))
        : rest.map((a) => x.shape[a] as number);
      return tf.reshape(reduced, shape);
    };

  /** Forwards, and along the last axis where that would be transposed to. */
  const running =
    (name: Running) =>
    (x: Tensor, axis = 0, exclusive = false, reverse = false): Tensor => {
      const last = x.shape.length - 1;
      const swap = range(last + 1).map((i) => (i === axis ? last : i === last ? axis : i));
      const turns = axis !== last && x.dtype !== "float32";
      const [value, along] = turns ? [transpose(x, swap), last] : [x, axis];
      const turned = reverse ? tf.reverse(value, along) : value;
      const made = tf[name](turned, along, exclusive, false) as Tensor;
      const back = reverse ? tf.reverse(made, along) : made;
      return turns ? transpose(back, swap) : back;
    };

  const corrected = {
    transpose,
    cast,
    sum: reduction("sum"),
    max: reduction("max"),
    min: reduction("min"),
    prod: reduction("prod"),
    cumsum: running("cumsum"),
    cumprod: running("cumprod"),
  };
  return { ...tf, ...corrected } as unknown as Tf;
}
