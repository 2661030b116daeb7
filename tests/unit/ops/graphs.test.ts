/**
 * Graphs with sequences, optionals and regions: their meaning against ONNX Runtime, and plans of them, run in f64 and in ONNX
 * Runtime on simulated devices, against the meaning.
 */
import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { tensorTypeOf, type Graph, type Node } from "../../../src/ir/graph.ts";
import { parseGraph } from "../../../src/ir/text/parse.ts";
import { printGraph } from "../../../src/ir/text/print.ts";
import type { TypedArray } from "../../../src/ir/tensor-data.ts";
import { knownShape } from "../../../src/ir/types.ts";
import { verifyGraph } from "../../../src/ir/verify.ts";
import { encodeModel } from "../../../src/onnx/write.ts";
import type { Dense } from "../../../src/ops/contract.ts";
import { interpretGraph, toTensorData } from "../../../src/ops/interpret.ts";
import { parseMesh } from "../../../src/sbp/mesh.ts";
import { product, range } from "../../../src/support/collections.ts";
import { compileRandom, largestDifference, runRandom, slowDevices } from "../../support/run-random.ts";
import { interpretSegments, onnxruntimeSegments } from "../../support/simulate.ts";
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
    const structural = /^(Sequence|Optional|Loop|If|Scan|SplitToSequence|ConcatFromSequence)/;
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
