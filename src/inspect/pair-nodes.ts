/**
 * Pairs the nodes of two graphs, however they are named: first those that compute the same from the same weights, then
 * from weights of the same types, then those whose results are used alike, then neighbours of pairs, and names last.
 */
import type { onnx } from "../onnx/generated/onnx-ml.js";
import { localKey, numberBody, operatorOf, type Body, type Keys, type Numbers } from "./graph-keys.ts";

type Node = onnx.NodeProto.$Properties;

export interface Side {
  readonly body: Body;
  /** Numbers of the inputs and of the values around; the same for what is paired already. */
  readonly sources: Numbers;
}

/** Index of a node of `a` to that of its partner. */
export type Pairs = ReadonlyMap<number, number>;

interface Matching {
  readonly toB: Map<number, number>;
  readonly toA: Map<number, number>;
}

/** `exact` tells weights apart by their elements, `loose` by their types only. */
export function pairNodes(exact: Keys, loose: Keys, a: Side, b: Side): Pairs {
  const pairs: Matching = { toB: new Map(), toA: new Map() };
  const most = Math.min(a.body.nodes.length, b.body.nodes.length);
  for (const keys of [exact, loose]) {
    pairEqual(pairs, numberBody(keys, a.body, fresh(a)), numberBody(keys, b.body, fresh(b)));
    if (pairs.toB.size === most) return pairs.toB;
  }
  pairByUse(pairs, loose, a, b);
  pairNeighbours(pairs, a.body, b.body);
  return pairs.toB;
}

/** The sources in a table that may be added to. */
function fresh({ sources }: Side): Numbers {
  return { own: new Map(sources.own), outer: sources.outer };
}

/** Pairs nodes that are not paired yet and have equal keys, in their order. */
function pairEqual(
  pairs: Matching,
  keysA: readonly (number | string)[],
  keysB: readonly (number | string)[],
): void {
  const waiting = new Map<number | string, number[]>();
  for (let j = keysB.length - 1; j >= 0; j--) {
    if (pairs.toA.has(j)) continue;
    const key = keysB[j] as number | string;
    const list = waiting.get(key);
    if (list === undefined) waiting.set(key, [j]);
    else list.push(j);
  }
  for (const [i, key] of keysA.entries()) {
    if (pairs.toB.has(i)) continue;
    const j = waiting.get(key)?.pop();
    if (j !== undefined) link(pairs, i, j);
  }
}

function link(pairs: Matching, i: number, j: number): void {
  pairs.toB.set(i, j);
  pairs.toA.set(j, i);
}

/** Pairs nodes of equal operators and attributes whose results go to the same places. */
function pairByUse(pairs: Matching, keys: Keys, a: Side, b: Side): void {
  const keysA = useKeys(keys, a, (i) => (pairs.toB.has(i) ? `pair ${i}` : undefined));
  const keysB = useKeys(keys, b, (j) => (pairs.toA.has(j) ? `pair ${pairs.toA.get(j)}` : undefined));
  pairEqual(pairs, keysA, keysB);
}

function useKeys(keys: Keys, side: Side, paired: (index: number) => string | undefined): number[] {
  const { body } = side;
  const numbers = fresh(side);
  numberBody(keys, body, numbers);
  const uses = new Map<string, string[]>();
  const use = (name: string, how: string): void => {
    const known = uses.get(name);
    if (known === undefined) uses.set(name, [how]);
    else known.push(how);
  };
  for (const [i, name] of body.outputs.entries()) use(name, `result ${i}`);
  const found: number[] = [];
  for (let i = body.nodes.length - 1; i >= 0; i--) {
    const node = body.nodes[i] as Node;
    const results = (node.output ?? []).map((name) => (uses.get(name) ?? []).sort().join("+"));
    const key = keys.intern(`use ${localKey(keys, node, numbers)} [${results.join("|")}]`);
    found[i] = key;
    const who = paired(i) ?? String(key);
    for (const [slot, name] of (node.input ?? []).entries()) if (name !== "") use(name, `${who}.${slot}`);
  }
  return found;
}

/** Pairs what is left by a neighbour that is paired, or by a name of its own, where the operator is the same. */
function pairNeighbours(pairs: Matching, a: Body, b: Body): void {
  const makersA = makersOf(a);
  const makersB = makersOf(b);
  const waiting = new Map<string, number[]>();
  const clues = (node: Node, maker: (name: string) => string | undefined): string[] => {
    const op = operatorOf(node);
    const inputs = (node.input ?? []).flatMap((name, slot) => {
      const from = maker(name);
      return from === undefined ? [] : [`${op} takes ${from} at ${slot}`];
    });
    const name = node.name ?? "";
    return [
      ...inputs,
      ...(name === "" ? [] : [`${op} named ${name}`]),
      ...(node.output ?? []).filter((output) => output !== "").map((output) => `${op} makes ${output}`),
    ];
  };
  for (let j = b.nodes.length - 1; j >= 0; j--) {
    if (pairs.toA.has(j)) continue;
    for (const clue of clues(b.nodes[j] as Node, (name) =>
      partner(makersB.get(name), (maker) => pairs.toA.get(maker)),
    )) {
      const list = waiting.get(clue);
      if (list === undefined) waiting.set(clue, [j]);
      else list.push(j);
    }
  }
  for (const [i, node] of a.nodes.entries()) {
    if (pairs.toB.has(i)) continue;
    const own = clues(node, (name) =>
      partner(makersA.get(name), (maker) => (pairs.toB.has(maker) ? maker : undefined)),
    );
    for (const clue of own) {
      // The last of each list is the first in the graph; those that were paired by another clue are dropped.
      const list = waiting.get(clue) ?? [];
      let j = list.pop();
      while (j !== undefined && pairs.toA.has(j)) j = list.pop();
      if (j === undefined) continue;
      link(pairs, i, j);
      break;
    }
  }
}

/** `node 3.0` of the pair that makes a value, by its index in `a`. */
function partner(
  made: { readonly node: number; readonly output: number } | undefined,
  inA: (node: number) => number | undefined,
): string | undefined {
  if (made === undefined) return undefined;
  const index = inA(made.node);
  return index === undefined ? undefined : `node ${index}.${made.output}`;
}

function makersOf(body: Body): ReadonlyMap<string, { readonly node: number; readonly output: number }> {
  const makers = new Map<string, { node: number; output: number }>();
  for (const [node, { output }] of body.nodes.entries())
    for (const [i, name] of (output ?? []).entries()) if (name !== "") makers.set(name, { node, output: i });
  return makers;
}
