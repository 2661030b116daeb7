/** What one device does for a node, and how much it holds: figures of the device with the largest shards. */
import { workOf, type LocalWork } from "../../src/cost/local-work.ts";
import type { CostModel } from "../../src/cost/model.ts";
import type { NodeSignature } from "../../src/ir/graph.ts";
import type { Mesh, NdSbp } from "../../src/ir/layout.ts";
import { bytesOf, knownShape, tensorType, type TensorType, type ValueType } from "../../src/ir/types.ts";
import { largestBox, largestShard } from "../../src/sbp/geometry.ts";
import type { NodeCall } from "./calls.ts";

/** Work of a node whose tensors are laid out so. */
export function localWork(
  { call, outputs, definition }: NodeCall,
  signature: NodeSignature,
  mesh: Mesh,
): LocalWork {
  const inputs = call.inputs.map((type, i) => localType(type, signature.inputs[i] ?? null, mesh));
  const made = outputs.map((type, i) => localType(type, signature.outputs[i] ?? null, mesh));
  return workOf(call.withInputs(inputs), made, definition);
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
  return tensorType(type.dtype, largestBox(knownShape(type), layout, mesh).size);
}
