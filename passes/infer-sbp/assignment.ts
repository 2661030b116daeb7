/** A complete choice of layouts, and the layouts of values that it says. */
import type { Graph } from "../../src/ir/graph.ts";
import { broadcast, type NdSbp } from "../../src/ir/layout.ts";
import type { Candidate } from "./candidates.ts";

export interface Assignment {
  /** In the order of the graph's nodes. */
  readonly nodes: readonly Candidate[];
  /** Layouts in which sources are held. */
  readonly sources: ReadonlyMap<string, NdSbp>;
  /** Layouts in which the graph's outputs are given, by value, where they may be made partial. */
  readonly outputs: ReadonlyMap<string, NdSbp>;
}

/** The layout of every value. */
export function layoutsOf(graph: Graph, assignment: Assignment): Map<string, NdSbp> {
  const layouts = new Map(assignment.sources);
  graph.nodes.forEach((node, i) => {
    node.outputs.forEach((name, k) => layouts.set(name, assignment.nodes[i]?.signature.outputs[k] as NdSbp));
  });
  return layouts;
}

/** A source is never partial: where that is wanted it is held whole. */
export function heldFor(wanted: NdSbp): NdSbp {
  return wanted.some((sbp) => sbp.kind === "P")
    ? wanted.map((sbp) => (sbp.kind === "P" ? broadcast : sbp))
    : wanted;
}
