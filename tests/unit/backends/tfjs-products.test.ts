/** Products that tfjs's WebAssembly adapter does its own way: stacks large enough to be taken apart, and transposed operands. */
import { beforeAll, expect, test } from "vitest";
import * as tf from "@tensorflow/tfjs-core";
import { openWasm } from "../../../backends/tfjs/adapters/javascript.ts";
import type { Tensor, Tf } from "../../../backends/tfjs/kernel.ts";
import { product, range } from "../../../src/support/collections.ts";

let fast: Tf;

beforeAll(async () => {
  fast = (await openWasm()).tf;
});

function numbers(shape: readonly number[], seed: number): Tensor {
  return tf.tensor(
    Float32Array.from({ length: product(shape) }, (_, i) => Math.sin(seed + i * 0.7)),
    [...shape],
  );
}

async function difference(a: Tensor, b: Tensor): Promise<number> {
  expect(a.shape).toEqual(b.shape);
  const [x, y] = [await a.data(), await b.data()];
  return Math.max(...range(a.size).map((i) => Math.abs((x[i] as number) - (y[i] as number))));
}

test.each([
  [[3, 128, 96], [3, 96, 128], false, false],
  [[3, 96, 128], [3, 96, 128], true, false],
  [[3, 128, 96], [3, 128, 96], false, true],
  [[4, 8, 6], [4, 6, 8], false, false],
  [[6, 8], [8, 6], true, true],
  [[3, 5, 6], [1, 6, 4], false, false],
] as const)("%s times %s", async (left, right, transposeA, transposeB) => {
  const [a, b] = [numbers(left, 0.3), numbers(right, 1.1)];
  const made = fast.matMul(a, b, transposeA, transposeB);
  expect(await difference(made, tf.matMul(a, b, transposeA, transposeB))).toBeLessThan(1e-4);
});
