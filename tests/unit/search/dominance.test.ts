/** Options that no optimum needs are found, and only those. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { undominated } from "../../../src/search/dominance.ts";
import { Eliminator } from "../../../src/search/eliminate.ts";
import { evaluate, type Problem } from "../../../src/search/problem.ts";
import { Tables } from "../../../src/search/tables.ts";

const no = Infinity;

function keptOf(problem: Problem): number[][] {
  return undominated(problem, new Tables()).kept.map((options) => [...options]);
}

/** Two variables, the second of costs 0. */
function pair(costs: readonly number[], table: readonly (readonly number[])[]): Problem {
  const width = table[0]?.length ?? 0;
  return {
    variables: [{ costs: Float64Array.from(costs) }, { costs: new Float64Array(width) }],
    edges: [{ a: 0, b: 1, costs: Float64Array.from(table.flat()) }],
  };
}

describe("an option gives way", () => {
  it("to one that costs no more beside everything, and then others do", () => {
    // Option 0 is 1 dearer alone than option 1, and never more than 1 cheaper beside the neighbour.
    expect(keptOf(pair([2, 1], [[0, 5], [1, 5]]))).toEqual([[0], [0]]); // prettier-ignore
    expect(keptOf(pair([2.5, 1], [[0, 5], [1, 5]]))).toEqual([[1], [0]]); // prettier-ignore
  });

  it("where nothing allows it", () => {
    expect(keptOf(pair([0, 9], [[no, no], [1, 2]]))).toEqual([[1], [0]]); // prettier-ignore
    expect(keptOf(pair([0, 9, no], [[1, no], [no, 1], [0, 0]]))).toEqual([[0, 1], [0, 1]]); // prettier-ignore
  });

  it("never all of them: a problem without answer stays one", () => {
    const kept = keptOf(pair([0, 0], [[no, no], [no, no]])); // prettier-ignore
    expect(kept.every((options) => options.length > 0)).toBe(true);
  });
});

/** Random costs of few values, so that many are equal; some pairs forbidden. */
const anyProblem = fc.integer({ min: 2, max: 5 }).chain((count) =>
  fc.array(fc.integer({ min: 1, max: 4 }), { minLength: count, maxLength: count }).chain((sizes) => {
    const pairs = sizes.flatMap((_, a) => sizes.slice(a + 1).map((__, i) => [a, a + 1 + i] as const));
    const costs = (n: number) =>
      fc
        .array(fc.oneof({ weight: 6, arbitrary: fc.nat(4) }, { weight: 1, arbitrary: fc.constant(no) }), {
          minLength: n,
          maxLength: n,
        })
        .map((values) => Float64Array.from(values));
    const variables = fc.tuple(
      ...sizes.map((size) => fc.array(fc.nat(4), { minLength: size, maxLength: size })),
    );
    return fc.subarray(pairs).chain((chosen) =>
      fc.record({
        variables: variables.map((all) => all.map((values) => ({ costs: Float64Array.from(values) }))),
        edges: fc
          .tuple(...chosen.map(([a, b]) => costs((sizes[a] as number) * (sizes[b] as number))))
          .map((tables) =>
            tables.map((table, i) => ({
              a: chosen[i]?.[0] as number,
              b: chosen[i]?.[1] as number,
              costs: table,
            })),
          ),
      }),
    );
  }),
);

it("the optimum stays", () => {
  fc.assert(
    fc.property(anyProblem, (problem: Problem) => {
      const { problem: reduced, kept } = undominated(problem, new Tables());
      const whole = new Eliminator(problem, 5e6, new Tables()).run().choice;
      const part = new Eliminator(reduced, 5e6, new Tables())
        .run()
        .choice.map((x, v) => kept[v]?.[x] as number);
      expect(evaluate(problem, part)).toBe(evaluate(problem, whole));
    }),
    { numRuns: 300 },
  );
});

it("layers alike cost one layer's work", () => {
  const tables = new Tables();
  const costs = Float64Array.of(0, 1, 2);
  const between = Float64Array.of(0, 3, 3, 3, 0, 3, 3, 3, 0);
  const chain = (layers: number): Problem => ({
    variables: Array.from({ length: layers }, () => ({ costs })),
    edges: Array.from({ length: layers - 1 }, (_, a) => ({ a, b: a + 1, costs: between })),
  });
  let worked = 0;
  const left = tables.left.bind(tables);
  tables.left = (key, compute) => left(key, () => (worked++, compute()));
  undominated(chain(10), tables);
  const first = worked;
  undominated(chain(1000), tables);
  expect(worked).toBeLessThanOrEqual(first + 10);
});
