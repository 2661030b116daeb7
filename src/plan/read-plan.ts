/** From the messages of plan.proto to a plan; throws where something that must be there is missing. */
import { parseLocation } from "../diagnostics/location.ts";
import type { Initializer, RandomRecipe, RankTable } from "../ir/graph.ts";
import { devicesPerStage, parseSbp, type Mesh, type NdSbp } from "../ir/layout.ts";
import { viewBytes } from "../ir/tensor-data.ts";
import { isDataType, knownShape, tensorType, type TensorType } from "../ir/types.ts";
import { invariant, present } from "../support/assert.ts";
import type { sbpc } from "./generated/plan.js";
import type {
  Action,
  BoxingPlan,
  CollectiveKind,
  MemoryPlan,
  Plan,
  PlanInput,
  PlanOptions,
  PlanOutput,
  PlanParameter,
  PlanRandom,
  Slot,
  StagePlan,
  TrainOptions,
} from "./plan.ts";
import type { PhaseKind } from "../schedule/step-order.ts";
import { boxingKinds, slotKinds } from "./wire-kinds.ts";

export function readPlan(plan: sbpc.Plan, version: number): Plan {
  const mesh: Mesh = {
    axes: (there(plan.mesh).axes ?? []).map((axis) => ({ name: axis.name ?? "", size: axis.size ?? 0 })),
    stages: there(plan.mesh).stages ?? 0,
    ...((there(plan.mesh).hosts ?? []).length === 0 ? {} : { hosts: there(plan.mesh).hosts ?? [] }),
  };
  const prediction = there(plan.prediction);
  const stages = plan.stages.map((stage) => readStage(stage, mesh));
  return {
    version,
    model: plan.model,
    mesh,
    options: readOptions(there(plan.options)),
    source: plan.source,
    micro: plan.micro,
    graph: plan.graph,
    stages,
    bodies: plan.bodies,
    boxing: plan.boxing.map((boxing) => readBoxing(boxing, mesh)),
    inputs: plan.inputs.map((input): PlanInput => ({
      name: input.name ?? "",
      type: readType(input.type),
      layout: readLayout(input.layout),
      stages: input.stages ?? [],
      batchAxis: input.batchAxis ?? null,
    })),
    parameters: plan.parameters.map((parameter): PlanParameter => ({
      name: parameter.name ?? "",
      ...(parameter.stateOf == null ? {} : { stateOf: parameter.stateOf }),
      type: readType(parameter.type),
      initializer: readInitializer(there(parameter.initializer), readType(parameter.type)),
      placements: (parameter.placements ?? []).map(({ stage, layout }) => ({
        stage: stage ?? 0,
        layout: readLayout(layout),
      })),
    })),
    randoms: plan.randoms.map((random): PlanRandom => ({
      name: random.name ?? "",
      type: readType(random.type),
      recipe: readRecipe(random),
      batchAxis: random.batchAxis ?? null,
    })),
    outputs: plan.outputs.map((output): PlanOutput => ({
      name: output.name ?? "",
      value: output.value ?? "",
      type: readType(output.type),
      layout: readLayout(output.layout),
      stage: output.stage ?? 0,
      slot: output.slot ?? 0,
      batchAxis: output.batchAxis ?? null,
      ...(output.perStep === true ? { perStep: true as const } : {}),
    })),
    provenance: plan.provenance.map(({ value, location, signature, reason }) => ({
      value: value ?? "",
      location: parseLocation(location ?? ""),
      signature: signature ?? "",
      reason: reason ?? "",
    })),
    prediction: {
      stepSeconds: prediction.stepSeconds ?? 0,
      flops: prediction.flops ?? [],
      parameterBytes: numbers(prediction.parameterBytes),
      peakMemoryBytes: numbers(prediction.peakMemoryBytes),
    },
  };
}

function readOptions(options: sbpc.Options.$Properties): PlanOptions {
  return {
    microbatches: options.microbatches ?? 0,
    ...(options.samples == null ? {} : { samples: number(options.samples) }),
    hints: options.hints ?? false,
    cluster: options.cluster ?? "",
    ...(options.memoryLimit == null ? {} : { memoryLimit: options.memoryLimit }),
    ...(options.memoryBudget == null ? {} : { memoryBudget: options.memoryBudget }),
    dims: Object.fromEntries((options.dims ?? []).map(({ name, size }) => [name ?? "", number(size)])),
    settings: Object.fromEntries(
      (options.settings ?? []).map(({ name, value }) => [name ?? "", value ?? ""]),
    ),
    ...(options.train == null ? {} : { train: readTrain(options.train) }),
  };
}

function readTrain({
  loss,
  optimizer,
  clipNorm,
  zero,
  schedule,
  recompute,
  precision,
}: sbpc.Train.$Properties): TrainOptions {
  const { kind, learningRate, weightDecay, momentum, nesterov, beta1, beta2, epsilon, ...rest } =
    there(optimizer);
  const rate = there(rest.schedule);
  return {
    loss: loss ?? "",
    optimizer: {
      kind: (kind ?? "") as TrainOptions["optimizer"]["kind"],
      learningRate: learningRate ?? 0,
      weightDecay: weightDecay ?? 0,
      momentum: momentum ?? 0,
      nesterov: nesterov ?? false,
      beta1: beta1 ?? 0,
      beta2: beta2 ?? 0,
      epsilon: epsilon ?? 0,
      schedule: {
        kind: (rate.kind ?? "") as TrainOptions["optimizer"]["schedule"]["kind"],
        warmup: number(rate.warmup),
        total: number(rate.total),
        minimum: rate.minimum ?? 0,
      },
      groups: (rest.groups ?? []).map((group) => ({
        match: group.match ?? "",
        weightDecay: group.weightDecay ?? 0,
      })),
    },
    ...(clipNorm == null ? {} : { clipNorm }),
    zero: (zero ?? 0) as TrainOptions["zero"],
    schedule: schedule ?? "",
    ...(recompute == null || recompute === ""
      ? {}
      : { recompute: recompute as NonNullable<TrainOptions["recompute"]> }),
    ...(precision == null || precision === ""
      ? {}
      : { precision: precision as NonNullable<TrainOptions["precision"]> }),
  };
}

function readStage(stage: sbpc.Stage.$Properties, mesh: Mesh): StagePlan {
  return {
    stage: stage.stage ?? 0,
    layers: stage.layers ?? [],
    slots: (stage.slots ?? []).map(readSlot),
    segments: (stage.segments ?? []).map((segment) => ({
      bodies: segment.bodies ?? [],
      inputs: segment.inputs ?? [],
      outputs: segment.outputs ?? [],
      nodes: segment.nodes ?? [],
      flops: readPerDevice(segment.flops ?? [], mesh),
      predictedSeconds: segment.predictedSeconds ?? [],
    })),
    actions: (stage.actions ?? []).map(readAction),
    phases: (stage.phases ?? []).map(({ kind, first, count }) => ({
      kind: (kind ?? "") as PhaseKind,
      first: first ?? 0,
      count: count ?? 0,
    })),
    buckets: (stage.buckets ?? []).map(({ first, count }) => ({ first: first ?? 0, count: count ?? 0 })),
    deviceClass: readPerDevice(stage.deviceClass ?? [], mesh),
    memory: (stage.memory ?? []).map((memory): MemoryPlan => ({
      arenaBytes: number(memory.arenaBytes),
      peakBytes: number(memory.peakBytes),
      peakAction: memory.peakAction ?? 0,
      parameterBytes: number(memory.parameterBytes),
      inputBytes: number(memory.inputBytes),
      segmentScratchBytes: number(memory.segmentScratchBytes),
    })),
  };
}

function readSlot(slot: sbpc.Slot.$Properties): Slot {
  const kind = (Object.keys(slotKinds) as Slot["kind"][]).find(
    (name) => slotKinds[name] === (slot.kind ?? 0),
  );
  const type = readType(slot.type);
  const { table, lifetime, offsets, copies } = slot;
  return {
    name: slot.name ?? "",
    kind: there(kind),
    dtype: type.dtype,
    shape: knownShape(type),
    layout: readLayout(slot.layout),
    localShapes: (slot.localShapes ?? []).map(({ sizes }) => numbers(sizes)),
    ...(table == null ? {} : { table: readTable(table) }),
    ...(lifetime == null ? {} : { lifetime: [lifetime.first ?? 0, lifetime.last ?? 0] as const }),
    ...(kind === "value" ? { offsets: numbers(offsets) } : {}),
    ...(copies == null || copies === 0 ? {} : { copies }),
  };
}

function readTable(table: sbpc.RankTable.$Properties): RankTable {
  return { axes: table.axes ?? [], entries: (table.entries ?? []).map(({ values }) => numbers(values)) };
}

function readAction(action: sbpc.Action.$Properties): Action {
  const { segment, collective, send, receive, accumulate, assign } = action;
  if (accumulate != null)
    return { kind: "accumulate", input: accumulate.input ?? 0, output: accumulate.output ?? 0 };
  if (assign != null) return { kind: "assign", parameter: assign.parameter ?? 0, input: assign.input ?? 0 };
  if (segment != null) return { kind: "segment", segment: segment.segment ?? 0 };
  if (collective != null) {
    return {
      kind: "collective",
      boxing: collective.boxing ?? 0,
      input: collective.input ?? 0,
      output: collective.output ?? 0,
    };
  }
  if (send != null)
    return { kind: "send", boxing: send.boxing ?? 0, input: send.input ?? 0, toStage: send.toStage ?? 0 };
  const { boxing, output, fromStage } = there(receive);
  return { kind: "receive", boxing: boxing ?? 0, output: output ?? 0, fromStage: fromStage ?? 0 };
}

function readBoxing(boxing: sbpc.Boxing.$Properties, mesh: Mesh): BoxingPlan {
  const kind = (Object.keys(boxingKinds) as CollectiveKind[]).find(
    (name) => boxingKinds[name] === (boxing.kind ?? 0),
  );
  const type = readType(boxing.type);
  return {
    kind: there(kind),
    input: boxing.input ?? "",
    output: boxing.output ?? "",
    dtype: type.dtype,
    shape: knownShape(type),
    from: readLayout(boxing.from),
    to: readLayout(boxing.to),
    axes: boxing.axes ?? [],
    fromStage: boxing.fromStage ?? 0,
    toStage: boxing.toStage ?? 0,
    bytes: readPerDevice(numbers(boxing.bytes), mesh),
    predictedSeconds: boxing.predictedSeconds ?? 0,
    latencySeconds: boxing.latencySeconds ?? 0,
    location: parseLocation(boxing.location ?? ""),
  };
}

function readRecipe({ bernoulli, normal, uniform }: sbpc.Random.$Properties): RandomRecipe {
  if (normal != null)
    return { kind: "normal", mean: normal.mean ?? 0, std: normal.std ?? 0, key: normal.key ?? "" };
  if (uniform != null)
    return { kind: "uniform", low: uniform.low ?? 0, high: uniform.high ?? 0, key: uniform.key ?? "" };
  const { keep, key } = there(bernoulli);
  return { kind: "bernoulli", keep: keep ?? 0, key: key ?? "" };
}

function readInitializer(
  { constant, normal, truncNormal, uniform, file, part, inlineData }: sbpc.Initializer.$Properties,
  { dtype, shape }: TensorType,
): Initializer {
  if (constant != null) return { kind: "constant", value: constant.value ?? 0 };
  if (normal != null) return { kind: "normal", mean: normal.mean ?? 0, std: normal.std ?? 0 };
  if (truncNormal != null)
    return { kind: "trunc-normal", mean: truncNormal.mean ?? 0, std: truncNormal.std ?? 0 };
  if (uniform != null) return { kind: "uniform", low: uniform.low ?? 0, high: uniform.high ?? 0 };
  if (inlineData != null)
    return {
      kind: "inline",
      data: { dtype, shape: shape as readonly number[], data: viewBytes(dtype, inlineData) },
    };
  if (part != null) {
    const of = readInitializer(there(part.of), tensorType(dtype, numbers(part.shape)));
    invariant(of.kind !== "part", "part of a part of a parameter");
    return {
      kind: "part",
      of,
      name: part.name ?? "",
      shape: numbers(part.shape),
      start: numbers(part.start),
    };
  }
  const { path, offset, length } = there(file);
  return { kind: "file", path: path ?? "", offset: number(offset), length: number(length) };
}

function readType(type: sbpc.TensorType.$Properties | null | undefined): TensorType {
  const { dtype, shape } = there(type);
  invariant(dtype != null && isDataType(dtype), "unknown element type", () => String(dtype));
  return tensorType(dtype, numbers(shape));
}

function readLayout(layout: sbpc.Layout.$Properties | null | undefined): NdSbp {
  return (there(layout).components ?? []).map((text) => there(parseSbp(text)));
}

function readPerDevice(values: readonly number[], mesh: Mesh): number[] {
  const n = devicesPerStage(mesh);
  invariant(values.length === 1 || values.length === n, "a list per device has another length");
  return values.length === 1 ? new Array<number>(n).fill(values[0] as number) : [...values];
}

function there<T>(value: T | null | undefined): T {
  return present(value, "field is missing");
}

type Wire = number | { toNumber(): number };

/** A 64-bit integer as a number, which sizes and offsets always are. */
function number(value: Wire | null | undefined): number {
  if (value == null) return 0;
  const plain = typeof value === "number" ? value : value.toNumber();
  invariant(Number.isSafeInteger(plain), "integer out of range");
  return plain;
}

function numbers(values: readonly Wire[] | null | undefined): number[] {
  return (values ?? []).map(number);
}
