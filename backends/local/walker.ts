/**
 * Walks through the steps of one device: runs the phases of its stages in the order of the schedule, micro-batches overlapping, and
 * reports what it took.
 */
import { SbpcError, diagnostic } from "../../src/diagnostics/diagnostic.ts";
import type { Backend } from "../../src/plan/backend.ts";
import { rankOrders, type PhasePiece } from "../../src/plan/rank-order.ts";
import { pipelineRank, stagesOfRank } from "../../src/sbp/mesh.ts";
import { present } from "../../src/support/assert.ts";
import { at, sum } from "../../src/support/collections.ts";
import type { DeviceCommunicator } from "./communicator.ts";
import type { DeviceReport, GroupJob, StepTimes } from "./job.ts";
import { now, Recorder } from "./recorder.ts";
import { Cancelled, type DeviceState } from "./shared.ts";
import { StageRunner, type StageEvents } from "./stage-runner.ts";
import { Tally } from "./tally.ts";

export interface WalkerEvents extends StageEvents {
  loaded(): void;
  /** May wait until what was handed over is on its way. */
  step(step: number): void | Promise<void>;
}

export class Walker<T> {
  readonly #job: GroupJob;
  readonly #rank: number;
  readonly #backend: Backend<T>;
  readonly #communicator: DeviceCommunicator;
  readonly #events: WalkerEvents;
  readonly #recorder: Recorder | undefined;
  readonly #pieces: readonly PhasePiece[];
  readonly #stages: ReadonlyMap<number, StageRunner<T>>;
  /** The stage that is at work. */
  #current: StageRunner<T> | undefined;
  readonly #tally = new Tally();

  constructor(
    job: GroupJob,
    rank: number,
    backend: Backend<T>,
    communicator: DeviceCommunicator,
    state: DeviceState,
    events: WalkerEvents,
  ) {
    this.#job = job;
    this.#rank = rank;
    this.#backend = backend;
    this.#communicator = communicator;
    this.#events = events;
    this.#recorder = job.trace === true ? new Recorder() : undefined;
    const { mesh, stages } = job.plan;
    this.#pieces = at(rankOrders(job.plan), pipelineRank(mesh, rank));
    const [tally, recorder] = [this.#tally, this.#recorder];
    const host = { job, rank, backend, communicator, state, tally, recorder, events };
    this.#stages = new Map(
      stagesOfRank(mesh, rank).map((stage) => {
        const own = this.#pieces.filter((piece) => piece.stage === stage);
        return [stage, new StageRunner(host, at(stages, stage), own)];
      }),
    );
  }

  /** Loads what the device runs. */
  async load(): Promise<void> {
    for (const stage of this.#stages.values()) await stage.load();
    this.#events.loaded();
  }

  /** Runs all steps. */
  async run(): Promise<DeviceReport> {
    const begin = now();
    const steps: StepTimes[] = [];
    const { firstStep = 0, collects } = this.#job;
    // Where there is no step, the last state is the first.
    if (collects === "all" || (collects === "last" && this.#job.steps === 0))
      await this.#giveTrained(firstStep - 1);
    for (let i = 0; i < this.#job.steps; i++) {
      const step = firstStep + i;
      const start = now();
      const restart = this.#job.restarts?.get(i);
      if (restart !== undefined) for (const stage of this.#stages.values()) stage.restart(restart.parameters);
      const before = this.#times();
      for (const piece of this.#pieces) {
        this.#current = present(this.#stages.get(piece.stage), "stage of another rank");
        await this.#current.runPiece(piece, step, this.#isLast(step));
      }
      if (this.#givesTrained(step)) await this.#giveTrained(step);
      const after = this.#times();
      const end = now();
      steps.push({
        segments: after.segments - before.segments,
        collectives: after.collectives - before.collectives,
        copies: after.copies - before.copies,
        waiting: after.waiting - before.waiting,
        toHost: after.toHost - before.toHost,
        toDevice: after.toDevice - before.toDevice,
        total: end - start,
        end,
      });
      await this.#events.step(step);
    }
    return {
      rank: this.#rank,
      bytes: this.#communicator.bytes.map((bytes) => bytes / this.#job.steps),
      peakBytes: this.#tally.peak,
      peakAction: this.#tally.peakAction,
      parameterBytes: sum([...this.#stages.values()].map((stage) => stage.parameterBytes)),
      begin,
      steps,
      ...(this.#recorder === undefined ? {} : { stamps: this.#recorder.stamps }),
    };
  }

  async close(): Promise<void> {
    for (const stage of this.#stages.values()) await stage.close();
    await this.#backend.close();
  }

  /** The error with the place where this device is; what says its cause already is left as it is. */
  explain(error: unknown): SbpcError | Cancelled {
    if (error instanceof SbpcError || error instanceof Cancelled) return error;
    const problem = error instanceof Error ? error.message : String(error);
    const place = this.#current?.describe();
    const action = place?.text ?? "loading its segments";
    return new SbpcError(
      [diagnostic("worker-failed", { rank: this.#rank, action, problem }, place?.location)],
      { cause: error },
    );
  }

  /** Whether the parameters and states are handed over after a step. */
  #givesTrained(step: number): boolean {
    const { collects, saveEvery } = this.#job;
    if (collects === "all") return true;
    if (this.#isLast(step)) return collects !== undefined || saveEvery !== undefined;
    return saveEvery !== undefined && (step + 1) % saveEvery === 0;
  }

  async #giveTrained(step: number): Promise<void> {
    for (const stage of this.#stages.values()) await stage.giveTrained(step);
  }

  #isLast(step: number): boolean {
    return step === (this.#job.firstStep ?? 0) + this.#job.steps - 1;
  }

  #times(): Omit<StepTimes, "total" | "end"> {
    const { collectives, copies, waiting } = this.#communicator.times;
    const { segmentSeconds, copySeconds, toHost, toDevice } = this.#tally;
    return { segments: segmentSeconds, collectives, copies: copies + copySeconds, waiting, toHost, toDevice };
  }
}
