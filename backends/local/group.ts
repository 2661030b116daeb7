/**
 * Entry of the process that runs a plan's devices: starts a worker thread per device, watches them, and tells the
 * supervisor. The first cause ends the run; devices that were cancelled because of it are named after it.
 */
import { diagnostic, type Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import { deviceCount } from "../../src/ir/layout.ts";
import { stageOfRank } from "../../src/sbp/mesh.ts";
import { range } from "../../src/support/collections.ts";
import { describeAction, diagnosticsOf } from "./describe.ts";
import type { DeviceData } from "./device.ts";
import { entryUrl, startWorker } from "./entry.ts";
import { layOutExchange } from "./exchange.ts";
import type { DeviceMessage, DeviceReport, GroupJob, GroupMessage } from "./job.ts";
import { allocateShared, DeviceState, firstExchangeWord, giveUp } from "./shared.ts";
import { Watchdog } from "./watchdog.ts";

const lookMilliseconds = 200;
/** Added to the timeout until every device has loaded. */
const startSeconds = 60;
/** Time that devices get to notice that the run was given up. */
const graceMilliseconds = 1000;

function tell(message: GroupMessage, sent?: () => void): void {
  if (process.send === undefined || !process.connected) process.exit(1);
  process.send(message, undefined, {}, sent);
}

function run(received: GroupJob): void {
  const ranks = deviceCount(received.plan.mesh);
  const exchange = layOutExchange(received.plan, received.plan.microbatches, firstExchangeWord(ranks));
  const job = shareBytes(received);
  let shared;
  try {
    shared = allocateShared(exchange);
  } catch (error) {
    const bytes = exchange.arenas.reduce((n, arena) => n + arena.bytes, 0);
    const problem = `no shared memory of ${bytes} bytes for exchange: ${(error as Error).message}`;
    tell(
      {
        kind: "failed",
        diagnostics: [diagnostic("worker-failed", { rank: 0, action: "starting", problem })],
      },
      () => process.exit(1),
    );
    return;
  }
  const words = new Int32Array(shared.control);
  const watchdog = new Watchdog(job.plan, exchange, words);
  const reports = new Map<number, DeviceReport>();
  const cancelled = new Set<number>();
  const ended = new Set<number>();
  let cause: readonly Diagnostic[] | undefined;
  let loaded = 0;

  const finish = (): void => {
    if (cause === undefined) {
      tell({ kind: "done", reports: [...reports.values()].sort((a, b) => a.rank - b.rank) }, () =>
        process.exit(0),
      );
      return;
    }
    const others = range(ranks).filter((rank) => cancelled.has(rank) || !ended.has(rank));
    const note =
      others.length === 0
        ? []
        : [diagnostic("devices-cancelled", { devices: others.map((r) => `device ${r}`).join(", ") })];
    tell({ kind: "failed", diagnostics: [...cause, ...note] }, () => process.exit(1));
  };

  const failWith = (diagnostics: readonly Diagnostic[]): void => {
    if (cause !== undefined) return;
    cause = diagnostics;
    giveUp(words);
    clearInterval(timer);
    setTimeout(finish, graceMilliseconds);
  };

  const timer = setInterval(() => {
    tell({ kind: "alive", states: watchdog.describe() });
    const seconds = job.timeoutSeconds + (watchdog.isStarting() ? startSeconds : 0);
    if (watchdog.idleSeconds() < seconds) return;
    failWith([diagnostic("worker-stuck", { seconds, waits: watchdog.describe() })]);
  }, lookMilliseconds);

  const onMessage = (message: DeviceMessage): void => {
    switch (message.kind) {
      case "loaded":
        loaded++;
        tell({ kind: "progress", text: `loaded ${loaded} of ${ranks} devices` });
        return;
      case "step":
        if (message.rank === ranks - 1)
          tell({ kind: "progress", text: `step ${message.step + 1} of ${job.steps}` });
        return;
      case "output":
        tell({ kind: "output", shard: message.shard });
        return;
      case "report":
        reports.set(message.report.rank, message.report);
        return;
      case "failed":
        failWith(message.diagnostics);
        return;
      case "cancelled":
        cancelled.add(message.rank);
    }
  };

  for (const rank of range(ranks)) {
    const data: DeviceData = { job, rank, shared };
    const worker = startWorker(entryUrl("device"), data);
    const whereabouts = (problem: string): readonly Diagnostic[] => {
      const view = new DeviceState(words, rank).read();
      if (view.phase === "starting" || view.phase === "loading" || view.phase === "ready") {
        return diagnosticsOf(new Error(problem), rank, view.phase);
      }
      const { text, location } = describeAction(job.plan, stageOfRank(job.plan.mesh, rank), view.action);
      return [diagnostic("worker-failed", { rank, action: text, problem }, location)];
    };
    worker.on("message", onMessage);
    worker.on("error", (error: Error) => failWith(whereabouts(error.message)));
    worker.on("exit", (code) => {
      ended.add(rank);
      if (cause === undefined && !reports.has(rank))
        failWith(whereabouts(`its thread ended with code ${code}`));
      if (ended.size === ranks) {
        clearInterval(timer);
        finish();
      }
    });
  }
}

/** Puts what every device reads into shared memory, so that it is there once and not once per device. */
function shareBytes(job: GroupJob): GroupJob {
  const share = (bytes: Uint8Array): Uint8Array => {
    const copy = new Uint8Array(new SharedArrayBuffer(bytes.byteLength));
    copy.set(bytes);
    return copy;
  };
  const inputs = [...job.inputs].map(([name, input]): [string, typeof input] => {
    if ("kind" in input) return [name, input];
    const { data } = input;
    const bytes = share(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    const make = data.constructor as new (buffer: ArrayBufferLike) => typeof data;
    return [name, { ...input, data: new make(bytes.buffer) }];
  });
  return { ...job, plan: { ...job.plan, bodies: job.plan.bodies.map(share) }, inputs: new Map(inputs) };
}

process.once("message", (job) => run(job as GroupJob));
process.once("disconnect", () => process.exit(1));
