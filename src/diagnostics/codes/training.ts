/** Training: losses, optimizers, data and checkpoints. */
import type { MessageSpec } from "../message-spec.ts";

export const trainingCodes = {
  "loss-missing": {
    severity: "error",
    message: "There is no output {loss} to minimise; the model has {outputs}.",
    remedy:
      "Name one of them with --loss, or add a loss: --loss cross-entropy --target labels (or mse, bce, bce-with-logits).",
  },
  "loss-output": {
    severity: "error",
    message: "The loss could be of more than one thing: {problem}. Outputs that have losses: {outputs}.",
    remedy: "Name one of them with --loss-of.",
  },
  "loss-not-scalar": {
    severity: "error",
    message: "The loss {loss} is {type}: only a floating-point scalar can be minimised.",
    remedy: "Return its mean or sum.",
  },
  "loss-without-parameters": {
    severity: "error",
    message: "The loss {loss} depends on no parameter: there is nothing to train.",
    remedy: "Take the loss of what the model's parameters make, or drop --train.",
  },
  "training-export": {
    severity: "error",
    message: "The plan trains, and its {form} form would leave out the backward pass and the optimizer.",
    remedy: "Compile it without --train, or export the model itself: sbpc export PLAN --onnx FILE.",
  },
  "step-export": {
    severity: "error",
    message:
      "The {form} form is the program of one micro-batch, and {name} is a mean over the labels that count of all {microbatches}.",
    remedy:
      "Compile with --microbatches 1, or export what computes a whole step: --merged FILE, --onnx FILE.",
  },
  "bad-train-option": { severity: "error", message: "{option} {problem}.", remedy: "{remedy}" },
  "zero-whole": {
    severity: "note",
    message: "ZeRO leaves {names} whole: no axis is as long as {axis}={devices}.",
  },
  "recomputes-nothing": {
    severity: "note",
    message:
      "Nothing is recomputed ({mode}): the backward pass needs nothing of a layer that it could compute again.",
  },
  "recompute-chosen": {
    severity: "note",
    message:
      "Activations are recomputed ({mode}): device {device} needs {needed} where they are kept and {with} where not, of {limit}.",
  },
  "no-gradient": {
    severity: "error",
    message: "{node} ({op}) has no gradient: {reason}. It is on the way to the loss {loss}: {path}.",
    remedy: "Take it off the way from the parameters to the loss, or keep the parameters before it constant.",
  },
  "dataset-threw": {
    severity: "error",
    message: "The dataset's split {split} threw: {problem}.",
    remedy: "Mend the dataset at the line that is named.",
  },
  "dataset-split": {
    severity: "error",
    message: "The dataset's split {split} {problem}.",
    remedy: "Compare with defineDataset's types: every split gives batches of the model's inputs by name.",
  },
  "dataset-missing": {
    severity: "error",
    message: "{model} exports no dataset: {problem}.",
    remedy: "Write `export const dataset = defineDataset({ train, test })` beside the model.",
  },
  "checkpoint-mismatch": {
    severity: "error",
    message: "{path} is a checkpoint of another model or optimizer: {problem}.",
    remedy: "Resume with the model, sizes and optimizer that it was saved with.",
  },
} as const satisfies Record<string, MessageSpec>;
