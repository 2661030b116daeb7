/** One call of an operator as its declaration sees it: types, attributes, constant inputs, and how to report errors. */
import type { Code } from "../diagnostics/codes.ts";
import { diagnostic, fail, SbpcError, type Details } from "../diagnostics/diagnostic.ts";
import type { Location } from "../diagnostics/location.ts";
import type { Attribute, Attributes, Node } from "../ir/graph.ts";
import { toNumbers, type TensorData } from "../ir/tensor-data.ts";
import { printType, type DataType, type TensorType, type ValueType } from "../ir/types.ts";
import type { Dim } from "../ir/dim.ts";
import { present } from "../support/assert.ts";

export interface CallParts {
  readonly op: string;
  readonly name: string;
  readonly location: Location;
  readonly attributes: Attributes;
  readonly inputs: readonly (ValueType | null)[];
  /** Values of inputs known at compile time, by input index. */
  readonly constants: (index: number) => TensorData | undefined;
  readonly outputs: number;
  /** Names of the regions that the node has. Default none. */
  readonly regionNames?: readonly string[];
}

export class Call {
  readonly op: string;
  readonly name: string;
  readonly location: Location;
  readonly attributes: Attributes;
  readonly inputs: readonly (ValueType | null)[];
  /** Outputs that the node has. */
  readonly outputCount: number;
  readonly regionNames: readonly string[];
  readonly #constants: (index: number) => TensorData | undefined;

  constructor(parts: CallParts) {
    this.op = parts.op;
    this.name = parts.name;
    this.location = parts.location;
    this.attributes = parts.attributes;
    this.inputs = parts.inputs;
    this.outputCount = parts.outputs;
    this.regionNames = parts.regionNames ?? [];
    this.#constants = parts.constants;
  }

  /** The call of a node whose input types are `typeOf` and whose constant inputs are `constantOf`. */
  static of(
    node: Node,
    typeOf: (value: string) => ValueType,
    constantOf: (value: string) => TensorData | undefined,
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
      outputs: node.outputs.length,
      regionNames: Object.keys(node.regions ?? {}),
    });
  }

  /** The same call on tensors of other types, e.g. the local ones. */
  withInputs(inputs: readonly (ValueType | null)[]): Call {
    return new Call({ ...this, inputs, constants: this.#constants, outputs: this.outputCount });
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

  /** The value of an input where it is known at compile time. */
  constant(index: number): TensorData | undefined {
    return this.#constants(index);
  }

  /** The whole numbers of an input that must be known at compile time; undefined where the input is absent. */
  constantInts(index: number, what: string): number[] | undefined {
    if (!this.has(index)) return undefined;
    const data = this.constant(index);
    if (data === undefined) this.fail("not-constant", { op: this.op, name: what });
    return [...toNumbers(data)];
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
