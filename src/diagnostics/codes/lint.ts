/** What `sbpc lint` says of a plan that costs more than it must. */
import type { MessageSpec } from "../message-spec.ts";

export const lintCodes = {
  "lint-runs-whole": {
    severity: "warning",
    message: "{op} {node} runs whole on each of {devices} devices, which takes {share} of the step.",
    remedy: "sbpc dump PLAN --why {node} names its other layouts and what is in their way.",
  },
  "lint-gathers-large": {
    severity: "warning",
    message: "%{value}, {type}, is gathered from {from} to {to}: {bytes}, {share} of the step.",
    remedy:
      "sbpc dump PLAN --why-boxing {index} names who wants it so; splitting that operator likewise avoids it.",
  },
  "lint-reshape-reshards": {
    severity: "warning",
    message: "The reshape {node} costs an {kind} from {from} to {to}: {bytes}.",
    remedy:
      "Split an axis that the reshape keeps, or the outer one of those that it joins; sbpc dump PLAN --why-boxing {index} shows the ways.",
  },
  "lint-uneven-shards": {
    severity: "warning",
    message:
      "Stage {stage}: its slowest devices compute {longest}, the mean is {mean}: %{value} {layout} is uneven.",
    remedy: "Choose sizes that the mesh axis divides, or an axis of another size.",
  },
  "lint-idle-stage": {
    severity: "warning",
    message: "Stage {stage} of {stages} waits for {share} of the step of {microbatches} micro-batches.",
    remedy: "Cut the batch into more micro-batches (--microbatches), or balance the stages' layers.",
  },
  "lint-parameter-replicated": {
    severity: "warning",
    message:
      "Stage {stage}: every device holds {count} parameters whole, {bytes} or {share} of its memory, the largest %{largest}.",
    remedy:
      "Splitting them over {axis} would save {saved} on each device; a memory limit (--memory) asks for that.",
  },
  "lint-memory-near-limit": {
    severity: "warning",
    message: "Stage {stage} needs {peak} of {limit} per device ({share}).",
    remedy: "Use more devices, more micro-batches, or a smaller batch.",
  },
} as const satisfies Record<string, MessageSpec>;
