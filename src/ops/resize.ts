/**
 * Resize, and Upsample from before it: resampling along axes.
 *
 *   axis left as it is   X S(i)      -> S(i)
 *   rows                 X S(i/a)    -> S(i/b), where a elements become b that are made of these alone
 *   rows                 X W(i: …)   -> S(i/b), with elements of the neighbours where they are not
 *
 * Rows can be split where output elements lie alike in every block of a input elements: a / b is size / output size, in lowest
 * terms, and the scale is just that. Coordinates that depend on the length of the whole axis (align_corners, cropping) leave it
 * whole. Interpolation is linear, and nearest elements move as they are: partial inputs pass.
 */
import { isKnown, type Dim } from "../ir/dim.ts";
import { split, windowed, type Windows } from "../ir/layout.ts";
import { tensorData } from "../ir/tensor-data.ts";
import { isFloat, tensorType } from "../ir/types.ts";
import type { PartialRules, ResolvedRule, Signature } from "../sbp/signature.ts";
import { product, range } from "../support/collections.ts";
import type { Attributes } from "../ir/graph.ts";
import type { Call } from "./call.ts";
import type { Dense, DeviceView, LocalizeContext, SignatureContext } from "./contract.ts";
import { defineOp, type OpDefinition } from "./define.ts";
import { build, mapLines } from "./dense.ts";
import { firstGradient } from "./gradients.ts";
import {
  blockSplits,
  dataDependentDim,
  gcd,
  lcm,
  localDims,
  movedPartials,
  signatureOf,
  unitsAmong,
} from "./movement.ts";
import {
  clampedTaps,
  coordinateOf,
  isIdentity,
  tapsAt,
  type Resampled,
  type ResampleStyle,
} from "./resample-taps.ts";
import { resizeGradient } from "./resize-gradient.ts";
import { given, namedAxes, resizing, upsampling, type Resizing } from "./resize-call.ts";
import { windowedAxes } from "./window.ts";

function resizedShape(call: Call, { axes }: Resizing): Dim[] {
  if (axes !== undefined) return axes.map(({ out }) => out);
  const named = namedAxes(call);
  return call.shape(0).map((size, axis) => (named.includes(axis) ? dataDependentDim(call, axis) : size));
}

function resizeRule(call: Call, { axes, style }: Resizing): ResolvedRule {
  const named = namedAxes(call);
  const factors = call.shape(0).map((_, axis) => {
    const own = axes?.[axis];
    const same = own === undefined ? !named.includes(axis) : isIdentity(own, style);
    return same ? `a${axis}` : null;
  });
  const others = call.inputs.slice(1).map((type) => (type === null ? null : [null]));
  return { inputs: [factors, ...others], outputs: [factors] };
}

function resizePartials(call: Call, { style, extrapolation }: Resizing): PartialRules {
  const sums = extrapolation === undefined || extrapolation === 0;
  if (style.mode !== "nearest") return sums && isFloat(call.dtype(0)) ? { linear: [[0]] } : {};
  const { linear = [], ...rest } = movedPartials(call);
  return { ...rest, linear: sums ? linear : [] };
}

/**
 * Blocks of `ins` input elements that become `outs` output elements alike; `halo`: elements read beyond the block, in whole
 * blocks.
 */
interface Blocks {
  readonly ins: number;
  readonly outs: number;
  readonly halo: number;
}

function blocksOf(axis: Resampled, style: ResampleStyle): Blocks | undefined {
  const { size, out, scale } = axis;
  if (style.coordinates === "align_corners" || style.coordinates === "tf_crop_and_resize") return undefined;
  if (isIdentity(axis, style) || size === 0 || out === 0) return undefined;
  const common = gcd(size, out);
  const [ins, outs] = [size / common, out / common];
  // The scale as it is stored, and pytorch_half_pixel's case of one element, must not make a block unlike another.
  if (common < 2 || Math.fround(scale) !== Math.fround(outs / ins) || out === 1) return undefined;
  const local = { ...axis, scale: outs / ins };
  if (style.mode === "nearest" && !hasClearChoices(local, style, ins, outs)) return undefined;
  let halo = 0;
  for (const o of range(outs)) {
    const at = tapsAt(local, style, o + outs).map((tap) => tap.at - ins);
    halo = Math.max(halo, -Math.min(...at), Math.max(...at) - ins + 1);
  }
  // What lies beyond the ends of the line is the last element inside: that of the own block.
  const clamped = range(out).every((o) => {
    const block = Math.floor(o / outs);
    return clampedTaps(axis, style, o).every(({ at }) => Math.floor(at / ins) === block);
  });
  return { ins, outs, halo: clamped && halo <= 0 ? 0 : Math.ceil(Math.max(halo, 1) / ins) * ins };
}

/**
 * Whether the nearest element of every output is the same however the coordinate is rounded, in a block and in the whole: a
 * coordinate between two elements must come out exactly, which it does where the scale is an exact number.
 */
function hasClearChoices(axis: Resampled, style: ResampleStyle, ins: number, outs: number): boolean {
  if ((ins & (ins - 1)) === 0) return true;
  const boundary = style.nearest === "floor" || style.nearest === "ceil" ? 0 : 0.5;
  return range(outs).every((o) => {
    const beyond = coordinateOf(axis, style.coordinates, o + outs) - boundary;
    return Math.abs(beyond - Math.round(beyond)) > 0.01;
  });
}

function rowSignatures(call: Call, context: SignatureContext, does: Resizing): Signature[] {
  if (hasSingle(does)) return [];
  const { axes, style } = does;
  return (axes ?? []).flatMap((resampled, axis) => {
    const blocks = blocksOf(resampled, style);
    if (blocks === undefined) return [];
    const { ins, outs, halo } = blocks;
    if (halo === 0) return blockSplits(call, context, axis, ins, outs);
    const windows: Windows = {
      positions: resampled.out,
      step: ins,
      per: outs,
      from: -halo * outs,
      to: halo * outs,
    };
    const units = unitsAmong(context, [["output", 0, axis]]).map((unit) => lcm(unit, outs));
    return [...new Set(units)].map((unit) =>
      signatureOf(call, { 0: windowed(axis, unit, windows) }, split(axis, unit)),
    );
  });
}

/** What one device runs: its rows resized, less what its windows have beyond them. */
function localResize(context: LocalizeContext, does: Resizing): string[] {
  const { g, call, inputs, outputTypes, perDevice } = context;
  const windows = windowedAxes(context);
  const x = inputs[0] as string;
  const made = localDims(outputTypes[0]?.shape ?? []);
  const { attributes } = does;
  const operands =
    does.sizes === undefined
      ? [x, does.scales === 2 ? (inputs[1] ?? null) : null, inputs[does.scales] ?? null]
      : inputs;
  if (does.axes === undefined || made.every((size, axis) => size === does.axes?.[axis]?.out))
    return [g.op("Resize", operands, attributes)];
  const resized = [...made];
  const first = (axis: number, view: DeviceView) => {
    const { ins, outs } = blocksOf(does.axes?.[axis] as Resampled, does.style) as Blocks;
    return ((view.inputs[0]?.start[axis] as number) * outs) / ins;
  };
  for (const { axis } of windows) {
    const { ins, outs } = blocksOf(does.axes[axis] as Resampled, does.style) as Blocks;
    resized[axis] = ((g.type(x).shape[axis] as number) * outs) / ins;
  }
  const named = namedAxes(call);
  const localOperands = operands.map((input, i) => {
    if (i !== does.sizes) return input;
    const asked = given(call, i) as number[];
    const local = named.map((axis, k) =>
      resized[axis] === does.axes?.[axis]?.out ? (asked[k] as number) : (resized[axis] as number),
    );
    return g.constant(tensorData("i64", [named.length], local));
  });
  const whole = g.op("Resize", localOperands, localAttributes(does, resized));
  if (windows.length === 0) return [whole];
  const axes = windows.map(({ axis }) => axis);
  const starts = perDevice((view) =>
    axes.map((axis) => (view.outputs[0]?.start[axis] as number) - first(axis, view)),
  );
  const ends = perDevice((view) =>
    axes.map((axis) => {
      const { start, size } = view.outputs[0] as DeviceView["outputs"][number];
      return (start[axis] as number) + (size[axis] as number) - first(axis, view);
    }),
  );
  return [g.op("Slice", [whole, starts, ends, g.ints(axes)])];
}

/** pytorch_half_pixel has a case for axes of one element, which a part of an axis may have where the axis has more. */
function localAttributes({ axes, style, attributes }: Resizing, resized: readonly number[]): Attributes {
  const single = resized.some((size, axis) => {
    const whole = axes?.[axis];
    return size === 1 && whole !== undefined && whole.out !== 1 && !isIdentity(whole, style);
  });
  if (style.coordinates !== "pytorch_half_pixel" || !single) return attributes;
  return { ...attributes, coordinate_transformation_mode: "half_pixel" };
}

/** Whether that case applies to the whole of an axis, so that rows of others must keep it. */
function hasSingle({ axes, style }: Resizing): boolean {
  return (
    style.coordinates === "pytorch_half_pixel" && (axes ?? []).some(({ size, out }) => out === 1 && size > 1)
  );
}

/** Resamples along one axis after another. */
function resample(x: Dense, { axes, style, extrapolation }: Resizing): Dense {
  const all = axes ?? [];
  let y = x;
  all.forEach((resampled, axis) => {
    if (isIdentity(resampled, style)) return;
    const taps = range(resampled.out).map((o) => clampedTaps(resampled, style, o));
    y = mapAlong(y, axis, resampled.out, (line) =>
      taps.map((list) => list.reduce((total, { at, weight }) => total + weight * (line[at] as number), 0)),
    );
  });
  if (extrapolation === undefined) return y;
  return build(y.dtype, y.shape, (index, flat) => {
    const outside = index.some((o, axis) => {
      const { size } = all[axis] as Resampled;
      const at = coordinateOf(all[axis] as Resampled, style.coordinates, o);
      return at < 0 || at > size - 1;
    });
    return outside ? extrapolation : (y.data[flat] as number);
  });
}

/** `f` of every line along `axis`, giving lines of `length` elements. */
function mapAlong(
  x: Dense,
  axis: number,
  length: number,
  f: (line: Float64Array) => readonly number[],
): Dense {
  const size = x.shape[axis] as number;
  const longest = Math.max(size, length);
  const shape = x.shape.with(axis, longest);
  const wide = build(x.dtype, shape, (index) => {
    if ((index[axis] as number) >= size) return 0;
    return x.data[index.reduce((at, i, a) => at * (x.shape[a] as number) + i, 0)] as number;
  });
  const mapped = mapLines(wide, axis, (line) => {
    const made = f(line.slice(0, size));
    return range(longest).map((i) => made[i] ?? 0);
  });
  return build(x.dtype, x.shape.with(axis, length), (index) => {
    return mapped.data[index.reduce((at, i, a) => at * (shape[a] as number) + i, 0)] as number;
  });
}

function resizeFlops(call: Call, does: Resizing, made: readonly Dim[]): number {
  const taps = (does.axes ?? []).map((axis) =>
    isIdentity(axis, does.style) ? 1 : clampedTaps(axis, does.style, Math.floor(axis.out / 2)).length,
  );
  return does.style.mode === "nearest"
    ? 0
    : 2 * product(taps) * product(localDims(made.map((d) => (isKnown(d) ? d : 1))));
}

function resizeOp(
  declaration: { name: string; doc: string; since: number; inputs: readonly [number, number] },
  resizingOf: (call: Call) => Resizing,
): OpDefinition {
  return defineOp({
    ...declaration,
    axes: (call) => resizeRule(call, resizingOf(call)),
    partials: (call) => resizePartials(call, resizingOf(call)),
    infer: (call) => [tensorType(call.dtype(0), resizedShape(call, resizingOf(call)))],
    signatures: (call, derived, context) => [...derived, ...rowSignatures(call, context, resizingOf(call))],
    flops: (call, outputs) => {
      const [made] = outputs ?? [];
      const does = resizingOf(call);
      return resizeFlops(call, does, made?.kind === "tensor" ? made.shape : resizedShape(call, does));
    },
    localize: (context) => localResize(context, resizingOf(context.call)),
    gradient: firstGradient((g, dy, _, { call, refuse }) => {
      const does = resizingOf(call);
      if (does.axes === undefined) return refuse("its sizes are not known at compile time");
      return resizeGradient(g, dy, does, does.axes);
    }),
    evaluate: ({ call, inputs: [x] }) => [resample(x as Dense, resizingOf(call))],
  });
}

const resize = resizeOp(
  {
    name: "Resize",
    doc: "Resampling of axes to other sizes: nearest elements, linear or cubic interpolation.",
    since: 19,
    inputs: [1, 4],
  },
  resizing,
);

const upsample = resizeOp(
  {
    name: "Upsample",
    doc: "Resampling of axes to larger sizes, as it was before Resize (opset 9); devices run it as Resize.",
    since: 9,
    inputs: [2, 2],
  },
  upsampling,
);

export const resizeOps: readonly OpDefinition[] = [resize, upsample];
