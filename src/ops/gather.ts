/**
 * Operators that read at positions held in a tensor: Gather, GatherElements, GatherND and OneHot.
 *
 * Where the data are split along an axis that is read by position (a vocabulary), each device answers the positions that it
 * holds and leaves zeros for the others: the result is a sum. Negative positions count from the end of the whole axis.
 */
import { isKnown, type Dim } from "../ir/dim.ts";
import { tensorData, toNumbers } from "../ir/tensor-data.ts";
import { knownShape, tensorType } from "../ir/types.ts";
import type { ResolvedRule } from "../sbp/signature.ts";
import { product, range } from "../support/collections.ts";
import type { Call } from "./call.ts";
import type { AxisRange, Dense, Emitter } from "./contract.ts";
import { defineOp, type OpDefinition } from "./define.ts";
import { build, offsetOf, stridesOf } from "./dense.ts";
import { addSlices, firstGradient, reshapedTo, zerosOf } from "./gradients.ts";
import { checkIndices, elementsAxis, offsetOn, positions, wrapped } from "./indices.ts";
import {
  asInt64,
  clampInside,
  fromStart,
  isInputSplit,
  keepWhere,
  madeSplit,
  movedPartials,
  pickRows,
  remap,
} from "./movement.ts";

// --- Gather

const gatherAxis = (call: Call) => call.axis(call.int("axis", 0), call.rank(0));

/** The rows, where they are known and follow one another. */
function rowRun(call: Call): AxisRange | undefined {
  const axis = gatherAxis(call);
  const [size, indices] = [call.shape(0)[axis] as Dim, call.constant(1)];
  if (!isKnown(size) || indices === undefined) return undefined;
  const rows = [...toNumbers(indices)].map((index) => (index < 0 ? index + size : index));
  const start = rows[0];
  if (start === undefined || !rows.every((row, i) => row === start + i)) return undefined;
  return { axis, start, length: rows.length };
}

const gather = defineOp({
  name: "Gather",
  doc: "The slices of the data along `axis` at the given indices.",
  since: 13,
  inputs: [2, 2],
  moves: [0],
  selects: [0],
  axes: (call): ResolvedRule => {
    const axis = gatherAxis(call);
    const data = call.shape(0).map((_, i) => `d${i}`);
    const indices = call.shape(1).map((_, i) => `i${i}`);
    return {
      inputs: [data, indices],
      outputs: [[...data.slice(0, axis), ...indices, ...data.slice(axis + 1)]],
    };
  },
  partials: movedPartials,
  takes: (call) => {
    const run = rowRun(call);
    return run === undefined || call.rank(1) > 1
      ? undefined
      : [{ ...run, ...(call.rank(1) === 0 ? { drops: true } : {}) }];
  },
  gradient: firstGradient((g, dy, x, { call, inputs }) => {
    const axis = gatherAxis(call);
    const shape = knownShape(g.type(x));
    const count = product(knownShape(call.tensor(1)));
    const slices = reshapedTo(g, dy, shape.with(axis, count));
    const run = rowRun(call);
    if (run === undefined) return addSlices(g, slices, inputs[1] as string, axis, shape);
    const before = shape.map((_, i) => (i === axis ? run.start : 0));
    const after = shape.map((size, i) => (i === axis ? size - run.start - run.length : 0));
    return g.op("Pad", [slices, g.ints([...before, ...after])]);
  }),
  infer: (call) => {
    checkIndices(call, 1);
    const axis = gatherAxis(call);
    return [
      tensorType(call.dtype(0), [
        ...call.shape(0).slice(0, axis),
        ...call.shape(1),
        ...call.shape(0).slice(axis + 1),
      ]),
    ];
  },
  localize: (context) => {
    const { g, call, inputs } = context;
    const axis = gatherAxis(call);
    if (!isInputSplit(context, 0, axis)) return [g.op("Gather", inputs, call.attributes)];
    const index = positions(context, 1, call.shape(0)[axis] as number);
    return [pickRows(g, inputs[0] as string, g.op("Sub", [index, offsetOn(context, axis)]), axis)];
  },
  evaluate: ({ call, inputs }) => {
    const [x, at] = inputs as readonly [Dense, Dense];
    const axis = gatherAxis(call);
    const [strides, atStrides] = [stridesOf(x.shape), stridesOf(at.shape)];
    const last = axis + at.shape.length;
    return [
      remap(x, [...x.shape.slice(0, axis), ...at.shape, ...x.shape.slice(axis + 1)], (index) => {
        const row = wrapped(
          at.data[offsetOf(index.slice(axis, last), atStrides)] as number,
          x.shape[axis] as number,
        );
        return offsetOf([...index.slice(0, axis), row, ...index.slice(last)], strides);
      }),
    ];
  },
});

// --- GatherElements

const gatherElements = defineOp({
  name: "GatherElements",
  doc: "The element of the data at each place of the indices, its position on `axis` replaced by the index.",
  since: 13,
  inputs: [2, 2],
  selects: [0],
  axes: (call): ResolvedRule => {
    const axis = elementsAxis(call);
    // An axis of which the indices cover only a part has places on other devices than the data: it stays whole.
    const data = call
      .shape(0)
      .map((size, i) => (i === axis ? "v" : size === call.shape(1)[i] ? `d${i}` : null));
    const indices = data.map((factor, i) => (i === axis ? "i" : factor));
    return { inputs: [data, indices], outputs: [indices] };
  },
  partials: movedPartials,
  gradient: firstGradient((g, dy, x, { call, inputs }) => {
    const zeros = zerosOf(g, g.type(x).dtype, knownShape(g.type(x)));
    return g.op("ScatterElements", [zeros, inputs[1] as string, dy], {
      axis: elementsAxis(call),
      reduction: "add",
    });
  }),
  infer: (call) => {
    checkIndices(call, 1);
    const axis = elementsAxis(call);
    call.shape(1).forEach((size, i) => {
      const whole = call.shape(0)[i] as Dim;
      if (i !== axis && isKnown(size) && isKnown(whole) && size > whole) {
        call.failShape(`the indices have ${size} places on axis ${i}, the data ${whole}`);
      }
    });
    return [tensorType(call.dtype(0), call.shape(1))];
  },
  localize: (context) => {
    const { g, call, inputs } = context;
    const axis = elementsAxis(call);
    if (!isInputSplit(context, 0, axis)) return [g.op("GatherElements", inputs, call.attributes)];
    const x = inputs[0] as string;
    const index = g.op("Sub", [
      positions(context, 1, call.shape(0)[axis] as number),
      offsetOn(context, axis),
    ]);
    const { inside, safe } = clampInside(g, index, g.type(x).shape[axis] as number);
    return [keepWhere(g, inside, g.op("GatherElements", [x, safe], { axis }))];
  },
  evaluate: ({ call, inputs }) => {
    const [x, at] = inputs as readonly [Dense, Dense];
    const axis = elementsAxis(call);
    const [strides, atStrides] = [stridesOf(x.shape), stridesOf(at.shape)];
    return [
      remap(x, at.shape, (index) => {
        const row = wrapped(at.data[offsetOf(index, atStrides)] as number, x.shape[axis] as number);
        return offsetOf(index.with(axis, row), strides);
      }),
    ];
  },
});

// --- GatherND

/** Leading axes that data and indices share, then axes of the data that an index names. */
function ndAxes(call: Call): { readonly batch: number; readonly named: number } {
  const batch = call.int("batch_dims", 0);
  const [rank, indexRank] = [call.rank(0), call.rank(1)];
  const named = call.shape(1)[indexRank - 1];
  if (batch < 0 || batch >= Math.min(rank, indexRank)) {
    call.failShape(`batch_dims ${batch} must be less than ${Math.min(rank, indexRank)}`);
  }
  if (named === undefined || !isKnown(named) || named < 1 || batch + named > rank) {
    call.failShape(`an index must name 1 to ${rank - batch} axes`);
  }
  return { batch, named };
}

const gatherND = defineOp({
  name: "GatherND",
  doc: "The slices of the data at index vectors, which lie along the last axis of the indices.",
  since: 13,
  inputs: [2, 2],
  selects: [0],
  axes: (call): ResolvedRule => {
    const { batch, named } = ndAxes(call);
    const data = call.shape(0).map((_, i) => (i < batch ? `b${i}` : `d${i}`));
    const places = call.shape(1).slice(0, -1);
    const indices = places.map((_, i) => (i < batch ? `b${i}` : `i${i}`));
    return { inputs: [data, [...indices, null]], outputs: [[...indices, ...data.slice(batch + named)]] };
  },
  partials: movedPartials,
  gradient: firstGradient((g, dy, x, { call, inputs }) => {
    const { batch, named } = ndAxes(call);
    const shape = knownShape(g.type(x));
    const places = linearPlaces(g, inputs[1] as string, shape, batch, named);
    const [rows, rest] = [product(shape.slice(0, batch + named)), shape.slice(batch + named)];
    const count = product(knownShape(call.tensor(1)).slice(0, -1));
    const slices = reshapedTo(g, dy, [count, ...rest]);
    return reshapedTo(g, addSlices(g, slices, places, 0, [rows, ...rest]), shape);
  }),
  infer: (call) => {
    checkIndices(call, 1);
    const { batch, named } = ndAxes(call);
    for (let i = 0; i < batch; i++) {
      if (call.shape(0)[i] !== call.shape(1)[i]) {
        call.fail("shape-mismatch", {
          axis: i,
          left: call.shape(0)[i] as Dim,
          leftShape: `[${call.shape(0).join(", ")}]`,
          right: call.shape(1)[i] as Dim,
          rightShape: `[${call.shape(1).join(", ")}]`,
        });
      }
    }
    return [
      tensorType(call.dtype(0), [...call.shape(1).slice(0, -1), ...call.shape(0).slice(batch + named)]),
    ];
  },
  localize: (context) => {
    const { g, call, inputs, perDevice } = context;
    const { batch, named } = ndAxes(call);
    const axes = Array.from({ length: named }, (_, i) => batch + i);
    if (!axes.some((axis) => isInputSplit(context, 0, axis)))
      return [g.op("GatherND", inputs, call.attributes)];
    const x = inputs[0] as string;
    const starts = perDevice(({ inputs: [box] }) => axes.map((axis) => box?.start[axis] as number));
    const whole = axes.map((axis) => call.shape(0)[axis] as number);
    const local = axes.map((axis) => g.type(x).shape[axis] as number);
    const index = g.op("Sub", [fromStartOf(g, asInt64(g, inputs[1] as string), whole), starts]);
    const low = g.op("GreaterOrEqual", [index, g.ints(0)]);
    const each = g.op("And", [low, g.op("Less", [index, g.ints(local)])]);
    const safe = g.op("Where", [each, index, g.ints(0)]);
    const count = g.op("ReduceSum", [g.op("Cast", [each], { to: 7 }), g.ints([-1])], { keepdims: 0 });
    const inside = g.op("Equal", [count, g.ints(named)]);
    const trailing = call.rank(0) - batch - named;
    return [keepWhere(g, inside, g.op("GatherND", [x, safe], call.attributes), trailing)];
  },
  evaluate: ({ call, inputs }) => {
    const [x, at] = inputs as readonly [Dense, Dense];
    const { batch, named } = ndAxes(call);
    const [strides, atStrides] = [stridesOf(x.shape), stridesOf(at.shape)];
    const places = at.shape.length - 1;
    return [
      remap(x, [...at.shape.slice(0, -1), ...x.shape.slice(batch + named)], (index) => {
        const start = offsetOf([...index.slice(0, places), 0], atStrides);
        const vector = Array.from({ length: named }, (_, j) =>
          wrapped(at.data[start + j] as number, x.shape[batch + j] as number),
        );
        return offsetOf([...index.slice(0, batch), ...vector, ...index.slice(places)], strides);
      }),
    ];
  },
});

/**
 * Index vectors along the last axis of `indices`, into the `named` axes of `shape` behind `batch` that both share, as places among
 * the rows that all these axes make together: one i64 per vector.
 */
function linearPlaces(
  g: Emitter,
  indices: string,
  shape: readonly number[],
  batch: number,
  named: number,
): string {
  const sizes = shape.slice(batch, batch + named);
  const given = asInt64(g, indices);
  if (batch === 0 && named === 1) return given;
  const strides = stridesOf(sizes);
  const scaled = g.op("Mul", [fromStartOf(g, given, sizes), g.ints(strides)]);
  const within = g.op("ReduceSum", [scaled, g.ints([-1])], { keepdims: 0 });
  if (batch === 0) return within;
  const [samples, rank] = [shape.slice(0, batch), g.type(within).shape.length];
  const firsts = range(product(samples)).map((i) => i * product(sizes));
  const shaped = [...samples, ...range(rank - batch).map(() => 1)];
  return g.op("Add", [within, g.constant(tensorData("i64", shaped, firsts))]);
}

/** As `fromStart`, for index vectors along the last axis into axes of these sizes. */
function fromStartOf(g: Emitter, indices: string, sizes: readonly number[]): string {
  const negative = g.op("Less", [indices, g.ints(0)]);
  return g.op("Where", [negative, g.op("Add", [indices, g.ints(sizes)]), indices]);
}

// --- OneHot

const oneHotAxis = (call: Call) => call.axis(call.int("axis", -1), call.rank(0) + 1);

function oneHotDepth(call: Call): number {
  const depth = call.constantInts(1, "depth")?.[0];
  if (depth === undefined || depth < 1) call.failShape("depth must be one positive number");
  return depth;
}

const oneHot = defineOp({
  name: "OneHot",
  doc: "A new axis of `depth` elements: the on-value where it counts to the index, the off-value elsewhere.",
  since: 11,
  inputs: [3, 3],
  axes: (call): ResolvedRule => {
    const axis = oneHotAxis(call);
    const indices = call.shape(0).map((_, i) => `i${i}`);
    return {
      inputs: [indices, call.shape(1).map(() => null), [null]],
      outputs: [[...indices.slice(0, axis), null, ...indices.slice(axis)]],
    };
  },
  // Every result is one of the two values.
  partials: { linear: [[2]], monotone: [{ inputs: [2], direction: "up" }] },
  infer: (call) => {
    if (call.rank(0) === 0) call.failShape("indices must have at least one axis");
    if (call.rank(2) !== 1 || (isKnown(call.shape(2)[0] as Dim) && call.shape(2)[0] !== 2)) {
      call.failShape("values must be the vector of off-value and on-value");
    }
    return [tensorType(call.dtype(2), call.shape(0).toSpliced(oneHotAxis(call), 0, oneHotDepth(call)))];
  },
  gradient: ({ g, call, inputs, gradients, wanted }) => {
    if (wanted[2] !== true) return [null, null, null];
    const dy = gradients[0] as string;
    const { dtype } = g.type(dy);
    const range01 = g.constant(tensorData(dtype, [2], [0, 1]));
    const hot = g.op("OneHot", [inputs[0] as string, inputs[1] as string, range01], call.attributes);
    const total = (value: string) => reshapedTo(g, g.op("ReduceSum", [value], { keepdims: 0 }), [1]);
    const on = total(g.op("Mul", [dy, hot]));
    return [null, null, g.op("Concat", [g.op("Sub", [total(dy), on]), on], { axis: 0 })];
  },
  signatures: (call, derived, context) => {
    const axis = oneHotAxis(call);
    return [...derived, ...madeSplit(call, context, axis, oneHotDepth(call))];
  },
  localize: (context) => {
    const { g, call, inputs, perDevice, outputTypes } = context;
    const axis = oneHotAxis(call);
    const size = outputTypes[0]?.shape[axis] as number;
    if (size === oneHotDepth(call)) return [g.op("OneHot", inputs, call.attributes)];
    const index = fromStart(g, asInt64(g, inputs[0] as string), oneHotDepth(call));
    const first = perDevice(({ outputs: [box] }) => box?.start[axis] as number);
    // An index of another device becomes one past the last: off everywhere. A negative one would count from the local end.
    const { safe } = clampInside(g, g.op("Sub", [index, first]), size, size);
    return [g.op("OneHot", [safe, g.ints(size), inputs[2] as string], { axis })];
  },
  evaluate: ({ call, inputs }) => {
    const [indices, , values] = inputs as readonly [Dense, Dense, Dense];
    const axis = oneHotAxis(call);
    const depth = oneHotDepth(call);
    const strides = stridesOf(indices.shape);
    return [
      build(values.dtype, indices.shape.toSpliced(axis, 0, depth), (index) => {
        const hot = wrapped(indices.data[offsetOf(index.toSpliced(axis, 1), strides)] as number, depth);
        return values.data[hot === index[axis] ? 1 : 0] as number;
      }),
    ];
  },
});

export const gatherOps: readonly OpDefinition[] = [gather, gatherElements, gatherND, oneHot];
