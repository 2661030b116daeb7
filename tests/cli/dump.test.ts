/** `dump`, `diff` and `lint` as their users run them: what they write where, and what they say of bad input. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import stringWidth from "string-width";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TraceDocument } from "../../src/inspect/trace.ts";
import { planFile } from "../../src/plan-files.ts";
import { sbpc } from "../../src/plan/generated/plan.js";
import { planVersion } from "../../src/plan/plan.ts";
import { runCli } from "../support/cli.ts";
import { checkTrace } from "../support/trace-rules.ts";

let folder = "";
let [plan, other] = ["", ""];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sbpc-dump-"));
  [plan, other] = [join(folder, "plan"), join(folder, "other")];
  await ok("compile", "examples/vit.ts", "--mesh", "dp=2,tp=2,pp=2", "-o", plan);
  await ok("compile", "examples/vit.ts", "--mesh", "dp=2,tp=2,pp=2", "--no-hints", "-o", other);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function ok(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli(args);
  expect(`${code} ${stderr}`).toMatch(/^0 /);
  return stdout;
}

async function failing(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli(args);
  expect(code).toBe(1);
  expect(stdout).toBe("");
  expect(stderr).not.toContain("fault of sbpc");
  return stderr;
}

describe("dump", () => {
  test("without flags shows the summary, with them what they ask for", async () => {
    const summary = await ok("dump", plan);
    expect(summary).toContain("highest peak");
    expect(summary.split("\n").length).toBeLessThan(30);
    expect(await ok("dump", plan, "--ops")).toMatch(/^operators/);
    expect(await ok("dump", plan, "--memory")).toMatch(/^memory per device/);
    expect(await ok("dump", plan, "--rank", "5", "--schedule")).toMatch(/^rank 5: stage 1, dp=0, tp=1/);
  });

  test("of a model takes a memory limit", async () => {
    const text = await ok("dump", "examples/mlp.ts", "--mesh", "tp=2", "--memory", "1GB");
    expect(text).toMatch(/^mlp on tp=2/);
  });

  test("writes every format to a file or to standard output", async () => {
    for (const format of ["json", "graph", "dot", "csv", "trace", "html", "text"]) {
      const file = join(folder, `dump.${format}`);
      expect(await ok("dump", plan, "--format", format, "-o", file)).toBe("");
      expect(await ok("dump", plan, "--format", format)).toBe(readFileSync(file, "utf8"));
    }
    checkTrace(JSON.parse(readFileSync(join(folder, "dump.trace"), "utf8")) as TraceDocument);
    expect(JSON.parse(readFileSync(join(folder, "dump.json"), "utf8"))).toMatchObject({ reportVersion: 4 });
  });

  test("says why, and gives it as JSON", async () => {
    expect(await ok("dump", plan, "--why", "blocks.0.mlp.Gelu")).toContain("if another were forced");
    expect(await ok("dump", plan, "--why", "blocks.0.mlp.Gelu", "--no-force")).not.toContain("forced");
    const reason = JSON.parse(await ok("dump", plan, "--why", "head.Add", "--no-force", "--json")) as object;
    expect(reason).toMatchObject({ value: "head.Add", maker: "Add" });
    expect(await ok("dump", plan, "--why-boxing", "3")).toContain("boxing 3 of");
  });

  test("refuses flags that a format has no place for", async () => {
    for (const [format, ...flags] of [
      ["html", "--why", "head.Add"],
      ["csv", "--why-boxing", "3"],
      ["json", "--ops"],
      ["dot", "--rank", "1"],
      ["json", "--filter", "head"],
      ["trace", "--stage", "1"],
    ] as const) {
      const { code, stdout, stderr } = await runCli(["dump", plan, "--format", format, ...flags]);
      expect(stderr).toContain(`--format ${format} does not take ${flags[0]}; it goes with --format text`);
      expect([code, stdout]).toEqual([2, ""]);
    }
    expect(await ok("dump", plan, "--format", "trace", "--rank", "1")).toContain("traceEvents");
  });

  test("names what is near a tensor, a rank, a stage or a boxing that there is not", async () => {
    const message = await failing("dump", plan, "--why", "blocks.0.mlp.Gelo");
    expect(message).toContain(
      "error plan-part-missing: The plan has no tensor or operator blocks.0.mlp.Gelo",
    );
    expect(message).toMatch(/Near it: blocks\.0\.mlp\.Gelu/);
    for (const [flag, n, last] of [
      ["--rank", "8", 7],
      ["--stage", "2", 1],
      ["--why-boxing", "25", 24],
    ] as const)
      expect(await failing("dump", plan, flag, n)).toContain(`from 0 to ${last}.`);
    expect((await runCli(["dump", plan, "--rank", "-1"])).code).toBe(2);
    expect((await runCli(["dump", plan, "--format", "pdf"])).code).toBe(2);
  });
});

describe("a plan that cannot be read", () => {
  test("is damaged, or of another version: dump, lint and diff say so", async () => {
    const bad = join(folder, "bad");
    cpSync(plan, bad, { recursive: true });
    const bytes = readFileSync(join(plan, planFile));
    const file = sbpc.PlanFile.decode(bytes);
    const version = (n: number) => sbpc.PlanFile.encode({ ...file, version: n }).finish();
    const changed = Buffer.from(bytes);
    changed[1000] = (changed[1000] as number) ^ 1;
    for (const [content, code] of [
      [changed, "plan-damaged"],
      [bytes.subarray(0, 5000), "plan-damaged"],
      [new Uint8Array(), "plan-damaged"],
      [version(planVersion + 1), "plan-newer"],
      [version(planVersion - 1), "plan-older"],
    ] as const) {
      writeFileSync(join(bad, planFile), content);
      for (const args of [
        ["dump", bad],
        ["lint", bad],
        ["diff", plan, bad],
      ])
        expect(await failing(...args)).toContain(`error ${code}`);
    }
  });
});

describe("the terminal", () => {
  const cli = "node dist/src/cli/main.js";
  const shell = (command: string, environment: Record<string, string> = {}) =>
    spawnSync("bash", ["-c", command], { encoding: "utf8", env: { ...process.env, ...environment } });

  test("a closed pipe is no error, however much was to come", () => {
    for (const flags of ["--format json", "--ops --unfolded", "--format trace", "--schedule --unfolded"]) {
      const { stdout, stderr } = shell(
        `${cli} dump ${plan} ${flags} | head -c 50; echo; echo "\${PIPESTATUS[0]}"`,
      );
      expect(stdout.trim().split("\n").at(-1), flags).toBe("0");
      expect(stderr, flags).toBe("");
    }
  });

  test("no colour into a pipe; where it is forced, NO_COLOR is stronger", () => {
    const plain: Record<string, string> = { NO_COLOR: "", FORCE_COLOR: "0" };
    expect(shell(`${cli} dump ${plan}`, plain).stdout).not.toContain("\u001b");
    expect(shell(`${cli} dump ${plan}`, { ...plain, FORCE_COLOR: "1" }).stdout).toContain("\u001b[");
    expect(shell(`${cli} dump ${plan}`, { FORCE_COLOR: "1", NO_COLOR: "1" }).stdout).not.toContain("\u001b");
  });

  const hasScript = spawnSync("script", ["--version"]).error === undefined;
  test.skipIf(!hasScript)("colour and its width on a terminal", () => {
    const environment = { NO_COLOR: "", FORCE_COLOR: "0", TERM: "xterm" };
    const inTerminal = (more: Record<string, string>) =>
      shell(`script -qec "stty cols 90; ${cli} dump ${plan} --ops --boxing" /dev/null`, {
        ...environment,
        ...more,
      }).stdout;
    const text = inTerminal({});
    expect(text).toContain("\u001b[");
    for (const line of text.split(/\r?\n/)) expect(stringWidth(line), line).toBeLessThanOrEqual(90);
    expect(inTerminal({ NO_COLOR: "1" })).not.toContain("\u001b[");
  });
});

describe("diff and lint", () => {
  test("two plans, one plan twice, a plan and a model", async () => {
    expect(await ok("diff", plan, plan)).toContain("are the same plan");
    expect(await ok("diff", plan, other)).toMatch(/layouts: \d+ differ/);
    const json = JSON.parse(await ok("diff", plan, other, "--json")) as object;
    expect(json).toMatchObject({ same: false, options: [{ what: "hints", a: "obeyed", b: "ignored" }] });
    expect(await failing("diff", plan, "examples/vit.ts")).toContain("diff-kind");
    const model = join(folder, "model.onnx");
    writeFileSync(model, "");
    expect(await failing("diff", plan, model)).toContain("diff-kind");
  });

  test("findings have codes and remedies, as text and as JSON", async () => {
    const text = await ok("lint", plan);
    expect(text).toMatch(/warning lint-idle-stage: Stage 0 of 2 waits for [\d.]+ % of the step/);
    const { findings } = JSON.parse(await ok("lint", plan, "--json")) as {
      findings: { code: string; remedy: string }[];
    };
    expect(findings.map(({ code }) => code)).toContain("lint-uneven-shards");
    for (const { remedy } of findings) expect(remedy).not.toBe("");
  });
});

test("run --trace writes what was done", async () => {
  const file = join(folder, "run.json");
  await ok("run", plan, "--steps", "2", "--trace", file, "--quiet");
  expect(existsSync(file)).toBe(true);
  const trace = JSON.parse(readFileSync(file, "utf8")) as TraceDocument;
  expect(trace.otherData["kind"]).toBe("executed");
  expect(checkTrace(trace).flows).toBe(8);
});
