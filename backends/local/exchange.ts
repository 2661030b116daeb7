/**
 * Where the devices of a plan exchange data: groups with a barrier and an area per member, and channels between stages.
 * Computed from the plan alone, so that every device and the supervisor arrive at the same places.
 *
 * Areas are double-buffered per group: a device that writes its area for the group's collective n + 2 has passed the
 * barrier of n + 1, which every member reached only after it had read what it needed of n. Devices that are together
 * in several groups (on other axes) have other areas there, so no barrier of one group guards areas of another.
 */
import type { Box } from "../../src/sbp/geometry.ts";
import { boxElements, shardOf } from "../../src/sbp/geometry.ts";
import { groupsAlong } from "../../src/sbp/mesh.ts";
import { devicesPerStage } from "../../src/ir/layout.ts";
import { bytesOf } from "../../src/ir/types.ts";
import type { BoxingPlan, Plan } from "../../src/plan/plan.ts";
import { at, range, sum } from "../../src/support/collections.ts";
import { channelSlots } from "./channel-slots.ts";

export interface Place {
  readonly arena: number;
  readonly offset: number;
}

export interface Group {
  readonly stage: number;
  /** Devices within the stage, ascending. */
  readonly members: readonly number[];
  /** First of the barrier's control words, one per member: how often it has arrived (wrapping). */
  readonly barrier: number;
  /** Per member: a table of addresses, and two areas for shards. */
  readonly tables: readonly Place[];
  readonly areas: readonly (readonly [Place, Place])[];
}

export interface Channel {
  /** First of two control words per slot: shards written and shards read so far (wrapping). */
  readonly counters: number;
  /** Shards that fit: that of micro-batch i goes to slot i modulo `capacity`. */
  readonly capacity: number;
  readonly slotBytes: number;
  readonly place: Place;
}

export interface Exchange {
  readonly arenas: readonly { readonly bytes: number; readonly simd: boolean }[];
  readonly groups: readonly Group[];
  /** Per boxing, per device of the stage: index of its group; empty for sends. */
  readonly groupOf: readonly (readonly number[])[];
  /** Per boxing, per device: its channel; empty for collectives. */
  readonly channels: readonly (readonly Channel[])[];
  /** First control word that exchange does not use. */
  readonly controlWords: number;
}

export type ExchangePlan = Pick<Plan, "mesh" | "boxing" | "stages"> & { readonly schedule?: string };

/** Largest arena in one WebAssembly memory; addresses are 32-bit. */
const simdLimit = 2 ** 32 - 2 ** 16;
const alignment = 64;

/** Where the next shard in an area begins behind one of so many bytes. */
export const align = (bytes: number): number => Math.ceil(bytes / alignment) * alignment;

/** Box and bytes of what `device` puts in for a boxing. */
export function shardBefore(plan: ExchangePlan, boxing: BoxingPlan, device: number): Box {
  return shardOf(boxing.shape, boxing.from, plan.mesh, device);
}

/** Lays out areas and channels; the control words start at `firstWord`. */
export function layOutExchange(plan: ExchangePlan, microbatches: number, firstWord: number): Exchange {
  const allocator = new Allocator();
  const devices = range(devicesPerStage(plan.mesh));
  let words = firstWord;
  const takeWords = (count: number): number => {
    words += count;
    return words - count;
  };

  // Bytes of the most that each device ever puts in at once, per stage and set of axes.
  const sizes = new Map<string, number[]>();
  for (const together of exchangesOf(plan)) {
    const key = groupKey(at(together, 0));
    const largest = sizes.get(key) ?? devices.map(() => 0);
    sizes.set(
      key,
      largest.map((bytes, device) =>
        Math.max(bytes, sum(together.map((boxing) => align(shardBytes(plan, boxing, device))))),
      ),
    );
  }
  const groups: Group[] = [];
  const memberships = new Map<string, number[]>();
  for (const boxing of plan.boxing) {
    const key = groupKey(boxing);
    const largest = sizes.get(key);
    if (boxing.kind === "send" || largest === undefined || memberships.has(key)) continue;
    const membership = devices.map(() => 0);
    for (const members of groupsAlong(plan.mesh, boxing.axes)) {
      const table = align(4 * members.length);
      const bytes = members.map((device) => align(at(largest, device)));
      const place = allocator.take(
        bytes.reduce((n, b) => n + table + 2 * b, 0),
        true,
      );
      let offset = place.offset;
      const next = (size: number): Place => {
        offset += size;
        return { arena: place.arena, offset: offset - size };
      };
      const tables = members.map(() => next(table));
      const areas = bytes.map((size): [Place, Place] => [next(size), next(size)]);
      for (const device of members) membership[device] = groups.length;
      groups.push({ stage: boxing.fromStage, members, barrier: takeWords(members.length), tables, areas });
    }
    memberships.set(key, membership);
  }

  const scheduled = plan.schedule === undefined ? undefined : channelSlots({ ...plan, microbatches });
  const channels = plan.boxing.map((boxing, index): Channel[] => {
    if (boxing.kind !== "send") return [];
    // One more than the stages between lets a sender run ahead by as much as the pipeline holds. In a training step nobody
    // waits for room: which micro-batch is where is the schedule's to say.
    const ahead = scheduled?.get(index) ?? boxing.toStage - boxing.fromStage + 1;
    const capacity = Math.max(1, Math.min(microbatches, ahead));
    return devices.map((device) => {
      const slotBytes = align(shardBytes(plan, boxing, device));
      return {
        counters: takeWords(2 * capacity),
        capacity,
        slotBytes,
        place: allocator.take(slotBytes * capacity, false),
      };
    });
  });
  return {
    arenas: allocator.arenas,
    groups,
    groupOf: plan.boxing.map((boxing) =>
      boxing.kind === "send" ? [] : (memberships.get(groupKey(boxing)) ?? []),
    ),
    channels,
    controlWords: words,
  };
}

/** Collectives that run together: every one by itself, and the members of every bucket. */
function exchangesOf({ stages, boxing }: ExchangePlan): BoxingPlan[][] {
  const buckets = stages.flatMap(({ actions, buckets }) =>
    buckets.map(({ first, count }) =>
      actions
        .slice(first, first + count)
        .flatMap((action) => (action.kind === "collective" ? [at(boxing, action.boxing)] : [])),
    ),
  );
  return [...boxing.filter(({ kind }) => kind !== "send").map((one) => [one]), ...buckets];
}

function shardBytes(plan: ExchangePlan, boxing: BoxingPlan, device: number): number {
  return bytesOf(boxing.dtype, boxElements(shardBefore(plan, boxing, device)));
}

function groupKey(boxing: BoxingPlan): string {
  return `${boxing.fromStage}:${boxing.axes.join()}`;
}

/** Packs areas into as few arenas as their limit allows. Address 0 of an arena is never used. */
class Allocator {
  readonly arenas: { bytes: number; simd: boolean }[] = [];

  take(bytes: number, simd: boolean): Place {
    const fits = bytes + alignment <= simdLimit;
    let arena = this.arenas.findIndex(
      (a) => a.simd === (simd && fits) && (a.bytes + bytes <= simdLimit || !fits),
    );
    if (arena < 0 || !fits) {
      arena = this.arenas.length;
      this.arenas.push({ bytes: alignment, simd: simd && fits });
    }
    const chosen = at(this.arenas, arena);
    const offset = chosen.bytes;
    chosen.bytes += align(bytes);
    return { arena, offset };
  }
}
