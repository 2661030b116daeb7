/**
 * Where a step has several micro-batches, makes outputs that are means over labels that count (`src/ops/counted-means`) those of the
 * whole step, once in a step. Other outputs are joined when they are handed over: along their batch axis, or averaged by samples.
 *
 *   before   %l = SoftmaxCrossEntropyLoss(%y, %t) {ignore_index=-1};  return l=%l
 *   after    …;  %p = Mul(%l, %n);  %s = sbpc.Accumulate(%p);  %c = sbpc.Accumulate(%n);  %m = Div(%s, %c) phase update;  return l=%m
 *
 * The loss that is trained is left to `differentiate`, which weighs its gradients alike. Error: mean-uncountable.
 */
import { GraphBuilder } from "../src/ir/builder.ts";
import { producers, valueOf, type Graph, type GraphOutput } from "../src/ir/graph.ts";
import { countedMeans, emitterBeside, emitTotal, emitWeight, refuseMixed } from "../src/ops/counted-means.ts";
import { definePass, type PassContext } from "./pass.ts";

const passName = "average-outputs";

export const averageOutputs = definePass({
  name: passName,
  summary: "Averages outputs that are means over labels that count over the labels of all micro-batches.",
  requires: ["typed", "static", "staged"],
  ensures: [],
  breaks: ["canonical"],
  run(compilation, context) {
    if (context.options.microbatches === 1) return compilation;
    const graph = withAverages(compilation.graph, context);
    return graph === compilation.graph ? compilation : { ...compilation, graph };
  },
});

function withAverages(graph: Graph, { options, batchAxes }: PassContext): Graph {
  const means = countedMeans(graph, batchAxes);
  const isAveraged = ({ name, value }: GraphOutput) => means.has(value) && name !== options.train?.loss;
  if (!graph.outputs.some(isAveraged)) return graph;
  const builder = new GraphBuilder(graph.name, graph);
  for (const node of graph.nodes)
    builder.addNode(
      node,
      node.outputs.map((name) => valueOf(graph, name)),
    );
  const makers = producers(graph);
  const outputs = graph.outputs.map((output): GraphOutput => {
    const { name, value } = output;
    const mean = means.get(value);
    if (mean === undefined || !isAveraged(output)) return output;
    // Means that lie along the batch axis are joined there, and are none over the labels of all.
    const mixedAt = mean.mixedAt ?? ((batchAxes.get(name) ?? null) === null ? undefined : makers.get(value));
    if (mixedAt !== undefined) return refuseMixed(name, mean, mixedAt, options.microbatches);
    const g = emitterBeside(builder, passName, makers.get(value), value);
    const weight = emitWeight(builder, g, passName, value, value, mean);
    return { ...output, value: emitTotal(builder, g, passName, value, weight) };
  });
  const { name: _, sources: _s, nodes: _n, outputs: _o, values: _v, ...rest } = graph;
  return builder.finish(outputs, rest);
}
