/**
 * Convolution over 1 to 3 spatial axes.
 *
 *   batch             X S(0)          W B      B B      -> S(0)
 *   output channels   X B             W S(0)   B S(0)   -> S(1)
 *   input channels    X S(1)          W S(1)   B P      -> P(sum)
 *   groups            X S(1/C per group)  W S(0/M per group)  B S(0/M per group)  -> S(1/M per group)
 *   rows of patches   X S(i/stride)   W B      B B      -> S(i), where windows do not overlap
 *   rows              X W(i: …)       W B      B B      -> S(i), with rows of the neighbours where they do
 *   one patch         X S(i)          W S(i)   B P      -> P(sum), where the window is the whole axis
 *
 * With several groups, only whole groups can be dealt.
 */
import { isKnown, type Dim } from "../ir/dim.ts";
import { split } from "../ir/layout.ts";
import { tensorType } from "../ir/types.ts";
import type { ResolvedRule, Signature } from "../sbp/signature.ts";
import { product } from "../support/collections.ts";
import type { Call } from "./call.ts";
import type { Dense, SignatureContext } from "./contract.ts";
import { defineOp, type OpDefinition } from "./define.ts";
import { build, offsetOf, stridesOf } from "./dense.ts";
import { lcm, localDims, partialSet, signatureOf } from "./movement.ts";
import {
  forEachTap,
  padWindows,
  positionsMade,
  slidingSignatures,
  windowOf,
  type WindowAxis,
} from "./window.ts";

/** The window of a convolution. The sizes of the weight's spatial axes must be known. */
function convWindow(call: Call): WindowAxis[] {
  const kernel = call.shape(1).slice(2);
  if (!kernel.every(isKnown)) call.fail("unbound-dimension", { dim: kernel.join(", "), value: "the weight" });
  const stated = call.ints("kernel_shape", kernel);
  if (stated.join() !== kernel.join()) {
    call.fail("bad-attribute", {
      name: "kernel_shape",
      problem: `is [${stated.join(", ")}], the weight has [${kernel.join(", ")}]`,
    });
  }
  return windowOf(call, kernel);
}

function convShape(call: Call): readonly Dim[] {
  const [x, w] = [call.shape(0), call.shape(1)];
  if (x.length < 3) call.failShape("the input must have the axes N, C and at least one spatial axis");
  if (w.length !== x.length) call.failShape(`the weight has ${w.length} axes, the input ${x.length}`);
  const group = call.int("group", 1);
  const [channels, perGroup, out] = [x[1] as Dim, w[1] as Dim, w[0] as Dim];
  if (isKnown(channels) && isKnown(perGroup) && channels !== perGroup * group) {
    call.fail("shape-mismatch", {
      axis: group === 1 ? "1 (input channels)" : `1 (input channels, ${group} groups)`,
      left: channels,
      leftShape: `[${x.join(", ")}]`,
      right: perGroup,
      rightShape: `[${w.join(", ")}]`,
    });
  }
  if (isKnown(out) && out % group !== 0)
    call.failShape(`${out} output channels are not a multiple of ${group} groups`);
  if (call.has(2) && (call.rank(2) !== 1 || call.shape(2)[0] !== out)) {
    call.fail("shape-mismatch", {
      axis: "0 (output channels)",
      left: out,
      leftShape: `[${w.join(", ")}]`,
      right: call.shape(2)[0] ?? "absent",
      rightShape: `[${call.shape(2).join(", ")}]`,
    });
  }
  return [x[0] as Dim, out, ...convWindow(call).map((axis) => axis.out)];
}

/** Whether the window is the whole axis, so that the convolution along it is one inner product. */
function isOnePatch({ size, kernel, extent, before, after, out }: WindowAxis): boolean {
  return before === 0 && after === 0 && size === kernel && extent === kernel && out === 1;
}

function convRule(call: Call): ResolvedRule {
  const single = call.int("group", 1) === 1;
  const patches = convWindow(call).map((axis, i) => (isOnePatch(axis) ? `s${i}` : null));
  const [c, m] = single ? ["c", "m"] : [null, null];
  return {
    inputs: [["n", c, ...patches], [m, c, ...patches], call.has(2) ? [m] : null],
    outputs: [["n", m, ...patches.map(() => null)]],
  };
}

/** Whole groups, of `inputs` input and `outputs` output channels each. */
function groupSignatures(call: Call, { unitsOf }: SignatureContext): Signature[] {
  const group = call.int("group", 1);
  const [perGroup, out] = [call.shape(1)[1] as Dim, call.shape(1)[0] as Dim];
  if (group === 1 || !isKnown(perGroup) || !isKnown(out)) return [];
  const outputs = out / group;
  const wanted = [
    ...unitsOf("input", 0, 1).map((unit) => lcm(unit, perGroup) / perGroup),
    ...[...unitsOf("output", 0, 1), ...unitsOf("input", 1, 0)].map((unit) => lcm(unit, outputs) / outputs),
  ];
  return [...new Set([1, ...wanted])].map((unit) =>
    signatureOf(
      call,
      { 0: split(1, unit * perGroup), 1: split(0, unit * outputs), 2: split(0, unit * outputs) },
      split(1, unit * outputs),
    ),
  );
}

const numbers = (dims: readonly Dim[]) => product(dims.map((dim) => (isKnown(dim) ? dim : 1)));

const conv = defineOp({
  name: "Conv",
  doc: "Convolution: weighted sums over windows of the spatial axes, in `group` groups of channels.",
  since: 11,
  inputs: [2, 3],
  axes: convRule,
  partials: (call) =>
    call.has(2)
      ? {
          linear: [
            [0, 2],
            [1, 2],
          ],
          additive: [2],
        }
      : { linear: [[0], [1]] },
  infer: (call) => [tensorType(call.dtype(0), convShape(call))],
  signatures: (call, derived, context) => [
    ...derived,
    ...(call.has(2) ? partialSet(call, [2], ["max", "min"]) : []),
    ...groupSignatures(call, context),
    ...slidingSignatures(call, context, convWindow(call)),
  ],
  // A multiplication and an addition per weight and output position. The weight of a shard may be less than kernel_shape says.
  flops: (call, outputs) => {
    return (
      2 *
      numbers(positionsMade(call, () => windowOf(call, localDims(call.shape(1).slice(2))), outputs)) *
      numbers(call.shape(1))
    );
  },
  localize: (context) => {
    const { g, call, inputs } = context;
    const { kernel_shape: _, auto_pad: __, ...rest } = call.attributes;
    const { x, pads } = padWindows(context, convWindow(call));
    const group = (g.type(x).shape[1] as number) / (g.type(inputs[1] as string).shape[1] as number);
    return [g.op("Conv", [x, ...inputs.slice(1)], { ...rest, group, pads })];
  },
  evaluate: ({ call, inputs: [input, weight, bias] }) => {
    const [x, w] = [input as Dense, weight as Dense];
    const axes = convWindow(call);
    const shape = convShape(call) as readonly number[];
    const [perGroup, outputs] = [w.shape[1] as number, (w.shape[0] as number) / call.int("group", 1)];
    const [xStrides, wStrides] = [stridesOf(x.shape), stridesOf(w.shape)];
    return [
      build(x.dtype, shape, ([n = 0, m = 0, ...position]) => {
        let total = bias?.data[m] ?? 0;
        const first = Math.floor(m / outputs) * perGroup;
        forEachTap(axes, position, (tap, at) => {
          for (let c = 0; c < perGroup; c++) {
            const value = x.data[offsetOf([n, first + c, ...at], xStrides)] as number;
            total += value * (w.data[offsetOf([m, c, ...tap], wStrides)] as number);
          }
        });
        return total;
      }),
    ];
  },
});

export const convOps: readonly OpDefinition[] = [conv];
