/** A binary heap of numbered items by priority, ties by number; priorities may be lowered or raised. */
export class Heap {
  readonly #priority: Float64Array;
  /** Position of every item in the heap; -1 where it is not in it. */
  readonly #position: Int32Array;
  readonly #items: number[] = [];

  /** For items 0 … capacity - 1. */
  constructor(capacity: number) {
    this.#priority = new Float64Array(capacity);
    this.#position = new Int32Array(capacity).fill(-1);
  }

  get size(): number {
    return this.#items.length;
  }

  /** Adds the item, or changes its priority. */
  set(item: number, priority: number): void {
    this.#priority[item] = priority;
    if (this.#position[item] === -1) {
      this.#position[item] = this.#items.length;
      this.#items.push(item);
    }
    this.#sink(this.#rise(this.#position[item] as number));
  }

  /** Takes out the item of least priority; undefined where there is none. */
  pop(): number | undefined {
    const first = this.#items[0];
    const last = this.#items.pop();
    if (first === undefined || last === undefined) return undefined;
    this.#position[first] = -1;
    if (first !== last) {
      this.#items[0] = last;
      this.#position[last] = 0;
      this.#sink(0);
    }
    return first;
  }

  #before(a: number, b: number): boolean {
    const [pa, pb] = [this.#priority[a] as number, this.#priority[b] as number];
    return pa < pb || (pa === pb && a < b);
  }

  #swap(i: number, j: number): void {
    const [a, b] = [this.#items[i] as number, this.#items[j] as number];
    this.#items[i] = b;
    this.#items[j] = a;
    this.#position[b] = i;
    this.#position[a] = j;
  }

  #rise(start: number): number {
    let i = start;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!this.#before(this.#items[i] as number, this.#items[parent] as number)) break;
      this.#swap(i, parent);
      i = parent;
    }
    return i;
  }

  #sink(start: number): void {
    let i = start;
    for (;;) {
      let least = i;
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (
          child < this.#items.length &&
          this.#before(this.#items[child] as number, this.#items[least] as number)
        )
          least = child;
      }
      if (least === i) return;
      this.#swap(i, least);
      i = least;
    }
  }
}
