/** Compares two graphs whose inputs and outputs are paired: nodes with their attributes and wiring, weights by content. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { bytesView, type TypedArray } from "../ir/tensor-data.ts";
import type { onnx } from "../onnx/generated/onnx-ml.js";
import type { DecodedModel } from "../onnx/model-file.ts";
import { readElements, readPart } from "../onnx/tensor-elements.ts";
import { requireStaticType } from "../onnx/tensor-type.ts";
import { tensorsOf } from "../onnx/walk.ts";
import { present } from "../support/assert.ts";
import type { DiffLog } from "./diff-log.ts";
import {
  attributeKey,
  bodyOf,
  interner,
  numberOf,
  operatorOf,
  weightKey,
  type Body,
  type Interner,
  type Keys,
  type Numbers,
} from "./graph-keys.ts";
import { pairNodes } from "./pair-nodes.ts";

type Attribute = onnx.AttributeProto.$Properties;
type Graph = onnx.GraphProto.$Properties;
type Node = onnx.NodeProto.$Properties;
type Tensor = onnx.TensorProto.$Properties;

export interface Comparison {
  readonly log: DiffLog;
  readonly intern: Interner;
  /** Keys that tell weights apart by their elements, and by their types only. */
  readonly exact: Keys;
  readonly loose: Keys;
}

export interface BodyPair {
  /** Before the names of nodes: "" or `function/`, `node/branch/`. */
  readonly path: string;
  readonly a: Body;
  readonly b: Body;
  /** Names in `a` to names in `b`. */
  readonly inputs: ReadonlyMap<string, string>;
  readonly outputs: ReadonlyMap<string, string>;
  /** Numbers of the values around, equal where they are paired. */
  readonly around?: { readonly a: Numbers; readonly b: Numbers };
}

/** Takes bytes in parts; what it gives in the end is equal for equal bytes only. */
export interface ContentHash {
  update(bytes: Uint8Array): unknown;
  digest(): Uint8Array;
}

/** `makeHash` is for callers that have a faster one than SHA-256 in JavaScript. */
export function comparisonOf(
  a: DecodedModel,
  b: DecodedModel,
  log: DiffLog,
  makeHash: () => ContentHash = () => sha256.create(),
): Comparison {
  const intern = interner();
  const contents = new Map<Tensor, string>();
  const owners = new Map<Tensor, DecodedModel>();
  const contentOf = (tensor: Tensor): string => {
    const known = contents.get(tensor);
    if (known !== undefined) return known;
    const owner = present(owners.get(tensor), "a tensor of neither model");
    const key = `${typeOf(tensor)} ${hashOf(makeHash(), owner, tensor)}`;
    contents.set(tensor, key);
    return key;
  };
  for (const model of [a, b]) for (const { tensor } of tensorsOf(model.proto)) owners.set(tensor, model);
  return {
    log,
    intern,
    exact: { intern, weightKey: contentOf },
    loose: { intern, weightKey: typeOf },
  };
}

function typeOf(tensor: Tensor): string {
  const { dtype, shape } = requireStaticType(tensor);
  return `${dtype}[${shape.join(", ")}]`;
}

/** The hash of the packed elements, or of the strings with their lengths; read in parts where they are in a file. */
function hashOf(hash: ContentHash, model: DecodedModel, tensor: Tensor): string {
  const payload = model.payload(tensor);
  const part = 1 << 20;
  if (payload !== undefined) {
    for (let at = 0; at < payload.length; at += part)
      hash.update(readPart(model, payload, at, Math.min(part, payload.length - at)));
    return bytesToHex(hash.digest());
  }
  const { dtype, data } = readElements(model, tensor);
  if (dtype !== "string") hash.update(bytesView(data as TypedArray));
  else
    for (const text of data as readonly string[])
      hash.update(new TextEncoder().encode(`${text.length}:${text}`));
  return bytesToHex(hash.digest());
}

/** A pair of bodies while it is compared. */
interface Work extends BodyPair {
  /** Names of values in `a` to those in `b`. */
  readonly values: Map<string, string>;
  readonly weights: Map<string, string>;
  readonly numbers: { readonly a: Numbers; readonly b: Numbers };
}

/** Recursion is bounded by the nesting of the files. */
export function compareBodies(comparison: Comparison, pair: BodyPair): void {
  const { intern, log } = comparison;
  const numbers = {
    a: { own: new Map<string, number>(), outer: pair.around?.a },
    b: { own: new Map<string, number>(), outer: pair.around?.b },
  };
  for (const [i, [from, to]] of [...pair.inputs].entries()) {
    numbers.a.own.set(from, intern(`input ${pair.path} ${i}`));
    numbers.b.own.set(to, intern(`input ${pair.path} ${i}`));
  }
  const pairs = pairNodes(
    comparison.exact,
    comparison.loose,
    { body: pair.a, sources: numbers.a },
    { body: pair.b, sources: numbers.b },
  );
  const work: Work = { ...pair, values: new Map(pair.inputs), weights: new Map(), numbers };
  for (const [i, j] of pairs)
    for (const [k, from] of (nodeAt(pair.a, i).output ?? []).entries()) {
      const to = nodeAt(pair.b, j).output?.[k];
      if (from === "" || to === undefined || to === "") continue;
      work.values.set(from, to);
      const number = intern(`value ${pair.path} ${i} ${k}`);
      numbers.a.own.set(from, number);
      numbers.b.own.set(to, number);
    }
  pairWeights(comparison, work, pairs);
  for (const [i, node] of pair.a.nodes.entries()) {
    const j = pairs.get(i);
    if (j === undefined) log.removed("nodes", describe(pair.path, node));
    else compareNodes(comparison, work, node, nodeAt(pair.b, j));
  }
  const paired = new Set(pairs.values());
  for (const [j, node] of pair.b.nodes.entries())
    if (!paired.has(j)) log.added("nodes", describe(pair.path, node));
  compareWeights(comparison, work);
  for (const [from, to] of pair.outputs)
    if (!areSame(comparison, work, from, to))
      log.changed(pair.path === "" ? "interface" : "nodes", `output ${pair.path}${from}: computed otherwise`);
}

function nodeAt(body: Body, index: number): Node {
  return present(body.nodes[index], "a pair names no node");
}

function describe(path: string, node: Node): string {
  const name = node.name ?? "";
  const [output] = (node.output ?? []).filter((text) => text !== "");
  return `${operatorOf(node)} ${path}${name === "" ? (output ?? "") : name}`;
}

/** Pairs weights that are used at the same place of paired nodes, then by name, then by content. */
function pairWeights(comparison: Comparison, work: Work, pairs: ReadonlyMap<number, number>): void {
  const { a, b, weights, values } = work;
  const taken = new Set<string>();
  const link = (from: string, to: string): void => {
    if (weights.has(from) || taken.has(to)) return;
    weights.set(from, to);
    values.set(from, to);
    taken.add(to);
  };
  const uses = [...pairs].flatMap(([i, j]) =>
    (nodeAt(a, i).input ?? []).map((from, slot) => [from, nodeAt(b, j).input?.[slot] ?? ""] as const),
  );
  const both = [...uses, ...work.outputs].filter(([from, to]) => a.weights.has(from) && b.weights.has(to));
  const contentOf = (body: Body, name: string): string =>
    weightKey(comparison.exact, present(body.weights.get(name), "no weight of this name"));
  // Where one weight is used in several places, the place at which nothing has changed says which it is.
  for (const [from, to] of both) if (contentOf(a, from) === contentOf(b, to)) link(from, to);
  for (const [from, to] of both) link(from, to);
  for (const name of a.weights.keys()) if (b.weights.has(name)) link(name, name);
  const byContent = new Map<string, string[]>();
  for (const name of b.weights.keys()) {
    if (taken.has(name)) continue;
    const content = contentOf(b, name);
    byContent.set(content, [...(byContent.get(content) ?? []), name]);
  }
  for (const name of a.weights.keys()) {
    if (weights.has(name)) continue;
    const to = byContent.get(contentOf(a, name))?.shift();
    if (to !== undefined) link(name, to);
  }
  for (const [i, [from, to]] of [...weights].entries()) {
    const number = comparison.intern(`paired weight ${work.path} ${i}`);
    work.numbers.a.own.set(from, number);
    work.numbers.b.own.set(to, number);
  }
}

function compareWeights({ exact, loose, log }: Comparison, { path, a, b, weights }: Work): void {
  const paired = new Set(weights.values());
  for (const [name, weight] of a.weights) {
    const type = weightKey(loose, weight);
    const to = weights.get(name);
    const other = to === undefined ? undefined : b.weights.get(to);
    if (to === undefined || other === undefined) {
      log.removed("weights", `${path}${name}: ${type}`);
      continue;
    }
    log.paired("weights");
    if (name !== to) log.renamed();
    const who = `${path}${name}${name === to ? "" : ` (${to})`}`;
    const otherType = weightKey(loose, other);
    if (type !== otherType) log.changed("weights", `${who}: ${type} -> ${otherType}`);
    else if (weightKey(exact, weight) !== weightKey(exact, other))
      log.changed("weights", `${who}: ${type}, other values`);
  }
  for (const [name, weight] of b.weights)
    if (!paired.has(name)) log.added("weights", `${path}${name}: ${weightKey(loose, weight)}`);
}

/** Whether two names are of one value. */
function areSame({ exact }: Comparison, work: Work, from: string, to: string): boolean {
  if (from === "" || to === "") return from === to;
  const [weight, other] = [work.a.weights.get(from), work.b.weights.get(to)];
  if (weight !== undefined && other !== undefined)
    return work.weights.get(from) === to || weightKey(exact, weight) === weightKey(exact, other);
  const number = numberOf(work.numbers.a, from);
  const made = numberOf(work.numbers.b, to);
  // What no paired node makes is known by its name alone; its maker is reported.
  return number === undefined && made === undefined ? from === to : number === made;
}

function compareNodes(comparison: Comparison, work: Work, from: Node, to: Node): void {
  const { log } = comparison;
  log.paired("nodes");
  if ((from.name ?? "") !== (to.name ?? "")) log.renamed();
  const who = describe(work.path, from);
  const [inputs, others] = [from.input ?? [], to.input ?? []];
  if (inputs.length !== others.length)
    log.changed("nodes", `${who}: ${inputs.length} inputs -> ${others.length}`);
  for (const [slot, name] of inputs.slice(0, others.length).entries()) {
    const other = others[slot] ?? "";
    if (!areSame(comparison, work, name, other))
      log.changed("nodes", `${who}: input ${slot} is ${other || "left out"}, not ${name || "left out"}`);
  }
  const [outputs, made] = [from.output?.length ?? 0, to.output?.length ?? 0];
  if (outputs !== made) log.changed("nodes", `${who}: ${outputs} outputs -> ${made}`);
  compareAttributes(comparison, work, from, to, who);
  if (annotationsOf(from) !== annotationsOf(to)) log.changed("nodes", `${who}: its device configurations`);
}

/** The annotations for several devices, tensors by their places in the node. */
function annotationsOf({ deviceConfigurations, input, output }: Node): string {
  const names = [...(input ?? []), ...(output ?? [])];
  return JSON.stringify(deviceConfigurations ?? [], (key, value: unknown) =>
    key === "tensorName" ? names.indexOf(String(value)) : value,
  );
}

function compareAttributes(comparison: Comparison, work: Work, from: Node, to: Node, who: string): void {
  const { exact, log } = comparison;
  const others = new Map((to.attribute ?? []).map((attribute) => [attribute.name ?? "", attribute]));
  for (const attribute of from.attribute ?? []) {
    const name = attribute.name ?? "";
    const other = others.get(name);
    others.delete(name);
    if (other === undefined) {
      log.changed("nodes", `${who}: ${name} = ${printValue(attribute)} is gone`);
      continue;
    }
    if (isGraph(attribute.g) && isGraph(other.g)) {
      compareInner(
        comparison,
        work,
        attribute.g,
        other.g,
        `${work.path}${from.name || (from.output?.[0] ?? "")}/${name}/`,
      );
      continue;
    }
    const [before, after] = [
      attributeKey(exact, attribute, work.numbers.a),
      attributeKey(exact, other, work.numbers.b),
    ];
    if (before !== after)
      log.changed("nodes", `${who}: ${name} = ${printValue(attribute)} -> ${printValue(other)}`);
  }
  for (const [name, attribute] of others)
    log.changed("nodes", `${who}: ${name} = ${printValue(attribute)} is new`);
}

function isGraph(graph: Graph | null | undefined): graph is Graph {
  return graph !== undefined && graph !== null;
}

function compareInner(comparison: Comparison, work: Work, from: Graph, to: Graph, path: string): void {
  const [a, b] = [bodyOf(from), bodyOf(to)];
  if (a.inputs.length !== b.inputs.length || a.outputs.length !== b.outputs.length)
    comparison.log.changed("nodes", `${path.slice(0, -1)}: its inputs or outputs`);
  compareBodies(comparison, {
    path,
    a,
    b,
    inputs: inOrder(a.inputs, b.inputs),
    outputs: inOrder(a.outputs, b.outputs),
    around: work.numbers,
  });
}

/** Pairs names by their place. */
export function inOrder(a: readonly string[], b: readonly string[]): Map<string, string> {
  return new Map(a.slice(0, b.length).map((name, i) => [name, b[i] as string]));
}

/** A value on part of a line. */
function printValue(attribute: Attribute): string {
  const { f, i, s, t, g, floats, ints, strings, refAttrName } = attribute;
  const text = new TextDecoder();
  if ((refAttrName ?? "") !== "") return `@${refAttrName ?? ""}`;
  if (Object.hasOwn(attribute, "f")) return String(f);
  if (Object.hasOwn(attribute, "i")) return String(i);
  if (Object.hasOwn(attribute, "s")) return JSON.stringify(text.decode(s ?? new Uint8Array(0)));
  if (t !== undefined && t !== null) return `a tensor ${typeOf(t)}`;
  if (isGraph(g)) return "a graph";
  const list = [
    ...(floats ?? []),
    ...(ints ?? []),
    ...(strings ?? []).map((bytes) => JSON.stringify(text.decode(bytes))),
  ];
  return `[${list.slice(0, 16).map(String).join(", ")}${list.length > 16 ? ", …" : ""}]`;
}
