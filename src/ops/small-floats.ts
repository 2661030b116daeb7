/** Floats of 4 and 8 bits: the nearest value that such a type holds, halves to even. */
import type { DataType } from "../ir/types.ts";

interface SmallFloat {
  /** Bits after the leading one. */
  readonly fraction: number;
  /** Exponent of the smallest normal number. */
  readonly lowest: number;
  readonly largest: number;
  /** What lies above the largest where values do not saturate. */
  readonly beyond: number;
}

const formats: Partial<Record<DataType, SmallFloat>> = {
  f8e4m3fn: { fraction: 3, lowest: -6, largest: 448, beyond: NaN },
  f8e4m3fnuz: { fraction: 3, lowest: -7, largest: 240, beyond: NaN },
  f8e5m2: { fraction: 2, lowest: -14, largest: 57344, beyond: Infinity },
  f8e5m2fnuz: { fraction: 2, lowest: -15, largest: 57344, beyond: NaN },
  f4e2m1: { fraction: 1, lowest: 0, largest: 6, beyond: 6 },
};

export function isSmallFloat(dtype: DataType): boolean {
  return formats[dtype] !== undefined;
}

/** `x` as `dtype` holds it; numbers beyond the largest become it where `saturate`, else infinity or NaN. */
export function roundSmallFloat(dtype: DataType, x: number, saturate: boolean): number {
  const format = formats[dtype];
  // Four bits hold no NaN: ONNX's tests make it zero.
  if (Number.isNaN(x) && dtype === "f4e2m1") return 0;
  if (format === undefined || Number.isNaN(x) || x === 0) return x;
  const { fraction, lowest, largest, beyond } = format;
  const size = Math.abs(x);
  let exponent = Math.max(lowest, Math.floor(Math.log2(size)));
  if (Number.isFinite(size) && size < 2 ** exponent && exponent > lowest) exponent--;
  const step = 2 ** (exponent - fraction);
  const rounded = Number.isFinite(size) ? roundHalfEven(size / step) * step : Infinity;
  const held = rounded <= largest ? rounded : saturate ? largest : beyond;
  return Math.sign(x) * held;
}

/** How `roundPowerOfTwo` goes from a number between two powers. */
export const powerRoundings = ["up", "down", "nearest"] as const;

/** `x` as f8e8m0 holds it: a power of two from 2^-127 to 2^127. Negative numbers are none. */
export function roundPowerOfTwo(x: number, mode: (typeof powerRoundings)[number], saturate: boolean): number {
  if (Number.isNaN(x) || x < 0) return NaN;
  const most = 127;
  let exponent = Math.floor(Math.log2(x));
  if (Number.isFinite(exponent)) {
    if (2 ** exponent > x) exponent--;
    const rest = x / 2 ** exponent;
    if (mode === "up" ? rest > 1 : mode === "nearest" && rest >= 1.5) exponent++;
  }
  if (exponent > most) return saturate ? 2 ** most : NaN;
  return 2 ** Math.max(exponent, -most);
}

export function roundHalfEven(x: number): number {
  const down = Math.floor(x);
  const rest = x - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 !== 0) ? down + 1 : down;
}
