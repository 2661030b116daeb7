/**
 * Exchanges shards between the devices of a plan through shared memory; where each has its own, what others read is brought to theirs.
 *
 * Every collective is box arithmetic: a device needs the box of its new shard; it finds the members of its group whose old
 * boxes meet it, and copies, or reduces in rank order where several hold terms of the same elements. All-reduce is the
 * exception, because its boxes are all equal: each device reduces one of `p` balanced chunks, and copies the others. Several
 * collectives of one group go in one exchange: their shards lie one behind the other, and devices wait for one another once.
 *
 * Sends go through channels that hold at least one shard: shards of as many micro-batches as a channel has slots, in whatever order
 * they are received. Both ends of a channel may be one device, which runs both stages. In a training step a channel has so
 * many slots that a sender never waits for a receive of the same step (`channelSlots`).
 * Where nothing is trained, sends go to later stages only, and a sender waits where its slot is taken.
 * No circle of waiting can close while every device works. Order the waiting devices by (micro-batch, stage, action) and take
 * the least. A receiver waits for an earlier stage, which is at the same or an earlier micro-batch: less, so not waiting. A
 * sender with a full channel waits for a device at an earlier micro-batch, whose shard the channel still holds: less. In a
 * collective it waits for devices of its own stage at the same or an earlier action: less, or arrived already.
 */
import type { Reduction } from "../../src/ir/layout.ts";
import { devicesPerStage, hostOf, rankOf } from "../../src/ir/layout.ts";
import { allocate, viewBytes, type TypedArray } from "../../src/ir/tensor-data.ts";
import { bytesOf, type DataType } from "../../src/ir/types.ts";
import type { Communicator, HostTensor } from "../../src/plan/backend.ts";
import { copyBox, copyRun, forEachRun, wholeBox } from "../../src/plan/box-copy.ts";
import { partsOf, type Part } from "../../src/plan/parts.ts";
import type { BoxingPlan } from "../../src/plan/plan.ts";
import { balancedPart, boxElements, shardOf, type Box } from "../../src/sbp/geometry.ts";
import { invariant, present } from "../../src/support/assert.ts";
import { at } from "../../src/support/collections.ts";
import { align, type Exchange, type ExchangePlan, type Group, type Place } from "./exchange.ts";
import { reduceRuns, reduceShared } from "./reduce.ts";
import { arenaBuffer, barrier, setWord, waitWhile, type DeviceState, type SharedMemory } from "./shared.ts";
import { simdReducers } from "./simd.ts";

/** Seconds spent in communication, by what they went into. */
export interface CommunicationTimes {
  /** Reducing. */
  collectives: number;
  copies: number;
  waiting: number;
}

interface Collective {
  readonly boxing: BoxingPlan;
  readonly group: Group;
  readonly groupIndex: number;
  /** Ranks of the members. */
  readonly ranks: readonly number[];
  /** This device's position in the group. */
  readonly position: number;
  /** Old boxes of the members. */
  readonly before: readonly Box[];
  readonly after: Box;
  readonly reduce: Reduction | undefined;
  /** Undefined for an all-reduce by chunks. */
  readonly parts: readonly Part[] | undefined;
  /** Per member, what it reads of the own shard; of an all-reduce by chunks nothing is said. */
  readonly reads: readonly (readonly Box[])[];
  /** Whether nobody else reads what of the own area is part of the own new shard. */
  readonly exclusive: boolean;
}

/** A collective on its way. */
interface Entry {
  /** Its number in the plan. */
  readonly index: number;
  readonly c: Collective;
  /** What this device puts in. */
  readonly shard: TypedArray;
  /** Where it puts it. */
  readonly place: Place;
  /** What the members put in. */
  readonly views: readonly TypedArray[];
}

/**
 * What a walker uses: a communicator that says where its time went. This file's works in memory that the devices share, threads'
 * or processes', or in memories that sockets keep equal; one that hands GPU buffers to NCCL would be another.
 */
export interface DeviceCommunicator extends Communicator {
  readonly times: CommunicationTimes;
  /** Takes back an array that `collective` or `receive` gave and that nobody uses any more. */
  recycle(dtype: DataType, data: TypedArray): void;
}

export class SharedCommunicator implements DeviceCommunicator {
  readonly bytes: number[];
  readonly times: CommunicationTimes = { collectives: 0, copies: 0, waiting: 0 };
  readonly #plan: ExchangePlan;
  readonly #exchange: Exchange;
  readonly #shared: SharedMemory;
  readonly #words: Int32Array;
  readonly #buffers: readonly ArrayBufferLike[];
  readonly #reducers: readonly ReturnType<typeof simdReducers>[];
  readonly #state: DeviceState;
  readonly #rank: number;
  /** Within a stage. */
  readonly #device: number;
  readonly #spins: number;
  readonly #collectives = new Map<number, Collective>();
  /** Collectives run so far per group: their parity says which of the two areas is in use. */
  readonly #turns: number[];
  readonly #pool = new Map<string, TypedArray[]>();

  /** `spins`: how often a device looks before it sleeps; 0 where there are more devices than cores. */
  constructor(
    plan: ExchangePlan,
    exchange: Exchange,
    shared: SharedMemory,
    state: DeviceState,
    rank: number,
    spins: number,
  ) {
    this.#plan = plan;
    this.#exchange = exchange;
    this.#shared = shared;
    this.#words = new Int32Array(shared.control);
    this.#buffers = shared.arenas.map(arenaBuffer);
    this.#reducers = shared.arenas.map((arena) =>
      arena.kind === "wasm" ? simdReducers(arena.memory) : () => undefined,
    );
    this.#state = state;
    this.#rank = rank;
    this.#device = rank % devicesPerStage(plan.mesh);
    this.#spins = spins;
    this.bytes = plan.boxing.map(() => 0);
    this.#turns = exchange.groups.map(() => 0);
  }

  async collective(indices: readonly number[], shards: readonly HostTensor[]): Promise<HostTensor[]> {
    const first = this.#collective(at(indices, 0));
    const turn = at(this.#turns, first.groupIndex);
    this.#turns[first.groupIndex] = turn + 1;
    const entries = this.#enter(indices, shards, (turn & 1) as 0 | 1);
    for (const entry of entries) this.#timed("copies", () => this.#put(entry));
    this.#barrier(first);
    const chunked = entries.filter(({ c }) => c.parts === undefined);
    for (const entry of chunked) this.#reduceChunk(entry);
    if (chunked.length > 0) this.#barrier(first);
    return entries.map((entry) => {
      const { boxing, after, parts } = entry.c;
      const out = this.#take(boxing.dtype, boxElements(after));
      if (parts === undefined) this.#gatherChunks(entry, out);
      else for (const part of parts) this.#fetch(entry, part, out);
      return { dtype: boxing.dtype, shape: after.size, data: out };
    });
  }

  /** Where the shards of one exchange lie in the areas of the members: one behind the other. */
  #enter(indices: readonly number[], shards: readonly HostTensor[], parity: 0 | 1): Entry[] {
    const { group } = this.#collective(at(indices, 0));
    const taken = group.areas.map(() => 0);
    return indices.map((index, i) => {
      const c = this.#collective(index);
      const { boxing, before } = c;
      const shard = at(shards, i);
      invariant(
        shard.data.length === boxElements(at(before, c.position)),
        "shard does not have the plan's size",
        () => `${boxing.input}: [${shard.shape.join(", ")}]`,
      );
      const places = group.areas.map((areas, member): Place => {
        const { arena, offset } = areas[parity];
        const start = offset + at(taken, member);
        taken[member] = at(taken, member) + align(bytesOf(boxing.dtype, boxElements(at(before, member))));
        return { arena, offset: start };
      });
      const views = places.map((place, member) =>
        this.#view(place, boxing.dtype, boxElements(at(before, member))),
      );
      return { index, c, shard: shard.data, place: at(places, c.position), views };
    });
  }

  /** Puts the own shard where the others read it. */
  #put({ c, shard, place, views }: Entry): void {
    const before = at(c.before, c.position);
    const own = at(views, c.position);
    // Of a halo's shard others read little.
    if (c.boxing.kind !== "halo") own.set(shard as never);
    else for (const region of c.reads.flat()) copyBox(shard, before, own, before, region);
    this.#give(c, place, own);
  }

  async send(index: number, microbatch: number, shard: HostTensor): Promise<void> {
    const { counters, place } = this.#slot(index, microbatch);
    const receiver = this.#others(at(this.#plan.boxing, index).toStage);
    const written = Atomics.load(this.#words, counters);
    // Until the shard that is there has been read.
    this.#timed("waiting", () => {
      for (;;) {
        const read = Atomics.load(this.#words, counters + 1);
        if (written === read) return;
        waitWhile(this.#words, counters + 1, read, this.#spins);
      }
    });
    this.#timed("copies", () => {
      const view = this.#view(place, shard.dtype, shard.data.length);
      view.set(shard.data as never);
      const whole = wholeBox([view.length]);
      this.#shared.outlet?.put(receiver, place, view.BYTES_PER_ELEMENT, whole, whole);
    });
    setWord(this.#shared, counters, (written + 1) | 0, receiver);
  }

  async receive(index: number, microbatch: number): Promise<HostTensor> {
    const boxing = at(this.#plan.boxing, index);
    const { counters, place } = this.#slot(index, microbatch);
    const read = Atomics.load(this.#words, counters + 1);
    this.#timed("waiting", () => waitWhile(this.#words, counters, read, this.#spins));
    const box = shardOf(boxing.shape, boxing.to, this.#plan.mesh, this.#device);
    const out = this.#take(boxing.dtype, boxElements(box));
    this.#timed("copies", () => out.set(this.#view(place, boxing.dtype, out.length) as never));
    const { mesh } = this.#plan;
    if (hostOf(mesh, boxing.fromStage) !== hostOf(mesh, boxing.toStage)) this.#count(index, out.byteLength);
    setWord(this.#shared, counters + 1, (read + 1) | 0, this.#others(boxing.fromStage));
    return { dtype: boxing.dtype, shape: box.size, data: out };
  }

  /** Takes back an array that `collective` or `receive` gave and that nobody uses any more: fresh pages cost 0.3 ms per MB. */
  recycle(dtype: DataType, data: TypedArray): void {
    const key = `${dtype}:${data.length}`;
    const free = this.#pool.get(key);
    if (free === undefined) this.#pool.set(key, [data]);
    else free.push(data);
  }

  #take(dtype: DataType, length: number): TypedArray {
    return this.#pool.get(`${dtype}:${length}`)?.pop() ?? allocate(dtype, length);
  }

  /** Where memory is not shared: brings every member what it reads of the own area before the barrier. */
  #give(c: Collective, place: Place, own: TypedArray): void {
    const { outlet } = this.#shared;
    if (outlet === undefined) return;
    const p = c.ranks.length;
    const isByChunks = c.parts === undefined;
    const whole = isByChunks ? wholeBox([own.length]) : at(c.before, c.position);
    c.ranks.forEach((rank, member) => {
      if (member === c.position) return;
      const regions = isByChunks ? [chunk(own.length, p, member)] : at(c.reads, member);
      for (const region of regions) outlet.put([rank], place, own.BYTES_PER_ELEMENT, whole, region);
    });
  }

  /** Reduces the own chunk, in place. */
  #reduceChunk({ index, c, place, views }: Entry): void {
    const { boxing, group, position } = c;
    const own = at(views, position);
    const n = own.length;
    const p = group.members.length;
    const mine = balancedPart(n, p, position);
    const reduce = present(c.reduce, "all-reduce of a value that is not partial", () => boxing.input);
    this.#timed("collectives", () => {
      const sources = views.map((data) => ({ data, at: mine.start }));
      this.#reduceShared(c, { data: own, at: mine.start }, sources, mine.size, reduce);
    });
    this.#count(index, (p - 1) * bytesOf(boxing.dtype, mine.size));
    const others = c.ranks.filter((_, member) => member !== position);
    this.#shared.outlet?.put(others, place, own.BYTES_PER_ELEMENT, wholeBox([n]), chunk(n, p, position));
  }

  /** Brings together the chunks that the members reduced. */
  #gatherChunks({ index, c, views }: Entry, out: TypedArray): void {
    const n = out.length;
    const p = views.length;
    this.#timed("copies", () => {
      views.forEach((view, member) => {
        const { start, size } = balancedPart(n, p, member);
        copyRun(view, start, out, start, size);
      });
    });
    this.#count(index, bytesOf(c.boxing.dtype, n - balancedPart(n, p, c.position).size));
  }

  #fetch({ index, c, shard, views }: Entry, part: Part, out: TypedArray): void {
    const { boxing, position, before, after } = c;
    const elements = boxElements(part.region);
    const others = part.terms.filter((member) => member !== position).length;
    this.#count(index, others * bytesOf(boxing.dtype, elements));
    const [only] = part.terms;
    if (part.terms.length === 1 && only !== undefined) {
      const source = only === position ? shard : at(views, only);
      this.#timed("copies", () => copyBox(source, at(before, only), out, after, part.region));
      return;
    }
    const reduce = present(
      c.reduce,
      "several devices hold one element of a value that is not partial",
      () => boxing.input,
    );
    const sources = part.terms.map((member) => at(views, member));
    const shared = c.exclusive && part.terms.includes(position);
    // The members of `terms` differ in partial components only: their boxes are equal, and one offset serves all.
    const box = at(before, present(only, "part without terms"));
    this.#timed("collectives", () => {
      forEachRun(box, after, part.region, (fromAt, toAt, length) => {
        const runs = sources.map((data) => ({ data, at: fromAt }));
        if (!shared) return reduceRuns({ data: out, at: toAt }, runs, length, reduce, boxing.dtype);
        const own = at(views, position);
        this.#reduceShared(c, { data: own, at: fromAt }, runs, length, reduce);
        copyRun(own, fromAt, out, toAt, length);
      });
    });
  }

  #reduceShared(
    c: Collective,
    to: { readonly data: TypedArray; readonly at: number },
    sources: readonly { readonly data: TypedArray; readonly at: number }[],
    length: number,
    reduce: Reduction,
  ): void {
    const table = at(c.group.tables, c.position);
    const { dtype } = c.boxing;
    const reducer = at(this.#reducers, table.arena)(reduce, dtype);
    const addresses = new Uint32Array(at(this.#buffers, table.arena), table.offset, c.group.members.length);
    reduceShared(reducer, addresses, to, sources, length, reduce, dtype);
  }

  #collective(index: number): Collective {
    const known = this.#collectives.get(index);
    if (known !== undefined) return known;
    const boxing = at(this.#plan.boxing, index);
    const groupIndex = at(at(this.#exchange.groupOf, index), this.#device);
    const group = at(this.#exchange.groups, groupIndex);
    const { mesh } = this.#plan;
    const position = group.members.indexOf(this.#device);
    const before = group.members.map((device) => shardOf(boxing.shape, boxing.from, mesh, device));
    const after = shardOf(boxing.shape, boxing.to, mesh, this.#device);
    const partial = boxing.axes.map((axis) => at(boxing.from, axis)).find((sbp) => sbp.kind === "P");
    const isAllReduce = boxing.axes.every(
      (axis) => at(boxing.from, axis).kind === "P" && at(boxing.to, axis).kind === "B",
    );
    const made: Collective = {
      boxing,
      group,
      groupIndex,
      ranks: group.members.map((device) => rankOf(mesh, group.stage, device)),
      position,
      before,
      after,
      reduce: partial?.kind === "P" ? partial.reduce : undefined,
      parts: isAllReduce ? undefined : partsOf(boxing, mesh, this.#device, group.members, before, after),
      reads: group.members.map((device, member) =>
        isAllReduce || member === position
          ? []
          : partsOf(
              boxing,
              mesh,
              device,
              group.members,
              before,
              shardOf(boxing.shape, boxing.to, mesh, device),
            ).flatMap(({ region, terms }) => (terms.includes(position) ? [region] : [])),
      ),
      exclusive: boxing.axes.every((axis) => at(boxing.to, axis).kind === "S"),
    };
    this.#collectives.set(index, made);
    return made;
  }

  #barrier({ group, ranks, position }: Collective): void {
    this.#timed("waiting", () => barrier(this.#shared, group.barrier, ranks, position, this.#spins));
    this.#state.nextRound();
  }

  /** The rank at the other end of a channel, unless it is this one. */
  #others(stage: number): number[] {
    const rank = rankOf(this.#plan.mesh, stage, this.#device);
    return rank === this.#rank ? [] : [rank];
  }

  /** The slot of a channel that a micro-batch's shard goes through: its two control words, and its place. */
  #slot(index: number, microbatch: number): { readonly counters: number; readonly place: Place } {
    const { counters, capacity, slotBytes, place } = at(at(this.#exchange.channels, index), this.#device);
    const slot = microbatch % capacity;
    return {
      counters: counters + 2 * slot,
      place: { arena: place.arena, offset: place.offset + slot * slotBytes },
    };
  }

  #view(place: Place, dtype: DataType, length: number): TypedArray {
    return viewBytes(
      dtype,
      new Uint8Array(at(this.#buffers, place.arena), place.offset, bytesOf(dtype, length)),
    );
  }

  #count(index: number, bytes: number): void {
    this.bytes[index] = (this.bytes[index] ?? 0) + bytes;
  }

  #timed(what: keyof CommunicationTimes, work: () => void): void {
    const start = performance.now();
    work();
    this.times[what] += (performance.now() - start) / 1000;
  }
}

/** Chunk `member` of an array of `n` elements that `p` members divide among them. */
function chunk(n: number, p: number, member: number): Box {
  const { start, size } = balancedPart(n, p, member);
  return { start: [start], size: [size] };
}
