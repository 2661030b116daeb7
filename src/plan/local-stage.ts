/** One stage between `localize` and `emit-plan`: what each class of its devices runs, as graphs. */
import type { Graph } from "../ir/graph.ts";
import type { Segment, Slot, Action, MemoryPlan } from "./plan.ts";

/**
 * The graph of one class of devices. Boxing that communicates stays as `sbpc.Boxing` nodes with the names that they have in
 * the logical graph; every other node is local. Values that stand for logical ones keep their names; types are local.
 */
export interface LocalClass {
  /** Devices (indices within the stage) of this class, ascending. */
  readonly devices: readonly number[];
  readonly graph: Graph;
  /** Per local node name, the name of the logical node that it came from. */
  readonly origin: ReadonlyMap<string, string>;
}

export interface LocalStage {
  readonly stage: number;
  readonly classes: readonly LocalClass[];
  readonly deviceClass: readonly number[];
  /** From `partition-stages` on: segments (bodies not yet serialised) and actions. */
  readonly program?: StageProgram;
}

export interface StageProgram {
  readonly slots: readonly Slot[];
  readonly segments: readonly (Omit<Segment, "bodies"> & { readonly graphs: readonly Graph[] })[];
  readonly actions: readonly Action[];
  readonly memory?: readonly MemoryPlan[];
}
