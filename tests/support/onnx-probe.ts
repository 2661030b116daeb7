/**
 * Finds, once per test run, the test data of onnx 1.22: the folder that SBPC_ONNX_TESTS names, or
 * `../shared/data/onnx-1.22.0-tests.tar.xz` unpacked into `.cache/`. The folder holds `node/`, `light/` and `simple/`.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    /** The folder, or why there is none. */
    onnxTests: { readonly folder: string } | { readonly lacking: string };
  }
}

const root = fileURLToPath(new URL("../../", import.meta.url));
const archive = join(root, "../shared/data/onnx-1.22.0-tests.tar.xz");
const inside = "onnx/backend/test/data";

export function setup(project: TestProject): void {
  const found = locateOnnxTests();
  if ("lacking" in found && process.env["SBPC_REQUIRE_ONNX_TESTS"] !== "1")
    process.stdout.write(`the suites over onnx's test data are skipped: ${found.lacking}\n`);
  project.provide("onnxTests", found);
}

export function locateOnnxTests(): { readonly folder: string } | { readonly lacking: string } {
  const named = process.env["SBPC_ONNX_TESTS"];
  if (named !== undefined && named !== "") {
    const folder = [named, join(named, inside), join(named, "backend/test/data")].find(holdsTests);
    return folder === undefined
      ? { lacking: `SBPC_ONNX_TESTS=${named} holds no node/ and light/` }
      : { folder };
  }
  const unpacked = join(root, ".cache/onnx-1.22.0-tests");
  if (holdsTests(join(unpacked, inside))) return { folder: join(unpacked, inside) };
  if (!existsSync(archive)) return { lacking: `SBPC_ONNX_TESTS is not set and ${archive} does not exist` };
  mkdirSync(join(root, ".cache"), { recursive: true });
  const temporary = mkdtempSync(join(root, ".cache/unpacking-"));
  try {
    execFileSync("tar", ["xJf", archive, "-C", temporary], { stdio: ["ignore", "ignore", "pipe"] });
    // Another run may have been faster.
    if (!existsSync(unpacked)) renameSync(temporary, unpacked);
  } catch (error) {
    return { lacking: `${archive} cannot be unpacked: ${(error as Error).message}` };
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return { folder: join(unpacked, inside) };
}

function holdsTests(folder: string): boolean {
  return existsSync(join(folder, "node")) && existsSync(join(folder, "light"));
}
