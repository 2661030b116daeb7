/** Runs the built command line in a process of its own. */
import { spawn, type ChildProcess } from "node:child_process";

export interface CliResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly cwd?: string;
  /** The process ends by SIGKILL after this long; a watchdog against hangs. Default 900 s: machines differ tenfold. */
  readonly timeoutMilliseconds?: number;
  /** Called once the process runs. */
  readonly onStart?: (child: ChildProcess) => void;
}

const entry = new URL("../../dist/src/cli/main.js", import.meta.url).pathname;

export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [entry, ...args], {
      cwd: options.cwd ?? process.cwd(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const watchdog = setTimeout(() => child.kill("SIGKILL"), options.timeoutMilliseconds ?? 900_000);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(watchdog);
      resolve({ code, signal, stdout, stderr });
    });
    options.onStart?.(child);
  });
}
