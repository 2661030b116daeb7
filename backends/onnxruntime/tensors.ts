/** Our tensors and ONNX Runtime's. */
import type * as OnnxRuntimeNode from "onnxruntime-node";
import type { Tensor } from "onnxruntime-node";
import { fail } from "../../src/diagnostics/diagnostic.ts";
import type { TypedArray } from "../../src/ir/tensor-data.ts";
import type { DataType } from "../../src/ir/types.ts";
import type { HostTensor } from "../../src/plan/backend.ts";

export type Runtime = typeof OnnxRuntimeNode;

/** Our element types under ONNX Runtime's names; others have no tensors there. */
const typeNames: Partial<Record<DataType, Tensor.Type>> = {
  f32: "float32",
  f64: "float64",
  f16: "float16",
  i8: "int8",
  u8: "uint8",
  i16: "int16",
  u16: "uint16",
  i32: "int32",
  u32: "uint32",
  i64: "int64",
  u64: "uint64",
  bool: "bool",
};
const dataTypesByName = new Map(Object.entries(typeNames).map(([dtype, type]) => [type, dtype as DataType]));

/** The tensor over the same elements. Error: unsupported-dtype. */
export function toRuntimeTensor(
  runtime: Runtime,
  { dtype, shape, data }: HostTensor,
  backend: string,
): Tensor {
  const type = typeNames[dtype];
  if (type === undefined)
    return fail("unsupported-dtype", { backend, dtype, value: `a tensor of shape [${shape.join(", ")}]` });
  return new runtime.Tensor(type, (dtype === "f16" ? asFloat16(data) : data) as never, shape);
}

/** Error: unsupported-dtype. */
export function dataTypeOf(type: string, backend: string): DataType {
  const dtype = dataTypesByName.get(type as Tensor.Type);
  return dtype ?? fail("unsupported-dtype", { backend, dtype: type, value: "an output of a segment" });
}

/** The elements of a tensor in host memory. */
export function toHostTensor(tensor: Tensor, backend: string): HostTensor {
  const dtype = dataTypeOf(tensor.type, backend);
  const data = tensor.data as TypedArray;
  const plain = dtype === "f16" ? new Uint16Array(data.buffer, data.byteOffset, data.length) : data;
  return { dtype, shape: tensor.dims, data: plain };
}

/** Newer engines have a Float16Array, which ONNX Runtime then asks for. */
function asFloat16(data: TypedArray): unknown {
  const { Float16Array } = globalThis as {
    readonly Float16Array?: new (buffer: ArrayBufferLike, offset: number, length: number) => unknown;
  };
  return Float16Array === undefined ? data : new Float16Array(data.buffer, data.byteOffset, data.length);
}
