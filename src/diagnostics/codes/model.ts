/** Models in TypeScript. */
import type { MessageSpec } from "../message-spec.ts";

export const modelCodes = {
  "model-threw": {
    severity: "error",
    message: "{file} threw while it built the model: {problem}.",
    remedy: "Mend the model at the line that is named.",
  },
  "model-unparsable": {
    severity: "error",
    message: "{file} cannot be loaded: {problem}.",
    remedy: "Run the file with Node alone: it must be a module whose default export is a model.",
  },
  "model-missing": {
    severity: "error",
    message: "{file} exports no model.",
    remedy: "Write `export default defineModel({ name, inputs, build })`.",
  },
  "unknown-dimension": {
    severity: "error",
    message: "The model {model} has no dimension {dim}.",
    remedy: "Its dimensions are: {dims}.",
  },
  "model-setting": {
    severity: "error",
    message: "The setting {setting} {problem}.",
    remedy: "Give it with --set NAME=VALUE, as the model declares it.",
  },
  "model-kind": {
    severity: "error",
    message: "{file} is neither a .ts or .js model, an .onnx file, a plan directory nor a graph text file.",
    remedy: "{remedy}",
  },
} as const satisfies Record<string, MessageSpec>;
