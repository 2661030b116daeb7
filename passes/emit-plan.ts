/**
 * Writes the plan: segment bodies as ONNX models (equal ones once), the communications with what they cost, where every
 * input, parameter and output lives, where each layout comes from, and what a step is predicted to take.
 *
 * Prediction: a stage takes the sum of its segments' nodes under the cost model, for its slowest class of devices, and of
 * its communications. A step of M micro-batches takes the sum of the stages once and the slowest stage M - 1 times.
 */
import type { CostModel } from "../src/cost/model.ts";
import { localWork } from "../src/cost/local-work.ts";
import {
  producers,
  sourcesByValue,
  tensorTypeOf,
  valueOf,
  type Graph,
  type Node,
  type NodeSignature,
} from "../src/ir/graph.ts";
import { devicesPerStage, printNdSbp, type Mesh } from "../src/ir/layout.ts";
import { printGraph } from "../src/ir/text/print.ts";
import { knownShape } from "../src/ir/types.ts";
import { encodeModel } from "../src/onnx/write.ts";
import { BodyTable } from "../src/plan/bodies.ts";
import { standsFor, type LocalStage, type StageProgram } from "../src/plan/local-stage.ts";
import {
  planVersion,
  type BoxingPlan,
  type MemoryPlan,
  type Plan,
  type PlanInput,
  type PlanOutput,
  type PlanParameter,
  type PlanRandom,
  type Prediction,
  type Provenance,
  type Slot,
  type StagePlan,
} from "../src/plan/plan.ts";
import { boxingStepOf, communicationOf } from "../src/sbp/boxing-node.ts";
import { present } from "../src/support/assert.ts";
import { groupBy, range, sum } from "../src/support/collections.ts";
import { definePass, type PassContext } from "./pass.ts";

export const emitPlan = definePass({
  name: "emit-plan",
  summary: "Writes the execution plan, with its bodies, costs and provenance.",
  requires: ["memory-planned"],
  ensures: ["planned"],
  run(compilation, context) {
    const { mesh, options, source } = context;
    const { graph } = compilation;
    const local = present(compilation.stages, "nothing is localized");
    const bodies = new BodyTable();
    const stages = local.map((stage) => emitStage(graph, stage, bodies));
    const boxing = emitBoxing(graph, mesh, context.costModel);
    const plan: Plan = {
      version: planVersion,
      model: graph.name,
      mesh,
      options,
      source,
      graph: printGraph({ ...graph, mesh }),
      stages,
      bodies: bodies.bodies,
      boxing,
      inputs: emitInputs(graph, stages, context),
      parameters: emitParameters(graph, stages),
      randoms: emitRandoms(graph, context),
      outputs: emitOutputs(graph, local, stages, context),
      provenance: emitProvenance(graph, compilation.layout?.reasons ?? new Map()),
      prediction: predict(graph, local, stages, boxing, context),
    };
    return { ...compilation, plan };
  },
});

function programOf(stage: LocalStage): StageProgram {
  return present(stage.program, "stage without a program");
}

function emitStage(graph: Graph, stage: LocalStage, bodies: BodyTable): StagePlan {
  const { slots, segments, actions, memory } = programOf(stage);
  const layers = graph.nodes.flatMap((node) =>
    node.stage === stage.stage && (node.layer ?? -1) >= 0 ? [node.layer as number] : [],
  );
  return {
    stage: stage.stage,
    layers: [...new Set(layers)].sort((a, b) => a - b),
    slots,
    segments: segments.map(({ graphs, ...segment }) => ({
      ...segment,
      bodies: graphs.map((one) => bodies.add(encodeModel(one))),
    })),
    actions,
    deviceClass: stage.deviceClass,
    memory: present(memory, "memory is not planned"),
  };
}

function emitBoxing(graph: Graph, mesh: Mesh, costModel: CostModel): BoxingPlan[] {
  return graph.nodes.flatMap((node): BoxingPlan[] => {
    const communication = communicationOf(node);
    if (communication === undefined) return [];
    const { kind, input, output, from, to, axes, fromStage, toStage } = communication;
    const type = tensorTypeOf(graph, output);
    const { bytes, seconds } = costModel.boxing(communication, type, mesh);
    const { dtype } = type;
    const shape = knownShape(type);
    return [
      {
        kind,
        input,
        output,
        dtype,
        shape,
        from,
        to,
        axes,
        fromStage,
        toStage,
        bytes,
        predictedSeconds: seconds,
        location: node.location,
      },
    ];
  });
}

// --- inputs and outputs

/** By source value, the stages that have a slot for it. */
function stagesHolding(stages: readonly StagePlan[], kind: Slot["kind"]): Map<string, number[]> {
  const held = stages.flatMap(({ stage, slots }) =>
    slots.filter((slot) => slot.kind === kind).map(({ name }) => ({ name, stage })),
  );
  return new Map(
    [...groupBy(held, ({ name }) => name)].map(([name, list]) => [name, list.map(({ stage }) => stage)]),
  );
}

function emitInputs(
  graph: Graph,
  stages: readonly StagePlan[],
  { batchAxes, mesh }: PassContext,
): PlanInput[] {
  const holding = stagesHolding(stages, "input");
  return graph.sources.flatMap((source): PlanInput[] => {
    if (source.kind !== "input") return [];
    const name = source.value;
    const layout = valueOf(graph, name).layout ?? mesh.axes.map(() => ({ kind: "B" }) as const);
    return [
      {
        name,
        type: tensorTypeOf(graph, name),
        layout,
        stages: holding.get(name) ?? [],
        batchAxis: batchAxes.get(name) ?? null,
      },
    ];
  });
}

function emitParameters(graph: Graph, stages: readonly StagePlan[]): PlanParameter[] {
  const holding = stagesHolding(stages, "parameter");
  return graph.sources.flatMap((source): PlanParameter[] => {
    if (source.kind !== "parameter") return [];
    const { layout } = valueOf(graph, source.value);
    const placements = (holding.get(source.value) ?? []).map((stage) => ({
      stage,
      layout: present(layout, "parameter without a layout", () => source.value),
    }));
    return [
      {
        name: source.value,
        type: tensorTypeOf(graph, source.value),
        initializer: source.initializer,
        placements,
      },
    ];
  });
}

function emitRandoms(graph: Graph, { batchAxes, options }: PassContext): PlanRandom[] {
  return graph.sources.flatMap((source): PlanRandom[] => {
    if (source.kind !== "random") return [];
    const known = batchAxes.get(source.value);
    const batchAxis = known === undefined ? (options.microbatches > 1 ? 0 : null) : known;
    return [
      { name: source.value, type: tensorTypeOf(graph, source.value), recipe: source.recipe, batchAxis },
    ];
  });
}

function emitOutputs(
  graph: Graph,
  local: readonly LocalStage[],
  stages: readonly StagePlan[],
  { batchAxes }: PassContext,
): PlanOutput[] {
  const slotOf = stages.map(({ slots }) => new Map(slots.map((slot, index) => [slot.name, index])));
  return graph.outputs.map(({ name, value }): PlanOutput => {
    const at = local.findIndex(
      ({ classes }) => classes[0]?.graph.outputs.some((output) => output.name === name) === true,
    );
    const stage = present(local[at], "output on no stage", () => name);
    const slot = present(slotOf[at]?.get(standsFor(stage, value)), "output without a slot", () => name);
    const layout = present(valueOf(graph, value).layout, "output without a layout", () => name);
    return {
      name,
      value,
      type: tensorTypeOf(graph, value),
      layout,
      stage: stage.stage,
      slot,
      batchAxis: batchAxes.get(name) ?? null,
    };
  });
}

// --- provenance

function emitProvenance(graph: Graph, reasons: ReadonlyMap<string, string>): Provenance[] {
  const makers = producers(graph);
  const sources = sourcesByValue(graph);
  return [...graph.values.keys()].map((value): Provenance => {
    const maker = makers.get(value);
    const location = maker?.location ?? sources.get(value)?.location ?? { kind: "unknown" };
    const reason =
      reasons.get(value) ??
      (maker === undefined ? "source" : boxingStepOf(maker) === undefined ? "follows" : "boxing");
    return {
      value,
      location,
      signature: maker?.signature === undefined ? "" : printSignature(maker.signature),
      reason,
    };
  });
}

function printSignature({ inputs, outputs }: NodeSignature): string {
  return `(${inputs.map((layout) => (layout === null ? "-" : printNdSbp(layout))).join(", ")}) -> (${outputs.map(printNdSbp).join(", ")})`;
}

// --- prediction

function predict(
  graph: Graph,
  local: readonly LocalStage[],
  stages: readonly StagePlan[],
  boxing: readonly BoxingPlan[],
  { mesh, costModel, options }: PassContext,
): Prediction {
  const sources = sourcesByValue(graph);
  const constantOf = (value: string) => {
    const source = sources.get(value);
    return source?.kind === "constant" ? source.data : undefined;
  };
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  const nodeSeconds = (node: Node, device: number): number => {
    const step = boxingStepOf(node);
    if (step !== undefined)
      return costModel.boxing(
        step,
        tensorTypeOf(graph, present(node.inputs[0], "boxing without an input")),
        mesh,
      ).seconds;
    const { flops, bytes, dtype } = localWork(graph, node, mesh, device, constantOf);
    return costModel.compute(flops, bytes, dtype);
  };
  const seconds = local.map((stage) => {
    const run = programOf(stage).segments.flatMap((segment) =>
      segment.nodes.map((name) => present(nodes.get(name), "segment of an unknown node")),
    );
    const perClass = stage.classes.map(({ devices }) =>
      sum(run.map((node) => nodeSeconds(node, devices[0] ?? 0))),
    );
    const communication = boxing
      .filter(({ toStage }) => toStage === stage.stage)
      .map(({ predictedSeconds }) => predictedSeconds);
    return Math.max(...perClass) + sum(communication);
  });
  const devices = range(devicesPerStage(mesh));
  const perRank = (figure: (stage: StagePlan, device: number) => number) =>
    stages.flatMap((stage) => devices.map((device) => figure(stage, device)));
  const memory = (stage: StagePlan, device: number) =>
    present(stage.memory[stage.deviceClass[device] ?? 0], "class without memory plan");
  return {
    stepSeconds: sum(seconds) + (options.microbatches - 1) * Math.max(...seconds),
    flops: perRank(
      (stage, device) =>
        options.microbatches * sum(stage.segments.map((segment) => segment.flops[device] ?? 0)),
    ),
    parameterBytes: perRank((stage, device) => memory(stage, device).parameterBytes),
    peakMemoryBytes: perRank((stage, device) => totalBytes(memory(stage, device))),
  };
}

function totalBytes({ parameterBytes, inputBytes, peakBytes, segmentScratchBytes }: MemoryPlan): number {
  return parameterBytes + inputBytes + peakBytes + segmentScratchBytes;
}
