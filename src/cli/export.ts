/** `sbpc export PLAN|MODEL`: ONNX files of the whole model, of all devices merged, or one per device. */
import { Command, Option } from "commander";
import { diagnostic, SbpcError } from "../diagnostics/diagnostic.ts";
import { writeModel, writeRanks, type WrittenFile } from "../export.ts";
import { printMesh } from "../ir/layout.ts";
import { bytes, table } from "../inspect/text.ts";
import { dialectNames, type DialectName } from "../plan/export/dialect.ts";
import { addCompileFlags, byteCount, type CompileFlags } from "./options.ts";
import { resolveTarget } from "./target.ts";
import { exitCodes, Terminal } from "./terminal.ts";

interface Flags extends CompileFlags {
  readonly onnx?: string;
  readonly annotate?: boolean;
  readonly merged?: string;
  readonly perRank?: string;
  readonly collectives?: DialectName;
  readonly external?: number;
}

export function exportCommand(finish: (code: number) => void): Command {
  return addCompileFlags(new Command("export"))
    .description("writes a plan or a model as ONNX")
    .argument("<plan|model>", "a plan directory, or a model to compile first")
    .option("--onnx <file>", "the whole model, with its weights")
    .option("--annotate", "with --onnx: the compiled graph, with multi-device annotations (IR version 11)")
    .option("--merged <file>", "all devices in one graph of standard operators")
    .option("--per-rank <dir>", "one file per device, weights sharded")
    .addOption(
      new Option(
        "--collectives <dialect>",
        "with --per-rank: how communications are written (default: sbpc)",
      ).choices(dialectNames),
    )
    .option("--external <size>", "tensors from this size on go into a data file (default: 1MB)", byteCount)
    .action(async (path: string, flags: Flags) => {
      const terminal = new Terminal(flags);
      checkFlags(flags);
      const { plan, base } = await resolveTarget(path, flags, terminal);
      const options = {
        seed: flags.seed,
        ...(base === undefined ? {} : { base }),
        ...(flags.external === undefined ? {} : { externalBytes: flags.external }),
      };
      const files: WrittenFile[] = [];
      if (flags.onnx !== undefined) {
        terminal.progress(`writing ${flags.onnx}`);
        files.push(...writeModel(plan, flags.annotate === true ? "annotated" : "whole", flags.onnx, options));
      }
      if (flags.merged !== undefined) {
        terminal.progress(`writing ${flags.merged}`);
        files.push(...writeModel(plan, "merged", flags.merged, options));
      }
      if (flags.perRank !== undefined) {
        terminal.progress(`writing ${flags.perRank}`);
        files.push(...writeRanks(plan, flags.collectives ?? "sbpc", flags.perRank, options));
      }
      terminal.print(
        [
          `${plan.model} on ${printMesh(plan.mesh)}`,
          "",
          ...table(
            ["file", "size"],
            files.map((file) => [file.path, bytes(file.bytes)]),
          ),
        ].join("\n"),
      );
      terminal.printJson({ model: plan.model, mesh: printMesh(plan.mesh), files });
      finish(exitCodes.success);
    });
}

/** Before anything is compiled. */
function checkFlags({ onnx, annotate, merged, perRank, collectives }: Flags): void {
  const usage = (problem: string) => new SbpcError([diagnostic("usage", { problem })]);
  if (onnx === undefined && merged === undefined && perRank === undefined)
    throw usage("Say what to write: --onnx FILE, --merged FILE or --per-rank DIR.");
  if (annotate === true && onnx === undefined) throw usage("--annotate goes with --onnx FILE.");
  if (collectives !== undefined && perRank === undefined)
    throw usage("--collectives goes with --per-rank DIR.");
  if (onnx !== undefined && onnx === merged) throw usage(`--onnx and --merged both name ${onnx}.`);
}
