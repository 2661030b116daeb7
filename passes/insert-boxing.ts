/**
 * Closes every gap between the layout (and stage) in which a value is made and those in which nodes take it, by the cheapest
 * tree of boxing steps (`sbp/boxing-tree.ts`). Each layout of a value is made at most once per stage: nodes that want the same
 * share it, and ways that begin alike share their beginning.
 */
import { fail } from "../src/diagnostics/diagnostic.ts";
import { generatedLocation } from "../src/diagnostics/location.ts";
import { captures, sourcesByValue, type Graph, type Node, type NodePhase } from "../src/ir/graph.ts";
import type { Source, Value } from "../src/ir/graph.ts";
import { broadcast, type NdSbp } from "../src/ir/layout.ts";
import { renameUses } from "../src/ir/rewrite.ts";
import { isKeepable, printType } from "../src/ir/types.ts";
import { isLocalBoxing, type BoxingStep } from "../src/sbp/boxing.ts";
import { boxingAttributes, boxingOp } from "../src/sbp/boxing-node.ts";
import { BoxingPaths } from "../src/sbp/boxing-path.ts";
import { GraphBoxing, placeKey, type Wish } from "../src/sbp/boxing-tree.ts";
import { present } from "../src/support/assert.ts";
import { definePass, type PassContext } from "./pass.ts";

export const insertBoxing = definePass({
  name: "insert-boxing",
  summary: "Insert the boxing between layouts that differ, shared by all who want the same.",
  requires: ["laid-out", "no-forms"],
  ensures: ["boxed"],
  run(compilation, context) {
    const graph = new Inserter(compilation.graph, context).run();
    return graph === compilation.graph ? compilation : { ...compilation, graph };
  },
});

/** In the order of a step; none is the forward pass. */
const phases: readonly (NodePhase | undefined)[] = [undefined, "input", "weight", "update"];

class Inserter {
  readonly #graph: Graph;
  readonly #boxing: GraphBoxing;
  readonly #sources: ReadonlyMap<string, Source>;
  readonly #makers = new Map<string, Node>();
  readonly #values: Map<string, Value>;
  readonly #nodeNames: Set<string>;
  readonly #nodes: Node[] = [];
  /** Where in `#nodes` a boxed value is made. */
  readonly #places = new Map<string, number>();
  /** Boxed values by value, stages and layout. */
  readonly #boxed = new Map<string, string>();

  constructor(graph: Graph, { mesh, costModel }: PassContext) {
    this.#graph = graph;
    this.#boxing = new GraphBoxing(graph, new BoxingPaths(mesh, costModel));
    this.#sources = sourcesByValue(graph);
    this.#values = new Map(graph.values);
    this.#nodeNames = new Set(graph.nodes.map((node) => node.name));
    for (const node of graph.nodes) for (const output of node.outputs) this.#makers.set(output, node);
  }

  run(): Graph {
    for (const node of this.#graph.nodes) {
      const inputs = node.inputs.map((name, i) => {
        const wanted = node.signature?.inputs[i];
        return name === null || wanted == null ? name : this.#boxTo(name, wanted, node);
      });
      const boxed = inputs.every((name, i) => name === node.inputs[i]) ? node : { ...node, inputs };
      this.#nodes.push(this.#boxCaptures(boxed));
    }
    if (this.#boxed.size === 0) return this.#graph;
    return { ...this.#graph, nodes: this.#nodes, values: this.#values };
  }

  /** Regions take what they capture whole. */
  #boxCaptures(node: Node): Node {
    const renames = new Map<string, string>();
    for (const name of captures(node)) {
      const { type, layout } = present(this.#values.get(name), "unknown value", () => name);
      if (type.kind !== "tensor" || layout === undefined) continue;
      const whole = this.#boxTo(
        name,
        layout.map(() => broadcast),
        node,
      );
      if (whole !== name) renames.set(name, whole);
    }
    return renames.size === 0 ? node : renameUses(node, renames);
  }

  /** The value that holds `name` in layout `wanted` on the stage of `taker`. */
  #boxTo(name: string, wanted: NdSbp, taker: Node): string {
    const wish = this.#boxing.wish(name, wanted, taker);
    const steps = this.#boxing.way(name, wish);
    const from = this.#boxing.madeOn(name, wish);
    const key = (place: Wish) => `${name} ${from} ${placeKey(place)}`;
    const keys = steps.map((step) => key({ ...wish, layout: step.to, stage: step.toStage }));
    // Ways may meet again behind steps that they do not share: what leads only there is not made twice.
    const shared = keys.findLastIndex((place) => this.#boxed.has(place));
    let current = this.#boxed.get(keys[shared] ?? "") ?? name;
    this.#makeBy(taker, current);
    steps.slice(shared + 1).forEach((step, i) => {
      current = this.#addStep(name, current, step, taker);
      this.#boxed.set(keys[shared + 1 + i] as string, current);
    });
    return current;
  }

  /** Boxing that is there for a later phase is made in the taker's. */
  #makeBy(taker: Node, boxed: string): void {
    for (let place = this.#places.get(boxed); place !== undefined;) {
      const node = this.#nodes[place] as Node;
      if (phases.indexOf(node.phase) <= phases.indexOf(taker.phase)) return;
      const { phase: _, ...rest } = node;
      this.#nodes[place] = taker.phase === undefined ? rest : { ...rest, phase: taker.phase };
      place = this.#places.get(node.inputs[0] ?? "");
    }
  }

  #addStep(root: string, input: string, step: BoxingStep, taker: Node): string {
    const maker = this.#makers.get(root);
    const output = fresh(`${root}.${step.kind}`, (name) => this.#values.has(name));
    const name = fresh(`${maker?.name ?? root}.${step.kind}`, (other) => this.#nodeNames.has(other));
    const { type } = present(this.#values.get(root), "unknown value", () => root);
    if (!isKeepable(type) && !isLocalBoxing(step.kind)) {
      const where = "exchanged between devices";
      fail("unkept-value", { value: root, type: printType(type), where }, (maker ?? taker).location);
    }
    // What a micro-batch hands to another stage is handed over when it is made, whoever takes it.
    const early = maker !== undefined && taker.stage !== maker.stage && step.fromStage === (maker.stage ?? 0);
    const phase = early && taker.phase !== "update" ? maker.phase : taker.phase;
    const { module, layer } =
      step.fromStage === step.toStage && maker !== undefined && maker.stage === step.toStage ? maker : taker;
    this.#values.set(output, { name: output, type, layout: step.to });
    this.#nodeNames.add(name);
    this.#places.set(output, this.#nodes.length);
    this.#nodes.push({
      name,
      op: boxingOp,
      inputs: [input],
      outputs: [output],
      attributes: boxingAttributes(step),
      location: generatedLocation("insert-boxing", [(maker ?? this.#sources.get(root) ?? taker).location]),
      module,
      ...(layer === undefined ? {} : { layer }),
      stage: step.toStage,
      ...(phase === undefined ? {} : { phase }),
      signature: { inputs: [step.from], outputs: [step.to] },
    });
    return output;
  }
}

function fresh(base: string, taken: (name: string) => boolean): string {
  let name = base;
  for (let i = 1; taken(name); i++) name = `${base}_${i}`;
  return name;
}
