/** Compiles models for the tests of exports, and runs exported ONNX models in ONNX Runtime. */
import * as ort from "onnxruntime-node";
import { loadCluster } from "../../src/cluster-files.ts";
import { compile } from "../../src/compile.ts";
import { tensorTypeOf, type Graph } from "../../src/ir/graph.ts";
import { readNumber, type TypedArray } from "../../src/ir/tensor-data.ts";
import { knownShape } from "../../src/ir/types.ts";
import { buildModel, type Model } from "../../src/nn/model.ts";
import { onnx } from "../../src/onnx/generated/onnx-ml.js";
import type { Dense } from "../../src/ops/contract.ts";
import { wholeBox } from "../../src/plan/box-copy.ts";
import { inputRecipes } from "../../src/plan/input-recipe.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { fillInput, fillRandom, randomized } from "../../src/plan/random.ts";
import { parseMesh } from "../../src/sbp/mesh.ts";
import { present } from "../../src/support/assert.ts";
import { fromOrt, toOrt } from "./simulate.ts";

export interface Compiled {
  readonly whole: Graph;
  readonly plan: Plan;
}

/** Makes constant parameters random: a bias that is added twice must show. */
function unlikeConstants(graph: Graph): Graph {
  return {
    ...graph,
    sources: graph.sources.map((source) =>
      source.kind === "parameter"
        ? { ...source, initializer: randomized(source.initializer, tensorTypeOf(graph, source.value).dtype) }
        : source,
    ),
  };
}

export function compileGraph(whole: Graph, mesh: string, micro = whole, microbatches = 1): Compiled {
  const { plan } = compile({
    whole,
    micro,
    mesh: parseMesh(mesh),
    cluster: loadCluster("local"),
    hints: true,
    microbatches,
    dims: {},
    settings: {},
  });
  return { whole, plan };
}

export interface ModelCase {
  readonly model: Model;
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  readonly dims?: Readonly<Record<string, number>>;
  readonly batch: number;
}

export function compileModel(
  { model, settings = {}, dims = {}, batch }: ModelCase,
  mesh: string,
  microbatches = 1,
): Compiled {
  const build = (n: number) => unlikeConstants(buildModel(model, { settings, dims: { ...dims, batch: n } }));
  const whole = build(batch);
  return compileGraph(whole, mesh, microbatches === 1 ? whole : build(batch / microbatches), microbatches);
}

/** Values of the whole model's inputs and masks; masks under the names that plan and model give them. */
export function feedsFor({ whole, plan }: Compiled, seed = 3): Map<string, Dense> {
  const recipes = inputRecipes(whole);
  const feeds = new Map<string, Dense>();
  for (const source of whole.sources) {
    if (source.kind !== "input" && source.kind !== "random") continue;
    const type = tensorTypeOf(whole, source.value);
    const shape = knownShape(type);
    const range = { seed, step: 0, batchAxis: null, sampleOffset: 0 };
    const data =
      source.kind === "input"
        ? fillInput(
            present(recipes.get(source.value), "no recipe"),
            source.value,
            shape,
            wholeBox(shape),
            type.dtype,
            range,
          )
        : fillRandom(source.recipe, shape, wholeBox(shape), type.dtype, range);
    const dense: Dense = { dtype: type.dtype, shape, data: toDoubles(type.dtype, data) };
    feeds.set(source.value, dense);
    const mask =
      source.kind === "random"
        ? plan.randoms.find(({ recipe }) => recipe.key === source.recipe.key)
        : undefined;
    if (mask !== undefined) feeds.set(mask.name, dense);
  }
  return feeds;
}

function toDoubles(dtype: Dense["dtype"], data: TypedArray): Float64Array {
  return Float64Array.from({ length: data.length }, (_, i) => readNumber(dtype, data, i));
}

/** Runs a model, or the file at a path, on what it takes of `feeds`. */
export async function runOnnx(
  model: onnx.ModelProto.$Properties | string,
  feeds: ReadonlyMap<string, Dense>,
): Promise<Map<string, Dense>> {
  const options = { intraOpNumThreads: 1, logSeverityLevel: 3 } as const;
  const session =
    typeof model === "string"
      ? await ort.InferenceSession.create(model, options)
      : await ort.InferenceSession.create(onnx.ModelProto.encode(model).finish(), options);
  const taken = session.inputNames.map(
    (name) => [name, toOrt(present(feeds.get(name), "nothing to feed", () => name))] as const,
  );
  const results = await session.run(Object.fromEntries(taken));
  const outputs = session.outputNames.map((name) => [name, fromOrt(results[name] as ort.Tensor)] as const);
  await session.release();
  return new Map(outputs);
}

/** The largest difference of any output, relative to its largest element. */
export function largestDifference(
  actual: ReadonlyMap<string, Dense>,
  expected: ReadonlyMap<string, Dense>,
): number {
  let worst = 0;
  for (const [name, b] of expected) {
    const a = present(actual.get(name), "output is missing", () => name);
    if (a.dtype !== b.dtype || a.shape.join() !== b.shape.join()) return Infinity;
    let scale = Number.MIN_VALUE;
    let difference = 0;
    for (let i = 0; i < b.data.length; i++) {
      const [x, y] = [a.data[i] as number, b.data[i] as number];
      if (!(Math.abs(x - y) >= 0)) return Infinity;
      scale = Math.max(scale, Math.abs(y));
      difference = Math.max(difference, Math.abs(x - y));
    }
    worst = Math.max(worst, difference / scale);
  }
  return worst;
}
