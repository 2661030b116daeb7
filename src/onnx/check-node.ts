/** Checks one node: its operator, what that takes and gives, and its attributes. */
import { describeNode, has, quote, type CheckContext } from "./check-context.ts";
import { checkSparseTensor, checkTensor } from "./check-tensor.ts";
import { onnx } from "./generated/onnx-ml.js";
import { findSchema, type Arity, type OperatorSchema } from "./schemas.ts";

type Attribute = onnx.AttributeProto.$Properties;
type Node = onnx.NodeProto.$Properties;

/** A graph inside an attribute. */
export interface InnerGraph {
  readonly graph: onnx.GraphProto.$Properties;
  /** ` in the graph then_branch of …`. */
  readonly within: string;
}

/** Domains whose operators are ONNX's own: one that it does not have is an error. */
const ownDomains: ReadonlySet<string> = new Set(["", "ai.onnx", "ai.onnx.ml", "ai.onnx.training"]);

/** Operators of ai.onnx's beginnings that were never standardised. */
const experimental: ReadonlySet<string> = new Set([
  "ATen",
  "Affine",
  "ConstantFill",
  "Crop",
  "DynamicSlice",
  "GRUUnit",
  "GivenTensorFill",
  "ImageScaler",
  "ParametricSoftplus",
  "Scale",
  "ScaledTanh",
]);

const attributeType = onnx.AttributeProto.AttributeType;

/** Each field that holds a value, with the type that says so. */
const valueFields: readonly (readonly [keyof Attribute, onnx.AttributeProto.AttributeType])[] = [
  ["f", attributeType.FLOAT],
  ["i", attributeType.INT],
  ["s", attributeType.STRING],
  ["t", attributeType.TENSOR],
  ["g", attributeType.GRAPH],
  ["tp", attributeType.TYPE_PROTO],
  ["sparseTensor", attributeType.SPARSE_TENSOR],
  ["floats", attributeType.FLOATS],
  ["ints", attributeType.INTS],
  ["strings", attributeType.STRINGS],
  ["tensors", attributeType.TENSORS],
  ["graphs", attributeType.GRAPHS],
  ["sparseTensors", attributeType.SPARSE_TENSORS],
  ["typeProtos", attributeType.TYPE_PROTOS],
];

/** Types whose value must be there. */
const messageFields: ReadonlyMap<number, keyof Attribute> = new Map([
  [attributeType.TENSOR, "t"],
  [attributeType.SPARSE_TENSOR, "sparseTensor"],
  [attributeType.GRAPH, "g"],
  [attributeType.TYPE_PROTO, "tp"],
]);

/** Reports what is wrong with a node; gives the graphs inside it, which are left to the caller. */
export function checkNode(context: CheckContext, node: Node, index: number): InnerGraph[] {
  const { problems } = context;
  const place = describeNode(node, index, context.within);
  const domain = node.domain ?? "";
  const op = node.opType ?? "";
  if (op === "") problems.report("onnx-missing", { place, field: "op_type" });
  if ((node.input?.length ?? 0) === 0 && (node.output?.length ?? 0) === 0)
    problems.report("onnx-missing", { place, field: "input and no output" });
  const opset = context.opsets.get(domain) ?? (domain === "" ? context.opsets.get("ai.onnx") : undefined);
  if (opset === undefined)
    problems.report("onnx-opset", {
      problem: `${place} is of the domain ${quote(domain)}, which is not imported`,
    });
  const inner: InnerGraph[] = [];
  const seen = new Set<string>();
  for (const attribute of node.attribute ?? []) {
    const name = attribute.name ?? "";
    if (seen.has(name))
      problems.report("onnx-duplicate", { place, what: "the attribute", name: quote(name) });
    seen.add(name);
    inner.push(...checkAttribute(context, attribute, place));
  }
  if (op === "" || opset === undefined) return inner;
  if ((domain === "" || domain === "ai.onnx") && experimental.has(op)) {
    problems.report("onnx-experimental", { place, op });
    return inner;
  }
  const schema = findSchema(domain, op, opset);
  if (schema === undefined) {
    if (ownDomains.has(domain))
      problems.report("onnx-operator", { place, problem: unknown(domain, op, opset) });
  } else if (schema.deprecated) {
    const problem = `${op} has been withdrawn in opset ${schema.since}`;
    problems.report("onnx-operator", { place, problem });
  } else {
    checkAgainst(context, schema, node, place, seen);
  }
  return inner;
}

function unknown(domain: string, op: string, opset: number): string {
  const later = findSchema(domain, op, Infinity);
  if (domain === "ai.onnx" && findSchema("", op, opset) !== undefined)
    return `ONNX's tools look for ${op} in the domain "", not in its other name "ai.onnx"`;
  const name = domain === "" ? "ai.onnx" : domain;
  const version = later === undefined ? "" : `; it came with a later one`;
  return `there is no operator ${op} in opset ${opset} of ${name}${version}`;
}

/** Holds a node to its operator's schema. */
function checkAgainst(
  context: CheckContext,
  schema: OperatorSchema,
  node: Node,
  place: string,
  present: ReadonlySet<string>,
): void {
  const { problems } = context;
  for (const [names, arity, what] of [
    [node.input ?? [], schema.inputs, "input"],
    [node.output ?? [], schema.outputs, "output"],
  ] as const) {
    const problem = arityProblem(names, arity, what);
    if (problem === undefined) continue;
    problems.report("onnx-arity", {
      place,
      problem,
      op: schema.name,
      version: schema.since,
      inputs: printArity(schema.inputs),
      outputs: printArity(schema.outputs),
    });
  }
  for (const attribute of node.attribute ?? []) {
    const name = attribute.name ?? "";
    const expected = schema.attributes.get(name);
    const refused = (problem: string, remedy: string): void =>
      problems.report("onnx-attribute", { place, name: quote(name), problem, remedy });
    if (expected === undefined) {
      // Two underscores are for what a tool keeps for itself.
      if (schema.open || name.startsWith("__")) continue;
      const known = [...schema.attributes.keys()].join(", ");
      refused(
        `is not one of ${schema.name}'s since opset ${schema.since}`,
        known === "" ? `${schema.name} has no attributes.` : `It has: ${known}.`,
      );
      continue;
    }
    const type = attribute.type ?? 0;
    if (type !== expected.type) {
      refused(`is of type ${typeName(type)}`, `It must be of type ${typeName(expected.type)}.`);
      continue;
    }
    const field = messageFields.get(expected.type);
    if (field !== undefined && (attribute.refAttrName ?? "") === "" && !has(attribute, field))
      refused("has no value", `Give it one of type ${typeName(expected.type)}.`);
  }
  for (const [name, { required, type }] of schema.attributes) {
    if (!required || present.has(name)) continue;
    problems.report("onnx-attribute", {
      place,
      name: quote(name),
      problem: "is missing",
      remedy: `${schema.name} needs it, of type ${typeName(type)}.`,
    });
  }
}

function arityProblem(names: readonly string[], arity: Arity, what: string): string | undefined {
  const count = names.length;
  const number = `${count} ${what}${count === 1 ? "" : "s"}`;
  if (count < arity.least || count > arity.most) return number;
  if (arity.allowed !== undefined && !arity.allowed.includes(count)) return number;
  for (const [i, name] of names.entries()) {
    const option = arity.options[i];
    if (option === undefined) return arity.options.endsWith("V") ? undefined : number;
    if (name === "" && option === "S") return `no name for its ${what} ${i}, which is not optional`;
  }
  return undefined;
}

function printArity({ least, most, allowed }: Arity): string {
  if (allowed !== undefined) return allowed.join(" or ");
  if (most === Infinity) return `${least} or more`;
  return least === most ? `${least}` : `${least} to ${most}`;
}

function typeName(type: number): string {
  return attributeType[type] ?? String(type);
}

/** Reports what is wrong with an attribute by itself; gives the graphs in it. */
export function checkAttribute(context: CheckContext, attribute: Attribute, place: string): InnerGraph[] {
  const { problems } = context;
  const name = quote(attribute.name);
  const refused = (problem: string, remedy: string): void =>
    problems.report("onnx-attribute", { place, name, problem, remedy });
  if ((attribute.name ?? "") === "")
    problems.report("onnx-missing", { place, field: "name for an attribute" });
  const typed = has(attribute, "type") && attributeType[attribute.type ?? 0] !== undefined;
  if (context.irVersion >= 2 && !typed) refused("has no type", "Set its type to that of its value.");
  const used = valueFields.filter(([field]) => isFilled(attribute[field], has(attribute, field)));
  if (typed && used.some(([, type]) => type !== attribute.type))
    refused(
      `is of type ${typeName(attribute.type ?? 0)}, but holds ${used.map(([, type]) => typeName(type)).join(" and ")}`,
      "Make its type that of its value.",
    );
  else if (used.length > 1)
    refused(`holds ${used.map(([, type]) => typeName(type)).join(" and ")}`, "Give it one value only.");
  const reference = attribute.refAttrName ?? "";
  if (!context.isMain && has(attribute, "refAttrName") && used.length > 0)
    refused(`refers to ${quote(reference)} and holds a value`, "Keep the reference or the value.");
  if (reference !== "" && !context.inFunction)
    problems.report("onnx-reference-outside", { place, name, reference: quote(reference) });
  return checkValues(context, attribute, place);
}

function isFilled(value: unknown, isThere: boolean): boolean {
  return Array.isArray(value) ? value.length > 0 : isThere;
}

function checkValues(context: CheckContext, attribute: Attribute, place: string): InnerGraph[] {
  const where = ` (attribute ${quote(attribute.name)} of ${lowerFirst(place)})`;
  for (const tensor of [...one(attribute.t), ...(attribute.tensors ?? [])])
    checkTensor(context, tensor, where);
  for (const sparse of [...one(attribute.sparseTensor), ...(attribute.sparseTensors ?? [])])
    checkSparseTensor(context, sparse, where);
  return [...one(attribute.g), ...(attribute.graphs ?? [])].map((graph) => ({
    graph,
    within: ` in the graph ${attribute.name ?? ""} of ${lowerFirst(place)}`,
  }));
}

function one<T>(value: T | null | undefined): T[] {
  return value === null || value === undefined ? [] : [value];
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
