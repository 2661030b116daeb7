/** Static checks of the project itself: types, lint, format, dead code, versions. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { version } from "../../src/version.ts";

function tool(name: string, ...args: string[]): string {
  try {
    return execFileSync(`node_modules/.bin/${name}`, args, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${name} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

describe("project", () => {
  test("types check", () => {
    expect(tool("tsc", "-p", "tsconfig.json")).toBe("");
  });

  test("lint finds nothing", () => {
    expect(tool("oxlint")).toContain("Found 0 warnings and 0 errors");
  });

  test("every file is formatted", () => {
    expect(tool("prettier", "--check", ".")).toContain("All matched files use Prettier code style!");
  });

  test("no dead code", () => {
    expect(tool("knip", "--no-progress")).not.toContain("Unused");
  });

  test("the version is stated once", () => {
    const { version: stated } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
    expect(version).toBe(stated);
  });
});
