/** Telling tensors from sequences and optionals in what `evaluate` handles. */
import { printType, tensorType, type ValueType } from "../ir/types.ts";
import { invariant } from "../support/assert.ts";
import type { Datum, Dense, Items } from "./contract.ts";

export function isDense(datum: Datum): datum is Dense {
  return "data" in datum;
}

/** The tensor that a value is. */
export function asDense(datum: Datum): Dense {
  invariant(isDense(datum), "value is no tensor", () => printType(typeOfDatum(datum)));
  return datum;
}

/** The sequence or optional that a value is. */
export function asItems(datum: Datum | null | undefined): Items {
  invariant(datum != null && !isDense(datum), "value is neither a sequence nor an optional");
  return datum;
}

export function typeOfDatum(datum: Datum): ValueType {
  return isDense(datum) ? tensorType(datum.dtype, datum.shape) : datum.type;
}
