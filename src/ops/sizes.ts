/**
 * Sizes that a graph computes: what is known of the elements of short vectors of integers where dimensions are symbols, and the
 * shapes that operators make of them.
 *
 *   Shape(f32[batch, 12, seq]) is [batch, 12, seq];  Concat of its first element and [-1, 64] is [batch, -1, 64]
 *
 * Where all elements are numbers the ordinary constants say more. An element of which nothing is known is undefined.
 */
import { dimAdd, dimFloorDiv, dimMul, dimProduct, dimSub, isKnown, type Dim } from "../ir/dim.ts";
import { isRanked, unknownDim, type DataType } from "../ir/types.ts";
import type { Call } from "./call.ts";

export type Sizes = readonly (Dim | undefined)[];

/** Longer vectors are not followed. */
export const longestSizes = 64;

/** What is known of the inputs' elements. */
type SizesOf = (input: number) => Sizes | undefined;
type SizesRule = (call: Call, of: SizesOf) => readonly (Sizes | undefined)[] | undefined;

/** What is known of the outputs' elements; undefined where the operator computes no sizes. */
export function followSizes(call: Call, of: SizesOf): readonly (Sizes | undefined)[] | undefined {
  return followed.get(call.op)?.(call, of);
}

const same: SizesRule = (_, of) => [of(0)];

/** The whole number of an input that has one element. */
function single(sizes: Sizes | undefined): number | undefined {
  return sizes?.length === 1 && typeof sizes[0] === "number" ? sizes[0] : undefined;
}

/** Elements paired as broadcasting pairs those of vectors and scalars. */
function elementwise(combine: (a: Dim, b: Dim) => Dim | undefined): SizesRule {
  return (_, of) => {
    const [a, b] = [of(0), of(1)];
    if (a === undefined || b === undefined || (a.length !== b.length && a.length !== 1 && b.length !== 1))
      return [undefined];
    const length = a.length === 1 ? b.length : a.length;
    return [
      Array.from({ length }, (_, i) => {
        const [x, y] = [a[a.length === 1 ? 0 : i], b[b.length === 1 ? 0 : i]];
        return x === undefined || y === undefined ? undefined : combine(x, y);
      }),
    ];
  };
}

/** Axes are never negative, so that no symbol of one is a negative number. */
function equals(a: Dim, b: Dim): Dim | undefined {
  if (a === b) return 1;
  if (isKnown(a) && isKnown(b)) return 0;
  const [known, open] = isKnown(a) ? [a, b] : [b, a];
  return typeof known === "number" && known < 0 && typeof open === "string" && /^[\w.]+$/.test(open)
    ? 0
    : undefined;
}

const followed: ReadonlyMap<string, SizesRule> = new Map<string, SizesRule>([
  [
    "Shape",
    (call) => {
      const { shape } = call.tensor(0);
      return [
        isRanked(call.tensor(0))
          ? shape.slice(
              call.int("start", 0),
              call.attributes["end"] === undefined ? undefined : call.int("end"),
            )
          : undefined,
      ];
    },
  ],
  ["Size", (call) => [isRanked(call.tensor(0)) ? [dimProduct(call.shape(0))] : undefined]],
  ["Identity", same],
  ["Cast", same],
  ["Squeeze", same],
  ["Unsqueeze", same],
  ["Reshape", same],
  ["Add", elementwise(dimAdd)],
  ["Sub", elementwise(dimSub)],
  ["Mul", elementwise(dimMul)],
  // Sizes are not negative, so that rounding toward zero is rounding down.
  ["Div", elementwise((a, b) => (isKnown(b) && b > 0 ? dimFloorDiv(a, b) : undefined))],
  ["Equal", elementwise(equals)],
  [
    "Where",
    (_, of) => {
      const [condition, yes, no] = [of(0), of(1), of(2)];
      if (condition === undefined || yes === undefined || no === undefined) return [undefined];
      const length = Math.max(condition.length, yes.length, no.length);
      const at = (sizes: Sizes, i: number) => sizes[sizes.length === 1 ? 0 : i];
      return [
        Array.from({ length }, (_, i) => {
          const [c, a, b] = [at(condition, i), at(yes, i), at(no, i)];
          if (typeof c === "number") return c === 0 ? b : a;
          return a === b ? a : undefined;
        }),
      ];
    },
  ],
  ["ReduceProd", (_, of) => [productOf(of(0))]],
  [
    "Gather",
    (call, of) => {
      const [data, indices] = [of(0), of(1)];
      if (data === undefined || indices === undefined || call.rank(0) !== 1) return [undefined];
      return [
        indices.map((index) =>
          typeof index === "number" ? data[index < 0 ? index + data.length : index] : undefined,
        ),
      ];
    },
  ],
  [
    "Slice",
    (call, of) => {
      const data = of(0);
      const [start, end] = [single(of(1)), single(of(2))];
      const step = call.has(4) ? single(of(4)) : 1;
      if (data === undefined || start === undefined || end === undefined || step === undefined || step === 0)
        return [undefined];
      return [sliced(data, start, end, step)];
    },
  ],
  [
    "Concat",
    (call, of) => {
      const parts = call.inputs.map((type, i): Sizes | undefined => {
        const known = of(i);
        if (known !== undefined) return known;
        const length = type?.kind === "tensor" && type.shape.length === 1 ? type.shape[0] : undefined;
        return typeof length === "number" && length <= longestSizes
          ? Array.from({ length }, () => undefined)
          : undefined;
      });
      return [parts.every((part) => part !== undefined) ? parts.flat() : undefined];
    },
  ],
]);

function productOf(sizes: Sizes | undefined): Sizes | undefined {
  return sizes?.every((size) => size !== undefined) === true ? [dimProduct(sizes)] : undefined;
}

function sliced(data: Sizes, start: number, end: number, step: number): Sizes {
  const n = data.length;
  const clamp = (at: number, low: number, high: number) =>
    Math.min(Math.max(at < 0 ? at + n : at, low), high);
  const out: (Dim | undefined)[] = [];
  if (step > 0) for (let i = clamp(start, 0, n); i < clamp(end, 0, n); i += step) out.push(data[i]);
  else for (let i = clamp(start, -1, n - 1); i > clamp(end, -1, n - 1); i += step) out.push(data[i]);
  return out;
}

// --- shapes

type ShapeRule = (call: Call, of: SizesOf) => readonly Dim[] | undefined;

/**
 * The shape of the first output where only execution tells all of it: `unknownDim` stands for what is not known. Undefined where
 * not even the number of axes is.
 */
export function openShape(call: Call, of: SizesOf): readonly Dim[] | undefined {
  const first = call.inputs[0];
  if (first?.kind === "tensor" && !isRanked(first) && call.op !== "Reshape") return undefined;
  return shapes
    .get(call.op)?.(call, of)
    ?.map((size) => (isKnown(size) && size < 0 ? unknownDim : size));
}

/** Element types of outputs that are not of the first input's, where nothing else tells them. */
const otherElements: Readonly<Record<string, readonly DataType[]>> = { Dropout: ["bool"], TopK: ["i64"] };

/** Element types of the outputs, as far as they follow from the operator and its first input; of further outputs the first. */
export function openElements(call: Call): readonly (DataType | undefined)[] {
  const first = call.inputs.find((type) => type?.kind === "tensor");
  const own = first?.kind === "tensor" ? first.dtype : undefined;
  if (call.op !== "ConstantOfShape") return [own, ...(otherElements[call.op] ?? [])];
  const value = call.attributes["value"];
  return [typeof value === "object" && "tensor" in value ? value.tensor.dtype : "f32"];
}

/** The elements of a vector input, as many unknown ones where none is known; undefined where not even how many. */
function elements(call: Call, of: SizesOf, input: number): Sizes | undefined {
  const known = of(input);
  if (known !== undefined) return known;
  const type = call.inputs[input];
  const length = type?.kind === "tensor" && type.shape.length === 1 ? type.shape[0] : undefined;
  return typeof length === "number" && length <= longestSizes
    ? Array.from({ length }, () => undefined)
    : undefined;
}

/** As many axes as the first input has, all open. */
const sameRank: ShapeRule = (call) => call.shape(0).map(() => unknownDim);

const shapes: ReadonlyMap<string, ShapeRule> = new Map<string, ShapeRule>([
  [
    "Reshape",
    (call, of) => {
      const first = call.tensor(0);
      const input = isRanked(first) ? first.shape : undefined;
      const asked = elements(call, of, 1)?.map((size, axis): Dim | undefined =>
        size === 0 && call.int("allowzero", 0) === 0 ? input?.[axis] : size,
      );
      return asked === undefined ? undefined : filled(input, asked);
    },
  ],
  [
    "Expand",
    (call, of) => {
      const asked = elements(call, of, 1);
      if (asked === undefined) return undefined;
      const own = call.shape(0);
      const rank = Math.max(own.length, asked.length);
      return Array.from({ length: rank }, (_, axis) => {
        const [a, b] = [own[axis - rank + own.length] ?? 1, at(asked, axis - rank + asked.length)];
        if (a === b || b === 1) return a;
        return isKnown(a) ? (a === 1 ? (b ?? unknownDim) : a) : unknownDim;
      });
    },
  ],
  ["ConstantOfShape", (call, of) => elements(call, of, 0)?.map((size) => size ?? unknownDim)],
  [
    "Range",
    (_, of) => {
      const [start, limit, step] = [of(0)?.[0], of(1)?.[0], of(2)?.[0]];
      return [start === 0 && step === 1 && limit !== undefined ? limit : unknownDim];
    },
  ],
  [
    "Tile",
    (call, of) => {
      const repeats = elements(call, of, 1);
      return call.shape(0).map((size, axis) => {
        const repeat = repeats?.[axis];
        return repeat === undefined ? unknownDim : dimMul(size, repeat);
      });
    },
  ],
  [
    "Slice",
    (call, of) => {
      const { length } = call.shape(0);
      const axes = call.has(3) ? of(3) : call.has(1) ? elements(call, of, 1)?.map((_, i) => i) : undefined;
      const cut = new Set(axes?.map((axis) => (typeof axis === "number" ? (axis + length) % length : NaN)));
      return call.shape(0).map((size, axis) => {
        if (axes === undefined || cut.has(NaN)) return unknownDim;
        if (!cut.has(axis)) return size;
        const i = axes.findIndex((one) => typeof one === "number" && (one + length) % length === axis);
        const [start, end, step] = [of(1)?.[i], of(2)?.[i], call.has(4) ? of(4)?.[i] : 1];
        return start === 0 && step === 1 && end === size ? size : unknownDim;
      });
    },
  ],
  ["Pad", sameRank],
  ["CenterCropPad", sameRank],
  [
    "Resize",
    (call, of) => {
      const asked = call.attributes["axes"] === undefined && call.has(3) ? of(3) : undefined;
      return call.shape(0).map((_, axis) => asked?.[axis] ?? unknownDim);
    },
  ],
  ["TopK", sameRank],
  ["Trilu", (call) => call.shape(0)],
  ["CumSum", (call) => call.shape(0)],
  ["CumProd", (call) => call.shape(0)],
  ["Dropout", (call) => call.shape(0)],
  [
    "DFT",
    (call) => {
      // The last axis holds the real and the imaginary part; of a real signal's transform one half may be left out.
      const { length } = call.shape(0);
      const inverse = call.int("inverse", 0) === 1 && call.int("onesided", 0) === 1;
      const sameLength = !call.has(1) && call.int("onesided", 0) === 0;
      return call
        .shape(0)
        .map((size, axis) => (axis === length - 1 ? (inverse ? 1 : 2) : sameLength ? size : unknownDim));
    },
  ],
  [
    "OneHot",
    (call) => {
      const own = call.shape(0);
      const axis = call.axis(call.int("axis", -1), own.length + 1);
      return [...own.slice(0, axis), unknownDim, ...own.slice(axis)];
    },
  ],
  [
    "Col2Im",
    (call, of) => {
      const image = elements(call, of, 1);
      return image === undefined
        ? undefined
        : [call.shape(0)[0] ?? unknownDim, unknownDim, ...image.map((size) => size ?? unknownDim)];
    },
  ],
  [
    "Unsqueeze",
    (call, of) =>
      elements(call, of, 1)
        ?.concat(call.shape(0))
        .map(() => unknownDim),
  ],
  ...["Sum", "Mean", "Max", "Min", "Prod", "L1", "L2", "LogSum", "LogSumExp", "SumSquare"].map(
    (name): [string, ShapeRule] => [
      `Reduce${name}`,
      (call) =>
        call.int("keepdims", 1) === 1
          ? call.shape(0).map((size) => (size === 1 ? 1 : unknownDim))
          : undefined,
    ],
  ),
]);

function at(sizes: Sizes, axis: number): Dim | undefined {
  return axis < 0 ? 1 : sizes[axis];
}

/** The asked sizes, with -1 as what the others leave of the input's elements where that can be told. */
function filled(input: readonly Dim[] | undefined, asked: Sizes): readonly Dim[] {
  const known = asked.every((size) => size !== undefined);
  return asked.map((size) => {
    if (size === undefined) return unknownDim;
    if (size !== -1) return size;
    if (input === undefined || !known || input.includes(unknownDim)) return unknownDim;
    const rest = [...input];
    const others: Dim[] = [];
    for (const other of asked) {
      if (other === -1 || other === undefined) continue;
      const cancelled = isKnown(other) ? -1 : rest.indexOf(other);
      if (cancelled >= 0) rest.splice(cancelled, 1);
      else others.push(other);
    }
    const divisor = dimProduct(others);
    return divisor === 0 ? unknownDim : dimFloorDiv(dimProduct(rest), divisor);
  });
}
