/** `sbpc lint PLAN`: what of a plan looks as if it could be better, with what to do about it. */
import { Command } from "commander";
import { printDiagnostic, type Diagnostic } from "../diagnostics/diagnostic.ts";
import { lintPlan } from "../inspect/lint.ts";
import { groupBy } from "../support/collections.ts";
import { addCompileFlags, type CompileFlags } from "./options.ts";
import { resolveTarget } from "./target.ts";
import { exitCodes, Terminal } from "./terminal.ts";

export function lintCommand(finish: (code: number) => void): Command {
  return addCompileFlags(new Command("lint"))
    .description("warns of what looks dearer in a plan than it need be")
    .argument("<plan|model>", "a plan directory, or a model to compile first")
    .action(async (path: string, flags: CompileFlags) => {
      const terminal = new Terminal(flags);
      const { plan } = await resolveTarget(path, flags, terminal);
      const findings = lintPlan(plan);
      terminal.print(
        findings.length === 0 ? `${plan.model}: nothing to warn of` : foldFindings(findings).join("\n"),
      );
      terminal.printJson({ model: plan.model, findings });
      finish(exitCodes.success);
    });
}

/** Findings that differ in numbers only, such as those of repeated layers, are one. */
function foldFindings(findings: readonly Diagnostic[]): string[] {
  const alike = groupBy(findings, (finding) => printDiagnostic(finding).replaceAll(/\d+/g, "#"));
  return [...alike.values()].map((group) => {
    const text = printDiagnostic(group[0] as Diagnostic);
    return group.length === 1 ? text : `${text}\n  (${group.length} alike; --json has all)`;
  });
}
