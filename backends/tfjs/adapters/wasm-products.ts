/**
 * tfjs-core with faster products of matrices in WebAssembly (4.22.0). Its kernel takes the fast path (XNNPACK) for one plain pair
 * of matrices alone. On one core, milliseconds:
 *
 *   256x1024x1024   plain 18, right operand transposed 232, left one 866; transposed before: 33 and 21
 *   6 x 197x197x64  as a stack 15, one by one 2.9;   64 x 16x16x16   as a stack 0.3, one by one 5.2
 */
import { range } from "../../../src/support/collections.ts";
import type { Tensor, Tf } from "../kernel.ts";

/** Multiplications in one product from which on a stack is taken apart. */
const worthAlone = 2 ** 20;

export function withFastProducts(tf: Tf): Tf {
  const turned = (x: Tensor, turns: boolean): Tensor => {
    if (!turns) return x;
    const last = x.shape.length - 1;
    return tf.transpose(x, [...range(last - 1), last, last - 1]);
  };
  const matMul = (a: Tensor, b: Tensor, transposeA = false, transposeB = false): Tensor => {
    const [left, right] = [turned(a, transposeA), turned(b, transposeB)];
    const [rows, inner] = left.shape.slice(-2) as [number, number];
    const stacked =
      left.shape.length === 3 && left.shape[0] === right.shape[0] && (left.shape[0] as number) > 1;
    if (!stacked || rows * inner * (right.shape[2] as number) < worthAlone) return tf.matMul(left, right);
    const others = tf.unstack(right);
    return tf.stack(tf.unstack(left).map((matrix, i) => tf.matMul(matrix, others[i] as Tensor)));
  };
  return { ...tf, matMul } as unknown as Tf;
}
