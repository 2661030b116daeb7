/**
 * Damaged ONNX files, made from whole ones: half of them field by field, so that they still decode and reach what lies
 * behind the reader; the others by bytes and by truncation. The same seed gives the same files.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { SbpcError } from "../../src/diagnostics/diagnostic.ts";
import { codes } from "../../src/diagnostics/codes.ts";
import { onnx } from "../../src/onnx/generated/onnx-ml.js";

export interface Random {
  /** A whole number below `n`. */
  below(n: number): number;
  pick<T>(items: readonly T[]): T;
}

/** A small generator of its own, so that files do not change with a library (mulberry32). */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
  const below = (n: number): number => next() % n;
  return { below, pick: (items) => items[below(items.length)] as (typeof items)[number] };
}

/** File number `index` of the series that begins with `seed`. */
export function damagedModel(bases: readonly Uint8Array[], seed: number, index: number): Uint8Array {
  const random = randomOf(seed * 1_000_003 + index);
  const base = random.pick(bases);
  return index % 2 === 0 ? damageFields(base, operatorsOf(bases), random) : damageBytes(base, bases, random);
}

// --- by bytes

function damageBytes(base: Uint8Array, bases: readonly Uint8Array[], random: Random): Uint8Array {
  let bytes = Uint8Array.from(base);
  for (let left = 1 + random.below(4); left > 0; left--) {
    const at = random.below(bytes.length + 1);
    switch (random.below(6)) {
      case 0:
        bytes = bytes.slice(0, at);
        break;
      case 1:
        bytes[at] = random.below(256);
        break;
      case 2:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
        break;
      case 3: {
        const inserted = Uint8Array.from({ length: 1 + random.below(12) }, () =>
          random.pick([0, 1, 0x7f, 0x80, 0xff]),
        );
        bytes = join(bytes.subarray(0, at), inserted, bytes.subarray(at));
        break;
      }
      case 4: {
        const other = random.pick(bases);
        const from = random.below(other.length + 1);
        const part = other.subarray(from, from + random.below(200));
        bytes = join(bytes.subarray(0, at), part, bytes.subarray(at + random.below(2) * part.length));
        break;
      }
      default:
        bytes = join(bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(40)));
    }
    if (bytes.length === 0) break;
  }
  return bytes;
}

function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.concat(parts));
}

// --- by fields

/** A place in a message: an element of a list, or a field. */
interface Slot {
  readonly holder: Record<string | number, unknown>;
  readonly key: string | number;
}

const operators = new WeakMap<readonly Uint8Array[], readonly string[]>();

/** The operators of the main graphs. */
function operatorsOf(bases: readonly Uint8Array[]): readonly string[] {
  let found = operators.get(bases);
  if (found === undefined) {
    const names = new Set<string>();
    for (const base of bases) {
      try {
        for (const { opType } of onnx.ModelProto.decode(base).graph?.node ?? []) names.add(opType ?? "");
      } catch {
        // A base may be a file that does not decode.
      }
    }
    operators.set(bases, (found = [...names]));
  }
  return found;
}

function damageFields(base: Uint8Array, opTypes: readonly string[], random: Random): Uint8Array {
  const model = onnx.ModelProto.decode(base);
  for (let left = 1 + random.below(4); left > 0; left--) {
    const kind = random.below(6);
    if (kind === 0) {
      const node = random.pick(model.graph?.node ?? []);
      if (node !== undefined && opTypes.length > 0) node.opType = random.pick(opTypes);
      continue;
    }
    if (kind === 1) {
      fixInput(model, random);
      continue;
    }
    const { slots, names } = slotsOf(model);
    if (slots.length === 0) break;
    damageSlot(random.pick(slots), slots, names, random);
  }
  return onnx.ModelProto.encode(model).finish();
}

/** Gives an input of the graph elements, so that what follows from them is computed. */
function fixInput(model: onnx.ModelProto.$Properties, random: Random): void {
  const { graph } = model;
  const input = random.pick(graph?.input ?? []);
  const tensor = input?.type?.tensorType;
  if (graph == null || input === undefined || tensor == null) return;
  const dims = (tensor.shape?.dim ?? []).map(({ dimValue }) => Math.max(0, Number(dimValue ?? 2)));
  const count = dims.reduce((n, size) => n * size, 1);
  if (!(count <= 64)) return;
  const few = () => random.pick([0, 0, 1, 1, 2, 3, -1, -2, 5]);
  const elements = Array.from({ length: count }, () =>
    random.below(8) === 0 ? random.pick(numbers) : few(),
  );
  const isWide = tensor.elemType === onnx.TensorProto.DataType.INT64;
  const isWord = !isWide && tensor.elemType !== onnx.TensorProto.DataType.FLOAT;
  graph.initializer = [
    ...(graph.initializer ?? []),
    {
      name: input.name ?? "",
      dataType: tensor.elemType ?? 1,
      dims,
      ...(isWide
        ? { int64Data: elements }
        : isWord
          ? { int32Data: elements.map((n) => n | 0) }
          : { floatData: elements }),
    },
  ];
}

/** Every place that holds something, and every string. */
function slotsOf(model: object): { slots: Slot[]; names: string[] } {
  const slots: Slot[] = [];
  const names: string[] = [];
  const pending: object[] = [model];
  for (let holder = pending.pop(); holder !== undefined; holder = pending.pop()) {
    // Long lists of numbers are all alike.
    const keys = Object.keys(holder).slice(0, 64);
    for (const key of keys) {
      const value = (holder as Record<string, unknown>)[key];
      if (value === undefined || value === null || typeof value === "function") continue;
      slots.push({ holder: holder as Record<string, unknown>, key });
      if (typeof value === "string") names.push(value);
      if (typeof value === "object" && !(value instanceof Uint8Array) && !isLong(value)) pending.push(value);
    }
  }
  return { slots, names };
}

function isLong(value: object): boolean {
  return "low" in value && "high" in value && "unsigned" in value;
}

const numbers = [
  0,
  1,
  -1,
  2,
  3,
  7,
  8,
  16,
  20,
  27,
  127,
  2 ** 31 - 1,
  -(2 ** 31),
  2 ** 31,
  2 ** 40,
  2 ** 53,
] as const;

const texts = [
  "",
  "x",
  "../x",
  "/etc/passwd",
  "a/b",
  "ai.onnx",
  "\0",
  "é",
  "x".repeat(300),
  "location",
] as const;

function damageSlot(
  { holder, key }: Slot,
  slots: readonly Slot[],
  names: readonly string[],
  random: Random,
): void {
  const value = holder[key];
  if (Array.isArray(value)) damageList(value, random);
  else if (value instanceof Uint8Array) holder[key] = damagedPayload(value, random);
  else if (typeof value === "string") holder[key] = random.pick(random.below(3) === 0 ? texts : names);
  else if (typeof value === "number" || (typeof value === "object" && value !== null && isLong(value)))
    holder[key] = random.pick(numbers);
  else if (random.below(2) === 0 && !Array.isArray(holder)) delete holder[key];
  else {
    // Another message of the same type in its place: a node in a node's, a graph inside itself.
    const others = slots.filter(
      (slot) => (slot.holder[slot.key] as object | undefined)?.constructor === (value as object).constructor,
    );
    const other = random.pick(others);
    holder[key] = structuredCopy(other.holder[other.key]);
  }
}

/** A copy of a message, so that no message comes to be inside itself. */
function structuredCopy(value: unknown): unknown {
  if (value === null || typeof value !== "object" || value instanceof Uint8Array || isLong(value))
    return value;
  if (Array.isArray(value)) return value.map(structuredCopy);
  const copy = Object.create(Object.getPrototypeOf(value) as object) as Record<string, unknown>;
  for (const [key, item] of Object.entries(value)) copy[key] = structuredCopy(item);
  return copy;
}

function damageList(list: unknown[], random: Random): void {
  const at = random.below(list.length + 1);
  switch (random.below(4)) {
    case 0:
      list.splice(at, 1 + random.below(2));
      break;
    case 1:
      if (list.length > 0) list.splice(at, 0, structuredCopy(random.pick(list)));
      break;
    case 2:
      list.reverse();
      break;
    default:
      if (list.length > 1) {
        const from = random.below(list.length);
        const to = random.below(list.length);
        [list[from], list[to]] = [list[to], list[from]];
      }
  }
}

function damagedPayload(value: Uint8Array, random: Random): Uint8Array {
  switch (random.below(4)) {
    case 0:
      return value.slice(0, random.below(value.length + 1));
    case 1:
      return join(value, new Uint8Array(1 + random.below(8)));
    case 2:
      return new Uint8Array(random.pick([0, 1, 4, 8, 4096, 5000]));
    default: {
      const copy = Uint8Array.from(value);
      if (copy.length > 0) copy[random.below(copy.length)] = random.below(256);
      return copy;
    }
  }
}

// --- running

export interface FuzzOptions {
  readonly bases: readonly Uint8Array[];
  readonly count: number;
  readonly seed: number;
  /** Takes a file: it may throw a coded error, everything else is a fault. What it returns is counted. */
  readonly under: (bytes: Uint8Array) => string;
  /** Limit per file. Default 10 s. */
  readonly seconds?: number;
}

/** How often each outcome came: what `under` returned, or `error <code>`. A fault throws, with the file's number. */
export function fuzzModels({ bases, count, seed, under, seconds = 10 }: FuzzOptions): Map<string, number> {
  const outcomes = new Map<string, number>();
  for (let index = 0; index < count; index++) {
    const bytes = damagedModel(bases, seed, index);
    const who = `file ${index} of seed ${seed} (${bytes.length} bytes)`;
    const started = performance.now();
    const memory = watchMemory();
    let outcome: string;
    try {
      outcome = under(bytes);
    } catch (error) {
      if (!(error instanceof SbpcError)) throw new Error(`${who}: ${String(error)}`, { cause: error });
      for (const { code, message } of error.diagnostics)
        if (!(code in codes) || message === "")
          throw new Error(`${who}: an error without a message`, { cause: error });
      outcome = `error ${String(error.code)}`;
    }
    const elapsed = (performance.now() - started) / 1000;
    if (elapsed > seconds) throw new Error(`${who} took ${elapsed.toFixed(1)} s`);
    const peak = memory();
    const limit = 4 * bytes.length + 64e6;
    if (peak > limit) throw new Error(`${who} took ${Math.round(peak / 1e6)} MB of memory`);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  return outcomes;
}

/** Gives how much the process grew at its peak since the call, in bytes; 0 where the system does not say. */
function watchMemory(): () => number {
  const read = (name: string): number => {
    const status = readFileSync("/proc/self/status", "utf8");
    return 1024 * Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0);
  };
  try {
    // The peak begins anew.
    writeFileSync("/proc/self/clear_refs", "5");
    const before = read("VmRSS");
    return () => read("VmHWM") - before;
  } catch {
    return () => 0;
  }
}
