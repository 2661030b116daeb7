/**
 * Runs the phases of one stage on one device: loads its segments with the device's own parameters, then runs a phase for a
 * micro-batch whenever it is told to, keeping what is alive and nothing else.
 *
 * Parameters that a step changes are fed to segments, the others are bound.
 */
import { SbpcError } from "../../src/diagnostics/diagnostic.ts";
import { devicesPerStage, type NdSbp } from "../../src/ir/layout.ts";
import { knownShape } from "../../src/ir/types.ts";
import type { Backend, HostTensor, LoadedSegment } from "../../src/plan/backend.ts";
import { bucketSpans, type Span } from "../../src/plan/buckets.ts";
import type { Action, PlanOutput, Slot, StagePlan } from "../../src/plan/plan.ts";
import type { PhasePiece } from "../../src/plan/rank-order.ts";
import type { PhaseKind } from "../../src/schedule/step-order.ts";
import { shardOf } from "../../src/sbp/geometry.ts";
import { coordinatesOf } from "../../src/sbp/mesh.ts";
import { invariant, present } from "../../src/support/assert.ts";
import { at, product } from "../../src/support/collections.ts";
import type { DeviceCommunicator } from "./communicator.ts";
import { describeAction, describeSegment, type ActionDescription } from "./describe.ts";
import { injectFault } from "./fault.ts";
import { heldOnHost, HeldValues, type Held } from "./held-values.ts";
import type { GroupJob, OutputShard, RunnablePlan, TrainedShard } from "./job.ts";
import type { Recorder } from "./recorder.ts";
import { reduceRuns } from "./reduce.ts";
import type { DeviceState } from "./shared.ts";
import { Sources } from "./sources.ts";
import { assignedSlots, isMadeIn, lastUses } from "./stage-actions.ts";
import type { Tally } from "./tally.ts";

export interface StageEvents {
  /** Returns once the batch of that number in the run is there. */
  batch(ordinal: number): void;
  output(shard: OutputShard): void;
  trained(shard: TrainedShard): void;
}

/** The device that runs stages, and what it runs them with. */
export interface StageHost<T> {
  readonly job: GroupJob;
  readonly rank: number;
  readonly backend: Backend<T>;
  readonly communicator: DeviceCommunicator;
  readonly state: DeviceState;
  readonly tally: Tally;
  readonly recorder: Recorder | undefined;
  readonly events: StageEvents;
}

export class StageRunner<T> {
  readonly #host: StageHost<T>;
  readonly #stage: StagePlan;
  /** Within the stage. */
  readonly #device: number;
  readonly #class: number;
  readonly #sources: Sources;
  readonly #values: HeldValues<T>;
  readonly #segments: LoadedSegment<T>[] = [];
  /** Per segment, the slots that are passed to `run`: those that were not bound. */
  readonly #fed: (readonly number[])[] = [];
  /** Parameters and states that steps change, by slot. */
  readonly #kept = new Map<number, Held<T>>();
  /** The last phase of a micro-batch. */
  readonly #lastPhase: PhaseKind;
  readonly #assigned: ReadonlySet<number>;
  /** Inputs that are the same at every step, by slot and micro-batch. */
  readonly #inputs = new Map<string, Held<T>>();
  /** Per action, "value" slots that nothing uses afterwards. */
  readonly #dying: readonly (readonly number[])[];
  readonly #outputs: readonly { readonly index: number; readonly output: PlanOutput }[];
  readonly #spans: ReadonlyMap<number, Span>;
  #action = -1;

  /** `pieces` are those of this stage in a step. */
  constructor(host: StageHost<T>, stage: StagePlan, pieces: readonly PhasePiece[]) {
    const { job, rank, backend, communicator, tally, events } = host;
    this.#host = host;
    this.#stage = stage;
    this.#device = rank % devicesPerStage(job.plan.mesh);
    this.#class = at(stage.deviceClass, this.#device);
    this.#sources = new Sources(job, this.#device, this.#class, (ordinal) => events.batch(ordinal));
    this.#values = new HeldValues(stage, backend, communicator, tally);
    this.#outputs = job.plan.outputs.flatMap((output, index) =>
      output.stage === stage.stage ? [{ index, output }] : [],
    );
    this.#lastPhase = pieces.findLast(({ kind }) => kind !== "U")?.kind ?? "F";
    this.#assigned = assignedSlots(stage);
    this.#spans = bucketSpans(stage.buckets);
    this.#dying = lastUses(stage, new Set(this.#outputs.map(({ output }) => output.slot)));
  }

  /** Loads every segment, with the parameters and rank tables that it takes bound. */
  async load(): Promise<void> {
    const { segments, slots } = this.#stage;
    const { job, backend, state } = this.#host;
    const uses = new Map<number, number>();
    for (const { inputs } of segments) for (const slot of inputs) uses.set(slot, (uses.get(slot) ?? 0) + 1);
    const parameters = new Map<number, HostTensor>();
    for (const [position, segment] of segments.entries()) {
      const bound = new Map<string, HostTensor>();
      const fed: number[] = [];
      segment.inputs.forEach((index, input) => {
        const slot = at(slots, index);
        if ((slot.kind !== "parameter" && slot.kind !== "rank") || this.#assigned.has(index)) {
          fed.push(index);
          return;
        }
        const tensor = parameters.get(index) ?? this.#sources.constant(slot);
        const left = (uses.get(index) ?? 1) - 1;
        uses.set(index, left);
        // A parameter that a later segment takes too is made once.
        if (left > 0) parameters.set(index, tensor);
        else parameters.delete(index);
        bound.set(`i${input}`, tensor);
        state.tick();
      });
      const body = at(job.plan.bodies, at(segment.bodies, this.#class));
      this.#segments.push(
        await backend.load(body, bound).catch((error: unknown) => {
          throw atSegment(error, describeSegment(job.plan, this.#stage, position));
        }),
      );
      this.#fed.push(fed);
      state.tick();
    }
    this.restart();
  }

  /** Begins anew: with the parameters and states that it has at first, or with those that are given. */
  restart(parameters?: RunnablePlan["parameters"]): void {
    for (const index of this.#assigned)
      this.#keep(index, heldOnHost(this.#sources.constant(at(this.#stage.slots, index), parameters)));
  }

  #keep(index: number, next: Held<T>): void {
    const old = this.#kept.get(index);
    this.#kept.set(index, next);
    if (old !== undefined) this.#values.release(old);
  }

  /** Bytes of the parameters and states that the device holds for the stage. */
  get parameterBytes(): number {
    return this.#stage.slots.reduce(
      (n, slot) => (slot.kind === "parameter" ? n + this.#sources.shardBytes(slot) : n),
      0,
    );
  }

  /** Runs a piece of a phase for a micro-batch; `isLast`: of the last step, whose results are handed over. */
  async runPiece(piece: PhasePiece, step: number, isLast: boolean): Promise<void> {
    const { kind, microbatch } = piece;
    const { job, rank, state, tally, recorder } = this.#host;
    const { stage, actions, phases } = this.#stage;
    const phase = present(
      phases.find((one) => one.kind === kind),
      "piece of no phase",
    );
    const givesGradients = job.collects === "all" || (isLast && job.collects === "last");
    if (kind === "U" && piece.first === phase.first && givesGradients) await this.#giveGradients(step);
    const end = piece.first + piece.count;
    for (let index = piece.first; index < end; index++) {
      const action = at(actions, index);
      this.#action = index;
      state.begin(step, stage, microbatch, index, action.kind);
      injectFault(job.faults, rank, index);
      recorder?.begin();
      await this.#runAction(action, index, step, microbatch);
      recorder?.end(step, stage, microbatch, index, tally.alive);
      tally.note(index);
      for (const slot of at(this.#dying, index)) this.#values.drop(slot, microbatch);
    }
    if (end < phase.first + phase.count) return;
    for (const { index, output } of this.#outputs) {
      if (output.perStep === true ? kind !== "U" : !isMadeIn(this.#stage, output.slot, phase)) continue;
      if (output.perStep === true || isLast || job.givesEveryStep === true)
        await this.#giveOutput(index, output, step, microbatch);
      this.#values.drop(output.slot, microbatch);
    }
    // No later phase takes what was made of sources.
    if (kind === this.#lastPhase) this.#values.dropSources(microbatch);
  }

  /** Hands over the parameters and states that steps change. */
  async giveTrained(step: number): Promise<void> {
    for (const slot of this.#assigned) await this.#giveShard("parameter", slot, step);
  }

  async close(): Promise<void> {
    for (const segment of this.#segments) await segment.release();
  }

  /** What it did last; undefined before it did anything. */
  describe(): ActionDescription | undefined {
    if (this.#action < 0) return undefined;
    return describeAction(this.#host.job.plan, this.#stage.stage, this.#action);
  }

  // --- actions

  async #runAction(action: Action, index: number, step: number, microbatch: number): Promise<void> {
    const { backend, communicator, tally } = this.#host;
    const values = this.#values;
    switch (action.kind) {
      case "segment": {
        const { outputs } = at(this.#stage.segments, action.segment);
        const inputs: T[] = [];
        for (const slot of at(this.#fed, action.segment))
          inputs.push(values.onDevice(this.#get(slot, step, microbatch)));
        const start = performance.now();
        const results = await at(this.#segments, action.segment).run(inputs);
        tally.segmentSeconds += (performance.now() - start) / 1000;
        outputs.forEach((slot, i) => {
          const device = present(results[i], "segment gave too few outputs");
          const bytes = backend.byteLength(device);
          values.hold(slot, microbatch, { device, bytes, pooled: false });
        });
        return;
      }
      case "collective": {
        const members = this.#runsWith(index);
        if (members.length === 0) return;
        const shards: HostTensor[] = [];
        for (const { input } of members) shards.push(await values.onHost(this.#get(input, step, microbatch)));
        const made = await communicator.collective(
          members.map(({ boxing }) => boxing),
          shards,
        );
        members.forEach(({ output }, i) => this.#receive(output, microbatch, at(made, i)));
        return;
      }
      case "send":
        await communicator.send(
          action.boxing,
          microbatch,
          await values.onHost(this.#get(action.input, step, microbatch)),
        );
        return;
      case "receive":
        this.#receive(action.output, microbatch, await communicator.receive(action.boxing, microbatch));
        return;
      case "accumulate":
        await this.#accumulate(action, index, step, microbatch);
        return;
      case "assign": {
        const next = await this.#taken(action.input, index, step, microbatch);
        this.#keep(action.parameter, { ...next, bytes: 0 });
      }
    }
  }

  /** The collectives that run with this one: all of its bucket with the first, none with the others. */
  #runsWith(index: number): readonly Extract<Action, { kind: "collective" }>[] {
    const { first, last } = this.#spans.get(index) ?? { first: index, last: index };
    if (index > first) return [];
    return this.#stage.actions.slice(first, last + 1).filter((action) => action.kind === "collective");
  }

  /** Adds to what earlier micro-batches of the step gave. */
  async #accumulate(
    { input, output }: Extract<Action, { kind: "accumulate" }>,
    index: number,
    step: number,
    microbatch: number,
  ): Promise<void> {
    const values = this.#values;
    const sum = values.find(output, 0);
    if (sum === undefined) {
      values.hold(output, 0, await this.#taken(input, index, step, microbatch));
      return;
    }
    const [total, term] = [await values.onHost(sum), await values.onHost(this.#get(input, step, microbatch))];
    const start = performance.now();
    const to = { data: total.data, at: 0 };
    reduceRuns(to, [to, { data: term.data, at: 0 }], total.data.length, "sum", total.dtype);
    // The backend's view may be a copy of what the host had.
    values.forgetDevice(sum);
    this.#host.tally.segmentSeconds += (performance.now() - start) / 1000;
  }

  /** A value that is one's own from now on: itself where this action is its last use, else a copy. */
  async #taken(slot: number, action: number, step: number, microbatch: number): Promise<Held<T>> {
    const held = this.#get(slot, step, microbatch);
    if (at(this.#dying, action).includes(slot)) {
      this.#values.take(slot, microbatch);
      return held;
    }
    const { dtype, shape, data } = await this.#values.onHost(held);
    return { host: { dtype, shape, data: data.slice() }, bytes: data.byteLength, pooled: false };
  }

  #receive(slot: number, microbatch: number, host: HostTensor): void {
    this.#values.hold(slot, microbatch, { host, bytes: host.data.byteLength, pooled: true });
  }

  /** The value of a slot; sources are made when they are first asked for. */
  #get(slot: number, step: number, microbatch: number): Held<T> {
    const held = this.#kept.get(slot) ?? this.#values.find(slot, microbatch);
    if (held !== undefined) return held;
    const description = at(this.#stage.slots, slot);
    return this.#host.tally.copying(() => this.#source(description, slot, step, microbatch));
  }

  #source(slot: Slot, index: number, step: number, microbatch: number): Held<T> {
    switch (slot.kind) {
      case "input": {
        const key = `${index}:${microbatch}`;
        const known = this.#inputs.get(key);
        if (known !== undefined) return known;
        const made = heldOnHost<T>(this.#sources.input(slot, step, microbatch));
        if (this.#sources.isFed(slot.name)) this.#values.hold(index, microbatch, made);
        else this.#inputs.set(key, made);
        return made;
      }
      case "random":
      case "parameter":
      case "rank": {
        const made = heldOnHost<T>(
          slot.kind === "random"
            ? this.#sources.random(slot, step, microbatch)
            : this.#sources.constant(slot),
        );
        this.#values.hold(index, microbatch, made);
        return made;
      }
      case "value":
        throw new Error(`%${slot.name} is used before it is made`);
    }
  }

  // --- what is handed over

  /** Whether this device is the first that holds its shard of a value in this layout. */
  #isFirst(layout: NdSbp): boolean {
    const coordinates = coordinatesOf(this.#host.job.plan.mesh, this.#device);
    return layout.every((sbp, axis) => sbp.kind !== "B" || coordinates[axis] === 0);
  }

  /** Hands over the shard of an output, where this device is the first to hold it. */
  async #giveOutput(index: number, output: PlanOutput, step: number, microbatch: number): Promise<void> {
    if (!this.#isFirst(output.layout)) return;
    const { job, rank, events } = this.#host;
    const tensor = await this.#values.onHost(this.#get(output.slot, step, microbatch));
    const size = shardOf(knownShape(output.type), output.layout, job.plan.mesh, this.#device).size;
    invariant(
      tensor.data.length === product(size),
      "output does not have the plan's size",
      () => output.name,
    );
    events.output({
      output: index,
      step,
      microbatch: output.perStep === true ? 0 : microbatch,
      rank,
      tensor: { ...tensor, shape: size, data: tensor.data.slice() },
    });
  }

  /** Hands over what was accumulated of the gradients. */
  async #giveGradients(step: number): Promise<void> {
    for (const action of this.#stage.actions)
      if (action.kind === "accumulate") await this.#giveShard("gradient", action.output, step);
  }

  async #giveShard(kind: TrainedShard["kind"], index: number, step: number): Promise<void> {
    const slot = at(this.#stage.slots, index);
    if (!this.#isFirst(slot.layout)) return;
    const tensor = await this.#values.onHost(this.#get(index, 0, 0));
    this.#host.events.trained({
      kind,
      name: slot.name,
      step,
      stage: this.#stage.stage,
      rank: this.#host.rank,
      tensor: { ...tensor, shape: this.#sources.box(slot).size, data: tensor.data.slice() },
    });
  }
}

/** What a backend says of a body, which knows no names, at the place of the segment in the model. */
function atSegment(error: unknown, { text, location }: ActionDescription): unknown {
  if (!(error instanceof SbpcError)) return error;
  const diagnostics = error.diagnostics.map((one) => ({
    ...one,
    message: `${one.message.replace(/\.$/, "")} (${text}).`,
    location,
  }));
  return new SbpcError(diagnostics, { cause: error });
}
