/** AffineGrid: the places at which affine maps put the points of a regular grid; linear in the maps. */
import { isKnown, type Dim } from "../ir/dim.ts";
import { tensorType } from "../ir/types.ts";
import type { ResolvedRule } from "../sbp/signature.ts";
import { product, range } from "../support/collections.ts";
import type { Call } from "./call.ts";
import type { Dense } from "./contract.ts";
import { defineOp, type OpDefinition } from "./define.ts";
import { build } from "./dense.ts";
import { commonDtype } from "./elementwise.ts";
import { dataDependentDim } from "./movement.ts";

/** Axes of space, 2 or 3. */
function spatialRank(call: Call): number {
  const [, rows, columns] = call.shape(0);
  if (call.rank(0) !== 3 || (rows !== 2 && rows !== 3) || columns !== rows + 1)
    call.failShape("theta must be [batch, 2, 3] or [batch, 3, 4]");
  return rows;
}

/** Sizes of the grid; such as only execution knows where `size` is not known. */
function gridShape(call: Call): readonly Dim[] {
  const rank = spatialRank(call);
  if (call.constant(1) === undefined) return range(rank).map((axis) => dataDependentDim(call, axis));
  const size = call.constantInts(1, "size") ?? [];
  if (size.length !== rank + 2) call.failShape(`the size must have ${rank + 2} elements`);
  return size.slice(2);
}

function checkSamples(call: Call): void {
  const size = call.constant(1) === undefined ? undefined : call.constantInts(1, "size");
  const samples = call.shape(0)[0] as Dim;
  if (size !== undefined && isKnown(samples) && samples !== size[0])
    call.failShape(`the size is of ${size[0]} samples, theta of ${samples}`);
}

const affineGrid = defineOp({
  name: "AffineGrid",
  doc: "The positions from -1 to 1 of a regular grid, moved by every sample's affine map.",
  since: 20,
  inputs: [2, 2],
  gradient: { none: "it makes places to sample images at, and sampling has no gradient" },
  axes: (call): ResolvedRule => {
    const known = call.constant(1) !== undefined;
    const samples = known ? "n" : null;
    const grid = range(spatialRank(call) + 1).map(() => null);
    return { inputs: [[samples, null, null], [null]], outputs: [[samples, ...grid]] };
  },
  partials: (call) => (call.constant(1) === undefined ? {} : { linear: [[0]] }),
  infer: (call) => {
    const grid = gridShape(call);
    checkSamples(call);
    return [
      tensorType(commonDtype(call, "float", [0]), [call.shape(0)[0] as Dim, ...grid, spatialRank(call)]),
    ];
  },
  flops: (call) => {
    const rank = spatialRank(call);
    const points = product([call.shape(0)[0] as Dim, ...gridShape(call)].map((n) => (isKnown(n) ? n : 1)));
    return 2 * rank * (rank + 1) * points;
  },
  // The size names the samples, of which a device has some.
  localize: ({ g, call, inputs, outputTypes }) => {
    const [theta, size] = inputs as readonly [string, string];
    const known = call.constantInts(1, "size")?.with(0, outputTypes[0]?.shape[0] as number);
    return [g.op("AffineGrid", [theta, known === undefined ? size : g.ints(known)], call.attributes)];
  },
  evaluate: ({ call, inputs: [theta] }) => {
    const { dtype, shape, data } = theta as Dense;
    const [rank, sizes] = [spatialRank(call), gridShape(call) as readonly number[]];
    const corners = call.int("align_corners", 0) === 1;
    const place = (i: number, size: number) => {
      if (!corners) return (2 * i + 1) / size - 1;
      return size === 1 ? 0 : (2 * i) / (size - 1) - 1;
    };
    return [
      build(dtype, [shape[0] as number, ...sizes, rank], (index) => {
        const row = ((index[0] as number) * rank + (index.at(-1) as number)) * (rank + 1);
        // The first coordinate belongs to the last axis.
        return range(rank).reduce(
          (sum, j) =>
            sum + (data[row + j] as number) * place(index[rank - j] as number, sizes[rank - 1 - j] as number),
          data[row + rank] as number,
        );
      }),
    ];
  },
});

export const affineGridOps: readonly OpDefinition[] = [affineGrid];
