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
import { Heap } from "./heap.ts";
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
  | { readonly variable: number; readonly neighbours: readonly number[]; readonly best: Uint32Array }
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
      return { table: this.#tables.fresh(data), best: new Uint32Array(0) };
    }).table;
  }

  #addFactor(scope: readonly number[], table: Table): void {
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
    const buckets =
      this.#size(v) === 1
        ? factors.map((factor) => [factor])
        : this.#fits(neighbours)
          ? [factors]
          : this.#partition(v, factors);
    if (buckets.length === 0) buckets.push([]);
    const exact = buckets.length === 1 || this.#size(v) === 1;
    buckets.forEach((bucket, i) => {
      const scope = without(scopeOf(bucket), v);
      const { table, best } = this.#minimise(v, i === 0 ? unary : undefined, bucket, scope);
      if (exact && i === 0)
        this.#steps.push({ variable: v, neighbours: this.#size(v) === 1 ? [] : scope, best });
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
      return { table: this.#tables.fresh(data), best };
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

/** min over x of unary(x) + the factors, for every cell of the variables that stay. */
function minimiseOut(
  options: number,
  unary: Float64Array | undefined,
  factors: readonly Strided[],
  sizes: readonly number[],
): { data: Float64Array; best: Uint32Array } {
  const cells = sizes.reduce((n, size) => n * size, 1);
  const data = new Float64Array(cells);
  const best = new Uint32Array(cells);
  const sums = new Float64Array(options);
  const index = new Int32Array(sizes.length);
  const offsets = new Int32Array(factors.length);
  for (let cell = 0; cell < cells; cell++) {
    if (unary === undefined) sums.fill(0);
    else sums.set(unary);
    for (let f = 0; f < factors.length; f++) {
      const { data: table, step } = factors[f] as Strided;
      let at = offsets[f] as number;
      for (let x = 0; x < options; x++, at += step) sums[x] = (sums[x] as number) + (table[at] as number);
    }
    let least = sums[0] as number;
    let argument = 0;
    for (let x = 1; x < options; x++) {
      if ((sums[x] as number) < least) {
        least = sums[x] as number;
        argument = x;
      }
    }
    data[cell] = least;
    best[cell] = argument;
    for (let i = sizes.length - 1; i >= 0; i--) {
      const next = (index[i] as number) + 1;
      const wraps = next === sizes[i];
      index[i] = wraps ? 0 : next;
      const jump = wraps ? 1 - (sizes[i] as number) : 1;
      for (let f = 0; f < factors.length; f++)
        offsets[f] = (offsets[f] as number) + jump * ((factors[f] as Strided).strides[i] as number);
      if (!wraps) break;
    }
  }
  return { data, best };
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
