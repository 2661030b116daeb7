/**
 * Where a step has several micro-batches, makes outputs that these add up to those of the whole step, once in a step: means over
 * labels that count (`src/ops/counted-means`), and whole numbers that are sums over samples, such as how many were told right.
 * Other outputs are joined when they are handed over: along their batch axis, or averaged by samples where they are floats.
 *
 *   before   %l = SoftmaxCrossEntropyLoss(%y, %t) {ignore_index=-1};  return l=%l
 *   after    …;  %p = Mul(%l, %n);  %s = sbpc.Accumulate(%p);  %c = sbpc.Accumulate(%n);  %m = Div(%s, %c) phase update;  return l=%m
 *
 *   before   %n = ReduceSum(%right) : i64[];  return n=%n
 *   after    …;  %s = sbpc.Accumulate(%n);  %m = Identity(%s) phase update;  return n=%m
 *
 * The loss that is trained is left to `differentiate`, which weighs its gradients alike. Errors: mean-uncountable, output-unjoinable.
 */
import { fail } from "../src/diagnostics/diagnostic.ts";
import { GraphBuilder } from "../src/ir/builder.ts";
import { producers, typeOf, valueOf, type Graph, type GraphOutput, type Node } from "../src/ir/graph.ts";
import { parseGraph } from "../src/ir/text/parse.ts";
import { isFloat, printType } from "../src/ir/types.ts";
import {
  countedMeans,
  emitSum,
  emitterBeside,
  emitTotal,
  emitWeight,
  refuseMixed,
} from "../src/ops/counted-means.ts";
import { followSamples, type FollowedSamples } from "../src/ops/sample-splits.ts";
import { present } from "../src/support/assert.ts";
import { definePass, type PassContext } from "./pass.ts";

const passName = "join-outputs";

export const joinOutputs = definePass({
  name: passName,
  summary: "Makes outputs that are means over labels that count, or counts, those of all micro-batches.",
  requires: ["typed", "static", "staged"],
  ensures: [],
  breaks: ["canonical"],
  run(compilation, context) {
    if (context.options.microbatches === 1) return compilation;
    const graph = withJoined(compilation.graph, context);
    return graph === compilation.graph ? compilation : { ...compilation, graph };
  },
});

function withJoined(graph: Graph, { options, batchAxes, source }: PassContext): Graph {
  const means = countedMeans(graph, batchAxes);
  const isAxisLess = ({ name }: GraphOutput) => (batchAxes.get(name) ?? null) === null;
  const isAveraged = ({ name, value }: GraphOutput) => means.has(value) && name !== options.train?.loss;
  const isCount = (output: GraphOutput) => {
    const type = typeOf(graph, output.value);
    return isAxisLess(output) && !(type.kind === "tensor" && isFloat(type.dtype));
  };
  const joins = graph.outputs.some(isCount) ? joinsOf(source, batchAxes) : undefined;
  const isSummed = (output: GraphOutput) => isCount(output) && joins?.dependsOn(output.name) === true;
  if (!graph.outputs.some((output) => isAveraged(output) || isSummed(output))) return graph;
  const builder = new GraphBuilder(graph.name, graph);
  for (const node of graph.nodes)
    builder.addNode(
      node,
      node.outputs.map((name) => valueOf(graph, name)),
    );
  const makers = producers(graph);
  const outputs = graph.outputs.map((output): GraphOutput => {
    const { name, value } = output;
    const maker = makers.get(value);
    const g = () => emitterBeside(builder, passName, maker, value);
    if (isSummed(output)) {
      const node = joins?.lostAt(name) ?? maker;
      if (node !== undefined && joins?.isSum(name) !== true)
        refuse(graph, output, node, options.microbatches);
      return { ...output, value: emitSum(builder, g(), passName, value) };
    }
    const mean = means.get(value);
    if (mean === undefined || !isAveraged(output)) return output;
    // Means that lie along the batch axis are joined there, and are none over the labels of all.
    const mixedAt = mean.mixedAt ?? (isAxisLess(output) ? undefined : maker);
    if (mixedAt !== undefined) return refuseMixed(name, mean, mixedAt, options.microbatches);
    const emitter = g();
    const weight = emitWeight(builder, emitter, passName, value, value, mean);
    return { ...output, value: emitTotal(builder, emitter, passName, value, weight) };
  });
  const { name: _, sources: _s, nodes: _n, outputs: _o, values: _v, ...rest } = graph;
  return builder.finish(outputs, rest);
}

/**
 * What becomes of samples in every output, by its name: followed through the model for the whole batch, as a micro-batch may have
 * one sample, whose axis nothing tells from one of size 1.
 */
function joinsOf(source: string, batchAxes: PassContext["batchAxes"]): FollowedSamples {
  const whole = parseGraph(source, "model.graph");
  const followed = followSamples(whole, batchAxes);
  const values = new Map(whole.outputs.map(({ name, value }) => [name, value]));
  const valueOfOutput = (name: string) =>
    present(values.get(name), "output of micro-batches alone", () => name);
  return {
    dependsOn: (name) => followed.dependsOn(valueOfOutput(name)),
    isSum: (name) => followed.isSum(valueOfOutput(name)),
    lostAt: (name) => followed.lostAt(valueOfOutput(name)),
  };
}

function refuse(graph: Graph, { name, value }: GraphOutput, node: Node, microbatches: number): never {
  const type = printType(typeOf(graph, value));
  fail("output-unjoinable", { name, type, op: node.op, node: node.name, microbatches }, node.location);
}
