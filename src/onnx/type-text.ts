/** Types in a model's interface as text: `f32[batch, 3, 224]`, `seq<…>`, `optional<…>`, `map<…>`. */
import { has } from "./check-context.ts";
import type { onnx } from "./generated/onnx-ml.js";
import { nameOfDataType } from "./tensor-type.ts";

type Type = onnx.TypeProto.$Properties | null | undefined;

/** Unknown sizes are `?`, a missing shape is `[…]`, a missing type `?`. Sequences of sequences are followed some way down. */
export function printTypeProto(type: Type, depth = 0): string {
  if (type === undefined || type === null || depth > 16) return "?";
  const { tensorType, sparseTensorType, sequenceType, optionalType, mapType, opaqueType } = type;
  if (tensorType !== undefined && tensorType !== null) return tensorText(tensorType);
  if (sparseTensorType !== undefined && sparseTensorType !== null)
    return `sparse ${tensorText(sparseTensorType)}`;
  if (sequenceType !== undefined && sequenceType !== null)
    return `seq<${printTypeProto(sequenceType.elemType, depth + 1)}>`;
  if (optionalType !== undefined && optionalType !== null)
    return `optional<${printTypeProto(optionalType.elemType, depth + 1)}>`;
  if (mapType !== undefined && mapType !== null)
    return `map<${nameOfDataType(mapType.keyType ?? 0)}, ${printTypeProto(mapType.valueType, depth + 1)}>`;
  if (opaqueType !== undefined && opaqueType !== null)
    return `opaque ${opaqueType.domain ?? ""}.${opaqueType.name ?? ""}`;
  return "?";
}

function tensorText(type: onnx.TypeProto.Tensor.$Properties): string {
  const dims = type.shape?.dim?.map((dim) =>
    has(dim, "dimValue") ? String(dim.dimValue) : has(dim, "dimParam") ? (dim.dimParam ?? "?") : "?",
  );
  const shape = has(type, "shape") ? (dims ?? []).join(", ") : "…";
  return `${nameOfDataType(type.elemType ?? 0)}[${shape}]`;
}
