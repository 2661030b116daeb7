/**
 * Block sizes worth splitting by. A Reshape that joins heads and their width can only be split between heads; what feeds it
 * must then be cut there too. From every operator that names a block size on one side it is carried to the other sides, to
 * a fixpoint. Only sizes that cut elsewhere than single elements would on this mesh are kept, so where everything is even
 * nothing is found.
 */
import type { Graph } from "../../src/ir/graph.ts";
import { split, type Mesh, type NdSbp, type Sbp } from "../../src/ir/layout.ts";
import type { Signature, UnitsOf } from "../../src/sbp/signature.ts";
import { normalizeLayout } from "../../src/sbp/geometry.ts";
import { staticTensor, type NodeCall } from "./calls.ts";

/** Block sizes by value, then by axis; values where only 1 is worth trying are absent. */
export type Units = ReadonlyMap<string, readonly (readonly number[])[]>;

/** More block sizes than this on one axis are not tried. */
const mostUnits = 4;

export function unitsOfNode(units: Units, { node }: NodeCall): UnitsOf {
  return (side, tensor, axis) => {
    const name = (side === "input" ? node.inputs : node.outputs)[tensor];
    return (name == null ? undefined : units.get(name)?.[axis]) ?? [1];
  };
}

/** Part of a key: the block sizes around a node. */
export function unitsKey(units: Units, { node }: NodeCall): string {
  if (units.size === 0) return "";
  return [...node.inputs, ...node.outputs]
    .map((name) => (name === null ? "" : (units.get(name)?.join("|") ?? "")))
    .join(";");
}

/** `signatures` gives a node's signatures on mesh axes of some size under some units. */
export function propagateUnits(
  graph: Graph,
  mesh: Mesh,
  calls: readonly NodeCall[],
  signatures: (call: NodeCall, devices: number, units: Units) => readonly Signature[],
): Units {
  const units = new Map<string, number[][]>();
  const around = new Map<string, number[]>();
  calls.forEach(({ node }, i) => {
    for (const name of [...node.inputs, ...node.outputs]) {
      if (name === null) continue;
      const list = around.get(name);
      if (list === undefined) around.set(name, [i]);
      else if (list[list.length - 1] !== i) list.push(i);
    }
  });
  const queued = new Uint8Array(calls.length).fill(1);
  const queue = calls.map((_, i) => i);
  const add = (name: string | null | undefined, sbp: Sbp | null | undefined): void => {
    if (name == null || sbp?.kind !== "S" || sbp.unit === 1) return;
    const type = staticTensor(graph, name);
    if (type === undefined || !cutsElsewhere(type.shape[sbp.axis] as number, sbp.unit, mesh)) return;
    const axes = units.get(name) ?? type.shape.map(() => [1]);
    const here = axes[sbp.axis] as number[];
    if (here.includes(sbp.unit) || here.length >= mostUnits) return;
    here.push(sbp.unit);
    units.set(name, axes);
    for (const i of around.get(name) ?? []) {
      if (queued[i] === 1) continue;
      queued[i] = 1;
      queue.push(i);
    }
  };
  for (const [name, { hint }] of graph.values)
    for (const { sbp } of hint?.sbp ?? []) if (inRange(graph, name, sbp)) add(name, sbp);
  const sizes = [...new Set(mesh.axes.map((axis) => axis.size))];
  for (let at = 0; at < queue.length; at++) {
    const i = queue[at] as number;
    queued[i] = 0;
    const call = calls[i] as NodeCall;
    for (const devices of sizes) {
      for (const { inputs, outputs } of signatures(call, devices, units)) {
        inputs.forEach((sbp, k) => add(call.node.inputs[k], sbp));
        outputs.forEach((sbp, k) => add(call.node.outputs[k], sbp));
      }
    }
  }
  return units;
}

function inRange(graph: Graph, name: string, sbp: Sbp): boolean {
  return sbp.kind === "S" && sbp.axis < (staticTensor(graph, name)?.shape.length ?? 0);
}

/** Whether splitting `size` in blocks over some of the mesh axes cuts elsewhere than splitting single elements. */
function cutsElsewhere(size: number, unit: number, mesh: Mesh): boolean {
  for (let subset = 1; subset < 2 ** mesh.axes.length; subset++) {
    const layout: NdSbp = mesh.axes.map((_, i) => ((subset >> i) & 1 ? split(0, unit) : { kind: "B" }));
    const normal = normalizeLayout([size], layout, mesh);
    if (normal.some((sbp) => sbp.kind === "S" && sbp.unit !== 1)) return true;
  }
  return false;
}
