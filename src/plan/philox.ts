/**
 * Philox-4x32-10: a counter-based generator (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC11).
 * Each 128-bit counter gives four 32-bit numbers that depend on nothing but the counter and the 64-bit key, so any part
 * of a stream can be made anywhere, in any order.
 */

/** What a stream of counters is: the key and the words of the counter that stay the same. */
export interface Stream {
  readonly key0: number;
  readonly key1: number;
  /** Upper words of the counter; the lowest word counts blocks of four numbers. */
  readonly counter1: number;
  readonly counter2: number;
  readonly counter3: number;
}

/** Writes the numbers of blocks `first … first + blocks - 1` (mod 2^32) to `out`, four per block. */
export function philox(stream: Stream, first: number, blocks: number, out: Uint32Array): void {
  for (let block = 0; block < blocks; block++) {
    let c0 = (first + block) | 0;
    let c1 = stream.counter1 | 0;
    let c2 = stream.counter2 | 0;
    let c3 = stream.counter3 | 0;
    let k0 = stream.key0 | 0;
    let k1 = stream.key1 | 0;
    for (let round = 0; round < 10; round++) {
      // Upper halves of the products with 0xD2511F53 and 0xCD9E8D57, in 16-bit parts; all in 32-bit integers, which V8 keeps
      // in registers (with sums in doubles a number costs three times as much).
      const a0 = c0 & 0xffff;
      const a1 = c0 >>> 16;
      const m1 = (Math.imul(a1, 0x1f53) + (Math.imul(a0, 0x1f53) >>> 16)) | 0;
      const m2 = (Math.imul(a0, 0xd251) + (m1 & 0xffff)) | 0;
      const high0 = (Math.imul(a1, 0xd251) + (m1 >>> 16) + (m2 >>> 16)) | 0;
      const low0 = Math.imul(c0, 0xd2511f53);
      const b0 = c2 & 0xffff;
      const b1 = c2 >>> 16;
      const n1 = (Math.imul(b1, 0x8d57) + (Math.imul(b0, 0x8d57) >>> 16)) | 0;
      const n2 = (Math.imul(b0, 0xcd9e) + (n1 & 0xffff)) | 0;
      const high1 = (Math.imul(b1, 0xcd9e) + (n1 >>> 16) + (n2 >>> 16)) | 0;
      const low1 = Math.imul(c2, 0xcd9e8d57);
      c0 = high1 ^ c1 ^ k0;
      c1 = low1;
      c2 = high0 ^ c3 ^ k1;
      c3 = low0;
      k0 = (k0 + 0x9e3779b9) | 0;
      k1 = (k1 + 0xbb67ae85) | 0;
    }
    const at = 4 * block;
    out[at] = c0;
    out[at + 1] = c1;
    out[at + 2] = c2;
    out[at + 3] = c3;
  }
}

/** Two 32-bit hashes of a text (FNV-1a with different primes over UTF-16 units, then MurmurHash3's finaliser). */
export function hashText(text: string): readonly [number, number] {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x5bd1e995) ^ (b >>> 15);
  }
  return [finalise(a ^ text.length), finalise(b ^ text.length)];
}

function finalise(h: number): number {
  let x = h;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
