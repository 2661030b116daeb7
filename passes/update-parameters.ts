/**
 * Adds the update phase of a training step: from the gradients to the parameters and optimizer states of the next step.
 *
 *   before   %w.grad = sbpc.Gradient(…) {parameter="w"} phase update
 *   after    …;  %w1, %m1, %v1 = sbpc.AdamStep(%w, %w.grad, %w.exp_avg, %w.exp_avg_sq, …);  sbpc.Assign(%w, %w1), …
 *
 * 1  Scalars that change from step to step (learning rate, bias corrections) follow from `optimizer.step`, the number of steps
 *    done, a state in f64 that every stage keeps for itself.
 * 2  Clipping (`clipNorm`) scales all gradients by min(1, clipNorm / (norm + 1e-6)), the norm taken over all shards and stages.
 * 3  Under fp16 a step in which some gradient of some shard is not finite changes no parameter; the scale of the loss adapts.
 * 4  A parameter is updated on the first stage that has its gradient; other stages that use it are sent the new value.
 * 5  ZeRO is a matter of layouts (`update-parameters/zero`); the boxing that this takes is what the other passes insert anyway.
 *
 * Does nothing unless the options ask for training. Linear in the nodes.
 */
import type { DiagnosticSink } from "../src/diagnostics/diagnostic.ts";
import { tensorTypeOf, valueOf, type Graph, type Node, type Source } from "../src/ir/graph.ts";
import type { LayoutHint } from "../src/ir/layout.ts";
import { assignOp, gradientOp, lossScaleState } from "../src/ir/step-node.ts";
import { dataTypes, knownShape, type TensorType } from "../src/ir/types.ts";
import type { GraphEmitter } from "../src/ops/emitter.ts";
import { decayOf } from "../src/plan/plan.ts";
import { present } from "../src/support/assert.ts";
import { at } from "../src/support/collections.ts";
import { definePass } from "./pass.ts";
import { checkGradients } from "./update-parameters/gradient-checks.ts";
import { ScalarsByStage, typedScalar, type StageScalars } from "./update-parameters/stage-scalars.ts";
import { passName, UpdatePhase } from "./update-parameters/update-phase.ts";
import { ZeroHints } from "./update-parameters/zero.ts";

export const updateParameters = definePass({
  name: passName,
  summary: "Adds the update phase: the optimizer's step on every parameter, split as ZeRO asks.",
  requires: ["typed", "static", "staged"],
  ensures: [],
  run(compilation, { options, mesh, sink }) {
    const { train } = options;
    if (train === undefined) return compilation;
    return { ...compilation, graph: addUpdates(new UpdatePhase(compilation.graph, train, mesh), sink) };
  },
});

function addUpdates(phase: UpdatePhase, sink: DiagnosticSink): Graph {
  const { nodes, layers, layerStages, mesh, opsets } = phase.graph;
  for (const node of nodes)
    phase.builder.addNode(
      node,
      node.outputs.map((name) => valueOf(phase.graph, name)),
    );
  const gradients = nodes.filter((node) => node.op === gradientOp);
  const scalars = new ScalarsByStage(phase, checkGradients(phase, gradients));
  const zero = new ZeroHints(phase);
  for (const node of gradients) update(phase, scalars, zero, node);
  // A stage whose parameters are all updated elsewhere scales all the same.
  for (const stage of phase.stagesOf.get(lossScaleState) ?? []) scalars.of(stage);
  const axis = phase.mesh.axes.find(({ name }) => name === "dp");
  if (zero.whole.length > 0 && axis !== undefined)
    sink.report("zero-whole", { names: zero.whole.join(", "), axis: axis.name, devices: axis.size });
  return phase.builder.finish(phase.graph.outputs, {
    ...(layers === undefined ? {} : { layers }),
    ...(layerStages === undefined ? {} : { layerStages }),
    ...(mesh === undefined ? {} : { mesh }),
    ...(opsets === undefined ? {} : { opsets }),
  });
}

/** Updates the parameter of a gradient. */
function update(phase: UpdatePhase, all: ScalarsByStage, hints: ZeroHints, node: Node): void {
  const name = node.attributes["parameter"] as string;
  const source = present(phase.sources.get(name), "gradient of an unknown parameter", () => name);
  const type = tensorTypeOf(phase.graph, name);
  const stage = node.stage ?? 0;
  const g = phase.emitter(stage, name, source);
  const scalars = all.of(stage);
  let gradient = at(node.outputs, 0);
  if (scalars.clip !== undefined) {
    const factor =
      g.type(scalars.clip).dtype === type.dtype
        ? scalars.clip
        : g.op("Cast", [scalars.clip], { to: dataTypes[type.dtype][0] });
    gradient = g.op("Mul", [gradient, factor]);
  }
  const { zero } = phase.train;
  const hint = zero > 0 ? hints.splitAlongDp(name, knownShape(type)) : undefined;
  const stepped = step(phase, g, scalars, source, type, gradient, hint);
  const { isFinite } = scalars;
  const chosen = (next: string, before: string) =>
    isFinite === undefined ? next : g.op("Where", [isFinite, next, before]);
  const weight = chosen(stepped.weight, name);
  g.op(assignOp, [name, weight]);
  for (const [state, next] of stepped.states) g.op(assignOp, [state, chosen(next, state)]);
  for (const other of phase.stagesOf.get(name) ?? [])
    if (other !== stage) phase.emitter(other, name, source).op(assignOp, [name, weight]);
  if (hint === undefined) return;
  if (zero >= 2) hints.hintAccumulated(node, hint);
  if (zero >= 3) phase.builder.updateValue(name, { hint });
}

/** The parameter and its states after a step of the optimizer. */
function step(
  phase: UpdatePhase,
  g: GraphEmitter,
  scalars: StageScalars,
  source: Source,
  type: TensorType,
  gradient: string,
  hint: LayoutHint | undefined,
): { readonly weight: string; readonly states: readonly (readonly [string, string])[] } {
  const { optimizer } = phase.train;
  const name = source.value;
  const weightDecay = decayOf(optimizer, name);
  const state = (kind: string) => phase.state(`${name}.${kind}`, type, source, hint);
  const number = (value: number) => g.scalar("f64", value);
  const rate = () => scalars.learningRate;
  if (optimizer.kind === "sgd") {
    const { momentum, nesterov } = optimizer;
    const attributes = {
      weight_decay: { float: weightDecay },
      momentum: { float: momentum },
      nesterov: nesterov ? 1 : 0,
    };
    const inputs = [name, gradient, typedScalar(g, scalars, "rate", type, rate)];
    if (momentum === 0) return { weight: g.op("sbpc.SgdStep", inputs, attributes), states: [] };
    const buffer = state("momentum_buffer");
    const [weight, next] = g.ops("sbpc.SgdStep", [...inputs, buffer], attributes, 2);
    return { weight: weight as string, states: [[buffer, next as string]] };
  }
  const { beta1, beta2, epsilon, kind } = optimizer;
  const decoupled = kind === "adamw";
  const correction = (beta: number) => g.op("Sub", [number(1), g.op("Pow", [number(beta), scalars.step])]);
  const scaled = typedScalar(g, scalars, "scaled rate", type, () =>
    g.op("Div", [scalars.learningRate, correction(beta1)]),
  );
  const second = typedScalar(g, scalars, "correction", type, () =>
    g.op("Div", [number(1), g.op("Sqrt", [correction(beta2)])]),
  );
  const kept = decoupled ? weightDecay : 0;
  const decay = typedScalar(g, scalars, `decay ${kept}`, type, () =>
    g.op("Sub", [number(1), g.op("Mul", [scalars.learningRate, number(kept)])]),
  );
  const [m, v] = [state("exp_avg"), state("exp_avg_sq")];
  const [weight, nextM, nextV] = g.ops(
    "sbpc.AdamStep",
    [name, gradient, m, v, scaled, decay, second],
    {
      beta1: { float: beta1 },
      beta2: { float: beta2 },
      epsilon: { float: epsilon },
      weight_decay: { float: decoupled ? 0 : weightDecay },
    },
    3,
  );
  return {
    weight: weight as string,
    states: [
      [m, nextM as string],
      [v, nextV as string],
    ],
  };
}
