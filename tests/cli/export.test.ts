/** `sbpc export` as its users run it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { onnx } from "../../src/onnx/generated/onnx-ml.js";
import { runCli } from "../support/cli.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sbpc-export-cli-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function path(...names: readonly string[]): string {
  return join(folder, ...names);
}

function read(name: string): onnx.ModelProto {
  return onnx.ModelProto.decode(readFileSync(path(name)));
}

describe("export", () => {
  test("writes every form asked for, and says which files", async () => {
    const { code, stdout } = await runCli(
      ["export", "examples/mlp.ts", "--mesh", "dp=2,tp=2", "--json", "--external", "100KB"].concat([
        "--onnx",
        path("whole.onnx"),
        "--annotate",
        "--merged",
        path("merged.onnx"),
        "--per-rank",
        path("ranks"),
      ]),
    );
    expect(code).toBe(0);
    const { files, model, mesh } = JSON.parse(stdout) as {
      files: { path: string; bytes: number }[];
      model: string;
      mesh: string;
    };
    expect([model, mesh]).toEqual(["mlp", "dp=2,tp=2"]);
    for (const file of files) expect(readFileSync(file.path).length).toBe(file.bytes);
    expect(files.map((file) => file.path.slice(folder.length + 1)).sort()).toEqual([
      "merged.onnx",
      "merged.onnx.data",
      "ranks/rank_0.bin",
      "ranks/rank_0.onnx",
      "ranks/rank_1.bin",
      "ranks/rank_1.onnx",
      "ranks/rank_2.onnx",
      "ranks/rank_3.onnx",
      "ranks/weights.bin",
      "whole.onnx",
      "whole.onnx.data",
    ]);
    expect(read("whole.onnx").configuration?.[0]?.numDevices).toBe(4);
    expect(read("ranks/rank_3.onnx").metadataProps?.find(({ key }) => key === "sbpc.rank")?.value).toBe("3");
  });

  test("exports a plan with the weights that lie beside it", async () => {
    const directory = path("plan");
    const compiled = [
      "compile",
      "examples/mlp.ts",
      "--mesh",
      "tp=2",
      "-o",
      directory,
      "--weights",
      "--seed",
      "5",
    ];
    expect((await runCli(compiled)).code).toBe(0);
    const text = await runCli(["export", directory, "--onnx", path("plan.onnx"), "--external", "100MB"]);
    expect(text.stdout).toMatch(/mlp on tp=2[\s\S]*plan\.onnx\s+1\.28 MiB/);
    expect(
      (await runCli(["export", directory, "--merged", path("plan-merged.onnx"), "--external", "100MB"])).code,
    ).toBe(0);
    const model = [
      "export",
      "examples/mlp.ts",
      "--seed",
      "5",
      "--onnx",
      path("model.onnx"),
      "--external",
      "100MB",
    ];
    expect((await runCli(model)).code).toBe(0);
    const weights = (name: string, wanted: string) =>
      read(name).graph?.initializer?.find((tensor) => tensor.name === wanted)?.rawData;
    expect(weights("plan.onnx", "fc1.weight")?.length).toBe(784 * 256 * 4);
    expect(weights("plan.onnx", "fc1.weight")).toEqual(weights("model.onnx", "fc1.weight"));
    expect(weights("plan-merged.onnx", "fc4.bias")).toEqual(weights("model.onnx", "fc4.bias"));
  });

  test.each([
    ["nothing to write", [], /--onnx FILE, --merged FILE or --per-rank DIR/],
    ["--annotate alone", ["--annotate", "--merged", "m.onnx"], /--annotate goes with --onnx/],
    [
      "--collectives alone",
      ["--collectives", "tensorrt", "--onnx", "m.onnx"],
      /--collectives goes with --per-rank/,
    ],
    [
      "an unknown dialect",
      ["--per-rank", "ranks", "--collectives", "nccl"],
      /sbpc, com\.microsoft, tensorrt/,
    ],
    ["one file for two forms", ["--onnx", "m.onnx", "--merged", "m.onnx"], /both name m\.onnx/],
    ["a size that is none", ["--onnx", "m.onnx", "--external", "much"], /must be a size/],
  ] as const)("%s is wrong usage", async (_, flags, message) => {
    const { code, stderr, stdout } = await runCli(["export", "examples/mlp.ts", ...flags]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
  });

  test("flags of compiling do not go with a plan", async () => {
    const directory = path("compiled");
    expect((await runCli(["compile", "examples/mlp.ts", "-o", directory])).code).toBe(0);
    const { code, stderr } = await runCli(["export", directory, "--mesh", "tp=2", "--onnx", path("no.onnx")]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/--mesh cannot change a plan/);
  });

  test("what a dialect lacks is named with its place, and nothing is written", async () => {
    const flags = ["--mesh", "dp=2,tp=2", "--per-rank", path("refused"), "--collectives", "com.microsoft"];
    const { code, stderr } = await runCli(["export", "examples/mlp.ts", ...flags]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /mlp\.ts:\d+.*error collective-missing: com\.microsoft has no AllReduce for fc2\.MatMul/,
    );
    expect(stderr.match(/collective-missing/g)).toHaveLength(2);
    expect(readdirSync(folder)).not.toContain("refused");
  });

  test("a place that cannot be written leaves nothing behind", async () => {
    writeFileSync(path("file"), "");
    const { code, stderr } = await runCli([
      "export",
      "examples/mlp.ts",
      "--onnx",
      path("file", "model.onnx"),
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/file-unwritable/);
    expect(readdirSync(folder).filter((name) => name.includes("partial"))).toEqual([]);
  });
});
