/**
 * An ONNX model as a graph: operators in the form of the canonical operator set, functions inlined, conditions that are known
 * decided, every value typed.
 *
 * Weights stay in their files: they become parameters that name file, offset and length. What is small, or counts and indexes,
 * becomes a constant. All problems of a model are reported together, each at its node.
 */
import { DiagnosticSink, SbpcError, type Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Graph } from "../../ir/graph.ts";
import { readAnnotations } from "../annotations.ts";
import { applyAnnotations } from "../apply-annotations.ts";
import type { onnx } from "../generated/onnx-ml.js";
import type { DecodedModel, ModelFiles } from "../model-file.ts";
import { decodeModel, modelOfMessage } from "../read-model.ts";
import { GraphReader } from "./graph-reader.ts";
import { OutOfOrder, Session } from "./session.ts";
import { withTrainable } from "./trainable.ts";

export interface ImportOptions {
  /** Sizes of symbolic dimensions, by the text of the file or by our symbol. */
  readonly dims?: Readonly<Record<string, number>>;
  /** Inputs that become constants, with their elements: `16000`, `1,2,3`, `true`. */
  readonly values?: Readonly<Record<string, string>>;
  /** Whether every symbol of the inputs must have a size: unbound-dimension, once for each that has none. */
  readonly bound?: boolean;
  /** Whether parameters hold their elements, instead of naming the file that does. */
  readonly inline?: boolean;
  /** Whether the model is to be trained: small tensors that its outputs have a slope in are parameters too. */
  readonly trainable?: boolean;
}

export interface ImportedModel {
  readonly graph: Graph;
  /** Warnings and notes. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Throws one `SbpcError` with everything that is wrong with the model. */
export function importModel(model: DecodedModel, options: ImportOptions = {}): ImportedModel {
  const { session, graph: read } = readInOrder(model, options);
  const { sink } = session;
  if (session.errors.length > 0) throw new SbpcError(session.errors);
  const graph = options.trainable === true ? withTrainable(read, session.smallFloats) : read;
  const annotations = readAnnotations(model.proto);
  if (annotations === undefined) return { graph, diagnostics: sink.diagnostics };
  const annotated = applyAnnotations(graph, annotations, sink, (place) => session.at(place));
  return { graph: annotated, diagnostics: sink.diagnostics };
}

/** Most files are in order: only where one is found not to be is it brought into order, and read again. */
function readInOrder(
  model: DecodedModel,
  options: ImportOptions,
): { readonly session: Session; readonly graph: Graph } {
  const session = new Session(model, options, new DiagnosticSink());
  try {
    return { session, graph: new GraphReader(session).readModel() };
  } catch (error) {
    if (!(error instanceof OutOfOrder)) throw error;
    const again = new Session(model, options, new DiagnosticSink(), "sorted");
    return { session: again, graph: new GraphReader(again).readModel() };
  }
}

/**
 * As `importModel`, for a model in memory: its bytes, or its message as this package or `onnx-proto` decodes it. Parameters hold
 * their elements. `folder` is where external data lies.
 */
export function importOnnx(
  model: Uint8Array | onnx.ModelProto.$Properties,
  options: Omit<ImportOptions, "inline"> & { readonly folder?: ModelFiles } = {},
): ImportedModel {
  const { folder, ...rest } = options;
  const decoded =
    model instanceof Uint8Array ? decodeModel(model, "model.onnx", folder) : modelOfMessage(model, folder);
  return importModel(decoded, { ...rest, inline: true });
}
