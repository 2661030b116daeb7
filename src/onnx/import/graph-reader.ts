/**
 * Reads one graph of a model: the main one, or the body of a node. Nodes are taken in order; calls of functions and branches
 * whose condition is known are read in the place of the node, so that a stack of node lists stands where they nest.
 */
import { diagnostic, fail, SbpcError } from "../../diagnostics/diagnostic.ts";
import type { Location } from "../../diagnostics/location.ts";
import { GraphBuilder } from "../../ir/builder.ts";
import { isKnown, type Dim } from "../../ir/dim.ts";
import { domainOf, type Attribute, type Graph, type GraphOutput, type Node } from "../../ir/graph.ts";
import { dataTypeOf, toNumbers, type TensorData } from "../../ir/tensor-data.ts";
import {
  isRanked,
  printType,
  tensorType,
  typesEqual,
  type TensorType,
  type ValueType,
} from "../../ir/types.ts";
import { Inference } from "../../ops/infer.ts";
import { constantOf } from "../../ops/simplify.ts";
import { present } from "../../support/assert.ts";
import { adapt, type AdaptEmitter, type PendingCall } from "./adapters.ts";
import { readAttributes, resolveReference, type AttributeContext } from "./attributes.ts";
import { Scope } from "./names.ts";
import { nameOf, orderedNodes } from "./order.ts";
import {
  toDomain,
  type AttributeProto,
  type FunctionProto,
  type GraphProto,
  type NodeProto,
} from "./proto.ts";
import { joinTypes, regionRule, type RegionCall, type RegionRule } from "./regions.ts";
import { scanOfSamples } from "./scan.ts";
import { readOpsets, type Session } from "./session.ts";
import { fixedValue, isWeight, parameterSource } from "./sources.ts";
import { densified, storedTensor, type StoredTensor } from "./tensors.ts";

/** Graphs in graphs, and functions in functions, go no deeper. */
const deepest = 64;

/** A list of nodes that is being read. */
interface Frame {
  readonly nodes: readonly NodeProto[];
  next: number;
  readonly scope: Scope;
  readonly opsets: ReadonlyMap<string, number>;
  /** Types that the file gives to values made here. */
  readonly declared: ReadonlyMap<string, ValueType>;
  /** Values that are called otherwise in the graph than in the list: results of the call whose place it takes. */
  readonly renamed: ReadonlyMap<string, string>;
  /** Put before the names of nodes and values; "" where they keep their own. */
  readonly prefix: string;
  /** Whether names are the main graph's, which nobody else has. */
  readonly main: boolean;
  /** Attributes of the call whose function's body it is. */
  readonly attributes: ReadonlyMap<string, AttributeProto> | undefined;
  /** Functions that are being read around it, outermost first. */
  readonly functions: readonly FunctionProto[];
  /** After its last node. */
  finish(): void;
}

/** One node of the file, resolved as far as its operator does not matter. */
interface Site {
  readonly proto: NodeProto;
  readonly frame: Frame;
  readonly name: string;
  readonly location: Location;
}

export class GraphReader {
  readonly #session: Session;
  readonly #builder: GraphBuilder;
  readonly #inference: Inference;
  readonly #outer: GraphReader | undefined;
  readonly #depth: number;
  readonly #frames: Frame[] = [];
  /** Values whose node could not be read; what uses them is not read either. */
  readonly #broken: Set<string>;
  readonly #returned = new Set<string>();

  constructor(session: Session, outer?: GraphReader, name = session.graph.name ?? "") {
    this.#session = session;
    this.#outer = outer;
    this.#depth = outer === undefined ? 0 : outer.#depth + 1;
    this.#broken = outer === undefined ? new Set() : outer.#broken;
    this.#builder = new GraphBuilder(name === "" ? "main" : name);
    this.#inference = new Inference(undefined, outer === undefined ? undefined : outer.#inference);
  }

  get #main(): GraphReader {
    let reader: GraphReader = this;
    while (reader.#outer !== undefined) reader = reader.#outer;
    return reader;
  }

  // --- graphs

  /** The main graph. */
  readModel(): Graph {
    const session = this.#session;
    const { graph } = session;
    const scope = new Scope();
    for (const output of graph.output ?? []) this.#returned.add(output.name ?? "");
    const initialized = new Set<string>();
    for (const { name } of graph.initializer ?? []) initialized.add(name ?? "");
    for (const { values } of graph.sparseInitializer ?? []) initialized.add(values?.name ?? "");
    this.#refuseUnknownValues(graph, initialized);
    for (const input of graph.input ?? []) {
      const name = input.name ?? "";
      // Up to IR version 3 what is initialised had to stand among the inputs; since then it may: a default.
      if (initialized.has(name) && session.values[name] === undefined) continue;
      session.attempt(() => this.#input(name, input.type, scope, name));
    }
    const inputs = this.#builder.sources.filter(({ kind }) => kind === "input");
    session.requireBound(new Map(inputs.map(({ value }) => [value, this.#inference.type(value)] as const)));
    this.#initializers(graph, scope, (name) => name);
    this.#push({
      graph,
      scope,
      opsets: session.opsets,
      renamed: new Map(),
      main: true,
      attributes: undefined,
      functions: [],
      finish: () => undefined,
    });
    this.#run();
    const outputs = (graph.output ?? []).flatMap((output): GraphOutput[] => {
      const name = output.name ?? "";
      const value = scope.find(name);
      if (value != null) return [{ name, value }];
      session.errors.push(
        diagnostic("undefined-value", { user: "The list of outputs", name }, session.at(name)),
      );
      return [];
    });
    const { domains } = session;
    return this.#builder.finish(outputs, domains.size === 0 ? {} : { opsets: Object.fromEntries(domains) });
  }

  /**
   * A body: its inputs have these types; where none are given, those of the file. Gives the graph and the types of its
   * outputs.
   */
  #readBody(
    graph: GraphProto,
    inputTypes: readonly ValueType[] | undefined,
    site: Site,
  ): { readonly graph: Graph; readonly types: readonly (ValueType | undefined)[] } {
    if (this.#depth >= deepest) fail("nesting-too-deep", { name: site.name, limit: deepest }, site.location);
    const reader = new GraphReader(this.#session, this, graph.name ?? site.name);
    return reader.#readRegion(graph, inputTypes, site);
  }

  #readRegion(graph: GraphProto, inputTypes: readonly ValueType[] | undefined, site: Site) {
    const session = this.#session;
    const scope = new Scope(site.frame.scope);
    const inputs = graph.input ?? [];
    if (inputTypes !== undefined && inputs.length !== inputTypes.length)
      fail(
        "bad-arity",
        { op: `The body of ${site.name}`, expected: inputTypes.length, actual: inputs.length },
        site.location,
      );
    inputs.forEach((input, i) => {
      const name = input.name ?? "";
      this.#input(name, input.type, scope, session.names.claim(name), inputTypes?.[i]);
    });
    this.#initializers(graph, scope, (name) => session.names.claim(name));
    this.#push({ ...site.frame, graph, scope, renamed: new Map(), main: false, finish: () => undefined });
    this.#run();
    const used = new Set<string>();
    const outputs = (graph.output ?? []).map((output): GraphOutput => {
      const proto = output.name ?? "";
      const value = scope.find(proto);
      if (value == null)
        fail("undefined-value", { user: `The body of ${site.name}`, name: proto }, site.location);
      const own = !used.has(value) && this.#builder.has(value);
      used.add(value);
      return { name: own ? value : session.names.claim(proto), value };
    });
    const types = outputs.map(({ value }) => this.#inference.maybeType(value));
    return { graph: this.#builder.finish(outputs), types };
  }

  #refuseUnknownValues(graph: GraphProto, initialized: ReadonlySet<string>): void {
    const known = (graph.input ?? []).map(({ name }) => name ?? "");
    for (const name of Object.keys(this.#session.values)) {
      if (known.includes(name)) continue;
      const inputs = known.filter((input) => !initialized.has(input)).join(", ");
      const problem = `is none of the model's (${inputs})`;
      this.#session.errors.push(diagnostic("bad-input", { name, problem }, this.#session.at(name)));
    }
  }

  #input(
    name: string,
    proto: Parameters<Session["type"]>[0],
    scope: Scope,
    value: string,
    given?: ValueType,
  ): void {
    const session = this.#session;
    const location = session.at(name);
    if (scope.defines(name)) fail("duplicate-name", { name }, location);
    scope.set(name, value);
    const type = given ?? session.type(proto, name, location);
    if (type === undefined) {
      this.#broken.add(value);
      fail(
        "type-unknown",
        { value: name, op: "the model's user", problem: "the file gives the input no type" },
        location,
      );
    }
    const fixed = this.#outer === undefined ? session.values[name] : undefined;
    if (fixed === undefined) {
      this.#builder.addSource({ kind: "input", value, location }, { name: value, type });
      this.#inference.define(value, type);
    } else {
      const data = this.#orBroken(value, () => fixedValue(name, type, fixed, location));
      this.#constant(value, data, location);
    }
  }

  #initializers(graph: GraphProto, scope: Scope, claim: (name: string) => string): void {
    const session = this.#session;
    const seen = new Set<string>();
    const add = (name: string, read: (location: Location) => void) => {
      const location = session.at(name);
      session.attempt(() => {
        if (seen.has(name)) fail("duplicate-name", { name }, location);
        seen.add(name);
        // An input that was fixed instead of initialised.
        if (!scope.defines(name)) read(location);
      });
    };
    for (const tensor of graph.initializer ?? []) {
      const name = tensor.name ?? "";
      add(name, (location) => {
        const shared = session.parameters.get(tensor);
        const value = shared ?? claim(name);
        scope.set(name, value);
        if (shared !== undefined) return;
        const stored = this.#orBroken(value, () => storedTensor(session.model, tensor, location));
        if (this.#stored(value, stored, location)) session.parameters.set(tensor, value);
      });
    }
    for (const sparse of graph.sparseInitializer ?? []) {
      const name = sparse.values?.name ?? "";
      add(name, (location) => {
        const value = claim(name);
        scope.set(name, value);
        const data = this.#orBroken(value, () => densified(session.model, sparse, name, location));
        this.#stored(value, { ...data, read: () => data }, location);
      });
    }
  }

  #orBroken<T>(value: string, read: () => T): T {
    try {
      return read();
    } catch (error) {
      this.#broken.add(value);
      throw error;
    }
  }

  /** Adds a tensor of the file; whether as a parameter, which is the main graph's. */
  #stored(value: string, stored: StoredTensor, location: Location): boolean {
    const weight = isWeight(stored);
    const add = () => {
      if (!weight) return this.#constant(value, stored.read(), location);
      const main = this.#main;
      const type = tensorType(stored.dtype, stored.shape);
      main.#builder.addSource(parameterSource(value, stored, location, this.#session.inline), {
        name: value,
        type,
      });
      main.#inference.define(value, type);
    };
    this.#orBroken(value, add);
    return weight;
  }

  #constant(value: string, data: TensorData, location: Location): void {
    const type = dataTypeOf(data);
    this.#builder.addSource({ kind: "constant", value, location, data }, { name: value, type });
    this.#inference.define(value, type, data);
  }

  // --- lists of nodes

  #push(
    frame: Omit<Frame, "nodes" | "next" | "declared" | "prefix"> & {
      readonly graph: Pick<GraphProto, "node" | "output" | "valueInfo">;
      readonly prefix?: string;
    },
  ): void {
    const session = this.#session;
    const { graph, prefix = "", ...rest } = frame;
    const declared = new Map<string, ValueType>();
    for (const info of [...(graph.valueInfo ?? []), ...(graph.output ?? [])]) {
      const name = info.name ?? "";
      const type = session.attempt(() => session.openType(info.type, name, session.at(name)));
      if (type !== undefined) declared.set(name, type);
    }
    const nodes = orderedNodes(graph.node ?? [], session.model.path, session.errors);
    this.#frames.push({ ...rest, prefix, nodes, next: 0, declared });
  }

  #run(): void {
    const bottom = this.#frames.length - 1;
    for (;;) {
      const frame = this.#frames[this.#frames.length - 1];
      if (frame === undefined) return;
      const proto = frame.nodes[frame.next++];
      if (proto === undefined) {
        this.#frames.pop();
        frame.finish();
        if (this.#frames.length === bottom) return;
        continue;
      }
      const name = `${frame.prefix}${nameOf(proto)}`;
      const site = { proto, frame, name, location: this.#session.at(name) };
      if (this.#session.attempt(() => (this.#node(site), true)) === undefined) this.#giveUp(site);
    }
  }

  /** Defines what a node that cannot be read would have made, so that its users are not reported too. */
  #giveUp({ proto, frame }: Site): void {
    for (const output of proto.output ?? []) {
      if (output === "" || frame.scope.defines(output)) continue;
      const value = this.#valueName(output, frame);
      frame.scope.set(output, value);
      this.#broken.add(value);
    }
  }

  /** The name in the graph of what a node of the list makes. */
  #valueName(name: string, frame: Frame): string {
    const renamed = frame.renamed.get(name);
    if (renamed !== undefined) return renamed;
    return frame.main ? name : this.#session.names.claim(`${frame.prefix}${name}`);
  }

  // --- nodes

  #node(site: Site): void {
    const { proto, frame, location } = site;
    if (proto.opType == null || proto.opType === "")
      fail("ill-formed-graph", { what: `The node ${site.name} names no operator` }, location);
    if (frame.functions.length > 0) this.#session.countExpanded();
    for (const output of proto.output ?? []) {
      if (output !== "" && frame.scope.defines(output)) fail("duplicate-name", { name: output }, location);
    }
    const inputs = trimmed(proto.input ?? []).map((name) => this.#find(name, site));
    if (inputs.some((value) => value !== null && this.#broken.has(value))) return this.#giveUp(site);
    const called = this.#session.functions.of(proto);
    if (called !== undefined) return this.#inline(called, inputs, site);

    const domain = toDomain(proto.domain);
    const version = frame.opsets.get(domain);
    const op = domain === "" ? proto.opType : `${domain}.${proto.opType}`;
    if (version === undefined)
      fail("opset-missing", { op: proto.opType, domain: domain === "" ? "ai.onnx" : domain }, location);
    if (op === "Constant" && this.#constantNode(site)) return;
    if (op === "Scan" && version < 9 && !this.#session.scans.has(proto)) {
      const { outer, inner } = scanOfSamples(proto, location);
      this.#session.scans.add(outer).add(inner);
      return this.#node({ ...site, proto: outer });
    }
    const context = { model: this.#session.model, dims: this.#session.dims, op, location };
    const { attributes, graphs } = readAttributes(proto.attribute ?? [], frame.attributes, context);
    if (op === "If" && this.#decided(inputs[0], graphs, site)) return;
    const names = trimmed(proto.output ?? []);
    const call: PendingCall = {
      op,
      inputs,
      outputs: names.length,
      wanted: names.map((name) => name !== ""),
      attributes,
    };
    const bodies = this.#bodies(op, call, graphs, site);
    const adapted = domain === "" ? adapt(call, version, this.#emitter(site, version)) : call;
    const outputs = names.slice(0, adapted.outputs).map((name) => {
      if (name === "") return this.#session.names.claim(`${site.name}.unused`);
      const value = this.#valueName(name, frame);
      frame.scope.set(name, value);
      return value;
    });
    const declared = names.map((name) => frame.declared.get(name));
    try {
      this.#emit(adapted, outputs, declared, site, bodies, version);
    } catch (error) {
      for (const output of outputs) this.#broken.add(output);
      throw error;
    }
  }

  #find(name: string, { frame, location, name: user }: Site): string | null {
    if (name === "") return null;
    const value = frame.scope.find(name);
    if (value === undefined) fail("undefined-value", { user, name }, location);
    return value;
  }

  /** Adds a node to the graph, and finds the types of its outputs. */
  #emit(
    call: Pick<PendingCall, "op" | "inputs" | "attributes">,
    outputs: readonly string[],
    declared: readonly (ValueType | undefined)[],
    { location, name }: Pick<Site, "location" | "name">,
    bodies?: Bodies,
    version?: number,
  ): void {
    const session = this.#session;
    const node: Node = {
      name: this.#builder.freshNodeName(name),
      op: call.op,
      inputs: call.inputs,
      outputs,
      attributes: call.attributes,
      location,
      module: "",
      ...(bodies === undefined ? {} : { regions: bodies.regions }),
    };
    const discovery =
      bodies?.types === undefined
        ? this.#inference.discover(node, declared)
        : { inferred: bodies.types, folded: undefined };
    const types = outputs.map((output, i) => {
      const [inferred, stated] = [discovery.inferred[i], declared[i]];
      if (inferred === undefined) {
        if (stated !== undefined) return session.nameOpen(stated, output);
        const problem = "sbpc does not know the operator, and the file does not say";
        return fail("type-unknown", { value: output, op: call.op, problem }, location);
      }
      if (stated !== undefined && contradicts(stated, inferred)) {
        const details = {
          value: output,
          declared: printType(stated),
          op: call.op,
          inferred: printType(inferred),
        };
        session.sink.report("type-contradicted", details, location);
      }
      return session.nameOpen(isOpen(inferred) && stated !== undefined ? stated : inferred, output);
    });
    if (version !== undefined) this.#session.noteDomain(domainOf(call.op), version);
    this.#builder.addNode(
      node,
      outputs.map((output, i) => ({ name: output, type: types[i] as ValueType })),
    );
    this.#inference.settle(node, types, discovery);
  }

  /** What adapters of this node add go before it, named after it. */
  #emitter(site: Site, version: number): AdaptEmitter {
    const claim = (what: string) => this.#session.names.claim(`${site.name}.${what}`);
    const refuse = (problem: string): never =>
      fail("opset-unsupported", { op: site.proto.opType ?? "", version, problem }, site.location);
    const known = (value: string | null | undefined) =>
      value == null ? undefined : this.#inference.constant(value);
    return {
      refuse,
      known,
      constant: (data) => {
        const value = claim("constant");
        this.#constant(value, data, site.location);
        return value;
      },
      op: (op, inputs, attributes = {}) => {
        const value = claim(op);
        this.#emit({ op, inputs, attributes }, [value], [undefined], { ...site, name: `${site.name}.${op}` });
        return value;
      },
      type: (value) => {
        const type = this.#inference.type(value);
        return type.kind === "tensor" ? type : undefined;
      },
      tensor: (value): TensorType => {
        const type = value == null ? undefined : this.#inference.type(value);
        if (type?.kind !== "tensor" || !isRanked(type))
          return refuse("takes what is no tensor of known rank");
        return type;
      },
    };
  }

  /** A Constant becomes a source, unless the graph returns it: then a device has to make it. False where it stays. */
  #constantNode({ proto, frame, location, name }: Site): boolean {
    const [output] = proto.output ?? [];
    if (output === undefined || output === "") return true;
    if (frame.main && this.#returned.has(output)) return false;
    const context: AttributeContext = {
      model: this.#session.model,
      dims: this.#session.dims,
      op: "Constant",
      location,
    };
    const stored = this.#constantValue(proto.attribute ?? [], frame.attributes, context, name);
    const tensor = proto.attribute?.[0]?.t;
    const shared = tensor == null ? undefined : this.#session.parameters.get(tensor);
    const value = shared ?? this.#valueName(output, frame);
    frame.scope.set(output, value);
    if (shared !== undefined) return true;
    // A body that is read again, or a function that is called again, has its weights already.
    if (this.#stored(value, stored, location) && tensor != null && !frame.main)
      this.#session.parameters.set(tensor, value);
    return true;
  }

  #constantValue(
    given: readonly AttributeProto[],
    outer: ReadonlyMap<string, AttributeProto> | undefined,
    context: AttributeContext,
    name: string,
  ): StoredTensor {
    const [first] = given;
    const only = first === undefined ? undefined : resolveReference(first, outer, context);
    if (first?.name === "value" && only?.t != null)
      return storedTensor(context.model, only.t, context.location);
    const { attributes } = readAttributes(given, outer, context);
    const { sparse_value, ...rest } = attributes;
    const data = constantOf(sparse_value === undefined ? rest : { value: sparse_value });
    if (data === undefined)
      fail("bad-attribute", { op: "Constant", name: "value", problem: "is missing" }, context.location);
    return { ...data, read: () => data };
  }

  // --- functions

  #inline(called: FunctionProto, inputs: readonly (string | null)[], site: Site): void {
    const { proto, frame, name, location } = site;
    if (frame.functions.includes(called))
      fail("cyclic-graph", { nodes: frame.functions.map((f) => f.name ?? "").join(", ") }, location);
    if (frame.functions.length >= deepest) fail("nesting-too-deep", { name, limit: deepest }, location);
    const scope = new Scope();
    (called.input ?? []).forEach((parameter, i) => scope.set(parameter, inputs[i] ?? null));
    const context = { model: this.#session.model, dims: this.#session.dims, op: called.name ?? "", location };
    const attributes = new Map<string, AttributeProto>();
    for (const fallback of called.attributeProto ?? []) attributes.set(fallback.name ?? "", fallback);
    for (const given of proto.attribute ?? []) {
      const resolved = resolveReference(given, frame.attributes, context);
      if (resolved !== undefined) attributes.set(given.name ?? "", resolved);
    }
    const opsets = new Map([...this.#session.opsets, ...readOpsets(called.opsetImport ?? [])]);
    this.#splice({ node: called.node ?? [], valueInfo: called.valueInfo ?? [] }, called.output ?? [], site, {
      scope,
      opsets,
      attributes,
      functions: [...frame.functions, called],
      prefix: `${name}/`,
    });
  }

  /** Reads a list of nodes in the place of a node: its results are the node's. */
  #splice(
    graph: Pick<GraphProto, "node" | "valueInfo">,
    results: readonly string[],
    { proto, frame, name, location }: Site,
    inner: Pick<Frame, "scope" | "opsets" | "attributes" | "functions" | "prefix">,
  ): void {
    const outputs = trimmed(proto.output ?? []);
    if (outputs.length > results.length)
      fail(
        "bad-arity",
        { op: name, expected: `at least ${outputs.length} results instead of`, actual: results.length },
        location,
      );
    const made = new Set((graph.node ?? []).flatMap((node) => node.output ?? []));
    const renamed = new Map<string, string>();
    outputs.forEach((output, i) => {
      const result = results[i] as string;
      if (output !== "" && made.has(result) && !renamed.has(result))
        renamed.set(result, this.#valueName(output, frame));
    });
    this.#push({
      ...inner,
      graph,
      renamed,
      main: false,
      finish: () => {
        outputs.forEach((output, i) => {
          if (output === "") return;
          const value = inner.scope.find(results[i] as string);
          if (value != null) frame.scope.set(output, value);
          else
            this.#session.errors.push(
              diagnostic("undefined-value", { user: name, name: results[i] as string }, location),
            );
        });
      },
    });
  }

  // --- bodies

  /** Reads the branch of an If whose condition is known in its place; false where it is not known. */
  #decided(
    condition: string | null | undefined,
    graphs: Readonly<Record<string, GraphProto>>,
    site: Site,
  ): boolean {
    const data = condition == null ? undefined : this.#inference.constant(condition);
    if (data === undefined) return false;
    const branch = graphs[toNumbers(data)[0] === 0 ? "else_branch" : "then_branch"];
    if (branch === undefined)
      fail(
        "bad-attribute",
        { op: "If", name: "then_branch and else_branch", problem: "must be graphs" },
        site.location,
      );
    const { frame } = site;
    const scope = new Scope(frame.scope);
    this.#initializers(branch, scope, (name) => this.#session.names.claim(`${frame.prefix}${name}`));
    const results = (branch.output ?? []).map((output) => output.name ?? "");
    this.#splice(branch, results, site, { ...frame, scope });
    return true;
  }

  /** Reads the bodies of a node; undefined where it has none. */
  #bodies(
    op: string,
    call: PendingCall,
    graphs: Readonly<Record<string, GraphProto>>,
    site: Site,
  ): Bodies | undefined {
    const rule = regionRule(op);
    if (rule === undefined && Object.keys(graphs).length === 0) return undefined;
    if (rule === undefined) {
      const regions: Record<string, Graph> = {};
      for (const [name, graph] of Object.entries(graphs))
        regions[name] = this.#readBody(graph, undefined, site).graph;
      return { regions, types: undefined };
    }
    const regionCall: RegionCall = {
      attributes: call.attributes,
      inputs: call.inputs.map((value) => (value === null ? null : this.#inference.type(value))),
      outputs: call.outputs,
      refuse: (problem) => fail("ill-formed-graph", { what: `${op} ${site.name} ${problem}` }, site.location),
      symbol: (output, axis): Dim => this.#session.dims.dim(`${site.name}.${output}.${axis}`),
    };
    let inputTypes = rule.bodyInputs(regionCall);
    for (;;) {
      const before = this.#session.errors.length;
      const widened: { types?: readonly ValueType[] } = {};
      const read = this.#session.names.tentatively((): Bodies | undefined => {
        const bodies = this.#readBodies(rule, graphs, inputTypes, site);
        if (this.#session.errors.length > before) throw new SbpcError([]);
        const wider = widen(rule, regionCall, inputTypes, bodies.types[0] ?? []);
        if (wider !== undefined) {
          widened.types = wider;
          return undefined;
        }
        return { regions: bodies.regions, types: rule.outputs(regionCall, bodies.types) };
      });
      if (read !== undefined) return read;
      inputTypes = present(widened.types, "a body is read again with the types it had");
    }
  }

  #readBodies(
    rule: RegionRule,
    graphs: Readonly<Record<string, GraphProto>>,
    inputTypes: readonly ValueType[],
    site: Site,
  ): {
    readonly regions: Readonly<Record<string, Graph>>;
    readonly types: readonly (readonly ValueType[])[];
  } {
    const regions: Record<string, Graph> = {};
    const types = rule.bodies.map((name) => {
      const graph = graphs[name];
      if (graph === undefined)
        fail(
          "bad-attribute",
          { op: site.proto.opType ?? "", name, problem: "must be a graph" },
          site.location,
        );
      const body = this.#readBody(graph, inputTypes, site);
      regions[name] = body.graph;
      // What a result depends on could not be read, which is reported there.
      return body.types.map((type) => {
        if (type === undefined) throw new SbpcError([]);
        return type;
      });
    });
    return { regions, types };
  }
}

interface Bodies {
  readonly regions: Readonly<Record<string, Graph>>;
  /** Types of the node's outputs, where its operator's rule gives them. */
  readonly types: readonly ValueType[] | undefined;
}

/** Input types that also take what a turn hands on to the next; undefined where they do. */
function widen(
  rule: RegionRule,
  call: RegionCall,
  inputs: readonly ValueType[],
  outputs: readonly ValueType[],
): readonly ValueType[] | undefined {
  const types = [...inputs];
  let changed = false;
  for (const [input, output] of rule.carried(call)) {
    const [before, after] = [types[input], outputs[output]];
    if (before === undefined || after === undefined) continue;
    const joined = joinTypes(before, after, (axis) => call.symbol(input, axis));
    if (typesEqual(joined, before)) continue;
    types[input] = joined;
    changed = true;
  }
  return changed ? types : undefined;
}

/** Names without the empty ones at the end. */
function trimmed(names: readonly string[]): readonly string[] {
  let length = names.length;
  while (length > 0 && names[length - 1] === "") length--;
  return length === names.length ? names : names.slice(0, length);
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
