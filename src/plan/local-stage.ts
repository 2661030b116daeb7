/** One stage between `localize` and `emit-plan`: what each class of its devices runs, as graphs. */
import type { Graph } from "../ir/graph.ts";
import type { Segment, Slot, StagePhase, Action, Bucket, MemoryPlan } from "./plan.ts";

/**
 * The graph of one class of devices. Boxing that communicates stays as `sbpc.Boxing` nodes with the names that they have in
 * the logical graph (a receive has no input here; a send is a node of the stage that receives); every other node is local.
 * Values that stand for logical ones keep their names; types are local.
 */
export interface LocalClass {
  /** Devices (indices within the stage) of this class, ascending. */
  readonly devices: readonly number[];
  readonly graph: Graph;
  /** Per local node name, the name of the logical node that it came from. */
  readonly origin: ReadonlyMap<string, string>;
  /**
   * Per logical value of the stage, the local value that stands for it: of the same name, or another logical value or a
   * constant that is the same thing. Which other logical value is the same for all classes.
   */
  readonly local: ReadonlyMap<string, string>;
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
  readonly segments: readonly (Omit<Segment, "bodies" | "predictedSeconds"> & {
    readonly graphs: readonly Graph[];
  })[];
  readonly actions: readonly Action[];
  readonly phases: readonly StagePhase[];
  /** From `bucket-communications` on. */
  readonly buckets?: readonly Bucket[];
  readonly memory?: readonly MemoryPlan[];
}

/**
 * The value that stands for a logical one on every class of a stage: itself, or another that is the same thing. What is a
 * constant in every class stands for itself: constants are made anew wherever they are used.
 */
export function standsFor({ classes: [first] }: LocalStage, value: string): string {
  const local = first?.local.get(value);
  if (first === undefined || local === undefined || local === value) return value;
  return isConstant(first, local) ? value : local;
}

const constants = new WeakMap<LocalClass, ReadonlySet<string>>();

/** Whether a value of the class's graph is a constant. */
function isConstant(one: LocalClass, value: string): boolean {
  let known = constants.get(one);
  if (known === undefined) {
    known = new Set(
      one.graph.sources.flatMap((source) => (source.kind === "constant" ? [source.value] : [])),
    );
    constants.set(one, known);
  }
  return known.has(value);
}
