/** CenterCropPad: axes cut or padded with zeros around their middle. An axis whose size changes stays whole. */
import { isKnown, type Dim } from "../ir/dim.ts";
import { knownShape, tensorType } from "../ir/types.ts";
import type { ResolvedRule } from "../sbp/signature.ts";
import { range } from "../support/collections.ts";
import type { Call } from "./call.ts";
import type { Dense } from "./contract.ts";
import { defineOp, type OpDefinition } from "./define.ts";
import { offsetOf, stridesOf } from "./dense.ts";
import { firstGradient } from "./gradients.ts";
import { dataDependentDim, movedPartials, remap } from "./movement.ts";

/** The output's shape; where the sizes are not known, every axis that they are for has one that only execution tells. */
function targetShape(call: Call): readonly Dim[] {
  const axes = call.ints("axes", range(call.rank(0))).map((axis) => call.axis(axis, call.rank(0)));
  const sizes =
    call.constant(1) === undefined
      ? axes.map((axis) => dataDependentDim(call, axis))
      : (call.constantInts(1, "shape") ?? []);
  if (sizes.length !== axes.length || sizes.some((size) => isKnown(size) && size < 0))
    call.failShape(`the sizes [${sizes.join(", ")}] are not those of ${axes.length} axes`);
  if (new Set(axes).size !== axes.length)
    call.fail("bad-attribute", { name: "axes", problem: "names one axis twice" });
  return axes.reduce<readonly Dim[]>((shape, axis, i) => shape.with(axis, sizes[i] as Dim), call.shape(0));
}

function changedAxes(call: Call): number[] {
  const target = targetShape(call);
  return range(call.rank(0)).filter((axis) => target[axis] !== call.shape(0)[axis]);
}

const centerCropPad = defineOp({
  name: "CenterCropPad",
  doc: "The middle of the input along every axis that is too long, zeros around it where one is too short.",
  since: 18,
  inputs: [2, 2],
  axes: (call): ResolvedRule => {
    const changed = changedAxes(call);
    const factors = call.shape(0).map((_, axis) => (changed.includes(axis) ? null : `a${axis}`));
    return { inputs: [factors, [null]], outputs: [factors] };
  },
  partials: (call) => (call.constant(1) === undefined ? {} : movedPartials(call)),
  infer: (call) => [tensorType(call.dtype(0), targetShape(call))],
  // An axis that does not change may be split: its local size is not asked for.
  localize: ({ g, call, inputs: [x, shape] }) => {
    if (call.constant(1) === undefined)
      return [g.op("CenterCropPad", [x as string, shape as string], call.attributes)];
    const [axes, target] = [changedAxes(call), targetShape(call)];
    const sizes = g.ints(axes.map((axis) => target[axis] as number));
    return [axes.length === 0 ? (x as string) : g.op("CenterCropPad", [x as string, sizes], { axes })];
  },
  // What is cut in the middle of the one is put there in the other.
  gradient: firstGradient((g, dy, x, { call }) => {
    const axes = changedAxes(call);
    const shape = knownShape(g.type(x));
    const sizes = g.ints(axes.map((axis) => shape[axis] as number));
    return axes.length === 0 ? dy : g.op("CenterCropPad", [dy, sizes], { axes });
  }),
  evaluate: ({ call, inputs: [input] }) => {
    const x = input as Dense;
    const shape = targetShape(call) as readonly number[];
    const strides = stridesOf(x.shape);
    // Where the input's first element lies in the output: behind half of the padding, or before half of what is cut.
    const starts = shape.map((size, axis) => {
      const surplus = size - (x.shape[axis] as number);
      return surplus >= 0 ? Math.floor(surplus / 2) : -Math.floor(-surplus / 2);
    });
    return [
      remap(x, shape, (index) => {
        const at = index.map((i, axis) => i - (starts[axis] as number));
        return at.every((i, axis) => i >= 0 && i < (x.shape[axis] as number)) ? offsetOf(at, strides) : -1;
      }),
    ];
  },
});

export const cropOps: readonly OpDefinition[] = [centerCropPad];
