/**
 * The graph of a segment for one class of devices, under names that say nothing of where it came from: inputs `i0, i1, …`,
 * outputs `o0, o1, …`, constants `c0, …`, other values `v0, …`. Equal layers so give equal graphs, and one body.
 */
import { unknownLocation } from "../diagnostics/location.ts";
import {
  captures,
  opTypeOf,
  valueOf,
  type Graph,
  type GraphOutput,
  type Node,
  type Source,
  type Value,
} from "../ir/graph.ts";
import { renameValues } from "../ir/rename.ts";
import { present } from "../support/assert.ts";

export interface SegmentParts {
  /** The graph of the class, in which the segment's nodes are. */
  readonly graph: Graph;
  /** Sources of that graph by value. */
  readonly sources: ReadonlyMap<string, Source>;
  /** The segment's nodes, in order. */
  readonly nodes: readonly Node[];
  /** Per input of the segment, the value of `graph` that it is; null where this class does not use it, with a type all the same. */
  readonly inputs: readonly { readonly value: string | null; readonly type: Value["type"] }[];
  /** Values of `graph` that the segment gives; a constant is copied. */
  readonly outputs: readonly string[];
}

export function segmentGraph({ graph, sources, nodes, inputs, outputs }: SegmentParts): Graph {
  const names = new Map<string, string>();
  const values = new Map<string, Value>();
  const made: Source[] = [];
  const put = (name: string, type: Value["type"]) => values.set(name, { name, type });

  inputs.forEach(({ value, type }, i) => {
    if (value !== null) names.set(value, `i${i}`);
    put(`i${i}`, type);
    made.push({ kind: "input", value: `i${i}`, location: unknownLocation });
  });
  const constants = new Map<string, string>();
  const nameConstant = (value: string): string | undefined => {
    const source = sources.get(value);
    if (source?.kind !== "constant") return undefined;
    const known = constants.get(value);
    if (known !== undefined) return known;
    const name = `c${constants.size}`;
    constants.set(value, name);
    put(name, valueOf(graph, value).type);
    made.push({ ...source, value: name, location: unknownLocation });
    return name;
  };
  const copies: { readonly from: string; readonly to: string }[] = [];
  const results: GraphOutput[] = outputs.map((value, i) => {
    const constant = nameConstant(value);
    if (constant === undefined) names.set(value, `o${i}`);
    else copies.push({ from: constant, to: `o${i}` });
    put(`o${i}`, valueOf(graph, value).type);
    return { name: `o${i}`, value: `o${i}` };
  });

  let count = 0;
  let inner = 0;
  const renamed = nodes.map((node, position): Node => {
    for (const name of [...node.inputs, ...captures(node)]) {
      if (name === null || names.has(name)) continue;
      names.set(
        name,
        present(
          nameConstant(name),
          "segment uses a value that it does not have",
          () => `${name} for ${node.name}`,
        ),
      );
    }
    for (const name of node.outputs) {
      if (!names.has(name)) names.set(name, `v${count++}`);
      const known = names.get(name) as string;
      put(known, valueOf(graph, name).type);
    }
    // What is left are names that a region defines.
    const local = renameValues(node, (name) => {
      let known = names.get(name);
      if (known === undefined) names.set(name, (known = `r${inner++}`));
      return known;
    });
    return {
      name: `${opTypeOf(node.op)}_${position}`,
      op: local.op,
      inputs: local.inputs,
      outputs: local.outputs,
      attributes: local.attributes,
      location: node.location,
      module: "",
      ...(local.regions === undefined ? {} : { regions: local.regions }),
    };
  });
  const copied = copies.map(({ from, to }): Node => ({
    name: `Identity_${to}`,
    op: "Identity",
    inputs: [from],
    outputs: [to],
    attributes: {},
    location: unknownLocation,
    module: "",
  }));
  const { opsets } = graph;
  return {
    name: "segment",
    sources: made,
    nodes: [...renamed, ...copied],
    outputs: results,
    values,
    ...(opsets === undefined ? {} : { opsets }),
  };
}
