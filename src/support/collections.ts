/** Small pure functions over arrays and maps that the language lacks. */
import { invariant } from "./assert.ts";

/** `[0, 1, …, n - 1]`. */
export function range(n: number): number[] {
  // Not Array.from, which is ten times slower: shapes and indices are made of these.
  const numbers: number[] = [];
  for (let i = 0; i < n; i++) numbers.push(i);
  return numbers;
}

export function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** Product of the factors; 1 for none. */
export function product(values: Iterable<number>): number {
  let total = 1;
  for (const value of values) total *= value;
  return total;
}

/** All ways to pick one element of each list, the last list varying fastest. */
export function cartesian<T>(lists: readonly (readonly T[])[]): T[][] {
  let tuples: T[][] = [[]];
  for (const list of lists) tuples = tuples.flatMap((head) => list.map((item) => [...head, item]));
  return tuples;
}

/** Elements with distinct keys, the first of each kept, in order. */
export function uniqueBy<T>(items: Iterable<T>, key: (item: T) => string | number): T[] {
  const seen = new Map<string | number, T>();
  for (const item of items) {
    const k = key(item);
    if (!seen.has(k)) seen.set(k, item);
  }
  return [...seen.values()];
}

/** Elements gathered by key, keys in order of first appearance. */
export function groupBy<T, K>(items: Iterable<T>, key: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const k = key(item);
    const group = groups.get(k);
    if (group === undefined) groups.set(k, [item]);
    else group.push(item);
  }
  return groups;
}

/** `items[index]`, which must exist. */
export function at<T>(items: readonly T[], index: number): T {
  invariant(index >= 0 && index < items.length, "index out of range", () => `${index} of ${items.length}`);
  return items[index] as T;
}

export function arraysEqual<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}
