/**
 * The examples that train, on their own data: a mesh follows the loss curve of one device. With SBPC_FULL=1 the digits are learnt as
 * the README has it, and the curves are longer.
 */
import { describe, expect, test } from "vitest";
import { runCli } from "../support/cli.ts";

const full = process.env["SBPC_FULL"] === "1";

interface Trained {
  readonly losses: readonly number[];
  readonly evaluation?: { readonly examples: number; readonly accuracy: number };
}

async function train(file: string, ...flags: readonly string[]): Promise<Trained> {
  const { code, stdout, stderr } = await runCli(["run", file, "--json", ...flags]);
  expect(`${code} ${stderr}`).toMatch(/^0 /);
  return JSON.parse(stdout) as Trained;
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  expect(a.length).toBe(b.length);
  return Math.max(...a.map((x, i) => Math.abs(x - (b[i] ?? NaN)) / Math.abs(x)));
}

const steps = full ? 50 : 6;

describe("examples/digits.ts", () => {
  const flags = ["--microbatches", "8", "--steps", String(steps)];

  test(`${steps} steps on dp=2,tp=2,pp=2 have the losses of one device`, { timeout: 600_000 }, async () => {
    const whole = await train("examples/digits.ts", ...flags);
    const mesh = await train(
      "examples/digits.ts",
      ...flags,
      "--mesh",
      "dp=2,tp=2,pp=2",
      "--schedule",
      "1f1b",
    );
    expect(whole.losses).toHaveLength(steps);
    // Rounding grows with the steps: AdamW divides by roots of squares that are near 0 at first.
    expect(largestDifference(whole.losses, mesh.losses)).toBeLessThan(full ? 1e-2 : 1e-4);
    expect(whole.losses.at(-1)).toBeLessThan(whole.losses[0] ?? 0);
  });

  test.runIf(full)("200 steps recognise 95 % of the test split", { timeout: 1_200_000 }, async () => {
    const mesh = ["--mesh", "dp=2,tp=2,pp=2", "--schedule", "1f1b", "--microbatches", "8"];
    const { evaluation } = await train("examples/digits.ts", ...mesh, "--steps", "200", "--evaluate");
    expect(evaluation?.examples).toBe(10_000);
    expect(evaluation?.accuracy).toBeGreaterThan(0.95);
  });
});

test.runIf(full)("examples/gpt.ts learns the next bytes of a text", { timeout: 600_000 }, async () => {
  const model = ["--set", "layers=2", "--set", "vocabSize=256", "--batch", "4", "--dim", "seq=64"];
  const { losses } = await train(
    "examples/gpt.ts",
    ...model,
    "--mesh",
    "tp=2,pp=2",
    "--steps",
    "30",
    "--lr",
    "1e-3",
  );
  expect(losses[0]).toBeGreaterThan(5); // near log 256
  expect(losses.at(-1)).toBeLessThan(4);
});
