/** Runs a plan's devices in a process of their own, and puts together what they give. */
import { SbpcError } from "../../src/diagnostics/diagnostic.ts";
import { devicesPerStage } from "../../src/ir/layout.ts";
import { allocate, readNumber, writeNumber } from "../../src/ir/tensor-data.ts";
import { isFloat, knownShape } from "../../src/ir/types.ts";
import type { HostTensor } from "../../src/plan/backend.ts";
import { copyBox, wholeBox } from "../../src/plan/box-copy.ts";
import type { PlanOutput } from "../../src/plan/plan.ts";
import { shardOf } from "../../src/sbp/geometry.ts";
import { at, product, range } from "../../src/support/collections.ts";
import { runChild } from "./child.ts";
import { entryUrl } from "./entry.ts";
import type { DeviceReport, GroupJob, GroupMessage, OutputShard } from "./job.ts";

export interface GroupResult {
  /** Whole outputs of the last step, by name. */
  readonly outputs: ReadonlyMap<string, HostTensor>;
  /** Per rank. */
  readonly devices: readonly DeviceReport[];
}

/** How much longer than its own watchdog the process may be silent. */
const graceSeconds = 10;

/** Rejects with what ended the run: the cause first, then a note on the devices that were cancelled. */
export async function runGroup(
  job: GroupJob,
  onProgress: (text: string) => void = () => undefined,
): Promise<GroupResult> {
  const shards: OutputShard[] = [];
  let devices: readonly DeviceReport[] = [];
  let lastSeen = "";
  await runChild<GroupMessage>({
    entry: entryUrl("group"),
    job,
    silenceSeconds: job.timeoutSeconds + graceSeconds,
    lastSeen: () => lastSeen,
    onMessage: (message) => {
      switch (message.kind) {
        case "alive":
          lastSeen = message.states;
          return false;
        case "progress":
          onProgress(message.text);
          return false;
        case "output":
          shards.push(message.shard);
          return false;
        case "done":
          devices = message.reports;
          return true;
        case "failed":
          throw new SbpcError(message.diagnostics);
      }
    },
  });
  const outputs = job.plan.outputs.map((output, index): [string, HostTensor] => [
    output.name,
    gather(
      job,
      output,
      shards.filter((shard) => shard.output === index),
    ),
  ]);
  return { outputs: new Map(outputs), devices };
}

/** The whole output: shards at their boxes; micro-batches joined along the batch axis, or averaged where there is none. */
function gather(job: GroupJob, output: PlanOutput, shards: readonly OutputShard[]): HostTensor {
  const { mesh, microbatches } = job.plan;
  const { batchAxis } = output;
  const { dtype } = output.type;
  const one = knownShape(output.type);
  const shape = one.map((size, axis) => (axis === batchAxis ? size * microbatches : size));
  const whole = wholeBox(shape);
  const parts = (batchAxis === null ? range(microbatches) : [0]).map(() => allocate(dtype, product(shape)));
  for (const { microbatch, rank, tensor } of shards) {
    const box = shardOf(one, output.layout, mesh, rank % devicesPerStage(mesh));
    const start = box.start.map((s, axis) => (axis === batchAxis ? s + microbatch * at(one, axis) : s));
    const place = { start, size: box.size };
    copyBox(tensor.data, place, at(parts, batchAxis === null ? microbatch : 0), whole, place);
  }
  const data = at(parts, 0);
  if (parts.length > 1 && isFloat(dtype)) {
    for (let i = 0; i < data.length; i++) {
      const total = parts.reduce((n, part) => n + readNumber(dtype, part, i), 0);
      writeNumber(dtype, data, i, total / parts.length);
    }
  }
  return { dtype, shape, data };
}
