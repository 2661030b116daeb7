/**
 * The messages of a model that can hold a tensor, directly or further down, with their fields in the order of their
 * numbers: what the reader walks through to leave payloads out, and the writer to put them back.
 */
import { onnx } from "./generated/onnx-ml.js";

export type SpineKind =
  "model" | "training" | "function" | "graph" | "node" | "attribute" | "sparse" | "tensor";

export interface SpineField {
  readonly number: number;
  /** Name in the decoded message. */
  readonly property: string;
  /** Kind of message that it holds, where that can hold a tensor. */
  readonly kind?: SpineKind;
  readonly repeated: boolean;
}

/** `number property`, followed by `: kind` where the field is walked into; `*` marks a repeated one of these. */
const tables: Readonly<Record<SpineKind, string>> = {
  model: `1 irVersion, 2 producerName, 3 producerVersion, 4 domain, 5 modelVersion, 6 docString, 7 graph: graph,
    8 opsetImport, 14 metadataProps, 20 trainingInfo: training*, 25 functions: function*, 26 configuration`,
  training: `1 initialization: graph, 2 algorithm: graph, 3 initializationBinding, 4 updateBinding`,
  function: `1 name, 4 input, 5 output, 6 attribute, 7 node: node*, 8 docString, 9 opsetImport, 10 domain,
    11 attributeProto: attribute*, 12 valueInfo, 13 overload, 14 metadataProps`,
  graph: `1 node: node*, 2 name, 5 initializer: tensor*, 10 docString, 11 input, 12 output, 13 valueInfo,
    14 quantizationAnnotation, 15 sparseInitializer: sparse*, 16 metadataProps`,
  node: `1 input, 2 output, 3 name, 4 opType, 5 attribute: attribute*, 6 docString, 7 domain, 8 overload,
    9 metadataProps, 10 deviceConfigurations`,
  attribute: `1 name, 2 f, 3 i, 4 s, 5 t: tensor, 6 g: graph, 7 floats, 8 ints, 9 strings, 10 tensors: tensor*,
    11 graphs: graph*, 13 docString, 14 tp, 15 typeProtos, 20 type, 21 refAttrName, 22 sparseTensor: sparse,
    23 sparseTensors: sparse*`,
  sparse: `1 values: tensor, 2 indices: tensor, 3 dims`,
  tensor: `1 dims, 2 dataType, 3 segment, 4 floatData, 5 int32Data, 6 stringData, 7 int64Data, 8 name, 9 rawData,
    10 doubleData, 11 uint64Data, 12 docString, 13 externalData, 14 dataLocation, 16 metadataProps`,
};

/** Fields of each kind, in the order of their numbers. */
export const spineFields = Object.fromEntries(
  Object.entries(tables).map(([kind, table]) => [kind, table.split(",").map(parseField)]),
) as unknown as Readonly<Record<SpineKind, readonly SpineField[]>>;

function parseField(text: string): SpineField {
  const [number = "", property = "", kind = ""] = text.trim().split(/:?\s+/);
  return {
    number: Number(number),
    property,
    repeated: kind.endsWith("*"),
    ...(kind === "" ? {} : { kind: kind.replace("*", "") as SpineKind }),
  };
}

/** The message types, for what is encoded as a whole. */
export const spineTypes = {
  model: onnx.ModelProto,
  training: onnx.TrainingInfoProto,
  function: onnx.FunctionProto,
  graph: onnx.GraphProto,
  node: onnx.NodeProto,
  attribute: onnx.AttributeProto,
  sparse: onnx.SparseTensorProto,
  tensor: onnx.TensorProto,
} as const;

/** Fields of a tensor whose bytes in a file are its elements as `TensorPayload` has them, by number. */
export const payloadFields: ReadonlyMap<number, { readonly field: PayloadField; readonly unit: number }> =
  new Map([
    [4, { field: "floatData", unit: 4 }],
    [9, { field: "rawData", unit: 1 }],
    [10, { field: "doubleData", unit: 8 }],
  ]);

export type PayloadField = "rawData" | "floatData" | "doubleData";

/** A payload shorter than this stays in the message. */
export const payloadThreshold = 4096;
