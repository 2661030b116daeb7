/**
 * Everything that `dump` shows of a plan, as one document of plain data: `--format json`, and what the text view prints.
 * `plan-report.schema.json` describes it. Devices stand in runs of global ranks, and what is the same on all of them once.
 */
import { printLocation } from "../diagnostics/location.ts";
import { tensorTypeOf, type Graph, type Node } from "../ir/graph.ts";
import { devicesPerStage, printNdSbp, type NdSbp } from "../ir/layout.ts";
import { knownShape, printType } from "../ir/types.ts";
import { clusterName } from "../cost/cluster.ts";
import type { Plan } from "../plan/plan.ts";
import { boxingOp } from "../sbp/boxing-node.ts";
import { shardOf } from "../sbp/geometry.ts";
import { range } from "../support/collections.ts";
import { firstRank, planFigures, type PlanFigures } from "./figures.ts";
import { graphOf } from "./plan-graph.ts";
import { rankRuns, type RankRuns } from "./ranks.ts";

/** Raised when a field changes its meaning or goes. */
export const reportVersion = 4;

export interface OpRow {
  readonly name: string;
  readonly op: string;
  readonly stage: number;
  readonly layer: number | null;
  readonly module: string;
  readonly inputs: readonly (string | null)[];
  readonly signature: string;
  readonly outputs: readonly OutputRow[];
  readonly location: string;
}

export interface OutputRow {
  readonly value: string;
  readonly type: string;
  readonly layout: string;
  /** Why it has this layout: `hint`, `search`, `follows`, … */
  readonly reason: string;
  readonly globalShape: readonly number[];
  /** Distinct local shapes with the global ranks that hold them. */
  readonly localShapes: readonly LocalShape[];
}

export interface LocalShape {
  readonly shape: readonly number[];
  readonly ranks: RankRuns;
}

export interface PlanReport extends Omit<PlanFigures, "timeline"> {
  readonly reportVersion: number;
  readonly axes: readonly { readonly name: string; readonly size: number }[];
  readonly cluster: string;
  readonly hints: boolean;
  /** Bytes per device; null: none was given. */
  readonly memoryLimit: number | null;
  readonly operators: readonly OpRow[];
  readonly inputs: readonly {
    readonly name: string;
    readonly type: string;
    readonly layout: string;
    readonly stages: readonly number[];
  }[];
  readonly weights: readonly {
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

export function reportPlan(plan: Plan, graph = graphOf(plan), figures = planFigures(plan)): PlanReport {
  const { timeline: _, ...rest } = figures;
  const { options } = plan;
  return {
    reportVersion,
    axes: plan.mesh.axes,
    cluster: clusterName(options.cluster),
    hints: options.hints,
    memoryLimit: options.memoryLimit ?? null,
    ...rest,
    operators: operatorRows(plan, graph),
    inputs: plan.inputs.map((input) => ({
      name: input.name,
      type: printType(input.type),
      layout: printNdSbp(input.layout),
      stages: input.stages,
    })),
    weights: plan.parameters.map((parameter) => ({
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

/** Every operator of the compiled graph but boxing, in its order. */
export function operatorRows(plan: Plan, graph: Graph): OpRow[] {
  const reasons = new Map(plan.provenance.map(({ value, reason }) => [value, reason]));
  const shapes = new LocalShapes(plan);
  return graph.nodes
    .filter((node) => node.op !== boxingOp)
    .map((node): OpRow => ({
      name: node.name,
      op: node.op,
      stage: node.stage ?? 0,
      layer: node.layer ?? null,
      module: node.module,
      inputs: node.inputs,
      signature: printSignature(node),
      outputs: node.outputs.flatMap((value) =>
        outputRow(plan, graph, value, node.stage ?? 0, reasons, shapes),
      ),
      location: printLocation(node.location),
    }));
}

function printSignature({ signature }: Node): string {
  if (signature === undefined) return "";
  const inputs = signature.inputs.map((nd) => (nd === null ? "-" : printNdSbp(nd)));
  return `(${inputs.join(", ")}) -> (${signature.outputs.map(printNdSbp).join(", ")})`;
}

/** None for what is no tensor of known shape. */
function outputRow(
  plan: Plan,
  graph: Graph,
  value: string,
  stage: number,
  reasons: ReadonlyMap<string, string>,
  shapes: LocalShapes,
): OutputRow[] {
  const kind = graph.values.get(value)?.type.kind;
  if (kind !== "tensor") return [];
  const type = tensorTypeOf(graph, value);
  if (type.shape.some((size) => typeof size !== "number")) return [];
  const shape = knownShape(type);
  const layout = graph.values.get(value)?.layout ?? plan.mesh.axes.map(() => ({ kind: "B" }) as const);
  return [
    {
      value,
      type: printType(type),
      layout: printNdSbp(layout),
      reason: reasons.get(value) ?? "",
      globalShape: shape,
      localShapes: shapes.of(shape, layout, stage),
    },
  ];
}

/** Local shapes with their ranks, worked out once for every shape and layout. */
class LocalShapes {
  readonly #plan: Plan;
  readonly #known = new Map<string, readonly { shape: readonly number[]; devices: readonly number[] }[]>();

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  of(shape: readonly number[], layout: NdSbp, stage: number): LocalShape[] {
    const first = firstRank(this.#plan, stage);
    return this.#devices(shape, layout).map(({ shape: local, devices }) => ({
      shape: local,
      ranks: rankRuns(devices.map((device) => first + device)),
    }));
  }

  #devices(
    shape: readonly number[],
    layout: NdSbp,
  ): readonly { shape: readonly number[]; devices: readonly number[] }[] {
    const key = `${shape.join()} ${printNdSbp(layout)}`;
    let known = this.#known.get(key);
    if (known === undefined) {
      const bySize = new Map<string, { shape: readonly number[]; devices: number[] }>();
      for (const device of range(devicesPerStage(this.#plan.mesh))) {
        const { size } = shardOf(shape, layout, this.#plan.mesh, device);
        const entry = bySize.get(size.join());
        if (entry === undefined) bySize.set(size.join(), { shape: size, devices: [device] });
        else entry.devices.push(device);
      }
      this.#known.set(key, (known = [...bySize.values()]));
    }
    return known;
  }
}
