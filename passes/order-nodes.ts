/**
 * Puts nodes in the order in which the stages run them: stages one after another, and within a stage in waves.
 *
 * A wave is the local work that is ready once the communications of the waves before are done, followed by the
 * communications that this work makes ready, adjacent to one another. So a stage has as few segments as its longest chain
 * of communications allows. Two refinements keep memory low: what depends on sources alone (their bytes are there
 * anyway) or on nothing of this stage (a receive) sinks to the latest wave that serves its first consumer. Within a wave
 * nodes stay in the order of the model.
 *
 *   before   %a = gather %w1;  %b = gather %w2;  %h = MatMul(%x, %a);  %s = all-reduce %h;  %y = MatMul(%s, %b)
 *   after    %a = gather %w1;  %h = MatMul(%x, %a);  %s = all-reduce %h;  %b = gather %w2;  %y = MatMul(%s, %b)
 *
 * Linear but for the sort.
 */
import { captures, producers, type Graph, type Node } from "../src/ir/graph.ts";
import { isCommunication } from "../src/sbp/boxing-node.ts";
import { definePass } from "./pass.ts";

export const orderNodes = definePass({
  name: "order-nodes",
  summary: "Orders nodes by stage and wave: local work first, then the communications that it makes ready.",
  requires: ["boxed"],
  ensures: [],
  run(compilation) {
    const graph = orderGraph(compilation.graph);
    return graph === compilation.graph ? compilation : { ...compilation, graph };
  },
});

/** The graph with its nodes in order; the same object where they were already. */
export function orderGraph(graph: Graph): Graph {
  const waves = wavesOf(graph);
  const key = graph.nodes.map((node, i) => ({
    node,
    stage: node.stage ?? 0,
    late: isCommunication(node) ? 1 : 0,
    wave: waves[i] as number,
    i,
  }));
  key.sort((a, b) => a.stage - b.stage || a.wave - b.wave || a.late - b.late || a.i - b.i);
  return key.every(({ i }, position) => i === position)
    ? graph
    : { ...graph, nodes: key.map(({ node }) => node) };
}

/** The wave of every node within its stage, by position in the graph. */
function wavesOf(graph: Graph): number[] {
  const { nodes } = graph;
  const makers = producers(graph);
  const position = new Map(nodes.map((node, i) => [node, i]));
  /** Positions of the nodes of the same stage that a node takes values from; none for a receive. */
  const before = nodes.map((node) => {
    const found = new Set<number>();
    for (const name of [...node.inputs, ...captures(node)]) {
      const maker = name === null ? undefined : makers.get(name);
      if (maker !== undefined && (maker.stage ?? 0) === (node.stage ?? 0))
        found.add(position.get(maker) as number);
    }
    return [...found];
  });

  const waves = nodes.map(() => 0);
  /** Whether a node depends on sources alone, or is a receive, or both through others: it may wait for its consumers. */
  const mayWait = nodes.map(() => true);
  nodes.forEach((node, i) => {
    for (const j of before[i] as number[]) {
      waves[i] = Math.max(
        waves[i] as number,
        (waves[j] as number) + (isCommunication(nodes[j] as Node) ? 1 : 0),
      );
    }
    mayWait[i] = (before[i] as number[]).every((j) => mayWait[j] === true && !isReceive(nodes[j] as Node));
  });

  const latest = nodes.map(() => Infinity);
  for (let i = nodes.length - 1; i >= 0; i--) {
    const sunk = latest[i] as number;
    if (mayWait[i] === true && sunk !== Infinity) waves[i] = Math.max(waves[i] as number, sunk);
    for (const j of before[i] as number[]) {
      const needed = (waves[i] as number) - (isCommunication(nodes[j] as Node) ? 1 : 0);
      latest[j] = Math.min(latest[j] as number, needed);
    }
  }
  return waves;
}

function isReceive(node: Node): boolean {
  return node.attributes["kind"] === "send" && isCommunication(node);
}
