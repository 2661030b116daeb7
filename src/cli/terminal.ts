/** What commands write: results to standard output, progress and diagnostics to standard error. */
import { printDiagnostic, type Diagnostic } from "../diagnostics/diagnostic.ts";

export interface TerminalOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Exit codes of the command line. */
export const exitCodes = { success: 0, failure: 1, usage: 2, verificationFailed: 3 } as const;

const progressDelay = 1000;

export class Terminal {
  readonly #options: TerminalOptions;
  readonly #started = Date.now();
  #lineShown = false;

  constructor(options: TerminalOptions) {
    this.#options = options;
  }

  /** A result, for people; nothing with --json. */
  print(text: string): void {
    this.clearProgress();
    if (this.#options.json !== true) process.stdout.write(`${text}\n`);
  }

  /** The one JSON document of --json; nothing without it. */
  printJson(value: unknown): void {
    if (this.#options.json === true) process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
  }

  /** Errors always, warnings and notes unless --quiet. */
  report(diagnostics: readonly Diagnostic[]): void {
    this.clearProgress();
    for (const d of diagnostics) {
      if (d.severity === "error" || this.#options.quiet !== true)
        process.stderr.write(`${printDiagnostic(d)}\n`);
    }
  }

  /** Says what is going on, once the command has taken longer than a second; one line, rewritten where there is a terminal. */
  progress(text: string): void {
    if (
      this.#options.quiet === true ||
      this.#options.json === true ||
      Date.now() - this.#started < progressDelay
    )
      return;
    if (process.stderr.isTTY) {
      process.stderr.write(`\r\x1b[2K${text.slice(0, (process.stderr.columns ?? 80) - 1)}`);
      this.#lineShown = true;
    } else {
      process.stderr.write(`${text}\n`);
    }
  }

  clearProgress(): void {
    if (!this.#lineShown) return;
    process.stderr.write("\r\x1b[2K");
    this.#lineShown = false;
  }
}
