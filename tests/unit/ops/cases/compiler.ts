/** Operators that only the compiler makes. */
import type { OpCase } from "../case.ts";

const tensor = { dtype: "f32", shape: [5, 3] } as const;
const scalar = { dtype: "f32", shape: [], low: 0.5, high: 1 } as const;
const positive = { ...tensor, low: 0.1, high: 2 } as const;
const adam = { beta1: 0.9, beta2: 0.999, epsilon: { float: 1e-8 } };

export const compilerCases: readonly OpCase[] = [
  { op: "sbpc.ToGlobal", inputs: [tensor] },
  { op: "sbpc.ToGlobal", inputs: [{ dtype: "i64", shape: [2, 5, 3] }] },
  { op: "sbpc.Accumulate", inputs: [tensor] },
  { op: "sbpc.Gradient", attributes: { parameter: "w" }, inputs: [tensor] },
  { op: "sbpc.Assign", inputs: [tensor, tensor] },
  { op: "sbpc.SgdStep", inputs: [tensor, tensor, scalar] },
  {
    op: "sbpc.SgdStep",
    attributes: { momentum: 0.9, weight_decay: 0.1, nesterov: 1 },
    inputs: [tensor, tensor, scalar, tensor],
    outputs: 2,
  },
  {
    op: "sbpc.AdamStep",
    attributes: { ...adam, weight_decay: 0.1 },
    inputs: [tensor, tensor, tensor, positive, scalar, scalar, scalar],
    outputs: 3,
  },
];
