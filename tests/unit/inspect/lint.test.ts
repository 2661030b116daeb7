/** Every rule of `lint`: a plan that breaks it, and one that does not. */
import { describe, expect, test } from "vitest";
import { lintPlan } from "../../../src/inspect/lint.ts";
import { printDiagnostic } from "../../../src/diagnostics/diagnostic.ts";
import type { Plan } from "../../../src/plan/plan.ts";
import { planOf, planOfText } from "../../support/plans.ts";

function codes(plan: Plan): string[] {
  return [...new Set(lintPlan(plan).map(({ code }) => code))].sort();
}

const product = (asked: string) => `graph product {
  input %x : f32[64, 512] ${asked}
  parameter %w : f32[512, 512] = normal(0, 0.02)
  %y = MatMul(%x, %w) : f32[64, 512]
  %z = Relu(%y) : f32[64, 512]
  return z=%z
}`;

/** Heads of one row each: split by the second axis, which the reshape joins with the first. */
const joined = (asked: string) => `graph joined {
  input %x : f32[64, 64, 32] ${asked}
  constant %shape : i64[2] = [4096, 32]
  %r = Reshape(%x, %shape) : f32[4096, 32]
  return r=%r
}`;

describe.each([
  {
    code: "lint-runs-whole",
    bad: whole,
    good: () => planOfText(product(""), "tp=4"),
  },
  {
    code: "lint-gathers-large",
    bad: gathered,
    good: () => planOfText(product(""), "tp=4"),
  },
  {
    code: "lint-reshape-reshards",
    bad: () => planOfText(joined("hint hard tp:S(1)"), "tp=4"),
    good: () => planOfText(joined("hint hard tp:S(0)"), "tp=4"),
  },
  {
    code: "lint-uneven-shards",
    // 3 heads on 2 devices.
    bad: () => planOf({ model: "vit", mesh: "tp=2" }),
    good: () => planOf({ model: "vit", mesh: "dp=2" }),
  },
  {
    code: "lint-idle-stage",
    bad: () => planOf({ model: "vit", mesh: "pp=2" }),
    good: () => planOf({ model: "vit", mesh: "pp=2", batch: 16, microbatches: 8 }),
  },
  {
    code: "lint-parameter-replicated",
    bad: () => planOf({ model: "vit", mesh: "dp=2" }),
    good: () => planOf({ model: "vit", mesh: "tp=2" }),
  },
  {
    code: "lint-memory-near-limit",
    bad: () => planOfText(product(""), "tp=2", 1_250_000),
    good: () => planOfText(product(""), "tp=2", 2_500_000),
  },
])("$code", ({ code, bad, good }) => {
  test("is said of a plan that breaks it, with what to do", () => {
    const findings = lintPlan(bad()).filter((finding) => finding.code === code);
    expect(findings.length).toBeGreaterThan(0);
    for (const finding of findings) {
      expect(finding.severity).toBe("warning");
      expect(finding.remedy).toBeDefined();
      expect(printDiagnostic(finding)).not.toMatch(/\{\w+\}/);
    }
  });

  test("is not said of one that does not", () => {
    expect(codes(good())).not.toContain(code);
  });
});

/** A product whose ends are asked for whole. */
function whole(): Plan {
  return planOfText(
    `graph whole {
  input %x : f32[64, 512]
  parameter %w : f32[512, 512] = normal(0, 0.02) hint hard tp:B
  %y = MatMul(%x, %w) : f32[64, 512] hint hard tp:B
  return y=%y
}`,
    "tp=4",
  );
}

/** A product split by columns that is asked for whole. */
function gathered(): Plan {
  return planOfText(
    `graph gathered {
  input %x : f32[256, 512]
  parameter %w : f32[512, 512] = normal(0, 0.02) hint hard tp:S(1)
  %y = MatMul(%x, %w) : f32[256, 512] hint hard tp:S(1)
  %z = Relu(%y) : f32[256, 512] hint hard tp:B
  return z=%z
}`,
    "tp=4",
  );
}
