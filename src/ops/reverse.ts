/**
 * Reverse-mode differentiation of a graph: from the gradient of one value to the gradients of sources, emitted as ordinary
 * operators by the rules in the operators' declarations.
 *
 *   forward    %h = MatMul(%x, %w);  %y = Relu(%h);  %l = ReduceMean(%y)
 *   backward   %gy = … ;  %gh = Where(%h > 0, %gy, 0);  %gw = MatMul(Transpose(%x), %gh)
 *
 * Only what lies on a path from a wanted source to the result is differentiated (`active`). Gradients of a value that several
 * nodes take are added in the order in which the backward pass meets them, which is that of the nodes, reversed.
 *
 * Where a layout was asked of a value, the terms of its gradient are advised to have the dual one (S for S, P for B, B for P), and
 * the gradient that is passed on is whole where the value is, as LiBai's layers ask by `grad_sbp=x.sbp`: an identity stands between
 * the two, where the sum is reduced.
 *
 * Source: A. Griewank, A. Walther, Evaluating Derivatives, 2nd ed. (2008), chapter 3. Linear in the nodes.
 */
import { GraphBuilder } from "../ir/builder.ts";
import { fail } from "../diagnostics/diagnostic.ts";
import { generatedLocation } from "../diagnostics/location.ts";
import { captures, type Graph, type Node, type Source } from "../ir/graph.ts";
import { broadcast, dualHint, type LayoutHint } from "../ir/layout.ts";
import { renameOutputs, renameUses } from "../ir/rewrite.ts";
import { isFloat, printType, type ValueType } from "../ir/types.ts";
import { invariant, present } from "../support/assert.ts";
import { Call, callsIn } from "./call.ts";
import type { Gradient } from "./contract.ts";
import { GraphEmitter } from "./emitter.ts";
import { findOp } from "./registry.ts";

/** A gradient, or a part of one: what nodes on one stage contribute. */
export interface Contribution {
  readonly stage: number | undefined;
  readonly value: string;
}

export interface Reversed {
  /** Per wanted source that the result depends on: its gradient, one term per stage, the stages in descending order. */
  readonly gradients: ReadonlyMap<string, readonly Contribution[]>;
  /** Gradients of values that depend on the graph's inputs: what carries the gradient back. */
  readonly carried: ReadonlySet<string>;
}

export interface ReverseOptions {
  /** The value to differentiate, and the value that its gradient is. */
  readonly result: string;
  readonly seed: string;
  /** Sources whose gradients are asked for. */
  readonly wanted: ReadonlySet<string>;
  /** Layouts advised for the gradients of sources. */
  readonly advice?: ReadonlyMap<string, LayoutHint>;
  /** What the result is called in errors. Default: the name of its value. */
  readonly called?: string;
  /** Who differentiates, for locations. */
  readonly by: string;
}

/** Emits the gradients behind the nodes of `builder`. Error: no-gradient, with the path to the result. */
export function reverse(builder: GraphBuilder, options: ReverseOptions): Reversed {
  return new Reversal(builder, options).run();
}

/**
 * The graph in which calls between `wanted` and `result` that are differentiated as a composition are that composition.
 * The same object where there are none.
 */
export function expandComposed(graph: Graph, result: string, wanted: ReadonlySet<string>, by: string): Graph {
  let current = graph;
  for (;;) {
    const active = activeNodes(current.nodes, (name) => current.values.get(name)?.type, result, wanted);
    const callOf = callsIn(current);
    const composed = active.filter((i) => isComposed(current.nodes[i] as Node, callOf));
    if (composed.length === 0) return current;
    current = expandSome(current, new Set(composed), by);
  }
}

function isComposed(node: Node, callOf: (node: Node) => Call): boolean {
  const gradient = findOp(node.op)?.gradient;
  if (typeof gradient !== "object" || !("expand" in gradient)) return false;
  return gradient.unless?.(callOf(node)) === undefined;
}

function expandSome(graph: Graph, which: ReadonlySet<number>, by: string): Graph {
  const builder = new GraphBuilder(graph.name, graph);
  const renames = new Map<string, string>();
  graph.nodes.forEach((original, i) => {
    const node = renameUses(original, renames);
    if (!which.has(i)) {
      builder.addNode(
        node,
        node.outputs.map((name) => present(graph.values.get(name), "unknown value", () => name)),
      );
      return;
    }
    const gradient = findOp(node.op)?.gradient;
    invariant(typeof gradient === "object" && "expand" in gradient, "not a composition", () => node.op);
    const g = emitterFor(builder, node, by, node.name);
    const results = gradient.expand(g, node.inputs, callOf(builder, g, node));
    node.outputs.forEach((output, k) => {
      renames.set(
        output,
        present(results[k], "composition gives too few results", () => node.op),
      );
    });
  });
  const { layers, layerStages, mesh, opsets } = graph;
  return builder.finish(renameOutputs(graph.outputs, renames), {
    ...(layers === undefined ? {} : { layers }),
    ...(layerStages === undefined ? {} : { layerStages }),
    ...(mesh === undefined ? {} : { mesh }),
    ...(opsets === undefined ? {} : { opsets }),
  });
}

function emitterFor(builder: GraphBuilder, node: Node, by: string, prefix: string): GraphEmitter {
  return new GraphEmitter(builder, {
    location: generatedLocation(by, [node.location]),
    prefix,
    module: node.module,
    ...(node.layer === undefined ? {} : { layer: node.layer }),
    ...(node.stage === undefined ? {} : { stage: node.stage }),
  });
}

function callOf(builder: GraphBuilder, g: GraphEmitter, node: Node): Call {
  return Call.of(
    node,
    (name) => builder.value(name).type,
    (name) => g.constantOf(name),
  );
}

/** Why there is no rule that emits the gradient of a call. */
function whyNone(
  rule: Exclude<Gradient, (...context: never) => unknown> | undefined,
  call: () => Call,
): string {
  if (rule === undefined) return "it has no rule for its gradient";
  return "none" in rule ? rule.none : (rule.unless?.(call()) ?? "its composition was not put in");
}

function isFloating(type: ValueType | undefined): boolean {
  return type?.kind === "tensor" && isFloat(type.dtype);
}

/** Positions of the nodes on paths of floating-point values from wanted sources to the result, ascending. */
function activeNodes(
  nodes: readonly Node[],
  typeOf: (value: string) => ValueType | undefined,
  result: string,
  wanted: ReadonlySet<string>,
): number[] {
  const reached = new Set(wanted);
  const forward = nodes.flatMap((node, i) => {
    const used = [...node.inputs, ...captures(node)];
    if (!used.some((name) => name !== null && reached.has(name))) return [];
    for (const output of node.outputs) if (isCarrier(typeOf(output))) reached.add(output);
    return [i];
  });
  const needed = new Set([result]);
  const active = forward.toReversed().filter((i) => {
    const node = nodes[i] as Node;
    if (!node.outputs.some((output) => needed.has(output) && reached.has(output))) return false;
    for (const name of [...node.inputs, ...captures(node)])
      if (name !== null && reached.has(name)) needed.add(name);
    return true;
  });
  return active.toReversed();
}

/** Whether a derivative can pass through a value: floating-point numbers, or sequences and optionals, which may hold some. */
function isCarrier(type: ValueType | undefined): boolean {
  return type !== undefined && (type.kind !== "tensor" || isFloat(type.dtype));
}

/** Nodes named in the path of an error. */
const shownPath = 12;

class Reversal {
  readonly #builder: GraphBuilder;
  readonly #options: ReverseOptions;
  readonly #forward: number;
  readonly #positions = new Map<string, number>();
  readonly #active: readonly number[];
  /** Values that a wanted source reaches through active nodes. */
  readonly #reached: Set<string>;
  readonly #terms = new Map<string, Contribution[]>();
  readonly #sources: ReadonlyMap<string, Source>;

  constructor(builder: GraphBuilder, options: ReverseOptions) {
    this.#builder = builder;
    this.#options = options;
    this.#forward = builder.nodes.length;
    this.#sources = new Map(builder.sources.map((source) => [source.value, source]));
    const typeOf = (name: string) => (builder.has(name) ? builder.value(name).type : undefined);
    this.#active = activeNodes(builder.nodes, typeOf, options.result, options.wanted);
    this.#reached = new Set(options.wanted);
    for (const i of this.#active) {
      const node = builder.nodes[i] as Node;
      this.#positions.set(node.name, i);
      for (const output of node.outputs) if (isCarrier(typeOf(output))) this.#reached.add(output);
    }
  }

  run(): Reversed {
    const { result, seed, wanted } = this.#options;
    const fed = this.#dependingOnInputs();
    const carried = new Set<string>();
    this.#terms.set(result, [{ stage: this.#stageOf(result), value: seed }]);
    for (const position of this.#active.toReversed()) {
      const node = this.#builder.nodes[position] as Node;
      const gradients = node.outputs.map((output) => {
        const gradient = this.#total(output, node);
        if (gradient !== null && fed.has(output)) carried.add(gradient);
        return gradient;
      });
      if (gradients.some((gradient) => gradient !== null)) this.#differentiate(node, position, gradients);
    }
    const found = new Map<string, readonly Contribution[]>();
    for (const source of wanted) {
      const terms = this.#terms.get(source);
      if (terms !== undefined) found.set(source, this.#ofSource(source, terms));
    }
    return { gradients: found, carried };
  }

  #stageOf(value: string): number | undefined {
    return this.#builder.nodes.find((node) => node.outputs.includes(value))?.stage;
  }

  /** Values that depend on what changes from step to step. */
  #dependingOnInputs(): Set<string> {
    const fed = new Set<string>();
    for (const { kind, value } of this.#builder.sources)
      if (kind === "input" || kind === "random") fed.add(value);
    for (let i = 0; i < this.#forward; i++) {
      const node = this.#builder.nodes[i] as Node;
      if ([...node.inputs, ...captures(node)].some((name) => name !== null && fed.has(name)))
        for (const output of node.outputs) fed.add(output);
    }
    return fed;
  }

  #differentiate(node: Node, position: number, gradients: readonly (string | null)[]): void {
    const definition = findOp(node.op);
    const rule = definition?.gradient;
    if (typeof rule !== "function") {
      this.#refuse(
        node,
        whyNone(rule, () =>
          callOf(this.#builder, emitterFor(this.#builder, node, this.#options.by, node.name), node),
        ),
      );
    }
    const g = emitterFor(this.#builder, node, this.#options.by, `${node.name}.grad`);
    const wanted = node.inputs.map(
      (name) => name !== null && this.#reached.has(name) && isFloating(this.#builder.value(name).type),
    );
    const results = rule({
      g,
      call: callOf(this.#builder, g, node),
      inputs: node.inputs,
      gradients,
      wanted,
      output: (index) => this.#output(position, index),
      refuse: (reason) => this.#refuse(node, reason),
    });
    node.inputs.forEach((name, i) => {
      const value = results[i];
      if (name === null || wanted[i] !== true || value == null) return;
      const [has, needs] = [this.#builder.value(value).type, this.#builder.value(name).type];
      invariant(
        printType(has) === printType(needs),
        "a gradient has the type of its value",
        () => `${node.op} input ${i}: ${printType(has)} for ${printType(needs)}`,
      );
      const terms = this.#terms.get(name);
      const term = { stage: node.stage, value };
      if (terms === undefined) this.#terms.set(name, [term]);
      else terms.push(term);
    });
  }

  /** Output `index` of a forward node, added where the node does not give it yet. */
  #output(position: number, index: number): string {
    for (;;) {
      const node = this.#builder.nodes[position] as Node;
      const known = node.outputs[index];
      if (known !== undefined) return known;
      const count = node.outputs.length + 1;
      const g = emitterFor(this.#builder, node, this.#options.by, node.name);
      const name = this.#builder.freshName(`${node.name}.${node.outputs.length}`);
      const types = present(findOp(node.op), "operator without a declaration").infer(
        callOf(this.#builder, g, { ...node, outputs: [...node.outputs, name] }),
      );
      const type = present(types[count - 1], "operator has no such output", () => `${node.op} ${index}`);
      this.#builder.addOutput(position, { name, type });
    }
  }

  /**
   * The sum of a value's terms, on the stage of its maker; null where it has none. What another stage contributes is added up
   * there, so that one tensor is sent.
   */
  #total(value: string, maker: Node): string | null {
    const terms = this.#terms.get(value);
    if (terms === undefined) return null;
    const g = emitterFor(this.#builder, maker, this.#options.by, `${maker.name}.grad`);
    const away = (stage: number | undefined) => this.#emitterOn(stage, maker.location, `${maker.name}.grad`);
    const sums = this.#perStage(terms, (stage) => (stage === maker.stage ? g : away(stage)));
    const sum = sums.map((term) => term.value).reduce((a, b) => g.op("Add", [a, b]));
    const hint = dualHint(this.#builder.value(value).hint);
    if (hint === undefined || this.#builder.value(sum).hint !== undefined) return sum;
    this.#advise([...[...terms, ...sums].map((term) => term.value), sum], hint);
    if (hint.sbp.every((part) => part.sbp.kind !== "P")) return sum;
    const whole = g.op("sbpc.ToGlobal", [sum]);
    const reduced = hint.sbp.map(({ axis, sbp }) => ({ axis, sbp: sbp.kind === "P" ? broadcast : sbp }));
    this.#advise([whole], { strength: "soft", sbp: reduced });
    return whole;
  }

  /** Advises a layout for values of the backward pass; earlier advice stands. */
  #advise(values: readonly string[], hint: LayoutHint): void {
    for (const value of values)
      if (this.#builder.value(value).hint === undefined) this.#builder.updateValue(value, { hint });
  }

  /** The terms of a source's gradient, added up per stage. */
  #ofSource(source: string, terms: readonly Contribution[]): Contribution[] {
    const { location } = present(this.#sources.get(source), "unknown source", () => source);
    const sums = this.#perStage(terms, (stage) => this.#emitterOn(stage, location, `${source}.grad`));
    const hint = this.#options.advice?.get(source);
    if (hint !== undefined)
      this.#advise(
        [...terms, ...sums].map(({ value }) => value),
        hint,
      );
    return sums;
  }

  /** Terms added up on the stages that contribute them, the stages in descending order. */
  #perStage(
    terms: readonly Contribution[],
    emitterOn: (stage: number | undefined) => GraphEmitter,
  ): Contribution[] {
    const byStage = new Map<number | undefined, string>();
    for (const { stage, value } of terms) {
      const sum = byStage.get(stage);
      byStage.set(stage, sum === undefined ? value : emitterOn(stage).op("Add", [sum, value]));
    }
    return [...byStage]
      .map(([stage, value]) => ({ stage, value }))
      .sort((a, b) => (b.stage ?? 0) - (a.stage ?? 0));
  }

  #emitterOn(stage: number | undefined, location: Node["location"], prefix: string): GraphEmitter {
    return new GraphEmitter(this.#builder, {
      location: generatedLocation(this.#options.by, [location]),
      prefix,
      ...(stage === undefined ? {} : { stage }),
    });
  }

  /** The error of an operator that cannot be differentiated, with the way from it to the result. */
  #refuse(node: Node, reason: string): never {
    const path: string[] = [];
    let outputs = new Set(node.outputs);
    for (const i of this.#active) {
      const next = this.#builder.nodes[i] as Node;
      if (!next.inputs.some((name) => name !== null && outputs.has(name))) continue;
      path.push(`${next.name} (${next.op})`);
      outputs = new Set(next.outputs);
    }
    const shown =
      path.length <= shownPath
        ? path
        : [...path.slice(0, shownPath - 2), `… ${path.length - shownPath + 1} more …`, path.at(-1)];
    fail(
      "no-gradient",
      {
        node: node.name,
        op: node.op,
        reason,
        path: shown.join(" -> ") || "directly",
        loss: this.#options.called ?? this.#options.result,
      },
      node.location,
    );
  }
}
