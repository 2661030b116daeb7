/** Plans as bytes and files: what is written is read back equal; what is cut short, changed or newer is refused. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { SbpcError } from "../../../src/diagnostics/diagnostic.ts";
import { sourceLocation } from "../../../src/diagnostics/location.ts";
import { decodePlan, encodePlan } from "../../../src/plan/codec.ts";
import { sbpc } from "../../../src/plan/generated/plan.js";
import { planVersion, type Plan } from "../../../src/plan/plan.ts";
import { loadPlan, planFile, savePlan } from "../../../src/plan-files.ts";
import { parseMesh } from "../../../src/sbp/mesh.ts";
import { compileLaidOut, layOut, picks, randomGraph } from "../../support/laid-out.ts";

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof SbpcError) return error.code;
    throw error;
  }
  return undefined;
}

function somePlan(mesh: string, seed: number): Plan {
  const [pick] = fc.sample(picks, { numRuns: 1, seed });
  if (pick === undefined) throw new Error("no sample");
  const parsed = parseMesh(mesh);
  return compileLaidOut(layOut(randomGraph(pick, 12), parsed, pick), parsed).plan;
}

/** A plan with every kind of everything. */
const plan: Plan = {
  ...somePlan("a=3,pp=2", 3),
  mesh: { ...parseMesh("a=3,pp=2"), hosts: [1, 0] },
  options: {
    microbatches: 2,
    samples: 7,
    hints: false,
    cluster: "local",
    memoryLimit: 8e9,
    dims: { seq: 3, batch: 8 },
    settings: { size: "tiny", a: "" },
  },
  parameters: [
    { kind: "constant" as const, value: 0.5 },
    { kind: "normal" as const, mean: 0, std: 0.02 },
    { kind: "trunc-normal" as const, mean: -1, std: 2 },
    { kind: "uniform" as const, low: -1, high: 1 },
    { kind: "file" as const, path: "weights.safetensors", offset: 5_000_000_000, length: 16 },
  ].map((initializer, i) => ({
    name: `w${i}`,
    type: { kind: "tensor", dtype: "bf16", shape: [4, 2] },
    initializer,
    placements: [{ stage: i % 2, layout: [{ kind: "S", axis: 0, unit: 2 }] }],
  })),
  randoms: [
    {
      name: "m",
      type: { kind: "tensor", dtype: "bool", shape: [8] },
      recipe: { kind: "bernoulli", keep: 0.9, key: "k" },
      batchAxis: 0,
    },
    {
      name: "n",
      type: { kind: "tensor", dtype: "bool", shape: [] },
      recipe: { kind: "bernoulli", keep: 0, key: "" },
      batchAxis: null,
    },
    ...[
      { kind: "normal" as const, mean: -1, std: 0, key: "n" },
      { kind: "uniform" as const, low: 0, high: 2, key: "" },
    ].map((recipe) => ({
      name: recipe.kind,
      type: { kind: "tensor" as const, dtype: "f32" as const, shape: [8] },
      recipe,
      batchAxis: 0,
    })),
  ],
  provenance: [
    { value: "x", location: sourceLocation("m.ts", 4), signature: "([B]) -> ([B])", reason: "hint" },
  ],
};

describe("encodePlan and decodePlan", () => {
  it("give back what was put in", () => {
    expect(decodePlan(encodePlan(plan), "p")).toEqual(plan);
    for (const [mesh, seed] of [
      ["1", 1],
      ["a=2,b=2", 2],
      ["a=3,pp=2", 5],
      ["pp=3", 6],
    ] as const) {
      const other = somePlan(mesh, seed);
      expect(decodePlan(encodePlan(other), "p")).toEqual(other);
    }
  });

  it("give equal bytes for equal plans, in whatever order records were filled", () => {
    const reordered: Plan = {
      ...plan,
      options: { ...plan.options, dims: { batch: 8, seq: 3 }, settings: { a: "", size: "tiny" } },
    };
    expect(encodePlan(reordered)).toEqual(encodePlan(plan));
    expect(encodePlan(decodePlan(encodePlan(plan), "p"))).toEqual(encodePlan(plan));
  });

  it("refuse a plan cut short at any byte, or with any byte changed", () => {
    const bytes = encodePlan(plan);
    for (let n = 0; n < bytes.length; n++)
      expect(codeOf(() => decodePlan(bytes.subarray(0, n), "p"))).toBe("plan-damaged");
    for (let i = 0; i < bytes.length; i++) {
      const changed = bytes.slice();
      changed[i] = (changed[i] as number) ^ 1;
      expect(["plan-damaged", "plan-newer"]).toContain(codeOf(() => decodePlan(changed, "p")));
    }
  });

  it("refuse a newer version, whatever it holds", () => {
    const file = sbpc.PlanFile.decode(encodePlan(plan));
    const newer = sbpc.PlanFile.encode({
      ...file,
      version: planVersion + 1,
      payload: new Uint8Array([255, 1, 2]),
    }).finish();
    expect(codeOf(() => decodePlan(newer, "p"))).toBe("plan-newer");
  });

  it("refuse an older version", () => {
    const file = sbpc.PlanFile.decode(encodePlan(plan));
    const older = sbpc.PlanFile.encode({ ...file, version: planVersion - 1 }).finish();
    expect(codeOf(() => decodePlan(older, "p"))).toBe("plan-older");
  });
});

describe("savePlan and loadPlan", () => {
  const folder = mkdtempSync(join(tmpdir(), "sbpc-plan-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("write one file and read it by directory or name", () => {
    const target = join(folder, "deep", "plan");
    savePlan(plan, target);
    savePlan(plan, target);
    expect(readdirSync(target)).toEqual([planFile]);
    expect(loadPlan(target)).toEqual(plan);
    expect(loadPlan(join(target, planFile))).toEqual(plan);
  });

  it("leave nothing behind where they cannot write", () => {
    const blocked = join(folder, "file");
    writeFileSync(blocked, "");
    expect(codeOf(() => savePlan(plan, join(blocked, "plan")))).toBe("file-unwritable");
    expect(existsSync(join(blocked, "plan"))).toBe(false);
  });

  it("say what is not there and what is no plan", () => {
    expect(codeOf(() => loadPlan(join(folder, "absent")))).toBe("file-not-found");
    const other = join(folder, "other.sbpc");
    writeFileSync(other, "not a plan");
    expect(codeOf(() => loadPlan(other))).toBe("plan-damaged");
    writeFileSync(other, "");
    expect(codeOf(() => loadPlan(other))).toBe("plan-damaged");
  });
});
