/** The test of the tests: declarations made wrong on purpose must be found out by execution. */
import { describe, expect, test } from "vitest";
import { partial, split } from "../../../src/ir/layout.ts";
import type { OpDeclaration } from "../../../src/ops/contract.ts";
import { defineOp, type OpDefinition } from "../../../src/ops/define.ts";
import { findOp } from "../../../src/ops/registry.ts";
import type { Signature } from "../../../src/sbp/signature.ts";
import { present } from "../../../src/support/assert.ts";
import { bruteForce, follows } from "./brute-force.ts";
import type { OpCase } from "./case.ts";
import { checkSignature, combine, listedSignatures, meshOf, prepare } from "./harness.ts";

const f32 = (...shape: number[]) => ({ dtype: "f32" as const, shape });
const ints = (...values: number[]) => ({ dtype: "i64" as const, shape: [values.length], constant: values });

/** The operator with something of its declaration replaced. */
function altered(op: string, change: Partial<OpDeclaration>): OpDefinition {
  const { infer, signatures, forms, flops, localize, ...rest } = present(
    findOp(op),
    "undeclared operator",
    () => op,
  );
  return defineOp({
    ...rest,
    infer,
    signatures: (call, _, context) => signatures(call, context),
    forms,
    flops,
    localize,
    ...change,
  });
}

/** How many signatures, on two and on three devices, execution finds wrong. */
function wrongSignatures(opCase: OpCase, definition?: OpDefinition): string[] {
  const prepared = prepare(opCase, definition);
  return [2, 3].flatMap((devices) =>
    listedSignatures(prepared, devices).flatMap((signature) => {
      const mesh = meshOf(devices);
      const onMesh = present(combine(prepared, [signature], mesh), "signature that cannot be split");
      return checkSignature(prepared, onMesh, mesh, "terms", "fault") ?? [];
    }),
  );
}

const exp: OpCase = { op: "Exp", inputs: [f32(5, 3)] };
const transpose: OpCase = { op: "Transpose", attributes: { perm: [1, 2, 0] }, inputs: [f32(5, 3, 4)] };
const gemm: OpCase = { op: "Gemm", inputs: [f32(5, 4), f32(4, 3), f32(3)] };
const mean: OpCase = { op: "ReduceMean", attributes: { keepdims: 1 }, inputs: [f32(5, 3), ints(0)] };

test("as declared, none is wrong", () => {
  for (const opCase of [exp, transpose, gemm, mean]) expect(wrongSignatures(opCase)).toEqual([]);
});

describe("a wrong declaration is found", () => {
  test("Exp said to be linear", () => {
    const definition = altered("Exp", {
      signatures: () => [{ inputs: [partial("sum")], outputs: [partial("sum")] }],
    });
    expect(wrongSignatures(exp, definition)).not.toEqual([]);
  });

  test("two axes swapped in a signature of Transpose", () => {
    const definition = altered("Transpose", {
      signatures: () => [{ inputs: [split(0)], outputs: [split(0)] }],
    });
    expect(wrongSignatures(transpose, definition)).not.toEqual([]);
  });

  test("Gemm that adds its C on every device under a partial product", () => {
    const definition = altered("Gemm", {
      signatures: () => [{ inputs: [split(1), split(0), { kind: "B" }], outputs: [partial("sum")] }],
    });
    expect(wrongSignatures(gemm, definition)).not.toEqual([]);
  });

  test("ReduceMean that divides by the local count", () => {
    const definition = altered("ReduceMean", {
      localize: ({ g, call, inputs }) => g.ops("ReduceMean", inputs, call.attributes, 1),
    });
    expect(wrongSignatures(mean, definition)).not.toEqual([]);
  });
});

test("an unlisted signature is found by brute force", () => {
  const definition = altered("Exp", {
    signatures: (call, _, context) => present(findOp("Exp"), "Exp").signatures(call, context).slice(0, -1),
  });
  expect(bruteForce(prepare(exp)).missing).toEqual([]);
  expect(bruteForce(prepare(exp, definition)).missing.length).toBe(1);
});

test("what follows from a listed signature", () => {
  const of = (input: Signature["inputs"][number], output: Signature["outputs"][number]): Signature => ({
    inputs: [input],
    outputs: [output],
  });
  const whole = { kind: "B" } as const;
  expect(follows(of(whole, partial("max")), of(whole, whole))).toBe(true);
  expect(follows(of(whole, partial("max")), of(partial("max"), partial("max")))).toBe(true);
  expect(follows(of(partial("max"), partial("max")), of(whole, whole))).toBe(false);
  expect(follows(of(whole, whole), of(partial("sum"), whole))).toBe(false);
  expect(follows(of(split(0), split(0)), of(split(1), split(1)))).toBe(false);
});
