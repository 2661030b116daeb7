/** Graphs and their text form, operators and types. */
import type { MessageSpec } from "../message-spec.ts";

export const graphCodes = {
  // --- graphs and their text form
  syntax: { severity: "error", message: "{what}", remedy: "Compare with what `sbpc dump` prints." },
  "duplicate-name": {
    severity: "error",
    message: "The name {name} is defined twice.",
    remedy: "Give one of them another name.",
  },
  "undefined-value": {
    severity: "error",
    message: "{user} uses {name}, which nothing before it defines.",
    remedy: "Define it above its first use: an input, a parameter, a constant or the output of a node.",
  },
  "cyclic-graph": {
    severity: "error",
    message: "The nodes {nodes} depend on one another in a circle.",
    remedy: "Let one of them use another value: a graph runs each node once, after all that it uses.",
  },
  "ill-formed-graph": {
    severity: "error",
    message: "{what}",
    remedy:
      "Compare with what the verifier asks of graphs (src/ir/verify.ts); `--dump-passes DIR` shows what every pass made.",
  },

  // --- operators and types
  "unknown-op": {
    severity: "warning",
    message: "The operator {op} has no rule: it runs on whole tensors on every device, which costs {cost}.",
    remedy: "Declare the operator in src/ops, or replace it by operators that have rules.",
  },
  "runs-whole": {
    severity: "warning",
    message: "The body of {op} runs on whole tensors on every device, which costs {cost}.",
    remedy:
      "Make its condition or trip count a constant (for an input: --value), so that the body is put in its place.",
  },
  "bad-arity": {
    severity: "error",
    message: "{op} takes {expected} inputs, here {actual}.",
    remedy: "Give it the inputs that its operator has in ONNX; an optional one is left out as an empty name.",
  },
  "bad-attribute": {
    severity: "error",
    message: "{op}: attribute {name} {problem}.",
    remedy: "Compare with the attributes that the operator has in the opset of the model.",
  },
  "shape-mismatch": {
    severity: "error",
    message: "{op}: axis {axis} is {left} in {leftShape} but {right} in {rightShape}.",
    remedy: "Make the two sizes equal.",
  },
  "shape-invalid": {
    severity: "error",
    message: "{op}: {problem} (inputs {shapes}).",
    remedy: "Change the shapes, or bind dimensions that are not known with --dim NAME=SIZE.",
  },
  "dtype-mismatch": {
    severity: "error",
    message: "{op}: {problem} (inputs {types}).",
    remedy: "Cast one of the inputs.",
  },
  "not-constant": {
    severity: "error",
    message: "{op}: input {name} must be known at compile time.",
    remedy: "Use a constant, or bind the symbolic dimensions it depends on with --dim.",
  },
  "not-evaluated": {
    severity: "error",
    message: "{op} has no value that could be computed at compile time: {reason}.",
    remedy: "Leave it to the devices, or give as a constant what it is computed from.",
  },
  "random-inside": {
    severity: "error",
    message: "{op} draws random numbers inside the graph, where they would depend on the layout.",
    remedy:
      "Make its sizes (--dim) and, for Dropout, its mode and ratio known at compile time, so that it becomes a random source, or set training_mode to false; take it out of the bodies of If, Loop and Scan.",
  },
  "impossible-size": {
    severity: "error",
    message: "With the sizes given, {value} is {type}.",
    remedy: "Bind its dimensions (--dim) to sizes that no difference makes negative.",
  },
  "unbound-dimension": {
    severity: "error",
    message: "The dimension {dim} of {value} has no size.",
    remedy: "Bind it with --dim {dim}=N.",
  },
} as const satisfies Record<string, MessageSpec>;
