/**
 * Writes the plan: segment bodies as ONNX models (equal ones once), the communications with what they cost, where every
 * input, parameter and output lives, where each layout comes from, and what a step is predicted to take.
 *
 * Prediction: a segment takes the sum of its nodes under the cost model, per class of devices; `src/plan/timeline.ts` says how
 * long a step of them takes.
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
import { deviceCount, devicesPerStage, printNdSbp, type Mesh } from "../src/ir/layout.ts";
import type { TensorData } from "../src/ir/tensor-data.ts";
import { printGraph } from "../src/ir/text/print.ts";
import { isPerStep } from "../src/ir/step-node.ts";
import { knownShape } from "../src/ir/types.ts";
import { encodeModel } from "../src/onnx/write.ts";
import { stepFlops } from "../src/plan/frequency.ts";
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
import { predictTimeline } from "../src/plan/timeline.ts";
import { boxingStepOf, communicationOf } from "../src/sbp/boxing-node.ts";
import { stagesOfRank } from "../src/sbp/mesh.ts";
import { present } from "../src/support/assert.ts";
import { at, groupBy, range, sum } from "../src/support/collections.ts";
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
    const stages = local.map((stage) => emitStage(graph, stage, bodies, context));
    const boxing = emitBoxing(graph, mesh, context.costModel);
    const plan: Plan = {
      version: planVersion,
      model: graph.name,
      mesh,
      options,
      source,
      micro: context.micro ?? "",
      graph: printGraph({ ...graph, mesh }),
      stages,
      bodies: bodies.bodies,
      boxing,
      inputs: emitInputs(graph, stages, context),
      parameters: emitParameters(graph, stages),
      randoms: emitRandoms(graph, context),
      outputs: emitOutputs(graph, local, stages, context),
      provenance: emitProvenance(graph, compilation.layout?.reasons ?? new Map()),
      prediction: predict(stages, boxing, context),
    };
    return { ...compilation, plan };
  },
});

function programOf(stage: LocalStage): StageProgram {
  return present(stage.program, "stage without a program");
}

function emitStage(graph: Graph, stage: LocalStage, bodies: BodyTable, context: PassContext): StagePlan {
  const { slots, segments, actions, phases, buckets = [], memory } = programOf(stage);
  const layers = graph.nodes.flatMap((node) =>
    node.stage === stage.stage && (node.layer ?? -1) >= 0 ? [node.layer as number] : [],
  );
  const seconds = segmentSeconds(graph, stage, segments, context);
  return {
    stage: stage.stage,
    layers: [...new Set(layers)].sort((a, b) => a - b),
    slots,
    segments: segments.map(({ graphs, ...segment }, index) => ({
      ...segment,
      predictedSeconds: at(seconds, index),
      bodies: graphs.map((one) => bodies.add(encodeModel(one))),
    })),
    actions,
    phases,
    buckets,
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
    const { bytes, seconds, latencySeconds } = costModel.boxing(communication, type, mesh);
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
        latencySeconds,
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
        ...(source.stateOf === undefined ? {} : { stateOf: source.stateOf }),
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

function isStepOutput(maker: Node | undefined): boolean {
  return maker !== undefined && isPerStep(maker);
}

function emitOutputs(
  graph: Graph,
  local: readonly LocalStage[],
  stages: readonly StagePlan[],
  { batchAxes }: PassContext,
): PlanOutput[] {
  const makers = producers(graph);
  const slotOf = stages.map(({ slots }) => new Map(slots.map((slot, index) => [slot.name, index])));
  return graph.outputs.map(({ name, value }): PlanOutput => {
    const place = local.findIndex(
      ({ classes }) => classes[0]?.graph.outputs.some((output) => output.name === name) === true,
    );
    const stage = present(local[place], "output on no stage", () => name);
    const slot = present(slotOf[place]?.get(standsFor(stage, value)), "output without a slot", () => name);
    const layout = present(valueOf(graph, value).layout, "output without a layout", () => name);
    return {
      name,
      value,
      type: tensorTypeOf(graph, value),
      layout,
      stage: stage.stage,
      slot,
      batchAxis: batchAxes.get(name) ?? null,
      ...(isStepOutput(makers.get(value)) ? { perStep: true as const } : {}),
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

/** Per segment of a stage and class of its devices: seconds of its nodes under the cost model, one after the other. */
function segmentSeconds(
  graph: Graph,
  { classes }: LocalStage,
  segments: readonly { readonly nodes: readonly string[] }[],
  { mesh, costModel }: PassContext,
): number[][] {
  const { nodes, constants } = lookupOf(graph);
  const nodeSeconds = (node: Node, device: number): number => {
    const step = boxingStepOf(node);
    if (step !== undefined)
      return costModel.boxing(
        step,
        tensorTypeOf(graph, present(node.inputs[0], "boxing without an input")),
        mesh,
      ).seconds;
    const { flops, bytes, dtype } = localWork(graph, node, mesh, device, constants);
    return costModel.compute(flops, bytes, dtype);
  };
  return segments.map((segment) => {
    const run = segment.nodes.map((name) => present(nodes.get(name), "segment of an unknown node"));
    return classes.map(({ devices }) => sum(run.map((node) => nodeSeconds(node, devices[0] ?? 0))));
  });
}

interface Lookup {
  readonly nodes: ReadonlyMap<string, Node>;
  readonly constants: (value: string) => TensorData | undefined;
}

const lookups = new WeakMap<Graph, Lookup>();

/** Nodes and constants of a graph by name. */
function lookupOf(graph: Graph): Lookup {
  let known = lookups.get(graph);
  if (known === undefined) {
    const sources = sourcesByValue(graph);
    const constants = (value: string) => {
      const source = sources.get(value);
      return source?.kind === "constant" ? source.data : undefined;
    };
    known = { nodes: new Map(graph.nodes.map((node) => [node.name, node])), constants };
    lookups.set(graph, known);
  }
  return known;
}

function predict(
  stages: readonly StagePlan[],
  boxing: readonly BoxingPlan[],
  { mesh, options }: PassContext,
): Prediction {
  const perStage = devicesPerStage(mesh);
  const perRank = (figure: (stage: StagePlan, device: number) => number) =>
    range(deviceCount(mesh)).map((rank) =>
      sum(stagesOfRank(mesh, rank).map((stage) => figure(at(stages, stage), rank % perStage))),
    );
  const memory = (stage: StagePlan, device: number) =>
    present(stage.memory[stage.deviceClass[device] ?? 0], "class without memory plan");
  return {
    stepSeconds: predictTimeline({ mesh, stages, boxing, options }).seconds,
    flops: perRank((stage, device) => stepFlops(stage, device, options.microbatches)),
    parameterBytes: perRank((stage, device) => memory(stage, device).parameterBytes),
    peakMemoryBytes: perRank((stage, device) => totalBytes(memory(stage, device))),
  };
}

function totalBytes({ parameterBytes, inputBytes, peakBytes, segmentScratchBytes }: MemoryPlan): number {
  return parameterBytes + inputBytes + peakBytes + segmentScratchBytes;
}
