/** What one device does for one node of a laid-out graph. */
import { tensorTypeOf, typeOf, type Graph, type Node } from "../ir/graph.ts";
import type { Mesh, NdSbp } from "../ir/layout.ts";
import type { TensorData } from "../ir/tensor-data.ts";
import { byteSize, isStatic, type DataType, type ValueType } from "../ir/types.ts";
import { Call } from "../ops/call.ts";
import { localTypeOf } from "../ops/localize.ts";
import type { OpDefinition } from "../ops/define.ts";
import { callFlops } from "../ops/regions.ts";
import { findOp } from "../ops/registry.ts";
import { sum } from "../support/collections.ts";

export interface LocalWork {
  /** Floating-point operations, those inside regions too; 0 for operators without a declaration. */
  readonly flops: number;
  /** Bytes of the inputs read and the outputs written. */
  readonly bytes: number;
  /** Element type of the first output. */
  readonly dtype: DataType;
}

/** The work of `node` on the `device`-th device of its stage. `constantOf` gives constants that say what an operator does. */
export function localWork(
  graph: Graph,
  node: Node,
  mesh: Mesh,
  device: number,
  constantOf: (value: string) => TensorData | undefined,
): LocalWork {
  const local = (value: string, layout: NdSbp | null | undefined): ValueType => {
    const type = typeOf(graph, value);
    return isStatic(type) && layout != null
      ? localTypeOf(tensorTypeOf(graph, value), layout, mesh, device)
      : type;
  };
  const inputs = node.inputs.map((value, i) =>
    value === null ? null : local(value, node.signature?.inputs[i]),
  );
  const outputs = node.outputs.map((value, i) => local(value, node.signature?.outputs[i]));
  const call = Call.of(node, (value) => typeOf(graph, value), constantOf).withInputs(inputs);
  return workOf(call, outputs, findOp(node.op));
}

/** The work of a call whose input types, and these output types, are a device's own. */
export function workOf(
  call: Call,
  outputs: readonly (ValueType | null)[],
  definition: OpDefinition | undefined,
): LocalWork {
  const written = sum(outputs.map(bytesOrNone));
  let read = 0;
  call.inputs.forEach((type, i) => {
    const all = definition?.fromShapes === true ? 0 : bytesOrNone(type);
    read += definition?.selects?.includes(i) === true ? Math.min(all, written) : all;
  });
  const first = [...outputs, ...call.inputs].find((type) => type?.kind === "tensor");
  return {
    flops: callFlops(call, definition, outputs),
    bytes: read + written,
    dtype: first?.kind === "tensor" ? first.dtype : "f32",
  };
}

function bytesOrNone(type: ValueType | null): number {
  return type?.kind === "tensor" && isStatic(type) ? byteSize(type) : 0;
}
