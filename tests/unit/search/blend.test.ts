/** Mixtures of two assignments: within the limits, never dearer, and as good as a knapsack over independent parts can be. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blend } from "../../../src/search/blend.ts";
import { incidenceOf } from "../../../src/search/descend.ts";
import {
  evaluate,
  resourceUse,
  type Edge,
  type Problem,
  type Variable,
} from "../../../src/search/problem.ts";
import { solve } from "../../../src/search/solve.ts";
import { range } from "../../../src/support/collections.ts";

/** Pairs of variables that must choose alike: option 0 is small and dear, option 1 large and cheap. */
function layers(gains: readonly number[], sizes: readonly number[], limit: number): Problem {
  const variables: Variable[] = gains.flatMap((gain, i) => [
    {
      costs: Float64Array.of(gain, 0),
      resource: Float64Array.of(0, sizes[i] ?? 1),
      group: 0,
    },
    { costs: Float64Array.of(0, 0) },
  ]);
  const edges: Edge[] = gains.map((_, i) => ({
    a: 2 * i,
    b: 2 * i + 1,
    costs: Float64Array.of(0, Infinity, Infinity, 0),
  }));
  return { variables, edges, limits: [limit] };
}

describe("blend", () => {
  it("takes as many of equal parts as fit", () => {
    const problem = layers(Array(12).fill(3), Array(12).fill(10), 57);
    const none = range(24).map(() => 0);
    const all = range(24).map(() => 1);
    const choice = blend(problem, none, all, incidenceOf(problem));
    expect(resourceUse(problem, choice)).toEqual([50]);
    expect(evaluate(problem, choice)).toBe(3 * 7);
  });

  it("takes what saves most for its size", () => {
    const problem = layers([1, 9, 2], [10, 10, 10], 10);
    const choice = blend(problem, [0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1], incidenceOf(problem));
    expect(choice).toEqual([0, 0, 1, 1, 0, 0]);
  });

  it("stays within the limits and is never dearer", () => {
    const number = fc.integer({ min: 0, max: 9 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(number, number, number, number), { minLength: 2, maxLength: 8 }),
        fc.array(number, { minLength: 16, maxLength: 16 }),
        fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
        (options, joins, from) => {
          const variables = options.map(([a, b, x, y]) => ({
            costs: Float64Array.of(a, b),
            resource: Float64Array.of(x, y),
            group: 0,
          }));
          const edges = range(options.length - 1).map((i) => ({
            a: i,
            b: i + 1,
            costs: Float64Array.from(range(4), (k) => joins[(4 * i + k) % 16] as number),
          }));
          const within = options.map((_, i) => Number(from[i]));
          const beyond = within.map((x) => 1 - x);
          const limits = resourceUse({ variables, edges, limits: [0] }, within);
          const problem = { variables, edges, limits };
          const choice = blend(problem, within, beyond, incidenceOf(problem));
          expect(resourceUse(problem, choice)[0]).toBeLessThanOrEqual(limits[0] as number);
          expect(evaluate(problem, choice)).toBeLessThanOrEqual(evaluate(problem, within));
        },
      ),
    );
  });
});

it("a limit between two equal layers is used up", () => {
  const problem = layers(Array(9).fill(5), Array(9).fill(4), 23);
  const { cost, fits, lowerBound } = solve(problem);
  expect(fits).toBe(true);
  expect(cost).toBe(5 * 4);
  expect(lowerBound).toBeLessThanOrEqual(cost);
});
