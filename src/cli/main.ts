#!/usr/bin/env node
/** The `sbpc` command: parses the command line, runs one command, turns errors into exit codes. */
import { Command, CommanderError } from "commander";
import type { Code } from "../diagnostics/codes.ts";
import { SbpcError } from "../diagnostics/diagnostic.ts";
import { version } from "../version.ts";
import { exitCodes, Terminal } from "./terminal.ts";

/** Errors that the command line itself has, whatever file it names. */
const usageCodes: ReadonlySet<string | undefined> = new Set<Code>(["usage", "bad-mesh", "unknown-schedule"]);

type Define = (finished: (code: number) => void) => Command;

/** What loads the definition of every command, in the order of the help. */
const commands: ReadonlyMap<string, () => Promise<Define>> = new Map([
  ["compile", async () => (await import("./compile.ts")).compileCommand],
  ["run", async () => (await import("./run.ts")).runCommand],
  ["verify", async () => (await import("./verify.ts")).verifyCommand],
  ["dump", async () => (await import("./dump.ts")).dumpCommand],
  ["import", async () => (await import("./import.ts")).importCommand],
  ["check", async () => (await import("./check.ts")).checkCommand],
  ["inspect", async () => (await import("./inspect.ts")).inspectCommand],
  ["export", async () => (await import("./export.ts")).exportCommand],
  ["diff", async () => (await import("./diff.ts")).diffCommand],
  ["lint", async () => (await import("./lint.ts")).lintCommand],
  ["schedule", async () => (await import("./schedule.ts")).scheduleCommand],
  ["passes", async () => (await import("./passes.ts")).passesCommand],
]);

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
  // The one that is asked for alone, where one is: all of them take twice as long to load.
  const asked = commands.get(args[0] ?? "");
  for (const load of asked === undefined ? commands.values() : [asked]) {
    const command = (await load())(finished);
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
