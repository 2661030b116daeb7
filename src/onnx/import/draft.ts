/**
 * A graph while it is read: its sources and nodes so far, each with its type. Weights become parameters of the main graph,
 * wherever they stand.
 */
import { fail } from "../../diagnostics/diagnostic.ts";
import type { Location } from "../../diagnostics/location.ts";
import { GraphBuilder } from "../../ir/builder.ts";
import { isKnown, type Dim } from "../../ir/dim.ts";
import { domainOf, type Graph, type Node, type Value } from "../../ir/graph.ts";
import { dataTypeOf, type TensorData } from "../../ir/tensor-data.ts";
import { isFloat, isRanked, printType, tensorType, type TensorType, type ValueType } from "../../ir/types.ts";
import { Inference, type Discovery } from "../../ops/infer.ts";
import { product } from "../../support/collections.ts";
import type { AdaptEmitter, PendingCall } from "./adapters.ts";
import type { Session } from "./session.ts";
import { isWeight, parameterSource } from "./sources.ts";
import type { StoredTensor } from "./tensors.ts";

/** What a node is called, and where it stands. */
export interface DraftSite {
  readonly name: string;
  readonly location: Location;
}

export interface Bodies {
  readonly regions: Readonly<Record<string, Graph>>;
  /** Types of the node's outputs, where its operator's rule gives them. */
  readonly types: readonly ValueType[] | undefined;
}

export class Draft {
  readonly session: Session;
  readonly builder: GraphBuilder;
  readonly inference: Inference;
  /** The draft of the main graph. */
  readonly main: Draft;
  /** Values whose node could not be read; what uses them is not read either. */
  readonly broken: Set<string>;

  /** `outer` is the draft of the graph around it. */
  constructor(session: Session, name: string, outer?: Draft) {
    this.session = session;
    this.builder = new GraphBuilder(name === "" ? "main" : name);
    this.inference = new Inference(undefined, outer?.inference, this.builder.values);
    this.main = outer?.main ?? this;
    this.broken = outer?.broken ?? new Set();
  }

  input(value: string, type: ValueType, location: Location): void {
    this.builder.addSource({ kind: "input", value, location }, { name: value, type });
    this.inference.define(value, type);
  }

  orBroken<T>(value: string, read: () => T): T {
    try {
      return read();
    } catch (error) {
      this.broken.add(value);
      throw error;
    }
  }

  /**
   * Adds a tensor of the file; whether as a parameter, which is the main graph's. One of a single element is taken for a parameter
   * of training only where it is an initializer: else it is a number of some formula.
   */
  stored(value: string, stored: StoredTensor, location: Location, by: "initializer" | "node"): boolean {
    const weight = isWeight(stored);
    const isNumber = stored.shape.length === 0 || (by === "node" && product(stored.shape) === 1);
    if (!weight && isFloat(stored.dtype) && !isNumber) this.session.smallFloats.add(value);
    const add = () => {
      if (!weight) return this.constant(value, stored.read(), location);
      const { main } = this;
      const type = tensorType(stored.dtype, stored.shape);
      main.builder.addSource(parameterSource(value, stored, location, this.session.inline), {
        name: value,
        type,
      });
      main.inference.define(value, type);
    };
    this.orBroken(value, add);
    return weight;
  }

  constant(value: string, data: TensorData, location: Location): void {
    const type = dataTypeOf(data);
    this.builder.addSource({ kind: "constant", value, location, data }, { name: value, type });
    this.inference.define(value, type, data);
  }

  /** Adds a node to the graph, and finds the types of its outputs. */
  emit(
    call: Pick<PendingCall, "op" | "inputs" | "attributes">,
    outputs: readonly string[],
    declared: readonly (ValueType | undefined)[],
    { location, name }: DraftSite,
    bodies?: Bodies,
    version?: number,
  ): void {
    const plain: Node = {
      name: this.builder.freshNodeName(name),
      op: call.op,
      inputs: call.inputs,
      outputs,
      attributes: call.attributes,
      location,
      module: "",
    };
    const node = bodies === undefined ? plain : { ...plain, regions: bodies.regions };
    const discovery: Discovery =
      bodies?.types === undefined
        ? this.inference.discover(node, declared)
        : { inferred: bodies.types, folded: undefined };
    const types = outputs.map((_, i) => this.#typeOf(node, i, discovery.inferred[i], declared[i]));
    if (version !== undefined) this.session.noteDomain(domainOf(call.op), version);
    this.builder.addNode(
      node,
      types.map((type, i): Value => ({ name: outputs[i] as string, type })),
    );
    this.inference.settle(node, types, discovery);
  }

  /** The type of an output, from what its operator and the file say of it. Errors: type-unknown, dtype-mismatch. */
  #typeOf(
    { op, inputs, outputs, location }: Node,
    index: number,
    inferred: ValueType | undefined,
    stated: ValueType | undefined,
  ): ValueType {
    const { session } = this;
    const output = outputs[index] as string;
    if (inferred === undefined) {
      if (stated !== undefined) return session.nameOpen(stated, output);
      const problem = "sbpc does not know the operator, and the file does not say";
      return fail("type-unknown", { value: output, op, problem }, location);
    }
    if (stated === undefined) return session.nameOpen(inferred, output);
    if (stated !== inferred && contradicts(stated, inferred)) {
      const details = { value: output, declared: printType(stated), op, inferred: printType(inferred) };
      if (!sameElements(stated, inferred)) {
        const problem = `the file says that ${output} is ${details.declared}, but it makes ${details.inferred}`;
        const types = inputs.map((input) => (input === null ? "-" : printType(this.inference.type(input))));
        fail("dtype-mismatch", { op, problem, types: types.join(", ") }, location);
      }
      session.sink.report("type-contradicted", details, location);
    }
    return session.nameOpen(isOpen(inferred) ? stated : inferred, output);
  }

  /** What adapters of this node add go before it, named after it. */
  adaptEmitter(site: Pick<DraftSite, "name" | "location">, opType: string, version: number): AdaptEmitter {
    const claim = (what: string) => this.session.names.claim(`${site.name}.${what}`);
    const refuse = (problem: string): never =>
      fail("opset-unsupported", { op: opType, version, problem }, site.location);
    const known = (value: string | null | undefined) =>
      value == null ? undefined : this.inference.constant(value);
    return {
      refuse,
      known,
      constant: (data) => {
        const value = claim("constant");
        this.constant(value, data, site.location);
        return value;
      },
      op: (op, inputs, attributes = {}) => {
        const value = claim(op);
        this.emit({ op, inputs, attributes }, [value], [undefined], { ...site, name: `${site.name}.${op}` });
        return value;
      },
      type: (value) => {
        const type = this.inference.type(value);
        return type.kind === "tensor" ? type : undefined;
      },
      tensor: (value): TensorType => {
        const type = value == null ? undefined : this.inference.type(value);
        if (type?.kind !== "tensor" || !isRanked(type))
          return refuse("takes what is no tensor of known rank");
        return type;
      },
    };
  }
}

/** Whether what the file says of a value cannot be. */
function contradicts(stated: ValueType, inferred: ValueType): boolean {
  if (stated.kind !== "tensor" || inferred.kind !== "tensor") {
    if (stated.kind === "tensor" || inferred.kind === "tensor" || stated.kind !== inferred.kind) return true;
    return contradicts(stated.element, inferred.element);
  }
  if (stated.dtype !== inferred.dtype) return true;
  if (!isRanked(stated) || !isRanked(inferred)) return false;
  if (stated.shape.length !== inferred.shape.length) return true;
  return stated.shape.some((dim, i) => {
    const other = inferred.shape[i] as Dim;
    return isKnown(dim) && isKnown(other) && dim !== other;
  });
}

/** Whether not even the number of axes is known. */
function isOpen(type: ValueType): boolean {
  let inner = type;
  while (inner.kind !== "tensor") inner = inner.element;
  return !isRanked(inner);
}

/** Whether both are tensors, sequences or optionals alike, of one element type. */
function sameElements(a: ValueType, b: ValueType): boolean {
  if (a.kind === "tensor" || b.kind === "tensor")
    return a.kind === "tensor" && b.kind === "tensor" && a.dtype === b.dtype;
  return a.kind === b.kind && sameElements(a.element, b.element);
}
