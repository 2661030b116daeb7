/** How much of a compiled model's work each mesh axis divides, and what it does not. */
import type { Compilation } from "../../passes/pass.ts";
import { workOf } from "../../src/cost/local-work.ts";
import { typeOf, type Node } from "../../src/ir/graph.ts";
import type { Mesh, Sbp } from "../../src/ir/layout.ts";
import type { TensorData } from "../../src/ir/tensor-data.ts";
import { printType } from "../../src/ir/types.ts";
import { Call } from "../../src/ops/call.ts";
import { findOp } from "../../src/ops/registry.ts";
import { at, sum } from "../../src/support/collections.ts";

export interface WholeNode {
  /** Operator, name and types. */
  readonly text: string;
  /** Part of the model's FLOPs, 0 … 1. */
  readonly share: number;
  /** Why it is not split. */
  readonly reason: string;
}

export interface AxisShare {
  readonly axis: string;
  /** Part of the FLOPs whose nodes take or give something split along the axis, 0 … 1. */
  readonly share: number;
  /** The largest of the others. */
  readonly whole: readonly WholeNode[];
}

/** Per mesh axis, of a graph in which every node has its signature. FLOPs are those of whole tensors. */
export function splitShares({ graph }: Compilation, mesh: Mesh, listed = 3): AxisShare[] {
  const constants = new Map<string, TensorData>();
  for (const source of graph.sources)
    if (source.kind === "constant") constants.set(source.value, source.data);
  const work = graph.nodes.map((node) => {
    const call = Call.of(
      node,
      (value) => typeOf(graph, value),
      (value) => constants.get(value),
    );
    const outputs = node.outputs.map((value) => typeOf(graph, value));
    return { node, call, flops: workOf(call, outputs, findOp(node.op)).flops };
  });
  const all = sum(work.map(({ flops }) => flops));
  const describe = (node: Node) => {
    const types = node.inputs.map((value) => (value === null ? "-" : printType(typeOf(graph, value))));
    return `${node.op} ${node.name}(${types.join(", ")})`;
  };
  return mesh.axes.map(({ name, size }, axis) => {
    const whole = work.filter(({ node, flops }) => flops > 0 && !isSplit(node, axis));
    return {
      axis: name,
      share: all === 0 ? 1 : 1 - sum(whole.map(({ flops }) => flops)) / all,
      whole: whole
        .toSorted((a, b) => b.flops - a.flops)
        .slice(0, listed)
        .map(({ node, call, flops }) => ({
          text: describe(node),
          share: flops / all,
          reason: reasonFor(call, size),
        })),
    };
  });
}

function isSplit({ signature }: Node, axis: number): boolean {
  return [...(signature?.inputs ?? []), ...(signature?.outputs ?? [])].some(
    (layout) => layout != null && isShard(at(layout, axis)),
  );
}

/** Why a call on whole tensors is not split over so many devices. */
function reasonFor(call: Call, devices: number): string {
  const definition = findOp(call.op);
  if (definition === undefined) return "an operator without a declaration";
  if (definition.whole !== undefined) return definition.whole;
  const context = { devices, unitsOf: () => [1] };
  const signatures = [
    ...definition.signatures(call, context),
    ...definition.forms(call, context).map((form) => form.signature),
  ];
  return signatures.some(({ inputs, outputs }) => [...inputs, ...outputs].some(isShard))
    ? "communication would cost more than it saves"
    : "no axis is long enough";
}

function isShard(sbp: Sbp | null): boolean {
  return sbp?.kind === "S" || sbp?.kind === "W";
}
