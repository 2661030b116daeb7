/** RotaryEmbedding of both domains. */
import type { Attributes } from "../../../../src/ir/graph.ts";
import type { CaseInput, OpCase } from "../case.ts";

const f32 = (...shape: number[]): CaseInput => ({ dtype: "f32", shape });
const ids = (high: number, ...shape: number[]): CaseInput => ({ dtype: "i64", shape, low: 0, high });

function rotary(inputs: readonly CaseInput[], attributes: Attributes = {}): OpCase {
  return { op: "RotaryEmbedding", attributes, inputs };
}

function contrib(inputs: readonly CaseInput[], attributes: Attributes = {}): OpCase {
  return { op: "com.microsoft.RotaryEmbedding", attributes, inputs };
}

export const rotaryCases: readonly OpCase[] = [
  rotary([f32(3, 3, 4, 8), f32(3, 4, 4), f32(3, 4, 4)]),
  rotary([f32(3, 4, 24), f32(3, 4, 4), f32(3, 4, 4)], { num_heads: 3, interleaved: 1 }),
  rotary([f32(3, 3, 4, 8), f32(6, 4), f32(6, 4), ids(5, 3, 4)]),
  rotary([f32(3, 3, 4, 8), f32(6, 2), f32(6, 2), ids(5, 3, 4)], { rotary_embedding_dim: 4, interleaved: 1 }),
  rotary([f32(3, 4, 24), f32(6, 2), f32(6, 2), ids(5, 3, 4)], { num_heads: 3, rotary_embedding_dim: 4 }),
  contrib([f32(3, 4, 24), ids(5, 3, 4), f32(6, 4), f32(6, 4)]),
  contrib([f32(3, 4, 24), ids(2, 1), f32(6, 4), f32(6, 4)], { num_heads: 3 }),
  contrib([f32(3, 3, 4, 8), ids(5, 3, 4), f32(6, 4), f32(6, 4)], { interleaved: 1 }),
  contrib([f32(3, 4, 24), ids(5, 3, 4), f32(6, 2), f32(6, 2)], { num_heads: 3, rotary_embedding_dim: 4 }),
];
