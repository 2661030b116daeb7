/** Reads what the text form says of types and of the elements of tensors. */
import { product } from "../../support/collections.ts";
import { parseDim, type Dim } from "../dim.ts";
import { hasNumbers, type TensorData } from "../tensor-data.ts";
import { isDataType, tensorType, type DataType, type ValueType } from "../types.ts";
import { readBase64, readElements } from "./literal.ts";
import type { Scanner } from "./scan.ts";

export function readType(s: Scanner): ValueType {
  const word = s.word("a type");
  if (word === "seq" || word === "optional") {
    s.expect("<");
    const element = readType(s);
    s.expect(">");
    return { kind: word === "seq" ? "sequence" : "optional", element };
  }
  if (!isDataType(word)) s.fail(`an element type instead of "${word}"`);
  return tensorType(
    word,
    s.list("[", "]", () => readDim(s)),
  );
}

function readDim(s: Scanner): Dim {
  if (s.sees('"')) return s.string();
  const text = s.dimText();
  if (/^\d+$/.test(text)) return Number(text);
  return /^[A-Za-z_][\w.]*$/.test(text) ? text : parseDim(text);
}

/** The elements of a constant of this type. */
export function readTensor(s: Scanner, type: ValueType): TensorData {
  if (type.kind !== "tensor" || !type.shape.every((dim) => typeof dim === "number"))
    s.fail("a tensor type of known shape");
  const { dtype } = type;
  const shape = type.shape as readonly number[];
  const count = product(shape);
  if (dtype === "string") {
    const data = s.list("[", "]", () => s.string());
    return data.length === count ? { dtype, shape, data } : s.fail(`${count} texts`);
  }
  const data = s.takeWord("base64") ? readBase64(dtype, count, s.string()) : readNumbers(s, dtype, count);
  return data === undefined ? s.fail(`${count} elements of ${dtype}`) : { dtype, shape, data };
}

function readNumbers(s: Scanner, dtype: DataType, count: number): ReturnType<typeof readElements> {
  if (!hasNumbers(dtype)) s.fail(`base64 for elements of ${dtype}`);
  const texts = s.list("[", "]", () => s.numberText());
  return texts.length === count ? readElements(dtype, texts) : undefined;
}

/** `(f32[2] = [1, 2])`, behind the word `tensor`. */
export function readTensorInBrackets(s: Scanner): TensorData {
  s.expect("(");
  const type = readType(s);
  s.expect("=");
  const tensor = readTensor(s, type);
  s.expect(")");
  return tensor;
}
