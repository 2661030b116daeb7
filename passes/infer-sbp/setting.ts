/** What every problem of layouts on one graph and mesh has in common. */
import type { Graph } from "../../src/ir/graph.ts";
import type { Mesh, NdSbp } from "../../src/ir/layout.ts";
import type { BoxingPaths } from "../../src/sbp/boxing-path.ts";
import type { NodeCall } from "./calls.ts";
import type { Candidates, Partials } from "./candidates.ts";
import type { ResolvedHint } from "./hints.ts";
import type { Units } from "./units.ts";

export interface Setting {
  readonly graph: Graph;
  readonly mesh: Mesh;
  readonly calls: readonly NodeCall[];
  readonly candidates: Candidates;
  readonly paths: BoxingPaths;
  readonly units: Units;
  readonly partials: Partials;
  readonly hints: ReadonlyMap<string, ResolvedHint>;
  /** Micro-batches of a step: what a step does once costs this part of what every micro-batch does. */
  readonly microbatches: number;
  /** Layouts that values must have, by value; they have no hints. */
  readonly forced: ReadonlyMap<string, NdSbp>;
}
