/** In which order every rank of the pipeline runs the phases of its stages in one step, micro-batch by micro-batch. */
import { pipelineRanks, type Mesh, type Pipeline } from "../ir/layout.ts";
import { invariant } from "../support/assert.ts";
import { arraysEqual, range } from "../support/collections.ts";
import { partsOf } from "./action.ts";
import { createSchedule, findFamily } from "./schedule.ts";

/** Part of a step: `F` forward, `B` backward (or `I` and `W` apart), once per micro-batch; `U` update, once per step. */
export type PhaseKind = "F" | "B" | "I" | "W" | "U";

export interface PhaseRun {
  readonly stage: number;
  readonly kind: PhaseKind;
  readonly microbatch: number;
}

/** Whether a schedule runs the backward pass towards the parameters apart from that towards the inputs. */
export function splitsBackward(schedule: string): boolean {
  return findFamily(schedule)?.splitBackward === true;
}

/**
 * The mesh of a step under a schedule: as many stages on every rank of the pipeline as the schedule has chunks (`chunks` where it
 * is given, else what the schedule has by itself), placed as it places them. Errors: those of the schedule.
 */
export function meshOfSchedule(mesh: Mesh, schedule: string, microbatches: number, chunks?: number): Mesh {
  const made = createSchedule(schedule, pipelineRanks(mesh), microbatches, chunks);
  if (made.chunks === 1) return mesh;
  return { axes: mesh.axes, stages: made.stageRank.length, hosts: made.stageRank };
}

/**
 * Per rank of the pipeline. Without a schedule only the forward pass runs, one micro-batch after another. The update phase of
 * every stage comes last. Where the schedule splits the backward pass, B is I and W. Errors: those of the schedule.
 */
export function stepOrder(
  schedule: string | undefined,
  pipeline: Pipeline,
  microbatches: number,
): readonly (readonly PhaseRun[])[] {
  const ranks = pipelineRanks(pipeline);
  if (schedule === undefined) {
    invariant(pipeline.hosts === undefined, "several stages on a rank and no schedule");
    return range(ranks).map((stage) => [
      ...range(microbatches).map((microbatch): PhaseRun => ({ stage, kind: "F", microbatch })),
      { stage, kind: "U", microbatch: microbatches - 1 },
    ]);
  }
  const chunks = pipeline.stages / ranks;
  const { order, splitBackward, stageRank } = createSchedule(schedule, ranks, microbatches, chunks);
  invariant(
    pipeline.hosts === undefined || arraysEqual<number>(pipeline.hosts, stageRank),
    "stages are on other ranks than the schedule has them",
  );
  return order.map((slots, rank): PhaseRun[] => {
    const runs = slots.flatMap((slot) =>
      partsOf(slot).flatMap(({ kind, stage, microbatch }): PhaseRun[] =>
        kind === "B" && splitBackward
          ? [
              { kind: "I", stage, microbatch },
              { kind: "W", stage, microbatch },
            ]
          : [{ kind, stage, microbatch }],
      ),
    );
    const updates = stageRank.flatMap((host, stage): PhaseRun[] =>
      host === rank ? [{ kind: "U", stage, microbatch: microbatches - 1 }] : [],
    );
    return [...runs, ...updates];
  });
}
