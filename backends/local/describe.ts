/** Actions of a plan in words, with the line they come from. */
import { diagnostic, SbpcError, type Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import { printLocation, unknownLocation, type Location } from "../../src/diagnostics/location.ts";
import { bucketSpans, spanLength } from "../../src/plan/buckets.ts";
import type { Action, Slot, StagePlan } from "../../src/plan/plan.ts";
import type { RunnablePlan } from "./job.ts";

export interface ActionDescription {
  /** `action 3 (all-reduce of %x)`. */
  readonly text: string;
  readonly location: Location;
}

export function describeAction(plan: RunnablePlan, stage: number, index: number): ActionDescription {
  const program = plan.stages[stage];
  const action: Action | undefined = program?.actions[index];
  if (program === undefined || action === undefined)
    return { text: "the beginning", location: unknownLocation };
  if (action.kind === "segment") {
    const { text, location } = describeSegment(plan, program, action.segment);
    return { text: `action ${index} (${text})`, location };
  }
  if (action.kind === "accumulate" || action.kind === "assign") {
    const name = program.slots[action.input]?.name ?? "?";
    const location = plan.provenance.find(({ value }) => value === name)?.location ?? unknownLocation;
    return { text: `action ${index} (${action.kind} of %${name})`, location };
  }
  const boxing = plan.boxing[action.boxing];
  const peer =
    action.kind === "send"
      ? ` to stage ${action.toStage}`
      : action.kind === "receive"
        ? ` from stage ${action.fromStage}`
        : "";
  const what = action.kind === "collective" ? (boxing?.kind ?? "collective") : action.kind;
  const others = spanLength(bucketSpans(program.buckets).get(index)) - 1;
  const more = others === 0 ? "" : ` and ${others} more`;
  return {
    text: `action ${index} (${what} of %${boxing?.input ?? "?"}${more}${peer})`,
    location: boxing?.location ?? unknownLocation,
  };
}

/** `segment 2: fc1.MatMul to fc1.Add`, at the line of its first output. */
export function describeSegment(
  plan: Pick<RunnablePlan, "provenance">,
  { segments, slots }: Pick<StagePlan, "segments" | "slots">,
  index: number,
): ActionDescription {
  const segment = segments[index];
  const nodes = segment?.nodes ?? [];
  const slot: Slot | undefined = slots[segment?.outputs[0] ?? -1];
  const location = plan.provenance.find(({ value }) => value === slot?.name)?.location ?? unknownLocation;
  const last = nodes.length > 1 ? ` to ${nodes[nodes.length - 1]}` : "";
  return { text: `segment ${index}: ${nodes[0] ?? "no nodes"}${last}`, location };
}

/** The description with its place appended. */
export function actionWithPlace({ text, location }: ActionDescription): string {
  const place = printLocation(location);
  return place === "" ? text : `${text} at ${place}`;
}

/** What an error says, as diagnostics: its own where it has them. */
export function diagnosticsOf(error: unknown, rank: number, action = "starting"): readonly Diagnostic[] {
  if (error instanceof SbpcError) return error.diagnostics;
  const problem = error instanceof Error ? error.message : String(error);
  return [diagnostic("worker-failed", { rank, action, problem })];
}
