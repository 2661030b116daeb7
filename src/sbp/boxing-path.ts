/**
 * The cheapest way from one layout to another: a shortest path over layouts, across stages where asked.
 *
 * States are the layouts made of B, the splits by single elements that the shape allows, and the kinds of partials and the
 * blocked splits that the two ends have. Windows are no states, for no path leads through them: they end one. An edge is one
 * `BoxingStep`. Across stages every layout may be sent as it is, so that scattering, sending the pieces and gathering them
 * again is found where it is cheaper.
 *
 * Paths from one layout form a tree: two targets that share the beginning of their paths share those steps. Prices of steps are
 * shared by all spaces of a type, and steps that are on no cheapest path are left out (`step-table.ts`).
 */
import { broadcast, split, type Mesh, type MeshAxis, type NdSbp, type Sbp } from "../ir/layout.ts";
import { ndSbpEqual, printNdSbp, printSbp } from "../ir/layout.ts";
import { knownShape, printType, type TensorType } from "../ir/types.ts";
import { present } from "../support/assert.ts";
import { cartesian, range, uniqueBy } from "../support/collections.ts";
import { Heap } from "../support/heap.ts";
import type { BoxingShape, BoxingStep } from "./boxing.ts";
import { StepTable, type BoxingPricer } from "./step-table.ts";

export interface BoxingPath {
  readonly steps: readonly BoxingStep[];
  readonly seconds: number;
}

const nothing: BoxingPath = { steps: [], seconds: 0 };

/** Cheapest paths on one mesh under one cost model, remembered. */
export class BoxingPaths {
  readonly mesh: Mesh;
  readonly #pricer: BoxingPricer;
  /** By type as text; `#spaces` finds the same by the type's identity. */
  readonly #byType = new Map<string, Spaces>();
  readonly #spaces = new WeakMap<TensorType, Spaces>();
  readonly #names = new WeakMap<NdSbp, Named>();

  constructor(mesh: Mesh, pricer: BoxingPricer) {
    this.mesh = mesh;
    this.#pricer = pricer;
  }

  /**
   * The cheapest path of a tensor of global `type` from `from` on one stage to `to` on another (or the same). There always
   * is one, over B. Both layouts are splittable and normalised.
   */
  path(type: TensorType, from: NdSbp, to: NdSbp, fromStage = 0, toStage = fromStage): BoxingPath {
    if (fromStage === toStage && ndSbpEqual(from, to)) return nothing;
    const [a, b] = [this.#named(from), this.#named(to)];
    return this.#space(type, a, b, fromStage, toStage).path(a.text, b);
  }

  /** Its seconds. */
  seconds(type: TensorType, from: NdSbp, to: NdSbp, fromStage = 0, toStage = fromStage): number {
    const [a, b] = [this.#named(from), this.#named(to)];
    if (fromStage === toStage && a.text === b.text) return 0;
    return this.#space(type, a, b, fromStage, toStage).secondsFrom(a.text)(b);
  }

  /** The seconds of one step of a path, which may lead on from windows: those are sent as they are. */
  stepSeconds(type: TensorType, { from, to, fromStage, toStage }: BoxingStep): number {
    const { table } = this.#spacesOf(type);
    const start = table.id(from, this.#named(from).text);
    return fromStage === toStage
      ? table.seconds(fromStage, start, table.id(to, this.#named(to).text))
      : table.sending(start, fromStage, toStage);
  }

  /** As `seconds`, from each of `from` (rows) to each of `to`. */
  secondsTable(
    type: TensorType,
    from: readonly NdSbp[],
    to: readonly NdSbp[],
    fromStage = 0,
    toStage = fromStage,
  ): number[][] {
    const targets = to.map((layout) => this.#named(layout));
    return from.map((layout) => {
      const source = this.#named(layout);
      // Neighbours in a list mostly name the same components, and so lie in the same space.
      let key: string | undefined;
      let seconds: ((target: Named) => number) | undefined;
      return targets.map((target) => {
        if (fromStage === toStage && source.text === target.text) return 0;
        if (seconds === undefined || target.key !== key) {
          seconds = this.#space(type, source, target, fromStage, toStage).secondsFrom(source.text);
          key = target.key;
        }
        return seconds(target);
      });
    });
  }

  #named(layout: NdSbp): Named {
    let named = this.#names.get(layout);
    if (named === undefined) {
      const extra = uniqueBy(layout.filter(needsNaming), printSbp);
      const windows = layout.some((sbp) => sbp.kind === "W");
      named = { layout, text: printNdSbp(layout), extra, key: extra.map(printSbp).join(" "), windows };
      this.#names.set(layout, named);
    }
    return named;
  }

  #spacesOf(type: TensorType): Spaces {
    let spaces = this.#spaces.get(type);
    if (spaces === undefined) {
      const text = printType(type);
      spaces = this.#byType.get(text);
      if (spaces === undefined) {
        spaces = {
          table: new StepTable(this.mesh, this.#pricer, type),
          byEnds: new Map(),
          byComponents: new Map(),
        };
        this.#byType.set(text, spaces);
      }
      this.#spaces.set(type, spaces);
    }
    return spaces;
  }

  #space(type: TensorType, from: Named, to: Named, fromStage: number, toStage: number): LayoutSpace {
    const spaces = this.#spacesOf(type);
    const ends = `${fromStage}>${toStage} ${from.key};${to.key}`;
    let space = spaces.byEnds.get(ends);
    if (space !== undefined) return space;
    const extra = uniqueBy([...from.extra, ...to.extra], printSbp);
    const key = `${fromStage}>${toStage} ${extra.map(printSbp).sort().join(" ")}`;
    space = spaces.byComponents.get(key);
    if (space === undefined) {
      space = new LayoutSpace(this.mesh, spaces.table, extra, fromStage, toStage);
      spaces.byComponents.set(key, space);
    }
    spaces.byEnds.set(ends, space);
    return space;
  }
}

/** What is known of one type. */
interface Spaces {
  readonly table: StepTable;
  /** By stages and what each end names, and by stages and all components that need naming. */
  readonly byEnds: Map<string, LayoutSpace>;
  readonly byComponents: Map<string, LayoutSpace>;
}

/** A layout's text and the components of it that not every space has. */
interface Named {
  readonly layout: NdSbp;
  readonly text: string;
  readonly extra: readonly Sbp[];
  readonly key: string;
  /** Whether it has windows. */
  readonly windows: boolean;
}

/** B and splits by single elements are in every space, windows in none. */
function needsNaming(sbp: Sbp): boolean {
  return sbp.kind === "P" || (sbp.kind === "S" && sbp.unit !== 1);
}

interface Tree {
  readonly distance: Float64Array;
  readonly previous: Int32Array;
}

/** Where one step leads from a state, and its seconds. */
interface Edges {
  readonly targets: Int32Array;
  readonly seconds: Float64Array;
  /** The least of the seconds. */
  readonly least: number;
}

/** How a path ends behind its last state. */
interface Ending {
  readonly state: number;
  /** The windows' number in the table; undefined where the state is the end. */
  readonly end: number | undefined;
  readonly seconds: number;
}

/** The ending of a path whose last state is its end. */
function nowhere(state: number): Ending {
  return { state, end: undefined, seconds: 0 };
}

/** All layouts between two kinds of ends. State index + n is the same layout on the destination stage. */
class LayoutSpace {
  readonly #table: StepTable;
  readonly #stages: readonly [number, number];
  /** The layouts, by their numbers in the table. */
  readonly #layouts: Int32Array;
  readonly #index: ReadonlyMap<string, number>;
  readonly #trees = new Map<number, Tree>();
  readonly #edges: (Edges | undefined)[] = [];
  readonly #reached: Heap;
  /** Ends with windows by their text, each with the steps that lead to it from every state. */
  readonly #endings = new Map<string, readonly Ending[]>();

  constructor(mesh: Mesh, table: StepTable, extra: readonly Sbp[], fromStage: number, toStage: number) {
    this.#table = table;
    this.#stages = [fromStage, toStage];
    const shape = knownShape(table.type);
    const layouts = cartesian(mesh.axes.map((axis) => componentsOn(shape, axis, extra))).filter(oneReduction);
    const ids = new Set(layouts.map((layout) => table.split(layout)).filter((id) => id !== undefined));
    this.#layouts = Int32Array.from(ids);
    this.#index = new Map([...ids].map((id, i) => [printNdSbp(table.layout(id)), i]));
    this.#reached = new Heap(this.#crosses() ? 2 * ids.size : ids.size);
  }

  /** The seconds of the cheapest path from a layout to another. */
  secondsFrom(from: string): (to: Named) => number {
    const source = this.#find(from);
    const { distance } = this.#tree(source);
    return (to) => {
      if (!to.windows) return distance[this.#target(to.text)] as number;
      const ending = this.#cheapestEnding(source, to);
      return (distance[ending.state] as number) + ending.seconds;
    };
  }

  path(from: string, to: Named): BoxingPath {
    const source = this.#find(from);
    const { distance, previous } = this.#tree(source);
    const ending = to.windows ? this.#cheapestEnding(source, to) : nowhere(this.#target(to.text));
    const steps: BoxingStep[] = [];
    for (let at = ending.state; at !== source; at = previous[at] as number)
      steps.push(this.#step(previous[at] as number, at));
    return {
      steps: [...steps.toReversed(), ...this.#lastSteps(ending)],
      seconds: (distance[ending.state] as number) + ending.seconds,
    };
  }

  #find(layout: string): number {
    return present(
      this.#index.get(layout),
      "layout is not splittable and normalised",
      () => `${layout} of ${printType(this.#table.type)}`,
    );
  }

  #target(layout: string): number {
    return this.#crosses() ? this.#find(layout) + this.#layouts.length : this.#find(layout);
  }

  #cheapestEnding(source: number, to: Named): Ending {
    const { distance } = this.#tree(source);
    let endings = this.#endings.get(to.text);
    if (endings === undefined) this.#endings.set(to.text, (endings = this.#endingsAt(to.layout)));
    const cost = ({ state, seconds }: Ending) => (distance[state] as number) + seconds;
    return present(
      endings.reduce<Ending | undefined>(
        (best, ending) => (best === undefined || cost(ending) < cost(best) ? ending : best),
        undefined,
      ),
      "no step leads to these windows",
      () => to.text,
    );
  }

  /** From every state: the step that makes the windows, and behind it, where that is on the first stage, the sending of them. */
  #endingsAt(to: NdSbp): Ending[] {
    const n = this.#layouts.length;
    const [first, last] = this.#stages;
    const table = this.#table;
    const end = table.id(to);
    const sending = this.#crosses() ? table.sending(end, first, last) : 0;
    return range(this.#crosses() ? 2 * n : n).flatMap((state): Ending[] => {
      const stage = state < n ? first : last;
      const seconds = table.seconds(stage, this.#id(state), end);
      if (seconds === Infinity) return [];
      return [{ state, end, seconds: stage === last ? seconds : seconds + sending }];
    });
  }

  #crosses(): boolean {
    return this.#stages[0] !== this.#stages[1];
  }

  #tree(source: number): Tree {
    let tree = this.#trees.get(source);
    if (tree === undefined) this.#trees.set(source, (tree = this.#dijkstra(source)));
    return tree;
  }

  #dijkstra(source: number): Tree {
    const n = this.#layouts.length;
    const states = this.#crosses() ? 2 * n : n;
    const distance = new Float64Array(states).fill(Infinity);
    const previous = new Int32Array(states).fill(-1);
    // Of equals the first state.
    const reached = this.#reached;
    reached.clear();
    reached.set(source, 0);
    distance[source] = 0;
    // No state is farther: what leads there or beyond is no shorter way to any.
    let farthest = Infinity;
    let nextCheck = 1;
    for (let at = reached.pop(), popped = 1; at !== undefined; at = reached.pop(), popped++) {
      const here = distance[at] as number;
      if (here >= farthest) break;
      const { targets, seconds, least } = (this.#edges[at] ??= this.#edgesFrom(at));
      if (here + least >= farthest) continue;
      for (let e = 0; e < targets.length; e++) {
        const next = targets[e] as number;
        const cost = here + (seconds[e] as number);
        if (cost >= (distance[next] as number)) continue;
        distance[next] = cost;
        previous[next] = at;
        reached.set(next, cost);
      }
      if (popped === nextCheck) {
        farthest = largest(distance);
        nextCheck *= 2;
      }
    }
    return { distance, previous };
  }

  #edgesFrom(at: number): Edges {
    const n = this.#layouts.length;
    const [first, last] = this.#stages;
    const stage = at < n ? first : last;
    const id = this.#id(at);
    const targets = new Int32Array(n + 1);
    const seconds = new Float64Array(n + 1);
    let count = 0;
    let least = Infinity;
    for (let next = 0; next < n; next++) {
      const price = this.#table.direct(stage, id, this.#layouts[next] as number);
      if (price === Infinity) continue;
      targets[count] = at < n ? next : next + n;
      seconds[count++] = price;
      if (price < least) least = price;
    }
    if (at < n && this.#crosses()) {
      const price = this.#table.sending(id, first, last);
      targets[count] = at + n;
      seconds[count++] = price;
      if (price < least) least = price;
    }
    return { targets: targets.slice(0, count), seconds: seconds.slice(0, count), least };
  }

  /** The number of a state's layout. */
  #id(state: number): number {
    return this.#layouts[state % this.#layouts.length] as number;
  }

  #step(a: number, b: number): BoxingStep {
    const n = this.#layouts.length;
    const [first, last] = this.#stages;
    const [from, to] = [this.#id(a), this.#id(b)];
    return a < n === b < n
      ? this.#stepWithin(a < n ? first : last, from, to)
      : this.#table.send(from, first, last);
  }

  #stepWithin(stage: number, a: number, b: number): BoxingStep {
    const { kind, axes } = this.#table.step(a, b) as BoxingShape;
    const [from, to] = [this.#table.layout(a), this.#table.layout(b)];
    return { kind, axes, from, to, fromStage: stage, toStage: stage };
  }

  #lastSteps({ state, end }: Ending): BoxingStep[] {
    if (end === undefined) return [];
    const [first, last] = this.#stages;
    const stage = state < this.#layouts.length ? first : last;
    const step = this.#stepWithin(stage, this.#id(state), end);
    return stage === last ? [step] : [step, this.#table.send(end, first, last)];
  }
}

function largest(values: Float64Array): number {
  let most = -Infinity;
  for (let i = 0; i < values.length; i++) if ((values[i] as number) > most) most = values[i] as number;
  return most;
}

function componentsOn(shape: readonly number[], axis: MeshAxis, extra: readonly Sbp[]): Sbp[] {
  const splits = shape.flatMap((size, i) => (size >= axis.size ? [split(i)] : []));
  return [broadcast, ...splits, ...extra];
}

/** Partial components of one layout all reduce in the same way. */
function oneReduction(layout: NdSbp): boolean {
  let reduce: string | undefined;
  for (const sbp of layout) {
    if (sbp.kind !== "P") continue;
    if (reduce !== undefined && reduce !== sbp.reduce) return false;
    reduce = sbp.reduce;
  }
  return true;
}
