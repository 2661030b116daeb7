/** Brings the nodes of a graph into an order in which each follows what it uses. A file in order stays as it is. */
import { diagnostic, type Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { AttributeProto, GraphProto, NodeProto } from "./proto.ts";
import { nodeLocation } from "../../diagnostics/location.ts";

/** Names of a circle that a message lists. */
const listed = 8;

export interface Order {
  readonly nodes: readonly NodeProto[];
  /** Those on a circle, and what depends on them. */
  readonly leftOut: readonly NodeProto[];
}

/**
 * The nodes in order; a circle goes to `errors`. `file` is for messages. Iterative, linear in the size of the graph and its
 * bodies.
 */
export function orderedNodes(nodes: readonly NodeProto[], file: string, errors: Diagnostic[]): Order {
  if (isOrdered(nodes)) return { nodes, leftOut: [] };
  const maker = new Map<string, number>();
  nodes.forEach((node, i) => {
    for (const output of node.output ?? []) if (output !== "" && !maker.has(output)) maker.set(output, i);
  });
  const needs = nodes.map((node) => {
    const found = new Set<number>();
    // What a body uses may be a name of its own: a circle only leads through inputs, and bodies of others.
    forEachUse(node, (name) => {
      const made = maker.get(name);
      if (made !== undefined) found.add(made);
    });
    return found;
  });
  needs.forEach((found, i) => {
    if (!(nodes[i]?.input ?? []).some((name) => maker.get(name) === i)) found.delete(i);
  });

  const missing = needs.map((found) => found.size);
  const users = nodes.map((): number[] => []);
  needs.forEach((found, i) => {
    for (const j of found) (users[j] as number[]).push(i);
  });
  // The first node of the file that is ready comes next: depth first from each node in turn.
  const order: number[] = [];
  const done = new Uint8Array(nodes.length);
  const ready: number[] = [];
  missing.forEach((n, i) => {
    if (n === 0) ready.push(i);
  });
  ready.reverse();
  for (let i = ready.pop(); i !== undefined; i = ready.pop()) {
    order.push(i);
    done[i] = 1;
    for (const user of users[i] as number[]) {
      const left = (missing[user] as number) - 1;
      missing[user] = left;
      if (left === 0) ready.push(user);
    }
  }
  if (order.length < nodes.length) errors.push(circle(nodes, needs, done, file));
  return { nodes: order.map((i) => nodes[i] as NodeProto), leftOut: nodes.filter((_, i) => done[i] === 0) };
}

/** Follows unmet needs until a node comes again. */
function circle(
  nodes: readonly NodeProto[],
  needs: readonly ReadonlySet<number>[],
  done: Uint8Array,
  file: string,
): Diagnostic {
  const position = new Map<number, number>();
  const path: number[] = [];
  let at = done.indexOf(0);
  while (!position.has(at)) {
    position.set(at, path.length);
    path.push(at);
    at = [...(needs[at] as ReadonlySet<number>)].find((j) => done[j] === 0) as number;
  }
  const names = path.slice(position.get(at)).map((i) => nameOf(nodes[i] as NodeProto));
  const text =
    names.length > listed ? `${names.slice(0, listed).join(", ")}, … (${names.length})` : names.join(", ");
  return diagnostic("cyclic-graph", { nodes: text }, nodeLocation(file, names[0] as string));
}

/** What messages call a node: its name, else its first output, else its operator. */
export function nameOf(node: NodeProto): string {
  if (node.name != null && node.name !== "") return node.name;
  return (node.output ?? []).find((output) => output !== "") ?? node.opType ?? "a node without a name";
}

/** Whether each node already follows what makes its inputs, and what its bodies use. */
function isOrdered(nodes: readonly NodeProto[]): boolean {
  const made = new Set<string>();
  // Names that were used before a node made them: those of inputs and initializers, as long as the order is right.
  const early = new Set<string>();
  const use = (name: string) => {
    if (!made.has(name)) early.add(name);
  };
  for (const { input, output, attribute } of nodes) {
    for (const name of input ?? []) if (name !== "" && !made.has(name)) early.add(name);
    for (const name of output ?? []) {
      if (name === "") continue;
      if (early.has(name)) return false;
      made.add(name);
    }
    // What a body uses may be its node's own.
    if (attribute?.some(holdsGraphs) === true) forEachUseInside(attribute, use);
  }
  return true;
}

function holdsGraphs({ g, graphs }: AttributeProto): boolean {
  return g != null || (graphs?.length ?? 0) > 0;
}

/** Calls `visit` for the names that a node uses, and that its bodies do; those that a body defines itself are among them. */
function forEachUse({ input, attribute }: NodeProto, visit: (name: string) => void): void {
  for (const name of input ?? []) if (name !== "") visit(name);
  forEachUseInside(attribute ?? [], visit);
}

function forEachUseInside(attributes: readonly AttributeProto[], visit: (name: string) => void): void {
  const pending: GraphProto[] = [];
  const push = (inner: readonly AttributeProto[]) => {
    for (const { g, graphs } of inner) {
      if (g != null) pending.push(g);
      for (const graph of graphs ?? []) pending.push(graph);
    }
  };
  push(attributes);
  for (let graph = pending.pop(); graph !== undefined; graph = pending.pop()) {
    for (const output of graph.output ?? []) if (output.name != null) visit(output.name);
    for (const { input, attribute } of graph.node ?? []) {
      for (const name of input ?? []) if (name !== "") visit(name);
      push(attribute ?? []);
    }
  }
}
