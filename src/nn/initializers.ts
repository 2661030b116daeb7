/**
 * How parameters begin. A method is given a shape and says how elements of such a parameter are drawn; the drawing itself
 * is seeded by the parameter's name and does not depend on the mesh.
 *
 * Fans (Glorot and Bengio 2010): a matrix [in, out] has fans `in` and `out`; a convolution kernel [out, in, ...window]
 * has both multiplied by the window; a vector has its length for both.
 */
import type { Initializer } from "../ir/graph.ts";
import { product } from "../support/collections.ts";

export type InitMethod = (shape: readonly number[]) => Initializer;

export function constant(value: number): InitMethod {
  return () => ({ kind: "constant", value });
}

export const zeros: InitMethod = constant(0);
export const ones: InitMethod = constant(1);

export interface NormalOptions {
  readonly mean?: number;
  readonly std?: number;
}

export function normal({ mean = 0, std = 1 }: NormalOptions = {}): InitMethod {
  return () => ({ kind: "normal", mean, std });
}

/** Normal, drawn again outside two standard deviations around the mean. */
export function truncNormal({ mean = 0, std = 1 }: NormalOptions = {}): InitMethod {
  return () => ({ kind: "trunc-normal", mean, std });
}

/** Uniform on [low, high). */
export function uniform(low = 0, high = 1): InitMethod {
  return () => ({ kind: "uniform", low, high });
}

/** Normal with variance 2 gain² / (fan in + fan out). */
export function xavierNormal(gain = 1): InitMethod {
  return (shape) => {
    const [fanIn, fanOut] = fans(shape);
    return { kind: "normal", mean: 0, std: gain * Math.sqrt(2 / (fanIn + fanOut)) };
  };
}

/** Uniform with variance 2 gain² / (fan in + fan out). */
export function xavierUniform(gain = 1): InitMethod {
  return (shape) => {
    const [fanIn, fanOut] = fans(shape);
    const bound = gain * Math.sqrt(6 / (fanIn + fanOut));
    return { kind: "uniform", low: -bound, high: bound };
  };
}

/** Uniform on ±1/√(fan in): what convolutions begin with in the frameworks that the layers come from. */
export const fanInUniform: InitMethod = (shape) => {
  const bound = 1 / Math.sqrt(fans(shape)[0]);
  return { kind: "uniform", low: -bound, high: bound };
};

function fans(shape: readonly number[]): [number, number] {
  const [first = 1, second = first, ...window] = shape;
  if (window.length === 0) return [first, second];
  const area = product(window);
  return [second * area, first * area];
}
