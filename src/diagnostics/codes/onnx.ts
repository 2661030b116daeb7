/** ONNX models that are imported, and what is exported. */
import type { MessageSpec } from "../message-spec.ts";

export const onnxCodes = {
  "opset-missing": {
    severity: "error",
    message: "{op} is of the domain {domain}, of which the model imports no operator set.",
    remedy: "Add the domain to the model's opset_import, with its version.",
  },
  "opset-unsupported": {
    severity: "error",
    message: "{op} of operator set {version} {problem}.",
    remedy: "Convert the model with onnx.version_converter first.",
  },
  "type-unknown": {
    severity: "error",
    message: "The type of {value}, which {op} makes, is not known: {problem}.",
    remedy: "Store it in the model's value_info, e.g. by onnx.shape_inference.infer_shapes.",
  },
  "type-unsupported": {
    severity: "error",
    message: "The type of {name} {problem}.",
    remedy: "Export the model with tensors, sequences or optionals of the element types that ONNX has.",
  },
  "opset-newer": {
    severity: "warning",
    message:
      "{path} is of operator set {version}; sbpc knows them up to {newest}, and takes its operators for those of {newest}.",
    remedy: "Update sbpc, or convert the model with onnx.version_converter.",
  },
  "type-contradicted": {
    severity: "warning",
    message:
      "The file says that {value} is {declared}, but {op} makes {inferred} of its inputs; that is used.",
  },
  "nesting-too-deep": {
    severity: "error",
    message: "{name} is nested more than {limit} graphs or functions deep.",
    remedy:
      "Inline functions and fold conditions before (in Python: onnx.inliner, onnxsim), or export a flatter model.",
  },
  "model-too-large": {
    severity: "error",
    message: "The functions of the model expand into more than {limit} nodes.",
    remedy: "Export the model with the repeated part as a Loop, or cut it into several models.",
  },
  "annotation-dropped": {
    severity: "warning",
    message: "What the file says of how {place} lies on devices is not followed: {problem}.",
  },
  "collective-missing": {
    severity: "error",
    message: "{dialect} has no {operator} for {value}: {problem}.",
    remedy: "Use --collectives sbpc, or another mesh.",
  },
} as const satisfies Record<string, MessageSpec>;
