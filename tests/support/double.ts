/** A graph with every f32 in it as f64: what is left of a difference is then no rounding of f32. */
import type { Graph } from "../../src/ir/graph.ts";
import { parseGraph } from "../../src/ir/text/parse.ts";
import { printGraph } from "../../src/ir/text/print.ts";
import { dataTypes } from "../../src/ir/types.ts";

export function doubled(graph: Graph): Graph {
  const text = printGraph(graph)
    .replaceAll(/\bf32\[/g, "f64[")
    .replaceAll(`{to=${dataTypes.f32[0]}}`, `{to=${dataTypes.f64[0]}}`);
  return parseGraph(text);
}
