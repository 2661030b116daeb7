/**
 * The predicted course of one step: what the devices of every stage do when, micro-batch after micro-batch.
 *
 *   stage 0   run 0  collective  run 1  send |           run 0  collective  run 1  send |
 *   stage 1                                  receive run 2                              receive run 2
 *
 * Devices of one class take the same time for a segment. In a collective all devices of the stage meet; the members of a bucket
 * share one latency. A send hands over and takes no time; its receive begins when both sides are there and takes the time of the
 * transfer. A step of equal micro-batches so takes the sum of the stages once, and the slowest stage once more for every further
 * micro-batch.
 * A device that runs several stages does one thing at a time; of devices that are of one class on a stage and of several on
 * another of theirs, the lane of the first stage shows the first.
 */
import { devicesPerStage } from "../ir/layout.ts";
import { stagesOfRank } from "../sbp/mesh.ts";
import { invariant } from "../support/assert.ts";
import { at, range } from "../support/collections.ts";
import { bucketSpans, secondsTogether, spanLength } from "./buckets.ts";
import type { Action, Plan, StagePlan } from "./plan.ts";
import { rankOrders } from "./rank-order.ts";

/** One action of one micro-batch, in seconds from the beginning of the step. */
export interface TimelineEvent {
  /** Index into the actions of the stage. */
  readonly action: number;
  readonly microbatch: number;
  readonly kind: Action["kind"];
  readonly start: number;
  readonly end: number;
}

/** What every device of a class does for a stage, in order. What lies between two events is waiting, or another stage's. */
export interface Lane {
  readonly stage: number;
  /** Class within the stage. */
  readonly deviceClass: number;
  readonly events: readonly TimelineEvent[];
}

export interface Timeline {
  /** When the last device is done. */
  readonly seconds: number;
  readonly lanes: readonly Lane[];
}

type TimedPlan = Pick<Plan, "mesh" | "stages" | "boxing"> & {
  readonly options: Pick<Plan["options"], "microbatches" | "train">;
};

/** Devices of a rank of the pipeline that are of one class on each of its stages. */
interface Alike {
  readonly devices: number[];
  /** The class on each of the rank's stages, in their order. */
  readonly classes: readonly number[];
  /** When they are done with what they have begun. */
  ready: number;
}

interface Walk {
  readonly stages: readonly StagePlan[];
  readonly todo: readonly { readonly stage: number; readonly microbatch: number; readonly action: number }[];
  next: number;
  readonly alike: readonly Alike[];
}

function alikeOf(stages: readonly StagePlan[]): Alike[] {
  const found = new Map<string, Alike>();
  at(stages, 0).deviceClass.forEach((_, device) => {
    const classes = stages.map(({ deviceClass }) => at(deviceClass, device));
    const known = found.get(classes.join());
    if (known === undefined) found.set(classes.join(), { devices: [device], classes, ready: 0 });
    else known.devices.push(device);
  });
  return [...found.values()];
}

export function predictTimeline({ mesh, stages, boxing, options }: TimedPlan): Timeline {
  /** When each device of the sending stage handed over, by communication and micro-batch. */
  const sent = new Map<string, readonly number[]>();
  const orders = rankOrders({
    mesh,
    stages,
    schedule: options.train?.schedule,
    microbatches: options.microbatches,
  });
  const spans = stages.map(({ buckets }) => bucketSpans(buckets));
  const events = stages.map(({ memory }) => memory.map((): TimelineEvent[] => []));
  const walks = orders.map((order, place): Walk => {
    const held = stagesOfRank(mesh, place * devicesPerStage(mesh)).map((stage) => at(stages, stage));
    const todo = order.flatMap(({ stage, microbatch, first, count }) =>
      range(count).map((i) => ({ stage, microbatch, action: first + i })),
    );
    return { stages: held, todo, next: 0, alike: alikeOf(held) };
  });

  /** Runs the rank's next action; false where it waits for another stage. */
  function step({ stages: held, todo, next, alike }: Walk): boolean {
    const { stage: index, microbatch, action: number } = at(todo, next);
    const stage = at(stages, index);
    const own = held.indexOf(stage);
    const action = at(stage.actions, number);
    const shown = new Set<number>();
    const record = (one: Alike, start: number, seconds: number) => {
      one.ready = start + seconds;
      const deviceClass = at(one.classes, own);
      if (shown.has(deviceClass)) return;
      shown.add(deviceClass);
      at(at(events, index), deviceClass).push({
        action: number,
        microbatch,
        kind: action.kind,
        start,
        end: start + seconds,
      });
    };
    switch (action.kind) {
      case "segment": {
        const { predictedSeconds } = at(stage.segments, action.segment);
        for (const one of alike) record(one, one.ready, at(predictedSeconds, at(one.classes, own)));
        return true;
      }
      case "collective": {
        const start = Math.max(...alike.map(({ ready }) => ready));
        const members = spanLength(at(spans, index).get(number));
        const seconds = secondsTogether(at(boxing, action.boxing), members);
        for (const one of alike) record(one, start, seconds);
        return true;
      }
      case "send": {
        const handed = stage.deviceClass.map(() => 0);
        for (const { devices, ready } of alike) for (const device of devices) handed[device] = ready;
        sent.set(`${action.boxing} ${microbatch}`, handed);
        for (const one of alike) record(one, one.ready, 0);
        return true;
      }
      case "accumulate":
      case "assign":
        for (const one of alike) record(one, one.ready, 0);
        return true;
      case "receive": {
        const from = sent.get(`${action.boxing} ${microbatch}`);
        if (from === undefined) return false;
        // Devices that are alike begin when the last of their senders has handed over.
        for (const one of alike) {
          const start = one.devices.reduce((most, device) => Math.max(most, at(from, device)), one.ready);
          record(one, start, at(boxing, action.boxing).predictedSeconds);
        }
        return true;
      }
    }
  }

  for (let progress = true; progress;) {
    progress = false;
    for (const walk of walks) {
      while (walk.next < walk.todo.length && step(walk)) {
        walk.next++;
        progress = true;
      }
    }
  }
  invariant(
    walks.every(({ next, todo }) => next === todo.length),
    "a stage waits for what is never sent",
  );
  const lanes = stages.flatMap(({ stage }) =>
    at(events, stage).map((list, deviceClass): Lane => ({ stage, deviceClass, events: list })),
  );
  const seconds = lanes.reduce((most, { events }) => Math.max(most, events.at(-1)?.end ?? 0), 0);
  return { seconds, lanes };
}
