/**
 * Options that no optimum needs, left out before anything is eliminated.
 *
 * An option gives way to another of its variable that costs no more beside every assignment of the neighbours: with u the costs
 * of options and w those of pairs, x gives way to y where u(x) - u(y) + sum over edges of min over z of (w(x,z) - w(y,z)) >= 0
 * (Goldstein, "Efficient rotamer elimination applied to protein side-chains and related spin glasses", Biophysical Journal 66,
 * 1994). Of options that cost the same beside everything the first stays. What nothing allows any more goes too, and whatever
 * goes makes others go, until nothing changes. Tables over what is left are smaller by the product of what went: a hundred
 * times for the layouts of a transformer with hints, five times for its training step.
 *
 * What is found out for one variable holds for all with equal tables around them: repeated layers cost one layer's work.
 */
import { optionCount, type Edge, type Problem, type Variable } from "./problem.ts";
import type { Table, Tables } from "./tables.ts";

export interface Undominated {
  /** The problem over the options that are left; it has no limits. */
  readonly problem: Problem;
  /** The options that are left of each variable, ascending. */
  readonly kept: readonly Options[];
}

/** Some of a variable's options, ascending; equal sets are the same array. */
type Options = readonly number[];

/** The options that are left of `problem`, which has the same optimum. `tables` may be shared by runs on similar problems. */
export function undominated(problem: Problem, tables: Tables): Undominated {
  const { kept } = new Reduction(problem, tables);
  const variables = problem.variables.map(({ costs }, v): Variable => {
    const options = kept[v] as Options;
    return {
      costs: options.length === costs.length ? costs : Float64Array.from(options, (x) => costs[x] as number),
    };
  });
  const edges = problem.edges.map((edge): Edge => {
    const [rows, columns] = [kept[edge.a] as Options, kept[edge.b] as Options];
    return { ...edge, costs: tables.part(edge.costs, optionCount(problem, edge.b), rows, columns) };
  });
  return { problem: { variables, edges }, kept };
}

/** A table of pairs as one of its two variables sees it. */
interface Side {
  readonly table: Table;
  readonly other: number;
  /** Distance in the table between options of this variable, and between those of the other. */
  readonly own: number;
  readonly across: number;
  /** Names the table and the side. */
  readonly key: string;
}

class Reduction {
  readonly kept: Options[];
  readonly #tables: Tables;
  readonly #costs: readonly Table[];
  readonly #sides: readonly Side[][];

  constructor(problem: Problem, tables: Tables) {
    this.#tables = tables;
    this.kept = problem.variables.map((_, v) => tables.allOptions(optionCount(problem, v)));
    this.#costs = problem.variables.map(({ costs }) => tables.intern(costs));
    this.#sides = problem.variables.map(() => []);
    for (const { a, b, costs } of problem.edges) {
      const table = tables.intern(costs);
      const width = optionCount(problem, b);
      this.#sides[a]?.push({ table, other: b, own: width, across: 1, key: `${table.id}` });
      this.#sides[b]?.push({ table, other: a, own: 1, across: width, key: `${table.id}'` });
    }
    this.#run();
  }

  /** Variables of few options first: what goes there makes much go elsewhere at once. */
  #run(): void {
    let waiting = [...this.kept.keys()].sort((a, b) => this.#count(a) - this.#count(b) || a - b);
    while (waiting.length > 0) {
      const next = new Set<number>();
      for (const v of waiting) {
        next.delete(v);
        const left = this.#left(v);
        if (left === this.kept[v]) continue;
        this.kept[v] = left;
        for (const { other } of this.#sides[v] as Side[]) next.add(other);
      }
      waiting = [...next].sort((a, b) => a - b);
    }
  }

  #count(v: number): number {
    return (this.kept[v] as Options).length;
  }

  /** The options of a variable that are left beside what is left of its neighbours. */
  #left(v: number): Options {
    const options = this.kept[v] as Options;
    if (options.length === 1) return options;
    const sides = this.#sides[v] as Side[];
    // An edge from a variable to itself would need the diagonal: such variables keep what they have.
    if (sides.some(({ other }) => other === v)) return options;
    const costs = this.#costs[v] as Table;
    const around = sides.map(
      ({ key, other }) => `${key}${this.#tables.optionsId(this.kept[other] as Options)}`,
    );
    const key = `${costs.id}:${this.#tables.optionsId(options)}/${around.join("/")}`;
    return this.#tables.left(key, () => {
      const rows = sides.map((side) => rowsOf(side, options, this.kept[side.other] as Options));
      return leftOf(
        options,
        Float64Array.from(options, (x) => costs.data[x] as number),
        rows,
      );
    });
  }
}

/** Costs of the options of one variable (rows) beside those of a neighbour, and the least of each row. */
interface Rows {
  readonly width: number;
  readonly data: Float64Array;
  readonly least: Float64Array;
}

function rowsOf({ table, own, across }: Side, options: Options, others: Options): Rows {
  const width = others.length;
  const data = new Float64Array(options.length * width);
  const least = new Float64Array(options.length).fill(Infinity);
  options.forEach((x, i) => {
    for (let j = 0; j < width; j++) {
      const cost = table.data[x * own + (others[j] as number) * across] as number;
      data[i * width + j] = cost;
      if (cost < (least[i] as number)) least[i] = cost;
    }
  });
  return { width, data, least };
}

function leftOf(options: Options, costs: Float64Array, sides: readonly Rows[]): Options {
  // The least that an assignment with the option can cost here: an option only gives way to one for which that is no more.
  const least = costs.slice();
  for (const side of sides)
    for (let i = 0; i < least.length; i++) least[i] = (least[i] as number) + (side.least[i] as number);
  const order = [...options.keys()]
    .filter((i) => least[i] !== Infinity)
    .sort((i, j) => (least[i] as number) - (least[j] as number) || i - j);
  // Where nothing is possible at all, the solver says so.
  if (order.length === 0) return options;
  const stay: number[] = [];
  for (const x of order) if (!stay.some((y) => givesWay(x, y, costs, sides))) stay.push(x);
  return stay.length === options.length
    ? options
    : stay.sort((i, j) => i - j).map((i) => options[i] as number);
}

function givesWay(x: number, y: number, costs: Float64Array, sides: readonly Rows[]): boolean {
  let difference = (costs[x] as number) - (costs[y] as number);
  for (const { width, data } of sides) {
    let least = Infinity;
    for (let z = 0; z < width; z++) {
      const own = data[x * width + z] as number;
      if (own === Infinity) continue;
      const step = own - (data[y * width + z] as number);
      if (step < least) least = step;
    }
    difference += least;
    if (difference === -Infinity) return false;
  }
  return difference > 0 || (difference === 0 && y < x);
}
