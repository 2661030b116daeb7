/**
 * What operators without a kernel of the WebGPU provider are made of, where their declarations do not say it: neither as the
 * composition by which they are differentiated nor as the form in which they are rebuilt for a layout.
 */
import { isKnown } from "../../src/ir/dim.ts";
import { tensorData, toNumbers } from "../../src/ir/tensor-data.ts";
import { dataTypes, isInteger, type DataType } from "../../src/ir/types.ts";
import type { Composition, Compositions } from "../../src/ops/compose.ts";
import type { Emitter } from "../../src/ops/contract.ts";
import { range } from "../../src/support/collections.ts";

const castTo = (g: Emitter, value: string, dtype: DataType): string =>
  g.op("Cast", [value], { to: dataTypes[dtype][0] });

/** For booleans: as 32-bit integers, and back. */
const asIntegers: Composition = (g, inputs, call) => {
  if (call.dtype(0) !== "bool") return undefined;
  const moved = inputs.map((value) =>
    value !== null && g.type(value).dtype === "bool" ? castTo(g, value, "i32") : value,
  );
  return g.ops(call.op, moved, call.attributes, call.outputCount).map((value) => castTo(g, value, "bool"));
};

/** x > 0 less x < 0. */
const sign: Composition = (g, [x], call) => {
  const dtype = call.dtype(0);
  const zero = g.scalar(dtype, 0);
  const is = (op: string) => castTo(g, g.op(op, [x as string, zero]), dtype);
  return [g.op("Sub", [is("Greater"), is("Less")])];
};

const negateInteger: Composition = (g, [x], call) =>
  isInteger(call.dtype(0)) ? [g.op("Sub", [g.scalar(call.dtype(0), 0), x as string])] : undefined;

const absoluteInteger: Composition = (g, [x], call) =>
  isInteger(call.dtype(0))
    ? [g.op("Max", [x as string, g.op("Sub", [g.scalar(call.dtype(0), 0), x as string])])]
    : undefined;

/** Equal to the positions along the axis, one of two values; an index below zero counts from the end. */
const oneHot: Composition = (g, [indices, , values], call) => {
  const depth = call.constant(1);
  const [count] = depth === undefined ? [] : toNumbers(depth);
  if (count === undefined || !isInteger(call.dtype(0))) return undefined;
  const rank = call.rank(0);
  const axis = ((call.int("axis", -1) % (rank + 1)) + rank + 1) % (rank + 1);
  const dtype = call.dtype(0);
  const zero = g.scalar(dtype, 0);
  const fromEnd = g.op("Add", [indices as string, g.scalar(dtype, count)]);
  const wrapped = g.op("Where", [g.op("Less", [indices as string, zero]), fromEnd, indices as string]);
  const positions = g.constant(
    tensorData(
      dtype,
      range(rank + 1).map((i) => (i === axis ? count : 1)),
      range(count),
    ),
  );
  const hit = g.op("Equal", [g.op("Unsqueeze", [wrapped, g.ints([axis])]), positions]);
  const value = (index: number) => g.op("Gather", [values as string, g.ints(index)], { axis: 0 });
  return [g.op("Where", [hit, value(1), value(0)])];
};

/** A slice by constants: elements are picked by their positions, an axis at a time. */
const sliceByPositions: Composition = (g, [x], call) => {
  const numbers = (input: number): readonly number[] | undefined => {
    const data = call.constant(input);
    return data === undefined ? undefined : [...toNumbers(data)];
  };
  const [starts, ends] = [numbers(1), numbers(2)];
  if (starts === undefined || ends === undefined) return undefined;
  const axes = call.has(3) ? numbers(3) : range(starts.length);
  const steps = call.has(4) ? numbers(4) : starts.map(() => 1);
  if (axes === undefined || steps === undefined) return undefined;
  let value = x as string;
  for (const [i, given] of axes.entries()) {
    const axis = given < 0 ? given + call.rank(0) : given;
    const size = call.shape(0)[axis];
    if (size === undefined || !isKnown(size)) return undefined;
    const step = steps[i] ?? 1;
    const clamp = (at: number) =>
      Math.min(Math.max(at < 0 ? at + size : at, step > 0 ? 0 : -1), step > 0 ? size : size - 1);
    const [start, end] = [clamp(starts[i] ?? 0), (ends[i] ?? 0) < -size ? -1 : clamp(ends[i] ?? 0)];
    const count = Math.max(0, Math.ceil((end - start) / step));
    if (count === 0) return undefined;
    value = g.op("Gather", [value, g.ints(range(count).map((k) => start + k * step))], { axis });
  }
  return [value];
};

/** Division cuts towards zero; the remainder has the divisor's sign. */
const remainder: Composition = (g, [a, b], call) => {
  const dtype = call.dtype(0);
  if (!isInteger(dtype) || call.int("fmod", 0) !== 0) return undefined;
  const zero = g.scalar(dtype, 0);
  const rest = g.op("Sub", [
    a as string,
    g.op("Mul", [b as string, g.op("Div", [a as string, b as string])]),
  ]);
  const below = (value: string) => g.op("Less", [value, zero]);
  const differ = g.op("Not", [
    g.op("Equal", [castTo(g, below(rest), "i32"), castTo(g, below(b as string), "i32")]),
  ]);
  const wrong = g.op("And", [g.op("Not", [g.op("Equal", [rest, zero])]), differ]);
  return [g.op("Where", [wrong, g.op("Add", [rest, b as string]), rest])];
};

export const compositions: Compositions = new Map<string, Composition>([
  ["Sign", sign],
  ["Neg", negateInteger],
  ["Abs", absoluteInteger],
  ["OneHot", oneHot],
  ["Mod", remainder],
  ["Slice", sliceByPositions],
  ["Concat", asIntegers],
  ["Transpose", asIntegers],
  ["Tile", asIntegers],
  ["Split", asIntegers],
  [
    "Or",
    (g, [a, b]) => [g.op("Not", [g.op("And", [g.op("Not", [a as string]), g.op("Not", [b as string])])])],
  ],
  [
    "Xor",
    (g, [a, b]) => [
      g.op("Not", [g.op("Equal", [castTo(g, a as string, "i32"), castTo(g, b as string, "i32")])]),
    ],
  ],
]);
