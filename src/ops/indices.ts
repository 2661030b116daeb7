/** What operators that read or write at positions held in a tensor share. */
import type { Call } from "./call.ts";
import type { LocalizeContext } from "./contract.ts";
import { asInt64, fromStart } from "./movement.ts";

/** Reports positions that are not whole numbers. */
export function checkIndices(call: Call, index: number): void {
  const dtype = call.dtype(index);
  if (dtype !== "i64" && dtype !== "i32") {
    call.fail("dtype-mismatch", { problem: `input ${index} must be i32 or i64`, types: call.printShapes() });
  }
}

/** i64 positions from the start of the whole axis; constants that are not negative stay as they are. */
export function positions(context: LocalizeContext, index: number, size: number): string {
  const { g, call, inputs } = context;
  const given = asInt64(g, inputs[index] as string);
  const known = call.constant(index);
  return known !== undefined && [...known.data].every((i) => Number(i) >= 0)
    ? given
    : fromStart(g, given, size);
}

/** The position `i` on an axis of `size` elements, counted from its start. */
export function wrapped(i: number, size: number): number {
  return i < 0 ? i + size : i;
}

/** The first element of the device's shard of input 0 on `axis`. */
export function offsetOn(context: LocalizeContext, axis: number): string {
  return context.perDevice(({ inputs: [box] }) => box?.start[axis] as number);
}

/** The rank that data and indices of the element-wise readers and writers share. */
const elementsRank = (call: Call) => {
  if (call.rank(0) !== call.rank(1))
    call.failShape(`data and indices have ${call.rank(0)} and ${call.rank(1)} axes`);
  return call.rank(0);
};

/** The axis along which such indices count. */
export const elementsAxis = (call: Call) => call.axis(call.int("axis", 0), elementsRank(call));
