/**
 * Entry of the process that runs a plan's devices: starts a worker thread (or a process) per device, watches them, and tells the
 * supervisor. The first cause ends the run; devices that were cancelled because of it are named after it.
 */
import { diagnostic, type Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import { unknownLocation } from "../../src/diagnostics/location.ts";
import { deviceCount } from "../../src/ir/layout.ts";
import { range } from "../../src/support/collections.ts";
import { describeAction, diagnosticsOf } from "./describe.ts";
import { layOutExchange } from "./exchange.ts";
import { putBatch } from "./feed.ts";
import { shareMemory, type GroupMemory } from "./group-memory.ts";
import type { HostEvents } from "./hosts.ts";
import type { BatchMessage, DeviceMessage, DeviceReport, GroupJob, GroupMessage } from "./job.ts";
import { batchWord, DeviceState, firstExchangeWord, giveUp } from "./shared.ts";
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
  let memory: GroupMemory;
  try {
    memory = shareMemory(received, exchange);
  } catch (error) {
    tell({ kind: "failed", diagnostics: diagnosticsOf(error, 0) }, () => process.exit(1));
    return;
  }
  const { job, shared } = memory;
  const words = new Int32Array(shared.control);
  const watchdog = new Watchdog(job.plan, exchange, words);
  const reports = new Map<number, DeviceReport>();
  const cancelled = new Set<number>();
  const ended = new Set<number>();
  let cause: readonly Diagnostic[] | undefined;
  let loaded = 0;
  /** Devices that are done with a step, by step. */
  const done = new Map<number, number>();
  process.on("message", ({ ordinal, batch }: BatchMessage) =>
    putBatch(job.inputs, batch, ordinal, shared, batchWord(exchange, ranks), range(ranks)),
  );

  const finish = (): void => {
    memory.close();
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
    giveUp(shared, range(ranks));
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
          tell({ kind: "progress", text: `step ${message.step + 1} of ${(job.firstStep ?? 0) + job.steps}` });
        done.set(message.step, (done.get(message.step) ?? 0) + 1);
        if (done.get(message.step) !== ranks) return;
        done.delete(message.step);
        tell({ kind: "step", step: message.step });
        return;
      case "note":
        tell(message);
        return;
      case "output":
        tell({ kind: "output", shard: message.shard });
        return;
      case "trained":
        tell({ kind: "trained", shard: message.shard });
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

  const events = (rank: number): HostEvents => ({
    message: onMessage,
    ended: ({ code, signal, problem }) => {
      ended.add(rank);
      if (cause === undefined && !reports.has(rank))
        failWith(
          whatEnded(
            job,
            words,
            rank,
            signal,
            problem ?? (signal === undefined ? `it ended with code ${code}` : "it said nothing"),
          ),
        );
      if (ended.size !== ranks) return;
      clearInterval(timer);
      finish();
    },
  });
  for (const rank of range(ranks)) memory.start(rank, events(rank));
  memory.started();
}

/** What is said of a device that ended: where it was, and by what. */
function whatEnded(
  job: GroupJob,
  words: Int32Array,
  rank: number,
  signal: string | undefined,
  problem: string,
): readonly Diagnostic[] {
  const view = new DeviceState(words, rank).read();
  const isAtWork = !["starting", "loading", "ready"].includes(view.phase);
  const { text, location } = isAtWork
    ? describeAction(job.plan, view.stage, view.action)
    : { text: view.phase, location: unknownLocation };
  return [
    signal === undefined
      ? diagnostic("worker-failed", { rank, action: text, problem }, location)
      : diagnostic("device-crashed", { rank, signal, action: text, problem }, location),
  ];
}

process.once("message", (job) => run(job as GroupJob));
process.once("disconnect", () => process.exit(1));
