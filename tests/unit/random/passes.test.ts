/** Every pass, on random graphs: what is computed stays the same, and the text of every stage of the way reads back. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pipeline } from "../../../passes/pipeline.ts";
import type { Compilation, PassContext } from "../../../passes/pass.ts";
import { createCostModel } from "../../../src/cost/alpha-beta.ts";
import { findBatchAxes } from "../../../src/compile.ts";
import { DiagnosticSink, SbpcError } from "../../../src/diagnostics/diagnostic.ts";
import type { Graph } from "../../../src/ir/graph.ts";
import { parseGraph } from "../../../src/ir/text/parse.ts";
import { printGraph } from "../../../src/ir/text/print.ts";
import { verifyGraph } from "../../../src/ir/verify.ts";
import { interpretGraph } from "../../../src/ops/interpret.ts";
import { feedsFor, recipes } from "../../support/arbitrary-graph.ts";
import type { Recipe } from "../../support/graph-maker.ts";
import { largestDifference } from "../../support/run-random.ts";
import { build, pricesOf, settings, type Setting } from "./cases.ts";

const full = process.env["SBPC_FULL"] === "1";
const seed = Number(process.env["SBPC_SEED"] ?? 1);

/**
 * Allowed differences. Distributed forms compute by other formulas; folding rounds what it computes to the element type, as a
 * device would, where the interpreter goes on in f64. All other passes change no bit.
 */
const allowed: Readonly<Record<string, number>> = { "expand-forms": 1e-9, "fold-constants": 1e-6 };

/** The compilations before the first pass and after every pass; cut short where the model is refused. */
function* compilations(
  recipe: Recipe,
  setting: Setting,
): Generator<{ pass: string; compilation: Compilation }> {
  const { whole, micro, mesh, microbatches } = build(recipe, setting);
  const prices = pricesOf(setting);
  const context: PassContext = {
    mesh,
    options: { microbatches, hints: setting.prices % 5 > 0, cluster: "random", dims: {}, settings: {} },
    costModel: "device" in prices ? createCostModel(prices) : prices,
    sink: new DiagnosticSink(),
    source: printGraph(whole.graph),
    batchAxes: findBatchAxes(whole.graph, micro.graph, microbatches),
  };
  let compilation: Compilation = { graph: { ...micro.graph, mesh } };
  yield { pass: "the model", compilation };
  for (const pass of pipeline) {
    try {
      compilation = pass.run(compilation, context);
    } catch (error) {
      if (error instanceof SbpcError && error.diagnostics.every(({ code }) => code === "too-many-stages"))
        return;
      throw error;
    }
    yield { pass: pass.name, compilation };
  }
}

describe("passes on random graphs", () => {
  it("change nothing of what is computed", { timeout: 3e6 }, () => {
    fc.assert(
      fc.property(recipes(), settings, (recipe, setting) => {
        const feeds = feedsFor(build(recipe, setting).micro);
        let last: ReturnType<typeof interpretGraph> | undefined;
        let graph: Graph | undefined;
        for (const { pass, compilation } of compilations(recipe, setting)) {
          if (compilation.graph === graph) continue;
          graph = compilation.graph;
          const next = interpretGraph(graph, feeds);
          if (last !== undefined) {
            const difference = largestDifference(last, next);
            expect(difference, pass).toBeLessThanOrEqual(allowed[pass] ?? 0);
          }
          last = next;
        }
      }),
      { numRuns: full ? 1000 : 25, seed },
    );
  });

  it("leave graphs whose text reads back to an equal graph", { timeout: 3e6 }, () => {
    fc.assert(
      fc.property(recipes(), settings, (recipe, setting) => {
        for (const { pass, compilation } of compilations(recipe, setting)) {
          const locals = (compilation.stages ?? []).flatMap(({ classes }) => classes.map((one) => one.graph));
          for (const graph of [compilation.graph, ...locals]) {
            const text = printGraph(graph);
            const read = parseGraph(text);
            expect(printGraph(read), pass).toBe(text);
            expect(verifyGraph(read), pass).toEqual([]);
          }
        }
      }),
      { numRuns: full ? 300 : 20, seed: seed + 1 },
    );
  });

  it("mean the same when they are read from their text", { timeout: 3e6 }, () => {
    fc.assert(
      fc.property(recipes({ sampleWise: false }), settings, (recipe, setting) => {
        const { micro } = build(recipe, setting);
        const again = parseGraph(printGraph(micro.graph));
        const feeds = feedsFor(micro);
        expect(largestDifference(interpretGraph(micro.graph, feeds), interpretGraph(again, feeds))).toBe(0);
      }),
      { numRuns: full ? 300 : 20, seed: seed + 2 },
    );
  });
});
