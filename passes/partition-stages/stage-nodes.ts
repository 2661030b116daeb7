/** The nodes of one stage: who makes a value, what is sent to other stages, and what every class of devices runs of a node. */
import { localWork } from "../../src/cost/local-work.ts";
import { captures, type Graph, type Node, type Source } from "../../src/ir/graph.ts";
import type { Mesh } from "../../src/ir/layout.ts";
import { stepActionOf } from "../../src/ir/step-node.ts";
import { standsFor, type LocalClass, type LocalStage } from "../../src/plan/local-stage.ts";
import { communicationOf, type Communication } from "../../src/sbp/boxing-node.ts";
import { present } from "../../src/support/assert.ts";
import { groupBy } from "../../src/support/collections.ts";

/** What a class of devices runs. */
interface ClassNodes {
  readonly local: LocalClass;
  /** Sources of its graph. */
  readonly sources: ReadonlyMap<string, Source>;
  /** Its nodes by the name of their logical node. */
  readonly nodes: ReadonlyMap<string, readonly Node[]>;
}

export class StageNodes {
  readonly graph: Graph;
  readonly mesh: Mesh;
  readonly local: LocalStage;
  readonly nodes: readonly Node[];
  /** What is sent to other stages, by the value (root) that is sent. */
  readonly sends: ReadonlyMap<string, readonly Communication[]>;
  /** Logical value to the node of this stage that makes it. */
  readonly makers: ReadonlyMap<string, Node>;
  readonly position: ReadonlyMap<Node, number>;
  readonly classes: readonly ClassNodes[];

  constructor(
    graph: Graph,
    mesh: Mesh,
    stage: LocalStage,
    nodes: readonly Node[],
    sends: readonly Communication[],
  ) {
    this.graph = graph;
    this.mesh = mesh;
    this.local = stage;
    this.nodes = nodes;
    this.position = new Map(nodes.map((node, i) => [node, i]));
    this.makers = new Map(nodes.flatMap((node) => node.outputs.map((output) => [output, node])));
    this.classes = stage.classes.map((local) => ({
      local,
      sources: new Map(local.graph.sources.map((source) => [source.value, source])),
      nodes: groupBy(local.graph.nodes, (node) =>
        present(local.origin.get(node.name), "local node without an origin", () => node.name),
      ),
    }));
    this.sends = groupBy(sends, ({ input }) => this.root(input));
  }

  /** The value that it is another name of, or itself. */
  root(value: string): string {
    return standsFor(this.local, value);
  }

  /** The node of this stage that makes a value, whatever it is called; undefined where none does. */
  makerOf(value: string): Node | undefined {
    return this.makers.get(this.root(value));
  }

  /** Values (roots) that something else than a segment of this stage takes. */
  pinned(): Set<string> {
    const pinned = new Set<string>(this.sends.keys());
    for (const node of this.nodes) {
      const communication = communicationOf(node);
      if (communication !== undefined && communication.kind !== "send")
        pinned.add(this.root(communication.input));
      const action = stepActionOf(node);
      if (action !== undefined) pinned.add(this.root(action.input));
    }
    for (const { value } of this.graph.outputs) if (this.makers.has(value)) pinned.add(this.root(value));
    return pinned;
  }

  /** Values that the local nodes of a segment take, over all classes, in order of first use. */
  usedLocally(segment: readonly Node[]): Set<string> {
    const used = new Set<string>();
    for (const { nodes } of this.classes) {
      for (const { name } of segment) {
        for (const node of nodes.get(name) ?? []) {
          for (const input of [...node.inputs, ...captures(node)]) if (input !== null) used.add(input);
        }
      }
    }
    return used;
  }

  /** Floating-point operations of a node on the devices of a class. */
  flops(node: Node, classIndex: number): number {
    const device = this.local.classes[classIndex]?.devices[0] ?? 0;
    const constantOf = (value: string) => {
      const source = this.classes[classIndex]?.sources.get(value);
      return source?.kind === "constant" ? source.data : undefined;
    };
    return localWork(this.graph, node, this.mesh, device, constantOf).flops;
  }
}
