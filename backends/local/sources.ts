/** Makes what a device holds of a plan's sources: its shards of parameters, inputs and random values, and its own integers. */
import { fail } from "../../src/diagnostics/diagnostic.ts";
import { allocate, writeNumber } from "../../src/ir/tensor-data.ts";
import { rankValues } from "../../src/ops/localize.ts";
import type { HostTensor } from "../../src/plan/backend.ts";
import { copyBox, wholeBox } from "../../src/plan/box-copy.ts";
import { dealtPart, dealtRuns, validSource } from "../../src/plan/micro-batches.ts";
import type { Slot } from "../../src/plan/plan.ts";
import { fillInput, fillRandom } from "../../src/plan/random.ts";
import { boxElements, shardOf, type Box } from "../../src/sbp/geometry.ts";
import { coordinatesOf } from "../../src/sbp/mesh.ts";
import { present } from "../../src/support/assert.ts";
import { at } from "../../src/support/collections.ts";
import { fedTensor } from "./feed.ts";
import { numberOf, type GroupJob, type RunnablePlan } from "./job.ts";
import { parameterShard } from "./weights.ts";

export class Sources {
  readonly #job: GroupJob;
  /** Within a stage. */
  readonly #device: number;
  readonly #class: number;
  readonly #awaitBatch: (ordinal: number) => void;

  /** `awaitBatch` returns once the batch of that number in the run is there. */
  constructor(job: GroupJob, device: number, deviceClass: number, awaitBatch: (ordinal: number) => void) {
    this.#job = job;
    this.#device = device;
    this.#class = deviceClass;
    this.#awaitBatch = awaitBatch;
  }

  box(slot: Slot): Box {
    return shardOf(slot.shape, slot.layout, this.#job.plan.mesh, this.#device);
  }

  shardBytes(slot: Slot): number {
    return allocate(slot.dtype, 0).BYTES_PER_ELEMENT * boxElements(this.box(slot));
  }

  /** Whether an input is another one at every step. */
  isFed(name: string): boolean {
    const given = this.#job.inputs.get(name);
    return given !== undefined && "kind" in given && given.kind === "fed";
  }

  /** A parameter as it is at first, or as `parameters` have it, or the device's integers. */
  constant(slot: Slot, parameters?: RunnablePlan["parameters"]): HostTensor {
    if (slot.kind === "rank") {
      const table = present(slot.table, "rank slot without a table", () => slot.name);
      const coordinates = coordinatesOf(this.#job.plan.mesh, this.#device);
      const data = BigInt64Array.from(rankValues(this.#job.plan.mesh, table, coordinates), BigInt);
      return { dtype: "i64", shape: at(slot.localShapes, this.#class), data };
    }
    const parameter = present(
      (parameters ?? this.#job.plan.parameters).find(({ name }) => name === slot.name),
      "parameter slot without a parameter",
      () => slot.name,
    );
    const box = this.box(slot);
    const source = {
      name: slot.name,
      dtype: slot.dtype,
      shape: slot.shape,
      initializer: parameter.initializer,
    };
    // States begin as they are said to: a random second moment might be negative.
    const randomized = this.#job.randomized && parameters === undefined && parameter.stateOf === undefined;
    const data = parameterShard(source, box, { ...this.#job, randomized });
    return { dtype: slot.dtype, shape: box.size, data };
  }

  input(slot: Slot, step: number, microbatch: number): HostTensor {
    if (slot.name === validSource) return this.#valid(slot, microbatch);
    const input = present(
      this.#job.plan.inputs.find(({ name }) => name === slot.name),
      "input slot without an input",
      () => slot.name,
    );
    const box = this.box(slot);
    const { batchAxis } = input;
    const offset = this.#offset(slot, batchAxis, microbatch);
    let given = this.#job.inputs.get(slot.name);
    if (given === undefined) fail("bad-input", { name: slot.name, problem: "is missing" });
    if ("kind" in given && given.kind === "fed") {
      const ordinal = step - (this.#job.firstStep ?? 0);
      this.#awaitBatch(ordinal);
      given = fedTensor(given, ordinal);
    }
    if ("kind" in given) {
      const range = { seed: this.#job.seed, batchAxis, sampleOffset: offset };
      return {
        dtype: slot.dtype,
        shape: box.size,
        data: fillInput(given, slot.name, slot.shape, box, slot.dtype, range),
      };
    }
    const data = allocate(slot.dtype, boxElements(box));
    const whole = wholeBox(given.shape);
    for (const { region, held } of dealtRuns(this.#job.plan, slot.shape, box, batchAxis, microbatch))
      copyBox(given.data, whole, data, held, region);
    return { dtype: slot.dtype, shape: box.size, data };
  }

  random(slot: Slot, step: number, microbatch: number): HostTensor {
    const random = present(
      this.#job.plan.randoms.find(({ name }) => name === slot.name),
      "random slot without a random source",
      () => slot.name,
    );
    const box = this.box(slot);
    const { batchAxis } = random;
    const sampleOffset = this.#offset(slot, batchAxis, microbatch);
    const range = { seed: this.#job.seed, step: numberOf(this.#job, step), batchAxis, sampleOffset };
    return {
      dtype: slot.dtype,
      shape: box.size,
      data: fillRandom(random.recipe, slot.shape, box, slot.dtype, range),
    };
  }

  /** Which samples of a micro-batch are its own, not there to fill it up. */
  #valid(slot: Slot, microbatch: number): HostTensor {
    const box = this.box(slot);
    const { size } = dealtPart(this.#job.plan, at(slot.shape, 0), microbatch);
    const data = allocate(slot.dtype, boxElements(box));
    data.forEach((_, i) => writeNumber(slot.dtype, data, i, at(box.start, 0) + i < size ? 1 : 0));
    return { dtype: slot.dtype, shape: box.size, data };
  }

  /** Where a micro-batch begins on the axis that counts samples. */
  #offset(slot: Slot, batchAxis: number | null, microbatch: number): number {
    if (batchAxis === null) return 0;
    return dealtPart(this.#job.plan, at(slot.shape, batchAxis), microbatch).start;
  }
}
