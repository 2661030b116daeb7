/**
 * Makes the parts of a product by themselves, out of parts of its weights, where only parts of it are used.
 *
 *   before   %p = MatMul(%x, %w);  %q, %k, %v = Split(%p) {axis=2}
 *   after    %q = MatMul(%x, %w.part);  %k = MatMul(%x, %w.part_1);  %v = MatMul(%x, %w.part_2)
 *
 * A product whose columns are those of several operands one after another (fused query, key and value; gate and up) cannot be
 * cut where its columns are split: no device holds the same heads of all of them. As separate products they split alike.
 *
 * A bias that is cut by itself becomes parts likewise. Starts at a value that is only cut, along one axis, into ranges that do not overlap; goes back through operators that can
 * make a range of their output from ranges of their inputs (`narrow`) and must end at parameters and constants. Left as they
 * are: values that something else uses or that are returned, hard hints, weights that something else uses (they would be
 * held twice; of a vector, as exporters share equal biases, that costs nothing), more than 64 operators in a row. The numbers do not change: every element is made as before.
 */
import { GraphBuilder } from "../src/ir/builder.ts";
import {
  consumers,
  producers,
  tensorTypeOf,
  valueOf,
  type Graph,
  type Node,
  type Source,
  type Value,
} from "../src/ir/graph.ts";
import { forgetUndefined, renameOutputs, renameUses } from "../src/ir/rewrite.ts";
import { allocate, hasNumbers, type TensorData, type TypedArray } from "../src/ir/tensor-data.ts";
import { dataTypes, isStatic, knownShape, tensorType } from "../src/ir/types.ts";
import { Call } from "../src/ops/call.ts";
import type { AxisRange, Narrowing, TakenRange } from "../src/ops/contract.ts";
import { GraphEmitter } from "../src/ops/emitter.ts";
import { findOp } from "../src/ops/registry.ts";
import { copyBox, wholeBox } from "../src/plan/box-copy.ts";
import { boxElements, type Box } from "../src/sbp/geometry.ts";
import { at } from "../src/support/collections.ts";
import { definePass } from "./pass.ts";

const mostOperators = 64;

export const splitFusedProducts = definePass({
  name: "split-fused-products",
  summary: "Makes parts of a product of constant weights as separate products.",
  requires: ["typed", "static"],
  ensures: [],
  run(compilation) {
    const graph = new Splitting(compilation.graph).run();
    return graph === compilation.graph ? compilation : { ...compilation, graph };
  },
});

/** A node that cuts a value, and the range that each of its outputs is. */
interface Cut {
  readonly node: Node;
  readonly ranges: readonly TakenRange[];
}

/** What makes a range of a value: operators in order, and the ranges of sources that they start from. */
interface Recipe {
  readonly steps: readonly {
    readonly node: Node;
    readonly range: AxisRange;
    readonly narrowing: Narrowing;
  }[];
  readonly sources: ReadonlyMap<string, AxisRange>;
}

class Splitting {
  readonly #graph: Graph;
  readonly #makers: ReadonlyMap<string, Node>;
  readonly #uses: ReturnType<typeof consumers>;
  readonly #sources: ReadonlyMap<string, Source>;
  readonly #position: ReadonlyMap<Node, number>;
  readonly #returned: ReadonlySet<string>;
  readonly #builder: GraphBuilder;
  readonly #renames = new Map<string, string>();
  /** Parts of sources by the source and the range. */
  readonly #parts = new Map<string, string>();

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#makers = producers(graph);
    this.#uses = consumers(graph);
    this.#sources = new Map(graph.sources.map((source) => [source.value, source]));
    this.#position = new Map(graph.nodes.map((node, i) => [node, i]));
    this.#returned = new Set(graph.outputs.map((output) => output.value));
    this.#builder = new GraphBuilder(graph.name, graph);
  }

  run(): Graph {
    const recipes = new Map<Node, readonly Recipe[]>();
    for (const { value } of this.#graph.sources) this.#plan(value, recipes);
    for (const node of this.#graph.nodes) {
      for (const value of node.outputs) this.#plan(value, recipes);
    }
    if (recipes.size === 0) return this.#graph;
    for (const node of this.#graph.nodes) {
      const made = recipes.get(node);
      if (made === undefined) {
        this.#builder.addNode(
          renameUses(node, this.#renames),
          node.outputs.map((output) => valueOf(this.#graph, output)),
        );
      } else this.#emit(this.#cutOf(node) as Cut, made);
    }
    const { name: _, sources: _s, nodes: _n, outputs, values: _v, ...rest } = this.#graph;
    return forgetUndefined(this.#builder.finish(renameOutputs(outputs, this.#renames), rest), this.#renames);
  }

  // --- what can be split

  /** Notes how the parts of `value` are made by themselves, where all of them can be. */
  #plan(value: string, recipes: Map<Node, readonly Recipe[]>): void {
    const cuts = this.#cutsOf(value);
    if (cuts === undefined) return;
    const found: (readonly [Node, readonly Recipe[]])[] = [];
    for (const { node, ranges } of cuts) {
      const made: Recipe[] = [];
      for (const range of ranges) {
        const recipe = this.#recipe(value, range);
        if (recipe === undefined) return;
        made.push(recipe);
      }
      found.push([node, made]);
    }
    const steps = found.flatMap(([, made]) => made.flatMap((recipe) => recipe.steps));
    const inner = new Set([...steps.map(({ node }) => node), ...cuts.map(({ node }) => node)]);
    const onlyInside = (name: string) =>
      !this.#returned.has(name) &&
      valueOf(this.#graph, name).hint?.strength !== "hard" &&
      (this.#uses.get(name) ?? []).every(({ node, index }) => index >= 0 && inner.has(node));
    const narrowed = found.flatMap(([, made]) => made.flatMap(({ sources }) => [...sources.keys()]));
    const weights = narrowed.filter((name) => tensorTypeOf(this.#graph, name).shape.length > 1);
    if (
      narrowed.length === 0 ||
      ![...weights, ...steps.map(({ node }) => at(node.outputs, 0))].every(onlyInside)
    )
      return;
    for (const [node, made] of found) recipes.set(node, made);
  }

  /** The nodes that cut `value`, where nothing else uses it and what they take is apart and less than the whole. */
  #cutsOf(value: string): readonly Cut[] | undefined {
    const uses = this.#uses.get(value) ?? [];
    const cuts: Cut[] = [];
    for (const { node, index } of uses) {
      const cut = index === 0 ? this.#cutOf(node) : undefined;
      if (cut === undefined) return undefined;
      cuts.push(cut);
    }
    const ranges = cuts.flatMap((cut) => cut.ranges).toSorted((a, b) => a.start - b.start);
    const type = valueOf(this.#graph, value).type;
    const axis = ranges[0]?.axis;
    if (axis === undefined || type.kind !== "tensor" || !isStatic(type)) return undefined;
    const apart = ranges.every(
      (range, i) =>
        range.axis === axis &&
        range.length > 0 &&
        range.length < (knownShape(type)[axis] as number) &&
        (i === 0 || range.start >= endOf(at(ranges, i - 1))),
    );
    return apart ? cuts : undefined;
  }

  #cutOf(node: Node): Cut | undefined {
    const ranges = findOp(node.op)?.takes?.(this.#call(node));
    return ranges === undefined ? undefined : { node, ranges };
  }

  #call(node: Node): Call {
    return Call.of(
      node,
      (value) => valueOf(this.#graph, value).type,
      (value) => {
        const source = this.#sources.get(value);
        return source?.kind === "constant" ? source.data : undefined;
      },
    );
  }

  /** How a range of `value` is made from sources; the node that makes a value last is looked at first. */
  #recipe(value: string, range: AxisRange): Recipe | undefined {
    const wanted = new Map([[value, range]]);
    const pending = new Set([value]);
    const steps: Recipe["steps"][number][] = [];
    const sources = new Map<string, AxisRange>();
    while (pending.size > 0) {
      const next = this.#latest(pending);
      pending.delete(next);
      const asked = wanted.get(next) as AxisRange;
      const node = this.#makers.get(next);
      if (node === undefined) {
        if (!this.#isCuttable(next)) return undefined;
        sources.set(next, asked);
        continue;
      }
      const narrowing =
        node.outputs.length === 1 && steps.length < mostOperators
          ? findOp(node.op)?.narrow(this.#call(node), asked)
          : undefined;
      if (narrowing === undefined) return undefined;
      steps.push({ node, range: asked, narrowing });
      for (const [i, needed] of narrowing.inputs.entries()) {
        const name = node.inputs[i];
        if (needed === null || name == null) continue;
        const before = wanted.get(name);
        if (before !== undefined && !sameRange(before, needed)) return undefined;
        wanted.set(name, needed);
        pending.add(name);
      }
    }
    return { steps: steps.toReversed(), sources };
  }

  #latest(values: ReadonlySet<string>): string {
    const place = (value: string) => {
      const maker = this.#makers.get(value);
      return maker === undefined ? -1 : (this.#position.get(maker) as number);
    };
    return [...values].reduce((a, b) => (place(b) > place(a) ? b : a));
  }

  #isCuttable(value: string): boolean {
    const source = this.#sources.get(value);
    const { type } = valueOf(this.#graph, value);
    if (type.kind !== "tensor" || !isStatic(type)) return false;
    if (source?.kind === "constant") return hasNumbers(type.dtype) && dataTypes[type.dtype][1] >= 8;
    return source?.kind === "parameter" && dataTypes[type.dtype][1] >= 8;
  }

  // --- the parts

  #emit({ node: cut, ranges }: Cut, recipes: readonly Recipe[]): void {
    recipes.forEach(({ steps, sources }, i) => {
      const parts = new Map<string, string>();
      for (const [value, range] of sources) parts.set(value, this.#sourcePart(value, range));
      for (const { node, narrowing } of steps) {
        const inputs = node.inputs.map((name, input) => {
          if (name === null) return null;
          return narrowing.inputs[input] == null
            ? (this.#renames.get(name) ?? name)
            : (parts.get(name) as string);
        });
        const g = this.#emitter(node);
        const made = narrowing.emit?.(g, inputs) ?? g.op(node.op, inputs, node.attributes);
        this.#passHint(valueOf(this.#graph, at(node.outputs, 0)), made);
        parts.set(at(node.outputs, 0), made);
      }
      const { axis, drops } = at(ranges, i);
      const part = parts.get(at(cut.inputs, 0) as string) as string;
      const result = drops === true ? this.#dropped(cut, part, axis) : part;
      const output = at(cut.outputs, i);
      this.#passHint(valueOf(this.#graph, output), result);
      this.#renames.set(output, result);
    });
  }

  #emitter(node: Node): GraphEmitter {
    return GraphEmitter.forPass(this.#builder, "split-fused-products", node.location, {
      prefix: node.name,
      module: node.module,
      ...(node.layer === undefined ? {} : { layer: node.layer }),
      ...(node.stage === undefined ? {} : { stage: node.stage }),
    });
  }

  #dropped(cut: Node, part: string, axis: number): string {
    const g = this.#emitter(cut);
    return g.op("Squeeze", [part, g.ints([axis])]);
  }

  #passHint({ hint }: Value, to: string): void {
    if (hint !== undefined) this.#builder.updateValue(to, { hint });
  }

  #sourcePart(value: string, range: AxisRange): string {
    const key = JSON.stringify([value, range]);
    const known = this.#parts.get(key) ?? this.#addPart(value, range);
    this.#parts.set(key, known);
    return known;
  }

  #addPart(value: string, range: AxisRange): string {
    const source = this.#sources.get(value);
    const whole = valueOf(this.#graph, value);
    const name = this.#builder.freshName(`${value}.part`);
    if (whole.type.kind !== "tensor" || source === undefined) return value;
    const shape = knownShape(whole.type);
    const box: Box = {
      start: shape.map((_, axis) => (axis === range.axis ? range.start : 0)),
      size: shape.with(range.axis, range.length),
    };
    const part = { ...whole, name, type: tensorType(whole.type.dtype, box.size) };
    if (source.kind === "constant")
      return this.#builder.addSource({ ...source, value: name, data: dataPart(source.data, box) }, part);
    if (source.kind !== "parameter") return value;
    const { initializer: of } = source;
    const initializer =
      of.kind === "part"
        ? { ...of, start: of.start.map((start, axis) => start + (box.start[axis] as number)) }
        : ({ kind: "part", of, name: value, shape, start: box.start } as const);
    return this.#builder.addSource({ ...source, value: name, initializer }, part);
  }
}

function endOf({ start, length }: AxisRange): number {
  return start + length;
}

function sameRange(a: AxisRange, b: AxisRange): boolean {
  return a.axis === b.axis && a.start === b.start && a.length === b.length;
}

function dataPart({ dtype, shape, data }: TensorData, box: Box): TensorData {
  const part = allocate(dtype, boxElements(box));
  copyBox(data as TypedArray, wholeBox(shape), part, box, box);
  return { dtype, shape: box.size, data: part };
}
