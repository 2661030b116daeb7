/** Types of values: ONNX's element types under short names, tensors with symbolic shapes, sequences, optionals. */
import { product } from "../support/collections.ts";
import { invariant } from "../support/assert.ts";
import { bindDim, isKnown, type Dim, type DimBindings } from "./dim.ts";

/** Element type to [its number in ONNX's TensorProto.DataType, bits per element (0: not fixed)]. */
export const dataTypes = {
  f32: [1, 32],
  u8: [2, 8],
  i8: [3, 8],
  u16: [4, 16],
  i16: [5, 16],
  i32: [6, 32],
  i64: [7, 64],
  string: [8, 0],
  bool: [9, 8],
  f16: [10, 16],
  f64: [11, 64],
  u32: [12, 32],
  u64: [13, 64],
  c64: [14, 64],
  c128: [15, 128],
  bf16: [16, 16],
  f8e4m3fn: [17, 8],
  f8e4m3fnuz: [18, 8],
  f8e5m2: [19, 8],
  f8e5m2fnuz: [20, 8],
  u4: [21, 4],
  i4: [22, 4],
  f4e2m1: [23, 4],
  f8e8m0: [24, 8],
  u2: [25, 2],
  i2: [26, 2],
} as const;

export type DataType = keyof typeof dataTypes;

export function isDataType(text: string): text is DataType {
  return Object.hasOwn(dataTypes, text);
}

export function isFloat(dtype: DataType): boolean {
  return dtype.startsWith("f") || dtype === "bf16";
}

export function isInteger(dtype: DataType): boolean {
  return /^[iu]\d/.test(dtype);
}

/** Bytes of `count` elements, packed and rounded up to a whole byte. */
export function bytesOf(dtype: DataType, count: number): number {
  return Math.ceil((dataTypes[dtype][1] * count) / 8);
}

export interface TensorType {
  readonly kind: "tensor";
  readonly dtype: DataType;
  readonly shape: readonly Dim[];
}

export type ValueType =
  | TensorType
  | { readonly kind: "sequence"; readonly element: ValueType }
  | { readonly kind: "optional"; readonly element: ValueType };

/** The shape of a tensor of which not even the number of axes is known: `f32[...]`. It cannot be bound. */
export const unrankedShape: readonly Dim[] = ["..."];

/** A size of which nothing is known, until it gets a name of its own. */
export const unknownDim = "?";

export function isRanked(type: TensorType): boolean {
  return type.shape[0] !== "...";
}

export function tensorType(dtype: DataType, shape: readonly Dim[]): TensorType {
  return { kind: "tensor", dtype, shape };
}

/** `f32[batch, 3, 224, 224]`, `seq<…>`, `optional<…>`. */
export function printType(type: ValueType): string {
  switch (type.kind) {
    case "tensor":
      return `${type.dtype}[${type.shape.join(", ")}]`;
    case "sequence":
      return `seq<${printType(type.element)}>`;
    case "optional":
      return `optional<${printType(type.element)}>`;
  }
}

export function typesEqual(a: ValueType, b: ValueType): boolean {
  return printType(a) === printType(b);
}

export function bindType<T extends ValueType>(type: T, bindings: DimBindings): T {
  if (type.kind === "tensor") return { ...type, shape: type.shape.map((dim) => bindDim(dim, bindings)) };
  return { ...type, element: bindType(type.element, bindings) };
}

/** The shape, all of whose dimensions are bound. */
export function knownShape(type: TensorType): readonly number[] {
  invariant(type.shape.every(isKnown), "shape is not bound", () => printType(type));
  return type.shape as readonly number[];
}

export function isStatic(type: ValueType): boolean {
  return type.kind === "tensor" && type.shape.every(isKnown);
}

/**
 * Whether a value can leave the segment that makes it: be kept, returned, exchanged or sent. A sequence or optional cannot,
 * and strings cannot: neither is a block of bytes. What cannot is made again wherever it is used.
 */
export function isKeepable(type: ValueType): boolean {
  return type.kind === "tensor" && type.dtype !== "string";
}

/** Elements of a bound tensor type. */
export function elementCount(type: TensorType): number {
  return product(knownShape(type));
}

export function byteSize(type: TensorType): number {
  return bytesOf(type.dtype, elementCount(type));
}
