/** Tells equal constants: those of one type with the same bytes. */
import { bytesView, describeData, type TensorData, type TypedArray } from "./tensor-data.ts";

export class ConstantPool {
  readonly #byHash = new Map<string, { readonly data: TensorData; readonly number: number }[]>();
  readonly #known = new Map<TensorData, number>();
  #count = 0;

  /** The number of a constant: equal constants have equal numbers, counted from 0. */
  number(data: TensorData): number {
    const known = this.#known.get(data);
    if (known !== undefined) return known;
    const hash = `${describeData(data)} ${hashOf(data)}`;
    const alike = this.#byHash.get(hash) ?? [];
    const same = alike.find((other) => equalData(other.data, data));
    const number = same?.number ?? this.#count++;
    if (same === undefined) this.#byHash.set(hash, [...alike, { data, number }]);
    this.#known.set(data, number);
    return number;
  }
}

/** FNV-1a over the bytes; strings are told apart by comparison alone. */
function hashOf({ data, dtype }: TensorData): number {
  if (dtype === "string") return 0;
  let hash = 0x811c9dc5;
  for (const byte of bytesView(data as TypedArray)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}

function equalData(a: TensorData, b: TensorData): boolean {
  if (a.dtype === "string") return (a.data as readonly string[]).every((text, i) => text === b.data[i]);
  const [left, right] = [bytesView(a.data as TypedArray), bytesView(b.data as TypedArray)];
  return left.length === right.length && left.every((byte, i) => byte === right[i]);
}
