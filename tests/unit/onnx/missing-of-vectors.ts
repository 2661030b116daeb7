/**
 * Signatures that brute force finds to hold on calls of onnx's node tests and that are not listed all the same, each with what
 * violates it.
 */
import type { Prepared } from "../ops/harness.ts";
import type { Unlisted } from "../ops/missing.ts";

const overflow = "The element type overflows.";
const particular = "It holds for these attributes alone.";

/** Entries of one operator that have everything but the signature in common. */
function entries(
  op: string,
  signatures: readonly string[],
  reason: string,
  counterexample: string,
  call?: string,
): Unlisted[] {
  return signatures.map((signature) => ({
    op,
    signature,
    reason,
    counterexample,
    ...(call === undefined ? {} : { call }),
  }));
}

const firstUp = ["(P(max), B) -> P(max)", "(P(min), B) -> P(min)"];
const secondUp = ["(B, P(max)) -> P(max)", "(B, P(min)) -> P(min)"];

export const unlistedOfVectors: readonly Unlisted[] = [
  ...entries(
    "Add",
    [...firstUp, ...secondUp],
    overflow,
    "u8[1] plus 100: terms 200 and 1 give max(44, 101) for 44 and min(44, 101) for 101",
  ),
  ...entries(
    "Sub",
    ["(P(min), B) -> P(min)"],
    overflow,
    "u64[1] minus 2: terms 1 and 3 give min(2^64 - 1, 1) for 2^64 - 1",
  ),
  ...entries(
    "Div",
    ["(P(max), B) -> P(max)"],
    "Quotients fall as the dividend rises where the divisor is negative.",
    "i16[1] by -1: terms 1 and 3 give max(-1, -3) for -3",
    "i16",
  ),
  ...entries(
    "Mul",
    [...firstUp, ...secondUp],
    overflow,
    "u8[1] times 2: terms 128 and 1 give max(0, 2) for 0 and min(0, 2) for 2",
  ),
  ...entries(
    "BitShift",
    [...firstUp, ...secondUp],
    overflow,
    "u8[1] shifted left by 1: terms 128 and 1 give max(0, 2) for 0 and min(0, 2) for 2; 1 shifted by 7 and by 8 likewise",
    "LEFT",
  ),
  ...entries(
    "BitShift",
    ["(B, P(min)) -> P(max)"],
    "The identity element of min is no shift: a distance past the width has no meaning.",
    "u8[1] shifted right: terms 1 and 255",
    "RIGHT",
  ),
  ...entries(
    "Cast",
    ["(P(sum)) -> P(sum)"],
    "Rounding to fewer digits is not linear; f64 arithmetic, in which the check runs, does not round.",
    "f64[1] to f32: terms 1 and 2^-25, 30 times over",
  ),
  ...entries(
    "CastLike",
    ["(P(sum), B) -> P(sum)"],
    "Rounding to fewer digits is not linear; f64 arithmetic, in which the check runs, does not round.",
    "f64[1] to f32: terms 1 and 2^-25, 30 times over",
  ),
  ...entries(
    "DequantizeLinear",
    ["(P(sum), B, P(sum)) -> P(sum)"],
    overflow,
    "u8: terms 200 and 100 add up to 44",
  ),
  ...entries(
    "ConvInteger",
    ["(P(sum), B, P(sum), B) -> P(sum)", "(P(sum), B, P(sum)) -> P(sum)", "(B, P(sum), B) -> P(sum)"],
    overflow,
    "u8[1,1,1,1], weight u8[1,1,1,1] = 1: terms 128 and 128 add up to 0, their results to 256",
  ),
  ...entries(
    "ConvInteger",
    ["(B, B, P(sum)) -> P(min)", "(B, B, P(max)) -> P(min)", "(B, B, P(min)) -> P(max)"],
    "A result falls as the zero point rises only where the weights add up to no less than zero.",
    "i8 weights [-1]: zero points 0 and 1 of u8[1,1,1] = 1 give -1 and 0",
  ),
  ...entries(
    "Col2Im",
    ["(P(max), B, B) -> P(max)", "(P(min), B, B) -> P(min)"],
    "Where blocks overlap, their elements are added.",
    "f32[1,2,2], image [3], block [2]: the middle element is the sum of two",
  ),
  ...entries(
    "OptionalGetElement",
    ["(S(0)) -> S(0)", "(P(sum)) -> P(sum)", "(P(max)) -> P(max)", "(P(min)) -> P(min)"],
    "Of a tensor it gives the tensor, and goes away before layouts are chosen.",
    "optional(f32[4]): it has no layout",
  ),
  ...entries(
    "MelWeightMatrix",
    ["(B, B, B, B, P(max)) -> P(max)", "(B, B, B, B, P(min)) -> P(max)", "(B, B, B, P(min), B) -> P(max)"],
    "The edges are rounded to bins, and these terms fall into the same ones.",
    "upper edges 4096 and 2048 put every triangle elsewhere",
  ),
  ...entries(
    "CausalConvWithState",
    ["(S(2), B) -> S(2), B", "(P(sum), B) -> P(sum), B"],
    particular,
    "a kernel of two positions reaches the neighbour's, and its state is one of the input's positions",
    "[4, 1, 1]",
  ),
  ...entries(
    "MaxPool",
    ["(P(sum)) -> P(sum)", "(P(min)) -> P(min)"],
    particular,
    "f32[1,1,2] in a window of two: terms (1, 0) and (0, 1) add up to (1, 1), their maxima to 2",
    '"kernel_shape":[1,1]',
  ),
  ...entries(
    "Resize",
    ["(P(max), -, B) -> P(max)", "(P(min), -, B) -> P(min)"],
    "Here corners alone are taken; otherwise elements are mixed.",
    "f32[1,1,1,2] to three columns: the middle one is the mean of two",
    "align_corners",
  ),
  ...entries(
    "SoftmaxCrossEntropyLoss",
    ["(B, B, P(max)) -> P(max)", "(B, B, P(min)) -> P(min)"],
    "An infinite weight times a loss of zero is not a number.",
    "f32[1,1], weights f32[1]: terms 1 and -inf, the loss of the only class is 0",
    '"reduction":"none"',
  ),
];

/** The index of the entry that accepts it; -1 where none does. */
export function entryFor({ opCase, text }: Prepared, signature: string): number {
  return unlistedOfVectors.findIndex(
    (entry) => entry.op === opCase.op && entry.signature === signature && text.includes(entry.call ?? ""),
  );
}
