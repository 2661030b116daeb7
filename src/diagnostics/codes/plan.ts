/** Plans, weights and files. */
import type { MessageSpec } from "../message-spec.ts";

export const planCodes = {
  "plan-part-missing": {
    severity: "error",
    message: "The plan has no {what} {name}.",
    remedy: "{remedy}",
  },
  "plan-older": {
    severity: "error",
    message: "{path} was written by format version {version}; this sbpc reads version {supported}.",
    remedy: "Compile the model again.",
  },
  "plan-newer": {
    severity: "error",
    message: "{path} was written by format version {version}; this sbpc reads up to {supported}.",
    remedy: "Update sbpc, or compile the model again.",
  },
  "plan-damaged": {
    severity: "error",
    message: "{path} is not a whole plan: {problem}.",
    remedy: "Compile the model again.",
  },
  "file-not-found": {
    severity: "error",
    message: "{path} does not exist.",
    remedy: "Check the path and the folder that it is relative to.",
  },
  "file-unreadable": {
    severity: "error",
    message: "{path} cannot be read: {problem}.",
    remedy: "Check the file's permissions and that it is of the kind that the command reads.",
  },
  "file-unwritable": {
    severity: "error",
    message: "{path} cannot be written: {problem}.",
    remedy: "Check the folder's permissions and the space that is left.",
  },
  "page-missing": {
    severity: "error",
    message: "{path}, a part of the page, cannot be read: {problem}.",
    remedy: "Build the package with npm run build.",
  },
  "weights-missing": {
    severity: "error",
    message: "{path} has no tensor {name}.",
    remedy: "Compile again with --weights.",
  },
  "weights-mismatch": {
    severity: "error",
    message: "{name} in {path} is {actual}, the plan expects {expected}.",
    remedy: "Give the weights of the model that the plan was compiled from, or compile the plan again.",
  },
  "bad-input": {
    severity: "error",
    message: "The input {name} {problem}.",
    remedy: "Compare with the inputs that `sbpc inspect` and `sbpc dump` list.",
  },
  "unkept-value": {
    severity: "error",
    message: "{value} is {type}, which can be neither {where} nor held between two parts of a plan.",
    remedy:
      "Give and return tensors of numbers: the items one by one, strings as numbers that stand for them.",
  },
  "diff-kind": {
    severity: "error",
    message: "{path} cannot be compared: diff takes two ONNX models or two plans.",
    remedy: "Compile models in TypeScript into plans first: sbpc compile MODEL -o DIR.",
  },
} as const satisfies Record<string, MessageSpec>;
