/** Places buffers with known lifetimes in one arena: each goes into the smallest hole that holds it when it is made. */

export interface Buffer {
  readonly bytes: number;
  /** First and last step at which it is alive, both included. */
  readonly lifetime: readonly [number, number];
}

export interface Arena {
  readonly bytes: number;
  /** Per buffer. */
  readonly offsets: readonly number[];
}

/** Buffers start at multiples of this: a cache line, which also suits every element type. */
const alignment = 64;

interface Hole {
  start: number;
  size: number;
}

/** Linear in buffers times holes, of which there are few. */
export function placeBuffers(buffers: readonly Buffer[]): Arena {
  const order = buffers
    .map((_, i) => i)
    .sort(
      (a, b) => firstOf(buffers, a) - firstOf(buffers, b) || sizeOf(buffers, b) - sizeOf(buffers, a) || a - b,
    );
  const byEnd = buffers.map((_, i) => i).sort((a, b) => lastOf(buffers, a) - lastOf(buffers, b) || a - b);
  const offsets = buffers.map(() => 0);
  const holes: Hole[] = [];
  let end = 0;
  let freed = 0;
  for (const i of order) {
    for (; freed < byEnd.length && lastOf(buffers, byEnd[freed] as number) < firstOf(buffers, i); freed++) {
      const done = byEnd[freed] as number;
      release(holes, offsets[done] as number, sizeOf(buffers, done));
    }
    const size = sizeOf(buffers, i);
    let best: Hole | undefined;
    for (const hole of holes)
      if (hole.size >= size && (best === undefined || hole.size < best.size)) best = hole;
    if (best !== undefined) {
      offsets[i] = best.start;
      best.start += size;
      best.size -= size;
      if (best.size === 0) holes.splice(holes.indexOf(best), 1);
      continue;
    }
    // A hole at the end of the arena grows.
    const last = holes.at(-1);
    const grown = last !== undefined && last.start + last.size === end ? holes.pop() : undefined;
    offsets[i] = grown?.start ?? end;
    end = (offsets[i] as number) + size;
  }
  return { bytes: end, offsets };
}

/** The bytes up to where the next buffer may start. */
export function align(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}

function sizeOf(buffers: readonly Buffer[], i: number): number {
  return align(buffers[i]?.bytes ?? 0);
}

function firstOf(buffers: readonly Buffer[], i: number): number {
  return buffers[i]?.lifetime[0] ?? 0;
}

function lastOf(buffers: readonly Buffer[], i: number): number {
  return buffers[i]?.lifetime[1] ?? 0;
}

/** Gives a range back; neighbouring holes become one. Holes are in ascending order. */
function release(holes: Hole[], start: number, size: number): void {
  if (size === 0) return;
  let at = holes.findIndex((hole) => hole.start > start);
  if (at < 0) at = holes.length;
  holes.splice(at, 0, { start, size });
  const [before, here, after] = [holes[at - 1], holes[at] as Hole, holes[at + 1]];
  if (after !== undefined && here.start + here.size === after.start) {
    here.size += after.size;
    holes.splice(at + 1, 1);
  }
  if (before !== undefined && before.start + before.size === here.start) {
    before.size += here.size;
    holes.splice(at, 1);
  }
}
