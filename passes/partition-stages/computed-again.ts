/**
 * What a segment computes for itself rather than take it: what is cheaply computed from sources alone (masks, positions,
 * indices), and what cannot be kept between segments (sequences, optionals, strings).
 */
import { captures, valueOf, type Node } from "../../src/ir/graph.ts";
import { stepActionOf } from "../../src/ir/step-node.ts";
import { byteSize, isKeepable, isStatic } from "../../src/ir/types.ts";
import { isCommunication } from "../../src/sbp/boxing-node.ts";
import type { StageNodes } from "./stage-nodes.ts";

/** The largest result, and the longest chain of nodes, that is computed again rather than kept. */
const cheapBytes = 64 * 1024;
const cheapChain = 16;

/** Nodes that are cheaply computed from sources alone, wherever they are needed. */
export function computedAgain(stage: StageNodes, pinned: ReadonlySet<string>): Map<Node, number> {
  const chains = new Map<Node, number>();
  for (const node of stage.nodes) {
    if (isCommunication(node) || stepActionOf(node) !== undefined || node.regions !== undefined) continue;
    if (node.outputs.some((output) => pinned.has(output) || !isCheap(stage, output))) continue;
    let chain = 1;
    for (const name of node.inputs) {
      const maker = name === null ? undefined : stage.makerOf(name);
      if (maker !== undefined) chain += chains.get(maker) ?? Infinity;
    }
    if (chain <= cheapChain && stage.flops(node, 0) <= cheapBytes) chains.set(node, chain);
  }
  return chains;
}

function isCheap({ graph }: StageNodes, value: string): boolean {
  const { type } = valueOf(graph, value);
  return isStatic(type) && type.kind === "tensor" && isKeepable(type) && byteSize(type) <= cheapBytes;
}

/** The nodes of a segment in order, with those computed again that they use, and those that make what cannot be kept for them. */
export function withComputedAgain(
  stage: StageNodes,
  segment: Iterable<Node>,
  again: ReadonlyMap<Node, number>,
): Node[] {
  const inside = new Set(segment);
  const pending = [...inside];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    for (const name of [...node.inputs, ...captures(node)]) {
      const maker = name === null ? undefined : stage.makerOf(name);
      if (name === null || maker === undefined || inside.has(maker)) continue;
      if (!again.has(maker) && isKeepable(valueOf(stage.graph, name).type)) continue;
      inside.add(maker);
      pending.push(maker);
    }
  }
  return [...inside].sort((a, b) => (stage.position.get(a) as number) - (stage.position.get(b) as number));
}
