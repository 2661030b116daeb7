/**
 * What the ranks of a pipeline run in one step, in order: phases of their stages, whole, as the schedule has them. In the update
 * phase stages wait for one another; there a rank that has several runs a piece of one, as far as that comes without what another
 * is still to send, then a piece of the next.
 *
 *   stage 0   send a   receive b   1           rank 0 (stages 0 and 1)   0: send a;  1: receive a, send b;  0: receive b
 *   stage 1   receive a   send b
 *
 * No rank waits for ever: the pieces of all ranks come from one order in which nothing is received before it is sent.
 */
import { hostOf, type Mesh } from "../ir/layout.ts";
import { stepOrder, type PhaseRun } from "../schedule/step-order.ts";
import { invariant } from "../support/assert.ts";
import { at } from "../support/collections.ts";
import type { StagePlan } from "./plan.ts";

/** Actions `first` to `first + count - 1` of a stage, which lie in a phase, for a micro-batch. */
export interface PhasePiece extends PhaseRun {
  readonly first: number;
  readonly count: number;
}

export interface OrderedPlan {
  readonly mesh: Mesh;
  readonly stages: readonly Pick<StagePlan, "stage" | "actions" | "phases">[];
  readonly schedule?: string | undefined;
  readonly microbatches: number;
}

/** Per rank of the pipeline. */
export function rankOrders({ mesh, stages, schedule, microbatches }: OrderedPlan): PhasePiece[][] {
  const pieces = stepOrder(schedule, mesh, microbatches).map((runs) =>
    runs.flatMap((run): PhasePiece[] => {
      const phase = at(stages, run.stage).phases.find(({ kind }) => kind === run.kind);
      return phase === undefined ? [] : [{ ...run, first: phase.first, count: phase.count }];
    }),
  );
  if (mesh.hosts === undefined) return pieces;
  const orders = pieces.map((own) => own.filter(({ kind }) => kind !== "U"));
  const updates = pieces.flatMap((own) => own.filter(({ kind }) => kind === "U"));
  for (const piece of updateOrder(stages, updates)) at(orders, hostOf(mesh, piece.stage)).push(piece);
  return orders;
}

/** The update phases of all stages in pieces, none of which waits for a later one. */
function updateOrder(stages: OrderedPlan["stages"], updates: readonly PhasePiece[]): PhasePiece[] {
  const order: PhasePiece[] = [];
  /** Sends of the update phase that are not done. */
  const missing = new Set(
    updates.flatMap(({ stage, first, count }) =>
      at(stages, stage)
        .actions.slice(first, first + count)
        .flatMap((action) => (action.kind === "send" ? [action.boxing] : [])),
    ),
  );
  let left = updates.map((piece) => ({ piece, done: 0 }));
  while (left.length > 0) {
    let progress = false;
    for (const one of left) {
      const { piece } = one;
      const { actions } = at(stages, piece.stage);
      const from = one.done;
      for (; one.done < piece.count; one.done++) {
        const action = at(actions, piece.first + one.done);
        if (action.kind === "receive" && missing.has(action.boxing)) break;
        if (action.kind === "send") missing.delete(action.boxing);
      }
      if (one.done === from) continue;
      progress = true;
      order.push({ ...piece, first: piece.first + from, count: one.done - from });
    }
    left = left.filter(({ piece, done }) => done < piece.count);
    invariant(progress || left.length === 0, "stages wait for one another in the update phase");
  }
  return order;
}
