/**
 * Col2Im: columns of blocks added up into an image, the inverse of cutting a padded image into windows.
 *
 *   batch      x [N, C K, L] S(0)      -> S(0)
 *   channels   x S(1), whole channels of K rows each   -> S(1)
 *   blocks     x S(2)                  -> P(sum): every device adds up the blocks that it has
 */
import { dimFloorDiv, isKnown, type Dim } from "../ir/dim.ts";
import { partial, split } from "../ir/layout.ts";
import { tensorType } from "../ir/types.ts";
import type { ResolvedRule } from "../sbp/signature.ts";
import { product, range } from "../support/collections.ts";
import type { Call } from "./call.ts";
import type { Dense } from "./contract.ts";
import { defineOp, inputElements, type OpDefinition } from "./define.ts";
import { filled, forEachIndex, offsetOf, stridesOf, wrapInteger } from "./dense.ts";
import { blockSplits, dataDependentDim, isInputSplit, signatureOf, unitsAmong } from "./movement.ts";

interface Folding {
  readonly image: readonly number[];
  readonly block: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly before: readonly number[];
  /** Positions of the block along every axis. */
  readonly positions: readonly number[];
}

function foldingOf(call: Call): Folding {
  const image = call.constantInts(1, "image_shape") ?? [];
  const block = call.constantInts(2, "block_shape") ?? [];
  const rank = image.length;
  const list = (name: string, fallback: number, length = rank) => {
    const values = call.ints(
      name,
      Array.from({ length }, () => fallback),
    );
    if (values.length !== length)
      call.fail("bad-attribute", { name, problem: `has ${values.length} elements, not ${length}` });
    return values;
  };
  if (block.length !== rank) call.failShape(`a block of ${block.length} axes in an image of ${rank}`);
  const [strides, dilations, pads] = [list("strides", 1), list("dilations", 1), list("pads", 0, 2 * rank)];
  const positions = image.map((size, i) => {
    const extent = ((block[i] as number) - 1) * (dilations[i] as number) + 1;
    const room = size + (pads[i] as number) + (pads[rank + i] as number) - extent;
    if (room < 0) call.failShape(`a block of extent ${extent} does not fit into ${size} padded elements`);
    return Math.floor(room / (strides[i] as number)) + 1;
  });
  return { image, block, strides, dilations, before: pads.slice(0, rank), positions };
}

/** Whether image and block are known; else their sizes are what only execution tells. */
function isKnownFolding(call: Call): boolean {
  return call.constant(1) !== undefined && call.constant(2) !== undefined;
}

/** Axes that an image may have: its rank is a size of the file's. */
const mostAxes = 64;

/** Axes of the image. */
function imageRank(call: Call): number {
  const [rank] = call.shape(1);
  if (rank === undefined || !isKnown(rank)) call.fail("not-constant", { name: "image_shape" });
  if (rank > mostAxes) call.failShape(`an image of ${rank} axes`);
  return rank;
}

function imageShape(call: Call): Dim[] {
  if (!isKnownFolding(call)) {
    const known = call.constant(1) === undefined ? undefined : call.constantInts(1, "image_shape");
    const image = known ?? range(imageRank(call)).map((i) => dataDependentDim(call, i));
    return [call.shape(0)[0] as Dim, dataDependentDim(call, "channels"), ...image];
  }
  const { image, block, positions } = foldingOf(call);
  if (call.rank(0) !== 3) call.failShape("the input must be [batch, channels times block, blocks]");
  const [samples, rows, blocks] = call.shape(0) as readonly [Dim, Dim, Dim];
  if (isKnown(blocks) && blocks !== product(positions))
    call.failShape(`${blocks} blocks instead of ${product(positions)}`);
  const taps = product(block);
  if (isKnown(rows) && rows % taps !== 0) call.failShape(`${rows} rows are not blocks of ${taps}`);
  return [samples, dimFloorDiv(rows, taps), ...image];
}

const col2Im = defineOp({
  name: "Col2Im",
  doc: "An image out of columns, each of which is one block of it; where blocks overlap they are added.",
  since: 18,
  inputs: [3, 3],
  gradient: { none: "its derivative cuts an image into columns, which no operator of ONNX does" },
  axes: (call): ResolvedRule => {
    const image = range(imageRank(call)).map(() => null);
    if (!isKnownFolding(call))
      return { inputs: [[null, null, null], [null], [null]], outputs: [[null, null, ...image]] };
    return { inputs: [["n", null, null], [null], [null]], outputs: [["n", null, ...image]] };
  },
  partials: (call) => (isKnownFolding(call) ? { linear: [[0]] } : {}),
  infer: (call) => [tensorType(call.dtype(0), imageShape(call))],
  signatures: (call, derived, context) =>
    isKnownFolding(call)
      ? [
          ...derived,
          ...blockSplits(call, context, 1, product(foldingOf(call).block), 1),
          ...unitsAmong(context, [["input", 0, 2]]).map((unit) =>
            signatureOf(call, { 0: split(2, unit) }, partial("sum")),
          ),
        ]
      : derived,
  flops: (call) => inputElements(call, 0),
  localize: (context) => {
    const { g, call, inputs, perDevice } = context;
    if (!isInputSplit(context, 0, 2)) return [g.op("Col2Im", inputs, call.attributes)];
    // The blocks of other devices are zeros.
    const blocks = call.shape(0)[2] as number;
    const pads = perDevice(({ inputs: [box] }) => {
      const [start, size] = [box?.start[2] as number, box?.size[2] as number];
      return [0, 0, start, 0, 0, blocks - start - size];
    });
    const all = g.op("Pad", [inputs[0] as string, pads], { mode: "constant" });
    return [g.op("Col2Im", [all, inputs[1] as string, inputs[2] as string], call.attributes)];
  },
  evaluate: ({ call, inputs: [input] }) => {
    const x = input as Dense;
    const { image, block, strides, dilations, before, positions } = foldingOf(call);
    const out = filled(x.dtype, imageShape(call) as readonly number[], 0);
    const outStrides = stridesOf(out.shape);
    forEachIndex([out.shape[0] as number, out.shape[1] as number, ...block, ...positions], (index, flat) => {
      const [n = 0, c = 0, ...rest] = index;
      const at = image.map(
        (_, i) =>
          (rest[image.length + i] as number) * (strides[i] as number) +
          (rest[i] as number) * (dilations[i] as number) -
          (before[i] as number),
      );
      if (!at.every((position, i) => position >= 0 && position < (image[i] as number))) return;
      const target = offsetOf([n, c, ...at], outStrides);
      out.data[target] = wrapInteger(x.dtype, (out.data[target] as number) + (x.data[flat] as number));
    });
    return [out];
  },
});

export const col2ImOps: readonly OpDefinition[] = [col2Im];
