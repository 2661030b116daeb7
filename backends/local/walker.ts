/**
 * Walks a stage's actions on one device: loads its segments with the device's own parameters, then runs every
 * micro-batch of every step, keeping what is alive and nothing else.
 */
import { SbpcError, diagnostic, fail } from "../../src/diagnostics/diagnostic.ts";
import { devicesPerStage } from "../../src/ir/layout.ts";
import { knownShape } from "../../src/ir/types.ts";
import type { Backend, HostTensor, LoadedSegment } from "../../src/plan/backend.ts";
import { copyBox, wholeBox } from "../../src/plan/box-copy.ts";
import type { Action, PlanOutput, Segment, Slot, StagePlan } from "../../src/plan/plan.ts";
import { fillInput, fillRandom } from "../../src/plan/random.ts";
import { boxElements, shardOf, type Box } from "../../src/sbp/geometry.ts";
import { rankValues } from "../../src/ops/localize.ts";
import { coordinatesOf, stageOfRank } from "../../src/sbp/mesh.ts";
import { invariant, present } from "../../src/support/assert.ts";
import { at, product } from "../../src/support/collections.ts";
import { allocate } from "../../src/ir/tensor-data.ts";
import type { SharedCommunicator } from "./communicator.ts";
import { describeAction } from "./describe.ts";
import { injectFault } from "./fault.ts";
import type { DeviceReport, GroupJob, OutputShard, StepTimes } from "./job.ts";
import { Cancelled, type DeviceState } from "./shared.ts";
import { parameterShard } from "./weights.ts";

export interface WalkerEvents {
  loaded(): void;
  step(step: number): void;
  output(shard: OutputShard): void;
}

/** A value that is alive: on the host, in the backend, or both. */
interface Held<T> {
  host?: HostTensor;
  device?: T;
  readonly bytes: number;
  /** Whether the host array goes back to the communicator. */
  readonly pooled: boolean;
}

/** Seconds on a clock that the threads of a process share. */
function now(): number {
  return (performance.timeOrigin + performance.now()) / 1000;
}

export class Walker<T> {
  readonly #job: GroupJob;
  readonly #rank: number;
  readonly #backend: Backend<T>;
  readonly #communicator: SharedCommunicator;
  readonly #state: DeviceState;
  readonly #events: WalkerEvents;
  readonly #stage: StagePlan;
  readonly #device: number;
  readonly #class: number;
  readonly #segments: LoadedSegment<T>[] = [];
  /** Per segment, the slots that are passed to `run`: those that were not bound. */
  readonly #fed: (readonly number[])[] = [];
  readonly #held = new Map<number, Held<T>>();
  /** Inputs, the same at every step, by slot and micro-batch. */
  readonly #inputs = new Map<string, Held<T>>();
  /** Per action, "value" slots that nothing uses afterwards. */
  readonly #dying: readonly (readonly number[])[];
  readonly #outputs: readonly { readonly index: number; readonly output: PlanOutput }[];
  #alive = 0;
  #peak = 0;
  #peakAction = 0;
  #parameterBytes = 0;
  #segmentSeconds = 0;
  #copySeconds = 0;
  #action = -1;

  constructor(
    job: GroupJob,
    rank: number,
    backend: Backend<T>,
    communicator: SharedCommunicator,
    state: DeviceState,
    events: WalkerEvents,
  ) {
    this.#job = job;
    this.#rank = rank;
    this.#backend = backend;
    this.#communicator = communicator;
    this.#state = state;
    this.#events = events;
    const { mesh, stages, outputs } = job.plan;
    this.#stage = at(stages, stageOfRank(mesh, rank));
    this.#device = rank % devicesPerStage(mesh);
    this.#class = at(this.#stage.deviceClass, this.#device);
    this.#outputs = outputs.flatMap((output, index) =>
      output.stage === this.#stage.stage ? [{ index, output }] : [],
    );
    this.#dying = lastUses(this.#stage, new Set(this.#outputs.map(({ output }) => output.slot)));
  }

  /** Loads every segment, with the parameters and rank tables that it takes bound. */
  async load(): Promise<void> {
    const { segments, slots } = this.#stage;
    const uses = new Map<number, number>();
    for (const { inputs } of segments) for (const slot of inputs) uses.set(slot, (uses.get(slot) ?? 0) + 1);
    const parameters = new Map<number, HostTensor>();
    for (const segment of segments) {
      const bound = new Map<string, HostTensor>();
      const fed: number[] = [];
      segment.inputs.forEach((index, position) => {
        const slot = at(slots, index);
        if (slot.kind !== "parameter" && slot.kind !== "rank") {
          fed.push(index);
          return;
        }
        const tensor = parameters.get(index) ?? this.#constant(slot);
        const left = (uses.get(index) ?? 1) - 1;
        uses.set(index, left);
        // A parameter that a later segment takes too is made once.
        if (left > 0) parameters.set(index, tensor);
        else parameters.delete(index);
        bound.set(`i${position}`, tensor);
        this.#state.tick();
      });
      const body = at(this.#job.plan.bodies, at(segment.bodies, this.#class));
      this.#segments.push(await this.#backend.load(body, bound));
      this.#fed.push(fed);
      this.#state.tick();
    }
    this.#parameterBytes = slots.reduce(
      (n, slot) => (slot.kind === "parameter" ? n + this.#shardBytes(slot) : n),
      0,
    );
    this.#events.loaded();
  }

  /** Runs all steps. */
  async run(): Promise<DeviceReport> {
    const begin = now();
    const steps: StepTimes[] = [];
    const { microbatches } = this.#job.plan;
    for (let step = 0; step < this.#job.steps; step++) {
      const start = now();
      const before = this.#times();
      for (let microbatch = 0; microbatch < microbatches; microbatch++)
        await this.#runMicrobatch(step, microbatch);
      const after = this.#times();
      const end = now();
      steps.push({
        segments: after.segments - before.segments,
        collectives: after.collectives - before.collectives,
        copies: after.copies - before.copies,
        waiting: after.waiting - before.waiting,
        total: end - start,
        end,
      });
      this.#events.step(step);
    }
    return {
      rank: this.#rank,
      bytes: this.#communicator.bytes.map((bytes) => bytes / this.#job.steps),
      peakBytes: this.#peak,
      peakAction: this.#peakAction,
      parameterBytes: this.#parameterBytes,
      begin,
      steps,
    };
  }

  async close(): Promise<void> {
    for (const segment of this.#segments) await segment.release();
    await this.#backend.close();
  }

  /** The error with the place where this device is; what says its cause already is left as it is. */
  explain(error: unknown): SbpcError | Cancelled {
    if (error instanceof SbpcError || error instanceof Cancelled) return error;
    const problem = error instanceof Error ? error.message : String(error);
    if (this.#action < 0) {
      return new SbpcError(
        [diagnostic("worker-failed", { rank: this.#rank, action: "loading its segments", problem })],
        { cause: error },
      );
    }
    const { text, location } = describeAction(this.#job.plan, this.#stage.stage, this.#action);
    return new SbpcError(
      [diagnostic("worker-failed", { rank: this.#rank, action: text, problem }, location)],
      { cause: error },
    );
  }

  async #runMicrobatch(step: number, microbatch: number): Promise<void> {
    const { actions } = this.#stage;
    for (let index = 0; index < actions.length; index++) {
      const action = at(actions, index);
      this.#action = index;
      this.#state.begin(step, microbatch, index, action.kind);
      injectFault(this.#job.faults, this.#rank, index);
      await this.#runAction(action, step, microbatch);
      if (this.#alive > this.#peak) {
        this.#peak = this.#alive;
        this.#peakAction = index;
      }
      for (const slot of at(this.#dying, index)) this.#drop(slot);
    }
    if (step === this.#job.steps - 1) await this.#giveOutputs(step, microbatch);
    for (const slot of this.#held.keys()) this.#drop(slot);
  }

  async #runAction(action: Action, step: number, microbatch: number): Promise<void> {
    switch (action.kind) {
      case "segment": {
        const { outputs } = at(this.#stage.segments, action.segment);
        const inputs: T[] = [];
        for (const slot of at(this.#fed, action.segment))
          inputs.push(this.#onDevice(this.#get(slot, step, microbatch)));
        const start = performance.now();
        const results = await at(this.#segments, action.segment).run(inputs);
        this.#segmentSeconds += (performance.now() - start) / 1000;
        outputs.forEach((slot, i) => {
          const device = present(results[i], "segment gave too few outputs");
          const bytes = this.#backend.byteLength(device);
          this.#hold(slot, { device, bytes, pooled: false });
        });
        return;
      }
      case "collective": {
        const shard = await this.#onHost(this.#get(action.input, step, microbatch));
        this.#receive(action.output, await this.#communicator.collective(action.boxing, shard));
        return;
      }
      case "send":
        await this.#communicator.send(
          action.boxing,
          microbatch,
          await this.#onHost(this.#get(action.input, step, microbatch)),
        );
        return;
      case "receive":
        this.#receive(action.output, await this.#communicator.receive(action.boxing, microbatch));
    }
  }

  // --- what is alive

  #receive(slot: number, host: HostTensor): void {
    this.#hold(slot, { host, bytes: host.data.byteLength, pooled: true });
  }

  #hold(slot: number, held: Held<T>): void {
    this.#held.set(slot, held);
    if (at(this.#stage.slots, slot).kind === "value") this.#alive += held.bytes;
  }

  #drop(slot: number): void {
    const held = this.#held.get(slot);
    if (held === undefined) return;
    this.#held.delete(slot);
    if (at(this.#stage.slots, slot).kind === "value") this.#alive -= held.bytes;
    if (held.device !== undefined) this.#backend.free(held.device);
    if (held.pooled && held.host !== undefined) this.#communicator.recycle(held.host.dtype, held.host.data);
  }

  /** The value of a slot; sources are made when they are first asked for. */
  #get(slot: number, step: number, microbatch: number): Held<T> {
    const held = this.#held.get(slot);
    if (held !== undefined) return held;
    const description = at(this.#stage.slots, slot);
    const start = performance.now();
    const made = this.#source(description, slot, step, microbatch);
    this.#copySeconds += (performance.now() - start) / 1000;
    return made;
  }

  #source(slot: Slot, index: number, step: number, microbatch: number): Held<T> {
    switch (slot.kind) {
      case "input": {
        const key = `${index}:${microbatch}`;
        const known = this.#inputs.get(key);
        if (known !== undefined) return known;
        const made = { host: this.#input(slot, microbatch), bytes: 0, pooled: false };
        this.#inputs.set(key, made);
        return made;
      }
      case "random": {
        const held = { host: this.#random(slot, step, microbatch), bytes: 0, pooled: false };
        this.#hold(index, held);
        return held;
      }
      case "parameter":
      case "rank": {
        const held = { host: this.#constant(slot), bytes: 0, pooled: false };
        this.#hold(index, held);
        return held;
      }
      case "value":
        throw new Error(`%${slot.name} is used before it is made`);
    }
  }

  #onDevice(held: Held<T>): T {
    held.device ??= this.#backend.upload(present(held.host, "value is nowhere"));
    return held.device;
  }

  async #onHost(held: Held<T>): Promise<HostTensor> {
    const start = performance.now();
    held.host ??= await this.#backend.download(present(held.device, "value is nowhere"));
    this.#copySeconds += (performance.now() - start) / 1000;
    return held.host;
  }

  // --- sources

  #box(slot: Slot): Box {
    return shardOf(slot.shape, slot.layout, this.#job.plan.mesh, this.#device);
  }

  #shardBytes(slot: Slot): number {
    return allocate(slot.dtype, 0).BYTES_PER_ELEMENT * boxElements(this.#box(slot));
  }

  #constant(slot: Slot): HostTensor {
    if (slot.kind === "rank") {
      const table = present(slot.table, "rank slot without a table", () => slot.name);
      const coordinates = coordinatesOf(this.#job.plan.mesh, this.#device);
      const data = BigInt64Array.from(rankValues(this.#job.plan.mesh, table, coordinates), BigInt);
      return { dtype: "i64", shape: at(slot.localShapes, this.#class), data };
    }
    const parameter = present(
      this.#job.plan.parameters.find(({ name }) => name === slot.name),
      "parameter slot without a parameter",
      () => slot.name,
    );
    const box = this.#box(slot);
    const source = {
      name: slot.name,
      dtype: slot.dtype,
      shape: slot.shape,
      initializer: parameter.initializer,
    };
    return { dtype: slot.dtype, shape: box.size, data: parameterShard(source, box, this.#job) };
  }

  #input(slot: Slot, microbatch: number): HostTensor {
    const input = present(
      this.#job.plan.inputs.find(({ name }) => name === slot.name),
      "input slot without an input",
      () => slot.name,
    );
    const box = this.#box(slot);
    const { batchAxis } = input;
    const offset = batchAxis === null ? 0 : microbatch * at(slot.shape, batchAxis);
    const given = this.#job.inputs.get(slot.name);
    if (given === undefined) fail("bad-input", { name: slot.name, problem: "is missing" });
    if ("kind" in given) {
      const range = { seed: this.#job.seed, batchAxis, sampleOffset: offset };
      return {
        dtype: slot.dtype,
        shape: box.size,
        data: fillInput(given, slot.name, slot.shape, box, slot.dtype, range),
      };
    }
    const region: Box = {
      start: box.start.map((start, axis) => (axis === batchAxis ? start + offset : start)),
      size: box.size,
    };
    const data = allocate(slot.dtype, boxElements(box));
    copyBox(given.data, wholeBox(given.shape), data, region, region);
    return { dtype: slot.dtype, shape: box.size, data };
  }

  #random(slot: Slot, step: number, microbatch: number): HostTensor {
    const random = present(
      this.#job.plan.randoms.find(({ name }) => name === slot.name),
      "random slot without a random source",
      () => slot.name,
    );
    const box = this.#box(slot);
    const { batchAxis } = random;
    const sampleOffset = batchAxis === null ? 0 : microbatch * at(slot.shape, batchAxis);
    const range = { seed: this.#job.seed, step, batchAxis, sampleOffset };
    return {
      dtype: slot.dtype,
      shape: box.size,
      data: fillRandom(random.recipe, slot.shape, box, slot.dtype, range),
    };
  }

  // --- outputs

  /** Hands over the output shards that this device is the first to hold. */
  async #giveOutputs(step: number, microbatch: number): Promise<void> {
    const coordinates = coordinatesOf(this.#job.plan.mesh, this.#device);
    for (const { index, output } of this.#outputs) {
      if (output.layout.some((sbp, axis) => sbp.kind === "B" && coordinates[axis] !== 0)) continue;
      const tensor = await this.#onHost(this.#get(output.slot, step, microbatch));
      const size = shardOf(knownShape(output.type), output.layout, this.#job.plan.mesh, this.#device).size;
      invariant(
        tensor.data.length === product(size),
        "output does not have the plan's size",
        () => output.name,
      );
      this.#events.output({
        output: index,
        microbatch,
        rank: this.#rank,
        tensor: { ...tensor, shape: size, data: tensor.data.slice() },
      });
    }
  }

  #times(): { segments: number; collectives: number; copies: number; waiting: number } {
    const { collectives, copies, waiting } = this.#communicator.times;
    return { segments: this.#segmentSeconds, collectives, copies: copies + this.#copySeconds, waiting };
  }
}

/** Per action, the "value" slots whose last use (or making, where nothing uses them) it is; outputs have none. */
function lastUses(stage: StagePlan, outputs: ReadonlySet<number>): number[][] {
  const last = new Map<number, number>();
  stage.actions.forEach((action, index) => {
    for (const slot of touched(action, stage.segments)) last.set(slot, index);
  });
  const dying: number[][] = stage.actions.map(() => []);
  for (const [slot, index] of last) {
    if (!outputs.has(slot) && at(stage.slots, slot).kind === "value") at(dying, index).push(slot);
  }
  return dying;
}

function touched(action: Action, segments: readonly Segment[]): readonly number[] {
  switch (action.kind) {
    case "segment": {
      const segment = at(segments, action.segment);
      return [...segment.inputs, ...segment.outputs];
    }
    case "collective":
      return [action.input, action.output];
    case "send":
      return [action.input];
    case "receive":
      return [action.output];
  }
}
