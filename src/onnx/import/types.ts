/** ONNX's TypeProto as ours. Sizes that the file leaves open become `unknownDim`, which its user replaces. */
import { fail } from "../../diagnostics/diagnostic.ts";
import type { Location } from "../../diagnostics/location.ts";
import type { Dim } from "../../ir/dim.ts";
import { tensorType, unknownDim, unrankedShape, type ValueType } from "../../ir/types.ts";
import type { onnx } from "../generated/onnx-ml.js";
import type { DimNames } from "./dims.ts";
import { dataTypeOfNumber } from "../tensor-type.ts";
import { toNumber } from "../wire-number.ts";

/** Sequences of sequences go no deeper in any real model. */
const deepestType = 16;

/** The type, undefined where the file gives none. `name` is whose type it is. */
export function valueType(
  proto: onnx.TypeProto.$Properties | null | undefined,
  dims: DimNames,
  name: string,
  location: Location,
): ValueType | undefined {
  const kinds: ("sequence" | "optional")[] = [];
  let at = proto;
  for (;;) {
    if (at == null) return undefined;
    const { sequenceType, optionalType } = at;
    const outer = sequenceType ?? optionalType;
    if (outer == null) break;
    kinds.push(sequenceType == null ? "optional" : "sequence");
    if (kinds.length > deepestType)
      return fail("nesting-too-deep", { name: `the type of ${name}`, limit: deepestType }, location);
    at = outer.elemType;
  }
  const { tensorType: tensor } = at;
  if (tensor == null) {
    const kind =
      at.mapType != null
        ? "a map"
        : at.sparseTensorType != null
          ? "a sparse tensor"
          : at.opaqueType != null
            ? "opaque"
            : undefined;
    if (kind === undefined) return undefined;
    return fail("type-unsupported", { name, problem: `is ${kind}, which sbpc has no type for` }, location);
  }
  if (tensor.elemType == null || tensor.elemType === 0) return undefined;
  const dtype = dataTypeOfNumber(tensor.elemType);
  if (dtype === undefined)
    return fail(
      "type-unsupported",
      { name, problem: `has elements of type ${tensor.elemType}, which is not known` },
      location,
    );
  const shape =
    tensor.shape == null
      ? unrankedShape
      : (tensor.shape.dim ?? []).map((dim): Dim => {
          if (dim.dimParam != null && dim.dimParam !== "") return dims.dim(dim.dimParam);
          if (dim.dimValue == null) return unknownDim;
          const size = toNumber(dim.dimValue);
          // Some exporters write -1 for a size that is open.
          if (size === -1) return unknownDim;
          if (size < 0 || !Number.isSafeInteger(size))
            return fail("type-unsupported", { name, problem: `has an axis of size ${size}` }, location);
          return size;
        });
  return kinds.reduceRight<ValueType>((element, kind) => ({ kind, element }), tensorType(dtype, shape));
}

/** The type with what the file leaves open replaced by `symbol(axis)`. */
export function nameOpenDims(type: ValueType, symbol: (axis: number) => Dim): ValueType {
  if (type.kind !== "tensor") return { ...type, element: nameOpenDims(type.element, symbol) };
  if (!type.shape.includes(unknownDim)) return type;
  return { ...type, shape: type.shape.map((dim, axis) => (dim === unknownDim ? symbol(axis) : dim)) };
}
