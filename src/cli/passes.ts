/** `sbpc passes`: the compiler's pipeline. */
import { Command } from "commander";
import { pipeline } from "../../passes/pipeline.ts";
import { table } from "../inspect/text.ts";
import { exitCodes, Terminal } from "./terminal.ts";

export function passesCommand(finish: (code: number) => void): Command {
  return new Command("passes")
    .description("lists the compiler's passes in order")
    .option("--json", "print one JSON document and nothing else")
    .action((flags: { readonly json?: boolean }) => {
      const terminal = new Terminal(flags);
      const rows = pipeline.map(({ name, summary, requires, ensures }) => ({
        name,
        summary,
        requires,
        ensures,
      }));
      terminal.print(
        table(
          ["pass", "requires", "ensures", ""],
          rows.map((row) => [
            row.name,
            row.requires.join(" ") || "-",
            row.ensures.join(" ") || "-",
            row.summary,
          ]),
        ).join("\n"),
      );
      terminal.printJson(rows);
      finish(exitCodes.success);
    });
}
