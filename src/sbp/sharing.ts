/** In a training step: how often a node runs, and which takers of a value share its boxing. */
import type { Node } from "../ir/graph.ts";

/** How often a node runs, of the micro-batches of a step. */
export function frequencyOf(node: Node, microbatches: number): number {
  return node.phase === "update" ? 1 / microbatches : 1;
}

/**
 * What tells apart the takers of a value on one stage that do not share its boxing: those of the update phase, and of a source
 * those of the forward and of the backward pass. What is gathered of a parameter is not kept from the one to the other.
 */
export function sharingGroup(node: Node, ofSource: boolean): string {
  if (node.phase === "update") return "update";
  return ofSource && node.phase !== undefined ? "backward" : "";
}
