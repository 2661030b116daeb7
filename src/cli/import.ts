/** `sbpc import FILE.onnx`: the graph that it is read as, in text form. */
import { dirname, resolve } from "node:path";
import { Command } from "commander";
import { fail } from "../diagnostics/diagnostic.ts";
import { writeAtomicallySync } from "../files/atomic.ts";
import { printGraph } from "../ir/text/print.ts";
import { load } from "../load.ts";
import { addCommonFlags, addShapeFlags, type ShapeFlags } from "./options.ts";
import { exitCodes, Terminal } from "./terminal.ts";

interface Flags extends ShapeFlags {
  readonly output?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export function importCommand(finish: (code: number) => void): Command {
  return addShapeFlags(addCommonFlags(new Command("import")))
    .description("reads an ONNX model as a graph: one operator set, functions inlined, every value typed")
    .argument("<model>", "an .onnx file")
    .option("-o, --output <file>", "write the graph to a .graph file instead of printing it")
    .action(async (path: string, flags: Flags) => {
      const terminal = new Terminal(flags);
      const loaded = await load(path);
      if (loaded.kind !== "model" || loaded.original === undefined)
        return fail("usage", { problem: `${path} is no .onnx file.` });
      const graph = loaded.build({
        dims: flags.dim,
        values: flags.value,
        symbolic: true,
        // A text that is printed is read from wherever it is put: from here, as far as anyone can tell.
        weightsFrom: flags.output === undefined ? process.cwd() : dirname(resolve(flags.output)),
        report: (diagnostics) => terminal.report(diagnostics),
      });
      const text = printGraph(graph);
      if (flags.output === undefined) terminal.print(text.trimEnd());
      else {
        writeAtomicallySync(resolve(flags.output), [new TextEncoder().encode(text)]);
        terminal.print(`written to ${flags.output}`);
      }
      terminal.printJson({
        model: graph.name,
        inputs: graph.sources.filter(({ kind }) => kind === "input").length,
        parameters: graph.sources.filter(({ kind }) => kind === "parameter").length,
        nodes: graph.nodes.length,
        outputs: graph.outputs.length,
        ...(flags.output === undefined ? { graph: text } : { file: flags.output }),
      });
      finish(exitCodes.success);
    });
}
