/** Windows that slide over the spatial axes of (N, C, D1, D2, …): the geometry that convolutions and pools share. */
import { windowed, split, type Windows } from "../ir/layout.ts";
import { dimAdd, dimCeilDiv, dimFloorDiv, dimSub, isKnown, type Dim } from "../ir/dim.ts";
import type { Signature } from "../sbp/signature.ts";
import type { ValueType } from "../ir/types.ts";
import type { Call } from "./call.ts";
import type { TapAxis } from "./conv-gradient.ts";
import type { Dense, DeviceView, LocalizeContext, SignatureContext } from "./contract.ts";
import { forEachIndex, offsetOf, stridesOf } from "./dense.ts";
import { tensorData, type TensorData } from "../ir/tensor-data.ts";
import { elementsRead } from "../sbp/geometry.ts";
import { blockSplits, signatureOf, unitsAmong } from "./movement.ts";

/** One spatial axis under a window. */
export interface WindowAxis {
  /** Elements of the input. */
  readonly size: Dim;
  /** Taps of the window, and how far the first lies from the last, plus one. */
  readonly kernel: number;
  readonly extent: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly after: number;
  /** Positions of the window. */
  readonly out: Dim;
}

/** An attribute with one number per spatial axis of input 0, or `length` numbers. */
export function listAttribute(
  call: Call,
  name: string,
  fallback: number,
  length = call.rank(0) - 2,
): readonly number[] {
  const values = call.ints(
    name,
    Array.from({ length }, () => fallback),
  );
  if (values.length !== length)
    call.fail("bad-attribute", { name, problem: `has ${values.length} elements, not ${length}` });
  return values;
}

/** The window of a call over input 0 with taps `kernel`, from its strides, dilations, pads, auto_pad and ceil_mode. */
export function windowOf(call: Call, kernel: readonly number[]): WindowAxis[] {
  const spatial = call.shape(0).slice(2);
  if (kernel.length !== spatial.length)
    call.failShape(`a window of ${kernel.length} axes over ${spatial.length} spatial axes`);
  const [strides, dilations, pads] = [
    listAttribute(call, "strides", 1),
    listAttribute(call, "dilations", 1),
    listAttribute(call, "pads", 0, 2 * spatial.length),
  ];
  for (const [name, values] of Object.entries({ strides, dilations, kernel_shape: kernel })) {
    if (values.some((value) => value < 1)) call.fail("bad-attribute", { name, problem: "must be positive" });
  }
  const auto = call.string("auto_pad", "NOTSET");
  const ceil = call.int("ceil_mode", 0) === 1;
  return spatial.map((size, i) => {
    const [taps, stride, dilation] = [kernel[i] as number, strides[i] as number, dilations[i] as number];
    const base = { size, kernel: taps, extent: (taps - 1) * dilation + 1, stride, dilation };
    if (auto === "SAME_UPPER" || auto === "SAME_LOWER") return samePadded(call, base, auto === "SAME_UPPER");
    if (auto !== "NOTSET" && auto !== "VALID")
      call.fail("bad-attribute", { name: "auto_pad", problem: `is ${auto}` });
    const [before, after] =
      auto === "VALID" ? [0, 0] : [pads[i] as number, pads[spatial.length + i] as number];
    return { ...base, before, after, out: positionsOf(call, base, before, after, ceil) };
  });
}

type Bare = Omit<WindowAxis, "before" | "after" | "out">;

function positionsOf(
  call: Call,
  { size, extent, stride }: Bare,
  before: number,
  after: number,
  ceil: boolean,
): Dim {
  const room = dimSub(dimAdd(size, before + after), extent);
  if (isKnown(room) && room < 0)
    call.failShape(
      `a window of extent ${extent} does not fit into ${size} elements padded by ${before} and ${after}`,
    );
  const out = dimAdd(ceil ? dimCeilDiv(room, stride) : dimFloorDiv(room, stride), 1);
  // A window that would begin in the padding behind the input does not count.
  if (ceil && isKnown(out) && isKnown(size) && (out - 1) * stride >= size + before) return out - 1;
  return out;
}

/** As many positions as strides fit in the input; what padding that takes is split, an odd element going to one end. */
function samePadded(call: Call, base: Bare, upper: boolean): WindowAxis {
  const out = dimCeilDiv(base.size, base.stride);
  if (!isKnown(base.size) || !isKnown(out)) {
    // With stride 1 the padding does not depend on the size.
    if (base.stride !== 1)
      call.fail("unbound-dimension", { dim: String(base.size), value: "the input of a SAME-padded window" });
    return { ...base, out, ...halves(base.extent - 1, upper) };
  }
  return { ...base, out, ...halves(Math.max(0, (out - 1) * base.stride + base.extent - base.size), upper) };
}

function halves(total: number, upper: boolean): { before: number; after: number } {
  const half = Math.floor(total / 2);
  return upper ? { before: half, after: total - half } : { before: total - half, after: half };
}

/**
 * Whether positions of the window correspond to blocks of `stride` elements, each reading its own block alone: no padding, no
 * overlap, and a position for the last block even if it is short. Then whole blocks can be dealt to devices.
 */
function isBlockwise(axis: WindowAxis): boolean {
  const { size, out, extent, stride, before, after } = axis;
  if (before !== 0 || after !== 0 || extent > stride || !isKnown(size)) return false;
  // A short last block must hold the window: ceil_mode would let it hang over, which a device with that block alone cannot.
  const rest = size % stride;
  return out === Math.ceil(size / stride) && (rest === 0 || rest >= extent);
}

/** Splits of the spatial axes whose windows are blockwise. */
export function blockwiseSignatures(
  call: Call,
  context: SignatureContext,
  axes: readonly WindowAxis[],
): Signature[] {
  return axes.flatMap((window, i) =>
    isBlockwise(window) ? blockSplits(call, context, i + 2, window.stride, 1) : [],
  );
}

/**
 * Splits of the output's spatial axes for which every device takes the window of the input that its positions read; `windows`
 * gives it per spatial axis, undefined where the axis cannot be had so.
 */
export function windowSignatures(
  call: Call,
  context: SignatureContext,
  windows: readonly (Windows | undefined)[],
): Signature[] {
  return windows.flatMap((reads, i) => {
    if (reads === undefined) return [];
    const axis = i + 2;
    return unitsAmong(context, [["output", 0, axis]]).map((unit) =>
      signatureOf(call, { 0: windowed(axis, unit, reads) }, split(axis, unit)),
    );
  });
}

/** What the positions of a window read; undefined where no neighbour's elements are read, or sizes are not known. */
export function readsOf(axis: WindowAxis): Windows | undefined {
  const { out, stride, extent, before } = axis;
  if (!isKnown(out) || isBlockwise(axis)) return undefined;
  return { positions: out, step: stride, per: 1, from: -before, to: extent - stride - before };
}

/** Windows that slide: splits with whole blocks of their own, and with elements of the neighbours. */
export function slidingSignatures(
  call: Call,
  context: SignatureContext,
  axes: readonly WindowAxis[],
): Signature[] {
  return [...blockwiseSignatures(call, context, axes), ...windowSignatures(call, context, axes.map(readsOf))];
}

/** Batch and window positions of the output: of `outputs` where they are given (see `OpDeclaration.flops`), else of the call. */
export function positionsMade(
  call: Call,
  axes: () => readonly WindowAxis[],
  outputs: readonly (ValueType | null)[] | undefined,
): readonly Dim[] {
  const [made] = outputs ?? [];
  if (made?.kind === "tensor") return made.shape.filter((_, axis) => axis !== 1);
  return [call.shape(0)[0] as Dim, ...axes().map((axis) => axis.out)];
}

/** The tensor axes that a device's input 0 holds as windows, each once. */
export function windowedAxes({
  signature,
}: Pick<LocalizeContext, "signature">): { axis: number; windows: Windows }[] {
  const found = new Map<number, Windows>();
  for (const sbp of signature.inputs[0] ?? []) if (sbp.kind === "W") found.set(sbp.axis, sbp.windows);
  return [...found].map(([axis, windows]) => ({ axis, windows }));
}

/**
 * The local input with what its windows read outside the tensor filled with `fill` (a scalar, or its value), and the pads that
 * are left to the operator: where all devices of the class lack equally much, all of them. `filled`: whether something was put
 * in.
 */
export function padWindows(
  context: LocalizeContext,
  axes: readonly WindowAxis[],
  fill: TensorData | string = zeroOf(context),
): { readonly x: string; readonly pads: number[]; readonly filled: boolean } {
  const { g, inputs, devices, perDevice } = context;
  const x = inputs[0] as string;
  const windows = windowedAxes(context);
  const pads = padsAttribute(axes);
  if (windows.length === 0) return { x, pads, filled: false };
  const rank = g.type(x).shape.length;
  const lacking = windowsLack(windows, rank);
  const lists = devices().map(lacking);
  // ONNX Runtime takes no pads of a pool that are as long as its window has taps.
  const same =
    lists.every((list) => list.join() === lists[0]?.join()) &&
    windows.every(({ axis }) => {
      const taps = (axes[axis - 2] as WindowAxis).kernel;
      return (lists[0]?.[axis] as number) < taps && (lists[0]?.[rank + axis] as number) < taps;
    });
  for (const { axis } of windows) {
    pads[axis - 2] = same ? (lists[0]?.[axis] as number) : 0;
    pads[axes.length + axis - 2] = same ? (lists[0]?.[rank + axis] as number) : 0;
  }
  if (same) return { x, pads, filled: false };
  const padded = g.op("Pad", [x, perDevice(lacking), typeof fill === "string" ? fill : g.constant(fill)], {
    mode: "constant",
  });
  return { x: padded, pads, filled: true };
}

function zeroOf({ g, inputs }: LocalizeContext): TensorData {
  return tensorData(g.type(inputs[0] as string).dtype, [], [0]);
}

/** How many elements a device's windows read before and behind what it holds: begins of all axes, then ends. */
function windowsLack(windows: readonly { axis: number; windows: Windows }[], rank: number) {
  return ({ inputs: [held], outputs: [made] }: DeviceView): number[] => {
    const lack = Array.from({ length: 2 * rank }, () => 0);
    for (const { axis, windows: reads } of windows) {
      const { start, end } = elementsRead(reads, made?.start[axis] as number, made?.size[axis] as number);
      const first = held?.start[axis] as number;
      lack[axis] = first - start;
      lack[rank + axis] = end - first - (held?.size[axis] as number);
    }
    return lack;
  };
}

/** The axes of a window in numbers, for derivatives. */
export function tapAxes(axes: readonly WindowAxis[]): TapAxis[] {
  return axes.map(({ size, out, ...axis }) => ({ ...axis, size: size as number, positions: out as number }));
}

/** The pads attribute: all begins, then all ends. */
export function padsAttribute(axes: readonly WindowAxis[]): number[] {
  return [...axes.map((axis) => axis.before), ...axes.map((axis) => axis.after)];
}

/** Where the elements of images of `x` [N, C, ...spatial] lie: by sample and channel the first, and how far from it the one at `at`. */
export function imagesOf(x: Dense) {
  const [perSample = 0, channelStride = 0, ...spatial] = stridesOf(x.shape);
  return {
    first: (sample: number, channel: number) => sample * perSample + channel * channelStride,
    offset: (at: readonly number[]) => offsetOf(at, spatial),
    channelStride,
  };
}

/**
 * Calls `visit` for each tap at window position `position` that falls on the input: its index in the window and in the input.
 * The arrays are reused: copy them to keep them.
 */
export function forEachTap(
  axes: readonly WindowAxis[],
  position: readonly number[],
  visit: (tap: readonly number[], at: readonly number[]) => void,
): void {
  const at = axes.map(() => 0);
  forEachIndex(
    axes.map((axis) => axis.kernel),
    (tap) => {
      for (let i = 0; i < axes.length; i++) {
        const { stride, dilation, before, size } = axes[i] as WindowAxis;
        const x = (position[i] as number) * stride + (tap[i] as number) * dilation - before;
        if (x < 0 || x >= (size as number)) return;
        at[i] = x;
      }
      visit(tap, at);
    },
  );
}
