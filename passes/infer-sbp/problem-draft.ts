/**
 * A problem of choices (see `problem.ts`) while it is put together: its variables and edges, and what they stand for: who makes
 * a value, who takes it, where sources and outputs are held.
 */
import { sourcesByValue, type Source } from "../../src/ir/graph.ts";
import type { NdSbp } from "../../src/ir/layout.ts";
import type { Edge, Variable } from "../../src/search/problem.ts";
import type { TableCache } from "./boxing-tables.ts";
import type { CandidateSet, LayoutList } from "./candidates.ts";
import type { Setting } from "./setting.ts";

/** A variable whose options give a value in some layout. */
interface Maker {
  readonly variable: number;
  readonly list: LayoutList;
  /** Undefined for a source, which every stage holds. */
  readonly stage: number | undefined;
}

/** A variable whose options take a value in some layout. */
export interface Taker {
  readonly variable: number;
  readonly list: LayoutList;
  readonly stage: number;
  /** Takers of a value that are in the same group share its boxing. */
  readonly group: string;
  /** How often it is boxed for this taker, of the micro-batches of a step. */
  readonly frequency: number;
  /** Whether it is taken in the layout in which it is held. */
  readonly asHeld: boolean;
}

/** A variable that chooses how a source is held or an output is given. */
interface Holder {
  readonly variable: number;
  /** One per option. */
  readonly layouts: readonly NdSbp[];
}

export class ProblemDraft {
  readonly setting: Setting;
  /** Mesh axes whose components are to be chosen. */
  readonly active: ReadonlySet<number>;
  readonly cache: TableCache;
  readonly sources: ReadonlyMap<string, Source>;
  /** In the order of the graph's nodes, which are the first variables. */
  readonly sets: readonly CandidateSet[];
  readonly variables: Variable[] = [];
  readonly edges: Edge[] = [];
  readonly makers = new Map<string, Maker>();
  readonly takers = new Map<string, Taker[]>();
  readonly heldSources = new Map<string, Holder>();
  readonly heldOutputs = new Map<string, Holder>();
  /** By variable of a proxy, the value that it stands for. */
  readonly proxied = new Map<number, string>();
  /** By variable, what hints add to its costs. */
  readonly hintCosts = new Map<number, Float64Array>();

  constructor(
    setting: Setting,
    active: ReadonlySet<number>,
    cache: TableCache,
    sets: readonly CandidateSet[],
  ) {
    this.setting = setting;
    this.active = active;
    this.cache = cache;
    this.sets = sets;
    this.sources = sourcesByValue(setting.graph);
  }

  /** A source that has the layout its only taker wants. */
  isFree(name: string): boolean {
    const source = this.sources.get(name);
    return (
      source !== undefined && source.kind !== "constant" && this.cache.freeSources(this.setting).has(name)
    );
  }

  /** The number of the variable. */
  addVariable(variable: Variable): number {
    return this.variables.push(variable) - 1;
  }

  addEdge(a: number, b: number, costs: Float64Array): void {
    this.edges.push({ a, b, costs });
  }

  addTaker(name: string, taker: Taker): void {
    const takers = this.takers.get(name);
    if (takers === undefined) this.takers.set(name, [taker]);
    else takers.push(taker);
  }

  /** Adds what a hint costs to every option of a variable. */
  addHintCosts(variable: number, costs: Float64Array): void {
    const known = this.variables[variable] as Variable;
    const added = (all: Float64Array) => all.map((cost, x) => cost + (costs[x] as number));
    this.variables[variable] = { ...known, costs: added(known.costs) };
    this.hintCosts.set(variable, added(this.hintCosts.get(variable) ?? new Float64Array(costs.length)));
  }
}
