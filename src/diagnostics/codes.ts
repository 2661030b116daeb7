/**
 * Every message that a user can meet, on one page.
 *
 * A code is stable and searchable; its message takes named details. `severity` is the default: an error ends
 * the command, a warning or a note is collected and printed. Tests assert codes, never sentences.
 */

export type Severity = "error" | "warning" | "note";

export interface MessageSpec {
  readonly severity: Severity;
  /** What is wrong, with `{name}` where a detail goes. */
  readonly message: string;
  /** What to do about it, with `{name}` likewise. */
  readonly remedy?: string;
}

export const codes = {
  // --- graphs and their text form
  syntax: { severity: "error", message: "{what}", remedy: "Compare with what `sbpc dump` prints." },
  "duplicate-name": { severity: "error", message: "The name {name} is defined twice." },
  "undefined-value": { severity: "error", message: "{user} uses {name}, which nothing before it defines." },
  "cyclic-graph": { severity: "error", message: "The nodes {nodes} depend on one another in a circle." },
  "ill-formed-graph": { severity: "error", message: "{what}" },

  // --- operators and types
  "unknown-op": {
    severity: "warning",
    message: "The operator {op} has no rule: it runs on whole tensors on every device, which costs {cost}.",
    remedy: "Declare the operator in src/ops, or replace it by operators that have rules.",
  },
  "bad-arity": { severity: "error", message: "{op} takes {expected} inputs, here {actual}." },
  "bad-attribute": { severity: "error", message: "{op}: attribute {name} {problem}." },
  "shape-mismatch": {
    severity: "error",
    message: "{op}: axis {axis} is {left} in {leftShape} but {right} in {rightShape}.",
    remedy: "Make the two sizes equal.",
  },
  "shape-invalid": { severity: "error", message: "{op}: {problem} (inputs {shapes})." },
  "dtype-mismatch": { severity: "error", message: "{op}: {problem} (inputs {types})." },
  "not-constant": {
    severity: "error",
    message: "{op}: input {name} must be known at compile time.",
    remedy: "Use a constant, or bind the symbolic dimensions it depends on with --dim.",
  },
  "random-inside": {
    severity: "error",
    message: "{op} in training draws random numbers inside the graph.",
    remedy: "Feed the mask from a random source, as the Dropout layer does, or set training_mode to false.",
  },
  "unbound-dimension": {
    severity: "error",
    message: "The dimension {dim} of {value} has no size.",
    remedy: "Bind it with --dim {dim}=N.",
  },

  // --- meshes and layouts
  "unknown-mesh-axis": {
    severity: "warning",
    message:
      "The hint {hint} on {value} names the axis {axis}, which the mesh {mesh} does not have; that part is dropped.",
    remedy: "The mesh has {axes}.",
  },
  "bad-mesh": {
    severity: "error",
    message: "The mesh {text} is not valid: {problem}.",
    remedy: "Write e.g. dp=2,tp=4,pp=2.",
  },
  "bad-cluster": {
    severity: "error",
    message: "The cluster {place} is not valid: {problem}.",
    remedy: "See the form in src/cost/cluster.ts.",
  },
  "bad-sbp": {
    severity: "error",
    message: "{text} is not a layout: {problem}.",
    remedy: "Write S(0), B, P(sum), P(max) or P(min).",
  },
  "hint-axis-out-of-range": {
    severity: "error",
    message: "The hint {hint} on {value} splits an axis that a tensor of shape {shape} does not have.",
    remedy: "Axes count from 0 to {last}.",
  },
  "hint-too-small": {
    severity: "error",
    message: "The hint {hint} on {value} splits axis {axis} of size {size} over {devices} devices.",
    remedy: "Split a longer axis, or use fewer devices on {mesh}.",
  },
  "hint-gave-way": {
    severity: "note",
    message:
      "The layer's own layout {hint} of {value} ({shape}) does not fit {devices} devices on {mesh}; another one was chosen.",
  },
  "hint-infeasible": {
    severity: "error",
    message: "The layout {hint} asked of {value} cannot be had: {problem}.",
    remedy: "Remove the toGlobal, or pass --no-hints.",
  },

  // --- stages
  "layer-out-of-range": {
    severity: "error",
    message: "layerIdx {index} is out of range: the model has {layers} layers.",
    remedy: "Use 0 to {last}, or -1 for the last stage.",
  },
  "bad-stage-list": { severity: "error", message: "The pipeline stage list is not valid: {problem}." },
  "too-many-stages": {
    severity: "error",
    message: "The model has {available} parts to cut between, fewer than the {stages} stages asked for.",
    remedy: "Use a smaller pp.",
  },
  "stage-order": {
    severity: "error",
    message: "{node} is on stage {stage} but uses {value}, which is made on the later stage {producer}.",
    remedy: "Give it a layerIdx that is not before the layers it depends on.",
  },

  // --- limits
  "out-of-memory": {
    severity: "error",
    message: "No layout fits: device {device} needs {needed}, the limit is {limit}.",
    remedy: "Use more devices, a smaller batch or more micro-batches.",
  },
  "bad-microbatches": {
    severity: "error",
    message: "{microbatches} micro-batches do not divide the batch of {batch}.",
  },
  "microbatch-shape": {
    severity: "error",
    message:
      "{name} is {whole} for the whole batch but {micro} for one of {microbatches} micro-batches: it cannot be joined along one axis.",
    remedy: "Make the batch one axis of it, or use one micro-batch.",
  },

  // --- plans, weights, files
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
  "file-not-found": { severity: "error", message: "{path} does not exist." },
  "file-unreadable": { severity: "error", message: "{path} cannot be read: {problem}." },
  "file-unwritable": { severity: "error", message: "{path} cannot be written: {problem}." },
  "weights-missing": {
    severity: "error",
    message: "{path} has no tensor {name}.",
    remedy: "Compile again with --weights.",
  },
  "weights-mismatch": {
    severity: "error",
    message: "{name} in {path} is {actual}, the plan expects {expected}.",
  },
  "bad-input": { severity: "error", message: "The input {name} {problem}." },

  "collective-missing": {
    severity: "error",
    message: "{dialect} has no {operator} for {value}: {problem}.",
    remedy: "Use --collectives sbpc, or another mesh.",
  },

  // --- models
  "model-threw": { severity: "error", message: "{file} threw while it built the model: {problem}." },
  "model-unparsable": { severity: "error", message: "{file} cannot be loaded: {problem}." },
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
  "model-setting": { severity: "error", message: "The setting {setting} {problem}." },
  "model-kind": {
    severity: "error",
    message: "{file} is neither a .ts or .js model, a plan directory nor a graph text file.",
    remedy: "{remedy}",
  },

  // --- running
  "worker-failed": { severity: "error", message: "Device {rank} failed at {action}: {problem}." },
  "worker-crashed": {
    severity: "error",
    message: "The process that ran the devices ended by {signal}: {problem}.",
  },
  "worker-stuck": { severity: "error", message: "No progress for {seconds} s: {waits}." },
  "devices-cancelled": { severity: "note", message: "Cancelled: {devices}." },
  "unsupported-dtype": { severity: "error", message: "{backend} has no {dtype} for {value}." },
  "backend-missing": {
    severity: "error",
    message: "{backend} is not available: {problem}.",
    remedy: "{remedy}",
  },
  "verification-failed": {
    severity: "error",
    message: "{output} differs by {difference} (allowed {allowed}).",
  },
  "not-a-number": { severity: "error", message: "{value} holds a NaN first made by {node}." },
  usage: { severity: "error", message: "{problem}" },
} as const satisfies Record<string, MessageSpec>;

export type Code = keyof typeof codes;
