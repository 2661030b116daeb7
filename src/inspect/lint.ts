/**
 * What of a plan looks as if it could be better, each with its place and what to do about it. A finding is a warning: the plan
 * computes what it should. The codes are `lint-*` of `diagnostics/codes.ts`.
 */
import { createCostModel } from "../cost/alpha-beta.ts";
import { clusterOf } from "../cost/cluster.ts";
import { localWork } from "../cost/local-work.ts";
import { diagnostic, type Diagnostic } from "../diagnostics/diagnostic.ts";
import { unknownLocation } from "../diagnostics/location.ts";
import { sourcesByValue, typeOf, type Graph, type Node } from "../ir/graph.ts";
import { devicesPerStage, printNdSbp, type NdSbp } from "../ir/layout.ts";
import { byteSize, isStatic, knownShape, type TensorType } from "../ir/types.ts";
import type { Plan } from "../plan/plan.ts";
import { boxingOp, communicationOf } from "../sbp/boxing-node.ts";
import { shardOf } from "../sbp/geometry.ts";
import { at, product, range, sum } from "../support/collections.ts";
import { peakOfDevice, planFigures, type ClassFigures, type PlanFigures } from "./figures.ts";
import { graphOf } from "./plan-graph.ts";
import { bytes, percent, seconds } from "./text.ts";

/** Part of the step's time from which an operator or a communication is worth a word. */
const notable = 0.01;
/** A class that computes this much longer than the mean device of its stage is uneven. */
const uneven = 1.1;
/** Part of the step that a stage may wait. */
const idle = 0.3;
/** Part of a device's memory that parameters must take before it is worth splitting them. */
const heavyParameters = 0.2;
/** Part of the limit from which memory is near it. */
const nearLimit = 0.9;

interface Linted {
  readonly plan: Plan;
  readonly graph: Graph;
  readonly figures: PlanFigures;
}

type Rule = (linted: Linted) => Diagnostic[];

const rules: readonly Rule[] = [
  ranWhole,
  gathersLarge,
  reshapeReshards,
  unevenShards,
  idleStages,
  replicatedParameters,
  memoryNearLimit,
];

/** All findings, rule by rule. */
export function lintPlan(plan: Plan): Diagnostic[] {
  const linted = { plan, graph: graphOf(plan), figures: planFigures(plan) };
  return rules.flatMap((rule) => rule(linted));
}

function isWhole(layout: NdSbp | null | undefined): boolean {
  return layout == null || layout.every((sbp) => sbp.kind === "B");
}

/** Operators that every device of a stage runs whole, and that take a notable part of the step. */
function ranWhole({ plan, graph, figures }: Linted): Diagnostic[] {
  const devices = devicesPerStage(plan.mesh);
  if (devices === 1) return [];
  const costModel = createCostModel(clusterOf(plan.options.cluster));
  const sources = sourcesByValue(graph);
  const constantOf = (value: string) => {
    const source = sources.get(value);
    return source?.kind === "constant" ? source.data : undefined;
  };
  return graph.nodes.flatMap((node) => {
    const { signature } = node;
    if (
      node.op === boxingOp ||
      signature === undefined ||
      !node.outputs.every((name) => isTensor(graph, name))
    )
      return [];
    if (![...signature.inputs, ...signature.outputs].every(isWhole)) return [];
    const { flops, bytes: touched, dtype } = localWork(graph, node, plan.mesh, 0, constantOf);
    const times = node.phase === "update" ? 1 : plan.options.microbatches;
    const takes = times * costModel.compute(flops, touched, dtype);
    if (takes < notable * figures.stepSeconds) return [];
    const details = {
      op: node.op,
      node: node.name,
      devices,
      share: percent(takes, figures.stepSeconds),
    };
    return [diagnostic("lint-runs-whole", details, node.location)];
  });
}

/** Gatherings that take a notable part of the step. */
function gathersLarge({ plan, figures }: Linted): Diagnostic[] {
  return figures.boxings.flatMap((boxing) => {
    const takes = boxing.times * boxing.seconds;
    if (boxing.kind !== "all-gather" || takes < notable * figures.stepSeconds) return [];
    const { input, type, from, to, index, bytesPerMicrobatch } = boxing;
    const details = {
      value: input,
      type,
      from,
      to,
      index,
      bytes: bytes(bytesPerMicrobatch),
      share: percent(takes, figures.stepSeconds),
    };
    return [diagnostic("lint-gathers-large", details, at(plan.boxing, index).location)];
  });
}

/**
 * Communications beside an operator that only gives its elements another shape, where the layout on the far side splits an axis
 * that the operator joins with others or takes apart: no layout of the operator would do without.
 */
function reshapeReshards({ plan, graph }: Linted): Diagnostic[] {
  const reshapes = graph.nodes.filter((node) => isReshape(graph, node));
  const takes = new Map(reshapes.map((node) => [node.inputs[0] ?? "", node] as const));
  const gives = new Map(reshapes.map((node) => [node.outputs[0] ?? "", node] as const));
  const cannotPass = (layout: NdSbp, own: string, other: string) => {
    const kept = keptAxes(shapeOf(graph, own), shapeOf(graph, other));
    return layout.some((sbp) => sbp.kind === "S" && !kept.has(sbp.axis));
  };
  return graph.nodes.flatMap((boxing) => {
    const step = communicationOf(boxing);
    if (step === undefined || step.kind === "send") return [];
    const [before, after] = [takes.get(step.output), gives.get(step.input)];
    const reshape =
      before !== undefined && cannotPass(step.from, step.output, before.outputs[0] ?? "")
        ? before
        : after !== undefined && cannotPass(step.to, step.input, after.inputs[0] ?? "")
          ? after
          : undefined;
    if (reshape === undefined) return [];
    const index = plan.boxing.findIndex(({ output }) => output === step.output);
    const details = {
      node: reshape.name,
      kind: step.kind,
      from: printNdSbp(step.from),
      to: printNdSbp(step.to),
      bytes: bytes(sum(plan.boxing[index]?.bytes ?? [])),
      index,
    };
    return [diagnostic("lint-reshape-reshards", details, reshape.location)];
  });
}

/** Axes of `shape` that are axes of `other` too: as long, and with as many elements in front of them. */
function keptAxes(shape: readonly number[], other: readonly number[]): Set<number> {
  const places = (sizes: readonly number[]) =>
    sizes.map((size, axis) => `${product(sizes.slice(0, axis))} ${size}`);
  const there = new Set(places(other));
  return new Set(places(shape).flatMap((place, axis) => (there.has(place) ? [axis] : [])));
}

/** Whether a node keeps number and order of elements and changes the sizes of axes: its shapes are no permutations. */
function isReshape(graph: Graph, node: Node): boolean {
  const [input, output] = [node.inputs[0], node.outputs[0]];
  if (input == null || output === undefined || node.outputs.length !== 1 || node.op === boxingOp)
    return false;
  if (!isTensor(graph, input) || !isTensor(graph, output)) return false;
  const [before, after] = [shapeOf(graph, input), shapeOf(graph, output)];
  const others = node.inputs
    .slice(1)
    .some((name) => name !== null && product(shapeOf(graph, name)) > after.length);
  const sizes = (shape: readonly number[]) =>
    shape
      .filter((size) => size !== 1)
      .toSorted((a, b) => a - b)
      .join();
  return !others && product(before) === product(after) && sizes(before) !== sizes(after);
}

/** Stages on which some devices compute much longer than others. */
function unevenShards({ plan, graph, figures }: Linted): Diagnostic[] {
  return figures.stages.flatMap(({ stage, classes }) => {
    const devices = sum(classes.map((one) => one.devices));
    const mean = sum(classes.map((one) => one.computeSeconds * one.devices)) / devices;
    const slowest = classes.reduce<ClassFigures | undefined>(
      (most, one) => (most === undefined || one.computeSeconds > most.computeSeconds ? one : most),
      undefined,
    );
    if (slowest === undefined || slowest.computeSeconds <= uneven * mean) return [];
    const found = unevenValue(plan, graph, stage);
    const details = {
      stage,
      longest: seconds(slowest.computeSeconds),
      mean: seconds(mean),
      value: found?.value ?? "",
      layout: found?.layout ?? "",
    };
    return [diagnostic("lint-uneven-shards", details, found?.node.location ?? unknownLocation)];
  });
}

/** The first value made on a stage of which some devices have more than others. */
function unevenValue(
  plan: Plan,
  graph: Graph,
  stage: number,
): { readonly node: Node; readonly value: string; readonly layout: string } | undefined {
  for (const node of graph.nodes) {
    if (node.stage !== stage) continue;
    for (const value of node.outputs) {
      const layout = graph.values.get(value)?.layout;
      if (layout === undefined || !isTensor(graph, value)) continue;
      const shape = shapeOf(graph, value);
      const sizes = range(devicesPerStage(plan.mesh)).map((device) =>
        product(shardOf(shape, layout, plan.mesh, device).size),
      );
      if (sizes.some((size) => size !== sizes[0])) return { node, value, layout: printNdSbp(layout) };
    }
  }
  return undefined;
}

/** Stages that wait for a large part of the step. */
function idleStages({ plan, figures }: Linted): Diagnostic[] {
  if (plan.mesh.stages === 1) return [];
  return figures.stages.flatMap(({ stage, classes }) => {
    const least = Math.min(...classes.map((one) => one.idleSeconds));
    if (least <= idle * figures.stepSeconds) return [];
    const details = {
      stage,
      share: percent(least, figures.stepSeconds),
      stages: plan.mesh.stages,
      microbatches: plan.options.microbatches,
    };
    return [diagnostic("lint-idle-stage", details)];
  });
}

/** Parameters that every device of a stage holds whole, though an axis of them could be split over a mesh axis. */
function replicatedParameters({ plan, figures }: Linted): Diagnostic[] {
  const smallest = plan.mesh.axes.reduce((least, { size }) => Math.min(least, size), Infinity);
  if (smallest === Infinity) return [];
  return plan.stages.flatMap(({ stage, slots }) => {
    const whole = slots.filter(
      ({ kind, layout, shape }) =>
        kind === "parameter" && isWhole(layout) && shape.some((size) => size >= smallest && size > 1),
    );
    const size = (slot: (typeof whole)[number]) =>
      byteSize({ kind: "tensor", dtype: slot.dtype, shape: slot.shape });
    const held = sum(whole.map(size));
    const total = Math.max(...at(figures.stages, stage).classes.map(({ memory }) => memory.total));
    if (held <= heavyParameters * total) return [];
    const largest = whole.toSorted((a, b) => size(b) - size(a))[0];
    const details = {
      stage,
      count: whole.length,
      bytes: bytes(held),
      share: percent(held, total),
      largest: largest?.name ?? "",
      saved: bytes(held - held / smallest),
      axis: plan.mesh.axes.find((axis) => axis.size === smallest)?.name ?? "",
    };
    return [diagnostic("lint-parameter-replicated", details)];
  });
}

/** Devices whose peak is near what they have. */
function memoryNearLimit({ plan, figures }: Linted): Diagnostic[] {
  const limit = plan.options.memoryLimit ?? clusterOf(plan.options.cluster).device.memory;
  return figures.stages.flatMap(({ stage, classes }) => {
    const most = Math.max(...classes.map((one) => peakOfDevice(plan, one)));
    if (most < nearLimit * limit) return [];
    return [
      diagnostic("lint-memory-near-limit", {
        stage,
        peak: bytes(most),
        share: percent(most, limit),
        limit: bytes(limit),
      }),
    ];
  });
}

function isTensor(graph: Graph, name: string): boolean {
  const type = typeOf(graph, name);
  return type.kind === "tensor" && isStatic(type);
}

function shapeOf(graph: Graph, name: string): readonly number[] {
  const type = typeOf(graph, name);
  return type.kind === "tensor" && isStatic(type) ? knownShape(type as TensorType) : [];
}
