/**
 * Deformable convolution: every tap of every window is moved by an offset of its own, and may be weighed by a mask.
 *
 *   batch             X S(0)   W B      O S(0)   B B      M S(0)   -> S(0)
 *   output channels   X B      W S(0)   O B      B S(0)   M B      -> S(1)
 *   input channels    X S(1)   W S(1)   O B      B P      M B      -> P(sum)
 *
 * With several groups, of channels or of offsets, whole ones are dealt. Offsets lead anywhere in the image and count from the
 * window's place in the whole of it: rows are not split.
 */
import { isKnown, type Dim } from "../ir/dim.ts";
import { partial, split } from "../ir/layout.ts";
import { tensorType } from "../ir/types.ts";
import type { ResolvedRule, Signature } from "../sbp/signature.ts";
import { product } from "../support/collections.ts";
import type { Call } from "./call.ts";
import type { Dense, EvaluateContext, LocalizeContext } from "./contract.ts";
import { convFlops, convShape, convWindow, type ConvOperands } from "./conv-shape.ts";
import { defineOp, type OpDefinition } from "./define.ts";
import { build, forEachIndex, offsetOf, stridesOf } from "./dense.ts";
import { localDims, partialSet, signatureOf } from "./movement.ts";

const operands: ConvOperands = { weight: 1, perChannel: [3], likeOutput: [] };

function tapCount(call: Call): number {
  return product(localDims(call.shape(1).slice(2)));
}

function deformShape(call: Call): readonly Dim[] {
  const shape = convShape(call, operands);
  const channels = call.int("offset_group", 1) * tapCount(call);
  const fits = (index: number, count: number) => {
    const wanted = [shape[0] as Dim, count, ...shape.slice(2)];
    const has = call.shape(index);
    if (
      has.length !== wanted.length ||
      has.some((dim, i) => isKnown(dim) && isKnown(wanted[i] as Dim) && dim !== wanted[i])
    )
      call.failShape(`input ${index} must have the shape [${wanted.join(", ")}]`);
  };
  fits(2, channels * (shape.length - 2));
  if (call.has(4)) fits(4, channels);
  return shape;
}

function deformRule(call: Call): ResolvedRule {
  const single = call.int("group", 1) === 1;
  const c = single && call.int("offset_group", 1) === 1 ? "c" : null;
  const m = single ? "m" : null;
  const none = call
    .shape(0)
    .slice(2)
    .map(() => null);
  return {
    inputs: [
      ["n", c, ...none],
      [m, c, ...none],
      ["n", null, ...none],
      call.has(3) ? [m] : null,
      ...(call.has(4) ? [["n", null, ...none]] : []),
    ],
    outputs: [["n", m, ...none]],
  };
}

/** Whole groups of offsets with the channels they move, and whole groups of channels with their offsets. */
function groupSplits(call: Call): Signature[] {
  const [groups, offsets] = [call.int("group", 1), call.int("offset_group", 1)];
  const [channels, out] = [call.shape(0)[1] as Dim, call.shape(1)[0] as Dim];
  if (!isKnown(channels) || !isKnown(out) || (groups === 1 && offsets === 1)) return [];
  const taps = tapCount(call);
  const moved = (count: number) =>
    offsets === 1
      ? {}
      : {
          2: split(1, count * taps * (call.rank(0) - 2)),
          ...(call.has(4) ? { 4: split(1, count * taps) } : {}),
        };
  if (groups === 1) {
    const unit = channels / offsets;
    const inputs = { 0: split(1, unit), 1: split(1, unit), ...moved(1) };
    return [signatureOf(call, call.has(3) ? { ...inputs, 3: partial("sum") } : inputs, partial("sum"))];
  }
  // As many parts as both kinds of groups can be cut into.
  const parts =
    offsets === 1 ? groups : groups % offsets === 0 ? offsets : offsets % groups === 0 ? groups : 0;
  if (parts === 0) return [];
  return [
    signatureOf(
      call,
      {
        0: split(1, channels / parts),
        1: split(0, out / parts),
        3: split(0, out / parts),
        ...moved(offsets / parts),
      },
      split(1, out / parts),
    ),
  ];
}

function localDeform({ g, call, inputs }: LocalizeContext): string[] {
  const { kernel_shape: _, ...rest } = call.attributes;
  const channels = (index: number) => g.type(inputs[index] as string).shape[1] as number;
  const offsets = channels(2) / (tapCount(call) * (call.rank(0) - 2));
  return [g.op("DeformConv", inputs, { ...rest, group: channels(0) / channels(1), offset_group: offsets })];
}

/** The image at a position between its elements, zero outside. */
function interpolate(
  x: Dense,
  image: number,
  spatial: readonly number[],
  position: readonly number[],
): number {
  const strides = stridesOf(spatial);
  let total = 0;
  forEachIndex(
    position.map(() => 2),
    (corner) => {
      const at = position.map((p, i) => Math.floor(p) + (corner[i] as number));
      if (at.some((a, i) => a < 0 || a >= (spatial[i] as number))) return;
      const weight = product(position.map((p, i) => 1 - Math.abs(p - (at[i] as number))));
      total += weight * (x.data[image + offsetOf(at, strides)] as number);
    },
  );
  return total;
}

function evaluateDeform({ call, inputs }: EvaluateContext): readonly Dense[] {
  const [x, w, offset, bias, mask] = inputs as readonly [Dense, Dense, Dense, Dense | null, Dense | null];
  const axes = convWindow(call, operands);
  const spatial = x.shape.slice(2);
  const [channels, perGroup] = [x.shape[1] as number, w.shape[1] as number];
  const outputs = (w.shape[0] as number) / call.int("group", 1);
  const perOffset = channels / call.int("offset_group", 1);
  const taps = tapCount(call);
  const strides = { x: stridesOf(x.shape), w: stridesOf(w.shape), offset: stridesOf(offset.shape) };
  const maskStrides = mask == null ? [] : stridesOf(mask.shape);
  return [
    build(x.dtype, localDims(deformShape(call)), ([n = 0, m = 0, ...position]) => {
      let total = bias?.data[m] ?? 0;
      const first = Math.floor(m / outputs) * perGroup;
      forEachIndex(w.shape.slice(2), (tap, index) => {
        for (let c = 0; c < perGroup; c++) {
          const moved = Math.floor((first + c) / perOffset) * taps + index;
          const at = axes.map(({ stride, dilation, before }, i) => {
            const place = (position[i] as number) * stride - before + (tap[i] as number) * dilation;
            const channel = moved * axes.length + i;
            return place + (offset.data[offsetOf([n, channel, ...position], strides.offset)] as number);
          });
          const image = offsetOf([n, first + c], strides.x.slice(0, 2));
          const weight = w.data[offsetOf([m, c, ...tap], strides.w)] as number;
          const kept =
            mask == null ? 1 : (mask.data[offsetOf([n, moved, ...position], maskStrides)] as number);
          total += weight * kept * interpolate(x, image, spatial, at);
        }
      });
      return total;
    }),
  ];
}

const deformConv = defineOp({
  name: "DeformConv",
  doc: "Convolution whose taps are moved by given offsets and weighed by a mask.",
  since: 19,
  inputs: [3, 5],
  gradient: { none: "its derivative adds to elements at learned places, which no operator of ONNX does" },
  axes: deformRule,
  partials: (call) => {
    const factors = call.has(4) ? [0, 1, 4] : [0, 1];
    return call.has(3)
      ? { linear: factors.map((i) => [i, 3]), additive: [3] }
      : { linear: factors.map((i) => [i]) };
  },
  infer: (call) => [tensorType(call.dtype(0), deformShape(call))],
  signatures: (call, derived) => [
    ...derived,
    ...groupSplits(call),
    ...(call.has(3) ? partialSet(call, [3], ["max", "min"]) : []),
  ],
  // Besides the convolution itself, every tap is interpolated once per input channel.
  flops: (call, outputs) => convFlops(call, outputs, operands),
  localize: localDeform,
  evaluate: evaluateDeform,
});

export const deformConvOps: readonly OpDefinition[] = [deformConv];
