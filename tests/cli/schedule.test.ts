/** `sbpc schedule`, run as its users run it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCli } from "../support/cli.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sbpc-schedule-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const schedule = (...args: string[]) => runCli(["schedule", ...args]);

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe("schedule", () => {
  test("draws a line per rank, with costs and peaks, in the width there is and without colour", async () => {
    const { code, stdout } = await schedule("1f1b", "--stages", "4", "--microbatches", "8");
    expect(code).toBe(0);
    expect(stdout).toContain("cost 33, makespan 33, bubble rate 27.27 %");
    expect(stdout).toContain("  0 F0 F1 F2 F3 ..................B0--- F4 B1---");
    expect(stdout).toContain("  3 .........F0 B0--- F1 B1---");
    expect(stdout).not.toContain("\x1b");
    for (const [rank, peak] of [4, 3, 2, 1].entries())
      expect(stdout).toMatch(
        new RegExp(`^ +${rank}  ${rank} +24 +9 +27.27 % +${peak} +${peak} +0 +${peak}$`, "m"),
      );
    const long = await schedule("zb-v", "--stages", "8", "--microbatches", "200");
    expect(Math.max(...long.stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(120);
  });

  test("goes by the times and the latency given", async () => {
    const { stdout } = await schedule(
      ..."1f1b --stages 2 --microbatches 2 --times 3,2,1.5 --latency 0.7 --json".split(" "),
    );
    const report = JSON.parse(stdout) as Record<string, unknown>;
    expect(report).toMatchObject({ name: "1f1b", ranks: 2, microbatches: 2, chunks: 1, stageRank: [0, 1] });
    // (m + p - 1)(F + I + W) + 2 hops.
    expect(report["cost"]).toBeCloseTo(3 * 6.5 + 2 * 0.7, 10);
    expect(report["order"]).toEqual([
      ["0F0", "0F1", "0B0", "0B1"],
      ["1F0", "1B0", "1F1", "1B1"],
    ]);
    expect(report["timeline"]).toHaveLength(8);
  });

  test("csv is torch's form, which it reads again, with messages too", async () => {
    const sizes = ["--stages", "2", "--microbatches", "3"];
    const compute = await schedule("gpipe", ...sizes, "--format", "csv");
    expect(compute.stdout).toBe("0F0,0F1,0F2,,,0B0,0B1,0B2\n,1F0,1F1,1F2,1B0,1B1,1B2\n");
    const messages = await schedule("gpipe", ...sizes, "--format", "csv", "--messages");
    expect(messages.stdout).toContain("1RECV_F0,1F0,");
    for (const { stdout } of [compute, messages]) {
      const read = await schedule(file("gpipe.csv", stdout), "--format", "csv");
      expect(read.stdout).toBe(compute.stdout);
      expect(read.code).toBe(0);
    }
  });

  test("trace is what Perfetto reads: an event per action, a flow per message", async () => {
    const { stdout } = await schedule(
      ..."zb-h1 --stages 2 --microbatches 2 --latency 1 --format trace".split(" "),
    );
    const { traceEvents } = JSON.parse(stdout) as {
      traceEvents: { ph: string; name: string; id?: number; ts: number; dur: number; tid: number }[];
    };
    const actions = traceEvents.filter(({ ph }) => ph === "X");
    expect(actions).toHaveLength(2 * 2 * 3);
    expect(actions.filter(({ tid }) => tid === 1)[0]).toMatchObject({ name: "1F0", ts: 2000, dur: 1000 });
    const starts = traceEvents.filter(({ ph }) => ph === "s");
    expect(starts).toHaveLength(4);
    for (const { id, ts } of starts) {
      const end = traceEvents.find((event) => event.ph === "f" && event.id === id);
      expect(end?.ts).toBeGreaterThanOrEqual(ts + 1000);
    }
  });
});

describe("what is wrong", () => {
  test.each([
    ["1f1b --stages 2", 2, "usage"],
    ["nope --stages 2 --microbatches 2", 2, "unknown-schedule"],
    ["1f1b --stages 0 --microbatches 2", 2, "--stages"],
    ["1f1b --stages 2 --microbatches 2 --times 1,2", 2, "--times"],
    ["1f1b --stages 2 --microbatches 2 --times 1,2,x", 2, "--times"],
    ["1f1b --stages 2 --microbatches 2 --latency -1", 2, "--latency"],
    ["1f1b --stages 2 --microbatches 2 --format svg", 2, "--format"],
    ["1f1b --stages 2 --microbatches 2 --messages", 2, "--format csv"],
    ["1f1b --stages 2 --microbatches 2 --json --format csv", 2, "--json"],
    ["1f1b --stages 2 --microbatches 2 --chunks 2", 1, "schedule-misfit"],
    ["zb-h2 --stages 4 --microbatches 6", 1, "too-few-microbatches"],
    ["interleaved-1f1b --stages 4 --microbatches 9", 1, "schedule-misfit"],
    ["absent.csv", 1, "file-not-found"],
  ])("%s", async (args, code, text) => {
    const result = await schedule(...args.split(" "));
    expect(result).toMatchObject({ code, stdout: "" });
    expect(result.stderr).toContain(text);
  });

  test("files name the line, the rank, the step and mark the place", async () => {
    const twice = await schedule(file("twice.csv", "0F0,0B0\n1F0,1F0,1B0\n"));
    expect(twice.code).toBe(1);
    expect(twice.stderr).toMatch(/twice\.csv:2: error bad-schedule: Rank 1, step 1: 1F0 is there twice/);
    expect(twice.stderr).toContain("1F0 [1F0] 1B0");
    const words = await schedule(file("words.csv", "0F0,0B0\nhello\n"));
    expect(words.stderr).toMatch(/words\.csv:2: error bad-schedule-file: .*hello \(cell 1\)/);
    const sizes = await schedule(file("good.csv", "0F0,0B0\n"), "--stages", "1");
    expect(sizes).toMatchObject({ code: 2 });
    expect((await schedule(folder)).stderr).toContain("file-unreadable");
  });
});
