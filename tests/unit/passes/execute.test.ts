/** Plans mean what their graphs mean: random graphs in random layouts on random meshes, executed. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Mesh } from "../../../src/ir/layout.ts";
import { printGraph } from "../../../src/ir/text/print.ts";
import type { Dense } from "../../../src/ops/contract.ts";
import { interpretGraph } from "../../../src/ops/interpret.ts";
import { parseMesh } from "../../../src/sbp/mesh.ts";
import {
  compileLaidOut,
  layOut,
  picks,
  randomFeeds,
  randomGraph,
  type Pick,
} from "../../support/laid-out.ts";
import {
  exchangeShards,
  interpretSegments,
  onnxruntimeSegments,
  simulatePlan,
} from "../../support/simulate.ts";

const meshes: readonly Mesh[] = [
  "1",
  "a=2",
  "a=3",
  "a=2,b=2",
  "a=2,pp=2",
  "a=3,b=2",
  "pp=3",
  "a=2,b=2,c=2",
].map(parseMesh);

function largestDifference(a: Dense, b: Dense): number {
  let largest = 0;
  a.data.forEach((x, i) => (largest = Math.max(largest, Math.abs(x - (b.data[i] as number)))));
  return largest;
}

function graphFor(pick: Pick, mesh: Mesh) {
  return layOut(randomGraph(pick, 4 + pick(14)), mesh, pick);
}

/** Compiles and runs; the largest difference from the whole graph, relative to the largest element. */
async function difference(
  pick: Pick,
  how: "interpreter" | "onnxruntime",
  exchange = exchangeShards,
): Promise<number> {
  const mesh = meshes[pick(meshes.length)] as Mesh;
  const graph = graphFor(pick, mesh);
  const feeds = randomFeeds(graph);
  const expected = interpretGraph(graph, feeds);
  const { plan, stages } = compileLaidOut(graph, mesh);
  const run = how === "interpreter" ? interpretSegments(stages) : onnxruntimeSegments(plan);
  const tolerance = how === "interpreter" ? 1e-9 : 1e-4;
  const actual = await simulatePlan(plan, feeds, run, { exchange, tolerance });
  let worst = 0;
  for (const [name, value] of expected) {
    const scale = value.data.reduce((m, x) => Math.max(m, Math.abs(x)), 1);
    worst = Math.max(worst, largestDifference(value, actual.get(name) as Dense) / scale);
  }
  return worst;
}

describe("plans of random graphs in random layouts", () => {
  it("give what the graph gives, in f64", async () => {
    await fc.assert(
      fc.asyncProperty(picks, async (pick) => {
        expect(await difference(pick, "interpreter")).toBeLessThan(1e-9);
      }),
      { numRuns: 120, seed: 7 },
    );
  });

  it("give it in ONNX Runtime, from the bodies in the plan", async () => {
    await fc.assert(
      fc.asyncProperty(picks, async (pick) => {
        expect(await difference(pick, "onnxruntime")).toBeLessThan(1e-4);
      }),
      { numRuns: 30, seed: 8 },
    );
  });

  it("are equal for equal graphs", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { minLength: 400, maxLength: 400 }), (numbers) => {
        const make = () => {
          let at = 0;
          const pick = (n: number) => (numbers[at++ % numbers.length] as number) % n;
          const mesh = meshes[pick(meshes.length)] as Mesh;
          return compileLaidOut(graphFor(pick, mesh), mesh);
        };
        const [a, b] = [make(), make()];
        expect(a.plan).toEqual(b.plan);
        expect(printGraph(a.graph)).toBe(printGraph(b.graph));
      }),
      { numRuns: 10, seed: 9 },
    );
  });

  it("differ where an all-reduce is dropped", async () => {
    let dropped = 0;
    let red = 0;
    await fc.assert(
      fc.asyncProperty(picks, async (pick) => {
        let here = 0;
        const worst = await difference(pick, "interpreter", (boxing, shards, mesh) => {
          if (boxing.kind !== "all-reduce") return exchangeShards(boxing, shards, mesh);
          here++;
          return shards;
        }).catch(() => Infinity);
        if (here === 0) return;
        dropped++;
        if (!(worst < 1e-9)) red++;
      }),
      { numRuns: 60, seed: 10 },
    );
    expect(dropped).toBeGreaterThan(10);
    // A few all-reduces change nothing that can be seen: what they reduce is multiplied by zero or cut away behind them.
    expect(red / dropped).toBeGreaterThan(0.8);
  });
});
