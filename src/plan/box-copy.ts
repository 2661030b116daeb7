/** Copies boxes between row-major arrays that hold other boxes of the same tensor. */
import type { TypedArray } from "../ir/tensor-data.ts";
import { boxElements, type Box } from "../sbp/geometry.ts";
import { product } from "../support/collections.ts";

/** The box of a whole tensor. */
export function wholeBox(shape: readonly number[]): Box {
  return { start: shape.map(() => 0), size: shape };
}

/**
 * Calls `visit(position in from, position in to, length)` for every longest run of elements of `region` that is
 * contiguous in both arrays; `from` and `to` are the boxes that the arrays hold, and contain `region`.
 */
export function forEachRun(
  from: Box,
  to: Box,
  region: Box,
  visit: (fromAt: number, toAt: number, length: number) => void,
): void {
  const rank = region.size.length;
  let length = 1;
  let axis = rank - 1;
  for (; axis >= 0; axis--) {
    const size = region.size[axis] as number;
    length *= size;
    if (size !== from.size[axis] || size !== to.size[axis]) {
      axis--;
      break;
    }
  }
  const fromStrides = strides(from.size);
  const toStrides = strides(to.size);
  let fromAt = 0;
  let toAt = 0;
  for (let d = 0; d < rank; d++) {
    const start = region.start[d] as number;
    fromAt += (start - (from.start[d] as number)) * (fromStrides[d] as number);
    toAt += (start - (to.start[d] as number)) * (toStrides[d] as number);
  }
  const outer = axis + 1;
  const index = new Array<number>(outer).fill(0);
  const runs = product(region.size.slice(0, outer));
  for (let run = 0; run < runs; run++) {
    visit(fromAt, toAt, length);
    for (let d = outer - 1; d >= 0; d--) {
      const next = (index[d] as number) + 1;
      fromAt += fromStrides[d] as number;
      toAt += toStrides[d] as number;
      if (next < (region.size[d] as number)) {
        index[d] = next;
        break;
      }
      index[d] = 0;
      fromAt -= next * (fromStrides[d] as number);
      toAt -= next * (toStrides[d] as number);
    }
  }
}

function strides(size: readonly number[]): number[] {
  const out = new Array<number>(size.length);
  let stride = 1;
  for (let d = size.length - 1; d >= 0; d--) {
    out[d] = stride;
    stride *= size[d] as number;
  }
  return out;
}

/** Below this many elements a loop beats a call of `set`. */
const shortRun = 24;

/** Copies `region` from an array that holds box `from` to one that holds box `to`; element types are equal. */
export function copyBox<A extends TypedArray>(source: A, from: Box, target: A, to: Box, region: Box): void {
  if (boxElements(region) === 0) return;
  forEachRun(from, to, region, (fromAt, toAt, length) => copyRun(source, fromAt, target, toAt, length));
}

export function copyRun(
  source: TypedArray,
  fromAt: number,
  target: TypedArray,
  toAt: number,
  length: number,
): void {
  if (length < shortRun) {
    for (let i = 0; i < length; i++) target[toAt + i] = source[fromAt + i] as never;
  } else {
    target.set(source.subarray(fromAt, fromAt + length) as never, toAt);
  }
}
