/** Initialisation methods against the formulas that they are named after. */
import { expect, test } from "vitest";
import { init } from "sbpc";

test("constants", () => {
  expect(init.zeros([3])).toEqual({ kind: "constant", value: 0 });
  expect(init.ones([3])).toEqual({ kind: "constant", value: 1 });
  expect(init.constant(0.5)([2, 2])).toEqual({ kind: "constant", value: 0.5 });
});

test("distributions with their parameters", () => {
  expect(init.normal({ std: 0.02 })([4])).toEqual({ kind: "normal", mean: 0, std: 0.02 });
  expect(init.truncNormal({ mean: 1, std: 2 })([4])).toEqual({ kind: "trunc-normal", mean: 1, std: 2 });
  expect(init.uniform(-1, 1)([4])).toEqual({ kind: "uniform", low: -1, high: 1 });
});

test("Xavier by the fans of a matrix [in, out]", () => {
  expect(init.xavierNormal()([6, 2])).toEqual({ kind: "normal", mean: 0, std: 0.5 });
  const bound = Math.sqrt(6 / 8);
  expect(init.xavierUniform()([6, 2])).toEqual({ kind: "uniform", low: -bound, high: bound });
});

test("fans of a kernel [out, in, ...window] count the window", () => {
  // in 3, out 5, window 4: fans 12 and 20.
  expect(init.xavierNormal()([5, 3, 2, 2])).toEqual({ kind: "normal", mean: 0, std: 0.25 });
  expect(init.fanInUniform([5, 4, 2, 2])).toEqual({ kind: "uniform", low: -0.25, high: 0.25 });
});
