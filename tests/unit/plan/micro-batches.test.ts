/** How samples are dealt to micro-batches, and where a device finds its own. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dealtPart, dealtRuns, stepLength, weightOf } from "../../../src/plan/micro-batches.ts";
import { range, sum } from "../../../src/support/collections.ts";

const seven = { microbatches: 3, samples: 7 };

describe("seven samples in three micro-batches", () => {
  test("are three, two and two", () => {
    expect(range(3).map((i) => dealtPart(seven, 3, i))).toEqual([
      { start: 0, size: 3 },
      { start: 3, size: 2 },
      { start: 5, size: 2 },
    ]);
    expect(range(3).map((i) => weightOf(seven, i))).toEqual([3, 2, 2]);
  });

  test("along an axis with two rows to a sample likewise", () => {
    expect(dealtPart(seven, 6, 1)).toEqual({ start: 6, size: 4 });
    expect(stepLength(seven, 6)).toBe(14);
  });

  test("the second is filled up with the sample behind it, the third with its last one", () => {
    const box = { start: [0], size: [3] };
    expect(dealtRuns(seven, [3], box, 0, 1)).toEqual([
      { region: { start: [3], size: [3] }, held: { start: [3], size: [3] } },
    ]);
    expect(dealtRuns(seven, [3], box, 0, 2)).toEqual([
      { region: { start: [5], size: [2] }, held: { start: [5], size: [3] } },
      { region: { start: [6], size: [1] }, held: { start: [4], size: [3] } },
    ]);
  });
});

test("a divided batch is dealt in equal parts", () => {
  expect(dealtPart({ microbatches: 4 }, 2, 3)).toEqual({ start: 6, size: 2 });
  expect([stepLength({ microbatches: 4 }, 2), weightOf({ microbatches: 4 }, 3)]).toEqual([8, 1]);
});

test("every sample is dealt once, every row of a box is filled, and rows of samples stay in their order", () => {
  const deal = fc.record({
    microbatches: fc.integer({ min: 1, max: 6 }),
    more: fc.integer({ min: 0, max: 9 }),
    perSample: fc.integer({ min: 1, max: 3 }),
    cut: fc.nat(),
  });
  fc.assert(
    fc.property(deal, ({ microbatches, more, perSample, cut }) => {
      const samples = microbatches + more;
      const dealing = { microbatches, samples };
      const length = Math.ceil(samples / microbatches) * perSample;
      const parts = range(microbatches).map((i) => dealtPart(dealing, length, i));
      expect(parts.map(({ start }) => start)).toEqual(
        parts.map((_, i) => sum(parts.slice(0, i).map(({ size }) => size))),
      );
      expect(sum(parts.map(({ size }) => size))).toBe(stepLength(dealing, length));
      expect(stepLength(dealing, length)).toBe(samples * perSample);
      const start = cut % length;
      const box = { start: [start], size: [length - start] };
      parts.forEach((part, microbatch) => {
        const rows = Array.from({ length: length - start }, () => -1);
        for (const { region, held } of dealtRuns(dealing, [length], box, 0, microbatch)) {
          for (const i of range(region.size[0] as number))
            rows[(region.start[0] as number) + i - (held.start[0] as number)] =
              (region.start[0] as number) + i;
        }
        rows.forEach((row, i) => {
          expect(row).toBeGreaterThanOrEqual(0);
          expect(row).toBeLessThan(samples * perSample);
          if (start + i < part.size) expect(row).toBe(part.start + start + i);
          expect(row % perSample).toBe((start + i) % perSample);
        });
      });
    }),
  );
});
