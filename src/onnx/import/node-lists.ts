/**
 * The lists of nodes of one graph that are being read. Calls of functions and branches whose condition is known are read in the
 * place of the node, so that a stack of lists stands where they nest.
 */
import type { Location } from "../../diagnostics/location.ts";
import type { ValueType } from "../../ir/types.ts";
import type { Draft } from "./draft.ts";
import type { Scope } from "./names.ts";
import { nameOf, orderedNodes } from "./order.ts";
import type { AttributeProto, FunctionProto, GraphProto, NodeProto } from "./proto.ts";
import type { Session } from "./session.ts";

/** Graphs in graphs, and functions in functions, go no deeper. */
export const deepest = 64;

/** A list of nodes that is being read. */
export interface Frame {
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
export interface Site {
  readonly proto: NodeProto;
  readonly frame: Frame;
  readonly name: string;
  readonly location: Location;
}

export class NodeLists {
  readonly session: Session;
  readonly draft: Draft;
  readonly #frames: Frame[] = [];

  constructor(session: Session, draft: Draft) {
    this.session = session;
    this.draft = draft;
  }

  push(
    frame: Omit<Frame, "nodes" | "next" | "declared" | "prefix"> & {
      readonly graph: Pick<GraphProto, "node" | "output" | "valueInfo">;
      readonly prefix?: string;
    },
  ): void {
    const session = this.session;
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
    for (const proto of leftOut) this.giveUp({ proto, frame: pushed });
    this.#frames.push(pushed);
  }

  /** Reads the list pushed last, and those that are pushed meanwhile, to their ends. */
  run(read: (site: Site) => void): void {
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
      const site = { proto, frame, name, location: this.session.at(name) };
      try {
        read(site);
      } catch (error) {
        this.session.collect(error);
        this.giveUp(site);
      }
    }
  }

  /** Defines what a node that cannot be read would have made, so that its users are not reported too. */
  giveUp({ proto, frame }: Pick<Site, "proto" | "frame">): void {
    for (const output of proto.output ?? []) {
      if (output === "" || frame.scope.defines(output)) continue;
      const value = this.valueName(output, frame);
      frame.scope.set(output, value);
      this.draft.broken.add(value);
    }
  }

  /** The name in the graph of what a node of the list makes. */
  valueName(name: string, frame: Frame): string {
    const renamed = frame.renamed.get(name);
    if (renamed !== undefined) return renamed;
    return frame.main ? name : this.session.names.claim(`${frame.prefix}${name}`);
  }
}
