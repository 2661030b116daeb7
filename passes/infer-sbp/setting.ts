/** What every problem of layouts on one graph and mesh has in common. */
import type { Graph } from "../../src/ir/graph.ts";
import type { Mesh } from "../../src/ir/layout.ts";
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
}
