/** `sbpc check FILE`: everything that is wrong with an ONNX file, in one report. */
import { Command } from "commander";
import { printDiagnostic, SbpcError, type Diagnostic } from "../diagnostics/diagnostic.ts";
import { openModel } from "../files/model-folder.ts";
import { checkModel } from "../onnx/check-model.ts";
import { exitCodes, Terminal } from "./terminal.ts";

export function checkCommand(finish: (code: number) => void): Command {
  return new Command("check")
    .description("finds everything that is wrong with an ONNX file, its annotations for several devices too")
    .argument("<file>", "an .onnx file")
    .option("--json", "print one JSON document and nothing else")
    .option("--quiet", "errors only")
    .action((file: string, flags: { readonly json?: boolean; readonly quiet?: boolean }) => {
      const terminal = new Terminal(flags);
      const found = problemsOf(file);
      const problems = flags.quiet === true ? found.filter(({ severity }) => severity === "error") : found;
      const errors = problems.filter(({ severity }) => severity === "error").length;
      const warnings = problems.filter(({ severity }) => severity === "warning").length;
      terminal.print(
        [
          `${file}: ${errors === 0 && warnings === 0 ? "nothing wrong" : `${number(errors, "error")}, ${number(warnings, "warning")}`}`,
          ...problems.map((problem) => `  ${printDiagnostic(problem).replaceAll("\n", "\n  ")}`),
        ].join("\n"),
      );
      terminal.printJson({
        file,
        ok: errors === 0,
        errors,
        warnings,
        problems: problems.map(({ code, severity, message, remedy }) => ({
          code,
          severity,
          message,
          remedy,
        })),
      });
      finish(errors === 0 ? exitCodes.success : exitCodes.failure);
    });
}

/** A file that cannot be decoded has that one problem. */
function problemsOf(file: string): readonly Diagnostic[] {
  try {
    return checkModel(openModel(file));
  } catch (error) {
    if (error instanceof SbpcError && error.code?.startsWith("onnx-") === true) return error.diagnostics;
    throw error;
  }
}

function number(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
