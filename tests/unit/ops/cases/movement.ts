/** Reshaping, transposing, joining, cutting, slicing, padding, expanding, ordering. */
import type { Attributes } from "../../../../src/ir/graph.ts";
import { scalar, tensorData } from "../../../../src/ir/tensor-data.ts";
import type { CaseInput, OpCase } from "../case.ts";

const f32 = (...shape: number[]): CaseInput => ({ dtype: "f32", shape });
const i64 = (...shape: number[]): CaseInput => ({ dtype: "i64", shape, low: -7, high: 7 });
const ints = (...values: number[]): CaseInput => ({ dtype: "i64", shape: [values.length], constant: values });
const int = (value: number): CaseInput => ({ dtype: "i64", shape: [], constant: [value] });
const float = (value: number): CaseInput => ({ dtype: "f32", shape: [], constant: [value] });

function reshape(from: number[], to: number[]): OpCase {
  return { op: "Reshape", inputs: [f32(...from), ints(...to)] };
}

const reshapes: OpCase[] = [
  // Heads: 3 of 4 columns, out of and into one axis.
  reshape([3, 5, 12], [0, 0, 3, 4]),
  reshape([3, 5, 3, 4], [0, 0, -1]),
  reshape([2, 18], [2, 9, 2]),
  // Leading axes merged and parted.
  reshape([5, 3, 2], [15, 2]),
  reshape([15, 2], [5, 3, 2]),
  reshape([5, 3, 2], [5, 6]),
  // Blocks common to both sides: 12 elements out of rows of 4 and of 6.
  reshape([9, 4], [6, 6]),
  reshape([6, 4], [24]),
  reshape([24], [6, 4]),
  reshape([5, 6], [1, 5, 3, 1, 2]),
  reshape([1, 5, 1, 3], [5, 3]),
  reshape([2, 3, 5], [5, 3, 2]),
  reshape([1], []),
  { op: "Reshape", inputs: [i64(6, 5), ints(3, -1)] },
];

const regroups: OpCase[] = [
  { op: "Flatten", inputs: [f32(5, 3, 2)] },
  { op: "Flatten", attributes: { axis: 0 }, inputs: [f32(5, 3)] },
  { op: "Flatten", attributes: { axis: -1 }, inputs: [f32(3, 2, 5)] },
  { op: "Flatten", attributes: { axis: 3 }, inputs: [f32(5, 3, 2)] },
  { op: "Squeeze", inputs: [f32(1, 5, 1, 3)] },
  { op: "Squeeze", inputs: [f32(1, 5, 1, 2), ints(-2)] },
  { op: "Squeeze", inputs: [f32(3, 1, 2)] },
  { op: "Unsqueeze", inputs: [f32(5, 3), ints(0, -1)] },
  { op: "Unsqueeze", inputs: [i64(5), ints(1)] },
];

const transposes: OpCase[] = [
  { op: "Transpose", inputs: [f32(5, 3)] },
  { op: "Transpose", attributes: { perm: [0, 2, 1, 3] }, inputs: [f32(3, 5, 3, 2)] },
  { op: "Transpose", inputs: [{ dtype: "bool", shape: [3, 5] }] },
  { op: "Transpose", attributes: { perm: [1, 2, 0] }, inputs: [i64(5, 3, 3)] },
  { op: "DepthToSpace", attributes: { blocksize: 2 }, inputs: [f32(3, 8, 5, 3)] },
  { op: "DepthToSpace", attributes: { blocksize: 2, mode: "CRD" }, inputs: [f32(2, 12, 3, 2)] },
  { op: "SpaceToDepth", attributes: { blocksize: 2 }, inputs: [f32(3, 3, 6, 10)] },
];

function split(attributes: Attributes, outputs: number, ...inputs: CaseInput[]): OpCase {
  return { op: "Split", attributes, inputs, outputs };
}

const joins: OpCase[] = [
  { op: "Concat", attributes: { axis: 0 }, inputs: [f32(5, 3), f32(3, 3)] },
  { op: "Concat", attributes: { axis: -1 }, inputs: [f32(5, 3), f32(5, 3), f32(5, 1)] },
  { op: "Concat", attributes: { axis: 1 }, inputs: [f32(3, 1, 3), f32(3, 5, 3)] },
  { op: "Concat", attributes: { axis: 0 }, inputs: [i64(5)] },
  split({ axis: 1 }, 3, f32(5, 9), ints(4, 2, 3)),
  split({ axis: 0, num_outputs: 2 }, 2, f32(5, 3)),
  split({ axis: -1, num_outputs: 3 }, 3, f32(3, 5, 9)),
  split({ num_outputs: 1 }, 1, f32(5, 3)),
];

function slice(shape: number[], starts: number[], ends: number[], axes?: number[], steps?: number[]): OpCase {
  const optional = [axes === undefined ? null : ints(...axes), steps === undefined ? null : ints(...steps)];
  while (optional.at(-1) === null) optional.pop();
  return { op: "Slice", inputs: [f32(...shape), ints(...starts), ints(...ends), ...optional] };
}

const toEnd = 2 ** 53;
const slices: OpCase[] = [
  slice([5, 3], [1], [4]),
  slice([5, 3], [0, 1], [5, 3]),
  slice([3, 5, 3], [0], [1], [1]),
  { op: "Slice", inputs: [{ dtype: "bool", shape: [5, 9] }, ints(1), ints(4)] },
  slice([5, 3], [-3], [toEnd], [0]),
  slice([5, 3], [-1], [-toEnd], [0], [-1]),
  slice([9, 3], [7, 0], [1, 2], [0, 1], [-2, 1]),
  // One of every block: whole blocks can be dealt.
  slice([3, 10], [0], [toEnd], [1], [2]),
  slice([9, 2], [1], [9], [0], [3]),
  slice([7, 2], [1], [7], [0], [2]),
  slice([10], [1], [9], [0], [3]),
];

const pads: OpCase[] = [
  { op: "Pad", inputs: [f32(5, 3), ints(0, 1, 0, 2)] },
  { op: "Pad", inputs: [f32(5, 3), ints(1, 0, 0, 0), float(0)] },
  { op: "Pad", inputs: [f32(5, 3), ints(1, 0, 2, 0), float(1.5)] },
  { op: "Pad", inputs: [f32(5, 3), ints(0, 2, 0, 1), f32()] },
  { op: "Pad", inputs: [f32(3, 5, 3), ints(1, 2), null, ints(-2)] },
  { op: "Pad", inputs: [f32(5, 3), ints(0, -1, 0, 2)] },
  { op: "Pad", attributes: { mode: "edge" }, inputs: [f32(5, 3), ints(0, 1, 0, 2)] },
  { op: "Pad", attributes: { mode: "reflect" }, inputs: [f32(3, 5), ints(0, 2, 0, 3)] },
  { op: "Pad", attributes: { mode: "wrap" }, inputs: [f32(5, 3), ints(0, 2, 0, 1)] },
];

const expansions: OpCase[] = [
  { op: "Expand", inputs: [f32(1, 3), ints(5, 3)] },
  { op: "Expand", inputs: [f32(5, 1), ints(3, 1, 3)] },
  { op: "Expand", inputs: [f32(1, 1, 3), ints(5, 1, 1)] },
  { op: "Expand", inputs: [f32(), ints(5)] },
  { op: "Tile", inputs: [f32(5, 3), ints(1, 2)] },
  { op: "Tile", inputs: [f32(1, 3), ints(5, 1)] },
  { op: "Tile", inputs: [f32(2, 3), ints(5, 3)] },
  {
    op: "ConstantOfShape",
    attributes: { value: { tensor: tensorData("f32", [1], [2.5]) } },
    inputs: [ints(5, 3)],
  },
  { op: "ConstantOfShape", inputs: [ints(3, 5)] },
  {
    op: "ConstantOfShape",
    attributes: { value: { tensor: tensorData("i32", [1], [3]) } },
    inputs: [ints(5)],
  },
  { op: "Range", inputs: [int(2), int(17), int(3)] },
  { op: "Range", inputs: [float(1), float(-1.2), float(-0.5)] },
  { op: "EyeLike", inputs: [f32(5, 3)] },
  { op: "EyeLike", attributes: { k: -1, dtype: 7 }, inputs: [f32(3, 5)] },
  { op: "Shape", inputs: [f32(5, 3)] },
  { op: "Shape", attributes: { start: 1, end: -1 }, inputs: [f32(3, 5, 3)] },
  { op: "Size", inputs: [f32(5, 3)] },
  { op: "Constant", attributes: { value: { tensor: scalar("f32", 1.5) } }, inputs: [] },
  { op: "Constant", attributes: { value_ints: [1, 2, 3] }, inputs: [] },
  { op: "Constant", attributes: { value_floats: { floats: [1, 2.5] } }, inputs: [] },
];

const ordered: OpCase[] = [
  { op: "TopK", inputs: [f32(5, 3), ints(2)], outputs: 2 },
  { op: "TopK", attributes: { axis: 0, largest: 0 }, inputs: [f32(5, 3), ints(3)], outputs: 2 },
  { op: "TopK", attributes: { axis: 1 }, inputs: [i64(3, 5, 3), ints(5)], outputs: 2 },
  { op: "CumSum", inputs: [f32(5, 3), int(0)] },
  { op: "CumSum", attributes: { exclusive: 1 }, inputs: [f32(3, 5), int(-1)] },
  { op: "CumSum", attributes: { reverse: 1 }, inputs: [i64(5, 3), ints(1)] },
  { op: "CumSum", attributes: { exclusive: 1, reverse: 1 }, inputs: [f32(5), int(0)] },
  { op: "Trilu", inputs: [f32(5, 5)] },
  { op: "Trilu", attributes: { upper: 0 }, inputs: [f32(3, 5, 3), int(1)] },
  { op: "Trilu", attributes: { upper: 1 }, inputs: [f32(3, 5), int(-1)] },
  {
    op: "Trilu",
    attributes: { upper: 0 },
    inputs: [i64(5, 3), { dtype: "i64", shape: [], low: -2, high: 2 }],
  },
  { op: "NonZero", inputs: [{ dtype: "i64", shape: [5, 3], low: -1, high: 1 }] },
];

export const movementCases: readonly OpCase[] = [
  ...reshapes,
  ...regroups,
  ...transposes,
  ...joins,
  ...slices,
  ...pads,
  ...expansions,
  ...ordered,
];
