/** Devices in a process of their own: results, bytes, live memory. */
import { describe, expect, test } from "vitest";
import { runGroup } from "../../../backends/local/supervisor.ts";
import { fillInput, fillParameter, fillRandom } from "../../../src/plan/random.ts";
import { wholeBox } from "../../../src/plan/box-copy.ts";
import { job, pipelinePlan, twoDevicePlan } from "./support.ts";

const seed = 5;

function weights(name: string, shape: readonly number[]): Float32Array {
  return fillParameter(
    { kind: "normal", mean: 0, std: 1 },
    shape,
    wholeBox(shape),
    "f32",
    seed,
    name,
  ) as Float32Array;
}

function inputs(shape: readonly number[]): Float32Array {
  return fillInput({ kind: "normal" }, "x", shape, wholeBox(shape), "f32", {
    seed,
    batchAxis: 0,
    sampleOffset: 0,
  }) as Float32Array;
}

function matmul(a: ArrayLike<number>, b: ArrayLike<number>, m: number, k: number, n: number): number[] {
  return Array.from({ length: m * n }, (_, i) => {
    let total = 0;
    for (let j = 0; j < k; j++) total += (a[Math.floor(i / n) * k + j] ?? NaN) * (b[j * n + (i % n)] ?? NaN);
    return total;
  });
}

function expectClose(actual: ArrayLike<unknown> | undefined, expected: readonly number[]): void {
  expect(actual?.length).toBe(expected.length);
  expected.forEach((x, i) => expect(Number(actual?.[i])).toBeCloseTo(x, 4));
}

describe("two devices", () => {
  test("an MLP split over tp=2 gives the whole one's numbers, on every step", async () => {
    const steps: string[] = [];
    const result = await runGroup(job(twoDevicePlan(), { steps: 3 }), (text) => steps.push(text));
    const hidden = matmul(inputs([4, 8]), weights("w1", [8, 6]), 4, 8, 6).map((x) => Math.max(0, x));
    const bias = weights("b", [8]);
    const expected = matmul(hidden, weights("w2", [6, 8]), 4, 6, 8).map((x, i) => x + (bias[i % 8] ?? NaN));
    expectClose(result.outputs.get("out")?.data, expected);
    // All-reduce of 32 f32 on two devices: 16 to reduce, 16 reduced ones.
    expect(result.devices.map(({ bytes }) => bytes)).toEqual([[128], [128]]);
    // y and its sum, then the sum and z: two tensors of 128 bytes.
    expect(result.devices.map(({ peakBytes }) => peakBytes)).toEqual([256, 256]);
    expect(result.devices.map(({ parameterBytes }) => parameterBytes)).toEqual([
      4 * (24 + 24 + 8),
      4 * (24 + 24 + 8),
    ]);
    expect(result.devices.map((d) => d.steps.length)).toEqual([3, 3]);
    expect(steps).toContain("step 3 of 3");
  });

  test.each([1, 3])(
    "a pipeline of two stages, %i micro-batches, masks by global sample",
    async (microbatches) => {
      const rows = 4 * microbatches;
      const result = await runGroup(job(pipelinePlan(microbatches), { steps: 2 }));
      const mask = fillRandom(
        { kind: "bernoulli", keep: 0.5, key: "drop" },
        [rows, 8],
        wholeBox([rows, 8]),
        "f32",
        {
          seed,
          step: 1,
          batchAxis: 0,
          sampleOffset: 0,
        },
      );
      const expected = matmul(inputs([rows, 8]), weights("w1", [8, 8]), rows, 8, 8).map(
        (x, i) => Math.max(0, x) + Number(mask[i]),
      );
      expectClose(result.outputs.get("out")?.data, expected);
      expect(result.devices.map(({ bytes }) => bytes)).toEqual([
        [0],
        [0],
        [64 * microbatches],
        [64 * microbatches],
      ]);
    },
  );

  test("given inputs are cut; weights too large for the memory are shared as inputs", async () => {
    const x = Float32Array.from({ length: 32 }, (_, i) => i - 7);
    const plan = twoDevicePlan();
    const given = new Map([["x", { dtype: "f32" as const, shape: [4, 8], data: x }]]);
    const [initializers, shared] = [
      await runGroup(job(plan, { inputs: given })),
      await runGroup(
        job(plan, { inputs: given, backendOptions: { device: "cpu", threads: 1, memoryBytes: 1 } }),
      ),
    ];
    const hidden = matmul(x, weights("w1", [8, 6]), 4, 8, 6).map((v) => Math.max(0, v));
    const bias = weights("b", [8]);
    const expected = matmul(hidden, weights("w2", [6, 8]), 4, 6, 8).map((v, i) => v + (bias[i % 8] ?? NaN));
    expectClose(initializers.outputs.get("out")?.data, expected);
    expectClose(shared.outputs.get("out")?.data, expected);
  });
});
