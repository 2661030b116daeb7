/**
 * Walks a serialised model in windows and copies all of it but the tensors' payloads: the skeleton, which is small and
 * decodes as the model does, and where each payload lies.
 *
 * A message is walked into only where it is long enough to hold a payload. The skeleton's lengths are written with five
 * bytes, so that they can be filled in when the message has ended. Iterative; memory is that of the skeleton.
 */
import { fail } from "../diagnostics/diagnostic.ts";
import type { ModelFiles } from "./model-file.ts";
import { payloadFields, payloadThreshold, spineFields, type SpineField, type SpineKind } from "./spine.ts";

/** The way from the model to a message: fields, and the index in those that are repeated. */
export interface Step {
  readonly parent: Step | undefined;
  readonly property: string;
  /** -1 where the field is not repeated. */
  readonly index: number;
}

/** A payload that was left out. */
export interface LeftOut {
  /** The way to its tensor. */
  readonly tensor: Step | undefined;
  readonly field: "rawData" | "floatData" | "doubleData";
  readonly offset: number;
  readonly length: number;
}

export interface Skeleton {
  readonly bytes: Uint8Array;
  readonly leftOut: readonly LeftOut[];
}

interface Frame {
  readonly kind: SpineKind;
  /** Position in the file where the message ends. */
  readonly end: number;
  readonly step: Step | undefined;
  /** Position in the skeleton of the length's five bytes; -1 for the model itself. */
  readonly lengthAt: number;
  /** How often each field that is walked into or can be left out has come, by number. */
  readonly seen: Map<number, number>;
  /** Numbers of the payload fields that were left out. */
  readonly leftOut: Set<number>;
}

/** In bytes. */
const smallestWindow = 65536;
const largestWindow = 1 << 20;
const groupDepth = 100;
const lengthLimit = 2 ** 31;

const fieldsByNumber = Object.fromEntries(
  Object.entries(spineFields).map(([kind, fields]) => [kind, new Map(fields.map((f) => [f.number, f]))]),
) as unknown as Readonly<Record<SpineKind, ReadonlyMap<number, SpineField>>>;

/** Reads the file `path` of `size` bytes. Error: onnx-malformed. */
export function readSkeleton(files: ModelFiles, path: string, size: number): Skeleton {
  const out = growableBytes(Math.min(size + 16, 1 << 16));
  const leftOut: LeftOut[] = [];
  let buffer: Uint8Array = new Uint8Array(0);
  let window = smallestWindow / 2;
  let start = 0;
  let position = 0;
  let copiedTo = 0;

  const damaged = (problem: string): never => fail("onnx-malformed", { path, problem });

  /** Copies the file from where the last copy ended up to `to`. */
  const copy = (to: number): void => {
    while (copiedTo < to) {
      const inside = copiedTo - start;
      const part =
        inside >= 0 && inside < buffer.length
          ? buffer.subarray(inside, Math.min(buffer.length, to - start))
          : files.read(path, copiedTo, Math.min(to - copiedTo, 1 << 20));
      out.append(part);
      copiedTo += part.length;
    }
  };

  /** Makes the window hold what the next tag and length need. */
  const ahead = (): void => {
    if (position >= start && position + 16 <= start + buffer.length) return;
    if (position < size && start + buffer.length === size && position >= start) return;
    copy(position);
    // Windows that follow one another grow; where a payload was passed over the next may follow.
    window = position <= start + buffer.length ? Math.min(2 * window, largestWindow) : smallestWindow;
    buffer = files.read(path, position, Math.min(window, size - position));
    start = position;
  };

  /** A varint of at most `limit` bytes that ends before `end`; exact below 2^53. */
  const varint = (end: number, limit: number): number => {
    let value = 0;
    for (let i = 0, scale = 1; i < limit; i++, scale *= 128) {
      if (position >= end) return damaged(`it ends inside a number at byte ${position}`);
      const byte = buffer[position++ - start] as number;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    return damaged(`the number before byte ${position} is too long`);
  };

  const advance = (bytes: number, end: number): void => {
    if (bytes > end - position)
      damaged(`a field of ${bytes} bytes at byte ${position} passes the end of its message at byte ${end}`);
    position += bytes;
  };

  /** Passes over a field that holds no message of interest; a group with all that is in it. */
  const skip = (wireType: number, number: number, end: number): void => {
    const open: number[] = [];
    for (let type = wireType, field = number; ;) {
      if (type === 0) varint(end, 10);
      else if (type === 1) advance(8, end);
      else if (type === 2) advance(varint(end, 5), end);
      else if (type === 5) advance(4, end);
      else if (type === 3) {
        if (open.length >= groupDepth) damaged(`groups are nested more than ${groupDepth} deep`);
        open.push(field);
      } else if (type === 4 && open.length > 0) {
        if (open.pop() !== field) damaged(`a group ends that has not begun, before byte ${position}`);
      } else damaged(`there is no wire type ${type}, before byte ${position}`);
      if (open.length === 0) return;
      ahead();
      const tag = varint(end, 5);
      type = tag % 8;
      field = Math.floor(tag / 8);
    }
  };

  const frames: Frame[] = [];
  const open = (kind: SpineKind, end: number, step: Step | undefined, lengthAt: number): void => {
    frames.push({ kind, end, step, lengthAt, seen: new Map(), leftOut: new Set() });
  };

  open("model", size, undefined, -1);
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    if (position === frame.end) {
      copy(position);
      if (frame.lengthAt >= 0) out.writeLength(frame.lengthAt, out.length() - frame.lengthAt - lengthBytes);
      frames.pop();
      continue;
    }
    ahead();
    const fieldAt = position;
    const tag = varint(frame.end, 5);
    const number = Math.floor(tag / 8);
    if (number === 0) damaged(`there is no field 0, at byte ${fieldAt}`);
    const field = fieldsByNumber[frame.kind].get(number);
    const payload = frame.kind === "tensor" ? payloadFields.get(number) : undefined;
    if (field === undefined || (field.kind === undefined && payload === undefined)) {
      skip(tag % 8, number, frame.end);
      continue;
    }
    const before = frame.seen.get(number) ?? 0;
    frame.seen.set(number, before + 1);
    if (payload !== undefined && frame.leftOut.has(number))
      damaged(`${describe(frame)} has its elements twice, at byte ${fieldAt}`);
    if (tag % 8 !== 2) {
      skip(tag % 8, number, frame.end);
      continue;
    }
    if (field.kind !== undefined && !field.repeated && before > 0)
      damaged(`${describe(frame)} has the field ${field.property} twice, at byte ${fieldAt}`);
    const tagEnd = position;
    const length = varint(frame.end, 5);
    if (length >= lengthLimit || length > frame.end - position) advance(length, frame.end);
    if (length < payloadThreshold || (payload !== undefined && length % payload.unit !== 0)) {
      position += length;
    } else if (payload !== undefined) {
      if (before > 0) damaged(`${describe(frame)} has its elements twice, at byte ${fieldAt}`);
      copy(fieldAt);
      leftOut.push({ tensor: frame.step, field: payload.field, offset: position, length });
      frame.leftOut.add(number);
      position += length;
      copiedTo = position;
    } else {
      copy(tagEnd);
      const lengthAt = out.length();
      out.append(new Uint8Array(lengthBytes));
      copiedTo = position;
      const step = {
        parent: frame.step,
        property: field.property,
        index: field.repeated ? before : -1,
      };
      open(field.kind as SpineKind, position + length, step, lengthAt);
    }
  }
  return { bytes: out.bytes(), leftOut };
}

function describe(frame: Frame): string {
  const names: string[] = [];
  for (let step = frame.step; step !== undefined; step = step.parent)
    names.push(step.index < 0 ? step.property : `${step.property}[${step.index}]`);
  return names.length === 0 ? "the model" : names.toReversed().join(".");
}

const lengthBytes = 5;

function growableBytes(capacity: number) {
  let bytes = new Uint8Array(capacity);
  let length = 0;
  return {
    length: () => length,
    bytes: () => bytes.subarray(0, length),
    append(part: Uint8Array): void {
      if (length + part.length > bytes.length) {
        const larger = new Uint8Array(Math.max(length + part.length, 2 * bytes.length));
        larger.set(bytes.subarray(0, length));
        bytes = larger;
      }
      bytes.set(part, length);
      length += part.length;
    },
    /** A varint padded to five bytes. */
    writeLength(at: number, value: number): void {
      for (let i = 0, rest = value; i < lengthBytes; i++, rest = Math.floor(rest / 128))
        bytes[at + i] = (rest % 128) + (i < lengthBytes - 1 ? 128 : 0);
    },
  };
}
