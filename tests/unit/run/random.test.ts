/** Random numbers: published vectors, independence of the cut, moments. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { philox } from "../../../src/plan/philox.ts";
import { fillInput, fillParameter, fillRandom, randomized } from "../../../src/plan/random.ts";
import type { Initializer, RandomRecipe } from "../../../src/ir/graph.ts";
import { toNumbers } from "../../../src/ir/tensor-data.ts";
import type { Box } from "../../../src/sbp/geometry.ts";

function whole(shape: readonly number[]): Box {
  return { start: shape.map(() => 0), size: shape };
}

/** Elements of a box, picked from the whole one by one. */
function pick(all: ArrayLike<number | bigint>, shape: readonly number[], box: Box): (number | bigint)[] {
  const out: (number | bigint)[] = [];
  const count = box.size.reduce((n, s) => n * s, 1);
  for (let i = 0; i < count; i++) {
    let rest = i;
    const index = box.size.map(() => 0);
    for (let d = shape.length - 1; d >= 0; d--) {
      index[d] = (box.start[d] ?? 0) + (rest % (box.size[d] ?? 1));
      rest = Math.floor(rest / (box.size[d] ?? 1));
    }
    out.push(all[index.reduce((n, x, d) => n * (shape[d] ?? 1) + x, 0)] ?? NaN);
  }
  return out;
}

const boxes = fc
  .array(
    fc.tuple(
      fc.integer({ min: 1, max: 7 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((axes) => {
    const shape = axes.map(([size]) => size);
    const start = axes.map(([size, a]) => Math.floor(a * size));
    const size = axes.map(([n, , b], i) => 1 + Math.floor(b * (n - (start[i] ?? 0))));
    return { shape, box: { start, size } };
  });

describe("Philox-4x32-10", () => {
  test.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ])("counter %j key %j", (counter, key, expected) => {
    const out = new Uint32Array(4);
    const [c0 = 0, counter1 = 0, counter2 = 0, counter3 = 0] = counter;
    philox({ key0: key[0] ?? 0, key1: key[1] ?? 0, counter1, counter2, counter3 }, c0, 1, out);
    expect([...out]).toEqual(expected);
  });
});

describe("fills", () => {
  const initializers: readonly Initializer[] = [
    { kind: "normal", mean: 1, std: 2 },
    { kind: "trunc-normal", mean: 0, std: 0.02 },
    { kind: "uniform", low: -1, high: 3 },
    { kind: "constant", value: 3 },
  ];

  test.each(initializers)("a box of a parameter is that box of the whole: $kind", (initializer) => {
    fc.assert(
      fc.property(boxes, ({ shape, box }) => {
        const all = fillParameter(initializer, shape, whole(shape), "f32", 7, "w");
        const part = fillParameter(initializer, shape, box, "f32", 7, "w");
        expect([...part]).toEqual(pick(all, shape, box));
      }),
      { numRuns: 60 },
    );
  });

  test("streams are long: a box far inside a large tensor", () => {
    const shape = [3000, 50];
    const all = fillParameter({ kind: "trunc-normal", mean: 0, std: 1 }, shape, whole(shape), "f32", 1, "w");
    const box = { start: [2000, 3], size: [900, 17] };
    const part = fillParameter({ kind: "trunc-normal", mean: 0, std: 1 }, shape, box, "f32", 1, "w");
    expect([...part]).toEqual(pick(all, shape, box));
  });

  test.each([0, 1, 2])("samples on axis %i: numbers do not depend on micro-batch or shard", (batchAxis) => {
    const recipe: RandomRecipe = { kind: "bernoulli", keep: 0.7, key: "drop" };
    const shape = [4, 4, 4];
    const range = { seed: 3, step: 5, batchAxis, sampleOffset: 0 };
    const all = fillRandom(recipe, shape, whole(shape), "bool", range);
    const half = shape.map((n, axis) => (axis === batchAxis ? 2 : n));
    const box = { start: [0, 1, 1], size: [2, 1, 1] };
    const microbatch = fillRandom(recipe, half, box, "bool", { ...range, sampleOffset: 2 });
    const place = { start: box.start.map((s, axis) => s + (axis === batchAxis ? 2 : 0)), size: box.size };
    expect([...microbatch]).toEqual(pick(all, shape, place));
  });

  test("seed, step, key, name and use each give other numbers", () => {
    const shape = [64];
    const mask = (seed: number, step: number, key: string) =>
      [
        ...fillRandom({ kind: "bernoulli", keep: 0.5, key }, shape, whole(shape), "f32", {
          seed,
          step,
          batchAxis: null,
          sampleOffset: 0,
        }),
      ].join();
    const texts = [mask(0, 0, "a"), mask(1, 0, "a"), mask(0, 1, "a"), mask(0, 0, "b"), mask(2 ** 32, 0, "a")];
    expect(new Set(texts).size).toBe(texts.length);
    const parameter = fillParameter({ kind: "normal", mean: 0, std: 1 }, shape, whole(shape), "f32", 0, "a");
    const input = fillInput({ kind: "normal" }, "a", shape, whole(shape), "f32", {
      seed: 0,
      batchAxis: null,
      sampleOffset: 0,
    });
    expect([...parameter]).not.toEqual([...input]);
  });

  test("moments and bounds", () => {
    const shape = [200_000];
    const normal = fillParameter(
      { kind: "normal", mean: 1, std: 2 },
      shape,
      whole(shape),
      "f32",
      0,
      "n",
    ) as Float32Array;
    const mean = normal.reduce((a, b) => a + b, 0) / normal.length;
    const variance = normal.reduce((a, b) => a + (b - mean) ** 2, 0) / normal.length;
    expect(mean).toBeCloseTo(1, 1);
    expect(Math.sqrt(variance)).toBeCloseTo(2, 1);
    const cut = fillParameter(
      { kind: "trunc-normal", mean: 0, std: 1 },
      shape,
      whole(shape),
      "f32",
      0,
      "t",
    ) as Float32Array;
    expect(cut.every((x) => Math.abs(x) <= 2)).toBe(true);
    // The standard deviation of a normal cut at 2 is 0.8796.
    expect(Math.sqrt(cut.reduce((a, b) => a + b * b, 0) / cut.length)).toBeCloseTo(0.8796, 2);
    const ids = fillInput({ kind: "integer", low: 2, high: 5 }, "ids", shape, whole(shape), "i64", {
      seed: 0,
      batchAxis: 0,
      sampleOffset: 0,
    });
    expect(new Set(ids as BigInt64Array)).toEqual(new Set([2n, 3n, 4n]));
    const kept = fillRandom({ kind: "bernoulli", keep: 0.9, key: "k" }, shape, whole(shape), "bool", {
      seed: 0,
      step: 0,
      batchAxis: null,
      sampleOffset: 0,
    }) as Uint8Array;
    expect(kept.reduce((a, b) => a + b, 0) / kept.length).toBeCloseTo(0.9, 2);
  });

  test("half-precision fills are the f32 draws, rounded", () => {
    const initializer: Initializer = { kind: "normal", mean: 0, std: 1 };
    const half = fillParameter(initializer, [100], whole([100]), "f16", 0, "w");
    const single = fillParameter(initializer, [100], whole([100]), "f32", 0, "w");
    toNumbers({ dtype: "f16", shape: [100], data: half }).forEach((x, i) =>
      expect(Math.abs(x - Number(single[i]))).toBeLessThanOrEqual(2 ** -9),
    );
  });

  test("randomized leaves no float constant", () => {
    expect(randomized({ kind: "constant", value: 1 }, "f32")).toEqual({ kind: "normal", mean: 1, std: 0.02 });
    expect(randomized({ kind: "constant", value: 3 }, "i64")).toEqual({ kind: "constant", value: 3 });
  });
});
