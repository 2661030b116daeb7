/**
 * Operators that move rows along one axis by a number that every sample has of its own: ReverseSequence, TensorScatter.
 *
 * Where the axis that TensorScatter writes along is split, each device takes what lies in its shard:
 *
 *   cache [4, 2, 12, 8] S(2)   update [4, 2, 3, 8] B   write_indices [4] B   ->   cache S(2)
 */
import { isKnown, mayBeEqual, shapesMayBeEqual, type Dim } from "../ir/dim.ts";
import { split } from "../ir/layout.ts";
import type { ResolvedRule } from "../sbp/signature.ts";
import type { Call } from "./call.ts";
import type { Dense, LocalizeContext } from "./contract.ts";
import { defineOp, type OpDefinition } from "./define.ts";
import { build, forEachIndex, offsetOf, stridesOf } from "./dense.ts";
import { firstGradient } from "./gradients.ts";
import { checkIndices, offsetOn } from "./indices.ts";
import {
  clampInside,
  factorsBut,
  iota,
  isInputSplit,
  localDims,
  movedPartials,
  partialSet,
  signatureOf,
  unitsAmong,
} from "./movement.ts";

// --- ReverseSequence

function sequenceAxes(call: Call): { readonly batch: number; readonly time: number } {
  const [batch, time] = [call.int("batch_axis", 1), call.int("time_axis", 0)];
  if (batch + time !== 1 || batch * time !== 0)
    call.fail("bad-attribute", {
      name: "time_axis",
      problem: `and batch_axis must be 0 and 1, not ${time} and ${batch}`,
    });
  return { batch, time };
}

const reverseSequence = defineOp({
  name: "ReverseSequence",
  doc: "Every sample's first elements along the time axis, as many as its length says, in reverse order.",
  since: 10,
  inputs: [2, 2],
  axes: (call): ResolvedRule => {
    const { batch, time } = sequenceAxes(call);
    const factors = factorsBut(call.rank(0), time);
    return { inputs: [factors, [factors[batch] ?? null]], outputs: [factors] };
  },
  partials: movedPartials,
  gradient: firstGradient((g, dy, _, { call, inputs }) =>
    g.op("ReverseSequence", [dy, inputs[1] as string], call.attributes),
  ),
  infer: (call) => {
    checkIndices(call, 1);
    const { batch } = sequenceAxes(call);
    if (call.rank(0) < 2) call.failShape("the input must have at least two axes");
    if (call.rank(1) !== 1) call.failShape("the lengths must be a line");
    const [samples, count] = [call.shape(0)[batch] as Dim, call.shape(1)[0] as Dim];
    if (!mayBeEqual(samples, count)) call.failShape(`${samples} samples need as many lengths`);
    return [call.tensor(0)];
  },
  evaluate: ({ call, inputs }) => {
    const [x, lengths] = inputs as readonly [Dense, Dense];
    const { batch, time } = sequenceAxes(call);
    const strides = stridesOf(x.shape);
    return [
      build(x.dtype, x.shape, (index) => {
        const [length, at] = [lengths.data[index[batch] as number] as number, index[time] as number];
        return x.data[offsetOf(index.with(time, at < length ? length - 1 - at : at), strides)] as number;
      }),
    ];
  },
});

// --- TensorScatter

function writtenAxis(call: Call): number {
  const axis = call.axis(call.int("axis", -2), call.rank(0));
  if (axis === 0) call.fail("bad-attribute", { name: "axis", problem: "is the batch axis" });
  return axis;
}

function isCircular(call: Call): boolean {
  const mode = call.string("mode", "linear");
  if (mode !== "linear" && mode !== "circular")
    call.fail("bad-attribute", { name: "mode", problem: `must be linear or circular, not ${mode}` });
  return mode === "circular";
}

const tensorScatter = defineOp({
  name: "TensorScatter",
  gradient: { none: "it writes into a cache of past steps, which is of inference" },
  doc: "A cache with rows of an update written along `axis`, in every sample from its own index on.",
  since: 24,
  inputs: [2, 3],
  axes: (call): ResolvedRule => {
    const factors = factorsBut(call.rank(0), writtenAxis(call));
    return { inputs: [factors, factors, call.has(2) ? [factors[0] ?? null] : null], outputs: [factors] };
  },
  infer: (call) => {
    const axis = writtenAxis(call);
    isCircular(call);
    const [cache, update] = [call.shape(0), call.shape(1)];
    if (cache.length !== update.length || !shapesMayBeEqual(cache, update.with(axis, cache[axis] as Dim)))
      call.failShape(`cache and update may differ on axis ${axis} alone`);
    const [room, rows] = [cache[axis] as Dim, update[axis] as Dim];
    if (isKnown(room) && isKnown(rows) && rows > room) call.failShape(`${rows} rows do not fit into ${room}`);
    if (call.dtype(1) !== call.dtype(0))
      call.fail("dtype-mismatch", { problem: "the element types differ", types: call.printShapes() });
    if (call.has(2)) {
      checkIndices(call, 2);
      if (!shapesMayBeEqual(call.shape(2), [cache[0] as Dim]))
        call.failShape("every sample needs one write index");
    }
    return [call.tensor(0)];
  },
  signatures: (call, derived, context) => {
    const axis = writtenAxis(call);
    return [
      ...derived,
      ...partialSet(call, [0, 1], ["sum"]),
      ...[[0], [1], [0, 1]].flatMap((set) => partialSet(call, set, ["max", "min"])),
      ...unitsAmong(context, [["input", 0, axis]]).map((unit) =>
        signatureOf(call, { 0: split(axis, unit) }, split(axis, unit)),
      ),
    ];
  },
  localize: (context) => {
    const { g, call, inputs } = context;
    const axis = writtenAxis(call);
    return isInputSplit(context, 0, axis)
      ? [ownRows(context, axis)]
      : [g.op("TensorScatter", inputs, { ...call.attributes, axis })];
  },
  evaluate: ({ call, inputs }) => {
    const [cache, update, starts] = inputs as readonly [Dense, Dense, Dense | null | undefined];
    const axis = writtenAxis(call);
    const [size, wraps] = [cache.shape[axis] as number, isCircular(call)];
    const out = { ...cache, data: cache.data.slice() };
    const strides = stridesOf(cache.shape);
    forEachIndex(update.shape, (index, flat) => {
      const row = (starts?.data[index[0] as number] ?? 0) + (index[axis] as number);
      if (!wraps && (row < 0 || row >= size)) call.failShape(`row ${row} of ${size} is written`);
      const target = index.with(axis, ((row % size) + size) % size);
      out.data[offsetOf(target, strides)] = update.data[flat] as number;
    });
    return [out];
  },
});

/** The shard's rows: each comes from the update where one of its rows falls on it, else it stays. */
function ownRows(context: LocalizeContext, axis: number): string {
  const { g, call, inputs } = context;
  const [cache, update, starts] = inputs as readonly [string, string, string | null | undefined];
  const shape = localDims(g.type(cache).shape);
  const aligned = (value: string, at: number, size: number) =>
    g.op("Reshape", [value, g.ints(shape.map((_, i) => (i === at ? size : 1)))]);
  const rows = shape[axis] as number;
  const global = aligned(g.op("Add", [iota(g, rows), offsetOn(context, axis)]), axis, rows);
  const moved = starts == null ? global : g.op("Sub", [global, aligned(starts, 0, shape[0] as number)]);
  const from = isCircular(call) ? g.op("Mod", [moved, g.ints(call.shape(0)[axis] as number)]) : moved;
  const { inside, safe } = clampInside(g, from, g.type(update).shape[axis] as number);
  const source = g.op("Expand", [safe, g.ints(shape)]);
  return g.op("Where", [inside, g.op("GatherElements", [update, source], { axis }), cache]);
}

export const perSampleOps: readonly OpDefinition[] = [reverseSequence, tensorScatter];
