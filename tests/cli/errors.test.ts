/** Bad input on the command line: every mistake has its code, its place and its exit code, and leaves nothing behind. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCli } from "../support/cli.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sbpc-cli-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function model(name: string, body: string): string {
  const file = join(folder, `${name}.ts`);
  writeFileSync(file, `import { defineModel, input, Linear, sbp } from "sbpc";\n${body}\n`);
  return file;
}

const plain = (build: string, rest = "") =>
  `export default defineModel({ name: "m", inputs: { x: input("f32", ["batch", 8]) }, dims: { batch: 4 }, ${rest}
  build: ({ x }) => {
${build}
  } });`;

describe("usage", () => {
  test("an unknown flag, a bad mesh, a bad size", async () => {
    for (const args of [
      ["compile", "examples/mlp.ts", "--no-such-flag"],
      ["compile", "examples/mlp.ts", "--mesh", "dp"],
      ["compile", "examples/mlp.ts", "--memory", "many"],
      ["compile"],
    ]) {
      const { code, stderr } = await runCli(args);
      expect(stderr).not.toBe("");
      expect(code).toBe(2);
    }
  });

  test("a file that is not there, and one that is no model", async () => {
    expect(await runCli(["compile", join(folder, "absent.ts")])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("file-not-found") as string,
    });
    const text = join(folder, "notes.txt");
    writeFileSync(text, "no model");
    expect(await runCli(["compile", text])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("model-kind") as string,
    });
  });
});

describe("models", () => {
  test("one that throws names its line", async () => {
    const file = model("throws", plain(`    throw new Error("no luck");`));
    const { code, stderr } = await runCli(["compile", file]);
    expect(stderr).toMatch(/throws\.ts:4: error model-threw: .*no luck/);
    expect(code).toBe(1);
  });

  test("one that does not parse names its line", async () => {
    const file = model("broken", "export default defineModel({\n  name: \n");
    const { code, stderr } = await runCli(["compile", file]);
    expect(stderr).toMatch(/broken\.ts:\d+: error model-unparsable/);
    expect(code).toBe(1);
  });

  test("one without a default export", async () => {
    const file = model("empty", "export const nothing = [defineModel, input, Linear, sbp];");
    expect(await runCli(["compile", file])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("model-missing") as string,
    });
  });

  test("shapes that do not match name the op, both shapes and the line", async () => {
    const file = model("mismatch", plain(`    return x.matmul(x);`));
    const { code, stderr } = await runCli(["compile", file]);
    expect(stderr).toMatch(/mismatch\.ts:4: error shape-mismatch: MatMul: .*8.*\[4, 8\].*4.*\[4, 8\]/);
    expect(code).toBe(1);
  });

  test("a hint on an axis that the tensor lacks", async () => {
    const file = model("axis", plain(`    return x.toGlobal({ sbp: { tp: sbp.split(2) } }).relu();`));
    const { stderr } = await runCli(["compile", file, "--mesh", "tp=2"]);
    expect(stderr).toMatch(/axis\.ts:4: error hint-axis-out-of-range/);
  });

  test("a hint on a mesh axis that is not there is dropped with a warning", async () => {
    const file = model("mesh", plain(`    return x.toGlobal({ sbp: { tq: sbp.split(0) } }).relu();`));
    const { code, stderr } = await runCli(["compile", file, "--mesh", "tp=2"]);
    expect(stderr).toMatch(/mesh\.ts:4: warning unknown-mesh-axis: .*tq.*tp=2/);
    expect(code).toBe(0);
    expect((await runCli(["compile", file, "--mesh", "tq=2"])).stderr).not.toContain("unknown-mesh-axis");
  });

  test("a split of an axis smaller than the mesh axis", async () => {
    const file = model("small", plain(`    return x.toGlobal({ sbp: { tp: sbp.split(0) } }).relu();`));
    const { stderr } = await runCli(["compile", file, "--mesh", "tp=5"]);
    expect(stderr).toMatch(/small\.ts:4: error hint-too-small/);
  });

  test("a layerIdx out of range", async () => {
    const file = model(
      "layer",
      plain(`    return new Linear(8, 8, { layerIdx: 3 }).forward(x);`, "layers: 2,"),
    );
    const { stderr } = await runCli(["compile", file, "--mesh", "pp=2"]);
    expect(stderr).toMatch(/layer\.ts:4: error layer-out-of-range/);
  });

  test("an unknown setting", async () => {
    const { code, stderr } = await runCli(["compile", "examples/vit.ts", "--set", "sise=tiny"]);
    expect(stderr).toContain("model-setting");
    expect(code).toBe(1);
  });

  test("more micro-batches than samples", async () => {
    const { code, stderr } = await runCli([
      "compile",
      "examples/mlp.ts",
      "--batch",
      "4",
      "--microbatches",
      "5",
    ]);
    expect(stderr).toContain("bad-microbatches");
    expect(code).toBe(1);
  });

  test("too little memory names the need and the limit", async () => {
    const { code, stderr } = await runCli([
      "compile",
      "examples/mlp.ts",
      "--mesh",
      "tp=2",
      "--memory",
      "1KB",
    ]);
    expect(stderr).toContain("out-of-memory");
    expect(code).toBe(1);
  });
});

describe("plans", () => {
  test("a damaged, a truncated and a newer plan are refused", async () => {
    const directory = join(folder, "plan");
    expect((await runCli(["compile", "examples/mlp.ts", "-o", directory])).code).toBe(0);
    const file = join(directory, readdirSync(directory).find((name) => name.startsWith("plan")) as string);
    const bytes = readFileSync(file);

    const damaged = Buffer.from(bytes);
    damaged[damaged.length >> 1] = (damaged[damaged.length >> 1] as number) ^ 255;
    writeFileSync(file, damaged);
    expect(await runCli(["dump", directory])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("plan-damaged") as string,
    });

    writeFileSync(file, bytes);
    truncateSync(file, bytes.length - 7);
    expect(await runCli(["dump", directory])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("plan-damaged") as string,
    });
    expect(await runCli(["run", directory])).toMatchObject({ code: 1 });
  });

  test("flags that would change a compiled plan are refused", async () => {
    const directory = join(folder, "fixed");
    expect((await runCli(["compile", "examples/mlp.ts", "-o", directory])).code).toBe(0);
    const { code, stderr } = await runCli(["run", directory, "--mesh", "dp=2"]);
    expect(stderr).toContain("usage");
    expect(code).toBe(2);
  });

  test("a folder that cannot be written leaves nothing", async () => {
    const blocker = join(folder, "blocker");
    writeFileSync(blocker, "a file, not a folder");
    const { code, stderr } = await runCli(["compile", "examples/mlp.ts", "-o", join(blocker, "plan")]);
    expect(stderr).toContain("file-unwritable");
    expect(code).toBe(1);
    expect(readFileSync(blocker, "utf8")).toBe("a file, not a folder");
  });

  test("missing and wrong-sized weights", async () => {
    const directory = join(folder, "weights");
    mkdirSync(directory);
    expect((await runCli(["compile", "examples/mlp.ts", "-o", directory, "--weights"])).code).toBe(0);
    const file = join(directory, "weights.safetensors");
    expect(existsSync(file)).toBe(true);
    expect((await runCli(["run", directory])).code).toBe(0);
    truncateSync(file, 100);
    expect(await runCli(["run", directory])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/weights-mismatch|weights-missing|file-unreadable/) as string,
    });
    rmSync(file);
    expect(await runCli(["run", directory])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/file-not-found|weights-missing/) as string,
    });
  });

  test("the same input gives the same bytes", async () => {
    const [a, b] = [join(folder, "same-a"), join(folder, "same-b")];
    for (const directory of [a, b]) {
      expect(
        (await runCli(["compile", "examples/vit.ts", "--mesh", "dp=2,tp=2,pp=2", "-o", directory])).code,
      ).toBe(0);
    }
    for (const name of readdirSync(a))
      expect(readFileSync(join(a, name)).equals(readFileSync(join(b, name)))).toBe(true);
  });
});
