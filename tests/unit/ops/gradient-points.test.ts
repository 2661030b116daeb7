/** Gradients where the derivative has no single value or a formula for it would divide by zero: as PyTorch has them. */
import { describe, expect, test } from "vitest";
import { unknownLocation as location } from "../../../src/diagnostics/location.ts";
import { GraphBuilder } from "../../../src/ir/builder.ts";
import type { Attributes } from "../../../src/ir/graph.ts";
import { tensorData } from "../../../src/ir/tensor-data.ts";
import { tensorType } from "../../../src/ir/types.ts";
import type { Dense } from "../../../src/ops/contract.ts";
import { GraphEmitter } from "../../../src/ops/emitter.ts";
import { interpretGraph } from "../../../src/ops/interpret.ts";
import { reverse } from "../../../src/ops/reverse.ts";

type Rows = readonly number[];

const vector = (data: Rows): Dense => ({ dtype: "f64", shape: [data.length], data: Float64Array.from(data) });

/** Gradients of the sum of `weights` times the result by vectors, the operator's first inputs; `more` are constants of i64. */
function gradientsOf(
  op: string,
  inputs: readonly Rows[],
  weights: number,
  attributes: Attributes = {},
  more: readonly Rows[] = [],
): number[][] {
  const builder = new GraphBuilder("point");
  const names = inputs.map((data, i) =>
    builder.addSource(
      { kind: "input", value: `x${i}`, location },
      { name: `x${i}`, type: tensorType("f64", [data.length]) },
    ),
  );
  const g = new GraphEmitter(builder, { location });
  const y = g.op(op, [...names, ...more.map((values) => g.ints(values))], attributes);
  const shape = g.type(y).shape as readonly number[];
  const seed = g.constant(
    tensorData(
      "f64",
      shape,
      Array.from({ length: Math.max(1, shape[0] ?? 1) }, () => weights),
    ),
  );
  const { gradients } = reverse(builder, { result: y, seed, wanted: new Set(names), by: "test" });
  const outputs = names.map((name) => ({ name, value: gradients.get(name)?.[0]?.value as string }));
  const feeds = new Map(inputs.map((data, i) => [`x${i}`, vector(data)]));
  const values = interpretGraph(builder.finish(outputs), feeds);
  return names.map((name) => [...(values.get(name) as Dense).data]);
}

describe("gradients", () => {
  test("of equal extremes are shared evenly", () => {
    expect(gradientsOf("ReduceMax", [[3, 1, 3]], 4)).toEqual([[2, 0, 2]]);
    expect(gradientsOf("ReduceMin", [[1, 1, 1, 2]], 3)).toEqual([[1, 1, 1, 0]]);
    expect(
      gradientsOf(
        "Max",
        [
          [1, 2],
          [1, 0],
        ],
        2,
      ),
    ).toEqual([
      [1, 2],
      [1, 0],
    ]);
  });

  test("of products with zeros are the products of the others", () => {
    expect(gradientsOf("ReduceProd", [[0, 2, 3]], 1)).toEqual([[6, 0, 0]]);
    expect(gradientsOf("ReduceProd", [[0, 2, 0]], 1)).toEqual([[0, 0, 0]]);
  });

  test("of a length of nothing are zero", () => {
    expect(gradientsOf("ReduceL2", [[0, 0]], 1)).toEqual([[0, 0]]);
  });

  test("of powers are finite at zero", () => {
    expect(
      gradientsOf(
        "Pow",
        [
          [0, 0, 2],
          [0, 2, 0],
        ],
        1,
      ).map((row) => row.map((x) => x + 0)),
    ).toEqual([
      [0, 0, 0],
      [0, 0, Math.log(2)],
    ]);
  });

  test("of rectifiers are zero at zero, of clamps whole at the bounds", () => {
    expect(gradientsOf("Relu", [[-1, 0, 1]], 5)).toEqual([[0, 0, 5]]);
    const builder = new GraphBuilder("clip");
    builder.addSource({ kind: "input", value: "x", location }, { name: "x", type: tensorType("f64", [4]) });
    const g = new GraphEmitter(builder, { location });
    const y = g.op("Clip", ["x", g.scalar("f64", -1), g.scalar("f64", 1)]);
    const seed = g.constant(tensorData("f64", [4], [1, 1, 1, 1]));
    const value = reverse(builder, { result: y, seed, wanted: new Set(["x"]), by: "test" }).gradients.get(
      "x",
    )?.[0]?.value as string;
    const graph = builder.finish([{ name: "dx", value }]);
    expect([
      ...(interpretGraph(graph, new Map([["x", vector([-2, -1, 1, 2])]])).get("dx") as Dense).data,
    ]).toEqual([0, 1, 1, 0]);
  });

  test("of rows read several times are added", () => {
    expect(gradientsOf("Gather", [[5, 6, 7]], 1, {}, [[2, 0, -1, 2]])).toEqual([[1, 0, 3]]);
  });
});

describe("layouts asked of gradients", () => {
  const differentiated = (attributes: Attributes) => {
    const builder = new GraphBuilder("hint");
    builder.addSource({ kind: "input", value: "x", location }, { name: "x", type: tensorType("f32", [4]) });
    const g = new GraphEmitter(builder, { location });
    const y = g.op("sbpc.ToGlobal", ["x"], attributes);
    const seed = g.constant(tensorData("f32", [4], [1, 2, 3, 4]));
    reverse(builder, { result: y, seed, wanted: new Set(["x"]), by: "test" });
    return builder.nodes.slice(1).map(({ op, attributes: own }) => ({ op, own }));
  };

  test("become requests for the layout of the gradient", () => {
    expect(differentiated({ grad_sbp: "dp:S(0) tp:B" })).toEqual([
      { op: "sbpc.ToGlobal", own: { sbp: "dp:S(0) tp:B" } },
    ]);
    expect(differentiated({})).toEqual([]);
  });
});

test("dropout passes what its mask keeps, scaled", () => {
  const builder = new GraphBuilder("dropout");
  builder.addSource({ kind: "input", value: "x", location }, { name: "x", type: tensorType("f32", [4]) });
  const g = new GraphEmitter(builder, { location });
  const on = g.constant(tensorData("bool", [], [1]));
  const y = g.op("Dropout", ["x", g.scalar("f32", 0.25), on]);
  const seed = g.constant(tensorData("f32", [4], [3, 3, 3, 3]));
  reverse(builder, { result: y, seed, wanted: new Set(["x"]), by: "test" });
  const [dropout, scaled, kept] = builder.nodes;
  expect(dropout?.outputs.length).toBe(2);
  expect(scaled?.op).toBe("Mul");
  const factor = builder.sources.find(({ value }) => value === scaled?.inputs[1]);
  expect(factor?.kind === "constant" && [...factor.data.data].map(Number)[0]).toBeCloseTo(4 / 3, 6);
  expect(kept).toMatchObject({
    op: "Where",
    inputs: [dropout?.outputs[1], scaled?.outputs[0], expect.any(String)],
  });
});
