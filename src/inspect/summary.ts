/** The numbers of a plan that `compile --json` prints. */
import { deviceCount, printMesh } from "../ir/layout.ts";
import { sum } from "../support/collections.ts";
import type { BoxingPlan, CollectiveKind, Plan } from "../plan/plan.ts";
import { collectiveKinds, planFigures } from "./figures.ts";

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
  const figures = planFigures(plan);
  const stages = plan.stages.map((stage) => ({
    stage: stage.stage,
    layers: stage.layers.length,
    layerIndices: stage.layers,
    ops: figures.stages[stage.stage]?.ops ?? 0,
    parameters: figures.stages[stage.stage]?.parameters ?? 0,
    segments: stage.segments.length,
  }));
  return {
    model: plan.model,
    mesh: printMesh(plan.mesh),
    devices: deviceCount(plan.mesh),
    microbatches,
    ops: sum(stages.map((stage) => stage.ops)),
    parameters: figures.parameters,
    stages,
    boxing: byKind(plan.boxing, () => 1),
    bytes: byKind(plan.boxing, (_, index) => figures.boxings[index]?.bytes ?? 0),
    peakMemoryBytes: plan.prediction.peakMemoryBytes,
    flops: plan.prediction.flops,
    parameterBytes: plan.prediction.parameterBytes,
    predictedStepSeconds: plan.prediction.stepSeconds,
  };
}

function byKind(
  boxing: readonly BoxingPlan[],
  amount: (boxing: BoxingPlan, index: number) => number,
): Record<CollectiveKind, number> {
  const totals = Object.fromEntries(collectiveKinds.map((kind) => [kind, 0])) as Record<
    CollectiveKind,
    number
  >;
  boxing.forEach((item, index) => (totals[item.kind] += amount(item, index)));
  return totals;
}
