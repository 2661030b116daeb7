/**
 * Constant tensors as data. Elements are held in the typed array that matches their type: f16 and bf16 as their
 * bits in a Uint16Array, bool as 0 and 1 in a Uint8Array, i64 and u64 as BigInt arrays, sub-byte types packed.
 */
import { invariant } from "../support/assert.ts";
import { product } from "../support/collections.ts";
import { bytesOf, dataTypes, printType, tensorType, type DataType, type TensorType } from "./types.ts";

export type TypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

export interface TensorData {
  readonly dtype: DataType;
  readonly shape: readonly number[];
  /** Row-major elements; for `string`, the strings. */
  readonly data: TypedArray | readonly string[];
}

interface ArrayMaker {
  readonly BYTES_PER_ELEMENT: number;
  new (count: number): TypedArray;
  new (buffer: ArrayBufferLike, offset: number, length: number): TypedArray;
}

/** The typed array that holds elements of `dtype`. */
function arrayOf(dtype: DataType): ArrayMaker {
  switch (dtype) {
    case "f32":
    case "c64":
      return Float32Array;
    case "f64":
    case "c128":
      return Float64Array;
    case "i8":
      return Int8Array;
    case "i16":
      return Int16Array;
    case "u16":
    case "f16":
    case "bf16":
      return Uint16Array;
    case "i32":
      return Int32Array;
    case "u32":
      return Uint32Array;
    case "i64":
      return BigInt64Array;
    case "u64":
      return BigUint64Array;
    case "string":
      throw new TypeError("strings have no typed array");
    default:
      return Uint8Array;
  }
}

/** A typed array of `count` zero elements of `dtype`. */
export function allocate(dtype: DataType, count: number): TypedArray {
  const make = arrayOf(dtype);
  const isComplex = dtype === "c64" || dtype === "c128";
  return new make(make === Uint8Array ? bytesOf(dtype, count) : isComplex ? 2 * count : count);
}

/** A typed array of `dtype` over bytes that hold it little-endian; copies where they are not aligned. */
export function viewBytes(dtype: DataType, bytes: Uint8Array): TypedArray {
  const make = arrayOf(dtype);
  const size = make.BYTES_PER_ELEMENT;
  // Not slice(): that of Node's Buffer does not copy.
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return new make(aligned.buffer, aligned.byteOffset, aligned.byteLength / size);
}

export function bytesView(array: TypedArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** Builds a constant from plain numbers; fractions are rounded toward zero for integer types. */
export function tensorData(dtype: DataType, shape: readonly number[], values: ArrayLike<number>): TensorData {
  invariant(
    values.length === product(shape),
    "constant has the wrong number of elements",
    () => `${values.length} for [${shape.join(", ")}]`,
  );
  const data = allocate(dtype, values.length);
  for (let i = 0; i < values.length; i++) writeNumber(dtype, data, i, values[i] as number);
  return { dtype, shape, data };
}

export function scalar(dtype: DataType, value: number): TensorData {
  return tensorData(dtype, [], [value]);
}

/** Elements as plain numbers (f64); i64 beyond 2^53 loses digits, which shapes and indices never reach. */
export function toNumbers(tensor: TensorData): Float64Array {
  const { dtype, data } = tensor;
  invariant(dtype !== "string", "strings are not numbers");
  const n = product(tensor.shape);
  // The array converts numbers by itself, twenty times faster.
  if (plain.has(dtype)) return new Float64Array((data as Float64Array).subarray(0, n));
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) out[i] = readNumber(dtype, data as TypedArray, i);
  return out;
}

const withNumbers: ReadonlySet<DataType> = new Set(
  (Object.keys(dataTypes) as DataType[]).filter(
    (dtype) =>
      dtype === "i4" ||
      dtype === "u4" ||
      (dataTypes[dtype][1] >= 8 && !dtype.startsWith("f8") && !dtype.startsWith("c")),
  ),
);

/** Types whose elements are the numbers that their arrays hold. */
const plain: ReadonlySet<DataType> = new Set(
  [...withNumbers].filter((dtype) => !["i4", "u4", "f16", "bf16", "i64", "u64"].includes(dtype)),
);

/** Whether elements of this type can be read and written as plain numbers. */
export function hasNumbers(dtype: DataType): boolean {
  return withNumbers.has(dtype);
}

export function readNumber(dtype: DataType, data: TypedArray, i: number): number {
  switch (dtype) {
    case "f16":
      return halfToNumber(data[i] as number);
    case "bf16":
      return bfloatToNumber(data[i] as number);
    case "i4":
    case "u4": {
      const nibble = ((data[i >> 1] as number) >> (4 * (i & 1))) & 15;
      return dtype === "i4" && nibble > 7 ? nibble - 16 : nibble;
    }
    default:
      invariant(hasNumbers(dtype), "no numbers of this type", () => dtype);
      return Number(data[i]);
  }
}

export function writeNumber(dtype: DataType, data: TypedArray, i: number, value: number): void {
  switch (dtype) {
    case "f16":
      data[i] = numberToHalf(value);
      return;
    case "bf16":
      data[i] = numberToBfloat(value);
      return;
    case "i64":
    case "u64": {
      const end = dtype === "i64" ? 2 ** 63 : 2 ** 64;
      // The double of the largest integer is one more than it.
      (data as BigInt64Array)[i] = BigInt(Math.trunc(value)) - (value === end ? 1n : 0n);
      return;
    }
    case "bool":
      data[i] = value === 0 ? 0 : 1;
      return;
    case "i4":
    case "u4": {
      const shift = 4 * (i & 1);
      data[i >> 1] = ((data[i >> 1] as number) & ~(15 << shift)) | ((Math.trunc(value) & 15) << shift);
      return;
    }
    default:
      invariant(hasNumbers(dtype), "no numbers of this type", () => dtype);
      data[i] = value;
  }
}

export function dataTypeOf(tensor: TensorData): TensorType {
  return tensorType(tensor.dtype, tensor.shape);
}

export function describeData(tensor: TensorData): string {
  return printType(dataTypeOf(tensor));
}

const scratchFloat = new Float32Array(1);
const scratchBits = new Uint32Array(scratchFloat.buffer);

export function bfloatToNumber(bits: number): number {
  scratchBits[0] = bits << 16;
  return scratchFloat[0] as number;
}

/** Rounds to nearest, ties to even. */
export function numberToBfloat(value: number): number {
  scratchFloat[0] = value;
  const bits = scratchBits[0] as number;
  if (Number.isNaN(value)) return 0x7fc0;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Rounds to nearest, ties to even; overflows to infinity. */
export function numberToHalf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude >= 65520) return sign | 0x7c00;
  if (magnitude < 2 ** -14) return sign | roundEven(magnitude * 2 ** 24);
  let exponent = Math.floor(Math.log2(magnitude));
  if (magnitude < 2 ** exponent) exponent--;
  const fraction = roundEven((magnitude / 2 ** exponent - 1) * 1024);
  return sign | (((exponent + 15) << 10) + fraction);
}

function roundEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
