/** Whole numbers of 64 bits as protobufjs decodes them. */

/** 64 bits as protobufjs gives them, whichever copy of `long` made them. */
type Wire = number | { readonly low: number; readonly high: number; readonly unsigned: boolean };

/** As a double; beyond 2^53 the nearest one. */
export function toNumber(value: Wire | null | undefined): number {
  if (value == null) return 0;
  if (typeof value === "number") return value;
  return value.high * 2 ** 32 + (value.low >>> 0);
}
