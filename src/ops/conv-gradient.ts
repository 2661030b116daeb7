/**
 * The derivatives of Conv, ConvTranspose and the pools that are sums over windows.
 *
 * With X [n, C, i…], W [M, C/G, k…] and Y [n, M, o…] in G groups, a convolution has:
 *
 *   dX = ConvTranspose(dY, W)
 *   dW = Conv of Xᵀ [C, n, i…] by dYᵀ [M, n, o…], strides and dilations exchanged, giving [C, M, k…], transposed
 *   dB = sum of dY over n and o…
 *
 * With several groups dW is made per sample and then summed, so that the samples may be split: Xᵀ [C/G, n G, i…] by
 * dY [n M, 1, o…] in n G groups. A transposed convolution exchanges X and Y.
 */
import { tensorData } from "../ir/tensor-data.ts";
import { knownShape } from "../ir/types.ts";
import { range } from "../support/collections.ts";
import type { Emitter } from "./contract.ts";

/** One spatial axis: positions o of a window over `size` elements, tap k at element o stride + k dilation - before. */
export interface TapAxis {
  readonly size: number;
  readonly positions: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
}

const extentOf = ({ kernel, dilation }: TapAxis) => (kernel - 1) * dilation + 1;

/** What every position spreads by W over the elements: [n, M, o…] and [M, C/G, k…] to [n, C, i…]. */
export function spread(g: Emitter, y: string, w: string, axes: readonly TapAxis[], group: number): string {
  // Elements behind the last that a position reads: of those the operator adds fewer than a stride, the pads take off the rest.
  const behind = axes.map(
    (axis) => axis.size + axis.before - (axis.positions - 1) * axis.stride - extentOf(axis),
  );
  const extra = behind.map((count, i) => Math.min(Math.max(count, 0), (axes[i] as TapAxis).stride - 1));
  const spreadOut = g.op("ConvTranspose", [y, w], {
    group,
    strides: axes.map(({ stride }) => stride),
    dilations: axes.map(({ dilation }) => dilation),
    pads: [...axes.map(({ before }) => before), ...behind.map((count) => Math.max(-count, 0))],
    output_padding: extra,
  });
  const lacking = behind.map((count, i) => Math.max(count, 0) - (extra[i] as number));
  return lacking.every((count) => count === 0) ? spreadOut : padBehind(g, spreadOut, lacking);
}

function padBehind(g: Emitter, x: string, counts: readonly number[]): string {
  const rank = g.type(x).shape.length;
  return g.op("Pad", [x, g.ints([...range(rank).map(() => 0), 0, 0, ...counts])], { mode: "constant" });
}

/** `x` without the elements behind the last window, and the pads with which the windows have as many positions as they should. */
function fitted(
  g: Emitter,
  x: string,
  axes: readonly TapAxis[],
): { readonly x: string; readonly pads: readonly number[] } {
  const after = axes.map(
    (axis) => (axis.positions - 1) * axis.stride + extentOf(axis) - axis.before - axis.size,
  );
  const cut = axes.flatMap(({ size }, i) =>
    (after[i] as number) < 0 ? [[i, size + (after[i] as number)]] : [],
  );
  const pads = [...axes.map(({ before }) => before), ...after.map((count) => Math.max(count, 0))];
  if (cut.length === 0) return { x, pads };
  const ends = cut.map(([, end]) => end as number);
  const along = cut.map(([i]) => (i as number) + 2);
  return { x: g.op("Slice", [x, g.ints(ends.map(() => 0)), g.ints(ends), g.ints(along)]), pads };
}

/** What every position sums by W: [n, C, i…] and [M, C/G, k…] to [n, M, o…]; the derivative of `spread`. */
export function gathered(g: Emitter, x: string, w: string, axes: readonly TapAxis[], group: number): string {
  const { x: read, pads } = fitted(g, x, axes);
  return g.op("Conv", [read, w], {
    group,
    strides: axes.map(({ stride }) => stride),
    dilations: axes.map(({ dilation }) => dilation),
    pads,
  });
}

/** The gradient by W of shape [M, C/G, k…]; x is [n, C, i…], dy [n, M, o…]. */
export function weightGradient(
  g: Emitter,
  x: string,
  dy: string,
  axes: readonly TapAxis[],
  group: number,
): string {
  const { x: read, pads } = fitted(g, x, axes);
  const attributes = {
    strides: axes.map(({ dilation }) => dilation),
    dilations: axes.map(({ stride }) => stride),
    pads,
  };
  const [n, channels, ...spatial] = knownShape(g.type(read)) as [number, number, ...number[]];
  const [, outputs, ...positions] = knownShape(g.type(dy)) as [number, number, ...number[]];
  const trailing = range(axes.length);
  const swap = (value: string) => g.op("Transpose", [value], { perm: [1, 0, ...trailing.map((i) => i + 2)] });
  if (group === 1) return swap(g.op("Conv", [swap(read), swap(dy)], attributes));
  const perGroup = channels / group;
  const kernel = axes.map((axis) => axis.kernel);
  const groups = g.op("Reshape", [read, g.ints([n, group, perGroup, ...spatial])]);
  const turned =
    perGroup === 1 ? groups : g.op("Transpose", [groups], { perm: [2, 0, 1, ...trailing.map((i) => i + 3)] });
  const each = g.op(
    "Conv",
    [
      g.op("Reshape", [turned, g.ints([perGroup, n * group, ...spatial])]),
      g.op("Reshape", [dy, g.ints([n * outputs, 1, ...positions])]),
    ],
    { ...attributes, group: n * group },
  );
  const perSample = g.op("Reshape", [each, g.ints([perGroup, n, outputs, ...kernel])]);
  const sum = g.op("ReduceSum", [perSample, g.ints([1])], { keepdims: 0 });
  return perGroup === 1 ? g.op("Reshape", [sum, g.ints([outputs, 1, ...kernel])]) : swap(sum);
}

/** The sum per channel of [n, C, i…]. */
export function channelSum(g: Emitter, value: string): string {
  const axes = range(g.type(value).shape.length).filter((axis) => axis !== 1);
  return g.op("ReduceSum", [value, g.ints(axes)], { keepdims: 0 });
}

/** The sum of what the windows over every element hold there, of [n, C, o…] per window: [n, C, i…]. */
export function overWindows(g: Emitter, perWindow: string, axes: readonly TapAxis[]): string {
  const { dtype, shape } = g.type(perWindow);
  const channels = shape[1] as number;
  const ones = g.op("ConstantOfShape", [g.ints([channels, 1, ...axes.map(({ kernel }) => kernel)])], {
    value: { tensor: tensorData(dtype, [1], [1]) },
  });
  return spread(g, perWindow, ones, axes, channels);
}
