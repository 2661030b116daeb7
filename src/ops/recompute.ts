/**
 * Activation recomputation: what the backward pass of a block needs of its forward pass is computed again just before, instead
 * of being kept from the one to the other.
 *
 *   before   %h = MatMul(%x, %w);  %y = Gelu(%h);  …;  %gh = GeluGradient(%gy, %h) phase input
 *   after    %h = MatMul(%x, %w);  %y = Gelu(%h);  …;  %h.again = MatMul(%x, %w) phase input
 *            %gh = GeluGradient(%gy, %h.again) phase input
 *
 * 1  Blocks are layers (`layerIdx`); where a model counts none, modules that are elements of a list (`blocks.3` of `blocks.3.mlp`);
 *    where it has none of these either, about √n runs of n nodes per stage. What stands under layer -1 or in the last run is no
 *    block: the backward pass begins there, where memory is fullest in any case.
 * 2  Kept is what a block takes from outside of it: its inputs. In mode `layer` all else is computed again, collectives included
 *    (T. Chen et al. 2016). In mode `selective` no product with a weight and no communication is: their results are kept, and what
 *    is made of them (scores, softmax, dropout, activations, norms) is computed again (Korthikanti et al. 2022).
 * 3  Random masks are sources: a copy takes the same mask. Copies keep layouts and signatures, so they give the same bits.
 * 4  Never repeated: what is sent between stages, nodes with regions, operators without a declaration (they might draw).
 *
 * Linear in the nodes, but for sorting the copies that one node of the backward pass needs.
 */
import { generatedLocation } from "../diagnostics/location.ts";
import { captures, typeOf, valueOf, type Graph, type Node, type Value } from "../ir/graph.ts";
import { renameUses } from "../ir/rewrite.ts";
import { stepActionOf } from "../ir/step-node.ts";
import type { TensorData } from "../ir/tensor-data.ts";
import { elementCount, isStatic } from "../ir/types.ts";
import { boxingOp, isCommunication } from "../sbp/boxing-node.ts";
import { Call } from "./call.ts";
import { callFlops } from "./regions.ts";
import { findOp } from "./registry.ts";

export type RecomputeMode = "layer" | "selective";

export interface Recomputed {
  readonly graph: Graph;
  /** By the name of a node of the forward or backward pass: the number of its block. */
  readonly blocks: ReadonlyMap<string, number>;
  /** Nodes that are computed again. */
  readonly copies: number;
}

/** The training step with its activations recomputed; needs no layouts, and keeps those that are there. */
export function recompute(graph: Graph, mode: RecomputeMode): Recomputed {
  return new Recomputation(graph, mode).run();
}

type BackwardPhase = "input" | "weight";

class Recomputation {
  readonly #graph: Graph;
  readonly #mode: RecomputeMode;
  readonly #makers = new Map<string, Node>();
  readonly #position = new Map<Node, number>();
  readonly #blocks: ReadonlyMap<string, number>;
  readonly #weights: ReadonlySet<string>;
  readonly #constants = new Map<string, TensorData>();
  /** Values that are there in the backward pass because something outside of their block takes them. */
  readonly #kept = new Set<string>();
  /** Values that their own block wants again, with the earliest phase in which it does. */
  readonly #wanted = new Map<string, BackwardPhase>();

  constructor(graph: Graph, mode: RecomputeMode) {
    this.#graph = graph;
    this.#mode = mode;
    graph.nodes.forEach((node, i) => {
      this.#position.set(node, i);
      for (const output of node.outputs) this.#makers.set(output, node);
    });
    for (const source of graph.sources)
      if (source.kind === "constant") this.#constants.set(source.value, source.data);
    this.#blocks = blocksOf(graph);
    this.#weights = weightsOf(graph);
  }

  run(): Recomputed {
    const repeated = this.#choose();
    if (repeated.size === 0) return { graph: this.#graph, blocks: new Map(), copies: 0 };
    return { graph: this.#emit(repeated), blocks: this.#blocks, copies: repeated.size };
  }

  // --- what is computed again

  /** The nodes to repeat, with the phases of their copies. Users come before makers, so each value's fate is known in time. */
  #choose(): Map<Node, BackwardPhase> {
    for (const node of this.#graph.nodes) {
      if (!isBackward(node)) continue;
      for (const name of usesOf(node)) this.#want(name, node, node.phase as BackwardPhase);
    }
    const repeated = new Map<Node, BackwardPhase>();
    for (const node of this.#graph.nodes.toReversed()) {
      if (node.phase !== undefined) continue;
      const phases = node.outputs.flatMap((output) =>
        this.#kept.has(output) ? [] : (this.#wanted.get(output) ?? []),
      );
      if (phases.length === 0) continue;
      const phase = phases.includes("input") ? "input" : "weight";
      repeated.set(node, phase);
      for (const name of usesOf(node)) this.#want(name, node, phase);
    }
    return repeated;
  }

  /** Notes that `taker`, or its copy, takes a value in the backward pass. */
  #want(name: string, taker: Node, phase: BackwardPhase): void {
    const maker = this.#makers.get(name);
    if (maker === undefined || maker.phase !== undefined) return;
    const block = this.#blocks.get(maker.name);
    if (block === undefined || block !== this.#blocks.get(taker.name) || !this.#isRepeatable(maker)) {
      this.#kept.add(name);
    } else if (phase === "input" || !this.#wanted.has(name)) this.#wanted.set(name, phase);
  }

  #isRepeatable(node: Node): boolean {
    if (node.regions !== undefined || stepActionOf(node) !== undefined) return false;
    if (node.op === boxingOp)
      return node.attributes["kind"] !== "send" && (this.#mode === "layer" || !isCommunication(node));
    return findOp(node.op) !== undefined && (this.#mode === "layer" || !this.#isDear(node));
  }

  /** Whether a node is a product with a weight: more than a few operations per element, and an operand of two or more axes that
   * depends on parameters alone. */
  #isDear(node: Node): boolean {
    const { values } = this.#graph;
    const ofWeight = node.inputs.some((name) => {
      const type = name === null || !this.#weights.has(name) ? undefined : values.get(name)?.type;
      return type?.kind === "tensor" && type.shape.length >= 2;
    });
    if (!ofWeight) return false;
    const call = Call.of(
      node,
      (name) => typeOf(this.#graph, name),
      (name) => this.#constants.get(name),
    );
    const made = node.outputs.reduce((total, name) => {
      const type = typeOf(this.#graph, name);
      return total + (type.kind === "tensor" && isStatic(type) ? elementCount(type) : 0);
    }, 0);
    return callFlops(call, findOp(node.op)) > cheapFlops * made;
  }

  // --- the copies

  #emit(repeated: ReadonlyMap<Node, BackwardPhase>): Graph {
    const values = new Map(this.#graph.values);
    const nodeNames = new Set(this.#graph.nodes.map(({ name }) => name));
    const renames = new Map<string, string>();
    const nodes: Node[] = [];
    const done = new Set<Node>();
    const copy = (node: Node): void => {
      const name = fresh(`${node.name}.again`, nodeNames);
      nodeNames.add(name);
      const inputs = renameUses(node, renames).inputs;
      const outputs = node.outputs.map((output) => {
        const again = fresh(`${output}.again`, values);
        const { hint: _, ...value } = valueOf(this.#graph, output);
        values.set(again, { ...value, name: again } satisfies Value);
        if (!this.#kept.has(output)) renames.set(output, again);
        return again;
      });
      (this.#blocks as Map<string, number>).set(name, this.#blocks.get(node.name) as number);
      const location = generatedLocation("recompute-activations", [node.location]);
      nodes.push({ ...node, name, inputs, outputs, location, phase: repeated.get(node) as BackwardPhase });
    };
    for (const node of this.#graph.nodes) {
      if (!isBackward(node)) {
        nodes.push(node);
        continue;
      }
      for (const needed of this.#missing(node, repeated, done)) copy(needed);
      nodes.push(renameUses(node, renames));
    }
    return { ...this.#graph, nodes, values };
  }

  /** Nodes whose copies a node of the backward pass needs and that have none yet, in the order of the graph. */
  #missing(node: Node, repeated: ReadonlyMap<Node, BackwardPhase>, done: Set<Node>): Node[] {
    const found: Node[] = [];
    const pending = [node];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      for (const name of usesOf(next)) {
        const maker = this.#makers.get(name);
        if (maker === undefined || this.#kept.has(name) || !repeated.has(maker) || done.has(maker)) continue;
        done.add(maker);
        found.push(maker);
        pending.push(maker);
      }
    }
    const place = (one: Node) => this.#position.get(one) as number;
    return found.sort((a, b) => place(a) - place(b));
  }
}

/** Operations per element of the result up to which a node is no product. */
const cheapFlops = 4;

function isBackward({ phase }: Node): boolean {
  return phase === "input" || phase === "weight";
}

function usesOf(node: Node): string[] {
  return [...node.inputs.filter((name) => name !== null), ...captures(node)];
}

function fresh(base: string, taken: { has(name: string): boolean }): string {
  let name = base;
  for (let i = 1; taken.has(name); i++) name = `${base}_${i}`;
  return name;
}

/** Values that depend on parameters and constants alone. */
function weightsOf({ sources, nodes }: Graph): Set<string> {
  const weights = new Set(
    sources.flatMap(({ kind, value }) => (kind === "parameter" || kind === "constant" ? [value] : [])),
  );
  for (const node of nodes)
    if (usesOf(node).every((name) => weights.has(name)))
      for (const output of node.outputs) weights.add(output);
  return weights;
}

// --- blocks

/** The block of every node of the forward and backward pass that is in one. */
function blocksOf(graph: Graph): Map<string, number> {
  const numbers = new Map<string, number>();
  const numberOf = (node: Node, key: string): number => {
    const full = `${node.stage ?? 0} ${key}`;
    const known = numbers.get(full) ?? numbers.size;
    numbers.set(full, known);
    return known;
  };
  const blocks = new Map<string, number>();
  const counted = graph.nodes.some(({ layer }) => layer !== undefined && layer >= 0);
  for (const node of graph.nodes) {
    if (node.phase === "update") continue;
    const key = counted ? (node.layer ?? -1) : listElement(node.module);
    if (key !== -1 && key !== undefined) blocks.set(node.name, numberOf(node, String(key)));
  }
  return blocks.size > 0 ? blocks : runsOf(graph);
}

/** `encoder.blocks.3` of `encoder.blocks.3.mlp`; undefined where no part is a number. */
function listElement(module: string): string | undefined {
  const parts = module.split(".");
  const at = parts.findIndex((part) => /^\d+$/.test(part));
  return at < 0 ? undefined : parts.slice(0, at + 1).join(".");
}

/**
 * About √n runs of each stage's n forward nodes, but for the last. A node of the backward pass belongs where the latest of the forward
 * values is made that it takes; one that takes none, where the gradients that it takes come from.
 */
function runsOf(graph: Graph): Map<string, number> {
  const perStage = new Map<number, Node[]>();
  for (const node of graph.nodes) {
    if (node.phase !== undefined) continue;
    const list = perStage.get(node.stage ?? 0);
    if (list === undefined) perStage.set(node.stage ?? 0, [node]);
    else list.push(node);
  }
  const blocks = new Map<string, number>();
  const ofValue = new Map<string, number>();
  let first = 0;
  const lastStage = Math.max(0, ...perStage.keys());
  for (const [stage, nodes] of perStage) {
    const length = Math.ceil(Math.sqrt(nodes.length));
    const runs = Math.ceil(nodes.length / length);
    nodes.forEach((node, i) => {
      const run = Math.floor(i / length);
      if (stage === lastStage && run === runs - 1) return;
      blocks.set(node.name, first + run);
      for (const output of node.outputs) ofValue.set(output, first + run);
    });
    first += runs;
  }
  const ofGradient = new Map<string, number>();
  for (const node of graph.nodes) {
    if (!isBackward(node)) continue;
    const uses = usesOf(node);
    const forward = uses.flatMap((name) => ofValue.get(name) ?? []);
    const gradients = uses.flatMap((name) => ofGradient.get(name) ?? []);
    if (forward.length === 0 && gradients.length === 0) continue;
    const block = forward.length > 0 ? Math.max(...forward) : Math.min(...gradients);
    blocks.set(node.name, block);
    for (const output of node.outputs) ofGradient.set(output, block);
  }
  return blocks;
}
