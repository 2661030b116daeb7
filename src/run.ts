/** Runs a plan on local devices, and says how long what took. */
import type { DeviceReport, StepTimes } from "../backends/local/job.ts";
import { runGroup, type GroupResult } from "../backends/local/supervisor.ts";
import type { Diagnostic } from "./diagnostics/diagnostic.ts";
import type { TracedAction } from "./inspect/trace.ts";
import { devicesPerStage, rankOf } from "./ir/layout.ts";
import type { HostTensor } from "./plan/backend.ts";
import type { Plan } from "./plan/plan.ts";
import { groupJob, sourceGraph, type NamedJob, type RunOptions } from "./run-job.ts";
import { stagesOfRank } from "./sbp/mesh.ts";
import { at, range, sum } from "./support/collections.ts";

export interface RunResult {
  readonly backend: string;
  readonly ranks: number;
  readonly steps: number;
  /** Whole outputs of the last step. */
  readonly outputs: ReadonlyMap<string, HostTensor>;
  /** Outputs that are made once per step (the loss of a training step), of every step. */
  readonly history: ReadonlyMap<string, readonly HostTensor[]>;
  /** Per boxing, per device of its destination stage: bytes received from other devices in one step. */
  readonly bytes: readonly (readonly number[])[];
  /** Median over the steps after the first three (or all but the first, where there are not as many). */
  readonly stepSeconds: number;
  readonly devices: readonly DeviceTimes[];
  /** Notes on how the segments ran. */
  readonly diagnostics: readonly Diagnostic[];
  /** Every action of every device, where it was asked for. */
  readonly trace?: readonly TracedAction[];
}

/** Seconds are means over the steps that `stepSeconds` counts. */
export interface DeviceTimes {
  readonly rank: number;
  readonly segmentSeconds: number;
  /** Reducing. */
  readonly collectiveSeconds: number;
  readonly copySeconds: number;
  readonly waitSeconds: number;
  /** How many values went from the backend to the host, and the other way, in one step. */
  readonly toHost: number;
  readonly toDevice: number;
  /** Most bytes of buffers between segments that were alive at once, as executed and as planned. */
  readonly peakBytes: number;
  readonly plannedPeakBytes: number;
  readonly parameterBytes: number;
}

/** Rejects with `worker-failed`, `worker-stuck`, `worker-crashed`, or what the input or the weights lack. */
export async function runPlan(plan: Plan, options: RunOptions = {}): Promise<RunResult> {
  const job = groupJob(plan, sourceGraph(plan), options, false);
  return summarise(plan, job, await runGroup(job, options.onProgress, options.hooks));
}

function summarise(plan: Plan, job: NamedJob, { outputs, history, devices, notes }: GroupResult): RunResult {
  const perStage = devicesPerStage(plan.mesh);
  const skipped = Math.min(3, job.steps - 1);
  const ends = range(job.steps).map((step) =>
    Math.max(...devices.map((device) => at(device.steps, step).end)),
  );
  const begin = Math.min(...devices.map((device) => device.begin));
  const lengths = ends.map((end, step) => end - (step === 0 ? begin : at(ends, step - 1))).slice(skipped);
  const mean = (device: DeviceReport, part: keyof StepTimes): number => {
    const counted = device.steps.slice(skipped);
    return sum(counted.map((times) => times[part])) / counted.length;
  };
  return {
    backend: job.backendName,
    ranks: devices.length,
    steps: job.steps,
    outputs,
    history,
    bytes: plan.boxing.map((boxing, index) =>
      range(perStage).map((device) =>
        at(at(devices, rankOf(plan.mesh, boxing.toStage, device)).bytes, index),
      ),
    ),
    stepSeconds: median(lengths),
    diagnostics: notes,
    ...(job.trace === true
      ? { trace: devices.flatMap(({ rank, stamps = [] }) => stamps.map((stamp) => ({ rank, ...stamp }))) }
      : {}),
    devices: devices.map((device) => {
      const planned = stagesOfRank(plan.mesh, device.rank).map((index) => {
        const stage = at(plan.stages, index);
        return at(stage.memory, at(stage.deviceClass, device.rank % perStage)).peakBytes;
      });
      return {
        rank: device.rank,
        segmentSeconds: mean(device, "segments"),
        collectiveSeconds: mean(device, "collectives"),
        copySeconds: mean(device, "copies"),
        waitSeconds: mean(device, "waiting"),
        toHost: mean(device, "toHost"),
        toDevice: mean(device, "toDevice"),
        peakBytes: device.peakBytes,
        plannedPeakBytes: sum(planned),
        parameterBytes: device.parameterBytes,
      };
    }),
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = at(sorted, middle);
  return sorted.length % 2 === 1 ? upper : (at(sorted, middle - 1) + upper) / 2;
}
