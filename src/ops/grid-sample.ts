/**
 * GridSample: elements of an image at positions that a grid gives, interpolated.
 *
 *   batch      X S(0)   G S(0)   -> S(0)
 *   channels   X S(1)   G B      -> S(1)
 *   outputs    X B      G S(i)   -> S(i + 1)
 *
 * Any position may be asked for, so every device has its images whole. Linear in the image; where the nearest element is
 * taken, elements only move.
 */
import { isKnown, type Dim } from "../ir/dim.ts";
import { isFloat, tensorType } from "../ir/types.ts";
import type { PartialRules } from "../sbp/signature.ts";
import { product, range } from "../support/collections.ts";
import type { Call } from "./call.ts";
import type { Dense } from "./contract.ts";
import { defineOp, type OpDefinition } from "./define.ts";
import { build, forEachIndex, offsetOf, stridesOf } from "./dense.ts";
import { localDims, movedPartials } from "./movement.ts";
import { cubic } from "./resample-taps.ts";

type Mode = "nearest" | "linear" | "cubic";

function modeOf(call: Call): Mode {
  const mode = call.string("mode", "linear");
  if (mode === "nearest" || mode === "linear" || mode === "cubic") return mode;
  return call.fail("bad-attribute", { name: "mode", problem: `is ${mode}` });
}

function paddingOf(call: Call): string {
  const text = call.string("padding_mode", "zeros");
  if (!["zeros", "border", "reflection"].includes(text))
    call.fail("bad-attribute", { name: "padding_mode", problem: `is ${text}` });
  return text;
}

function sampledShape(call: Call): readonly Dim[] {
  const [x, grid] = [call.shape(0), call.shape(1)];
  const spatial = x.length - 2;
  if (spatial < 1 || grid.length !== x.length)
    call.failShape("the image has the axes N, C and some more, the grid as many axes as the image");
  const last = grid.at(-1) as Dim;
  if (isKnown(last) && last !== spatial)
    call.failShape(`positions of ${last} coordinates in ${spatial} spatial axes`);
  if (isKnown(x[0] as Dim) && isKnown(grid[0] as Dim) && x[0] !== grid[0])
    call.failShape(`${grid[0] as number} grids for ${x[0] as number} images`);
  if (modeOf(call) === "cubic" && spatial !== 2)
    call.fail("bad-attribute", { name: "mode", problem: "is cubic: for images of two axes only" });
  return [...x.slice(0, 2), ...grid.slice(1, -1)];
}

function partialsOf(call: Call): PartialRules {
  if (modeOf(call) === "nearest") return movedPartials(call);
  return isFloat(call.dtype(0)) ? { linear: [[0]] } : {};
}

/** Taps along an axis of `size` elements of a position from -1 to 1. */
function tapsOf(mode: Mode, alignCorners: boolean, size: number, position: number) {
  const x = alignCorners ? ((position + 1) / 2) * (size - 1) : ((position + 1) * size - 1) / 2;
  if (mode === "nearest") return [{ at: roundHalfEven(x), weight: 1 }];
  const first = Math.floor(x) - (mode === "cubic" ? 1 : 0);
  return range(mode === "cubic" ? 4 : 2).map((i) => {
    const at = first + i;
    return { at, weight: mode === "cubic" ? cubic(at - x, -0.75) : 1 - Math.abs(at - x) };
  });
}

function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** The element that stands for one outside the line; -1 where it is zero. */
function inside(padding: string, alignCorners: boolean, size: number, at: number): number {
  if (at >= 0 && at < size) return at;
  if (padding === "zeros") return -1;
  if (padding === "border") return Math.min(Math.max(at, 0), size - 1);
  // Mirrored about the middle of the end elements, or about their outer edges.
  const period = alignCorners ? 2 * (size - 1) : 2 * size;
  if (period === 0) return 0;
  const offset = ((at % period) + period) % period;
  return offset < size ? offset : alignCorners ? period - offset : period - 1 - offset;
}

function evaluateSample(call: Call, x: Dense, grid: Dense): Dense {
  const [mode, padding] = [modeOf(call), paddingOf(call)];
  const alignCorners = call.int("align_corners", 0) === 1;
  const sizes = x.shape.slice(2);
  const [strides, gridStrides] = [stridesOf(x.shape), stridesOf(grid.shape)];
  return build(x.dtype, localDims(sampledShape(call)), ([n = 0, c = 0, ...position]) => {
    const from = offsetOf([n, ...position, 0], gridStrides);
    // The grid names the last axis first.
    const taps = sizes.map((size, axis) =>
      tapsOf(mode, alignCorners, size, grid.data[from + sizes.length - 1 - axis] as number).map(
        ({ at, weight }) => ({ at: inside(padding, alignCorners, size, at), weight }),
      ),
    );
    let total = 0;
    forEachIndex(
      taps.map((list) => list.length),
      (index) => {
        const chosen = taps.map((list, axis) => list[index[axis] as number] as (typeof list)[number]);
        if (chosen.some(({ at }) => at < 0)) return;
        const value = x.data[offsetOf([n, c, ...chosen.map(({ at }) => at)], strides)] as number;
        total += value * product(chosen.map(({ weight }) => weight));
      },
    );
    return total;
  });
}

const gridSample = defineOp({
  name: "GridSample",
  doc: "The image at the positions of a grid: nearest elements, linear or cubic interpolation.",
  since: 20,
  inputs: [2, 2],
  gradient: {
    none: "its derivative adds to four elements or more per sample, which no operator of ONNX does for all modes",
  },
  axes: (call) => {
    const positions = call
      .shape(1)
      .slice(1, -1)
      .map((_, i) => `p${i}`);
    return {
      inputs: [
        ["n", "c", ...positions.map(() => null)],
        ["n", ...positions, null],
      ],
      outputs: [["n", "c", ...positions]],
    };
  },
  partials: partialsOf,
  infer: (call) => {
    paddingOf(call);
    return [tensorType(call.dtype(0), sampledShape(call))];
  },
  flops: (call, outputs) => {
    const [made] = outputs ?? [];
    const shape = made?.kind === "tensor" ? made.shape : sampledShape(call);
    const taps = { nearest: 1, linear: 2, cubic: 4 }[modeOf(call)] ** (call.rank(0) - 2);
    return 2 * taps * product(shape.map((dim) => (isKnown(dim) ? dim : 1)));
  },
  evaluate: ({ call, inputs: [x, grid] }) => [evaluateSample(call, x as Dense, grid as Dense)],
});

export const gridSampleOps: readonly OpDefinition[] = [gridSample];
