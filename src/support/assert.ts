/** Assertions about our own code. What a user can get wrong is reported through `diagnostics/` instead. */

/** Thrown when sbpc itself is wrong; `reason` is constant and searchable, details are appended. */
export class InternalError extends Error {
  override readonly name = "InternalError";
}

/** Throws an `InternalError` unless `condition` holds. `details` is only evaluated on failure. */
export function invariant(condition: unknown, reason: string, details?: () => string): asserts condition {
  if (!condition) {
    throw new InternalError(details === undefined ? reason : `${reason}: ${details()}`);
  }
}

/** The value, which our own code guarantees to be there. */
export function present<T>(value: T | null | undefined, reason: string, details?: () => string): T {
  invariant(value !== null && value !== undefined, reason, details);
  return value;
}
