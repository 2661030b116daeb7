/** Reads an ONNX file as a graph, for models that are built around one (`GraphModule`). */
import { dirname, resolve } from "node:path";
import { openModel } from "./files/model-folder.ts";
import type { Source } from "./ir/graph.ts";
import { importModel, type ImportedModel, type ImportOptions } from "./onnx/import/import.ts";

/**
 * The graph of a file; `path` may be relative to the working directory. Weights stay in it. Throws one `SbpcError` with everything
 * that is wrong with the model.
 */
export function readOnnx(path: string, options: Omit<ImportOptions, "inline"> = {}): ImportedModel {
  const file = resolve(path);
  const folder = dirname(file);
  const { graph, diagnostics } = importModel(openModel(file), { bound: true, ...options });
  const sources = graph.sources.map((source): Source => {
    if (source.kind !== "parameter" || source.initializer.kind !== "file") return source;
    return {
      ...source,
      initializer: { ...source.initializer, path: resolve(folder, source.initializer.path) },
    };
  });
  return { graph: { ...graph, sources }, diagnostics };
}
