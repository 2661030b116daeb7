/** How often a step does what a plan lists once: the update phase once, everything else for every micro-batch. */
import type { PhaseKind } from "../schedule/step-order.ts";
import type { Plan, StagePlan } from "./plan.ts";

type Counted = Pick<Plan, "stages" | "boxing"> & { readonly options: Pick<Plan["options"], "microbatches"> };

/** The phase of every action of a stage. */
export function actionPhases({ phases }: StagePlan): PhaseKind[] {
  return phases.flatMap(({ kind, count }) => new Array<PhaseKind>(count).fill(kind));
}

/** Times per action of a stage. */
export function actionTimes(stage: StagePlan, microbatches: number): number[] {
  return actionPhases(stage).map((kind) => (kind === "U" ? 1 : microbatches));
}

/** Times per segment of a stage. */
export function segmentTimes(stage: StagePlan, microbatches: number): number[] {
  const times = actionTimes(stage, microbatches);
  const found = stage.segments.map(() => 0);
  stage.actions.forEach((action, i) => {
    if (action.kind === "segment") found[action.segment] = times[i] ?? 0;
  });
  return found;
}

/** Times per communication. */
export function boxingTimes({ stages, boxing, options }: Counted): number[] {
  const found = boxing.map(() => 0);
  for (const stage of stages) {
    const times = actionTimes(stage, options.microbatches);
    stage.actions.forEach((action, i) => {
      if ("boxing" in action) found[action.boxing] = times[i] ?? 0;
    });
  }
  return found;
}

/** Floating-point operations of a device of a stage in one step. */
export function stepFlops(stage: StagePlan, device: number, microbatches: number): number {
  const times = segmentTimes(stage, microbatches);
  return stage.segments.reduce((total, { flops }, i) => total + (flops[device] ?? 0) * (times[i] ?? 0), 0);
}
