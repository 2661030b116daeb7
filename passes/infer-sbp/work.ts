/** What one device does for a node, and how much it holds: figures of the device with the largest shards. */
import type { CostModel } from "../../src/cost/model.ts";
import type { NodeSignature } from "../../src/ir/graph.ts";
import type { Mesh, NdSbp } from "../../src/ir/layout.ts";
import {
  bytesOf,
  knownShape,
  tensorType,
  type DataType,
  type TensorType,
  type ValueType,
} from "../../src/ir/types.ts";
import { largestShard, shardAt } from "../../src/sbp/geometry.ts";
import type { NodeCall } from "./calls.ts";

export interface Work {
  readonly flops: number;
  /** Bytes read and written. */
  readonly bytes: number;
  readonly dtype: DataType;
}

/** Work of a node whose tensors are laid out so. */
export function localWork(
  { call, outputs, definition }: NodeCall,
  signature: NodeSignature,
  mesh: Mesh,
): Work {
  const local = call.inputs.map((type, i) => localType(type, signature.inputs[i] ?? null, mesh));
  const flops = definition?.flops(call.withInputs(local)) ?? 0;
  let bytes = 0;
  call.inputs.forEach((type, i) => (bytes += localBytes(type, signature.inputs[i] ?? null, mesh)));
  outputs.forEach((type, i) => (bytes += localBytes(type, signature.outputs[i] ?? null, mesh)));
  const first = [...outputs, ...call.inputs].find((type) => type?.kind === "tensor");
  return { flops, bytes, dtype: first?.kind === "tensor" ? first.dtype : "f32" };
}

/** Its seconds at the roofline. */
export function computeSeconds(
  call: NodeCall,
  signature: NodeSignature,
  mesh: Mesh,
  costModel: CostModel,
): number {
  const { flops, bytes, dtype } = localWork(call, signature, mesh);
  return costModel.compute(flops, bytes, dtype);
}

/** Bytes of the largest shard; 0 for what is no tensor of known shape. */
export function localBytes(type: ValueType | null, layout: NdSbp | null | undefined, mesh: Mesh): number {
  return isBound(type) && layout != null
    ? bytesOf(type.dtype, largestShard(knownShape(type), layout, mesh))
    : 0;
}

export function isBound(type: ValueType | null): type is TensorType {
  return type?.kind === "tensor" && type.shape.every((dim) => typeof dim === "number");
}

function localType(type: ValueType | null, layout: NdSbp | null, mesh: Mesh): ValueType | null {
  if (!isBound(type) || layout === null) return type;
  const first = mesh.axes.map(() => 0);
  return tensorType(type.dtype, shardAt(knownShape(type), layout, mesh, first).size);
}
