/** Reads nodes of the file, one at a time: what stands for each in the graph goes to the draft. */
import { fail, SbpcError } from "../../diagnostics/diagnostic.ts";
import type { Dim } from "../../ir/dim.ts";
import type { Graph } from "../../ir/graph.ts";
import type { ValueType } from "../../ir/types.ts";
import { adapt, type PendingCall } from "./adapters.ts";
import { noAttributes, readAttributes, type AttributeContext, type ReadAttributes } from "./attributes.ts";
import { constantValue } from "./constant.ts";
import type { Bodies, Draft } from "./draft.ts";
import { inlineFunction, readDecided } from "./inlining.ts";
import { trimmed } from "./names.ts";
import type { Frame, NodeLists, Site } from "./node-lists.ts";
import { toDomain, type GraphProto } from "./proto.ts";
import { readBodies } from "./read-bodies.ts";
import { regionRule, type RegionCall } from "./regions.ts";
import { scanOfSamples } from "./scan.ts";
import type { Session } from "./session.ts";

const nothingStated: readonly undefined[] = [];

/**
 * Reads a body: its inputs have these types; where none are given, those of the file. Gives the graph and the types of its
 * outputs.
 */
type ReadBody = (
  graph: GraphProto,
  inputTypes: readonly ValueType[] | undefined,
  site: Site,
) => { readonly graph: Graph; readonly types: readonly (ValueType | undefined)[] };

export class NodeReader {
  readonly #session: Session;
  readonly #draft: Draft;
  readonly #lists: NodeLists;
  readonly #returned: ReadonlySet<string>;
  readonly #readBody: ReadBody;

  /** `returned` are the names of the main graph's outputs. */
  constructor(lists: NodeLists, returned: ReadonlySet<string>, readBody: ReadBody) {
    this.#session = lists.session;
    this.#draft = lists.draft;
    this.#lists = lists;
    this.#returned = returned;
    this.#readBody = readBody;
  }

  /** Adds the node to the draft. */
  read(site: Site): void {
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
      return this.#lists.giveUp(site);
    const called = this.#session.functions.of(proto);
    if (called !== undefined) return inlineFunction(this.#lists, called, inputs, site);

    const domain = toDomain(proto.domain);
    const version = frame.opsets.get(domain);
    const op = domain === "" ? proto.opType : `${domain}.${proto.opType}`;
    if (version === undefined)
      fail("opset-missing", { op: proto.opType, domain: domain === "" ? "ai.onnx" : domain }, location);
    if (op === "Constant" && this.#constantNode(site)) return;
    if (op === "Scan" && version < 9 && !this.#session.scans.has(proto)) {
      const { outer, inner } = scanOfSamples(proto, location);
      this.#session.scans.add(outer).add(inner);
      return this.read({ ...site, proto: outer });
    }
    const { attributes, graphs } = this.#attributes(op, site);
    if (op === "If" && readDecided(this.#lists, inputs[0], graphs, site)) return;
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
        name === "" ? this.#session.names.claim(`${site.name}.unused`) : this.#lists.valueName(name, frame),
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
    const value = shared ?? this.#lists.valueName(output, frame);
    frame.scope.set(output, value);
    if (shared !== undefined) return true;
    // A body that is read again, or a function that is called again, has its weights already.
    if (this.#draft.stored(value, stored, location, "node") && tensor != null && !frame.main)
      this.#session.parameters.set(tensor, value);
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
