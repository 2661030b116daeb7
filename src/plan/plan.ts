/**
 * An execution plan: what every device runs, in which order, and what it exchanges with whom.
 *
 * One program per stage; the devices of a stage run the same actions. Where uneven shards change shapes, devices fall into
 * classes of equal local shapes, and a segment has one body per class. What else differs per device are integers fed to
 * segments (slots of kind "rank"). Compute between two communications is a segment, and a segment is an ONNX model whose
 * graph inputs and outputs are named `i0, i1, …` and `o0, o1, …`; equal bodies are stored once.
 */
import type { Location } from "../diagnostics/location.ts";
import type { Initializer, RandomRecipe, RankTable } from "../ir/graph.ts";
import type { Mesh, NdSbp } from "../ir/layout.ts";
import type { DataType, TensorType } from "../ir/types.ts";

/** Raised when the meaning of a field changes; a plan of a newer version is refused. */
export const planVersion = 1;

export interface Plan {
  readonly version: number;
  readonly model: string;
  readonly mesh: Mesh;
  readonly options: PlanOptions;
  /** Text of the graph as the model built it, untouched by passes: what `verify` compares with. Built for the whole batch. */
  readonly source: string;
  /** Text of the compiled logical graph, with layouts, stages and boxing. Built for one micro-batch. */
  readonly graph: string;
  readonly stages: readonly StagePlan[];
  /** Segment bodies: ONNX ModelProto bytes, each once. */
  readonly bodies: readonly Uint8Array[];
  /** Every communication of one micro-batch, in the order in which the stages meet them. */
  readonly boxing: readonly BoxingPlan[];
  readonly inputs: readonly PlanInput[];
  readonly parameters: readonly PlanParameter[];
  readonly randoms: readonly PlanRandom[];
  readonly outputs: readonly PlanOutput[];
  /** Where each value's layout comes from, by value name of `graph`. */
  readonly provenance: readonly Provenance[];
  readonly prediction: Prediction;
}

export interface PlanOptions {
  /** Micro-batches that one step is cut into. */
  readonly microbatches: number;
  /** Whether the model's own layout hints were obeyed. */
  readonly hints: boolean;
  /** Name or text of the cluster description. */
  readonly cluster: string;
  /** Limit per device in bytes; absent: none. */
  readonly memoryLimit?: number;
  /** Bound dimensions and model settings, as given. */
  readonly dims: Readonly<Record<string, number>>;
  readonly settings: Readonly<Record<string, string>>;
}

export interface StagePlan {
  readonly stage: number;
  /** Layers (`layerIdx`) on this stage. */
  readonly layers: readonly number[];
  readonly slots: readonly Slot[];
  readonly segments: readonly Segment[];
  readonly actions: readonly Action[];
  /** Class of every device of the stage. */
  readonly deviceClass: readonly number[];
  /** Per class. */
  readonly memory: readonly MemoryPlan[];
}

/** A value that segments or communications of a stage read or write. */
export interface Slot {
  /** Name of the value in `Plan.graph`. */
  readonly name: string;
  readonly kind: "input" | "parameter" | "random" | "rank" | "value";
  readonly dtype: DataType;
  /** Global shape. */
  readonly shape: readonly number[];
  readonly layout: NdSbp;
  /** Local shape per class. */
  readonly localShapes: readonly (readonly number[])[];
  /** For kind "rank": the integers per device. */
  readonly table?: RankTable;
  /** For kind "value": first and last action (indices) between which it lives; outputs of the plan live to the end. */
  readonly lifetime?: readonly [number, number];
  /** For kind "value": byte offset in the class's arena, per class. */
  readonly offsets?: readonly number[];
}

export interface Segment {
  /** Index into `Plan.bodies`, per class. */
  readonly bodies: readonly number[];
  /** Slots that feed `i0, i1, …`. */
  readonly inputs: readonly number[];
  /** Slots that `o0, o1, …` go to. */
  readonly outputs: readonly number[];
  /** Nodes of `Plan.graph` that it runs. */
  readonly nodes: readonly string[];
  /** Floating-point operations on each device of the stage, per micro-batch. */
  readonly flops: readonly number[];
}

export type Action =
  | { readonly kind: "segment"; readonly segment: number }
  /** A collective within groups of the stage's devices. */
  | { readonly kind: "collective"; readonly boxing: number; readonly input: number; readonly output: number }
  /** Hands a shard to the device at the same coordinates of another stage; never waits for it to be taken. */
  | { readonly kind: "send"; readonly boxing: number; readonly input: number; readonly toStage: number }
  | {
      readonly kind: "receive";
      readonly boxing: number;
      readonly output: number;
      readonly fromStage: number;
    };

export type CollectiveKind = "all-reduce" | "reduce-scatter" | "all-gather" | "all-to-all" | "halo" | "send";

/** One communication: a value changes its layout, or its stage. */
export interface BoxingPlan {
  readonly kind: CollectiveKind;
  /** The value before and after, names in `Plan.graph`. */
  readonly input: string;
  readonly output: string;
  readonly dtype: DataType;
  /** Global shape. */
  readonly shape: readonly number[];
  readonly from: NdSbp;
  readonly to: NdSbp;
  /** Indices of the mesh axes along which devices form groups; all axes differ between groups. Empty for send. */
  readonly axes: readonly number[];
  /** Stage before and after; equal for collectives. */
  readonly fromStage: number;
  readonly toStage: number;
  /** Bytes that each device of `toStage` receives from other devices, per micro-batch. */
  readonly bytes: readonly number[];
  readonly predictedSeconds: number;
  readonly location: Location;
}

export interface MemoryPlan {
  /** Bytes of the arena that holds every slot of kind "value" at its offset. */
  readonly arenaBytes: number;
  /** Most bytes of "value" slots alive at once, and the action at which that is. */
  readonly peakBytes: number;
  readonly peakAction: number;
  readonly parameterBytes: number;
  readonly inputBytes: number;
  /** Estimate of what the largest segment allocates inside. */
  readonly segmentScratchBytes: number;
}

/** Types and layouts of inputs, randoms and outputs are those of one micro-batch. */
export interface PlanInput {
  readonly name: string;
  readonly type: TensorType;
  readonly layout: NdSbp;
  /** Stages that read it. */
  readonly stages: readonly number[];
  /** The axis that micro-batches cut; null: every micro-batch gets the whole. */
  readonly batchAxis: number | null;
}

export interface PlanParameter {
  readonly name: string;
  readonly type: TensorType;
  readonly initializer: Initializer;
  /** Stages that hold it, with its layout on each. */
  readonly placements: readonly { readonly stage: number; readonly layout: NdSbp }[];
}

export interface PlanRandom {
  readonly name: string;
  readonly type: TensorType;
  readonly recipe: RandomRecipe;
  readonly batchAxis: number | null;
}

export interface PlanOutput {
  readonly name: string;
  /** Value in `Plan.graph`. */
  readonly value: string;
  readonly type: TensorType;
  readonly layout: NdSbp;
  readonly stage: number;
  readonly slot: number;
  /** How micro-batches combine: joined along this axis, or (null) averaged. */
  readonly batchAxis: number | null;
}

export interface Provenance {
  readonly value: string;
  readonly location: Location;
  /** Signature of the node that makes it, printed. */
  readonly signature: string;
  /** Why this layout: `hint`, `search`, `follows`, … */
  readonly reason: string;
}

export interface Prediction {
  readonly stepSeconds: number;
  /** Per global rank, of a whole step. */
  readonly flops: readonly number[];
  readonly parameterBytes: readonly number[];
  /** Parameters, inputs, values alive at once, and the estimate of the largest segment's own. */
  readonly peakMemoryBytes: readonly number[];
}
