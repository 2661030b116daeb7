/**
 * Transposed convolution: every element of the input spreads the weight over the output.
 *
 *   batch             X S(0)      W B      B B      -> S(0)
 *   output channels   X B         W S(1)   B S(0)   -> S(1)
 *   input channels    X S(1)      W S(0)   B P      -> P(sum)
 *   groups            X S(1/C per group)   W S(0/C per group)   B S(0/M per group)   -> S(1/M per group)
 *   rows of patches   X S(i)      W B      B B      -> S(i/stride), where what the elements spread lies side by side
 *   rows              X W(i: …)   W B      B B      -> S(i), with rows of the neighbours where it overlaps
 *   one element       X B         W S(i)   B B      -> S(i), where the axis has one element
 */
import { dimAdd, dimMul, isKnown, type Dim } from "../ir/dim.ts";
import type { Windows } from "../ir/layout.ts";
import { tensorType } from "../ir/types.ts";
import type { ResolvedRule } from "../sbp/signature.ts";
import { product } from "../support/collections.ts";
import type { Call } from "./call.ts";
import type { Dense, DeviceView, LocalizeContext, SignatureContext } from "./contract.ts";
import { channelSum, gathered, weightGradient, type TapAxis } from "./conv-gradient.ts";
import { checkPerChannel, checkRanks, groupSignatures, kernelOf } from "./conv-shape.ts";
import { defineOp, inputElements, type OpDefinition } from "./define.ts";
import { filled, forEachIndex, offsetOf, stridesOf } from "./dense.ts";
import { blockSplits, localDims, partialSet } from "./movement.ts";
import { listAttribute, windowedAxes, windowSignatures } from "./window.ts";

/** One spatial axis: an output of stride (size - 1) + extent + extra elements, less `before` and `after` at its ends. */
interface SpreadAxis {
  readonly size: Dim;
  readonly kernel: number;
  readonly extent: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly after: number;
  readonly extra: number;
  readonly out: Dim;
}

function spreadOf(call: Call): SpreadAxis[] {
  const kernel = kernelOf(call, 1);
  const spatial = call.shape(0).slice(2);
  const [strides, dilations] = [listAttribute(call, "strides", 1), listAttribute(call, "dilations", 1)];
  const [pads, extras] = [
    listAttribute(call, "pads", 0, 2 * spatial.length),
    listAttribute(call, "output_padding", 0),
  ];
  const auto = call.string("auto_pad", "NOTSET");
  if (!["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"].includes(auto))
    call.fail("bad-attribute", { name: "auto_pad", problem: `is ${auto}` });
  const given = call.attributes["output_shape"] === undefined ? undefined : call.ints("output_shape");
  return spatial.map((size, i): SpreadAxis => {
    const [taps, stride, dilation] = [kernel[i] as number, strides[i] as number, dilations[i] as number];
    const extra = extras[i] as number;
    const extent = (taps - 1) * dilation + 1;
    const base = { size, kernel: taps, extent, stride, dilation };
    // The last spatial sizes, where a list with batch and channels is given.
    const asked =
      given?.at(i - spatial.length) ?? (auto.startsWith("SAME") ? dimMul(size, stride) : undefined);
    const full = dimAdd(dimMul(size, stride), extent - stride + extra);
    if (asked === undefined) {
      const [before, after] =
        auto === "VALID" ? [0, 0] : [pads[i] as number, pads[spatial.length + i] as number];
      const out = dimAdd(full, -before - after);
      if (isKnown(out) && out < 1) call.failShape(`the pads leave nothing of ${full} rows`);
      return { ...base, before, after, extra, out };
    }
    // With SAME padding what is cut off does not depend on the size.
    const total =
      given === undefined ? extent - stride + extra : isKnown(full) ? full - (asked as number) : undefined;
    if (total === undefined)
      call.fail("unbound-dimension", { dim: String(size), value: "the input of a given output shape" });
    const cut = Math.max(0, total);
    const half = Math.floor(cut / 2);
    const before = auto === "SAME_UPPER" ? half : cut - half;
    return { ...base, before, after: cut - before, extra: extra + Math.max(0, -total), out: asked };
  });
}

function transposeShape(call: Call): readonly Dim[] {
  checkRanks(call, 1);
  const [x, w] = [call.shape(0), call.shape(1)];
  const group = call.int("group", 1);
  if (isKnown(x[1] as Dim) && isKnown(w[0] as Dim) && x[1] !== w[0]) {
    call.fail("shape-mismatch", {
      axis: "1 (input channels)",
      left: x[1] as Dim,
      leftShape: `[${x.join(", ")}]`,
      right: w[0] as Dim,
      rightShape: `[${w.join(", ")}]`,
    });
  }
  if (isKnown(x[1] as Dim) && (x[1] as number) % group !== 0)
    call.failShape(`${x[1] as number} input channels are not a multiple of ${group} groups`);
  const out = dimMul(w[1] as Dim, group);
  checkPerChannel(call, 2, out, w);
  return [x[0] as Dim, out, ...spreadOf(call).map((axis) => axis.out)];
}

function transposeRule(call: Call): ResolvedRule {
  const [c, m] = call.int("group", 1) === 1 ? ["c", "m"] : [null, null];
  const taps = spreadOf(call).map(({ size, before, after, extra, dilation }, i) =>
    size === 1 && before === 0 && after === 0 && extra === 0 && dilation === 1 ? `t${i}` : null,
  );
  return {
    inputs: [["n", c, ...taps.map(() => null)], [c, m, ...taps], call.has(2) ? [m] : null],
    outputs: [["n", m, ...taps]],
  };
}

/** Whether what the elements of the axis spread lies side by side, with nothing cut off. */
function isSideBySide({ extent, extra, stride, before, after }: SpreadAxis): boolean {
  return before === 0 && after === 0 && extent + extra === stride;
}

/** The input elements that spread over a run of outputs; the first of them begins at or before the run. */
function spreadReads(axis: SpreadAxis): Windows | undefined {
  const { out, stride, before } = axis;
  if (!isKnown(out) || isSideBySide(axis)) return undefined;
  const reach = Math.max(axis.extent, stride);
  return { positions: out, step: 1, per: stride, from: before - reach + stride, to: before - 1 + stride };
}

function transposeGroups(call: Call, context: SignatureContext) {
  const [channels, outputs] = [call.shape(0)[1] as Dim, call.shape(1)[1] as Dim];
  if (!isKnown(channels) || !isKnown(outputs)) return [];
  const perGroup = channels / call.int("group", 1);
  return groupSignatures(call, context, perGroup, outputs, { input: 1, perGroup }, [2]);
}

/**
 * Per windowed axis: what of the device's own spread is its part of the output (`start`, `size`), and how many rows it is
 * longer than what the device's elements spread (`beyond`).
 */
function ownPart(axes: readonly SpreadAxis[], axis: number) {
  const { stride, extent, before } = axes[axis - 2] as SpreadAxis;
  return ({ inputs: [held], outputs: [made] }: DeviceView) => {
    const [first, count] = [held?.start[axis] as number, held?.size[axis] as number];
    const size = made?.size[axis] as number;
    const start = (made?.start[axis] as number) + before - first * stride;
    const spread = (count - 1) * stride + extent;
    return { start, size, spread, beyond: Math.max(0, start + size - spread) };
  };
}

function localTranspose(context: LocalizeContext): string[] {
  const { g, call, inputs, devices, perDevice } = context;
  const axes = spreadOf(call);
  const { kernel_shape: _, auto_pad: __, output_shape: ___, ...rest } = call.attributes;
  const [before, after, extra] = [
    axes.map((axis) => axis.before),
    axes.map((axis) => axis.after),
    axes.map((axis) => axis.extra),
  ];
  // Where the devices of the class cut off the same, the operator does; elsewhere a slice of what it makes.
  const cut: number[] = [];
  for (const { axis } of windowedAxes(context)) {
    const parts = devices().map(ownPart(axes, axis));
    const same = parts.every(({ start }) => start === parts[0]?.start);
    extra[axis - 2] = Math.max(...parts.map(({ beyond }) => beyond));
    const { start = 0, size = 0, spread = 0 } = parts[0] ?? {};
    before[axis - 2] = same ? start : 0;
    after[axis - 2] = same ? spread + (extra[axis - 2] as number) - start - size : 0;
    if (!same) cut.push(axis);
  }
  const channels = call.shape(0)[1] as number;
  const group = call.int("group", 1);
  const local = g.type(inputs[0] as string).shape[1] as number;
  const spread = g.op("ConvTranspose", inputs, {
    ...rest,
    group: group === 1 ? 1 : (local * group) / channels,
    pads: [...before, ...after],
    output_padding: extra,
  });
  if (cut.length === 0) return [spread];
  const starts = perDevice((device) => cut.map((axis) => ownPart(axes, axis)(device).start));
  const ends = perDevice((device) =>
    cut.map((axis) => {
      const { start, size } = ownPart(axes, axis)(device);
      return start + size;
    }),
  );
  return [g.op("Slice", [spread, starts, ends, g.ints(cut)])];
}

const convTranspose = defineOp({
  name: "ConvTranspose",
  mixed: "half",
  doc: "Transposed convolution: the sum of the weights that every element spreads over the spatial axes, in `group` groups.",
  since: 11,
  inputs: [2, 3],
  axes: transposeRule,
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
  infer: (call) => [tensorType(call.dtype(0), transposeShape(call))],
  signatures: (call, derived, context) => {
    const axes = spreadOf(call);
    return [
      ...derived,
      ...(call.has(2) ? partialSet(call, [2], ["max", "min"]) : []),
      ...transposeGroups(call, context),
      ...axes.flatMap((axis, i) =>
        isSideBySide(axis) ? blockSplits(call, context, i + 2, 1, axis.stride) : [],
      ),
      ...windowSignatures(call, context, axes.map(spreadReads)),
    ];
  },
  // A multiplication and an addition per input element and weight of its channel.
  flops: (call) =>
    2 *
    inputElements(call, 0) *
    product(
      call
        .shape(1)
        .slice(1)
        .map((dim) => (isKnown(dim) ? dim : 1)),
    ),
  localize: localTranspose,
  evaluate: ({ call, inputs: [input, weight, bias] }) => {
    const [x, w] = [input as Dense, weight as Dense];
    const axes = spreadOf(call);
    const shape = localDims(transposeShape(call));
    const y = filled(x.dtype, shape, 0);
    const group = call.int("group", 1);
    const [inputs, outputs] = [(x.shape[1] as number) / group, w.shape[1] as number];
    const [strides, wStrides] = [stridesOf(shape), stridesOf(w.shape)];
    if (bias != null)
      forEachIndex(shape, (index, flat) => (y.data[flat] = bias.data[index[1] as number] ?? 0));
    forEachIndex(x.shape, ([n = 0, c = 0, ...position], flat) => {
      const firstOutput = Math.floor(c / inputs) * outputs;
      forEachIndex(w.shape.slice(2), (tap) => {
        const at = axes.map(
          ({ stride, dilation, before }, i) =>
            (position[i] as number) * stride + (tap[i] as number) * dilation - before,
        );
        if (at.some((o, i) => o < 0 || o >= (shape[i + 2] as number))) return;
        for (let m = 0; m < outputs; m++) {
          const to = offsetOf([n, firstOutput + m, ...at], strides);
          const term = (x.data[flat] as number) * (w.data[offsetOf([c, m, ...tap], wStrides)] as number);
          y.data[to] = (y.data[to] as number) + term;
        }
      });
    });
    return [y];
  },
  // It is the derivative of a convolution from what it makes to its input.
  gradient: ({ g, call, inputs, gradients, wanted }) => {
    const [x, w] = inputs as readonly [string, string];
    const dy = gradients[0] as string;
    const group = call.int("group", 1);
    const axes = spreadOf(call).map(({ size, out, ...axis }): TapAxis => ({
      ...axis,
      size: out as number,
      positions: size as number,
    }));
    return [
      wanted[0] === true ? gathered(g, dy, w, axes, group) : null,
      wanted[1] === true ? weightGradient(g, dy, x, axes, group) : null,
      wanted[2] === true ? channelSum(g, dy) : null,
    ].slice(0, inputs.length);
  },
});

export const convTransposeOps: readonly OpDefinition[] = [convTranspose];
