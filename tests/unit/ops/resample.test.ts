/** Upsample against Resize, which took its place, and what calls of resampling operators get refused. */
import { describe, expect, test } from "vitest";
import { SbpcError } from "../../../src/diagnostics/diagnostic.ts";
import type { Attributes } from "../../../src/ir/graph.ts";
import { evaluateNode } from "../../../src/ops/interpret.ts";
import type { CaseInput } from "./case.ts";
import { prepare } from "./harness.ts";
import { drawInputs, randomFrom } from "./placed-data.ts";

const x: CaseInput = { dtype: "f32", shape: [1, 2, 5, 3] };
const fixed = (dtype: "f32" | "i64", ...constant: number[]): CaseInput => ({
  dtype,
  shape: [constant.length],
  constant,
});

function valuesOf(op: string, attributes: Attributes, ...inputs: (CaseInput | null)[]): number[] {
  const prepared = prepare({ op, attributes, inputs });
  const drawn = drawInputs(prepared, randomFrom("resample"));
  return [...(evaluateNode(prepared.node, drawn)[0]?.data ?? [])];
}

describe("Upsample", () => {
  test.each(["nearest", "linear"])("%s is Resize with asymmetric coordinates", (mode) => {
    const scales = fixed("f32", 1, 1, 2, 1.5);
    const resized = { mode, coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" };
    const before = valuesOf("Upsample", { mode }, x, scales);
    expect(before).toHaveLength(80);
    expect(before).toEqual(valuesOf("Resize", resized, x, null, scales));
  });
});

describe("what is refused", () => {
  const refused: readonly (readonly [string, string, Attributes, (CaseInput | null)[]])[] = [
    ["shape-invalid", "Resize", {}, [x]],
    ["shape-invalid", "Resize", {}, [x, null, fixed("f32", 1, 1, 2, 2), fixed("i64", 1, 2, 10, 6)]],
    ["shape-invalid", "Resize", {}, [x, null, fixed("f32", 2, 2)]],
    ["shape-invalid", "Resize", {}, [x, null, fixed("f32", 1, 1, 0, 2)]],
    ["shape-invalid", "Resize", { axes: [2, -2] }, [x, null, fixed("f32", 2, 2)]],
    ["bad-attribute", "Resize", { mode: "lanczos" }, [x, null, fixed("f32", 1, 1, 2, 2)]],
    [
      "shape-invalid",
      "Resize",
      { coordinate_transformation_mode: "tf_crop_and_resize" },
      [x, null, fixed("f32", 1, 1, 2, 2)],
    ],
    ["shape-invalid", "Upsample", {}, [x, fixed("f32", 1, 1, 0.5, 1)]],
    ["shape-invalid", "GridSample", {}, [x, { dtype: "f32", shape: [1, 4, 4, 3] }]],
    ["bad-attribute", "GridSample", { padding_mode: "wrap" }, [x, { dtype: "f32", shape: [1, 4, 4, 2] }]],
    ["shape-invalid", "RoiAlign", {}, [x, { dtype: "f32", shape: [3, 5] }, { dtype: "i64", shape: [3] }]],
    ["shape-invalid", "RoiAlign", {}, [x, { dtype: "f32", shape: [3, 4] }, { dtype: "i64", shape: [2] }]],
    [
      "shape-invalid",
      "DeformConv",
      {},
      [x, { dtype: "f32", shape: [2, 2, 2, 2] }, { dtype: "f32", shape: [1, 4, 4, 2] }],
    ],
    ["shape-mismatch", "ConvTranspose", {}, [x, { dtype: "f32", shape: [3, 2, 2, 2] }]],
    ["shape-invalid", "MaxUnpool", { kernel_shape: [2, 2] }, [x, { dtype: "i64", shape: [1, 2, 5, 2] }]],
    [
      "bad-attribute",
      "com.microsoft.FusedConv",
      { activation: "Softmax" },
      [x, { dtype: "f32", shape: [2, 2, 2, 2] }],
    ],
    ["bad-attribute", "LpPool", { kernel_shape: [2, 2], p: 0 }, [x]],
  ];
  test.each(refused)("%s of %s %j", (code, op, attributes, inputs) => {
    let found: unknown;
    try {
      const prepared = prepare({ op, attributes, inputs });
      prepared.definition.signatures(prepared.call, { devices: 2, unitsOf: () => [1] });
    } catch (error) {
      found = error instanceof SbpcError ? error.code : error;
    }
    expect(found).toBe(code);
  });
});
