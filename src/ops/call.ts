/** One call of an operator as its declaration sees it: types, attributes, constant inputs, and how to report errors. */
import type { Code } from "../diagnostics/codes.ts";
import { diagnostic, fail, SbpcError, type Details } from "../diagnostics/diagnostic.ts";
import type { Location } from "../diagnostics/location.ts";
import { typeOf, type Attribute, type Attributes, type Graph, type Node } from "../ir/graph.ts";
import { hasNumbers, toNumbers, type TensorData } from "../ir/tensor-data.ts";
import { printType, type DataType, type TensorType, type ValueType } from "../ir/types.ts";
import type { Dim } from "../ir/dim.ts";
import { present } from "../support/assert.ts";

/** A region of a call: its graph, and the type of any value that its nodes use, captured ones too. */
export interface CallRegion {
  readonly graph: Graph;
  readonly typeOf: (value: string) => ValueType;
}

/** An item of a sequence or optional. */
export interface Item {
  /** The value that it is; null where it is none by itself, as a part of a tensor. */
  readonly value: string | null;
  readonly type: ValueType;
}

export interface CallParts {
  readonly op: string;
  readonly name: string;
  readonly location: Location;
  readonly attributes: Attributes;
  readonly inputs: readonly (ValueType | null)[];
  /** Values of inputs known at compile time, by input index. */
  readonly constants: (index: number) => TensorData | undefined;
  /** What a sequence or optional input is made of, where that is known. */
  readonly items?: (index: number) => readonly Item[] | undefined;
  readonly outputs: number;
  readonly regions?: Readonly<Record<string, CallRegion>>;
}

/** The regions of a node in a graph whose values have these types. */
export function callRegions(
  regions: Node["regions"] = {},
  typeOf: (value: string) => ValueType,
): Readonly<Record<string, CallRegion>> {
  return Object.fromEntries(
    Object.entries(regions).map(([name, graph]): [string, CallRegion] => [
      name,
      { graph, typeOf: (value) => graph.values.get(value)?.type ?? typeOf(value) },
    ]),
  );
}

export class Call {
  readonly op: string;
  readonly name: string;
  readonly location: Location;
  readonly attributes: Attributes;
  readonly inputs: readonly (ValueType | null)[];
  /** Outputs that the node has. */
  readonly outputCount: number;
  /** Bodies of If, Loop and Scan by attribute name; none for other operators. */
  readonly regions: Readonly<Record<string, CallRegion>>;
  readonly #constants: (index: number) => TensorData | undefined;
  readonly #items: (index: number) => readonly Item[] | undefined;

  constructor(parts: CallParts) {
    this.op = parts.op;
    this.name = parts.name;
    this.location = parts.location;
    this.attributes = parts.attributes;
    this.inputs = parts.inputs;
    this.outputCount = parts.outputs;
    this.#constants = parts.constants;
    this.#items = parts.items ?? (() => undefined);
    this.regions = parts.regions ?? {};
  }

  /** The call of a node whose input types are `typeOf` and whose constant inputs are `constantOf`. */
  static of(
    node: Node,
    typeOf: (value: string) => ValueType,
    constantOf: (value: string) => TensorData | undefined,
    itemsOf: (value: string) => readonly Item[] | undefined = () => undefined,
  ): Call {
    return new Call({
      op: node.op,
      name: node.name,
      location: node.location,
      attributes: node.attributes,
      inputs: node.inputs.map((name) => (name === null ? null : typeOf(name))),
      constants: (index) => {
        const name = node.inputs[index];
        return name == null ? undefined : constantOf(name);
      },
      items: (index) => {
        const name = node.inputs[index];
        return name == null ? undefined : itemsOf(name);
      },
      outputs: node.outputs.length,
      regions: callRegions(node.regions, typeOf),
    });
  }

  /** The same call on tensors of other types, e.g. the local ones. */
  withInputs(inputs: readonly (ValueType | null)[]): Call {
    return new Call({
      ...this,
      inputs,
      regions: this.regions,
      constants: this.#constants,
      items: this.#items,
      outputs: this.outputCount,
    });
  }

  has(index: number): boolean {
    return this.inputs[index] != null;
  }

  /** The tensor type of an input, which must be there. */
  tensor(index: number): TensorType {
    const type = this.inputs[index];
    if (type == null || type.kind !== "tensor") {
      this.fail("bad-arity", {
        op: this.op,
        expected: `a tensor as input ${index}`,
        actual: type == null ? "none" : printType(type),
      });
    }
    return type;
  }

  shape(index: number): readonly Dim[] {
    return this.tensor(index).shape;
  }

  rank(index: number): number {
    return this.tensor(index).shape.length;
  }

  dtype(index: number): DataType {
    return this.tensor(index).dtype;
  }

  /** The value of an input where it is known at compile time and its elements can be read as numbers. */
  constant(index: number): TensorData | undefined {
    const data = this.#constants(index);
    return data !== undefined && hasNumbers(data.dtype) ? data : undefined;
  }

  /** What a sequence or optional input is made of, where that is known. */
  items(index: number): readonly Item[] | undefined {
    return this.#items(index);
  }

  /** A region that the operator must have. */
  region(name: string): CallRegion {
    const region = this.regions[name];
    if (region === undefined) this.badAttribute(name, "a graph", undefined);
    return region;
  }

  /** The whole numbers of an input that must be known at compile time; undefined where the input is absent. */
  constantInts(index: number, what: string): number[] | undefined {
    if (!this.has(index)) return undefined;
    const data = this.constant(index);
    if (data === undefined) this.fail("not-constant", { op: this.op, name: what });
    const numbers = [...toNumbers(data)];
    if (!numbers.every(Number.isInteger)) this.failShape(`${what} must be whole numbers`);
    return numbers;
  }

  int(name: string, fallback?: number): number {
    const value = this.attributes[name];
    if (value === undefined && fallback !== undefined) return fallback;
    if (typeof value !== "number") this.badAttribute(name, "an integer", value);
    return value;
  }

  float(name: string, fallback?: number): number {
    const value = this.attributes[name];
    if (value === undefined && fallback !== undefined) return fallback;
    if (typeof value === "number") return value;
    if (typeof value === "object" && "float" in value) return value.float;
    return this.badAttribute(name, "a number", value);
  }

  ints(name: string, fallback?: readonly number[]): readonly number[] {
    const value = this.attributes[name];
    if (value === undefined && fallback !== undefined) return fallback;
    if (!Array.isArray(value) || value.some((v) => typeof v !== "number"))
      this.badAttribute(name, "a list of integers", value);
    return value as readonly number[];
  }

  floats(name: string, fallback?: readonly number[]): readonly number[] {
    const value = this.attributes[name];
    if (value === undefined && fallback !== undefined) return fallback;
    if (typeof value === "object" && "floats" in value) return value.floats;
    if (!Array.isArray(value) || value.some((v) => typeof v !== "number"))
      this.badAttribute(name, "a list of numbers", value);
    return value as readonly number[];
  }

  strings(name: string, fallback?: readonly string[]): readonly string[] {
    const value = this.attributes[name];
    if (value === undefined && fallback !== undefined) return fallback;
    if (!Array.isArray(value) || value.some((v) => typeof v !== "string"))
      this.badAttribute(name, "a list of strings", value);
    return value as readonly string[];
  }

  string(name: string, fallback?: string): string {
    const value = this.attributes[name];
    if (value === undefined && fallback !== undefined) return fallback;
    if (typeof value !== "string") this.badAttribute(name, "a string", value);
    return value;
  }

  /** An axis that may be given from the end, as 0 … rank - 1. */
  axis(value: number, rank: number): number {
    const axis = value < 0 ? value + rank : value;
    if (axis < 0 || axis >= rank)
      this.fail("shape-invalid", {
        op: this.op,
        problem: `axis ${value} of a tensor of rank ${rank}`,
        shapes: this.printShapes(),
      });
    return axis;
  }

  printShapes(): string {
    return this.inputs.map((type) => (type === null ? "-" : printType(type))).join(", ");
  }

  fail(code: Code, details: Details): never {
    fail(code, { op: this.op, ...details }, this.location);
  }

  /** A `shape-invalid` error. */
  failShape(problem: string): never {
    this.fail("shape-invalid", { problem, shapes: this.printShapes() });
  }

  private badAttribute(name: string, expected: string, value: Attribute | undefined): never {
    const problem = value === undefined ? "is missing" : `must be ${expected}`;
    throw new SbpcError([diagnostic("bad-attribute", { op: this.op, name, problem }, this.location)]);
  }

  /** Whether output `index` is asked for. */
  wants(index: number): boolean {
    return index < this.outputCount;
  }

  static presentType(type: ValueType | null | undefined): ValueType {
    return present(type, "input is absent");
  }
}

/** The calls of a graph's nodes; linear once, then by node. */
export function callsIn(graph: Graph): (node: Node) => Call {
  const constants = new Map(
    graph.sources.flatMap((source) =>
      source.kind === "constant" ? [[source.value, source.data] as const] : [],
    ),
  );
  return (node) =>
    Call.of(
      node,
      (name) => typeOf(graph, name),
      (name) => constants.get(name),
    );
}
