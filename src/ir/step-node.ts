/**
 * The nodes of a training step that are no computation: `sbpc.Accumulate` adds up a value over the micro-batches, `sbpc.Assign`
 * gives a parameter or state its next value. Both are actions of a plan, as communications are.
 */
import type { Node } from "./graph.ts";
import { present } from "../support/assert.ts";

export const accumulateOp = "sbpc.Accumulate";
export const assignOp = "sbpc.Assign";
/** The whole gradient of the parameter that its attribute `parameter` names. */
export const gradientOp = "sbpc.Gradient";

/** State of fp16 training: what gradients are multiplied by on their way; and its value before the first step, PyTorch's. */
export const lossScaleState = "optimizer.loss_scale";
export const firstLossScale = 65536;
/** The state that counts the steps since the scale last changed, f64[], and how many of them double it. */
export const goodStepsState = "optimizer.good_steps";
export const growthInterval = 2000;

export type StepAction =
  | { readonly kind: "accumulate"; readonly input: string; readonly output: string }
  | { readonly kind: "assign"; readonly parameter: string; readonly input: string };

/** The action that a node is; undefined for any other operator. */
export function stepActionOf(node: Node): StepAction | undefined {
  const input = (index: number) => present(node.inputs[index], "incomplete action", () => node.name);
  if (node.op === accumulateOp)
    return { kind: "accumulate", input: input(0), output: present(node.outputs[0], "no output") };
  if (node.op === assignOp) return { kind: "assign", parameter: input(0), input: input(1) };
  return undefined;
}

/** Whether a node does something besides making values: it stays although nobody uses what it makes. */
export function hasEffect(node: Node): boolean {
  return node.op === assignOp || node.op === gradientOp;
}

/** Whether a node's results are there once in a step, not once in every micro-batch. */
export function isPerStep(node: Node): boolean {
  return node.phase === "update" || node.op === accumulateOp;
}
