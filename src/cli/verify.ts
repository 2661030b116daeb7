/** `sbpc verify PLAN|MODEL`: the plan on its devices against the unsharded model, number by number. */
import { Command } from "commander";
import { table } from "../inspect/text.ts";
import { readTensors } from "../tensor-files.ts";
import { verifyPlan } from "../verify.ts";
import { printMesh } from "../ir/layout.ts";
import { addRunFlags, positiveInteger, type RunFlags } from "./options.ts";
import { resolveTarget } from "./target.ts";
import type { Plan } from "../plan/plan.ts";
import { verifyTraining } from "../train-verify.ts";
import { exitCodes, Terminal } from "./terminal.ts";

interface Flags extends RunFlags {
  readonly tolerance?: number;
  readonly steps: number;
}

export function verifyCommand(finish: (code: number) => void): Command {
  return addRunFlags(new Command("verify"))
    .description("runs a plan on its devices and the unsharded model on one, and compares")
    .argument("<plan|model>", "a plan directory, or a model to compile first")
    .option("--steps <n>", "training: steps that are compared", positiveInteger, 3)
    .option("--tolerance <x>", "largest allowed max|a-b| / max|b| (default: by element type)", Number)
    .action(async (path: string, flags: Flags) => {
      const terminal = new Terminal(flags);
      const { plan, base, original } = await resolveTarget(path, flags, terminal);
      if (plan.options.train !== undefined) {
        finish(await verifyTrainingPlan(plan, base, flags, terminal));
        return;
      }
      const result = await verifyPlan(plan, {
        backend: flags.backend,
        device: flags.device,
        seed: flags.seed,
        timeoutSeconds: flags.timeout,
        ...(base === undefined ? {} : { base }),
        ...(original === undefined ? {} : { original }),
        ...(flags.tolerance === undefined ? {} : { tolerance: flags.tolerance }),
        ...(flags.inputs === undefined ? {} : { inputs: readTensors(flags.inputs) }),
        onProgress: (text) => terminal.progress(text),
      });
      terminal.print(
        [
          `${plan.model} on ${printMesh(plan.mesh)}: ${result.ranks} devices against one (${result.backend})`,
          "",
          ...table(
            ["output", "max |a-b|", "max |a-b| / max |b|", "allowed", ""],
            result.outputs.map((o) => [
              o.name,
              o.maxAbsolute.toExponential(2),
              o.maxRelative.toExponential(2),
              o.allowed.toExponential(0),
              o.ok ? "ok" : "DIFFERS",
            ]),
          ),
          "",
          result.ok ? "verified" : "NOT VERIFIED",
        ].join("\n"),
      );
      terminal.report(result.diagnostics);
      terminal.printJson(result);
      finish(result.ok ? exitCodes.success : exitCodes.verificationFailed);
    });
}

/** The exit code. */
async function verifyTrainingPlan(
  plan: Plan,
  base: string | undefined,
  flags: Flags,
  terminal: Terminal,
): Promise<number> {
  const result = await verifyTraining(plan, {
    backend: flags.backend,
    device: flags.device,
    seed: flags.seed,
    timeoutSeconds: flags.timeout,
    steps: flags.steps,
    ...(base === undefined ? {} : { base }),
    ...(flags.inputs === undefined ? {} : { inputs: readTensors(flags.inputs) }),
    onProgress: (text) => terminal.progress(text),
  });
  terminal.print(
    [
      `${plan.model} on ${printMesh(plan.mesh)}: ${result.steps} training steps on ${result.ranks} devices against one (${result.backend})`,
      "",
      ...table(
        ["", "difference", "allowed", "worst", ""],
        result.checks.map(({ what, difference, allowed, where, ok }) => [
          what,
          difference.toExponential(2),
          allowed.toExponential(0),
          where,
          ok ? "ok" : "DIFFERS",
        ]),
      ),
      ...(result.zeroGradients.length === 0
        ? []
        : ["", `gradient is zero but for rounding: ${result.zeroGradients.join(", ")}`]),
      "",
      result.ok ? "verified" : "NOT VERIFIED",
    ].join("\n"),
  );
  terminal.report(result.diagnostics);
  terminal.printJson(result);
  return result.ok ? exitCodes.success : exitCodes.verificationFailed;
}
