/**
 * Random tensors that do not depend on how they are cut: every element has its own place in a Philox stream.
 *
 *   parameter   (seed, hash of its name), element index
 *   mask        (seed, hash of the recipe's key), step, global sample index, element within the sample
 *   input       (seed, hash of its name), global sample index, element within the sample
 *
 * Any box of a tensor is made without the rest, and the same numbers come on every mesh and for every micro-batching.
 * Normals are quantiles of one number each, in f64 (V8's own log and square root: the same bits on every machine), rounded to
 * the type.
 */
import type { Initializer, PartInitializer, RandomRecipe } from "../ir/graph.ts";
import { allocate, writeNumber, type TypedArray } from "../ir/tensor-data.ts";
import { dataTypes, isFloat, type DataType } from "../ir/types.ts";
import { boxElements, type Box } from "../sbp/geometry.ts";
import { invariant } from "../support/assert.ts";
import { product } from "../support/collections.ts";
import { hashText, philox, type Stream } from "./philox.ts";

/** How the elements of an input come about where the user gives none. */
export type InputRecipe =
  | { readonly kind: "normal" }
  /** Whole numbers in [low, high). */
  | { readonly kind: "integer"; readonly low: number; readonly high: number }
  | { readonly kind: "bernoulli"; readonly keep: number };

type Distribution =
  Exclude<Initializer, { kind: "constant" | "file" | "part" }> | Exclude<InputRecipe, { kind: "normal" }>;

/** Where a step's samples lie: which axis counts them (null: none) and the global index of the tensor's first one. */
export interface SampleRange {
  readonly seed: number;
  readonly step: number;
  readonly batchAxis: number | null;
  readonly sampleOffset: number;
}

/** Uses of one seed that must not share numbers: in the lowest byte of the counter's highest word. */
const domains = { parameter: 1, mask: 2, input: 3 } as const;

/**
 * The elements of `box` of the parameter `name` of `shape`, row-major. Initialisers of kind "file" are read by whoever
 * has files.
 */
export function fillParameter(
  initializer: Initializer,
  shape: readonly number[],
  box: Box,
  dtype: DataType,
  seed: number,
  name: string,
): TypedArray {
  invariant(initializer.kind !== "file", "file initialisers are read, not filled", () => name);
  if (initializer.kind === "part")
    return fillParameter(
      initializer.of,
      initializer.shape,
      boxWithin(initializer, box),
      dtype,
      seed,
      initializer.name,
    );
  const out = allocate(dtype, boxElements(box));
  if (initializer.kind === "constant") {
    if (initializer.value !== 0)
      for (let i = 0; i < out.length; i++) writeNumber(dtype, out, i, initializer.value);
    return out;
  }
  if (initializer.kind === "inline") return takeBox(initializer.data.data as TypedArray, shape, box, dtype);
  const fill = new Filler(initializer, dtype, streamOf("parameter", seed, name, 0));
  forEachRun(shape, box, (from, length, at) => fill.run(from, length, out, at));
  return out;
}

/** The elements of `box` of a tensor held row-major; sub-byte ones only whole. */
function takeBox(data: TypedArray, shape: readonly number[], box: Box, dtype: DataType): TypedArray {
  if (boxElements(box) === product(shape)) return data;
  invariant(dataTypes[dtype][1] >= 8, "sub-byte weights are not split");
  const width = data.length / product(shape);
  const out = allocate(dtype, boxElements(box));
  forEachRun(shape, box, (from, length, at) =>
    out.set(data.subarray(from * width, (from + length) * width) as never, at * width),
  );
  return out;
}

/** Where a box of a part of a parameter lies in the whole. */
export function boxWithin({ start }: PartInitializer, box: Box): Box {
  return { start: box.start.map((at, axis) => at + (start[axis] as number)), size: box.size };
}

/** The elements of `box` of a random source of `shape`, row-major: 0 or 1. */
export function fillRandom(
  recipe: RandomRecipe,
  shape: readonly number[],
  box: Box,
  dtype: DataType,
  range: SampleRange,
): TypedArray {
  return fillSamples("mask", recipe, recipe.key, shape, box, dtype, range);
}

/** The elements of `box` of an input of `shape`, row-major; the same at every step. */
export function fillInput(
  recipe: InputRecipe,
  name: string,
  shape: readonly number[],
  box: Box,
  dtype: DataType,
  range: Omit<SampleRange, "step">,
): TypedArray {
  const distribution: Distribution = recipe.kind === "normal" ? { kind: "normal", mean: 0, std: 1 } : recipe;
  return fillSamples("input", distribution, name, shape, box, dtype, { ...range, step: 0 });
}

/**
 * As the initialiser, but so that no parameter is a constant: of floats, a constant c becomes N(c, 0.02). With biases of
 * 0 and scales of 1, a bias added on every rank or a scale applied twice would not be seen.
 */
export function randomized(initializer: Initializer, dtype: DataType): Initializer {
  if (initializer.kind === "part") {
    const of = randomized(initializer.of, dtype);
    invariant(of.kind !== "part", "part of a part of a parameter");
    return { ...initializer, of };
  }
  if (initializer.kind !== "constant" || !isFloat(dtype)) return initializer;
  return { kind: "normal", mean: initializer.value, std: 0.02 };
}

function fillSamples(
  domain: "mask" | "input",
  distribution: Distribution,
  key: string,
  shape: readonly number[],
  box: Box,
  dtype: DataType,
  { seed, step, batchAxis, sampleOffset }: SampleRange,
): TypedArray {
  const out = allocate(dtype, boxElements(box));
  const stream = streamOf(domain, seed, key, step);
  if (batchAxis === null) {
    const fill = new Filler(distribution, dtype, stream);
    forEachRun(shape, box, (from, length, at) => fill.run(from, length, out, at));
    return out;
  }
  // Within a sample the batch axis has size 1; samples that are not outermost are interleaved afterwards.
  const sampleShape = shape.map((size, axis) => (axis === batchAxis ? 1 : size));
  const sampleBox: Box = {
    start: box.start.map((start, axis) => (axis === batchAxis ? 0 : start)),
    size: box.size.map((size, axis) => (axis === batchAxis ? 1 : size)),
  };
  const samples = box.size[batchAxis] as number;
  const outer = product(box.size.slice(0, batchAxis));
  const inner = product(box.size.slice(batchAxis + 1));
  const one = outer === 1 ? undefined : allocate(dtype, outer * inner);
  for (let sample = 0; sample < samples; sample++) {
    const index = sampleOffset + (box.start[batchAxis] as number) + sample;
    const fill = new Filler(distribution, dtype, { ...stream, counter1: index });
    if (one === undefined) {
      forEachRun(sampleShape, sampleBox, (from, length, at) =>
        fill.run(from, length, out, sample * inner + at),
      );
      continue;
    }
    forEachRun(sampleShape, sampleBox, (from, length, at) => fill.run(from, length, one, at));
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) out[(o * samples + sample) * inner + i] = one[o * inner + i] as never;
    }
  }
  return out;
}

/** The stream of sample 0. */
function streamOf(domain: keyof typeof domains, seed: number, name: string, step: number): Stream {
  const [low, high] = hashText(name);
  const seedHigh = Math.floor(seed / 2 ** 32);
  return {
    key0: seed >>> 0,
    key1: low,
    counter1: 0,
    counter2: high ^ step,
    counter3: (domains[domain] | (seedHigh << 8)) >>> 0,
  };
}

/** Calls `visit(first element index in the whole, length, position in the box)` for every contiguous run of a box. */
function forEachRun(
  shape: readonly number[],
  box: Box,
  visit: (from: number, length: number, at: number) => void,
): void {
  // Trailing axes that the box covers whole belong to one run with the axis before them.
  let axis = shape.length - 1;
  let length = 1;
  let stride = 1;
  while (axis >= 0) {
    length *= box.size[axis] as number;
    const whole = box.size[axis] === shape[axis];
    stride *= shape[axis] as number;
    axis--;
    if (!whole) break;
  }
  const outerShape = shape.slice(0, axis + 1);
  const offset = strideOffset(shape, box, axis + 1);
  const runs = product(box.size.slice(0, axis + 1));
  const index = outerShape.map(() => 0);
  for (let run = 0; run < runs; run++) {
    let linear = 0;
    for (let d = 0; d < index.length; d++) {
      linear = linear * (outerShape[d] as number) + (box.start[d] as number) + (index[d] as number);
    }
    visit(linear * stride + offset, length, run * length);
    for (let d = index.length - 1; d >= 0; d--) {
      index[d] = (index[d] as number) + 1;
      if ((index[d] as number) < (box.size[d] as number)) break;
      index[d] = 0;
    }
  }
}

/** Row-major offset of the box's start over the axes from `first` on. */
function strideOffset(shape: readonly number[], box: Box, first: number): number {
  let offset = 0;
  for (let axis = first; axis < shape.length; axis++) {
    offset = offset * (shape[axis] as number) + (box.start[axis] as number);
  }
  return offset;
}

const blocksAtOnce = 2048;
/** Elements a stream can number: blocks are counted in 32 bits. */
const streamLimit = 4 * 2 ** 32;

/** Bits of the blocks at hand; a fill never runs inside another. */
const bitsAtHand = new Uint32Array(4 * blocksAtOnce);

/** Writes runs of one stream. */
class Filler {
  readonly #distribution: Distribution;
  readonly #dtype: DataType;
  readonly #stream: Stream;

  constructor(distribution: Distribution, dtype: DataType, stream: Stream) {
    this.#distribution = distribution;
    this.#dtype = dtype;
    this.#stream = stream;
  }

  /** Elements `from … from + length - 1` of the stream to `out` at `at`. */
  run(from: number, length: number, out: TypedArray, at: number): void {
    invariant(from + length <= streamLimit, "tensor has too many elements for one random stream");
    const end = from + length;
    let block = Math.floor(from / 4);
    while (4 * block < end) {
      const blocks = Math.min(blocksAtOnce, Math.ceil(end / 4) - block);
      philox(this.#stream, block, blocks, bitsAtHand);
      const first = Math.max(from, 4 * block);
      const last = Math.min(end, 4 * (block + blocks));
      this.#write(first - 4 * block, last - 4 * block, out, at + first - from);
      block += blocks;
    }
  }

  /** Turns bits `first … last - 1` of those at hand into elements. */
  #write(first: number, last: number, out: TypedArray, at: number): void {
    const d = this.#distribution;
    const bits = bitsAtHand;
    const dtype = this.#dtype;
    switch (d.kind) {
      case "normal":
      case "trunc-normal": {
        const [low, high] = d.kind === "normal" ? [0, 1] : [belowTwo, 1 - belowTwo];
        const scale = (high - low) / 2 ** 32;
        for (let i = first; i < last; i++) {
          const x = d.mean + d.std * normalQuantile(low + scale * ((bits[i] as number) + 0.5));
          if (dtype === "f32") (out as Float32Array)[at + i - first] = x;
          else writeNumber(dtype, out, at + i - first, x);
        }
        return;
      }
      case "uniform":
        for (let i = first; i < last; i++) {
          writeNumber(dtype, out, at + i - first, d.low + (d.high - d.low) * unit(bits[i] as number));
        }
        return;
      case "integer":
        for (let i = first; i < last; i++) {
          writeNumber(
            dtype,
            out,
            at + i - first,
            d.low + Math.floor((d.high - d.low) * ((bits[i] as number) / 2 ** 32)),
          );
        }
        return;
      case "bernoulli": {
        const threshold = d.keep * 2 ** 32;
        for (let i = first; i < last; i++)
          writeNumber(dtype, out, at + i - first, (bits[i] as number) < threshold ? 1 : 0);
      }
    }
  }
}

/** The middle of the bits' interval of [0, 1): never 0, never 1. */
function unit(bits: number): number {
  return (bits + 0.5) / 2 ** 32;
}

/** The standard normal distribution's value at -2. */
const belowTwo = 0.0227501319481792;

/**
 * The standard normal quantile at p in (0, 1): P. J. Acklam's rational approximations, one for the middle and one for the tails
 * (relative error below 1.2e-9). Several times as fast as Box-Muller, and each number needs no other.
 */
function normalQuantile(p: number): number {
  const tail = 0.02425;
  if (p >= tail && p <= 1 - tail) {
    const q = p - 0.5;
    const r = q * q;
    const above =
      ((((-3.969683028665376e1 * r + 2.209460984245205e2) * r - 2.759285104469687e2) * r +
        1.38357751867269e2) *
        r -
        3.066479806614716e1) *
        r +
      2.506628277459239;
    const below =
      ((((-5.447609879822406e1 * r + 1.615858368580409e2) * r - 1.556989798598866e2) * r +
        6.680131188771972e1) *
        r -
        1.328068155288572e1) *
        r +
      1;
    return (above * q) / below;
  }
  const q = Math.sqrt(-2 * Math.log(p < 0.5 ? p : 1 - p));
  const above =
    ((((-7.784894002430293e-3 * q - 3.223964580411365e-1) * q - 2.400758277161838) * q - 2.549732539343734) *
      q +
      4.374664141464968) *
      q +
    2.938163982698783;
  const below =
    (((7.784695709041462e-3 * q + 3.224671290700398e-1) * q + 2.445134137142996) * q + 3.754408661907416) *
      q +
    1;
  return p < 0.5 ? above / below : -above / below;
}
