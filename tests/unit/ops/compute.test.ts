/** Shapes, errors and values of the operators that compute, and signatures that follow from constants and attributes. */
import { describe, expect, test } from "vitest";
import { SbpcError } from "../../../src/diagnostics/diagnostic.ts";
import { unknownLocation } from "../../../src/diagnostics/location.ts";
import type { Attributes, NodeSignature } from "../../../src/ir/graph.ts";
import { broadcast, partial, split, type Mesh } from "../../../src/ir/layout.ts";
import { tensorData } from "../../../src/ir/tensor-data.ts";
import { dataTypes, printType, tensorType, type DataType } from "../../../src/ir/types.ts";
import { Call } from "../../../src/ops/call.ts";
import { dense } from "../../../src/ops/dense.ts";
import { expandForm } from "../../../src/ops/forms.ts";
import { interpretGraph } from "../../../src/ops/interpret.ts";
import { findOp } from "../../../src/ops/registry.ts";
import { printSignature } from "../../../src/sbp/signature.ts";
import { present } from "../../../src/support/assert.ts";
import { product } from "../../../src/support/collections.ts";

interface Input {
  readonly dtype: DataType;
  readonly shape: readonly number[];
  readonly values?: readonly number[];
}

const f32 = (shape: readonly number[], values?: readonly number[]): Input => ({
  dtype: "f32",
  shape,
  ...(values === undefined ? {} : { values }),
});
const i64 = (shape: readonly number[], values?: readonly number[]): Input => ({
  ...f32(shape, values),
  dtype: "i64",
});
const i32 = (shape: readonly number[], values?: readonly number[]): Input => ({
  ...f32(shape, values),
  dtype: "i32",
});

function callOf(
  op: string,
  inputs: readonly (Input | null)[],
  attributes: Attributes = {},
  outputs = 1,
): Call {
  return new Call({
    op,
    name: op,
    location: unknownLocation,
    attributes,
    inputs: inputs.map((input) => (input === null ? null : tensorType(input.dtype, input.shape))),
    constants: (index) => {
      const input = inputs[index];
      return input?.values === undefined ? undefined : tensorData(input.dtype, input.shape, input.values);
    },
    outputs,
  });
}

const definitionOf = (op: string) => present(findOp(op), "operator is not declared", () => op);

function infer(
  op: string,
  inputs: readonly (Input | null)[],
  attributes: Attributes = {},
  outputs = 1,
): string {
  const types = definitionOf(op).infer(callOf(op, inputs, attributes, outputs));
  return types.slice(0, outputs).map(printType).join(", ");
}

function evaluate(op: string, inputs: readonly (Input | null)[], attributes: Attributes = {}): number[] {
  const call = callOf(op, inputs, attributes);
  definitionOf(op).infer(call);
  const arrays = inputs.map((input) =>
    input === null
      ? null
      : dense(input.dtype, input.shape, input.values ?? new Float64Array(product(input.shape))),
  );
  return [...(definitionOf(op).evaluate({ call, inputs: arrays })[0]?.data ?? [])];
}

function signatures(
  op: string,
  inputs: readonly (Input | null)[],
  attributes: Attributes = {},
  outputs = 1,
): string[] {
  return definitionOf(op)
    .signatures(callOf(op, inputs, attributes, outputs), { devices: 2, unitsOf: () => [1] })
    .map(printSignature);
}

function errorOf(run: () => unknown): SbpcError {
  try {
    run();
  } catch (error) {
    if (error instanceof SbpcError) return error;
    throw error;
  }
  throw new Error("no error was reported");
}

describe("shapes", () => {
  test.each([
    ["Add", [f32([2, 5, 1]), f32([3])], {}, "f32[2, 5, 3]"],
    ["MatMul", [f32([5]), f32([5])], {}, "f32[]"],
    ["MatMul", [f32([5]), f32([2, 5, 3])], {}, "f32[2, 3]"],
    ["MatMul", [f32([4, 1, 2, 5]), f32([3, 5, 6])], {}, "f32[4, 3, 2, 6]"],
    ["Gemm", [f32([5, 2]), f32([3, 5]), f32([3])], { transA: 1, transB: 1 }, "f32[2, 3]"],
    ["Einsum", [f32([4, 1, 2, 5]), f32([3, 5, 6])], { equation: "...ij,...jk" }, "f32[4, 3, 2, 6]"],
    ["Einsum", [f32([2, 3])], { equation: "ba" }, "f32[3, 2]"],
    ["ReduceSum", [f32([2, 3, 4]), i64([2], [0, -1])], { keepdims: 0 }, "f32[3]"],
    ["ReduceSum", [f32([2, 3])], { axes: [1] }, "f32[2, 1]"],
    ["ReduceSum", [f32([2, 3])], { noop_with_empty_axes: 1 }, "f32[2, 3]"],
    ["ArgMax", [f32([2, 3])], { axis: -1, keepdims: 0 }, "i64[2]"],
    ["Greater", [f32([5, 1]), f32([3])], {}, "bool[5, 3]"],
    ["Cast", [f32([5])], { to: dataTypes.i64[0] }, "i64[5]"],
  ] as const)("%s", (op, inputs, attributes, expected) => {
    expect(infer(op, inputs as readonly Input[], attributes as Attributes)).toBe(expected);
  });

  test("statistics and log-probabilities are further outputs", () => {
    expect(infer("LayerNormalization", [f32([5, 4, 3]), f32([4, 3])], { axis: 1 }, 3)).toBe(
      "f32[5, 4, 3], f32[5, 1, 1], f32[5, 1, 1]",
    );
    expect(infer("SoftmaxCrossEntropyLoss", [f32([5, 3, 2]), i64([5, 2])], {}, 2)).toBe(
      "f32[], f32[5, 3, 2]",
    );
  });
});

describe("errors name the code and both shapes", () => {
  test.each([
    ["Add", [f32([5, 3]), f32([4])], {}, "shape-mismatch", ["[5, 3]", "[4]"]],
    ["MatMul", [f32([5, 3]), f32([4, 2])], {}, "shape-mismatch", ["[5, 3]", "[4, 2]", "axis k"]],
    ["MatMul", [f32([]), f32([4, 2])], {}, "shape-invalid", ["f32[]", "f32[4, 2]"]],
    ["Gemm", [f32([5, 3]), f32([3, 2]), f32([4])], {}, "shape-mismatch", ["[3, 2]", "[4]"]],
    ["Gemm", [f32([5, 3, 1]), f32([3, 2])], {}, "shape-invalid", ["f32[5, 3, 1]", "f32[3, 2]"]],
    ["LayerNormalization", [f32([5, 3]), f32([4])], {}, "shape-mismatch", ["[5, 3]", "[4]"]],
    ["SoftmaxCrossEntropyLoss", [f32([5, 3]), i64([4])], {}, "shape-mismatch", ["[5, 3]", "[4]"]],
    ["PRelu", [f32([3]), f32([5, 3])], {}, "shape-invalid", ["f32[3]", "f32[5, 3]"]],
    ["Softmax", [f32([5, 3])], { axis: 2 }, "shape-invalid", ["axis 2", "f32[5, 3]"]],
    ["Add", [f32([5]), i64([5])], {}, "dtype-mismatch", ["f32[5]", "i64[5]"]],
    ["Sqrt", [i64([5])], {}, "dtype-mismatch", ["i64[5]"]],
    ["Where", [f32([5]), f32([5]), f32([5])], {}, "dtype-mismatch", ["condition"]],
    ["SoftmaxCrossEntropyLoss", [f32([5, 3]), f32([5])], {}, "dtype-mismatch", ["labels"]],
    ["ReduceSum", [f32([5]), i64([1])], {}, "not-constant", ["axes"]],
    ["ReduceSum", [f32([5, 3]), i64([2], [1, -1])], {}, "shape-invalid", ["twice"]],
    ["Gelu", [f32([5])], { approximate: "fast" }, "bad-attribute", ["approximate"]],
    ["Mod", [f32([5]), f32([5])], {}, "bad-attribute", ["fmod"]],
    ["Einsum", [f32([5]), f32([5])], { equation: "i->i" }, "bad-attribute", ["equation"]],
    ["Einsum", [f32([5])], { equation: "i->j" }, "bad-attribute", ["j"]],
    ["Cast", [f32([5])], { to: 99 }, "bad-attribute", ["to"]],
    [
      "BatchNormalization",
      [f32([5, 3]), f32([3]), f32([3]), f32([3]), f32([3])],
      { training_mode: 1 },
      "bad-attribute",
      ["training_mode", "3 outputs"],
    ],
    [
      "Dropout",
      [f32([5]), f32([]), { dtype: "bool", shape: [], values: [1] }],
      {},
      "random-inside",
      ["random"],
    ],
    ["Dropout", [f32([5]), f32([], [0.5]), { dtype: "bool", shape: [] }], {}, "random-inside", ["random"]],
    ["MatMul", [f32([5])], {}, "bad-arity", ["2"]],
  ] as const)("%s %j", (op, inputs, attributes, code, texts) => {
    const error = errorOf(() => infer(op, inputs as readonly Input[], attributes as Attributes));
    expect(error.code).toBe(code);
    for (const text of [op, ...texts]) expect(error.message).toContain(text);
  });

  test("an integer divided by zero, a label that is no class", () => {
    expect(errorOf(() => evaluate("Div", [i64([1], [4]), i64([1], [0])])).code).toBe("ill-formed-graph");
    expect(
      errorOf(() => evaluate("NegativeLogLikelihoodLoss", [f32([1, 2], [1, 1]), i64([1], [2])])).code,
    ).toBe("shape-invalid");
  });
});

describe("values", () => {
  test("integers: quotients are cut off, remainders take the divisor's sign, sums wrap around", () => {
    expect(evaluate("Div", [i64([3], [-7, 7, -8]), i64([3], [2, -2, 3])])).toEqual([-3, -3, -2]);
    expect(evaluate("Mod", [i64([4], [-7, 7, -7, 6]), i64([4], [3, -3, -3, 3])])).toEqual([2, -2, -1, 0]);
    expect(evaluate("Mod", [i64([2], [-7, 7]), i64([2], [3, -3])], { fmod: 1 })).toEqual([-1, 1]);
    expect(evaluate("Add", [i32([1], [2147483647]), i32([1], [1])])).toEqual([-2147483648]);
    expect(evaluate("BitwiseNot", [{ dtype: "u8", shape: [2], values: [0, 5] }])).toEqual([255, 250]);
  });

  test("halves are rounded to even", () => {
    expect(evaluate("Round", [f32([6], [0.5, 1.5, 2.5, -0.5, -1.5, 2.6])])).toEqual([0, 2, 2, -0, -2, 3]);
  });

  test("casts cut off toward zero; all but 0 is true; narrow integers wrap around", () => {
    expect(evaluate("Cast", [f32([3], [2.9, -2.9, -0.5])], { to: dataTypes.i64[0] })).toEqual([2, -2, 0]);
    expect(evaluate("Cast", [f32([3], [0.1, 0, NaN])], { to: dataTypes.bool[0] })).toEqual([1, 0, 1]);
    expect(evaluate("Cast", [i64([2], [257, -1])], { to: dataTypes.u8[0] })).toEqual([1, 255]);
  });

  test("the error function to the last digits", () => {
    const [a, b, c] = evaluate("Erf", [f32([3], [0.5, -2, 7])]) as [number, number, number];
    expect(a).toBeCloseTo(0.5204998778130465, 15);
    expect(b).toBeCloseTo(-0.9953222650189527, 15);
    expect(c).toBe(1);
  });

  test("products of vectors, matrices and batches", () => {
    expect(evaluate("MatMul", [f32([2], [1, 2]), f32([2, 2], [1, 2, 3, 4])])).toEqual([7, 10]);
    expect(evaluate("MatMul", [f32([2, 1, 2], [1, 2, 3, 4]), f32([2], [1, -1])])).toEqual([-1, -1]);
    expect(
      evaluate("Gemm", [f32([1, 2], [1, 2]), f32([1, 2], [3, 4]), f32([1], [5])], {
        transB: 1,
        alpha: 2,
        beta: 3,
      }),
    ).toEqual([37]);
    expect(evaluate("Einsum", [f32([2, 2], [1, 2, 3, 4])], { equation: "ii->" })).toEqual([5]);
    expect(evaluate("Einsum", [f32([2, 2], [1, 2, 3, 4])], { equation: "ij->ji" })).toEqual([1, 3, 2, 4]);
  });

  test("positions of the first and the last largest element", () => {
    const x = f32([4], [1, 5, 5, 2]);
    expect(evaluate("ArgMax", [x])).toEqual([1]);
    expect(evaluate("ArgMax", [x], { select_last_index: 1 })).toEqual([2]);
  });

  test("a mean loss divides by the weights of the labels that are not ignored", () => {
    const scores = f32([3, 2], [-1, -2, -3, -4, -5, -6]);
    const labels = i64([3], [0, 1, -1]);
    const weights = f32([2], [1, 3]);
    expect(evaluate("NegativeLogLikelihoodLoss", [scores, labels, weights], { ignore_index: -1 })).toEqual([
      (1 + 3 * 4) / 4,
    ]);
    expect(
      evaluate("NegativeLogLikelihoodLoss", [scores, labels], { ignore_index: -1, reduction: "none" }),
    ).toEqual([1, 4, 0]);
  });
});

describe("signatures", () => {
  test("what is partial in a sum, a product and a maximum", () => {
    const partials = (op: string) =>
      signatures(op, [f32([5]), f32([5])]).filter((text) => text.includes("P("));
    expect(partials("Add").sort()).toEqual([
      "(B, P(max)) -> P(max)",
      "(B, P(min)) -> P(min)",
      "(P(max), B) -> P(max)",
      "(P(min), B) -> P(min)",
      "(P(sum), P(sum)) -> P(sum)",
    ]);
    expect(partials("Mul").sort()).toEqual(["(B, P(sum)) -> P(sum)", "(P(sum), B) -> P(sum)"]);
    expect(partials("Max").sort()).toEqual([
      "(B, P(max)) -> P(max)",
      "(B, P(min)) -> P(min)",
      "(P(max), B) -> P(max)",
      "(P(max), P(max)) -> P(max)",
      "(P(min), B) -> P(min)",
    ]);
  });

  test("a constant's sign decides whether a product rises", () => {
    expect(signatures("Mul", [f32([5]), f32([], [2])])).toContain("(P(max), B) -> P(max)");
    expect(signatures("Mul", [f32([5]), f32([], [-2])])).toContain("(P(max), B) -> P(min)");
    expect(signatures("Mul", [f32([5]), f32([1], [0])])).not.toContain("(P(max), B) -> P(max)");
  });

  test("what is defined only above a point takes P(min) alone, and integers that overflow none", () => {
    expect(signatures("Sqrt", [f32([5])])).toEqual(["(B) -> B", "(S(0)) -> S(0)", "(P(min)) -> P(min)"]);
    expect(signatures("Neg", [i64([5])])).toEqual(["(B) -> B", "(S(0)) -> S(0)", "(P(sum)) -> P(sum)"]);
  });

  test("a contracted axis that is split gives a partial sum, to which a bias is added as one", () => {
    expect(signatures("Gemm", [f32([4, 6]), f32([6, 2]), f32([2])])).toEqual([
      "(B, B, B) -> B",
      "(S(0), B, B) -> S(0)",
      "(B, S(1), S(0)) -> S(1)",
      "(S(1), S(0), P(sum)) -> P(sum)",
      "(P(sum), B, P(sum)) -> P(sum)",
      "(B, P(sum), P(sum)) -> P(sum)",
      "(B, B, P(max)) -> P(max)",
      "(B, B, P(min)) -> P(min)",
    ]);
  });

  test("a mean loss takes split samples plainly only where their number is known", () => {
    const inputs = [f32([4, 6]), i64([4])];
    expect(signatures("SoftmaxCrossEntropyLoss", inputs)).toEqual(["(B, B) -> B", "(S(0), S(0)) -> P(sum)"]);
    expect(signatures("SoftmaxCrossEntropyLoss", inputs, { ignore_index: 0 })).toEqual(["(B, B) -> B"]);
    const forms = (attributes: Attributes) =>
      definitionOf("SoftmaxCrossEntropyLoss")
        .forms(callOf("SoftmaxCrossEntropyLoss", inputs, attributes, 2), { devices: 2, unitsOf: () => [1] })
        .map((form) => printSignature(form.signature));
    expect(forms({})).toEqual(["(S(1), B) -> B, S(1) {loss-split}"]);
    expect(forms({ ignore_index: 0 })).toEqual([
      "(S(1), B) -> B, S(1) {loss-split}",
      "(S(0), S(0)) -> P(sum), S(0) {loss-split}",
    ]);
  });
});

describe("distributed forms with two mesh axes at once", () => {
  const mesh: Mesh = {
    axes: [
      { name: "dp", size: 2 },
      { name: "tp", size: 3 },
    ],
    stages: 1,
  };
  const [s0, s1, sum, b] = [split(0), split(1), partial("sum"), broadcast];

  /** What the rebuilt operator gives, for inputs of small whole numbers; the layouts must be those of the signature. */
  function expanded(
    op: string,
    inputs: readonly Input[],
    attributes: Attributes,
    signature: NodeSignature,
  ): number[][] {
    const filledInputs = inputs.map((input) => ({
      ...input,
      values: input.values ?? Array.from({ length: product(input.shape) }, (_, i) => ((i * 7) % 5) - 2),
    }));
    const call = callOf(op, inputs, attributes, signature.outputs.length);
    const expansion = present(
      expandForm({ call, definition: definitionOf(op), signature, mesh }),
      "form does not expand",
      () => op,
    );
    const arrays = filledInputs.map((input) => dense(input.dtype, input.shape, input.values));
    const feeds = new Map(arrays.map((x, i) => [expansion.inputs[i] as string, x]));
    const results = [...interpretGraph(expansion.graph, feeds).values()].map((x) => [...x.data]);
    const whole = definitionOf(op).evaluate({ call, inputs: arrays });
    results.forEach((values, i) => {
      values.forEach((value, j) => expect(value).toBeCloseTo(whole[i]?.data[j] as number, 10));
    });
    expect(expansion.graph.nodes.filter((node) => node.op === "sbpc.ToGlobal").length).toBeGreaterThan(0);
    return results;
  }

  test("softmax and layer normalisation: leading axis over dp, line over tp", () => {
    const form = "axis-split";
    expect(
      expanded("Softmax", [f32([4, 7])], {}, { inputs: [[s0, s1]], outputs: [[s0, s1]], form })[0],
    ).toHaveLength(28);
    const inputs = [
      [s0, s1],
      [b, s0],
      [b, s0],
    ];
    const outputs = [
      [s0, s1],
      [s0, b],
      [s0, b],
    ];
    expect(
      expanded("LayerNormalization", [f32([4, 7]), f32([7]), f32([7])], {}, { inputs, outputs, form }),
    ).toHaveLength(3);
  });

  test.each([{}, { reduction: "sum" }, { ignore_index: 1 }] as Attributes[])(
    "cross entropy %j: samples over dp, classes over tp",
    (attributes) => {
      const labels: Input = { dtype: "i64", shape: [4], values: [0, 6, 1, 3] };
      const signature = {
        inputs: [
          [s0, s1],
          [s0, b],
        ],
        outputs: [
          [sum, b],
          [s0, s1],
        ],
        form: "loss-split",
      };
      expect(
        expanded("SoftmaxCrossEntropyLoss", [f32([4, 7]), { ...labels }], attributes, signature)[0],
      ).toHaveLength(1);
    },
  );
});
