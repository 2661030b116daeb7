/** Operators along an ordered axis: TopK, CumSum, CumProd, Trilu, NonZero. */
import { isKnown, type Dim } from "../ir/dim.ts";
import { knownShape, tensorType } from "../ir/types.ts";
import { toNumbers } from "../ir/tensor-data.ts";
import type { ResolvedRule } from "../sbp/signature.ts";
import type { Call } from "./call.ts";
import type { Dense, OpDeclaration } from "./contract.ts";
import { defineOp, inputElements, type OpDefinition } from "./define.ts";
import { build, dense, filled, forEachIndex, mapLines, offsetOf, stridesOf, wrapInteger } from "./dense.ts";
import { discreteResults, firstGradient, zerosOf } from "./gradients.ts";
import { dataDependentDim, factorsBut, isInputSplit, movedPartials } from "./movement.ts";

// --- TopK

function topK(call: Call): { readonly axis: number; readonly k: number } {
  const axis = call.axis(call.int("axis", -1), call.rank(0));
  const k = call.constantInts(1, "K")?.[0];
  const size = call.shape(0)[axis] as Dim;
  if (k === undefined || k < 0 || (isKnown(size) && k > size))
    call.failShape(`K is ${k}, axis ${axis} has ${size} elements`);
  return { axis, k };
}

const topKOp = defineOp({
  name: "TopK",
  doc: "The K largest (or smallest) elements along `axis`, and where they are; of equal ones the first.",
  since: 11,
  inputs: [2, 2],
  outputs: 2,
  axes: (call): ResolvedRule => {
    const factors = factorsBut(call.rank(0), topK(call).axis);
    return { inputs: [factors, [null]], outputs: [factors, factors] };
  },
  infer: (call) => {
    const { axis, k } = topK(call);
    const shape = call.shape(0).with(axis, k);
    return [tensorType(call.dtype(0), shape), tensorType("i64", shape)];
  },
  gradient: firstGradient((g, dy, x, { call, output }) => {
    const zeros = zerosOf(g, g.type(x).dtype, knownShape(g.type(x)));
    return g.op("ScatterElements", [zeros, output(1), dy], { axis: topK(call).axis });
  }),
  // About a comparison per element and doubling of K.
  flops: (call) => inputElements(call, 0) * Math.max(1, Math.ceil(Math.log2(topK(call).k + 1))),
  evaluate: ({ call, inputs: [input] }) => {
    const x = input as Dense;
    const { axis, k } = topK(call);
    const sign = call.int("largest", 1) === 1 ? -1 : 1;
    const strides = stridesOf(x.shape);
    const [size, step] = [x.shape[axis] as number, strides[axis] as number];
    const values = filled(x.dtype, x.shape.with(axis, k), 0);
    const places = filled("i64", values.shape, 0);
    const outStrides = stridesOf(values.shape);
    forEachIndex(values.shape.with(axis, 1), (index) => {
      const [from, to] = [offsetOf(index, strides), offsetOf(index, outStrides)];
      const at = (i: number) => x.data[from + i * step] as number;
      const order = Array.from({ length: size }, (_, i) => i).sort((a, b) => sign * (at(a) - at(b)) || a - b);
      for (let i = 0; i < k; i++) {
        values.data[to + i * (outStrides[axis] as number)] = at(order[i] as number);
        places.data[to + i * (outStrides[axis] as number)] = order[i] as number;
      }
    });
    return [values, places];
  },
});

// --- CumSum, CumProd

/** Undefined where only execution tells. */
function runningAxis(call: Call): number | undefined {
  if (call.constant(1) === undefined) return undefined;
  return call.axis(call.constantInts(1, "axis")?.[0] ?? 0, call.rank(0));
}

/** An operator that runs along an axis combining what it meets. */
function running(
  declaration: Pick<OpDeclaration, "name" | "doc" | "since" | "partials" | "gradient">,
  start: number,
  combine: (total: number, next: number) => number,
): OpDefinition {
  return defineOp({
    ...declaration,
    inputs: [2, 2],
    // The axis itself stays whole: a shard would have to know the results of the shards before it.
    axes: (call): ResolvedRule => {
      const axis = runningAxis(call);
      const factors = axis === undefined ? call.shape(0).map(() => null) : factorsBut(call.rank(0), axis);
      return { inputs: [factors, call.shape(1).map(() => null)], outputs: [factors] };
    },
    infer: (call) => {
      runningAxis(call);
      return [call.tensor(0)];
    },
    flops: (call) => inputElements(call, 0),
    evaluate: ({ call, inputs: [x] }) => {
      const exclusive = call.int("exclusive", 0) === 1;
      const reverse = call.int("reverse", 0) === 1;
      return [
        mapLines(x as Dense, runningAxis(call) ?? 0, (line) => {
          const results = new Float64Array(line.length);
          let total = start;
          for (let step = 0; step < line.length; step++) {
            const i = reverse ? line.length - 1 - step : step;
            if (exclusive) results[i] = total;
            total = wrapInteger(call.dtype(0), combine(total, line[i] as number));
            if (!exclusive) results[i] = total;
          }
          return results;
        }),
      ];
    },
  });
}

const cumSum = running(
  {
    name: "CumSum",
    doc: "Running sums along an axis; `exclusive` leaves out the element itself, `reverse` runs from the end.",
    since: 14,
    partials: { linear: [[0]] },
    gradient: firstGradient((g, dy, _, { call, inputs }) =>
      g.op("CumSum", [dy, inputs[1] as string], {
        exclusive: call.int("exclusive", 0),
        reverse: 1 - call.int("reverse", 0),
      }),
    ),
  },
  0,
  (total, next) => total + next,
);

const cumProd = running(
  {
    name: "CumProd",
    doc: "Running products along an axis; `exclusive` leaves out the element itself, `reverse` runs from the end.",
    since: 26,
    gradient: { none: "its derivative divides by the elements, which may be zero" },
  },
  1,
  (total, next) => total * next,
);

// --- Trilu

const trilu = defineOp({
  name: "Trilu",
  doc: "The matrices on the last two axes with what lies below (or above) diagonal `k` set to zero.",
  since: 14,
  inputs: [1, 2],
  axes: (call): ResolvedRule => {
    const factors = factorsBut(call.rank(0), -1);
    return { inputs: [factors, call.has(1) ? call.shape(1).map(() => null) : null], outputs: [factors] };
  },
  partials: movedPartials,
  infer: (call) => {
    if (call.rank(0) < 2) call.failShape("the input must have at least two axes");
    return [call.tensor(0)];
  },
  gradient: firstGradient((g, dy, _, { call, inputs }) =>
    g.op("Trilu", [dy, ...inputs.slice(1)], call.attributes),
  ),
  localize: (context) => {
    const { g, call, inputs, perDevice } = context;
    const [row, column] = [call.rank(0) - 2, call.rank(0) - 1];
    if (!isInputSplit(context, 0, row) && !isInputSplit(context, 0, column)) {
      return [g.op("Trilu", inputs, call.attributes)];
    }
    // Row r of the shard is row r + first row of the whole: seen from there, the diagonal lies elsewhere.
    const shift = ({
      inputs: [box],
    }: {
      readonly inputs: readonly ({ readonly start: readonly number[] } | null)[];
    }) => (box?.start[row] as number) - (box?.start[column] as number);
    const k = call.constant(1);
    if (!call.has(1) || k !== undefined) {
      const diagonal = k === undefined ? 0 : (toNumbers(k)[0] as number);
      return [
        g.op(
          "Trilu",
          [inputs[0] as string, perDevice((device) => diagonal + shift(device))],
          call.attributes,
        ),
      ];
    }
    const moved = g.op("Add", [inputs[1] as string, perDevice(shift)]);
    return [g.op("Trilu", [inputs[0] as string, moved], call.attributes)];
  },
  evaluate: ({ call, inputs: [x, k] }) => {
    const { dtype, shape, data } = x as Dense;
    const diagonal = k?.data[0] ?? 0;
    const upper = call.int("upper", 1) === 1;
    return [
      build(dtype, shape, (index, flat) => {
        const [row, column] = index.slice(-2) as [number, number];
        const kept = upper ? column - row >= diagonal : column - row <= diagonal;
        return kept ? (data[flat] as number) : 0;
      }),
    ];
  },
});

// --- NonZero

const nonZero = defineOp({
  name: "NonZero",
  gradient: discreteResults,
  doc: "The indices of the elements that are not zero, one column each.",
  since: 13,
  inputs: [1, 1],
  whole:
    "How many indices a shard gives depends on its elements, so the result has no shape that could be split.",
  infer: (call) => [tensorType("i64", [call.rank(0), dataDependentDim(call, "count")])],
  evaluate: ({ inputs: [input] }) => {
    const { shape, data } = input as Dense;
    const found: number[][] = [];
    forEachIndex(shape, (index, flat) => {
      if (data[flat] !== 0) found.push([...index]);
    });
    const rows = shape.map((_, axis) => found.map((index) => index[axis] as number));
    return [dense("i64", [shape.length, found.length], rows.flat())];
  },
});

export const orderOps: readonly OpDefinition[] = [topKOp, cumSum, cumProd, trilu, nonZero];
