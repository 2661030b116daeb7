/**
 * Bucket elimination. A variable is minimised out of the sum of the tables that it is in; what is left is one table over its
 * neighbours. Repeated for all variables this gives the optimum; read backwards, the assignment. Leaves and chains
 * (tables over one and two neighbours) are the special cases known as child and node elimination.
 *
 * The order is greedy: always the variable whose elimination costs fewest cells. On the graphs of transformers that stays
 * at two or three neighbours whatever the depth. Where a table would exceed `maxCells` the bucket is split and its parts
 * are minimised separately (mini-buckets): the sum is then a lower bound, and the assignment a good guess.
 */
import { optionCount, type Problem } from "./problem.ts";
import { Heap } from "../support/heap.ts";
import type { Minimised, Table, Tables } from "./tables.ts";

export interface Elimination {
  readonly choice: number[];
  /** The optimum, or less than it where buckets were split. */
  readonly bound: number;
  /** Variables whose buckets were split; none: the choice is optimal. */
  readonly relaxed: readonly number[];
}

/** A table over `scope` (ascending), row-major. */
interface Factor {
  readonly scope: readonly number[];
  readonly table: Table;
}

/** How to choose a variable's option once its neighbours' are known. */
type Step =
  | { readonly variable: number; readonly neighbours: readonly number[]; readonly best: Minimised["best"] }
  | { readonly variable: number; readonly unary: Table; readonly factors: readonly Factor[] };

export class Eliminator {
  readonly #problem: Problem;
  readonly #tables: Tables;
  readonly #sizes: readonly number[];
  readonly #maxCells: number;
  readonly #unary: Table[];
  /** Factors by variable, then by scope. */
  readonly #factors: Map<string, Factor>[];
  readonly #neighbours: Set<number>[];
  readonly #heap: Heap;
  readonly #steps: Step[] = [];
  readonly #relaxed: number[] = [];
  #constant = 0;

  /** `tables` may be shared by runs on similar problems. */
  constructor(problem: Problem, maxCells: number, tables: Tables) {
    this.#problem = problem;
    this.#tables = tables;
    this.#maxCells = maxCells;
    this.#sizes = problem.variables.map((_, v) => optionCount(problem, v));
    this.#unary = problem.variables.map((variable) => tables.intern(variable.costs));
    this.#factors = problem.variables.map(() => new Map());
    this.#neighbours = problem.variables.map(() => new Set());
    this.#heap = new Heap(problem.variables.length);
    for (const { a, b, costs } of problem.edges) {
      if (a === b) this.#addFactor([a], tables.intern(diagonal(costs, this.#size(a))));
      else if (a < b) this.#addFactor([a, b], tables.intern(costs));
      else this.#addFactor([b, a], this.#transposed(tables.intern(costs), this.#size(a), this.#size(b)));
    }
  }

  run(): Elimination {
    this.#problem.variables.forEach((_, v) => this.#heap.set(v, this.#work(v)));
    for (let v = this.#heap.pop(); v !== undefined; v = this.#heap.pop()) this.#eliminate(v);
    const choice = new Array<number>(this.#sizes.length).fill(0);
    for (let i = this.#steps.length - 1; i >= 0; i--) {
      const step = this.#steps[i] as Step;
      choice[step.variable] =
        "best" in step
          ? (step.best[this.#cell(step.neighbours, choice)] as number)
          : this.#guess(step, choice);
    }
    return { choice, bound: this.#constant, relaxed: this.#relaxed };
  }

  #size(v: number): number {
    return this.#sizes[v] as number;
  }

  /** Cells that eliminating `v` touches; Infinity beyond 2^53. */
  #work(v: number): number {
    let cells = this.#size(v);
    for (const u of this.#neighbours[v] as Set<number>) {
      cells *= this.#size(u);
      if (cells > Number.MAX_SAFE_INTEGER) return Infinity;
    }
    return cells;
  }

  #transposed(table: Table, rows: number, columns: number): Table {
    return this.#tables.minimised(`t${table.id}:${rows}`, () => {
      const data = new Float64Array(table.data.length);
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < columns; j++) data[j * rows + i] = table.data[i * columns + j] as number;
      return { table: this.#tables.fresh(data), least: 0, best: new Uint32Array(0) };
    }).table;
  }

  /** Variables of one option are left out of the scope: the table's cells are the same without them. */
  #addFactor(whole: readonly number[], table: Table): void {
    const scope = whole.filter((v) => this.#size(v) > 1);
    const [first] = scope;
    if (first === undefined) {
      this.#constant += table.data[0] as number;
    } else if (scope.length === 1) {
      this.#unary[first] = this.#tables.add(this.#unary[first] as Table, table);
    } else {
      const key = scope.join();
      const known = this.#factors[first]?.get(key);
      const factor: Factor = {
        scope,
        table: known === undefined ? table : this.#tables.add(known.table, table),
      };
      for (const v of scope) {
        this.#factors[v]?.set(key, factor);
        for (const u of scope) if (u !== v) this.#neighbours[v]?.add(u);
      }
    }
  }

  #eliminate(v: number): void {
    const factors = [...(this.#factors[v] as Map<string, Factor>).values()].sort(byScope);
    const neighbours = [...(this.#neighbours[v] as Set<number>)].sort((a, b) => a - b);
    for (const { scope } of factors) {
      const key = scope.join();
      for (const u of scope) this.#factors[u]?.delete(key);
    }
    for (const u of neighbours) this.#neighbours[u]?.delete(v);

    const unary = this.#unary[v] as Table;
    const buckets = this.#fits(neighbours) ? [factors] : this.#partition(v, factors);
    const exact = buckets.length === 1;
    buckets.forEach((bucket, i) => {
      const scope = without(scopeOf(bucket), v);
      const { table, least, best } = this.#minimise(v, i === 0 ? unary : undefined, bucket, scope);
      this.#constant += least;
      if (exact) this.#steps.push({ variable: v, neighbours: scope, best });
      this.#addFactor(scope, table);
    });
    if (!exact) {
      this.#relaxed.push(v);
      this.#steps.push({ variable: v, unary, factors });
    }
    for (const u of neighbours) this.#heap.set(u, this.#work(u));
  }

  #fits(scope: readonly number[]): boolean {
    let cells = 1;
    for (const u of scope) cells *= this.#size(u);
    return cells <= this.#maxCells;
  }

  /** Factors in groups whose joint tables fit, each put into the first group that takes it. */
  #partition(v: number, factors: readonly Factor[]): Factor[][] {
    const groups: Factor[][] = [];
    for (const factor of factors) {
      const home = groups.find((group) => this.#fits(without(scopeOf([...group, factor]), v)));
      if (home === undefined) groups.push([factor]);
      else home.push(factor);
    }
    return groups;
  }

  #minimise(
    v: number,
    unary: Table | undefined,
    factors: readonly Factor[],
    scope: readonly number[],
  ): Minimised {
    const order = [v, ...scope];
    const parts = factors.map((f) => `${f.table.id}@${f.scope.map((u) => order.indexOf(u)).join(".")}`);
    const key = `${unary?.id ?? "-"}/${order.map((u) => this.#size(u)).join("x")}/${parts.join("/")}`;
    return this.#tables.minimised(key, () => {
      const sizes = scope.map((u) => this.#size(u));
      const strided = factors.map((f) => ({ data: f.table.data, ...this.#strides(f.scope, v, scope) }));
      const { data, best } = minimiseOut(this.#size(v), unary?.data, strided, sizes);
      const least = takeOutLeast(data);
      return { table: this.#tables.intern(data), least, best };
    });
  }

  #strides(own: readonly number[], v: number, scope: readonly number[]): { step: number; strides: number[] } {
    const strideOf = new Map<number, number>();
    let stride = 1;
    for (let i = own.length - 1; i >= 0; i--) {
      strideOf.set(own[i] as number, stride);
      stride *= this.#size(own[i] as number);
    }
    return { step: strideOf.get(v) ?? 0, strides: scope.map((u) => strideOf.get(u) ?? 0) };
  }

  #cell(scope: readonly number[], choice: readonly number[]): number {
    let cell = 0;
    for (const u of scope) cell = cell * this.#size(u) + (choice[u] as number);
    return cell;
  }

  /** The best option given the neighbours chosen so far. */
  #guess(step: { variable: number; unary: Table; factors: readonly Factor[] }, choice: number[]): number {
    let best = 0;
    let least = Infinity;
    for (let x = 0; x < this.#size(step.variable); x++) {
      choice[step.variable] = x;
      let cost = step.unary.data[x] as number;
      for (const { scope, table } of step.factors) cost += table.data[this.#cell(scope, choice)] as number;
      if (cost < least) {
        least = cost;
        best = x;
      }
    }
    return best;
  }
}

interface Strided {
  readonly data: Float64Array;
  /** Stride of the variable that goes. */
  readonly step: number;
  /** Strides of the variables that stay. */
  readonly strides: readonly number[];
}

/**
 * For every cell of the variables around it, the least cost over a variable's options and the first option that has it. Cells are
 * row-major over `sizes`. What does not depend on the last of the variables around is added up once per row. Where one factor
 * does, a row's options are tried in the order of those sums, and only while they can still win; where several do, they are
 * added up a row at a time.
 */
function minimiseOut(
  options: number,
  unary: Float64Array | undefined,
  factors: readonly Strided[],
  sizes: readonly number[],
): { data: Float64Array; best: Uint16Array | Uint32Array } {
  const width = sizes.at(-1) ?? 1;
  const outer = sizes.slice(0, -1);
  const rows = outer.reduce((n, size) => n * size, 1);
  const lastStride = (factor: Strided) => factor.strides[sizes.length - 1] ?? 0;
  const fixed = factors.filter((factor) => lastStride(factor) === 0);
  const varying = factors.filter((factor) => lastStride(factor) !== 0);
  const [single] = varying;

  const data = new Float64Array(rows * width);
  const best = options <= 0xffff ? new Uint16Array(rows * width) : new Uint32Array(rows * width);
  const sums = new Float64Array(options);
  const order = Uint32Array.from({ length: options }, (_, x) => x);
  const costs = new Float64Array(width);
  const walkFixed = new Walk(fixed, outer);
  const walkVarying = new Walk(varying, outer);
  const floor = single === undefined ? 0 : least(single.data);
  for (let cell = 0; cell < rows * width; cell += width) {
    if (unary === undefined) sums.fill(0);
    else sums.set(unary);
    for (let f = 0; f < fixed.length; f++)
      addStrided(sums, fixed[f] as Strided, walkFixed.offsets[f] as number);
    if (single !== undefined && varying.length === 1) {
      sortByCost(order, sums);
      const { data: table, step } = single;
      const stride = lastStride(single);
      let start = walkVarying.offsets[0] as number;
      for (let column = 0; column < width; column++, start += stride) {
        let lowest = Infinity;
        let argument = options;
        for (let k = 0; k < options; k++) {
          const x = order[k] as number;
          const sum = sums[x] as number;
          if (sum + floor > lowest) break;
          const cost = sum + (table[start + x * step] as number);
          if (cost < lowest || (cost === lowest && x < argument)) {
            lowest = cost;
            argument = x;
          }
        }
        data[cell + column] = lowest;
        best[cell + column] = argument;
      }
    } else {
      for (let x = 0; x < options; x++) {
        costs.fill(sums[x] as number);
        for (let f = 0; f < varying.length; f++) {
          const { data: table, step, strides } = varying[f] as Strided;
          const stride = strides.at(-1) as number;
          let at = (walkVarying.offsets[f] as number) + x * step;
          for (let column = 0; column < width; column++, at += stride)
            costs[column] = (costs[column] as number) + (table[at] as number);
        }
        for (let column = 0; column < width; column++) {
          if (x > 0 && !((costs[column] as number) < (data[cell + column] as number))) continue;
          data[cell + column] = costs[column] as number;
          best[cell + column] = x;
        }
      }
    }
    walkFixed.next();
    walkVarying.next();
  }
  return { data, best };
}

/** Where each of some tables is as the cells of the variables around are gone through, the last fastest. */
class Walk {
  readonly offsets: Int32Array;
  readonly #factors: readonly Strided[];
  readonly #sizes: readonly number[];
  readonly #index: Int32Array;

  constructor(factors: readonly Strided[], sizes: readonly number[]) {
    this.offsets = new Int32Array(factors.length);
    this.#factors = factors;
    this.#sizes = sizes;
    this.#index = new Int32Array(sizes.length);
  }

  next(): void {
    for (let d = this.#sizes.length - 1; d >= 0; d--) {
      const size = this.#sizes[d] as number;
      const index = (this.#index[d] as number) + 1;
      const wraps = index === size;
      this.#index[d] = wraps ? 0 : index;
      for (let f = 0; f < this.offsets.length; f++) {
        const stride = (this.#factors[f] as Strided).strides[d] as number;
        this.offsets[f] = (this.offsets[f] as number) + (wraps ? stride * (1 - size) : stride);
      }
      if (!wraps) return;
    }
  }
}

function addStrided(sums: Float64Array, { data, step }: Strided, start: number): void {
  for (let x = 0, at = start; x < sums.length; x++, at += step)
    sums[x] = (sums[x] as number) + (data[at] as number);
}

function least(data: Float64Array): number {
  let lowest = Infinity;
  for (let i = 0; i < data.length; i++) if ((data[i] as number) < lowest) lowest = data[i] as number;
  return lowest;
}

/** Subtracts the least cost from all, and gives it; 0 where nothing is possible. */
function takeOutLeast(data: Float64Array): number {
  const lowest = least(data);
  if (lowest === Infinity || lowest === 0) return 0;
  for (let i = 0; i < data.length; i++) data[i] = (data[i] as number) - lowest;
  return lowest;
}

/** Insertion sort: from one row to the next the order hardly changes. */
function sortByCost(order: Uint32Array, costs: Float64Array): void {
  for (let i = 1; i < order.length; i++) {
    const x = order[i] as number;
    const cost = costs[x] as number;
    let j = i - 1;
    for (; j >= 0 && (costs[order[j] as number] as number) > cost; j--) order[j + 1] = order[j] as number;
    order[j + 1] = x;
  }
}

function byScope(a: Factor, b: Factor): number {
  for (let i = 0; i < a.scope.length && i < b.scope.length; i++) {
    if (a.scope[i] !== b.scope[i]) return (a.scope[i] as number) - (b.scope[i] as number);
  }
  return a.scope.length - b.scope.length;
}

function scopeOf(factors: readonly Factor[]): number[] {
  return [...new Set(factors.flatMap((factor) => factor.scope))].sort((a, b) => a - b);
}

function without(scope: readonly number[], v: number): number[] {
  return scope.filter((u) => u !== v);
}

function diagonal(costs: Float64Array, size: number): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => costs[i * size + i] as number);
}
