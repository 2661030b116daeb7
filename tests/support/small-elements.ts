/** Tensors of onnx's data as small dense arrays, of the types of 2, 4 and 8 bits too. */
import { hasNumbers, type TensorData, type TypedArray } from "../../src/ir/tensor-data.ts";
import type { DataType } from "../../src/ir/types.ts";
import type { Dense } from "../../src/ops/contract.ts";
import { toDense } from "../../src/ops/interpret.ts";
import { product, range } from "../../src/support/collections.ts";

interface FloatFormat {
  readonly exponent: number;
  readonly fraction: number;
  readonly bias: number;
  /** `fn`: the largest pattern is no number, and nothing is infinite; `fnuz`: nor is there a negative zero, which is no number. */
  readonly kind: "ieee" | "fn" | "fnuz" | "finite";
}

const formats: Partial<Record<DataType, FloatFormat>> = {
  f8e4m3fn: { exponent: 4, fraction: 3, bias: 7, kind: "fn" },
  f8e4m3fnuz: { exponent: 4, fraction: 3, bias: 8, kind: "fnuz" },
  f8e5m2: { exponent: 5, fraction: 2, bias: 15, kind: "ieee" },
  f8e5m2fnuz: { exponent: 5, fraction: 2, bias: 16, kind: "fnuz" },
  f4e2m1: { exponent: 2, fraction: 1, bias: 1, kind: "finite" },
};

function floatOf(bits: number, { exponent, fraction, bias, kind }: FloatFormat): number {
  const magnitude = bits & (2 ** (exponent + fraction) - 1);
  const negative = bits !== magnitude;
  if (kind === "fnuz" && negative && magnitude === 0) return NaN;
  if (kind === "fn" && magnitude === 2 ** (exponent + fraction) - 1) return NaN;
  const [power, rest] = [magnitude >> fraction, magnitude & (2 ** fraction - 1)];
  const sign = negative ? -1 : 1;
  if (kind === "ieee" && power === 2 ** exponent - 1) return rest === 0 ? sign * Infinity : NaN;
  const leading = power === 0 ? 0 : 1;
  return sign * (leading + rest / 2 ** fraction) * 2 ** (Math.max(power, 1) - bias);
}

/** Undefined for complex numbers, which no array of plain numbers holds. */
export function denseOf(tensor: TensorData): Dense | undefined {
  const { dtype, shape } = tensor;
  if (dtype === "string" || hasNumbers(dtype)) return toDense(tensor);
  const read = readerOf(dtype, tensor.data as TypedArray);
  if (read === undefined) return undefined;
  return { dtype, shape, data: Float64Array.from(range(product(shape)), read) };
}

function readerOf(dtype: DataType, data: TypedArray): ((i: number) => number) | undefined {
  const byte = (i: number) => Number(data[i]);
  const format = formats[dtype];
  switch (dtype) {
    case "u2":
    case "i2":
      return (i) => {
        const bits = (byte(i >> 2) >> (2 * (i & 3))) & 3;
        return dtype === "i2" && bits > 1 ? bits - 4 : bits;
      };
    case "f8e8m0":
      return (i) => (byte(i) === 255 ? NaN : 2 ** (byte(i) - 127));
    case "f4e2m1":
      return (i) => floatOf((byte(i >> 1) >> (4 * (i & 1))) & 15, format as FloatFormat);
    default:
      return format === undefined ? undefined : (i) => floatOf(byte(i), format);
  }
}
