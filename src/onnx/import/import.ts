/**
 * An ONNX model as a graph: operators in the form of the canonical operator set, functions inlined, conditions that are known
 * decided, every value typed.
 *
 * Weights stay in their files: they become parameters that name file, offset and length. What is small, or counts and indexes,
 * becomes a constant. All problems of a model are reported together, each at its node.
 */
import { DiagnosticSink, SbpcError, type Diagnostic } from "../../diagnostics/diagnostic.ts";
import { dimSymbols } from "../../ir/dim.ts";
import type { Graph } from "../../ir/graph.ts";
import type { DecodedModel } from "../model-file.ts";
import { GraphReader } from "./graph-reader.ts";
import { Session } from "./session.ts";

export interface ImportOptions {
  /** Sizes of symbolic dimensions, by the text of the file or by our symbol. */
  readonly dims?: Readonly<Record<string, number>>;
  /** Inputs that become constants, with their elements: `16000`, `1,2,3`, `true`. */
  readonly values?: Readonly<Record<string, string>>;
}

export interface ImportedModel {
  readonly graph: Graph;
  /** Warnings and notes. */
  readonly diagnostics: readonly Diagnostic[];
  /** Symbols of the inputs' types that have no size, with the first input that has each. */
  readonly unbound: ReadonlyMap<string, string>;
}

/** Throws one `SbpcError` with everything that is wrong with the model. */
export function importModel(model: DecodedModel, options: ImportOptions = {}): ImportedModel {
  const sink = new DiagnosticSink();
  const session = new Session(model, options, sink);
  const reader = new GraphReader(session);
  const graph = reader.readModel();
  if (session.errors.length > 0) throw new SbpcError(session.errors);
  const unbound = new Map<string, string>();
  for (const source of graph.sources) {
    if (source.kind !== "input") continue;
    let type = graph.values.get(source.value)?.type;
    while (type !== undefined && type.kind !== "tensor") type = type.element;
    for (const symbol of (type?.shape ?? []).flatMap(dimSymbols))
      if (!unbound.has(symbol)) unbound.set(symbol, source.value);
  }
  return { graph, diagnostics: sink.diagnostics, unbound };
}
