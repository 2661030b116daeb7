/**
 * Where micro-batches do not divide the samples of a step, keeps the samples that fill up the shorter ones
 * (`src/plan/micro-batches`) out of every mean over samples.
 *
 *   before   %l = ReduceMean(%x, %axes)
 *   after    %k = Where(%valid, %x, %zero);  %s = ReduceSum(%k, %axes);  %l = Div(%s, %count)
 *
 * 1  Which axis of a value counts samples is followed from the inputs on (`src/ops/sample-splits`): what an operator can do with
 *    split samples it does sample by sample, and leaves as it is.
 * 2  What adds up over samples, or has to communicate for them, is a mean that can be had of some samples alone (`among`), or an
 *    error: it would count what fills up. So is what cannot be had of split samples at all.
 *
 * A mean of a micro-batch is so the mean of its own samples, as if it were as short as it is. Linear in the nodes.
 */
import { fail } from "../src/diagnostics/diagnostic.ts";
import { generatedLocation } from "../src/diagnostics/location.ts";
import { GraphBuilder } from "../src/ir/builder.ts";
import { captures, typeOf, valueOf, type Graph, type Node } from "../src/ir/graph.ts";
import type { Sbp } from "../src/ir/layout.ts";
import { knownShape, tensorType } from "../src/ir/types.ts";
import { forgetUndefined, renameOutputs, renameUses } from "../src/ir/rewrite.ts";
import { Call } from "../src/ops/call.ts";
import { GraphEmitter } from "../src/ops/emitter.ts";
import { findOp } from "../src/ops/registry.ts";
import { SampleSplits } from "../src/ops/sample-splits.ts";
import { samplesEach, validSource, type UnevenDealing } from "../src/plan/micro-batches.ts";
import { at } from "../src/support/collections.ts";
import { definePass } from "./pass.ts";

const passName = "mask-padding";

export const maskPadding = definePass({
  name: passName,
  summary: "Keeps samples that fill up shorter micro-batches out of every mean over samples.",
  requires: ["typed", "static"],
  ensures: [],
  breaks: ["canonical"],
  run(compilation, { options, batchAxes }) {
    const { microbatches, samples } = options;
    if (samples === undefined) return compilation;
    const masking = new Masking(compilation.graph, { microbatches, samples }, batchAxes);
    return { ...compilation, graph: masking.run() };
  },
});

class Masking {
  readonly #graph: Graph;
  readonly #dealing: UnevenDealing;
  readonly #builder: GraphBuilder;
  readonly #constants: GraphEmitter;
  /** How values that depend on samples lie: split, as what is partial is made anew. */
  readonly #splits: SampleSplits;
  /** Means that were made anew, by the names of the old ones. */
  readonly #renames = new Map<string, string>();

  constructor(graph: Graph, dealing: UnevenDealing, batchAxes: ReadonlyMap<string, number | null>) {
    this.#graph = graph;
    this.#dealing = dealing;
    this.#builder = new GraphBuilder(graph.name, graph);
    this.#constants = GraphEmitter.forPass(this.#builder, passName, { kind: "unknown" });
    this.#splits = new SampleSplits(graph, samplesEach(dealing), batchAxes, (name) =>
      this.#builder.has(name) ? this.#builder.value(name).type : typeOf(graph, name),
    );
  }

  run(): Graph {
    for (const node of this.#graph.nodes) this.#add(renameUses(node, this.#renames));
    const { name: _, sources: _s, nodes: _n, outputs, values: _v, ...rest } = this.#graph;
    const graph = this.#builder.finish(renameOutputs(outputs, this.#renames), rest);
    return forgetUndefined(graph, this.#renames);
  }

  /** `node` with its inputs as they are called now. */
  #add(node: Node): void {
    const keep = () =>
      this.#builder.addNode(
        node,
        node.outputs.map((output) => valueOf(this.#graph, output)),
      );
    if (captures(node).some((name) => this.#splits.of(name) !== undefined)) this.#refuse(node);
    const laid = this.#splits.inputsOf(node);
    if (laid === undefined) return keep();
    const call = Call.of(
      node,
      (name) => this.#builder.value(name).type,
      (name) => this.#constants.constantOf(name),
    );
    const { outputs, form } = this.#splits.signature(node, call, laid) ?? this.#refuse(node);
    node.outputs.forEach((output, i) => {
      const sbp = at(outputs, i);
      if (sbp.kind === "S") this.#splits.set(output, sbp);
    });
    if (form === undefined && outputs.every((sbp) => sbp.kind !== "P")) return keep();
    const { module, layer, location } = node;
    const g = GraphEmitter.forPass(this.#builder, passName, location, {
      prefix: node.outputs[0] ?? node.name,
      module,
      ...(layer === undefined ? {} : { layer }),
    });
    const kept = (input: number) => this.#kept(g, node, input, at(laid, input));
    const made = findOp(node.op)?.among?.(g, node.inputs, call, kept) ?? this.#refuse(node);
    node.outputs.forEach((output, i) => {
      const name = at(made, i);
      const sbp = this.#splits.of(output);
      if (sbp !== undefined) this.#splits.set(name, sbp);
      const { hint } = valueOf(this.#graph, output);
      if (hint !== undefined) this.#builder.updateValue(name, { hint });
      this.#renames.set(output, name);
    });
  }

  /** Which elements of an input belong to samples that count: a bool that broadcasts to it. */
  #kept(g: GraphEmitter, node: Node, input: number, sbp: Sbp | null): string {
    const name = node.inputs[input] as string;
    const shape = knownShape(g.type(name));
    if (sbp?.kind !== "S") return this.#refuse(node);
    const samples = samplesEach(this.#dealing);
    const length = at(shape, sbp.axis);
    if (!this.#builder.has(validSource))
      this.#builder.addSource(
        { kind: "input", value: validSource, location: generatedLocation(passName, [node.location]) },
        { name: validSource, type: tensorType("bool", [samples]) },
      );
    const perSample = length / samples;
    const rows =
      perSample === 1
        ? validSource
        : g.op("Expand", [
            g.op("Reshape", [validSource, g.ints([samples, 1])]),
            g.ints([samples, perSample]),
          ]);
    const broadcastable = shape.map((_, axis) => (axis === sbp.axis ? length : 1));
    return perSample === 1 && shape.length === 1 ? rows : g.op("Reshape", [rows, g.ints(broadcastable)]);
  }

  #refuse(node: Node): never {
    const { microbatches, samples } = this.#dealing;
    return fail(
      "uneven-microbatches",
      { op: node.op, node: node.name, microbatches, samples },
      node.location,
    );
  }
}
