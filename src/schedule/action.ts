/**
 * What the ranks of a pipeline do, as data, and its text: `3F7` is the forward of micro-batch 7 on stage 3. A stage here
 * is a virtual one: one of the `ranks * chunks` parts that a model is cut into.
 */

/** Forward; backward; its two halves: I, the gradient of the stage's input, and W, the gradients of its weights. */
export type ComputeKind = "F" | "B" | "I" | "W";

export interface ScheduleAction {
  readonly kind: ComputeKind;
  /** Virtual stage, 0 .. ranks * chunks - 1. */
  readonly stage: number;
  readonly microbatch: number;
}

/** A forward and a backward that a rank interleaves: both start together and end together. */
export interface OverlappedPair {
  readonly kind: "OVERLAP_F_B";
  readonly parts: readonly [ScheduleAction, ScheduleAction];
}

/** What one rank does next in an order of computation. */
export type Slot = ScheduleAction | OverlappedPair;

/** The actions that a slot consists of. */
export function partsOf(slot: Slot): readonly ScheduleAction[] {
  return slot.kind === "OVERLAP_F_B" ? slot.parts : [slot];
}

export function forward(stage: number, microbatch: number): ScheduleAction {
  return { kind: "F", stage, microbatch };
}

export function backward(stage: number, microbatch: number): ScheduleAction {
  return { kind: "B", stage, microbatch };
}

export function inputBackward(stage: number, microbatch: number): ScheduleAction {
  return { kind: "I", stage, microbatch };
}

export function weightBackward(stage: number, microbatch: number): ScheduleAction {
  return { kind: "W", stage, microbatch };
}

/**
 * `SEND_F` sends what the stage's forward made to the next stage, `RECV_F` receives its input from the one before;
 * `SEND_B` sends the gradient of its input to the stage before, `RECV_B` receives that of its output from the next.
 */
export interface CommunicationAction {
  readonly kind: "SEND_F" | "RECV_F" | "SEND_B" | "RECV_B";
  readonly stage: number;
  readonly microbatch: number;
}

/** Gathers a stage's sharded parameters, lets go of them, or reduces its gradients over the data-parallel ranks. */
export interface ParameterAction {
  readonly kind: "UNSHARD" | "RESHARD" | "REDUCE_GRAD";
  readonly stage: number;
}

/** All that a rank can be told to do. */
export type PipelineAction = Slot | CommunicationAction | ParameterAction;

/** `3F7`, `3SEND_F7`, `3UNSHARD`, `(0F7;7B3)OVERLAP_F_B`. */
export function printAction(action: PipelineAction): string {
  if (action.kind === "OVERLAP_F_B") return `(${action.parts.map(printAction).join(";")})OVERLAP_F_B`;
  return `${action.stage}${action.kind}${"microbatch" in action ? action.microbatch : ""}`;
}

export function isCompute(action: PipelineAction): action is Slot {
  return action.kind.length === 1 || action.kind === "OVERLAP_F_B";
}
