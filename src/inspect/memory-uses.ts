/** What the tensors of a plan are held for, told from what a stage's actions do with them. */
import type { Plan, Slot, StagePlan } from "../plan/plan.ts";
import { at } from "../support/collections.ts";

/**
 * What memory is for, from the ground up: what is there throughout the step first.
 *
 *   parameters      the model's own
 *   states          of the optimizer
 *   inputs          inputs, random numbers, and the integers of the device
 *   scratch         the estimate of what the largest segment allocates
 *   gradients       of parameters: of a micro-batch, and added up
 *   updates         parameters and states of the next step, before they are assigned
 *   communication   what only communications read, and parameters gathered
 *   activations     the other values between segments, gradients of them included
 */
export const memoryUses = [
  "parameters",
  "states",
  "inputs",
  "scratch",
  "gradients",
  "updates",
  "communication",
  "activations",
] as const;
export type MemoryUse = (typeof memoryUses)[number];

/** Those that come and go during a step: values between segments. */
export type ValueUse = Extract<MemoryUse, "gradients" | "updates" | "communication" | "activations">;

export const memoryUseTexts: Readonly<Record<MemoryUse, string>> = {
  parameters: "parameters",
  states: "optimizer states",
  inputs: "inputs",
  scratch: "segments' own (estimate)",
  gradients: "gradients",
  updates: "next parameters and states",
  communication: "communication buffers",
  activations: "activations",
};

/** The same in few letters, for the heads of tables. */
export const memoryUseTitles: Readonly<Record<MemoryUse, string>> = {
  parameters: "parameters",
  states: "states",
  inputs: "inputs",
  scratch: "own",
  gradients: "gradients",
  updates: "next",
  communication: "comm.",
  activations: "activations",
};

const knownStates = new WeakMap<Pick<Plan, "parameters">, ReadonlySet<string>>();

/** Parameters of the plan that are optimizer states. */
export function stateNames(plan: Pick<Plan, "parameters">): ReadonlySet<string> {
  let names = knownStates.get(plan);
  if (names === undefined) {
    names = new Set(plan.parameters.flatMap(({ name, stateOf }) => (stateOf === undefined ? [] : [name])));
    knownStates.set(plan, names);
  }
  return names;
}

const knownUses = new WeakMap<StagePlan, readonly MemoryUse[]>();

/** Per slot of a stage. */
export function usesOfSlots(plan: Plan, stage: number): readonly MemoryUse[] {
  const program = at(plan.stages, stage);
  let uses = knownUses.get(program);
  if (uses === undefined) {
    const states = stateNames(plan);
    const facts = factsOf(program);
    uses = program.slots.map((slot, index) => useOf(slot, at(facts, index), states));
    knownUses.set(program, uses);
  }
  return uses;
}

/** What the actions of a stage do with a slot. */
interface SlotFacts {
  assigned: boolean;
  accumulated: boolean;
  communicated: boolean;
  /** Read by something else than a communication. */
  computedWith: boolean;
  /** Made by a communication from a parameter. */
  gathered: boolean;
  madeByUpdate: boolean;
}

function factsOf({ slots, actions, segments, phases }: StagePlan): SlotFacts[] {
  const facts = slots.map((): SlotFacts => ({
    assigned: false,
    accumulated: false,
    communicated: false,
    computedWith: false,
    gathered: false,
    madeByUpdate: false,
  }));
  for (const { kind, first, count } of phases) {
    const make = (slot: number) => {
      if (kind === "U") at(facts, slot).madeByUpdate = true;
    };
    for (const action of actions.slice(first, first + count)) {
      switch (action.kind) {
        case "segment": {
          const { inputs, outputs } = at(segments, action.segment);
          for (const slot of inputs) at(facts, slot).computedWith = true;
          outputs.forEach(make);
          break;
        }
        case "collective":
          at(facts, action.input).communicated = true;
          at(facts, action.output).gathered = at(slots, action.input).kind === "parameter";
          make(action.output);
          break;
        case "send":
          at(facts, action.input).communicated = true;
          break;
        case "receive":
          make(action.output);
          break;
        case "accumulate":
          at(facts, action.input).accumulated = true;
          at(facts, action.output).accumulated = true;
          break;
        case "assign":
          at(facts, action.input).assigned = true;
          break;
      }
    }
  }
  return facts;
}

function useOf(slot: Slot, facts: SlotFacts, states: ReadonlySet<string>): MemoryUse {
  if (slot.kind === "parameter") return states.has(slot.name) ? "states" : "parameters";
  if (slot.kind !== "value") return "inputs";
  if (facts.assigned) return "updates";
  if (facts.accumulated) return "gradients";
  if (facts.gathered || (facts.communicated && !facts.computedWith)) return "communication";
  return facts.madeByUpdate ? "gradients" : "activations";
}
