/** Discrete Fourier transforms, DFT and STFT: linear in the signal. Complex numbers are pairs on the last axis. */
import { dimAdd, dimFloorDiv, dimMul, dimSub, isKnown, type Dim } from "../ir/dim.ts";
import { isStatic, tensorType, type TensorType } from "../ir/types.ts";
import type { ResolvedRule } from "../sbp/signature.ts";
import { range } from "../support/collections.ts";
import type { Call } from "./call.ts";
import type { Dense } from "./contract.ts";
import { defineOp, type OpDefinition } from "./define.ts";
import { filled, forEachIndex, offsetOf, stridesOf } from "./dense.ts";
import { commonDtype } from "./elementwise.ts";
import { dataDependentDim, factorsBut } from "./movement.ts";

/** A line of complex numbers, real and imaginary parts apart. */
interface Line {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** The first `bins` frequencies of `line`, taken as `length` numbers: cut off, or followed by zeros. */
function transform({ re, im }: Line, length: number, bins: number, inverse: boolean): Line {
  const out = { re: new Float64Array(bins), im: new Float64Array(bins) };
  const given = Math.min(length, re.length);
  for (let k = 0; k < bins; k++) {
    for (let n = 0; n < given; n++) {
      // The product is reduced first: large angles lose digits.
      const angle = ((inverse ? 2 : -2) * Math.PI * ((k * n) % length)) / length;
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      out.re[k] = (out.re[k] as number) + (re[n] as number) * c - (im[n] as number) * s;
      out.im[k] = (out.im[k] as number) + (re[n] as number) * s + (im[n] as number) * c;
    }
    if (!inverse) continue;
    out.re[k] = (out.re[k] as number) / length;
    out.im[k] = (out.im[k] as number) / length;
  }
  return out;
}

/** The spectrum of `length` frequencies of which `half` is the first half: the others are conjugates; the ends are real. */
function wholeSpectrum({ re, im }: Line, length: number): Line {
  const out = { re: new Float64Array(length), im: new Float64Array(length) };
  for (let k = 0; k <= length / 2; k++) {
    const edge = k === 0 || 2 * k === length;
    out.re[k] = re[k] ?? 0;
    out.im[k] = edge ? 0 : (im[k] ?? 0);
    if (edge) continue;
    out.re[length - k] = re[k] ?? 0;
    out.im[length - k] = -(im[k] ?? 0);
  }
  return out;
}

/** About 5 n log2 n operations for each line of `length`. */
function transformFlops(lines: number, length: Dim): number {
  const n = isKnown(length) ? length : 1;
  return 5 * lines * n * Math.max(1, Math.log2(n));
}

function elements(dims: readonly Dim[]): number {
  return dims.reduce<number>((n, size) => n * (isKnown(size) ? size : 1), 1);
}

/** A whole number held by an optional scalar input; `fallback` where it is absent, a new dimension where it is not known. */
function scalarInput(call: Call, index: number, name: string, fallback: Dim): Dim {
  if (!call.has(index)) return fallback;
  if (call.constant(index) === undefined) return dataDependentDim(call, name);
  const [value] = call.constantInts(index, name) ?? [];
  if (value === undefined || value < 1) call.failShape(`${name} is ${value}`);
  return value;
}

/** Whether an axis may hold the real part of a number, or both parts. */
function holdsParts(size: Dim | undefined): boolean {
  return size !== undefined && (size === 1 || size === 2 || !isKnown(size));
}

// --- DFT

interface Transform {
  /** -1 where only execution tells. */
  readonly axis: number;
  /** Numbers that are transformed. */
  readonly length: Dim;
  readonly inverse: boolean;
  readonly onesided: boolean;
  /** The transformed axis and the last one of the output. */
  readonly bins: Dim;
  readonly parts: number;
}

function dftOf(call: Call): Transform {
  const rank = call.rank(0);
  const isOpen = call.has(2) && call.constant(2) === undefined;
  const axis = isOpen ? -1 : call.axis(call.constantInts(2, "axis")?.[0] ?? -2, rank);
  const [inverse, onesided] = [call.int("inverse", 0) === 1, call.int("onesided", 0) === 1];
  const parts = call.shape(0).at(-1);
  if (rank < 2 || axis === rank - 1 || !holdsParts(parts))
    call.failShape("the last axis must hold the 1 or 2 parts of a number, and is not transformed");
  if (onesided && !inverse && parts === 2) call.failShape("a one-sided transform takes real numbers");
  const size = call.shape(0)[axis] ?? dataDependentDim(call, "size");
  const half = inverse && onesided;
  const length = scalarInput(call, 1, "dft_length", half ? dimMul(dimSub(size, 1), 2) : size);
  const bins = onesided && !inverse ? dimAdd(dimFloorDiv(length, 2), 1) : length;
  return { axis, length, inverse, onesided, bins, parts: half ? 1 : 2 };
}

/** The shape with another size of the transformed axis and of the last one. */
function transformed<T extends Dim>(shape: readonly T[], axis: number, bins: T, parts: T): T[] {
  return shape.with(axis, bins).with(shape.length - 1, parts);
}

/** The result where the axis is not known: it has the signal's sizes, unless one of them becomes another. */
function openDft(call: Call, parts: number): TensorType {
  const keeps = call.int("onesided", 0) === 0 && !call.has(1);
  const shape = call.shape(0).map((size, axis) => (keeps ? size : dataDependentDim(call, axis)));
  return tensorType(commonDtype(call, "float", [0]), shape.with(shape.length - 1, parts));
}

const dft = defineOp({
  name: "DFT",
  doc: "The discrete Fourier transform along an axis, or its inverse; one-sided where the signal is real.",
  since: 20,
  inputs: [1, 3],
  gradient: {
    none: "it transforms signals before a model learns from them: no parameter lies in front of it",
  },
  axes: (call): ResolvedRule => {
    const { axis } = dftOf(call);
    const all = axis < 0 ? call.shape(0).map(() => null) : factorsBut(call.rank(0), axis);
    const factors = all.with(call.rank(0) - 1, null);
    const scalars = [1, 2].map((i) => (call.has(i) ? call.shape(i).map(() => null) : null));
    return { inputs: [factors, ...scalars], outputs: [factors] };
  },
  // Linear along whichever axis, as long as the result has its shape.
  partials: (call) => {
    const { axis, bins, parts } = dftOf(call);
    const shaped = axis < 0 ? isStatic(openDft(call, parts)) : isKnown(bins);
    return shaped ? { linear: [[0]] } : {};
  },
  infer: (call) => {
    const { axis, bins, parts } = dftOf(call);
    if (axis < 0) return [openDft(call, parts)];
    return [tensorType(commonDtype(call, "float", [0]), transformed(call.shape(0), axis, bins, parts))];
  },
  flops: (call) => {
    const { axis, length } = dftOf(call);
    if (axis < 0) return 5 * elements(call.shape(0));
    return transformFlops(elements(transformed(call.shape(0), axis, 1, 1)), length);
  },
  evaluate: ({ call, inputs: [input] }) => {
    const x = input as Dense;
    const { axis, length, inverse, onesided, bins, parts } = dftOf(call);
    const [n, given] = [length as number, x.shape.at(-1) as number];
    const out = filled(x.dtype, transformed(x.shape, axis, bins as number, parts), 0);
    const [from, to] = [stridesOf(x.shape), stridesOf(out.shape)];
    forEachIndex(transformed(x.shape, axis, 1, 1), (index) => {
      const start = offsetOf(index, from);
      const part = (which: number) =>
        Float64Array.from(range(x.shape[axis] as number), (i) =>
          which < given ? (x.data[start + i * (from[axis] as number) + which] as number) : 0,
        );
      const line = { re: part(0), im: part(1) };
      const whole = inverse && onesided ? wholeSpectrum(line, n) : line;
      const { re, im } = transform(whole, n, bins as number, inverse);
      re.forEach((value, k) => {
        const at = offsetOf(index, to) + k * (to[axis] as number);
        out.data[at] = value;
        if (parts === 2) out.data[at + 1] = im[k] as number;
      });
    });
    return [out];
  },
});

// --- STFT

interface Frames {
  readonly step: Dim;
  readonly length: Dim;
  readonly count: Dim;
  readonly bins: Dim;
}

function framesOf(call: Call): Frames {
  const [, size, parts] = call.shape(0);
  if (call.rank(0) !== 3 || !holdsParts(parts)) call.failShape("the signal must be [batch, length, 1 or 2]");
  const window = call.has(2) ? (call.shape(2)[0] as Dim) : undefined;
  const length = scalarInput(call, 3, "frame_length", window ?? (size as Dim));
  if (call.has(2) && (call.rank(2) !== 1 || (isKnown(length) && isKnown(window as Dim) && window !== length)))
    call.failShape(`the window must be a line of the frame's ${length} numbers`);
  if (isKnown(length) && isKnown(size as Dim) && length > (size as number))
    call.failShape(`a frame of ${length} is longer than the signal`);
  const step = scalarInput(call, 1, "frame_step", 1);
  const onesided = call.int("onesided", 1) === 1;
  if (onesided && parts === 2) call.failShape("a one-sided transform takes real numbers");
  const known = isKnown(step) && isKnown(length);
  return {
    step,
    length,
    count: known
      ? dimAdd(dimFloorDiv(dimSub(size as Dim, length), step), 1)
      : dataDependentDim(call, "frames"),
    bins: onesided ? dimAdd(dimFloorDiv(length, 2), 1) : length,
  };
}

const stft = defineOp({
  name: "STFT",
  doc: "Fourier transforms of the frames of a signal, each weighted by a window.",
  since: 17,
  inputs: [2, 4],
  gradient: {
    none: "it transforms signals before a model learns from them: no parameter lies in front of it",
  },
  // Frames overlap: the signal's length stays whole.
  axes: (call): ResolvedRule => ({
    inputs: [
      ["n", null, null],
      ...call.inputs.slice(1).map((type, i) => (type === null ? null : call.shape(i + 1).map(() => null))),
    ],
    outputs: [["n", null, null, null]],
  }),
  partials: (call) => ({ linear: [[0], ...(call.has(2) ? [[2]] : [])] }),
  infer: (call) => {
    const { count, bins } = framesOf(call);
    return [tensorType(commonDtype(call, "float", [0, 2]), [call.shape(0)[0] as Dim, count, bins, 2])];
  },
  flops: (call) => {
    const { count, length } = framesOf(call);
    return transformFlops(elements([call.shape(0)[0] as Dim, count]), length);
  },
  evaluate: ({ call, inputs: [signal, , window] }) => {
    const x = signal as Dense;
    const frames = framesOf(call);
    const [step, length] = [frames.step as number, frames.length as number];
    const [count, bins] = [frames.count as number, frames.bins as number];
    const [samples, size, parts] = x.shape as readonly [number, number, number];
    const out = filled(x.dtype, [samples, count, bins, 2], 0);
    forEachIndex([samples, count], ([n = 0, f = 0]) => {
      const part = (which: number) =>
        Float64Array.from(range(length), (i) =>
          which < parts
            ? (x.data[(n * size + f * step + i) * parts + which] as number) * (window?.data[i] ?? 1)
            : 0,
        );
      const { re, im } = transform({ re: part(0), im: part(1) }, length, bins, false);
      re.forEach((value, k) => {
        const at = 2 * ((n * count + f) * bins + k);
        out.data[at] = value;
        out.data[at + 1] = im[k] as number;
      });
    });
    return [out];
  },
});

export const fourierOps: readonly OpDefinition[] = [dft, stft];
