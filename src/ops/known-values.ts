/**
 * What is known of values while a graph is followed, and numbers for it: equal knowledge has one number, whichever value it is
 * of. Most values of a model have the type of many others, and short constants repeat in every layer.
 */
import { bytesView, type TensorData, type TypedArray } from "../ir/tensor-data.ts";
import { printType, type ValueType } from "../ir/types.ts";
import { arraysEqual } from "../support/collections.ts";
import type { Item } from "./call.ts";
import type { Sizes } from "./sizes.ts";

export interface Known {
  readonly type: ValueType;
  /** The elements, where they are known. */
  readonly data?: TensorData | undefined;
  /** What is known of the elements of a short vector of integers, where not all of them are. */
  readonly sizes?: Sizes | undefined;
  /** What a sequence or optional is made of. */
  readonly items?: readonly Item[] | undefined;
}

/** Longer constants are equal to themselves only. */
const longestCompared = 4096;

export class KnownValues {
  readonly #ofType = new Map<ValueType, Known>();
  readonly #numbers = new Map<Known, number>();
  readonly #byText = new Map<string, Known>();
  readonly #byHash = new Map<number, Known[]>();
  #last = 0;

  /** A value of which nothing but its type is known. */
  ofType(type: ValueType): Known {
    let known = this.#ofType.get(type);
    if (known === undefined) this.#ofType.set(type, (known = { type }));
    return known;
  }

  /** The first type asked for of those that are equal. */
  sharedType(type: ValueType): ValueType {
    return this.#firstOf(`${printType(type)}`, this.ofType(type)).type;
  }

  /** That of equal knowledge. Items have names of their own: they are not looked at. */
  numberOf(known: Known): number {
    let number = this.#numbers.get(known);
    if (number === undefined) {
      const first = this.#firstEqual(known);
      number = this.#numbers.get(first) ?? ++this.#last;
      this.#numbers.set(first, number).set(known, number);
    }
    return number;
  }

  #firstEqual(known: Known): Known {
    const { type, data, sizes } = known;
    if (data !== undefined) return data.dtype === "string" ? known : this.#firstOfData(known, data);
    const text = printType(type);
    return this.#firstOf(sizes === undefined ? text : `${text} ${sizes.join()}`, known);
  }

  #firstOf(text: string, known: Known): Known {
    const first = this.#byText.get(text);
    if (first === undefined) this.#byText.set(text, known);
    return first ?? known;
  }

  #firstOfData(known: Known, data: TensorData): Known {
    const bytes = bytesView(data.data as TypedArray);
    if (bytes.length > longestCompared) return known;
    const hash = hashOf(bytes);
    const alike = this.#byHash.get(hash);
    if (alike === undefined) {
      this.#byHash.set(hash, [known]);
      return known;
    }
    const first = alike.find((one) => isEqual(one.data as TensorData, data, bytes));
    if (first === undefined) alike.push(known);
    return first ?? known;
  }
}

function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  return hash;
}

function isEqual(one: TensorData, { dtype, shape }: TensorData, bytes: Uint8Array): boolean {
  if (one.dtype !== dtype || !arraysEqual(one.shape, shape)) return false;
  const other = bytesView(one.data as TypedArray);
  if (other.length !== bytes.length) return false;
  for (let i = 0; i < bytes.length; i++) if (other[i] !== bytes[i]) return false;
  return true;
}
