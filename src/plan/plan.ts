/**
 * An execution plan: what every device runs, in which order, and what it exchanges with whom.
 *
 * One program per stage; the devices of a stage run the same actions. A device runs one stage, or several (`Mesh.hosts`). Where uneven shards change shapes, devices fall into
 * classes of equal local shapes, and a segment has one body per class. What else differs per device are integers fed to
 * segments (slots of kind "rank"). Compute between two communications is a segment, and a segment is an ONNX model whose
 * graph inputs and outputs are named `i0, i1, …` and `o0, o1, …`; equal bodies are stored once.
 */
import type { Location } from "../diagnostics/location.ts";
import type { Initializer, RandomRecipe, RankTable } from "../ir/graph.ts";
import type { Mesh, NdSbp } from "../ir/layout.ts";
import type { DataType, TensorType } from "../ir/types.ts";
import type { PhaseKind } from "../schedule/step-order.ts";

/** Raised when the meaning of a field changes or a needed one is added; a plan of another version is refused. */
export const planVersion = 5;

export interface Plan {
  readonly version: number;
  readonly model: string;
  readonly mesh: Mesh;
  readonly options: PlanOptions;
  /** Text of the graph as the model built it, untouched by passes: what `verify` compares with. Built for the whole batch. */
  readonly source: string;
  /** The same built for one micro-batch: what was compiled. Empty where that is `source`. */
  readonly micro: string;
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
  /** Samples of a step, where the micro-batches do not divide them; see `micro-batches.ts`. */
  readonly samples?: number;
  /** Whether the model's own layout hints were obeyed. */
  readonly hints: boolean;
  /** Name of a preset, or the JSON form of the cluster. */
  readonly cluster: string;
  /** Limit per device in bytes; absent: none. */
  readonly memoryLimit?: number;
  /** Bytes per device that the choice of layouts counted on; absent: it had no limit. */
  readonly memoryBudget?: number;
  /** Bound dimensions and model settings, as given. */
  readonly dims: Readonly<Record<string, number>>;
  readonly settings: Readonly<Record<string, string>>;
  /** Absent: the forward pass alone. */
  readonly train?: TrainOptions;
}

/** How a step trains. */
export interface TrainOptions {
  /** Name of the output that is minimised. */
  readonly loss: string;
  readonly optimizer: OptimizerOptions;
  /** Largest global norm of the gradients; larger ones are scaled down to it. */
  readonly clipNorm?: number;
  /** What is split along `dp` besides the batch (ZeRO): 1 optimizer states, 2 gradients too, 3 parameters too; 0 nothing. */
  readonly zero: 0 | 1 | 2 | 3;
  /** The pipeline schedule, by its name on the command line. */
  readonly schedule: string;
  /**
   * What the backward pass computes again instead of keeping it; see `src/ops/recompute`. Absent: nothing where memory suffices,
   * else what it takes (`compile` decides, and a plan says what it decided).
   */
  readonly recompute?: "none" | "layer" | "selective";
  /** What products are computed in, parameters and states being f32; absent: what the model says. fp16 scales the loss. */
  readonly precision?: "fp16" | "bf16";
}

/** Names and meanings are PyTorch's. */
export interface OptimizerOptions {
  readonly kind: "sgd" | "adam" | "adamw";
  readonly learningRate: number;
  readonly weightDecay: number;
  /** SGD. */
  readonly momentum: number;
  readonly nesterov: boolean;
  /** Adam and AdamW. */
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Factor of the learning rate over the steps k = 0, 1, …. */
  readonly schedule: LearningRateSchedule;
  /** Parameters whose name matches `match`, a regular expression, have these instead; the first group that matches counts. */
  readonly groups: readonly ParameterGroup[];
}

export interface ParameterGroup {
  readonly match: string;
  readonly weightDecay: number;
}

/** The weight decay of a parameter. */
export function decayOf({ weightDecay, groups }: OptimizerOptions, parameter: string): number {
  return groups.find(({ match }) => new RegExp(match).test(parameter))?.weightDecay ?? weightDecay;
}

/**
 * Rises from 0 over `warmup` steps (step k has k / warmup), then stays (`constant`), or falls to `minimum` at step `total`
 * along a line or half a cosine.
 */
export interface LearningRateSchedule {
  readonly kind: "constant" | "linear" | "cosine";
  readonly warmup: number;
  readonly total: number;
  readonly minimum: number;
}

/** Actions `first` to `first + count - 1` of a stage. */
export interface StagePhase {
  readonly kind: PhaseKind;
  readonly first: number;
  readonly count: number;
}

/**
 * Collectives (actions `first` to `first + count - 1` of a stage, at least two) that devices begin and end together: one exchange
 * within the same groups, which pays for its latency once. All inputs are there before it and all outputs after it.
 */
export interface Bucket {
  readonly first: number;
  readonly count: number;
}

export interface StagePlan {
  readonly stage: number;
  /** Layers (`layerIdx`) on this stage. */
  readonly layers: readonly number[];
  readonly slots: readonly Slot[];
  readonly segments: readonly Segment[];
  readonly actions: readonly Action[];
  /** The actions in order, cut into phases: one `F` where nothing is trained. */
  readonly phases: readonly StagePhase[];
  /** Collectives that run together. Every other one runs by itself. */
  readonly buckets: readonly Bucket[];
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
  /**
   * For kind "value": byte offset in the class's arena, per class. Of a value that several micro-batches have at once there are
   * `copies`, one behind the other, each at a multiple of 64 bytes; micro-batch i has copy i modulo `copies`.
   */
  readonly offsets?: readonly number[];
  /** Default 1. */
  readonly copies?: number;
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
  /** Per class: what it is predicted to take, per micro-batch. */
  readonly predictedSeconds: readonly number[];
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
    }
  /** Adds up the input over the micro-batches of a step. */
  | { readonly kind: "accumulate"; readonly input: number; readonly output: number }
  /** Gives a slot of kind "parameter" its next value. */
  | { readonly kind: "assign"; readonly parameter: number; readonly input: number };

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
  /** By itself. */
  readonly predictedSeconds: number;
  /** The part of `predictedSeconds` that no number of bytes changes: the members of a bucket share one. */
  readonly latencySeconds: number;
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
  /** The parameter whose optimizer state it is; absent: the model's own. */
  readonly stateOf?: string;
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
  /** Made once per step, by the update phase. */
  readonly perStep?: true;
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
