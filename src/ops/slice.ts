/** Operators that take a window of the index space, or surround it: Slice and Pad. */
import { dimAdd, dimCeilDiv, dimSub, isKnown, type Dim } from "../ir/dim.ts";
import { knownShape, tensorType } from "../ir/types.ts";
import type { ResolvedRule } from "../sbp/signature.ts";
import { toNumbers } from "../ir/tensor-data.ts";
import type { Call } from "./call.ts";
import { range } from "../support/collections.ts";
import type { Dense, Emitter, GradientContext, LocalizeContext } from "./contract.ts";
import { defineOp, type OpDefinition } from "./define.ts";
import { offsetOf, stridesOf } from "./dense.ts";
import { addSlices, firstGradient, reshapedTo } from "./gradients.ts";
import {
  blockSplits,
  dataDependentDim,
  movedPartials,
  partialSet,
  pickRows,
  remap,
  subsets,
} from "./movement.ts";

// --- Slice

/** What a Slice takes of one axis: elements start, start + step, …, `length` of them. */
interface Cut {
  readonly axis: number;
  readonly start: number;
  readonly step: number;
  readonly length: Dim;
}

/** Bounds from here on mean "to the end": exporters write the largest integer of 32 or 64 bits. */
const unbounded = 2 ** 31 - 1;

/** The cuts of every sliced axis; undefined where they are not known at compile time. */
function cutsOf(call: Call): readonly Cut[] | undefined {
  const axes = slicedAxes(call);
  const [starts, ends] = [call.constant(1), call.constant(2)];
  if (starts === undefined || ends === undefined) return undefined;
  const [from, to] = [toNumbers(starts), toNumbers(ends)];
  const steps = call.constantInts(4, "steps") ?? axes.map(() => 1);
  if (from.length !== axes.length || to.length !== axes.length || steps.length !== axes.length) {
    call.failShape(
      `${from.length} starts, ${to.length} ends and ${steps.length} steps for ${axes.length} axes`,
    );
  }
  return axes.map((axis, i) => {
    const step = steps[i] as number;
    if (step === 0) call.failShape("a step is 0");
    return cutOf(call, axis, from[i] as number, to[i] as number, step);
  });
}

function slicedAxes(call: Call): readonly number[] {
  const given = call.constantInts(3, "axes");
  if (given === undefined) {
    const count = call.shape(1)[0];
    if (call.rank(1) !== 1 || count === undefined || !isKnown(count) || count > call.rank(0)) {
      call.failShape("starts must be a vector with at most one element per axis");
    }
    return Array.from({ length: count }, (_, i) => i);
  }
  const axes = given.map((axis) => call.axis(axis, call.rank(0)));
  if (new Set(axes).size < axes.length) call.failShape(`axes [${axes.join(", ")}] name an axis twice`);
  return axes;
}

/**
 * Of an axis whose size is a symbol, bounds are taken to lie within it, which binding the symbol later confirms or corrects
 * (types are inferred anew); what then still depends on the order of bounds is left open.
 */
function cutOf(call: Call, axis: number, start: number, end: number, step: number): Cut {
  const size = call.shape(0)[axis] as Dim;
  if (isKnown(size)) {
    const [lowest, highest] = step > 0 ? [0, size] : [-1, size - 1];
    const bound = (value: number, low: number) =>
      Math.min(Math.max(value < 0 ? value + size : value, low), highest);
    const first = bound(start, 0);
    const last = bound(end, lowest);
    return { axis, start: first, step, length: Math.max(0, Math.ceil((last - first) / step)) };
  }
  if (step < 0) {
    const whole = start >= unbounded && end <= -unbounded;
    return { axis, start: 0, step, length: whole ? dimCeilDiv(size, -step) : dataDependentDim(call, axis) };
  }
  const length = spanOf(size, start, end);
  return {
    axis,
    start: Math.max(start, 0),
    step,
    length: dimCeilDiv(isKnown(length) ? Math.max(0, length) : length, step),
  };
}

function spanOf(size: Dim, start: number, end: number): Dim {
  if (start < 0 === end < 0 && end < unbounded) return end - start;
  const last = end >= unbounded ? size : end < 0 ? dimAdd(size, end) : end;
  const first = start < 0 ? dimAdd(size, start) : start;
  return dimSub(last, first);
}

/** Whether the cut leaves its axis as it is. */
function isWhole(call: Call, cut: Cut): boolean {
  return cut.step === 1 && cut.start === 0 && cut.length === call.shape(0)[cut.axis];
}

/**
 * Whether the cut takes one element out of every block of `step`, the last (perhaps short) block included. Then blocks of
 * `step` elements correspond to single elements of the result, and every shard of whole blocks slices itself.
 */
function isStrided(call: Call, { axis, start, step, length }: Cut): boolean {
  const size = call.shape(0)[axis] as Dim;
  return isKnown(size) && step > 1 && start < step && length === Math.ceil(size / step);
}

function slicedShape(call: Call): readonly Dim[] {
  const cuts = cutsOf(call);
  const shape = [...call.shape(0)];
  if (cuts === undefined) for (const axis of slicedAxes(call)) shape[axis] = dataDependentDim(call, axis);
  for (const { axis, length } of cuts ?? []) shape[axis] = length;
  return shape;
}

/**
 * On an axis whose splits the cut respects, a device slices its own blocks. On one that becomes partial it picks the elements
 * of the result that it holds and leaves zeros for the others, so that the result is a sum; the picking is by index, so that
 * shapes do not depend on the device.
 */
function localizeSlice({
  g,
  call,
  inputs,
  signature,
  outputTypes,
  perDevice,
}: LocalizeContext): readonly string[] {
  const becomesPartial = (axis: number) =>
    (signature.inputs[0] ?? []).some(
      (sbp, i) => sbp.kind === "S" && sbp.axis === axis && signature.outputs[0]?.[i]?.kind === "P",
    );
  let value = inputs[0] as string;
  const cuts = (cutsOf(call) ?? []).filter((cut) => !isWhole(call, cut));
  const own = cuts.filter((cut) => !becomesPartial(cut.axis));
  if (own.length > 0) {
    const lengths = own.map(({ axis }) => outputTypes[0]?.shape[axis] as number);
    const ends = own.map(({ start, step }, i) => {
      const end = start + (lengths[i] as number) * step;
      // Before the first element; from -1 on, negative bounds count from the end.
      return end < 0 ? -unbounded : end;
    });
    const column = (f: (cut: Cut) => number) => g.ints(own.map(f));
    value = g.op("Slice", [
      value,
      column((cut) => cut.start),
      g.ints(ends),
      column((cut) => cut.axis),
      column((cut) => cut.step),
    ]);
  }
  for (const { axis, start, step } of cuts.filter((cut) => becomesPartial(cut.axis))) {
    const length = outputTypes[0]?.shape[axis] as number;
    const first = perDevice(
      ({ inputs: [from], outputs: [to] }) =>
        start + (to?.start[axis] as number) * step - (from?.start[axis] as number),
    );
    const steps = g.ints(Array.from({ length }, (_, i) => i * step));
    value = pickRows(g, value, g.op("Add", [steps, first]), axis);
  }
  return [value];
}

const slice = defineOp({
  name: "Slice",
  doc: "Elements from `starts` to `ends` in `steps` along `axes`; negative bounds count from the end.",
  since: 13,
  inputs: [3, 5],
  moves: [0],
  selects: [0],
  axes: (call): ResolvedRule => {
    const cuts = cutsOf(call);
    const changed = cuts?.filter((cut) => !isWhole(call, cut)).map((cut) => cut.axis) ?? slicedAxes(call);
    // Partial where a device holds a part of what is wanted and can tell which. Not where whole blocks can be dealt: what an
    // inner mesh axis then splits is not a shard of the result.
    const partials = cuts?.filter((cut) => !isStrided(call, cut)).map((cut) => cut.axis) ?? [];
    const axes = call.shape(0).map((_, axis) => axis);
    return {
      inputs: [
        axes.map((axis) => (changed.includes(axis) && !partials.includes(axis) ? null : `a${axis}`)),
        ...call.inputs.slice(1).map((type) => (type === null ? null : [null])),
      ],
      outputs: [axes.map((axis) => (changed.includes(axis) ? null : `a${axis}`))],
    };
  },
  partials: movedPartials,
  infer: (call) => [tensorType(call.dtype(0), slicedShape(call))],
  signatures: (call, derived, context) => {
    const strided = (cutsOf(call) ?? []).filter((cut) => isStrided(call, cut));
    return [...derived, ...strided.flatMap(({ axis, step }) => blockSplits(call, context, axis, step, 1))];
  },
  takes: (call) => {
    const cuts = cutsOf(call)?.filter((cut) => !isWhole(call, cut)) ?? [];
    const [cut] = cuts;
    if (cut === undefined || cuts.length > 1 || cut.step !== 1 || !isKnown(cut.length)) return undefined;
    return isKnown(call.shape(0)[cut.axis] as Dim)
      ? [{ axis: cut.axis, start: cut.start, length: cut.length }]
      : undefined;
  },
  localize: localizeSlice,
  gradient: firstGradient(sliceGradient),
  evaluate: ({ call, inputs }) => {
    const x = inputs[0] as Dense;
    const strides = stridesOf(x.shape);
    const steps = [...strides];
    let origin = 0;
    for (const { axis, start, step } of cutsOf(call) ?? []) {
      origin += start * (strides[axis] as number);
      steps[axis] = step * (strides[axis] as number);
    }
    return [remap(x, slicedShape(call) as readonly number[], (index) => origin + offsetOf(index, steps))];
  },
});

/** The gradient put back where the elements were taken, zeros between and around. */
function sliceGradient(g: Emitter, dy: string, _: string, { call, refuse }: GradientContext): string {
  const cuts = cutsOf(call)?.filter((cut) => !isWhole(call, cut));
  if (cuts === undefined) return refuse("its bounds are not known at compile time");
  const shape = knownShape(call.tensor(0));
  const turned = cuts.filter(({ step }) => step < 0).map(({ axis }) => axis);
  const each = (value: number) => g.ints(turned.map(() => value));
  let value = dy;
  if (turned.length > 0) value = g.op("Slice", [value, each(-1), each(-unbounded), g.ints(turned), each(-1)]);
  const [before, after] = [shape.map(() => 0), shape.map(() => 0)];
  for (const { axis, start, step, length } of cuts) {
    const [count, stride] = [length as number, Math.abs(step)];
    const first = step > 0 ? start : start + (count - 1) * step;
    const width = count > 1 ? stride : 1;
    if (width > 1) value = spread(g, value, axis, width);
    before[axis] = first;
    after[axis] = (shape[axis] as number) - first - count * width;
  }
  return padded(g, value, before, after);
}

/** Every element along `axis` followed by `step` - 1 zeros. */
function spread(g: Emitter, x: string, axis: number, step: number): string {
  const shape = knownShape(g.type(x));
  const single = g.op("Reshape", [x, g.ints(shape.toSpliced(axis + 1, 0, 1))]);
  const none = [...shape, 0].map(() => 0);
  const wide = padded(g, single, none, none.with(axis + 1, step - 1));
  return g.op("Reshape", [wide, g.ints(shape.with(axis, (shape[axis] as number) * step))]);
}

/** Zeros added before and after every axis; elements removed where the number is negative. */
function padded(g: Emitter, x: string, before: readonly number[], after: readonly number[]): string {
  return [...before, ...after].every((n) => n === 0) ? x : g.op("Pad", [x, g.ints([...before, ...after])]);
}

// --- Pad

/** Elements added before and after every axis (removed where negative); undefined where not known at compile time. */
function padsOf(call: Call): { before: number[]; after: number[] } | undefined {
  const rank = call.rank(0);
  const pads = call.constant(1);
  if (pads === undefined) return undefined;
  const axes =
    call.constantInts(3, "axes")?.map((axis) => call.axis(axis, rank)) ??
    Array.from({ length: rank }, (_, i) => i);
  const amounts = toNumbers(pads);
  if (amounts.length !== 2 * axes.length) call.failShape(`${amounts.length} pads for ${axes.length} axes`);
  const before = Array.from({ length: rank }, () => 0);
  const after = [...before];
  axes.forEach((axis, i) => {
    before[axis] = amounts[i] as number;
    after[axis] = amounts[axes.length + i] as number;
  });
  return { before, after };
}

const padModes = ["constant", "edge", "reflect", "wrap"];

function paddedShape(call: Call): readonly Dim[] {
  const mode = call.string("mode", "constant");
  if (!padModes.includes(mode))
    call.fail("bad-attribute", { name: "mode", problem: `must be one of ${padModes.join(", ")}` });
  const pads = padsOf(call);
  return call.shape(0).map((size, axis) => {
    if (pads === undefined) return dataDependentDim(call, axis);
    const [before, after] = [pads.before[axis] as number, pads.after[axis] as number];
    const out = dimAdd(size, before + after);
    if (isKnown(out) && out < 0)
      call.failShape(`pads ${before} and ${after} remove more than the ${size} elements of axis ${axis}`);
    if (mode === "reflect" && isKnown(size) && Math.max(before, after) >= Math.max(size, 1)) {
      call.failShape(
        `reflection by ${Math.max(before, after)} needs more than the ${size} elements of axis ${axis}`,
      );
    }
    return out;
  });
}

/** The element of an axis of `size` elements that stands at `i`, which may lie outside; -1 for the constant. */
function padSource(mode: string, i: number, size: number): number {
  if (i >= 0 && i < size) return i;
  if (mode === "edge") return Math.min(Math.max(i, 0), size - 1);
  if (mode === "wrap") return ((i % size) + size) % size;
  if (mode === "reflect") {
    const period = Math.max(2 * (size - 1), 1);
    const folded = ((i % period) + period) % period;
    return folded < size ? folded : period - folded;
  }
  return -1;
}

const pad = defineOp({
  name: "Pad",
  doc: "Elements added around the input: a constant, or copies of its edge or interior by `mode`.",
  since: 18,
  inputs: [2, 4],
  axes: (call): ResolvedRule => {
    const pads = padsOf(call);
    const factors = call
      .shape(0)
      .map((_, axis) => (pads?.before[axis] === 0 && pads.after[axis] === 0 ? `a${axis}` : null));
    const others = call.inputs
      .slice(1)
      .map((type) => (type?.kind === "tensor" ? type.shape.map(() => null) : null));
    return { inputs: [factors, ...others], outputs: [factors] };
  },
  infer: (call) => [tensorType(call.dtype(0), paddedShape(call))],
  signatures: (call, derived) => {
    if (call.string("mode", "constant") !== "constant") return [...derived, ...partialSet(call, [0])];
    // Max and min of equal constants are the constant; a sum of them is not, unless it is zero.
    const value = call.constant(2);
    const isZero = !call.has(2) || (value !== undefined && toNumbers(value)[0] === 0);
    const filled = call.has(2) ? [0, 2] : [0];
    return [
      ...derived,
      ...(isZero ? partialSet(call, [0], ["sum"]) : []),
      ...partialSet(call, filled, ["sum"]),
      ...subsets(filled).flatMap((set) => partialSet(call, set, ["max", "min"])),
    ];
  },
  gradient: padGradient,
  evaluate: ({ call, inputs }) => {
    const x = inputs[0] as Dense;
    const mode = call.string("mode", "constant");
    const { before } = padsOf(call) as { before: number[] };
    const strides = stridesOf(x.shape);
    const value = inputs[2]?.data[0] ?? 0;
    const source = (index: readonly number[]) => {
      let position = 0;
      for (let axis = 0; axis < strides.length; axis++) {
        const from = padSource(
          mode,
          (index[axis] as number) - (before[axis] as number),
          x.shape[axis] as number,
        );
        if (from < 0) return -1;
        position += from * (strides[axis] as number);
      }
      return position;
    };
    return [remap(x, paddedShape(call) as readonly number[], source, value)];
  },
});

/** The part inside the padding; what was copied to outside is added where it came from. The constant has the rest of the sum. */
function padGradient({ g, call, inputs, gradients, wanted, refuse }: GradientContext): (string | null)[] {
  const pads = padsOf(call);
  if (pads === undefined) return refuse("its pads are not known at compile time");
  const dy = gradients[0] as string;
  const { before, after } = pads;
  const shape = knownShape(call.tensor(0));
  const mode = call.string("mode", "constant");
  const inside = () => {
    if (mode !== "constant")
      return shape.reduce((value, size, axis) => {
        const [low, high] = [before[axis] as number, after[axis] as number];
        if (low === 0 && high === 0) return value;
        const from = range(size + low + high).map((i) => padSource(mode, i - low, size));
        const own = knownShape(g.type(value));
        return addSlices(g, value, g.ints(from), axis, own.with(axis, size));
      }, dy);
    if ([...before, ...after].some((n) => n < 0))
      return padded(
        g,
        dy,
        before.map((n) => 0 - n),
        after.map((n) => 0 - n),
      );
    const axes = range(shape.length).filter((axis) => before[axis] !== 0 || after[axis] !== 0);
    const column = (f: (axis: number) => number) => g.ints(axes.map(f));
    const start = (axis: number) => before[axis] as number;
    const end = (axis: number) => start(axis) + (shape[axis] as number);
    return axes.length === 0 ? dy : g.op("Slice", [dy, column(start), column(end), g.ints(axes)]);
  };
  const byConstant = wanted[2] === true && mode === "constant";
  const dx = wanted[0] === true || byConstant ? inside() : null;
  const total = (value: string) => g.op("ReduceSum", [value], { keepdims: 0 });
  const rest = () => reshapedTo(g, g.op("Sub", [total(dy), total(dx as string)]), knownShape(call.tensor(2)));
  return inputs.map((_, i) => (i === 0 && wanted[0] === true ? dx : i === 2 && byConstant ? rest() : null));
}

export const sliceOps: readonly OpDefinition[] = [slice, pad];
