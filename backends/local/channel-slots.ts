/**
 * How many slots a channel needs in a training step, so that no sender waits for a receive of the same step: the least number with
 * which, whenever a shard is sent, what its slot held before is known to have been received. Known is what has happened in
 * every course of the step: a dry run of all ranks gives each send a vector clock, the number of pieces of every rank that are
 * done before it for certain. A sender can then only wait for the step before, which needs nothing of this one.
 */
import { rankOrders, type OrderedPlan } from "../../src/plan/rank-order.ts";
import { invariant } from "../../src/support/assert.ts";
import { at } from "../../src/support/collections.ts";

interface Sent {
  readonly microbatch: number;
  readonly clock: readonly number[];
}

/** By communication; what is not sent has none. */
export function channelSlots(plan: OrderedPlan): ReadonlyMap<number, number> {
  const orders = rankOrders(plan);
  const clocks = orders.map(() => orders.map(() => 0));
  const sends = new Map<number, Sent[]>();
  /** By communication and micro-batch, the receiving rank and the number of the piece. */
  const received = new Map<string, { readonly rank: number; readonly piece: number }>();
  const sent = new Map<string, readonly number[]>();
  const places = orders.map(() => ({ piece: 0, action: 0 }));

  /** Runs what comes next on a rank; false where it waits. */
  const step = (rank: number): boolean => {
    const place = at(places, rank);
    const piece = orders[rank]?.[place.piece];
    if (piece === undefined) return false;
    const clock = at(clocks, rank);
    const action = at(at(plan.stages, piece.stage).actions, piece.first + place.action);
    if (action.kind === "send" || action.kind === "receive") {
      const key = `${action.boxing} ${piece.microbatch}`;
      if (action.kind === "send") {
        const now = [...clock];
        sent.set(key, now);
        const list = sends.get(action.boxing) ?? [];
        list.push({ microbatch: piece.microbatch, clock: now });
        sends.set(action.boxing, list);
      } else {
        const from = sent.get(key);
        if (from === undefined) return false;
        from.forEach((done, other) => (clock[other] = Math.max(at(clock, other), done)));
        received.set(key, { rank, piece: place.piece });
      }
    }
    place.action++;
    if (place.action === piece.count) {
      place.piece++;
      place.action = 0;
      clock[rank] = place.piece;
    }
    return true;
  };

  for (let progress = true; progress;) {
    progress = false;
    for (const rank of orders.keys()) while (step(rank)) progress = true;
  }
  invariant(
    places.every(({ piece }, rank) => piece === at(orders, rank).length),
    "a rank waits for what is never sent",
  );

  const suffices = (boxing: number, list: readonly Sent[], slots: number): boolean => {
    /** Per slot, the last piece that receives what it held. */
    const users = new Map<number, number>();
    for (const { microbatch, clock } of list) {
      const receiver = received.get(`${boxing} ${microbatch}`);
      if (receiver === undefined) return false;
      const slot = microbatch % slots;
      const last = users.get(slot) ?? -1;
      if (at(clock, receiver.rank) <= last) return false;
      users.set(slot, Math.max(last, receiver.piece));
    }
    return true;
  };
  return new Map(
    [...sends].map(([boxing, list]) => {
      let slots = 1;
      while (slots < plan.microbatches && !suffices(boxing, list, slots)) slots++;
      return [boxing, slots];
    }),
  );
}
