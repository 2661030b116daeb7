/**
 * Cuts the order of every stage at its communications into segments: what runs between two of them, as one graph.
 *
 *   order      %h = …;  %s = all-reduce %h;  %y = … %s, %r;  %z = send %y
 *   actions    segment 0 (%h);  collective %h -> %s;  segment 1 (%y);  send %y
 *
 * 1  Cut (`partition-stages/cut`); what is cheap is computed again in every segment that uses it
 *    (`partition-stages/computed-again`).
 * 2  What crosses (`partition-stages/crossings`): a value that another action or segment uses gets a slot
 *    (`partition-stages/slots`).
 * 3  Segment graphs, one per class (`partition-stages/segments`).
 *
 * Phases are ranges of actions. Linear in nodes times classes.
 */
import type { StepAction } from "../src/ir/step-node.ts";
import type { LocalStage, StageProgram } from "../src/plan/local-stage.ts";
import type { Action, StagePhase } from "../src/plan/plan.ts";
import { communicationOf, type Communication } from "../src/sbp/boxing-node.ts";
import { splitsBackward } from "../src/schedule/step-order.ts";
import { present } from "../src/support/assert.ts";
import { groupBy } from "../src/support/collections.ts";
import { markOutputs } from "./partition-stages/crossings.ts";
import { cutStage } from "./partition-stages/cut.ts";
import { buildSegment } from "./partition-stages/segments.ts";
import { StageSlots } from "./partition-stages/slots.ts";
import { StageNodes } from "./partition-stages/stage-nodes.ts";
import { definePass } from "./pass.ts";

export const partitionStages = definePass({
  name: "partition-stages",
  summary: "Cuts every stage's work into segments between communications, and names what crosses.",
  requires: ["localized"],
  ensures: ["partitioned"],
  run(compilation, { mesh, options }) {
    const { graph } = compilation;
    const split = options.train !== undefined && splitsBackward(options.train.schedule);
    const communications = graph.nodes.flatMap((node) => communicationOf(node) ?? []);
    const index = new Map(communications.map(({ output }, i) => [output, i]));
    const byStage = groupBy(graph.nodes, (node) => node.stage ?? 0);
    const stages = present(compilation.stages, "nothing is localized").map((stage): LocalStage => {
      const sends = communications.filter(
        ({ kind, fromStage }) => kind === "send" && fromStage === stage.stage,
      );
      const nodes = new StageNodes(graph, mesh, stage, byStage.get(stage.stage) ?? [], sends);
      return { ...stage, program: programOf(nodes, index, split) };
    });
    return { ...compilation, stages };
  },
});

/** `boxingIndex`: number of a communication in the plan, by the value that it gives. */
function programOf(
  stage: StageNodes,
  boxingIndex: ReadonlyMap<string, number>,
  split: boolean,
): StageProgram {
  const slots = new StageSlots(stage);
  const { steps, starts } = cutStage(stage, split);
  markOutputs(stage, steps);
  const actions: Action[] = [];
  const built: StageProgram["segments"][number][] = [];
  for (const step of steps) {
    if (step.kind === "communication")
      actions.push(communicate(stage, slots, step.communication, boxingIndex));
    else if (step.kind === "action") actions.push(act(slots, step.action));
    else {
      for (const value of step.cut.outputs) slots.addValue(value);
      actions.push({ kind: "segment", segment: built.length });
      built.push(buildSegment(stage, slots, step.cut));
    }
  }
  const phases = starts.map(({ kind, first }, i): StagePhase => {
    return { kind, first, count: (starts[i + 1]?.first ?? actions.length) - first };
  });
  return { slots: slots.all, segments: built, actions, phases };
}

function communicate(
  stage: StageNodes,
  slots: StageSlots,
  communication: Communication,
  boxingIndex: ReadonlyMap<string, number>,
): Action {
  const { kind, input, output, fromStage, toStage } = communication;
  const boxing = present(boxingIndex.get(output), "communication without an index", () => output);
  if (kind === "send" && fromStage === stage.local.stage)
    return { kind: "send", boxing, input: slots.of(input), toStage };
  if (kind === "send") return { kind: "receive", boxing, output: slots.addValue(output), fromStage };
  return { kind: "collective", boxing, input: slots.of(input), output: slots.addValue(output) };
}

function act(slots: StageSlots, action: StepAction): Action {
  const input = slots.of(action.input);
  return action.kind === "accumulate"
    ? { kind: "accumulate", input, output: slots.addValue(action.output) }
    : { kind: "assign", parameter: slots.of(action.parameter), input };
}
