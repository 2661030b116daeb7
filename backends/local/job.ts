/** What the supervisor hands to the process that runs a plan's devices, what comes back, and the messages in between. */
import type { Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import type { BackendOptions, HostTensor } from "../../src/plan/backend.ts";
import type { Plan } from "../../src/plan/plan.ts";
import type { InputRecipe } from "../../src/plan/random.ts";
import type { Batch, FedInput } from "./feed.ts";
import type { Meeting } from "./links.ts";

/** The parts of a plan that running needs. */
export type RunnablePlan = Pick<
  Plan,
  "mesh" | "stages" | "bodies" | "boxing" | "inputs" | "parameters" | "randoms" | "outputs" | "provenance"
> & {
  readonly microbatches: number;
  /** Samples of a step, where the micro-batches do not divide them. */
  readonly samples?: number;
  /** The pipeline schedule, where the plan trains. */
  readonly schedule?: string;
};

/** Something that goes wrong on purpose, to test that it is reported. */
export interface Fault {
  readonly rank: number;
  readonly action: number;
  readonly kind: "throw" | "hang" | "exhaust-memory" | "abort" | "kill-process";
}

export type ProcessExchange = "mapped" | "sockets";

/** A step that begins with other parameters and states than those that the one before it left. */
export interface Restart {
  /** Its number; those behind it count on from it. */
  readonly step: number;
  readonly parameters: RunnablePlan["parameters"];
}

export interface GroupJob {
  readonly plan: RunnablePlan;
  /** URL of the module that exports `createBackend`. */
  readonly backend: string;
  readonly backendOptions: BackendOptions;
  readonly steps: number;
  /** Number of the first step: masks and data go by it. Default 0. */
  readonly firstStep?: number;
  /** By their place in the run, from 0. What is handed over keeps the numbers that steps would have without them. */
  readonly restarts?: ReadonlyMap<number, Restart>;
  /**
   * Whether the gradients and the new parameters and states of the last step are handed over, or those of all steps, and the
   * parameters and states that they begin with.
   */
  readonly collects?: "last" | "all";
  /** The parameters and states are handed over whenever so many steps are done, and after the last one. */
  readonly saveEvery?: number;
  /** Whether outputs are handed over at every step, not only at the last. */
  readonly givesEveryStep?: boolean;
  readonly seed: number;
  /** Makes every float parameter random; see `randomized`. */
  readonly randomized: boolean;
  /** Whole tensors (for the whole batch), the same at every step; how to make them; or that batches follow; by input name. */
  readonly inputs: ReadonlyMap<string, HostTensor | InputRecipe | FedInput>;
  /** Folder that relative paths of weights start from. */
  readonly base: string;
  /** Time without progress after which the devices count as stuck. */
  readonly timeoutSeconds: number;
  readonly faults: readonly Fault[];
  /** Whether every device has a process of its own; default: a thread. */
  readonly processes?: boolean;
  /** How processes exchange data. Default: by a mapped file where that can be had, else by sockets, and then a note says so. */
  readonly exchange?: ProcessExchange;
  /** Set by the supervisor, where it is by sockets. */
  readonly meeting?: Meeting;
  /** Variables for the environments of processes: those of device `rank` are at `rank` modulo the length. */
  readonly environments?: readonly Readonly<Record<string, string>>[];
  /** Whether devices say when they did what. */
  readonly trace?: boolean;
}

/** The number by which the masks of a step go, which restarts may have changed. */
export function numberOf({ firstStep = 0, restarts }: GroupJob, step: number): number {
  const place = step - firstStep;
  const before = [...(restarts?.keys() ?? [])].filter((one) => one <= place);
  const from = Math.max(...before);
  const restart = restarts?.get(from);
  return restart === undefined ? step : restart.step + place - from;
}

/** One action of a device: seconds on a clock that the devices share, bytes of "value" slots alive during it. */
export interface ActionStamp {
  readonly step: number;
  readonly stage: number;
  readonly microbatch: number;
  /** Index in the stage's list. */
  readonly action: number;
  readonly start: number;
  readonly end: number;
  readonly alive: number;
}

/** One step on one device; times in seconds. */
export interface StepTimes {
  readonly segments: number;
  readonly collectives: number;
  readonly copies: number;
  readonly waiting: number;
  /** How many values went from the backend to the host, and the other way. */
  readonly toHost: number;
  readonly toDevice: number;
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
  /** Every action of every step, where the job asks for it. */
  readonly stamps?: readonly ActionStamp[];
}

/** A shard of an output. */
export interface OutputShard {
  readonly output: number;
  readonly step: number;
  readonly microbatch: number;
  readonly rank: number;
  readonly tensor: HostTensor;
}

/** A shard of what training changes: a parameter, a state, or what was accumulated of a gradient. */
export interface TrainedShard {
  readonly kind: "parameter" | "gradient";
  /** Name of the slot. */
  readonly name: string;
  /** After which step (one less than the first: at the beginning), for gradients in which. */
  readonly step: number;
  readonly stage: number;
  readonly rank: number;
  readonly tensor: HostTensor;
}

/** From the supervisor to the process, after the job: batch number `ordinal` of the run. */
export interface BatchMessage {
  readonly ordinal: number;
  readonly batch: Batch;
}

/** From a device to its process. */
export type DeviceMessage =
  | { readonly kind: "note"; readonly note: Diagnostic }
  | { readonly kind: "loaded"; readonly rank: number }
  | { readonly kind: "step"; readonly rank: number; readonly step: number }
  | { readonly kind: "output"; readonly shard: OutputShard }
  | { readonly kind: "trained"; readonly shard: TrainedShard }
  | { readonly kind: "report"; readonly report: DeviceReport }
  | { readonly kind: "failed"; readonly rank: number; readonly diagnostics: readonly Diagnostic[] }
  | { readonly kind: "cancelled"; readonly rank: number };

/** From the process to the supervisor. */
export type GroupMessage =
  | { readonly kind: "note"; readonly note: Diagnostic }
  | { readonly kind: "alive"; readonly states: string }
  | { readonly kind: "progress"; readonly text: string }
  /** Every device is done with the step, and all that it hands over was sent before. */
  | { readonly kind: "step"; readonly step: number }
  | { readonly kind: "output"; readonly shard: OutputShard }
  | { readonly kind: "trained"; readonly shard: TrainedShard }
  | { readonly kind: "done"; readonly reports: readonly DeviceReport[] }
  | { readonly kind: "failed"; readonly diagnostics: readonly Diagnostic[] };
