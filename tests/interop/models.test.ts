/** The example models, run on 2 by 2 devices, equal the same architectures in PyTorch and transformers, weights and all. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { readNumber } from "../../src/ir/tensor-data.ts";
import type { HostTensor } from "../../src/plan/backend.ts";
import { present } from "../../src/support/assert.ts";
import { readTensors } from "../../src/tensor-files.ts";
import { runCli } from "../support/cli.ts";
import { pythonTest, runPython } from "../support/python.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sbpc-models-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Of max|a-b| / max|b|, b in double precision. */
const tolerance = 1e-4;

const batch = 3;
const seq = 12;

interface Case {
  readonly model: "vit" | "gpt" | "bert";
  readonly settings: Readonly<Record<string, number | string>>;
  readonly layers: number;
  readonly heads: number;
  /** Classes of the scores: the vocabulary of the language models. */
  readonly classes: number;
}

const cases: readonly Case[] = [
  { model: "vit", settings: { size: "tiny" }, layers: 12, heads: 3, classes: 1000 },
  {
    model: "gpt",
    settings: { layers: 2, vocabSize: 301, maxPositions: 32 },
    layers: 2,
    heads: 12,
    classes: 301,
  },
  {
    model: "bert",
    settings: { layers: 2, vocabSize: 301, maxPositions: 32 },
    layers: 2,
    heads: 12,
    classes: 301,
  },
];

async function sbpc(...args: string[]): Promise<void> {
  const { code, stderr } = await runCli(args);
  expect(stderr).not.toContain("error");
  expect(code).toBe(0);
}

/** Compiles both plans, has one Python fill their weights and compute what they shall give, and runs them. */
async function compare({ model, settings, ...architecture }: Case): Promise<string[][]> {
  const plans = [false, true].map((training) => {
    const plan = join(folder, `${model}${training ? "-training" : ""}`);
    const [weights, inputs, outputs, results] = ["weights", "inputs", "expected", "results"].map((name) =>
      join(plan, `${name}.safetensors`),
    ) as [string, string, string, string];
    return { training, plan, weights, inputs, outputs, results };
  });
  for (const { training, plan } of plans) {
    await sbpc(
      "compile",
      `examples/${model}.ts`,
      ...Object.entries({ ...settings, training }).flatMap(([key, value]) => ["--set", `${key}=${value}`]),
      "--mesh",
      "dp=2,tp=2",
      "--batch",
      `${batch}`,
      ...(model === "vit" ? [] : ["--dim", `seq=${seq}`]),
      "-o",
      plan,
      "--weights",
    );
  }
  await runPython("reference_models.py", { model, plans, batch, seq, ...architecture }, 200);
  const names: string[][] = [];
  for (const { plan, inputs, outputs, results } of plans) {
    await sbpc("run", plan, "--inputs", inputs, "--outputs", results);
    const expected = readTensors(outputs);
    const actual = readTensors(results);
    expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [name, b] of expected) {
      const a = present(actual.get(name), "an output is missing");
      expect([a.dtype, ...a.shape]).toEqual(["f32", ...b.shape]);
      expect(relativeDifference(a, b), `${model}: ${name}`).toBeLessThanOrEqual(tolerance);
    }
    names.push([...expected.keys()].sort());
  }
  return names;
}

/** max|a-b| / max|b|; infinite where `a` holds a NaN. */
function relativeDifference(a: HostTensor, b: HostTensor): number {
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < b.data.length; i++) {
    const [x, y] = [readNumber(a.dtype, a.data, i), readNumber(b.dtype, b.data, i)];
    difference = Math.max(difference, Number.isNaN(x) ? Infinity : Math.abs(x - y));
    largest = Math.max(largest, Math.abs(y));
  }
  return difference / largest;
}

describe("PyTorch gives what the plan gives, scores and loss", () => {
  for (const each of cases) {
    pythonTest(each.model, { timeout: 300_000 }, async () => {
      const scores = each.model === "bert" ? ["pooled", "prediction_scores"] : ["prediction_scores"];
      expect(await compare(each)).toEqual([scores, ["losses"]]);
    });
  }
});
