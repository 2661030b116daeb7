/**
 * Boxing as a node: `sbpc.Boxing` with one input and one output. Its attributes are `kind`, `axes` (indices of mesh axes)
 * and `from_stage`; its signature has the layouts before and after; its stage is where the result lives.
 */
import type { Attributes, Node } from "../ir/graph.ts";
import { invariant, present } from "../support/assert.ts";
import { isLocalBoxing, type BoxingKind, type BoxingStep, type CommunicationKind } from "./boxing.ts";

export const boxingOp = "sbpc.Boxing";

export function boxingAttributes(step: BoxingStep): Attributes {
  return { kind: step.kind, axes: step.axes, from_stage: step.fromStage };
}

/** The step that a node is; undefined for any other operator. */
export function boxingStepOf(node: Node): BoxingStep | undefined {
  if (node.op !== boxingOp) return undefined;
  const { kind, axes, from_stage: fromStage } = node.attributes;
  const [from, to] = [node.signature?.inputs[0], node.signature?.outputs[0]];
  invariant(
    typeof kind === "string" &&
      Array.isArray(axes) &&
      typeof fromStage === "number" &&
      from != null &&
      to !== undefined,
    "incomplete boxing",
    () => node.name,
  );
  return {
    kind: kind as BoxingKind,
    axes: axes as readonly number[],
    from,
    to,
    fromStage,
    toStage: node.stage ?? 0,
  };
}

/** A boxing step for which devices exchange data, with its ends. */
export interface Communication extends BoxingStep {
  readonly kind: CommunicationKind;
  readonly input: string;
  readonly output: string;
}

/** Whether devices exchange data in this node. */
export function isCommunication(node: Node): boolean {
  return node.op === boxingOp && !isLocalBoxing(node.attributes["kind"] as BoxingKind);
}

export function communicationOf(node: Node): Communication | undefined {
  const step = boxingStepOf(node);
  if (step === undefined || isLocalBoxing(step.kind)) return undefined;
  return {
    ...step,
    kind: step.kind,
    input: present(node.inputs[0], "boxing without an input", () => node.name),
    output: present(node.outputs[0], "boxing without an output", () => node.name),
  };
}
