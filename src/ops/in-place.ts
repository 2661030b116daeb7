/**
 * Nodes replaced where they stand: an emitter for what takes a node's place, and the replacement of everything that draws random
 * numbers, which is what makes an unsharded model and its plan draw the same ones.
 */
import { generatedLocation } from "../diagnostics/location.ts";
import { GraphBuilder } from "../ir/builder.ts";
import { valueOf, type Graph, type Node } from "../ir/graph.ts";
import { forgetUndefined, renameOutputs, renameUses } from "../ir/rewrite.ts";
import { at } from "../support/collections.ts";
import { GraphEmitter } from "./emitter.ts";
import { Inference } from "./infer.ts";
import { drawOf } from "./random.ts";
import type { SimplifyEmitter } from "./simplification.ts";

export interface Place {
  readonly builder: GraphBuilder;
  /** Is told of all that is emitted. */
  readonly inference: Inference;
  /** The node that is replaced: its place, module, layer and stage. */
  readonly node: Node;
  /** Who replaces it, for locations. */
  readonly by: string;
  /** Called with every source that is added. */
  readonly onSource?: (value: string) => void;
}

/** Emits what replaces a node. */
export function emitterInPlace({ builder, inference, node, by, onSource }: Place): SimplifyEmitter {
  const before = { nodes: builder.nodes.length, sources: builder.sources.length };
  const g = GraphEmitter.forPass(builder, by, node.location, {
    prefix: node.name,
    module: node.module,
    ...(node.layer === undefined ? {} : { layer: node.layer }),
    ...(node.stage === undefined ? {} : { stage: node.stage }),
    ...(node.phase === undefined ? {} : { phase: node.phase }),
  });
  const seen = <T>(result: T): T => {
    for (; before.sources < builder.sources.length; before.sources++) {
      const source = at(builder.sources, before.sources);
      onSource?.(source.value);
      inference.source(source, builder.value(source.value).type);
    }
    for (; before.nodes < builder.nodes.length; before.nodes++) {
      const added = at(builder.nodes, before.nodes);
      inference.node(
        added,
        added.outputs.map((output) => builder.value(output).type),
        [],
      );
    }
    return result;
  };
  return {
    op: (...args) => seen(g.op(...args)),
    ops: (...args) => seen(g.ops(...args)),
    constant: (data) => seen(g.constant(data)),
    ints: (values) => seen(g.ints(values)),
    scalar: (dtype, value) => seen(g.scalar(dtype, value)),
    type: (value) => g.type(value),
    random: (type, recipe) => {
      const value = builder.freshName(`${node.name}.${recipe.kind === "bernoulli" ? "mask" : recipe.kind}`);
      const location = generatedLocation(by, [node.location]);
      return seen(builder.addSource({ kind: "random", value, location, recipe }, { name: value, type }));
    },
  };
}

/** The graph with random sources for what draws random numbers; the same object where nothing does. */
export function withRandomSources(graph: Graph): Graph {
  const builder = new GraphBuilder(graph.name, graph);
  const inference = new Inference(graph);
  const renames = new Map<string, string>();
  for (const original of graph.nodes) {
    const node = renameUses(original, renames);
    const values = node.outputs.map((output) => valueOf(graph, output));
    const draw = drawOf(inference.call(node));
    if (draw === undefined) {
      builder.addNode(node, values);
      inference.node(
        node,
        values.map((value) => value.type),
        [],
      );
      continue;
    }
    const results = draw(emitterInPlace({ builder, inference, node, by: "verify" }), node.inputs);
    node.outputs.forEach((output, i) => renames.set(output, at(results, i)));
  }
  if (renames.size === 0) return graph;
  const { name: _, sources: _s, nodes: _n, outputs, values: _v, ...rest } = graph;
  return forgetUndefined(builder.finish(renameOutputs(outputs, renames), rest), renames);
}
