/** `sbpc inspect FILE`: an ONNX model on one screen, without reading its weights. */
import { Command } from "commander";
import { graphFlops } from "../cost/graph-flops.ts";
import { SbpcError } from "../diagnostics/diagnostic.ts";
import { openModel } from "../files/model-folder.ts";
import { summarizeModel, type ModelFacts } from "../inspect/model-summary.ts";
import { modelText } from "../inspect/model-text.ts";
import { dimSymbols } from "../ir/dim.ts";
import { typeOf } from "../ir/graph.ts";
import { importModel } from "../onnx/import/import.ts";
import type { DecodedModel } from "../onnx/model-file.ts";
import { addShapeFlags, type ShapeFlags } from "./options.ts";
import { exitCodes, Terminal } from "./terminal.ts";

interface Flags extends ShapeFlags {
  readonly json?: boolean;
}

export function inspectCommand(finish: (code: number) => void): Command {
  return addShapeFlags(new Command("inspect"))
    .description("shows an ONNX model on one screen, without reading its weights")
    .argument("<file>", "an .onnx file")
    .option("--json", "print one JSON document and nothing else")
    .action((file: string, flags: Flags) => {
      const terminal = new Terminal(flags);
      const model = openModel(file);
      const summary = summarizeModel(model, countFlops(model, flags));
      terminal.print(modelText(summary));
      terminal.printJson(summary);
      finish(exitCodes.success);
    });
}

/** A model that cannot be imported is shown all the same, unless sizes were given that it does not have. */
function countFlops(model: DecodedModel, { dim, value }: ShapeFlags): ModelFacts {
  try {
    const { graph } = importModel(model, { dims: dim, values: value });
    const open = new Set(
      graph.sources.flatMap((source) => {
        const type = source.kind === "input" ? typeOf(graph, source.value) : undefined;
        return type?.kind === "tensor" ? type.shape.flatMap(dimSymbols) : [];
      }),
    );
    return open.size > 0 ? { openDimensions: [...open] } : { flops: graphFlops(graph) };
  } catch (error) {
    const asked = Object.keys(dim).length + Object.keys(value).length > 0;
    if (asked || !(error instanceof SbpcError)) throw error;
    return { importProblem: error.message.split("\n")[0] ?? "" };
  }
}
