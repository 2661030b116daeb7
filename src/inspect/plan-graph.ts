/** The compiled graph of a plan, read once. */
import type { Graph } from "../ir/graph.ts";
import { parseGraph } from "../ir/text/parse.ts";
import type { Plan } from "../plan/plan.ts";

const graphs = new WeakMap<Plan, Graph>();

export function graphOf(plan: Plan): Graph {
  let graph = graphs.get(plan);
  if (graph === undefined) graphs.set(plan, (graph = parseGraph(plan.graph, `${plan.model}.graph`)));
  return graph;
}
