/**
 * Reads one graph of a model: the main one, or the body of a node. Nodes are taken in order; calls of functions and branches
 * whose condition is known are read in the place of the node, so that a stack of node lists stands where they nest.
 */
import { diagnostic, fail, SbpcError } from "../../diagnostics/diagnostic.ts";
import type { Location } from "../../diagnostics/location.ts";
import type { Dim } from "../../ir/dim.ts";
import type { Graph, GraphOutput } from "../../ir/graph.ts";
import { toNumbers } from "../../ir/tensor-data.ts";
import type { ValueType } from "../../ir/types.ts";
import { adapt, type PendingCall } from "./adapters.ts";
import {
  noAttributes,
  readAttributes,
  resolveReference,
  type AttributeContext,
  type ReadAttributes,
} from "./attributes.ts";
import { constantValue } from "./constant.ts";
import { Draft, type Bodies } from "./draft.ts";
import { Scope } from "./names.ts";
import { nameOf, orderedNodes } from "./order.ts";
import {
  toDomain,
  type AttributeProto,
  type FunctionProto,
  type GraphProto,
  type NodeProto,
} from "./proto.ts";
import { regionRule, type RegionCall } from "./regions.ts";
import { readBodies } from "./read-bodies.ts";
import { readInitializers, readInput, refuseUnknownValues } from "./read-sources.ts";
import { scanOfSamples } from "./scan.ts";
import { readOpsets, type Session } from "./session.ts";

/** Graphs in graphs, and functions in functions, go no deeper. */
const deepest = 64;

const nothingStated: readonly undefined[] = [];

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
  readonly #draft: Draft;
  readonly #depth: number;
  readonly #frames: Frame[] = [];
  readonly #returned = new Set<string>();

  constructor(session: Session, outer?: GraphReader, name = session.graph.name ?? "") {
    this.#session = session;
    this.#depth = outer === undefined ? 0 : outer.#depth + 1;
    this.#draft = new Draft(session, name, outer === undefined ? undefined : outer.#draft);
  }

  // --- graphs

  /** The main graph. */
  readModel(): Graph {
    const session = this.#session;
    const { graph } = session;
    // Most values are called as in the file: no second table says so.
    const scope = new Scope(
      undefined,
      (name) => this.#draft.builder.has(name) && !session.names.isClaimed(name),
    );
    for (const output of graph.output ?? []) this.#returned.add(output.name ?? "");
    const initialized = new Set<string>();
    for (const { name } of graph.initializer ?? []) initialized.add(name ?? "");
    for (const { values } of graph.sparseInitializer ?? []) initialized.add(values?.name ?? "");
    refuseUnknownValues(session, graph, initialized);
    for (const input of graph.input ?? []) {
      const name = input.name ?? "";
      // Up to IR version 3 what is initialised had to stand among the inputs; since then it may: a default.
      if (initialized.has(name) && !session.values.has(name)) continue;
      session.attempt(() => readInput(this.#draft, name, input.type, scope, name));
    }
    session.requireBound(() => {
      const inputs = this.#draft.builder.sources.filter(({ kind }) => kind === "input");
      return inputs.map(({ value }) => [value, this.#draft.inference.type(value)] as const);
    });
    readInitializers(this.#draft, graph, scope, (name) => name);
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
    const returned = new Set<string>();
    const outputs = (graph.output ?? []).flatMap((output): GraphOutput[] => {
      const name = output.name ?? "";
      if (returned.has(name))
        session.errors.push(diagnostic("duplicate-name", { name: `output ${name}` }, session.at(name)));
      returned.add(name);
      const value = scope.find(name);
      if (value === undefined) session.missed(name);
      if (value == null)
        session.errors.push(
          diagnostic("undefined-value", { user: "The list of outputs", name }, session.at(name)),
        );
      return value == null ? [] : [{ name, value }];
    });
    const { domains } = session;
    return this.#draft.builder.finish(
      outputs,
      domains.size === 0 ? {} : { opsets: Object.fromEntries(domains) },
    );
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
      readInput(this.#draft, name, input.type, scope, session.names.claim(name), inputTypes?.[i]);
    });
    readInitializers(this.#draft, graph, scope, (name) => session.names.claim(name));
    this.#push({ ...site.frame, graph, scope, renamed: new Map(), main: false, finish: () => undefined });
    this.#run();
    const used = new Set<string>();
    const outputs = (graph.output ?? []).map((output): GraphOutput => {
      const proto = output.name ?? "";
      const value = scope.find(proto);
      if (value === undefined) session.missed(proto);
      if (value == null)
        fail("undefined-value", { user: `The body of ${site.name}`, name: proto }, site.location);
      const own = !used.has(value) && this.#draft.builder.has(value);
      used.add(value);
      return { name: own ? value : session.names.claim(proto), value };
    });
    const types = outputs.map(({ value }) => this.#draft.inference.maybeType(value));
    return { graph: this.#draft.builder.finish(outputs), types };
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
    const { nodes, leftOut } = rest.main
      ? session.mainNodes()
      : orderedNodes(graph.node ?? [], session.model.path, session.errors);
    const pushed = { ...rest, prefix, nodes, next: 0, declared };
    for (const proto of leftOut) this.#giveUp({ proto, frame: pushed });
    this.#frames.push(pushed);
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
      const name = frame.prefix === "" ? nameOf(proto) : `${frame.prefix}${nameOf(proto)}`;
      const site = { proto, frame, name, location: this.#session.at(name) };
      try {
        this.#node(site);
      } catch (error) {
        this.#session.collect(error);
        this.#giveUp(site);
      }
    }
  }

  /** Defines what a node that cannot be read would have made, so that its users are not reported too. */
  #giveUp({ proto, frame }: Pick<Site, "proto" | "frame">): void {
    for (const output of proto.output ?? []) {
      if (output === "" || frame.scope.defines(output)) continue;
      const value = this.#valueName(output, frame);
      frame.scope.set(output, value);
      this.#draft.broken.add(value);
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
    const made = proto.output ?? [];
    const seen = made.length > 1 ? new Set<string>() : undefined;
    for (const output of made) {
      if (output === "") continue;
      if (seen?.has(output) === true || frame.scope.defines(output))
        fail("duplicate-name", { name: output }, location);
      seen?.add(output);
    }
    const inputs = this.#inputs(site);
    if (
      this.#draft.broken.size > 0 &&
      inputs.some((value) => value !== null && this.#draft.broken.has(value))
    )
      return this.#giveUp(site);
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
    const { attributes, graphs } = this.#attributes(op, site);
    if (op === "If" && this.#decided(inputs[0], graphs, site)) return;
    const names = trimmed(proto.output ?? []);
    const call: PendingCall = { op, inputs, outputs: names, attributes };
    const bodies = this.#bodies(op, call, graphs, site);
    const adapted =
      domain === "" ? adapt(call, version, () => this.#draft.adaptEmitter(site, op, version)) : call;
    this.#emit(adapted, names, site, bodies, version);
  }

  /** Names of the values that a node is given. */
  #inputs(site: Site): readonly (string | null)[] {
    const names = trimmed(site.proto.input ?? []);
    let values: (string | null)[] | undefined;
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string;
      const value = this.#find(name, site);
      if (values === undefined && value !== name) values = names.slice(0, i);
      values?.push(value);
    }
    return values ?? names;
  }

  #attributes(op: string, { proto, frame, location }: Site): ReadAttributes {
    const given = proto.attribute ?? [];
    if (given.length === 0) return noAttributes;
    const context = { model: this.#session.model, dims: this.#session.dims, op, location };
    return readAttributes(given, frame.attributes, context);
  }

  /** Adds a node whose outputs are called `names` in the file. */
  #emit(
    call: PendingCall,
    names: readonly string[],
    site: Site,
    bodies: Bodies | undefined,
    version: number,
  ): void {
    const { frame } = site;
    let outputs = call.outputs;
    if (!frame.main || outputs.includes(""))
      outputs = outputs.map((name) =>
        name === "" ? this.#session.names.claim(`${site.name}.unused`) : this.#valueName(name, frame),
      );
    const { declared } = frame;
    const stated = declared.size === 0 ? nothingStated : names.map((name) => declared.get(name));
    try {
      this.#draft.emit(call, outputs, stated, site, bodies, version);
    } catch (error) {
      for (const output of outputs) this.#draft.broken.add(output);
      this.#define(names, outputs, frame);
      throw error;
    }
    // A name that means the value of the same name need not be set.
    if (outputs !== names) this.#define(names, outputs, frame);
  }

  #define(names: readonly string[], values: readonly string[], frame: Frame): void {
    values.forEach((value, i) => {
      const name = names[i] as string;
      if (name !== "") frame.scope.set(name, value);
    });
  }

  #find(name: string, { frame, location, name: user }: Site): string | null {
    if (name === "") return null;
    const value = frame.scope.find(name);
    if (value === undefined) {
      this.#session.missed(name);
      fail("undefined-value", { user, name }, location);
    }
    return value;
  }

  /** A Constant becomes a source, unless the graph returns it: then a device has to make it. False where it stays. */
  #constantNode({ proto, frame, location }: Site): boolean {
    const [output] = proto.output ?? [];
    if (output === undefined || output === "") return true;
    if (frame.main && this.#returned.has(output)) return false;
    const context: AttributeContext = {
      model: this.#session.model,
      dims: this.#session.dims,
      op: "Constant",
      location,
    };
    const stored = constantValue(proto.attribute ?? [], frame.attributes, context);
    const tensor = proto.attribute?.[0]?.t;
    const shared = tensor == null ? undefined : this.#session.parameters.get(tensor);
    const value = shared ?? this.#valueName(output, frame);
    frame.scope.set(output, value);
    if (shared !== undefined) return true;
    // A body that is read again, or a function that is called again, has its weights already.
    if (this.#draft.stored(value, stored, location, "node") && tensor != null && !frame.main)
      this.#session.parameters.set(tensor, value);
    return true;
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
          if (value === undefined) this.#session.missed(results[i] as string);
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
    const data = condition == null ? undefined : this.#draft.inference.constant(condition);
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
    readInitializers(this.#draft, branch, scope, (name) =>
      this.#session.names.claim(`${frame.prefix}${name}`),
    );
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
      for (const [name, graph] of Object.entries(graphs)) {
        const body = this.#readBody(graph, undefined, site);
        // What is wrong in it has been reported.
        if (body.types.includes(undefined)) throw new SbpcError([]);
        regions[name] = body.graph;
      }
      return { regions, types: undefined };
    }
    const regionCall: RegionCall = {
      attributes: call.attributes,
      inputs: call.inputs.map((value) => (value === null ? null : this.#draft.inference.type(value))),
      outputs: call.outputs.length,
      refuse: (problem) => fail("ill-formed-graph", { what: `${op} ${site.name} ${problem}` }, site.location),
      symbol: (output, axis): Dim => this.#session.dims.dim(`${site.name}.${output}.${axis}`),
    };
    return readBodies(rule, regionCall, this.#session, graphs, (graph, types) =>
      this.#readBody(graph, types, site),
    );
  }
}

/** Names without the empty ones at the end. */
function trimmed(names: readonly string[]): readonly string[] {
  let length = names.length;
  while (length > 0 && names[length - 1] === "") length--;
  return length === names.length ? names : names.slice(0, length);
}
