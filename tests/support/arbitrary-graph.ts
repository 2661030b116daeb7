/**
 * Random well-typed graphs over many operators, small enough to interpret: what a fast-check property is stated about.
 *
 * A recipe is plain numbers, so that it shrinks: steps vanish, choices go to 0. `buildGraph` reads it the same way for every
 * batch size, so that a sample-wise recipe gives the whole batch's graph and a micro-batch's. Values stay of order one and
 * decisions (comparisons, maxima) are taken on exact numbers only: rounding in another order never flips a result.
 */
import * as fc from "fast-check";
import { typeOf } from "../../src/ir/graph.ts";
import type { Mesh } from "../../src/ir/layout.ts";
import type { TensorType } from "../../src/ir/types.ts";
import type { Dense } from "../../src/ops/contract.ts";
import { product } from "../../src/support/collections.ts";
import { compute } from "./arbitrary-compute.ts";
import { movement } from "./arbitrary-movement.ts";
import { GraphMaker, type BuiltGraph, type Recipe, type Step } from "./graph-maker.ts";

interface RecipeOptions {
  readonly steps?: readonly [number, number];
  readonly sampleWise?: boolean;
  readonly hints?: boolean;
}

const numbers = (length: number) => fc.array(fc.nat(999), { minLength: length, maxLength: length });

export function recipes(options: RecipeOptions = {}): fc.Arbitrary<Recipe> {
  const [minLength, maxLength] = options.steps ?? [5, 25];
  return fc.record({
    sampleWise: options.sampleWise === undefined ? fc.boolean() : fc.constant(options.sampleWise),
    sources: fc.array(numbers(6), { minLength: 2, maxLength: 5 }),
    steps: fc.array(fc.record({ op: fc.nat(999), choices: numbers(14) }), { minLength, maxLength }),
    outputs: fc.array(fc.nat(999), { maxLength: 3 }),
    layers: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 6 })),
    hints:
      options.hints === false
        ? fc.constant([])
        : fc.oneof(fc.constant([]), fc.array(numbers(5), { maxLength: 5 })),
  });
}

/** `batch` is the length of the batch axis of a sample-wise recipe. */
export function buildGraph(recipe: Recipe, batch: number, mesh: Mesh): BuiltGraph {
  const made = new GraphMaker(recipe, batch, mesh);
  recipe.steps.forEach((step, i) => made.step(stepOf(step.op), step.choices, layerAt(recipe, i)));
  return made.finish();
}

function layerAt({ layers }: Recipe, step: number): number | undefined {
  if (layers === 0) return undefined;
  // Some nodes stand outside layers, at the beginning, at the end and between.
  return step % 7 === 3 ? undefined : Math.floor(step / layers);
}

const steps = { ...compute, ...movement };

/** In the order of their numbers in a recipe; what is frequent stands twice. */
const kinds = [
  "unary",
  "exact-unary",
  "clip",
  "binary",
  "binary",
  "twice",
  "variadic",
  "divide",
  "scale",
  "matmul-weight",
  "matmul-weight",
  "matmul",
  "vector-matmul",
  "gemm",
  "einsum",
  "reduce",
  "reduce",
  "softmax",
  "norm",
  "merge",
  "part",
  "reshape",
  "flatten",
  "transpose",
  "concat",
  "split",
  "slice",
  "gather",
  "gather-constant",
  "one-hot",
  "where",
  "dropout",
  "compare",
  "logic",
  "integer",
  "integer-reduce",
  "cast",
  "expand",
  "tile",
  "pad",
  "unsqueeze",
  "squeeze",
  "topk",
  "arg",
  "cumsum",
  "trilu",
  "conv",
  "pool",
  "loss",
] as const satisfies readonly (keyof typeof steps)[];

function stepOf(op: number): Step {
  return steps[kinds[op % kinds.length] as (typeof kinds)[number]];
}

/** Values for inputs, parameters and masks: f32 numbers in [-1, 1], indices within their bounds; different in every element. */
export function feedsFor({ graph, bounds }: BuiltGraph, seed = 1): Map<string, Dense> {
  const feeds = new Map<string, Dense>();
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  for (const source of graph.sources) {
    if (source.kind === "constant" || source.kind === "rank") continue;
    const { dtype, shape } = typeOf(graph, source.value) as TensorType;
    const [low, high] = bounds.get(source.value) ?? (dtype === "bool" ? [0, 1] : [-3, 3]);
    const draw =
      dtype === "f32" ? () => Math.fround(2 * next() - 1) : () => low + Math.floor(next() * (high - low + 1));
    const known = shape as readonly number[];
    feeds.set(source.value, {
      dtype,
      shape: known,
      data: Float64Array.from({ length: product(known) }, draw),
    });
  }
  return feeds;
}
