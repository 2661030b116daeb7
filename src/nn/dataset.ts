/**
 * Data of a model: splits of numbered examples, of which every step takes a batch. Which examples a step takes follows from
 * the seed and the step alone, so that the same come on every mesh, schedule and micro-batching, and after a resume.
 */
import { diagnostic, fail, SbpcError } from "../diagnostics/diagnostic.ts";
import { allocate, writeNumber, type TypedArray } from "../ir/tensor-data.ts";
import type { DataType } from "../ir/types.ts";
import { InternalError } from "../support/assert.ts";
import { product } from "../support/collections.ts";
import { captureLine, folderOf, lineOfError, locationOf, type SourceLine } from "./source-line.ts";

export type SplitName = "train" | "test";

/** Row-major elements: numbers, or an array of the input's own element type. */
export type BatchData = TypedArray | readonly number[];

/** What a split is opened for. */
export interface SplitContext {
  /** Shape of an input for the whole batch. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
}

export interface Split<N extends string = string> {
  /** Number of examples. */
  readonly size: number;
  /** The inputs of a batch: the examples of these numbers, in this order, along each input's first axis. */
  batch(
    examples: readonly number[],
  ): Readonly<Record<N, BatchData>> | Promise<Readonly<Record<N, BatchData>>>;
}

export interface DatasetDefinition<N extends string> {
  /** Taken in a new order in every epoch. */
  readonly train: (context: SplitContext) => Split<N> | Promise<Split<N>>;
  /** Taken in order, each example once. */
  readonly test?: (context: SplitContext) => Split<N> | Promise<Split<N>>;
  /** The input that holds the right answers, class numbers. Default `labels`. */
  readonly target?: N;
}

const brand = Symbol.for("sbpc.dataset");

export interface Dataset {
  readonly target: string;
  readonly [brand]: {
    readonly line: SourceLine | undefined;
    readonly splits: Readonly<Partial<Record<SplitName, (context: SplitContext) => Split | Promise<Split>>>>;
  };
}

export function defineDataset<const N extends string>(definition: DatasetDefinition<N>): Dataset {
  const { train, test, target = "labels" } = definition;
  const splits = { train, ...(test === undefined ? {} : { test }) };
  return { target, [brand]: { line: captureLine(), splits } };
}

export function isDataset(value: unknown): value is Dataset {
  return typeof value === "object" && value !== null && brand in value;
}

/** An input that batches give: its type for the whole batch. */
export interface BatchInput {
  readonly name: string;
  readonly dtype: DataType;
  readonly shape: readonly number[];
}

/** The batches of a split. */
export interface Batches {
  /** Number of examples in the split. */
  readonly size: number;
  /** Elements of every input at a step. Errors: dataset-threw, bad-input. */
  at(step: number): Promise<ReadonlyMap<string, TypedArray>>;
}

/** Opens a split for a model's inputs. Errors: dataset-threw, dataset-split. */
export async function openSplit(
  dataset: Dataset,
  name: SplitName,
  inputs: readonly BatchInput[],
  seed: number,
): Promise<Batches> {
  const { line, splits } = dataset[brand];
  const location = locationOf(line, folderOf(line?.file ?? ""));
  const open = splits[name];
  if (open === undefined) return fail("dataset-split", { split: name, problem: "is not defined" }, location);
  const shapes = Object.fromEntries(inputs.map((input) => [input.name, input.shape]));
  const split = await located(line, name, async () => open({ shapes }));
  const { size } = split;
  if (!Number.isSafeInteger(size) || size < 1)
    return fail("dataset-split", { split: name, problem: `has ${size} examples` }, location);
  const batch = inputs[0]?.shape[0] ?? 0;
  const order = name === "train" ? shuffledOrder(size, seed) : (position: number) => position % size;
  return {
    size,
    async at(step) {
      const examples = Array.from({ length: batch }, (_, i) => order(step * batch + i));
      const given = await located(line, name, async () => split.batch(examples));
      return new Map(inputs.map((input) => [input.name, elementsOf(input, given[input.name], location)]));
    },
  };
}

function elementsOf(
  { name, dtype, shape }: BatchInput,
  given: BatchData | undefined,
  location: ReturnType<typeof locationOf>,
): TypedArray {
  const expected = product(shape);
  if (given === undefined)
    return fail("bad-input", { name, problem: "is not in the dataset's batch" }, location);
  if (given.length !== expected)
    return fail(
      "bad-input",
      {
        name,
        problem: `has ${given.length} elements in the dataset's batch, [${shape.join(", ")}] takes ${expected}`,
      },
      location,
    );
  const data = allocate(dtype, expected);
  if (!Array.isArray(given)) {
    if (given.constructor === data.constructor) return given as TypedArray;
    const problem = `is ${given.constructor.name} in the dataset's batch, ${dtype} takes ${data.constructor.name} or numbers`;
    return fail("bad-input", { name, problem }, location);
  }
  for (let i = 0; i < expected; i++) writeNumber(dtype, data, i, given[i] as number);
  return data;
}

/** Runs what a user wrote; what it throws becomes dataset-threw at the line that threw. */
async function located<T>(line: SourceLine | undefined, split: SplitName, f: () => Promise<T>): Promise<T> {
  try {
    return await f();
  } catch (error) {
    if (error instanceof SbpcError || error instanceof InternalError) throw error;
    const problem = error instanceof Error ? error.message : String(error);
    const location = locationOf(lineOfError(error) ?? line, folderOf(line?.file ?? ""));
    throw new SbpcError([diagnostic("dataset-threw", { split, problem }, location)], { cause: error });
  }
}

// --- order

/** From a position in the endless stream of epochs to an example: every epoch is a permutation of its own. */
function shuffledOrder(size: number, seed: number): (position: number) => number {
  const permutations = new Map<number, readonly number[]>();
  return (position) => {
    const epoch = Math.floor(position / size);
    let permutation = permutations.get(epoch);
    if (permutation === undefined) {
      permutation = permuted(size, seed, epoch);
      // A batch reaches into the next epoch at most so far as the one before is still in use.
      for (const known of permutations.keys()) if (known < epoch - 1) permutations.delete(known);
      permutations.set(epoch, permutation);
    }
    return permutation[position % size] as number;
  };
}

/** Fisher and Yates' shuffle, with a generator that is seeded by the seed and the epoch. */
function permuted(size: number, seed: number, epoch: number): number[] {
  const next = generator(mix(seed >>> 0) ^ mix(epoch + 0x9e3779b9));
  const order = Array.from({ length: size }, (_, i) => i);
  for (let i = size - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order;
}

/** Spreads the bits of a whole number (the finaliser of MurmurHash3). */
function mix(n: number): number {
  let x = n | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** Even numbers in [0, 1): the mixed values of a counter. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    return mix(state) / 2 ** 32;
  };
}
