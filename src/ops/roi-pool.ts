/**
 * Pools over regions of interest: MaxRoiPool and RoiAlign. Regions and channels can be split; a region lies in any image and
 * anywhere in it, so that every device has the images whole.
 *
 *   regions    X B      R S(0)   -> S(0)
 *   channels   X S(1)   R B      -> S(1)
 */
import { isKnown, type Dim } from "../ir/dim.ts";
import { tensorType, type ValueType } from "../ir/types.ts";
import type { ResolvedRule } from "../sbp/signature.ts";
import { product, range } from "../support/collections.ts";
import type { Call } from "./call.ts";
import type { Dense, EvaluateContext } from "./contract.ts";
import { defineOp, type OpDefinition } from "./define.ts";
import { build, offsetOf, stridesOf } from "./dense.ts";
import { localDims, partialSet } from "./movement.ts";

/** Regions in input 1, of `numbers` numbers each, in images of two axes, give (regions, channels, …`bins`). */
function regionShape(call: Call, numbers: number, bins: readonly number[]): readonly Dim[] {
  if (call.rank(0) !== 4) call.failShape("the images must have the axes N, C, H and W");
  if (call.rank(1) !== 2 || call.shape(1)[1] !== numbers)
    call.failShape(`a region is ${numbers} numbers: input 1 must have the shape [regions, ${numbers}]`);
  if (bins.length !== 2 || bins.some((n) => n < 1))
    call.failShape("regions must be cut into bins along two axes");
  return [call.shape(1)[0] as Dim, call.shape(0)[1] as Dim, ...bins];
}

function regionRule(call: Call): ResolvedRule {
  return {
    inputs: [[null, "c", null, null], ["r", null], ...(call.has(2) ? [["r"]] : [])],
    outputs: [["r", "c", null, null]],
  };
}

function elementsOf(types: readonly (ValueType | null)[]): number {
  const [made] = types;
  return made?.kind === "tensor" ? product(made.shape.map((dim) => (isKnown(dim) ? dim : 1))) : 0;
}

// --- MaxRoiPool

const pooledShape = (call: Call) => regionShape(call, 5, call.ints("pooled_shape"));

/** Bin `bin` of `bins` of a region from `first` to `last`, both in it, of a line of `size` elements. */
function binOf(
  first: number,
  last: number,
  bin: number,
  bins: number,
  size: number,
): readonly [number, number] {
  const length = Math.max(last - first + 1, 1);
  const clip = (x: number) => Math.min(Math.max(x + first, 0), size);
  return [clip(Math.floor((bin * length) / bins)), clip(Math.ceil(((bin + 1) * length) / bins))];
}

function evaluateRoiPool({ call, inputs }: EvaluateContext): readonly Dense[] {
  const [x, rois] = inputs as readonly [Dense, Dense];
  const [height, width] = [x.shape[2] as number, x.shape[3] as number];
  const scale = call.float("spatial_scale", 1);
  const strides = stridesOf(x.shape);
  const [rows, columns] = call.ints("pooled_shape") as readonly [number, number];
  return [
    build(x.dtype, localDims(pooledShape(call)), ([r = 0, c = 0, i = 0, j = 0]) => {
      const [image = 0, ...corners] = rois.data.slice(5 * r, 5 * r + 5);
      const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = corners.map((at) => Math.round(at * scale));
      const [top, bottom] = binOf(y1, y2, i, rows, height);
      const [left, right] = binOf(x1, x2, j, columns, width);
      let largest = -Infinity;
      for (let y = top; y < bottom; y++) {
        for (let k = left; k < right; k++)
          largest = Math.max(largest, x.data[offsetOf([image, c, y, k], strides)] as number);
      }
      return bottom <= top || right <= left ? 0 : largest;
    }),
  ];
}

const maxRoiPool = defineOp({
  name: "MaxRoiPool",
  doc: "The largest element in every bin of every region of interest; zero in an empty bin.",
  since: 1,
  inputs: [2, 2],
  gradient: {
    none: "its derivative adds to the elements under every region, which no operator of ONNX does",
  },
  axes: regionRule,
  infer: (call) => [tensorType(call.dtype(0), pooledShape(call))],
  signatures: (call, derived) => [...derived, ...partialSet(call, [0], ["max"])],
  flops: (call, outputs) => elementsOf(outputs ?? [tensorType("f32", pooledShape(call))]),
  evaluate: evaluateRoiPool,
});

// --- RoiAlign

const alignedShape = (call: Call) =>
  regionShape(call, 4, [call.int("output_height", 1), call.int("output_width", 1)]);

function averages(call: Call): boolean {
  const mode = call.string("mode", "avg");
  if (mode !== "avg" && mode !== "max") call.fail("bad-attribute", { name: "mode", problem: `is ${mode}` });
  return mode === "avg";
}

/** The two elements beside a position on a line, with their weights; none where it lies more than one element outside. */
function besides(position: number, size: number): { at: number; weight: number }[] {
  if (position < -1 || position > size) return [];
  const x = Math.max(position, 0);
  const low = Math.floor(x);
  if (low >= size - 1) return [{ at: size - 1, weight: 1 }];
  return [
    { at: low, weight: low + 1 - x },
    { at: low + 1, weight: x - low },
  ];
}

/** One axis of a region: where its bins begin, how long they are, samples in each. */
function binsAlong(call: Call, from: number, to: number, bins: number) {
  const scale = call.float("spatial_scale", 1);
  const mode = call.string("coordinate_transformation_mode", "half_pixel");
  if (mode !== "half_pixel" && mode !== "output_half_pixel")
    call.fail("bad-attribute", { name: "coordinate_transformation_mode", problem: `is ${mode}` });
  const shift = mode === "half_pixel" ? 0.5 : 0;
  const start = from * scale - shift;
  const length = mode === "half_pixel" ? (to - from) * scale : Math.max((to - from) * scale, 1);
  const ratio = call.int("sampling_ratio", 0);
  return { start, bin: length / bins, samples: ratio > 0 ? ratio : Math.ceil(length / bins) };
}

function evaluateRoiAlign({ call, inputs }: EvaluateContext): readonly Dense[] {
  const [x, rois, batch] = inputs as readonly [Dense, Dense, Dense];
  const [height, width] = [x.shape[2] as number, x.shape[3] as number];
  const strides = stridesOf(x.shape);
  const average = averages(call);
  const shape = localDims(alignedShape(call));
  return [
    build(x.dtype, shape, ([r = 0, c = 0, i = 0, j = 0]) => {
      const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = rois.data.slice(4 * r, 4 * r + 4);
      const vertical = binsAlong(call, y1, y2, shape[2] as number);
      const horizontal = binsAlong(call, x1, x2, shape[3] as number);
      const image = batch.data[r] as number;
      const samples = range(vertical.samples).flatMap((a) =>
        range(horizontal.samples).map((b) => {
          const y = vertical.start + (i + (a + 0.5) / vertical.samples) * vertical.bin;
          const k = horizontal.start + (j + (b + 0.5) / horizontal.samples) * horizontal.bin;
          return besides(y, height).flatMap((row) =>
            besides(k, width).map(
              (column) =>
                row.weight *
                column.weight *
                (x.data[offsetOf([image, c, row.at, column.at], strides)] as number),
            ),
          );
        }),
      );
      if (!average) return Math.max(...samples.map((terms) => (terms.length === 0 ? 0 : Math.max(...terms))));
      return samples.flat().reduce((total, term) => total + term, 0) / Math.max(samples.length, 1);
    }),
  ];
}

const roiAlign = defineOp({
  name: "RoiAlign",
  doc: "The mean (or largest weighted element) of interpolated samples in every bin of every region of interest.",
  since: 16,
  inputs: [3, 3],
  gradient: {
    none: "its derivative adds to the elements under every region, which no operator of ONNX does",
  },
  axes: regionRule,
  partials: (call) => (averages(call) ? { linear: [[0]] } : {}),
  infer: (call) => {
    if (call.rank(2) !== 1) call.failShape("the images of the regions must be a vector");
    const [regions, images] = [call.shape(1)[0], call.shape(2)[0]];
    if (
      regions !== undefined &&
      images !== undefined &&
      isKnown(regions) &&
      isKnown(images) &&
      regions !== images
    )
      call.failShape("every region needs an image");
    return [tensorType(call.dtype(0), alignedShape(call))];
  },
  flops: (call, outputs) => {
    const samples = Math.max(call.int("sampling_ratio", 0), 1) ** 2;
    return 8 * samples * elementsOf(outputs ?? [tensorType("f32", alignedShape(call))]);
  },
  evaluate: evaluateRoiAlign,
});

export const regionOps: readonly OpDefinition[] = [maxRoiPool, roiAlign];
