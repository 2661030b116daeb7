/** What the commands print and write, run as their users run them. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadPlan } from "../../src/plan-files.ts";
import { runCli } from "../support/cli.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sbpc-commands-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function json(...args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await runCli([...args, "--json"]);
  expect(`${code} ${stderr}`).toMatch(/^0 /);
  return JSON.parse(stdout) as Record<string, unknown>;
}

function model(name: string, build: string): string {
  const file = join(folder, `${name}.ts`);
  writeFileSync(
    file,
    `import { defineModel, input, sbp, split, Linear } from "sbpc";
export default defineModel({ name: "${name}", inputs: { x: input("f32", ["batch", 16]) }, dims: { batch: 8 }, build: ({ x }) => {
${build}
} });
`,
  );
  return file;
}

describe("compile", () => {
  test("--json has the documented fields", async () => {
    const result = await json("compile", "examples/vit.ts", "--mesh", "dp=2,tp=2,pp=2");
    expect(result).toMatchObject({ model: "vit", mesh: "dp=2,tp=2,pp=2", parameters: 5717416 });
    expect(Object.keys(result)).toEqual(
      expect.arrayContaining([
        "ops",
        "stages",
        "boxing",
        "bytes",
        "peakMemoryBytes",
        "flops",
        "parameterBytes",
        "predictedStepSeconds",
        "phases",
      ]),
    );
    for (const field of ["peakMemoryBytes", "flops", "parameterBytes"]) expect(result[field]).toHaveLength(8);
    expect(result["boxing"]).toMatchObject({
      "all-reduce": 24,
      "all-gather": 0,
      "reduce-scatter": 0,
      "all-to-all": 0,
      halo: 0,
      send: 1,
    });
    expect((result["stages"] as { layers: number }[]).map(({ layers }) => layers)).toEqual([6, 6]);
  });

  test("--dump-passes writes the graph after each pass that changed it", async () => {
    const dump = join(folder, "passes");
    expect((await runCli(["compile", "examples/mlp.ts", "--mesh", "tp=2", "--dump-passes", dump])).code).toBe(
      0,
    );
    const names = readdirSync(dump).sort();
    expect(names.some((name) => name.includes("infer-sbp"))).toBe(true);
    expect(names.some((name) => name.includes("insert-boxing"))).toBe(true);
    expect(readFileSync(join(dump, names.at(-1) as string), "utf8")).toContain("sbpc.Boxing");
  });

  test("an operator without a rule runs broadcast, with a warning that says what it costs", async () => {
    const file = join(folder, "unknown.graph");
    writeFileSync(
      file,
      `graph unknown {
  input %x : f32[8, 16]
  %y = Relu(%x) : f32[8, 16]
  %z = com.example.Mystery(%y) : f32[8, 16]
  return z=%z
}
`,
    );
    const { code, stderr } = await runCli(["compile", file, "--mesh", "dp=2"]);
    expect(stderr).toMatch(/unknown\.graph:4: warning unknown-op: .*com\.example\.Mystery.*bytes/);
    expect(code).toBe(0);
  });
});

describe("run", () => {
  test.each(["dp=2,tp=2", "tp=2,pp=2"])(
    "the communicator counts the bytes that the plan states on %s",
    async (mesh) => {
      const directory = join(folder, `bytes-${mesh.replaceAll(/\W/g, "")}`);
      const args = ["--mesh", mesh, "--batch", "6", "--microbatches", "2"];
      const stated = await json("compile", "examples/vit.ts", ...args, "-o", directory);
      const counted = await json("run", directory, "--steps", "2");
      expect(counted["bytes"]).toEqual(stated["bytes"]);
      const devices = counted["devices"] as { peakBytes: number; plannedPeakBytes: number }[];
      for (const device of devices) expect(device.peakBytes).toBe(device.plannedPeakBytes);
      expect(loadPlan(directory).options.microbatches).toBe(2);
    },
  );

  test("a killed run leaves no output file", async () => {
    const output = join(folder, "never.safetensors");
    const { signal } = await runCli(
      ["run", "examples/vit.ts", "--mesh", "dp=2", "--steps", "500", "--outputs", output],
      {
        onStart: (child) => setTimeout(() => child.kill("SIGKILL"), 4000),
      },
    );
    expect(signal).toBe("SIGKILL");
    expect(existsSync(output)).toBe(false);
    expect(readdirSync(folder).filter((name) => name.includes("never"))).toEqual([]);
  });
});

describe("verify", () => {
  test("a hint over three mesh axes is obeyed and verified", async () => {
    const file = model(
      "cube",
      `  const y = new Linear(16, 24).call(x).toGlobal({ sbp: { a: sbp.split(0), b: sbp.split(1), c: sbp.broadcast } });
  return new Linear(24, 16).call(y.relu());`,
    );
    const directory = join(folder, "cube");
    expect((await runCli(["compile", file, "--mesh", "a=2,b=2,c=2", "-o", directory])).code).toBe(0);
    expect(loadPlan(directory).graph).toMatch(/sbpc\.ToGlobal.*f32\[8, 24\] @ \[S\(0\), S\(1\), B\]/);
    expect(await json("verify", directory)).toMatchObject({ ok: true, ranks: 8 });
  });

  test("training graphs verify: masks are the same on every mesh", async () => {
    const settings = ["--set", "training=true", "--set", "dropRate=0.1", "--set", "dropPathRate=0.1"];
    expect(
      await json("verify", "examples/vit.ts", "--mesh", "dp=2,tp=2", "--batch", "4", ...settings),
    ).toMatchObject({ ok: true });
  });

  test("a NaN fails, and the first operator that makes one is named with its line", async () => {
    const file = model("nan", `  const y = x.mul(2);\n  return y.sub(y).div(y.sub(y)).relu();`);
    const { code, stderr, stdout } = await runCli(["verify", file, "--mesh", "dp=2", "--json"]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/nan\.ts:4: error not-a-number: .*Div/);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false });
  });
});

describe("dump and passes", () => {
  test("dump prints text and JSON of the same numbers", async () => {
    const report = await json("dump", "examples/mlp.ts", "--mesh", "dp=2,tp=2");
    expect(report).toMatchObject({ reportVersion: 4, collectives: [{ kind: "all-reduce", count: 2 }] });
    const { stdout } = await runCli(["dump", "examples/mlp.ts", "--mesh", "dp=2,tp=2", "--ops", "--boxing"]);
    expect(stdout).toMatch(
      /fc2\.MatMul\s+f32\[8, 256\]\s+\[S\(0\), P\(sum\)\]\s+\[4, 256\]\s+\w+\s+mlp\.ts:\d+/,
    );
    expect(stdout).toMatch(/all-reduce\s+fc2\.MatMul .* tp: 2 of 2/);
  });

  test("a reader that has seen enough is no error", () => {
    const command = `node dist/src/cli/main.js dump examples/vit.ts --mesh tp=2 | head -n 2; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = spawnSync("bash", ["-c", command], { encoding: "utf8" });
    expect(stdout.trim().split("\n").at(-1)).toBe("0");
    expect(stderr).not.toContain("EPIPE");
  });

  test("passes lists the pipeline in order", async () => {
    const { stdout } = await runCli(["passes"]);
    const names = stdout.split("\n").flatMap((line) => /^ {2}([a-z-]+)/.exec(line)?.[1] ?? []);
    expect(names).toEqual([
      "pass",
      "infer-types",
      "canonicalize",
      "fold-constants",
      "split-fused-products",
      "eliminate-common",
      "eliminate-dead",
      "mask-padding",
      "eliminate-common",
      "lower-precision",
      "assign-stages",
      "join-outputs",
      "differentiate",
      "canonicalize",
      "eliminate-common",
      "eliminate-dead",
      "update-parameters",
      "infer-sbp",
      "expand-forms",
      "insert-boxing",
      "recompute-activations",
      "order-nodes",
      "localize",
      "partition-stages",
      "bucket-communications",
      "plan-memory",
      "emit-plan",
    ]);
  });
});
