/** The importer: functions are read in the place of their calls, and bodies kept or decided. */
import { describe, expect, it } from "vitest";
import type { Graph } from "../../../src/ir/graph.ts";
import type { onnx } from "../../../src/onnx/generated/onnx-ml.js";
import {
  bool,
  body,
  info,
  int,
  int64,
  kinds,
  model,
  node,
  ops,
  problems,
  read,
  run,
  typeOf,
  vector,
  type GraphProto,
} from "../../support/onnx-messages.ts";

describe("functions", () => {
  const twice: onnx.FunctionProto.$Properties = {
    name: "Twice",
    domain: "local",
    input: ["a", "b"],
    output: ["out"],
    attribute: ["how"],
    opsetImport: [{ domain: "", version: 17 }],
    node: [
      node("Concat", ["a", "a"], ["t"], [{ name: "axis", refAttrName: "how", type: kinds.INT }]),
      node("Relu", ["t"], ["out"]),
    ],
  };
  const imports = {
    opsetImport: [
      { domain: "", version: 17 },
      { domain: "local", version: 1 },
    ],
  };

  it("are read in the place of their calls", () => {
    const { graph } = read(
      model(
        {
          input: [info("x", [2, 3])],
          node: [
            node("Twice", ["x"], ["m"], [int("how", 0)], { domain: "local", name: "first" }),
            node("Twice", ["m", ""], ["y"], [int("how", 1)], { domain: "local" }),
          ],
          output: [{ name: "y" }],
        },
        17,
        { ...imports, functions: [twice] },
      ),
    );
    expect(ops(graph)).toEqual(["Concat", "Relu", "Concat", "Relu"]);
    expect(typeOf(graph, "m")).toBe("f32[4, 3]");
    expect(typeOf(graph, "y")).toBe("f32[4, 6]");
    expect(graph.nodes[0]?.outputs).toEqual(["first/t"]);
  });

  it("may not call themselves, nor each other without end", () => {
    const calls = (name: string, ...others: readonly string[]): onnx.FunctionProto.$Properties => ({
      name,
      domain: "local",
      input: ["a"],
      output: ["z"],
      node: others.map((other, i) =>
        node(other, [i === 0 ? "a" : `v${i - 1}`], [i === others.length - 1 ? "z" : `v${i}`], [], {
          domain: "local",
        }),
      ),
    });
    const start: GraphProto = {
      input: [info("x", [2])],
      node: [node("A", ["x"], ["y"], [], { domain: "local" })],
      output: [info("y", [2])],
    };
    const circle = [calls("A", "B"), calls("B", "A")];
    expect(problems(model(start, 17, { ...imports, functions: circle }))).toEqual([
      "cyclic-graph at model.onnx @ y/z/z",
    ]);
    // 2^30 nodes of a file of 31 functions.
    const names = Array.from({ length: 31 }, (_, i) => (i === 0 ? "A" : `F${i}`));
    const doubling = names.map((name, i) => {
      const next = names[i + 1];
      return next === undefined
        ? { ...calls(name), node: [node("Relu", ["a"], ["z"])], opsetImport: [{ domain: "", version: 17 }] }
        : calls(name, next, next);
    });
    expect(problems(model(start, 17, { ...imports, functions: doubling }))).toContain("model-too-large at ");
  });
});

describe("bodies", () => {
  const branch = (name: string, op: string, rank2: boolean): GraphProto => ({
    name,
    node: [
      node(op, ["x"], ["inner"]),
      ...(rank2
        ? [node("Unsqueeze", ["inner", "axis"], ["result"])]
        : [node("Identity", ["inner"], ["result"])]),
    ],
    output: [{ name: "result" }],
  });
  const choice = (input: readonly ReturnType<typeof info>[]): onnx.ModelProto.$Properties =>
    model({
      input: [info("x", [2]), ...input],
      initializer: [vector("axis", [0]), vector("limit", [3])],
      node: [
        node("Greater", ["k", "limit"], ["flags"]),
        node("Squeeze", ["flags"], ["c"]),
        node(
          "If",
          ["c"],
          ["y"],
          [body("then_branch", branch("yes", "Relu", true)), body("else_branch", branch("no", "Neg", false))],
        ),
      ],
      output: [{ name: "y" }],
    });

  it("of a decided If stand in its place", () => {
    const proto = choice([info("k", [1], int64)]);
    const yes = read(proto, { values: { k: "4" } }).graph;
    expect(ops(yes)).toEqual(["Greater", "Squeeze", "Relu", "Unsqueeze"]);
    expect(typeOf(yes, "y")).toBe("f32[1, 2]");
    const no = read(proto, { values: { k: "3" } }).graph;
    expect(typeOf(no, "y")).toBe("f32[2]");
    expect(run(no, { x: [1, -2] })).toEqual([[-1, 2]]);
  });

  it("of an open If are kept, with one name for one value", () => {
    const { graph } = read(choice([info("k", [1], int64)]));
    expect(ops(graph)).toEqual(["Greater", "Squeeze", "If"]);
    const regions = Object.values(graph.nodes[2]?.regions ?? {});
    const made = regions.flatMap((region) => region.nodes.flatMap(({ outputs }) => outputs));
    expect(new Set(made).size).toBe(made.length);
    expect(typeOf(graph, "y")).toBe("f32[...]");
  });

  it("of a loop are typed for every turn", () => {
    const growing: GraphProto = {
      name: "turn",
      input: [info("i", [], int64), info("go", [], bool), info("list", [1])],
      node: [
        node("Concat", ["list", "x"], ["longer"], [int("axis", 0)]),
        node("Identity", ["go"], ["again"]),
      ],
      output: [info("again", [], bool), { name: "longer" }, { name: "longer_too" }],
    };
    growing.node?.push(node("ReduceSum", ["longer"], ["longer_too"], [int("keepdims", 0)]));
    const { graph } = read(
      model({
        input: [info("n", [], int64), info("x", [2]), info("first", [1])],
        node: [node("Loop", ["n", "", "first"], ["last", "sums"], [body("body", growing)], { name: "grow" })],
        output: [{ name: "last" }, { name: "sums" }],
      }),
    );
    const region = graph.nodes[0]?.regions?.["body"] as Graph;
    expect(typeOf(region, "list")).toBe("f32[grow.2.0]");
    expect(typeOf(region, "longer")).toBe("f32[grow.2.0+2]");
    expect(typeOf(graph, "sums")).toMatch(/^f32\[[\w.]+\]$/);
  });
});
