/**
 * Rewrites every call to the simplest form of its kind, so that later passes meet one spelling of each thing.
 *
 *   before   %y = Identity(%x);  %z = Reshape(%y, %same);  %p = Softmax(%z) {axis=-1}
 *   after    %p = Softmax(%x) {axis=2}
 *
 * 1  A call that gives one of its inputs back (Identity, a Cast to the same type, a Reshape to the same shape, …) goes away,
 *    its users take the input. It stays where a hard hint stands on its result, and where a graph output would become a
 *    source or a value that is returned already.
 * 2  A Constant node becomes a constant source; what draws random numbers, as Dropout in training, becomes a random source and
 *    ordinary operators.
 * 3  Attributes: axes count from the front and are written out, defaults are left out.
 * 4  What is known of sequences, optionals and regions is put in their place: the item at a known position, the branch that
 *    a known condition takes, the trips of a short loop.
 * 5  Where hints are to be ignored, all of them go, and `sbpc.ToGlobal` nodes with them.
 *
 * Which call becomes what is the business of `src/ops/simplify.ts`. One walk in order; what is simplified is looked at again
 * at once.
 */
import { SbpcError, type Diagnostic } from "../src/diagnostics/diagnostic.ts";
import { generatedLocation } from "../src/diagnostics/location.ts";
import { GraphBuilder } from "../src/ir/builder.ts";
import { captures, valueOf, type Graph, type Node, type Value } from "../src/ir/graph.ts";
import { renameValues } from "../src/ir/rename.ts";
import { forgetUndefined, renameOutputs, renameUses } from "../src/ir/rewrite.ts";
import { dataTypeOf } from "../src/ir/tensor-data.ts";
import { emitterInPlace } from "../src/ops/in-place.ts";
import { Inference } from "../src/ops/infer.ts";
import type { Simplification, SimplifyEmitter } from "../src/ops/simplification.ts";
import { simplify } from "../src/ops/simplify.ts";
import { present } from "../src/support/assert.ts";
import { at } from "../src/support/collections.ts";
import { definePass } from "./pass.ts";

export const canonicalize = definePass({
  name: "canonicalize",
  summary: "Rewrites every call to the simplest form of its kind; drops what changes nothing.",
  requires: ["typed"],
  ensures: ["canonical"],
  run(compilation, { options }) {
    const graph = canonicalGraph(
      options.hints ? compilation.graph : withoutHints(compilation.graph),
      options.hints,
    );
    return graph === compilation.graph ? compilation : { ...compilation, graph };
  },
});

function withoutHints(graph: Graph): Graph {
  if (![...graph.values.values()].some((value) => value.hint !== undefined)) return graph;
  const bare = (value: Value): Value => {
    const { hint: _, ...rest } = value;
    return rest;
  };
  return {
    ...graph,
    values: new Map(
      [...graph.values].map(([name, value]) => [name, value.hint === undefined ? value : bare(value)]),
    ),
  };
}

function withoutRegions(node: Node): Node {
  const { regions: _, ...rest } = node;
  return rest;
}

/** Rules that emit operators, at most one after another on one call. */
const mostRounds = 8;

/** What a rule emits may be simplified in its turn: rounds over the graph until none emits anything. */
function canonicalGraph(graph: Graph, hints: boolean): Graph {
  let current = graph;
  for (let round = 0; round < mostRounds; round++) {
    const rewriting = new Rewriting(current, hints);
    for (const node of current.nodes) rewriting.visit(node);
    current = rewriting.finish();
    if (!rewriting.emitted) break;
  }
  return current;
}

class Rewriting {
  readonly #graph: Graph;
  readonly #hints: boolean;
  readonly #builder: GraphBuilder;
  readonly #inference: Inference;
  readonly #used: ReadonlySet<string>;
  readonly #returned: Set<string>;
  readonly #sources: Set<string>;
  readonly #renames = new Map<string, string>();
  #changed = false;
  /** Whether a rule put operators in the place of another. */
  emitted = false;
  /** Whether a region was put in place: what its nodes make may be known better than what it was said to give. */
  #retyped = false;
  /** Regions put in place so far: no two of them share a name. */
  #inlined = 0;

  constructor(graph: Graph, hints: boolean) {
    this.#graph = graph;
    this.#hints = hints;
    this.#builder = new GraphBuilder(graph.name, graph);
    this.#inference = new Inference(graph);
    this.#returned = new Set(graph.outputs.map((output) => output.value));
    this.#sources = new Set(graph.sources.map((source) => source.value));
    const used = new Set(this.#returned);
    for (const node of graph.nodes)
      for (const name of [...node.inputs, ...captures(node)]) if (name !== null) used.add(name);
    this.#used = used;
  }

  /** Adds what `original` becomes; `values` are its outputs. */
  visit(
    original: Node,
    values: readonly Value[] = original.outputs.map((output) => valueOf(this.#graph, output)),
  ): void {
    let node = renameUses(original, this.#renames);
    for (;;) {
      const types = values.map((value) => value.type);
      const used = node.outputs.map((output) => !this.#graph.values.has(output) || this.#used.has(output));
      const found = simplify(this.#inference.call(node), { types, used, hints: this.#hints });
      if (found?.kind === "attributes") {
        node = { ...node, attributes: found.attributes };
        continue;
      }
      if (found === undefined || !this.#replace(node, values, found)) break;
      return;
    }
    if (node !== original) this.#changed = true;
    const errors: Diagnostic[] = [];
    const types = this.#inference.node(
      node,
      values.map((value) => value.type),
      errors,
    );
    if (this.#retyped && errors.length > 0) throw new SbpcError(errors);
    this.#builder.addNode(
      node,
      this.#retyped ? values.map((value, i) => ({ ...value, type: at(types, i) })) : values,
    );
  }

  /** Puts something else in the node's place; false where it has to stay. */
  #replace(
    node: Node,
    values: readonly Value[],
    found: Exclude<Simplification, { kind: "attributes" }>,
  ): boolean {
    if (values.some((value) => value.hint?.strength === "hard") && this.#hints) return false;
    const [first] = node.outputs;
    if (first === undefined) return false;
    if (found.kind === "forward" || found.kind === "value") {
      const input = found.kind === "value" ? found.value : node.inputs[found.input];
      if (input == null || !this.#mayForward(first, input)) return false;
      this.#forward(at(values, 0), input);
    } else if (found.kind === "constant") {
      if (this.#returned.has(first)) return false;
      const source = { kind: "constant", value: first, location: node.location, data: found.data } as const;
      const type = dataTypeOf(found.data);
      this.#builder.addSource(source, { ...at(values, 0), type });
      this.#inference.source(source, type);
      this.#sources.add(first);
    } else if (found.kind === "emit") {
      this.emitted = true;
      const results = found.build(this.#emitter(node), node.inputs);
      node.outputs.forEach((_, i) => this.#forward(at(values, i), at(results, i)));
    } else {
      this.#retyped = true;
      const results = found.build(this.#emitter(node), node.inputs, (region, inputs) =>
        this.#inline(node, region, inputs),
      );
      node.outputs.forEach((_, i) => this.#settle(node, at(values, i), at(results, i)));
    }
    this.#changed = true;
    return true;
  }

  /** Adds the nodes of a region in the place of `around`, as deep as regions nest; gives its results. */
  #inline(around: Node, name: string, inputs: readonly string[]): string[] {
    const region = present(around.regions?.[name], "no such region", () => name);
    const prefix = `${around.name}.${++this.#inlined}`;
    const names = new Map<string, string>();
    const nameOf = (value: string) => names.get(value) ?? value;
    let taken = 0;
    for (const source of region.sources) {
      if (source.kind !== "constant") {
        names.set(source.value, at(inputs, taken++));
        continue;
      }
      const value = this.#builder.freshName(`${prefix}.${source.value}`);
      names.set(source.value, value);
      this.#builder.addSource({ ...source, value }, { ...valueOf(region, source.value), name: value });
      this.#inference.source({ ...source, value }, valueOf(region, source.value).type);
      this.#sources.add(value);
    }
    for (const inner of region.nodes) {
      const values = inner.outputs.map((output): Value => {
        const value = this.#builder.freshName(`${prefix}.${output}`);
        names.set(output, value);
        return { ...valueOf(region, output), name: value };
      });
      const renamed = renameValues(inner, nameOf);
      const { layer } = around;
      this.visit(
        {
          ...renamed,
          name: this.#builder.freshNodeName(`${prefix}.${inner.name}`),
          ...(layer === undefined || inner.layer !== undefined ? {} : { layer }),
        },
        values,
      );
    }
    return region.outputs.map(({ value }) => {
      const outside = nameOf(value);
      return this.#renames.get(outside) ?? outside;
    });
  }

  /** Lets users of `value` take `result`; where that is returned and cannot be, a copy keeps the name. */
  #settle(node: Node, value: Value, result: string): void {
    if (this.#mayForward(value.name, result)) return this.#forward(value, result);
    const copy: Node = {
      ...withoutRegions(node),
      name: this.#builder.freshNodeName(`${node.name}.Identity`),
      op: "Identity",
      inputs: [result],
      outputs: [value.name],
      attributes: {},
      location: generatedLocation("canonicalize", [node.location]),
    };
    const [type] = this.#inference.node(copy, [value.type], []);
    this.#builder.addNode(copy, [{ ...value, type: present(type, "a copy without a type") }]);
  }

  #mayForward(output: string, input: string): boolean {
    return !this.#returned.has(output) || (!this.#sources.has(input) && !this.#returned.has(input));
  }

  /** Users of `value` take `replacement`, which takes over a soft hint where it has none. */
  #forward(value: Value, replacement: string): void {
    this.#renames.set(value.name, replacement);
    if (this.#returned.has(value.name)) this.#returned.add(replacement);
    if (value.hint !== undefined && this.#builder.value(replacement).hint === undefined) {
      this.#builder.updateValue(replacement, { hint: value.hint });
    }
  }

  /** Emits what replaces `node`, in its place and layer. */
  #emitter(node: Node): SimplifyEmitter {
    return emitterInPlace({
      builder: this.#builder,
      inference: this.#inference,
      node,
      by: "canonicalize",
      onSource: (value) => this.#sources.add(value),
    });
  }

  finish(): Graph {
    if (!this.#changed) return this.#graph;
    const { name: _, sources: _s, nodes: _n, outputs, values: _v, ...rest } = this.#graph;
    return forgetUndefined(this.#builder.finish(renameOutputs(outputs, this.#renames), rest), this.#renames);
  }
}
