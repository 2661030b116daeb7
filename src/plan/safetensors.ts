/**
 * The safetensors format: 8 bytes little-endian length of a JSON header, the header, then the tensors' bytes. The header
 * maps names to { dtype, shape, data_offsets: [begin, end] } with offsets from the end of the header.
 */
import { bytesOf, type DataType } from "../ir/types.ts";
import { product } from "../support/collections.ts";

export interface TensorEntry {
  readonly name: string;
  readonly dtype: DataType;
  readonly shape: readonly number[];
  /** From the beginning of the file. */
  readonly offset: number;
  readonly length: number;
}

const names: Partial<Record<DataType, string>> = {
  f64: "F64",
  f32: "F32",
  f16: "F16",
  bf16: "BF16",
  i64: "I64",
  u64: "U64",
  i32: "I32",
  u32: "U32",
  i16: "I16",
  u16: "U16",
  i8: "I8",
  u8: "U8",
  bool: "BOOL",
  f8e4m3fn: "F8_E4M3",
  f8e5m2: "F8_E5M2",
};
const dtypes = new Map(Object.entries(names).map(([dtype, name]) => [name, dtype as DataType]));

export const headerLengthBytes = 8;
/** Headers beyond this are refused by the format's own readers. */
const headerLimit = 100_000_000;
/** Where tensors begin, so that every element is aligned. */
const alignment = 64;

/** Thrown for bytes that are not of the format, and for tensors it cannot hold; the caller adds the file's name. */
export class FormatError extends Error {
  override readonly name = "FormatError";
}

/** Header bytes (with their length in front) for tensors that follow in this order, and where each comes to lie. */
export function layOutSafetensors(tensors: readonly Omit<TensorEntry, "offset" | "length">[]): {
  readonly head: Uint8Array;
  readonly entries: readonly TensorEntry[];
  readonly bytes: number;
} {
  const header: Record<string, unknown> = {};
  let at = 0;
  const places = tensors.map(({ name, dtype, shape }) => {
    const written = names[dtype];
    if (written === undefined) throw new FormatError(`${name} is ${dtype}, which safetensors does not have`);
    if (Object.hasOwn(header, name)) throw new FormatError(`${name} is there twice`);
    const length = bytesOf(dtype, product(shape));
    header[name] = { dtype: written, shape, data_offsets: [at, at + length] };
    at += length;
    return { name, dtype, shape, offset: at - length, length };
  });
  const json = new TextEncoder().encode(JSON.stringify(header));
  const padded = Math.ceil((headerLengthBytes + json.length) / alignment) * alignment;
  const head = new Uint8Array(padded).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(padded - headerLengthBytes), true);
  head.set(json, headerLengthBytes);
  return {
    head,
    entries: places.map((place) => ({ ...place, offset: place.offset + padded })),
    bytes: padded + at,
  };
}

/** Bytes of the header that follow the first eight of a file of `fileBytes`. */
export function safetensorsHeaderLength(first: Uint8Array, fileBytes: number): number {
  if (first.length < headerLengthBytes) throw new FormatError("it is shorter than its header");
  const length = Number(new DataView(first.buffer, first.byteOffset).getBigUint64(0, true));
  if (length > headerLimit || length + headerLengthBytes > fileBytes)
    throw new FormatError("it is shorter than its header says");
  return length;
}

/** The tensors that a header (without its length) names, in file order. */
export function parseSafetensorsHeader(json: Uint8Array, fileBytes: number): TensorEntry[] {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(json));
  } catch {
    throw new FormatError("its header is not JSON");
  }
  if (typeof header !== "object" || header === null || Array.isArray(header))
    throw new FormatError("its header is not an object");
  const start = headerLengthBytes + json.length;
  const entries: TensorEntry[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const entry = value as {
      readonly dtype?: unknown;
      readonly shape?: unknown;
      readonly data_offsets?: unknown;
    } | null;
    const dtype = dtypes.get(String(entry?.dtype));
    if (dtype === undefined) throw new FormatError(`${name} has the unknown type ${String(entry?.dtype)}`);
    const { shape, data_offsets: offsets } = entry ?? {};
    if (!isSizes(shape) || !isSizes(offsets) || offsets.length !== 2)
      throw new FormatError(`the entry of ${name} is not valid`);
    const [begin = 0, end = 0] = offsets;
    if (end - begin !== bytesOf(dtype, product(shape)))
      throw new FormatError(`${name} has ${end - begin} bytes, its shape needs other ones`);
    if (start + end > fileBytes) throw new FormatError(`it ends before ${name} does`);
    entries.push({ name, dtype, shape, offset: start + begin, length: end - begin });
  }
  return entries.sort((a, b) => a.offset - b.offset);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}
