#!/usr/bin/env node
/** The `sbpc` command: parses the command line, runs one command, turns errors into exit codes. */
import { Command, CommanderError } from "commander";
import type { Code } from "../diagnostics/codes.ts";
import { SbpcError } from "../diagnostics/diagnostic.ts";
import { version } from "../version.ts";
import { checkCommand } from "./check.ts";
import { compileCommand } from "./compile.ts";
import { diffCommand } from "./diff.ts";
import { dumpCommand } from "./dump.ts";
import { importCommand } from "./import.ts";
import { inspectCommand } from "./inspect.ts";
import { exportCommand } from "./export.ts";
import { lintCommand } from "./lint.ts";
import { passesCommand } from "./passes.ts";
import { runCommand } from "./run.ts";
import { scheduleCommand } from "./schedule.ts";
import { exitCodes, Terminal } from "./terminal.ts";
import { verifyCommand } from "./verify.ts";

/** Errors that the command line itself has, whatever file it names. */
const usageCodes: ReadonlySet<string | undefined> = new Set<Code>(["usage", "bad-mesh", "unknown-schedule"]);

export async function main(args: readonly string[]): Promise<number> {
  const program = new Command("sbpc")
    .description("Compiles a model into checked execution plans for many devices.")
    .version(version)
    .exitOverride()
    .showHelpAfterError("(run with --help for the flags)");
  let code: number = exitCodes.success;
  const finished = (exitCode: number) => {
    code = exitCode;
  };
  for (const define of [
    compileCommand,
    runCommand,
    verifyCommand,
    dumpCommand,
    importCommand,
    checkCommand,
    inspectCommand,
    exportCommand,
    diffCommand,
    lintCommand,
    scheduleCommand,
    passesCommand,
  ]) {
    const command = define(finished);
    command.exitOverride();
    program.addCommand(command);
  }
  try {
    await program.parseAsync([...args], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.success : exitCodes.usage;
    if (error instanceof SbpcError) {
      new Terminal({}).report(error.diagnostics);
      return usageCodes.has(error.code) ? exitCodes.usage : exitCodes.failure;
    }
    process.stderr.write(
      `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\nThis is a fault of sbpc; please report it.\n`,
    );
    return exitCodes.failure;
  }
}

// A reader that has seen enough (`| head`) is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(exitCodes.success);
  throw error;
});

process.exitCode = await main(process.argv.slice(2));
