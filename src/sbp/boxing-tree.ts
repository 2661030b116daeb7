/**
 * The boxing of one value to all the layouts in which it is taken: a tree of steps whose trunk is shared.
 *
 * Takers of a group on a stage each go the cheapest way from the value as it is made, or on from one further layout, the hub, that
 * is made once for all of them (P to B by one all-reduce, of which each taker slices its part, for two reduce-scatters). This is
 * the cheapest Steiner tree with at most one hub; the search's proxies (`passes/infer-sbp`) price the same choice.
 */
import { captures, sourcesByValue, valueOf, type Graph, type Node, type Source } from "../ir/graph.ts";
import { broadcast, ndSbpEqual, printNdSbp, printSbp, type Mesh, type NdSbp } from "../ir/layout.ts";
import { isStatic, knownShape, printType, type TensorType } from "../ir/types.ts";
import { invariant, present } from "../support/assert.ts";
import { cartesian, groupBy, uniqueBy } from "../support/collections.ts";
import type { BoxingStep } from "./boxing.ts";
import type { BoxingPaths } from "./boxing-path.ts";
import { isSplittable, normalizeLayout } from "./geometry.ts";
import { sharingGroup } from "./sharing.ts";

/** A layout in which a value is taken on a stage, by those takers who share its boxing. */
export interface Wish {
  readonly layout: NdSbp;
  readonly stage: number;
  readonly group: string;
}

/** The layout and stage to which a step leads, within a group: what is made once. */
export function placeKey({ layout, stage, group }: Wish): string {
  return `${stage} ${printNdSbp(layout)} ${group}`;
}

/** A detour over a hub must be shorter by this factor. */
const shorter = 1 - 1e-9;

/** Hubs that are tried for one value. */
const mostHubs = 64;

/** The steps to each wish, by `placeKey`. */
type Tree = ReadonlyMap<string, readonly BoxingStep[]>;

class BoxingTrees {
  readonly #mesh: Mesh;
  readonly #paths: BoxingPaths;
  readonly #trees = new Map<string, Tree>();

  constructor(paths: BoxingPaths) {
    this.#mesh = paths.mesh;
    this.#paths = paths;
  }

  /**
   * From `made` on `fromStage`. Ways to places with the same key are made once: what leads only to a place that is there already is
   * to be left out (`newSteps`).
   */
  tree(type: TensorType, made: NdSbp, fromStage: number, wishes: readonly Wish[]): Tree {
    const distinct = uniqueBy(wishes, placeKey);
    const key = `${printType(type)} ${printNdSbp(made)} ${fromStage} ${distinct.map(placeKey).join()}`;
    let tree = this.#trees.get(key);
    if (tree === undefined) {
      const groups = groupBy(distinct, ({ stage, group }) => `${stage} ${group}`);
      tree = new Map([...groups.values()].flatMap((group) => this.#ways(type, made, fromStage, group)));
      this.#trees.set(key, tree);
    }
    return tree;
  }

  #ways(
    type: TensorType,
    made: NdSbp,
    fromStage: number,
    wishes: readonly Wish[],
  ): (readonly [string, readonly BoxingStep[]])[] {
    const stage = wishes[0]?.stage ?? fromStage;
    const direct = wishes.map((wish) => this.#paths.path(type, made, wish.layout, fromStage, stage));
    let best = direct.map(({ steps }) => steps);
    let least = this.#seconds(type, wishes, best);
    const open = direct.filter(({ seconds }) => seconds > 0).length;
    for (const hub of open < 2 ? [] : this.#hubs(type, made, wishes)) {
      const trunk = this.#paths.path(type, made, hub, fromStage, stage);
      const ways = wishes.map((wish, i) => {
        const rest = this.#paths.path(type, hub, wish.layout, stage);
        const own = direct[i] as (typeof direct)[number];
        return rest.seconds < own.seconds * shorter
          ? withoutLoops([...trunk.steps, ...rest.steps])
          : own.steps;
      });
      const seconds = this.#seconds(type, wishes, ways);
      if (seconds < least * shorter) [best, least] = [ways, seconds];
    }
    return wishes.map((wish, i) => [placeKey(wish), best[i] as readonly BoxingStep[]] as const);
  }

  /** Seconds of all steps, each place made once. */
  #seconds(type: TensorType, wishes: readonly Wish[], ways: readonly (readonly BoxingStep[])[]): number {
    const places = new Set<string>();
    let seconds = 0;
    ways.forEach((steps, i) => {
      const { group } = wishes[i] as Wish;
      for (const step of newSteps(steps, group, places)) seconds += this.#paths.stepSeconds(type, step);
    });
    return seconds;
  }

  /** The layouts of the value and its wishes, and those whose components they have, B among them. */
  #hubs(type: TensorType, made: NdSbp, wishes: readonly Wish[]): NdSbp[] {
    const shape = knownShape(type);
    // No path leads on from a window.
    const ends = [made, ...wishes.map(({ layout }) => layout)].filter((one) =>
      one.every(({ kind }) => kind !== "W"),
    );
    const components = this.#mesh.axes.map((_, axis) =>
      uniqueBy([broadcast, ...ends.flatMap((layout) => layout[axis] ?? [])], printSbp).filter(
        ({ kind }) => kind !== "P",
      ),
    );
    const mixed = cartesian(components)
      .filter((layout) => isSplittable(shape, layout, this.#mesh))
      .filter((layout) => ndSbpEqual(normalizeLayout(shape, layout, this.#mesh), layout));
    return uniqueBy([...ends, ...mixed], printNdSbp).slice(0, mostHubs);
  }
}

/** The part of a way that leads on from the last place that is there already; its places are there afterwards. */
export function newSteps(
  steps: readonly BoxingStep[],
  group: string,
  places: { has(key: string): boolean; add(key: string): unknown },
): readonly BoxingStep[] {
  const keys = steps.map((step) => placeKey({ layout: step.to, stage: step.toStage, group }));
  const known = keys.findLastIndex((key) => places.has(key));
  keys.forEach((key) => places.add(key));
  return steps.slice(known + 1);
}

/** Steps without those that lead back to a place where the way has been. */
function withoutLoops(steps: readonly BoxingStep[]): readonly BoxingStep[] {
  const way: BoxingStep[] = [];
  for (const step of steps) {
    way.push(step);
    const before = way.findIndex(
      ({ from, fromStage }) => fromStage === step.toStage && ndSbpEqual(from, step.to),
    );
    if (before >= 0) way.splice(before);
  }
  return way;
}

/** What a node takes, and in which layouts; what its regions capture it takes whole. */
export function* wantedOf(node: Node, graph: Graph): Iterable<readonly [string, NdSbp]> {
  for (const [i, name] of node.inputs.entries()) {
    const layout = node.signature?.inputs[i];
    if (name !== null && layout != null) yield [name, layout];
  }
  for (const name of captures(node)) yield [name, (valueOf(graph, name).layout ?? []).map(() => broadcast)];
}

/** The boxing of a graph in which every value has a layout and every node a signature. */
export class GraphBoxing {
  readonly #graph: Graph;
  readonly #trees: BoxingTrees;
  /** By value and the stage that it comes from. */
  readonly #treesOfValues = new Map<string, Tree>();
  readonly #sources: ReadonlyMap<string, Source>;
  readonly #madeOn = new Map<string, number>();
  readonly #wishes = new Map<string, Wish[]>();

  constructor(graph: Graph, paths: BoxingPaths) {
    this.#graph = graph;
    this.#trees = treesOf(paths);
    this.#sources = sourcesByValue(graph);
    for (const node of graph.nodes)
      for (const output of node.outputs) this.#madeOn.set(output, node.stage ?? 0);
    for (const node of graph.nodes) {
      for (const [value, layout] of wantedOf(node, graph)) {
        const known = this.#wishes.get(value);
        const wish = this.wish(value, layout, node);
        if (known === undefined) this.#wishes.set(value, [wish]);
        else known.push(wish);
      }
    }
  }

  wish(value: string, layout: NdSbp, taker: Node): Wish {
    return { layout, stage: taker.stage ?? 0, group: sharingGroup(taker, this.#sources.has(value)) };
  }

  /** The stage on which a value is made; a source is held on every stage that takes it. */
  madeOn(value: string, { stage }: Wish): number {
    return this.#sources.has(value) ? stage : (this.#madeOn.get(value) ?? 0);
  }

  /** The steps from a tensor of known shape as it is made to a wish; none where it is made so. */
  way(value: string, wish: Wish): readonly BoxingStep[] {
    const { type, layout: made } = valueOf(this.#graph, value);
    const from = this.madeOn(value, wish);
    if (made === undefined || (from === wish.stage && ndSbpEqual(made, wish.layout))) return [];
    const key = `${value} ${from}`;
    let tree = this.#treesOfValues.get(key);
    if (tree === undefined) {
      invariant(
        type.kind === "tensor" && isStatic(type),
        "only tensors of known shape are boxed",
        () => value,
      );
      const wishes = (this.#wishes.get(value) ?? []).filter((other) => this.madeOn(value, other) === from);
      tree = this.#trees.tree(type, made, from, wishes);
      this.#treesOfValues.set(key, tree);
    }
    return present(tree.get(placeKey(wish)), "unknown wish", () => value);
  }
}

/** Trees are remembered with the paths that they are made of: what graphs ask for is mostly alike. */
const trees = new WeakMap<BoxingPaths, BoxingTrees>();

function treesOf(paths: BoxingPaths): BoxingTrees {
  let known = trees.get(paths);
  if (known === undefined) trees.set(paths, (known = new BoxingTrees(paths)));
  return known;
}
