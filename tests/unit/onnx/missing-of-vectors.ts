/**
 * Signatures that brute force finds to hold on calls of onnx's node tests and that are not listed all the same, each with what
 * violates it.
 */
import type { Prepared } from "../ops/harness.ts";
import type { Unlisted } from "../ops/missing.ts";

export const unlistedOfVectors: readonly Unlisted[] = [];

/** The index of the entry that accepts it; -1 where none does. */
export function entryFor({ opCase, text }: Prepared, signature: string): number {
  return unlistedOfVectors.findIndex(
    (entry) => entry.op === opCase.op && entry.signature === signature && text.includes(entry.call ?? ""),
  );
}
