/**
 * The derivatives of normalisations. With n = (x - mean) / sqrt(variance + epsilon), both taken over some axes, and dn the
 * gradient by n:
 *
 *   dx = (dn - mean(dn) - n mean(dn n)) / sqrt(variance + epsilon)        without mean(dn) where x is not centred
 */
import type { DataType } from "../ir/types.ts";
import { dataTypes } from "../ir/types.ts";
import type { Emitter, GradientContext } from "./contract.ts";
import { sumToLike } from "./gradients.ts";

export function castTo(g: Emitter, value: string, dtype: DataType): string {
  return g.type(value).dtype === dtype ? value : g.op("Cast", [value], { to: dataTypes[dtype][0] });
}

/** The mean over `axes`, which keep size 1. */
export function meanAlong(g: Emitter, value: string, axes: readonly number[]): string {
  return g.op("ReduceMean", [value, g.ints(axes)], { keepdims: 1 });
}

/** What a normalisation was and is made of again; all of the type in which it is computed. */
export interface Normal {
  /** Zero mean (where it is centred) and unit variance over `axes`. */
  readonly normal: string;
  /** 1 / sqrt(variance + epsilon), the axes with size 1. */
  readonly inverse: string;
  readonly axes: readonly number[];
  readonly centred: boolean;
}

/** 1 / sqrt(mean(x²) + epsilon) over `axes`, which keep size 1. */
export function inverseOf(g: Emitter, x: string, axes: readonly number[], epsilon: number): string {
  const square = meanAlong(g, g.op("Mul", [x, x]), axes);
  const shifted = g.op("Add", [square, g.scalar(g.type(x).dtype, epsilon)]);
  return g.op("Reciprocal", [g.op("Sqrt", [shifted])]);
}

/** `x` normalised over `axes`. */
export function normalise(
  g: Emitter,
  x: string,
  axes: readonly number[],
  epsilon: number,
  centred: boolean,
): Normal {
  const values = centred ? g.op("Sub", [x, meanAlong(g, x, axes)]) : x;
  const inverse = inverseOf(g, values, axes, epsilon);
  return { normal: g.op("Mul", [values, inverse]), inverse, axes, centred };
}

/** The gradient by x, from that by the normalised x. */
export function normalGradient(
  g: Emitter,
  { normal, inverse, axes, centred }: Normal,
  dNormal: string,
): string {
  const along = g.op("Mul", [normal, meanAlong(g, g.op("Mul", [dNormal, normal]), axes)]);
  const rest = centred ? g.op("Sub", [dNormal, meanAlong(g, dNormal, axes)]) : dNormal;
  return g.op("Mul", [g.op("Sub", [rest, along]), inverse]);
}

/**
 * The gradients by x, scale and bias (inputs 0, 1, 2) of y = n scale + bias, where scale and bias broadcast to x as they are.
 * `statistics` are what goes to x besides, in the type of computation.
 */
export function affineNormGradient(
  { g, call, inputs, gradients: [dy], wanted }: GradientContext,
  compute: DataType,
  normal: () => Normal,
  statistics: (normal: Normal) => readonly string[] = () => [],
): (string | null)[] {
  const dtype = call.dtype(0);
  const needed = wanted[0] === true || (wanted[1] === true && dy != null);
  const made = needed ? normal() : undefined;
  const gradient = dy == null ? undefined : castTo(g, dy, compute);
  const byX = () => {
    const through =
      gradient === undefined
        ? []
        : [
            normalGradient(
              g,
              made as Normal,
              g.op("Mul", [gradient, castTo(g, inputs[1] as string, compute)]),
            ),
          ];
    const terms = [...through, ...statistics(made as Normal)];
    return castTo(
      g,
      terms.reduce((sum, term) => g.op("Add", [sum, term])),
      dtype,
    );
  };
  const byScale = (dY: string) =>
    castTo(
      g,
      sumToLike(g, g.op("Mul", [dY, (made as Normal).normal]), inputs[1] as string),
      g.type(inputs[1] as string).dtype,
    );
  const byBias = (dY: string) => {
    const bias = inputs[2] as string;
    return castTo(g, sumToLike(g, dY, bias), g.type(bias).dtype);
  };
  return [
    wanted[0] === true ? byX() : null,
    wanted[1] === true && gradient !== undefined ? byScale(gradient) : null,
    wanted[2] === true && gradient !== undefined ? byBias(gradient) : null,
  ].slice(0, inputs.length);
}
