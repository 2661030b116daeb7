/** Builds a graph step by step; knows names and order, not what operators mean. */
import { invariant } from "../support/assert.ts";
import type { Graph, GraphOutput, Node, Source, Value } from "./graph.ts";

export class GraphBuilder {
  readonly name: string;
  readonly #sources: Source[] = [];
  readonly #nodes: Node[] = [];
  readonly #values = new Map<string, Value>();
  readonly #taken = new Map<string, number>();
  readonly #takenNodes = new Map<string, number>();
  readonly #nodeNames = new Set<string>();
  /** The graph that was started from: no fresh name is one of its. */
  readonly #from: Graph | undefined;
  readonly #fromNodes: ReadonlySet<string>;

  /** Starts empty, or with the sources of `from`; the names of its values and nodes are taken, its nodes are not there. */
  constructor(name: string, from?: Graph) {
    this.name = name;
    this.#from = from;
    this.#fromNodes = new Set(from?.nodes.map((node) => node.name));
    if (from !== undefined) {
      for (const source of from.sources) {
        this.#sources.push(source);
        this.#values.set(source.value, from.values.get(source.value) as Value);
      }
    }
  }

  /** `base` where it is free, else `base_1`, `base_2`, …. */
  freshName(base: string): string {
    return fresh(
      base,
      this.#taken,
      (name) => this.#values.has(name) || (this.#from?.values.has(name) ?? false),
    );
  }

  freshNodeName(base: string): string {
    return fresh(base, this.#takenNodes, (name) => this.#nodeNames.has(name) || this.#fromNodes.has(name));
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  value(name: string): Value {
    const value = this.#values.get(name);
    invariant(value !== undefined, "unknown value", () => name);
    return value;
  }

  addSource(source: Source, value: Value): string {
    invariant(!this.#values.has(value.name), "value defined twice", () => value.name);
    this.#values.set(value.name, value);
    this.#sources.push(source);
    return value.name;
  }

  /** Appends a node; its inputs must be defined already, except what a region's graph captures. */
  addNode(node: Node, outputs: readonly Value[]): void {
    for (const value of outputs) {
      invariant(!this.#values.has(value.name), "value defined twice", () => value.name);
      this.#values.set(value.name, value);
    }
    this.#nodeNames.add(node.name);
    this.#nodes.push(node);
  }

  /** Gives a node, by its position, a further output. */
  addOutput(position: number, value: Value): void {
    const node = this.#nodes[position];
    invariant(node !== undefined, "no node at this position", () => `${position}`);
    invariant(!this.#values.has(value.name), "value defined twice", () => value.name);
    this.#values.set(value.name, value);
    this.#nodes[position] = { ...node, outputs: [...node.outputs, value.name] };
  }

  /** Changes what is known of a value (its hint, its layout). */
  updateValue(name: string, change: Partial<Value>): void {
    this.#values.set(name, { ...this.value(name), ...change });
  }

  get values(): ReadonlyMap<string, Value> {
    return this.#values;
  }

  get nodes(): readonly Node[] {
    return this.#nodes;
  }

  get sources(): readonly Source[] {
    return this.#sources;
  }

  finish(
    outputs: readonly GraphOutput[],
    rest: Partial<Pick<Graph, "layers" | "layerStages" | "mesh" | "opsets">> = {},
  ): Graph {
    return {
      name: this.name,
      sources: this.#sources,
      nodes: this.#nodes,
      outputs,
      values: this.#values,
      ...rest,
    };
  }
}

/** `base`, or the first free name of those that follow; `counts` remembers how far it came. */
function fresh(base: string, counts: Map<string, number>, taken: (name: string) => boolean): string {
  if (!taken(base)) return base;
  let count = counts.get(base) ?? 0;
  let name: string;
  do name = `${base}_${++count}`;
  while (taken(name));
  counts.set(base, count);
  return name;
}
