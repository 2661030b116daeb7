/** What ONNX holds its operators to: numbers of inputs and outputs, attributes and their types, by opset. */
import { schemaTable } from "./generated/schemas.js";

export interface Arity {
  /** One per formal parameter: S single, O optional, V variadic. */
  readonly options: string;
  readonly least: number;
  readonly most: number;
  /** Where not all numbers between are allowed. */
  readonly allowed?: readonly number[];
}

export interface OperatorSchema {
  readonly name: string;
  /** The opset that it came with. */
  readonly since: number;
  readonly deprecated: boolean;
  readonly inputs: Arity;
  readonly outputs: Arity;
  /** Attributes that are not listed may be there too. */
  readonly open: boolean;
  /** AttributeProto.AttributeType, and whether it must be there. */
  readonly attributes: ReadonlyMap<string, { readonly type: number; readonly required: boolean }>;
}

/** The version of an operator that an opset of its domain has; undefined where it has none. `ai.onnx` is "" here. */
export function findSchema(domain: string, name: string, opset: number): OperatorSchema | undefined {
  let found: OperatorSchema | undefined;
  for (const schema of schemas().get(`${domain}\n${name}`) ?? []) if (schema.since <= opset) found = schema;
  return found;
}

let parsed: ReadonlyMap<string, readonly OperatorSchema[]> | undefined;

/** By domain and name, oldest first. */
function schemas(): ReadonlyMap<string, readonly OperatorSchema[]> {
  if (parsed !== undefined) return parsed;
  const all = new Map<string, OperatorSchema[]>();
  let domain = "";
  for (const line of schemaTable.trim().split("\n")) {
    if (line.startsWith("@ ")) {
      domain = line === "@ ai.onnx" ? "" : line.slice(2);
      continue;
    }
    const schema = parseSchema(line);
    const key = `${domain}\n${schema.name}`;
    const versions = all.get(key);
    if (versions === undefined) all.set(key, [schema]);
    else versions.push(schema);
  }
  parsed = all;
  return all;
}

function parseSchema(line: string): OperatorSchema {
  const [name = "", since = "", inputs = "", outputs = "", ...rest] = line.split(" ");
  const deprecated = inputs === "deprecated";
  const attributes = rest.filter((word) => word !== "~").map((word) => /^(.+)=(\d+)(!?)$/.exec(word) ?? []);
  return {
    name,
    since: Number(since),
    deprecated,
    inputs: deprecated ? parseArity(":0-*") : parseArity(inputs),
    outputs: deprecated ? parseArity(":0-*") : parseArity(outputs),
    open: rest.includes("~"),
    attributes: new Map(
      attributes.map(([, attribute = "", type, required]) => [
        attribute,
        { type: Number(type), required: required === "!" },
      ]),
    ),
  };
}

function parseArity(text: string): Arity {
  const [, options = "", least, most, allowed] =
    /^([SOV]*):(\d+)-(\d+|\*)(?:\{([\d,]+)\})?$/.exec(text) ?? [];
  return {
    options,
    least: Number(least),
    most: most === "*" ? Infinity : Number(most),
    ...(allowed === undefined ? {} : { allowed: allowed.split(",").map(Number) }),
  };
}
