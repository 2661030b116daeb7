/**
 * Places the entries of every unfolded box: each box by itself, from the inside out, as layers from top to bottom. Boxes of equal
 * structure (layers alike) are laid out once. Small boxes go through dagre, whose time grows faster than the box; large ones
 * through one linear pass.
 */
import { Graph, layout as dagreLayout } from "@dagrejs/dagre";
import { isBox, type Box, type Entry } from "./tree.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * Routes of a box's links in its own coordinates, by the numbers of the two entries: `3 7`. Values that come in from outside
 * begin at ports at the top, numbered after the entries in the order of `Box.inward`.
 */
export type Routes = ReadonlyMap<string, readonly Point[]>;

export const headerHeight = 26;
const padding = 16;
const gap = { nodes: 22, layers: 30 };
const mostForDagre = 220;

interface Arrangement {
  readonly width: number;
  readonly height: number;
  readonly corners: readonly Point[];
  readonly routes: Routes;
}

export class Layouter {
  readonly #known = new Map<string, Arrangement>();
  readonly #routes = new Map<Box, Routes>();
  readonly #size: (entry: Entry) => { readonly width: number; readonly height: number };

  /** `size`: of leaves and folded boxes. */
  constructor(size: (entry: Entry) => { readonly width: number; readonly height: number }) {
    this.#size = size;
  }

  routes(box: Box): Routes | undefined {
    return this.#routes.get(box);
  }

  /** Sets the place of everything on view. */
  arrange(box: Box): void {
    for (const entry of box.entries) {
      if (isBox(entry) && entry.expanded) this.arrange(entry);
      else Object.assign(entry, this.#size(entry));
    }
    const numbers = new Map(box.entries.map((entry, i) => [entry, i]));
    const pairs = new Set<string>();
    for (const { from, to, shared } of box.links)
      if (!shared) pairs.add(`${numbers.get(from)} ${numbers.get(to)}`);
    let port = box.entries.length;
    for (const takers of box.inward.values()) {
      for (const taker of takers) pairs.add(`${port} ${numbers.get(taker)}`);
      port++;
    }
    const sizes = box.entries.map(({ width, height }) => `${width}x${height}`);
    const key = `${sizes.join()};${[...pairs].join()}`;
    let arrangement = this.#known.get(key);
    if (arrangement === undefined) {
      const edges = [...pairs].map((pair) => pair.split(" ").map(Number) as [number, number]);
      arrangement =
        box.entries.length > mostForDagre
          ? inLayers(box.entries, edges)
          : withDagre(box.entries, edges, port);
      this.#known.set(key, arrangement);
    }
    const top = box.kind === "root" ? 0 : headerHeight;
    box.entries.forEach((entry, i) => {
      const corner = arrangement.corners[i] as Point;
      entry.x = corner.x + padding;
      entry.y = corner.y + padding + top;
    });
    this.#routes.set(box, arrangement.routes);
    box.width = Math.max(arrangement.width + 2 * padding, 120);
    box.height = arrangement.height + 2 * padding + top;
  }
}

/** From the coordinates of routes to those of the box. */
export function routeOffset(box: Box): Point {
  return { x: padding, y: padding + (box.kind === "root" ? 0 : headerHeight) };
}

function withDagre(
  entries: readonly Entry[],
  edges: readonly (readonly [number, number])[],
  nodes: number,
): Arrangement {
  const graph = new Graph({ directed: true });
  graph.setGraph({ rankdir: "TB", nodesep: gap.nodes, ranksep: gap.layers, edgesep: 12 });
  graph.setDefaultEdgeLabel(() => ({}));
  entries.forEach(({ width, height }, i) => graph.setNode(String(i), { width, height }));
  for (let port = entries.length; port < nodes; port++) graph.setNode(String(port), { width: 2, height: 0 });
  for (const [a, b] of edges) if (a !== b) graph.setEdge(String(a), String(b), {});
  dagreLayout(graph);
  const corners = entries.map(({ width, height }, i): Point => {
    const { x = 0, y = 0 } = graph.node(String(i)) as { x?: number; y?: number };
    return { x: x - width / 2, y: y - height / 2 };
  });
  const routes = new Map<string, readonly Point[]>();
  for (const { v, w } of graph.edges()) {
    const { points = [] } = graph.edge(v, w) as { points?: Point[] };
    routes.set(
      `${v} ${w}`,
      points.map(({ x, y }) => ({ x, y })),
    );
  }
  return framed(entries, corners, routes);
}

/** Layers by the longest way from the top, each ordered by where its entries' predecessors stand. */
function inLayers(entries: readonly Entry[], edges: readonly (readonly [number, number])[]): Arrangement {
  const before = entries.map((): number[] => []);
  // Entries stand in topological order; a link that leads back (through a folded module) does not count.
  for (const [a, b] of edges) if (a < b) before[b]?.push(a);
  const layerOf: number[] = [];
  before.forEach((list, i) => {
    layerOf[i] = list.reduce((most, a) => Math.max(most, (layerOf[a] ?? 0) + 1), 0);
  });
  const layers: number[][] = [];
  layerOf.forEach((layer, i) => (layers[layer] ??= []).push(i));
  const centre = new Array<number>(entries.length).fill(0);
  const corners = new Array<Point>(entries.length);
  let y = 0;
  for (const layer of layers) {
    const wish = (i: number) => {
      const list = before[i] ?? [];
      return list.length === 0 ? 0 : list.reduce((total, a) => total + (centre[a] ?? 0), 0) / list.length;
    };
    const wishes = new Map(layer.map((i) => [i, wish(i)]));
    layer.sort((a, b) => (wishes.get(a) ?? 0) - (wishes.get(b) ?? 0) || a - b);
    const width = layer.reduce((total, i) => total + (entries[i]?.width ?? 0) + gap.nodes, -gap.nodes);
    const middle = layer.reduce((total, i) => total + (wishes.get(i) ?? 0), 0) / layer.length;
    let x = middle - width / 2;
    let tallest = 0;
    for (const i of layer) {
      const entry = entries[i] as Entry;
      corners[i] = { x, y };
      centre[i] = x + entry.width / 2;
      x += entry.width + gap.nodes;
      tallest = Math.max(tallest, entry.height);
    }
    y += tallest + gap.layers;
  }
  return framed(entries, corners, new Map());
}

/** Moved so that the picture begins at 0, 0. */
function framed(entries: readonly Entry[], corners: readonly Point[], routes: Routes): Arrangement {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  const cover = (x: number, y: number) => {
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  };
  corners.forEach(({ x, y }, i) => {
    cover(x, y);
    cover(x + (entries[i]?.width ?? 0), y + (entries[i]?.height ?? 0));
  });
  for (const points of routes.values()) for (const { x, y } of points) cover(x, y);
  if (left === Infinity) return { width: 0, height: 0, corners, routes };
  const moved = ({ x, y }: Point): Point => ({ x: x - left, y: y - top });
  return {
    width: right - left,
    height: bottom - top,
    corners: corners.map(moved),
    routes: new Map([...routes].map(([key, points]) => [key, points.map(moved)])),
  };
}
