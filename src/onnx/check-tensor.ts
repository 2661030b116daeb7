/** Checks tensors and sparse tensors: type, dimensions, one place for the elements and enough of them, external data. */
import { SbpcError } from "../diagnostics/diagnostic.ts";
import { bytesOf } from "../ir/types.ts";
import { product } from "../support/collections.ts";
import { has, type CheckContext } from "./check-context.ts";
import { isExternal, locateExternal } from "./external-data.ts";
import { onnx } from "./generated/onnx-ml.js";
import { fieldOf, readElements, snake, type TypedField } from "./tensor-elements.ts";
import { dataTypeOfNumber, nameOfDataType, nameOfTensor, staticDims } from "./tensor-type.ts";

type Tensor = onnx.TensorProto.$Properties;
type Field = TypedField | "rawData";

const fields: readonly Field[] = [
  "floatData",
  "int32Data",
  "stringData",
  "int64Data",
  "rawData",
  "doubleData",
  "uint64Data",
];

const elementBytes: Readonly<Partial<Record<Field, number>>> = { floatData: 4, doubleData: 8 };

/** Fields that hold elements, with how many numbers (for raw_data, bytes) they hold. */
function filledFields(context: CheckContext, tensor: Tensor): Map<Field, number> {
  const filled = new Map<Field, number>();
  for (const field of fields) {
    const length = tensor[field]?.length ?? 0;
    if (length > 0) filled.set(field, length);
  }
  for (const { field, length } of context.model.leftOut(tensor))
    if (field !== undefined) filled.set(field, length / (elementBytes[field] ?? 1));
  return filled;
}

/** Reports what is wrong with a tensor; true where nothing is. */
export function checkTensor(context: CheckContext, tensor: Tensor, where: string): boolean {
  const { problems } = context;
  const name = `${nameOfTensor(tensor)}${where}`;
  const number = tensor.dataType ?? 0;
  if (number === 0) {
    problems.report("onnx-missing", { place: `The tensor ${name}`, field: "data_type" });
    return false;
  }
  const filled = filledFields(context, tensor);
  const type = nameOfDataType(number);
  const refused = (problem: string): boolean => {
    problems.report("onnx-tensor-data", { tensor: name, type, problem });
    return false;
  };
  if (!(number in onnx.TensorProto.DataType)) {
    problems.report("onnx-tensor-type", { tensor: name, type, problem: "which ONNX does not have" });
    return false;
  }
  const dims = staticDims(tensor);
  if ("problem" in dims) {
    problems.add(dims.problem);
    return false;
  }
  if (isExternal(tensor)) {
    if (filled.size > 0) return refused("its elements are in another file, and in it too");
    const found = locateExternal(context.model.files, tensor);
    if ("problem" in found) problems.add(found.problem);
    return !("problem" in found);
  }
  const count = product(dims.shape);
  const [first] = filled.keys();
  if (count === 0 && filled.size > 0) return refused(`it has no elements, but ${snake(first ?? "")} does`);
  if (filled.size > 1)
    return refused(`its elements are in ${[...filled.keys()].map(snake).join(" and in ")}`);
  if (count === 0) return true;
  if (first === undefined) return refused("it has no elements, its dimensions ask for some");
  return checkCount(number, count, first, filled.get(first) ?? 0, refused);
}

function checkCount(
  number: number,
  count: number,
  field: Field,
  length: number,
  refused: (problem: string) => boolean,
): boolean {
  const dtype = dataTypeOfNumber(number);
  // Types of six bits: one per number, or packed.
  if (dtype === undefined) {
    if (field !== "rawData") return refused(`its elements are in ${snake(field)}, they belong in raw_data`);
    return length >= Math.ceil((count * 6) / 8) || refused(`it has ${length} bytes, which are too few`);
  }
  if (field === "rawData") {
    if (dtype === "string") return refused("strings are in raw_data, they belong in string_data");
    const needed = bytesOf(dtype, count);
    return length >= needed || refused(`raw_data has ${length} bytes, its dimensions take ${needed}`);
  }
  const right = fieldOf(dtype);
  if (field !== right)
    return refused(`its elements are in ${snake(field)}, they belong in ${snake(right)} or raw_data`);
  const needed = leastNumbers(dtype, count);
  return (
    length >= needed ||
    refused(`${snake(field)} has ${length} numbers, its dimensions take at least ${needed}`)
  );
}

/** How few numbers ONNX's checker takes: types under a byte may fill all four bytes of each. */
function leastNumbers(dtype: Parameters<typeof fieldOf>[0], count: number): number {
  if (dtype === "c64" || dtype === "c128") return 2 * count;
  if (dtype === "u4" || dtype === "i4" || dtype === "f4e2m1") return Math.ceil(count / 8);
  if (dtype === "u2" || dtype === "i2") return Math.ceil(count / 16);
  return count;
}

export function checkSparseTensor(
  context: CheckContext,
  sparse: onnx.SparseTensorProto.$Properties,
  where: string,
): void {
  const { problems } = context;
  const { values } = sparse;
  if (!has(sparse, "values") || values === undefined || values === null) {
    problems.report("onnx-missing", { place: `A sparse tensor${where}`, field: "values" });
    return;
  }
  const tensor = `${nameOfTensor(values)}${where}`;
  const refused = (problem: string): void => problems.report("onnx-sparse-tensor", { tensor, problem });
  const valuesAreRight = checkTensor(context, values, where);
  if (values.dims?.length !== 1) return refused("its values are not of rank 1");
  const dense = (sparse.dims ?? []).map(Number);
  if (dense.length === 0) return refused("it has no dimensions");
  if (dense.some((dim) => dim <= 0))
    return refused(`its dimensions [${dense.join(", ")}] are not all above 0`);
  const nonZero = Number(values.dims[0]);
  const { indices } = sparse;
  if (!has(sparse, "indices") || indices === undefined || indices === null) {
    if (nonZero !== 0) refused("it has values but no indices");
    return;
  }
  if (!checkTensor(context, indices, where) || !valuesAreRight) return;
  if (indices.dataType !== onnx.TensorProto.DataType.INT64) return refused("its indices are not of type i64");
  const shape = (indices.dims ?? []).map(Number);
  if (shape.length !== 1 && shape.length !== 2) return refused("its indices are not of rank 1 or 2");
  if (shape[0] !== nonZero) return refused(`it has ${nonZero} values and ${shape[0]} indices`);
  if (shape.length === 2 && shape[1] !== dense.length)
    return refused(`its indices are of ${shape[1]} numbers each, it has ${dense.length} dimensions`);
  const read = readIndices(context, indices);
  if (read === undefined) return;
  const problem = shape.length === 1 ? linearProblem(read, dense) : tupleProblem(read, dense);
  if (problem !== undefined) refused(problem);
}

function readIndices(context: CheckContext, indices: Tensor): BigInt64Array | undefined {
  try {
    return readElements(context.model, indices).data as BigInt64Array;
  } catch (error) {
    if (!(error instanceof SbpcError)) throw error;
    for (const problem of error.diagnostics) context.problems.add(problem);
    return undefined;
  }
}

/** One number per value: its place in the dense tensor, row-major. */
function linearProblem(indices: BigInt64Array, dense: readonly number[]): string | undefined {
  const size = dense.reduce((product, dim) => product * BigInt(dim), 1n);
  let previous = -1n;
  for (const [i, index] of indices.entries()) {
    if (index < 0n || index >= size) return `index ${i} is ${index}, outside of 0 to ${size - 1n}`;
    if (index <= previous) return `index ${i} is ${index}, not above the one before it`;
    previous = index;
  }
  return undefined;
}

/** One number per value and dimension. */
function tupleProblem(indices: BigInt64Array, dense: readonly number[]): string | undefined {
  const rank = dense.length;
  let previous: bigint | undefined;
  for (let i = 0; i * rank < indices.length; i++) {
    let linear = 0n;
    for (const [j, dim] of dense.entries()) {
      const index = indices[i * rank + j] as bigint;
      if (index < 0n || index >= BigInt(dim)) return `index ${i} is ${index} along axis ${j} of size ${dim}`;
      linear = linear * BigInt(dim) + index;
    }
    if (previous !== undefined && linear <= previous)
      return `index ${i} does not come after the one before it`;
    previous = linear;
  }
  return undefined;
}
