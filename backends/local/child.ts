/** A supervised child process: takes one job, sends messages, and must end; however it ends, the parent says so. */
import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { diagnostic, SbpcError } from "../../src/diagnostics/diagnostic.ts";
import { entryFlags } from "./entry.ts";

export interface ChildOptions<M> {
  readonly entry: URL;
  readonly job: unknown;
  /** Handles a message; true ends the child's work: nothing that happens to it afterwards matters. */
  readonly onMessage: (message: M, child: ChildControl) => boolean;
  /** Called once, when the job was handed over. */
  readonly onStart?: (child: ChildControl) => void;
  /** Seconds without a message after which the child is ended as stuck; it must send one more often. */
  readonly silenceSeconds: number;
  /** What the child was last known to do, for the message of a crash. */
  readonly lastSeen: () => string;
}

export interface ChildControl {
  /** Sends a message more; nothing where the child has ended. */
  send(message: object): void;
  /** Ends the child, for this reason. */
  fail(error: unknown): void;
}

/** Last bytes of the child's standard error that a crash report may quote. */
const quoted = 2000;

/** Runs the child to its end. Rejects with `worker-crashed` or `worker-stuck`, or with what `onMessage` throws. */
export function runChild<M>(options: ChildOptions<M>): Promise<void> {
  return new Promise((resolve, reject) => {
    const child: ChildProcess = fork(fileURLToPath(options.entry), [], {
      serialization: "advanced",
      execArgv: entryFlags(options.entry),
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    let stderr = "";
    let settled = false;
    let timer: NodeJS.Timeout;
    const end = (settle: () => void): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      process.removeListener("exit", kill);
      child.kill("SIGKILL");
      settle();
    };
    const kill = (): void => void child.kill("SIGKILL");
    const watch = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        const waits = `the process of the devices is silent; last seen: ${options.lastSeen()}`;
        end(() =>
          reject(new SbpcError([diagnostic("worker-stuck", { seconds: options.silenceSeconds, waits })])),
        );
      }, options.silenceSeconds * 1000);
    };
    const control: ChildControl = {
      send: (message) => {
        // A child that is gone is reported when it closes.
        if (!settled && child.connected) child.send(message, () => undefined);
      },
      fail: (error) => end(() => reject(error as Error)),
    };
    process.once("exit", kill);
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr = (stderr + text).slice(-quoted);
    });
    child.on("message", (message) => {
      if (settled) return;
      watch();
      try {
        if (options.onMessage(message as M, control)) end(resolve);
      } catch (error) {
        end(() => reject(error as Error));
      }
    });
    child.on("error", (error) => end(() => reject(crash("an error", error.message))));
    // "close" comes after standard error has been read to its end.
    child.on("close", (code, signal) =>
      end(() => reject(crash(signal ?? `exit code ${code}`, whatHappened(stderr, options.lastSeen())))),
    );
    watch();
    child.send(options.job as object, (error) => {
      if (error !== null) end(() => reject(crash("an error", error.message)));
    });
    options.onStart?.(control);
  });
}

function crash(signal: string, problem: string): SbpcError {
  return new SbpcError([diagnostic("worker-crashed", { signal, problem })]);
}

/** What a process that ended said of it: lines that speak of an error where there are any. */
export function errorLines(stderr: string): string {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "");
  const errors = lines.filter((line) => /error|fatal|terminate|assert/i.test(line));
  return (errors.length > 0 ? errors : lines)
    .slice(0, 3)
    .map((line) => line.trim())
    .join(" | ");
}

function whatHappened(stderr: string, lastSeen: string): string {
  const said = errorLines(stderr);
  return (
    [said, lastSeen === "" ? "" : `last seen: ${lastSeen}`].filter((part) => part !== "").join("; ") ||
    "it said nothing"
  );
}
