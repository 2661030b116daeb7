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
import { GraphBuilder } from "../src/ir/builder.ts";
import { fail } from "../src/diagnostics/diagnostic.ts";
import {
  captures,
  producers,
  sourcesByValue,
  tensorTypeOf,
  typeOf,
  valueOf,
  type Graph,
  type GraphOutput,
  type Node,
} from "../src/ir/graph.ts";
import { broadcast, ndSbpEqual, partial } from "../src/ir/layout.ts";
import { isFloat, knownShape, printType } from "../src/ir/types.ts";
import { Call } from "../src/ops/call.ts";
import {
  countedMeans,
  emitSum,
  emitterBeside,
  emitTotal,
  emitWeight,
  refuseMixed,
} from "../src/ops/counted-means.ts";
import { gcd } from "../src/ops/movement.ts";
import { SampleSplits } from "../src/ops/sample-splits.ts";
import { at } from "../src/support/collections.ts";
import { definePass, type PassContext } from "./pass.ts";

const passName = "average-outputs";

export const averageOutputs = definePass({
  name: passName,
  summary: "Makes outputs that are means over labels that count, or counts, those of all micro-batches.",
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
  const isAxisLess = ({ name }: GraphOutput) => (batchAxes.get(name) ?? null) === null;
  const isAveraged = ({ name, value }: GraphOutput) => means.has(value) && name !== options.train?.loss;
  const isCount = (output: GraphOutput) =>
    isAxisLess(output) && !isFloat(tensorTypeOf(graph, output.value).dtype);
  const sums = graph.outputs.some(isCount) ? sumsOver(graph, batchAxes) : undefined;
  const isSummed = (output: GraphOutput) => isCount(output) && sums?.dependsOn(output.value) === true;
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
      const node = sums?.joinedAt(value) ?? maker;
      if (node !== undefined && sums?.isSum(value) !== true)
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

/** Which values depend on samples, which of them add up over samples, and what makes others that cannot be followed. */
function sumsOver(graph: Graph, batchAxes: ReadonlyMap<string, number | null>) {
  const lengths = graph.sources.flatMap(({ kind, value }) => {
    const axis = kind === "input" ? (batchAxes.get(value) ?? null) : null;
    return axis === null ? [] : [at(knownShape(tensorTypeOf(graph, value)), axis)];
  });
  // The samples of a micro-batch may have several rows each: how many they are does not matter here, but that they are split.
  const splits = new SampleSplits(graph, Math.max(2, lengths.reduce(gcd, 0)), batchAxes, (name) =>
    typeOf(graph, name),
  );
  const constants = sourcesByValue(graph);
  const lost = new Map<string, Node>();
  for (const node of graph.nodes) {
    const taken = [...node.inputs.filter((name) => name !== null), ...captures(node)];
    const from = taken.flatMap((name) => lost.get(name) ?? []).at(0);
    const laid = splits.inputsOf(node);
    const isCaptured = captures(node).some((name) => splits.of(name) !== undefined);
    if (from === undefined && laid === undefined && !isCaptured) continue;
    const call = Call.of(
      node,
      (name) => typeOf(graph, name),
      (name) => {
        const source = constants.get(name);
        return source?.kind === "constant" ? source.data : undefined;
      },
    );
    const outputs =
      from !== undefined || laid === undefined || isCaptured
        ? undefined
        : splits.signature(node, call, laid)?.outputs;
    node.outputs.forEach((name, i) => {
      if (outputs === undefined) lost.set(name, from ?? node);
      else splits.set(name, at(outputs, i));
    });
  }
  return {
    dependsOn: (name: string) => lost.has(name) || (splits.of(name) ?? broadcast).kind !== "B",
    isSum: (name: string) => ndSbpEqual([splits.of(name) ?? broadcast], [partial("sum")]),
    joinedAt: (name: string) => lost.get(name),
  };
}

function refuse(graph: Graph, { name, value }: GraphOutput, node: Node, microbatches: number): never {
  const type = printType(tensorTypeOf(graph, value));
  fail("output-unjoinable", { name, type, op: node.op, node: node.name, microbatches }, node.location);
}
