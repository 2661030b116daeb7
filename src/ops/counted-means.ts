/**
 * Which values are means over items that data count (`meanOver`: the labels that are not ignored), and how the micro-batches of a
 * step add up to the mean over all of its items.
 *
 *   per micro-batch   %p = Mul(%mean, %items);  %sum = sbpc.Accumulate(%p);  %count = sbpc.Accumulate(%items)
 *   per step          %total = Div(%sum, %count)
 *
 * Such a mean is followed through operators that are linear in it together with what is the same in all micro-batches: a loss times
 * a factor, or two means over the same labels added, still are means over these. With what depends on samples otherwise it becomes
 * what no number of items joins (`mixedAt`). Linear in the nodes.
 */
import { fail } from "../diagnostics/diagnostic.ts";
import { generatedLocation } from "../diagnostics/location.ts";
import type { GraphBuilder } from "../ir/builder.ts";
import { captures, type Graph, type Node, type NodePhase } from "../ir/graph.ts";
import type { Sbp } from "../ir/layout.ts";
import { accumulateOp } from "../ir/step-node.ts";
import { dataTypes } from "../ir/types.ts";
import { arraysEqual } from "../support/collections.ts";
import { callsIn, type Call } from "./call.ts";
import type { ItemCount } from "./contract.ts";
import { GraphEmitter } from "./emitter.ts";
import { findOp } from "./registry.ts";

/** A value that is such a mean, or depends on one. */
export interface CountedMean {
  /** The operator that made it, the first where there are several. */
  readonly maker: Node;
  readonly items: ItemCount;
  /** Where something else is made of it: it is no mean any more. */
  readonly mixedAt?: Node;
}

/** By value, those that are made of such means. `batchAxes`: of inputs, null for one that all micro-batches are given whole. */
export function countedMeans(
  graph: Graph,
  batchAxes: ReadonlyMap<string, number | null>,
): ReadonlyMap<string, CountedMean> {
  const found = new Map<string, CountedMean>();
  const varies = new Set(
    graph.sources.flatMap(({ kind, value }) =>
      kind === "random" || (kind === "input" && (batchAxes.get(value) ?? null) !== null) ? [value] : [],
    ),
  );
  const callOf = callsIn(graph);
  for (const node of graph.nodes) {
    const taken = [...node.inputs.filter((name) => name !== null), ...captures(node)];
    const means = taken.flatMap((name) => found.get(name) ?? []);
    const [mean] = means;
    const isVarying = taken.some((name) => varies.has(name));
    if (mean !== undefined) {
      const mixed = means.find(({ mixedAt }) => mixedAt !== undefined);
      const remains =
        !isVarying &&
        means.every((one) => countsAlike(one, mean)) &&
        isLinear(node, callOf(node), (name) => found.has(name));
      const made = mixed ?? (remains ? mean : { ...mean, mixedAt: node });
      for (const output of node.outputs) found.set(output, made);
      continue;
    }
    const meanOver = findOp(node.op)?.meanOver;
    const items = meanOver?.(callOf(node));
    const [result, ...others] = node.outputs;
    if (items !== undefined && result !== undefined) found.set(result, { maker: node, items });
    if (isVarying) for (const output of items === undefined ? node.outputs : others) varies.add(output);
  }
  return found;
}

/** Whether two means are over the same items. */
function countsAlike({ maker: a, items }: CountedMean, { maker: b }: CountedMean): boolean {
  const inputs = ({ inputs }: Node) => items.by.map((index) => inputs[index] ?? null);
  return a === b || (a.op === b.op && arraysEqual(inputs(a), inputs(b)) && sameAttributes(a, b));
}

function sameAttributes({ attributes: a }: Node, { attributes: b }: Node): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

/** Whether an operator adds up where the inputs that are means add up, and the others too or not at all. */
function isLinear(node: Node, call: Call, isMean: (name: string) => boolean): boolean {
  const isSum = (sbp: Sbp | null | undefined) => sbp?.kind === "P" && sbp.reduce === "sum";
  const signatures = findOp(node.op)?.signatures(call, { devices: 2, unitsOf: () => [1] }) ?? [];
  return signatures.some(
    ({ inputs, outputs }) =>
      outputs.every(isSum) &&
      node.inputs.every(
        (name, i) => name === null || isSum(inputs[i]) || (!isMean(name) && inputs[i]?.kind === "B"),
      ),
  );
}

/** The error for a value `name` that the micro-batches do not add up to: it is no such mean any more since `node`. */
export function refuseMixed(name: string, { maker }: CountedMean, node: Node, microbatches: number): never {
  const details = { name, loss: maker.name, op: node.op, node: node.name, microbatches };
  return fail("mean-uncountable", details, node.location);
}

// --- adding up

/** An emitter beside the node that makes a value: on its stage. */
export function emitterBeside(
  builder: GraphBuilder,
  by: string,
  maker: Node | undefined,
  prefix: string,
  phase?: NodePhase,
): GraphEmitter {
  return new GraphEmitter(builder, {
    location: generatedLocation(by, maker === undefined ? [] : [maker.location]),
    prefix,
    ...(phase === undefined ? {} : { phase }),
    ...(maker?.stage === undefined ? {} : { stage: maker.stage }),
  });
}

/** What a micro-batch's value counts in a step. */
export interface StepWeight {
  /** What it is multiplied by; of its type, or a scalar. */
  readonly value: string;
  /** What the sum over the micro-batches is divided by, accumulated; undefined: nothing. */
  readonly divisor: string | undefined;
}

/** A value of the type of another's elements. */
export function castLike(g: GraphEmitter, value: string, like: string): string {
  const { dtype } = g.type(like);
  return g.type(value).dtype === dtype ? value : g.op("Cast", [value], { to: dataTypes[dtype][0] });
}

/** A scalar in the shape of a value that has one element. */
export function shapeLike(g: GraphEmitter, scalar: string, like: string): string {
  const { shape } = g.type(like);
  if (shape.length === 0 || shape.some((size) => size !== 1)) return scalar;
  return g.op("Reshape", [scalar, g.ints(shape.map(() => 1))]);
}

/** Emits how many items `value`, such a mean, is over; `g` works beside it. */
export function emitWeight(
  builder: GraphBuilder,
  g: GraphEmitter,
  by: string,
  prefix: string,
  value: string,
  { maker, items }: CountedMean,
): StepWeight {
  const counted = items.emit(emitterBeside(builder, by, maker, prefix), maker.inputs);
  const number = castLike(g, counted, value);
  return { value: shapeLike(g, number, value), divisor: g.op(accumulateOp, [number]) };
}

/** Emits the value of the whole step, in the update phase. */
export function emitTotal(
  builder: GraphBuilder,
  g: GraphEmitter,
  by: string,
  value: string,
  weight: StepWeight,
): string {
  if (weight.divisor === undefined) return emitSum(builder, g, by, weighted(g, value, weight));
  const { sum, update } = accumulated(builder, g, by, weighted(g, value, weight));
  return update.op("Div", [sum, weight.divisor]);
}

/** Emits the sum over the micro-batches of a step, in the update phase. */
export function emitSum(builder: GraphBuilder, g: GraphEmitter, by: string, value: string): string {
  const { sum, update } = accumulated(builder, g, by, value);
  return update.op("Identity", [sum]);
}

function accumulated(builder: GraphBuilder, g: GraphEmitter, by: string, value: string) {
  const sum = g.op(accumulateOp, [value]);
  return { sum, update: emitterBeside(builder, by, builder.nodes.at(-1), sum, "update") };
}

/** A micro-batch's part of the sum. The mean over nothing is no number; it counts nothing. */
function weighted(g: GraphEmitter, mean: string, { value, divisor }: StepWeight): string {
  const part = g.op("Mul", [mean, value]);
  if (divisor === undefined) return part;
  const zero = g.scalar(g.type(value).dtype, 0);
  return g.op("Where", [g.op("Equal", [value, zero]), zero, part]);
}
