/**
 * Cost tables, each distinct one once. Equal tables get equal numbers, and what is computed from tables is remembered by
 * their numbers: the repeated layers of a network cost one layer's work.
 */

export interface Table {
  readonly id: number;
  readonly data: Float64Array;
}

/**
 * A table with one variable minimised out of it, and which of its options attains the minimum. Its least cost is taken out of
 * it: what is left of a row of equal layers soon is the same table however many they are, and costs no further work.
 */
export interface Minimised {
  readonly table: Table;
  readonly least: number;
  readonly best: Uint16Array | Uint32Array;
}

export class Tables {
  readonly #byArray = new Map<Float64Array, Table>();
  readonly #byContent = new Map<number, Table[]>();
  readonly #sums = new Map<string, Table>();
  readonly #minimised = new Map<string, Minimised>();
  readonly #parts = new Map<string, Float64Array>();
  readonly #left = new Map<string, readonly number[]>();
  readonly #options = new Map<string, readonly number[]>();
  readonly #optionIds = new Map<readonly number[], number>();
  #count = 0;

  /** The table with this content; `data` must not change afterwards. */
  intern(data: Float64Array): Table {
    const known = this.#byArray.get(data);
    if (known !== undefined) return known;
    const hash = hashOf(data);
    const bucket = this.#byContent.get(hash) ?? [];
    let table = bucket.find((other) => sameContent(other.data, data));
    if (table === undefined) {
      table = this.fresh(data);
      this.#byContent.set(hash, [...bucket, table]);
    }
    this.#byArray.set(data, table);
    return table;
  }

  /** A table whose content need not be compared with others: what made it is the key under which it is remembered. */
  fresh(data: Float64Array): Table {
    return { id: this.#count++, data };
  }

  /** Cell by cell sum of two tables of one shape. */
  add(a: Table, b: Table): Table {
    const key = a.id < b.id ? `${a.id}+${b.id}` : `${b.id}+${a.id}`;
    let sum = this.#sums.get(key);
    if (sum === undefined) {
      const data = a.data.slice();
      for (let i = 0; i < data.length; i++) data[i] = (data[i] as number) + (b.data[i] as number);
      this.#sums.set(key, (sum = this.fresh(data)));
    }
    return sum;
  }

  /** The cells of the options `rows` and `columns` of a table that is `width` wide; equal parts give the same array. */
  part(data: Float64Array, width: number, rows: readonly number[], columns: readonly number[]): Float64Array {
    if (rows.length * columns.length === data.length) return data;
    const key = `${this.intern(data).id}:${this.optionsId(rows)},${this.optionsId(columns)}`;
    let part = this.#parts.get(key);
    if (part === undefined) {
      part = new Float64Array(rows.length * columns.length);
      let at = 0;
      for (const row of rows) for (const column of columns) part[at++] = data[row * width + column] as number;
      this.#parts.set(key, part);
    }
    return part;
  }

  /** All options of a variable that has `count` of them; equal counts give the same array. */
  allOptions(count: number): readonly number[] {
    return this.left(`all ${count}`, () => Array.from({ length: count }, (_, x) => x));
  }

  /** The options that are left, by what that follows from; equal sets give the same array. */
  left(key: string, compute: () => readonly number[]): readonly number[] {
    let options = this.#left.get(key);
    if (options === undefined) {
      options = compute();
      const text = options.join();
      const known = this.#options.get(text);
      if (known === undefined) {
        this.#options.set(text, options);
        this.#optionIds.set(options, this.#optionIds.size);
      } else {
        options = known;
      }
      this.#left.set(key, options);
    }
    return options;
  }

  /** The number of a set of options from `allOptions` or `left`. */
  optionsId(options: readonly number[]): number {
    return this.#optionIds.get(options) as number;
  }

  minimised(key: string, compute: () => Minimised): Minimised {
    let result = this.#minimised.get(key);
    if (result === undefined) this.#minimised.set(key, (result = compute()));
    return result;
  }
}

const scratch = new Float64Array(1);
const bits = new Uint32Array(scratch.buffer);

/** FNV-1a over the 32-bit halves. */
function hashOf(data: Float64Array): number {
  let hash = 0x811c9dc5 ^ data.length;
  for (const x of data) {
    scratch[0] = x;
    hash = Math.imul(hash ^ (bits[0] as number), 0x01000193);
    hash = Math.imul(hash ^ (bits[1] as number), 0x01000193);
  }
  return hash >>> 0;
}

function sameContent(a: Float64Array, b: Float64Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
