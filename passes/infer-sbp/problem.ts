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
import { broadcast, printNdSbp, type Mesh, type NdSbp, type Sbp } from "../../src/ir/layout.ts";
import { printType, type TensorType } from "../../src/ir/types.ts";
import { isLocalBoxing } from "../../src/sbp/boxing.ts";
import type { BoxingPaths } from "../../src/sbp/boxing-path.ts";
import type { Signature } from "../../src/sbp/signature.ts";
import type { Edge, Problem, Variable } from "../../src/search/problem.ts";
import { present } from "../../src/support/assert.ts";
import { staticTensor, type NodeCall } from "./calls.ts";
import {
  holdings,
  type Candidate,
  type CandidateSet,
  type Candidates,
  type LayoutList,
  type Partials,
} from "./candidates.ts";
import { alike, violations, type ResolvedHint } from "./hints.ts";
import type { Units } from "./units.ts";
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

/** What every problem on one graph and mesh has in common. */
export interface Setting {
  readonly graph: Graph;
  readonly mesh: Mesh;
  readonly calls: readonly NodeCall[];
  readonly candidates: Candidates;
  readonly paths: BoxingPaths;
  readonly units: Units;
  readonly partials: Partials;
  readonly hints: ReadonlyMap<string, ResolvedHint>;
  /** Whether `candidates` and `paths` state costs as they are; see `infer-sbp`. */
  readonly exact: boolean;
}

/** What is asked of one problem. */
export interface Request {
  /** Mesh axes whose components are to be chosen; the others stay as in `current` (broadcast where it is absent). */
  readonly active: ReadonlySet<number>;
  readonly current?: Assignment;
  /** Bytes left for each stage, and the values that count towards them beside parameters and inputs. */
  readonly memory?: { readonly limits: readonly number[]; readonly live: readonly ReadonlySet<string>[] };
}

/** Seconds that a layout costs which a layer's own hint does not allow: more than any plan takes, so that fewest are broken. */
const penalty = 1e4;

/** Proxies with more options are left out: their takers then pay for boxing one by one. */
const mostProxyOptions = 600;

/** A variable whose options give a value in some layout. */
interface Maker {
  readonly variable: number;
  readonly list: LayoutList;
  /** Undefined for a source, which every stage holds. */
  readonly stage: number | undefined;
}

/** A variable whose options take a value in some layout. */
interface Taker {
  readonly variable: number;
  readonly list: LayoutList;
  readonly stage: number;
}

interface ProxyTable {
  /** Per option: index of the layout as made, and of the further one in `extra` (-1: none). */
  readonly made: readonly number[];
  readonly boxed: readonly number[];
  readonly extra: readonly NdSbp[];
  readonly costs: Float64Array;
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

  constructor(setting: Setting, request: Request, cache: TableCache) {
    this.#setting = setting;
    this.#request = request;
    this.#cache = cache;
    this.#sources = sourcesByValue(setting.graph);
    this.#sets = setting.calls.map((call, i) =>
      setting.candidates.set(call, setting.units, setting.partials, this.#fixedParts(i)),
    );
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
      if (hint.hint.strength !== "soft" || layout === undefined) continue;
      const axes = violations(hint, layout, this.#setting.mesh);
      if (axes.length > 0) broken.push({ hint, axes });
    }
    return broken;
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
      const costs = Float64Array.from(set.candidates, (candidate) => candidate.seconds);
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
            costs[x] = (costs[x] as number) + (seconds[list.of[x] as number] as number);
          if (resource === undefined || source.kind === "constant") return;
          const bytes = list.layouts.map((wanted) => localBytes(type, heldFor(wanted), mesh));
          for (let x = 0; x < costs.length; x++)
            resource[x] = (resource[x] as number) + (bytes[list.of[x] as number] as number);
          return;
        }
        push(this.#takers, name, { variable: i, list, stage });
      });
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
      const layouts = holdings(
        type,
        units.get(source.value),
        mesh,
        this.#fixedComponents(this.#request.current?.sources.get(source.value)),
      );
      const variable = this.#variables.length;
      const costs = new Float64Array(layouts.length);
      const list: LayoutList = { layouts, of: layouts.map((_, i) => i) };
      const stage = Math.min(...(this.#takers.get(source.value) ?? []).map((taker) => taker.stage));
      this.#variables.push(
        this.#request.memory === undefined || !Number.isFinite(stage)
          ? { costs }
          : {
              costs,
              resource: Float64Array.from(layouts, (layout) => localBytes(type, layout, mesh)),
              group: stage,
            },
      );
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
      const byStage = new Map<number, Taker[]>();
      for (const taker of takers) push(byStage, taker.stage, taker);
      for (const [stage, group] of byStage) {
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
              this.#cache.boxing(this.#setting, type, maker.list, taker.list, from, stage),
            );
          }
          continue;
        }
        const variable = this.#variables.length;
        this.#variables.push({ costs: proxy.costs });
        this.#edge(maker.variable, variable, this.#cache.madeAs(maker.list, proxy));
        for (const taker of group) {
          this.#edge(
            variable,
            taker.variable,
            this.#cache.fromProxy(this.#setting, type, maker.list, proxy, taker.list, from, stage),
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
    const { graph, mesh, hints } = this.#setting;
    for (const hint of hints.values()) {
      const maker = this.#makers.get(hint.value);
      if (maker === undefined) continue;
      const weight = hint.hint.strength === "hard" ? Infinity : penalty;
      const perLayout = maker.list.layouts.map((layout) => {
        const broken = violations(hint, layout, mesh).filter((axis) => this.#request.active.has(axis));
        return broken.length === 0 ? 0 : weight * broken.length;
      });
      this.#addCosts(
        maker.variable,
        Float64Array.from(maker.list.of, (layout) => perLayout[layout] as number),
      );
      if (this.#sources.get(hint.value)?.kind === "parameter" && hint.hint.strength === "soft")
        this.#takeAsHeld(hint);
      if (hint.like === undefined) continue;
      const other = this.#makers.get(hint.like);
      if (other === undefined) continue;
      this.#edge(other.variable, maker.variable, this.#likeness(hint, other.list, maker.list, weight));
    }
    // Regions take what they capture whole.
    for (const { node } of this.#setting.calls) {
      for (const name of captures(node)) {
        const maker = this.#makers.get(name);
        if (maker === undefined || staticTensor(graph, name) === undefined) continue;
        const whole = maker.list.layouts.map((layout) => layout.every((sbp) => sbp.kind === "B"));
        this.#addCosts(
          maker.variable,
          Float64Array.from(maker.list.of, (layout) => (whole[layout] === true ? 0 : Infinity)),
        );
      }
    }
  }

  /** A layer that says how a parameter is held means it to be used so: gathering it for every use is not what was asked. */
  #takeAsHeld(hint: ResolvedHint): void {
    for (const { variable, list } of this.#takers.get(hint.value) ?? []) {
      const perLayout = list.layouts.map((layout) => {
        const broken = violations(hint, layout, this.#setting.mesh).filter((axis) =>
          this.#request.active.has(axis),
        );
        return broken.length * penalty;
      });
      this.#addCosts(
        variable,
        Float64Array.from(list.of, (layout) => perLayout[layout] as number),
      );
    }
  }

  #addCosts(variable: number, costs: Float64Array): void {
    const known = this.#variables[variable] as Variable;
    this.#variables[variable] = {
      ...known,
      costs: known.costs.map((cost, x) => cost + (costs[x] as number)),
    };
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

/** Tables of boxing costs, each computed once and handed out as the same array. */
export class TableCache {
  readonly #ids = new WeakMap<LayoutList, number>();
  readonly #lists = new Map<string, LayoutList>();
  readonly #tables = new Map<string, Float64Array>();
  readonly #proxies = new Map<string, ProxyTable | undefined>();
  readonly #proxyIds = new WeakMap<ProxyTable, number>();
  #lastId = 0;
  #free: { setting: Setting; names: ReadonlySet<string> } | undefined;

  /** Sources without a hint that one node takes once; see `LayoutProblem`. */
  freeSources(setting: Setting): ReadonlySet<string> {
    if (this.#free?.setting !== setting) {
      const uses = new Map<string, number>();
      const use = (name: string, times: number) => uses.set(name, (uses.get(name) ?? 0) + times);
      for (const { node } of setting.calls) {
        for (const name of node.inputs) if (name !== null) use(name, 1);
        for (const name of captures(node)) use(name, 2);
      }
      for (const { value } of setting.graph.outputs) use(value, 2);
      for (const { value, like } of setting.hints.values()) {
        use(value, 2);
        if (like !== undefined) use(like, 2);
      }
      const names = setting.graph.sources.filter(
        (source) => source.kind !== "constant" && uses.get(source.value) === 1,
      );
      this.#free = { setting, names: new Set(names.map((source) => source.value)) };
    }
    return this.#free.names;
  }

  /** The list itself, or an equal one handed in before. */
  sharedList(list: LayoutList): LayoutList {
    const key = list.layouts.map(printNdSbp).join(";");
    const known = this.#lists.get(key);
    if (known !== undefined) return known;
    this.#lists.set(key, list);
    return list;
  }

  #id(list: LayoutList): number {
    let id = this.#ids.get(list);
    if (id === undefined) this.#ids.set(list, (id = ++this.#lastId));
    return id;
  }

  #table(
    key: string,
    rows: number,
    columns: number,
    cost: (row: number, column: number) => number,
  ): Float64Array {
    let table = this.#tables.get(key);
    if (table === undefined) {
      table = new Float64Array(rows * columns);
      for (let x = 0; x < rows; x++) for (let y = 0; y < columns; y++) table[x * columns + y] = cost(x, y);
      this.#tables.set(key, table);
    }
    return table;
  }

  /** Seconds between two lists of layouts: rows of `from`, columns of `to`. */
  #seconds(
    setting: Setting,
    type: TensorType,
    from: readonly NdSbp[],
    to: readonly NdSbp[],
    fromStage: number,
    toStage: number,
  ): number[][] {
    return from.map((a) => to.map((b) => setting.paths.seconds(type, a, b, fromStage, toStage)));
  }

  /** Options of a maker by options of a taker. */
  boxing(
    setting: Setting,
    type: TensorType,
    made: LayoutList,
    taken: LayoutList,
    fromStage: number,
    toStage: number,
  ): Float64Array {
    const key = `${this.#id(made)} ${this.#id(taken)} ${printType(type)} ${fromStage}>${toStage}`;
    let seconds: number[][] | undefined;
    return this.#table(key, made.of.length, taken.of.length, (x, y) => {
      seconds ??= this.#seconds(setting, type, made.layouts, taken.layouts, fromStage, toStage);
      return seconds[made.of[x] as number]?.[taken.of[y] as number] as number;
    });
  }

  /** The proxy of a value with several takers; undefined where nothing can be shared, or there would be too many options. */
  proxy(
    setting: Setting,
    type: TensorType,
    made: LayoutList,
    taken: readonly LayoutList[],
    fromStage: number,
    toStage: number,
  ): ProxyTable | undefined {
    const lists = [made, ...taken].map((list) => this.#id(list));
    const key = `${lists.join()} ${printType(type)} ${fromStage}>${toStage}`;
    if (!this.#proxies.has(key))
      this.#proxies.set(key, makeProxy(setting, type, made, taken, fromStage, toStage));
    return this.#proxies.get(key);
  }

  #proxyId(proxy: ProxyTable): number {
    let id = this.#proxyIds.get(proxy);
    if (id === undefined) this.#proxyIds.set(proxy, (id = ++this.#lastId));
    return id;
  }

  /** Forbids proxy options that say another layout than is made. */
  madeAs(made: LayoutList, proxy: ProxyTable): Float64Array {
    const key = `made ${this.#id(made)} ${this.#proxyId(proxy)}`;
    return this.#table(key, made.of.length, proxy.made.length, (x, y) =>
      made.of[x] === proxy.made[y] ? 0 : Infinity,
    );
  }

  /** Options of a proxy by options of a taker. */
  fromProxy(
    setting: Setting,
    type: TensorType,
    made: LayoutList,
    proxy: ProxyTable,
    taken: LayoutList,
    fromStage: number,
    toStage: number,
  ): Float64Array {
    const key = `taken ${this.#proxyId(proxy)} ${this.#id(taken)}`;
    let direct: number[][] | undefined;
    let boxed: number[][] | undefined;
    return this.#table(key, proxy.made.length, taken.of.length, (x, y) => {
      direct ??= this.#seconds(setting, type, made.layouts, taken.layouts, fromStage, toStage);
      boxed ??= this.#seconds(setting, type, proxy.extra, taken.layouts, toStage, toStage);
      const own = direct[proxy.made[x] as number]?.[taken.of[y] as number] as number;
      const extra = proxy.boxed[x] as number;
      return extra < 0 ? own : Math.min(own, boxed[extra]?.[taken.of[y] as number] as number);
    });
  }
}

function makeProxy(
  setting: Setting,
  type: TensorType,
  made: LayoutList,
  taken: readonly LayoutList[],
  fromStage: number,
  toStage: number,
): ProxyTable | undefined {
  const wishes = new Map<string, { layout: NdSbp; takers: number }>();
  for (const list of taken) {
    for (const layout of list.layouts) {
      const wish = wishes.get(printNdSbp(layout));
      if (wish === undefined) wishes.set(printNdSbp(layout), { layout, takers: 1 });
      else wish.takers++;
    }
  }
  const extra = [...wishes.values()].filter((wish) => wish.takers > 1).map((wish) => wish.layout);
  const options: { made: number; boxed: number; cost: number }[] = [];
  made.layouts.forEach((layout, m) => {
    options.push({ made: m, boxed: -1, cost: 0 });
    extra.forEach((wanted, b) => {
      const path = setting.paths.path(type, layout, wanted, fromStage, toStage);
      // What every device does alone is not worth an option.
      if (path.steps.some((step) => !isLocalBoxing(step.kind)))
        options.push({ made: m, boxed: b, cost: path.seconds });
    });
  });
  if (options.length === made.layouts.length || options.length > mostProxyOptions) return undefined;
  return {
    made: options.map((option) => option.made),
    boxed: options.map((option) => option.boxed),
    extra,
    costs: Float64Array.from(options, (option) => option.cost),
  };
}

function push<K, V>(map: Map<K, V[]>, key: K, item: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [item]);
  else list.push(item);
}
