/**
 * Where micro-batches do not divide the samples of a step, keeps the samples that fill up the shorter ones
 * (`src/plan/micro-batches`) out of every mean over samples.
 *
 *   before   %l = ReduceMean(%x, %axes)
 *   after    %k = Where(%valid, %x, %zero);  %s = ReduceSum(%k, %axes);  %l = Div(%s, %count)
 *
 * 1  Which axis of a value counts samples is followed from the inputs on by the signatures of operators, as if every sample were on
 *    a device of its own: what an operator can do with split samples it does sample by sample, and leaves as it is.
 * 2  What adds up over samples, or has to communicate for them, is a mean that can be had of some samples alone (`among`), or an
 *    error: it would count what fills up. So is what cannot be had of split samples at all.
 *
 * A mean of a micro-batch is so the mean of its own samples, as if it were as short as it is. Linear in the nodes.
 */
import { fail } from "../src/diagnostics/diagnostic.ts";
import { generatedLocation } from "../src/diagnostics/location.ts";
import { GraphBuilder } from "../src/ir/builder.ts";
import { captures, tensorTypeOf, typeOf, valueOf, type Graph, type Node } from "../src/ir/graph.ts";
import { broadcast, ndSbpEqual, split, type Mesh, type Sbp } from "../src/ir/layout.ts";
import { isStatic, knownShape, tensorType } from "../src/ir/types.ts";
import { forgetUndefined, renameOutputs, renameUses } from "../src/ir/rewrite.ts";
import { Call } from "../src/ops/call.ts";
import { GraphEmitter } from "../src/ops/emitter.ts";
import { findOp } from "../src/ops/registry.ts";
import { samplesEach, validSource, type UnevenDealing } from "../src/plan/micro-batches.ts";
import { normalizeLayout } from "../src/sbp/geometry.ts";
import type { Signature } from "../src/sbp/signature.ts";
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
  /** Every sample on a device of its own. */
  readonly #mesh: Mesh;
  /** How values that depend on samples lie on it: split; the others are broadcast. */
  readonly #split = new Map<string, Sbp>();
  /** Means that were made anew, by the names of the old ones. */
  readonly #renames = new Map<string, string>();

  constructor(graph: Graph, dealing: UnevenDealing, batchAxes: ReadonlyMap<string, number | null>) {
    this.#graph = graph;
    this.#dealing = dealing;
    this.#builder = new GraphBuilder(graph.name, graph);
    this.#constants = GraphEmitter.forPass(this.#builder, passName, { kind: "unknown" });
    this.#mesh = { axes: [{ name: "sample", size: samplesEach(dealing) }], stages: 1 };
    for (const { kind, value } of graph.sources) {
      const axis = kind === "input" ? (batchAxes.get(value) ?? null) : null;
      if (axis === null) continue;
      const unit = at(knownShape(tensorTypeOf(graph, value)), axis) / samplesEach(dealing);
      this.#split.set(value, this.#normal(value, split(axis, unit)));
    }
  }

  run(): Graph {
    for (const node of this.#graph.nodes) this.#add(renameUses(node, this.#renames), node);
    const { name: _, sources: _s, nodes: _n, outputs, values: _v, ...rest } = this.#graph;
    const graph = this.#builder.finish(renameOutputs(outputs, this.#renames), rest);
    return forgetUndefined(graph, this.#renames);
  }

  /** `node` with its inputs as they are called now; `from` as it was. */
  #add(node: Node, from: Node): void {
    const keep = () =>
      this.#builder.addNode(
        node,
        node.outputs.map((output) => valueOf(this.#graph, output)),
      );
    const laid = node.inputs.map((name) => (name === null ? null : (this.#split.get(name) ?? broadcast)));
    if (captures(node).some((name) => this.#split.has(name))) this.#refuse(node);
    if (laid.every((sbp) => sbp === null || sbp.kind === "B")) return keep();
    const call = Call.of(
      node,
      (name) => this.#builder.value(name).type,
      (name) => this.#constants.constantOf(name),
    );
    const { outputs, form } = this.#signature(node, from, call, laid) ?? this.#refuse(node);
    node.outputs.forEach((output, i) => {
      const sbp = at(outputs, i);
      if (sbp.kind === "S") this.#split.set(output, this.#normal(output, sbp));
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
      const sbp = this.#split.get(output);
      if (sbp !== undefined) this.#split.set(name, sbp);
      const { hint } = valueOf(this.#graph, output);
      if (hint !== undefined) this.#builder.updateValue(name, { hint });
      this.#renames.set(output, name);
    });
  }

  /** How a node works on split samples, the plain way first; of what does not depend on them every device may take its own part. */
  #signature(node: Node, from: Node, call: Call, laid: readonly (Sbp | null)[]): Signature | undefined {
    const devices = samplesEach(this.#dealing);
    const context = {
      devices,
      unitsOf: (side: "input" | "output", tensor: number, axis: number) => {
        const sbp = side === "input" ? laid[tensor] : undefined;
        return sbp?.kind === "S" && sbp.axis === axis ? [sbp.unit] : [1];
      },
    };
    const fits = ({ inputs, outputs }: Signature) =>
      outputs.every((sbp) => sbp.kind !== "W") &&
      inputs.every((sbp, i) => {
        const own = laid[i] ?? null;
        if (sbp === null || own === null) return own === null || own.kind === "B";
        if (own.kind === "B") return sbp.kind === "B" || sbp.kind === "S";
        return sbp.kind === "S" && ndSbpEqual([this.#normal(node.inputs[i] as string, sbp)], [own]);
      });
    const definition = findOp(from.op);
    const plain = (definition?.signatures(call, context) ?? []).filter(fits);
    const forms = definition?.forms(call, context) ?? [];
    return (
      plain.find(({ outputs }) => outputs.every((sbp) => sbp.kind !== "P")) ??
      plain[0] ??
      forms.map(({ name, signature }) => ({ ...signature, form: name })).find(fits)
    );
  }

  /** A split that names the smallest unit that cuts as it does. */
  #normal(value: string, sbp: Sbp): Sbp {
    const type = this.#builder.has(value) ? this.#builder.value(value).type : typeOf(this.#graph, value);
    if (type.kind !== "tensor" || !isStatic(type)) return sbp;
    return at(normalizeLayout(knownShape(type), [sbp], this.#mesh), 0);
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
