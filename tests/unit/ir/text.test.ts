import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SbpcError, type Diagnostic } from "../../../src/diagnostics/diagnostic.ts";
import {
  generatedLocation,
  sourceLocation,
  unknownLocation,
  type Location,
} from "../../../src/diagnostics/location.ts";
import type { Attribute, Graph, Initializer, Node, Source, Value } from "../../../src/ir/graph.ts";
import { broadcast, partial, split, type LayoutHint, type NdSbp, type Sbp } from "../../../src/ir/layout.ts";
import { allocate, tensorData, viewBytes, type TensorData } from "../../../src/ir/tensor-data.ts";
import { bytesOf, dataTypes, tensorType, type DataType, type ValueType } from "../../../src/ir/types.ts";
import { parseGraph } from "../../../src/ir/text/parse.ts";
import { printGraph } from "../../../src/ir/text/print.ts";

const sample = `graph vit on mesh[dp=2, tp=2, pp=2] layers 12 stages [0, 0, 1] {
  input %images : f32[8, 3, 2*n+1, "odd size"] @ [S(0), B]   # vit.ts:10
  parameter %w : f32[192, 576] = trunc-normal(0, 0.02) hint soft tp:S(1/64) in blocks.0 layer 0 stage 1
  parameter %f : f32[2] = file("w b.bin", 64, 8)
  constant %c : f16[3] = [1, -0, nan]
  constant %s : string[2] = ["a\\n", "b # c"]
  constant %big : i64[1] = [9223372036854775807]
  constant %third : f32[2] = [0.1, -inf]
  random %m : bool[8] = bernoulli(0.9, "k")
  rank %r : i64[2] = table [0, 1] [[0, 1], [2, 3]]
  %h = MatMul(%images, %w) {axis=-1, eps=float(0.00001), one=float(1), l=[1, 2], t=tensor(f32[2] = [1, 2]), fs=floats(1, 0.5)} : f32[8, 10] @ [S(0), P(sum)] hint hard dp:S(0) like %w signature ([S(0), B], -) -> ([S(0), P(max)]) form x layer -1 stage 1 as "weird name"   # insert-boxing(vit.ts:14)
  %a, %"b c" = com.microsoft.Thing(%h, -) {s="a"} : seq<f32[]>, optional<f32[1]> @ [B, B]
    region then_branch = graph then {
      %q = If(%h) : f32[8, 10]
        region else = graph "" {
          return
        }
      return q=%q
    }
  %v = MaxPool(%h) : f32[8, 10] @ [S(0), B] signature ([W(0/2: 8 at 2/1 from -1 to 0), B]) -> ([S(0), B])
  return prediction_scores=%h, 495=%a
}
`;

describe("text form of graphs", () => {
  it("prints what it has read", () => {
    expect(printGraph(parseGraph(sample))).toBe(sample);
  });

  it("reads the pieces as what they are", () => {
    const graph = parseGraph(sample);
    const node = graph.nodes[0] as Node;
    expect(graph.mesh).toEqual({
      axes: [
        { name: "dp", size: 2 },
        { name: "tp", size: 2 },
      ],
      stages: 2,
    });
    expect(graph.layerStages).toEqual([0, 0, 1]);
    expect(node.attributes["axis"]).toBe(-1);
    expect(node.attributes["one"]).toEqual({ float: 1 });
    expect(node.attributes["fs"]).toEqual({ floats: [1, 0.5] });
    expect(node.name).toBe("weird name");
    expect(node.location).toEqual(generatedLocation("insert-boxing", [sourceLocation("vit.ts", 14)]));
    expect(node.signature).toEqual({
      inputs: [[split(0), broadcast], null],
      outputs: [[split(0), partial("max")]],
      form: "x",
    });
    expect(graph.values.get("h")?.hint).toEqual({
      strength: "hard",
      sbp: [{ axis: "dp", sbp: split(0) }],
      like: "w",
    });
    expect(graph.nodes[1]?.regions?.["then_branch"]?.nodes[0]?.regions?.["else"]?.outputs).toEqual([]);
    const constant = graph.sources.find((source) => source.value === "big");
    expect(constant?.kind === "constant" && constant.data.data).toEqual(new BigInt64Array([2n ** 63n - 1n]));
  });

  it("takes clauses in any order, remarks and empty lines", () => {
    const graph = parseGraph(
      `
      # a remark
      graph g {

        parameter %w : f32[2] layer 1 hint soft tp:S(0) = zeros_are(0)
        return
      }`.replace("zeros_are", "constant"),
    );
    expect(graph.sources[0]).toMatchObject({
      kind: "parameter",
      layer: 1,
      initializer: { kind: "constant", value: 0 },
    });
  });

  it("places what has no location at its line of a named file", () => {
    const graph = parseGraph(
      "graph g {\n  input %x : f32[]\n  %y = Neg(%x) : f32[]   # m.ts:3\n  return y=%y\n}",
      "a.graph",
    );
    expect(graph.sources[0]?.location).toEqual(sourceLocation("a.graph", 2));
    expect(graph.nodes[0]?.location).toEqual(sourceLocation("m.ts", 3));
  });

  it.each([
    ["graph g {\n  input %x f32[]\n  return\n}", 2, '":"'],
    ["graph g {\n  input %x : f33[]\n  return\n}", 2, "element type"],
    ["graph g {\n  output %x : f32[]\n  return\n}", 2, "kind of source"],
    ["graph g {\n  toString %x : f32[]\n  return\n}", 2, "kind of source"],
    ["graph g {\n  constant %x : f32[2] = [1]\n  return\n}", 2, "2 elements of f32"],
    ["graph g {\n  constant %x : i64[1] = [1.5]\n  return\n}", 2, "1 elements of i64"],
    ['graph g {\n  constant %x : f32[1] = base64 "AAAA"\n  return\n}', 2, "1 elements of f32"],
    ["graph g {\n  parameter %x : f32[2] = normal(1)\n  return\n}", 2, "numbers of normal"],
    ["graph g {\n  parameter %x : f32[2]\n  return\n}", 2, "how the parameter comes about"],
    ["graph g {\n\n  %x = Neg(%y) {a=} : f32[]\n  return\n}", 3, "a number"],
    ["graph g {\n  %x, %y = Neg() : f32[]\n  return\n}", 2, "types of 2 outputs"],
    ["graph g {\n  %x = Neg() : f32[] @ [Q]\n  return\n}", 2, "S(axis)"],
    ["graph g {\n  return\n", 2, '"}"'],
    ["graph g {\n}\n", 2, '"return"'],
    ["graph g {\n  return\n}\nmore", 4, "the end of the text"],
    ["model g {", 1, '"graph"'],
  ])("says what it expected: %j", (text, line, expected) => {
    let error: unknown;
    try {
      parseGraph(text, "bad.graph");
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(SbpcError);
    const [diagnostic] = (error as SbpcError).diagnostics as [Diagnostic];
    expect(diagnostic.code).toBe("syntax");
    expect(diagnostic.location).toMatchObject({ file: "bad.graph" });
    expect(diagnostic.message).toContain(expected);
    // At the end of the text the line is the last or the one behind it.
    expect(Math.abs((diagnostic.location as { line: number }).line - line)).toBeLessThanOrEqual(
      text.includes("}") ? 0 : 1,
    );
  });

  // Some 300 ms on one idle core; quadratic work would take minutes and runs into the time limit.
  it("reads 20,000 nodes in linear time", { timeout: 60_000 }, () => {
    const text = (n: number) => {
      const lines = ["graph big {", "  input %v0 : f32[8, 197, 192] @ [S(0), B]"];
      for (let i = 1; i <= n; i++)
        lines.push(`  %v${i} = Relu(%v${i - 1}) : f32[8, 197, 192] @ [S(0), B] stage 0   # vit.ts:${i}`);
      return [...lines, `  return o=%v${n}`, "}", ""].join("\n");
    };
    const large = text(20_000);
    expect(printGraph(parseGraph(large)) === large).toBe(true);
  });
});

// --- random graphs

const anyName = fc.oneof(
  fc.stringMatching(/^[a-z][a-z0-9_.]{0,8}$/),
  fc.string({ maxLength: 6 }),
  fc.string({ unit: "binary", maxLength: 4 }),
);
const anyDim = fc.oneof(fc.nat(9), fc.constantFrom("n", "batch", "2*n+1", "floor((n+1)/2)", "a b", "n-1"));
const anyDtype = fc.constantFrom(...(Object.keys(dataTypes) as DataType[]));
const anyTensorType = fc
  .tuple(anyDtype, fc.array(anyDim, { maxLength: 3 }))
  .map(([dtype, shape]) => tensorType(dtype, shape));
const anyType: fc.Arbitrary<ValueType> = fc.oneof(
  { weight: 4, arbitrary: anyTensorType },
  anyTensorType.map((element): ValueType => ({ kind: "sequence", element })),
  anyTensorType.map((element): ValueType => ({ kind: "optional", element: { kind: "sequence", element } })),
);
const anySbp: fc.Arbitrary<Sbp> = fc.oneof(
  fc.constant(broadcast),
  fc.constantFrom(partial("sum"), partial("max"), partial("min")),
  fc.tuple(fc.nat(3), fc.constantFrom(1, 64)).map(([axis, unit]) => split(axis, unit)),
);
const anyNdSbp: fc.Arbitrary<NdSbp> = fc.array(anySbp, { maxLength: 3 });
const anyLocation: fc.Arbitrary<Location> = fc.oneof(
  fc.constant(unknownLocation),
  fc
    .tuple(fc.constantFrom("m.ts", "a b/c:d.ts", "x#y.onnx"), fc.nat(99))
    .map(([file, line]) => sourceLocation(file, line)),
  fc.nat(9).map((line) => generatedLocation("infer-sbp", [sourceLocation("m.ts", line)])),
  fc.constant(generatedLocation("localize", [])),
);
const anyHint: fc.Arbitrary<LayoutHint> = fc.record(
  {
    strength: fc.constantFrom("hard" as const, "soft" as const, "dual" as const),
    sbp: fc.array(
      fc.record({ axis: fc.constantFrom("dp", "tp", "like", "stage", "odd name"), sbp: anySbp }),
      { maxLength: 2 },
    ),
    like: anyName,
  },
  { requiredKeys: ["strength", "sbp"] },
);
const anyData: fc.Arbitrary<TensorData> = fc
  .tuple(
    anyDtype,
    fc.array(fc.nat(4), { maxLength: 3 }),
    fc.uint8Array({ minLength: 2048, maxLength: 2048 }),
    fc.boolean(),
  )
  .map(([dtype, shape, noise, small]) => {
    const count = shape.reduce((a, b) => a * b, 1);
    if (dtype === "string")
      return {
        dtype,
        shape,
        data: Array.from({ length: count }, (_, i) => String.fromCharCode(noise[i] as number, 34, 92)),
      };
    if (small && /^(f32|f64|f16|bf16|i\d+|u\d+|bool)$/.test(dtype) && dtype !== "i2" && dtype !== "u2") {
      return tensorData(
        dtype,
        shape,
        Array.from({ length: count }, (_, i) => (noise[i] as number) % 8),
      );
    }
    const bytes = noise.slice(0, bytesOf(dtype, count));
    return { dtype, shape, data: count === 0 ? allocate(dtype, 0) : viewBytes(dtype, bytes) };
  });
const anyNumber = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(NaN, Infinity, -Infinity, -0));
const anyAttribute: fc.Arbitrary<Attribute> = fc.oneof(
  fc.integer(),
  fc.string(),
  fc.array(fc.integer(), { maxLength: 3 }),
  fc.array(fc.string(), { minLength: 1, maxLength: 3 }),
  anyNumber.map((float) => ({ float })),
  fc.array(anyNumber, { maxLength: 3 }).map((floats) => ({ floats })),
  anyData.map((tensor) => ({ tensor })),
);
const anyInitializer: fc.Arbitrary<Initializer> = fc.oneof(
  anyNumber.map((value): Initializer => ({ kind: "constant", value })),
  fc.tuple(anyNumber, anyNumber).map(([mean, std]): Initializer => ({ kind: "trunc-normal", mean, std })),
  fc.tuple(anyNumber, anyNumber).map(([low, high]): Initializer => ({ kind: "uniform", low, high })),
  fc
    .tuple(fc.string(), fc.nat(), fc.nat())
    .map(([path, offset, length]): Initializer => ({ kind: "file", path, offset, length })),
);
const anySourceBody = fc.oneof(
  fc.constant({ kind: "input" as const }),
  fc.record(
    {
      kind: fc.constant("parameter" as const),
      initializer: anyInitializer,
      module: anyName,
      layer: fc.integer({ min: -1, max: 9 }),
      stage: fc.nat(3),
    },
    { requiredKeys: ["kind", "initializer", "module"] },
  ),
  fc.record({ kind: fc.constant("constant" as const), data: anyData }),
  fc
    .tuple(anyNumber, fc.string())
    .map(([keep, key]) => ({ kind: "random" as const, recipe: { kind: "bernoulli" as const, keep, key } })),
  fc.tuple(anyNumber, anyNumber, fc.string(), fc.boolean()).map(([a, b, key, normal]) => ({
    kind: "random" as const,
    recipe: normal
      ? { kind: "normal" as const, mean: a, std: b, key }
      : { kind: "uniform" as const, low: a, high: b, key },
  })),
  fc
    .array(fc.array(fc.integer(), { maxLength: 2 }), { maxLength: 3 })
    .map((entries) => ({ kind: "rank" as const, table: { axes: [0, 1], entries } })),
);
const anyNodeBody = fc.record(
  {
    op: fc.oneof(fc.constantFrom("MatMul", "sbpc.Boxing"), anyName),
    attributes: fc.dictionary(
      anyName.filter((name) => name !== "__proto__"),
      anyAttribute,
      { maxKeys: 4, noNullPrototype: true },
    ),
    location: anyLocation,
    module: anyName,
    layer: fc.integer({ min: -1, max: 9 }),
    stage: fc.nat(3),
    signature: fc.record(
      {
        inputs: fc.array(fc.option(anyNdSbp), { maxLength: 3 }),
        outputs: fc.array(anyNdSbp, { maxLength: 2 }),
        form: anyName,
      },
      { requiredKeys: ["inputs", "outputs"] },
    ),
  },
  { requiredKeys: ["op", "attributes", "location", "module"] },
);
const anyValue = fc.record({ type: anyType, hint: anyHint, layout: anyNdSbp }, { requiredKeys: ["type"] });

function anyGraph(depth: number): fc.Arbitrary<Graph> {
  return fc
    .record({
      name: anyName,
      names: fc.uniqueArray(anyName, { minLength: 12, maxLength: 12 }),
      values: fc.array(anyValue, { minLength: 12, maxLength: 12 }),
      sources: fc.array(fc.tuple(anySourceBody, anyLocation), { maxLength: 4 }),
      nodes: fc.array(anyNodeBody, { maxLength: 4 }),
      nodeName: fc.option(anyName),
      region: depth > 0 ? fc.option(anyGraph(depth - 1)) : fc.constant(null),
      rest: fc.record(
        {
          layers: fc.nat(99),
          layerStages: fc.oneof(
            fc.constantFrom("libai" as const, "balanced" as const),
            fc.array(fc.nat(3), { maxLength: 4 }),
          ),
          mesh: fc.constantFrom(
            { axes: [], stages: 1 },
            { axes: [{ name: "dp", size: 2 }], stages: 1 },
            { axes: [{ name: "a b", size: 3 }], stages: 4 },
          ),
        },
        { requiredKeys: [] },
      ),
    })
    .map(({ name, names, values, sources, nodes, nodeName, region, rest }) => {
      const made = new Map<string, Value>();
      let next = 0;
      const define = (type?: ValueType): string => {
        const value = { ...(values[next] as Omit<Value, "name">), name: names[next++] as string };
        made.set(value.name, type === undefined ? value : { ...value, type });
        return value.name;
      };
      const allSources = sources.map(([body, location]): Source => {
        const type = body.kind === "constant" ? tensorType(body.data.dtype, body.data.shape) : undefined;
        return { ...body, value: define(type), location };
      });
      const allNodes = nodes.map((body, i): Node => {
        const outputs = i % 2 === 0 ? [define()] : [define(), define()];
        const inputs = [names[i] as string, null];
        const own = i === 0 && nodeName !== null ? nodeName : (outputs[0] as string);
        const node = { ...body, name: own, inputs, outputs };
        return region !== null && i === 1 ? { ...node, regions: { "then branch": region, b: region } } : node;
      });
      return {
        name,
        sources: allSources,
        nodes: allNodes,
        outputs: [{ name: names[1] as string, value: names[0] as string }],
        values: made,
        ...rest,
      };
    });
}

describe("random graphs", () => {
  it("round trip, with equal structure and equal text", () => {
    fc.assert(
      fc.property(anyGraph(1), (graph) => {
        const text = printGraph(graph);
        const back = parseGraph(text);
        expect(back).toEqual(graph);
        expect([...back.values.keys()]).toEqual([...graph.values.keys()]);
        expect(printGraph(back)).toBe(text);
      }),
      { numRuns: 300 },
    );
  });
});
