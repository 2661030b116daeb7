/** `sbpc compile MODEL`: a plan directory. */
import { resolve } from "node:path";
import { Command } from "commander";
import { summarize } from "../inspect/summary.ts";
import { planFigures } from "../inspect/figures.ts";
import { summaryText } from "../inspect/plan-text.ts";
import { savePlan } from "../plan-files.ts";
import { writeWeights } from "../weights.ts";
import { addCompileFlags, type CompileFlags } from "./options.ts";
import { terminalTable } from "./style.ts";
import { resolveTarget } from "./target.ts";
import { exitCodes, Terminal } from "./terminal.ts";

interface Flags extends CompileFlags {
  readonly output?: string;
  readonly weights?: boolean;
}

export function compileCommand(finish: (code: number) => void): Command {
  return addCompileFlags(new Command("compile"))
    .description("compiles a model into a plan directory")
    .argument("<model>", "a .ts or .js model, an .onnx or a .graph file")
    .option("-o, --output <dir>", "where to write the plan")
    .option("--weights", "write the parameters' values too (safetensors)")
    .action(async (path: string, flags: Flags) => {
      const terminal = new Terminal(flags);
      const folder = flags.output === undefined ? undefined : resolve(flags.output);
      const target = await resolveTarget(path, flags, terminal, folder);
      let plan = target.plan;
      if (flags.output !== undefined) {
        if (flags.weights === true) {
          terminal.progress("writing weights");
          plan = await writeWeights(plan, flags.output, {
            seed: flags.seed,
            ...(target.base === undefined ? {} : { base: target.base }),
          });
        }
        savePlan(plan, flags.output);
      }
      const summary = summarize(plan);
      terminal.print(summaryText(planFigures(plan), terminalTable()));
      if (flags.output !== undefined) terminal.print(`\nwritten to ${flags.output}`);
      const phases = Object.fromEntries(
        (target.compiled?.phases ?? []).map((phase) => [phase.name, phase.milliseconds]),
      );
      terminal.printJson({ ...summary, phases, diagnostics: target.compiled?.diagnostics ?? [] });
      finish(exitCodes.success);
    });
}
