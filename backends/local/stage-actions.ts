/** Facts about the actions of a stage that its list does not state: what each makes and touches, and what ends with it. */
import { bucketSpans } from "../../src/plan/buckets.ts";
import type { Action, Segment, StagePhase, StagePlan } from "../../src/plan/plan.ts";
import { at } from "../../src/support/collections.ts";

/** The slots that an action gives a value. */
export function makes(action: Action, segments: readonly Segment[]): readonly number[] {
  switch (action.kind) {
    case "segment":
      return at(segments, action.segment).outputs;
    case "collective":
    case "receive":
    case "accumulate":
      return [action.output];
    case "send":
    case "assign":
      return [];
  }
}

/** The slots that an action reads or writes. */
function touched(action: Action, segments: readonly Segment[]): readonly number[] {
  switch (action.kind) {
    case "segment": {
      const segment = at(segments, action.segment);
      return [...segment.inputs, ...segment.outputs];
    }
    case "collective":
      return [action.input, action.output];
    case "send":
      return [action.input];
    case "receive":
      return [action.output];
    case "accumulate":
      return [action.input, action.output];
    case "assign":
      return [action.parameter, action.input];
  }
}

/** Per action, the "value" slots whose last use (or making, where nothing uses them) it is; outputs have none. */
export function lastUses(stage: StagePlan, outputs: ReadonlySet<number>): number[][] {
  const last = new Map<number, number>();
  const spans = bucketSpans(stage.buckets);
  stage.actions.forEach((action, index) => {
    const end = spans.get(index)?.last ?? index;
    for (const slot of touched(action, stage.segments)) last.set(slot, end);
  });
  const dying: number[][] = stage.actions.map(() => []);
  for (const [slot, index] of last) {
    if (!outputs.has(slot) && at(stage.slots, slot).kind === "value") at(dying, index).push(slot);
  }
  return dying;
}

/** Slots of which there is one in a step: what is accumulated, and what the update phase makes. */
export function slotsPerStep({ actions, segments, phases }: StagePlan): Set<number> {
  const update = phases.find(({ kind }) => kind === "U");
  const found = new Set<number>();
  actions.forEach((action, i) => {
    if (action.kind === "accumulate" || (update !== undefined && i >= update.first))
      for (const slot of makes(action, segments)) found.add(slot);
  });
  return found;
}

/** Whether a phase makes the value of a slot; a source belongs to the forward pass. */
export function isMadeIn({ actions, segments }: StagePlan, slot: number, phase: StagePhase): boolean {
  const { kind, first, count } = phase;
  const made = actions.findIndex((action) => makes(action, segments).includes(slot));
  return made < 0 ? kind === "F" : made >= first && made < first + count;
}

/** Parameters and states that steps change. */
export function assignedSlots({ actions }: StagePlan): Set<number> {
  return new Set(actions.flatMap((action) => (action.kind === "assign" ? [action.parameter] : [])));
}
