/** Reading and writing at positions held in a tensor. */
import type { Attributes } from "../../../../src/ir/graph.ts";
import type { CaseInput, OpCase } from "../case.ts";

const f32 = (...shape: number[]): CaseInput => ({ dtype: "f32", shape });
const constant = (shape: number[], ...values: number[]): CaseInput => ({
  dtype: "i64",
  shape,
  constant: values,
});
const depth = (value: number): CaseInput => constant([], value);
/** Positions on an axis of `size` elements, from either end. */
const places = (size: number, ...shape: number[]): CaseInput => ({
  dtype: "i64",
  shape,
  low: -size,
  high: size - 1,
});
const places32 = (size: number, ...shape: number[]): CaseInput => ({
  ...places(size, ...shape),
  dtype: "i32",
});

const gathers: OpCase[] = [
  { op: "Gather", inputs: [f32(5, 3), places(5, 3, 5)] },
  { op: "Gather", attributes: { axis: 1 }, inputs: [f32(3, 5, 3), places32(5, 4)] },
  { op: "Gather", attributes: { axis: -1 }, inputs: [f32(3, 5), places(5)] },
  { op: "Gather", inputs: [f32(7, 3), constant([5], 0, 6, 3, 3, 1)] },
  { op: "Gather", attributes: { axis: 1 }, inputs: [f32(3, 5, 3), constant([], 0)] },
  { op: "Gather", inputs: [{ dtype: "i64", shape: [5], low: -7, high: 7 }, places(5, 3)] },
  { op: "Gather", inputs: [{ dtype: "bool", shape: [5, 3] }, places(5, 3, 5)] },
  { op: "GatherElements", inputs: [f32(5, 3), places(5, 4, 3)] },
  { op: "GatherElements", attributes: { axis: 1 }, inputs: [f32(5, 3), places(3, 5, 5)] },
  { op: "GatherElements", attributes: { axis: -1 }, inputs: [f32(5, 3), places32(3, 3, 3)] },
  { op: "GatherND", inputs: [f32(5, 3, 3), { dtype: "i64", shape: [5, 2], low: -3, high: 2 }] },
  { op: "GatherND", inputs: [f32(5, 3), places(5, 3, 5, 1)] },
  { op: "GatherND", attributes: { batch_dims: 1 }, inputs: [f32(3, 5, 3), places(5, 3, 5, 1)] },
  { op: "GatherND", inputs: [f32(5, 3), { dtype: "i64", shape: [5, 2], low: -3, high: 2 }] },
];

const values: CaseInput = { dtype: "f32", shape: [2], constant: [-0.5, 2] };
const oneHots: OpCase[] = [
  { op: "OneHot", inputs: [{ dtype: "i64", shape: [3, 2], low: -6, high: 6 }, depth(5), values] },
  {
    op: "OneHot",
    attributes: { axis: 0 },
    inputs: [places32(5, 5), { ...constant([1], 5), dtype: "i32" }, values],
  },
  { op: "OneHot", attributes: { axis: 1 }, inputs: [places(3, 5, 3), depth(3), f32(2)] },
];

function scatter(reduction: string, ...inputs: CaseInput[]): OpCase {
  return { op: "ScatterElements", attributes: { axis: 0, reduction }, inputs };
}

/** Every row of `columns` columns once: without a reduction no place may be written twice. */
const distinctRows = (columns: number) => {
  const rows = [4, 0, -3];
  return constant(
    [3, columns],
    ...rows.flatMap((row) => Array.from({ length: columns }, (_, c) => (row + c) % 5)),
  );
};

const reductions = ["add", "mul", "max", "min"];
const nd = (reduction: string): Attributes => ({ reduction });

const scatters: OpCase[] = [
  scatter("none", f32(5, 3), distinctRows(3), f32(3, 3)),
  scatter("none", f32(5, 5), distinctRows(3), f32(3, 3)),
  ...reductions.map((reduction) => scatter(reduction, f32(5, 3), places(5, 5, 3), f32(5, 3))),
  {
    op: "ScatterElements",
    attributes: { axis: 1, reduction: "add" },
    inputs: [f32(5, 3), places32(3, 5, 5), f32(5, 5)],
  },
  { op: "ScatterND", inputs: [f32(5, 3), constant([3, 1], 4, 0, -3), f32(3, 3)] },
  { op: "ScatterND", inputs: [f32(5, 3, 3), constant([3, 2], 4, 0, 1, 2, -5, -1), f32(3, 3)] },
  ...reductions.map((reduction): OpCase => ({
    op: "ScatterND",
    attributes: nd(reduction),
    inputs: [f32(5, 3), places(5, 5, 1), f32(5, 3)],
  })),
  {
    op: "ScatterND",
    attributes: nd("add"),
    inputs: [f32(5, 3), { dtype: "i64", shape: [3, 5, 2], low: -3, high: 2 }, f32(3, 5)],
  },
];

export const indexingCases: readonly OpCase[] = [...gathers, ...oneHots, ...scatters];
