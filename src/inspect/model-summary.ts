/** The numbers of an ONNX model, from its skeleton alone: no weight is read. */
import { bytesOf, type DataType } from "../ir/types.ts";
import { isExternal, locateExternal } from "../onnx/external-data.ts";
import type { onnx } from "../onnx/generated/onnx-ml.js";
import type { DecodedModel } from "../onnx/model-file.ts";
import { staticType } from "../onnx/tensor-type.ts";
import { printTypeProto } from "../onnx/type-text.ts";
import { graphsOf, nodesOf, tensorsOf } from "../onnx/walk.ts";
import { product, sum } from "../support/collections.ts";

export interface NamedType {
  readonly name: string;
  /** `f32[batch, 3]`. */
  readonly type: string;
}

export interface TypeUse {
  readonly dtype: DataType;
  readonly tensors: number;
  readonly elements: number;
  readonly bytes: number;
}

export interface ExternalFile {
  readonly path: string;
  readonly tensors: number;
  /** Bytes that the tensors take. */
  readonly used: number;
  /** Bytes of the file; null where it cannot be read. */
  readonly size: number | null;
}

export interface ModelSummary {
  readonly file: string;
  /** Bytes of the model file itself. */
  readonly bytes: number;
  readonly irVersion: number;
  readonly opsets: readonly { readonly domain: string; readonly version: number }[];
  readonly producer: string;
  readonly graph: string;
  /** Without those that only name an initializer. */
  readonly inputs: readonly NamedType[];
  readonly outputs: readonly NamedType[];
  readonly nodes: number;
  /** Nodes in the bodies of If, Loop and the like, and in functions; they are among `nodes`. */
  readonly innerNodes: number;
  readonly graphs: number;
  /** By operator, `domain.Name` outside of ai.onnx, the most frequent first. */
  readonly operators: Readonly<Record<string, number>>;
  readonly functions: readonly string[];
  /** Elements of all tensors that the model holds: initializers and those in nodes. */
  readonly parameters: number;
  readonly weights: readonly TypeUse[];
  /** Tensors whose type or place is not valid: `sbpc check` says why. */
  readonly invalidTensors: number;
  readonly external: readonly ExternalFile[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly devices: DeviceSummary;
  /** Floating-point operations of one run; only where every input has a size. */
  readonly flops?: number;
  /** Symbolic dimensions of the inputs that have no size. */
  readonly openDimensions?: readonly string[];
  /** Why the model cannot be imported, so that its operations are not counted. */
  readonly importProblem?: string;
}

export interface DeviceSummary {
  readonly configurations: readonly { readonly name: string; readonly devices: number }[];
  readonly annotatedNodes: number;
  readonly shardedTensors: number;
  /** Pipeline stages in use, ascending. */
  readonly stages: readonly number[];
}

/** What is known of a model beyond its file, once it is imported. */
export type ModelFacts = Pick<ModelSummary, "flops" | "openDimensions" | "importProblem">;

export function summarizeModel(model: DecodedModel, facts: ModelFacts = {}): ModelSummary {
  const { proto } = model;
  const graph: onnx.GraphProto.$Properties = proto.graph ?? {};
  const held = new Set((graph.initializer ?? []).map(({ name }) => name));
  for (const { values } of graph.sparseInitializer ?? []) held.add(values?.name);
  const operators = new Map<string, number>();
  let nodes = 0;
  let innerNodes = 0;
  for (const { node, home } of nodesOf(proto)) {
    const domain = node.domain ?? "";
    const prefix = domain === "" || domain === "ai.onnx" ? "" : `${domain}.`;
    const op = `${prefix}${node.opType ?? ""}`;
    operators.set(op, (operators.get(op) ?? 0) + 1);
    nodes++;
    if (home !== "graph") innerNodes++;
  }
  const named = (infos: readonly onnx.ValueInfoProto.$Properties[]): NamedType[] =>
    infos.map(({ name, type }) => ({ name: name ?? "", type: printTypeProto(type) }));
  const tensors = weigh(model);
  return {
    file: model.path,
    bytes: model.files.size(model.path) ?? 0,
    irVersion: Number(proto.irVersion),
    opsets: (proto.opsetImport ?? []).map(({ domain, version }) => ({
      domain: domain === undefined || domain === null || domain === "" ? "ai.onnx" : domain,
      version: Number(version ?? 0),
    })),
    producer: [proto.producerName, proto.producerVersion].filter((text) => text !== "").join(" "),
    graph: graph.name ?? "",
    inputs: named((graph.input ?? []).filter(({ name }) => !held.has(name))),
    outputs: named(graph.output ?? []),
    nodes,
    innerNodes,
    graphs: [...graphsOf(proto)].length,
    operators: Object.fromEntries(
      [...operators].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : a > b ? 1 : 0)),
    ),
    functions: (proto.functions ?? []).map(({ domain, name }) => `${domain ?? ""}.${name ?? ""}`),
    parameters: sum(tensors.weights.map(({ elements }) => elements)),
    ...tensors,
    metadata: Object.fromEntries(
      (proto.metadataProps ?? []).map(({ key, value }) => [key ?? "", value ?? ""]),
    ),
    devices: summarizeDevices(proto),
    ...facts,
  };
}

/** Sizes by element type and by file, from types alone. */
function weigh(model: DecodedModel): Pick<ModelSummary, "weights" | "external" | "invalidTensors"> {
  const uses = new Map<DataType, { tensors: number; elements: number; bytes: number }>();
  const files = new Map<string, { tensors: number; used: number }>();
  let invalidTensors = 0;
  for (const { tensor } of tensorsOf(model.proto)) {
    const type = staticType(tensor);
    if ("problem" in type) {
      invalidTensors++;
      continue;
    }
    const elements = product(type.shape);
    const bytes =
      type.dtype === "string"
        ? sum((tensor.stringData ?? []).map(({ length }) => length))
        : bytesOf(type.dtype, elements);
    const use = uses.get(type.dtype) ?? { tensors: 0, elements: 0, bytes: 0 };
    use.tensors++;
    use.elements += elements;
    use.bytes += bytes;
    uses.set(type.dtype, use);
    if (!isExternal(tensor)) continue;
    const place = locateExternal(model.files, tensor);
    if ("problem" in place) invalidTensors++;
    const path = "problem" in place ? statedLocation(tensor) : place.payload.path;
    const file = files.get(path) ?? { tensors: 0, used: 0 };
    file.tensors++;
    file.used += bytes;
    files.set(path, file);
  }
  return {
    weights: [...uses].map(([dtype, use]) => ({ dtype, ...use })).sort((a, b) => b.bytes - a.bytes),
    external: [...files].map(([path, use]) => ({ path, ...use, size: model.files.size(path) ?? null })),
    invalidTensors,
  };
}

function statedLocation(tensor: onnx.TensorProto.$Properties): string {
  return tensor.externalData?.find(({ key }) => key === "location")?.value ?? "";
}

function summarizeDevices(proto: onnx.ModelProto): DeviceSummary {
  const stages = new Set<number>();
  let annotatedNodes = 0;
  let shardedTensors = 0;
  for (const { node } of nodesOf(proto)) {
    const annotations = node.deviceConfigurations ?? [];
    if (annotations.length > 0) annotatedNodes++;
    for (const annotation of annotations) {
      shardedTensors += annotation.shardingSpec?.length ?? 0;
      if (Object.hasOwn(annotation, "pipelineStage")) stages.add(annotation.pipelineStage ?? 0);
    }
  }
  return {
    configurations: (proto.configuration ?? []).map(({ name, numDevices }) => ({
      name: name ?? "",
      devices: numDevices ?? 0,
    })),
    annotatedNodes,
    shardedTensors,
    stages: [...stages].sort((a, b) => a - b),
  };
}
