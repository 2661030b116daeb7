/**
 * Plans the memory of every class of devices: how long each value that crosses segments lives, where it lies in an arena,
 * and the most that is alive at once.
 *
 *   actions    0 segment -> a;   1 all-reduce a -> b;   2 segment b -> c (returned)
 *   lifetimes  a [0, 1]   b [1, 2]   c [2, 2]
 *
 * A value lives from the action that makes it to the last that reads it, both included; what the plan returns lives to
 * the end of the phase that makes it. Members of a bucket run together: all that they read and make is there from the first to
 * the last. What a segment allocates inside is estimated from the lifetimes of its values in the order of its nodes.
 *
 * In a training step micro-batches overlap. The order of the phases (the pipeline schedule) says how many micro-batches have a
 * value at once, if it lives from one phase to another: it gets as many copies. What is accumulated lives through the step.
 * Values of one phase share what is left of the arena with those of the other phases. The peak is that of the whole step, walked
 * through phase by phase.
 */
import type { Graph } from "../src/ir/graph.ts";
import { captures } from "../src/ir/graph.ts";
import { byteSize, bytesOf, isStatic, type DataType } from "../src/ir/types.ts";
import { align, placeBuffers, type Arena } from "../src/plan/arena.ts";
import { bucketSpans } from "../src/plan/buckets.ts";
import { standsFor, type LocalStage, type StageProgram } from "../src/plan/local-stage.ts";
import type { Action, MemoryPlan, Slot } from "../src/plan/plan.ts";
import { stepOrder, type PhaseRun } from "../src/schedule/step-order.ts";
import { present } from "../src/support/assert.ts";
import { product, range } from "../src/support/collections.ts";
import { definePass } from "./pass.ts";

export const planMemory = definePass({
  name: "plan-memory",
  summary: "Gives values that cross segments their lifetimes and offsets, and every device its peak.",
  requires: ["bucketed"],
  ensures: ["memory-planned"],
  run(compilation, { options, mesh }) {
    const order = stepOrder(options.train?.schedule, mesh, options.microbatches).flat();
    const stages = present(compilation.stages, "nothing is localized").map((stage): LocalStage => {
      const program = present(stage.program, "stage without a program");
      const runs = order.filter((run) => run.stage === stage.stage);
      return { ...stage, program: planStage(compilation.graph, stage, program, runs) };
    });
    return { ...compilation, stages };
  },
});

function planStage(
  graph: Graph,
  stage: LocalStage,
  program: StageProgram,
  runs: readonly PhaseRun[],
): StageProgram {
  const classes = range(stage.classes.length);
  const lifetimes = lifetimesOf(graph, stage, program);
  const values = program.slots.flatMap((slot, index) => (slot.kind === "value" ? [index] : []));
  const walk = new StepWalk(program, values, lifetimes, runs);
  const arenas = classes.map((c) => placeStep(program, values, lifetimes, walk, c));
  const place = new Map(values.map((index, i) => [index, i]));
  const slots = program.slots.map((slot, index): Slot => {
    const i = place.get(index);
    if (i === undefined) return slot;
    const copies = walk.copies(index);
    return {
      ...slot,
      lifetime: lifetimes[index] as readonly [number, number],
      offsets: arenas.map((arena) => arena.offsets[i] as number),
      ...(copies === 1 ? {} : { copies }),
    };
  });
  const memory = classes.map((c): MemoryPlan => {
    const held = (kinds: readonly Slot["kind"][]) =>
      program.slots.reduce((total, slot) => total + (kinds.includes(slot.kind) ? slotBytes(slot, c) : 0), 0);
    return {
      arenaBytes: arenas[c]?.bytes ?? 0,
      ...walk.peak((index) => slotBytes(program.slots[index] as Slot, c)),
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

/** What is kept from phase to phase first, then, over one another, what lives within each phase. */
function placeStep(
  program: StageProgram,
  values: readonly number[],
  lifetimes: readonly (readonly [number, number])[],
  walk: StepWalk,
  classIndex: number,
): Arena {
  const bytes = (index: number) => slotBytes(program.slots[index] as Slot, classIndex);
  const offsets = values.map(() => 0);
  let kept = 0;
  values.forEach((index, i) => {
    if (!walk.isKept(index)) return;
    offsets[i] = kept;
    kept += walk.copies(index) * align(bytes(index));
  });
  let largest = 0;
  for (const { first, count } of program.phases) {
    const own = values.flatMap((index, i) => {
      const [begin] = lifetimes[index] as readonly [number, number];
      return !walk.isKept(index) && begin >= first && begin < first + count ? [i] : [];
    });
    const arena = placeBuffers(
      own.map((i) => {
        const index = values[i] as number;
        return { bytes: bytes(index), lifetime: lifetimes[index] as readonly [number, number] };
      }),
    );
    own.forEach((i, k) => (offsets[i] = kept + (arena.offsets[k] as number)));
    largest = Math.max(largest, arena.bytes);
  }
  return { bytes: kept + largest, offsets };
}

/** The phases of a stage in the order of a step, and which values are alive on the way. */
class StepWalk {
  readonly #program: StageProgram;
  readonly #runs: readonly PhaseRun[];
  /** Per action, the values that it makes, and those that die with it. */
  readonly #made: readonly (readonly number[])[];
  readonly #dying: readonly (readonly number[])[];
  readonly #phaseOf: readonly number[];
  readonly #kept: ReadonlySet<number>;
  readonly #copies = new Map<number, number>();
  /** Values that are there once, however many micro-batches there are. */
  readonly #accumulated: ReadonlySet<number>;

  constructor(
    program: StageProgram,
    values: readonly number[],
    lifetimes: readonly (readonly [number, number])[],
    runs: readonly PhaseRun[],
  ) {
    this.#program = program;
    this.#runs = runs;
    const made: number[][] = program.actions.map(() => []);
    const dying: number[][] = program.actions.map(() => []);
    for (const index of values) {
      const [first, last] = lifetimes[index] as readonly [number, number];
      made[first]?.push(index);
      dying[last]?.push(index);
    }
    this.#made = made;
    this.#dying = dying;
    this.#phaseOf = program.phases.flatMap(({ count }, phase) => range(count).map(() => phase));
    this.#accumulated = new Set(
      program.actions.flatMap((action) => (action.kind === "accumulate" ? [action.output] : [])),
    );
    this.#kept = new Set(
      values.filter((index) => {
        const [first, last] = lifetimes[index] as readonly [number, number];
        return this.#accumulated.has(index) || this.#phaseOf[first] !== this.#phaseOf[last];
      }),
    );
    this.#count();
  }

  isKept(index: number): boolean {
    return this.#kept.has(index);
  }

  /** How many micro-batches have a value at once. */
  copies(index: number): number {
    return this.#copies.get(index) ?? 1;
  }

  #count(): void {
    const now = new Map<number, number>();
    this.#each((index, change) => {
      const count = (now.get(index) ?? 0) + change;
      now.set(index, count);
      if (this.#kept.has(index)) this.#copies.set(index, Math.max(this.#copies.get(index) ?? 1, count));
    });
  }

  /** Most bytes alive during one action, and the first action at which that is. */
  peak(bytes: (index: number) => number): { readonly peakBytes: number; readonly peakAction: number } {
    let live = 0;
    let peakBytes = 0;
    let peakAction = 0;
    this.#each((index, change, action) => {
      live += change * bytes(index);
      if (live > peakBytes) [peakBytes, peakAction] = [live, action];
    });
    return { peakBytes, peakAction };
  }

  #each(visit: (index: number, change: 1 | -1, action: number) => void): void {
    const present = new Set<number>();
    const phases = new Map(this.#program.phases.map((phase) => [phase.kind, phase]));
    for (const { kind } of this.#runs) {
      const phase = phases.get(kind);
      if (phase === undefined) continue;
      for (let action = phase.first; action < phase.first + phase.count; action++) {
        for (const index of this.#made[action] as readonly number[]) {
          if (this.#accumulated.has(index)) {
            if (present.has(index)) continue;
            present.add(index);
          }
          visit(index, 1, action);
        }
        for (const index of this.#dying[action] as readonly number[])
          if (!this.#accumulated.has(index) || kind === "U") visit(index, -1, action);
      }
    }
  }
}

function slotBytes(slot: Slot, classIndex: number): number {
  return bytesOf(slot.dtype, product(slot.localShapes[classIndex] ?? []));
}

/** First and last action of every slot's life, by slot; meaningless for slots that no action makes. */
function lifetimesOf(
  graph: Graph,
  stage: LocalStage,
  { slots, segments, actions, phases, buckets = [] }: StageProgram,
): (readonly [number, number])[] {
  const first = slots.map(() => 0);
  const last = slots.map(() => 0);
  const make = (slot: number, from: number, to: number) => {
    first[slot] = from;
    last[slot] = to;
  };
  const read = (slot: number, at: number) => {
    last[slot] = at;
  };
  const spans = bucketSpans(buckets);
  actions.forEach((action, at) => {
    const { reads, makes } = usesOf(action, segments);
    const span = spans.get(at) ?? { first: at, last: at };
    for (const slot of reads) read(slot, span.last);
    for (const slot of makes) make(slot, span.first, span.last);
  });
  const accumulated = new Set(
    actions.flatMap((action) => (action.kind === "accumulate" ? [action.output] : [])),
  );
  const returned = new Set(graph.outputs.map((output) => standsFor(stage, output.value)));
  slots.forEach((slot, index) => {
    if (!returned.has(slot.name)) return;
    const at = accumulated.has(index) ? actions.length - 1 : (last[index] as number);
    const phase = phases.find((one) => at < one.first + one.count);
    last[index] = phase === undefined ? at : phase.first + phase.count - 1;
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
    case "accumulate":
      return { reads: [action.input], makes: [action.output] };
    case "assign":
      return { reads: [action.input], makes: [] };
  }
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
