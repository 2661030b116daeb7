/** The importer on files that mean harm, or are damaged: what is wrong is said once, at its place. */
import { describe, expect, it } from "vitest";
import { importOnnx } from "../../../src/onnx/import/import.ts";
import {
  bool,
  body,
  info,
  int,
  model,
  node,
  ops,
  problems,
  read,
  tensor,
  type GraphProto,
} from "../../support/onnx-messages.ts";

describe("hostile files", () => {
  const x = [info("x", [2])];

  it("with all their problems in one report", () => {
    const proto = model({
      input: x,
      initializer: [tensor("w", [3], [1, 2]), tensor("w", [1], [1])],
      node: [
        node("Add", ["x", "w"], ["a"]),
        node("Relu", ["a"], ["b"]),
        node("Relu", ["nobody"], ["c"]),
        node("Relu", ["x"], ["d"]),
        node("Neg", ["x"], ["d"], [], { name: "again" }),
        node("MatMul", ["x", "big"], ["e"]),
        node("Split", ["x"], ["half", "half"], [int("num_outputs", 2)]),
        node("", ["x"], ["f"]),
      ],
      output: [{ name: "d" }, { name: "missing" }, { name: "d" }],
    });
    expect(problems(proto).sort()).toEqual([
      "duplicate-name at model.onnx @ again",
      "duplicate-name at model.onnx @ d",
      "duplicate-name at model.onnx @ half",
      "duplicate-name at model.onnx @ w",
      "ill-formed-graph at model.onnx @ f",
      "onnx-tensor-data at model.onnx @ w",
      "undefined-value at model.onnx @ c",
      "undefined-value at model.onnx @ e",
      "undefined-value at model.onnx @ missing",
    ]);
  });

  it("with nodes in a circle, at one of them", () => {
    const proto = model({
      input: x,
      node: [
        node("Add", ["x", "c"], ["a"], [], { name: "first" }),
        node("Relu", ["a"], ["b"], [], { name: "second" }),
        node("Relu", ["b"], ["c"], [], { name: "third" }),
      ],
      output: [{ name: "c" }],
    });
    const found = problems(proto);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^cyclic-graph at model.onnx @ (first|second|third)$/);
  });

  it("with nodes behind a circle, which are not reported too", () => {
    const circle = [
      node("Add", ["x", "b"], ["a"], [], { name: "first" }),
      node("Relu", ["a"], ["b"], [], { name: "second" }),
      node("Neg", ["b"], ["c"], [], { name: "behind" }),
    ];
    const inside: GraphProto = { name: "inside", node: circle, output: [{ name: "c" }] };
    const branches = ["then_branch", "else_branch"].map((name) => body(name, inside));
    const choice = model({
      input: [...x, info("flag", [], bool)],
      node: [node("If", ["flag"], ["d"], branches)],
      output: [{ name: "d" }],
    });
    const only = [expect.stringMatching(/^cyclic-graph at model.onnx @ (first|second)$/)];
    expect(problems(model({ input: x, node: circle, output: [{ name: "c" }] }))).toEqual(only);
    // One in each branch.
    expect(problems(choice)).toEqual([...only, ...only]);
  });

  it("in any order are put in order", () => {
    const { graph } = read(
      model({
        input: x,
        node: [node("Relu", ["b"], ["c"]), node("Neg", ["x"], ["a"]), node("Relu", ["a"], ["b"])],
        output: [{ name: "c" }],
      }),
    );
    expect(graph.nodes.map(({ name }) => name)).toEqual(["a", "b", "c"]);
  });

  it("with graphs in graphs without end", () => {
    let inner: GraphProto = { name: "last", node: [node("Relu", ["x"], ["y"])], output: [{ name: "y" }] };
    for (let i = 0; i < 100; i++) {
      const bodies = [
        body("then_branch", inner),
        body("else_branch", { name: "no", node: [], output: [{ name: "x" }] }),
      ];
      inner = { name: `g${i}`, node: [node("If", ["c"], ["y"], bodies)], output: [{ name: "y" }] };
    }
    const proto = model({
      input: [...x, info("c", [], bool)],
      node: inner.node ?? [],
      output: [{ name: "y" }],
    });
    expect(() => importOnnx(proto)).toThrow(/onnx-malformed: .* nested too deep/);
  });
});

describe("names that every object of JavaScript has", () => {
  const names = ["constructor", "toString", "valueOf", "hasOwnProperty", "__proto__"];

  it.each(names)("%s, of inputs and values", (name) => {
    const proto = model({
      input: [info(name, [2])],
      node: [node("Relu", [name], ["y"], [], { name })],
      output: [{ name: "y" }],
    });
    const { graph } = read(proto);
    expect(graph.sources.map(({ kind, value }) => [kind, value])).toEqual([["input", name]]);
    const fixed = read(proto, { values: Object.fromEntries([[name, "1"]]) }).graph;
    expect(fixed.sources.map(({ kind, value }) => [kind, value])).toEqual([["constant", name]]);
  });

  it.each(names)("%s, of operators, domains and dimensions", (name) => {
    const proto = model(
      {
        input: [info("x", [name])],
        node: [node(name, ["x"], ["h"], [], { domain: name }), node(name, ["h"], ["y"])],
        valueInfo: [info("h", [2])],
        output: [info("y", [3])],
      },
      17,
      {
        opsetImport: [
          { domain: "", version: 17 },
          { domain: name, version: 1 },
        ],
      },
    );
    expect(ops(read(proto).graph)).toEqual([`${name}.${name}`, name]);
  });
});
