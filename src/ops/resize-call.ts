/** What a call of Resize, or of Upsample from before it, asks for: how every axis is resampled. */
import { isKnown } from "../ir/dim.ts";
import type { Attributes } from "../ir/graph.ts";
import { toNumbers } from "../ir/tensor-data.ts";
import { range } from "../support/collections.ts";
import type { Call } from "./call.ts";
import { coordinateModes, type Resampled, type ResampleStyle } from "./resample-taps.ts";

/** What a call does: an entry per tensor axis; undefined where the sizes are not known. */
export interface Resizing {
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
export function given(call: Call, index: number): number[] | "unknown" | undefined {
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
export function namedAxes(call: Call): number[] {
  const rank = call.rank(0);
  const axes = call.ints("axes", range(rank)).map((axis) => call.axis(axis, rank));
  if (new Set(axes).size !== axes.length) call.failShape("an axis is resized twice");
  return axes;
}

export function resizing(call: Call): Resizing {
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

/** As `resizing`, for Upsample: scales as input 1, coordinates that are the outputs' divided by them. */
export function upsampling(call: Call): Resizing {
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
