/**
 * Operators whose output is as long as the data say: Compress, Unique, NonMaxSuppression. (NonZero stands with the ordered
 * axes.) What a shard would give has no length that is known before it runs, so they run whole; Compress by a condition that
 * is known at compile time does not, and splits along every axis but the one that it picks from.
 */
import { dimMul, shapesMayBeEqual, type Dim } from "../ir/dim.ts";
import { tensorType, type DataType, type TensorType } from "../ir/types.ts";
import { toNumbers } from "../ir/tensor-data.ts";
import type { ResolvedRule } from "../sbp/signature.ts";
import { range } from "../support/collections.ts";
import type { Call } from "./call.ts";
import type { Dense } from "./contract.ts";
import { defineOp, inputElements, type OpDefinition } from "./define.ts";
import { dense, offsetOf, reshaped, stridesOf } from "./dense.ts";
import { discreteResults } from "./gradients.ts";
import { dataDependentDim, factorsBut, movedPartials, remap } from "./movement.ts";
import { textOfNumber } from "./texts.ts";

/** The axis that is picked from; undefined where the input counts as one line. */
function pickedAxis(call: Call): number | undefined {
  return call.attributes.axis === undefined ? undefined : call.axis(call.int("axis"), call.rank(0));
}

function lineLength(call: Call): Dim {
  return call.shape(0).reduce<Dim>((n, size) => dimMul(n, size), 1);
}

// --- Compress

/** The positions that a known condition picks. */
function pickedRows(call: Call): number[] | undefined {
  const condition = call.constant(1);
  return condition === undefined
    ? undefined
    : [...toNumbers(condition)].flatMap((keep, i) => (keep === 0 ? [] : [i]));
}

function compressed(call: Call, length: Dim): TensorType {
  const axis = pickedAxis(call);
  return tensorType(call.dtype(0), axis === undefined ? [length] : call.shape(0).with(axis, length));
}

const compress = defineOp({
  name: "Compress",
  doc: "The rows along `axis` (the elements, where it is absent) at which the condition holds.",
  since: 11,
  inputs: [2, 2],
  gradient: { none: "how many elements it gives depends on its inputs" },
  axes: (call): ResolvedRule => {
    const [axis, rank] = [pickedAxis(call), call.rank(0)];
    if (axis === undefined || pickedRows(call) === undefined)
      return { inputs: [range(rank).map(() => null), [null]], outputs: [[]] };
    const factors = factorsBut(rank, axis);
    return { inputs: [factors, [null]], outputs: [factors] };
  },
  infer: (call) => {
    pickedAxis(call);
    if (call.rank(0) === 0) call.failShape("the input must have an axis");
    if (call.dtype(1) !== "bool" || call.rank(1) !== 1)
      call.failShape("the condition must be a line of booleans");
    return [compressed(call, pickedRows(call)?.length ?? dataDependentDim(call, "count"))];
  },
  partials: (call) => (pickedRows(call) === undefined ? {} : movedPartials(call)),
  evaluate: ({ call, inputs: [input] }) => {
    const x = input as Dense;
    const rows = pickedRows(call) ?? [];
    const axis = pickedAxis(call);
    if (axis === undefined) return [remap(x, [rows.length], ([i = 0]) => rows[i] as number)];
    const strides = stridesOf(x.shape);
    return [
      remap(x, x.shape.with(axis, rows.length), (index) =>
        offsetOf(index.with(axis, rows[index[axis] as number] as number), strides),
      ),
    ];
  },
});

// --- Unique

/** Elements less first to last, NaN after all numbers. */
function compareRows(a: readonly number[], b: readonly number[], dtype: DataType): number {
  if (dtype === "string") {
    const [left, right] = [a.map(textOfNumber), b.map(textOfNumber)];
    const at = left.findIndex((text, i) => text !== right[i]);
    return at < 0 ? 0 : (left[at] as string) < (right[at] as string) ? -1 : 1;
  }
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    if (x < y || (Number.isNaN(y) && !Number.isNaN(x))) return -1;
    if (x > y || (Number.isNaN(x) && !Number.isNaN(y))) return 1;
  }
  return 0;
}

interface Distinct {
  readonly row: readonly number[];
  readonly first: number;
  count: number;
}

/** Rows of `x` along `axis`, each row-major over the other axes. */
function rowsAlong(x: Dense, axis: number): number[][] {
  const strides = stridesOf(x.shape);
  const others = x.shape.with(axis, 1);
  return range(x.shape[axis] as number).map((i) => {
    const start = i * (strides[axis] as number);
    return [...remap(x, others, (index) => offsetOf(index, strides) + start).data];
  });
}

const unique = defineOp({
  name: "Unique",
  doc: "The distinct elements (or rows along `axis`), where each is first, which of them every element is, and how often it is there.",
  since: 11,
  inputs: [1, 1],
  gradient: { none: "how many elements it gives depends on its inputs" },
  outputs: (call) => call.outputCount,
  whole:
    "How many distinct elements a shard has depends on its elements, and the same ones may be in several shards.",
  infer: (call) => {
    const axis = pickedAxis(call);
    const count = dataDependentDim(call, "count");
    const total = axis === undefined ? lineLength(call) : (call.shape(0)[axis] as Dim);
    return [
      compressed(call, count),
      tensorType("i64", [count]),
      tensorType("i64", [total]),
      tensorType("i64", [count]),
    ];
  },
  flops: (call) => inputElements(call, 0),
  evaluate: ({ call, inputs: [input] }) => {
    const given = input as Dense;
    const axis = pickedAxis(call);
    const x = axis === undefined ? reshaped(given, [given.data.length]) : given;
    const [along, rows] = [axis ?? 0, rowsAlong(x, axis ?? 0)];
    const found = new Map<string, Distinct>();
    const keys = rows.map((row) => row.map((v) => v + 0).join());
    keys.forEach((key, i) => {
      const known = found.get(key);
      if (known === undefined) found.set(key, { row: rows[i] as number[], first: i, count: 1 });
      else known.count++;
    });
    const entries = [...found];
    if (call.int("sorted", 1) === 1) entries.sort(([, a], [, b]) => compareRows(a.row, b.row, x.dtype));
    const distinct = entries.map(([, entry]) => entry);
    const place = new Map(entries.map(([key], i) => [key, i]));
    const strides = stridesOf(x.shape);
    const values = remap(x, x.shape.with(along, distinct.length), (index) =>
      offsetOf(index.with(along, (distinct[index[along] as number] as Distinct).first), strides),
    );
    const line = (numbers: readonly number[]) => dense("i64", [numbers.length], numbers);
    return [
      values,
      line(distinct.map(({ first }) => first)),
      line(keys.map((key) => place.get(key) as number)),
      line(distinct.map(({ count }) => count)),
    ];
  },
});

// --- NonMaxSuppression

type Corners = readonly [top: number, left: number, bottom: number, right: number];

function overlap(a: Corners, b: Corners): number {
  const area = ([top, left, bottom, right]: Corners) => (bottom - top) * (right - left);
  const height = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const width = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (height <= 0 || width <= 0) return 0;
  return (height * width) / (area(a) + area(b) - height * width);
}

/** A box as its corners, from any two opposite ones (y, x, y, x) or from centre and size (x, y, width, height). */
function cornersOf([a, b, c, d]: readonly number[], centred: boolean): Corners {
  const [p, q, r, s] = [a as number, b as number, c as number, d as number];
  return centred
    ? [q - s / 2, p - r / 2, q + s / 2, p + r / 2]
    : [Math.min(p, r), Math.min(q, s), Math.max(p, r), Math.max(q, s)];
}

const nonMaxSuppression = defineOp({
  name: "NonMaxSuppression",
  doc: "Of every batch and class the boxes with the highest scores that do not overlap one another by more than a threshold.",
  since: 11,
  inputs: [2, 5],
  gradient: discreteResults,
  whole:
    "How many boxes are left depends on their scores, and whether one is left on every box with a higher score.",
  infer: (call) => {
    const [boxes, scores] = [call.shape(0), call.shape(1)];
    if (boxes.length !== 3 || scores.length !== 3)
      call.failShape("boxes must be [batch, box, 4] and scores [batch, class, box]");
    if (!shapesMayBeEqual(boxes, [scores[0] as Dim, scores[2] as Dim, 4]))
      call.failShape("boxes and scores differ in batches or boxes, or a box is not of 4 numbers");
    return [tensorType("i64", [dataDependentDim(call, "count"), 3])];
  },
  // About ten operations for every pair of boxes.
  flops: (call) => 10 * inputElements(call, 1) * (inputElements(call, 0) / 4),
  evaluate: ({ call, inputs: [boxes, scores, most, threshold, lowest] }) => {
    const [count, classes, batches] = [...(scores as Dense).shape].toReversed() as [number, number, number];
    const limit = most?.data[0] ?? 0;
    const centred = call.int("center_point_box", 0) === 1;
    const chosen: number[] = [];
    for (const batch of range(batches)) {
      const corners = range(count).map((box) => {
        const at = 4 * (batch * count + box);
        return cornersOf([...(boxes as Dense).data.subarray(at, at + 4)], centred);
      });
      for (const label of range(classes)) {
        const start = (batch * classes + label) * count;
        const score = (box: number) => (scores as Dense).data[start + box] as number;
        const kept: number[] = [];
        const candidates = range(count)
          .filter((box) => lowest == null || score(box) > (lowest.data[0] as number))
          .sort((a, b) => score(b) - score(a) || a - b);
        for (const box of candidates) {
          if (kept.length >= limit) break;
          const own = corners[box] as Corners;
          if (kept.every((other) => overlap(own, corners[other] as Corners) <= (threshold?.data[0] ?? 0)))
            kept.push(box);
        }
        for (const box of kept) chosen.push(batch, label, box);
      }
    }
    return [dense("i64", [chosen.length / 3, 3], chosen)];
  },
});

export const dataDependentOps: readonly OpDefinition[] = [compress, unique, nonMaxSuppression];
