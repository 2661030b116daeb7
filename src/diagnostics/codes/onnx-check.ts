/** What `sbpc check` says of an ONNX file that does not keep the standard. */
import type { MessageSpec } from "../message-spec.ts";

export const onnxCheckCodes = {
  "onnx-malformed": {
    severity: "error",
    message: "{path} is not a whole ONNX model: {problem}.",
    remedy: "Export or download the file again.",
  },
  "onnx-too-large": {
    severity: "error",
    message: "{path} is {size}: one protobuf message ends at 2 GiB.",
    remedy: "Save the model with external data (in Python: onnx.save(…, save_as_external_data=True)).",
  },
  "onnx-external-data": {
    severity: "error",
    message: "The tensor {tensor} has its data in {location}: {problem}.",
    remedy: "{remedy}",
  },
  "onnx-tensor-type": {
    severity: "error",
    message: "The tensor {tensor} has the element type {type}, {problem}.",
    remedy: "Store it with one of the element types of TensorProto.DataType.",
  },
  "onnx-tensor-dims": {
    severity: "error",
    message: "The tensor {tensor} has the dimensions [{dims}]: {problem}.",
    remedy: "Write dimensions of 0 or more whose product fits in 63 bits.",
  },
  "onnx-tensor-data": {
    severity: "error",
    message: "The tensor {tensor} ({type}): {problem}.",
    remedy:
      "Store the elements once, in raw_data or in the field of their type, as many as the dimensions say.",
  },
  "onnx-sparse-tensor": {
    severity: "error",
    message: "The sparse tensor {tensor}: {problem}.",
    remedy: "Give one value per index, indices ascending and within the dimensions.",
  },
  "onnx-missing": {
    severity: "error",
    message: "{place} has no {field}.",
    remedy: "Fill it in: ONNX requires it.",
  },
  "onnx-ir-version": {
    severity: "error",
    message: "The model's IR version is {version}: {problem}.",
    remedy: "Write the IR version of the features in use, from 3 up to {latest}.",
  },
  "onnx-opset": {
    severity: "error",
    message: "{problem}.",
    remedy: "Name each domain that operators come from once in opset_import, with its version.",
  },
  "onnx-duplicate": {
    severity: "error",
    message: "{place}: {what} {name} is there more than once.",
    remedy: "Give each a name of its own.",
  },
  "onnx-order": {
    severity: "error",
    message: "{place} uses {name}, which only {maker}, after it, makes.",
    remedy: "Sort the nodes so that each comes after those it depends on.",
  },
  "onnx-output": {
    severity: "error",
    message: "{place}: nothing in it makes the output {name}.",
    remedy: "Give the output the name of a node's output, an input or an initializer.",
  },
  "onnx-initializer": {
    severity: "error",
    message: "{place}: the initializer {name} is no input, which IR version {version} asks for.",
    remedy: "Add it to the inputs, or raise the IR version to 4.",
  },
  "onnx-value-type": {
    severity: "error",
    message: "The {role} {name} has no whole type: {problem}.",
    remedy: "Give inputs and outputs of the model an element type and a shape.",
  },
  "onnx-operator": {
    severity: "error",
    message: "{place}: {problem}.",
    remedy: "Use an operator of the imported opset, or import the opset that has it.",
  },
  "onnx-experimental": {
    severity: "warning",
    message: "{place}: {op} was an experiment that ONNX has given up; nothing says what it means.",
    remedy: "Export the model again with a newer exporter.",
  },
  "onnx-arity": {
    severity: "error",
    message: "{place} has {problem}.",
    remedy: "{op} since opset {version} takes {inputs} inputs and gives {outputs} outputs.",
  },
  "onnx-attribute": {
    severity: "error",
    message: "{place}: the attribute {name} {problem}.",
    remedy: "{remedy}",
  },
  "onnx-reference-outside": {
    severity: "warning",
    message:
      "{place}: the attribute {name} refers to the attribute {reference} of a function, but is in none.",
    remedy: "Write the value itself.",
  },
  "onnx-function": {
    severity: "error",
    message: "The function {name}: {problem}.",
    remedy: "{remedy}",
  },
  "onnx-device-configuration": {
    severity: "error",
    message: "{place}: {problem}.",
    remedy:
      "Give each device configuration a name, at least one device, and as many device names as devices or none.",
  },
  "onnx-sharding": {
    severity: "error",
    message: "{place}: the sharding of {tensor} {problem}.",
    remedy: "{remedy}",
  },
  "onnx-pipeline-stage": {
    severity: "error",
    message: "{place} is on the pipeline stage {stage}: {problem}.",
    remedy: "Count stages from 0, each node on a stage not before those whose outputs it uses.",
  },
  "onnx-annotations-early": {
    severity: "warning",
    message: "The model has device configurations, which IR version {version} does not know.",
    remedy: "Raise the IR version to 11.",
  },
  "onnx-more": {
    severity: "note",
    message: "{count} more problems are not listed.",
  },
} as const satisfies Record<string, MessageSpec>;
