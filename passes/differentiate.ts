/**
 * Adds the backward pass of a training step: the gradient of the loss with respect to every parameter, by reverse mode
 * (`src/ops/reverse`), as ordinary operators.
 *
 *   before   %l = SoftmaxCrossEntropyLoss(%y, %t);  return loss=%l
 *   after    …;  %gw = MatMul(…) phase weight;  %w.grad = sbpc.Accumulate(%gw) {parameter="w"};  return loss=%loss.total
 *
 * 1  Micro-batches. The loss of a step is the mean of its micro-batches' losses, weighted by 1 / m, or, where they are of unlike
 *    lengths (`mask-padding`), by their share of the samples. Where it is a mean over labels that count (`src/ops/counted-means`)
 *    it is weighted by their number instead, and the sums are divided by its sum.
 * 2  Phases. What carries the gradient back towards the inputs is phase `input`, the rest is `weight`: a pipeline schedule may
 *    run them apart. A node of the backward pass is on the stage of the forward node that it differentiates.
 *    Statistics of data seen before (running means and variances) are no parameters to descend along: they stay as they are.
 * 3  Under fp16 the gradient that the backward pass starts from is multiplied by the state `optimizer.loss_scale`, and what it
 *    gives for parameters is divided by it before it is accumulated.
 * 4  A parameter used on several stages has one accumulated gradient per stage, which the update phase adds up.
 * 5  Layouts asked of values and parameters advise the layouts of their gradients (`reverse`, `adviceFor`).
 *
 * Does nothing unless the options ask for training. Linear in the nodes.
 */
import { fail } from "../src/diagnostics/diagnostic.ts";
import { generatedLocation } from "../src/diagnostics/location.ts";
import { GraphBuilder } from "../src/ir/builder.ts";
import {
  consumers,
  producers,
  typeOf,
  valueOf,
  type Graph,
  type Node,
  type NodePhase,
} from "../src/ir/graph.ts";
import { accumulateOp, firstLossScale, gradientOp, lossScaleState } from "../src/ir/step-node.ts";
import { partial, type LayoutHint } from "../src/ir/layout.ts";
import { parseHint } from "../src/ir/text/parse.ts";
import { dataTypes, isFloat, printType, tensorType, type DataType } from "../src/ir/types.ts";
import {
  castLike,
  countedMeans,
  emitterBeside,
  emitTotal,
  emitWeight,
  refuseMixed,
  shapeLike,
  type CountedMean,
  type StepWeight,
} from "../src/ops/counted-means.ts";
import { GraphEmitter } from "../src/ops/emitter.ts";
import { findOp } from "../src/ops/registry.ts";
import { expandComposed, reverse, type Reversed } from "../src/ops/reverse.ts";
import { validSource, type Dealing } from "../src/plan/micro-batches.ts";
import type { TrainOptions } from "../src/plan/plan.ts";
import { definePass, type PassContext } from "./pass.ts";

const passName = "differentiate";

export const differentiate = definePass({
  name: passName,
  summary: "Adds the backward pass: the gradient of the loss with respect to every parameter.",
  requires: ["typed", "static", "staged"],
  ensures: [],
  breaks: ["canonical", "no-dead-nodes"],
  run(compilation, context) {
    const { train } = context.options;
    if (train === undefined) return compilation;
    return { ...compilation, graph: withGradients(compilation.graph, train, context) };
  },
});

function withGradients(forward: Graph, train: TrainOptions, context: PassContext): Graph {
  const loss = lossOf(forward, train);
  const wanted = trainedOf(forward);
  const graph = expandComposed(forward, loss, wanted, passName);
  // An operator that was replaced by its composition may have made the loss.
  const result = lossOf(graph, train);
  const builder = new GraphBuilder(graph.name, graph);
  for (const node of graph.nodes)
    builder.addNode(
      node,
      node.outputs.map((name) => valueOf(graph, name)),
    );
  const maker = producers(graph).get(result);
  const g = emitterBeside(builder, passName, maker, train.loss);
  const mean = countedMeans(graph, context.batchAxes).get(result);
  const weight = weightOf(builder, g, train.loss, result, mean, context.options);
  const total = emitTotal(builder, g, passName, result, weight);
  const scale = train.precision === "fp16" ? lossScale(builder) : undefined;
  const seed = scale === undefined ? weight.value : g.op("Mul", [weight.value, scale]);
  const boundary = builder.nodes.length;
  const advice = adviceFor(graph);
  const reversed = reverse(builder, { result, called: train.loss, seed, wanted, advice, by: passName });
  if (reversed.gradients.size === 0) fail("loss-without-parameters", { loss: train.loss }, maker?.location);
  const phases = phasesOf(builder.nodes.slice(boundary), reversed);
  const accumulated = builder.nodes.length;
  accumulateAll(builder, reversed, weight.divisor, scale);
  const { layers, layerStages, mesh, opsets } = graph;
  const outputs = graph.outputs.map((output) =>
    output.name === train.loss ? { ...output, value: total } : output,
  );
  const joint = builder.finish(outputs, {
    ...(layers === undefined ? {} : { layers }),
    ...(layerStages === undefined ? {} : { layerStages }),
    ...(mesh === undefined ? {} : { mesh }),
    ...(opsets === undefined ? {} : { opsets }),
  });
  const nodes = joint.nodes.map((node, i) =>
    i < boundary || i >= accumulated ? node : { ...node, phase: phases[i - boundary] as NodePhase },
  );
  return withHints({ ...joint, nodes });
}

/** Parameters of floats, but for statistics that operators are given. */
function trainedOf(graph: Graph): Set<string> {
  const uses = consumers(graph);
  return new Set(
    graph.sources.flatMap(({ kind, value }) => {
      const type = typeOf(graph, value);
      if (kind !== "parameter" || type.kind !== "tensor" || !isFloat(type.dtype)) return [];
      const own = uses.get(value) ?? [];
      const isStatistic =
        own.length > 0 &&
        own.every(({ node, index }) => findOp(node.op)?.statistics?.includes(index) === true);
      return isStatistic ? [] : [value];
    }),
  );
}

/**
 * Layouts advised for the gradients of sources, where something was asked of the source. Along mesh axes of data parallelism, which
 * split what is computed but no parameter, they are sums over the devices' items and stay partial, so that they are reduced once
 * in a step; along the others they lie like the parameter.
 */
function adviceFor(graph: Graph): Map<string, LayoutHint> {
  const sources = new Set(graph.sources.map(({ value }) => value));
  const parameters = new Set(
    graph.sources.flatMap(({ kind, value }) => (kind === "parameter" ? [value] : [])),
  );
  const splitting = (of: (value: string) => boolean) =>
    new Set(
      [...graph.values].flatMap(([value, { hint }]) =>
        hint === undefined || !of(value)
          ? []
          : hint.sbp.filter(({ sbp }) => sbp.kind === "S").map(({ axis }) => axis),
      ),
    );
  const splitParameters = splitting((value) => parameters.has(value));
  const data = [...splitting((value) => !sources.has(value))].filter((axis) => !splitParameters.has(axis));
  return new Map(
    [...parameters].flatMap((value) => {
      const { hint } = valueOf(graph, value);
      if (hint === undefined) return [];
      const like = hint.sbp.filter(({ axis }) => !data.includes(axis));
      const sbp = [...data.map((axis) => ({ axis, sbp: partial() })), ...like];
      return sbp.length === 0 ? [] : [[value, { strength: "soft", sbp }]];
    }),
  );
}

/** The value of the loss. Errors: loss-missing, loss-not-scalar. */
function lossOf(graph: Graph, { loss }: TrainOptions): string {
  const output = graph.outputs.find(({ name }) => name === loss);
  if (output === undefined)
    return fail("loss-missing", { loss, outputs: graph.outputs.map(({ name }) => name).join(", ") });
  const type = typeOf(graph, output.value);
  const isScalar = type.kind === "tensor" && isFloat(type.dtype) && type.shape.every((size) => size === 1);
  if (!isScalar) {
    const location = producers(graph).get(output.value)?.location;
    fail("loss-not-scalar", { loss, type: printType(type) }, location);
  }
  return output.value;
}

/** The state that gradients are multiplied by on their way, so that they do not vanish in f16; `update-parameters` adapts it. */
function lossScale(builder: GraphBuilder): string {
  return builder.addSource(
    {
      kind: "parameter",
      value: lossScaleState,
      location: generatedLocation(passName, []),
      initializer: { kind: "constant", value: firstLossScale },
      stateOf: "",
      module: "",
    },
    { name: lossScaleState, type: tensorType("f32", []) },
  );
}

/** What a micro-batch's loss, and so its gradient, is multiplied by. Error: mean-uncountable. */
function weightOf(
  builder: GraphBuilder,
  g: GraphEmitter,
  name: string,
  loss: string,
  mean: CountedMean | undefined,
  dealing: Dealing,
): StepWeight {
  // One micro-batch is the whole step, whatever its loss is.
  if (mean === undefined || (mean.mixedAt !== undefined && dealing.microbatches === 1))
    return {
      value: shapeLike(g, shareIn(builder, g, g.type(loss).dtype, dealing), loss),
      divisor: undefined,
    };
  if (mean.mixedAt !== undefined) return refuseMixed(name, mean, mean.mixedAt, dealing.microbatches);
  return emitWeight(builder, g, passName, name, loss, mean);
}

/** A micro-batch's part of the samples of a step. */
function shareIn(
  builder: GraphBuilder,
  g: GraphEmitter,
  dtype: DataType,
  { microbatches, samples }: Dealing,
): string {
  if (samples === undefined || !builder.has(validSource)) return g.scalar(dtype, 1 / microbatches);
  const valid = g.op("Cast", [validSource], { to: dataTypes[dtype][0] });
  return g.op("Div", [g.op("ReduceSum", [valid], { keepdims: 0 }), g.scalar(dtype, samples)]);
}

/** `input` for what the gradients of values that depend on the inputs are made from, `weight` for the rest. */
function phasesOf(backward: readonly Node[], { carried }: Reversed): NodePhase[] {
  const needed = new Set(carried);
  const phases: NodePhase[] = backward.map(() => "weight");
  for (let i = backward.length - 1; i >= 0; i--) {
    const node = backward[i] as Node;
    if (!node.outputs.some((output) => needed.has(output))) continue;
    phases[i] = "input";
    for (const name of node.inputs) if (name !== null) needed.add(name);
  }
  return phases;
}

/** One accumulated gradient per parameter and stage, and their sum on the earliest, as `<parameter>.grad`. */
function accumulateAll(
  builder: GraphBuilder,
  { gradients }: Reversed,
  divisor: string | undefined,
  scale: string | undefined,
): void {
  for (const source of builder.sources) {
    const terms = gradients.get(source.value);
    if (terms === undefined) continue;
    const at = (stage: number | undefined, phase: NodePhase) =>
      new GraphEmitter(builder, {
        location: generatedLocation(passName, [source.location]),
        prefix: `${source.value}.grad`,
        phase,
        ...(stage === undefined ? {} : { stage }),
        ...(source.kind !== "parameter" ? {} : { module: source.module }),
      });
    const sums = terms.map(({ stage, value }) => {
      const g = at(stage, "weight");
      const unscaled = scale === undefined ? value : g.op("Div", [value, castLike(g, scale, value)]);
      return { stage, value: g.op(accumulateOp, [unscaled]) };
    });
    const home = at(sums.at(-1)?.stage, "update");
    const sum = sums.map(({ value }) => value).reduce((a, b) => home.op("Add", [a, b]));
    const mean = divisor === undefined ? sum : home.op("Div", [sum, castLike(home, divisor, sum)]);
    home.op(gradientOp, [mean], { parameter: source.value });
  }
}

/** The graph with the hints that gradients are asked in: what `toGlobal({ gradSbp })` says. */
function withHints(graph: Graph): Graph {
  const values = new Map(graph.values);
  for (const node of graph.nodes) {
    const { sbp } = node.attributes;
    const [output] = node.outputs;
    if (node.op !== "sbpc.ToGlobal" || typeof sbp !== "string" || output === undefined) continue;
    values.set(output, { ...valueOf(graph, output), hint: parseHint(`hard ${sbp}`) });
  }
  return { ...graph, values };
}
