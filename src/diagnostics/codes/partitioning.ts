/** Partitioning: meshes, layouts, stages, schedules, and the memory and micro-batches that limit them. */
import type { MessageSpec } from "../message-spec.ts";

export const partitioningCodes = {
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
  "bad-stage-list": {
    severity: "error",
    message: "The pipeline stage list is not valid: {problem}.",
    remedy: "Give one stage for each layer, ascending, and every stage of pp a layer; or leave the list out.",
  },
  "too-many-stages": {
    severity: "error",
    message: "The model has {available} parts to cut between, fewer than the {stages} stages asked for.",
    remedy: "Use a smaller pp, or fewer stages on each of its ranks (--chunks).",
  },
  "stage-order": {
    severity: "error",
    message: "{node} is on stage {stage} but uses {value}, which is made on the later stage {producer}.",
    remedy: "Give it a layerIdx that is not before the layers it depends on.",
  },

  // --- schedules
  "unknown-schedule": {
    severity: "error",
    message: "There is no schedule {name}.",
    remedy: "There are: {names}; or give a .csv file.",
  },
  "schedule-misfit": {
    severity: "error",
    message: "The schedule {schedule} does not fit {problem}.",
    remedy: "{remedy}",
  },
  "too-few-microbatches": {
    severity: "error",
    message:
      "The schedule {schedule} on {ranks} ranks needs at least {least} micro-batches, here {microbatches}.",
    remedy: "Use {least} micro-batches or more, fewer stages, or 1f1b, which takes any number.",
  },
  "bad-schedule": {
    severity: "error",
    message: "Rank {rank}, step {step}: {problem}.",
    remedy: "There: {excerpt}",
  },
  "bad-schedule-file": {
    severity: "error",
    message: "This is no schedule: {problem}.",
    remedy: "Write a line per rank, cells such as 0F3, 1SEND_F3, (0F7;7B3)OVERLAP_F_B between commas.",
  },

  // --- limits
  "out-of-memory": {
    severity: "error",
    message: "No layout fits: device {device} needs {needed}, the limit is {limit}.",
    remedy: "Use more devices, a smaller batch or more micro-batches.",
  },
  "bad-microbatches": {
    severity: "error",
    message: "A batch of {batch} cannot be cut into {microbatches} micro-batches.",
    remedy: "Take no more micro-batches than the batch has samples, or another --batch.",
  },
  "uneven-microbatches": {
    severity: "error",
    message:
      "{op} {node} makes one thing out of several samples. {microbatches} micro-batches do not divide the {samples} of a step, and what fills up the shorter ones would count.",
    remedy:
      "Take a number of micro-batches that divides the batch, or let samples meet in means alone: ReduceMean, and losses whose reduction is mean.",
  },
  "mean-uncountable": {
    severity: "error",
    message:
      "{name} is no mean that {microbatches} micro-batches add up to: it depends on {loss}, a mean over labels that count, and {op} {node} makes of it what is no mean over the same labels.",
    remedy:
      "Use one micro-batch, add only means over the same labels, or return the parts as outputs of their own.",
  },
  "output-unjoinable": {
    severity: "error",
    message:
      "{name} is {type} without an axis that counts samples, and {op} {node} makes of them what {microbatches} micro-batches do not add up to.",
    remedy: "Use one micro-batch, return what it is made of for every sample, or a sum over samples.",
  },
  "microbatch-shape": {
    severity: "error",
    message:
      "{name} is {whole} for the whole batch but {micro} for one of {microbatches} micro-batches: it cannot be joined along one axis.",
    remedy: "Make the batch one axis of it, or use one micro-batch.",
  },
} as const satisfies Record<string, MessageSpec>;
