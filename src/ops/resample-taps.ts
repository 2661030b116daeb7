/**
 * Resampling along one axis: which input elements make an output element, with which weights.
 *
 * A line of `size` elements becomes one of `out`, `scale` times as long (`out` is whole, size x scale need not be). Coordinates
 * are those of ONNX's Resize: `x` counts input elements, 0 in the middle of the first.
 */
import { range } from "../support/collections.ts";

export interface Resampled {
  readonly size: number;
  readonly out: number;
  readonly scale: number;
  /** Part of the line that is taken, in lengths of it; for `tf_crop_and_resize`. */
  readonly roi: readonly [start: number, end: number];
}

export interface ResampleStyle {
  readonly mode: "nearest" | "linear" | "cubic";
  readonly coordinates: Coordinates;
  readonly nearest: "round_prefer_floor" | "round_prefer_ceil" | "floor" | "ceil";
  /** The coefficient of cubic interpolation. */
  readonly a: number;
  readonly excludeOutside: boolean;
  readonly antialias: boolean;
}

/** How outputs are placed on the input line; also the values of Resize's attribute. */
export const coordinateModes = [
  "half_pixel",
  "half_pixel_symmetric",
  "pytorch_half_pixel",
  "align_corners",
  "asymmetric",
  "tf_crop_and_resize",
] as const;
export type Coordinates = (typeof coordinateModes)[number];

export interface Tap {
  readonly at: number;
  readonly weight: number;
}

/** Where output element `o` lies on the input line. */
export function coordinateOf(axis: Resampled, coordinates: Coordinates, o: number): number {
  const { size, out, scale, roi } = axis;
  switch (coordinates) {
    case "half_pixel":
      return (o + 0.5) / scale - 0.5;
    case "half_pixel_symmetric":
      return (size / 2) * (1 - out / (size * scale)) + (o + 0.5) / scale - 0.5;
    case "pytorch_half_pixel":
      return out > 1 ? (o + 0.5) / scale - 0.5 : 0;
    case "align_corners":
      return out > 1 ? (o * (size - 1)) / (out - 1) : 0;
    case "asymmetric":
      return o / scale;
    case "tf_crop_and_resize": {
      const [start, end] = roi;
      return out > 1
        ? start * (size - 1) + (o * (end - start) * (size - 1)) / (out - 1)
        : 0.5 * (start + end) * (size - 1);
    }
  }
}

/** The taps of output element `o` before they are brought inside the line; weights add up to 1. */
export function tapsAt(axis: Resampled, style: ResampleStyle, o: number): Tap[] {
  const x = coordinateOf(axis, style.coordinates, o);
  if (style.mode === "nearest") return [{ at: nearest(x, style.nearest), weight: 1 }];
  const stretch = style.antialias ? Math.min(axis.scale, 1) : 1;
  const reach = (style.mode === "linear" ? 1 : 2) / stretch;
  const kernel = style.mode === "linear" ? linear : (d: number) => cubic(d, style.a);
  const first = Math.floor(x - reach) + 1;
  const last = Math.ceil(x + reach) - 1;
  const taps = range(Math.max(last, Math.floor(x)) - first + 1).map((i) => ({
    at: first + i,
    weight: kernel((first + i - x) * stretch),
  }));
  const total = taps.reduce((n, { weight }) => n + weight, 0);
  return taps.filter(({ weight }) => weight !== 0).map(({ at, weight }) => ({ at, weight: weight / total }));
}

/**
 * The taps of output element `o` on the line. Those outside it are the element at its end or, where that is asked, are left
 * out, the others then making up for them.
 */
export function clampedTaps(axis: Resampled, style: ResampleStyle, o: number): Tap[] {
  const taps = tapsAt(axis, style, o);
  const last = axis.size - 1;
  if (style.mode === "nearest" || !style.excludeOutside)
    return taps.map(({ at, weight }) => ({ at: Math.min(Math.max(at, 0), last), weight }));
  const inside = taps.filter(({ at }) => at >= 0 && at <= last);
  const total = inside.reduce((n, { weight }) => n + weight, 0);
  return inside.map(({ at, weight }) => ({ at, weight: weight / total }));
}

/** Whether every output element is the input element of its place. */
export function isIdentity(axis: Resampled, style: ResampleStyle): boolean {
  return (
    axis.size === axis.out &&
    axis.scale === 1 &&
    range(axis.out).every((o) => {
      const taps = clampedTaps(axis, style, o);
      return taps.length === 1 && taps[0]?.at === o;
    })
  );
}

function nearest(x: number, style: ResampleStyle["nearest"]): number {
  switch (style) {
    case "round_prefer_floor":
      return Math.ceil(x - 0.5);
    case "round_prefer_ceil":
      return Math.floor(x + 0.5);
    case "floor":
      return Math.floor(x);
    case "ceil":
      return Math.ceil(x);
  }
}

function linear(distance: number): number {
  return Math.max(0, 1 - Math.abs(distance));
}

/** Keys' cubic with coefficient `a`. */
export function cubic(distance: number, a: number): number {
  const d = Math.abs(distance);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? (((d - 5) * d + 8) * d - 4) * a : 0;
}
