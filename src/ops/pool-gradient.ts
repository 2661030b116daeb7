/** The derivatives of maxima and of Lp norms over windows, and over all spatial axes at once. */
import { tensorData } from "../ir/tensor-data.ts";
import { dataTypes, knownShape } from "../ir/types.ts";
import { product, range } from "../support/collections.ts";
import type { Emitter } from "./contract.ts";

/**
 * The gradient of a maximum over windows goes to where it was found. `places` [n, C, o…] are positions in the flattened x
 * [n, C, i…], of which images lie one after the other; in an image they count by columns where `columnMajor`.
 */
export function maxGradient(g: Emitter, x: string, dy: string, places: string, columnMajor: boolean): string {
  const { dtype } = g.type(x);
  const [n, c, ...spatial] = knownShape(g.type(x)) as [number, number, ...number[]];
  const image = product(spatial);
  const flat = (value: string) => g.op("Reshape", [value, g.ints([n, c, -1])]);
  const none = g.op("ConstantOfShape", [g.ints([n, c, image])], {
    value: { tensor: tensorData(dtype, [1], [0]) },
  });
  const inImage = g.op("Mod", [flat(places), g.ints(image)]);
  const sum = g.op("ScatterElements", [none, inImage, flat(dy)], { axis: 2, reduction: "add" });
  if (!columnMajor || spatial.length === 1) return g.op("Reshape", [sum, g.ints([n, c, ...spatial])]);
  const turned = g.op("Reshape", [sum, g.ints([n, c, ...spatial.toReversed()])]);
  const perm = [0, 1, ...range(spatial.length).map((i) => spatial.length + 1 - i)];
  return g.op("Transpose", [turned], { perm });
}

/** Over all spatial axes: equal largest elements share the gradient. */
export function globalMaxGradient(g: Emitter, x: string, y: string, dy: string): string {
  const { dtype, shape } = g.type(x);
  const largest = g.op("Cast", [g.op("Equal", [x, y])], { to: dataTypes[dtype][0] });
  const count = g.op("ReduceSum", [largest, g.ints(range(shape.length).slice(2))], { keepdims: 1 });
  return g.op("Mul", [largest, g.op("Div", [dy, count])]);
}

/**
 * The gradient of y = (sum of |x|^p)^(1/p): x |x|^(p-2) times dy y^(1-p), which `over` brings from sums to elements. Zero where
 * all elements are.
 */
export function lpGradient(
  g: Emitter,
  x: string,
  y: string,
  dy: string,
  p: number,
  over: (perSum: string) => string,
): string {
  if (p === 1) return g.op("Mul", [g.op("Sign", [x]), over(dy)]);
  const { dtype } = g.type(x);
  const [zero, one] = [g.scalar(dtype, 0), g.scalar(dtype, 1)];
  const norm = g.op("Where", [g.op("Equal", [y, zero]), one, y]);
  const power = (value: string, exponent: number) =>
    exponent === 1 ? value : g.op("Pow", [value, g.scalar(dtype, exponent)]);
  const perSum = over(g.op("Div", [dy, power(norm, p - 1)]));
  if (p === 2) return g.op("Mul", [x, perSum]);
  return g.op("Mul", [g.op("Mul", [g.op("Sign", [x]), power(g.op("Abs", [x]), p - 1)]), perSum]);
}
