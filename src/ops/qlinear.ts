/** What operators on quantized tensors share: operands off their scales, results on theirs, the checks of both. */
import { isKnown } from "../ir/dim.ts";
import type { DataType } from "../ir/types.ts";
import type { PartialRules } from "../sbp/signature.ts";
import type { Call } from "./call.ts";
import type { Dense } from "./contract.ts";
import { mapDense } from "./dense.ts";
import { up } from "./elementwise.ts";
import { quantized } from "./quantize.ts";

/** A tensor, its scale and its zero point by input index. */
export type Triple = readonly [tensor: number, scale: number, zero: number];

function scalarOf(x: Dense | null | undefined): number {
  return x?.data[0] ?? 0;
}

/** The numbers that a quantized operand stands for. */
export function dequantized(inputs: readonly (Dense | null)[], [tensor, scale, zero]: Triple): Dense {
  const [step, shift] = [scalarOf(inputs[scale]), scalarOf(inputs[zero])];
  return mapDense(inputs[tensor] as Dense, (x) => (x - shift) * step, "f32");
}

export function requantized(
  x: Dense,
  dtype: DataType,
  scale: Dense | null | undefined,
  zero: Dense | null | undefined,
): Dense {
  return mapDense(
    x,
    (value) => quantized(dtype, Math.fround(value / scalarOf(scale)), scalarOf(zero)),
    dtype,
  );
}

/** Scales and zero points have one element each; tensors are 8 bits wide and alike. */
export function checkParameters(call: Call, tensors: readonly number[], needed: readonly number[]): DataType {
  for (const input of needed) if (!call.has(input)) call.failShape(`input ${input} is needed`);
  call.inputs.forEach((type, input) => {
    if (type?.kind !== "tensor" || tensors.includes(input)) return;
    if (type.shape.some((size) => isKnown(size) && size !== 1))
      call.failShape(`input ${input} must be one scale or zero point`);
  });
  const dtype = call.dtype(tensors[0] as number);
  if ((dtype !== "u8" && dtype !== "i8") || tensors.some((input) => call.dtype(input) !== dtype))
    call.fail("dtype-mismatch", { problem: "takes tensors of one 8-bit type", types: call.printShapes() });
  return dtype;
}

export const movedBy =
  (zero: number) =>
  (call: Call): PartialRules => ({
    monotone: call.has(zero) ? [up(zero)] : [],
    reduce: "none",
  });
