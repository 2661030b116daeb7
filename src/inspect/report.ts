/** Everything that `dump` shows of a plan, as one document of plain data: the JSON view, and what the text view prints. */
import { coordinatesOf, groupsAlong } from "../sbp/mesh.ts";
import { shardOf } from "../sbp/geometry.ts";
import { devicesPerStage, printNdSbp } from "../ir/layout.ts";
import { printLocation } from "../diagnostics/location.ts";
import { tensorTypeOf, type Graph } from "../ir/graph.ts";
import { knownShape, printType } from "../ir/types.ts";
import { parseGraph } from "../ir/text/parse.ts";
import { range } from "../support/collections.ts";
import type { Plan } from "../plan/plan.ts";
import { boxingRow, firstRank, summarize, type BoxingRow, type PlanSummary } from "./summary.ts";

/** Raised when a field changes its meaning. */
export const reportVersion = 1;

export interface OpRow {
  readonly name: string;
  readonly op: string;
  readonly stage: number;
  readonly layer: number | null;
  readonly inputs: readonly string[];
  readonly signature: string;
  readonly outputs: readonly OutputRow[];
  readonly location: string;
}

export interface OutputRow {
  readonly value: string;
  readonly type: string;
  readonly layout: string;
  readonly globalShape: readonly number[];
  /** Distinct local shapes with the global ranks that hold them. */
  readonly localShapes: readonly { readonly shape: readonly number[]; readonly ranks: readonly number[] }[];
}

export interface MemoryRow {
  readonly rank: number;
  readonly stage: number;
  readonly coordinates: readonly number[];
  readonly parameterBytes: number;
  readonly inputBytes: number;
  /** Most bytes of values between segments alive at once. */
  readonly bufferPeakBytes: number;
  readonly arenaBytes: number;
  /** Estimate of what the largest segment allocates inside. */
  readonly segmentScratchBytes: number;
  readonly peakBytes: number;
}

export interface PlanReport {
  readonly reportVersion: number;
  readonly summary: PlanSummary;
  readonly ops: readonly OpRow[];
  readonly boxing: readonly BoxingRow[];
  readonly memory: readonly MemoryRow[];
  readonly inputs: readonly {
    readonly name: string;
    readonly type: string;
    readonly layout: string;
    readonly stages: readonly number[];
  }[];
  readonly parameters: readonly {
    readonly name: string;
    readonly type: string;
    readonly placements: readonly { readonly stage: number; readonly layout: string }[];
  }[];
  readonly outputs: readonly {
    readonly name: string;
    readonly type: string;
    readonly layout: string;
    readonly stage: number;
  }[];
}

export function reportPlan(plan: Plan): PlanReport {
  const graph = parseGraph(plan.graph, `${plan.model}.graph`);
  return {
    reportVersion,
    summary: summarize(plan),
    ops: graph.nodes.filter((node) => node.op !== "sbpc.Boxing").map((node) => opRow(plan, graph, node)),
    boxing: plan.boxing.map((_, index) => boxingRow(plan, index, groupsOf(plan, index))),
    memory: memoryRows(plan),
    inputs: plan.inputs.map((input) => ({
      name: input.name,
      type: printType(input.type),
      layout: printNdSbp(input.layout),
      stages: input.stages,
    })),
    parameters: plan.parameters.map((parameter) => ({
      name: parameter.name,
      type: printType(parameter.type),
      placements: parameter.placements.map(({ stage, layout }) => ({ stage, layout: printNdSbp(layout) })),
    })),
    outputs: plan.outputs.map((output) => ({
      name: output.name,
      type: printType(output.type),
      layout: printNdSbp(output.layout),
      stage: output.stage,
    })),
  };
}

function opRow(plan: Plan, graph: Graph, node: Graph["nodes"][number]): OpRow {
  const signature = node.signature;
  return {
    name: node.name,
    op: node.op,
    stage: node.stage ?? 0,
    layer: node.layer ?? null,
    inputs: node.inputs.map((input) => input ?? "-"),
    signature:
      signature === undefined
        ? ""
        : `(${signature.inputs.map((nd) => (nd === null ? "-" : printNdSbp(nd))).join(", ")}) -> ${signature.outputs.map(printNdSbp).join(", ")}`,
    outputs: node.outputs.map((value) => outputRow(plan, graph, value, node.stage ?? 0)),
    location: printLocation(node.location),
  };
}

function outputRow(plan: Plan, graph: Graph, value: string, stage: number): OutputRow {
  const type = tensorTypeOf(graph, value);
  const shape = knownShape(type);
  const layout = graph.values.get(value)?.layout ?? plan.mesh.axes.map(() => ({ kind: "B" }) as const);
  const byShape = new Map<string, { shape: readonly number[]; ranks: number[] }>();
  for (const device of range(devicesPerStage(plan.mesh))) {
    const { size } = shardOf(shape, layout, plan.mesh, device);
    const entry = byShape.get(size.join()) ?? { shape: size, ranks: [] };
    entry.ranks.push(firstRank(plan, stage) + device);
    byShape.set(size.join(), entry);
  }
  return {
    value,
    type: printType(type),
    layout: printNdSbp(layout),
    globalShape: shape,
    localShapes: [...byShape.values()],
  };
}

function groupsOf(plan: Plan, index: number): number[][] {
  const boxing = plan.boxing[index];
  if (boxing === undefined) return [];
  const first = firstRank(plan, boxing.fromStage);
  if (boxing.kind !== "send")
    return groupsAlong(plan.mesh, boxing.axes).map((group) => group.map((device) => first + device));
  return range(devicesPerStage(plan.mesh)).map((device) => [
    first + device,
    firstRank(plan, boxing.toStage) + device,
  ]);
}

function memoryRows(plan: Plan): MemoryRow[] {
  return plan.stages.flatMap((stage) =>
    stage.deviceClass.map((deviceClass, device) => {
      const memory = stage.memory[deviceClass];
      const rank = firstRank(plan, stage.stage) + device;
      return {
        rank,
        stage: stage.stage,
        coordinates: coordinatesOf(plan.mesh, device),
        parameterBytes: memory?.parameterBytes ?? 0,
        inputBytes: memory?.inputBytes ?? 0,
        bufferPeakBytes: memory?.peakBytes ?? 0,
        arenaBytes: memory?.arenaBytes ?? 0,
        segmentScratchBytes: memory?.segmentScratchBytes ?? 0,
        peakBytes: plan.prediction.peakMemoryBytes[rank] ?? 0,
      };
    }),
  );
}
