/**
 * The gradient of resampling: linear, one axis after another, so that it is a product with a matrix of weights per axis.
 *
 *   nearest, each element r times   sum over the r copies
 *   otherwise                       dx = dy W along the axis, W [out, size] the weights of the taps
 */
import { tensorData } from "../ir/tensor-data.ts";
import { knownShape } from "../ir/types.ts";
import { range } from "../support/collections.ts";
import type { Emitter } from "./contract.ts";
import {
  clampedTaps,
  coordinateOf,
  isIdentity,
  type Resampled,
  type ResampleStyle,
} from "./resample-taps.ts";
import type { Resizing } from "./resize-call.ts";

/** The gradient of the input, given that of the result, of a call whose sizes are known. */
export function resizeGradient(g: Emitter, dy: string, does: Resizing, axes: readonly Resampled[]): string {
  const { style } = does;
  const isOutside = (axis: Resampled, o: number) => {
    if (does.extrapolation === undefined) return false;
    const at = coordinateOf(axis, style.coordinates, o);
    return at < 0 || at > axis.size - 1;
  };
  const changed = range(axes.length).filter((i) => {
    const axis = axes[i] as Resampled;
    return !isIdentity(axis, style) || range(axis.out).some((o) => isOutside(axis, o));
  });
  const copies = changed.filter((i) => {
    const axis = axes[i] as Resampled;
    return copiesOf(axis, style) !== undefined && !range(axis.out).some((o) => isOutside(axis, o));
  });
  const value = changed
    .filter((i) => !copies.includes(i))
    .reduce((value, i) => {
      const axis = axes[i] as Resampled;
      const weights = new Float64Array(axis.out * axis.size);
      for (const o of range(axis.out)) {
        if (isOutside(axis, o)) continue;
        for (const { at, weight } of clampedTaps(axis, style, o))
          weights[o * axis.size + at] = (weights[o * axis.size + at] as number) + weight;
      }
      return alongAxis(g, value, i, weights, axis);
    }, dy);
  return sumCopies(
    g,
    value,
    new Map(copies.map((i) => [i, copiesOf(axes[i] as Resampled, style) as number])),
  );
}

/** How often each element stands in the result, next to itself, where it is only copied and all are as often. */
function copiesOf(axis: Resampled, style: ResampleStyle): number | undefined {
  const count = axis.out / axis.size;
  if (style.mode !== "nearest" || !Number.isInteger(count)) return undefined;
  const copied = range(axis.out).every((o) => clampedTaps(axis, style, o)[0]?.at === Math.floor(o / count));
  return copied ? count : undefined;
}

function sumCopies(g: Emitter, x: string, counts: ReadonlyMap<number, number>): string {
  if (counts.size === 0) return x;
  const apart: number[] = [];
  const summed: number[] = [];
  knownShape(g.type(x)).forEach((size, axis) => {
    const count = counts.get(axis);
    if (count === undefined) apart.push(size);
    else {
      apart.push(size / count, count);
      summed.push(apart.length - 1);
    }
  });
  return g.op("ReduceSum", [g.op("Reshape", [x, g.ints(apart)]), g.ints(summed)], { keepdims: 0 });
}

/** The product of the lines of `x` along `axis` with weights [out, size]. */
function alongAxis(
  g: Emitter,
  x: string,
  axis: number,
  weights: Float64Array,
  { out, size }: Pick<Resampled, "out" | "size">,
): string {
  const { dtype, shape } = g.type(x);
  const rank = shape.length;
  if (axis === rank - 2) {
    const turned = range(size * out).map((i) => weights[(i % out) * size + Math.floor(i / out)] as number);
    return g.op("MatMul", [g.constant(tensorData(dtype, [size, out], turned)), x]);
  }
  const matrix = g.constant(tensorData(dtype, [out, size], weights));
  if (axis === rank - 1) return g.op("MatMul", [x, matrix]);
  const perm = range(rank).map((i) => (i === axis ? rank - 1 : i === rank - 1 ? axis : i));
  const made = g.op("MatMul", [g.op("Transpose", [x], { perm }), matrix]);
  return g.op("Transpose", [made], { perm });
}
