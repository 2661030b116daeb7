/** Running and verifying plans, against a source graph in text form. */
import { expect, test, describe } from "vitest";
import { GraphBuilder } from "../../../src/ir/builder.ts";
import type { Graph, Initializer } from "../../../src/ir/graph.ts";
import { sourceLocation } from "../../../src/diagnostics/location.ts";
import { SbpcError } from "../../../src/diagnostics/diagnostic.ts";
import { printGraph } from "../../../src/ir/text/print.ts";
import { tensorType } from "../../../src/ir/types.ts";
import { compareTensors } from "../../../src/plan/compare.ts";
import { inputRecipes } from "../../../src/plan/input-recipe.ts";
import type { Plan } from "../../../src/plan/plan.ts";
import { runPlan } from "../../../src/run.ts";
import { verifyPlan } from "../../../src/verify.ts";
import { model, twoDevicePlan, wholePlan } from "./support.ts";

const normal: Initializer = { kind: "normal", mean: 0, std: 1 };

function build(
  name: string,
  sources: readonly (readonly [string, readonly number[]])[],
  nodes: readonly (readonly [string, readonly string[], string, readonly number[]])[],
): Graph {
  const builder = new GraphBuilder(name);
  for (const [value, shape] of sources) {
    const location = sourceLocation("mlp.ts", 1);
    const type = tensorType("f32", shape);
    if (value === "x") builder.addSource({ kind: "input", value, location }, { name: value, type });
    else
      builder.addSource(
        { kind: "parameter", value, location, module: "", initializer: normal },
        { name: value, type },
      );
  }
  nodes.forEach(([op, inputs, output, shape], i) => {
    const node = {
      name: `${output}.${op}`,
      op,
      inputs,
      outputs: [output],
      attributes: {},
      location: sourceLocation("mlp.ts", 10 + i),
      module: "",
    };
    builder.addNode(node, [{ name: output, type: tensorType("f32", shape) }]);
  });
  return builder.finish([{ name: "out", value: nodes[nodes.length - 1]?.[2] ?? "" }]);
}

const sources: readonly (readonly [string, readonly number[]])[] = [
  ["x", [4, 8]],
  ["w1", [8, 6]],
  ["w2", [6, 8]],
  ["b", [8]],
];

function mlpPlan(): Plan {
  const graph = build("mlp", sources, [
    ["MatMul", ["x", "w1"], "h", [4, 6]],
    ["Relu", ["h"], "r", [4, 6]],
    ["MatMul", ["r", "w2"], "y", [4, 8]],
    ["Add", ["y", "b"], "z", [4, 8]],
  ]);
  return wholePlan(twoDevicePlan(), printGraph(graph));
}

describe("running", () => {
  test("a plan's result carries outputs, bytes and times", async () => {
    const result = await runPlan(mlpPlan(), { steps: 2, seed: 3 });
    expect(result).toMatchObject({ backend: "onnxruntime", ranks: 2, steps: 2, bytes: [[128, 128]] });
    expect(result.outputs.get("out")?.shape).toEqual([4, 8]);
    expect(result.devices.map(({ peakBytes }) => peakBytes)).toEqual([256, 256]);
    expect(result.stepSeconds).toBeGreaterThan(0);
  });

  test("inputs that do not fit, and backends that do not exist", async () => {
    const code = async (work: Promise<unknown>) =>
      work.then(
        () => undefined,
        (error: unknown) => (error instanceof SbpcError ? error.code : error),
      );
    const tensor = { dtype: "f32" as const, shape: [2, 8], data: new Float32Array(16) };
    expect(await code(runPlan(mlpPlan(), { inputs: new Map([["x", tensor]]) }))).toBe("bad-input");
    expect(await code(runPlan(mlpPlan(), { inputs: new Map([["nobody", tensor]]) }))).toBe("bad-input");
    expect(await code(runPlan(mlpPlan(), { backend: "abacus" }))).toBe("backend-missing");
  });
});

describe("verifying", () => {
  test("a right plan is equal to the unsharded model", async () => {
    const result = await verifyPlan(mlpPlan(), { seed: 11 });
    expect(result.diagnostics).toEqual([]);
    expect(result.ok).toBe(true);
    expect(result.outputs[0]?.maxRelative).toBeLessThan(1e-6);
  });

  test("a bias added on every device before the sum is found", async () => {
    const plan = mlpPlan();
    const [stage] = plan.stages;
    if (stage === undefined) throw new Error("no stage");
    // Segment 1 adds the bias twice: as if both devices had added it under P(sum).
    const twice = model(
      [[4, 8], [8]],
      [[4, 8]],
      [
        { op: "Add", inputs: ["i0", "i1"], outputs: ["t"] },
        { op: "Add", inputs: ["t", "i1"], outputs: ["o0"] },
      ],
    );
    const result = await verifyPlan({ ...plan, bodies: [plan.bodies[0] ?? twice, twice] }, { seed: 11 });
    expect(result.ok).toBe(false);
    expect(result.diagnostics.map(({ code }) => code)).toEqual(["verification-failed"]);
  });

  test("a NaN is named with the operator that makes it first", async () => {
    const plan = mlpPlan();
    const graph = build("mlp", sources, [
      ["MatMul", ["x", "w1"], "h", [4, 6]],
      ["Sqrt", ["h"], "r", [4, 6]],
      ["MatMul", ["r", "w2"], "y", [4, 8]],
      ["Add", ["y", "b"], "z", [4, 8]],
    ]);
    const result = await verifyPlan({ ...plan, source: printGraph(graph) }, { seed: 11 });
    expect(result.ok).toBe(false);
    expect(result.firstNaN).toBe("r.Sqrt");
    expect(result.diagnostics[0]).toMatchObject({
      code: "not-a-number",
      location: sourceLocation("mlp.ts", 11),
    });
  });

  test("a NaN that the user gives is said to be the user's", async () => {
    const data = new Float32Array(32);
    data[3] = NaN;
    const result = await verifyPlan(mlpPlan(), {
      inputs: new Map([["x", { dtype: "f32", shape: [4, 8], data }]]),
    });
    expect(result.ok).toBe(false);
    expect(result.diagnostics[0]?.message).toContain("x itself holds one");
  });
});

describe("comparing", () => {
  const tensor = (values: readonly number[]) => ({
    dtype: "f32" as const,
    shape: [values.length],
    data: Float32Array.from(values),
  });

  test("rules for zeros, NaN, infinities and integers", () => {
    expect(compareTensors(tensor([1, 2.00001]), tensor([1, 2])).ok).toBe(true);
    expect(compareTensors(tensor([1, 2.001]), tensor([1, 2])).ok).toBe(false);
    expect(compareTensors(tensor([1e-7, 0]), tensor([0, 0])).ok).toBe(true);
    expect(compareTensors(tensor([1e-5, 0]), tensor([0, 0])).ok).toBe(false);
    // Rounded as numbers of size 1: a few units in the last place are allowed, and told.
    const tiny = compareTensors(tensor([1e-5 + 2e-7, 0]), tensor([1e-5, 0]), 1e-4, 1);
    expect(tiny.maxAbsolute).toBeCloseTo(2e-7, 9);
    expect(tiny.allowed).toBeCloseTo((2 * 2 ** -23) / 1e-5, 6);
    expect(compareTensors(tensor([1e-5 + 2e-7, 0]), tensor([1e-5, 0]), 1e-4, 1).ok).toBe(true);
    expect(compareTensors(tensor([1e-5 + 5e-7, 0]), tensor([1e-5, 0]), 1e-4, 1).ok).toBe(false);
    expect(compareTensors(tensor([1e-5 + 2e-7, 0]), tensor([1e-5, 0]), 1e-4).ok).toBe(false);
    expect(compareTensors(tensor([NaN]), tensor([NaN])).ok).toBe(false);
    expect(compareTensors(tensor([-Infinity, 1]), tensor([-Infinity, 1])).ok).toBe(true);
    expect(compareTensors(tensor([-Infinity, 1]), tensor([5, 1])).ok).toBe(false);
    const ints = (values: readonly number[]) => ({
      dtype: "i32" as const,
      shape: [values.length],
      data: Int32Array.from(values),
    });
    expect(compareTensors(ints([100000]), ints([100001]), 1).ok).toBe(false);
    expect(compareTensors(tensor([1, 2]), { ...tensor([1, 2]), shape: [2, 1] }).ok).toBe(false);
  });
});

test("integer inputs stay within the axes that they index", () => {
  const builder = new GraphBuilder("ids");
  const location = sourceLocation("m.ts", 1);
  builder.addSource(
    { kind: "input", value: "ids", location },
    { name: "ids", type: tensorType("i64", [2, 3]) },
  );
  builder.addSource(
    { kind: "input", value: "flag", location },
    { name: "flag", type: tensorType("i64", [2]) },
  );
  builder.addSource(
    { kind: "input", value: "keep", location },
    { name: "keep", type: tensorType("bool", [2]) },
  );
  for (const [value, rows] of [
    ["big", 50],
    ["small", 7],
  ] as const) {
    builder.addSource(
      { kind: "parameter", value, location, module: "", initializer: normal },
      { name: value, type: tensorType("f32", [rows, 4]) },
    );
  }
  const node = (op: string, inputs: readonly string[], output: string) => ({
    name: output,
    op,
    inputs,
    outputs: [output],
    attributes: {},
    location,
    module: "",
  });
  builder.addNode(node("Identity", ["ids"], "same"), [{ name: "same", type: tensorType("i64", [2, 3]) }]);
  builder.addNode(node("Gather", ["big", "ids"], "g"), [{ name: "g", type: tensorType("f32", [2, 3, 4]) }]);
  builder.addNode(node("Gather", ["small", "same"], "h"), [
    { name: "h", type: tensorType("f32", [2, 3, 4]) },
  ]);
  const recipes = inputRecipes(
    builder.finish([
      { name: "g", value: "g" },
      { name: "h", value: "h" },
    ]),
  );
  expect(recipes.get("ids")).toEqual({ kind: "integer", low: 0, high: 7 });
  expect(recipes.get("flag")).toEqual({ kind: "integer", low: 0, high: 2 });
  expect(recipes.get("keep")).toEqual({ kind: "bernoulli", keep: 0.5 });
});
