/**
 * Concat and Split. The axis that is joined or cut stays whole: a shard of the joined axis is not made of shards of the
 * parts (device 0 would need parts that device 1 holds), whatever the units.
 */
import { dimAdd, dimCeilDiv, dimFloorDiv, dimMul, dimSub, isKnown, type Dim } from "../ir/dim.ts";
import { knownShape, tensorType } from "../ir/types.ts";
import type { ResolvedRule } from "../sbp/signature.ts";
import { range, sum } from "../support/collections.ts";
import type { Call } from "./call.ts";
import type { Dense, GradientContext } from "./contract.ts";
import { defineOp, type OpDefinition } from "./define.ts";
import { filled, forEachIndex, offsetOf, stridesOf } from "./dense.ts";
import { zerosOf } from "./gradients.ts";
import { factorsBut, movedPartials, partialSet, remap, subsets } from "./movement.ts";

// --- Concat

function concatAxis(call: Call): number {
  return call.axis(call.int("axis"), call.rank(0));
}

function concatShape(call: Call): readonly Dim[] {
  const axis = concatAxis(call);
  const shape = [...call.shape(0)];
  for (let i = 1; i < call.inputs.length; i++) {
    const other = call.shape(i);
    if (other.length !== shape.length)
      call.failShape(`input ${i} has ${other.length} axes, input 0 has ${shape.length}`);
    if (call.dtype(i) !== call.dtype(0)) {
      call.fail("dtype-mismatch", {
        problem: "the parts have different element types",
        types: call.printShapes(),
      });
    }
    other.forEach((size, j) => {
      if (j === axis) shape[j] = dimAdd(shape[j] as Dim, size);
      else if (size !== shape[j]) {
        call.fail("shape-mismatch", {
          axis: j,
          left: shape[j] as Dim,
          leftShape: `[${call.shape(0).join(", ")}]`,
          right: size,
          rightShape: `[${other.join(", ")}]`,
        });
      }
    });
  }
  return shape;
}

const concat = defineOp({
  name: "Concat",
  doc: "The inputs one after another along `axis`.",
  since: 13,
  inputs: [1, Infinity],
  moves: "all",
  axes: (call): ResolvedRule => {
    const factors = factorsBut(call.rank(0), call.inputs.length === 1 ? -1 : concatAxis(call));
    return { inputs: call.inputs.map(() => factors), outputs: [factors] };
  },
  infer: (call) => [tensorType(call.dtype(0), concatShape(call))],
  signatures: (call, derived) => {
    const all = [...call.inputs.keys()];
    // A part that is broadcast is its own max and min. With many parts only the joint signature is worth a candidate.
    const some = all.length > 3 ? [all] : subsets(all);
    return [
      ...derived,
      ...partialSet(call, all, ["sum"]),
      ...some.flatMap((set) => partialSet(call, set, ["max", "min"])),
    ];
  },
  gradient: concatGradient,
  evaluate: ({ call, inputs: parts }) => {
    const axis = concatAxis(call);
    const out = filled(call.dtype(0), concatShape(call) as readonly number[], 0);
    const strides = stridesOf(out.shape);
    let before = 0;
    for (const part of parts as readonly Dense[]) {
      forEachIndex(part.shape, (index, position) => {
        out.data[offsetOf(index, strides) + before * (strides[axis] as number)] = part.data[
          position
        ] as number;
      });
      before += part.shape[axis] as number;
    }
    return [out];
  },
});

/** Each part's range of the gradient; one alone is sliced out. */
function concatGradient({ g, call, gradients, wanted }: GradientContext): (string | null)[] {
  const dy = gradients[0] as string;
  const axis = concatAxis(call);
  const sizes = wanted.map((_, i) => knownShape(call.tensor(i))[axis] as number);
  const [only, another] = range(wanted.length).filter((i) => wanted[i] === true);
  if (another === undefined && only !== undefined) {
    const start = sum(sizes.slice(0, only));
    const [from, to] = [g.ints([start]), g.ints([start + (sizes[only] as number)])];
    return wanted.map((_, i) => {
      if (i !== only) return null;
      return wanted.length === 1 ? dy : g.op("Slice", [dy, from, to, g.ints([axis])]);
    });
  }
  const parts = g.ops("Split", [dy, g.ints(sizes)], { axis }, sizes.length);
  return parts.map((part, i) => (wanted[i] === true ? part : null));
}

// --- Split

/** Sizes of the parts: those of input 1, or `num_outputs` equal ones of which the last may be shorter. */
function partSizes(call: Call): readonly Dim[] {
  const axis = call.axis(call.int("axis", 0), call.rank(0));
  const size = call.shape(0)[axis] as Dim;
  const given = call.constantInts(1, "split");
  if (given !== undefined) {
    if (call.attributes.num_outputs !== undefined)
      call.fail("bad-attribute", { name: "num_outputs", problem: "excludes the input split" });
    if (given.length !== call.outputCount)
      call.failShape(`${given.length} sizes for ${call.outputCount} outputs`);
    if (given.some((part) => part < 0) || (isKnown(size) && sum(given) !== size)) {
      call.failShape(`the sizes [${given.join(", ")}] do not add up to ${size}, the size of axis ${axis}`);
    }
    return given;
  }
  const count = call.int("num_outputs", call.outputCount);
  if (count !== call.outputCount) {
    call.fail("bad-attribute", {
      name: "num_outputs",
      problem: `is ${count}, the node has ${call.outputCount} outputs`,
    });
  }
  const even = dimFloorDiv(size, count);
  if (dimMul(even, count) === size) return Array.from({ length: count }, () => even);
  const part = dimCeilDiv(size, count);
  const last = dimSub(size, dimMul(part, count - 1));
  if (isKnown(last) && last < 0)
    call.failShape(`${size} elements on axis ${axis} do not make ${count} parts`);
  return Array.from({ length: count }, (_, i) => (i === count - 1 ? last : part));
}

const split = defineOp({
  name: "Split",
  doc: "Pieces of the input along `axis`, of the sizes of input 1 or in `num_outputs` equal ones.",
  since: 18,
  inputs: [1, 2],
  moves: [0],
  outputs: (call) => call.outputCount,
  axes: (call): ResolvedRule => {
    const rank = call.rank(0);
    const factors = factorsBut(rank, call.outputCount === 1 ? -1 : call.axis(call.int("axis", 0), rank));
    return { inputs: [factors, [null]], outputs: Array.from({ length: call.outputCount }, () => factors) };
  },
  partials: movedPartials,
  takes: (call) => {
    const axis = call.axis(call.int("axis", 0), call.rank(0));
    const sizes = partSizes(call);
    if (!sizes.every(isKnown)) return undefined;
    return sizes.map((length, i) => ({ axis, start: sum(sizes.slice(0, i)), length }));
  },
  infer: (call) => {
    const axis = call.axis(call.int("axis", 0), call.rank(0));
    return partSizes(call).map((size) => tensorType(call.dtype(0), call.shape(0).with(axis, size)));
  },
  // One part is the input itself, for which a local call needs no sizes.
  localize: ({ g, call, inputs, outputTypes }) =>
    outputTypes.length === 1
      ? [inputs[0] as string]
      : g.ops("Split", inputs, call.attributes, outputTypes.length),
  gradient: ({ g, call, inputs, gradients, wanted }) => {
    const axis = call.axis(call.int("axis", 0), call.rank(0));
    const { dtype, shape } = g.type(inputs[0] as string);
    const join = () => {
      const sizes = partSizes(call) as readonly number[];
      const parts = gradients.map(
        (part, i) => part ?? zerosOf(g, dtype, (shape as readonly number[]).with(axis, sizes[i] as number)),
      );
      return parts.length === 1 ? (parts[0] as string) : g.op("Concat", parts, { axis });
    };
    return inputs.map((_, i) => (i === 0 && wanted[0] === true ? join() : null));
  },
  evaluate: ({ call, inputs }) => {
    const x = inputs[0] as Dense;
    const axis = call.axis(call.int("axis", 0), x.shape.length);
    const strides = stridesOf(x.shape);
    let before = 0;
    return partSizes(call).map((size) => {
      const start = before * (strides[axis] as number);
      before += size as number;
      return remap(x, x.shape.with(axis, size as number), (index) => offsetOf(index, strides) + start);
    });
  },
});

export const concatSplitOps: readonly OpDefinition[] = [concat, split];
