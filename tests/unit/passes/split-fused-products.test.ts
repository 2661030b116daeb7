/** Fused query, key and value as exporters write them: split by heads through attention, without a hint. */
import { describe, expect, it } from "vitest";
import { compile } from "../../../src/compile.ts";
import { presetCluster } from "../../../src/cost/cluster.ts";
import type { Graph } from "../../../src/ir/graph.ts";
import { printNdSbp } from "../../../src/ir/layout.ts";
import { parseGraph } from "../../../src/ir/text/parse.ts";
import { printGraph } from "../../../src/ir/text/print.ts";
import { decodePlan, encodePlan } from "../../../src/plan/codec.ts";
import type { Plan } from "../../../src/plan/plan.ts";
import { fillParameter } from "../../../src/plan/random.ts";
import { verifyPlan } from "../../../src/verify.ts";
import { parseMesh } from "../../../src/sbp/mesh.ts";
import { interpretGraph } from "../../../src/ops/interpret.ts";
import { randomFeeds } from "../../support/laid-out.ts";
import { onnxruntimeSegments, simulatePlan } from "../../support/simulate.ts";
import { ModelBuilder } from "./transformer.ts";

const [batch, tokens, hidden, heads, layers] = [1, 5, 1024, 8, 2];
const width = hidden / heads;

/** Gives query, key and value, [batch, heads, tokens, width]. */
type Projection = (model: ModelBuilder, x: string) => readonly [string, string, string];

const toHeads = (model: ModelBuilder, x: string) =>
  model.op("Transpose", [model.op("Reshape", [x, model.constant([batch, tokens, heads, width])])], {
    perm: [0, 2, 1, 3],
  });

/** GPT-2's Conv1D: Gemm over rows, then Split. */
const gemmAndSplit: Projection = (model, x) => {
  const rows = model.op("Reshape", [x, model.constant([-1, hidden])]);
  const product = model.op("Gemm", [
    rows,
    model.parameter("qkv.weight", [hidden, 3 * hidden]),
    model.parameter("qkv.bias", [3 * hidden]),
  ]);
  const fused = model.op("Reshape", [product, model.constant([batch, tokens, 3 * hidden])]);
  const parts = model.ops("Split", [fused, model.constant([hidden, hidden, hidden])], { axis: 2 }, 3);
  return parts.map((part) => toHeads(model, part)) as [string, string, string];
};

/** A linear layer as PyTorch holds it, added bias, then Slices. */
const productAndSlices: Projection = (model, x) => {
  const weight = model.op("Transpose", [model.parameter("qkv.weight", [3 * hidden, hidden])], {
    perm: [1, 0],
  });
  const fused = model.op("Add", [model.op("MatMul", [x, weight]), model.parameter("qkv.bias", [3 * hidden])]);
  return [0, 1, 2].map((i) =>
    toHeads(
      model,
      model.op("Slice", [
        fused,
        model.constant([i * hidden]),
        model.constant([(i + 1) * hidden]),
        model.constant([-1]),
      ]),
    ),
  ) as [string, string, string];
};

/** A vision transformer's: (3, heads, width) moved to the front and taken apart. */
const movedAndGathered: Projection = (model, x) => {
  const weight = model.parameter("qkv.weight", [hidden, 3 * hidden]);
  const fused = model.op("Add", [model.parameter("qkv.bias", [3 * hidden]), model.op("MatMul", [x, weight])]);
  const five = model.op("Reshape", [fused, model.constant([batch, tokens, 3, heads, width])]);
  const moved = model.op("Transpose", [five], { perm: [2, 0, 3, 1, 4] });
  return [0, 1, 2].map((i) => model.op("Gather", [moved, model.constant([i], [])], { axis: 0 })) as [
    string,
    string,
    string,
  ];
};

/** `advised`: LiBai's layouts on all weights but those of the projection. */
function model(project: Projection, advised: boolean, count = layers): Graph {
  const made = new ModelBuilder(advised);
  let x = made.input("x", [batch, tokens, hidden]);
  for (let layer = 0; layer < count; layer++) {
    const [q, k, v] = project(made, made.norm(x, hidden));
    const keys = made.op("Transpose", [k], { perm: [0, 1, 3, 2] });
    const scores = made.op("Mul", [made.op("MatMul", [q, keys]), made.constant([width ** -0.5], [], "f32")]);
    const mixed = made.op("MatMul", [made.op("Softmax", [scores], { axis: -1 }), v]);
    const joined = made.op("Reshape", [
      made.op("Transpose", [mixed], { perm: [0, 2, 1, 3] }),
      made.constant([batch, tokens, hidden]),
    ]);
    const attended = made.op("Add", [x, made.linear(joined, hidden, hidden, "row")]);
    const inner = made.op("Gelu", [made.linear(made.norm(attended, hidden), hidden, 4 * hidden, "col")]);
    x = made.op("Add", [attended, made.linear(inner, 4 * hidden, hidden, "row")]);
  }
  return made.finish({ y: x });
}

function compiled(graph: Graph, mesh: string): Plan {
  const options = { hints: true, microbatches: 1, dims: {}, settings: {} };
  const cluster = presetCluster("a100-node");
  return compile({ whole: graph, micro: graph, mesh: parseMesh(mesh), cluster, ...options }).plan;
}

/** Where the parts of the fused weights are. */
function weightLayouts(plan: Plan): Set<string> {
  const parts = plan.parameters.filter(({ name }) => name.startsWith("qkv.weight"));
  expect(parts).toHaveLength(3 * layers);
  return new Set(parts.flatMap(({ placements }) => placements.map(({ layout }) => printNdSbp(layout))));
}

/** ONNX Runtime's operator for all of it, with a mask of keys. */
function fusedAttention(count = layers): Graph {
  const made = new ModelBuilder(true);
  let x = made.input("x", [batch, tokens, hidden]);
  const mask = made.constant([1, 1, 1, 1, 0], [batch, tokens], "i32");
  for (let layer = 0; layer < count; layer++) {
    const joined = made.op(
      "com.microsoft.Attention",
      [
        made.norm(x, hidden),
        made.parameter("qkv.weight", [hidden, 3 * hidden]),
        made.parameter("qkv.bias", [3 * hidden]),
        mask,
      ],
      { num_heads: heads },
    );
    x = made.op("Add", [x, made.linear(joined, hidden, hidden, "row")]);
  }
  return made.finish({ y: x });
}

const megatron = Array.from({ length: 2 * layers }, () => "all-reduce");
const kinds = (plan: Plan) => plan.boxing.map((boxing) => boxing.kind);

describe.each([
  { name: "Gemm and Split", project: gemmAndSplit, columns: 1 },
  { name: "product and Slices", project: productAndSlices, columns: 0 },
  { name: "moved and gathered", project: movedAndGathered, columns: 1 },
])("$name", ({ project, columns }) => {
  it.each([
    ["tp=2", `[S(${columns})]`],
    ["tp=3", `[S(${columns}/${width})]`],
  ])("on %s communicates as Megatron does: two all-reduces per layer", (mesh, layout) => {
    const plan = compiled(model(project, true), mesh);
    expect(kinds(plan)).toEqual(megatron);
    expect(weightLayouts(plan)).toEqual(new Set([layout]));
  });

  it("splits heads without any hint, predicted no slower", () => {
    const free = compiled(model(project, false), "tp=2");
    expect(weightLayouts(free)).toEqual(new Set([`[S(${columns})]`]));
    const advised = compiled(model(project, true), "tp=2");
    expect(free.prediction.stepSeconds).toBeLessThanOrEqual(advised.prediction.stepSeconds * (1 + 1e-9));
  });

  it("gives what the whole model gives", async () => {
    const plan = compiled(model(project, true, 1), "tp=2");
    const result = await verifyPlan(plan, { seed: 3 });
    expect(result.outputs.map(({ ok }) => ok)).toEqual([true]);
  });
});

describe("com.microsoft.Attention", () => {
  it("has its heads split, with one all-reduce", () => {
    const plan = compiled(fusedAttention(), "tp=2");
    expect(kinds(plan)).toEqual(Array.from({ length: layers }, () => "all-reduce"));
    expect(weightLayouts(plan)).toEqual(new Set(["[S(1)]"]));
  });

  it("gives what the whole operator gives in ONNX Runtime", async () => {
    const result = await verifyPlan(compiled(fusedAttention(1), "tp=2"), { seed: 3 });
    expect(result.outputs.map(({ ok }) => ok)).toEqual([true]);
  });
});

describe("parts of parameters", () => {
  it("are found in the whole when a plan is simulated", async () => {
    const graph = parseGraph(`graph g {
      input %x : f32[3, 4]
      parameter %w : f32[4, 6] = normal(0, 1)
      %p = MatMul(%x, %w) : f32[3, 6]
      %gate, %up = Split(%p) {axis=1} : f32[3, 3], f32[3, 3]
      %y = Mul(%gate, %up) : f32[3, 3]
      return y=%y
    }`);
    const feeds = randomFeeds(graph);
    const plan = compiled(graph, "tp=2");
    expect(plan.parameters.map(({ name }) => name)).toEqual(["w.part", "w.part_1"]);
    const actual = await simulatePlan(plan, feeds, onnxruntimeSegments(plan), { tolerance: 1e-5 });
    const expected = interpretGraph(graph, feeds).get("y");
    expect(expected?.data).toHaveLength(9);
    expected?.data.forEach((x, i) => expect(actual.get("y")?.data[i]).toBeCloseTo(x, 5));
  });

  const initializer = {
    kind: "part",
    of: { kind: "normal", mean: 0, std: 1 },
    name: "whole",
    shape: [5, 6],
    start: [1, 2],
  } as const;

  it("hold what the whole holds there", () => {
    const all = fillParameter(initializer.of, [5, 6], { start: [0, 0], size: [5, 6] }, "f32", 4, "whole");
    const part = fillParameter(initializer, [3, 4], { start: [1, 1], size: [2, 2] }, "f32", 4, "part");
    expect([...part]).toEqual([15, 16, 21, 22].map((i) => all[i]));
  });

  it("survive text and plan", () => {
    const text =
      'graph g {\n  input %x : f32[2, 3]\n  parameter %w : f32[3, 4] = part("whole", [5, 6], [1, 2], normal(0, 1))\n  %y = MatMul(%x, %w) : f32[2, 4]\n  return y=%y\n}\n';
    const graph = parseGraph(text);
    expect(printGraph(graph)).toBe(text);
    const plan = compiled(graph, "tp=2");
    expect(decodePlan(encodePlan(plan), "plan").parameters[0]?.initializer).toEqual(initializer);
  });
});
