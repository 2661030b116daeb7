/** Operators that only the compiler makes. */
import type { OpCase } from "../case.ts";

export const compilerCases: readonly OpCase[] = [
  { op: "sbpc.ToGlobal", inputs: [{ dtype: "f32", shape: [5, 3] }] },
  { op: "sbpc.ToGlobal", inputs: [{ dtype: "i64", shape: [2, 5, 3] }] },
];
