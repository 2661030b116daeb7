/** Determinants of square matrices. */
import { product } from "../support/collections.ts";
import type { Dense } from "./contract.ts";
import { defineOp, inputElements, type OpDefinition } from "./define.ts";
import { dense } from "./dense.ts";
import { commonDtype } from "./elementwise.ts";
import { isKnown } from "../ir/dim.ts";

/** By Gaussian elimination with the largest pivot of each column; `a` is overwritten. */
function determinant(a: Float64Array, n: number): number {
  const at = (row: number, column: number) => a[row * n + column] as number;
  let result = 1;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let row = k + 1; row < n; row++) if (Math.abs(at(row, k)) > Math.abs(at(pivot, k))) pivot = row;
    const value = at(pivot, k);
    if (value === 0) return 0;
    if (pivot !== k) {
      result = -result;
      for (let column = 0; column < n; column++) {
        const moved = at(k, column);
        a[k * n + column] = at(pivot, column);
        a[pivot * n + column] = moved;
      }
    }
    result *= value;
    for (let row = k + 1; row < n; row++) {
      const factor = at(row, k) / value;
      for (let column = k; column < n; column++)
        a[row * n + column] = at(row, column) - factor * at(k, column);
    }
  }
  return result;
}

const det = defineOp({
  name: "Det",
  doc: "The determinants of the matrices on the last two axes.",
  since: 11,
  inputs: [1, 1],
  gradient: { none: "its derivative takes the inverse of a matrix, which no operator of ONNX gives" },
  axes: "... !m !m -> ...",
  dtypes: (call) => [commonDtype(call, "float")],
  flops: (call) => {
    const size = call.shape(0).at(-1) ?? 1;
    return (2 / 3) * inputElements(call, 0) * (isKnown(size) ? size : 1);
  },
  evaluate: ({ inputs: [input] }) => {
    const x = input as Dense;
    const n = x.shape.at(-1) as number;
    const shape = x.shape.slice(0, -2);
    const results = Array.from({ length: product(shape) }, (_, i) =>
      determinant(x.data.slice(i * n * n, (i + 1) * n * n), n),
    );
    return [dense(x.dtype, shape, results)];
  },
});

export const detOps: readonly OpDefinition[] = [det];
