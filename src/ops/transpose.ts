/** Operators that permute axes: Transpose, and the two that trade channels for pixels. */
import { dimFloorDiv, dimMul, isKnown } from "../ir/dim.ts";
import { knownShape, tensorType, type TensorType } from "../ir/types.ts";
import type { Signature } from "../sbp/signature.ts";
import type { Call } from "./call.ts";
import type { Dense, SignatureContext } from "./contract.ts";
import { defineOp, type OpDefinition } from "./define.ts";
import { transpose } from "./dense.ts";
import { firstGradient, reshapedTo } from "./gradients.ts";
import { blockSplits, movedPartials, partialSet } from "./movement.ts";

function permutation(call: Call): readonly number[] {
  const rank = call.rank(0);
  const perm = call.ints(
    "perm",
    Array.from({ length: rank }, (_, i) => rank - 1 - i),
  );
  const isPermutation =
    perm.length === rank && new Set(perm).size === rank && perm.every((axis) => axis >= 0 && axis < rank);
  if (!isPermutation)
    call.fail("bad-attribute", {
      name: "perm",
      problem: `[${perm.join(", ")}] does not permute ${rank} axes`,
    });
  return perm;
}

const transposeOp = defineOp({
  name: "Transpose",
  doc: "The axes in the order `perm`; reversed where it is absent.",
  since: 13,
  inputs: [1, 1],
  moves: [0],
  axes: (call) => {
    const perm = permutation(call);
    return `${perm.map((_, axis) => `a${axis}`).join(" ")} -> ${perm.map((axis) => `a${axis}`).join(" ")}`;
  },
  partials: movedPartials,
  gradient: firstGradient((g, dy, _, { call }) => {
    const perm = permutation(call);
    return g.op("Transpose", [dy], { perm: perm.map((_, axis) => perm.indexOf(axis)) });
  }),
  evaluate: ({ call, inputs: [x] }) => [transpose(x as Dense, permutation(call))],
});

function blockSize(call: Call): number {
  if (call.rank(0) !== 4) call.failShape("the input must have the axes N, C, H, W");
  const size = call.int("blocksize");
  if (size < 1) call.fail("bad-attribute", { name: "blocksize", problem: "must be positive" });
  return size;
}

/** Splits of the batch, and of rows and columns in whole blocks: `pixelsIn` input pixels are `pixelsOut` output pixels. */
function blockwise(call: Call, context: SignatureContext, pixelsIn: number, pixelsOut: number): Signature[] {
  return [
    ...partialSet(call, [0]),
    ...blockSplits(call, context, 0, 1, 1),
    ...[2, 3].flatMap((axis) => blockSplits(call, context, axis, pixelsIn, pixelsOut)),
  ];
}

const depthToSpace = defineOp({
  name: "DepthToSpace",
  doc: "Blocks of channels become blocks of pixels; `mode` says which part of the channels is the block (DCR or CRD).",
  since: 13,
  inputs: [1, 1],
  infer: (call): TensorType[] => {
    const b = blockSize(call);
    const [n, c, h, w] = call.shape(0);
    if (isKnown(c!) && c % (b * b) !== 0) call.failShape(`${c} channels are not a multiple of ${b * b}`);
    return [tensorType(call.dtype(0), [n!, dimFloorDiv(c!, b * b), dimMul(h!, b), dimMul(w!, b)])];
  },
  signatures: (call, _, context) => {
    const b = blockSize(call);
    const found = blockwise(call, context, 1, b);
    if (call.string("mode", "DCR") !== "CRD") return found;
    // Channels outermost: each output channel is b*b neighbouring input channels.
    return [...found, ...blockSplits(call, context, 1, b * b, 1)];
  },
  gradient: firstGradient((g, dy, x, { call }) => {
    const b = blockSize(call);
    if (call.string("mode", "DCR") !== "CRD") return g.op("SpaceToDepth", [dy], { blocksize: b });
    const [n = 0, c = 0, h = 0, w = 0] = knownShape(g.type(x));
    const blocks = g.op("Reshape", [dy, g.ints([n, c / (b * b), h, b, w, b])]);
    return reshapedTo(g, g.op("Transpose", [blocks], { perm: [0, 1, 3, 5, 2, 4] }), [n, c, h, w]);
  }),
  evaluate: ({ call, inputs: [x] }) => {
    const b = blockSize(call);
    const [n = 0, c = 0, h = 0, w = 0] = (x as Dense).shape;
    const out = c / (b * b);
    const crd = call.string("mode", "DCR") === "CRD";
    const parts = crd ? [n, out, b, b, h, w] : [n, b, b, out, h, w];
    const moved = transpose({ ...(x as Dense), shape: parts }, crd ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2]);
    return [{ ...moved, shape: [n, out, h * b, w * b] }];
  },
});

const spaceToDepth = defineOp({
  name: "SpaceToDepth",
  doc: "Blocks of pixels become blocks of channels.",
  since: 13,
  inputs: [1, 1],
  infer: (call): TensorType[] => {
    const b = blockSize(call);
    const [n, c, h, w] = call.shape(0);
    for (const size of [h!, w!]) {
      if (isKnown(size) && size % b !== 0) call.failShape(`${size} pixels are not a multiple of ${b}`);
    }
    return [tensorType(call.dtype(0), [n!, dimMul(c!, b * b), dimFloorDiv(h!, b), dimFloorDiv(w!, b)])];
  },
  signatures: (call, _, context) => blockwise(call, context, blockSize(call), 1),
  gradient: firstGradient((g, dy, _, { call }) => g.op("DepthToSpace", [dy], { blocksize: blockSize(call) })),
  evaluate: ({ call, inputs: [x] }) => {
    const b = blockSize(call);
    const [n = 0, c = 0, h = 0, w = 0] = (x as Dense).shape;
    const moved = transpose({ ...(x as Dense), shape: [n, c, h / b, b, w / b, b] }, [0, 3, 5, 1, 2, 4]);
    return [{ ...moved, shape: [n, c * b * b, h / b, w / b] }];
  },
});

export const transposeOps: readonly OpDefinition[] = [transposeOp, depthToSpace, spaceToDepth];
