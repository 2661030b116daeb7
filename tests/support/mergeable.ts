/**
 * Whether consecutive segments of a stage could be one: they could, unless something that is done between them (a communication, an
 * accumulation, an assignment) takes what the first makes and, itself or through others, gives what the second takes. Segments of
 * different phases run for different micro-batches and are never consecutive.
 */
import { at } from "../../src/support/collections.ts";
import type { Action, StagePhase } from "../../src/plan/plan.ts";

interface Program {
  readonly segments: readonly { readonly inputs: readonly number[]; readonly outputs: readonly number[] }[];
  readonly actions: readonly Action[];
  readonly phases: readonly StagePhase[];
}

/** Pairs of consecutive segments that could be one; the phase's kind beside them. Linear in the actions. */
export function mergeableSegments({ segments, actions, phases }: Program) {
  const found: { readonly phase: StagePhase["kind"]; readonly first: number; readonly second: number }[] = [];
  for (const { kind, first, count } of phases) {
    let before: number | undefined;
    /** Slots that what was done since the last segment has made of its outputs, and these. */
    let made = new Set<number>();
    let carried = new Set<number>();
    for (const action of actions.slice(first, first + count)) {
      if (action.kind === "segment") {
        const { inputs, outputs } = at(segments, action.segment);
        if (before !== undefined && !inputs.some((slot) => carried.has(slot)))
          found.push({ phase: kind, first: before, second: action.segment });
        before = action.segment;
        made = new Set(outputs);
        carried = new Set();
      } else if (action.kind !== "receive" && (made.has(action.input) || carried.has(action.input))) {
        if (action.kind === "assign") carried.add(action.parameter);
        else if (action.kind !== "send") carried.add(action.output);
      }
    }
  }
  return found;
}
