/** The importer: what a file says is what the graph is: its names, types, weights and operator sets. */
import { onnx as reference } from "onnx-proto";
import { describe, expect, it } from "vitest";
import { printLocation } from "../../../src/diagnostics/location.ts";
import { toNumbers } from "../../../src/ir/tensor-data.ts";
import { printGraph } from "../../../src/ir/text/print.ts";
import { onnx } from "../../../src/onnx/generated/onnx-ml.js";
import { importModel, importOnnx } from "../../../src/onnx/import/import.ts";
import { newestOpset } from "../../../src/onnx/opsets.ts";
import { decodeModel } from "../../../src/onnx/read-model.ts";
import {
  bool,
  body,
  float,
  info,
  int,
  int64,
  ints,
  kinds,
  model,
  node,
  ops,
  problems,
  read,
  run,
  source,
  tensor,
  typeOf,
  vector,
  type GraphProto,
} from "../../support/onnx-messages.ts";

describe("names and types", () => {
  const twoNodes = model({
    input: [info("x", ["batch", 4])],
    initializer: [
      tensor(
        "w",
        [4, 5],
        Array.from({ length: 20 }, (_, i) => i),
      ),
    ],
    node: [node("MatMul", ["x", "w"], ["h"], [], { name: "/fc/MatMul" }), node("Relu", ["h"], ["y"])],
    output: [info("y", ["batch", 5])],
  });

  it("keeps the names of the file and says where each node stands", () => {
    const { graph } = read(twoNodes);
    expect(graph.nodes.map(({ name, outputs }) => [name, ...outputs])).toEqual([
      ["/fc/MatMul", "h"],
      ["y", "y"],
    ]);
    expect(graph.nodes.map(({ location }) => printLocation(location))).toEqual([
      "model.onnx @ /fc/MatMul",
      "model.onnx @ y",
    ]);
    expect(graph.outputs).toEqual([{ name: "y", value: "y" }]);
    expect(typeOf(graph, "y")).toBe("f32[batch, 5]");
  });

  it("binds dimensions by the file's text, and reports the others together", () => {
    expect(typeOf(read(twoNodes, { dims: { batch: 3 } }).graph, "y")).toBe("f32[3, 5]");
    expect(problems(twoNodes, { dims: { bach: 3, seq: 1 } })).toEqual([
      "unknown-dimension at ",
      "unknown-dimension at ",
    ]);
    const odd = model({
      input: [
        info("x", ["batch-size", "past_sequence_length + 1"]),
        info("z", ["past_sequence_length", "Max(1, n)"]),
      ],
      node: [node("Relu", ["x"], ["y"]), node("Relu", ["z"], ["u"])],
      output: [info("y", []), info("u", [])].map(({ name }) => ({ name })),
    });
    const { graph } = read(odd);
    expect(typeOf(graph, "y")).toBe("f32[batch_size, past_sequence_length+1]");
    expect(typeOf(graph, "u")).toBe("f32[past_sequence_length, Max_1__n_]");
    const bound = read(odd, { dims: { "batch-size": 2, past_sequence_length: 7, "Max(1, n)": 3 } }).graph;
    expect([typeOf(bound, "y"), typeOf(bound, "u")]).toEqual(["f32[2, 8]", "f32[7, 3]"]);
    expect(problems(odd, { bound: true, dims: { "batch-size": 2 } })).toEqual([
      "unbound-dimension at model.onnx @ x",
      "unbound-dimension at model.onnx @ z",
    ]);
  });

  it("follows sizes through symbols", () => {
    const { graph } = read(
      model({
        input: [info("x", ["batch", "seq", 8])],
        initializer: [vector("zero", [0]), vector("one", [1]), vector("two", [2]), vector("rest", [2, 4])],
        node: [
          node("Shape", ["x"], ["s"]),
          node("Gather", ["s", "zero"], ["b"]),
          node("Slice", ["s", "one", "two"], ["n"]),
          node("Mul", ["n", "one"], ["m"]),
          node("Concat", ["b", "m", "rest"], ["to"], [int("axis", 0)]),
          node("Reshape", ["x", "to"], ["y"]),
          node("Concat", ["b", "minus"], ["flat"], [int("axis", 0)]),
          node("Reshape", ["y", "flat"], ["z"]),
        ].toSpliced(6, 0, node("Constant", [], ["minus"], [ints("value_ints", [-1])])),
        output: [{ name: "z" }],
      }),
    );
    expect(typeOf(graph, "y")).toBe("f32[batch, seq, 2, 4]");
    expect(typeOf(graph, "z")).toBe("f32[batch, 8*seq]");
  });

  it("takes what the file declares where inference cannot know, and warns where it contradicts", () => {
    const runtime = (declared: readonly (number | string)[]) =>
      model({
        input: [info("x", [2, 6]), info("to", [3], int64)],
        node: [node("Reshape", ["x", "to"], ["r"]), node("Relu", ["r"], ["y"])],
        valueInfo: [info("r", declared)],
        output: [{ name: "y" }],
      });
    expect(typeOf(read(runtime([2, 3, 2])).graph, "y")).toBe("f32[2, 3, 2]");
    const wrong = model({
      input: [info("x", [2, 6])],
      node: [node("Relu", ["x"], ["y"])],
      output: [info("y", [2, 7])],
    });
    const { graph, diagnostics } = read(wrong);
    expect(typeOf(graph, "y")).toBe("f32[2, 6]");
    expect(diagnostics.map(({ code }) => code)).toEqual(["type-contradicted"]);
    const other = model({
      input: [info("x", [2, 6])],
      node: [node("Relu", ["x"], ["y"])],
      output: [info("y", [2, 6], int64)],
    });
    expect(problems(other)).toEqual(["dtype-mismatch at model.onnx @ y"]);
  });

  it("fixes inputs, and says what it cannot fix", () => {
    const proto = model({
      input: [info("x", [2]), info("k", [], int64), info("list", ["n"], int64)],
      node: [node("Cast", ["k"], ["f"], [int("to", float)]), node("Add", ["x", "f"], ["y"])],
      output: [{ name: "y" }],
    });
    const { graph } = read(proto, { values: { k: "16000", list: "1, 2,3" } });
    expect(graph.sources.map(({ kind }) => kind)).toEqual(["input", "constant", "constant"]);
    expect(typeOf(graph, "list")).toBe("i64[3]");
    expect(run(graph, { x: [1, 2] })).toEqual([[16001, 16002]]);
    expect(problems(proto, { values: { k: "1.5" } })).toEqual(["bad-input at model.onnx @ k"]);
    expect(problems(proto, { values: { q: "1" } })).toEqual(["bad-input at model.onnx @ q"]);
  });
});

describe("weights", () => {
  const many = Array.from({ length: 2000 }, (_, i) => i / 8);

  it("leaves them in the file, and takes small ones as constants", () => {
    const proto = model({
      input: [info("x", [2000])],
      initializer: [tensor("w", [2000], many), tensor("half", [1], [0.5])],
      node: [node("Mul", ["x", "w"], ["h"]), node("Mul", ["h", "half"], ["y"])],
      output: [{ name: "y" }],
    });
    const bytes = onnx.ModelProto.encode(proto).finish();
    const { graph } = importModel(decodeModel(bytes));
    const w = source(graph, "w");
    expect(source(graph, "half")?.kind).toBe("constant");
    if (w?.kind !== "parameter" || w.initializer.kind !== "file") throw new Error("w is not in the file");
    const { path, offset, length } = w.initializer;
    expect([path, length]).toEqual(["model.onnx", 8000]);
    expect([...new Float32Array(Uint8Array.from(bytes.subarray(offset, offset + length)).buffer)]).toEqual(
      many,
    );
  });

  it("takes weights in Constant nodes and in bodies for what they are", () => {
    const inBody: GraphProto = {
      name: "turn",
      initializer: [tensor("step", [2000], many)],
      input: [info("i", [], int64), info("go", [], bool), info("before", [2000])],
      node: [node("Add", ["before", "step"], ["after"]), node("Identity", ["go"], ["again"])],
      output: [info("again", [], bool), info("after", [2000])],
    };
    const { graph } = read(
      model({
        input: [info("n", [], int64), info("x", [2000])],
        node: [
          node("Constant", [], ["w"], [{ name: "value", type: kinds.TENSOR, t: tensor("", [2000], many) }]),
          node("Mul", ["x", "w"], ["h"]),
          node("Loop", ["n", "", "h"], ["y"], [body("body", inBody)]),
        ],
        output: [{ name: "y" }],
      }),
    );
    expect(graph.sources.map(({ kind, value }) => [kind, value])).toEqual([
      ["input", "n"],
      ["input", "x"],
      ["parameter", "w"],
      ["parameter", "step"],
    ]);
    expect(typeOf(graph, "y")).toBe("f32[2000]");
  });

  it("does not ask for inputs that are initialised", () => {
    const { graph } = read(
      model(
        {
          input: [info("x", [2]), info("w", [2])],
          initializer: [tensor("w", [2], [1, 2])],
          node: [node("Add", ["x", "w"], ["y"])],
          output: [{ name: "y" }],
        },
        7,
        { irVersion: 3 },
      ),
    );
    expect(graph.sources.map(({ kind }) => kind)).toEqual(["input", "constant"]);
  });

  it("writes sparse tensors out", () => {
    const { graph } = read(
      model({
        input: [info("x", [2, 3])],
        sparseInitializer: [
          {
            dims: [2, 3],
            values: tensor("s", [2], [5, 7]),
            indices: { ...vector("", [0, 1, 1, 2]), dims: [2, 2] },
          },
        ],
        node: [node("Add", ["x", "s"], ["y"])],
        output: [{ name: "y" }],
      }),
    );
    const s = source(graph, "s");
    expect(s?.kind === "constant" && [...toNumbers(s.data)]).toEqual([0, 5, 0, 0, 0, 7]);
  });

  it("takes objects of onnx-proto, and gives the same as for the bytes", () => {
    const proto = model({
      input: [info("x", [2000])],
      initializer: [tensor("w", [2000], many)],
      node: [node("Mul", ["x", "w"], ["y"])],
      output: [{ name: "y" }],
    });
    const bytes = onnx.ModelProto.encode(proto).finish();
    const fromBytes = importOnnx(bytes).graph;
    expect(printGraph(importOnnx(reference.ModelProto.decode(bytes) as never).graph)).toBe(
      printGraph(fromBytes),
    );
    const w = source(fromBytes, "w");
    expect(
      w?.kind === "parameter" && w.initializer.kind === "inline" && [...toNumbers(w.initializer.data)],
    ).toEqual(many);
  });
});

describe("operator sets", () => {
  it("brings old forms up", () => {
    const old = model(
      {
        input: [info("x", [2, 1, 3])],
        node: [
          node("Squeeze", ["x"], ["a"], [ints("axes", [1])]),
          node("Slice", ["a"], ["b"], [ints("starts", [1]), ints("ends", [2 ** 62]), ints("axes", [1])]),
          node("Clip", ["b"], ["c"], [{ name: "max", type: kinds.FLOAT, f: 5 }]),
          node("Pad", ["c"], ["d"], [ints("pads", [0, 1, 0, 0]), { name: "value", type: kinds.FLOAT, f: 9 }]),
          node("Dropout", ["d"], ["e"], [{ name: "ratio", type: kinds.FLOAT, f: 0.5 }]),
          node("ReduceSum", ["e"], ["y"], [ints("axes", [-1]), int("keepdims", 0)]),
        ],
        output: [{ name: "y" }],
      },
      7,
    );
    const { graph } = read(old);
    expect(typeOf(graph, "y")).toBe("f32[2]");
    expect(run(graph, { x: [1, 2, 3, 4, 6, 7] })).toEqual([[9 + 2 + 3, 9 + 5 + 5]]);
  });

  it("flattens for the old softmax", () => {
    const proto = (version: number) =>
      model(
        {
          input: [info("x", [2, 2, 2])],
          node: [node("Softmax", ["x"], ["y"], version < 13 ? [int("axis", 1)] : [int("axis", -1)])],
          output: [{ name: "y" }],
        },
        version,
      );
    const x = { x: [0, 0, 0, 0, 1, 1, 1, 1] };
    expect(run(read(proto(11)).graph, x)).toEqual([Array.from({ length: 8 }, () => 0.25)]);
    expect(run(read(proto(13)).graph, x)).toEqual([Array.from({ length: 8 }, () => 0.5)]);
  });

  it("refuses what has no form now, and operators of no set", () => {
    const proto = model(
      {
        input: [info("x", [1, 2, 3])],
        initializer: ["s", "b", "m", "v"].map((name) => tensor(name, [2], [1, 1])),
        node: [
          node("BatchNormalization", ["x", "s", "b", "m", "v"], ["y", "mean"]),
          node("Frob", ["x"], ["z"], [], { domain: "who.knows" }),
        ],
        output: [{ name: "y" }],
      },
      9,
    );
    expect(problems(proto)).toEqual([
      "opset-unsupported at model.onnx @ y",
      "opset-missing at model.onnx @ z",
    ]);
  });

  it("warns of a set that is not known yet", () => {
    const codesOf = (version: number) =>
      read(
        model(
          { input: [info("x", [2])], node: [node("Relu", ["x"], ["y"])], output: [{ name: "y" }] },
          version,
        ),
      ).diagnostics.map(({ code }) => code);
    expect(codesOf(newestOpset)).toEqual([]);
    expect(codesOf(newestOpset + 1)).toEqual(["opset-newer"]);
  });

  it("keeps the sets of other domains", () => {
    const { graph } = read(
      model(
        {
          input: [info("x", [2])],
          node: [node("Frob", ["x"], ["y"], [], { domain: "who.knows" })],
          output: [info("y", [3])],
        },
        17,
        {
          opsetImport: [
            { domain: "", version: 17 },
            { domain: "who.knows", version: 4 },
          ],
        },
      ),
    );
    expect(ops(graph)).toEqual(["who.knows.Frob"]);
    expect(graph.opsets).toEqual({ "who.knows": 4 });
    expect(typeOf(graph, "y")).toBe("f32[3]");
  });
});
