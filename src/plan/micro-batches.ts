/**
 * How the samples of a step are dealt to its micro-batches, which are all of one size. Where their number does not divide the
 * samples the first ones have one sample more, and the others are filled up with samples that count nothing: a later one of the
 * step, or the last one again.
 *
 *   7 samples, 3 micro-batches   0 1 2 | 3 4 (5) | 5 6 (6)
 */
import { balancedPart, type Box } from "../sbp/geometry.ts";

export interface Dealing {
  readonly microbatches: number;
  /** Samples of a step, where the micro-batches do not divide them. */
  readonly samples?: number | undefined;
}

export interface UnevenDealing {
  readonly microbatches: number;
  readonly samples: number;
}

/** The input that says which samples of a micro-batch count, bool[samples of a micro-batch]; there where some do not. */
export const validSource = "sbpc.valid";

/** Samples of a micro-batch, those that fill it up among them. */
export function samplesEach({ microbatches, samples }: UnevenDealing): number {
  return Math.ceil(samples / microbatches);
}

/** What a micro-batch has of a step's tensor along the axis that counts samples; `length` is that of a micro-batch's tensor. */
export function dealtPart(
  { microbatches, samples }: Dealing,
  length: number,
  microbatch: number,
): { readonly start: number; readonly size: number } {
  if (samples === undefined) return { start: microbatch * length, size: length };
  const perSample = length / samplesEach({ microbatches, samples });
  const { start, size } = balancedPart(samples, microbatches, microbatch);
  return { start: start * perSample, size: size * perSample };
}

/** Length of a step's tensor along that axis. */
export function stepLength({ microbatches, samples }: Dealing, length: number): number {
  if (samples === undefined) return microbatches * length;
  return (length / samplesEach({ microbatches, samples })) * samples;
}

/** What a micro-batch weighs in a mean over the samples of a step. */
export function weightOf({ microbatches, samples }: Dealing, microbatch: number): number {
  return samples === undefined ? 1 : balancedPart(samples, microbatches, microbatch).size;
}

/** Elements of a step's tensor, and the box that an array of a micro-batch's holds, both in places of the step's tensor. */
export interface DealtRun {
  readonly region: Box;
  readonly held: Box;
}

/** Where the elements of a box of a micro-batch's tensor, of `shape`, lie in the step's; `batchAxis` null: the same for all. */
export function dealtRuns(
  dealing: Dealing,
  shape: readonly number[],
  box: Box,
  batchAxis: number | null,
  microbatch: number,
): DealtRun[] {
  if (batchAxis === null) return [{ region: box, held: box }];
  const length = shape[batchAxis] as number;
  const size = box.size[batchAxis] as number;
  const total = stepLength(dealing, length);
  const first = dealtPart(dealing, length, microbatch).start + (box.start[batchAxis] as number);
  const rows = (start: number, count: number): Box => ({
    start: box.start.with(batchAxis, start),
    size: box.size.with(batchAxis, count),
  });
  const there = Math.min(size, Math.max(0, total - first));
  const runs: DealtRun[] = there === 0 ? [] : [{ region: rows(first, there), held: rows(first, size) }];
  if (there === size) return runs;
  const perSample = length / samplesEach(dealing as UnevenDealing);
  for (let row = there; row < size; row++) {
    const from = total - perSample + ((first + row - total) % perSample);
    runs.push({ region: rows(from, 1), held: rows(from - row, size) });
  }
  return runs;
}
