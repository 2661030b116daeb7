/** ONNX models on the command line: imported, verified against the file itself, kept as text and as a plan elsewhere. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { onnx } from "../../src/onnx/generated/onnx-ml.js";
import { runCli } from "../support/cli.ts";

const float = 1;
const int64 = 7;

let folder = "";
let model = "";

function info(name: string, dims: readonly (string | number)[], elemType: number) {
  const dim = dims.map((d) => (typeof d === "number" ? { dimValue: d } : { dimParam: d }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

/** y = x w (rate = 8: + b, else - b), with weights that stay in the file. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sbpc-onnx-"));
  mkdirSync(join(folder, "models"));
  model = join(folder, "models", "net.onnx");
  const numbers = (n: number, by: number) => Array.from({ length: n }, (_, i) => ((i * by) % 17) / 17 - 0.5);
  const weight = (name: string, dims: readonly number[], by: number) => ({
    name,
    dims: [...dims],
    dataType: float,
    floatData: numbers(
      dims.reduce((a, b) => a * b, 1),
      by,
    ),
  });
  const branch = (opType: string) => ({
    name: opType,
    node: [{ opType, input: ["h", "b"], output: ["z"] }],
    output: [{ name: "z" }],
  });
  const graph = {
    name: "net",
    input: [info("x", ["batch-size", 32], float), info("rate", [], int64)],
    output: [info("y", ["batch-size", 64], float)],
    initializer: [
      weight("w", [32, 64], 5),
      weight("b", [64], 3),
      { name: "eight", dims: [], dataType: int64, int64Data: [8] },
    ],
    node: [
      { opType: "MatMul", input: ["x", "w"], output: ["h"] },
      { opType: "Equal", input: ["rate", "eight"], output: ["is_eight"] },
      {
        opType: "If",
        input: ["is_eight"],
        output: ["y"],
        attribute: [
          { name: "then_branch", type: 5, g: branch("Add") },
          { name: "else_branch", type: 5, g: branch("Sub") },
        ],
      },
    ],
  };
  const proto = { irVersion: 8, opsetImport: [{ domain: "", version: 17 }], graph };
  writeFileSync(model, onnx.ModelProto.encode(proto).finish());
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sizes = ["--dim", "batch-size=4", "--value", "rate=8"];

async function succeed(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli(args, { cwd: folder });
  expect(`${code} ${stderr}`).toMatch(/^0 /);
  return stdout;
}

test("verify compares with the file itself", async () => {
  expect(await succeed("verify", model, "--mesh", "dp=2", ...sizes)).toMatch(/\n {2}y .*\n\nverified/s);
  // A condition that stays open is run whole, on the same numbers.
  expect(await succeed("verify", model, "--mesh", "tp=2", "--dim", "batch-size=4")).toMatch(/verified/);
});

test("dimensions without a size are reported together, with the names to bind", async () => {
  const { code, stderr } = await runCli(["verify", model, "--mesh", "dp=2"], { cwd: folder });
  expect(code).toBe(1);
  expect(stderr).toContain("net.onnx @ x: error unbound-dimension");
  const unknown = await runCli(["verify", model, "--dim", "batch=4", "--value", "speed=8"], { cwd: folder });
  expect(unknown.code).toBe(1);
  expect(unknown.stderr).toContain("unknown-dimension");
});

test("import writes a graph that finds its weights", async () => {
  const file = join(folder, "net.graph");
  await succeed("import", model, "-o", file, ...sizes);
  const text = readFileSync(file, "utf8");
  expect(text).toContain('file("models/net.onnx"');
  expect(text).toContain("Add(%h, %b)");
  expect(await succeed("verify", file, "--mesh", "dp=2")).toMatch(/verified/);
  expect(await succeed("import", model)).toMatch(/input %x : f32\[batch_size, 32\]/);
});

test("a plan elsewhere finds its weights", async () => {
  const plan = join(folder, "plans", "net");
  await succeed("compile", model, "--mesh", "dp=2", "-o", plan, ...sizes);
  expect(await succeed("verify", plan)).toMatch(/verified/);
  await succeed("run", plan);
});
