/**
 * Graphs with sequences, optionals and regions: their meaning against ONNX Runtime, and plans of them, run in f64 and in ONNX
 * Runtime on simulated devices, against the meaning.
 */
import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { pipeline } from "../../../passes/pipeline.ts";
import { runPasses } from "../../../passes/runner.ts";
import { createCostModel } from "../../../src/cost/alpha-beta.ts";
import { DiagnosticSink, SbpcError } from "../../../src/diagnostics/diagnostic.ts";
import { tensorTypeOf, type Graph, type Node } from "../../../src/ir/graph.ts";
import { parseGraph } from "../../../src/ir/text/parse.ts";
import { printGraph } from "../../../src/ir/text/print.ts";
import type { TypedArray } from "../../../src/ir/tensor-data.ts";
import { knownShape } from "../../../src/ir/types.ts";
import { verifyGraph } from "../../../src/ir/verify.ts";
import { encodeModel } from "../../../src/onnx/write.ts";
import type { Dense } from "../../../src/ops/contract.ts";
import { interpretGraph, toTensorData } from "../../../src/ops/interpret.ts";
import { verifyPlan } from "../../../src/verify.ts";
import { parseMesh } from "../../../src/sbp/mesh.ts";
import { product, range } from "../../../src/support/collections.ts";
import { compileRandom, largestDifference, runRandom, slowDevices } from "../../support/run-random.ts";
import { interpretSegments, onnxruntimeSegments } from "../../support/simulate.ts";
import { contextFor } from "../passes/layout-support.ts";
import { graphCases } from "./graphs.ts";
import { randomFrom } from "./placed-data.ts";

function feedsOf(graph: Graph, round: number): Map<string, Dense> {
  const random = randomFrom(`${graph.name} ${round}`);
  return new Map(
    graph.sources.flatMap((source): [string, Dense][] => {
      if (source.kind === "constant") return [];
      const type = tensorTypeOf(graph, source.value);
      const shape = knownShape(type);
      const draw = () => (type.dtype === "f32" ? Math.fround(random() - 0.5) : round);
      return [
        [source.value, { dtype: type.dtype, shape, data: Float64Array.from(range(product(shape)), draw) }],
      ];
    }),
  );
}

async function runWhole(graph: Graph, feeds: ReadonlyMap<string, Dense>): Promise<Map<string, Dense>> {
  const names = { f32: "float32", i64: "int64", bool: "bool", string: "string" } as const;
  const session = await InferenceSession.create(encodeModel(graph), {
    logSeverityLevel: 4,
    graphOptimizationLevel: "disabled",
  });
  const given = [...feeds].map(([name, x]): [string, Tensor] => [
    name,
    new Tensor(names[x.dtype as keyof typeof names], toTensorData(x).data as never, [...x.shape]),
  ]);
  const results = await session.run(Object.fromEntries(given));
  return new Map(
    graph.outputs.map(({ name, value }): [string, Dense] => {
      const { data, dims } = results[name] as Tensor;
      const { dtype } = tensorTypeOf(graph, value);
      return [
        name,
        { dtype, shape: dims, data: Float64Array.from(data as Float32Array & TypedArray, Number) },
      ];
    }),
  );
}

function allNodes(graph: Graph): Node[] {
  return graph.nodes.flatMap((node) => [node, ...Object.values(node.regions ?? {}).flatMap(allNodes)]);
}

describe.each(graphCases)("$name", ({ text, left }) => {
  const graph = parseGraph(text);

  test("is well formed, and means what ONNX Runtime computes", async () => {
    expect(verifyGraph(graph)).toEqual([]);
    for (const round of [0, 1]) {
      const feeds = feedsOf(graph, round);
      expect(largestDifference(interpretGraph(graph, feeds), await runWhole(graph, feeds))).toBeLessThan(
        1e-5,
      );
    }
  });

  test.each(["dp=2", "dp=3", "dp=2,tp=2", "dp=2,pp=2"])("runs on %s", async (mesh) => {
    const { plan, compilation } = compileRandom({
      whole: graph,
      micro: graph,
      mesh: parseMesh(mesh),
      microbatches: 1,
      prices: slowDevices,
    });
    const ops = allNodes(compilation.graph).map((node) => node.op);
    const structural = /^(Sequence|Optional|Loop|If|Scan|SplitToSequence|ConcatFromSequence|String|Regex)/;
    expect(new Set(ops.filter((op) => structural.test(op)))).toEqual(
      new Set(ops.filter((op) => left.includes(op))),
    );
    expect(left.filter((op) => !ops.includes(op))).toEqual([]);
    // What the cases are for: something around is split.
    expect(
      [...compilation.graph.values.values()].some(({ layout }) => layout?.some((sbp) => sbp.kind === "S")),
    ).toBe(true);
    for (const round of [0, 1]) {
      const feeds = feedsOf(graph, round);
      const expected = interpretGraph(graph, feeds);
      const inF64 = await runRandom(plan, feeds, interpretSegments(compilation.stages ?? []), 1e-9);
      expect(largestDifference(expected, inF64)).toBeLessThan(1e-9);
      const inOrt = await runRandom(plan, feeds, onnxruntimeSegments(plan), 1e-5);
      expect(largestDifference(expected, inOrt)).toBeLessThan(1e-4);
    }
  });

  test("prints and parses back", () => {
    expect(printGraph(parseGraph(printGraph(graph)))).toBe(printGraph(graph));
  });
});

test.each(["a sequence whose item is picked by an input", "branches that capture what is split around them"])(
  "%s: verified on devices",
  async (name) => {
    const graph = parseGraph(graphCases.find((one) => one.name === name)?.text ?? "");
    const { plan } = compileRandom({
      whole: graph,
      micro: graph,
      mesh: parseMesh("dp=2"),
      microbatches: 1,
      prices: slowDevices,
    });
    const result = await verifyPlan(plan, { seed: 3 });
    expect(result.diagnostics).toEqual([]);
    expect(result.ok).toBe(true);
  },
);

describe("what cannot leave a segment", () => {
  const compileText = (lines: readonly string[]) => () =>
    compileRandom({
      whole: parseGraph(["graph g {", ...lines, "}", ""].join("\n")),
      micro: parseGraph(["graph g {", ...lines, "}", ""].join("\n")),
      mesh: parseMesh("dp=2"),
      microbatches: 1,
      prices: slowDevices,
    });

  test.each([
    ["a returned sequence", ["input %x : f32[4]", "%s = SequenceConstruct(%x) : seq<f32[4]>", "return s=%s"]],
    [
      "a sequence that is given",
      ["input %s : seq<f32[4]>", "input %i : i64[]", "%x = SequenceAt(%s, %i) : f32[4]", "return x=%x"],
    ],
    ["a returned optional", ["input %x : f32[4]", "%o = Optional(%x) : optional<f32[4]>", "return o=%o"]],
    ["strings that are given", ["input %s : string[4]", "%n = Cast(%s) {to=1} : f32[4]", "return n=%n"]],
    ["returned strings", ["input %x : f32[4]", "%s = Cast(%x) {to=8} : string[4]", "return s=%s"]],
  ])("%s is an error", (_, lines) => {
    expect(codeOf(compileText(lines))).toBe("unkept-value");
  });
});

test("a body that runs whole is warned of, with its cost", () => {
  const text = graphCases.find((one) => one.name.startsWith("branches that capture"))?.text ?? "";
  const sink = new DiagnosticSink();
  const graph = parseGraph(text);
  const context = { ...contextFor("dp=2"), costModel: createCostModel(slowDevices), sink };
  const last = pipeline.findIndex((pass) => pass.name === "infer-sbp");
  runPasses(pipeline.slice(0, last + 1), { graph }, context);
  expect(sink.diagnostics.map(({ code }) => code)).toContain("runs-whole");
  expect(sink.diagnostics.find(({ code }) => code === "runs-whole")?.message).toMatch(
    /[1-9]\d* bytes of gathering/,
  );
});

function codeOf(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error instanceof SbpcError ? error.code : error;
  }
}
