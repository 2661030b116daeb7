/**
 * NumPy's .npy format: magic, version, length of a header (a Python dict literal with descr, fortran_order and shape),
 * the elements. Little-endian C order only. bfloat16 has no descr: it is written as raw 16-bit words ("<V2").
 */
import { bytesView, viewBytes } from "../ir/tensor-data.ts";
import { bytesOf, type DataType } from "../ir/types.ts";
import { product } from "../support/collections.ts";
import type { HostTensor } from "./backend.ts";
import { FormatError } from "./safetensors.ts";

const descriptions: Partial<Record<DataType, string>> = {
  f64: "<f8",
  f32: "<f4",
  f16: "<f2",
  bf16: "<V2",
  i64: "<i8",
  u64: "<u8",
  i32: "<i4",
  u32: "<u4",
  i16: "<i2",
  u16: "<u2",
  i8: "|i1",
  u8: "|u1",
  bool: "|b1",
};
const dtypes = new Map(Object.entries(descriptions).map(([dtype, descr]) => [descr, dtype as DataType]));

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const alignment = 64;

export function encodeNpy({ dtype, shape, data }: HostTensor): Uint8Array {
  const descr = descriptions[dtype];
  if (descr === undefined) throw new FormatError(`.npy has no type for ${dtype}`);
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${tuple}), }`;
  const front = magic.length + 4;
  const head = Math.ceil((front + dict.length + 1) / alignment) * alignment;
  const elements = bytesView(data);
  const out = new Uint8Array(head + elements.length).fill(0x20, 0, head);
  out.set([...magic, 1, 0]);
  new DataView(out.buffer).setUint16(magic.length + 2, head - front, true);
  out.set(new TextEncoder().encode(dict), front);
  out[head - 1] = 0x0a;
  out.set(elements, head);
  return out;
}

export function decodeNpy(bytes: Uint8Array): HostTensor {
  if (bytes.length < 10 || magic.some((byte, i) => bytes[i] !== byte))
    throw new FormatError("it is not a .npy file");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = (bytes[6] as number) >= 2;
  const front = wide ? 12 : 10;
  if (bytes.length < front) throw new FormatError("it is shorter than its header");
  const head = front + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  if (bytes.length < head) throw new FormatError("it is shorter than its header");
  const dict = new TextDecoder().decode(bytes.subarray(front, head));
  const descr = /'descr':\s*'([^']*)'/.exec(dict)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(dict)?.[1];
  const tuple = /'shape':\s*\(([^)]*)\)/.exec(dict)?.[1];
  if (descr === undefined || order === undefined || tuple === undefined)
    throw new FormatError("its header is not valid (structured types are not read)");
  const dtype = dtypes.get(descr.replace(/^=/, "<"));
  if (dtype === undefined) {
    throw new FormatError(
      descr.startsWith(">")
        ? "it is big-endian: write it with .astype(x.dtype.newbyteorder('<'))"
        : `its type ${descr} is not read`,
    );
  }
  const shape = tuple
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map(Number);
  if (order === "True" && shape.length > 1)
    throw new FormatError("it is in Fortran order: write it with numpy.ascontiguousarray");
  const expected = bytesOf(dtype, product(shape));
  if (bytes.length - head !== expected)
    throw new FormatError(`it holds ${bytes.length - head} bytes of elements, its shape needs ${expected}`);
  return { dtype, shape, data: viewBytes(dtype, bytes.slice(head)) };
}
