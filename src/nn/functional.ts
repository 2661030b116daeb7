/** Tensors that are not made by a method of another tensor. */
import { scalar, tensorData, type TensorData } from "../ir/tensor-data.ts";
import type { DataType } from "../ir/types.ts";
import { at, range } from "../support/collections.ts";
import { currentBuild } from "./build.ts";
import { applyMany, Tensor, type Operand } from "./tensor.ts";

/** Tensors one after another along `axis`. */
export function cat(tensors: readonly Tensor[], axis = 0): Tensor {
  const rank = tensors[0]?.rank ?? 0;
  return at(applyMany("Concat", tensors, { axis: axis < 0 ? axis + rank : axis }, 1), 0);
}

/** Equal tensors as slices of a new axis. */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  const rank = tensors[0]?.rank ?? 0;
  const position = axis < 0 ? axis + rank + 1 : axis;
  return cat(
    tensors.map((tensor) => tensor.unsqueeze(position)),
    position,
  );
}

/** `a` where the condition holds, `b` elsewhere. A number takes the other's element type; two numbers are f32. */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  const dtype = typeof a !== "number" ? a.dtype : typeof b !== "number" ? b.dtype : "f32";
  const operand = (item: Operand) => (typeof item === "number" ? fromData(scalar(dtype, item)) : item);
  return condition.apply("Where", [operand(a), operand(b)]);
}

/** A constant: row-major elements of a tensor of `shape`; a vector where no shape is given. */
export function tensor(
  values: ArrayLike<number>,
  dtype: DataType = "f32",
  shape: readonly number[] = [values.length],
): Tensor {
  return fromData(tensorData(dtype, shape, values));
}

/** 0, 1, …, n - 1. */
export function arange(n: number, dtype: DataType = "i64"): Tensor {
  return tensor(range(n), dtype);
}

/** A tensor whose elements all are `value`. */
export function full(shape: readonly number[], value: number, dtype: DataType = "f32"): Tensor {
  return fromData(scalar(dtype, value)).expand(...shape);
}

/**
 * A bool tensor whose elements are true with probability `keep`, drawn anew every step and the same on every mesh. The
 * first axis counts samples of the batch.
 */
export function bernoulli(shape: readonly number[], keep: number): Tensor {
  return new Tensor(currentBuild().addRandom(shape, keep));
}

function fromData(data: TensorData): Tensor {
  return new Tensor(currentBuild().constant(data));
}
