/**
 * Signatures that brute force finds on its data and that are not listed all the same, each with what violates it.
 * `signature` is as printed, for the case's operator; `counterexample` is a call for which it is false, or says why it
 * cannot be had.
 */
export interface Unlisted {
  readonly op: string;
  readonly signature: string;
  /** Part of the case's text, where only some calls of the operator are meant. */
  readonly call?: string;
  readonly reason: string;
  readonly counterexample: string;
}

const overflow = "The element type overflows.";

const reductions = ["P(sum)", "P(max)", "P(min)"];

/** A parameter is held, and so is never partial; it is given what it is held as. */
const ofAssign: readonly Unlisted[] = [
  ...["B", ...reductions].flatMap((held) => reductions.map((next) => `(${held}, ${next}) -> ${next}`)),
  ...reductions.flatMap((held) => ["B", "P(max)", "P(min)"].map((result) => `(${held}, B) -> ${result}`)),
].map((signature) => ({
  op: "sbpc.Assign",
  signature,
  reason: "What the parameter holds must be the new value in the layout in which the parameter is held.",
  counterexample: "any: a source in the layout P is an error of the plan",
}));

export const unlisted: readonly Unlisted[] = [
  ...ofAssign,
  ...["(P(max)) -> P(max)", "(P(min)) -> P(min)"].map((signature) => ({
    op: "sbpc.Accumulate",
    signature,
    reason: "A sum of maxima is not the maximum of sums.",
    counterexample: "f32[1], two micro-batches: terms (1, 0) and then (0, 1) have the maxima 1 and 1, sum 2",
  })),
  ...["(P(sum), B, P(sum)) -> P(sum)", "(P(sum), P(sum), B) -> P(sum)"].map((signature) => ({
    op: "sbpc.SgdStep",
    signature,
    reason: "A parameter is held, and so is never partial.",
    counterexample: "any: a source in the layout P is an error of the plan",
  })),
  {
    op: "sbpc.SgdStep",
    signature: "(P(sum), P(sum), B, P(sum)) -> P(sum), P(sum)",
    reason: "A parameter is held, and so is never partial.",
    counterexample: "any: a source in the layout P is an error of the plan",
  },
  {
    op: "Neg",
    signature: "(P(min)) -> P(max)",
    call: "i64",
    reason: "The lowest integer is its own negative.",
    counterexample: "i64[1]: terms -2^63 and 0 give max(-2^63, 0) = 0 for -(-2^63) = -2^63",
  },
  {
    op: "Cast",
    signature: "(P(sum)) -> P(sum)",
    call: "f64",
    reason:
      "Rounding to fewer digits is not linear; f64 arithmetic, in which the check runs, does not round.",
    counterexample: "f64[1] to f32: terms 1 and 2^-25, 30 times over",
  },
  {
    op: "Cast",
    signature: "(P(max)) -> P(max)",
    call: 'f32[5,3]) {"to":7}',
    reason: "The identity element of max is -inf, which no integer is.",
    counterexample: "f32[1] to i64: terms 1 and -inf",
  },
  {
    op: "Cast",
    signature: "(P(min)) -> P(min)",
    call: 'f32[5,3]) {"to":7}',
    reason: "The identity element of min is inf, which no integer is.",
    counterexample: "f32[1] to i64: terms 1 and inf",
  },
  {
    op: "Cast",
    signature: "(P(sum)) -> P(max)",
    call: 'u8[5,3]) {"to":9}',
    reason: overflow,
    counterexample: "u8[1] to bool: terms 128 and 128 add up to 0, which is false",
  },
  ...["(B, P(max)) -> P(max)", "(P(max), B) -> P(max)", "(P(min), B) -> P(min)"].map((signature) => ({
    op: "BitShift",
    signature,
    call: "LEFT",
    reason: overflow,
    counterexample: "u8[1] shifted left by 1: terms 128 and 1 give max(0, 2) and min(0, 2)",
  })),
  ...["(B, B, P(max)) -> P(max)", "(B, B, P(min)) -> P(min)"].map((signature) => ({
    op: "SoftmaxCrossEntropyLoss",
    signature,
    call: '"reduction":"none"',
    reason: "An infinite weight times a loss of zero is not a number.",
    counterexample: "f32[1,1], weights f32[1]: terms 1 and -inf, the loss of the only class is 0",
  })),
  ...[
    "(P(sum), B) -> P(sum)",
    "(B, P(sum)) -> P(sum)",
    "(B, P(sum), B) -> P(sum)",
    "(B, P(sum), B, P(sum)) -> P(sum)",
  ].map((signature) => ({
    op: "ConvInteger",
    signature,
    reason: overflow,
    counterexample: "u8[1,1,1], weight u8[1,1,1] = 1: terms 128 and 128 add up to 0, their results to 256",
  })),
  {
    op: "BitShift",
    signature: "(B, P(min)) -> P(max)",
    call: "RIGHT",
    reason: "The identity element of min is no shift: a distance past the width has no meaning.",
    counterexample: "u8[1] shifted right: terms 1 and 255",
  },
  {
    op: "com.microsoft.MatMulNBits",
    signature: "(B, P(sum), B, P(sum), -, P(sum)) -> P(sum)",
    call: '"bits":8',
    reason: overflow,
    counterexample: "u8 weights: terms 200 and 100 add up to 44, whose product is not that of 300",
  },
  ...(
    [
      ["MatMulInteger", "i8[5,4])", "(B, P(sum)) -> P(sum)"],
      ["MatMulInteger", "i8[5,4])", "(P(sum), B) -> P(sum)"],
      ["MatMulInteger", "u8[], u8[]", "(B, P(sum), B, P(sum)) -> P(sum)"],
      ["MatMulInteger", "u8[], u8[]", "(P(sum), B, P(sum), B) -> P(sum)"],
      ["MatMulInteger", "i8[1], i8[3]", "(B, P(sum), B, P(sum)) -> P(sum)"],
      ["MatMulInteger", "i8[1], i8[3]", "(P(sum), B, P(sum), B) -> P(sum)"],
      ["com.microsoft.MatMulIntegerToFloat", "u8[5,4], f32[]", "(B, P(sum), B, B) -> P(sum)"],
      ["com.microsoft.MatMulIntegerToFloat", "u8[5,4], f32[]", "(P(sum), B, B, B) -> P(sum)"],
      ["com.microsoft.DynamicQuantizeMatMul", "i8[5,4], f32[])", "(B, P(sum), B) -> P(sum)"],
      ["com.microsoft.DynamicQuantizeMatMul", "u8[3], f32[3])", "(B, P(sum), B, P(sum), P(sum)) -> P(sum)"],
    ] as const
  ).map(([op, call, signature]) => ({
    op,
    call,
    signature,
    reason: overflow,
    counterexample:
      "8-bit operands: terms 200 and 100 (or 100 and 100) wrap around when they are added, 32-bit products do not",
  })),
  ...[
    ["u8[3,4], f32[])", "(P(sum), B) -> P(sum)"],
    ["f32[], i8[])", "(P(sum), B, P(sum)) -> P(sum)"],
    ["f32[4], u8[4])", "(P(sum), B, P(sum)) -> P(sum)"],
    ["i32[3,4]", "(P(sum), B) -> P(sum)"],
    ["u16[3,4])", "(P(sum), B, P(sum)) -> P(sum)"],
    ["i16[6,3]", "(P(sum), B) -> P(sum)"],
    ["0.3, i8[3])", "(P(sum), B, P(sum)) -> P(sum)"],
    ["-0.1, u8[1])", "(P(sum), B, P(sum)) -> P(sum)"],
    ["u16[3,4], f32[], u16[])", "(P(sum), B, P(sum)) -> P(sum)"],
  ].map(([call, signature]) => ({
    op: call?.startsWith("u16[3,4], f32") === true ? "com.microsoft.DequantizeLinear" : "DequantizeLinear",
    call: call as string,
    signature: signature as string,
    reason: overflow,
    counterexample: "u8: terms 200 and 100 add up to 44; i32: terms 2^31 - 1 and 1 to -2^31",
  })),
];
