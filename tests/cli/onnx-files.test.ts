/** The commands that only need ONNX files: check, inspect, diff. */
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { onnx } from "../../src/onnx/generated/onnx-ml.js";
import { validModel, writeCompanions } from "../support/broken-models.ts";
import { runCli } from "../support/cli.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sbpc-cli-onnx-"));
  writeCompanions(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, model: onnx.ModelProto.$Properties): string {
  const path = join(folder, name);
  writeFileSync(path, onnx.ModelProto.encode(model).finish());
  return path;
}

function broken(): onnx.ModelProto.$Properties {
  const model = validModel();
  (model.graph?.node?.[1] ?? {}).opType = "Addition";
  (model.graph?.initializer?.[0] ?? {}).dims = [9, 9];
  return model;
}

function renamedOperator(): onnx.ModelProto.$Properties {
  const model = broken();
  (model.graph?.initializer?.[0] ?? {}).dims = [16, 2];
  return model;
}

describe("check", () => {
  test("a valid model", async () => {
    const path = file("valid.onnx", validModel());
    expect(await runCli(["check", path])).toMatchObject({
      code: 0,
      stdout: `${path}: nothing wrong\n`,
      stderr: "",
    });
    const { stdout } = await runCli(["check", path, "--json"]);
    expect(JSON.parse(stdout)).toEqual({ file: path, ok: true, errors: 0, warnings: 0, problems: [] });
  });

  test("all problems of a broken one, with what to do", async () => {
    const path = file("broken.onnx", broken());
    const { code, stdout } = await runCli(["check", path]);
    expect(code).toBe(1);
    expect(stdout).toContain("3 errors, 0 warnings");
    expect(stdout).toMatch(/error onnx-operator: The node "bias" \(Addition\): .*\n {4}Use an operator/);
    expect(stdout).toMatch(/error onnx-tensor-data: The tensor "w"/);
    const json = await runCli(["check", path, "--json"]);
    expect(json.code).toBe(1);
    const report = JSON.parse(json.stdout) as { ok: boolean; problems: { code: string; remedy: string }[] };
    expect(report.ok).toBe(false);
    expect(report.problems.map(({ code }) => code).sort()).toEqual([
      "onnx-operator",
      "onnx-sharding",
      "onnx-tensor-data",
    ]);
    expect(report.problems.every(({ remedy }) => remedy.length > 10)).toBe(true);
  });

  test("what is no model at all, and what is not there", async () => {
    const text = join(folder, "notes.txt");
    writeFileSync(text, "these are notes");
    const { code, stdout } = await runCli(["check", text, "--json"]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, problems: [{ code: "onnx-malformed" }] });
    const absent = await runCli(["check", join(folder, "absent.onnx")]);
    expect(absent).toMatchObject({ code: 1, stdout: "" });
    expect(absent.stderr).toContain("file-not-found");
    expect((await runCli(["check"])).code).toBe(2);
  });
});

describe("inspect", () => {
  test("one screen, and JSON", async () => {
    const model = validModel();
    (model.graph?.initializer ?? []).push({
      name: "outside",
      dims: [2, 8],
      dataType: 16,
      dataLocation: 1,
      externalData: [{ key: "location", value: "data.bin" }],
    });
    const path = file("shown.onnx", model);
    const { code, stdout } = await runCli(["inspect", path]);
    expect(code).toBe(0);
    expect(stdout.split("\n").length).toBeLessThan(45);
    for (const text of [
      "IR version 11, opsets ai.onnx 20, local 1, made by sbpc's tests",
      "f32[batch, 8]",
      "bool[]",
      "MatMul 1",
      "local.Twice 1",
      "data.bin",
      "four (4 devices)",
      "2 nodes annotated, 2 shardings, stages 0, 1",
    ])
      expect(stdout).toContain(text);
    const summary = JSON.parse((await runCli(["inspect", path, "--json"])).stdout) as Record<string, unknown>;
    expect(summary).toMatchObject({
      nodes: 9,
      innerNodes: 4,
      // w, b, axes, sparse values and indices, the constant, outside
      parameters: 32 + 4 + 1 + 2 + 2 + 2 + 16,
      weights: [
        { dtype: "f32", tensors: 4, elements: 40, bytes: 160 },
        { dtype: "bf16", tensors: 1, elements: 16, bytes: 32 },
        { dtype: "i64", tensors: 2, elements: 3, bytes: 24 },
      ],
      external: [{ path: "data.bin", tensors: 1, used: 32, size: 256 }],
      inputs: [
        { name: "x", type: "f32[batch, 8]" },
        { name: "flag", type: "bool[]" },
      ],
      metadata: { a: "1", b: "2" },
    });
    expect(summary).not.toHaveProperty("flops");
  });

  test("4 GB of external data", async () => {
    const data = openSync(join(folder, "four-gigabytes.bin"), "w");
    ftruncateSync(data, 4 * 2 ** 30);
    closeSync(data);
    const model = validModel();
    (model.graph?.initializer ?? []).push({
      name: "large",
      dims: [2 ** 30],
      dataType: 1,
      dataLocation: 1,
      externalData: [{ key: "location", value: "four-gigabytes.bin" }],
    });
    const { code, stdout } = await runCli(["inspect", file("large.onnx", model)]);
    expect(code).toBe(0);
    expect(stdout).toContain("4.00 GiB");
  });

  test("a tensor that is not valid, a name that would move the cursor, a file that is none", async () => {
    const model = broken();
    (model.graph?.initializer?.[0] ?? {}).dims = [-1];
    (model.graph?.input?.[0] ?? {}).name = "x\u001b[2J";
    const { code, stdout } = await runCli(["inspect", file("odd.onnx", model)]);
    expect(code).toBe(0);
    expect(stdout).toContain("1 tensor is not valid");
    expect(stdout).toContain("x\\x1b[2J");
    const text = join(folder, "notes.txt");
    writeFileSync(text, "these are notes");
    const none = await runCli(["inspect", text]);
    expect(none).toMatchObject({ code: 1, stdout: "" });
    expect(none.stderr).toContain("onnx-malformed");
  });
});

describe("diff", () => {
  test("two models, the same one, and what is none", async () => {
    const [a, b] = [file("a.onnx", validModel()), file("b.onnx", renamedOperator())];
    const same = await runCli(["diff", a, a]);
    expect(same).toMatchObject({ code: 0, stderr: "" });
    expect(same.stdout).toContain("are the same: 8 nodes, 5 weights");
    const other = await runCli(["diff", a, b]);
    expect(other.code).toBe(0);
    expect(other.stdout).toContain("- Add bias");
    expect(other.stdout).toContain("+ Addition bias");
    expect(other.stdout).toContain("~ w: f32[8, 4] -> f32[16, 2]");
    const json = JSON.parse((await runCli(["diff", a, b, "--json"])).stdout) as Record<string, unknown>;
    expect(json).toMatchObject({ same: false, differences: { nodes: { removed: ["Add bias"] } } });
    const unreadable = await runCli(["diff", a, file("unreadable.onnx", broken())]);
    expect(unreadable.code).toBe(1);
    expect(unreadable.stderr).toContain("onnx-tensor-data");
    for (const path of [folder, "examples/mlp.ts"]) {
      const { code, stderr } = await runCli(["diff", a, path]);
      expect(code).toBe(1);
      expect(stderr).toContain("diff-kind");
    }
  });
});
