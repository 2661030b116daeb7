/** Of a plan that trains, the model itself can be exported; forms that run without an optimizer are refused. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SbpcError } from "../../../src/diagnostics/diagnostic.ts";
import { exportOnnx, writeModel, writeRanks } from "../../../src/export.ts";
import type { Plan } from "../../../src/plan/plan.ts";
import { trainingPlan } from "../../support/train.ts";

let plan: Plan;
let folder = "";
beforeAll(async () => {
  plan = await trainingPlan({ file: "examples/mlp.ts", mesh: "dp=2" });
  folder = mkdtempSync(join(tmpdir(), "sbpc-training-export-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof SbpcError) return error.code ?? "none";
    throw error;
  }
  return "none";
}

test("whole, the model: without gradients and states", () => {
  const names = exportOnnx(plan).graph?.node?.map(({ opType }) => opType) ?? [];
  expect(names.length).toBeGreaterThan(4);
  expect(names).not.toContain("AdamStep");
});

test("merged, annotated and per-rank forms are refused before anything is written", () => {
  expect(codeOf(() => exportOnnx(plan, { form: "merged" }))).toBe("training-export");
  expect(codeOf(() => exportOnnx(plan, { form: "annotated" }))).toBe("training-export");
  expect(codeOf(() => exportOnnx(plan, { form: { rank: 0 } }))).toBe("training-export");
  expect(codeOf(() => writeModel(plan, "merged", join(folder, "merged.onnx")))).toBe("training-export");
  expect(codeOf(() => writeRanks(plan, "sbpc", join(folder, "ranks")))).toBe("training-export");
  expect(existsSync(join(folder, "merged.onnx")) || existsSync(join(folder, "ranks"))).toBe(false);
});
