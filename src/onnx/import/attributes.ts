/** Attributes of a node: ours, and the graphs among them. */
import { fail } from "../../diagnostics/diagnostic.ts";
import type { Location } from "../../diagnostics/location.ts";
import type { Attribute } from "../../ir/graph.ts";
import { onnx } from "../generated/onnx-ml.js";
import type { DecodedModel } from "../model-file.ts";
import type { DimNames } from "./dims.ts";
import { toText, type AttributeProto, type GraphProto, type TensorProto } from "./proto.ts";
import { densified, storedTensor } from "./tensors.ts";
import { valueType } from "./types.ts";
import { toNumber } from "../wire-number.ts";

export interface AttributeContext {
  readonly model: DecodedModel;
  readonly dims: DimNames;
  readonly op: string;
  readonly location: Location;
}

export interface ReadAttributes {
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly graphs: Readonly<Record<string, GraphProto>>;
}

export const noAttributes: ReadAttributes = { attributes: {}, graphs: {} };

const kinds = onnx.AttributeProto.AttributeType;

/**
 * `given` are the attributes of the node itself, those of a function's call by name where the node stands in a function.
 * `tensors` are left out of the result: tensors that the caller treats itself. Errors: bad-attribute, bad-tensor.
 */
export function readAttributes(
  given: readonly AttributeProto[],
  outer: ReadonlyMap<string, AttributeProto> | undefined,
  context: AttributeContext,
): ReadAttributes {
  const attributes: Record<string, Attribute> = {};
  const graphs: Record<string, GraphProto> = {};
  for (const raw of given) {
    const name = raw.name ?? "";
    const proto = resolveReference(raw, outer, context);
    if (proto === undefined) continue;
    if (name === "" || Object.hasOwn(attributes, name) || Object.hasOwn(graphs, name))
      bad(context, name, name === "" ? "has no name" : "is given twice");
    const graph = kindOf(proto) === kinds.GRAPH ? proto.g : undefined;
    if (graph != null) graphs[name] = graph;
    else attributes[name] = attribute(proto, name, context);
  }
  return { attributes, graphs };
}

/** The attribute that a reference in a function's body means; undefined where the call leaves it out. */
export function resolveReference(
  raw: AttributeProto,
  outer: ReadonlyMap<string, AttributeProto> | undefined,
  context: AttributeContext,
): AttributeProto | undefined {
  if (raw.refAttrName == null || raw.refAttrName === "") return raw;
  if (outer === undefined) bad(context, raw.name ?? "", `refers to ${raw.refAttrName} outside a function`);
  return outer.get(raw.refAttrName);
}

function bad(context: AttributeContext, name: string, problem: string): never {
  return fail("bad-attribute", { op: context.op, name, problem }, context.location);
}

/** Its kind; before IR version 2 only the field that is set tells it. */
function kindOf(proto: AttributeProto): number {
  if (proto.type != null && proto.type !== kinds.UNDEFINED) return proto.type;
  if (proto.f != null) return kinds.FLOAT;
  if (proto.i != null) return kinds.INT;
  if (proto.s != null) return kinds.STRING;
  if (proto.t != null) return kinds.TENSOR;
  if (proto.g != null) return kinds.GRAPH;
  if ((proto.floats?.length ?? 0) > 0) return kinds.FLOATS;
  if ((proto.strings?.length ?? 0) > 0) return kinds.STRINGS;
  return (proto.ints?.length ?? 0) > 0 ? kinds.INTS : kinds.UNDEFINED;
}

function attribute(proto: AttributeProto, name: string, context: AttributeContext): Attribute {
  const text = (bytes: Uint8Array) => toText(bytes) ?? bad(context, name, "holds a text that is not UTF-8");
  const tensor = (t: TensorProto) => storedTensor(context.model, t, context.location).read();
  switch (kindOf(proto)) {
    case kinds.FLOAT:
      return float(proto.f ?? 0);
    case kinds.INT:
      return toNumber(proto.i);
    case kinds.STRING:
      return text(proto.s ?? new Uint8Array(0));
    case kinds.TENSOR:
      return proto.t == null
        ? bad(context, name, "is a tensor that is not there")
        : { tensor: tensor(proto.t) };
    case kinds.FLOATS:
      return { floats: (proto.floats ?? []).map(Number) };
    case kinds.INTS:
      return (proto.ints ?? []).map(toNumber);
    case kinds.STRINGS:
      return (proto.strings ?? []).map(text);
    case kinds.SPARSE_TENSOR:
      return proto.sparseTensor == null
        ? bad(context, name, "is a sparse tensor that is not there")
        : {
            tensor: densified(
              context.model,
              proto.sparseTensor,
              `${name} of ${context.op}`,
              context.location,
            ),
          };
    case kinds.TYPE_PROTO: {
      const type = valueType(proto.tp, context.dims, `${name} of ${context.op}`, context.location);
      return type === undefined ? bad(context, name, "is a type that says nothing") : { type };
    }
    case kinds.UNDEFINED:
      return bad(context, name, "has neither a kind nor a value");
    default:
      return bad(
        context,
        name,
        `is a list of ${proto.tensors?.length ? "tensors" : "graphs or types"}, which sbpc cannot keep`,
      );
  }
}

/** A whole number must say that it is a FLOAT. */
function float(value: number): Attribute {
  return Number.isInteger(value) ? { float: value } : value;
}
