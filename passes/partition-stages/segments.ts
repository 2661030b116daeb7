/** Segments of a plan: one graph per class of devices, with canonical names; constants are part of them. */
import { tensorTypeOf } from "../../src/ir/graph.ts";
import { knownShape } from "../../src/ir/types.ts";
import type { StageProgram } from "../../src/plan/local-stage.ts";
import type { Slot } from "../../src/plan/plan.ts";
import { segmentGraph } from "../../src/plan/segment-graph.ts";
import { present } from "../../src/support/assert.ts";
import { sum } from "../../src/support/collections.ts";
import type { Cut } from "./cut.ts";
import type { StageSlots } from "./slots.ts";
import type { StageNodes } from "./stage-nodes.ts";

type StageSegment = StageProgram["segments"][number];

interface SegmentInput {
  readonly slot: number;
  /** Per class, the value that is given; null where it takes none. */
  readonly values: readonly (string | null)[];
}

/** The segment of a cut; all of its outputs have slots. */
export function buildSegment(stage: StageNodes, slots: StageSlots, cut: Cut): StageSegment {
  const made = new Set(cut.nodes.flatMap((node) => node.outputs));
  const inputs: SegmentInput[] = [];
  for (const value of stage.usedLocally(cut.nodes)) {
    const slot = slots.find(value);
    if (slot !== undefined && !made.has(value)) inputs.push({ slot, values: stage.classes.map(() => value) });
  }
  inputs.push(...rankInputs(stage, slots, cut));
  const outputs = [...cut.outputs];
  const graphs = stage.classes.map(({ local, sources, nodes }, c) =>
    segmentGraph({
      graph: local.graph,
      sources,
      nodes: cut.nodes.flatMap((node) => nodes.get(node.name) ?? []),
      inputs: inputs.map(({ slot, values }) => {
        const { dtype, localShapes } = slots.all[slot] as Slot;
        return {
          value: values[c] ?? null,
          type: { kind: "tensor", dtype, shape: localShapes[c] as readonly number[] },
        };
      }),
      outputs: outputs.map((value) => present(local.local.get(value), "output is not made", () => value)),
    }),
  );
  const flops = stage.classes.map((_, c) => sum(cut.nodes.map((node) => stage.flops(node, c))));
  return {
    graphs,
    inputs: inputs.map(({ slot }) => slot),
    outputs: outputs.map((value) => slots.find(value) as number),
    nodes: cut.nodes.map((node) => node.name),
    flops: stage.local.deviceClass.map((c) => flops[c] as number),
  };
}

/** The rank sources that a segment uses, matched between classes by shape and order. */
function rankInputs(stage: StageNodes, slots: StageSlots, cut: Cut): SegmentInput[] {
  const byShape = new Map<string, { readonly shape: readonly number[]; readonly perClass: string[][] }>();
  stage.classes.forEach(({ local, sources, nodes }, c) => {
    const seen = new Set<string>();
    for (const { name } of cut.nodes) {
      for (const node of nodes.get(name) ?? []) {
        for (const input of node.inputs) {
          if (input === null || seen.has(input) || sources.get(input)?.kind !== "rank") continue;
          seen.add(input);
          const shape = knownShape(tensorTypeOf(local.graph, input));
          const entry = byShape.get(shape.join()) ?? {
            shape,
            perClass: stage.classes.map((): string[] => []),
          };
          byShape.set(shape.join(), entry);
          entry.perClass[c]?.push(input);
        }
      }
    }
  });
  return [...byShape.values()].flatMap(({ shape, perClass }) => {
    const longest = Math.max(...perClass.map((list) => list.length));
    return Array.from({ length: longest }, (_, j) => {
      const values = perClass.map((list) => list[j] ?? null);
      return { slot: slots.addRank(values, shape), values };
    });
  });
}
