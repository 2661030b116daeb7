/** Runs a plan's devices in a process of their own, and puts together what they give. */
import { diagnostic, SbpcError, type Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import { deviceCount, devicesPerStage } from "../../src/ir/layout.ts";
import { allocate, readNumber, writeNumber, type TypedArray } from "../../src/ir/tensor-data.ts";
import { isFloat, knownShape, type DataType } from "../../src/ir/types.ts";
import type { HostTensor } from "../../src/plan/backend.ts";
import { copyBox, forEachRun, wholeBox } from "../../src/plan/box-copy.ts";
import { dealtPart, weightOf, stepLength, type DealtRun } from "../../src/plan/micro-batches.ts";
import type { PlanOutput } from "../../src/plan/plan.ts";
import { shardOf, type Box } from "../../src/sbp/geometry.ts";
import { at, groupBy, product, range, sum } from "../../src/support/collections.ts";
import { runChild, type ChildControl } from "./child.ts";
import { entryUrl } from "./entry.ts";
import { ringSteps, type Batch } from "./feed.ts";
import type { BatchMessage, DeviceReport, GroupJob, GroupMessage, OutputShard, TrainedShard } from "./job.ts";
import type { Meeting } from "./links.ts";
import { mappingProblem } from "./mapping.ts";
import { clearMeeting, makeMeeting } from "./socket-memory.ts";

export interface GroupResult {
  /** Whole outputs of the last step, by name. */
  readonly outputs: ReadonlyMap<string, HostTensor>;
  /** Outputs that are made once per step, of every step. */
  readonly history: ReadonlyMap<string, readonly HostTensor[]>;
  /** Where the job collects them: parameters and states after the last step, whole, by name. */
  readonly parameters: ReadonlyMap<string, HostTensor>;
  /** Likewise what the last step accumulated of the gradients, by slot, summed over partial shards. */
  readonly gradients: ReadonlyMap<string, HostTensor>;
  /** Where the job collects them of all steps: both, in their order, after what the first step begins with. */
  readonly collected: readonly Pick<GroupResult, "parameters" | "gradients">[];
  /** Per rank. */
  readonly devices: readonly DeviceReport[];
  /** What backends say of how segments run. */
  readonly notes: readonly Diagnostic[];
}

/** What the run takes from outside while it goes on. */
export interface GroupHooks {
  /** Batches of the inputs that are fed, by step. */
  readonly batchAt?: (step: number) => Promise<Batch>;
  /** Gets outputs of a step once every device is done with it: those made once per step, or all where the job gives them. */
  readonly onStep?: (step: number, outputs: ReadonlyMap<string, HostTensor>) => void;
  /** Gets parameters and states, whole, after a step at which the job saves. */
  readonly onTrained?: (step: number, parameters: ReadonlyMap<string, HostTensor>) => void;
}

/** How much longer than its own watchdog the process may be silent. */
const graceSeconds = 10;

/** Rejects with what ended the run: the cause first, then a note on the devices that were cancelled. */
export async function runGroup(
  job: GroupJob,
  onProgress: (text: string) => void = () => undefined,
  hooks: GroupHooks = {},
): Promise<GroupResult> {
  const first = job.firstStep ?? 0;
  const last = first + job.steps - 1;
  /** Shards that were handed over, until their step is done; those of the last step to the end. */
  let shards: OutputShard[] = [];
  let trained: TrainedShard[] = [];
  const history = new Map<string, HostTensor[]>();
  const collected: GroupResult["collected"][number][] = [];
  const trainedIn = (step: number) => {
    const own = trained.filter((shard) => shard.step === step);
    return { parameters: wholeTrained(job, own, "parameter"), gradients: wholeTrained(job, own, "gradient") };
  };
  const outputsOf = (step: number): [PlanOutput, HostTensor][] =>
    job.plan.outputs.flatMap((output, index): [PlanOutput, HostTensor][] =>
      output.perStep === true || step === last || job.givesEveryStep === true
        ? [
            [
              output,
              gather(
                job,
                output,
                shards.filter((shard) => shard.output === index && shard.step === step),
              ),
            ],
          ]
        : [],
    );
  const endStep = (step: number): void => {
    const outputs = outputsOf(step);
    for (const [{ name, perStep }, tensor] of outputs) {
      if (perStep !== true) continue;
      const known = history.get(name) ?? [];
      history.set(name, known);
      known.push(tensor);
    }
    hooks.onStep?.(step, new Map(outputs.map(([{ name }, tensor]) => [name, tensor])));
    if (hooks.onTrained !== undefined && trained.some((shard) => shard.step === step))
      hooks.onTrained(step, trainedIn(step).parameters);
    if (job.collects === "all") {
      if (step === first) collected.push(trainedIn(first - 1));
      collected.push(trainedIn(step));
    }
    if (step === last) return;
    shards = shards.filter((shard) => shard.step !== step);
    trained = trained.filter((shard) => shard.step > step);
  };
  // One after another: batches are counted in their order.
  let feeding = Promise.resolve();
  const { batchAt } = hooks;
  const feed = (child: ChildControl, step: number): void => {
    if (batchAt === undefined || step > last) return;
    feeding = feeding
      .then(() => batchAt(step))
      .then((batch) => child.send({ ordinal: step - first, batch } satisfies BatchMessage))
      .catch((error: unknown) => child.fail(error));
  };
  let devices: readonly DeviceReport[] = [];
  /** By their text: devices say the same. */
  const notes = new Map<string, Diagnostic>();
  let lastSeen = "";
  const { meeting, note, clear } = meetingOf(job);
  if (note !== undefined) notes.set(note.message, note);
  await runChild<GroupMessage>({
    entry: entryUrl("group"),
    job: meeting === undefined ? job : { ...job, meeting },
    silenceSeconds: job.timeoutSeconds + graceSeconds,
    lastSeen: () => lastSeen,
    onStart: (child) => range(ringSteps).forEach((i) => feed(child, first + i)),
    onMessage: (message, child) => {
      switch (message.kind) {
        case "alive":
          lastSeen = message.states;
          return false;
        case "progress":
          onProgress(message.text);
          return false;
        case "note":
          notes.set(message.note.message, message.note);
          return false;
        case "step":
          endStep(message.step);
          feed(child, message.step + ringSteps);
          return false;
        case "output":
          shards.push(message.shard);
          return false;
        case "trained":
          trained.push(message.shard);
          return false;
        case "done":
          devices = message.reports;
          return true;
        case "failed":
          throw new SbpcError(message.diagnostics);
      }
    },
  }).finally(clear);
  const outputs = job.steps === 0 ? [] : outputsOf(last);
  return {
    outputs: new Map(outputs.map(([{ name }, tensor]) => [name, tensor])),
    history,
    ...trainedIn(last),
    collected,
    devices,
    notes: [...notes.values()],
  };
}

/** Where processes exchange data by sockets: where they meet, and a note where nobody chose it. */
function meetingOf(job: GroupJob): {
  readonly meeting?: Meeting;
  readonly note?: Diagnostic;
  readonly clear: () => void;
} {
  const problem = job.exchange === undefined && job.processes === true ? mappingProblem() : undefined;
  if (job.processes !== true || (job.exchange !== "sockets" && problem === undefined))
    return { clear: () => undefined };
  const meeting = makeMeeting(deviceCount(job.plan.mesh));
  const remove = (): void => clearMeeting(meeting);
  process.once("exit", remove);
  const clear = (): void => {
    process.removeListener("exit", remove);
    remove();
  };
  return problem === undefined
    ? { meeting, clear }
    : { meeting, clear, note: diagnostic("exchange-by-sockets", { problem }) };
}

/** The whole tensors of shards; of a parameter that several stages hold, the first stage's. */
function wholeTrained(
  job: GroupJob,
  shards: readonly TrainedShard[],
  kind: TrainedShard["kind"],
): Map<string, HostTensor> {
  const { mesh, stages } = job.plan;
  const whole = new Map<string, HostTensor>();
  const byName = groupBy(
    shards.filter((shard) => shard.kind === kind),
    ({ name }) => name,
  );
  for (const [name, parts] of byName) {
    const stage = Math.min(...parts.map((part) => part.stage));
    const slot = at(stages, stage).slots.find((one) => one.name === name);
    if (slot === undefined) continue;
    const data = allocate(slot.dtype, product(slot.shape));
    const box = wholeBox(slot.shape);
    const isPartial = slot.layout.some((sbp) => sbp.kind === "P");
    for (const part of parts.filter((one) => one.stage === stage).sort((a, b) => a.rank - b.rank)) {
      const own = shardOf(slot.shape, slot.layout, mesh, part.rank % devicesPerStage(mesh));
      if (isPartial) addBox(slot.dtype, part.tensor.data, own, data, box);
      else copyBox(part.tensor.data, own, data, box, own);
    }
    whole.set(name, { dtype: slot.dtype, shape: slot.shape, data });
  }
  return whole;
}

/** Adds a box to what is there. */
function addBox(dtype: DataType, from: TypedArray, own: Box, to: TypedArray, whole: Box): void {
  forEachRun(own, whole, own, (fromAt, toAt, length) => {
    for (let i = 0; i < length; i++)
      writeNumber(dtype, to, toAt + i, readNumber(dtype, to, toAt + i) + readNumber(dtype, from, fromAt + i));
  });
}

/** The whole output: shards at their boxes; micro-batches joined along the batch axis, or averaged where there is none. */
function gather(job: GroupJob, output: PlanOutput, shards: readonly OutputShard[]): HostTensor {
  const { mesh, microbatches } = job.plan;
  const { batchAxis } = output;
  const perMicrobatch = batchAxis === null && output.perStep !== true;
  const { dtype } = output.type;
  const one = knownShape(output.type);
  const shape = one.map((size, axis) => (axis === batchAxis ? stepLength(job.plan, size) : size));
  const whole = wholeBox(shape);
  const parts = (perMicrobatch ? range(microbatches) : [0]).map(() => allocate(dtype, product(shape)));
  for (const { microbatch, rank, tensor } of shards) {
    const box = shardOf(one, output.layout, mesh, rank % devicesPerStage(mesh));
    const place = placeInStep(job, box, one, batchAxis, microbatch);
    copyBox(tensor.data, place.held, at(parts, perMicrobatch ? microbatch : 0), whole, place.region);
  }
  const data = at(parts, 0);
  if (parts.length > 1 && isFloat(dtype)) {
    const weights = parts.map((_, m) => weightOf(job.plan, m));
    for (let i = 0; i < data.length; i++) {
      const total = sum(parts.map((part, m) => at(weights, m) * readNumber(dtype, part, i)));
      writeNumber(dtype, data, i, total / sum(weights));
    }
  }
  return { dtype, shape, data };
}

/** Where a shard of a micro-batch lies in the step's tensor, without what fills the micro-batch up. */
function placeInStep(
  { plan }: GroupJob,
  box: Box,
  shape: readonly number[],
  batchAxis: number | null,
  microbatch: number,
): DealtRun {
  if (batchAxis === null) return { region: box, held: box };
  const { start, size } = dealtPart(plan, at(shape, batchAxis), microbatch);
  const first = at(box.start, batchAxis);
  const count = Math.max(0, Math.min(at(box.size, batchAxis), size - first));
  const from = box.start.with(batchAxis, start + first);
  return {
    region: { start: from, size: box.size.with(batchAxis, count) },
    held: { start: from, size: box.size },
  };
}
