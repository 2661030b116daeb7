/** What the import of one model shares between the graphs in it. */
import {
  diagnostic,
  fail,
  SbpcError,
  type Diagnostic,
  type DiagnosticSink,
} from "../../diagnostics/diagnostic.ts";
import { nodeLocation, type Location } from "../../diagnostics/location.ts";
import { dimSymbols, type DimBindings } from "../../ir/dim.ts";
import { boundType } from "../../ir/bind.ts";
import { isRanked, type ValueType } from "../../ir/types.ts";
import type { onnx } from "../generated/onnx-ml.js";
import type { DecodedModel } from "../model-file.ts";
import { newestOpset } from "../opsets.ts";
import { toNumber } from "../wire-number.ts";
import { DimNames } from "./dims.ts";
import { Functions } from "./functions.ts";
import type { ImportOptions } from "./import.ts";
import { Names } from "./names.ts";
import { orderedNodes, type Order } from "./order.ts";
import { toDomain, type GraphProto, type NodeProto, type TensorProto } from "./proto.ts";
import { nameOpenDims, valueType } from "./types.ts";

type TypeProto = Parameters<typeof valueType>[0];
type OpsetImport = NonNullable<DecodedModel["proto"]["opsetImport"]>[number];

type DimensionProto = onnx.TensorShapeProto.Dimension.$Properties;

/** The main graph's nodes do not stand in the order of what they use. */
export class OutOfOrder extends Error {}

/** No operator set comes to a higher one. */
const latestVersion = 2 ** 31 - 1;

/** Nodes that functions may expand into: so many, and so many for each that the file has. */
const expansion = { base: 100_000, perNode: 64 };

export class Session {
  readonly model: DecodedModel;
  readonly graph: GraphProto;
  readonly functions: Functions;
  readonly dims = new DimNames();
  /** Elements of the inputs that are fixed. */
  readonly values: ReadonlyMap<string, string>;
  /** Whether parameters hold their elements. */
  readonly inline: boolean;
  /** Small tensors of floats with axes, which are constants. */
  readonly smallFloats = new Set<string>();
  readonly #bound: boolean;
  readonly errors: Diagnostic[] = [];
  readonly sink: DiagnosticSink;
  readonly names: Names;
  readonly opsets: ReadonlyMap<string, number>;
  /** Weights that have a parameter already, whichever graph they stand in. */
  readonly parameters = new Map<TensorProto, string>();
  /** Operator set of each domain but ONNX's own of which operators were kept. */
  readonly domains = new Map<string, number>();
  /** Scans that are in the form of operator set 9, whatever set their graph says. */
  readonly scans = new WeakSet<NodeProto>();
  readonly #bindings: DimBindings;
  readonly #expansionLimit: number;
  #expanded = 0;

  /** Names that nodes of the main graph make; worked out when a name is missed. */
  #made: ReadonlySet<string> | undefined;
  readonly #order: "as it stands" | "sorted";

  /** `order`: whether the main graph's nodes are read as they stand, or brought into order before. */
  constructor(
    model: DecodedModel,
    options: ImportOptions,
    sink: DiagnosticSink,
    order: "as it stands" | "sorted" = "as it stands",
  ) {
    this.#order = order;
    const { proto } = model;
    if (proto.graph == null) fail("ill-formed-graph", { what: `${model.path} holds no graph` });
    this.model = model;
    this.graph = proto.graph;
    this.sink = sink;
    this.values = new Map(Object.entries(options.values ?? {}));
    this.#bound = options.bound ?? false;
    this.inline = options.inline ?? false;
    this.functions = new Functions(proto.functions ?? []);
    this.opsets = readOpsets(proto.opsetImport ?? []);
    // Before IR version 3 a model did not say.
    if (this.opsets.size === 0 && toNumber(proto.irVersion) < 3) this.opsets = new Map([["", 1]]);
    const version = this.opsets.get("") ?? 0;
    if (version > newestOpset) sink.report("opset-newer", { path: model.path, version, newest: newestOpset });
    this.names = new Names(() => namesOf(this.graph));
    const nodes = [this.graph, ...(proto.functions ?? [])].reduce(
      (n, { node }) => n + (node?.length ?? 0),
      0,
    );
    this.#expansionLimit = expansion.base + expansion.perNode * nodes;
    this.#bindings = new Map();
    this.#noteSymbols();
    this.#bindings = this.dims.bindings(options.dims ?? {}, model.path);
  }

  /** The place of a node, or of a value that no node makes. */
  at(name: string): Location {
    return nodeLocation(this.model.path, name);
  }

  /** A type of the file with the bound dimensions replaced; sizes that it leaves open are symbols of the value's own. */
  type(proto: TypeProto, name: string, location: Location): ValueType | undefined {
    const type = this.openType(proto, name, location);
    return type === undefined
      ? undefined
      : boundType(name, this.nameOpen(type, name), this.#bindings, location);
  }

  /** As `type`, with sizes that the file leaves open left so; see `unknownDim`. */
  openType(proto: TypeProto, name: string, location: Location): ValueType | undefined {
    const type = valueType(proto, this.dims, name, location);
    return type === undefined ? undefined : boundType(name, type, this.#bindings, location);
  }

  nameOpen(type: ValueType, name: string): ValueType {
    return nameOpenDims(type, (axis) => this.dims.dim(`${name}.${axis}`));
  }

  /** Throws where symbols of the inputs have no size and must have one: before errors that only follow from that. */
  requireBound(inputsOf: () => readonly (readonly [value: string, type: ValueType])[]): void {
    if (!this.#bound) return;
    const unbound = new Map<string, string>();
    for (const [value, type] of inputsOf()) {
      let inner = type;
      while (inner.kind !== "tensor") inner = inner.element;
      for (const dim of isRanked(inner) ? inner.shape.flatMap(dimSymbols) : [])
        if (!unbound.has(dim)) unbound.set(dim, value);
    }
    if (unbound.size > 0)
      throw new SbpcError(
        [...unbound].map(([dim, value]) => diagnostic("unbound-dimension", { dim, value }, this.at(value))),
      );
  }

  /** Runs a step; what it finds wrong with the model is collected. Undefined where it did. */
  attempt<T>(step: () => T): T | undefined {
    try {
      return step();
    } catch (error) {
      this.collect(error);
      return undefined;
    }
  }

  /** Keeps what was found wrong with the model; throws anything else. */
  collect(error: unknown): void {
    if (!(error instanceof SbpcError)) throw error;
    this.errors.push(...error.diagnostics);
  }

  /** The main graph's nodes in the order in which they are read. */
  mainNodes(): Order {
    const nodes = this.graph.node ?? [];
    return this.#order === "sorted"
      ? orderedNodes(nodes, this.model.path, this.errors)
      : { nodes, leftOut: [] };
  }

  /** Called where a name means nothing yet: throws `OutOfOrder` where a later node of the main graph may make it. */
  missed(name: string): void {
    if (this.#order === "sorted") return;
    this.#made ??= new Set((this.graph.node ?? []).flatMap(({ output }) => output ?? []));
    if (this.#made.has(name)) throw new OutOfOrder();
  }

  noteDomain(domain: string, version: number): void {
    if (domain !== "") this.domains.set(domain, Math.max(version, this.domains.get(domain) ?? 1));
  }

  /** Counts a node of a function's body. */
  countExpanded(): void {
    this.#expanded++;
    if (this.#expanded > this.#expansionLimit)
      throw new SbpcError([diagnostic("model-too-large", { limit: this.#expansionLimit })]);
  }

  /** All symbols of the main graph are known before sizes are given to them. What is wrong here is reported where it is read. */
  #noteSymbols(): void {
    for (const { name, type } of this.graph.input ?? []) {
      if (isSized(type)) continue;
      try {
        this.type(type, name ?? "", this.at(name ?? ""));
      } catch (error) {
        if (!(error instanceof SbpcError)) throw error;
      }
    }
    for (const { type } of [...(this.graph.output ?? []), ...(this.graph.valueInfo ?? [])]) {
      for (const { dimParam } of type?.tensorType?.shape?.dim ?? []) {
        if (dimParam != null && dimParam !== "") this.dims.dim(dimParam);
      }
    }
  }
}

/** Whether it is a tensor's with a number for every size. */
function isSized(type: TypeProto): boolean {
  const isOpen = ({ dimValue, dimParam }: DimensionProto) =>
    dimValue == null || toNumber(dimValue) === -1 || (dimParam != null && dimParam !== "");
  return type?.tensorType?.shape?.dim?.some(isOpen) === false;
}

/** The operator set of each domain. Error: ill-formed-graph for a version that is none. */
export function readOpsets(imports: readonly OpsetImport[]): Map<string, number> {
  return new Map(
    imports.map(({ domain, version }): [string, number] => {
      const number = toNumber(version);
      if (number < 0 || number > latestVersion) {
        const what = `The operator set of the domain ${toDomain(domain) || "ai.onnx"} has the version ${number}`;
        fail("ill-formed-graph", { what });
      }
      return [toDomain(domain), number];
    }),
  );
}

/** Names that the main graph gives to values. */
function namesOf(graph: GraphProto): string[] {
  const names = [""];
  for (const { name } of graph.input ?? []) names.push(name ?? "");
  for (const { name } of graph.initializer ?? []) names.push(name ?? "");
  for (const { values } of graph.sparseInitializer ?? []) names.push(values?.name ?? "");
  for (const { output } of graph.node ?? []) for (const name of output ?? []) names.push(name);
  for (const { name } of graph.output ?? []) names.push(name ?? "");
  return names;
}
