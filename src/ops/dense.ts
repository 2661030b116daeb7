/**
 * Small dense f64 arrays for `evaluate`: shapes, strides, index iteration, broadcasting, reduction, contraction.
 *
 * Plain and slow on purpose: this is the meaning that everything else is compared with. Arrays are row-major.
 */
import { isInteger, type DataType } from "../ir/types.ts";
import { invariant } from "../support/assert.ts";
import { product, range } from "../support/collections.ts";
import type { Dense } from "./contract.ts";

type Shape = readonly number[];

/** An array over `data`, which is not copied when it is a Float64Array already. */
export function dense(dtype: DataType, shape: Shape, data: ArrayLike<number>): Dense {
  invariant(
    data.length === product(shape),
    "array has the wrong number of elements",
    () => `${data.length} for [${shape.join(", ")}]`,
  );
  return { dtype, shape, data: data instanceof Float64Array ? data : Float64Array.from(data) };
}

/** `shape` filled with one number. */
export function filled(dtype: DataType, shape: Shape, value: number): Dense {
  return { dtype, shape, data: new Float64Array(product(shape)).fill(value) };
}

/** The same elements under another shape. */
export function reshaped(x: Dense, shape: Shape): Dense {
  return dense(x.dtype, shape, x.data);
}

/** Elements that one step along each axis skips. */
export function stridesOf(shape: Shape): number[] {
  const strides: number[] = new Array(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis] as number;
  }
  return strides;
}

/** The shape that arrays of these shapes broadcast to (NumPy's rule); they must be compatible. */
function broadcastShapes(shapes: readonly Shape[]): number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return range(rank).map((axis) => {
    let size = 1;
    for (const shape of shapes) {
      const own = shape[axis - rank + shape.length] ?? 1;
      invariant(own === 1 || size === 1 || own === size, "shapes do not broadcast", () =>
        shapes.map((s) => `[${s.join(", ")}]`).join(" "),
      );
      if (own !== 1) size = own;
    }
    return size;
  });
}

/** Strides that read an array of `shape` as if it were broadcast to `target`. */
function broadcastStrides(shape: Shape, target: Shape): number[] {
  const own = stridesOf(shape);
  const shift = target.length - shape.length;
  return target.map((_, axis) =>
    axis < shift || shape[axis - shift] === 1 ? 0 : (own[axis - shift] as number),
  );
}

/** Visits every index of `shape` in row-major order. The index array is reused: copy it to keep it. */
export function forEachIndex(shape: Shape, visit: (index: readonly number[], flat: number) => void): void {
  const total = product(shape);
  const index = shape.map(() => 0);
  for (let flat = 0; flat < total; flat++) {
    visit(index, flat);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (shape[axis] as number)) break;
      index[axis] = 0;
    }
  }
}

/** Position of an index in an array with these strides. */
export function offsetOf(index: readonly number[], strides: readonly number[]): number {
  let offset = 0;
  for (let axis = 0; axis < strides.length; axis++)
    offset += (index[axis] as number) * (strides[axis] as number);
  return offset;
}

/** The array of `shape` whose element at each index is `f` of the index. */
export function build(
  dtype: DataType,
  shape: Shape,
  f: (index: readonly number[], flat: number) => number,
): Dense {
  const data = new Float64Array(product(shape));
  forEachIndex(shape, (index, flat) => {
    data[flat] = f(index, flat);
  });
  return { dtype, shape, data };
}

/** `f` of every element. */
export function mapDense(x: Dense, f: (value: number) => number, dtype: DataType = x.dtype): Dense {
  return { dtype, shape: x.shape, data: x.data.map((value) => f(value)) };
}

/** `f` of the elements of all arrays at every index, after broadcasting. The argument array is reused. */
export function mapBroadcast(
  inputs: readonly Dense[],
  f: (values: readonly number[]) => number,
  dtype: DataType,
): Dense {
  const shape = broadcastShapes(inputs.map((x) => x.shape));
  const strides = inputs.map((x) => broadcastStrides(x.shape, shape));
  const values = inputs.map(() => 0);
  return build(dtype, shape, (index) => {
    inputs.forEach((x, i) => {
      values[i] = x.data[offsetOf(index, strides[i] as number[])] as number;
    });
    return f(values);
  });
}

/** `x` read as if it were broadcast to `shape`. */
export function broadcastTo(x: Dense, shape: Shape): Dense {
  const strides = broadcastStrides(x.shape, shape);
  return build(x.dtype, shape, (index) => x.data[offsetOf(index, strides)] as number);
}

/** Axis `i` of the result is axis `permutation[i]` of `x`. */
export function transpose(x: Dense, permutation: readonly number[]): Dense {
  const own = stridesOf(x.shape);
  const strides = permutation.map((axis) => own[axis] as number);
  return build(
    x.dtype,
    permutation.map((axis) => x.shape[axis] as number),
    (index) => x.data[offsetOf(index, strides)] as number,
  );
}

/** `f` of the elements along `axes` (row-major among them), which become 1 or vanish. The argument array is reused. */
export function reduceAlong(
  x: Dense,
  axes: readonly number[],
  keepDims: boolean,
  f: (values: Float64Array) => number,
  dtype: DataType = x.dtype,
): Dense {
  const strides = stridesOf(x.shape);
  const reduced = x.shape.map((_, axis) => axes.includes(axis));
  const inner = x.shape.filter((_, axis) => reduced[axis]);
  const innerStrides = strides.filter((_, axis) => reduced[axis]);
  const outer = x.shape.filter((_, axis) => !reduced[axis]);
  const outerStrides = strides.filter((_, axis) => !reduced[axis]);
  const values = new Float64Array(product(inner));
  const result = build(dtype, outer, (index) => {
    const base = offsetOf(index, outerStrides);
    forEachIndex(inner, (innerIndex, flat) => {
      values[flat] = x.data[base + offsetOf(innerIndex, innerStrides)] as number;
    });
    return f(values);
  });
  return keepDims ? { ...result, shape: x.shape.map((size, axis) => (reduced[axis] ? 1 : size)) } : result;
}

/** `f` of every line along `axis`, giving a line of the same length. The argument array is reused. */
export function mapLines(x: Dense, axis: number, f: (line: Float64Array) => ArrayLike<number>): Dense {
  const strides = stridesOf(x.shape);
  const [length, step] = [x.shape[axis] as number, strides[axis] as number];
  const line = new Float64Array(length);
  const data = new Float64Array(x.data.length);
  forEachIndex(
    x.shape.map((size, i) => (i === axis ? 1 : size)),
    (index) => {
      const base = offsetOf(index, strides);
      for (let i = 0; i < length; i++) line[i] = x.data[base + i * step] as number;
      const result = f(line);
      for (let i = 0; i < length; i++) data[base + i * step] = result[i] as number;
    },
  );
  return { dtype: x.dtype, shape: x.shape, data };
}

/**
 * The sum over every label that `output` lacks of the product of all inputs: an einsum over labelled axes. A label may
 * stand twice in one input (its diagonal); an axis of size 1 broadcasts to its label's size.
 */
export function contract(
  inputs: readonly Dense[],
  labels: readonly (readonly string[])[],
  output: readonly string[],
  dtype: DataType,
): Dense {
  const sizes = new Map<string, number>();
  inputs.forEach((x, i) =>
    x.shape.forEach((size, axis) => {
      const label = (labels[i] as readonly string[])[axis] as string;
      const known = sizes.get(label) ?? 1;
      invariant(
        known === 1 || size === 1 || known === size,
        "axes of one label differ in size",
        () => `${label}: ${known} and ${size}`,
      );
      sizes.set(label, Math.max(known, size));
    }),
  );
  const summed = [...sizes.keys()].filter((label) => !output.includes(label));
  const order = [...output, ...summed];
  const strides = inputs.map((x, i) => {
    const own = stridesOf(x.shape);
    return order.map((label) =>
      (labels[i] as readonly string[]).reduce(
        (n, l, axis) => (l === label && x.shape[axis] !== 1 ? n + (own[axis] as number) : n),
        0,
      ),
    );
  });
  const sizeOf = (label: string) => sizes.get(label) ?? 1;
  const innerShape = summed.map(sizeOf);
  return build(dtype, output.map(sizeOf), (index) => {
    let total = 0;
    forEachIndex(innerShape, (inner) => {
      const full = [...index, ...inner];
      let term = 1;
      inputs.forEach((x, i) => {
        term *= x.data[offsetOf(full, strides[i] as number[])] as number;
      });
      total += term;
    });
    return total;
  });
}

/** The part of `x` at position `index` of `axis`, without that axis. */
export function pick(x: Dense, axis: number, index: number): Dense {
  const strides = stridesOf(x.shape);
  const offset = index * (strides[axis] as number);
  const rest = strides.filter((_, i) => i !== axis);
  return build(
    x.dtype,
    x.shape.filter((_, i) => i !== axis),
    (at) => x.data[offset + offsetOf(at, rest)] as number,
  );
}

/** Arrays of one shape side by side along a new `axis`; `like` gives type and shape where there is none. */
export function stack(parts: readonly Dense[], axis: number, like: Pick<Dense, "dtype" | "shape">): Dense {
  const { dtype, shape } = parts[0] ?? like;
  const strides = stridesOf(shape);
  const stacked = [...shape.slice(0, axis), parts.length, ...shape.slice(axis)];
  return build(dtype, stacked, (at) => {
    const part = parts[at[axis] as number] as Dense;
    return part.data[
      offsetOf(
        at.filter((_, i) => i !== axis),
        strides,
      )
    ] as number;
  });
}

/** An integer result as its type holds it: wrapped around to its width. Other types are left as they are. */
export function wrapInteger(dtype: DataType, value: number): number {
  if (!isInteger(dtype) || !Number.isFinite(value)) return value;
  const bits = Number(dtype.slice(1));
  if (bits >= 64) {
    if (Number.isSafeInteger(value)) return value;
    const whole = BigInt(Math.trunc(value));
    return Number(dtype.startsWith("i") ? BigInt.asIntN(bits, whole) : BigInt.asUintN(bits, whole));
  }
  const modulus = 2 ** bits;
  const wrapped = ((value % modulus) + modulus) % modulus;
  return dtype.startsWith("i") && wrapped >= modulus / 2 ? wrapped - modulus : wrapped;
}
