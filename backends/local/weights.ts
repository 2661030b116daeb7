/** A device's shard of a parameter: generated, or read from its file without the rest. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import { fail } from "../../src/diagnostics/diagnostic.ts";
import type { Initializer } from "../../src/ir/graph.ts";
import { allocate, bytesView, type TypedArray } from "../../src/ir/tensor-data.ts";
import { bytesOf, dataTypes, type DataType } from "../../src/ir/types.ts";
import { forEachRun, wholeBox } from "../../src/plan/box-copy.ts";
import { boxWithin, fillParameter, randomized } from "../../src/plan/random.ts";
import { boxElements, type Box } from "../../src/sbp/geometry.ts";
import { invariant } from "../../src/support/assert.ts";
import { product } from "../../src/support/collections.ts";

export interface ParameterSource {
  readonly name: string;
  readonly dtype: DataType;
  /** Global shape. */
  readonly shape: readonly number[];
  readonly initializer: Initializer;
}

export interface WeightOptions {
  readonly seed: number;
  readonly randomized: boolean;
  /** Folder that relative paths start from. */
  readonly base: string;
}

/** The elements of `box`, row-major. */
export function parameterShard(parameter: ParameterSource, box: Box, options: WeightOptions): TypedArray {
  const { name, dtype, shape } = parameter;
  if (parameter.initializer.kind === "part") {
    const { initializer: part } = parameter;
    const whole = { name: part.name, dtype, shape: part.shape, initializer: part.of };
    return parameterShard(whole, boxWithin(part, box), options);
  }
  const initializer = options.randomized ? randomized(parameter.initializer, dtype) : parameter.initializer;
  if (initializer.kind !== "file") return fillParameter(initializer, shape, box, dtype, options.seed, name);
  const path = isAbsolute(initializer.path) ? initializer.path : resolve(options.base, initializer.path);
  const expected = bytesOf(dtype, product(shape));
  if (initializer.length !== expected) mismatch(name, path, initializer.length, expected);
  return readBox(path, initializer.offset, parameter, box);
}

/** Bytes read at once where a box's runs are short. */
const windowBytes = 1 << 20;

/** Reads a box of a row-major tensor that starts at byte `offset` of a file. */
export function readBox(
  path: string,
  offset: number,
  { name, dtype, shape }: Omit<ParameterSource, "initializer">,
  box: Box,
): TypedArray {
  const element = dataTypes[dtype][1] / 8;
  const out = allocate(dtype, boxElements(box));
  const bytes = bytesView(out);
  invariant(
    Number.isInteger(element) || out.length === 0 || boxElements(box) === product(shape),
    "sub-byte weights are not split",
    () => name,
  );
  const file = open(path);
  try {
    const held = fstatSync(file).size - offset;
    const expected = bytesOf(dtype, product(shape));
    if (held < expected) mismatch(name, path, Math.max(0, held), expected);
    if (!Number.isInteger(element)) {
      readFully(file, bytes, offset);
      return out;
    }
    let window = new Uint8Array(0);
    let windowStart = 0;
    forEachRun(wholeBox(shape), box, box, (fromAt, toAt, length) => {
      const start = offset + fromAt * element;
      const size = length * element;
      const target = bytes.subarray(toAt * element, toAt * element + size);
      if (size >= windowBytes) {
        readFully(file, target, start);
        return;
      }
      if (start < windowStart || start + size > windowStart + window.length) {
        window = new Uint8Array(Math.min(windowBytes, offset + expected - start));
        windowStart = start;
        readFully(file, window, start);
      }
      target.set(window.subarray(start - windowStart, start - windowStart + size));
    });
    return out;
  } finally {
    closeSync(file);
  }
}

function open(path: string): number {
  try {
    return openSync(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") fail("file-not-found", { path });
    return fail("file-unreadable", { path, problem: (error as Error).message });
  }
}

function readFully(file: number, bytes: Uint8Array, position: number): void {
  let done = 0;
  while (done < bytes.length) {
    const n = readSync(file, bytes, done, Math.min(bytes.length - done, 1 << 30), position + done);
    invariant(n > 0, "file became shorter while it was read");
    done += n;
  }
}

function mismatch(name: string, path: string, actual: number, expected: number): never {
  fail("weights-mismatch", { name, path, actual: `${actual} bytes`, expected: `${expected} bytes` });
}
