/**
 * The true cost of a graph whose layouts are chosen: what every node computes and every boxing moves, each boxing once
 * however many nodes use it, and the memory that a device of each stage needs. The search's own estimate is compared with
 * this, and so are layouts that people write.
 */
import type { CostModel } from "../../src/cost/model.ts";
import { captures, sourcesByValue, valueOf, type Graph, type Node } from "../../src/ir/graph.ts";
import { ndSbpEqual, type Mesh } from "../../src/ir/layout.ts";
import type { BoxingStep } from "../../src/sbp/boxing.ts";
import { BoxingPaths } from "../../src/sbp/boxing-path.ts";
import { GraphBoxing, newSteps, wantedOf } from "../../src/sbp/boxing-tree.ts";
import { FormExpansions } from "../../src/ops/forms.ts";
import { sum } from "../../src/support/collections.ts";
import { callsOf, staticTensor, type NodeCall } from "./calls.ts";
import { frequencyOf } from "../../src/sbp/sharing.ts";
import { computeSeconds, localBytes, localWork } from "./work.ts";

export interface LayoutCost {
  /** Compute and boxing of one micro-batch, one thing after the other. */
  readonly seconds: number;
  readonly computeSeconds: number;
  readonly boxingSeconds: number;
  /** Bytes received by all devices together, per kind of step. */
  readonly bytes: Readonly<Record<string, number>>;
  /** Number of steps of each kind. */
  readonly steps: Readonly<Record<string, number>>;
  /** Floating-point operations of the device that has most of each stage's. */
  readonly flops: readonly number[];
  /** Per stage. */
  readonly memory: readonly StageMemory[];
}

/** Bytes on the device with the largest shards. */
export interface StageMemory {
  readonly parameters: number;
  readonly inputs: number;
  /** Most bytes of made and boxed values alive at one time. */
  readonly activations: number;
  /** The node at which that is. */
  readonly peak: string;
  /** Values alive there. */
  readonly live: readonly string[];
}

export function totalMemory({ parameters, inputs, activations }: StageMemory): number {
  return parameters + inputs + activations;
}

/** Cost of `graph`, in which every node has a signature and every value a layout. Forms are expanded. */
export function layoutCost(
  graph: Graph,
  mesh: Mesh,
  costModel: CostModel,
  paths = new BoxingPaths(mesh, costModel),
  microbatches = 1,
): LayoutCost {
  const calls = callsOf(graph);
  const forms = new FormExpansions();
  let compute = 0;
  const flops = new Array<number>(mesh.stages).fill(0);
  const tally = new Tally(mesh, costModel);
  for (const call of calls) {
    const signature = call.node.signature;
    if (signature === undefined) continue;
    const stage = call.node.stage ?? 0;
    const expansion =
      signature.form === undefined || call.definition === undefined
        ? undefined
        : forms.expand({ ...call, definition: call.definition, signature, mesh });
    if (expansion !== undefined) {
      const inner = layoutCost(expansion.graph, { ...mesh, stages: 1 }, costModel, paths);
      compute += inner.computeSeconds;
      tally.add(inner);
      flops[stage] = (flops[stage] ?? 0) + (inner.flops[0] ?? 0);
    } else {
      compute += computeSeconds(call, signature, mesh, costModel) * frequencyOf(call.node, microbatches);
      flops[stage] = (flops[stage] ?? 0) + localWork(call, signature, mesh).flops;
    }
  }
  for (const { step, value, node } of boxingsOf(graph, paths))
    tally.step(step, value, graph, frequencyOf(node, microbatches));
  return {
    seconds: compute + tally.seconds,
    computeSeconds: compute,
    boxingSeconds: tally.seconds,
    bytes: tally.bytes,
    steps: tally.steps,
    flops,
    memory: stageMemory(graph, calls, mesh),
  };
}

/** Seconds of the compute and boxing of a graph without forms, on one stage. */
export function plainSeconds(graph: Graph, mesh: Mesh, costModel: CostModel, paths: BoxingPaths): number {
  let seconds = 0;
  for (const call of callsOf(graph)) {
    if (call.node.signature !== undefined)
      seconds += computeSeconds(call, call.node.signature, mesh, costModel);
  }
  for (const { step, value } of boxingsOf(graph, paths)) {
    const type = staticTensor(graph, value);
    if (type !== undefined) seconds += costModel.boxing(step, type, mesh).seconds;
  }
  return seconds;
}

class Tally {
  readonly #mesh: Mesh;
  readonly #costModel: CostModel;
  seconds = 0;
  readonly bytes: Record<string, number> = {};
  readonly steps: Record<string, number> = {};

  constructor(mesh: Mesh, costModel: CostModel) {
    this.#mesh = mesh;
    this.#costModel = costModel;
  }

  step(step: BoxingStep, value: string, graph: Graph, frequency: number): void {
    const type = staticTensor(graph, value);
    if (type === undefined) return;
    const cost = this.#costModel.boxing(step, type, this.#mesh);
    this.seconds += cost.seconds * frequency;
    this.bytes[step.kind] = (this.bytes[step.kind] ?? 0) + sum(cost.bytes) * frequency;
    this.steps[step.kind] = (this.steps[step.kind] ?? 0) + 1;
  }

  add(other: LayoutCost): void {
    this.seconds += other.boxingSeconds;
    for (const [kind, bytes] of Object.entries(other.bytes))
      this.bytes[kind] = (this.bytes[kind] ?? 0) + bytes;
    for (const [kind, count] of Object.entries(other.steps))
      this.steps[kind] = (this.steps[kind] ?? 0) + count;
  }
}

/** The boxing steps that close all gaps between how values are made and taken, each once. */
function* boxingsOf(
  graph: Graph,
  paths: BoxingPaths,
): Iterable<{ value: string; step: BoxingStep; node: Node }> {
  const boxing = new GraphBoxing(graph, paths);
  const places = new Map<string, Set<string>>();
  for (const node of graph.nodes) {
    for (const [value, wanted] of wantedOf(node, graph)) {
      if (staticTensor(graph, value) === undefined) continue;
      const wish = boxing.wish(value, wanted, node);
      const steps = boxing.way(value, wish);
      if (steps.length === 0) continue;
      const key = `${value} ${boxing.madeOn(value, wish)}`;
      let known = places.get(key);
      if (known === undefined) places.set(key, (known = new Set()));
      for (const step of newSteps(steps, wish.group, known)) yield { value, step, node };
    }
  }
}

/** Memory of a device of each stage, the nodes run in the order of the graph. */
function stageMemory(graph: Graph, calls: readonly NodeCall[], mesh: Mesh): StageMemory[] {
  const sources = sourcesByValue(graph);
  const bytes = (name: string, layout = valueOf(graph, name).layout) =>
    localBytes(valueOf(graph, name).type, layout, mesh);
  const outputs = new Set(graph.outputs.map((output) => output.value));
  return Array.from({ length: mesh.stages }, (_, stage): StageMemory => {
    const own = calls.filter(({ node }) => (node.stage ?? 0) === stage);
    const lastUse = new Map<string, number>();
    own.forEach(({ node }, i) => {
      for (const name of [...node.inputs, ...captures(node), ...node.outputs])
        if (name !== null) lastUse.set(name, i);
    });
    let parameters = 0;
    let inputs = 0;
    for (const name of lastUse.keys()) {
      const source = sources.get(name);
      if (source === undefined || source.kind === "rank") continue;
      if (source.kind === "input" || source.kind === "random") inputs += bytes(name);
      else parameters += bytes(name);
    }
    const live = new Map<string, number>();
    let [now, most, peak, liveAtPeak] = [0, 0, "", [] as string[]];
    const begin = (name: string) => {
      if (live.has(name) || sources.has(name)) return;
      live.set(name, bytes(name));
      now += live.get(name) ?? 0;
    };
    const dying = new Map<number, string[]>();
    for (const [name, i] of lastUse) if (!outputs.has(name)) dying.set(i, [...(dying.get(i) ?? []), name]);
    own.forEach(({ node }, i) => {
      for (const name of [...node.inputs, ...node.outputs]) if (name !== null) begin(name);
      let boxed = 0;
      node.inputs.forEach((name, k) => {
        const wanted = node.signature?.inputs[k];
        const made = name === null ? undefined : valueOf(graph, name).layout;
        if (name !== null && wanted != null && made !== undefined && !ndSbpEqual(wanted, made))
          boxed += bytes(name, wanted);
      });
      if (now + boxed > most) {
        most = now + boxed;
        peak = node.name;
        liveAtPeak = [...live.keys()];
      }
      for (const name of dying.get(i) ?? []) {
        now -= live.get(name) ?? 0;
        live.delete(name);
      }
    });
    return { parameters, inputs, activations: most, peak, live: liveAtPeak };
  });
}
