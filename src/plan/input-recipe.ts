/** How to make an input that the user does not give: of a kind and in a range that the model can take. */
import type { Graph, Node } from "../ir/graph.ts";
import { consumers, sourcesByValue, tensorTypeOf } from "../ir/graph.ts";
import { isKnown } from "../ir/dim.ts";
import { readNumber, type TypedArray } from "../ir/tensor-data.ts";
import { isInteger } from "../ir/types.ts";
import { findOp } from "../ops/registry.ts";
import type { InputRecipe } from "./random.ts";

/** Integers of an input that nothing bounds are 0 or 1: flags, segment numbers, masks. */
const unbounded = 2;

/**
 * A recipe per input of the graph: floats are N(0, 1), booleans fair coins, integers uniform in [0, n) with n the smallest
 * axis that they index (Gather, GatherElements, class labels of a loss, OneHot), followed through operators that only move
 * elements.
 */
export function inputRecipes(graph: Graph): Map<string, InputRecipe> {
  const uses = consumers(graph);
  const recipes = new Map<string, InputRecipe>();
  for (const source of graph.sources) {
    if (source.kind !== "input") continue;
    const { dtype } = tensorTypeOf(graph, source.value);
    if (dtype === "bool") recipes.set(source.value, { kind: "bernoulli", keep: 0.5 });
    else if (isInteger(dtype))
      recipes.set(source.value, {
        kind: "integer",
        low: 0,
        high: smallestIndexed(graph, source.value, uses),
      });
    else recipes.set(source.value, { kind: "normal" });
  }
  return recipes;
}

function smallestIndexed(graph: Graph, input: string, uses: ReturnType<typeof consumers>): number {
  let smallest = Infinity;
  const seen = new Set([input]);
  const pending = [input];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    for (const { node, index } of uses.get(value) ?? []) {
      smallest = Math.min(smallest, indexedBy(graph, node, index) ?? Infinity);
      const moved = node.op === "Cast" ? [0] : findOp(node.op)?.moves;
      if (moved === undefined || (moved !== "all" && !moved.includes(index))) continue;
      for (const output of node.outputs) {
        if (!seen.has(output)) {
          seen.add(output);
          pending.push(output);
        }
      }
    }
  }
  return Number.isFinite(smallest) ? smallest : unbounded;
}

/** Size of the axis that input `index` of the node picks from. */
function indexedBy(graph: Graph, node: Node, index: number): number | undefined {
  const axisSize = (input: number, axis: number): number | undefined => {
    const name = node.inputs[input];
    if (name == null) return undefined;
    const { shape } = tensorTypeOf(graph, name);
    const dim = shape[axis < 0 ? axis + shape.length : axis];
    return dim !== undefined && isKnown(dim) ? dim : undefined;
  };
  switch (node.op) {
    case "Gather":
    case "GatherElements": {
      const axis = node.attributes["axis"];
      return index === 1 ? axisSize(0, typeof axis === "number" ? axis : 0) : undefined;
    }
    case "SoftmaxCrossEntropyLoss":
    case "NegativeLogLikelihoodLoss":
      return index === 1 ? axisSize(0, 1) : undefined;
    case "OneHot": {
      const depth = sourcesByValue(graph).get(node.inputs[1] ?? "");
      if (index !== 0 || depth?.kind !== "constant" || depth.data.dtype === "string") return undefined;
      return readNumber(depth.data.dtype, depth.data.data as TypedArray, 0);
    }
    default:
      return undefined;
  }
}
