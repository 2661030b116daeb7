/**
 * Tables of what boxing costs between the options of two variables, and the options of proxies (see `boxing-edges.ts`). Equal
 * tables are computed once and handed out as the same array, so that repeated layers cost nothing more.
 */
import { captures } from "../../src/ir/graph.ts";
import { printNdSbp, type NdSbp } from "../../src/ir/layout.ts";
import { printType, type TensorType } from "../../src/ir/types.ts";
import { isLocalBoxing } from "../../src/sbp/boxing.ts";
import type { LayoutList } from "./candidates.ts";
import type { Setting } from "./setting.ts";

/** Proxies with more options are left out: their takers then pay for boxing one by one. */
const mostProxyOptions = 600;

interface ProxyTable {
  /** Per option: index of the layout as made, and of the further one in `extra` (-1: none). */
  readonly made: readonly number[];
  readonly boxed: readonly number[];
  readonly extra: readonly NdSbp[];
  readonly costs: Float64Array;
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
      for (const value of setting.forced.keys()) use(value, 2);
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
      seconds ??= setting.paths.secondsTable(type, made.layouts, taken.layouts, fromStage, toStage);
      return seconds[made.of[x] as number]?.[taken.of[y] as number] as number;
    });
  }

  /** Allows only equal layouts: what is taken as it is held. */
  asHeld(made: LayoutList, taken: LayoutList): Float64Array {
    const prints = [made, taken].map((list) => list.layouts.map(printNdSbp));
    return this.#table(
      `held ${this.#id(made)} ${this.#id(taken)}`,
      made.of.length,
      taken.of.length,
      (x, y) => (prints[0]?.[made.of[x] as number] === prints[1]?.[taken.of[y] as number] ? 0 : Infinity),
    );
  }

  readonly #scaled = new Map<Float64Array, Map<number, Float64Array>>();

  /** The costs times `factor`; equal tables give the same array. */
  scaled(costs: Float64Array, factor: number): Float64Array {
    if (factor === 1) return costs;
    const known = this.#scaled.get(costs) ?? new Map<number, Float64Array>();
    this.#scaled.set(costs, known);
    let result = known.get(factor);
    if (result === undefined) known.set(factor, (result = costs.map((cost) => cost * factor)));
    return result;
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
      direct ??= setting.paths.secondsTable(type, made.layouts, taken.layouts, fromStage, toStage);
      boxed ??= setting.paths.secondsTable(type, proxy.extra, taken.layouts, toStage);
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
