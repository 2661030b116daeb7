/** Checks a graph and those inside its nodes: names defined once and before their use, outputs made, types of interfaces. */
import { checkDevices } from "./check-devices.ts";
import { describeNode, has, quote, type CheckContext } from "./check-context.ts";
import { checkNode } from "./check-node.ts";
import { checkSparseTensor, checkTensor } from "./check-tensor.ts";
import type { onnx } from "./generated/onnx-ml.js";
import { nodesWithin } from "./walk.ts";

type Graph = onnx.GraphProto.$Properties;
type Node = onnx.NodeProto.$Properties;

/** Names that are defined so far, of one graph and of those around it. */
export interface Scope {
  readonly own: Set<string>;
  readonly outer: Scope | undefined;
}

export function innerScope(outer: Scope | undefined): Scope {
  return { own: new Set(), outer };
}

function isVisible(scope: Scope | undefined, name: string): boolean {
  for (let at = scope; at !== undefined; at = at.outer) if (at.own.has(name)) return true;
  return false;
}

export function checkGraph(context: CheckContext, graph: Graph, outer: Scope | undefined): void {
  const { problems } = context;
  const place = `The graph ${quote(graph.name)}${context.within}`;
  if ((graph.name ?? "") === "") problems.report("onnx-missing", { place, field: "name" });
  for (const [role, infos] of [
    ["input", graph.input ?? []],
    ["output", graph.output ?? []],
  ] as const)
    for (const info of infos) checkValueInfo(context, info, role, place);
  const scope = innerScope(outer);
  for (const { name } of graph.input ?? []) {
    if (scope.own.has(name ?? ""))
      problems.report("onnx-duplicate", { place, what: "the input", name: quote(name) });
    scope.own.add(name ?? "");
  }
  checkInitializers(context, graph, scope, place);
  checkNodes(context, graph.node ?? [], scope);
  checkDevices(context, graph);
  for (const { name } of graph.output ?? [])
    if (!scope.own.has(name ?? "")) problems.report("onnx-output", { place, name: quote(name) });
}

function checkInitializers(context: CheckContext, graph: Graph, scope: Scope, place: string): void {
  const { problems } = context;
  const names = new Set<string>();
  const named = (name: string | null | undefined, what: string): name is string => {
    if (name === undefined || name === null || name === "") {
      problems.report("onnx-missing", { place, field: `name for ${what}` });
      return false;
    }
    if (names.has(name))
      problems.report("onnx-duplicate", { place, what: "the initializer", name: quote(name) });
    names.add(name);
    return true;
  };
  for (const tensor of graph.initializer ?? []) {
    const isNamed = named(tensor.name, "an initializer");
    checkTensor(context, tensor, context.within);
    if (!isNamed) continue;
    const name = tensor.name ?? "";
    if (context.irVersion > 3) scope.own.add(name);
    else if (!scope.own.has(name))
      problems.report("onnx-initializer", { place, name: quote(name), version: context.irVersion });
  }
  for (const sparse of graph.sparseInitializer ?? []) {
    if (named(sparse.values?.name, "a sparse initializer")) scope.own.add(sparse.values?.name ?? "");
    checkSparseTensor(context, sparse, context.within);
  }
}

/** Checks nodes in their order, and adds what they make to the scope. */
export function checkNodes(context: CheckContext, nodes: readonly Node[], scope: Scope): void {
  const { problems } = context;
  let makers: ReadonlyMap<string, number> | undefined;
  let hasDisorder = false;
  for (const [index, node] of nodes.entries()) {
    for (const name of node.input ?? []) {
      if (name === "" || isVisible(scope, name)) continue;
      makers ??= makersOf(nodes);
      const maker = makers.get(name);
      const user = describeNode(node, index, context.within);
      if (maker === undefined) problems.report("undefined-value", { user, name: quote(name) });
      else {
        hasDisorder = true;
        const later = describeNode(nodes[maker] ?? {}, maker, "");
        problems.report("onnx-order", {
          place: user,
          name: quote(name),
          maker: maker === index ? "it itself" : later.charAt(0).toLowerCase() + later.slice(1),
        });
      }
    }
    for (const { graph, within } of checkNode(context, node, index))
      checkGraph({ ...context, isMain: false, within }, graph, scope);
    for (const name of node.output ?? []) {
      if (name === "") continue;
      if (isVisible(scope, name))
        problems.report("onnx-duplicate", {
          place: describeNode(node, index, context.within),
          what: "the value",
          name: quote(name),
        });
      scope.own.add(name);
    }
  }
  if (hasDisorder) reportCycle(context, nodes, makers ?? makersOf(nodes));
}

/** The node that makes each name; the first, where there are several. */
function makersOf(nodes: readonly Node[]): ReadonlyMap<string, number> {
  const makers = new Map<string, number>();
  for (const [index, node] of nodes.entries())
    for (const name of node.output ?? []) if (name !== "" && !makers.has(name)) makers.set(name, index);
  return makers;
}

/** Its name in quotes, its output's or its number where it has none. */
function shortName({ name, output }: Node, index: number): string {
  const own = name == null || name === "" ? output?.find((made) => made !== "") : name;
  return own === undefined ? `${index}` : quote(own);
}

/** Names one circle among the nodes, where there is one. */
function reportCycle(
  context: CheckContext,
  nodes: readonly Node[],
  makers: ReadonlyMap<string, number>,
): void {
  // From any node, back along its inputs and those of the nodes inside it: what is met a second time on the same way is on a
  // circle.
  const state = new Uint8Array(nodes.length);
  const [untouched, onTheWay, done] = [0, 1, 2];
  const sourcesOf = (index: number): number[] =>
    [...nodesWithin(nodes.slice(index, index + 1))].flatMap(({ input }) =>
      (input ?? []).flatMap((name) => makers.get(name) ?? []),
    );
  for (let start = 0; start < nodes.length; start++) {
    if (state[start] !== untouched) continue;
    const way = [{ index: start, sources: sourcesOf(start), next: 0 }];
    state[start] = onTheWay;
    for (let frame = way.at(-1); frame !== undefined; frame = way.at(-1)) {
      const source = frame.sources[frame.next++];
      if (source === undefined) {
        state[frame.index] = done;
        way.pop();
      } else if (state[source] === onTheWay) {
        const from = way.findIndex(({ index }) => index === source);
        const circle = way.slice(from).toReversed();
        const shown = circle.slice(0, 8).map(({ index }) => shortName(nodes[index] ?? {}, index));
        const more = circle.length > shown.length ? ` and ${circle.length - shown.length} more` : "";
        context.problems.report("cyclic-graph", { nodes: `${shown.join(", ")}${more}${context.within}` });
        return;
      } else if (state[source] === untouched) {
        state[source] = onTheWay;
        way.push({ index: source, sources: sourcesOf(source), next: 0 });
      }
    }
  }
}

function checkValueInfo(
  context: CheckContext,
  info: onnx.ValueInfoProto.$Properties,
  role: string,
  place: string,
): void {
  const { problems } = context;
  if ((info.name ?? "") === "") problems.report("onnx-missing", { place, field: `name for an ${role}` });
  if (!context.isMain) return;
  const problem = typeProblem(info.type);
  if (problem !== undefined) problems.report("onnx-value-type", { role, name: quote(info.name), problem });
}

/** What a type of the model's interface lacks. */
function typeProblem(type: onnx.TypeProto.$Properties | null | undefined): string | undefined {
  if (type === undefined || type === null) return "it has none";
  const { tensorType, sparseTensorType, sequenceType, optionalType, mapType, opaqueType } = type;
  const tensor = tensorType ?? sparseTensorType;
  if (tensor !== undefined && tensor !== null) {
    if (!has(tensor, "elemType")) return "it has no element type";
    return has(tensor, "shape") ? undefined : "it has no shape";
  }
  const holder = sequenceType ?? optionalType;
  if (holder !== undefined && holder !== null)
    return has(holder, "elemType") ? undefined : "it does not say what it holds";
  if (mapType !== undefined && mapType !== null) {
    if (!has(mapType, "keyType")) return "it has no type of keys";
    return has(mapType, "valueType") ? undefined : "it has no type of values";
  }
  if (opaqueType !== undefined && opaqueType !== null)
    return (opaqueType.name ?? "") === "" ? "it is opaque and has no name" : undefined;
  return "it is of no kind that ONNX has";
}
