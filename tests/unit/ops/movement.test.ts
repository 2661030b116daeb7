/** Shapes, errors and values of the operators that move elements, and the soundness of splits through Reshape. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SbpcError } from "../../../src/diagnostics/diagnostic.ts";
import { unknownLocation } from "../../../src/diagnostics/location.ts";
import type { Dim } from "../../../src/ir/dim.ts";
import type { Attributes } from "../../../src/ir/graph.ts";
import { devicesPerStage, type Mesh, type Sbp } from "../../../src/ir/layout.ts";
import { tensorData } from "../../../src/ir/tensor-data.ts";
import { printType, tensorType, type DataType } from "../../../src/ir/types.ts";
import { Call } from "../../../src/ops/call.ts";
import { dense } from "../../../src/ops/dense.ts";
import { evaluateNode } from "../../../src/ops/interpret.ts";
import { findOp } from "../../../src/ops/registry.ts";
import { axisGroups } from "../../../src/ops/reshape.ts";
import { assemble, takeShard } from "../../../src/ops/shards.ts";
import { isSplittable, normalizeLayout } from "../../../src/sbp/geometry.ts";
import { printSignature } from "../../../src/sbp/signature.ts";
import { present } from "../../../src/support/assert.ts";
import { product, range } from "../../../src/support/collections.ts";

interface Input {
  readonly dtype: DataType;
  readonly shape: readonly Dim[];
  readonly values?: readonly number[];
}

const f32 = (shape: readonly Dim[], values?: readonly number[]): Input => ({
  dtype: "f32",
  shape,
  ...(values === undefined ? {} : { values }),
});
const ints = (...values: number[]): Input => ({ dtype: "i64", shape: [values.length], values });
const int = (value: number): Input => ({ dtype: "i64", shape: [], values: [value] });
const unknown = (...shape: number[]): Input => ({ dtype: "i64", shape });

function callOf(
  op: string,
  inputs: readonly (Input | null)[],
  attributes: Attributes = {},
  outputs = 1,
): Call {
  return new Call({
    op,
    name: "layer.0/node",
    location: unknownLocation,
    attributes,
    inputs: inputs.map((input) => (input === null ? null : tensorType(input.dtype, input.shape))),
    constants: (index) => {
      const input = inputs[index];
      return input?.values === undefined
        ? undefined
        : tensorData(input.dtype, input.shape as readonly number[], input.values);
    },
    outputs,
  });
}

const definitionOf = (op: string) => present(findOp(op), "operator is not declared", () => op);

type Arguments = Parameters<typeof callOf>;

function typesOf(...args: Arguments): string[] {
  return definitionOf(args[0])
    .infer(callOf(...args))
    .map(printType);
}

/** The code and message of what inference reports. */
function errorOf(...args: Arguments): { code: string; message: string } {
  try {
    typesOf(...args);
  } catch (error) {
    if (error instanceof SbpcError) return { code: error.code ?? "", message: error.message };
    throw error;
  }
  throw new Error("no error was reported");
}

function valuesOf(
  op: string,
  inputs: readonly (Input | null)[],
  attributes: Attributes = {},
  outputs = 1,
): number[][] {
  const node = { name: "node", op, attributes, outputs: range(outputs).map((i) => `y${i}`) };
  const arrays = inputs.map((input) =>
    input === null
      ? null
      : dense(
          input.dtype,
          input.shape as readonly number[],
          input.values ?? range(product(input.shape as number[])),
        ),
  );
  return evaluateNode(node, arrays).map((x) => [...x.data]);
}

function signaturesOf(devices: number, units: readonly number[], ...args: Arguments): string[] {
  return definitionOf(args[0])
    .signatures(callOf(...args), { devices, unitsOf: () => units })
    .map(printSignature);
}

describe("shapes", () => {
  test("Reshape copies, infers and keeps symbolic dimensions", () => {
    expect(typesOf("Reshape", [f32([2, 3, 12]), ints(0, 0, 3, -1)])).toEqual(["f32[2, 3, 3, 4]"]);
    expect(typesOf("Reshape", [f32(["batch", "seq", 12]), ints(0, 0, 3, 4)])).toEqual([
      "f32[batch, seq, 3, 4]",
    ]);
    expect(typesOf("Reshape", [f32(["batch", "seq", 12]), ints(0, -1)])).toEqual(["f32[batch, 12*seq]"]);
    expect(typesOf("Reshape", [f32(["batch", 4, 12]), ints(-1, 6)])).toEqual(["f32[8*batch, 6]"]);
    expect(typesOf("Reshape", [f32([4, 0]), ints(0, 3)], { allowzero: 1 })).toEqual(["f32[0, 3]"]);
    expect(valuesOf("Reshape", [f32([4, 0]), ints(0, 0)])).toEqual([[]]);
  });

  test("Flatten, Squeeze and Unsqueeze", () => {
    expect(typesOf("Flatten", [f32(["batch", 3, 4])])).toEqual(["f32[batch, 12]"]);
    expect(typesOf("Flatten", [f32([2, 3])], { axis: 0 })).toEqual(["f32[1, 6]"]);
    expect(typesOf("Squeeze", [f32([1, "n", 1])])).toEqual(["f32[n]"]);
    expect(typesOf("Unsqueeze", [f32([5]), ints(-1, 0)])).toEqual(["f32[1, 5, 1]"]);
  });

  test("Slice clamps its bounds, also on symbolic axes, and names what only execution can tell", () => {
    expect(typesOf("Slice", [f32([5, 3]), ints(-9), ints(2 ** 53)])).toEqual(["f32[5, 3]"]);
    expect(typesOf("Slice", [f32([5, 3]), ints(4), ints(1), ints(0), ints(-2)])).toEqual(["f32[2, 3]"]);
    expect(typesOf("Slice", [f32(["n", 3]), ints(1), ints(2 ** 53)])).toEqual(["f32[n-1, 3]"]);
    expect(typesOf("Slice", [f32(["n", 3]), ints(0), ints(-2)])).toEqual(["f32[n-2, 3]"]);
    expect(typesOf("Slice", [f32(["n", 3]), ints(-1), ints(2 ** 53)])).toEqual(["f32[1, 3]"]);
    expect(typesOf("Slice", [f32(["n", 3]), ints(0), ints(1)])).toEqual(["f32[1, 3]"]);
    expect(typesOf("Slice", [f32([5, 3]), unknown(1), unknown(1)])).toEqual(["f32[layer.0_node.0, 3]"]);
    expect(valuesOf("Slice", [f32([5, 3]), ints(2), ints(2)])).toEqual([[]]);
  });

  test("Split, Concat, Expand, Tile, Pad", () => {
    expect(typesOf("Split", [f32([2, 7])], { axis: 1, num_outputs: 3 }, 3)).toEqual([
      "f32[2, 3]",
      "f32[2, 3]",
      "f32[2, 1]",
    ]);
    expect(typesOf("Split", [f32(["3*h"])], { num_outputs: 3 }, 3)).toEqual(["f32[h]", "f32[h]", "f32[h]"]);
    expect(typesOf("Concat", [f32(["n", 3]), f32([1, 3])], { axis: 0 })).toEqual(["f32[n+1, 3]"]);
    expect(typesOf("Expand", [f32(["n", 1]), ints(2, 1, 4)])).toEqual(["f32[2, n, 4]"]);
    expect(typesOf("Tile", [f32(["n", 3]), ints(2, 1)])).toEqual(["f32[2*n, 3]"]);
    expect(typesOf("Pad", [f32(["n", 3]), ints(1, -1), null, ints(0)])).toEqual(["f32[n, 3]"]);
  });

  test("Conv and pools over symbolic images", () => {
    const attributes = { strides: [2, 1], pads: [1, 0, 1, 0] };
    expect(typesOf("Conv", [f32(["b", 3, 8, "w"]), f32([4, 3, 3, 2])], attributes)).toEqual([
      "f32[b, 4, 4, w-1]",
    ]);
    expect(typesOf("MaxPool", [f32([1, 2, 5])], { kernel_shape: [2], strides: [2], ceil_mode: 1 })[0]).toBe(
      "f32[1, 2, 3]",
    );
    expect(typesOf("GlobalAveragePool", [f32(["b", 3, "h", "w"])])).toEqual(["f32[b, 3, 1, 1]"]);
  });

  test("Gather, OneHot, Range, NonZero, Shape", () => {
    expect(typesOf("Gather", [f32([7, "d"]), unknown(2, 3)])).toEqual(["f32[2, 3, d]"]);
    expect(typesOf("OneHot", [unknown(2, 3), int(5), f32([2])], { axis: 1 })).toEqual(["f32[2, 5, 3]"]);
    expect(typesOf("Range", [int(10), int(1), int(-4)])).toEqual(["i64[3]"]);
    expect(typesOf("Range", [unknown(), int(1), int(1)])).toEqual(["i64[layer.0_node.length]"]);
    expect(typesOf("NonZero", [f32([2, 3])])).toEqual(["i64[2, layer.0_node.count]"]);
    expect(typesOf("Shape", [f32(["n", 3, 4])], { start: -2 })).toEqual(["i64[2]"]);
  });
});

describe("errors", () => {
  const cases: readonly [string, Arguments, string, readonly string[]][] = [
    [
      "Reshape to another number of elements",
      ["Reshape", [f32([2, 3]), ints(4, 2)]],
      "shape-invalid",
      ["[2, 3]", "[4, 2]"],
    ],
    [
      "Reshape by a -1 that does not divide",
      ["Reshape", [f32([2, 5]), ints(-1, 3)]],
      "shape-invalid",
      ["[2, 5]", "[-1, 3]"],
    ],
    ["Reshape with two -1", ["Reshape", [f32([2, 3]), ints(-1, -1)]], "shape-invalid", ["-1, -1"]],
    ["Reshape that copies a missing axis", ["Reshape", [f32([6]), ints(3, 0)]], "shape-invalid", ["axis 1"]],
    ["Reshape to an unknown shape", ["Reshape", [f32([6]), unknown(2)]], "not-constant", ["shape"]],
    ["Squeeze of a longer axis", ["Squeeze", [f32([2, 3]), ints(1)]], "shape-invalid", ["axis 1", "3"]],
    ["Unsqueeze twice at one place", ["Unsqueeze", [f32([2]), ints(0, -3)]], "shape-invalid", ["twice"]],
    [
      "Transpose by no permutation",
      ["Transpose", [f32([2, 3])], { perm: [0, 0] }],
      "bad-attribute",
      ["[0, 0]"],
    ],
    [
      "Concat of other sizes",
      ["Concat", [f32([2, 3]), f32([4, 5])], { axis: 0 }],
      "shape-mismatch",
      ["[2, 3]", "[4, 5]"],
    ],
    [
      "Concat of other types",
      ["Concat", [f32([2]), unknown(2)], { axis: 0 }],
      "dtype-mismatch",
      ["f32[2]", "i64[2]"],
    ],
    [
      "Split into parts that do not add up",
      ["Split", [f32([7]), ints(3, 3)], {}, 2],
      "shape-invalid",
      ["[3, 3]", "7"],
    ],
    ["Slice by step 0", ["Slice", [f32([5]), ints(0), ints(2), ints(0), ints(0)]], "shape-invalid", ["step"]],
    [
      "Slice of a missing axis",
      ["Slice", [f32([5]), ints(0), ints(2), ints(1)]],
      "shape-invalid",
      ["axis 1"],
    ],
    ["Pad of a wrong length", ["Pad", [f32([5, 3]), ints(1, 1)]], "shape-invalid", ["2 pads"]],
    [
      "Reflection beyond the axis",
      ["Pad", [f32([3]), ints(3, 0)], { mode: "reflect" }],
      "shape-invalid",
      ["3"],
    ],
    ["Gather by fractions", ["Gather", [f32([5]), f32([2])]], "dtype-mismatch", ["f32[2]"]],
    ["Expand to another size", ["Expand", [f32([3]), ints(5)]], "shape-invalid", ["[3]", "[5]"]],
    ["TopK of too many", ["TopK", [f32([3]), ints(4)], {}, 2], "shape-invalid", ["4", "3"]],
    [
      "Conv of other channels",
      ["Conv", [f32([1, 3, 5]), f32([4, 2, 3])]],
      "shape-mismatch",
      ["[1, 3, 5]", "[4, 2, 3]"],
    ],
    [
      "Conv with a wrong bias",
      ["Conv", [f32([1, 3, 5]), f32([4, 3, 3]), f32([3])]],
      "shape-mismatch",
      ["[4, 3, 3]", "[3]"],
    ],
    ["Conv with a window too big", ["Conv", [f32([1, 3, 2]), f32([4, 3, 3])]], "shape-invalid", ["3", "2"]],
    ["AveragePool without a window", ["AveragePool", [f32([1, 3, 5])]], "bad-attribute", ["kernel_shape"]],
  ];
  test.each(cases)("%s", (_, args, code, words) => {
    const error = errorOf(...args);
    expect(error.code).toBe(code);
    for (const word of [args[0], ...words]) expect(error.message).toContain(word);
  });
});

describe("values", () => {
  test("Slice backwards, strided", () => {
    expect(valuesOf("Slice", [f32([6]), ints(-1), ints(-(2 ** 53)), ints(0), ints(-2)])).toEqual([[5, 3, 1]]);
    expect(valuesOf("Slice", [f32([2, 3]), ints(1, 0), ints(2, 3), ints(0, 1), ints(1, 2)])).toEqual([
      [3, 5],
    ]);
  });

  test("Pad by every mode", () => {
    const pad = (mode: string) => valuesOf("Pad", [f32([3]), ints(2, 1)], { mode })[0];
    expect(pad("constant")).toEqual([0, 0, 0, 1, 2, 0]);
    expect(pad("edge")).toEqual([0, 0, 0, 1, 2, 2]);
    expect(pad("reflect")).toEqual([2, 1, 0, 1, 2, 1]);
    expect(pad("wrap")).toEqual([1, 2, 0, 1, 2, 0]);
  });

  test("TopK takes the first of equal elements", () => {
    expect(valuesOf("TopK", [f32([5], [1, 3, 2, 3, 1]), ints(3)], {}, 2)).toEqual([
      [3, 3, 2],
      [1, 3, 2],
    ]);
  });

  test("OneHot counts negative indices from the end and leaves out the others", () => {
    const values = f32([2], [0, 9]);
    expect(valuesOf("OneHot", [{ ...ints(-1, 3, 0) }, int(3), values])).toEqual([
      [0, 0, 9, 0, 0, 0, 9, 0, 0],
    ]);
  });

  test("CumSum exclusive and reversed", () => {
    const x = f32([4], [1, 2, 3, 4]);
    expect(valuesOf("CumSum", [x, int(0)], { exclusive: 1, reverse: 1 })).toEqual([[9, 7, 4, 0]]);
  });

  test("AveragePool leaves out the padding, or counts it", () => {
    const attributes = { kernel_shape: [2], pads: [1, 0] };
    expect(valuesOf("AveragePool", [f32([1, 1, 3], [2, 4, 6])], attributes)).toEqual([[2, 3, 5]]);
    expect(
      valuesOf("AveragePool", [f32([1, 1, 3], [2, 4, 6])], { ...attributes, count_include_pad: 1 }),
    ).toEqual([[1, 3, 5]]);
  });
});

describe("signatures", () => {
  test("heads stay whole through the reshapes around attention", () => {
    const into = signaturesOf(2, [1], "Reshape", [f32([2, 5, 192]), ints(2, 5, 3, 64)]);
    expect(into).toContain("(S(2/64), B) -> S(2)");
    expect(into).not.toContain("(S(2), B) -> S(2)");
    const outOf = signaturesOf(2, [1], "Reshape", [f32([2, 5, 3, 64]), ints(2, 5, 192)]);
    expect(outOf).toContain("(S(2), B) -> S(2/64)");
    // No shard would be left without a head.
    expect(signaturesOf(4, [1], "Reshape", [f32([2, 5, 192]), ints(2, 5, 3, 64)])).not.toContain(
      "(S(2/64), B) -> S(2)",
    );
  });

  test("a unit asked for on either side is kept", () => {
    const listed = signaturesOf(2, [1, 128], "Reshape", [f32([5, 768]), ints(5, 12, 64)]);
    expect(listed).toContain("(S(1/128), B) -> S(1/2)");
  });

  test("patches are dealt whole", () => {
    const listed = signaturesOf(2, [1], "Conv", [f32([1, 3, 32, 32]), f32([8, 3, 16, 16])], {
      strides: [16, 16],
    });
    expect(listed).toContain("(S(2/16), B) -> S(2)");
  });

  test("a padding that is not zero does not add up", () => {
    const padded = (value: number) => signaturesOf(2, [1], "Pad", [f32([5]), ints(1, 1), f32([], [value])]);
    expect(padded(0)).toContain("(P(sum), B, B) -> P(sum)");
    expect(padded(1)).not.toContain("(P(sum), B, B) -> P(sum)");
    expect(padded(1)).toContain("(P(max), B, B) -> P(max)");
  });

  test("a reshape of no elements cannot be split", () => {
    expect(signaturesOf(2, [1], "Reshape", [f32([4, 0]), ints(0, 0)])).toEqual([
      "(B, B) -> B",
      "(P(sum), B) -> P(sum)",
      "(P(max), B) -> P(max)",
      "(P(min), B) -> P(min)",
    ]);
  });
});

describe("Reshape on meshes of two axes", () => {
  const ordered = (factors: readonly number[]) =>
    fc.shuffledSubarray([...factors], { minLength: factors.length });
  /** A group of factors, cut into axes in two ways. */
  const cut = (factors: readonly number[], ends: readonly boolean[]) =>
    factors.reduce<number[]>((axes, factor, i) => {
      if (i === 0 || ends[i]) return [...axes, factor];
      return [...axes.slice(0, -1), (axes.at(-1) as number) * factor];
    }, []);
  const group = fc
    .array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 })
    .chain((factors) =>
      fc
        .tuple(
          ordered(factors),
          ordered(factors),
          fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
          fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
        )
        .map(([a, b, endsA, endsB]) => ({ input: cut(a, endsA), output: cut(b, endsB) })),
    );
  const problem = fc.record({
    groups: fc.array(group, { minLength: 1, maxLength: 2 }),
    sizes: fc.tuple(fc.integer({ min: 2, max: 4 }), fc.integer({ min: 2, max: 4 })),
    units: fc.uniqueArray(fc.constantFrom(1, 2, 3, 4, 6, 8), { minLength: 1, maxLength: 3 }),
    pick: fc.tuple(fc.nat(), fc.nat()),
  });

  test("every pair of listed signatures keeps the elements in place", () => {
    let executed = 0;
    fc.assert(
      fc.property(problem, ({ groups, sizes, units, pick }) => {
        const [input, output] = [groups.flatMap((g) => g.input), groups.flatMap((g) => g.output)];
        const call = callOf("Reshape", [f32(input), ints(...output)]);
        const splits = sizes.map((devices) =>
          definitionOf("Reshape")
            .signatures(call, { devices, unitsOf: () => units })
            .filter((signature) => signature.outputs[0]?.kind === "S"),
        );
        fc.pre(splits.every((list) => list.length > 0));
        const chosen = splits.map((list, i) =>
          present(list[(pick[i] as number) % list.length], "no signature"),
        );
        const mesh: Mesh = { axes: sizes.map((size, i) => ({ name: `a${i}`, size })), stages: 1 };
        const from = chosen.map((signature) => signature.inputs[0] as Sbp);
        const to = chosen.map((signature) => signature.outputs[0] as Sbp);
        const fits = isSplittable(input, from, mesh);
        if (isSplittable(output, to, mesh) !== fits) return false;
        fc.pre(fits);
        executed++;
        const [held, made] = [normalizeLayout(input, from, mesh), normalizeLayout(output, to, mesh)];
        const whole = dense("f32", input, range(product(input)));
        const shards = range(devicesPerStage(mesh)).map((device) => {
          const shard = takeShard(whole, held, mesh, device);
          const { shape } = takeShard({ ...whole, shape: output }, made, mesh, device);
          return { ...shard, shape };
        });
        expect([...present(assemble(shards, output, made, mesh), "not a layout").data]).toEqual([
          ...whole.data,
        ]);
      }),
      { numRuns: 200, seed: 20261122 },
    );
    expect(executed).toBeGreaterThan(100);
  });

  test("groups are the smallest with equal products", () => {
    expect(axisGroups([2, 5, 192], [2, 5, 3, 64])).toEqual([
      { input: [0], output: [0] },
      { input: [1], output: [1] },
      { input: [2], output: [2, 3] },
    ]);
    expect(axisGroups([1, 9, 4], [6, 1, 6])).toEqual([{ input: [1, 2], output: [0, 2] }]);
  });
});
