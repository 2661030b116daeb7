/** `sbpc dump PLAN|MODEL`: shows a plan. */
import { Command, Option } from "commander";
import { reportPlan } from "../inspect/report.ts";
import { reportText } from "../inspect/text.ts";
import { addCompileFlags, type CompileFlags } from "./options.ts";
import { resolveTarget } from "./target.ts";
import { exitCodes, Terminal } from "./terminal.ts";

interface Flags extends CompileFlags {
  readonly format: "text" | "json" | "graph";
}

export function dumpCommand(finish: (code: number) => void): Command {
  return addCompileFlags(new Command("dump"))
    .description("shows a plan: stages, layouts, boxing, memory")
    .argument("<plan|model>", "a plan directory, or a model to compile first")
    .addOption(
      new Option("--format <format>", "graph is the compiled graph in text form")
        .choices(["text", "json", "graph"])
        .default("text"),
    )
    .action(async (path: string, flags: Flags) => {
      const json = flags.json === true || flags.format === "json";
      const terminal = new Terminal({ ...flags, json });
      const { plan } = await resolveTarget(path, flags, terminal);
      if (json) terminal.printJson(reportPlan(plan));
      else terminal.print(flags.format === "graph" ? plan.graph : reportText(reportPlan(plan)));
      finish(exitCodes.success);
    });
}
