/**
 * Literals of the text form: numbers that read back as they were, quoted names, and constant tensors.
 *
 * A tensor is written as its numbers where it is short and they read back to the same bytes; otherwise (long ones,
 * complex and 8-bit float types, NaN with a payload) as base64 of its little-endian bytes.
 */
import { product } from "../../support/collections.ts";
import {
  allocate,
  bytesView,
  hasNumbers,
  readNumber,
  viewBytes,
  writeNumber,
  type TensorData,
  type TypedArray,
} from "../tensor-data.ts";
import { bytesOf, isFloat, type DataType } from "../types.ts";

/** Tensors of more elements are written as base64. */
const inlineLimit = 64;

const bareName = /^[A-Za-z0-9_./][\w./-]*$/;

/** A name as it is where it needs no quotes, else a JSON string. */
export function printName(name: string): string {
  return bareName.test(name) ? name : JSON.stringify(name);
}

/** `%x`, or `%"any text"`. */
export function printRef(name: string): string {
  return `%${printName(name)}`;
}

/** The shortest text that reads back as the same double: `0.1`, `-0`, `inf`, `nan`. */
export function printNumber(x: number): string {
  if (Number.isNaN(x)) return "nan";
  if (x === Infinity) return "inf";
  if (x === -Infinity) return "-inf";
  return Object.is(x, -0) ? "-0" : String(x);
}

/** Reads `printNumber`'s text; undefined where it is none. */
export function parseNumber(text: string): number | undefined {
  if (text === "nan") return NaN;
  if (text === "inf") return Infinity;
  if (text === "-inf") return -Infinity;
  const x = Number(text);
  return text === "" || Number.isNaN(x) ? undefined : x;
}

/** `[1, 2]`, `["a"]`, or `base64 "…"`; row-major, without the type. */
export function printElements(tensor: TensorData): string {
  const { dtype, data } = tensor;
  if (dtype === "string") return `[${(data as readonly string[]).map((s) => JSON.stringify(s)).join(", ")}]`;
  const array = data as TypedArray;
  const texts = product(tensor.shape) > inlineLimit ? undefined : elementTexts(tensor, array);
  return texts === undefined ? `base64 "${encodeBase64(bytesView(array))}"` : `[${texts.join(", ")}]`;
}

/** The texts of all elements; undefined where they would not read back to the same bytes. */
function elementTexts(tensor: TensorData, array: TypedArray): string[] | undefined {
  const { dtype } = tensor;
  if (!hasNumbers(dtype)) return undefined;
  const texts: string[] = [];
  const count = product(tensor.shape);
  for (let i = 0; i < count; i++) {
    texts.push(
      typeof array[0] === "bigint" ? String(array[i]) : shortest(dtype, readNumber(dtype, array, i)),
    );
  }
  const back = readElements(dtype, texts);
  if (back === undefined) return undefined;
  const [a, b] = [bytesView(array), bytesView(back)];
  return a.length === b.length && a.every((byte, i) => byte === b[i]) ? texts : undefined;
}

/** As few digits as tell the number from its neighbours in `dtype`. */
function shortest(dtype: DataType, x: number): string {
  if (dtype !== "f32" || !Number.isFinite(x) || Number.isInteger(x)) return printNumber(x);
  for (let digits = 6; digits <= 8; digits++) {
    const rounded = Number(x.toPrecision(digits));
    if (Math.fround(rounded) === x) return String(rounded);
  }
  return String(Number(x.toPrecision(9)));
}

/** The array that these element texts stand for; undefined where one is no number of `dtype`. */
export function readElements(dtype: DataType, texts: readonly string[]): TypedArray | undefined {
  const array = allocate(dtype, texts.length);
  for (let i = 0; i < texts.length; i++) {
    const text = texts[i] as string;
    if (array instanceof BigInt64Array || array instanceof BigUint64Array) {
      if (!/^-?\d+$/.test(text)) return undefined;
      array[i] = BigInt(text);
    } else {
      const x = parseNumber(text);
      if (x === undefined || (!isFloat(dtype) && !Number.isInteger(x))) return undefined;
      writeNumber(dtype, array, i, x);
    }
  }
  return array;
}

/** The array that base64 text stands for; undefined where it is none of `count` elements. */
export function readBase64(dtype: DataType, count: number, text: string): TypedArray | undefined {
  const bytes = decodeBase64(text);
  return bytes === undefined || bytes.length !== bytesOf(dtype, count) ? undefined : viewBytes(dtype, bytes);
}

// Pieces of 3 * 2^12 bytes become 4 * 2^12 characters without padding, so that pieces can be joined.
const pieceBytes = 3 * 4096;

function encodeBase64(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (let start = 0; start < bytes.length; start += pieceBytes) {
    pieces.push(btoa(String.fromCharCode(...bytes.subarray(start, start + pieceBytes))));
  }
  return pieces.join("");
}

function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  const pieceChars = (pieceBytes / 3) * 4;
  for (let start = 0, at = 0; start < text.length; start += pieceChars) {
    const binary = atob(text.slice(start, start + pieceChars));
    for (let i = 0; i < binary.length; i++) bytes[at++] = binary.charCodeAt(i);
  }
  return bytes;
}
