/**
 * Strings of a message that is decoded, each distinct one once: a name stands in a model wherever its value is made and used,
 * and tables of names find an object that they have seen faster than an equal one.
 */
import type protobuf from "protobufjs/minimal.js";

/** Longer strings are texts, which seldom come twice. */
const longest = 128;
const firstCapacity = 1 << 10;
/** As protobufjs decodes long ones: short ones it puts together from parts, which takes several times as long. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Makes `reader` give equal strings as one object. They are found by their bytes, before anything is made of these. */
export function internStrings(reader: protobuf.Reader): void {
  const bytes = reader.buf;
  const read = reader.string.bind(reader);
  const skipSize = reader.uint32.bind(reader);
  /** Per slot: number of the string, from 1 on; 0 where it is free. */
  let slots = new Int32Array(firstCapacity);
  const strings: string[] = [];
  const starts: number[] = [];
  const lengths: number[] = [];
  const hashes: number[] = [];

  const grow = (): void => {
    slots = new Int32Array(2 * slots.length);
    const mask = slots.length - 1;
    hashes.forEach((hash, i) => {
      let slot = hash & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = i + 1;
    });
  };

  const isAt = (number: number, start: number, length: number): boolean => {
    if (lengths[number] !== length) return false;
    const known = starts[number] as number;
    for (let i = 0; i < length; i++) if (bytes[known + i] !== bytes[start + i]) return false;
    return true;
  };

  reader.string = () => {
    const before = reader.pos;
    const length = skipSize();
    const start = reader.pos;
    if (length > longest || start + length > reader.len) {
      reader.pos = before;
      return read();
    }
    let hash = 0x811c9dc5;
    for (let i = 0; i < length; i++) hash = Math.imul(hash ^ (bytes[start + i] as number), 0x01000193);
    hash ^= hash >>> 15;
    const mask = slots.length - 1;
    let slot = hash & mask;
    for (let number = slots[slot] as number; number !== 0; number = slots[slot] as number) {
      if (hashes[number - 1] === hash && isAt(number - 1, start, length)) {
        reader.pos = start + length;
        return strings[number - 1] as string;
      }
      slot = (slot + 1) & mask;
    }
    reader.pos = start + length;
    const text = decoder.decode(bytes.subarray(start, reader.pos));
    slots[slot] = strings.push(text);
    starts.push(start);
    lengths.push(length);
    hashes.push(hash);
    if (2 * strings.length > slots.length) grow();
    return text;
  };
}
