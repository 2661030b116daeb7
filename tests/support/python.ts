/**
 * Runs the Python halves of the interop suites: `python3` of the PATH, a script of tests/interop, JSON in and out.
 *
 * Where that Python lacks a package the suites are skipped, which the run says once; with SBPC_REQUIRE_PYTHON=1 they fail.
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { inject, test } from "vitest";

const lacking = inject("python");

/** `test`, skipped where Python cannot take its part. */
export const pythonTest = test.skipIf(lacking !== null && process.env["SBPC_REQUIRE_PYTHON"] !== "1");

/**
 * Calls `answer` of `tests/interop/<script>` with `input` and gives what it returns; both are JSON. Rejects with what the
 * script wrote to standard error where it fails or takes longer than the limit.
 */
export function runPython(script: string, input: unknown, limitSeconds = 100): Promise<unknown> {
  if (lacking !== null) return Promise.reject(new Error(lacking));
  const file = fileURLToPath(new URL(`../interop/${script}`, import.meta.url));
  return new Promise((resolve, reject) => {
    const child = spawn("python3", [file], { stdio: "pipe" });
    let stdout = "";
    let stderr = "";
    let late = false;
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const watchdog = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, limitSeconds * 1000);
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(watchdog);
      if (code === 0) resolve(JSON.parse(stdout));
      else
        reject(
          new Error(`${script} ${late ? `took over ${limitSeconds} s` : `ended with ${code}`}:\n${stderr}`),
        );
    });
    // A script that ends before it has read everything says why on standard error.
    child.stdin.on("error", () => undefined);
    child.stdin.end(JSON.stringify(input));
  });
}
