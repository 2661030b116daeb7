/** The package as it is published: what is in it, and (SBPC_FULL=1) that it installs and runs in an empty folder. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

let folder = "";
let files: readonly string[] = [];
let archive = "";

// A parent npm's settings (npm test) must not reach the one that packs and installs.
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith("npm_")),
);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sbpc-package-"));
  const text = execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
    encoding: "utf8",
    env: environment,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const document = JSON.parse(text) as unknown;
  // npm 10 prints a list, npm 11 may print an object by package name.
  const [packed] = (Array.isArray(document) ? document : Object.values(document as object)) as {
    readonly filename: string;
    readonly files: readonly { readonly path: string }[];
  }[];
  archive = join(folder, packed?.filename ?? "");
  files = packed?.files.map(({ path }) => path) ?? [];
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("holds the command, the types, the plan's schema, the examples and the licence, and no tests", () => {
  for (const file of [
    "dist/src/cli/main.js",
    "dist/src/index.js",
    "dist/src/index.d.ts",
    "dist/src/plan/generated/plan.js",
    "dist/src/onnx/generated/onnx-ml.js",
    "dist/backends/local/group.js",
    "dist/backends/local/device.js",
    "dist/backends/onnxruntime/index.js",
    "src/plan/plan.proto",
    "examples/vit.ts",
    "LICENSE",
    "README.md",
  ]) {
    expect(files).toContain(file);
  }
  expect(files.filter((file) => /(^|\/)tests?\//.test(file))).toEqual([]);
});

test.skipIf(process.env["SBPC_FULL"] !== "1")(
  "installs in an empty folder and verifies the ViT there",
  { timeout: 600_000 },
  () => {
    const empty = mkdtempSync(join(tmpdir(), "sbpc-empty-"));
    try {
      writeFileSync(join(empty, "package.json"), "{}");
      const run = (command: string, ...args: string[]) =>
        execFileSync(command, args, {
          cwd: empty,
          encoding: "utf8",
          env: { ...environment, ONNXRUNTIME_NODE_INSTALL: "skip" },
          stdio: ["ignore", "pipe", "pipe"],
        });
      run("npm", "install", "--no-audit", "--no-fund", archive);
      expect(
        run("npx", "sbpc", "verify", "node_modules/sbpc/examples/vit.ts", "--mesh", "dp=2,tp=2,pp=2"),
      ).toMatch(/\nverified\n$/);
    } finally {
      rmSync(empty, { recursive: true, force: true });
    }
  },
);
