/** Reads one graph of a model: the main one, or the body of a node. */
import { diagnostic, fail } from "../../diagnostics/diagnostic.ts";
import type { Graph, GraphOutput } from "../../ir/graph.ts";
import type { ValueType } from "../../ir/types.ts";
import { Draft } from "./draft.ts";
import { Scope } from "./names.ts";
import { deepest, NodeLists, type Site } from "./node-lists.ts";
import { NodeReader } from "./node-reader.ts";
import type { GraphProto } from "./proto.ts";
import { readInitializers, readInput, refuseUnknownValues } from "./read-sources.ts";
import type { Session } from "./session.ts";

export class GraphReader {
  readonly #session: Session;
  readonly #draft: Draft;
  readonly #depth: number;
  readonly #lists: NodeLists;
  readonly #nodes: NodeReader;
  readonly #returned = new Set<string>();

  constructor(session: Session, outer?: GraphReader, name = session.graph.name ?? "") {
    this.#session = session;
    this.#depth = outer === undefined ? 0 : outer.#depth + 1;
    this.#draft = new Draft(session, name, outer === undefined ? undefined : outer.#draft);
    this.#lists = new NodeLists(session, this.#draft);
    this.#nodes = new NodeReader(this.#lists, this.#returned, (...body) => this.#readBody(...body));
  }

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
    this.#lists.push({
      graph,
      scope,
      opsets: session.opsets,
      renamed: new Map(),
      main: true,
      attributes: undefined,
      functions: [],
      finish: () => undefined,
    });
    this.#lists.run((site) => this.#nodes.read(site));
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
    this.#lists.push({
      ...site.frame,
      graph,
      scope,
      renamed: new Map(),
      main: false,
      finish: () => undefined,
    });
    this.#lists.run((site) => this.#nodes.read(site));
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
}
