/** What stands in a graph before its nodes: inputs, fixed inputs, weights and small constants. */
import { fail } from "../../diagnostics/diagnostic.ts";
import type { Location } from "../../diagnostics/location.ts";
import { isKnown } from "../../ir/dim.ts";
import type { Initializer, Source } from "../../ir/graph.ts";
import { allocate, hasNumbers, writeNumber, type TensorData } from "../../ir/tensor-data.ts";
import {
  bytesOf,
  dataTypes,
  isFloat,
  isInteger,
  printType,
  type DataType,
  type ValueType,
} from "../../ir/types.ts";
import { product } from "../../support/collections.ts";
import type { TensorPayload } from "../model-file.ts";
import type { StoredTensor } from "./tensors.ts";

/** A float tensor of more elements, or one of narrow integers, is a weight. Fewer: a scale, a bound, a step. */
const fewElements = 16;
/** Wider integers and flags count, index and choose: they are constants up to this size. */
const largestTable = 64 * 1024;

/** Whether a tensor of the file is a weight, which stays where it is, and not a constant that the compiler looks into. */
export function isWeight({ dtype, shape }: Pick<StoredTensor, "dtype" | "shape">): boolean {
  if (dtype === "string") return false;
  const count = product(shape);
  const narrow = isInteger(dtype) && dataTypes[dtype][1] <= 8;
  return isFloat(dtype) || narrow ? count > fewElements : bytesOf(dtype, count) > largestTable;
}

/** A parameter that reads the tensor from its file, or that holds it where no file has it as it is, or where it is wanted (`inline`). */
export function parameterSource(
  value: string,
  stored: StoredTensor,
  location: Location,
  inline: boolean,
): Source {
  const initializer: Initializer =
    inline || stored.payload === undefined ? { kind: "inline", data: stored.read() } : filed(stored.payload);
  return { kind: "parameter", value, location, initializer, module: "" };
}

function filed({ path, offset, length }: TensorPayload): Initializer {
  return { kind: "file", path, offset, length };
}

/**
 * The elements that a text gives an input of this type: numbers, true and false, texts, separated by commas. One element
 * stands for all; an open axis of a vector takes as many as there are. Errors: bad-input.
 */
export function fixedValue(name: string, type: ValueType, text: string, location: Location): TensorData {
  const bad = (problem: string): never => fail("bad-input", { name, problem }, location);
  if (type.kind !== "tensor") return bad(`is ${printType(type)}, which cannot be given as a value`);
  const { dtype } = type;
  const items = text.split(",").map((item) => item.trim());
  const shape =
    type.shape.length === 1 && !type.shape.every(isKnown)
      ? [items.length]
      : type.shape.map((dim) => (isKnown(dim) ? dim : bad(`has an axis ${dim} without a size`)));
  const count = product(shape);
  if (items.length !== 1 && items.length !== count) bad(`takes ${count} elements, here are ${items.length}`);
  const item = (i: number) => items[items.length === 1 ? 0 : i] as string;
  if (dtype === "string") return { dtype, shape, data: Array.from({ length: count }, (_, i) => item(i)) };
  if (!hasNumbers(dtype)) return bad(`is of ${dtype}, which cannot be written as a number`);
  const data = allocate(dtype, count);
  for (let i = 0; i < count; i++) {
    const value = elementOf(item(i), dtype) ?? bad(`takes elements of ${dtype}, which "${item(i)}" is not`);
    writeNumber(dtype, data, i, value);
  }
  return { dtype, shape, data };
}

function elementOf(text: string, dtype: DataType): number | undefined {
  if (dtype === "bool" && (text === "true" || text === "false")) return Number(text === "true");
  const value = Number(text);
  if (text === "" || Number.isNaN(value)) return undefined;
  return isInteger(dtype) && !Number.isSafeInteger(value) ? undefined : value;
}
