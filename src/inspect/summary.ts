/** The numbers of a plan that fit on one screen; every view takes its numbers from here. */
import { deviceCount, devicesPerStage, printMesh, printNdSbp } from "../ir/layout.ts";
import { printLocation } from "../diagnostics/location.ts";
import { product, sum } from "../support/collections.ts";
import type { BoxingPlan, CollectiveKind, Plan } from "../plan/plan.ts";

export const collectiveKinds: readonly CollectiveKind[] = [
  "all-reduce",
  "reduce-scatter",
  "all-gather",
  "all-to-all",
  "halo",
  "send",
];

export interface StageSummary {
  readonly stage: number;
  /** Number of layers (`layerIdx`) on the stage. */
  readonly layers: number;
  readonly layerIndices: readonly number[];
  /** Operators of the compiled graph, boxing not counted. */
  readonly ops: number;
  /** Elements of the parameters that the stage holds. */
  readonly parameters: number;
  readonly segments: number;
}

export interface PlanSummary {
  readonly model: string;
  readonly mesh: string;
  readonly devices: number;
  readonly microbatches: number;
  readonly ops: number;
  /** Elements of all parameters, each once. */
  readonly parameters: number;
  readonly stages: readonly StageSummary[];
  /** Communications per micro-batch, by kind; the groups that run one together count once. */
  readonly boxing: Readonly<Record<CollectiveKind, number>>;
  /** Bytes that all devices together receive in one step (all micro-batches), by kind. */
  readonly bytes: Readonly<Record<CollectiveKind, number>>;
  /** Per global rank. */
  readonly peakMemoryBytes: readonly number[];
  readonly flops: readonly number[];
  readonly parameterBytes: readonly number[];
  readonly predictedStepSeconds: number;
}

export function summarize(plan: Plan): PlanSummary {
  const { microbatches } = plan.options;
  const stages = plan.stages.map((stage) => ({
    stage: stage.stage,
    layers: stage.layers.length,
    layerIndices: stage.layers,
    ops: new Set(stage.segments.flatMap((segment) => segment.nodes)).size,
    parameters: sum(
      stage.slots.filter((slot) => slot.kind === "parameter").map((slot) => product(slot.shape)),
    ),
    segments: stage.segments.length,
  }));
  return {
    model: plan.model,
    mesh: printMesh(plan.mesh),
    devices: deviceCount(plan.mesh),
    microbatches,
    ops: sum(stages.map((stage) => stage.ops)),
    parameters: sum(plan.parameters.map((parameter) => product(parameter.type.shape as readonly number[]))),
    stages,
    boxing: byKind(plan.boxing, () => 1),
    bytes: byKind(plan.boxing, (boxing) => sum(boxing.bytes) * microbatches),
    peakMemoryBytes: plan.prediction.peakMemoryBytes,
    flops: plan.prediction.flops,
    parameterBytes: plan.prediction.parameterBytes,
    predictedStepSeconds: plan.prediction.stepSeconds,
  };
}

function byKind(
  boxing: readonly BoxingPlan[],
  amount: (boxing: BoxingPlan) => number,
): Record<CollectiveKind, number> {
  const totals = Object.fromEntries(collectiveKinds.map((kind) => [kind, 0])) as Record<
    CollectiveKind,
    number
  >;
  for (const item of boxing) totals[item.kind] += amount(item);
  return totals;
}

/** One communication, in the words of every view. */
export interface BoxingRow {
  readonly index: number;
  readonly kind: CollectiveKind;
  readonly value: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly from: string;
  readonly to: string;
  /** Mesh axes along which devices form groups; empty for a send. */
  readonly axes: readonly string[];
  /** Global ranks of every group; for a send the pairs [from, to]. */
  readonly groups: readonly (readonly number[])[];
  readonly stages: readonly [number, number];
  /** Bytes received per micro-batch: the sum over devices, and the most that one device receives. */
  readonly bytes: number;
  readonly bytesPerDevice: number;
  readonly predictedSeconds: number;
  readonly location: string;
}

export function boxingRow(plan: Plan, index: number, groups: readonly (readonly number[])[]): BoxingRow {
  const boxing = plan.boxing[index] as BoxingPlan;
  return {
    index,
    kind: boxing.kind,
    value: boxing.input,
    dtype: boxing.dtype,
    shape: boxing.shape,
    from: printNdSbp(boxing.from),
    to: printNdSbp(boxing.to),
    axes: boxing.axes.map((axis) => plan.mesh.axes[axis]?.name ?? String(axis)),
    groups,
    stages: [boxing.fromStage, boxing.toStage],
    bytes: sum(boxing.bytes),
    bytesPerDevice: Math.max(0, ...boxing.bytes),
    predictedSeconds: boxing.predictedSeconds,
    location: printLocation(boxing.location),
  };
}

/** Global rank of a stage's first device. */
export function firstRank(plan: Plan, stage: number): number {
  return stage * devicesPerStage(plan.mesh);
}
