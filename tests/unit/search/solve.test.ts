/** The solver of choices against brute force, on trees, series-parallel graphs, cliques and with limits; and its growth. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluate, resourceUse, type Edge, type Problem } from "../../../src/search/problem.ts";
import { Eliminator } from "../../../src/search/eliminate.ts";
import { solve } from "../../../src/search/solve.ts";
import { Tables, type Minimised } from "../../../src/search/tables.ts";
import { cartesian, range } from "../../../src/support/collections.ts";

/** Deterministic small random numbers. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function makeProblem(
  seed: number,
  pairs: readonly (readonly [number, number])[],
  n: number,
  forbidden: number,
): Problem {
  const next = random(seed);
  const sizes = range(n).map(() => 1 + Math.floor(next() * 4));
  const variables = sizes.map((size) => ({
    costs: Float64Array.from({ length: size }, () => Math.floor(next() * 20)),
    resource: Float64Array.from({ length: size }, () => Math.floor(next() * 10)),
    group: next() < 0.5 ? 0 : 1,
  }));
  const edges: Edge[] = pairs.map(([a, b]) => ({
    a,
    b,
    costs: Float64Array.from({ length: sizes[a]! * sizes[b]! }, () =>
      next() < forbidden ? Infinity : Math.floor(next() * 20),
    ),
  }));
  return { variables, edges };
}

function bruteForce(problem: Problem): { cost: number; choices: number[][] } {
  const choices = cartesian(problem.variables.map((v) => range(v.costs.length)));
  const limits = problem.limits ?? [];
  const allowed = choices.filter((c) => resourceUse(problem, c).every((use, g) => use <= limits[g]!));
  return { cost: Math.min(Infinity, ...allowed.map((c) => evaluate(problem, c))), choices: allowed };
}

const shapes: Record<string, (n: number, next: () => number) => [number, number][]> = {
  trees: (n, next) => range(n - 1).map((i) => [Math.floor(next() * (i + 1)), i + 1]),
  "backward trees": (n, next) => range(n - 1).map((i) => [i + 1, Math.floor(next() * (i + 1))]),
  "series-parallel graphs": (n, next) => [
    ...range(n - 1).map((i): [number, number] => [i, i + 1]),
    ...range(n - 2).flatMap((i): [number, number][] => (next() < 0.5 ? [[i, i + 2]] : [])),
    [0, 1],
  ],
  cliques: (n) => range(n).flatMap((i) => range(i).map((j): [number, number] => [i, j])),
};

describe("optimum", () => {
  for (const [name, make] of Object.entries(shapes)) {
    it(`on ${name}`, () => {
      fc.assert(
        fc.property(
          fc.integer({ min: 0, max: 1e6 }),
          fc.integer({ min: 2, max: 6 }),
          fc.constantFrom(0, 0.15),
          (seed, n, forbidden) => {
            const problem = makeProblem(seed, make(n, random(seed + 1)), n, forbidden);
            const solution = solve(problem);
            const { cost } = bruteForce(problem);
            expect(solution.cost).toBe(cost);
            if (cost !== Infinity) expect(solution.lowerBound).toBe(cost);
            expect(evaluate(problem, solution.choice)).toBe(solution.cost);
          },
        ),
        { numRuns: 60 },
      );
    });
  }

  it("brackets the optimum where tables must stay tiny", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
        const problem = makeProblem(seed, shapes["cliques"]!(6, random(seed)), 6, 0);
        const { choice, cost, lowerBound } = solve(problem, { maxCells: 4 });
        const optimum = bruteForce(problem).cost;
        expect(lowerBound).toBeLessThanOrEqual(optimum + 1e-9);
        expect(cost).toBeGreaterThanOrEqual(optimum);
        expect(cost).toBeLessThanOrEqual(1.5 * optimum + 10);
        expect(evaluate(problem, choice)).toBe(cost);
      }),
      { numRuns: 60 },
    );
  });
});

describe("limits", () => {
  it("are kept, with a bound below and an answer near the optimum", () => {
    let exact = 0;
    let runs = 0;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 5, max: 20 }), (seed, limit) => {
        const free = makeProblem(seed, shapes["series-parallel graphs"]!(6, random(seed + 1)), 6, 0);
        const problem: Problem = { ...free, limits: [limit, limit] };
        const optimum = bruteForce(problem).cost;
        const solution = solve(problem);
        expect(solution.fits).toBe(optimum !== Infinity);
        if (optimum === Infinity) return;
        expect(solution.used.every((use) => use <= limit)).toBe(true);
        expect(solution.lowerBound).toBeLessThanOrEqual(optimum + 1e-6);
        expect(solution.cost).toBeGreaterThanOrEqual(optimum);
        runs++;
        if (solution.cost === optimum) exact++;
      }),
      { numRuns: 80, seed: 5 },
    );
    expect(exact / runs).toBeGreaterThan(0.6);
  });

  it("that do not bind change nothing; that nothing keeps are reported", () => {
    const problem = makeProblem(3, shapes["trees"]!(6, random(3)), 6, 0);
    expect(solve({ ...problem, limits: [1e9, 1e9] }).cost).toBe(solve(problem).cost);
    const one: Problem = {
      variables: [{ costs: Float64Array.of(1, 2), resource: Float64Array.of(9, 5), group: 0 }],
      edges: [],
      limits: [4],
    };
    const solution = solve(one);
    expect(solution.fits).toBe(false);
    expect(solution.used).toEqual([5]);
  });
});

/** Counts the cells over which tables are minimised. */
class CountingTables extends Tables {
  cells = 0;

  override minimised(key: string, compute: () => Minimised): Minimised {
    return super.minimised(key, () => {
      const result = compute();
      this.cells += result.table.data.length;
      return result;
    });
  }
}

it("works in proportion to the number of repeated layers", () => {
  const options = 16;
  const next = random(11);
  const table = (): Float64Array => Float64Array.from({ length: options * options }, () => next());
  const [own, t1, t2, t3, t4] = [
    Float64Array.from({ length: options }, () => next()),
    table(),
    table(),
    table(),
    table(),
  ];
  const layers = (count: number): Problem => {
    const variables = range(count * 3 + 1).map(() => ({ costs: own }));
    const edges = range(count).flatMap((l): Edge[] => {
      const [x, f, g, y] = [3 * l, 3 * l + 1, 3 * l + 2, 3 * l + 3];
      return [
        { a: x, b: f, costs: t1 },
        { a: f, b: g, costs: t2 },
        { a: g, b: y, costs: t3 },
        { a: x, b: y, costs: t4 },
      ];
    });
    return { variables, edges };
  };
  const work = (count: number) => {
    const tables = new CountingTables();
    const elimination = new Eliminator(layers(count), 5e6, tables).run();
    expect(elimination.relaxed).toEqual([]);
    return tables.cells;
  };
  const [short, long] = [work(50), work(800)];
  expect(short).toBeGreaterThan(0);
  expect(long).toBeLessThanOrEqual(16 * short);
});

it("is not slowed by variables of one option: they stand in no table", () => {
  const next = random(5);
  const size = (v: number) => (v < 6 ? 4 : 1);
  const pairs = range(30).flatMap((a) => range(a).map((b): [number, number] => [b, a]));
  const problem: Problem = {
    variables: range(30).map((v) => ({ costs: Float64Array.from({ length: size(v) }, () => next()) })),
    edges: pairs.map(([a, b]) => ({
      a,
      b,
      costs: Float64Array.from({ length: size(a) * size(b) }, () => next()),
    })),
  };
  const tables = new CountingTables();
  const { choice, bound } = new Eliminator(problem, 5e6, tables).run();
  // The six others are a clique: tables over five of them, four, and so on; and of the 24, one cell each.
  expect(tables.cells).toBe(1024 + 256 + 64 + 16 + 4 + 1 + 24);
  expect(evaluate(problem, choice)).toBeCloseTo(bruteForce(problem).cost, 9);
  expect(bound).toBeCloseTo(evaluate(problem, choice), 9);
});

it("of a chain of equal layers, stops growing with their number once what is left of them stays the same", () => {
  const options = 8;
  const next = random(3);
  const join = Float64Array.from({ length: options * options }, () => Math.floor(next() * 50));
  const own = Float64Array.from({ length: options }, () => Math.floor(next() * 50));
  const chain = (length: number): Problem => ({
    variables: range(length).map(() => ({ costs: own })),
    edges: range(length - 1).map((v) => ({ a: v, b: v + 1, costs: join })),
  });
  const work = (length: number) => {
    const tables = new CountingTables();
    const { choice, bound } = new Eliminator(chain(length), 5e6, tables).run();
    expect(bound).toBe(evaluate(chain(length), choice));
    return tables.cells;
  };
  expect(work(1000)).toBe(work(100));
});
