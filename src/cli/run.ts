/** `sbpc run PLAN|MODEL`: executes a plan on local devices. */
import { Command } from "commander";
import { bytes, seconds, table } from "../inspect/text.ts";
import { collectiveKinds } from "../inspect/summary.ts";
import { readTensors, writeTensors } from "../tensor-files.ts";
import { runPlan, type RunResult } from "../run.ts";
import { sum } from "../support/collections.ts";
import type { Plan } from "../plan/plan.ts";
import { addRunFlags, positiveInteger, type RunFlags } from "./options.ts";
import { resolveTarget } from "./target.ts";
import { exitCodes, Terminal } from "./terminal.ts";

interface Flags extends RunFlags {
  readonly steps: number;
  readonly outputs?: string;
}

export function runCommand(finish: (code: number) => void): Command {
  return addRunFlags(new Command("run"))
    .description("executes a plan on local worker devices")
    .argument("<plan|model>", "a plan directory, or a model to compile first")
    .option("--steps <n>", "how many times", positiveInteger, 1)
    .option("--outputs <file>", "write the last step's outputs as .safetensors, or one output as .npy")
    .action(async (path: string, flags: Flags) => {
      const terminal = new Terminal(flags);
      const { plan, base } = await resolveTarget(path, flags, terminal);
      const result = await runPlan(plan, {
        backend: flags.backend,
        device: flags.device,
        steps: flags.steps,
        seed: flags.seed,
        timeoutSeconds: flags.timeout,
        ...(base === undefined ? {} : { base }),
        ...(flags.inputs === undefined ? {} : { inputs: readTensors(flags.inputs) }),
        onProgress: (text) => terminal.progress(text),
      });
      if (flags.outputs !== undefined) writeTensors(flags.outputs, result.outputs);
      terminal.print(runText(plan, result));
      terminal.printJson({ model: plan.model, ...runNumbers(plan, result) });
      finish(exitCodes.success);
    });
}

function runNumbers(plan: Plan, result: RunResult) {
  const measured = Object.fromEntries(
    collectiveKinds.map((kind) => [
      kind,
      sum(plan.boxing.map((boxing, i) => (boxing.kind === kind ? sum(result.bytes[i] ?? []) : 0))),
    ]),
  );
  return {
    backend: result.backend,
    ranks: result.ranks,
    steps: result.steps,
    /** Bytes received in one step, as counted by the communicator. */
    bytes: measured,
    stepSeconds: result.stepSeconds,
    outputs: [...result.outputs].map(([name, tensor]) => ({
      name,
      dtype: tensor.dtype,
      shape: tensor.shape,
    })),
    devices: result.devices,
  };
}

function runText(plan: Plan, result: RunResult): string {
  const numbers = runNumbers(plan, result);
  return [
    `${plan.model}: ${result.steps} step${result.steps === 1 ? "" : "s"} on ${result.ranks} devices (${result.backend}), ${seconds(result.stepSeconds)} per step`,
    "",
    ...table(
      ["output", "type"],
      numbers.outputs.map((output) => [output.name, `${output.dtype}[${output.shape.join(", ")}]`]),
    ),
    "",
    ...table(
      ["collective", "bytes per step"],
      Object.entries(numbers.bytes).map(([kind, n]) => [kind, bytes(n)]),
    ),
    "",
    ...table(
      ["rank", "segments", "collectives", "copies", "peak of buffers"],
      result.devices.map((d) => [
        d.rank,
        seconds(d.segmentSeconds),
        seconds(d.collectiveSeconds),
        seconds(d.copySeconds),
        bytes(d.peakBytes),
      ]),
    ),
  ].join("\n");
}
