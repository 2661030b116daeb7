/**
 * Mixed precision, where the options ask for it: parameters, states, losses and sums stay f32, products are made of half precision
 * (f16 or bf16), with a Cast wherever one meets the other.
 *
 *   before   %h = MatMul(%x, %w) : f32[8, 4];  %y = Softmax(%h) : f32[8, 4]
 *   after    %x.f16 = Cast(%x);  %w.f16 = Cast(%w);  %h = MatMul(%x.f16, %w.f16) : f16[8, 4];  %h.f32 = Cast(%h)
 *            %y = Softmax(%h.f32) : f32[8, 4]
 *
 * 1  What an operator computes in is in its declaration (`mixed`): `half` are products, `full` sums, norms, exponentials of whole
 *    lines, and losses. Every other operator follows what it is given: f32 where an input that depends on data is f32, half where
 *    all of these are half; what depends on parameters, constants and masks alone is cast to that.
 * 2  Where an operator does not take half, or has regions, or no declaration, its inputs are cast back.
 * 3  What the model returns has the type that it had.
 *
 * The backward pass is made of this graph: a gradient has the type of its value, and those of parameters, behind a Cast, are f32.
 * Linear in the nodes. Changes numbers, and so does nothing unless it is asked for.
 */
import { SbpcError } from "../src/diagnostics/diagnostic.ts";
import { GraphBuilder } from "../src/ir/builder.ts";
import { captures, valueOf, type Graph, type Node } from "../src/ir/graph.ts";
import { renameUses } from "../src/ir/rewrite.ts";
import { dataTypes, type DataType, type ValueType } from "../src/ir/types.ts";
import { Call } from "../src/ops/call.ts";
import { GraphEmitter } from "../src/ops/emitter.ts";
import { findOp } from "../src/ops/registry.ts";
import { definePass } from "./pass.ts";

const passName = "lower-precision";

export const lowerPrecision = definePass({
  name: passName,
  summary: "Makes products of half precision where mixed precision is asked for.",
  requires: ["typed", "static"],
  ensures: [],
  breaks: ["canonical"],
  run(compilation, { options }) {
    const precision = options.train?.precision;
    if (precision === undefined) return compilation;
    return { ...compilation, graph: new Lowering(compilation.graph, precision).run() };
  },
});

class Lowering {
  readonly #graph: Graph;
  readonly #half: DataType;
  readonly #builder: GraphBuilder;
  readonly #constants: GraphEmitter;
  /** Values that depend on data of the step, not on parameters, constants and masks alone. */
  readonly #fed: Set<string>;
  /** Casts by value, type and layer. */
  readonly #casts = new Map<string, string>();

  constructor(graph: Graph, precision: "fp16" | "bf16") {
    this.#graph = graph;
    this.#half = precision === "fp16" ? "f16" : "bf16";
    this.#builder = new GraphBuilder(graph.name, graph);
    this.#constants = GraphEmitter.forPass(this.#builder, passName, { kind: "unknown" });
    this.#fed = new Set(graph.sources.flatMap(({ kind, value }) => (kind === "input" ? [value] : [])));
  }

  run(): Graph {
    for (const node of this.#graph.nodes) {
      if ([...node.inputs, ...captures(node)].some((name) => name !== null && this.#fed.has(name)))
        for (const output of node.outputs) this.#fed.add(output);
      this.#lower(node);
    }
    const outputs = this.#graph.outputs.map((output) => {
      const node = this.#builder.nodes.findLast(({ outputs: made }) => made.includes(output.value));
      return node === undefined || this.#typeOf(output.value) !== this.#half
        ? output
        : { ...output, value: this.#cast(output.value, "f32", node) };
    });
    const { name: _, sources: _s, nodes: _n, outputs: _o, values: _v, ...rest } = this.#graph;
    return this.#builder.finish(outputs, rest);
  }

  #typeOf(name: string): DataType | undefined {
    const { type } = this.#builder.value(name);
    return type.kind === "tensor" ? type.dtype : undefined;
  }

  #lower(node: Node): void {
    const wanted = this.#computesIn(node);
    const types = wanted === this.#half ? this.#typesOf(node, this.#half) : undefined;
    const inputs = this.#castTo(node, types === undefined ? "f32" : this.#half);
    const back = captures(node).some((name) => this.#typeOf(name) === this.#half);
    this.#builder.addNode(
      { ...(back ? this.#withWholeCaptures(node) : node), inputs },
      node.outputs.map((output, i) => {
        const value = valueOf(this.#graph, output);
        return { ...value, type: types?.[i] ?? value.type };
      }),
    );
  }

  /** Regions capture what they captured: their graphs say f32. */
  #withWholeCaptures(node: Node): Node {
    const renames = new Map<string, string>();
    for (const name of captures(node))
      if (this.#typeOf(name) === this.#half) renames.set(name, this.#cast(name, "f32", node));
    return renameUses(node, renames);
  }

  /** f32 or half. */
  #computesIn(node: Node): DataType {
    const definition = findOp(node.op);
    if (definition === undefined || node.regions !== undefined || definition.mixed === "full") return "f32";
    const floats = node.inputs.filter((name): name is string => name !== null && this.#isMixed(name));
    if (floats.length === 0) return "f32";
    if (definition.mixed === "half") return this.#half;
    const fed = floats.filter((name) => this.#fed.has(name));
    return fed.length > 0 && fed.every((name) => this.#typeOf(name) === this.#half) ? this.#half : "f32";
  }

  /** Whether a value is one of those that are f32 or half. */
  #isMixed(name: string): boolean {
    const dtype = this.#typeOf(name);
    return dtype === "f32" || dtype === this.#half;
  }

  /** Types of the results on inputs of `dtype`; undefined where the operator does not take them. */
  #typesOf(node: Node, dtype: DataType): readonly ValueType[] | undefined {
    const types = node.inputs.map((name): ValueType | null => {
      if (name === null) return null;
      const { type } = this.#builder.value(name);
      return type.kind === "tensor" && this.#isMixed(name) ? { ...type, dtype } : type;
    });
    const call = new Call({
      op: node.op,
      name: node.name,
      location: node.location,
      attributes: node.attributes,
      inputs: types,
      constants: (index) => {
        const name = node.inputs[index];
        return name == null ? undefined : this.#constants.constantOf(name);
      },
      outputs: node.outputs.length,
    });
    try {
      return findOp(node.op)?.infer(call);
    } catch (error) {
      if (error instanceof SbpcError) return undefined;
      throw error;
    }
  }

  #castTo(node: Node, dtype: DataType): (string | null)[] {
    return node.inputs.map((name) =>
      name === null || !this.#isMixed(name) || this.#typeOf(name) === dtype
        ? name
        : this.#cast(name, dtype, node),
    );
  }

  #cast(name: string, dtype: DataType, taker: Node): string {
    const key = `${name} ${dtype} ${taker.layer ?? ""}`;
    let cast = this.#casts.get(key);
    if (cast === undefined) {
      const { module, layer, location } = taker;
      const g = GraphEmitter.forPass(this.#builder, passName, location, {
        prefix: name,
        module,
        ...(layer === undefined ? {} : { layer }),
      });
      cast = g.op("Cast", [name], { to: dataTypes[dtype][0] });
      this.#casts.set(key, cast);
    }
    return cast;
  }
}
