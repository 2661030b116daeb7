/**
 * Puts nodes in the order in which the stages run them: stages one after another, and within a stage in waves.
 *
 * A wave is the local work that is ready once the communications of the waves before are done, followed by the
 * communications that this work makes ready, adjacent to one another, those of one kind within the same groups together. So a
 * stage has as few segments as its longest chain of communications allows, and `bucket-communications` finds what can go in one
 * exchange. Two refinements keep memory low: what depends on sources alone (their bytes are there anyway) or on nothing of this
 * stage (a receive) sinks to the latest wave that serves its first consumer. Within a wave nodes stay in the order of the model.
 *
 *   before   %a = gather %w1;  %b = gather %w2;  %h = MatMul(%x, %a);  %s = all-reduce %h;  %y = MatMul(%s, %b)
 *   after    %a = gather %w1;  %h = MatMul(%x, %a);  %s = all-reduce %h;  %b = gather %w2;  %y = MatMul(%s, %b)
 *
 * In a training step every phase of a stage has waves of its own: forward, backward towards the inputs, backward towards the
 * parameters (one phase where the schedule does not part them), update. What is accumulated comes last in its wave, and
 * parameters get their next values at the very end. Where activations are recomputed, every block of the backward pass begins a
 * wave, so that what is computed again for one block is not there before the block behind it is done. Waves of the update phase count communications along the whole way through
 * all stages, so that the stages, which wait for one another there, agree on one order.
 *
 * Linear but for the sort.
 */
import { captures, producers, type Graph, type Node } from "../src/ir/graph.ts";
import { stepActionOf } from "../src/ir/step-node.ts";
import { splitsBackward } from "../src/schedule/step-order.ts";
import { isCommunication } from "../src/sbp/boxing-node.ts";
import { bucketKey } from "../src/sbp/bucket.ts";
import { definePass } from "./pass.ts";

export const orderNodes = definePass({
  name: "order-nodes",
  summary: "Orders nodes by stage and wave: local work first, then the communications that it makes ready.",
  requires: ["boxed"],
  ensures: [],
  run(compilation, { options }) {
    const { train } = options;
    const { blocks } = compilation;
    const graph = orderGraph(
      compilation.graph,
      train !== undefined && splitsBackward(train.schedule),
      blocks,
    );
    return graph === compilation.graph ? compilation : { ...compilation, graph };
  },
});

/** The graph with its nodes in order; the same object where they were already. */
export function orderGraph(
  graph: Graph,
  split = false,
  blocks: ReadonlyMap<string, number> = new Map(),
): Graph {
  const stages = graph.nodes.reduce((most, node) => Math.max(most, (node.stage ?? 0) + 1), 1);
  const parts = graph.nodes.map((node) => partOf(node, split, stages));
  const waves = wavesOf(graph, parts, blocks);
  const key = graph.nodes.map((node, i) => {
    const action = stepActionOf(node)?.kind;
    return {
      node,
      part: parts[i] as number,
      stage: node.stage ?? 0,
      late: action === "accumulate" ? 2 : isCommunication(node) ? 1 : 0,
      wave: action === "assign" ? Infinity : (waves[i] as number),
      alike: i,
      i,
    };
  });
  const firsts = new Map<string, number>();
  for (const one of key) {
    const alike = bucketKey(graph, one.node);
    if (alike === undefined) continue;
    const place = `${one.part} ${one.wave} ${one.stage} ${alike}`;
    one.alike = firsts.get(place) ?? one.i;
    firsts.set(place, one.alike);
  }
  const compare = (a: number, b: number) => (a === b ? 0 : a - b);
  key.sort(
    (a, b) =>
      a.part - b.part ||
      compare(a.wave, b.wave) ||
      a.late - b.late ||
      a.stage - b.stage ||
      a.alike - b.alike ||
      a.i - b.i,
  );
  return key.every(({ i }, position) => i === position)
    ? graph
    : { ...graph, nodes: key.map(({ node }) => node) };
}

/**
 * The part of a step that a node is in, as a number in whose order nothing is used before it is made: the stages' forward phases,
 * the backward phases from the last stage to the first, the update phase of all stages.
 */
function partOf({ phase, stage = 0 }: Node, split: boolean, stages: number): number {
  switch (phase) {
    case undefined:
      return stage;
    case "update":
      return 3 * stages;
    default:
      return stages + 2 * (stages - 1 - stage) + (phase === "weight" && split ? 1 : 0);
  }
}

/** The wave of every node within its part, by position in the graph. */
function wavesOf(graph: Graph, parts: readonly number[], blocks: ReadonlyMap<string, number>): number[] {
  const { nodes } = graph;
  const makers = producers(graph);
  const position = new Map(nodes.map((node, i) => [node, i]));
  const updates = nodes.map((node) => node.phase === "update");
  /** Positions of the nodes of the same part that a node takes values from. */
  const before = nodes.map((node, i) => {
    const found = new Set<number>();
    for (const name of [...node.inputs, ...captures(node)]) {
      const maker = name === null ? undefined : makers.get(name);
      const j = maker === undefined ? undefined : (position.get(maker) as number);
      if (j !== undefined && parts[j] === parts[i]) found.add(j);
    }
    return [...found];
  });

  /** Waves from a node to one that takes what it makes. */
  const distance = (from: number, to: number): number => {
    const [maker, taker] = [nodes[from] as Node, nodes[to] as Node];
    if (isCommunication(maker)) return 1;
    if (maker.phase === undefined || maker.phase === "update") return 0;
    const [a, b] = [blocks.get(maker.name), blocks.get(taker.name)];
    return a !== undefined && b !== undefined && a !== b ? 1 : 0;
  };

  const waves = nodes.map(() => 0);
  /** Whether a node depends on sources alone, or is a receive, or both through others: it may wait for its consumers. */
  const mayWait = nodes.map(() => true);
  nodes.forEach((node, i) => {
    for (const j of before[i] as number[]) {
      waves[i] = Math.max(waves[i] as number, (waves[j] as number) + distance(j, i));
    }
    mayWait[i] =
      updates[i] !== true &&
      (before[i] as number[]).every((j) => mayWait[j] === true && !isReceive(nodes[j] as Node));
  });

  const latest = nodes.map(() => Infinity);
  for (let i = nodes.length - 1; i >= 0; i--) {
    const sunk = latest[i] as number;
    if (mayWait[i] === true && sunk !== Infinity) waves[i] = Math.max(waves[i] as number, sunk);
    for (const j of before[i] as number[]) {
      const needed = (waves[i] as number) - distance(j, i);
      latest[j] = Math.min(latest[j] as number, needed);
    }
  }
  return waves;
}

function isReceive(node: Node): boolean {
  return node.attributes["kind"] === "send" && isCommunication(node);
}
