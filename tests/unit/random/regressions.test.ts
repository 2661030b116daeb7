/** Graphs that once broke a pass: each compiles, under many prices, to a plan that gives what the graph gives. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { insertBoxing } from "../../../passes/insert-boxing.ts";
import { checks } from "../../../passes/properties.ts";
import { parseGraph } from "../../../src/ir/text/parse.ts";
import { interpretGraph } from "../../../src/ops/interpret.ts";
import { parseMesh } from "../../../src/sbp/mesh.ts";
import { range } from "../../../src/support/collections.ts";
import { feedsFor } from "../../support/arbitrary-graph.ts";
import { layOut, picks, randomGraph, testContext } from "../../support/laid-out.ts";
import { compileRandom, largestDifference, randomPrices, runRandom } from "../../support/run-random.ts";
import { interpretSegments } from "../../support/simulate.ts";

const cases: readonly { readonly name: string; readonly mesh: string; readonly text: string }[] = [
  {
    name: "two outputs of one node, both made partial",
    mesh: "a=2,b=2,c=2",
    text: `graph random {
  input %x1 : f32[4, 3, 4, 2]
  parameter %w2 : f32[2, 3, 1, 1] = normal(0, 1) in m
  %Conv = Conv(%x1, %w2) {kernel_shape=[1, 1], strides=[1, 2], pads=[0, 0, 0, 0], group=1} : f32[4, 2, 4, 1] in m
  %Split, %Split.1 = Split(%Conv) {axis=1, num_outputs=2} : f32[4, 1, 4, 1], f32[4, 1, 4, 1] in m
  return y0=%Split, y1=%Split.1
}
`,
  },
  {
    name: "a layout asked on a mesh axis that is chosen after one that it leaves free",
    mesh: "a=2,b=3,c=2",
    text: `graph random {
  input %x1 : f32[3, 3, 3, 3, 3]
  input %x2 : f32[3, 3, 3, 3, 3]
  input %x3 : f32[3]
  %Max = Max(%x1, %x2) : f32[3, 3, 3, 3, 3] in m
  %ToGlobal = sbpc.ToGlobal(%x3) : f32[3] hint hard a:S(0) c:B in m
  %Identity = Identity(%ToGlobal) : f32[3] in m
  return y3=%Max, y4=%Identity
}
`,
  },
  {
    name: "a returned Identity that is made partial",
    mesh: "a=3,b=3,c=3",
    text: `graph random {
  input %x0 : f32[3, 4, 3]
  parameter %w : f32[3, 2] = normal(0, 1) in m
  %MatMul = MatMul(%x0, %w) : f32[3, 4, 2] in m
  %Sub = Sub(%MatMul, %MatMul) : f32[3, 4, 2] in m
  %Identity = Identity(%Sub) : f32[3, 4, 2] in m
  %Identity_1 = Identity(%Sub) : f32[3, 4, 2] in m
  return y0=%Identity, y1=%Identity_1
}
`,
  },
];

describe("graphs that once broke a pass", () => {
  it.each(cases)("$name", async ({ mesh: text, text: graphText }) => {
    const graph = parseGraph(graphText);
    const mesh = parseMesh(text);
    const feeds = feedsFor({ graph, bounds: new Map() });
    const expected = interpretGraph(graph, feeds);
    for (const seed of range(8)) {
      const options = { whole: graph, micro: graph, mesh, microbatches: 1, prices: randomPrices(seed) };
      const { plan, compilation } = compileRandom(options);
      const actual = await runRandom(plan, feeds, interpretSegments(compilation.stages ?? []), 1e-9);
      expect(largestDifference(expected, actual)).toBeLessThan(1e-9);
    }
  });

  it("boxing makes nothing that nobody takes, where paths part and meet", () => {
    const mesh = parseMesh("a=3,b=3");
    fc.assert(
      fc.property(picks, fc.nat(1000), (pick, seed) => {
        const graph = layOut(randomGraph(pick, 12), mesh, pick);
        const context = { ...testContext(mesh), costModel: randomPrices(seed) };
        const compilation = insertBoxing.run({ graph }, context);
        expect(checks.boxed(compilation, mesh)).toEqual([]);
        expect(checks["no-dead-nodes"](compilation, mesh)).toEqual(checks["no-dead-nodes"]({ graph }, mesh));
      }),
      { numRuns: 200, seed: 1 },
    );
  });
});
