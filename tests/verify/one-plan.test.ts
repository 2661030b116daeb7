/** One plan, several places: the same file runs on ONNX Runtime, on tfjs and, merged into one graph, in stock ONNX Runtime. */
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { backendNames, deviceNames, placeOf } from "../../src/backends.ts";
import { decodeNpy, encodeNpy } from "../../src/plan/npy.ts";
import { runCli } from "../support/cli.ts";

const folder = mkdtempSync(join(tmpdir(), "sbpc-places-"));
const path = (name: string) => join(folder, name);
const plan = path("plan");
const shape = [8, 1, 28, 28];

const images = Float32Array.from({ length: 8 * 784 }, (_, i) => Math.sin(i * 0.37) * Math.cos(i * 0.011));

function planHash(): string {
  const hash = createHash("sha256");
  for (const name of readdirSync(plan).sort()) hash.update(name).update(readFileSync(join(plan, name)));
  return hash.digest("hex");
}

/** What the model gives in one graph, without communication, in ONNX Runtime alone. */
let expected: Float32Array;
let before: string;

beforeAll(async () => {
  writeFileSync(path("images.npy"), encodeNpy({ dtype: "f32", shape, data: images }));
  const mesh = ["--mesh", "dp=2,tp=2"];
  expect((await runCli(["compile", "examples/mlp.ts", ...mesh, "--batch", "8", "-o", plan])).code).toBe(0);
  before = planHash();
  expect((await runCli(["export", plan, "--merged", path("merged.onnx")])).code).toBe(0);
  const session = await InferenceSession.create(path("merged.onnx"), { logSeverityLevel: 4 });
  const { scores } = await session.run({ images: new Tensor("float32", images, shape) });
  expected = scores?.data as Float32Array;
  expect(expected.length).toBe(80);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("one plan", () => {
  test.each([
    ["onnxruntime", "cpu"],
    ["tfjs", "cpu"],
    ["tfjs", "wasm"],
  ])("gives the same on %s, %s", async (backend, device) => {
    const out = path(`${backend}-${device}.npy`);
    const place = ["--backend", backend, "--device", device];
    const { code, stderr } = await runCli([
      "run",
      plan,
      ...place,
      "--inputs",
      `images=${path("images.npy")}`,
      "--outputs",
      out,
    ]);
    expect(stderr).not.toContain("error");
    expect(code).toBe(0);
    const actual = decodeNpy(readFileSync(out)).data as Float32Array;
    const largest = Math.max(...expected.map(Math.abs));
    const difference = Math.max(...actual.map((x, i) => Math.abs(x - (expected[i] as number))));
    expect(largest).toBeGreaterThan(1e-3);
    expect(difference / largest).toBeLessThanOrEqual(placeOf(backend, device).tolerance);
    // Running changes nothing of it.
    expect(planHash()).toBe(before);
  });

  test("says nothing of what will run it", async () => {
    const text = readdirSync(plan)
      .map((name) => readFileSync(join(plan, name), "latin1"))
      .join("\n");
    for (const name of [...backendNames, ...deviceNames]) expect(text).not.toContain(name);
    const { code } = await runCli(["compile", "examples/mlp.ts", "--backend", "tfjs"]);
    expect(code).toBe(2);
  });
});

test("an operator that tfjs lacks is named, at its line of the model", async () => {
  const graph = [
    "graph lacking {",
    "  input %x : f32[4, 3, 3]   # lacking.ts:3",
    "  %y = Det(%x) : f32[4] as head.Det   # lacking.ts:7",
    "  return y=%y",
    "}",
    "",
  ].join("\n");
  writeFileSync(path("lacking.graph"), graph);
  const { code, stdout, stderr } = await runCli(["run", path("lacking.graph"), "--backend", "tfjs"]);
  expect(code).toBe(1);
  expect(stdout + stderr).toMatch(
    /lacking\.ts:7: error kernel-missing: tfjs on cpu cannot run Det .*head\.Det/,
  );
});

test("a place that there is not is named, and what there is", async () => {
  const { code, stderr } = await runCli(["run", plan, "--backend", "onnxruntime", "--device", "wasm"]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/backend-missing: onnxruntime on wasm .*\n.*--device cpu/);
});
