/** What the supervisor hands to the process that runs a plan's devices, what comes back, and the messages in between. */
import type { Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import type { BackendOptions, HostTensor } from "../../src/plan/backend.ts";
import type { Plan } from "../../src/plan/plan.ts";
import type { InputRecipe } from "../../src/plan/random.ts";

/** The parts of a plan that running needs. */
export type RunnablePlan = Pick<
  Plan,
  "mesh" | "stages" | "bodies" | "boxing" | "inputs" | "parameters" | "randoms" | "outputs" | "provenance"
> & { readonly microbatches: number };

/** Something that goes wrong on purpose, to test that it is reported. */
export interface Fault {
  readonly rank: number;
  readonly action: number;
  readonly kind: "throw" | "hang" | "exhaust-memory" | "abort" | "kill-process";
}

export interface GroupJob {
  readonly plan: RunnablePlan;
  /** URL of the module that exports `createBackend`. */
  readonly backend: string;
  readonly backendOptions: BackendOptions;
  readonly steps: number;
  readonly seed: number;
  /** Makes every float parameter random; see `randomized`. */
  readonly randomized: boolean;
  /** Whole tensors (for the whole batch), or how to make them, by input name. */
  readonly inputs: ReadonlyMap<string, HostTensor | InputRecipe>;
  /** Folder that relative paths of weights start from. */
  readonly base: string;
  /** Time without progress after which the devices count as stuck. */
  readonly timeoutSeconds: number;
  readonly faults: readonly Fault[];
}

/** Seconds of one step on one device. */
export interface StepTimes {
  readonly segments: number;
  readonly collectives: number;
  readonly copies: number;
  readonly waiting: number;
  /** From the step's first action to its last. */
  readonly total: number;
  /** When it ended, in seconds on a clock that the devices share. */
  readonly end: number;
}

export interface DeviceReport {
  readonly rank: number;
  /** Bytes received from other devices in one step, per boxing. */
  readonly bytes: readonly number[];
  /** Most bytes of "value" slots that were alive at once, and the action at which that was. */
  readonly peakBytes: number;
  readonly peakAction: number;
  readonly parameterBytes: number;
  /** When the first step began, on the clock of `StepTimes.end`. */
  readonly begin: number;
  readonly steps: readonly StepTimes[];
}

/** A shard of an output. */
export interface OutputShard {
  readonly output: number;
  readonly microbatch: number;
  readonly rank: number;
  readonly tensor: HostTensor;
}

/** From a device to its process. */
export type DeviceMessage =
  | { readonly kind: "loaded"; readonly rank: number }
  | { readonly kind: "step"; readonly rank: number; readonly step: number }
  | { readonly kind: "output"; readonly shard: OutputShard }
  | { readonly kind: "report"; readonly report: DeviceReport }
  | { readonly kind: "failed"; readonly rank: number; readonly diagnostics: readonly Diagnostic[] }
  | { readonly kind: "cancelled"; readonly rank: number };

/** From the process to the supervisor. */
export type GroupMessage =
  | { readonly kind: "alive"; readonly states: string }
  | { readonly kind: "progress"; readonly text: string }
  | { readonly kind: "output"; readonly shard: OutputShard }
  | { readonly kind: "done"; readonly reports: readonly DeviceReport[] }
  | { readonly kind: "failed"; readonly diagnostics: readonly Diagnostic[] };
