import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { balancedStages, libaiStages } from "../../../src/schedule/stages.ts";

function countsOf(ids: readonly number[], stages: number): number[] {
  return Array.from({ length: stages }, (_, stage) => ids.filter((id) => id === stage).length);
}

describe("LiBai's rule", () => {
  // Counts per stage as LiBai's own code gives them.
  const known: readonly (readonly [layers: number, stages: number, counts: readonly number[]])[] = [
    [12, 2, [6, 6]],
    [12, 3, [4, 4, 4]],
    [12, 4, [3, 4, 4, 1]],
    [12, 5, [2, 2, 2, 3, 3]],
    [12, 8, [1, 1, 1, 1, 2, 2, 2, 2]],
    [24, 2, [12, 12]],
    [24, 3, [8, 8, 8]],
    [24, 4, [6, 7, 7, 4]],
    [24, 6, [4, 4, 5, 5, 5, 1]],
    [24, 8, [3, 3, 3, 3, 3, 4, 4, 1]],
    [32, 4, [8, 9, 9, 6]],
    [32, 8, [4, 4, 4, 4, 5, 5, 5, 1]],
    [48, 4, [12, 13, 13, 10]],
    [48, 8, [6, 6, 7, 7, 7, 7, 7, 1]],
    [48, 16, [...Array.from({ length: 13 }, () => 3), 4, 4, 1]],
    [96, 8, [12, 13, 13, 13, 13, 13, 13, 6]],
    [96, 16, [...Array.from({ length: 10 }, () => 6), ...Array.from({ length: 5 }, () => 7), 1]],
    [10, 4, [2, 2, 3, 3]],
    [13, 4, [3, 3, 3, 4]],
    [8, 4, [2, 2, 3, 1]],
    [7, 4, [1, 2, 2, 2]],
  ];

  it.each(known)("%i layers on %i stages", (layers, stages, counts) => {
    expect(countsOf(libaiStages(layers, stages), stages)).toEqual(counts);
  });

  it("leaves no stage empty up to 64 layers on 16 stages", () => {
    for (let stages = 1; stages <= 16; stages++) {
      for (let layers = stages; layers <= 64; layers++) {
        const ids = libaiStages(layers, stages);
        expect(ids).toHaveLength(layers);
        expect(ids).toEqual([...ids].sort((a, b) => a - b));
        expect(countsOf(ids, stages).every((count) => count > 0)).toBe(true);
      }
    }
  });
});

/** The least bottleneck by trying every cut. */
function leastBottleneck(costs: readonly number[], stages: number): number {
  const sum = (from: number, to: number) => costs.slice(from, to).reduce((a, b) => a + b, 0);
  const best = (from: number, left: number): number => {
    if (left === 1) return sum(from, costs.length);
    let least = Infinity;
    for (let end = from + 1; end <= costs.length - left + 1; end++)
      least = Math.min(least, Math.max(sum(from, end), best(end, left - 1)));
    return least;
  };
  return best(0, stages);
}

describe("balanced cut", () => {
  const bottleneck = (costs: readonly number[], ids: readonly number[]) =>
    Math.max(
      ...[...new Set(ids)].map((id) => costs.filter((_, i) => ids[i] === id).reduce((a, b) => a + b, 0)),
    );

  it("is within the allowed 2 % of the best of all cuts, in order, with no stage empty", () => {
    const chains = fc.integer({ min: 1, max: 4 }).chain((stages) =>
      fc.record({
        stages: fc.constant(stages),
        parts: fc.array(fc.tuple(fc.nat(50), fc.nat(9)), { minLength: stages, maxLength: 9 }),
      }),
    );
    fc.assert(
      fc.property(chains, ({ stages, parts }) => {
        const costs = parts.map(([cost]) => cost);
        const ids = balancedStages(
          costs,
          parts.map(([, bytes]) => bytes),
          stages,
        );
        expect(ids).toHaveLength(costs.length);
        expect([...new Set(ids)]).toEqual(Array.from({ length: stages }, (_, i) => i));
        expect(ids).toEqual([...ids].sort((a, b) => a - b));
        expect(bottleneck(costs, ids)).toBeLessThanOrEqual(leastBottleneck(costs, stages) * 1.0201 + 1e-9);
      }),
      { numRuns: 300 },
    );
  });

  it("prefers fewer bytes among equal bottlenecks, and the smaller bottleneck among equal bytes", () => {
    expect(balancedStages([1, 0, 0, 1], [0, 9, 5, 7], 2)).toEqual([0, 0, 1, 1]);
    expect(balancedStages([100, 1, 1, 100], [0, 3, 3, 3], 2)).toEqual([0, 0, 1, 1]);
  });

  it("takes fewer bytes for at most 2 % of time", () => {
    expect(balancedStages([100, 1, 100], [0, 9, 1], 2)).toEqual([0, 0, 1]);
    expect(balancedStages([100, 10, 90], [0, 9, 1], 2)).toEqual([0, 1, 1]);
  });

  it("gives 12 equal layers 3, 3, 3, 3 on 4 stages", () => {
    const ones = Array.from({ length: 12 }, () => 1);
    expect(countsOf(balancedStages(ones, ones, 4), 4)).toEqual([3, 3, 3, 3]);
  });
});
