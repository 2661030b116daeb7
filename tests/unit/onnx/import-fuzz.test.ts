/** Damaged files all the way through the importer and the folding passes: a coded error or a graph that holds; and what they found. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { SbpcError } from "../../../src/diagnostics/diagnostic.ts";
import { onnx } from "../../../src/onnx/generated/onnx-ml.js";
import { importOnnx } from "../../../src/onnx/import/import.ts";
import { importBases, importDamaged } from "../../support/fuzz-import.ts";
import { fuzzModels } from "../../support/fuzz-models.ts";
import { onnxTest, onnxTestModels } from "../../support/onnx-tests.ts";

const isFull = process.env["SBPC_FULL"] === "1";
const { BOOL, FLOAT, INT64, STRING, UINT2 } = onnx.TensorProto.DataType;

describe("damaged models, imported", () => {
  test("made of our own: external data, functions, computed sizes", { timeout: 120_000 }, () => {
    const bases = importBases();
    for (const base of bases) expect(importDamaged(base)).toBe("right");
    const outcomes = fuzzModels({ bases, count: isFull ? 4000 : 600, seed: 3, under: importDamaged });
    expect([...outcomes.keys()]).toEqual(
      expect.arrayContaining([
        "right",
        "error onnx-external-data",
        "error undefined-value",
        "error bad-arity",
      ]),
    );
  });

  onnxTest("made of onnx's node tests, all operators and regions", { timeout: 240_000 }, () => {
    const bases = onnxTestModels()
      .filter((path) => path.includes("/node/"))
      .map((path) => new Uint8Array(readFileSync(path)))
      .filter(({ length }) => length < 20_000);
    const outcomes = fuzzModels({ bases, count: isFull ? 16_000 : 2400, seed: 4, under: importDamaged });
    expect([...outcomes.keys()]).toEqual(
      expect.arrayContaining(["right", "later", "error bad-attribute", "error shape-invalid"]),
    );
    // Damage by fields reaches what lies behind the reader.
    expect(outcomes.get("right")).toBeGreaterThan(0.1 * (isFull ? 16_000 : 2400));
  });
});

// --- what they found

type Tensor = onnx.TensorProto.$Properties;

function info(name: string, elemType: number, dims: readonly (number | string)[]) {
  const dim = dims.map((size) => (typeof size === "number" ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

function model(graph: onnx.GraphProto.$Properties): onnx.ModelProto.$Properties {
  return { irVersion: 10, opsetImport: [{ domain: "", version: 21 }], graph: { name: "found", ...graph } };
}

const ints = (name: string, values: readonly number[]): Tensor => ({
  name,
  dims: [values.length],
  dataType: INT64,
  int64Data: [...values],
});

function codesOf(graph: onnx.GraphProto.$Properties, dims: Record<string, number> = {}): string[] {
  try {
    importOnnx(model(graph), { dims });
    return [];
  } catch (error) {
    if (!(error instanceof SbpcError)) throw error;
    return error.diagnostics.map(({ code }) => code);
  }
}

const x = info("x", FLOAT, [4, 6]);

describe("models that are wrong in one place", () => {
  test("an input of a type that is not known is reported, its users are not", () => {
    const input = [info("x", 99, [4])];
    const node = [{ opType: "Relu", input: ["x"], output: ["y"] }];
    expect(codesOf({ input, node, output: [info("y", FLOAT, [4])] })).toEqual(["type-unsupported"]);
  });

  test("one node names two outputs alike; the graph lists an output twice", () => {
    const split = { opType: "Split", input: ["x"], output: ["y", "y"] };
    expect(codesOf({ input: [x], node: [split], output: [info("y", FLOAT, [2, 6])] })).toEqual([
      "duplicate-name",
    ]);
    const relu = { opType: "Relu", input: ["x"], output: ["y"] };
    const y = info("y", FLOAT, [4, 6]);
    expect(codesOf({ input: [x], node: [relu], output: [y, y] })).toEqual(["duplicate-name"]);
  });

  test.each([
    ["value_ints", { f: 1.5, type: 1 }],
    ["value_int", { f: 1.5, type: 1 }],
    ["value_float", { s: new Uint8Array([65]), type: 3 }],
    ["value_strings", { ints: [1], type: 7 }],
  ])("a Constant's %s of another kind", (name, attribute) => {
    const constant = { opType: "Constant", output: ["c"], attribute: [{ name, ...attribute }] };
    const add = { opType: "Add", input: ["x", "c"], output: ["y"] };
    expect(codesOf({ input: [x], node: [constant, add], output: [info("y", FLOAT, [4, 6])] })).toEqual([
      "bad-attribute",
    ]);
  });

  test("a body that cannot be read is reported once, its node is not", () => {
    const body = {
      name: "body",
      input: [info("item", 99, [4])],
      node: [{ opType: "Relu", input: ["item"], output: ["r"] }],
      output: [info("r", FLOAT, [4])],
    };
    const node = [
      { opType: "SequenceConstruct", input: ["x"], output: ["s"] },
      { opType: "SequenceMap", input: ["s"], output: ["y"], attribute: [{ name: "body", g: body, type: 5 }] },
      { opType: "SequenceLength", input: ["y"], output: ["n"] },
    ];
    expect(codesOf({ input: [x], node, output: [info("n", INT64, [])] })).toEqual(["type-unsupported"]);
  });

  test("sizes that are no counts, from constants", () => {
    const resize = { opType: "Resize", input: ["x", "", "", "sizes"], output: ["y"] };
    expect(
      codesOf({ input: [x], initializer: [ints("sizes", [4, -2])], node: [resize], output: [] }),
    ).toEqual(["shape-invalid"]);
    const fill = { opType: "ConstantOfShape", input: ["half"], output: ["y"] };
    const half: Tensor = { name: "half", dims: [1], dataType: FLOAT, floatData: [0.5] };
    expect(codesOf({ initializer: [half], node: [fill], output: [] })).toEqual(["shape-invalid"]);
  });

  test("more outputs than the operator has", () => {
    const node = [{ opType: "ReduceSum", input: ["x"], output: ["y", "z"] }];
    const output = [info("y", FLOAT, [1, 1]), info("z", FLOAT, [2])];
    expect(codesOf({ input: [x], node, output })).toEqual(["ill-formed-graph"]);
  });

  test("no output of an operator that gives a sequence", () => {
    const none = { opType: "SequenceConstruct", input: ["x"], output: [] };
    const unnamed = { ...none, output: [""] };
    for (const node of [none, unnamed]) expect(codesOf({ input: [x], node: [node], output: [] })).toEqual([]);
  });

  test("constants without plain numbers where numbers are asked for", () => {
    const cumulate = { opType: "CumSum", input: ["x", "axis"], output: ["y"] };
    const bits: Tensor = { name: "axis", dims: [1], dataType: UINT2, int32Data: [1] };
    const texts: Tensor = { name: "axis", dims: [1], dataType: STRING, stringData: [new Uint8Array([65])] };
    for (const axis of [bits, texts]) {
      const graph = { input: [x], initializer: [axis], node: [cumulate], output: [info("y", FLOAT, [4, 6])] };
      expect(codesOf(graph)).toEqual([]);
    }
  });

  test("an image of as many axes as a file likes", () => {
    const input = [x, info("image", INT64, [2 ** 31 - 1]), info("block", INT64, [2])];
    const node = [{ opType: "Col2Im", input: ["x", "image", "block"], output: ["y"] }];
    expect(codesOf({ input, node, output: [] })).toEqual(["shape-invalid"]);
  });

  test("a length that the data tell, stated wrongly", () => {
    const node = [{ opType: "Unique", input: ["c"], output: ["y"] }];
    const graph = (length: number) => ({
      initializer: [ints("c", [7, 7, 7])],
      node,
      output: [info("y", INT64, [length])],
    });
    expect(codesOf(graph(1))).toEqual([]);
    expect(codesOf(graph(2))).toEqual(["shape-invalid"]);
  });

  test("a share of elements that is none, a version of an operator set that is none", () => {
    const node = [{ opType: "Dropout", input: ["x", "ratio", "training"], output: ["y"] }];
    const training: Tensor = { name: "training", dims: [], dataType: BOOL, int32Data: [1] };
    const graph = (ratio: number) => ({
      input: [x],
      initializer: [{ name: "ratio", dims: [], dataType: FLOAT, floatData: [ratio] }, training],
      node,
      output: [info("y", FLOAT, [4, 6])],
    });
    expect(codesOf(graph(0.5))).toEqual([]);
    expect(codesOf(graph(-2))).toEqual(["shape-invalid"]);
    const proto = { ...model(graph(0.5)), opsetImport: [{ domain: "", version: 2 ** 53 }] };
    expect(() => importOnnx(proto)).toThrow(/ill-formed-graph: .*version 9007199254740992/);
  });

  test("a difference of dimensions that the sizes given make negative", () => {
    const input = [info("x", FLOAT, ["n"]), info("y", FLOAT, ["n - 3"])];
    const node = [
      { opType: "Concat", input: ["x", "y"], output: ["z"], attribute: [{ name: "axis", i: 0, type: 2 }] },
    ];
    const graph = { input, node, output: [info("z", FLOAT, ["m"])] };
    expect(codesOf(graph, { n: 4 })).toEqual([]);
    expect(codesOf(graph, { n: 2 })).toEqual(["impossible-size"]);
  });
});
