/** Elements of ONNX's tensors, wherever they stand: in typed fields, as raw bytes, in files, as index and value. */
import { fail } from "../../diagnostics/diagnostic.ts";
import type { Location } from "../../diagnostics/location.ts";
import { allocate, bytesView, viewBytes, type TensorData, type TypedArray } from "../../ir/tensor-data.ts";
import { bytesOf, dataTypes, type DataType } from "../../ir/types.ts";
import { product } from "../../support/collections.ts";
import type { onnx } from "../generated/onnx-ml.js";
import type { DecodedModel, TensorPayload } from "../model-file.ts";
import { toBigInt, toDataType, toNumber, toText, type TensorProto } from "./proto.ts";

/** A tensor whose elements may still lie in a file. */
export interface StoredTensor {
  readonly dtype: DataType;
  readonly shape: readonly number[];
  /** Where its bytes lie as they are; absent where only `read` can give them. */
  readonly payload?: TensorPayload;
  /** Reads the elements. Errors: bad-tensor. */
  read(): TensorData;
}

/** `name` is what messages call it. Errors: bad-tensor. */
export function storedTensor(
  model: DecodedModel,
  tensor: TensorProto,
  name: string,
  location: Location,
): StoredTensor {
  const invalid = (problem: string): never => fail("bad-tensor", { name, problem }, location);
  const dtype = toDataType(tensor.dataType, name, location);
  const shape = shapeOf(tensor.dims ?? [], invalid);
  if (tensor.segment != null) invalid("is stored in segments, which ONNX has given up");
  const payload = model.payload(tensor as onnx.TensorProto);
  if (payload === undefined)
    return { dtype, shape, read: () => ({ dtype, shape, data: elements(tensor, dtype, shape, invalid) }) };
  if (dtype === "string") invalid("holds texts in a file");
  const expected = bytesOf(dtype, product(shape));
  if (payload.length !== expected) invalid(`has ${payload.length} bytes instead of ${expected}`);
  return {
    dtype,
    shape,
    payload,
    read: () => ({
      dtype,
      shape,
      data: viewBytes(dtype, model.files.read(payload.path, payload.offset, payload.length)),
    }),
  };
}

function shapeOf(
  dims: readonly Parameters<typeof toNumber>[0][],
  invalid: (problem: string) => never,
): readonly number[] {
  const shape = dims.map(toNumber);
  if (shape.some((size) => size < 0)) invalid(`has the impossible shape [${shape.join(", ")}]`);
  if (!Number.isSafeInteger(product(shape))) invalid(`has the impossible shape [${shape.join(", ")}]`);
  return shape;
}

function elements(
  tensor: TensorProto,
  dtype: DataType,
  shape: readonly number[],
  invalid: (problem: string) => never,
): TypedArray | readonly string[] {
  const count = product(shape);
  const expect = (actual: number, expected: number, what: string) => {
    if (actual !== expected) invalid(`has ${actual} ${what} for the shape [${shape.join(", ")}]`);
  };
  if (dtype === "string") {
    const texts = (tensor.stringData ?? []).map(
      (bytes) => toText(bytes) ?? invalid("holds a text that is not UTF-8"),
    );
    expect(texts.length, count, "texts");
    return texts;
  }
  if (tensor.rawData != null && (tensor.rawData.length > 0 || count === 0)) {
    expect(tensor.rawData.length, bytesOf(dtype, count), "bytes");
    return viewBytes(dtype, tensor.rawData);
  }
  const values = typedField(tensor, dtype);
  const out = (held: number): TypedArray => {
    expect(values.length, held, "elements");
    return allocate(dtype, count);
  };
  switch (dtype) {
    case "i64":
    case "u64": {
      const data = out(count) as BigInt64Array;
      values.forEach((value, i) => (data[i] = toBigInt(value)));
      return data;
    }
    case "c64":
    case "c128": {
      const data = out(2 * count) as Float64Array;
      values.forEach((value, i) => (data[i] = toNumber(value)));
      return data;
    }
    default: {
      // Of types below a byte every number of the field is one packed byte.
      const data = out(dataTypes[dtype][1] < 8 ? bytesOf(dtype, count) : count) as Float64Array;
      values.forEach((value, i) => (data[i] = toNumber(value)));
      return data;
    }
  }
}

/** The field that holds elements of the type where they are not raw. */
function typedField(tensor: TensorProto, dtype: DataType): readonly Parameters<typeof toBigInt>[0][] {
  switch (dtype) {
    case "f32":
    case "c64":
      return tensor.floatData ?? [];
    case "f64":
    case "c128":
      return tensor.doubleData ?? [];
    case "i64":
      return tensor.int64Data ?? [];
    case "u32":
    case "u64":
      return tensor.uint64Data ?? [];
    default:
      return tensor.int32Data ?? [];
  }
}

/** Most bytes that a sparse tensor may take as a dense one: its file may be far smaller. */
const densifiedLimit = 64 * 2 ** 20;

/** A sparse tensor with its zeros written out. */
export function densified(
  model: DecodedModel,
  sparse: onnx.SparseTensorProto.$Properties,
  name: string,
  location: Location,
): TensorData {
  const invalid = (problem: string): never => fail("bad-tensor", { name, problem }, location);
  if (sparse.values == null) return invalid("is sparse and has no values");
  const { dtype, data } = storedTensor(model, sparse.values, name, location).read();
  const shape = shapeOf(sparse.dims ?? [], invalid);
  if (dtype === "string" || dataTypes[dtype][1] < 8) return invalid(`is sparse and of ${dtype}`);
  if (bytesOf(dtype, product(shape)) > densifiedLimit)
    return invalid(`is sparse and takes more than ${densifiedLimit} bytes when written out`);
  const values = data as TypedArray;
  const indices =
    sparse.indices == null
      ? undefined
      : storedTensor(model, sparse.indices, `indices of ${name}`, location).read();
  const places = indices === undefined ? [] : Array.from(indices.data as BigInt64Array, Number);
  const rank = indices?.shape.length === 2 ? shape.length : 1;
  const width = bytesOf(dtype, 1);
  const count = bytesView(values).length / width;
  if (places.length !== count * rank) return invalid(`has ${places.length} indices for ${count} values`);
  const out = allocate(dtype, product(shape));
  const [from, to] = [bytesView(values), bytesView(out)];
  for (let i = 0; i < count; i++) {
    let place = 0;
    for (let d = 0; d < rank; d++) {
      const index = places[i * rank + d] as number;
      const size = rank === 1 ? product(shape) : (shape[d] as number);
      if (!(index >= 0 && index < size)) return invalid(`has the index ${index} outside its shape`);
      place = rank === 1 ? index : place * size + index;
    }
    to.set(from.subarray(i * width, (i + 1) * width), place * width);
  }
  return { dtype, shape, data: out };
}
