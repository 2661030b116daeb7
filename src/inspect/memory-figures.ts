/** What the devices of a class hold in the course of a step, action by action, and when that is most. */
import { bytesOf } from "../ir/types.ts";
import type { Plan, Slot, StagePlan } from "../plan/plan.ts";
import { present } from "../support/assert.ts";
import { at, product, sum } from "../support/collections.ts";
import { usesOfSlots, type MemoryUse, type ValueUse } from "./memory-uses.ts";

/** One tensor that is held, with its bytes on a device of the class. */
export interface Held {
  readonly value: string;
  readonly kind: Slot["kind"];
  readonly use: MemoryUse;
  /** Micro-batches that have it at once. */
  readonly copies: number;
  /** Of all copies. */
  readonly bytes: number;
}

/** Bytes on each device of a class. */
export interface MemoryFigures {
  /** Parameters of the model, and optimizer states: throughout the step. */
  readonly parameters: number;
  readonly states: number;
  readonly inputs: number;
  /** Values between segments when they are most, by what they are for (see `memoryUses`). */
  readonly gradients: number;
  readonly updates: number;
  readonly communication: number;
  readonly activations: number;
  /** The four before: most bytes of values between segments alive at once. */
  readonly buffers: number;
  /** Estimate of what the largest segment allocates inside. */
  readonly scratch: number;
  /** Parameters, states, inputs, buffers and scratch: the peak of the plan's prediction. */
  readonly total: number;
  /** What the values between segments take as they are placed. */
  readonly arena: number;
  /** The action (index in the stage) at which most values between segments are alive, and of which micro-batch. */
  readonly peakAction: number;
  readonly peakMicrobatch: number;
}

/** An action of a step. */
export interface StepAction {
  readonly action: number;
  readonly microbatch: number;
}

/** Bytes of values between segments alive during one action. */
export interface Moment extends StepAction {
  readonly bytes: Readonly<Record<ValueUse, number>>;
  readonly alive: number;
  /** What is still alive when it is done. */
  readonly left: number;
}

/** `order`: what the devices do in one step, as on their lane of the timeline. */
export function memoryFigures(
  plan: Plan,
  stage: number,
  deviceClass: number,
  order: readonly StepAction[],
): MemoryFigures {
  const program = at(plan.stages, stage);
  const { parameterBytes, inputBytes, peakBytes, segmentScratchBytes, arenaBytes, peakAction } = at(
    program.memory,
    deviceClass,
  );
  const states = stateBytes(plan, stage, deviceClass);
  const peak = memoryCourse(plan, stage, deviceClass, order).find(
    ({ action, alive }) => action === peakAction && alive === peakBytes,
  );
  return {
    parameters: parameterBytes - states,
    states,
    inputs: inputBytes,
    ...(peak?.bytes ?? nothing),
    buffers: peakBytes,
    scratch: segmentScratchBytes,
    total: parameterBytes + inputBytes + peakBytes + segmentScratchBytes,
    arena: arenaBytes,
    peakAction,
    peakMicrobatch: peak?.microbatch ?? 0,
  };
}

/** Optimizer states on each device of a class. */
export function stateBytes(plan: Plan, stage: number, deviceClass: number): number {
  const uses = usesOfSlots(plan, stage);
  return sum(
    at(plan.stages, stage).slots.map((slot, i) => (uses[i] === "states" ? slotBytes(slot, deviceClass) : 0)),
  );
}

const nothing: Readonly<Record<ValueUse, number>> = {
  gradients: 0,
  updates: 0,
  communication: 0,
  activations: 0,
};

/** What lives when: a value from the action that makes it to its last; what is accumulated to its last in the update phase. */
class Lives {
  readonly #made: readonly (readonly number[])[];
  readonly #dying: readonly (readonly number[])[];
  readonly #accumulated: ReadonlySet<number>;
  readonly #inUpdate: readonly boolean[];
  readonly #present = new Set<number>();

  constructor({ slots, actions, phases }: StagePlan) {
    const made: number[][] = actions.map(() => []);
    const dying: number[][] = actions.map(() => []);
    slots.forEach((slot, index) => {
      if (slot.kind !== "value") return;
      const [first, last] = present(slot.lifetime, "value without a lifetime", () => slot.name);
      made[first]?.push(index);
      dying[last]?.push(index);
    });
    this.#made = made;
    this.#dying = dying;
    this.#accumulated = new Set(
      actions.flatMap((action) => (action.kind === "accumulate" ? [action.output] : [])),
    );
    this.#inUpdate = phases.flatMap(({ kind, count }) => new Array<boolean>(count).fill(kind === "U"));
  }

  begin(action: number, visit: (slot: number) => void): void {
    for (const slot of at(this.#made, action)) {
      if (this.#accumulated.has(slot) && this.#present.has(slot)) continue;
      this.#present.add(slot);
      visit(slot);
    }
  }

  end(action: number, visit: (slot: number) => void): void {
    for (const slot of at(this.#dying, action))
      if (!this.#accumulated.has(slot) || this.#inUpdate[action] === true) visit(slot);
  }
}

/** Values between segments during every action of `order`; of a plan's own order, the most is the plan's peak. */
export function memoryCourse(
  plan: Plan,
  stage: number,
  deviceClass: number,
  order: readonly StepAction[],
): Moment[] {
  const program = at(plan.stages, stage);
  const uses = usesOfSlots(plan, stage) as readonly ValueUse[];
  const sizes = program.slots.map((slot) => slotBytes(slot, deviceClass));
  const lives = new Lives(program);
  const live = { ...nothing };
  let alive = 0;
  const change = (slot: number, sign: 1 | -1) => {
    const bytes = sign * at(sizes, slot);
    live[at(uses, slot)] += bytes;
    alive += bytes;
  };
  return order.map(({ action, microbatch }): Moment => {
    lives.begin(action, (slot) => change(slot, 1));
    const moment = { action, microbatch, bytes: { ...live }, alive };
    lives.end(action, (slot) => change(slot, -1));
    return { ...moment, left: alive };
  });
}

/** Everything held during an action of `order`, most bytes first. */
export function heldDuring(
  plan: Plan,
  stage: number,
  deviceClass: number,
  order: readonly StepAction[],
  { action, microbatch }: StepAction,
): Held[] {
  const program = at(plan.stages, stage);
  const uses = usesOfSlots(plan, stage);
  const copies = program.slots.map(({ kind }): number => (kind === "value" ? 0 : 1));
  const lives = new Lives(program);
  const change = (slot: number, by: 1 | -1) => (copies[slot] = at(copies, slot) + by);
  for (const one of order) {
    lives.begin(one.action, (slot) => change(slot, 1));
    if (one.action === action && one.microbatch === microbatch) break;
    lives.end(one.action, (slot) => change(slot, -1));
  }
  return program.slots
    .map((slot, index): Held => ({
      value: slot.name,
      kind: slot.kind,
      use: at(uses, index),
      copies: at(copies, index),
      bytes: at(copies, index) * slotBytes(slot, deviceClass),
    }))
    .filter(({ copies: n }) => n > 0)
    .sort((a, b) => b.bytes - a.bytes);
}

/** Bytes of what is held for something. */
export function bytesFor(held: readonly Held[], use: MemoryUse): number {
  return sum(held.map((one) => (one.use === use ? one.bytes : 0)));
}

function slotBytes(slot: Slot, deviceClass: number): number {
  return bytesOf(slot.dtype, product(at(slot.localShapes, deviceClass)));
}
