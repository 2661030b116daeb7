/** Tensors of a file whose elements are not read yet, and sparse ones written out. */
import { diagnostic, SbpcError } from "../../diagnostics/diagnostic.ts";
import type { Location } from "../../diagnostics/location.ts";
import { allocate, bytesView, type TensorData, type TypedArray } from "../../ir/tensor-data.ts";
import { bytesOf, dataTypes, type DataType } from "../../ir/types.ts";
import { product } from "../../support/collections.ts";
import type { onnx } from "../generated/onnx-ml.js";
import type { DecodedModel, TensorPayload } from "../model-file.ts";
import { readTyped } from "../tensor-elements.ts";
import { requireStaticType } from "../tensor-type.ts";
import type { TensorProto } from "./proto.ts";

/** A tensor whose elements may still lie in a file. */
export interface StoredTensor {
  readonly dtype: DataType;
  readonly shape: readonly number[];
  /** Where its bytes lie as they are; absent where only `read` can give them. */
  readonly payload?: TensorPayload | undefined;
  /** Reads the elements. */
  read(): TensorData;
}

/** Errors, here and in `read`: those of `readElements`, at `location`. */
export function storedTensor(model: DecodedModel, tensor: TensorProto, location: Location): StoredTensor {
  return at(location, () => {
    const { dtype, shape } = requireStaticType(tensor);
    const payload = model.payload(tensor);
    const read = () => at(location, () => readTyped(model, tensor, { dtype, shape }));
    // Elements whose bytes cannot be as they are (too few, texts, flags beyond 0 and 1) are refused or mended by reading them.
    const asTheyAre =
      payload?.length === bytesOf(dtype, product(shape)) && dtype !== "string" && dtype !== "bool";
    return { dtype, shape, payload: asTheyAre ? payload : undefined, read };
  });
}

/** What `step` reports, at `location` where it names none. */
function at<T>(location: Location, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof SbpcError)) throw error;
    throw new SbpcError(
      error.diagnostics.map((one) => (one.location.kind === "unknown" ? { ...one, location } : one)),
    );
  }
}

/** Most bytes that a sparse tensor may take as a dense one: its file may be far smaller. */
const densifiedLimit = 64 * 2 ** 20;

/** A sparse tensor with its zeros written out. Errors: onnx-sparse-tensor, and those of its parts. */
export function densified(
  model: DecodedModel,
  sparse: onnx.SparseTensorProto.$Properties,
  name: string,
  location: Location,
): TensorData {
  const invalid = (problem: string): never => {
    throw new SbpcError([diagnostic("onnx-sparse-tensor", { tensor: name, problem }, location)]);
  };
  if (sparse.values == null) return invalid("it has no values");
  const { dtype, data } = storedTensor(model, sparse.values, location).read();
  const { shape } = at(location, () => requireStaticType({ name, dims: sparse.dims ?? [], dataType: 1 }));
  if (dtype === "string" || dataTypes[dtype][1] < 8) return invalid(`its elements are ${dtype}`);
  if (bytesOf(dtype, product(shape)) > densifiedLimit)
    return invalid(`written out it takes more than ${densifiedLimit} bytes`);
  const values = data as TypedArray;
  const indices = sparse.indices == null ? undefined : storedTensor(model, sparse.indices, location).read();
  if (indices !== undefined && indices.dtype !== "i64") return invalid("its indices are no i64");
  const places = indices === undefined ? [] : Array.from(indices.data as BigInt64Array, Number);
  const rank = indices?.shape.length === 2 ? shape.length : 1;
  const width = bytesOf(dtype, 1);
  const count = bytesView(values).length / width;
  if (places.length !== count * rank) return invalid(`it has ${places.length} indices for ${count} values`);
  const out = allocate(dtype, product(shape));
  const [from, to] = [bytesView(values), bytesView(out)];
  for (let i = 0; i < count; i++) {
    let place = 0;
    for (let d = 0; d < rank; d++) {
      const index = places[i * rank + d] as number;
      const size = rank === 1 ? product(shape) : (shape[d] as number);
      if (!(index >= 0 && index < size)) return invalid(`the index ${index} is outside its shape`);
      place = rank === 1 ? index : place * size + index;
    }
    to.set(from.subarray(i * width, (i + 1) * width), place * width);
  }
  return { dtype, shape, data: out };
}
