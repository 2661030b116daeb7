/** `sbpc inspect FILE`: an ONNX model on one screen, without reading its weights. */
import { Command } from "commander";
import { openModel } from "../files/model-folder.ts";
import { summarizeModel } from "../inspect/model-summary.ts";
import { modelText } from "../inspect/model-text.ts";
import { exitCodes, Terminal } from "./terminal.ts";

export function inspectCommand(finish: (code: number) => void): Command {
  return new Command("inspect")
    .description("shows an ONNX model on one screen, without reading its weights")
    .argument("<file>", "an .onnx file")
    .option("--json", "print one JSON document and nothing else")
    .action((file: string, flags: { readonly json?: boolean }) => {
      const terminal = new Terminal(flags);
      const summary = summarizeModel(openModel(file));
      terminal.print(modelText(summary));
      terminal.printJson(summary);
      finish(exitCodes.success);
    });
}
