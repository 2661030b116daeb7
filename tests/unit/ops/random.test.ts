/** Operators that draw random numbers: what takes their place is distributed as ONNX says, and the same on every mesh. */
import { describe, expect, test } from "vitest";
import { compile } from "../../../src/compile.ts";
import { presetCluster } from "../../../src/cost/cluster.ts";
import { SbpcError } from "../../../src/diagnostics/diagnostic.ts";
import { tensorTypeOf, type Graph } from "../../../src/ir/graph.ts";
import { parseGraph } from "../../../src/ir/text/parse.ts";
import { toNumbers } from "../../../src/ir/tensor-data.ts";
import { knownShape } from "../../../src/ir/types.ts";
import type { Dense } from "../../../src/ops/contract.ts";
import { filled } from "../../../src/ops/dense.ts";
import { withRandomSources } from "../../../src/ops/in-place.ts";
import { interpretGraph } from "../../../src/ops/interpret.ts";
import { wholeBox } from "../../../src/plan/box-copy.ts";
import { fillRandom } from "../../../src/plan/random.ts";
import { verifyPlan } from "../../../src/verify.ts";
import { parseMesh } from "../../../src/sbp/mesh.ts";
import { sum } from "../../../src/support/collections.ts";

/** The one output of a graph whose input x is `x`, with the numbers that its random sources give under seed 7. */
function drawn(text: string, x: Dense): Float64Array {
  const graph = withRandomSources(parseGraph(text));
  const feeds = new Map<string, Dense>([["x", x]]);
  for (const source of graph.sources) {
    if (source.kind !== "random") continue;
    const { dtype, shape } = tensorTypeOf(graph, source.value);
    const sizes = knownShape({ kind: "tensor", dtype, shape });
    const range = { seed: 7, step: 0, batchAxis: null, sampleOffset: 0 };
    const data = fillRandom(source.recipe, sizes, wholeBox(sizes), dtype, range);
    feeds.set(source.value, { dtype, shape: sizes, data: toNumbers({ dtype, shape: sizes, data }) });
  }
  return [...interpretGraph(graph, feeds).values()][0]?.data as Float64Array;
}

const graphOf = (type: string, node: string, result: string) =>
  `graph g {\n  input %x : ${type}\n  %y = ${node} : ${result}\n  return y=%y\n}\n`;

const mean = (values: ArrayLike<number>) => sum(Array.from(values)) / values.length;
const zeros = filled("f32", [20_000], 0);

describe("distributions", () => {
  test("normal: mean and deviation", () => {
    for (const [node, size] of [
      ["RandomNormal() {shape=[20000], mean=3.5, scale=0.25}", 20_000],
      ["RandomNormalLike(%x) {mean=3.5, scale=0.25}", 20_000],
    ] as const) {
      const values = drawn(graphOf("f32[20000]", node, `f32[${size}]`), zeros);
      expect(mean(values)).toBeCloseTo(3.5, 1);
      expect(Math.sqrt(mean(values.map((v) => (v - 3.5) ** 2)))).toBeCloseTo(0.25, 2);
    }
  });

  test("uniform: between low and high, evenly", () => {
    const node = "RandomUniformLike(%x) {low=-1.5, high=2.5}";
    const values = drawn(graphOf("f32[20000]", node, "f32[20000]"), zeros);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(-1.5);
    expect(Math.max(...values)).toBeLessThanOrEqual(2.5);
    for (const quarter of [0, 1, 2, 3]) {
      const share = mean(values.map((v) => Number(Math.floor(v + 1.5) === quarter)));
      expect(share).toBeCloseTo(0.25, 1);
    }
  });

  test.each([0, 0.3, 1])("Bernoulli(%d)", (p) => {
    const values = drawn(graphOf("f32[20000]", "Bernoulli(%x)", "f32[20000]"), filled("f32", [20_000], p));
    if (p === 0 || p === 1) expect(new Set(values)).toEqual(new Set([p]));
    else expect(Math.abs(mean(values) - p)).toBeLessThan(0.02);
  });

  test("Multinomial: classes by their unnormalised log-probabilities", () => {
    const logits: Dense = {
      dtype: "f32",
      shape: [2, 3],
      data: Float64Array.from([1, 3, 6, 5, 5, 0].map((share) => 4 + Math.log(share))),
    };
    const node = "Multinomial(%x) {sample_size=10000, dtype=7}";
    const values = drawn(graphOf("f32[2, 3]", node, "i64[2, 10000]"), logits);
    const shares = (row: number) =>
      [0, 1, 2].map((label) =>
        mean(values.subarray(10_000 * row, 10_000 * (row + 1)).map((v) => Number(v === label))),
      );
    const [first, second] = [shares(0), shares(1)];
    [0.1, 0.3, 0.6].forEach((share, label) => expect(first[label]).toBeCloseTo(share, 1));
    expect(second[0]).toBeCloseTo(0.5, 1);
    expect(second[2]).toBe(0);
  });

  test("two nodes draw different numbers", () => {
    const graph = withRandomSources(
      parseGraph(
        "graph g {\n  input %x : f32[8]\n  %a = RandomNormalLike(%x) : f32[8]\n  %b = RandomNormalLike(%x) : f32[8]\n  return a=%a, b=%b\n}\n",
      ),
    );
    const keys = graph.sources.flatMap((source) => (source.kind === "random" ? [source.recipe.key] : []));
    expect(new Set(keys).size).toBe(2);
  });
});

const model = (batch: number): Graph =>
  parseGraph(`graph g {
  input %x : f32[${batch}, 6]
  constant %ratio : f32[] = [0.25]
  constant %yes : bool[] = [1]
  %n = RandomNormalLike(%x) : f32[${batch}, 6]
  %s = Add(%x, %n) : f32[${batch}, 6]
  %t = Dropout(%s, %ratio, %yes) : f32[${batch}, 6]
  %p = Sigmoid(%t) : f32[${batch}, 6]
  %c = Bernoulli(%p) : f32[${batch}, 6]
  %d = Multinomial(%s) {sample_size=3} : i32[${batch}, 3]
  return t=%t, c=%c, d=%d
}
`);

describe("a plan draws what the unsharded model draws", () => {
  test.each([
    ["dp=2,tp=2", 1],
    ["pp=2", 2],
  ] as const)("on %s with %d micro-batches", async (mesh, microbatches) => {
    const { plan } = compile({
      whole: model(8),
      micro: model(8 / microbatches),
      mesh: parseMesh(mesh),
      cluster: presetCluster("local"),
      hints: true,
      microbatches,
      dims: {},
      settings: {},
    });
    const { outputs } = await verifyPlan(plan);
    expect(outputs.map(({ name, ok }) => [name, ok])).toEqual([
      ["t", true],
      ["c", true],
      ["d", true],
    ]);
  });

  test("where a size is not known, that is an error", () => {
    const text = graphOf("f32[n]", "RandomNormalLike(%x)", "f32[n]");
    const graph = parseGraph(text);
    let code: string | undefined;
    try {
      compile({
        whole: graph,
        micro: graph,
        mesh: parseMesh("dp=2"),
        cluster: presetCluster("local"),
        hints: true,
        microbatches: 1,
        dims: {},
        settings: {},
      });
    } catch (error) {
      code = error instanceof SbpcError ? error.code : String(error);
    }
    expect(code).toBe("unbound-dimension");
  });
});
