/**
 * The numbers of a plan: every view (text, JSON, trace, page, comparison) takes them from here, so that they are the same
 * everywhere. Figures stand per stage and class of its devices, never per device where devices are equal.
 *
 * Units: bytes, seconds, floating-point operations. `per step` means all micro-batches together.
 */
import { printLocation } from "../diagnostics/location.ts";
import { deviceCount, devicesPerStage, printMesh, printNdSbp, rankOf } from "../ir/layout.ts";
import type { Action, BoxingPlan, CollectiveKind, Plan, StagePlan } from "../plan/plan.ts";
import { actionPhases, boxingTimes, stepFlops } from "../plan/frequency.ts";
import { membersTogether, secondsTogether } from "../plan/buckets.ts";
import { predictTimeline, type Lane, type Timeline } from "../plan/timeline.ts";
import type { PhaseKind } from "../schedule/step-order.ts";
import { boxingOp } from "../sbp/boxing-node.ts";
import { groupSize, stagesOfRank } from "../sbp/mesh.ts";
import { at, groupBy, product, range, sum } from "../support/collections.ts";
import { memoryFigures, type MemoryFigures } from "./memory-figures.ts";
import { stateNames } from "./memory-uses.ts";
import { graphOf } from "./plan-graph.ts";
import { rankRuns, type RankRuns } from "./ranks.ts";

export const collectiveKinds: readonly CollectiveKind[] = [
  "all-reduce",
  "reduce-scatter",
  "all-gather",
  "all-to-all",
  "halo",
  "send",
];

export interface PlanFigures {
  readonly model: string;
  readonly mesh: string;
  readonly devices: number;
  readonly devicesPerStage: number;
  readonly microbatches: number;
  /** Null: the forward pass alone. */
  readonly training: TrainingFigures | null;
  /** Operators of the compiled graph, boxing not counted. */
  readonly ops: number;
  /** Elements of all parameters, each once. */
  readonly parameters: number;
  /** Of all devices, per step. */
  readonly flops: number;
  /** Received by all devices from others, per step. */
  readonly bytes: number;
  readonly stepSeconds: number;
  readonly stages: readonly StageFigures[];
  /** By kind, those that occur. */
  readonly collectives: readonly CollectiveFigures[];
  /** In the plan's order. */
  readonly boxings: readonly BoxingFigures[];
  /** The devices with the highest peak, the first stage and class of those that have it. */
  readonly peak: PeakFigures;
  readonly timeline: Timeline;
}

export interface TrainingFigures {
  /** The output that is minimised. */
  readonly loss: string;
  readonly optimizer: string;
  readonly schedule: string;
  readonly zero: number;
}

export interface StageFigures {
  readonly stage: number;
  /** Layers (`layerIdx`) on the stage. */
  readonly layers: readonly number[];
  readonly ops: number;
  readonly segments: number;
  /** Elements of the parameters that the stage holds. */
  readonly parameters: number;
  /** Of all its devices, per step. */
  readonly flops: number;
  readonly classes: readonly ClassFigures[];
}

/** Devices of a stage with equal local shapes. */
export interface ClassFigures {
  readonly deviceClass: number;
  readonly ranks: RankRuns;
  readonly devices: number;
  /** Of one device, per step. */
  readonly flops: number;
  readonly memory: MemoryFigures;
  /** Of one device, per step: running segments, communicating, and the rest of the step. */
  readonly computeSeconds: number;
  readonly communicationSeconds: number;
  readonly idleSeconds: number;
  /** `computeSeconds` by phase, those that the stage has. */
  readonly phaseSeconds: Readonly<Partial<Record<PhaseKind, number>>>;
}

export interface CollectiveFigures {
  readonly kind: CollectiveKind;
  /** Per micro-batch; the groups that run one together count once. */
  readonly count: number;
  /** Received by all devices, per step. */
  readonly bytes: number;
  /** Per step, one after the other. */
  readonly seconds: number;
}

export interface BoxingFigures {
  readonly index: number;
  readonly kind: CollectiveKind;
  /** The value before and after. */
  readonly input: string;
  readonly output: string;
  readonly type: string;
  readonly from: string;
  readonly to: string;
  /** Names of the mesh axes along which devices form groups; none for a send. */
  readonly axes: readonly string[];
  /** Devices in a group (2 for a send), and groups that run at once. */
  readonly groupSize: number;
  readonly groups: number;
  readonly fromStage: number;
  readonly toStage: number;
  /** Received per micro-batch (in the update phase: per step): by all devices together, and by the one that receives most. */
  readonly bytesPerMicrobatch: number;
  readonly mostBytes: number;
  /** How often a step does it: for every micro-batch, or once. */
  readonly times: number;
  /** Received by all devices, per step. */
  readonly bytes: number;
  /** How many collectives run together with it in one exchange, itself among them. */
  readonly together: number;
  /** Predicted, each time; those that run together share one latency. */
  readonly seconds: number;
  readonly location: string;
}

export interface PeakFigures {
  readonly stage: number;
  readonly deviceClass: number;
  /** The first device of the class. */
  readonly rank: number;
  readonly bytes: number;
  readonly at: ActionFigures;
}

/** An action in words. */
export interface ActionFigures {
  readonly action: number;
  readonly phase: PhaseKind;
  readonly kind: Action["kind"];
  /** `run`, `all-reduce`, `send`, `receive`, … */
  readonly verb: string;
  /** The last operator of a segment, the value of a communication. */
  readonly name: string;
  /** Operators of a segment; 0 for a communication. */
  readonly ops: number;
  readonly location: string;
}

export function planFigures(plan: Plan): PlanFigures {
  const { microbatches, train } = plan.options;
  const timeline = predictTimeline(plan);
  const ops = operatorsByStage(plan);
  const stages = plan.stages.map((stage) => stageFigures(plan, stage, ops[stage.stage] ?? 0, timeline));
  const times = boxingTimes(plan);
  const together = membersTogether(plan);
  const boxings = plan.boxing.map((boxing, index) =>
    boxingFigures(plan, boxing, index, at(times, index), together.get(index) ?? 1),
  );
  return {
    model: plan.model,
    mesh: printMesh(plan.mesh),
    devices: deviceCount(plan.mesh),
    devicesPerStage: devicesPerStage(plan.mesh),
    microbatches,
    training:
      train === undefined
        ? null
        : {
            loss: train.loss,
            optimizer: train.optimizer.kind,
            schedule: train.schedule,
            zero: train.zero,
          },
    ops: sum(stages.map(({ ops }) => ops)),
    parameters: sum(
      plan.parameters.map(({ type, stateOf }) =>
        stateOf === undefined ? product(type.shape as readonly number[]) : 0,
      ),
    ),
    flops: sum(stages.map(({ flops }) => flops)),
    bytes: sum(boxings.map(({ bytes }) => bytes)),
    stepSeconds: plan.prediction.stepSeconds,
    stages,
    collectives: collectiveKinds.flatMap((kind): CollectiveFigures[] => {
      const own = boxings.filter((boxing) => boxing.kind === kind);
      if (own.length === 0) return [];
      return [
        {
          kind,
          count: own.length,
          bytes: sum(own.map(({ bytes }) => bytes)),
          seconds: sum(own.map(({ seconds, times }) => seconds * times)),
        },
      ];
    }),
    boxings,
    peak: peakFigures(plan, stages),
    timeline,
  };
}

/** Global rank of a stage's first device. */
export function firstRank(plan: Pick<Plan, "mesh">, stage: number): number {
  return rankOf(plan.mesh, stage, 0);
}

/** What the devices of a class of a stage do for it. */
export function laneOf(
  { lanes }: Timeline,
  stage: number,
  deviceClass: number | undefined,
): Lane | undefined {
  return lanes.find((lane) => lane.stage === stage && lane.deviceClass === deviceClass);
}

/** The lanes of a device: one for each of its stages. */
export function lanesOfRank(plan: Plan, timeline: Timeline, rank: number): Lane[] {
  const device = rank % devicesPerStage(plan.mesh);
  return stagesOfRank(plan.mesh, rank).flatMap(
    (stage) => laneOf(timeline, stage, plan.stages[stage]?.deviceClass[device]) ?? [],
  );
}

/** Operators of the compiled graph on every stage, boxing not counted. */
function operatorsByStage(plan: Plan): number[] {
  const counts = plan.stages.map(() => 0);
  for (const { op, stage = 0 } of graphOf(plan).nodes)
    if (op !== boxingOp) counts[stage] = (counts[stage] ?? 0) + 1;
  return counts;
}

function stageFigures(plan: Plan, stage: StagePlan, ops: number, timeline: Timeline): StageFigures {
  const { microbatches } = plan.options;
  const states = stateNames(plan);
  const first = firstRank(plan, stage.stage);
  const phaseOf = actionPhases(stage);
  const devicesOf = groupBy(range(stage.deviceClass.length), (device) => at(stage.deviceClass, device));
  const classes = stage.memory.map((_, deviceClass): ClassFigures => {
    const devices = devicesOf.get(deviceClass) ?? [];
    const one = devices[0] ?? 0;
    const events = laneOf(timeline, stage.stage, deviceClass)?.events ?? [];
    const phaseSeconds: Partial<Record<PhaseKind, number>> = {};
    for (const { kind } of stage.phases) phaseSeconds[kind] = 0;
    let communicationSeconds = 0;
    for (const { kind, action, start, end } of events) {
      const phase = at(phaseOf, action);
      if (kind === "segment") phaseSeconds[phase] = (phaseSeconds[phase] ?? 0) + end - start;
      else communicationSeconds += end - start;
    }
    const computeSeconds = sum(Object.values(phaseSeconds));
    return {
      deviceClass,
      ranks: rankRuns(devices.map((device) => first + device)),
      devices: devices.length,
      flops: stepFlops(stage, one, microbatches),
      memory: memoryFigures(plan, stage.stage, deviceClass, events),
      computeSeconds,
      communicationSeconds,
      idleSeconds: Math.max(
        0,
        timeline.seconds - sum(lanesOfRank(plan, timeline, first + one).map(busySeconds)),
      ),
      phaseSeconds,
    };
  });
  return {
    stage: stage.stage,
    layers: stage.layers,
    ops,
    segments: stage.segments.length,
    parameters: sum(
      stage.slots
        .filter(({ kind, name }) => kind === "parameter" && !states.has(name))
        .map(({ shape }) => product(shape)),
    ),
    flops: sum(classes.map(({ flops, devices }) => flops * devices)),
    classes,
  };
}

/** What the actions of a lane take, without waiting. */
function busySeconds({ events }: Lane): number {
  return sum(events.map(({ start, end }) => end - start));
}

function boxingFigures(
  plan: Plan,
  boxing: BoxingPlan,
  index: number,
  times: number,
  together: number,
): BoxingFigures {
  const { kind, input, output, dtype, shape, axes, fromStage, toStage } = boxing;
  const bytes = sum(boxing.bytes);
  const perGroup = groupSize(plan.mesh, axes);
  const devices = devicesPerStage(plan.mesh);
  return {
    index,
    kind,
    input,
    output,
    type: `${dtype}[${shape.join(", ")}]`,
    from: printNdSbp(boxing.from),
    to: printNdSbp(boxing.to),
    axes: axes.map((axis) => at(plan.mesh.axes, axis).name),
    groupSize: kind === "send" ? 2 : perGroup,
    groups: kind === "send" ? devices : devices / perGroup,
    fromStage,
    toStage,
    bytesPerMicrobatch: bytes,
    mostBytes: boxing.bytes.reduce((most, n) => Math.max(most, n), 0),
    times,
    bytes: bytes * times,
    together,
    seconds: secondsTogether(boxing, together),
    location: printLocation(boxing.location),
  };
}

/** The predicted peak of a device of a class: over all stages that it has. */
export function peakOfDevice({ prediction }: Plan, { ranks }: ClassFigures): number {
  return at(prediction.peakMemoryBytes, ranks[0]?.[0] ?? 0);
}

function peakFigures(plan: Plan, stages: readonly StageFigures[]): PeakFigures {
  let peak: { readonly stage: StageFigures; readonly one: ClassFigures; readonly bytes: number } | undefined;
  for (const stage of stages) {
    for (const one of stage.classes) {
      // Of a device with several stages, all of them count.
      const bytes = peakOfDevice(plan, one);
      const more = peak === undefined ? 1 : bytes - peak.bytes || one.memory.total - peak.one.memory.total;
      if (more > 0) peak = { stage, one, bytes };
    }
  }
  const stage = peak?.stage.stage ?? 0;
  const action = peak?.one.memory.peakAction ?? 0;
  return {
    stage,
    deviceClass: peak?.one.deviceClass ?? 0,
    rank: peak?.one.ranks[0]?.[0] ?? 0,
    bytes: peak?.bytes ?? 0,
    at: describeActions(plan, stage)[action] ?? {
      action,
      phase: "F",
      kind: "segment",
      verb: "run",
      name: "",
      ops: 0,
      location: "",
    },
  };
}

/** What the phases of a step are called. */
export const phaseTexts: Readonly<Record<PhaseKind, string>> = {
  F: "forward",
  B: "backward",
  I: "backward, inputs",
  W: "backward, weights",
  U: "update",
};

/** In the order of a step. */
export const phaseKinds = Object.keys(phaseTexts) as readonly PhaseKind[];

/** Every action of a stage in words. */
export function describeActions(plan: Plan, stage: number): ActionFigures[] {
  const { actions, segments, slots } = at(plan.stages, stage);
  const phases = actionPhases(at(plan.stages, stage));
  const places = new Map(plan.provenance.map(({ value, location }) => [value, location]));
  return actions.map((action, index): ActionFigures => {
    const phase = at(phases, index);
    if (action.kind === "segment") {
      const segment = at(segments, action.segment);
      const place = places.get(slots[segment.outputs.at(-1) ?? -1]?.name ?? "");
      return {
        action: index,
        phase,
        kind: action.kind,
        verb: "run",
        name: segment.nodes.at(-1) ?? "",
        ops: segment.nodes.length,
        location: place === undefined ? "" : printLocation(place),
      };
    }
    if (action.kind === "accumulate" || action.kind === "assign") {
      const name = slots[action.kind === "assign" ? action.parameter : action.input]?.name ?? "";
      const place = places.get(name);
      return {
        action: index,
        phase,
        kind: action.kind,
        verb: action.kind,
        name,
        ops: 0,
        location: place === undefined ? "" : printLocation(place),
      };
    }
    const boxing = at(plan.boxing, action.boxing);
    return {
      action: index,
      phase,
      kind: action.kind,
      verb: action.kind === "collective" ? boxing.kind : action.kind,
      name: boxing.input,
      ops: 0,
      location: printLocation(boxing.location),
    };
  });
}
