/**
 * Operators that make a tensor out of a shape, or out of fewer elements: Expand, Tile, ConstantOfShape, Range, EyeLike, Shape,
 * Size, Constant. Each device can make just its own shard of what they make, out of broadcast inputs.
 */
import { dimMul, dimProduct, isKnown, type Dim } from "../ir/dim.ts";
import { broadcast, partial, split, type Sbp } from "../ir/layout.ts";
import { hasNumbers, scalar, tensorData, toNumbers, type TensorData } from "../ir/tensor-data.ts";
import { dataTypes, knownShape, tensorType, type DataType } from "../ir/types.ts";
import type { ResolvedRule, Signature } from "../sbp/signature.ts";
import { range } from "../support/collections.ts";
import type { Call } from "./call.ts";
import type { Dense, LocalizeContext } from "./contract.ts";
import { defineOp, type OpDefinition } from "./define.ts";
import { broadcastTo, build, dense, filled, stridesOf } from "./dense.ts";
import { discreteResults, firstGradient, sumToLike, zeroGradient } from "./gradients.ts";
import {
  dataDependentDim,
  iota,
  localDims,
  madeSplit,
  movedPartials,
  outputShape,
  reductions,
  remap,
  signatureOf,
} from "./movement.ts";

/** The sizes that input `index` asks for, none negative. */
function sizesInput(call: Call, index: number, what: string): readonly number[] {
  const sizes = call.constantInts(index, what) as number[];
  if (sizes.some((size) => size < 0)) call.failShape(`${what} [${sizes.join(", ")}] has a negative element`);
  return sizes;
}

// --- Expand, Tile

function expandedShape(call: Call): readonly Dim[] {
  const own = call.shape(0);
  const asked = sizesInput(call, 1, "shape");
  const rank = Math.max(own.length, asked.length);
  return Array.from({ length: rank }, (_, axis) => {
    const [a, b] = [own[axis - rank + own.length] ?? 1, asked[axis - rank + asked.length] ?? 1];
    if (b === 1 || a === b) return a;
    if (isKnown(a) && a !== 1)
      call.failShape(`[${own.join(", ")}] does not broadcast to [${asked.join(", ")}]`);
    return b;
  });
}

const expand = defineOp({
  name: "Expand",
  doc: "The input broadcast to (and with) a shape.",
  since: 13,
  inputs: [2, 2],
  moves: [0],
  axes: (call): ResolvedRule => {
    const out = expandedShape(call);
    const shift = out.length - call.rank(0);
    const factors = call
      .shape(0)
      .map((size, axis) => (size === out[axis + shift] ? `a${axis + shift}` : null));
    return { inputs: [factors, [null]], outputs: [out.map((_, axis) => factors[axis - shift] ?? null)] };
  },
  partials: movedPartials,
  infer: (call) => [tensorType(call.dtype(0), expandedShape(call))],
  signatures: (call, derived, context) => {
    const out = expandedShape(call);
    const shift = out.length - call.rank(0);
    const made = [...out.keys()].filter((axis) => call.shape(0)[axis - shift] !== out[axis]);
    return [...derived, ...made.flatMap((axis) => madeSplit(call, context, axis, out[axis] as Dim))];
  },
  localize: (context) => [context.g.op("Expand", [context.inputs[0] as string, outputShape(context)])],
  gradient: firstGradient(sumToLike),
  evaluate: ({ call, inputs: [x] }) => [broadcastTo(x as Dense, localDims(expandedShape(call)))],
});

function repeatsOf(call: Call): readonly number[] {
  const repeats = sizesInput(call, 1, "repeats");
  if (repeats.length !== call.rank(0)) call.failShape(`${repeats.length} repeats for ${call.rank(0)} axes`);
  return repeats;
}

const tile = defineOp({
  name: "Tile",
  doc: "The input repeated along each axis.",
  since: 13,
  inputs: [2, 2],
  moves: [0],
  axes: (call): ResolvedRule => {
    const factors = repeatsOf(call).map((repeat, axis) => (repeat === 1 ? `a${axis}` : null));
    return { inputs: [factors, [null]], outputs: [factors] };
  },
  partials: movedPartials,
  infer: (call) => {
    const repeats = repeatsOf(call);
    return [
      tensorType(
        call.dtype(0),
        call.shape(0).map((size, axis) => dimMul(size, repeats[axis] as number)),
      ),
    ];
  },
  signatures: (call, derived, context) => {
    // Whole copies are dealt.
    const made = repeatsOf(call).flatMap((repeat, axis) => {
      const size = call.shape(0)[axis] as Dim;
      return repeat === 1 || !isKnown(size) || size === 0
        ? []
        : madeSplit(call, context, axis, size * repeat, size);
    });
    return [...derived, ...made];
  },
  localize: ({ g, inputs, outputTypes }) => {
    const own = localDims(g.type(inputs[0] as string).shape);
    const repeats = own.map((size, axis) =>
      size === 0 ? 1 : (outputTypes[0]?.shape[axis] as number) / size,
    );
    return [g.op("Tile", [inputs[0] as string, g.ints(repeats)])];
  },
  gradient: firstGradient((g, dy, x, { call }) => {
    const shape = knownShape(g.type(x));
    const repeats = repeatsOf(call);
    // Copies side by side, as axes of their own.
    const apart = shape.flatMap((size, axis) =>
      repeats[axis] === 1 ? [size] : [repeats[axis] as number, size],
    );
    const copies = shape.flatMap((_, axis) => (repeats[axis] === 1 ? ["x"] : ["copies", "x"]));
    const axes = copies.flatMap((kind, axis) => (kind === "copies" ? [axis] : []));
    return axes.length === 0
      ? dy
      : g.op("ReduceSum", [g.op("Reshape", [dy, g.ints(apart)]), g.ints(axes)], { keepdims: 0 });
  }),
  evaluate: ({ call, inputs: [x] }) => {
    const { shape } = x as Dense;
    const strides = stridesOf(shape);
    const repeats = repeatsOf(call);
    return [
      remap(
        x as Dense,
        shape.map((size, axis) => size * (repeats[axis] as number)),
        (index) =>
          index.reduce((at, i, axis) => at + (i % (shape[axis] as number)) * (strides[axis] as number), 0),
      ),
    ];
  },
});

// --- ConstantOfShape, Range, EyeLike

/** The one element that ConstantOfShape repeats; f32 zero where it is not given. */
function repeatedValue(call: Call): TensorData {
  const value = call.attributes.value;
  if (value === undefined) return scalar("f32", 0);
  if (typeof value !== "object" || !("tensor" in value) || value.tensor.data.length !== 1) {
    call.fail("bad-attribute", { name: "value", problem: "must be a tensor of one element" });
  }
  return value.tensor;
}

const constantOfShape = defineOp({
  name: "ConstantOfShape",
  gradient: { none: "its input holds sizes, not floating-point numbers" },
  doc: "One value in every element of a tensor of the given shape.",
  since: 9,
  inputs: [1, 1],
  infer: (call) => [tensorType(repeatedValue(call).dtype, sizesInput(call, 0, "shape"))],
  signatures: (call, derived, context) => {
    const shape = sizesInput(call, 0, "shape");
    const value = repeatedValue(call);
    const isZero = value.dtype !== "bool" && hasNumbers(value.dtype) && toNumbers(value)[0] === 0;
    return [
      ...derived,
      ...shape.flatMap((size, axis) => madeSplit(call, context, axis, size)),
      ...(isZero ? [signatureOf(call, {}, partial("sum"))] : []),
    ];
  },
  localize: (context) => [context.g.op("ConstantOfShape", [outputShape(context)], context.call.attributes)],
  evaluate: ({ call, inputs: [shape] }) => {
    const value = repeatedValue(call);
    return [filled(value.dtype, [...(shape as Dense).data], toNumbers(value)[0] as number)];
  },
});

function rangeLength(call: Call): Dim {
  const [start, limit, delta] = [0, 1, 2].map((i) => {
    if (call.shape(i).length > 1 || dimProduct(call.shape(i)) !== 1)
      call.failShape("start, limit and delta must be scalars");
    if (call.dtype(i) !== call.dtype(0))
      call.fail("dtype-mismatch", { problem: "start, limit and delta differ", types: call.printShapes() });
    const data = call.constant(i);
    return data === undefined ? undefined : toNumbers(data)[0];
  });
  if (delta === 0) call.failShape("delta is 0");
  if (start === undefined || limit === undefined || delta === undefined)
    return dataDependentDim(call, "length");
  return Math.max(0, Math.ceil((limit - start) / delta));
}

const rangeOp = defineOp({
  name: "Range",
  gradient: { none: "how many numbers it gives depends on its inputs" },
  doc: "start, start + delta, … up to but not including limit.",
  since: 11,
  inputs: [3, 3],
  infer: (call) => [tensorType(call.dtype(0), [rangeLength(call)])],
  signatures: (call, derived, context) => [...derived, ...madeSplit(call, context, 0, rangeLength(call))],
  localize: ({ g, call, inputs, outputTypes, perDevice }) => {
    const size = outputTypes[0]?.shape[0] as number;
    if (size === rangeLength(call)) return [g.op("Range", inputs)];
    const dtype = call.dtype(0);
    const first = perDevice(({ outputs: [box] }) => box?.start[0] as number);
    const places = g.op("Cast", [g.op("Add", [iota(g, size), first])], numberOf(dtype));
    return [g.op("Add", [g.op("Mul", [places, inputs[2] as string]), inputs[0] as string])];
  },
  evaluate: ({ call, inputs }) => {
    const [start = 0, , delta = 0] = inputs.map((x) => x?.data[0] as number);
    return [build(call.dtype(0), [rangeLength(call) as number], ([i]) => start + (i as number) * delta)];
  },
});

const dtypeByNumber = new Map(
  Object.entries(dataTypes).map(([name, [number]]) => [number, name as DataType]),
);

function eyeType(call: Call): DataType {
  if (call.attributes.dtype === undefined) return call.dtype(0);
  const dtype = dtypeByNumber.get(call.int("dtype") as 1);
  if (dtype === undefined) call.fail("bad-attribute", { name: "dtype", problem: "is no element type" });
  return dtype;
}

/** The layouts that an input may have of which only the shape matters. */
function anyLayout(call: Call): Sbp[] {
  return [broadcast, ...reductions.map(partial), ...call.shape(0).map((_, axis) => split(axis))];
}

const eyeLike = defineOp({
  name: "EyeLike",
  gradient: zeroGradient,
  doc: "Ones on diagonal `k` of a matrix of the input's shape, zeros elsewhere.",
  since: 9,
  inputs: [1, 1],
  fromShapes: true,
  infer: (call) => {
    if (call.rank(0) !== 2) call.failShape("the input must be a matrix");
    return [tensorType(eyeType(call), call.shape(0))];
  },
  signatures: (call, derived, context) => {
    const made: Signature[] = [
      ...derived,
      ...[0, 1].flatMap((axis) => madeSplit(call, context, axis, call.shape(0)[axis] as Dim)),
    ];
    return anyLayout(call).flatMap((held) =>
      made.map(({ outputs }) => signatureOf(call, { 0: held }, outputs)),
    );
  },
  localize: ({ g, call, outputTypes, perDevice }) => {
    const [rows, columns] = localDims(outputTypes[0]?.shape ?? []) as [number, number];
    const k = call.int("k", 0);
    // Row r of the shard has its one in column r + k + (first row - first column).
    const shift = perDevice(
      ({ outputs: [box] }) => k + (box?.start[0] as number) - (box?.start[1] as number),
    );
    const ones = g.op("Add", [g.constant(tensorData("i64", [rows, 1], range(rows))), shift]);
    return [g.op("Cast", [g.op("Equal", [ones, iota(g, columns)])], numberOf(eyeType(call)))];
  },
  evaluate: ({ call, inputs: [x] }) => {
    const k = call.int("k", 0);
    return [
      build(eyeType(call), (x as Dense).shape, ([r, c]) => ((c as number) - (r as number) === k ? 1 : 0)),
    ];
  },
});

/** The attributes of a Cast to `dtype`. */
function numberOf(dtype: DataType): { readonly to: number } {
  return { to: dataTypes[dtype][0] };
}

// --- Shape, Size, Constant

function shapeRange(call: Call): readonly Dim[] {
  const rank = call.rank(0);
  const bound = (value: number) => Math.min(Math.max(value < 0 ? value + rank : value, 0), rank);
  return call.shape(0).slice(bound(call.int("start", 0)), bound(call.int("end", rank)));
}

/** An operator that tells a vector or scalar of the input's global shape, whatever the input's layout. */
function ofShape(
  name: string,
  doc: string,
  since: number,
  scalarResult: boolean,
  tell: (call: Call) => readonly Dim[],
): OpDefinition {
  return defineOp({
    name,
    doc,
    since,
    inputs: [1, 1],
    gradient: discreteResults,
    fromShapes: true,
    infer: (call) => [tensorType("i64", scalarResult ? [] : [tell(call).length])],
    signatures: (call) =>
      anyLayout(call).flatMap((held) =>
        [broadcast, partial("sum")].map((told) => signatureOf(call, { 0: held }, told)),
      ),
    localize: ({ call, signature, perDevice }: LocalizeContext) => {
      const told = localDims(tell(call));
      const terms = (signature.outputs[0] ?? []).flatMap((sbp, axis) => (sbp.kind === "P" ? [axis] : []));
      return [
        perDevice(({ coordinates }) => {
          const own = terms.every((axis) => coordinates[axis] === 0) ? told : told.map(() => 0);
          return scalarResult ? (own[0] as number) : own;
        }),
      ];
    },
    evaluate: ({ call }) => {
      const told = localDims(tell(call));
      return [dense("i64", scalarResult ? [] : [told.length], told)];
    },
  });
}

/** The tensor that a Constant node holds in one of its attributes. */
function heldConstant(call: Call): TensorData {
  const { value, value_float, value_int, value_floats, value_ints } = call.attributes;
  if (typeof value === "object" && "tensor" in value) return value.tensor;
  if (value_float !== undefined) return scalar("f32", call.float("value_float"));
  if (value_int !== undefined) return scalar("i64", call.int("value_int"));
  if (value_ints !== undefined) {
    const values = call.ints("value_ints");
    return tensorData("i64", [values.length], values);
  }
  if (value_floats !== undefined) {
    const list =
      typeof value_floats === "object" && "floats" in value_floats
        ? value_floats.floats
        : call.ints("value_floats");
    return tensorData("f32", [list.length], list);
  }
  return call.fail("bad-attribute", { name: "value", problem: "must hold a tensor, a number or numbers" });
}

const constant = defineOp({
  name: "Constant",
  gradient: { none: "it has no inputs to differentiate by" },
  doc: "The tensor, number or numbers that an attribute holds.",
  since: 13,
  inputs: [0, 0],
  fromShapes: true,
  whole: "Constants are held whole on every device; a shard of one is cut where it is used.",
  infer: (call) => {
    const { dtype, shape } = heldConstant(call);
    return [tensorType(dtype, shape)];
  },
  evaluate: ({ call }) => {
    const held = heldConstant(call);
    return [dense(held.dtype, held.shape, toNumbers(held))];
  },
});

export const expandOps: readonly OpDefinition[] = [
  expand,
  tile,
  constantOfShape,
  rangeOp,
  eyeLike,
  ofShape("Shape", "The sizes of the input's axes from `start` to `end`.", 15, false, shapeRange),
  ofShape("Size", "The number of the input's elements.", 13, true, (call) => [dimProduct(call.shape(0))]),
  constant,
];
