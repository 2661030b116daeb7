/**
 * The elements of a TensorProto: from its file, from raw_data, or from the field of its type.
 *
 * Field of each type: float_data f32 and c64 (real, imaginary); double_data f64 and c128; int64_data i64; uint64_data u32 and
 * u64; string_data strings, as UTF-8; int32_data the rest, one element per number, of types under a byte as many as fit in
 * a byte, the first in the lowest bits.
 */
import { diagnostic, fail, SbpcError } from "../diagnostics/diagnostic.ts";
import { allocate, viewBytes, type TensorData, type TypedArray } from "../ir/tensor-data.ts";
import { bytesOf, type DataType } from "../ir/types.ts";
import { product } from "../support/collections.ts";
import { isExternal } from "./external-data.ts";
import type { onnx } from "./generated/onnx-ml.js";
import type { DecodedModel, TensorPayload } from "./model-file.ts";
import type { PayloadField } from "./spine.ts";
import { nameOfTensor, requireStaticType, type StaticType } from "./tensor-type.ts";

export type TypedField = "floatData" | "doubleData" | "int32Data" | "int64Data" | "uint64Data" | "stringData";

/** The typed field that holds elements of `dtype`. */
export function fieldOf(dtype: DataType): TypedField {
  switch (dtype) {
    case "f32":
    case "c64":
      return "floatData";
    case "f64":
    case "c128":
      return "doubleData";
    case "i64":
      return "int64Data";
    case "u32":
    case "u64":
      return "uint64Data";
    case "string":
      return "stringData";
    default:
      return "int32Data";
  }
}

type Source = Pick<DecodedModel, "files" | "payload">;

/** A tensor's elements, in memory. Errors: onnx-tensor-type, -dims, -data, onnx-external-data. */
export function readElements(model: Source, tensor: onnx.TensorProto.$Properties): TensorData {
  return readTyped(model, tensor, requireStaticType(tensor));
}

/** As `readElements`, for a tensor whose type is known to be this one. */
export function readTyped(model: Source, tensor: onnx.TensorProto.$Properties, type: StaticType): TensorData {
  const { dtype, shape } = type;
  const payload = model.payload(tensor);
  if (payload !== undefined) return { dtype, shape, data: readPayload(model, tensor, type, payload) };
  if (isExternal(tensor)) mismatch(tensor, type, "its elements are in no file");
  const raw = tensor.rawData;
  if (raw !== undefined && raw !== null && raw.length > 0) {
    if (dtype === "string") mismatch(tensor, type, "strings cannot be in raw_data");
    requireBytes(tensor, type, raw.length);
    return { dtype, shape, data: checkedView(dtype, raw) };
  }
  return { dtype, shape, data: readField(tensor, type, product(shape)) };
}

/**
 * Part of a tensor's packed elements that are in a file: bytes `from` to `from + length` of the payload, read now.
 * Nothing else of the tensor is read.
 */
export function readPart(model: Source, payload: TensorPayload, from: number, length: number): Uint8Array {
  return readFile(model, payload.path, payload.offset + from, length);
}

const sharedFieldOf: Readonly<Record<Exclude<PayloadField, "rawData">, readonly DataType[]>> = {
  floatData: ["f32", "c64"],
  doubleData: ["f64", "c128"],
};

function readPayload(
  model: Source,
  tensor: onnx.TensorProto.$Properties,
  type: StaticType,
  payload: TensorPayload,
): TypedArray {
  const { field } = payload;
  if (type.dtype === "string") mismatch(tensor, type, "strings cannot be stored as bytes");
  if (field !== undefined && field !== "rawData" && !sharedFieldOf[field].includes(type.dtype))
    mismatch(tensor, type, `elements of this type do not belong in ${snake(field)}`);
  requireBytes(tensor, type, payload.length);
  return checkedView(type.dtype, readPart(model, payload, 0, payload.length));
}

function readFile(model: Source, path: string, offset: number, length: number): Uint8Array {
  try {
    return model.files.read(path, offset, length);
  } catch (error) {
    if (error instanceof SbpcError) throw error;
    return fail("file-unreadable", { path, problem: error instanceof Error ? error.message : String(error) });
  }
}

function readField(
  tensor: onnx.TensorProto.$Properties,
  type: StaticType,
  count: number,
): TypedArray | readonly string[] {
  const { dtype } = type;
  const field = fieldOf(dtype);
  const values: ArrayLike<unknown> = tensor[field] ?? [];
  const needed = dtype === "string" ? count : storedNumbers(dtype, count);
  if (values.length !== needed)
    mismatch(tensor, type, `${snake(field)} has ${values.length} numbers, its dimensions take ${needed}`);
  if (field === "stringData") return (tensor.stringData ?? []).map((bytes) => decoder.decode(bytes));
  const data = allocate(dtype, count);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    for (let i = 0; i < needed; i++) data[i] = BigInt(String(values[i]));
  } else {
    for (let i = 0; i < needed; i++) data[i] = Number(values[i]);
  }
  if (dtype === "bool") normalizeBool(data as Uint8Array);
  return data;
}

/** How many numbers of its typed field hold `count` elements. */
export function storedNumbers(dtype: DataType, count: number): number {
  if (dtype === "c64" || dtype === "c128") return 2 * count;
  return fieldOf(dtype) === "int32Data" ? Math.min(count, bytesOf(dtype, count)) : count;
}

function checkedView(dtype: DataType, bytes: Uint8Array): TypedArray {
  const data = viewBytes(dtype, bytes);
  return dtype === "bool" && bytes.some((byte) => byte > 1)
    ? normalizeBool(Uint8Array.from(data as Uint8Array))
    : data;
}

function normalizeBool(data: Uint8Array): Uint8Array {
  for (let i = 0; i < data.length; i++) data[i] = data[i] === 0 ? 0 : 1;
  return data;
}

function requireBytes(tensor: onnx.TensorProto.$Properties, type: StaticType, length: number): void {
  const needed = bytesOf(type.dtype, product(type.shape));
  if (length !== needed) mismatch(tensor, type, `it has ${length} bytes, its dimensions take ${needed}`);
}

function mismatch(tensor: onnx.TensorProto.$Properties, type: StaticType, problem: string): never {
  throw new SbpcError([
    diagnostic("onnx-tensor-data", {
      tensor: nameOfTensor(tensor),
      type: `${type.dtype}[${type.shape.join(", ")}]`,
      problem,
    }),
  ]);
}

/** `raw_data` of `rawData`. */
export function snake(property: string): string {
  return property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

const decoder = new TextDecoder();
