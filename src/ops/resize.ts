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
import { tensorData, toNumbers } from "../ir/tensor-data.ts";
import { isFloat, tensorType } from "../ir/types.ts";
import type { PartialRules, ResolvedRule, Signature } from "../sbp/signature.ts";
import { product, range } from "../support/collections.ts";
import type { Attributes } from "../ir/graph.ts";
import type { Call } from "./call.ts";
import type { Dense, DeviceView, LocalizeContext, SignatureContext } from "./contract.ts";
import { defineOp, type OpDefinition } from "./define.ts";
import { build, mapLines } from "./dense.ts";
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
  coordinateModes,
  coordinateOf,
  isIdentity,
  tapsAt,
  type Resampled,
  type ResampleStyle,
} from "./resample-taps.ts";
import { windowedAxes } from "./window.ts";

/** What a call does: an entry per tensor axis; undefined where the sizes are not known. */
interface Resizing {
  readonly style: ResampleStyle;
  readonly axes: readonly Resampled[] | undefined;
  /** What elements from outside the line are, where the coordinates can lie there. */
  readonly extrapolation: number | undefined;
  /** The input that holds sizes, if they are given so, and the one that holds scales. */
  readonly sizes: number | undefined;
  readonly scales: number;
  /** What it is as Resize. */
  readonly attributes: Attributes;
}

/** Numbers of an input known at compile time; exporters give absent ones as empty tensors. */
function given(call: Call, index: number): number[] | "unknown" | undefined {
  if (!call.has(index) || call.shape(index)[0] === 0) return undefined;
  const data = call.constant(index);
  return data === undefined ? "unknown" : [...toNumbers(data)];
}

function oneOf<T extends string>(call: Call, name: string, values: readonly T[], fallback: T): T {
  const value = call.string(name, fallback);
  const found = values.find((other) => other === value);
  if (found === undefined) call.fail("bad-attribute", { name, problem: `is ${value}` });
  return found;
}

function styleOf(call: Call): ResampleStyle {
  return {
    mode: oneOf(call, "mode", ["nearest", "linear", "cubic"], "nearest"),
    coordinates: oneOf(call, "coordinate_transformation_mode", coordinateModes, "half_pixel"),
    nearest: oneOf(
      call,
      "nearest_mode",
      ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"],
      "round_prefer_floor",
    ),
    a: call.float("cubic_coeff_a", -0.75),
    excludeOutside: call.int("exclude_outside", 0) === 1,
    antialias: call.int("antialias", 0) === 1,
  };
}

/** The axes that roi, scales and sizes refer to. */
function namedAxes(call: Call): number[] {
  const rank = call.rank(0);
  const axes = call.ints("axes", range(rank)).map((axis) => call.axis(axis, rank));
  if (new Set(axes).size !== axes.length) call.failShape("an axis is resized twice");
  return axes;
}

function resizing(call: Call): Resizing {
  const style = styleOf(call);
  const crops = style.coordinates === "tf_crop_and_resize";
  const axes = namedAxes(call);
  const [roi, scales, sizes] = [crops ? given(call, 1) : undefined, given(call, 2), given(call, 3)];
  const result = {
    style,
    extrapolation: crops ? call.float("extrapolation_value", 0) : undefined,
    sizes: sizes === undefined ? undefined : 3,
    scales: 2,
    attributes: call.attributes,
  };
  if ((scales === undefined) === (sizes === undefined))
    call.failShape("one of scales and sizes must be given, the other left out");
  if (crops && roi === undefined) call.failShape("tf_crop_and_resize needs the region of interest");
  if (roi === "unknown" || scales === "unknown" || sizes === "unknown") return { ...result, axes: undefined };
  for (const [name, list, length] of [
    ["scales", scales, axes.length],
    ["sizes", sizes, axes.length],
    ["roi", roi, 2 * axes.length],
  ] as const) {
    if (list !== undefined && list.length !== length)
      call.failShape(`${name} has ${list.length} elements, not ${length}`);
  }
  const shape = call.shape(0);
  if (!shape.every(isKnown)) return { ...result, axes: undefined };
  const kept = keptRatio(call, shape, axes, sizes);
  const whole = shape.map((size): Resampled => ({ size, out: size, scale: 1, roi: [0, 1] }));
  axes.forEach((axis, i) => {
    const size = shape[axis] as number;
    const part = roi === undefined ? ([0, 1] as const) : ([roi[i], roi[axes.length + i]] as [number, number]);
    if (scales !== undefined) {
      const scale = scales[i] as number;
      if (!(scale > 0)) call.failShape(`the scale ${scale} is not positive`);
      const out = Math.floor(Math.fround(size * (part[1] - part[0]) * scale));
      whole[axis] = { size, out, scale, roi: part };
    } else if (sizes !== undefined) {
      const out = kept === undefined ? (sizes[i] as number) : Math.floor(kept * size + 0.5);
      whole[axis] = { size, out, scale: kept ?? out / size, roi: part };
    }
  });
  return { ...result, axes: whole };
}

/** The one scale of all axes where the ratio of the sizes is to be kept. */
function keptRatio(
  call: Call,
  shape: readonly number[],
  axes: readonly number[],
  sizes: readonly number[] | undefined,
): number | undefined {
  const policy = oneOf(call, "keep_aspect_ratio_policy", ["stretch", "not_larger", "not_smaller"], "stretch");
  if (sizes === undefined || policy === "stretch") return undefined;
  const ratios = axes.map((axis, i) => (sizes[i] as number) / (shape[axis] as number));
  return policy === "not_larger" ? Math.min(...ratios) : Math.max(...ratios);
}

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

/** Blocks of `ins` input elements that become `outs` output elements alike; `halo`: elements read beyond the block, in whole blocks. */
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

/** As `resizing`, for Upsample: scales as input 1, coordinates that are the outputs' divided by them. */
function upsampling(call: Call): Resizing {
  const style: ResampleStyle = {
    mode: oneOf(call, "mode", ["nearest", "linear"], "nearest"),
    coordinates: "asymmetric",
    nearest: "floor",
    a: 0,
    excludeOutside: false,
    antialias: false,
  };
  const scales = given(call, 1);
  const shape = call.shape(0);
  const attributes = {
    mode: style.mode,
    coordinate_transformation_mode: "asymmetric",
    nearest_mode: "floor",
  };
  const result = { style, extrapolation: undefined, sizes: undefined, scales: 1, attributes };
  if (scales === undefined) call.failShape("the scales are missing");
  if (scales === "unknown" || !shape.every(isKnown)) return { ...result, axes: undefined };
  if (scales.length !== shape.length) call.failShape(`${scales.length} scales for ${shape.length} axes`);
  const axes = shape.map((size, axis): Resampled => {
    const scale = scales[axis] as number;
    if (!(scale >= 1)) call.failShape(`the scale ${scale} is below 1`);
    return { size, out: Math.floor(Math.fround(size * scale)), scale, roi: [0, 1] };
  });
  return { ...result, axes };
}

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
