/** Where the buckets of a stage begin and end, and what their members take. */
import type { BoxingPlan, Bucket, Plan } from "./plan.ts";

/** Actions that run together: `first` to `last`, both included. */
export interface Span {
  readonly first: number;
  readonly last: number;
}

/** How many actions run together. */
export function spanLength(span: Span | undefined): number {
  return span === undefined ? 1 : span.last - span.first + 1;
}

/** By action, the bucket that it is a member of; an action that runs by itself has none. */
export function bucketSpans(buckets: readonly Bucket[]): ReadonlyMap<number, Span> {
  const spans = new Map<number, Span>();
  for (const { first, count } of buckets) {
    const span = { first, last: first + count - 1 };
    for (let action = span.first; action <= span.last; action++) spans.set(action, span);
  }
  return spans;
}

/** Seconds that a collective is predicted to take as one of so many that run together and share one latency. */
export function secondsTogether(
  { predictedSeconds, latencySeconds }: Pick<BoxingPlan, "predictedSeconds" | "latencySeconds">,
  members: number,
): number {
  return predictedSeconds - latencySeconds * (1 - 1 / members);
}

/** By communication, how many run together with it, itself among them; those that run by themselves are left out. */
export function membersTogether({ stages }: Pick<Plan, "stages">): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  for (const { actions, buckets } of stages)
    for (const { first, count } of buckets)
      for (const action of actions.slice(first, first + count))
        if (action.kind === "collective") found.set(action.boxing, count);
  return found;
}
