/** Where the order of a stage is cut at its communications: its segments, and what is done between them. */
import type { Node } from "../../src/ir/graph.ts";
import { stepActionOf, type StepAction } from "../../src/ir/step-node.ts";
import type { PhaseKind } from "../../src/schedule/step-order.ts";
import { communicationOf, type Communication } from "../../src/sbp/boxing-node.ts";
import { computedAgain, withComputedAgain } from "./computed-again.ts";
import type { StageNodes } from "./stage-nodes.ts";

/** A segment before its graphs are made: logical nodes in order. */
export interface Cut {
  readonly nodes: readonly Node[];
  /** Logical values made in it that leave it; not known before all is cut. */
  readonly outputs: Set<string>;
}

export type Step =
  | { readonly kind: "segment"; readonly cut: Cut }
  | { readonly kind: "communication"; readonly communication: Communication }
  | { readonly kind: "action"; readonly action: StepAction };

/** The actions of a stage in order, and where its phases begin. */
export interface CutStage {
  readonly steps: readonly Step[];
  readonly starts: readonly { readonly kind: PhaseKind; readonly first: number }[];
}

/**
 * Cuts the order of a stage. A node joins the open segment; that is closed only when a communication needs something made in it,
 * so communications that do not are done before it, and no two consecutive segments could be one. A value that is sent is sent
 * right after the segment that makes it; so is accumulated what is.
 *
 * In a training step no segment reaches over the end of a phase. What is accumulated over the micro-batches is sent to other
 * stages when the update phase begins. `split`: the backward pass has a phase for inputs and one for weights.
 */
export function cutStage(stage: StageNodes, split: boolean): CutStage {
  const steps: Step[] = [];
  const starts: { kind: PhaseKind; first: number }[] = [{ kind: "F", first: 0 }];
  const accumulated: string[] = [];
  const pinned = stage.pinned();
  const again = computedAgain(stage, pinned);
  let open = new Set<Node>();
  /** What is accumulated of the open segment: nothing of the same phase needs the sums. */
  const waiting: StepAction[] = [];
  const close = () => {
    if (open.size === 0) return;
    const cut: Cut = { nodes: withComputedAgain(stage, open, again), outputs: new Set() };
    open = new Set();
    if (cut.nodes.some((node) => runsSomething(stage, node, pinned))) {
      steps.push({ kind: "segment", cut });
      for (const node of cut.nodes) for (const output of node.outputs) send(output);
    }
    for (const action of waiting.splice(0)) steps.push({ kind: "action", action });
  };
  const send = (value: string) => {
    for (const communication of stage.sends.get(value) ?? [])
      steps.push({ kind: "communication", communication });
  };
  // What is the same thing as a source is there from the start.
  for (const value of stage.sends.keys()) if (!stage.makers.has(value)) send(value);
  for (const node of stage.nodes) {
    const kind = phaseKind(node, split);
    if (kind !== starts.at(-1)?.kind) {
      close();
      starts.push({ kind, first: steps.length });
      if (kind === "U") accumulated.forEach(send);
    }
    const communication = communicationOf(node);
    const action = stepActionOf(node);
    if (action !== undefined) {
      const maker = stage.makerOf(action.input);
      const isOpen = maker !== undefined && open.has(maker);
      if (action.kind === "accumulate") accumulated.push(action.output);
      if (isOpen && action.kind === "accumulate") {
        waiting.push(action);
        continue;
      }
      if (isOpen) close();
      steps.push({ kind: "action", action });
      continue;
    }
    if (communication === undefined) {
      if (!again.has(node)) open.add(node);
      continue;
    }
    const maker = communication.kind === "send" ? undefined : stage.makerOf(communication.input);
    // In the update phase stages wait for one another: what is sent before comes before what is received.
    const mayBlock =
      kind === "U" && communication.kind === "send" && [...open].some((one) => isSent(stage, one));
    if (mayBlock || (maker !== undefined && open.has(maker))) close();
    steps.push({ kind: "communication", communication });
    send(communication.output);
  }
  close();
  const constants = returnedConstants(stage);
  if (constants.length > 0) steps.push({ kind: "segment", cut: { nodes: [], outputs: new Set(constants) } });
  return { steps, starts };
}

function isSent(stage: StageNodes, node: Node): boolean {
  return node.outputs.some((output) => stage.sends.has(stage.root(output)));
}

/** Constant sources that the model returns as they are: a segment of their own gives them. */
function returnedConstants(stage: StageNodes): string[] {
  const here = new Set(stage.local.classes[0]?.graph.outputs.map((output) => output.value));
  return stage.graph.outputs
    .map(({ value }) => value)
    .filter((value) => here.has(value) && stage.classes[0]?.sources.get(value)?.kind === "constant");
}

/** Whether a node leaves something to do: a node of some class, or a constant that is to be handed on. */
function runsSomething(stage: StageNodes, node: Node, pinned: ReadonlySet<string>): boolean {
  return (
    stage.classes.some(({ nodes }) => nodes.has(node.name)) ||
    node.outputs.some((output) => pinned.has(output))
  );
}

function phaseKind({ phase }: Node, split: boolean): PhaseKind {
  switch (phase) {
    case undefined:
      return "F";
    case "input":
      return split ? "I" : "B";
    case "weight":
      return split ? "W" : "B";
    default:
      return "U";
  }
}
