/** Parts of rewriting a graph that several passes share: uses renamed, what is no longer there forgotten. */
import type { Graph, GraphOutput, Node, Value } from "./graph.ts";
import type { LayoutHint } from "./layout.ts";

/** New names of values; names that are not in it stay. */
export type Renames = ReadonlyMap<string, string>;

/** The node with the values that it uses renamed, those that its regions capture included; the same object where none is. */
export function renameUses(node: Node, renames: Renames): Node {
  if (renames.size === 0) return node;
  const changed = node.inputs.some((name) => name !== null && renames.has(name));
  const inputs = changed
    ? node.inputs.map((name) => (name === null ? null : (renames.get(name) ?? name)))
    : node.inputs;
  if (node.regions === undefined) return changed ? { ...node, inputs } : node;
  const regions = Object.fromEntries(
    Object.entries(node.regions).map(([name, region]) => [name, renameCaptures(region, renames)]),
  );
  return { ...node, inputs, regions };
}

function renameCaptures(region: Graph, renames: Renames): Graph {
  const outside = new Map([...renames].filter(([from]) => !region.values.has(from)));
  if (outside.size === 0) return region;
  return {
    ...region,
    nodes: region.nodes.map((node) => renameUses(node, outside)),
    outputs: renameOutputs(region.outputs, outside),
  };
}

export function renameOutputs(outputs: readonly GraphOutput[], renames: Renames): readonly GraphOutput[] {
  if (!outputs.some(({ value }) => renames.has(value))) return outputs;
  return outputs.map((output) => ({ ...output, value: renames.get(output.value) ?? output.value }));
}

/**
 * The graph with `values` cut down to what its sources and nodes define. A hint that asks for the layout of a value asks
 * for that of the value it was renamed to, and for none where it is gone.
 */
export function forgetUndefined(graph: Graph, renames: Renames = new Map()): Graph {
  const values = new Map<string, Value>();
  const defined = new Set<string>();
  for (const source of graph.sources) defined.add(source.value);
  for (const node of graph.nodes) for (const output of node.outputs) defined.add(output);
  for (const [name, value] of graph.values) {
    if (!defined.has(name)) continue;
    const like = value.hint?.like;
    if (value.hint === undefined || like === undefined) {
      values.set(name, value);
      continue;
    }
    const target = renames.get(like) ?? like;
    values.set(
      name,
      target === like && defined.has(like)
        ? value
        : askFor(value, value.hint, defined.has(target) ? target : undefined),
    );
  }
  return { ...graph, values };
}

/** The value with a hint that asks for the layout of `like`; without the hint where nothing is left of it. */
function askFor(value: Value, hint: LayoutHint, like: string | undefined): Value {
  const { like: _, ...rest } = hint;
  if (like !== undefined) return { ...value, hint: { ...rest, like } };
  if (rest.sbp.length > 0) return { ...value, hint: rest };
  const { hint: _none, ...bare } = value;
  return bare;
}
