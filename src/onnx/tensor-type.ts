/** The type of a TensorProto: element type by number, dimensions as plain numbers. */
import { diagnostic, SbpcError, type Diagnostic } from "../diagnostics/diagnostic.ts";
import { bytesOf, dataTypes, type DataType } from "../ir/types.ts";
import { product } from "../support/collections.ts";
import { onnx } from "./generated/onnx-ml.js";
import { toNumber } from "./wire-number.ts";

const byNumber: ReadonlyMap<number, DataType> = new Map(
  Object.entries(dataTypes).map(([name, [number]]) => [number, name as DataType]),
);

/** The element type of a number of TensorProto.DataType; undefined where we have none. */
export function dataTypeOfNumber(number: number): DataType | undefined {
  return byNumber.get(number);
}

/** `f32`, or ONNX's own name, or the number. */
export function nameOfDataType(number: number): string {
  return byNumber.get(number) ?? onnx.TensorProto.DataType[number] ?? String(number);
}

/** The name in quotes, or "(without a name)". */
export function nameOfTensor(tensor: onnx.TensorProto.$Properties): string {
  return tensor.name === undefined || tensor.name === null || tensor.name === ""
    ? "(without a name)"
    : JSON.stringify(tensor.name);
}

export interface StaticType {
  readonly dtype: DataType;
  readonly shape: readonly number[];
}

/** The type, or what is wrong with it: onnx-tensor-type, onnx-tensor-dims. */
export function staticType(
  tensor: onnx.TensorProto.$Properties,
): StaticType | { readonly problem: Diagnostic } {
  const dims = staticDims(tensor);
  if ("problem" in dims) return dims;
  const number = tensor.dataType ?? 0;
  const dtype = byNumber.get(number);
  if (dtype !== undefined) return { dtype, shape: dims.shape };
  return {
    problem: diagnostic("onnx-tensor-type", {
      tensor: nameOfTensor(tensor),
      type: nameOfDataType(number),
      problem: number === 0 ? "which says nothing" : "which sbpc does not know",
    }),
  };
}

/** Dimensions of at least 0 whose product is exact. */
export function staticDims(
  tensor: onnx.TensorProto.$Properties,
): { readonly shape: readonly number[] } | { readonly problem: Diagnostic } {
  const shape = (tensor.dims ?? []).map(toNumber);
  if (isPlain(shape)) return { shape };
  const refused = (problem: string) => ({
    problem: diagnostic("onnx-tensor-dims", {
      tensor: nameOfTensor(tensor),
      dims: (tensor.dims ?? []).map(String).join(", "),
      problem,
    }),
  });
  if (shape.some((dim) => dim < 0)) return refused("one is negative");
  // As ONNX multiplies: a zero later on does not undo an overflow before it.
  let count = 1n;
  for (const dim of tensor.dims ?? []) {
    count *= BigInt(String(dim));
    if (count >= 2n ** 63n) return refused("their product does not fit in 63 bits");
  }
  if (shape.some((dim) => dim > Number.MAX_SAFE_INTEGER) || count > BigInt(Number.MAX_SAFE_INTEGER))
    return refused("that is more than any memory holds");
  return { shape };
}

/** Whether no size is negative, and no product of them could be inexact. */
function isPlain(shape: readonly number[]): boolean {
  let count = 1;
  for (const size of shape) {
    if (size < 0) return false;
    count *= Math.max(size, 1);
  }
  return count <= Number.MAX_SAFE_INTEGER;
}

/** Bytes of a tensor's packed elements; undefined where its type is not valid, or for strings. */
export function tensorBytes(tensor: onnx.TensorProto.$Properties): number | undefined {
  const type = staticType(tensor);
  if ("problem" in type || type.dtype === "string") return undefined;
  return bytesOf(type.dtype, product(type.shape));
}

/** As `staticType`; throws what is wrong. */
export function requireStaticType(tensor: onnx.TensorProto.$Properties): StaticType {
  const type = staticType(tensor);
  if ("problem" in type) throw new SbpcError([type.problem]);
  return type;
}
