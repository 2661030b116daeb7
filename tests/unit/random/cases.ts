/** Random settings for random graphs, and one case of the property that plans mean what their graphs mean. */
import * as fc from "fast-check";
import { presetCluster, type Cluster } from "../../../src/cost/cluster.ts";
import type { CostModel } from "../../../src/cost/model.ts";
import { SbpcError } from "../../../src/diagnostics/diagnostic.ts";
import type { Mesh } from "../../../src/ir/layout.ts";
import { interpretGraph } from "../../../src/ops/interpret.ts";
import { parseMesh } from "../../../src/sbp/mesh.ts";
import { buildGraph, feedsFor } from "../../support/arbitrary-graph.ts";
import type { BuiltGraph, Recipe } from "../../support/graph-maker.ts";
import {
  compileRandom,
  largestDifference,
  randomPrices,
  runRandom,
  slowDevices,
  type Compiled,
} from "../../support/run-random.ts";
import { interpretSegments, onnxruntimeSegments } from "../../support/simulate.ts";

/** What a model may be refused for: it has fewer parts than stages. Hints are drawn so that they can be kept. */
const legitimate = new Set(["too-many-stages"]);

export interface Setting {
  readonly axes: readonly number[];
  readonly stages: number;
  readonly batch: number;
  readonly microbatches: number;
  /** 0: the preset `local`, 1: slow devices, else random prices. */
  readonly prices: number;
}

export const settings: fc.Arbitrary<Setting> = fc.record({
  axes: fc.oneof(
    { weight: 1, arbitrary: fc.constant([]) },
    { weight: 8, arbitrary: fc.array(fc.constantFrom(2, 3), { minLength: 1, maxLength: 3 }) },
  ),
  stages: fc.integer({ min: 1, max: 3 }),
  batch: fc.integer({ min: 1, max: 3 }),
  microbatches: fc.integer({ min: 1, max: 3 }),
  prices: fc.nat(1000),
});

export function meshOf({ axes, stages }: Setting): Mesh {
  return parseMesh([...axes.map((size, i) => `${"abc"[i]}=${size}`), `pp=${stages}`].join());
}

export function pricesOf({ prices }: Setting): Cluster | CostModel {
  return prices === 0 ? presetCluster("local") : prices % 4 === 1 ? slowDevices : randomPrices(prices);
}

export interface Built {
  readonly whole: BuiltGraph;
  readonly micro: BuiltGraph;
  readonly mesh: Mesh;
  readonly microbatches: number;
}

export function build(recipe: Recipe, setting: Setting): Built {
  const mesh = meshOf(setting);
  const microbatches = recipe.sampleWise ? setting.microbatches : 1;
  const whole = buildGraph(recipe, setting.batch * microbatches, mesh);
  const micro = microbatches === 1 ? whole : buildGraph(recipe, setting.batch, mesh);
  return { whole, micro, mesh, microbatches };
}

/** The plan; undefined where the compiler refuses for a good reason. */
export function tryCompile(recipe: Recipe, setting: Setting): Compiled | undefined {
  const { whole, micro, ...rest } = build(recipe, setting);
  try {
    return compileRandom({ ...rest, whole: whole.graph, micro: micro.graph, prices: pricesOf(setting) });
  } catch (error) {
    if (error instanceof SbpcError && error.diagnostics.every(({ code }) => legitimate.has(code)))
      return undefined;
    throw error;
  }
}

/** The largest difference of an output from the whole graph's, in parts of its largest element or 1. */
export async function difference(
  recipe: Recipe,
  setting: Setting,
  how: "interpreter" | "onnxruntime",
): Promise<number> {
  const compiled = tryCompile(recipe, setting);
  if (compiled === undefined) return 0;
  const { plan, compilation } = compiled;
  const { whole } = build(recipe, setting);
  const feeds = feedsFor(whole);
  const expected = interpretGraph(whole.graph, feeds);
  const run = how === "interpreter" ? interpretSegments(compilation.stages ?? []) : onnxruntimeSegments(plan);
  const actual = await runRandom(plan, feeds, run, how === "interpreter" ? 1e-9 : 1e-4);
  return largestDifference(expected, actual);
}
