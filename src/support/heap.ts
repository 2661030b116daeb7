/** A binary heap of numbered items by priority, ties by number; priorities may be lowered or raised. */
export class Heap {
  readonly #priority: Float64Array;
  /** Position of every item in the heap; -1 where it is not in it. */
  readonly #position: Int32Array;
  readonly #items: Int32Array;
  #size = 0;

  /** For items 0 … capacity - 1. */
  constructor(capacity: number) {
    this.#priority = new Float64Array(capacity);
    this.#position = new Int32Array(capacity).fill(-1);
    this.#items = new Int32Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  clear(): void {
    for (let i = 0; i < this.#size; i++) this.#position[this.#items[i] as number] = -1;
    this.#size = 0;
  }

  /** Adds the item, or changes its priority. */
  set(item: number, priority: number): void {
    this.#priority[item] = priority;
    let position = this.#position[item] as number;
    if (position < 0) position = this.#size++;
    this.#sink(item, this.#rise(item, position));
  }

  /** Takes out the item of least priority; undefined where there is none. */
  pop(): number | undefined {
    if (this.#size === 0) return undefined;
    const first = this.#items[0] as number;
    this.#position[first] = -1;
    const last = this.#items[--this.#size] as number;
    if (first !== last) this.#sink(last, 0);
    return first;
  }

  #before(a: number, b: number): boolean {
    const pa = this.#priority[a] as number;
    const pb = this.#priority[b] as number;
    return pa < pb || (pa === pb && a < b);
  }

  #put(item: number, position: number): void {
    this.#items[position] = item;
    this.#position[item] = position;
  }

  /** Moves what has to come after the item down, from a free position on; the position that is free then. */
  #rise(item: number, position: number): number {
    let i = position;
    while (i > 0) {
      const above = (i - 1) >> 1;
      const parent = this.#items[above] as number;
      if (!this.#before(item, parent)) break;
      this.#put(parent, i);
      i = above;
    }
    return i;
  }

  /** Puts the item into a free position or below it, and moves up what has to come before it. */
  #sink(item: number, position: number): void {
    let i = position;
    for (;;) {
      let below = 2 * i + 1;
      if (below >= this.#size) break;
      let child = this.#items[below] as number;
      if (below + 1 < this.#size) {
        const other = this.#items[below + 1] as number;
        if (this.#before(other, child)) [below, child] = [below + 1, other];
      }
      if (!this.#before(child, item)) break;
      this.#put(child, i);
      i = below;
    }
    this.#put(item, i);
  }
}
