/** The update phase while it is built: the graph so far, and what every part of the phase adds nodes and states by. */
import { generatedLocation } from "../../src/diagnostics/location.ts";
import { GraphBuilder } from "../../src/ir/builder.ts";
import { captures, type Graph, type Source } from "../../src/ir/graph.ts";
import type { LayoutHint, Mesh } from "../../src/ir/layout.ts";
import type { TensorType } from "../../src/ir/types.ts";
import { GraphEmitter } from "../../src/ops/emitter.ts";
import type { TrainOptions } from "../../src/plan/plan.ts";

export const passName = "update-parameters";

export class UpdatePhase {
  /** As it was before. */
  readonly graph: Graph;
  readonly train: TrainOptions;
  readonly mesh: Mesh;
  readonly builder: GraphBuilder;
  readonly sources: ReadonlyMap<string, Source>;
  /** By parameter, the stages that use it. */
  readonly stagesOf: ReadonlyMap<string, ReadonlySet<number>>;

  constructor(graph: Graph, train: TrainOptions, mesh: Mesh) {
    this.graph = graph;
    this.train = train;
    this.mesh = mesh;
    this.builder = new GraphBuilder(graph.name, graph);
    this.sources = new Map(graph.sources.map((source) => [source.value, source]));
    const stagesOf = new Map<string, Set<number>>();
    for (const node of graph.nodes) {
      for (const name of [...node.inputs, ...captures(node)]) {
        if (name === null || this.sources.get(name)?.kind !== "parameter") continue;
        const stages = stagesOf.get(name) ?? new Set();
        stages.add(node.stage ?? 0);
        stagesOf.set(name, stages);
      }
    }
    this.stagesOf = stagesOf;
  }

  emitter(stage: number, prefix: string, source?: Source): GraphEmitter {
    return new GraphEmitter(this.builder, {
      location: generatedLocation(passName, source === undefined ? [] : [source.location]),
      prefix,
      phase: "update",
      stage,
      ...(source?.kind === "parameter" ? { module: source.module } : {}),
    });
  }

  /** A state of zeros; the same one where it is there already. */
  state(name: string, type: TensorType, of: Source | undefined, hint?: LayoutHint): string {
    if (this.builder.has(name)) return name;
    return this.builder.addSource(
      {
        kind: "parameter",
        value: name,
        location: generatedLocation(passName, of === undefined ? [] : [of.location]),
        initializer: { kind: "constant", value: 0 },
        stateOf: of?.value ?? "",
        module: of?.kind === "parameter" ? of.module : "",
      },
      { name, type, ...(hint === undefined ? {} : { hint }) },
    );
  }
}
