/** What is said of calls with regions: their types, their work, and what is wrong with them. */
import { describe, expect, test } from "vitest";
import { localWork } from "../../../src/cost/local-work.ts";
import { SbpcError, type Diagnostic } from "../../../src/diagnostics/diagnostic.ts";
import { typeOf, type Graph, type Node } from "../../../src/ir/graph.ts";
import { parseGraph } from "../../../src/ir/text/parse.ts";
import type { TensorData } from "../../../src/ir/tensor-data.ts";
import { printType, type ValueType } from "../../../src/ir/types.ts";
import { Inference } from "../../../src/ops/infer.ts";
import { present } from "../../../src/support/assert.ts";
import { meshOf } from "./harness.ts";

const graphOf = (...lines: string[]) => parseGraph(["graph g {", ...lines, "}", ""].join("\n"));

/** The inferred types of the outputs of the last node, or the code of the first error. */
function inferLast(graph: Graph): string[] | string | undefined {
  const inference = new Inference(graph);
  const errors: Diagnostic[] = [];
  let types: readonly ValueType[] = [];
  for (const node of graph.nodes)
    types = inference.node(
      node,
      node.outputs.map((output) => typeOf(graph, output)),
      errors,
    );
  return errors.length > 0 ? errors[0]?.code : types.map(printType);
}

function flopsOf(graph: Graph): number {
  const constants = new Map(
    graph.sources.flatMap((source): [string, TensorData][] =>
      source.kind === "constant" ? [[source.value, source.data]] : [],
    ),
  );
  const node = present(graph.nodes.at(-1), "no node");
  const whole: Node = {
    ...node,
    signature: {
      inputs: node.inputs.map(() => null),
      outputs: node.outputs.map(() => [{ kind: "B" } as const]),
    },
  };
  return localWork(graph, whole, meshOf(2), 0, (value) => constants.get(value)).flops;
}

/** Twice 8 * 6 * 6 operations per product. */
const product = 2 * 8 * 6 * 6;

const branches = (condition: string) =>
  graphOf(
    "input %x : f32[8, 6]",
    "input %w : f32[6, 6]",
    `${condition}`,
    "%y = If(%cond) : f32[8, n]",
    "  region then_branch = graph a {",
    "    %p = MatMul(%x, %w) : f32[8, 6]",
    "    %q = MatMul(%p, %w) : f32[8, 6]",
    "    return y=%q",
    "  }",
    "  region else_branch = graph b {",
    "    constant %axes : i64[1] = [1]",
    "    %s = ReduceSum(%x, %axes) {keepdims=1} : f32[8, 1]",
    "    return y=%s",
    "  }",
    "return y=%y",
  );

const loop = (trips: string, body: readonly string[], results: string, declared: string) =>
  graphOf(
    "input %x : f32[8, 6]",
    "input %w : f32[6, 6]",
    trips,
    `%y, %all = Loop(%m, -, %x) : ${declared}`,
    "  region body = graph b {",
    "    input %i : i64[]",
    "    input %on : bool[]",
    "    input %v : f32[8, 6]",
    ...body.map((line) => `    ${line}`),
    `    return ${results}`,
    "  }",
    "return y=%y",
  );

const scan = (attributes: string) =>
  graphOf(
    "input %s : f32[6]",
    "input %x : f32[8, 6]",
    "input %w : f32[6, 6]",
    `%t, %all = Scan(%s, %x) {${attributes}} : f32[6], f32[a, b]`,
    "  region body = graph b {",
    "    input %v : f32[6]",
    "    input %row : f32[6]",
    "    %p = MatMul(%row, %w) : f32[6]",
    "    return v=%p, p=%p",
    "  }",
    "return t=%t",
  );

describe("types", () => {
  test("of branches: what they have in common, or those of the branch that is taken", () => {
    expect(inferLast(branches("input %cond : bool[]"))).toEqual(["f32[8, y.results_0.1]"]);
    expect(inferLast(branches("constant %cond : bool[] = [1]"))).toEqual(["f32[8, 6]"]);
    expect(inferLast(branches("constant %cond : bool[] = [0]"))).toEqual(["f32[8, 1]"]);
  });

  test("of loops: the trips in front of what is collected, where nothing ends it before", () => {
    const body = ["%p = MatMul(%v, %w) : f32[8, 6]", "%same = Identity(%on) : bool[]"];
    const declared = "f32[8, 6], f32[n, 8, 6]";
    const known = loop("constant %m : i64[] = [5]", body, "on=%same, v=%p, p=%p", declared);
    expect(inferLast(known)).toEqual(["f32[8, 6]", "f32[5, 8, 6]"]);
    const ended = loop(
      "constant %m : i64[] = [5]",
      [...body, "constant %four : i64[] = [4]", "%more = Less(%i, %four) : bool[]"],
      "on=%more, v=%p, p=%p",
      declared,
    );
    expect(inferLast(ended)).toEqual(["f32[8, 6]", "f32[y.trips, 8, 6]"]);
  });

  test("of scans: the scanned length along the axis asked for", () => {
    expect(inferLast(scan("num_scan_inputs=1"))).toEqual(["f32[6]", "f32[8, 6]"]);
    expect(inferLast(scan("num_scan_inputs=1, scan_output_axes=[-1]"))).toEqual(["f32[6]", "f32[6, 8]"]);
    expect(inferLast(scan("num_scan_inputs=3"))).toBe("bad-attribute");
    expect(inferLast(scan("num_scan_inputs=1, scan_input_axes=[2]"))).toBe("shape-invalid");
    expect(inferLast(scan("num_scan_inputs=1, scan_output_axes=[0, 1]"))).toBe("bad-attribute");
  });

  test("of items: known positions, and what items have in common", () => {
    const items = (...lines: string[]) =>
      graphOf(
        "input %a : f32[2, 3]",
        "input %b : f32[4, 3]",
        "input %c : f32[3]",
        "input %i : i64[]",
        ...lines,
      );
    const two = "%s = SequenceConstruct(%a, %b) : seq<f32[s.the_items.0, 3]>";
    const minus = "constant %k : i64[] = [-1]";
    expect(inferLast(items(two, minus, "%x = SequenceAt(%s, %k) : f32[n, 3]", "return x=%x"))).toEqual([
      "f32[4, 3]",
    ]);
    expect(inferLast(items(two, "%x = SequenceAt(%s, %i) : f32[n, 3]", "return x=%x"))).toEqual([
      "f32[s.the_items.0, 3]",
    ]);
    expect(inferLast(items(two, "%x = ConcatFromSequence(%s) {axis=0} : f32[n, 3]", "return x=%x"))).toEqual([
      "f32[6, 3]",
    ]);
    expect(inferLast(items('%s = SequenceConstruct(%a, %c) : seq<f32["..."]>', "return i=%i"))).toEqual([
      "seq<f32[...]>",
    ]);
    const far = "constant %k : i64[] = [2]";
    expect(inferLast(items(two, far, "%x = SequenceAt(%s, %k) : f32[n, 3]", "return x=%x"))).toBe(
      "shape-invalid",
    );
    expect(inferLast(items("%x = SequenceAt(%a, %i) : f32[3]", "return x=%x"))).toBe("bad-arity");
    expect(inferLast(items("%s = SequenceConstruct(%a, %i) : seq<f32[3]>", "return i=%i"))).toBe(
      "dtype-mismatch",
    );
  });
});

describe("work", () => {
  test("of branches is half of each, of loops and scans what every trip does", () => {
    const sum = 8 * 6;
    expect(flopsOf(branches("input %cond : bool[]"))).toBe(0.5 * 2 * product + 0.5 * sum);
    const body = ["%p = MatMul(%v, %w) : f32[8, 6]"];
    const declared = "f32[8, 6], f32[n, 8, 6]";
    const trips = (text: string) => flopsOf(loop(text, body, "on=%on, v=%p, p=%p", declared));
    expect(trips("constant %m : i64[] = [5]")).toBe(5 * product);
    expect(trips("constant %m : i64[] = [9223372036854775807]")).toBe(product);
    expect(trips("input %m : i64[]")).toBe(product);
    expect(flopsOf(scan("num_scan_inputs=1"))).toBe(product);
  });
});

test("a region that is missing is an error at the call", () => {
  const graph = graphOf("input %cond : bool[]", "%y = If(%cond) : f32[]", "return y=%y");
  expect(inferLast(graph)).toBe("bad-attribute");
  expect(() => new Inference(graph).node(graph.nodes[0] as Node, [], [])).not.toThrow(SbpcError);
});
