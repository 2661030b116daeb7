/**
 * Puts every node on a pipeline stage.
 *
 *   before   %h = MatMul(%x, %w) : f32[8, 10] layer 7;  %y = Softmax(%h) : f32[8, 10]
 *   after    %h = MatMul(%x, %w) : f32[8, 10] layer 7 stage 2;  %y = Softmax(%h) : f32[8, 10] stage 2
 *
 * 1  With layers (`layerIdx`): a layer's stage comes from the model's list, from LiBai's rule (the default), or from a balanced
 *    cut between layers. Layer -1 is the last entry of that list. A node outside layers is on the latest stage of its inputs,
 *    so that a norm and a head follow the last layer; what depends on sources and on no layer is on the earliest stage of
 *    its users, so that embeddings and masks precede the first.
 * 2  Without layers: a balanced cut of the nodes that depend on inputs, in their order; the others join their users.
 *
 * 3  What cannot be sent (sequences, optionals, strings) is made on the stage that uses it first, and again on every other.
 *
 * Balanced means the least slowest stage under the cost model, then the fewest bytes between stages. Sources have no stage:
 * a weight used on two stages is held on both. Linear but for the balanced cut.
 */
import { fail } from "../src/diagnostics/diagnostic.ts";
import { generatedLocation, type Location } from "../src/diagnostics/location.ts";
import { captures, tensorTypeOf, valueOf, type Graph, type Node } from "../src/ir/graph.ts";
import { renameUses } from "../src/ir/rewrite.ts";
import { byteSize, isKeepable, isStatic } from "../src/ir/types.ts";
import type { CostModel } from "../src/cost/model.ts";
import { callsIn } from "../src/ops/call.ts";
import { callFlops } from "../src/ops/regions.ts";
import { findOp } from "../src/ops/registry.ts";
import { balancedStages, libaiStages } from "../src/schedule/stages.ts";
import { at, range } from "../src/support/collections.ts";
import { definePass } from "./pass.ts";

export const assignStages = definePass({
  name: "assign-stages",
  summary: "Puts every node on a pipeline stage, by layer or by balanced cost.",
  requires: ["typed", "static"],
  ensures: ["staged"],
  run(compilation, { mesh, costModel }) {
    const { graph } = compilation;
    const uses = new Uses(graph);
    const stages = together(uses, stagesOf(uses, mesh.stages, costModel));
    const nodes = graph.nodes.map((node, i) =>
      node.stage === stages[i] ? node : { ...node, stage: at(stages, i) },
    );
    return { ...compilation, graph: repeatUnsendable({ ...graph, mesh, nodes }, uses, stages) };
  },
});

/** The stage of every node, by its position. */
function stagesOf(uses: Uses, stages: number, costModel: CostModel): number[] {
  const { graph } = uses;
  if (stages === 1) return graph.nodes.map(() => 0);
  const layers = layerCount(graph);
  if (layers === 0) return cutNodes(uses, stages, costModel);
  checkLayers(graph, layers);
  const ids = layerStages(uses, layers, stages, costModel);
  const { places, conflicts } = follow(uses, (node) =>
    node.layer === undefined ? undefined : ids.at(node.layer),
  );
  for (const { node, value, place, needed } of conflicts)
    fail("stage-order", { node: node.name, stage: place, value, producer: needed }, node.location);
  const occupied = new Set(places).size;
  if (occupied < stages) {
    if (typeof graph.layerStages === "object")
      fail("bad-stage-list", { problem: `only ${occupied} of ${stages} stages have a layer` });
    fail("too-many-stages", { available: occupied, stages });
  }
  return places;
}

// --- layers

/** How many layers the model counts; 0 where nothing is in one. */
function layerCount(graph: Graph): number {
  const found = graph.nodes.flatMap((node) => (node.layer === undefined ? [] : [node.layer]));
  if (found.length === 0) return 0;
  return graph.layers ?? found.reduce((most, layer) => Math.max(most, layer + 1), 1);
}

function checkLayers(graph: Graph, layers: number): void {
  const check = (layer: number | undefined, location: Location) => {
    if (layer !== undefined && (layer < -1 || layer >= layers))
      fail("layer-out-of-range", { index: layer, layers, last: layers - 1 }, location);
  };
  for (const source of graph.sources) if (source.kind === "parameter") check(source.layer, source.location);
  for (const node of graph.nodes) check(node.layer, node.location);
}

/** The stage of every layer. */
function layerStages(uses: Uses, layers: number, stages: number, costModel: CostModel): readonly number[] {
  const wanted = uses.graph.layerStages ?? "libai";
  if (typeof wanted === "object") return checkedList(wanted, layers, stages);
  if (layers < stages) fail("too-many-stages", { available: layers, stages });
  if (wanted === "libai") return libaiStages(layers, stages);
  const { places } = follow(uses, (node) =>
    node.layer === undefined ? undefined : (node.layer + layers) % layers,
  );
  const costs = range(layers).map(() => 0);
  uses.costs(costModel).forEach((cost, i) => {
    costs[at(places, i)] = at(costs, at(places, i)) + cost;
  });
  return balancedStages(costs, uses.crossing(places, layers), stages);
}

function checkedList(list: readonly number[], layers: number, stages: number): readonly number[] {
  const bad = (problem: string) => fail("bad-stage-list", { problem });
  if (list.length !== layers) bad(`it has ${list.length} entries for ${layers} layers`);
  list.forEach((stage, layer) => {
    if (!Number.isInteger(stage) || stage < 0 || stage >= stages)
      bad(`layer ${layer} is on stage ${stage} of ${stages}`);
    if (layer > 0 && stage < at(list, layer - 1))
      bad(`layer ${layer} is on stage ${stage}, before layer ${layer - 1}`);
  });
  return list;
}

// --- places

interface Conflict {
  readonly node: Node;
  readonly place: number;
  /** The value that it uses from a later place. */
  readonly value: string;
  readonly needed: number;
}

/**
 * Extends places (stages or layers) from some nodes to all. A node without one takes the latest place of its inputs; one
 * that depends on no placed node the earliest of its users, or 0.
 */
function follow(
  uses: Uses,
  placeOf: (node: Node) => number | undefined,
): { readonly places: number[]; readonly conflicts: Conflict[] } {
  const { nodes } = uses.graph;
  const conflicts: Conflict[] = [];
  const places: (number | undefined)[] = [];
  nodes.forEach((node, i) => {
    const own = placeOf(node);
    let latest: { readonly place: number; readonly value: string } | undefined;
    for (const { maker, value } of uses.made(i)) {
      const place = places[maker];
      if (place !== undefined && (latest === undefined || place > latest.place)) latest = { place, value };
    }
    if (own !== undefined && latest !== undefined && latest.place > own) {
      conflicts.push({ node, place: own, value: latest.value, needed: latest.place });
    }
    places.push(own ?? latest?.place);
  });
  return { places: joinUsers(uses, places), conflicts };
}

/** Gives nodes without a place the earliest one of their users. */
function joinUsers(uses: Uses, places: readonly (number | undefined)[]): number[] {
  const earliest = [...places];
  for (let i = places.length - 1; i >= 0; i--) {
    const place = earliest[i] ?? 0;
    earliest[i] = place;
    for (const { maker } of uses.made(i)) {
      if (places[maker] === undefined) earliest[maker] = Math.min(earliest[maker] ?? Infinity, place);
    }
  }
  return earliest as number[];
}

/** A balanced cut of the nodes that depend on the model's inputs. */
function cutNodes(uses: Uses, stages: number, costModel: CostModel): number[] {
  const { nodes, sources } = uses.graph;
  const given = new Set(sources.flatMap((source) => (source.kind === "input" ? [source.value] : [])));
  const depends: boolean[] = [];
  nodes.forEach((_, i) =>
    depends.push(
      uses.used(i).some((value) => given.has(value)) ||
        uses.made(i).some(({ maker }) => depends[maker] === true),
    ),
  );
  const chain = depends.includes(true) ? range(nodes.length).filter((i) => depends[i]) : range(nodes.length);
  if (chain.length < stages) fail("too-many-stages", { available: chain.length, stages });
  const position: (number | undefined)[] = nodes.map(() => undefined);
  chain.forEach((node, i) => (position[node] = i));
  const costs = uses.costs(costModel);
  const positions = joinUsers(uses, position);
  const ids = balancedStages(
    chain.map((i) => at(costs, i)),
    uses.crossing(positions, chain.length),
    stages,
  );
  return positions.map((i) => at(ids, i));
}

// --- what cannot be sent

/** Whether the node makes nothing but what cannot leave its stage. */
function isUnsendable(graph: Graph, node: Node): boolean {
  return node.outputs.every((output) => !isKeepable(valueOf(graph, output).type));
}

/** The stages, but for nodes that make only what cannot be sent: these are where their first user is. */
function together(uses: Uses, stages: readonly number[]): number[] {
  const moved = [...stages];
  const first = new Map<number, number>();
  for (let i = moved.length - 1; i >= 0; i--) {
    if (isUnsendable(uses.graph, at(uses.graph.nodes, i))) moved[i] = first.get(i) ?? at(moved, i);
    for (const { maker } of uses.made(i))
      first.set(maker, Math.min(first.get(maker) ?? Infinity, at(moved, i)));
  }
  return moved;
}

/** The graph in which every stage makes for itself what it uses and cannot be sent. */
function repeatUnsendable(graph: Graph, uses: Uses, stages: readonly number[]): Graph {
  /** By node: the stages that need it besides its own. */
  const wanted = graph.nodes.map(() => new Set<number>());
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    for (const stage of [at(stages, i), ...at(wanted, i)]) {
      for (const { maker, value } of uses.made(i)) {
        if (at(stages, maker) !== stage && !isKeepable(valueOf(graph, value).type))
          at(wanted, maker).add(stage);
      }
    }
  }
  if (wanted.every((set) => set.size === 0)) return graph;
  const values = new Map(graph.values);
  const names = new Set(graph.nodes.map((node) => node.name));
  /** Per stage, the names of what was made again there. */
  const again = new Map<number, Map<string, string>>();
  const renamesOf = (stage: number) => again.get(stage) ?? new Map<string, string>();
  const nodes = graph.nodes.flatMap((node, i) => {
    const own = renameUses(node, renamesOf(at(stages, i)));
    const copies = [...at(wanted, i)]
      .sort((a, b) => a - b)
      .map((stage): Node => {
        const renames = renamesOf(stage);
        again.set(stage, renames);
        const outputs = node.outputs.map((output) => {
          const name = fresh(`${output}.stage${stage}`, values);
          values.set(name, { ...valueOf(graph, output), name });
          return name;
        });
        const name = fresh(`${node.name}.stage${stage}`, names);
        names.add(name);
        const copy = { ...renameUses(node, renames), name, outputs, stage };
        node.outputs.forEach((output, k) => {
          if (!isKeepable(valueOf(graph, output).type)) renames.set(output, at(outputs, k));
        });
        return { ...copy, location: generatedLocation("assign-stages", [node.location]) };
      });
    return [own, ...copies];
  });
  return { ...graph, nodes, values };
}

function fresh(base: string, taken: { has(name: string): boolean }): string {
  let name = base;
  for (let i = 1; taken.has(name); i++) name = `${base}_${i}`;
  return name;
}

/** Who uses what, by position of nodes. */
class Uses {
  readonly graph: Graph;
  readonly #used: readonly string[][];
  readonly #made: readonly { readonly maker: number; readonly value: string }[][];

  constructor(graph: Graph) {
    this.graph = graph;
    const makers = new Map<string, number>();
    graph.nodes.forEach((node, i) => node.outputs.forEach((output) => makers.set(output, i)));
    this.#used = graph.nodes.map((node) => [
      ...node.inputs.filter((name) => name !== null),
      ...captures(node),
    ]);
    this.#made = this.#used.map((names) =>
      names.flatMap((value) => {
        const maker = makers.get(value);
        return maker === undefined ? [] : [{ maker, value }];
      }),
    );
  }

  /** Values that a node uses. */
  used(node: number): readonly string[] {
    return at(this.#used, node);
  }

  /** Those of them that nodes make. */
  made(node: number): readonly { readonly maker: number; readonly value: string }[] {
    return at(this.#made, node);
  }

  /** Bytes that would cross a cut in front of each of `count` places: of values made before it and used behind it. */
  crossing(places: readonly number[], count: number): number[] {
    const last = new Map<string, { readonly from: number; readonly to: number }>();
    this.graph.nodes.forEach((_, i) => {
      for (const { maker, value } of this.made(i)) {
        const to = Math.max(at(places, i), last.get(value)?.to ?? 0);
        last.set(value, { from: at(places, maker), to });
      }
    });
    const change = new Float64Array(count + 2);
    for (const [value, { from, to }] of last) {
      if (to <= from) continue;
      const bytes = this.#bytes(value);
      change[from + 1] = (change[from + 1] as number) + bytes;
      change[to + 1] = (change[to + 1] as number) - bytes;
    }
    let total = 0;
    return range(count).map((i) => (total += change[i] as number));
  }

  /** Seconds of every node on whole tensors. */
  costs(costModel: CostModel): number[] {
    const callOf = callsIn(this.graph);
    return this.graph.nodes.map((node, i) => {
      const flops = callFlops(callOf(node), findOp(node.op));
      const bytes = [...this.used(i), ...node.outputs].reduce((sum, name) => sum + this.#bytes(name), 0);
      const output = node.outputs[0];
      const dtype =
        output !== undefined && isStatic(valueOf(this.graph, output).type)
          ? tensorTypeOf(this.graph, output).dtype
          : "f32";
      return costModel.compute(flops, bytes, dtype);
    });
  }

  #bytes(value: string): number {
    const type = this.graph.values.get(value)?.type;
    return type?.kind === "tensor" && isStatic(type) ? byteSize(type) : 0;
  }
}
