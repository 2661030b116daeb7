/** Reductions of equal runs of several arrays, in the arrays' order: in shared memory by SIMD where that has them. */
import type { Reduction } from "../../src/ir/layout.ts";
import type { TypedArray } from "../../src/ir/tensor-data.ts";
import type { DataType } from "../../src/ir/types.ts";
import { fromBfloat, halfTable, toBfloat, toHalf } from "./half.ts";
import { simdBlock, type Reducer } from "./simd.ts";

/** A run of elements: `data` from element `at` on. */
export interface Run {
  readonly data: TypedArray;
  readonly at: number;
}

/**
 * `to[i] = sources[0][i] + sources[1][i] + …` (or max, min) for `length` elements. Sums of f16 and bf16 are taken in f32
 * and rounded once; a maximum or minimum with a NaN is NaN; booleans add to "or". `to` may be one of the sources.
 */
export function reduceRuns(
  to: Run,
  sources: readonly Run[],
  length: number,
  reduce: Reduction,
  dtype: DataType,
): void {
  switch (dtype) {
    case "f16":
    case "bf16":
      return reduceHalves(to, sources, length, reduce, dtype);
    case "i64":
    case "u64":
      return reduceBig(to, sources, length, reduce);
    case "bool":
      return reduceNumbers(to, sources, length, reduce === "min" ? "min" : "max");
    default:
      return reduceNumbers(to, sources, length, reduce);
  }
}

function reduceNumbers(to: Run, sources: readonly Run[], length: number, reduce: Reduction): void {
  const target = to.data as Float32Array;
  const [first, ...rest] = sources as readonly { data: Float32Array; at: number }[];
  if (first === undefined) return;
  if (reduce === "sum" && rest.length === 1) {
    const a = first.data;
    const { data: b, at } = rest[0] as { data: Float32Array; at: number };
    for (let i = 0; i < length; i++) target[to.at + i] = (a[first.at + i] as number) + (b[at + i] as number);
    return;
  }
  // f32 sums are rounded at every step, as the SIMD kernels and the pair above round them.
  const round = target instanceof Float32Array ? Math.fround : (x: number) => x;
  for (let i = 0; i < length; i++) {
    let x = first.data[first.at + i] as number;
    for (const { data, at } of rest) {
      const y = data[at + i] as number;
      x = reduce === "sum" ? round(x + y) : reduce === "max" ? Math.max(x, y) : Math.min(x, y);
    }
    target[to.at + i] = x;
  }
}

function reduceHalves(
  to: Run,
  sources: readonly Run[],
  length: number,
  reduce: Reduction,
  dtype: "f16" | "bf16",
): void {
  const table = halfTable();
  const decode = dtype === "f16" ? (half: number) => table[half] as number : fromBfloat;
  const encode = dtype === "f16" ? toHalf : toBfloat;
  for (let i = 0; i < length; i++) {
    let x = 0;
    for (let k = 0; k < sources.length; k++) {
      const { data, at } = sources[k] as Run;
      const y = decode(data[at + i] as number);
      if (k === 0) x = y;
      else x = reduce === "sum" ? Math.fround(x + y) : reduce === "max" ? Math.max(x, y) : Math.min(x, y);
    }
    to.data[to.at + i] = encode(x);
  }
}

function reduceBig(to: Run, sources: readonly Run[], length: number, reduce: Reduction): void {
  const target = to.data as BigInt64Array;
  for (let i = 0; i < length; i++) {
    let x = 0n;
    for (let k = 0; k < sources.length; k++) {
      const { data, at } = sources[k] as Run;
      const y = (data as BigInt64Array)[at + i] as bigint;
      if (k === 0) x = y;
      else if (reduce === "sum") x += y;
      else if (reduce === "max" ? y > x : y < x) x = y;
    }
    target[to.at + i] = x;
  }
}

/** As `reduceRuns` for arrays in the memory of `reducer`, whose table of addresses is at byte `table`. */
export function reduceShared(
  reducer: Reducer | undefined,
  tableView: Uint32Array,
  to: Run,
  sources: readonly Run[],
  length: number,
  reduce: Reduction,
  dtype: DataType,
): void {
  const size = to.data.BYTES_PER_ELEMENT;
  const bytes =
    reducer === undefined || sources.length < 2 ? 0 : Math.floor((length * size) / simdBlock) * simdBlock;
  if (bytes > 0) {
    sources.forEach((source, i) => (tableView[i] = source.data.byteOffset + source.at * size));
    reducer?.(to.data.byteOffset + to.at * size, tableView.byteOffset, sources.length, bytes);
  }
  const done = bytes / size;
  if (done === length) return;
  const skip = ({ data, at }: Run): Run => ({ data, at: at + done });
  reduceRuns(skip(to), sources.map(skip), length - done, reduce, dtype);
}
