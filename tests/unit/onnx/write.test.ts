/** The ONNX writer: what it writes runs in ONNX Runtime, and the same graph gives the same bytes. */
import { onnx as reference } from "onnx-proto";
import * as ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { unknownLocation as location } from "../../../src/diagnostics/location.ts";
import { GraphBuilder } from "../../../src/ir/builder.ts";
import type { Attributes, Graph, Node, Value } from "../../../src/ir/graph.ts";
import { tensorData } from "../../../src/ir/tensor-data.ts";
import { tensorType, type DataType } from "../../../src/ir/types.ts";
import { onnx } from "../../../src/onnx/generated/onnx-ml.js";
import { encodeModel, modelOf } from "../../../src/onnx/write.ts";

function value(name: string, shape: readonly (number | string)[], dtype: DataType = "f32"): Value {
  return { name, type: tensorType(dtype, shape) };
}

function node(
  op: string,
  inputs: readonly (string | null)[],
  outputs: readonly string[],
  attributes: Attributes = {},
): Node {
  return { name: `${op}_${outputs[0]}`, op, inputs, outputs, attributes, location, module: "" };
}

/** y = relu(x) + c, z = y, and x itself. */
function sample(): Graph {
  const b = new GraphBuilder("sample");
  b.addSource({ kind: "input", value: "x", location }, value("x", [2, 2]));
  b.addSource(
    { kind: "constant", value: "c", location, data: tensorData("f32", [2], [10, 20]) },
    value("c", [2]),
  );
  b.addNode(node("Relu", ["x"], ["r"]), [value("r", [2, 2])]);
  b.addNode(node("Add", ["r", "c"], ["out"]), [value("out", [2, 2])]);
  b.addNode(node("sbpc.ToGlobal", ["out"], ["g"]), [value("g", [2, 2])]);
  return b.finish([
    { name: "y", value: "g" },
    { name: "z", value: "g" },
    { name: "x_again", value: "x" },
    { name: "r", value: "out" },
  ]);
}

function floats(tensor: ort.Tensor | undefined): number[] {
  return [...((tensor?.data ?? []) as Float32Array)];
}

const feeds = { x: new ort.Tensor("float32", [-1, 2, 3, -4], [2, 2]) };

describe("encodeModel", () => {
  it("runs in ONNX Runtime, whatever the outputs are called", async () => {
    const session = await ort.InferenceSession.create(encodeModel(sample()));
    expect(session.outputNames).toEqual(["y", "z", "x_again", "r"]);
    const out = await session.run(feeds);
    for (const name of ["y", "z", "r"]) expect(floats(out[name])).toEqual([10, 22, 13, 20]);
    expect(floats(out["x_again"])).toEqual([-1, 2, 3, -4]);
  });

  it("takes constants as inputs where asked", async () => {
    const session = await ort.InferenceSession.create(encodeModel(sample(), { constants: "inputs" }));
    expect(session.inputNames).toEqual(["x", "c"]);
    const out = await session.run({ ...feeds, c: new ort.Tensor("float32", [1, 2], [2]) });
    expect(floats(out["y"])).toEqual([1, 4, 4, 2]);
  });

  it("gives the same bytes twice, readable by an independent decoder", () => {
    expect(encodeModel(sample())).toEqual(encodeModel(sample()));
    const decoded = reference.ModelProto.decode(encodeModel(sample()));
    expect(decoded.graph?.node?.map((n) => n.opType)).toEqual([
      "Relu",
      "Add",
      "Identity",
      "Identity",
      "Identity",
    ]);
  });

  it("returns an input under its own name", async () => {
    const b = new GraphBuilder("g");
    b.addSource({ kind: "input", value: "x", location }, value("x", [2, 2]));
    b.addNode(node("Relu", ["x"], ["r"]), [value("r", [2, 2])]);
    const graph = b.finish([
      { name: "x", value: "x" },
      { name: "y", value: "r" },
    ]);
    const session = await ort.InferenceSession.create(encodeModel(graph));
    expect([session.inputNames, session.outputNames]).toEqual([["x"], ["x", "y"]]);
    const out = await session.run(feeds);
    expect(floats(out["x"])).toEqual([-1, 2, 3, -4]);
  });

  it("names the results of bodies apart from what is around them", async () => {
    const branch = (op: string, made: string): Graph => {
      const inner = new GraphBuilder(made);
      inner.addNode(node(op, ["x"], [made]), [value(made, [2, 2])]);
      // The name of a result says nothing: it is known by its position.
      return inner.finish([{ name: "around", value: made }]);
    };
    const b = new GraphBuilder("g");
    b.addSource({ kind: "input", value: "x", location }, value("x", [2, 2]));
    b.addSource({ kind: "input", value: "flag", location }, value("flag", [], "bool"));
    b.addNode(node("Relu", ["x"], ["around"]), [value("around", [2, 2])]);
    b.addNode(
      {
        ...node("If", ["flag"], ["chosen"]),
        regions: { then_branch: branch("Neg", "a"), else_branch: branch("Abs", "b") },
      },
      [value("chosen", [2, 2])],
    );
    b.addNode(node("Add", ["around", "chosen"], ["y"]), [value("y", [2, 2])]);
    const session = await ort.InferenceSession.create(encodeModel(b.finish([{ name: "y", value: "y" }])));
    const out = await session.run({ ...feeds, flag: new ort.Tensor("bool", [true], []) });
    expect(floats(out["y"])).toEqual([1, 0, 0, 4]);
  });

  it("asks for the lowest opset that holds its operators", () => {
    const of = (op: string) => {
      const b = new GraphBuilder("g");
      b.addSource({ kind: "input", value: "x", location }, value("x", [2]));
      b.addNode(node(op, ["x"], ["y"]), [value("y", [2])]);
      return modelOf(b.finish([{ name: "y", value: "y" }]));
    };
    const version = (op: string) => of(op).opsetImport?.map(({ domain, version: v }) => [domain, v]);
    expect(version("Neg")).toEqual([["", 13]]);
    expect(version("Relu")).toEqual([["", 14]]);
    expect(version("NotDeclaredAnywhere")).toEqual([["", 23]]);
    expect(version("com.example.Own")).toEqual([
      ["", 13],
      ["com.example", 1],
    ]);
    expect(of("Neg").irVersion).toBe(8);
    expect(of("NotDeclaredAnywhere").irVersion).toBe(11);
  });

  it("tells whole floats from integers in attributes", () => {
    const b = new GraphBuilder("g");
    b.addSource({ kind: "input", value: "x", location }, value("x", ["batch", 2]));
    const attributes = {
      int: 2,
      float: { float: 2 },
      fraction: 0.5,
      ints: [1, -2],
      floats: { floats: [1, 2] },
      fractions: [1, 2.5],
      text: "a",
      texts: ["a", "b"],
      tensor: { tensor: tensorData("i64", [2], [7, -8]) },
    };
    b.addNode(node("X", ["x", null], ["y"], attributes), [value("y", ["batch"])]);
    const decoded = onnx.ModelProto.decode(encodeModel(b.finish([{ name: "y", value: "y" }])));
    const kinds = onnx.AttributeProto.AttributeType;
    const found = Object.fromEntries(
      (decoded.graph?.node?.[0]?.attribute ?? []).map((a) => [a.name, a.type]),
    );
    expect(found).toEqual({
      int: kinds.INT,
      float: kinds.FLOAT,
      fraction: kinds.FLOAT,
      ints: kinds.INTS,
      floats: kinds.FLOATS,
      fractions: kinds.FLOATS,
      text: kinds.STRING,
      texts: kinds.STRINGS,
      tensor: kinds.TENSOR,
    });
    expect(decoded.graph?.node?.[0]?.input).toEqual(["x", ""]);
    expect(decoded.graph?.input?.[0]?.type?.tensorType?.shape?.dim?.[0]?.dimParam).toBe("batch");
  });

  it("writes regions with what they capture", async () => {
    const branch = (name: string, op: string): Graph => {
      const b = new GraphBuilder(name);
      b.addNode(node(op, ["r"], [`${name}_y`]), [value(`${name}_y`, [2, 2])]);
      return b.finish([{ name: `${name}_y`, value: `${name}_y` }]);
    };
    const b = new GraphBuilder("g");
    b.addSource({ kind: "input", value: "x", location }, value("x", [2, 2]));
    b.addSource({ kind: "input", value: "c", location }, value("c", [], "bool"));
    b.addNode(node("Relu", ["x"], ["r"]), [value("r", [2, 2])]);
    const regions = { then_branch: branch("then", "Neg"), else_branch: branch("else", "Exp") };
    b.addNode({ ...node("If", ["c"], ["y"]), regions }, [value("y", [2, 2])]);
    const graph = b.finish([
      { name: "y", value: "y" },
      { name: "kept", value: "r" },
    ]);
    const session = await ort.InferenceSession.create(encodeModel(graph));
    const out = await session.run({ ...feeds, c: new ort.Tensor("bool", [true], []) });
    expect(floats(out["y"])).toEqual([-0, -2, -3, -0]);
  });
});
