/** What crosses between segments: the values of each that another segment or action takes, or that the model returns. */
import type { Cut, Step } from "./cut.ts";
import type { StageNodes } from "./stage-nodes.ts";

/** Fills in the outputs of every segment. */
export function markOutputs(stage: StageNodes, steps: readonly Step[]): void {
  const home = new Map<string, Cut>();
  for (const step of steps) {
    if (step.kind !== "segment") continue;
    for (const node of step.cut.nodes)
      for (const output of node.outputs) if (!home.has(output)) home.set(output, step.cut);
  }
  const use = (value: string, by: Cut | undefined, madeHere: ReadonlySet<string>) => {
    const cut = home.get(value);
    if (cut !== undefined && cut !== by && !madeHere.has(value)) cut.outputs.add(value);
  };
  const nowhere = new Set<string>();
  for (const step of steps) {
    if (step.kind === "action") {
      use(stage.root(step.action.input), undefined, nowhere);
      continue;
    }
    if (step.kind === "communication") {
      if (step.communication.kind !== "send" || step.communication.fromStage === stage.local.stage) {
        use(stage.root(step.communication.input), undefined, nowhere);
      }
      continue;
    }
    const made = new Set(step.cut.nodes.flatMap((node) => node.outputs));
    for (const value of stage.usedLocally(step.cut.nodes)) use(value, step.cut, made);
  }
  for (const { value } of stage.graph.outputs)
    if (stage.makers.has(value)) use(stage.root(value), undefined, nowhere);
}
