/** Frames as the engines write them, whose they are, and what a capture costs. */
import { describe, expect, test } from "vitest";
import { captureLine, folderOf, forgetLines, lineOfError, locationOf } from "../../../src/nn/source-line.ts";

const own = new URL("../../../src/nn/tensor.ts", import.meta.url).href;

function lineOf(...frames: string[]): string | undefined {
  const error = new Error("text: of the message (a.ts:1:1)");
  error.stack = frames.join("\n");
  const line = lineOfError(error);
  return line === undefined ? undefined : `${line.file}:${line.line}`;
}

describe("frames", () => {
  test.each([
    ["    at Net.forward (file:///home/u/vit.ts:12:5)", "/home/u/vit.ts:12"],
    ["    at /home/u/vit.ts:12:5", "/home/u/vit.ts:12"],
    ["    at async Promise.all (index 0)", undefined],
    ["    at new Net (/home/u/a (1)/vit.ts:3:1)", "/home/u/a (1)/vit.ts:3"],
    ["    at f (file:///home/u/my%20model.ts?t=17:3:1)", "/home/u/my model.ts:3"],
    ["    at f (C:\\models\\vit.ts:7:9)", "C:/models/vit.ts:7"],
    ["    at f (file:///C:/models/vit.ts:7:9)", "C:/models/vit.ts:7"],
    ["forward@http://localhost:8080/vit.js:40:11", "http://localhost:8080/vit.js:40"],
    ["    at Module._compile (node:internal/modules/cjs/loader:1554:14)", undefined],
    ["Error: at most (a.ts:1)", undefined],
  ])("%s", (frame, expected) => {
    expect(lineOf("Error", frame)).toBe(expected);
  });

  test("the package's own are passed over, dependencies count only where nothing else does", () => {
    const ours = `    at Tensor.add (${own}:3:4)`;
    const theirs = "    at load (/w/node_modules/jiti/dist/jiti.cjs:1:9)";
    const user = "    at build (/w/vit.ts:5:6)";
    expect(lineOf("Error", ours, theirs, user)).toBe("/w/vit.ts:5");
    expect(lineOf("Error", ours, theirs)).toBe("/w/node_modules/jiti/dist/jiti.cjs:1");
    expect(lineOf("Error", ours)).toBe(undefined);
  });
});

test("locations are relative to the model's folder, or bare names", () => {
  const base = folderOf("/w/models/vit.ts");
  expect(base).toBe("/w/models/");
  expect(locationOf({ file: "/w/models/layers/mlp.ts", line: 3 }, base)).toMatchObject({
    file: "layers/mlp.ts",
    line: 3,
  });
  expect(locationOf({ file: "/w/other/mlp.ts", line: 3 }, base)).toMatchObject({ file: "mlp.ts" });
  expect(locationOf(undefined, base)).toEqual({ kind: "unknown" });
});

test("a position is mapped to its line once, until lines are forgotten", () => {
  const outer = Error.prepareStackTrace;
  let texts = 0;
  Error.prepareStackTrace = (error, sites) => {
    texts++;
    return [String(error), ...sites.map((site) => `    at ${site}`)].join("\n");
  };
  try {
    const capture = () => captureLine();
    const captured = new Set(Array.from({ length: 100 }, () => capture()?.file));
    expect([captured.size, texts]).toEqual([1, 1]);
    forgetLines();
    expect(capture()?.file).toMatch(/source-line\.test\.ts$/);
    expect(texts).toBe(2);
    expect(Error.prepareStackTrace).not.toBe(outer);
  } finally {
    Error.prepareStackTrace = outer;
  }
});
