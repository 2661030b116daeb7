/** Calls of operators for the signature harness: small, with axes that two and three devices split unevenly. */
import type { Attributes } from "../../../src/ir/graph.ts";
import type { DataType } from "../../../src/ir/types.ts";

export interface CaseInput {
  readonly dtype: DataType;
  readonly shape: readonly number[];
  /** Row-major elements, known at compile time. */
  readonly constant?: readonly number[];
  /** Range of random elements; default -2 to 2. Both bounds are reached by integers. */
  readonly low?: number;
  readonly high?: number;
  /** Values that about a third of the random elements take instead, e.g. NaN. */
  readonly special?: readonly number[];
  /** For strings: what random elements are picked from. */
  readonly texts?: readonly string[];
}

export interface OpCase {
  readonly op: string;
  readonly attributes?: Attributes;
  /** Null for an absent optional input. */
  readonly inputs: readonly (CaseInput | null)[];
  /** Default 1. */
  readonly outputs?: number;
  /** Why ONNX Runtime computes something else or refuses what ONNX allows; it is checked that it still does. */
  readonly runtimeDiffers?: string;
}
