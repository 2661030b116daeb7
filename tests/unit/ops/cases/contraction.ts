/** MatMul, Gemm, Einsum. */
import type { Attributes } from "../../../../src/ir/graph.ts";
import type { CaseInput, OpCase } from "../case.ts";

const f32 = (...shape: number[]): CaseInput => ({ dtype: "f32", shape });

function einsum(equation: string, ...inputs: CaseInput[]): OpCase {
  return { op: "Einsum", attributes: { equation }, inputs };
}

function gemm(attributes: Attributes, ...inputs: CaseInput[]): OpCase {
  return { op: "Gemm", attributes, inputs };
}

export const contractionCases: readonly OpCase[] = [
  { op: "MatMul", inputs: [f32(5, 3), f32(3, 4)] },
  { op: "MatMul", inputs: [f32(3, 5), f32(5, 3)] },
  { op: "MatMul", inputs: [f32(5), f32(5)] },
  { op: "MatMul", inputs: [f32(5), f32(5, 3)] },
  { op: "MatMul", inputs: [f32(3, 5), f32(5)] },
  { op: "MatMul", inputs: [f32(5), f32(3, 5, 3)] },
  { op: "MatMul", inputs: [f32(3, 3, 5), f32(5)] },
  { op: "MatMul", inputs: [f32(3, 2, 5), f32(3, 5, 3)] },
  { op: "MatMul", inputs: [f32(5, 3, 3), f32(3, 4)] },
  { op: "MatMul", inputs: [f32(3, 1, 2, 5), f32(4, 5, 3)] },
  { op: "MatMul", inputs: [f32(1, 3, 5), f32(3, 5, 2)] },
  {
    op: "MatMul",
    inputs: [
      { dtype: "i32", shape: [5, 3], low: -5, high: 5 },
      { dtype: "i32", shape: [3, 4], low: -5, high: 5 },
    ],
  },

  gemm({}, f32(5, 3), f32(3, 4)),
  gemm({}, f32(5, 3), f32(3, 4), f32(5, 4)),
  gemm({ transB: 1 }, f32(3, 5), f32(4, 5), f32(4)),
  gemm({ transA: 1, alpha: 0.5, beta: 2.5 }, f32(5, 3), f32(5, 4), f32(3, 1)),
  gemm({ transA: 1, transB: 1, beta: -1.5 }, f32(5, 3), f32(4, 5), f32(1, 4)),
  gemm({ alpha: 1.5 }, f32(5, 3), f32(3, 4), f32()),

  einsum("ij,jk->ik", f32(5, 3), f32(3, 4)),
  einsum("bhqd,bhkd->bhqk", f32(3, 2, 5, 2), f32(3, 2, 3, 2)),
  einsum("...ij,...jk->...ik", f32(3, 1, 2, 5), f32(3, 4, 5, 3)),
  einsum("ij,jk", f32(5, 3), f32(3, 4)),
  einsum("ij->ji", f32(5, 3)),
  einsum("ij->i", f32(3, 5)),
  einsum("ii->i", f32(5, 5)),
  einsum("ii->", f32(5, 5)),
  einsum("i,j->ij", f32(5), f32(3)),
  einsum("i,i->", f32(5), f32(5)),
  einsum("ij,i,j->j", f32(5, 3), f32(5), f32(3)),
  einsum("...d->...", f32(3, 2, 5)),
];
