/**
 * The choice of layouts as a problem of choices (`src/search`).
 *
 * Variables: every node, with its candidate signatures; every source that several nodes take or that somebody asked a layout
 * of; every graph output that may be made partial; and a proxy for every value that several nodes of a stage take. A source
 * with one taker and no hint has the layout its taker wants, so it is no variable. Edges: the seconds of the cheapest boxing
 * between what the maker of a value gives and what a taker wants.
 *
 * A proxy is what makes a boxing that several takers share cost once. Its options are pairs (layout as made, one further
 * layout that is had by boxing, or none); it pays for that boxing, and every taker uses the cheaper of the two.
 */
import { captures, sourcesByValue, typeOf, type Graph, type Source } from "../../src/ir/graph.ts";
import { broadcast, printNdSbp, sbpEqual, type NdSbp, type Sbp } from "../../src/ir/layout.ts";
import { isSplittable } from "../../src/sbp/geometry.ts";
import type { Signature } from "../../src/sbp/signature.ts";
import type { Edge, Problem, Variable } from "../../src/search/problem.ts";
import { present } from "../../src/support/assert.ts";
import { staticTensor, type NodeCall } from "./calls.ts";
import { holdings, type Candidate, type CandidateSet, type LayoutList } from "./candidates.ts";
import { alike, violations, type ResolvedHint } from "./hints.ts";
import type { TableCache } from "./boxing-tables.ts";
import type { Setting } from "./setting.ts";
import { frequencyOf, sharingGroup } from "../../src/sbp/sharing.ts";
import { localBytes } from "./work.ts";

/** A complete choice of layouts. */
export interface Assignment {
  /** In the order of the graph's nodes. */
  readonly nodes: readonly Candidate[];
  /** Layouts in which sources are held. */
  readonly sources: ReadonlyMap<string, NdSbp>;
  /** Layouts in which the graph's outputs are given, by value, where they may be made partial. */
  readonly outputs: ReadonlyMap<string, NdSbp>;
}

/** What is asked of one problem. */
export interface Request {
  /** Mesh axes whose components are to be chosen; the others stay as in `current` (broadcast where it is absent). */
  readonly active: ReadonlySet<number>;
  readonly current?: Assignment;
  /**
   * Whether options that break what was asked are left out where others are left: an optimum that costs less than `penalty` is one
   * of all options.
   */
  readonly obeying?: boolean;
  /** Bytes left for each stage, and the values that count towards them beside parameters and inputs. */
  readonly memory?: { readonly limits: readonly number[]; readonly live: readonly ReadonlySet<string>[] };
}

/** Seconds that a layout costs which a layer's own hint does not allow: more than any plan takes, so that fewest are broken. */
export const penalty = 1e4;

/** A variable whose options give a value in some layout. */
interface Maker {
  readonly variable: number;
  readonly list: LayoutList;
  /** Undefined for a source, which every stage holds. */
  readonly stage: number | undefined;
}

/** The variable that decides the layout of a value. */
export interface Decider {
  readonly variable: number;
  /** Layout of the value under every option. */
  readonly layouts: readonly NdSbp[];
  /** The only node that takes a source which is held as that node wants it. */
  readonly taker?: string;
}

/** A variable whose options take a value in some layout. */
interface Taker {
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

export class LayoutProblem {
  readonly problem: Problem;
  readonly #setting: Setting;
  readonly #request: Request;
  readonly #sets: readonly CandidateSet[];
  readonly #variables: Variable[] = [];
  readonly #edges: Edge[] = [];
  readonly #makers = new Map<string, Maker>();
  readonly #takers = new Map<string, Taker[]>();
  readonly #sources: ReadonlyMap<string, Source>;
  readonly #heldSources = new Map<string, { variable: number; layouts: readonly NdSbp[] }>();
  readonly #heldOutputs = new Map<string, { variable: number; layouts: readonly NdSbp[] }>();
  readonly #cache: TableCache;
  /** By variable of a proxy, the value that it stands for. */
  readonly #proxied = new Map<number, string>();
  /** By variable, what hints add to its costs. */
  readonly #hintCosts = new Map<number, Float64Array>();

  constructor(setting: Setting, request: Request, cache: TableCache) {
    this.#setting = setting;
    this.#request = request;
    this.#cache = cache;
    this.#sources = sourcesByValue(setting.graph);
    this.#sets = setting.calls.map((call, i) => {
      const set = setting.candidates.set(call, setting.units, setting.partials, this.#fixedParts(i));
      return request.obeying === true ? this.#obeying(call, set) : set;
    });
    this.#addNodes();
    this.#addSources();
    this.#addOutputs();
    this.#addBoxing();
    this.#addHints();
    const limits = request.memory?.limits;
    this.problem = {
      variables: this.#variables,
      edges: this.#edges,
      ...(limits === undefined ? {} : { limits }),
    };
  }

  /** The first node that has no option, if any. */
  get impossible(): NodeCall | undefined {
    return this.#setting.calls[this.#sets.findIndex((set) => set.candidates.length === 0)];
  }

  /** Whether some node has more options than `most`. */
  static isLarge(setting: Setting, most: number): boolean {
    return setting.calls.some((call) => {
      const counts = setting.mesh.axes.map(
        (axis) => setting.candidates.signatures(call, axis.size, setting.units).length,
      );
      return counts.reduce((n, count) => n * count, 1) > most;
    });
  }

  decode(choice: readonly number[]): Assignment {
    const nodes = this.#sets.map((set, i) =>
      present(set.candidates[choice[i] as number], "choice out of range"),
    );
    const sources = new Map<string, NdSbp>();
    const whole = this.#setting.mesh.axes.map(() => broadcast);
    for (const { value } of this.#setting.graph.sources) {
      const held = this.#heldSources.get(value);
      sources.set(
        value,
        held === undefined ? whole : (held.layouts[choice[held.variable] as number] as NdSbp),
      );
    }
    this.#setting.calls.forEach(({ node }, i) => {
      node.inputs.forEach((name, k) => {
        const wanted = nodes[i]?.signature.inputs[k];
        if (name !== null && wanted != null && this.#isFree(name)) sources.set(name, heldFor(wanted));
      });
    });
    const outputs = new Map<string, NdSbp>();
    for (const [value, { variable, layouts }] of this.#heldOutputs)
      outputs.set(value, layouts[choice[variable] as number] as NdSbp);
    return { nodes, sources, outputs };
  }

  /** Values whose layer's own hint the choice does not keep, with the mesh axes concerned. */
  brokenHints(assignment: Assignment): { hint: ResolvedHint; axes: readonly number[] }[] {
    const layouts = layoutsOf(this.#setting.graph, assignment);
    const broken: { hint: ResolvedHint; axes: readonly number[] }[] = [];
    for (const hint of this.#setting.hints.values()) {
      const layout = layouts.get(hint.value);
      if (hint.hint.strength === "hard" || layout === undefined) continue;
      const axes = violations(hint, layout, this.#setting.mesh);
      if (axes.length > 0) broken.push({ hint, axes });
    }
    return broken;
  }

  // --- what variables stand for, for those who explain a choice

  /** The variable that decides a value's layout, with the layout under each option; undefined for constants. */
  decides(value: string): Decider | undefined {
    const maker = this.#makers.get(value);
    if (maker !== undefined) {
      const { variable, list } = maker;
      return { variable, layouts: list.of.map((i) => list.layouts[i] as NdSbp) };
    }
    for (const [i, { node }] of this.#setting.calls.entries()) {
      const k = node.inputs.indexOf(value);
      const list = k < 0 ? null : this.#sets[i]?.inputs[k];
      if (list == null || !this.#isFree(value)) continue;
      return {
        variable: i,
        layouts: list.of.map((at) => heldFor(list.layouts[at] as NdSbp)),
        taker: node.name,
      };
    }
    return undefined;
  }

  /** The candidates of a variable that is a node; undefined for any other. */
  candidatesOf(variable: number): CandidateSet["candidates"] | undefined {
    return this.#sets[variable]?.candidates;
  }

  /** What hints add to the costs of a variable's options. */
  hintCosts(variable: number): Float64Array | undefined {
    return this.#hintCosts.get(variable);
  }

  /** The value whose boxing a variable shares among its takers; undefined for what is no proxy. */
  proxied(variable: number): string | undefined {
    return this.#proxied.get(variable);
  }

  /** Node, source or output that a variable chooses for. */
  nameOf(variable: number): string {
    const { calls } = this.#setting;
    if (variable < calls.length) return calls[variable]?.node.name ?? "";
    for (const [value, held] of this.#heldSources) if (held.variable === variable) return value;
    for (const [value, held] of this.#heldOutputs) if (held.variable === variable) return `output ${value}`;
    return this.#proxied.get(variable) ?? "";
  }

  // --- variables

  #fixedParts(node: number): (Signature | undefined)[] {
    const { active, current } = this.#request;
    return this.#setting.mesh.axes.map((axis, a) => {
      if (active.has(a)) return undefined;
      const call = this.#setting.calls[node] as NodeCall;
      return (
        current?.nodes[node]?.parts[a] ??
        this.#setting.candidates.signatures(call, axis.size, this.#setting.units)[0]
      );
    });
  }

  #fixedComponents(layout: NdSbp | undefined): (Sbp | undefined)[] {
    return this.#setting.mesh.axes.map((_, a) =>
      this.#request.active.has(a) ? undefined : (layout?.[a] ?? broadcast),
    );
  }

  #addNodes(): void {
    const { calls, mesh } = this.#setting;
    const memory = this.#request.memory;
    calls.forEach(({ node, outputs }, i) => {
      const set = this.#sets[i] as CandidateSet;
      const stage = node.stage ?? 0;
      const frequency = frequencyOf(node, this.#setting.microbatches);
      const costs = Float64Array.from(set.candidates, (candidate) => candidate.seconds * frequency);
      const resource = memory === undefined ? undefined : new Float64Array(costs.length);
      node.inputs.forEach((name, k) => {
        const list = set.inputs[k];
        if (name === null || list == null) return;
        const source = this.#sources.get(name);
        const type = staticTensor(this.#setting.graph, name);
        if (
          source !== undefined &&
          type !== undefined &&
          (source.kind === "constant" || this.#isFree(name))
        ) {
          const seconds = list.layouts.map((wanted) =>
            this.#setting.paths.seconds(
              type,
              source.kind === "constant" ? wanted.map(() => broadcast) : heldFor(wanted),
              wanted,
              stage,
              stage,
            ),
          );
          for (let x = 0; x < costs.length; x++)
            costs[x] = (costs[x] as number) + frequency * (seconds[list.of[x] as number] as number);
          if (resource === undefined || source.kind === "constant") return;
          const bytes = list.layouts.map((wanted) => localBytes(type, heldFor(wanted), mesh));
          for (let x = 0; x < costs.length; x++)
            resource[x] = (resource[x] as number) + (bytes[list.of[x] as number] as number);
          return;
        }
        push(this.#takers, name, {
          variable: i,
          list,
          stage,
          group: sharingGroup(node, source !== undefined),
          frequency,
          asHeld: this.#setting.calls[i]?.definition?.asHeld?.includes(k) === true,
        });
      });
      // Regions take what they capture whole.
      for (const name of captures(node)) {
        const layouts = [mesh.axes.map(() => broadcast)];
        const list = this.#cache.sharedList({ layouts, of: set.candidates.map(() => 0) });
        const group = sharingGroup(node, this.#sources.has(name));
        push(this.#takers, name, { variable: i, list, stage, group, frequency, asHeld: false });
      }
      node.outputs.forEach((name, k) => {
        const list = set.outputs[k] as LayoutList;
        this.#makers.set(name, { variable: i, list, stage });
        if (resource === undefined || memory?.live[stage]?.has(name) !== true) return;
        const bytes = list.layouts.map((layout) => localBytes(outputs[k] ?? null, layout, mesh));
        for (let x = 0; x < costs.length; x++)
          resource[x] = (resource[x] as number) + (bytes[list.of[x] as number] as number);
      });
      this.#variables.push(resource === undefined ? { costs } : { costs, resource, group: stage });
    });
  }

  /** A source that has the layout its only taker wants. */
  #isFree(name: string): boolean {
    const source = this.#sources.get(name);
    return (
      source !== undefined && source.kind !== "constant" && this.#cache.freeSources(this.#setting).has(name)
    );
  }

  #addSources(): void {
    const { graph, mesh, units } = this.#setting;
    for (const source of graph.sources) {
      if (source.kind === "constant" || this.#isFree(source.value)) continue;
      const type = typeOf(graph, source.value);
      const all = holdings(
        type,
        units.get(source.value),
        mesh,
        this.#fixedComponents(this.#request.current?.sources.get(source.value)),
      );
      const allowed =
        this.#request.obeying === true ? all.filter((layout) => this.#allows(source.value, layout)) : all;
      const layouts = allowed.length === 0 ? all : allowed;
      const variable = this.#variables.length;
      const costs = new Float64Array(layouts.length);
      const list: LayoutList = { layouts, of: layouts.map((_, i) => i) };
      const stages = [...new Set((this.#takers.get(source.value) ?? []).map((taker) => taker.stage))];
      const resource = Float64Array.from(layouts, (layout) => localBytes(type, layout, mesh));
      const holders = this.#request.memory === undefined ? [] : stages;
      const [first, ...others] = holders;
      this.#variables.push(first === undefined ? { costs } : { costs, resource, group: first });
      // Every stage that takes it holds it: a variable counts towards one, so each further one gets a copy that is bound to it.
      for (const group of others) {
        this.#edge(variable, this.#variables.length, same(layouts.length));
        this.#variables.push({ costs, resource, group });
      }
      this.#makers.set(source.value, { variable, list: this.#cache.sharedList(list), stage: undefined });
      this.#heldSources.set(source.value, { variable, layouts });
    }
  }

  /** An output that may be made partial is wanted in some layout without partial components. */
  #addOutputs(): void {
    const { graph, mesh, units } = this.#setting;
    for (const { value } of graph.outputs) {
      const maker = this.#makers.get(value);
      if (maker?.stage === undefined || this.#heldOutputs.has(value)) continue;
      if (!maker.list.layouts.some((layout) => layout.some((sbp) => sbp.kind === "P"))) continue;
      const layouts = holdings(
        typeOf(graph, value),
        units.get(value),
        mesh,
        this.#fixedComponents(this.#request.current?.outputs.get(value)),
      );
      const variable = this.#variables.length;
      this.#variables.push({ costs: new Float64Array(layouts.length) });
      push(this.#takers, value, {
        variable,
        list: this.#cache.sharedList({ layouts, of: layouts.map((_, i) => i) }),
        stage: maker.stage,
        group: "",
        frequency: 1,
        asHeld: false,
      });
      this.#heldOutputs.set(value, { variable, layouts });
    }
  }

  // --- boxing

  #addBoxing(): void {
    for (const [name, takers] of this.#takers) {
      const type = staticTensor(this.#setting.graph, name);
      const maker = this.#makers.get(name);
      if (type === undefined || maker === undefined) continue;
      const groups = new Map<string, Taker[]>();
      for (const taker of takers) {
        if (taker.asHeld)
          this.#edge(maker.variable, taker.variable, this.#cache.asHeld(maker.list, taker.list));
        else push(groups, `${taker.stage} ${taker.group}`, taker);
      }
      for (const group of groups.values()) {
        const { stage, frequency } = group[0] as Taker;
        const from = maker.stage ?? stage;
        const proxy =
          group.length < 2
            ? undefined
            : this.#cache.proxy(
                this.#setting,
                type,
                maker.list,
                group.map((taker) => taker.list),
                from,
                stage,
              );
        if (proxy === undefined) {
          for (const taker of group) {
            this.#edge(
              maker.variable,
              taker.variable,
              this.#cache.scaled(
                this.#cache.boxing(this.#setting, type, maker.list, taker.list, from, stage),
                frequency,
              ),
            );
          }
          continue;
        }
        const variable = this.#variables.length;
        this.#variables.push({ costs: this.#cache.scaled(proxy.costs, frequency) });
        this.#proxied.set(variable, name);
        this.#edge(maker.variable, variable, this.#cache.madeAs(maker.list, proxy));
        for (const taker of group) {
          this.#edge(
            variable,
            taker.variable,
            this.#cache.scaled(
              this.#cache.fromProxy(this.#setting, type, maker.list, proxy, taker.list, from, stage),
              frequency,
            ),
          );
        }
      }
    }
  }

  #edge(a: number, b: number, costs: Float64Array): void {
    this.#edges.push({ a, b, costs });
  }

  // --- hints

  #addHints(): void {
    const { hints, forced } = this.#setting;
    for (const [value, layout] of forced) this.#force(value, layout);
    for (const hint of hints.values()) {
      const maker = this.#makers.get(hint.value);
      if (maker === undefined) continue;
      const weight = hint.hint.strength === "hard" ? Infinity : penalty;
      const perLayout = maker.list.layouts.map((layout) => {
        const count = this.#broken(hint, layout);
        return count === 0 ? 0 : weight * count;
      });
      this.#addCosts(
        maker.variable,
        Float64Array.from(maker.list.of, (layout) => perLayout[layout] as number),
      );
      if (this.#isTakenAsHeld(hint)) this.#takeAsHeld(hint);
      if (hint.like === undefined) continue;
      const other = this.#makers.get(hint.like);
      if (other === undefined) continue;
      this.#edge(other.variable, maker.variable, this.#likeness(hint, other.list, maker.list, weight));
    }
  }

  /** In how many ways a layout of its value is not what a hint asks on the mesh axes that are to be chosen. */
  #broken(hint: ResolvedHint, layout: NdSbp): number {
    return this.#violations(hint, layout) + (this.#leavesRoom(hint, layout) ? 0 : 1);
  }

  #violations(hint: ResolvedHint, layout: NdSbp): number {
    return violations(hint, layout, this.#setting.mesh).filter((axis) => this.#request.active.has(axis))
      .length;
  }

  #isForced(layout: NdSbp, asked: NdSbp): boolean {
    return layout.every((sbp, a) => !this.#request.active.has(a) || sbpEqual(sbp, asked[a] ?? broadcast));
  }

  /** Whether a layout of a value that is made breaks nothing that was asked of it. */
  #allows(value: string, layout: NdSbp): boolean {
    const { hints, forced } = this.#setting;
    const [hint, asked] = [hints.get(value), forced.get(value)];
    if (asked !== undefined && !this.#isForced(layout, asked)) return false;
    return hint === undefined || this.#broken(hint, layout) === 0;
  }

  /** The choices of a node that break nothing that was asked of its outputs, nor of inputs that are taken as they are held. */
  #obeying({ node }: NodeCall, set: CandidateSet): CandidateSet {
    const lists: { of: readonly number[]; allowed: readonly boolean[] }[] = [];
    const restrict = ({ layouts, of }: LayoutList, isAllowed: (layout: NdSbp) => boolean) => {
      const allowed = layouts.map(isAllowed);
      if (allowed.includes(false)) lists.push({ of, allowed });
    };
    const { hints, forced, candidates } = this.#setting;
    node.outputs.forEach((name, k) => {
      if (hints.has(name) || forced.has(name))
        restrict(set.outputs[k] as LayoutList, (layout) => this.#allows(name, layout));
    });
    node.inputs.forEach((name, k) => {
      const hint = name === null ? undefined : hints.get(name);
      const list = set.inputs[k];
      if (hint !== undefined && list != null && this.#isTakenAsHeld(hint))
        restrict(list, (layout) => this.#violations(hint, layout) === 0);
    });
    if (lists.length === 0) return set;
    const kept = [...set.candidates.keys()].filter((x) =>
      lists.every(({ of, allowed }) => allowed[of[x] as number] === true),
    );
    return kept.length === 0 ? set : candidates.part(set, kept);
  }

  #force(value: string, asked: NdSbp): void {
    const maker = this.#makers.get(value);
    if (maker === undefined) return;
    const allowed = maker.list.layouts.map((layout) => this.#isForced(layout, asked));
    this.#addCosts(
      maker.variable,
      Float64Array.from(maker.list.of, (layout) => (allowed[layout] === true ? 0 : Infinity)),
    );
  }

  /** Whether what is asked on the axes that are not to be chosen now can still be had beside what is chosen on the others. */
  #leavesRoom(hint: ResolvedHint, layout: NdSbp): boolean {
    const asked = layout.map((sbp, a) => (this.#request.active.has(a) ? sbp : (hint.components[a] ?? sbp)));
    return isSplittable(hint.shape, asked, this.#setting.mesh);
  }

  /**
   * A layer that says how a parameter is held, or by its layouts how a gradient is, means it to be used so: gathering it for every
   * use, or splitting it further and gathering what is made of it, is not what was asked.
   */
  #isTakenAsHeld({ hint, value, derived }: ResolvedHint): boolean {
    return derived || (hint.strength === "soft" && this.#sources.get(value)?.kind === "parameter");
  }

  #takeAsHeld(hint: ResolvedHint): void {
    for (const { variable, list } of this.#takers.get(hint.value) ?? []) {
      const perLayout = list.layouts.map((layout) => this.#violations(hint, layout) * penalty);
      this.#addCosts(
        variable,
        Float64Array.from(list.of, (layout) => perLayout[layout] as number),
      );
    }
  }

  #addCosts(variable: number, costs: Float64Array): void {
    const known = this.#variables[variable] as Variable;
    const added = (all: Float64Array) => all.map((cost, x) => cost + (costs[x] as number));
    this.#variables[variable] = { ...known, costs: added(known.costs) };
    this.#hintCosts.set(variable, added(this.#hintCosts.get(variable) ?? new Float64Array(costs.length)));
  }

  #likeness(hint: ResolvedHint, other: LayoutList, own: LayoutList, weight: number): Float64Array {
    const isSource = this.#sources.has(hint.value);
    const prints = own.layouts.map(printNdSbp);
    const table = new Float64Array(other.of.length * own.of.length);
    const equal = other.layouts.map((layout) => {
      const asked = printNdSbp(alike(layout, hint.shape, this.#setting.mesh, isSource));
      return prints.map((print) => print === asked);
    });
    other.of.forEach((a, x) =>
      own.of.forEach((b, y) => (table[x * own.of.length + y] = equal[a]?.[b] === true ? 0 : weight)),
    );
    return table;
  }
}

/** Allows only equal options of two variables of `count` options. */
function same(count: number): Float64Array {
  return Float64Array.from({ length: count * count }, (_, i) => (i % (count + 1) === 0 ? 0 : Infinity));
}

/** A source is never partial: where that is wanted it is held whole. */
function heldFor(wanted: NdSbp): NdSbp {
  return wanted.some((sbp) => sbp.kind === "P")
    ? wanted.map((sbp) => (sbp.kind === "P" ? broadcast : sbp))
    : wanted;
}

/** The layout of every value. */
export function layoutsOf(graph: Graph, assignment: Assignment): Map<string, NdSbp> {
  const layouts = new Map(assignment.sources);
  graph.nodes.forEach((node, i) => {
    node.outputs.forEach((name, k) => layouts.set(name, assignment.nodes[i]?.signature.outputs[k] as NdSbp));
  });
  return layouts;
}

function push<K, V>(map: Map<K, V[]>, key: K, item: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [item]);
  else list.push(item);
}
