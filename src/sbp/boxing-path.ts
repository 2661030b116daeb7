/**
 * The cheapest way from one layout to another: a shortest path over layouts, across stages where asked.
 *
 * States are the layouts whose components on every mesh axis are B, any split by single elements that the shape allows, or
 * what the two ends have there (units and partials). An edge is one `BoxingStep`. Across stages every layout may be sent
 * as it is, so that scattering, sending the pieces and gathering them again is found where it is cheaper.
 *
 * Paths from one layout form a tree: two targets that share the beginning of their paths share those steps. A dense
 * Dijkstra is used because most pairs of layouts have an edge; n layouts cost O(n^2) the first time they are asked for.
 */
import { broadcast, partial, split, type Mesh, type MeshAxis, type NdSbp, type Sbp } from "../ir/layout.ts";
import { ndSbpEqual, printNdSbp, printSbp } from "../ir/layout.ts";
import { knownShape, printType, type TensorType } from "../ir/types.ts";
import { present } from "../support/assert.ts";
import { cartesian, uniqueBy } from "../support/collections.ts";
import { stepBetween, type BoxingShape, type BoxingStep } from "./boxing.ts";
import { isSplittable, normalizeLayout } from "./geometry.ts";

/** What a step costs; the cost model of `cost/` is one. */
export interface BoxingPricer {
  boxing(step: BoxingStep, type: TensorType, mesh: Mesh): { readonly seconds: number };
}

export interface BoxingPath {
  readonly steps: readonly BoxingStep[];
  readonly seconds: number;
}

const nothing: BoxingPath = { steps: [], seconds: 0 };

/** Cheapest paths on one mesh under one cost model, remembered. */
export class BoxingPaths {
  readonly #mesh: Mesh;
  readonly #pricer: BoxingPricer;
  readonly #spaces = new Map<string, LayoutSpace>();

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
    return this.#space(type, from, to, fromStage, toStage).path(printNdSbp(from), printNdSbp(to));
  }

  /** Its seconds. */
  seconds(type: TensorType, from: NdSbp, to: NdSbp, fromStage = 0, toStage = fromStage): number {
    if (fromStage === toStage && ndSbpEqual(from, to)) return 0;
    return this.#space(type, from, to, fromStage, toStage).seconds(printNdSbp(from), printNdSbp(to));
  }

  #space(type: TensorType, from: NdSbp, to: NdSbp, fromStage: number, toStage: number): LayoutSpace {
    const ends = from.map(
      (sbp, i) =>
        (needsNaming(sbp) ? printSbp(sbp) : "") + "/" + (needsNaming(to[i]) ? printSbp(to[i] as Sbp) : ""),
    );
    const key = `${printType(type)} ${fromStage}>${toStage} ${ends.join(" ")}`;
    let space = this.#spaces.get(key);
    if (space === undefined) {
      space = new LayoutSpace(this.#mesh, this.#pricer, type, from, to, fromStage, toStage);
      this.#spaces.set(key, space);
    }
    return space;
  }
}

/** B and splits by single elements are in every space. */
function needsNaming(sbp: Sbp | undefined): boolean {
  return sbp !== undefined && (sbp.kind === "P" || (sbp.kind === "S" && sbp.unit !== 1));
}

interface Tree {
  readonly distance: Float64Array;
  readonly previous: Int32Array;
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
  readonly #prices = new Map<number, number>();

  constructor(
    mesh: Mesh,
    pricer: BoxingPricer,
    type: TensorType,
    from: NdSbp,
    to: NdSbp,
    fromStage: number,
    toStage: number,
  ) {
    this.#mesh = mesh;
    this.#pricer = pricer;
    // A copy of the shape of its own: bytes are cached by the identity of shapes and layouts.
    const shape = [...knownShape(type)];
    this.#type = { ...type, shape };
    this.#stages = [fromStage, toStage];
    const components = mesh.axes.map((axis, i) => componentsOn(shape, axis, from[i] as Sbp, to[i] as Sbp));
    const layouts = cartesian(components)
      .filter((layout) => oneReduction(layout) && isSplittable(shape, layout, mesh))
      .map((layout) => normalizeLayout(shape, layout, mesh));
    this.#layouts = uniqueBy(layouts, printNdSbp);
    this.#index = new Map(this.#layouts.map((layout, i) => [printNdSbp(layout), i]));
  }

  seconds(from: string, to: string): number {
    const [a, b] = this.#ends(from, to);
    return this.#tree(a).distance[b] as number;
  }

  path(from: string, to: string): BoxingPath {
    const [a, b] = this.#ends(from, to);
    const { distance, previous } = this.#tree(a);
    const steps: BoxingStep[] = [];
    for (let at = b; at !== a; at = previous[at] as number)
      steps.push(this.#step(previous[at] as number, at) as BoxingStep);
    return { steps: steps.reverse(), seconds: distance[b] as number };
  }

  #ends(from: string, to: string): readonly [number, number] {
    const find = (layout: string) =>
      present(
        this.#index.get(layout),
        "layout is not splittable and normalised",
        () => `${layout} of ${printType(this.#type)}`,
      );
    return [find(from), this.#crosses() ? find(to) + this.#layouts.length : find(to)];
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
      const [low, high] = at < n ? [0, n] : [n, 2 * n];
      const relax = (next: number) => {
        if (settled[next] === 1 || here >= (distance[next] as number)) return;
        const cost = here + this.#price(at, next);
        if (cost < (distance[next] as number)) {
          distance[next] = cost;
          previous[next] = at;
        }
      };
      for (let next = low; next < high; next++) relax(next);
      if (at < n && states > n) relax(at + n);
    }
  }

  #price(a: number, b: number): number {
    const key = a * 2 * this.#layouts.length + b;
    let price = this.#prices.get(key);
    if (price === undefined) {
      const step = this.#step(a, b);
      price = step === undefined ? Infinity : this.#pricer.boxing(step, this.#type, this.#mesh).seconds;
      this.#prices.set(key, price);
    }
    return price;
  }

  #step(a: number, b: number): BoxingStep | undefined {
    const n = this.#layouts.length;
    const [from, to] = [this.#layouts[a % n] as NdSbp, this.#layouts[b % n] as NdSbp];
    const fromStage = this.#stages[a < n ? 0 : 1];
    const toStage = this.#stages[b < n ? 0 : 1];
    const found: BoxingShape | undefined =
      fromStage === toStage ? stepBetween(from, to) : { kind: "send", axes: [] };
    return found === undefined ? undefined : { ...found, from, to, fromStage, toStage };
  }
}

function componentsOn(shape: readonly number[], axis: MeshAxis, from: Sbp, to: Sbp): Sbp[] {
  const splits = shape.flatMap((size, i) => (size >= axis.size ? [split(i)] : []));
  const ends = [from, to].map((sbp) => (sbp.kind === "P" ? partial(sbp.reduce) : sbp));
  return uniqueBy([broadcast, ...splits, ...ends], printSbp);
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
