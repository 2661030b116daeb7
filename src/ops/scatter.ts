/**
 * Operators that write at positions held in a tensor: ScatterElements and ScatterND.
 *
 * Where an axis that is written by position is split, each device writes what lies in its shard. Where the updates are split
 * and `reduction` is add, max or min, every device's own updates make a term of a partial result. Several updates of one
 * place without a reduction have no defined order.
 */
import { isKnown } from "../ir/dim.ts";
import { partial, split, type Reduction, type Sbp } from "../ir/layout.ts";
import { knownShape } from "../ir/types.ts";
import type { ResolvedRule, Signature } from "../sbp/signature.ts";
import type { Call } from "./call.ts";
import type { Dense, Emitter, Gradient, SignatureContext } from "./contract.ts";
import { defineOp, type OpDefinition } from "./define.ts";
import { forEachIndex, offsetOf, stridesOf } from "./dense.ts";
import { castTo, formulas, zerosOf } from "./gradients.ts";
import { checkIndices, elementsAxis, offsetOn, positions, wrapped } from "./indices.ts";
import { clampInside, isInputSplit, keepWhere, partialSet, signatureOf, unitsAmong } from "./movement.ts";

const scatterReductions = ["none", "add", "mul", "max", "min"];

function scatterReduction(call: Call): string {
  const reduction = call.string("reduction", "none");
  if (!scatterReductions.includes(reduction)) {
    call.fail("bad-attribute", {
      name: "reduction",
      problem: `must be one of ${scatterReductions.join(", ")}`,
    });
  }
  return reduction;
}

const scatterElements = defineOp({
  name: "ScatterElements",
  doc: "The data with updates put at (or, by `reduction`, combined with) the places that the indices name along `axis`.",
  since: 18,
  inputs: [3, 3],
  axes: (call): ResolvedRule => {
    const axis = elementsAxis(call);
    const data = call
      .shape(0)
      .map((size, i) => (i === axis ? "v" : size === call.shape(1)[i] ? `d${i}` : null));
    const updates = data.map((factor) => (factor === "v" ? null : factor));
    return { inputs: [data, updates, updates], outputs: [data] };
  },
  infer: (call) => {
    checkIndices(call, 1);
    elementsAxis(call);
    scatterReduction(call);
    if (call.shape(1).join() !== call.shape(2).join())
      call.failShape("indices and updates must have equal shapes");
    return [call.tensor(0)];
  },
  gradient: scatterGradient((g, x, [, indices], call) =>
    g.op("GatherElements", [x, indices as string], { axis: elementsAxis(call) }),
  ),
  signatures: (call, derived, context) => {
    const axis = elementsAxis(call);
    return [...derived, ...partials(call), ...splitUpdates(call, context, [[axis, axis]])];
  },
  localize: (context) => {
    const { g, call, inputs } = context;
    const axis = elementsAxis(call);
    if (!isInputSplit(context, 0, axis)) return [g.op("ScatterElements", inputs, call.attributes)];
    const [x, , updates] = inputs as readonly string[];
    const { shape } = g.type(x as string);
    const size = shape[axis] as number;
    const index = g.op("Sub", [
      positions(context, 1, call.shape(0)[axis] as number),
      offsetOn(context, axis),
    ]);
    // What other devices add is no more than zero here.
    if (scatterReduction(call) === "add") {
      const { inside, safe } = clampInside(g, index, size);
      const own = keepWhere(g, inside, updates as string);
      return [g.op("ScatterElements", [x as string, safe, own], { ...call.attributes, axis })];
    }
    // Other updates of theirs go to one more row, which is cut off again.
    const { safe } = clampInside(g, index, size, size);
    const pads = shape.flatMap(() => [0, 0]).with(shape.length + axis, 1);
    const longer = g.op("Pad", [x as string, g.ints(pads)], { mode: "constant" });
    const scattered = g.op("ScatterElements", [longer, safe, updates as string], {
      ...call.attributes,
      axis,
    });
    return [g.op("Slice", [scattered, g.ints([0]), g.ints([size]), g.ints([axis])])];
  },
  evaluate: ({ call, inputs }) => {
    const [x, at, updates] = inputs as readonly [Dense, Dense, Dense];
    const axis = elementsAxis(call);
    const combine = combiner(scatterReduction(call));
    const out = { ...x, data: x.data.slice() };
    const strides = stridesOf(x.shape);
    forEachIndex(at.shape, (index, flat) => {
      const row = wrapped(at.data[flat] as number, x.shape[axis] as number);
      const target = offsetOf(index.with(axis, row), strides);
      out.data[target] = combine(out.data[target] as number, updates.data[flat] as number);
    });
    return [out];
  },
});

function combiner(reduction: string): (a: number, b: number) => number {
  switch (reduction) {
    case "add":
      return (a, b) => a + b;
    case "mul":
      return (a, b) => a * b;
    case "max":
      return Math.max;
    case "min":
      return Math.min;
    default:
      return (_, b) => b;
  }
}

/** Partial data (input 0) and updates (input 2), the indices broadcast. A place may be written several times. */
function partials(call: Call): Signature[] {
  switch (scatterReduction(call)) {
    case "none":
      return [
        ...partialSet(call, [0, 2], ["sum"]),
        ...[[0], [2], [0, 2]].flatMap((set) => partialSet(call, set, ["max", "min"])),
      ];
    case "add":
      return [...partialSet(call, [0, 2], ["sum"]), ...partialSet(call, [0], ["max", "min"])];
    case "mul":
      return partialSet(call, [0], ["sum"]);
    case "max":
      return [
        ...[[0], [2], [0, 2]].flatMap((set) => partialSet(call, set, ["max"])),
        ...partialSet(call, [0], ["min"]),
      ];
    default:
      return [
        ...[[0], [2], [0, 2]].flatMap((set) => partialSet(call, set, ["min"])),
        ...partialSet(call, [0], ["max"]),
      ];
  }
}

/** Updates split along axes that the data lack: `axes` are pairs of an axis of the indices and the same one of the updates. */
function splitUpdates(
  call: Call,
  context: SignatureContext,
  axes: readonly (readonly [number, number])[],
): Signature[] {
  const reduces = new Map<string, Reduction>([
    ["add", "sum"],
    ["max", "max"],
    ["min", "min"],
  ]);
  const reduce = reduces.get(scatterReduction(call));
  if (reduce === undefined) return [];
  // Data that every device holds count once in a maximum, but once per device in a sum.
  const data: readonly Sbp[] = reduce === "sum" ? [partial("sum")] : [partial(reduce), { kind: "B" }];
  return axes.flatMap(([index, update]) =>
    unitsAmong(context, [
      ["input", 1, index],
      ["input", 2, update],
    ]).flatMap((unit) =>
      data.map((held) =>
        signatureOf(call, { 0: held, 1: split(index, unit), 2: split(update, unit) }, partial(reduce)),
      ),
    ),
  );
}

/**
 * What was put or added has the gradient of its place; the data have it where nothing was put over them. Of a maximum or minimum
 * all that equal it share evenly. `read` reads at the places of the updates.
 */
function scatterGradient(
  read: (g: Emitter, x: string, inputs: readonly (string | null)[], call: Call) => string,
): Gradient {
  return ({ g, call, inputs, gradients, wanted, output, refuse }) => {
    const [data, indices, updates] = inputs as readonly [string, string, string];
    const dy = gradients[0] as string;
    const { dtype } = g.type(dy);
    const { equal, div, mul } = formulas(g, dtype);
    const reduction = scatterReduction(call);
    const write = (onto: string, values: string, how: string) =>
      g.op(call.op, [onto, indices, values], { ...call.attributes, reduction: how });
    const at = (x: string) => read(g, x, inputs, call);
    switch (reduction) {
      case "none": {
        const covered = () => write(dy, zerosOf(g, dtype, knownShape(g.type(updates))), "none");
        return [wanted[0] === true ? covered() : null, null, wanted[2] === true ? at(dy) : null];
      }
      case "add":
        return [wanted[0] === true ? dy : null, null, wanted[2] === true ? at(dy) : null];
      case "mul":
        return refuse("with the reduction mul its derivative divides by the updates, which may be zero");
      default: {
        const y = output(0);
        const own = castTo(g, equal(data, y), dtype);
        const theirs = castTo(g, equal(updates, at(y)), dtype);
        const share = div(dy, write(own, theirs, "add"));
        return [
          wanted[0] === true ? mul(share, own) : null,
          null,
          wanted[2] === true ? mul(at(share), theirs) : null,
        ];
      }
    }
  };
}

// --- ScatterND

/** Axes of the data that an index vector names. */
function namedAxes(call: Call): number {
  const named = call.shape(1).at(-1);
  if (named === undefined || !isKnown(named) || named < 1 || named > call.rank(0)) {
    call.failShape(`an index must name 1 to ${call.rank(0)} axes`);
  }
  return named;
}

const scatterND = defineOp({
  name: "ScatterND",
  doc: "The data with slices put at (or, by `reduction`, combined with) the index vectors along the last axis of the indices.",
  since: 18,
  inputs: [3, 3],
  axes: (call): ResolvedRule => {
    const named = namedAxes(call);
    // Axes that vectors name stay whole; ScatterElements can write a split axis.
    const data = call.shape(0).map((_, i) => (i < named ? null : `d${i}`));
    const places = call
      .shape(1)
      .slice(0, -1)
      .map(() => null);
    return { inputs: [data, [...places, null], [...places, ...data.slice(named)]], outputs: [data] };
  },
  infer: (call) => {
    checkIndices(call, 1);
    scatterReduction(call);
    const expected = [...call.shape(1).slice(0, -1), ...call.shape(0).slice(namedAxes(call))];
    if (call.shape(2).join() !== expected.join())
      call.failShape(`the updates must have the shape [${expected.join(", ")}]`);
    return [call.tensor(0)];
  },
  gradient: scatterGradient((g, x, [, indices]) => g.op("GatherND", [x, indices as string])),
  signatures: (call, derived, context) => {
    const places = Array.from({ length: call.rank(1) - 1 }, (_, i) => [i, i] as const);
    return [...derived, ...partials(call), ...splitUpdates(call, context, places)];
  },
  evaluate: ({ call, inputs }) => {
    const [x, at, updates] = inputs as readonly [Dense, Dense, Dense];
    const named = namedAxes(call);
    const combine = combiner(scatterReduction(call));
    const out = { ...x, data: x.data.slice() };
    const [strides, atStrides] = [stridesOf(x.shape), stridesOf(at.shape)];
    const places = at.shape.length - 1;
    forEachIndex(updates.shape, (index, flat) => {
      const start = offsetOf([...index.slice(0, places), 0], atStrides);
      const vector = Array.from({ length: named }, (_, j) =>
        wrapped(at.data[start + j] as number, x.shape[j] as number),
      );
      const target = offsetOf([...vector, ...index.slice(places)], strides);
      out.data[target] = combine(out.data[target] as number, updates.data[flat] as number);
    });
    return [out];
  },
});

export const scatterOps: readonly OpDefinition[] = [scatterElements, scatterND];
