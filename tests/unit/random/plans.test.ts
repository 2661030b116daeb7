/** Random graphs end to end: compiled for random meshes, run on simulated devices, equal to the unsharded graph. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deviceCount } from "../../../src/ir/layout.ts";
import { parseGraph } from "../../../src/ir/text/parse.ts";
import { printGraph } from "../../../src/ir/text/print.ts";
import { decodePlan, encodePlan } from "../../../src/plan/codec.ts";
import { recipes } from "../../support/arbitrary-graph.ts";
import { difference, meshOf, settings, tryCompile } from "./cases.ts";

const full = process.env["SBPC_FULL"] === "1";
const seed = Number(process.env["SBPC_SEED"] ?? 1);

describe("plans of random graphs", () => {
  it(
    "give what the graph gives, receive what they predict, and hold what they plan",
    { timeout: 3e6 },
    async () => {
      await fc.assert(
        fc.asyncProperty(recipes(), settings, async (recipe, setting) => {
          expect(await difference(recipe, setting, "interpreter")).toBeLessThan(1e-7);
        }),
        { numRuns: full ? 2000 : 60, seed },
      );
    },
  );

  it("give it in ONNX Runtime, in f32", { timeout: 3e6 }, async () => {
    await fc.assert(
      fc.asyncProperty(recipes({ steps: [3, 15] }), settings, async (recipe, setting) => {
        fc.pre(deviceCount(meshOf(setting)) <= 12);
        expect(await difference(recipe, setting, "onnxruntime")).toBeLessThan(1e-5);
      }),
      { numRuns: full ? 500 : 20, seed: seed + 1 },
    );
  });

  it("read back from their bytes as they were written", { timeout: 3e6 }, () => {
    fc.assert(
      fc.property(recipes(), settings, (recipe, setting) => {
        const compiled = tryCompile(recipe, setting);
        if (compiled === undefined) return;
        const bytes = encodePlan(compiled.plan);
        const plan = decodePlan(bytes, "plan");
        expect(Buffer.from(encodePlan(plan)).equals(bytes)).toBe(true);
        expect(printGraph(parseGraph(plan.graph))).toBe(plan.graph);
        expect(printGraph(parseGraph(plan.source))).toBe(plan.source);
      }),
      { numRuns: full ? 300 : 20, seed: seed + 2 },
    );
  });
});
