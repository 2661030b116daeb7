/**
 * Plans the memory of every class of devices: how long each value that crosses segments lives, where it lies in an arena,
 * and the most that is alive at once.
 *
 *   actions    0 segment -> a;   1 all-reduce a -> b;   2 segment b -> c (returned)
 *   lifetimes  a [0, 1]   b [1, 2]   c [2, 2]
 *
 * A value lives from the action that makes it to the last that reads it, both included; what the plan returns lives to
 * the end. What a segment allocates inside is estimated from the lifetimes of its values in the order of its nodes.
 */
import type { Graph } from "../src/ir/graph.ts";
import { captures } from "../src/ir/graph.ts";
import { byteSize, bytesOf, isStatic, type DataType } from "../src/ir/types.ts";
import { placeBuffers } from "../src/plan/arena.ts";
import { standsFor, type LocalStage, type StageProgram } from "../src/plan/local-stage.ts";
import type { Action, MemoryPlan, Slot } from "../src/plan/plan.ts";
import { present } from "../src/support/assert.ts";
import { product, range } from "../src/support/collections.ts";
import { definePass } from "./pass.ts";

export const planMemory = definePass({
  name: "plan-memory",
  summary: "Gives values that cross segments their lifetimes and offsets, and every device its peak.",
  requires: ["partitioned"],
  ensures: ["memory-planned"],
  run(compilation) {
    const stages = present(compilation.stages, "nothing is localized").map((stage): LocalStage => {
      const program = present(stage.program, "stage without a program");
      return { ...stage, program: planStage(compilation.graph, stage, program) };
    });
    return { ...compilation, stages };
  },
});

function planStage(graph: Graph, stage: LocalStage, program: StageProgram): StageProgram {
  const classes = range(stage.classes.length);
  const lifetimes = lifetimesOf(graph, stage, program);
  const values = program.slots.flatMap((slot, index) => (slot.kind === "value" ? [index] : []));
  const arenas = classes.map((c) =>
    placeBuffers(
      values.map((index) => ({
        bytes: slotBytes(program.slots[index] as Slot, c),
        lifetime: lifetimes[index] as readonly [number, number],
      })),
    ),
  );
  const place = new Map(values.map((index, i) => [index, i]));
  const slots = program.slots.map((slot, index): Slot => {
    const i = place.get(index);
    if (i === undefined) return slot;
    return {
      ...slot,
      lifetime: lifetimes[index] as readonly [number, number],
      offsets: arenas.map((arena) => arena.offsets[i] as number),
    };
  });
  const memory = classes.map((c): MemoryPlan => {
    const held = (kinds: readonly Slot["kind"][]) =>
      program.slots.reduce((total, slot) => total + (kinds.includes(slot.kind) ? slotBytes(slot, c) : 0), 0);
    return {
      arenaBytes: arenas[c]?.bytes ?? 0,
      ...peakOf(program, values, lifetimes, c),
      parameterBytes: held(["parameter"]),
      inputBytes: held(["input", "random", "rank"]),
      segmentScratchBytes: Math.max(
        0,
        ...program.segments.map(({ graphs }) => scratchBytes(graphs[c] as Graph)),
      ),
    };
  });
  return { ...program, slots, memory };
}

function slotBytes(slot: Slot, classIndex: number): number {
  return bytesOf(slot.dtype, product(slot.localShapes[classIndex] ?? []));
}

/** First and last action of every slot's life, by slot; meaningless for slots that no action makes. */
function lifetimesOf(
  graph: Graph,
  stage: LocalStage,
  { slots, segments, actions }: StageProgram,
): (readonly [number, number])[] {
  const first = slots.map(() => 0);
  const last = slots.map(() => 0);
  const make = (slot: number, at: number) => {
    first[slot] = at;
    last[slot] = at;
  };
  const read = (slot: number, at: number) => {
    last[slot] = at;
  };
  actions.forEach((action, at) => {
    const { reads, makes } = usesOf(action, segments);
    for (const slot of reads) read(slot, at);
    for (const slot of makes) make(slot, at);
  });
  const returned = new Set(graph.outputs.map((output) => standsFor(stage, output.value)));
  slots.forEach((slot, index) => {
    if (returned.has(slot.name)) last[index] = actions.length - 1;
  });
  return slots.map((_, index) => [first[index] as number, last[index] as number]);
}

function usesOf(
  action: Action,
  segments: StageProgram["segments"],
): { readonly reads: readonly number[]; readonly makes: readonly number[] } {
  switch (action.kind) {
    case "segment": {
      const segment = present(segments[action.segment], "action without its segment");
      return { reads: segment.inputs, makes: segment.outputs };
    }
    case "collective":
      return { reads: [action.input], makes: [action.output] };
    case "send":
      return { reads: [action.input], makes: [] };
    case "receive":
      return { reads: [], makes: [action.output] };
  }
}

/** The most bytes of values alive during one action, and the first action at which that is. */
function peakOf(
  { slots, actions }: StageProgram,
  values: readonly number[],
  lifetimes: readonly (readonly [number, number])[],
  classIndex: number,
): { readonly peakBytes: number; readonly peakAction: number } {
  const change = new Array<number>(actions.length + 1).fill(0);
  for (const index of values) {
    const [first, last] = lifetimes[index] as readonly [number, number];
    const bytes = slotBytes(slots[index] as Slot, classIndex);
    change[first] = (change[first] as number) + bytes;
    change[last + 1] = (change[last + 1] as number) - bytes;
  }
  let live = 0;
  let peakBytes = 0;
  let peakAction = 0;
  actions.forEach((_, at) => {
    live += change[at] as number;
    if (live > peakBytes) [peakBytes, peakAction] = [live, at];
  });
  return { peakBytes, peakAction };
}

/** The most bytes of a segment's own values (neither its inputs nor its outputs) alive at one node. */
function scratchBytes(graph: Graph): number {
  const outside = new Set([
    ...graph.sources.map((source) => source.value),
    ...graph.outputs.map((output) => output.value),
  ]);
  const lastUse = new Map<string, number>();
  graph.nodes.forEach((node, at) => {
    for (const name of [...node.inputs, ...captures(node), ...node.outputs])
      if (name !== null && !outside.has(name)) lastUse.set(name, at);
  });
  const dying = new Map<number, number>();
  const bytesOfValue = (name: string): number => {
    const type = graph.values.get(name)?.type;
    return type?.kind === "tensor" && isStatic(type) && type.dtype !== ("string" satisfies DataType)
      ? byteSize(type)
      : 0;
  };
  let live = 0;
  let peak = 0;
  graph.nodes.forEach((node, at) => {
    for (const name of node.outputs) {
      const end = lastUse.get(name);
      if (end === undefined) continue;
      const bytes = bytesOfValue(name);
      live += bytes;
      dying.set(end, (dying.get(end) ?? 0) + bytes);
    }
    peak = Math.max(peak, live);
    live -= dying.get(at) ?? 0;
  });
  return peak;
}
