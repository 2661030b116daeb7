/** `sbpc run` with a dataset: training, checkpoints, evaluation, as their users run them. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkpointStep } from "../../src/checkpoint.ts";
import { loadPlan } from "../../src/plan-files.ts";
import { decayOf } from "../../src/plan/plan.ts";
import { onnx } from "../../src/onnx/generated/onnx-ml.js";
import { runCli } from "../support/cli.ts";

let folder = "";
let file = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sbpc-train-"));
  file = join(folder, "parity.ts");
  writeFileSync(
    file,
    `import { CrossEntropyLoss, defineDataset, defineModel, input, Linear } from "sbpc";
export default defineModel({
  name: "parity",
  settings: { training: false },
  dims: { batch: 16 },
  train: { optimizer: "adam", lr: 0.05 },
  inputs: ({ training }) => ({ x: input("f32", ["batch", 4]), ...(training ? { labels: input("i64", ["batch"]) } : {}) }),
  build: ({ x, labels }) => {
    const scores = new Linear(4, 2).call(x);
    return labels === undefined ? { scores } : { loss: new CrossEntropyLoss().call(scores, labels) };
  },
});
const split = () => ({
  size: 24,
  batch: (examples: readonly number[]) => ({
    x: examples.flatMap((i) => [i % 2 === 0 ? 1 : -1, Math.sin(i), Math.cos(i), 0.5]),
    labels: examples.map((i) => i % 2),
  }),
});
export const dataset = defineDataset({ train: split, test: split });
`,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("trains on the dataset with the model's defaults, and measures the test split; a checkpoint is measured alone", async () => {
  const save = join(folder, "parity.safetensors");
  const trained = await runCli([
    "run",
    file,
    "--mesh",
    "dp=2",
    "--steps",
    "30",
    "--save",
    save,
    "--evaluate",
    "--json",
  ]);
  expect(`${trained.code} ${trained.stderr}`).toMatch(/^0 /);
  const result = JSON.parse(trained.stdout) as {
    readonly losses: readonly number[];
    readonly evaluation: { readonly examples: number; readonly accuracy: number; readonly loss: number };
  };
  expect(result.losses).toHaveLength(30);
  expect(result.evaluation).toMatchObject({ examples: 24, accuracy: 1 });
  expect(result.evaluation.loss).toBeLessThan(0.3);
  const alone = await runCli(["run", file, "--resume", save, "--evaluate", "--json"]);
  const again = JSON.parse(alone.stdout) as typeof result;
  expect(again.evaluation.accuracy).toBe(1);
  expect(Math.abs(again.evaluation.loss - result.evaluation.loss)).toBeLessThan(1e-5);
});

test("a batch that micro-batches do not divide trains as at once, and the last, shorter batch of the test split counts as long as it is", async () => {
  const run = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await runCli(["run", file, ...args, "--evaluate", "--json"]);
    expect(`${code} ${stderr}`).toMatch(/^0 /);
    return JSON.parse(stdout) as {
      readonly losses: readonly number[];
      readonly evaluation: { readonly examples: number; readonly accuracy: number; readonly loss: number };
    };
  };
  const save = join(folder, "uneven.safetensors");
  const steps = ["--batch", "7", "--steps", "9"];
  const uneven = await run(...steps, "--mesh", "dp=2", "--microbatches", "3", "--save", save);
  const atOnce = await run(...steps);
  expect(uneven.losses).toHaveLength(9);
  uneven.losses.forEach((loss, i) => expect(loss).toBeCloseTo(atOnce.losses[i] as number, 5));
  // Three batches of seven and one of three; and the whole split at once.
  const split = await run("--resume", save, "--batch", "24");
  for (const { evaluation } of [uneven, atOnce]) {
    expect(evaluation).toMatchObject({ examples: 24, accuracy: split.evaluation.accuracy });
    expect(evaluation.loss).toBeCloseTo(split.evaluation.loss, 5);
  }
}, 60_000);

test("kill -9 while it saves leaves a checkpoint that can be resumed", async () => {
  const save = join(folder, "killed.safetensors");
  const args = ["run", file, "--steps", "100000", "--save", save, "--save-every", "1"];
  const killed = await runCli(args, {
    onStart: (child) => {
      const look = setInterval(() => {
        if (!existsSync(save)) return;
        clearInterval(look);
        setTimeout(() => child.kill("SIGKILL"), 300);
      }, 20);
    },
  });
  expect(killed.signal).toBe("SIGKILL");
  const step = checkpointStep(save);
  expect(step).toBeGreaterThan(0);
  const resumed = await runCli(["run", file, "--resume", save, "--steps", "2", "--json"]);
  expect(`${resumed.code} ${resumed.stderr}`).toMatch(/^0 /);
  expect(JSON.parse(resumed.stdout)).toMatchObject({ firstStep: step, steps: 2 });
});

test("what cannot be measured or saved is said", async () => {
  expect((await runCli(["run", "examples/mlp.ts", "--evaluate"])).stderr).toContain("dataset-missing");
  const untrained = await runCli(["run", "examples/mlp.ts", "--save", join(folder, "no.safetensors")]);
  expect(untrained.code).toBe(2);
});

test("--decay-exempt: parameters that match have no weight decay; what is no regular expression is refused", async () => {
  const out = join(folder, "exempt");
  const flags = ["--mesh", "dp=2", "--optimizer", "adamw", "--weight-decay", "0.5", "-o", out];
  const made = await runCli(["compile", file, "--decay-exempt", "bias$", ...flags]);
  expect(`${made.code} ${made.stderr}`).toMatch(/^0 /);
  const { optimizer } = loadPlan(out).options.train!;
  const decays = ["layer.weight", "layer.bias"].map((name) => decayOf(optimizer, name));
  expect(decays).toEqual([0.5, 0]);
  const refused = await runCli(["compile", file, "--decay-exempt", "bias(", ...flags]);
  expect(`${refused.code} ${refused.stderr}`).toMatch(/^1 .*bad-train-option: --decay-exempt is no regular/s);
});

test("an ONNX model trains with a loss that is added; what is unclear is said", async () => {
  const [x, y] = ["x", "y"].map((name) => ({
    name,
    type: {
      tensorType: {
        elemType: 1,
        shape: { dim: [{ dimParam: "batch" }, { dimValue: name === "x" ? 4 : 3 }] },
      },
    },
  }));
  const path = join(folder, "scores.onnx");
  const numbers = (n: number) => Array.from({ length: n }, (_, i) => Math.sin(i + 1));
  const model = (outputs: object[]) =>
    onnx.ModelProto.encode({
      irVersion: 8,
      opsetImport: [{ domain: "", version: 17 }],
      graph: {
        name: "g",
        input: [x as object],
        output: outputs,
        initializer: [
          { name: "w", dims: [4, 3], dataType: 1, floatData: numbers(12) },
          { name: "b", dims: [3], dataType: 1, floatData: numbers(3) },
        ],
        node: [
          { opType: "Gemm", input: ["x", "w", "b"], output: ["y"] },
          { opType: "Softmax", input: ["y"], output: ["z"] },
        ],
      },
    }).finish();
  writeFileSync(path, model([y as object]));
  const flags = ["--loss", "cross-entropy", "--target", "labels", "--batch", "8", "--json"];
  const trained = await runCli([
    "run",
    path,
    ...flags,
    "--mesh",
    "dp=2",
    "--steps",
    "20",
    "--optimizer",
    "adam",
    "--lr",
    "0.1",
  ]);
  expect(`${trained.code} ${trained.stderr}`).toMatch(/^0 /);
  const { losses } = JSON.parse(trained.stdout) as { readonly losses: readonly number[] };
  expect(losses).toHaveLength(20);
  expect(losses.at(-1)).toBeLessThan(0.8 * (losses[0] as number));

  writeFileSync(path, model([y as object, { ...(y as object), name: "z" }]));
  const unclear = await runCli(["run", path, ...flags]);
  expect(unclear.code).toBe(1);
  expect(unclear.stderr).toMatch(/loss-output.*y, z[^]*--loss-of/);
  const verified = await runCli([
    "verify",
    path,
    ...flags,
    "--loss-of",
    "z",
    "--mesh",
    "tp=2",
    "--steps",
    "1",
  ]);
  expect(`${verified.code} ${verified.stderr}`).toMatch(/^0 /);
  const none = await runCli(["run", path, "--train", "--batch", "8"]);
  expect(none.stderr).toMatch(/loss-missing[^]*--loss cross-entropy --target labels/);
});

test("a schedule with several stages on a rank is compiled, kept in the plan and told; --chunks elsewhere is refused", async () => {
  const plan = join(folder, "interleaved");
  const mlp = ["examples/mlp.ts", "--mesh", "pp=2", "--microbatches", "4", "--chunks", "2"];
  const compiled = await runCli(["compile", ...mlp, "--schedule", "interleaved-1f1b", "-o", plan]);
  expect(compiled.code).toBe(0);
  const { mesh, stages, prediction } = loadPlan(plan);
  expect(mesh).toEqual({ axes: [], stages: 4, hosts: [0, 1, 0, 1] });
  expect(stages).toHaveLength(4);
  expect(prediction.peakMemoryBytes).toHaveLength(2);
  expect((await runCli(["dump", plan])).stdout).toContain("pp=2 (4 stages): 2 devices");
  const misfit = await runCli(["compile", ...mlp, "--schedule", "1f1b", "-o", plan]);
  expect(misfit.code).toBe(1);
  expect(misfit.stderr).toContain("schedule-misfit");
  expect((await runCli(["verify", ...mlp])).code).toBe(2);
  const fixed = await runCli(["verify", plan, "--chunks", "2"]);
  expect(fixed.stderr).toMatch(/--chunks cannot change a plan/);
}, 120_000);
