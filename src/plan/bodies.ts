/** Segment bodies, each kept once. */

export class BodyTable {
  readonly #bodies: Uint8Array[] = [];
  /** Indices of the bodies that share a length and a hash. */
  readonly #byKey = new Map<string, number[]>();

  /** The index of an equal body, which is added if there is none. */
  add(body: Uint8Array): number {
    const key = `${body.length}:${hash(body)}`;
    const alike = this.#byKey.get(key) ?? [];
    const known = alike.find((index) => equal(this.#bodies[index] as Uint8Array, body));
    if (known !== undefined) return known;
    this.#byKey.set(key, [...alike, this.#bodies.length]);
    return this.#bodies.push(body) - 1;
  }

  get bodies(): readonly Uint8Array[] {
    return this.#bodies;
  }
}

/** FNV-1a over the bytes. */
function hash(bytes: Uint8Array): number {
  let h = 0x811c9dc5;
  for (const byte of bytes) h = Math.imul(h ^ byte, 0x01000193);
  return h >>> 0;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return a.length === b.length;
}
