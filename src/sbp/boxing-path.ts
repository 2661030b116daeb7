/**
 * The cheapest way from one layout to another: a shortest path over layouts, across stages where asked.
 *
 * States are the layouts made of B, the splits by single elements that the shape allows, and the kinds of partials and the
 * blocked splits that the two ends have. Windows are no states, for no path leads through them: they end one. An edge is one `BoxingStep`. Across stages every layout may be sent
 * as it is, so that scattering, sending the pieces and gathering them again is found where it is cheaper.
 *
 * Paths from one layout form a tree: two targets that share the beginning of their paths share those steps. A dense
 * Dijkstra is used because most pairs of layouts have an edge; n layouts cost O(n^2) the first time they are asked for.
 */
import { broadcast, split, type Mesh, type MeshAxis, type NdSbp, type Sbp } from "../ir/layout.ts";
import { ndSbpEqual, printNdSbp, printSbp } from "../ir/layout.ts";
import { isKeepable, knownShape, printType, type TensorType } from "../ir/types.ts";
import { present } from "../support/assert.ts";
import { cartesian, range, uniqueBy } from "../support/collections.ts";
import { isLocalBoxing, stepBetween, type BoxingStep } from "./boxing.ts";
import { isSplittable, normalizeLayout } from "./geometry.ts";

/** What a step costs; the cost model of `cost/` is one. */
export interface BoxingPricer {
  boxing(step: BoxingStep, type: TensorType, mesh: Mesh): { readonly seconds: number };
}

export interface BoxingPath {
  readonly steps: readonly BoxingStep[];
  readonly seconds: number;
}

/** What a communication of something that cannot be sent (strings) costs: more than any plan takes. */
const forbiddenSeconds = 1e6;

const nothing: BoxingPath = { steps: [], seconds: 0 };

/** Cheapest paths on one mesh under one cost model, remembered. */
export class BoxingPaths {
  readonly #mesh: Mesh;
  readonly #pricer: BoxingPricer;
  /** By type as text, then by stages and components that need naming; `#spaces` finds the same by the type's identity. */
  readonly #byType = new Map<string, Map<string, LayoutSpace>>();
  readonly #spaces = new WeakMap<TensorType, Map<string, LayoutSpace>>();
  readonly #names = new WeakMap<NdSbp, Named>();

  constructor(mesh: Mesh, pricer: BoxingPricer) {
    this.#mesh = mesh;
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
    return this.#space(type, a, b, fromStage, toStage).seconds(a.text, b);
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

  #space(type: TensorType, from: Named, to: Named, fromStage: number, toStage: number): LayoutSpace {
    let byEnds = this.#spaces.get(type);
    if (byEnds === undefined) {
      const text = printType(type);
      byEnds = this.#byType.get(text) ?? new Map<string, LayoutSpace>();
      this.#byType.set(text, byEnds);
      this.#spaces.set(type, byEnds);
    }
    const bare = from.key === "" && to.key === "";
    const extra = bare ? [] : uniqueBy([...from.extra, ...to.extra], printSbp);
    const key = `${fromStage}>${toStage} ${bare ? "" : extra.map(printSbp).sort().join(" ")}`;
    let space = byEnds.get(key);
    if (space === undefined) {
      space = new LayoutSpace(this.#mesh, this.#pricer, type, extra, fromStage, toStage);
      byEnds.set(key, space);
    }
    return space;
  }
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
}

/** How a path ends behind its last state. */
interface Ending {
  readonly state: number;
  readonly steps: readonly BoxingStep[];
  readonly seconds: number;
}

/** The ending of a path whose last state is its end. */
function nowhere(state: number): Ending {
  return { state, steps: [], seconds: 0 };
}

/** All layouts between two kinds of ends. State index + n is the same layout on the destination stage. */
class LayoutSpace {
  readonly #mesh: Mesh;
  readonly #pricer: BoxingPricer;
  readonly #type: TensorType;
  readonly #stages: readonly [number, number];
  readonly #layouts: readonly NdSbp[];
  readonly #index: ReadonlyMap<string, number>;
  readonly #trees = new Map<number, Tree>();
  readonly #edges: (Edges | undefined)[] = [];
  /** Ends with windows by their text, each with the steps that lead to it from every state. */
  readonly #endings = new Map<string, readonly Ending[]>();

  constructor(
    mesh: Mesh,
    pricer: BoxingPricer,
    type: TensorType,
    extra: readonly Sbp[],
    fromStage: number,
    toStage: number,
  ) {
    this.#mesh = mesh;
    this.#pricer = pricer;
    // A copy of the shape of its own: bytes are cached by the identity of shapes and layouts.
    const shape = [...knownShape(type)];
    this.#type = { ...type, shape };
    this.#stages = [fromStage, toStage];
    const components = mesh.axes.map((axis) => componentsOn(shape, axis, extra));
    const layouts = cartesian(components)
      .filter((layout) => oneReduction(layout) && isSplittable(shape, layout, mesh))
      .map((layout) => normalizeLayout(shape, layout, mesh));
    this.#layouts = uniqueBy(layouts, printNdSbp);
    this.#index = new Map(this.#layouts.map((layout, i) => [printNdSbp(layout), i]));
  }

  seconds(from: string, to: Named): number {
    const source = this.#find(from);
    const { distance } = this.#tree(source);
    if (!to.windows) return distance[this.#target(to.text)] as number;
    const ending = this.#cheapestEnding(source, to);
    return (distance[ending.state] as number) + ending.seconds;
  }

  path(from: string, to: Named): BoxingPath {
    const source = this.#find(from);
    const { distance, previous } = this.#tree(source);
    const ending = to.windows ? this.#cheapestEnding(source, to) : nowhere(this.#target(to.text));
    const steps: BoxingStep[] = [];
    for (let at = ending.state; at !== source; at = previous[at] as number)
      steps.push(this.#step(previous[at] as number, at) as BoxingStep);
    return {
      steps: [...steps.toReversed(), ...ending.steps],
      seconds: (distance[ending.state] as number) + ending.seconds,
    };
  }

  #find(layout: string): number {
    return present(
      this.#index.get(layout),
      "layout is not splittable and normalised",
      () => `${layout} of ${printType(this.#type)}`,
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
    const price = (step: BoxingStep) => this.#pricer.boxing(step, this.#type, this.#mesh).seconds;
    const send: BoxingStep = { kind: "send", axes: [], from: to, to, fromStage: first, toStage: last };
    return range(this.#crosses() ? 2 * n : n).flatMap((state): Ending[] => {
      const from = this.#layouts[state % n] as NdSbp;
      const found = stepBetween(from, to);
      if (found === undefined) return [];
      const stage = state < n ? first : last;
      const step: BoxingStep = { ...found, from, to, fromStage: stage, toStage: stage };
      const steps = stage === last ? [step] : [step, send];
      return [{ state, steps, seconds: steps.reduce((total, one) => total + price(one), 0) }];
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
    const settled = new Uint8Array(states);
    distance[source] = 0;
    for (;;) {
      let at = -1;
      for (let i = 0; i < states; i++) {
        if (
          settled[i] === 0 &&
          distance[i] !== Infinity &&
          (at < 0 || (distance[i] as number) < (distance[at] as number))
        )
          at = i;
      }
      if (at < 0) return { distance, previous };
      settled[at] = 1;
      const here = distance[at] as number;
      const { targets, seconds } = (this.#edges[at] ??= this.#edgesFrom(at));
      for (let e = 0; e < targets.length; e++) {
        const next = targets[e] as number;
        const cost = here + (seconds[e] as number);
        if (cost < (distance[next] as number)) {
          distance[next] = cost;
          previous[next] = at;
        }
      }
    }
  }

  #edgesFrom(at: number): Edges {
    const n = this.#layouts.length;
    const targets: number[] = [];
    const seconds: number[] = [];
    const add = (next: number) => {
      const step = this.#step(at, next);
      if (step === undefined) return;
      targets.push(next);
      const forbidden = !isKeepable(this.#type) && !isLocalBoxing(step.kind);
      seconds.push(forbidden ? forbiddenSeconds : this.#pricer.boxing(step, this.#type, this.#mesh).seconds);
    };
    const first = at < n ? 0 : n;
    for (let next = first; next < first + n; next++) add(next);
    if (at < n && this.#crosses()) add(at + n);
    return { targets: Int32Array.from(targets), seconds: Float64Array.from(seconds) };
  }

  #step(a: number, b: number): BoxingStep | undefined {
    const n = this.#layouts.length;
    const [from, to] = [this.#layouts[a % n] as NdSbp, this.#layouts[b % n] as NdSbp];
    const fromStage = this.#stages[a < n ? 0 : 1];
    const toStage = this.#stages[b < n ? 0 : 1];
    if (fromStage !== toStage) return { kind: "send", axes: [], from, to, fromStage, toStage };
    const found = stepBetween(from, to);
    return found === undefined
      ? undefined
      : { kind: found.kind, axes: found.axes, from, to, fromStage, toStage };
  }
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
