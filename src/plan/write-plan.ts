/**
 * From a plan to the messages of plan.proto.
 *
 * Lists per device are written as one number where all devices have the same.
 */
import { printLocation } from "../diagnostics/location.ts";
import type { Initializer, RandomRecipe } from "../ir/graph.ts";
import { bytesView, type TypedArray } from "../ir/tensor-data.ts";
import { printSbp, type NdSbp } from "../ir/layout.ts";
import { knownShape, type TensorType } from "../ir/types.ts";
import type { sbpc } from "./generated/plan.js";
import type { Action, BoxingPlan, Plan, PlanOptions, Slot, StagePlan, TrainOptions } from "./plan.ts";
import { boxingKinds, slotKinds } from "./wire-kinds.ts";

export function writePlan(plan: Plan): sbpc.Plan.$Properties {
  const { model, source, micro, graph, prediction } = plan;
  return {
    model,
    mesh: {
      axes: plan.mesh.axes.map(({ name, size }) => ({ name, size })),
      stages: plan.mesh.stages,
      hosts: [...(plan.mesh.hosts ?? [])],
    },
    options: writeOptions(plan.options),
    source,
    micro,
    graph,
    stages: plan.stages.map(writeStage),
    bodies: [...plan.bodies],
    boxing: plan.boxing.map(writeBoxing),
    inputs: plan.inputs.map(({ name, type, layout, stages, batchAxis }) => ({
      name,
      type: writeType(type),
      layout: writeLayout(layout),
      stages: [...stages],
      ...writeBatchAxis(batchAxis),
    })),
    parameters: plan.parameters.map(({ name, type, initializer, placements, stateOf }) => ({
      name,
      ...(stateOf === undefined ? {} : { stateOf }),
      type: writeType(type),
      initializer: writeInitializer(initializer),
      placements: placements.map(({ stage, layout }) => ({ stage, layout: writeLayout(layout) })),
    })),
    randoms: plan.randoms.map(({ name, type, recipe, batchAxis }) => ({
      name,
      type: writeType(type),
      ...writeRecipe(recipe),
      ...writeBatchAxis(batchAxis),
    })),
    outputs: plan.outputs.map(({ name, value, type, layout, stage, slot, batchAxis, perStep }) => ({
      name,
      value,
      type: writeType(type),
      layout: writeLayout(layout),
      stage,
      slot,
      ...writeBatchAxis(batchAxis),
      ...(perStep === true ? { perStep } : {}),
    })),
    provenance: plan.provenance.map(({ value, location, signature, reason }) => ({
      value,
      location: printLocation(location),
      signature,
      reason,
    })),
    prediction: {
      stepSeconds: prediction.stepSeconds,
      flops: [...prediction.flops],
      parameterBytes: [...prediction.parameterBytes],
      peakMemoryBytes: [...prediction.peakMemoryBytes],
    },
  };
}

function writeOptions({
  microbatches,
  samples,
  hints,
  cluster,
  memoryLimit,
  memoryBudget,
  dims,
  settings,
  train,
}: PlanOptions): sbpc.Options.$Properties {
  const sorted = <T>(record: Readonly<Record<string, T>>) =>
    Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    microbatches,
    ...(samples === undefined ? {} : { samples }),
    hints,
    cluster,
    ...(memoryLimit === undefined ? {} : { memoryLimit }),
    ...(memoryBudget === undefined ? {} : { memoryBudget }),
    dims: sorted(dims).map(([name, size]) => ({ name, size })),
    settings: sorted(settings).map(([name, value]) => ({ name, value })),
    ...(train === undefined ? {} : { train: writeTrain(train) }),
  };
}

function writeTrain({
  loss,
  optimizer,
  clipNorm,
  zero,
  schedule,
  recompute,
  precision,
}: TrainOptions): sbpc.Train.$Properties {
  const { schedule: rate, groups, ...rest } = optimizer;
  return {
    loss,
    optimizer: { ...rest, schedule: { ...rate }, groups: groups.map((group) => ({ ...group })) },
    ...(clipNorm === undefined ? {} : { clipNorm }),
    zero,
    schedule,
    ...(recompute === undefined ? {} : { recompute }),
    ...(precision === undefined ? {} : { precision }),
  };
}

function writeStage(stage: StagePlan): sbpc.Stage.$Properties {
  return {
    stage: stage.stage,
    layers: [...stage.layers],
    slots: stage.slots.map(writeSlot),
    segments: stage.segments.map(({ bodies, inputs, outputs, nodes, flops, predictedSeconds }) => ({
      bodies: [...bodies],
      inputs: [...inputs],
      outputs: [...outputs],
      nodes: [...nodes],
      flops: writePerDevice(flops),
      predictedSeconds: [...predictedSeconds],
    })),
    actions: stage.actions.map(writeAction),
    deviceClass: writePerDevice(stage.deviceClass),
    memory: stage.memory.map((memory) => ({ ...memory })),
    phases: stage.phases.map((phase) => ({ ...phase })),
    buckets: stage.buckets.map((bucket) => ({ ...bucket })),
  };
}

function writeSlot(slot: Slot): sbpc.Slot.$Properties {
  const { table, lifetime, offsets, copies } = slot;
  return {
    name: slot.name,
    kind: slotKinds[slot.kind],
    type: { dtype: slot.dtype, shape: [...slot.shape] },
    layout: writeLayout(slot.layout),
    localShapes: slot.localShapes.map((sizes) => ({ sizes: [...sizes] })),
    ...(table === undefined
      ? {}
      : {
          table: { axes: [...table.axes], entries: table.entries.map((values) => ({ values: [...values] })) },
        }),
    ...(lifetime === undefined ? {} : { lifetime: { first: lifetime[0], last: lifetime[1] } }),
    ...(offsets === undefined ? {} : { offsets: [...offsets] }),
    ...(copies === undefined ? {} : { copies }),
  };
}

function writeAction(action: Action): sbpc.Action.$Properties {
  switch (action.kind) {
    case "segment":
      return { segment: { segment: action.segment } };
    case "collective":
      return { collective: { boxing: action.boxing, input: action.input, output: action.output } };
    case "send":
      return { send: { boxing: action.boxing, input: action.input, toStage: action.toStage } };
    case "receive":
      return { receive: { boxing: action.boxing, output: action.output, fromStage: action.fromStage } };
    case "accumulate":
      return { accumulate: { input: action.input, output: action.output } };
    case "assign":
      return { assign: { parameter: action.parameter, input: action.input } };
  }
}

function writeBoxing(boxing: BoxingPlan): sbpc.Boxing.$Properties {
  const { input, output, dtype, shape, fromStage, toStage, predictedSeconds, latencySeconds } = boxing;
  return {
    kind: boxingKinds[boxing.kind],
    input,
    output,
    type: { dtype, shape: [...shape] },
    from: writeLayout(boxing.from),
    to: writeLayout(boxing.to),
    axes: [...boxing.axes],
    fromStage,
    toStage,
    bytes: writePerDevice(boxing.bytes),
    predictedSeconds,
    latencySeconds,
    location: printLocation(boxing.location),
  };
}

function writeRecipe(recipe: RandomRecipe): Pick<sbpc.Random.$Properties, RandomRecipe["kind"]> {
  const { kind, ...rest } = recipe;
  return { [kind]: rest };
}

function writeInitializer(initializer: Initializer): sbpc.Initializer.$Properties {
  switch (initializer.kind) {
    case "constant":
      return { constant: { value: initializer.value } };
    case "normal":
      return { normal: { mean: initializer.mean, std: initializer.std } };
    case "trunc-normal":
      return { truncNormal: { mean: initializer.mean, std: initializer.std } };
    case "uniform":
      return { uniform: { low: initializer.low, high: initializer.high } };
    case "file":
      return { file: { path: initializer.path, offset: initializer.offset, length: initializer.length } };
    case "inline":
      return { inlineData: bytesView(initializer.data.data as TypedArray) };
    case "part": {
      const { name, shape, start, of } = initializer;
      return { part: { name, shape: [...shape], start: [...start], of: writeInitializer(of) } };
    }
  }
}

function writeType(type: TensorType): sbpc.TensorType.$Properties {
  return { dtype: type.dtype, shape: [...knownShape(type)] };
}

function writeLayout(layout: NdSbp): sbpc.Layout.$Properties {
  return { components: layout.map(printSbp) };
}

function writeBatchAxis(batchAxis: number | null): { batchAxis?: number } {
  return batchAxis === null ? {} : { batchAxis };
}

function writePerDevice(values: readonly number[]): number[] {
  return values.every((value) => value === values[0]) ? values.slice(0, 1) : [...values];
}
