/** Finds out, once per test run, whether `python3` has the packages of the interop suites. */
import { spawnSync } from "node:child_process";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    /** What `python3` lacks for the interop suites; null: nothing. */
    python: string | null;
  }
}

const modules = ["torch", "onnx", "onnxruntime", "transformers", "safetensors", "numpy"];

export function setup(project: TestProject): void {
  const lacking = probe();
  if (lacking !== null && process.env["SBPC_REQUIRE_PYTHON"] !== "1")
    process.stdout.write(`tests/interop is skipped: ${lacking}\n`);
  project.provide("python", lacking);
}

function probe(): string | null {
  const code = `import importlib.util as u; print(*[m for m in "${modules.join(" ")}".split() if u.find_spec(m) is None])`;
  const { status, stdout, error } = spawnSync("python3", ["-c", code], { encoding: "utf8", timeout: 60_000 });
  if (error !== undefined || status !== 0)
    return `python3 does not run (${error?.message ?? `status ${status}`})`;
  const missing = stdout.trim();
  return missing === ""
    ? null
    : `python3 has no ${missing.replaceAll(" ", ", ")} (see tests/interop/requirements.txt)`;
}
