/**
 * A step as a trace for Perfetto and Chrome (the JSON form of trace events): one process per device, with a thread for
 * computation and one for communication, an arrow from every send to its receive, and a counter of memory; of a step that
 * trains, a third thread has its phases (`F3`: the forward pass of micro-batch 3; `2F3`: on stage 2, where devices have several). Predicted and executed steps have the same
 * form and the same actions.
 *
 * Where a plan has more than `mostDevices` devices, a predicted trace shows one device of each class: the others do the same.
 */
import { deviceCount, devicesPerStage } from "../ir/layout.ts";
import type { Action, Plan } from "../plan/plan.ts";
import { rankOrders } from "../plan/rank-order.ts";
import { pipelineRank, stagesOfRank } from "../sbp/mesh.ts";
import type { PhaseKind } from "../schedule/step-order.ts";
import { present } from "../support/assert.ts";
import { at, range, sum } from "../support/collections.ts";
import { describeActions, firstRank, lanesOfRank, type ActionFigures, type PlanFigures } from "./figures.ts";
import { memoryCourse, stateBytes, type Moment } from "./memory-figures.ts";
import { printRuns, ranksOf } from "./ranks.ts";

const mostDevices = 64;

/** Thread of a device. */
const computing = 0;
const communicating = 1;
const phases = 2;

/** One action that a device did, in seconds on a clock that the devices share. */
export interface TracedAction {
  readonly rank: number;
  readonly step: number;
  readonly stage: number;
  readonly microbatch: number;
  /** Index in the stage's list. */
  readonly action: number;
  readonly start: number;
  readonly end: number;
  /** Bytes of values between segments alive during it. */
  readonly alive: number;
}

/** An event of the trace format; times in microseconds. */
export interface TraceEvent {
  readonly name: string;
  readonly ph: "M" | "X" | "C" | "s" | "f";
  readonly pid: number;
  readonly tid: number;
  readonly cat?: string;
  readonly ts?: number;
  readonly dur?: number;
  readonly id?: number;
  readonly bp?: "e";
  readonly args?: Readonly<Record<string, number | string>>;
}

export interface TraceDocument {
  readonly displayTimeUnit: "ms";
  readonly otherData: Readonly<Record<string, number | string>>;
  readonly traceEvents: readonly TraceEvent[];
}

/** A device that has tracks of its own, and those that it stands for. */
interface Shown {
  readonly rank: number;
  readonly title: string;
}

/** The predicted step; only the devices of `ranks`, where they are given. */
export function predictedTrace(plan: Plan, figures: PlanFigures, ranks?: readonly number[]): TraceDocument {
  const few = deviceCount(plan.mesh) <= mostDevices;
  const shown =
    ranks?.map((rank): Shown => ({ rank, title: `rank ${rank}` })) ??
    figures.stages.flatMap(({ stage, classes }) =>
      // A device that has several stages has its place at the first.
      stagesOfRank(plan.mesh, firstRank(plan, stage))[0] !== stage
        ? []
        : classes.flatMap(({ ranks: runs }): Shown[] =>
            few
              ? ranksOf(runs).map((rank) => ({ rank, title: `rank ${rank}` }))
              : [{ rank: runs[0]?.[0] ?? 0, title: `ranks ${printRuns(runs)}` }],
          ),
    );
  const orders = rankOrders({
    mesh: plan.mesh,
    stages: plan.stages,
    schedule: plan.options.train?.schedule,
    microbatches: plan.options.microbatches,
  });
  const courses = new Map<string, readonly Moment[]>();
  const actions = shown.flatMap(({ rank }): TracedAction[] => {
    const lanes = lanesOfRank(plan, figures.timeline, rank).map((lane) => {
      const key = `${lane.stage} ${lane.deviceClass}`;
      const course = courses.get(key) ?? memoryCourse(plan, lane.stage, lane.deviceClass, lane.events);
      courses.set(key, course);
      return { ...lane, course, next: 0, left: 0 };
    });
    return at(orders, pipelineRank(plan.mesh, rank)).flatMap(({ stage, count }) => {
      const lane = lanes.find((one) => one.stage === stage);
      if (lane === undefined) return [];
      const others = sum(lanes.map(({ left }) => left)) - lane.left;
      return range(count).map((): TracedAction => {
        const { action, microbatch, start, end } = at(lane.events, lane.next);
        const moment = at(lane.course, lane.next++);
        lane.left = moment.left;
        return { rank, step: 0, stage, microbatch, action, start, end, alive: moment.alive + others };
      });
    });
  });
  return traceOf(plan, "predicted", shown, actions);
}

/** Steps that were run; times count from the first action of the first. */
export function executedTrace(plan: Plan, actions: readonly TracedAction[]): TraceDocument {
  const shown = range(deviceCount(plan.mesh)).map((rank): Shown => ({ rank, title: `rank ${rank}` }));
  const begin = actions.reduce((least, { start }) => Math.min(least, start), Infinity);
  const moved = actions.map((one) => ({ ...one, start: one.start - begin, end: one.end - begin }));
  return traceOf(plan, "executed", shown, moved);
}

function traceOf(
  plan: Plan,
  category: "predicted" | "executed",
  shown: readonly Shown[],
  actions: readonly TracedAction[],
): TraceDocument {
  const words = plan.stages.map(({ stage }) => describeActions(plan, stage));
  const trains = plan.options.train !== undefined;
  const events: TraceEvent[] = shown.flatMap(({ rank, title }) => metadata(rank, title, trains));
  const states = plan.stages.map(({ stage, memory }) => memory.map((_, c) => stateBytes(plan, stage, c)));
  const flows = new Flows(plan, shown);
  const runs: PhaseSlice[] = [];
  for (const one of actions) {
    const { stage } = one;
    const what = at(at(words, stage), one.action);
    events.push(slice(category, one, what), memoryCounter(plan, states, one));
    flows.add(one, at(at(plan.stages, stage).actions, one.action));
    const run = runs.at(-1);
    const follows =
      run?.rank === one.rank &&
      run.step === one.step &&
      run.stage === stage &&
      run.phase === what.phase &&
      run.microbatch === one.microbatch;
    if (run !== undefined && follows) runs[runs.length - 1] = { ...run, end: Math.max(run.end, one.end) };
    else runs.push({ ...one, phase: what.phase });
  }
  for (const event of flows.events(category)) events.push(event);
  if (trains) for (const run of runs) events.push(phaseSlice(category, run, plan.mesh.hosts !== undefined));
  return {
    displayTimeUnit: "ms",
    otherData: {
      model: plan.model,
      kind: category,
      devices: deviceCount(plan.mesh),
      microbatches: plan.options.microbatches,
    },
    traceEvents: events,
  };
}

function metadata(rank: number, title: string, trains: boolean): TraceEvent[] {
  const name = (kind: string, tid: number, args: Readonly<Record<string, number | string>>): TraceEvent => ({
    name: kind,
    ph: "M",
    pid: rank,
    tid,
    args,
  });
  return [
    name("process_name", computing, { name: title }),
    name("process_sort_index", computing, { sort_index: rank }),
    name("thread_name", computing, { name: "computation" }),
    name("thread_name", communicating, { name: "communication" }),
    ...(trains ? [name("thread_name", phases, { name: "phases" })] : []),
  ];
}

function threadOf(kind: Action["kind"]): number {
  return kind === "segment" ? computing : communicating;
}

function slice(category: string, one: TracedAction, what: ActionFigures): TraceEvent {
  return {
    name: `${what.verb} ${what.name}`,
    cat: category,
    ph: "X",
    pid: one.rank,
    tid: threadOf(what.kind),
    ts: micro(one.start),
    dur: micro(one.end) - micro(one.start),
    args: {
      step: one.step,
      microbatch: one.microbatch,
      stage: one.stage,
      phase: what.phase,
      action: one.action,
      ...(what.ops === 0 ? {} : { ops: what.ops }),
      ...(what.location === "" ? {} : { location: what.location }),
    },
  };
}

/** A phase of one micro-batch on a device, from its first action to its last. */
interface PhaseSlice extends TracedAction {
  readonly phase: PhaseKind;
}

function phaseSlice(
  category: string,
  { rank, step, microbatch, stage, phase, start, end }: PhaseSlice,
  namesStage: boolean,
): TraceEvent {
  return {
    name: `${namesStage ? stage : ""}${phase}${phase === "U" ? "" : microbatch}`,
    cat: category,
    ph: "X",
    pid: rank,
    tid: phases,
    ts: micro(start),
    dur: micro(end) - micro(start),
    args: { step, microbatch, stage, phase },
  };
}

/** `states`: bytes of optimizer states, by stage and class. */
function memoryCounter(plan: Plan, states: readonly (readonly number[])[], one: TracedAction): TraceEvent {
  const device = one.rank % devicesPerStage(plan.mesh);
  const classes = stagesOfRank(plan.mesh, one.rank).map(
    (stage) => [stage, at(at(plan.stages, stage).deviceClass, device)] as const,
  );
  const memories = classes.map(([stage, own]) => at(at(plan.stages, stage).memory, own));
  const held = sum(classes.map(([stage, own]) => at(at(states, stage), own)));
  return {
    name: "memory",
    ph: "C",
    pid: one.rank,
    tid: computing,
    ts: micro(one.start),
    args: {
      parameters: sum(memories.map(({ parameterBytes }) => parameterBytes)) - held,
      ...(plan.options.train === undefined ? {} : { states: held }),
      inputs: sum(memories.map(({ inputBytes }) => inputBytes)),
      buffers: one.alive,
    },
  };
}

/** Arrows from sends to receives. */
class Flows {
  readonly #plan: Plan;
  /** By rank, the rank whose tracks stand for it. */
  readonly #shownFor: ReadonlyMap<number, number>;
  readonly #sends = new Map<string, TracedAction>();
  readonly #receives: { readonly one: TracedAction; readonly boxing: number; readonly from: number }[] = [];

  constructor(plan: Plan, shown: readonly Shown[]) {
    this.#plan = plan;
    const perStage = devicesPerStage(plan.mesh);
    const own = new Set(shown.map(({ rank }) => rank));
    const byClass = new Map<string, number>();
    const classOf = (rank: number) => {
      const stage = at(stagesOfRank(plan.mesh, rank), 0);
      return `${stage} ${at(at(plan.stages, stage).deviceClass, rank % perStage)}`;
    };
    for (const { rank } of shown) if (!byClass.has(classOf(rank))) byClass.set(classOf(rank), rank);
    const standIns = range(deviceCount(plan.mesh)).map((rank) =>
      own.has(rank) ? rank : byClass.get(classOf(rank)),
    );
    this.#shownFor = new Map(
      standIns.flatMap((standIn, rank) => (standIn === undefined ? [] : [[rank, standIn] as const])),
    );
  }

  add(one: TracedAction, action: Action): void {
    if (action.kind === "send") this.#sends.set(flowKey(one.rank, one, action.boxing), one);
    if (action.kind !== "receive") return;
    const perStage = devicesPerStage(this.#plan.mesh);
    const from = firstRank(this.#plan, action.fromStage) + (one.rank % perStage);
    this.#receives.push({ one, boxing: action.boxing, from });
  }

  /** Both ends of every arrow whose sender has tracks too. */
  events(category: string): TraceEvent[] {
    return this.#receives.flatMap(({ one, boxing, from }, id): TraceEvent[] => {
      const sender = this.#shownFor.get(from);
      if (sender === undefined) return [];
      const send = present(this.#sends.get(flowKey(sender, one, boxing)), "receive without its send");
      const common = { name: at(this.#plan.boxing, boxing).input, cat: category, tid: communicating, id };
      return [
        { ...common, ph: "s", pid: send.rank, ts: micro(send.start) },
        { ...common, ph: "f", bp: "e", pid: one.rank, ts: micro(one.end) },
      ];
    });
  }
}

function flowKey(rank: number, { step, microbatch }: TracedAction, boxing: number): string {
  return `${rank} ${step} ${microbatch} ${boxing}`;
}

/** Microseconds, to the nanosecond: neighbouring events so meet in one number. */
function micro(seconds: number): number {
  return Math.round(seconds * 1e9) / 1e3;
}
