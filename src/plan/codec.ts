/**
 * Plans as bytes: plan.proto in an envelope with a version and a digest. Equal plans give equal bytes.
 *
 * Lists per device are written as one number where all devices have the same.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { fail, SbpcError } from "../diagnostics/diagnostic.ts";
import { parseLocation, printLocation } from "../diagnostics/location.ts";
import type { Initializer, RankTable } from "../ir/graph.ts";
import { devicesPerStage, parseSbp, printSbp, type Mesh, type NdSbp } from "../ir/layout.ts";
import { isDataType, knownShape, tensorType, type TensorType } from "../ir/types.ts";
import { invariant, present } from "../support/assert.ts";
import { sbpc } from "./generated/plan.js";
import {
  planVersion,
  type Action,
  type BoxingPlan,
  type CollectiveKind,
  type MemoryPlan,
  type Plan,
  type PlanInput,
  type PlanOptions,
  type PlanOutput,
  type PlanParameter,
  type PlanRandom,
  type Slot,
  type StagePlan,
} from "./plan.ts";

/** The bytes "SBPC". */
const magic = 0x43504253;

export function encodePlan(plan: Plan): Uint8Array {
  const payload = sbpc.Plan.encode(writePlan(plan)).finish();
  return sbpc.PlanFile.encode({ magic, version: plan.version, digest: sha256(payload), payload }).finish();
}

/** Reads what `encodePlan` wrote; `path` is what errors call it. Fails with `plan-damaged` or `plan-newer`. */
export function decodePlan(bytes: Uint8Array, path: string): Plan {
  const damaged = (problem: string): never => fail("plan-damaged", { path, problem });
  const file =
    attempt(() => sbpc.PlanFile.decode(bytes)) ??
    damaged("it is not in the format of plans, or is cut short");
  if (file.magic !== magic) damaged("it does not begin as plans do");
  if (file.version > planVersion) fail("plan-newer", { path, version: file.version, supported: planVersion });
  const digest = sha256(file.payload);
  if (file.digest.length !== digest.length || digest.some((byte, i) => byte !== file.digest[i]))
    damaged("its content does not match its digest");
  return (
    attempt(() => readPlan(sbpc.Plan.decode(file.payload), file.version)) ??
    damaged("its content is not a plan")
  );
}

/** The result; undefined where the bytes cannot be read as they should. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof SbpcError) throw error;
    return undefined;
  }
}

// --- writing

function writePlan(plan: Plan): sbpc.Plan.$Properties {
  const { model, source, graph, prediction } = plan;
  return {
    model,
    mesh: { axes: plan.mesh.axes.map(({ name, size }) => ({ name, size })), stages: plan.mesh.stages },
    options: writeOptions(plan.options),
    source,
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
    parameters: plan.parameters.map(({ name, type, initializer, placements }) => ({
      name,
      type: writeType(type),
      initializer: writeInitializer(initializer),
      placements: placements.map(({ stage, layout }) => ({ stage, layout: writeLayout(layout) })),
    })),
    randoms: plan.randoms.map(({ name, type, recipe, batchAxis }) => ({
      name,
      type: writeType(type),
      bernoulli: { keep: recipe.keep, key: recipe.key },
      ...writeBatchAxis(batchAxis),
    })),
    outputs: plan.outputs.map(({ name, value, type, layout, stage, slot, batchAxis }) => ({
      name,
      value,
      type: writeType(type),
      layout: writeLayout(layout),
      stage,
      slot,
      ...writeBatchAxis(batchAxis),
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
  hints,
  cluster,
  memoryLimit,
  dims,
  settings,
}: PlanOptions): sbpc.Options.$Properties {
  const sorted = <T>(record: Readonly<Record<string, T>>) =>
    Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    microbatches,
    hints,
    cluster,
    ...(memoryLimit === undefined ? {} : { memoryLimit }),
    dims: sorted(dims).map(([name, size]) => ({ name, size })),
    settings: sorted(settings).map(([name, value]) => ({ name, value })),
  };
}

function writeStage(stage: StagePlan): sbpc.Stage.$Properties {
  return {
    stage: stage.stage,
    layers: [...stage.layers],
    slots: stage.slots.map(writeSlot),
    segments: stage.segments.map(({ bodies, inputs, outputs, nodes, flops }) => ({
      bodies: [...bodies],
      inputs: [...inputs],
      outputs: [...outputs],
      nodes: [...nodes],
      flops: writePerDevice(flops),
    })),
    actions: stage.actions.map(writeAction),
    deviceClass: writePerDevice(stage.deviceClass),
    memory: stage.memory.map((memory) => ({ ...memory })),
  };
}

const slotKinds = {
  value: sbpc.Slot.Kind.VALUE,
  input: sbpc.Slot.Kind.INPUT,
  parameter: sbpc.Slot.Kind.PARAMETER,
  random: sbpc.Slot.Kind.RANDOM,
  rank: sbpc.Slot.Kind.RANK,
} as const satisfies Record<Slot["kind"], sbpc.Slot.Kind>;

function writeSlot(slot: Slot): sbpc.Slot.$Properties {
  const { table, lifetime, offsets } = slot;
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
  }
}

const boxingKinds = {
  "all-reduce": sbpc.Boxing.Kind.ALL_REDUCE,
  "reduce-scatter": sbpc.Boxing.Kind.REDUCE_SCATTER,
  "all-gather": sbpc.Boxing.Kind.ALL_GATHER,
  "all-to-all": sbpc.Boxing.Kind.ALL_TO_ALL,
  send: sbpc.Boxing.Kind.SEND,
} as const satisfies Record<CollectiveKind, sbpc.Boxing.Kind>;

function writeBoxing(boxing: BoxingPlan): sbpc.Boxing.$Properties {
  const { input, output, dtype, shape, fromStage, toStage, predictedSeconds } = boxing;
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
    location: printLocation(boxing.location),
  };
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

// --- reading

function readPlan(plan: sbpc.Plan, version: number): Plan {
  const mesh: Mesh = {
    axes: (there(plan.mesh).axes ?? []).map((axis) => ({ name: axis.name ?? "", size: axis.size ?? 0 })),
    stages: there(plan.mesh).stages ?? 0,
  };
  const prediction = there(plan.prediction);
  const stages = plan.stages.map((stage) => readStage(stage, mesh));
  return {
    version,
    model: plan.model,
    mesh,
    options: readOptions(there(plan.options)),
    source: plan.source,
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
      type: readType(parameter.type),
      initializer: readInitializer(there(parameter.initializer)),
      placements: (parameter.placements ?? []).map(({ stage, layout }) => ({
        stage: stage ?? 0,
        layout: readLayout(layout),
      })),
    })),
    randoms: plan.randoms.map((random): PlanRandom => ({
      name: random.name ?? "",
      type: readType(random.type),
      recipe: {
        kind: "bernoulli",
        keep: there(random.bernoulli).keep ?? 0,
        key: there(random.bernoulli).key ?? "",
      },
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
    hints: options.hints ?? false,
    cluster: options.cluster ?? "",
    ...(options.memoryLimit == null ? {} : { memoryLimit: options.memoryLimit }),
    dims: Object.fromEntries((options.dims ?? []).map(({ name, size }) => [name ?? "", number(size)])),
    settings: Object.fromEntries(
      (options.settings ?? []).map(({ name, value }) => [name ?? "", value ?? ""]),
    ),
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
    })),
    actions: (stage.actions ?? []).map(readAction),
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
  const { table, lifetime, offsets } = slot;
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
  };
}

function readTable(table: sbpc.RankTable.$Properties): RankTable {
  return { axes: table.axes ?? [], entries: (table.entries ?? []).map(({ values }) => numbers(values)) };
}

function readAction(action: sbpc.Action.$Properties): Action {
  const { segment, collective, send, receive } = action;
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
    location: parseLocation(boxing.location ?? ""),
  };
}

function readInitializer({
  constant,
  normal,
  truncNormal,
  uniform,
  file,
}: sbpc.Initializer.$Properties): Initializer {
  if (constant != null) return { kind: "constant", value: constant.value ?? 0 };
  if (normal != null) return { kind: "normal", mean: normal.mean ?? 0, std: normal.std ?? 0 };
  if (truncNormal != null)
    return { kind: "trunc-normal", mean: truncNormal.mean ?? 0, std: truncNormal.std ?? 0 };
  if (uniform != null) return { kind: "uniform", low: uniform.low ?? 0, high: uniform.high ?? 0 };
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
  return values.length === 1 ? Array.from({ length: n }, () => values[0] as number) : [...values];
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
