/**
 * Cuts the order of every stage at its communications into segments: what runs between two of them, as one graph.
 *
 *   order      %h = …;  %s = all-reduce %h;  %y = … %s, %r;  %z = send %y
 *   actions    segment 0 (%h);  collective %h -> %s;  segment 1 (%y);  send %y
 *
 * 1  Cut. A node joins the open segment; that is closed only when a communication needs something made in it, so
 *    communications that do not are done before it, and no two consecutive segments could be one. A value that is sent is sent
 *    right after the segment that makes it; so is accumulated what is.
 * 2  What crosses. A value that another action or segment uses gets a slot. What is cheaply computed from sources alone
 *    (masks, positions, indices) is computed again in every segment that uses it; so is what cannot be kept (sequences,
 *    optionals, strings).
 * 3  Segment graphs, one per class, with canonical names (`segmentGraph`). Constants are part of them.
 *
 * In a training step no segment reaches over the end of a phase, and phases are ranges of actions. What is accumulated over the
 * micro-batches is sent to other stages when the update phase begins.
 *
 * Linear in nodes times classes.
 */
import { localWork } from "../src/cost/local-work.ts";
import { fail } from "../src/diagnostics/diagnostic.ts";
import { captures, tensorTypeOf, valueOf, type Graph, type Node, type Source } from "../src/ir/graph.ts";
import { broadcast, type Mesh, type NdSbp } from "../src/ir/layout.ts";
import { stepActionOf, type StepAction } from "../src/ir/step-node.ts";
import { splitsBackward } from "../src/schedule/step-order.ts";
import type { PhaseKind } from "../src/schedule/step-order.ts";
import { byteSize, isKeepable, isStatic, knownShape, printType } from "../src/ir/types.ts";
import { localTypeOf } from "../src/ops/localize.ts";
import { standsFor, type LocalClass, type LocalStage, type StageProgram } from "../src/plan/local-stage.ts";
import type { Action, Slot, StagePhase } from "../src/plan/plan.ts";
import { mergeTables } from "../src/plan/rank-table.ts";
import { segmentGraph } from "../src/plan/segment-graph.ts";
import { communicationOf, isCommunication, type Communication } from "../src/sbp/boxing-node.ts";
import { invariant, present } from "../src/support/assert.ts";
import { groupBy, sum } from "../src/support/collections.ts";
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
      const program = new StagePartition(
        graph,
        mesh,
        stage,
        byStage.get(stage.stage) ?? [],
        sends,
        index,
        split,
      ).run();
      return { ...stage, program };
    });
    return { ...compilation, stages };
  },
});

/** The largest result, and the longest chain of nodes, that is computed again rather than kept. */
const cheapBytes = 64 * 1024;
const cheapChain = 16;

/** A segment before its graphs are made: logical nodes in order. */
interface Cut {
  readonly nodes: Node[];
  /** Logical values made in it that leave it. */
  readonly outputs: Set<string>;
}

type Step =
  | { readonly kind: "segment"; readonly cut: Cut }
  | { readonly kind: "communication"; readonly communication: Communication }
  | { readonly kind: "action"; readonly action: StepAction };

/** The actions of a stage in order, and where its phases begin. */
interface CutStage {
  readonly steps: readonly Step[];
  readonly starts: readonly { readonly kind: PhaseKind; readonly first: number }[];
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

class StagePartition {
  readonly #graph: Graph;
  readonly #mesh: Mesh;
  readonly #stage: LocalStage;
  readonly #nodes: readonly Node[];
  readonly #sends: ReadonlyMap<string, readonly Communication[]>;
  readonly #boxingIndex: ReadonlyMap<string, number>;
  /** Logical value to the node of this stage that makes it. */
  readonly #makers = new Map<string, Node>();
  readonly #position: ReadonlyMap<Node, number>;
  /** Per class: sources of its graph, and its nodes by the name of their logical node. */
  readonly #classes: readonly {
    readonly local: LocalClass;
    readonly sources: Map<string, Source>;
    readonly nodes: Map<string, Node[]>;
  }[];
  readonly #split: boolean;
  readonly #slots: Slot[] = [];
  readonly #slotOf = new Map<string, number>();
  readonly #rankSlots = new Map<string, number>();

  constructor(
    graph: Graph,
    mesh: Mesh,
    stage: LocalStage,
    nodes: readonly Node[],
    sends: readonly Communication[],
    boxingIndex: ReadonlyMap<string, number>,
    split: boolean,
  ) {
    this.#split = split;
    this.#graph = graph;
    this.#mesh = mesh;
    this.#stage = stage;
    this.#nodes = nodes;
    this.#boxingIndex = boxingIndex;
    this.#position = new Map(nodes.map((node, i) => [node, i]));
    for (const node of nodes) for (const output of node.outputs) this.#makers.set(output, node);
    this.#classes = stage.classes.map((local) => ({
      local,
      sources: new Map(local.graph.sources.map((source) => [source.value, source])),
      nodes: groupBy(local.graph.nodes, (node) =>
        present(local.origin.get(node.name), "local node without an origin", () => node.name),
      ),
    }));
    this.#sends = groupBy(sends, ({ input }) => this.#root(input));
  }

  run(): StageProgram {
    for (const source of this.#graph.sources) this.#addSourceSlot(source);
    const { steps, starts } = this.#cut();
    const segments = steps.flatMap((step) => (step.kind === "segment" ? [step.cut] : []));
    this.#findCrossings(steps, segments);
    const actions: Action[] = [];
    const built: StageProgram["segments"][number][] = [];
    for (const step of steps) {
      if (step.kind === "communication") actions.push(this.#communicate(step.communication));
      else if (step.kind === "action") actions.push(this.#act(step.action));
      else {
        for (const value of step.cut.outputs) this.#addValueSlot(value);
        actions.push({ kind: "segment", segment: built.length });
        built.push(this.#build(step.cut));
      }
    }
    const phases = starts.map(({ kind, first }, i): StagePhase => {
      return { kind, first, count: (starts[i + 1]?.first ?? actions.length) - first };
    });
    return { slots: this.#slots, segments: built, actions, phases };
  }

  // --- 1: cut

  #cut(): CutStage {
    const steps: Step[] = [];
    const starts: { kind: PhaseKind; first: number }[] = [{ kind: "F", first: 0 }];
    const accumulated: string[] = [];
    const pinned = this.#pinned();
    const again = this.#computedAgain(pinned);
    let open = new Set<Node>();
    /** What is accumulated of the open segment: nothing of the same phase needs the sums. */
    const waiting: StepAction[] = [];
    const close = () => {
      if (open.size === 0) return;
      const cut: Cut = { nodes: [...open], outputs: new Set() };
      open = new Set();
      this.#pull(cut, again);
      if (cut.nodes.some((node) => this.#runsSomething(node, pinned))) {
        steps.push({ kind: "segment", cut });
        for (const node of cut.nodes) for (const output of node.outputs) send(output);
      }
      for (const action of waiting.splice(0)) steps.push({ kind: "action", action });
    };
    const send = (value: string) => {
      for (const communication of this.#sends.get(value) ?? [])
        steps.push({ kind: "communication", communication });
    };
    // What is the same thing as a source is there from the start.
    for (const value of this.#sends.keys()) if (!this.#makers.has(value)) send(value);
    for (const node of this.#nodes) {
      const kind = phaseKind(node, this.#split);
      if (kind !== starts.at(-1)?.kind) {
        close();
        starts.push({ kind, first: steps.length });
        if (kind === "U") accumulated.forEach(send);
      }
      const communication = communicationOf(node);
      const action = stepActionOf(node);
      if (action !== undefined) {
        const maker = this.#makers.get(this.#root(action.input));
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
      const maker =
        communication.kind === "send" ? undefined : this.#makers.get(this.#root(communication.input));
      // In the update phase stages wait for one another: what is sent before comes before what is received.
      const mayBlock =
        kind === "U" && communication.kind === "send" && [...open].some((one) => this.#isSent(one));
      if (mayBlock || (maker !== undefined && open.has(maker))) close();
      steps.push({ kind: "communication", communication });
      send(communication.output);
    }
    close();
    const constants = this.#returnedConstants();
    if (constants.length > 0)
      steps.push({ kind: "segment", cut: { nodes: [], outputs: new Set(constants) } });
    return { steps, starts };
  }

  #isSent(node: Node): boolean {
    return node.outputs.some((output) => this.#sends.has(this.#root(output)));
  }

  /** Constant sources that the model returns as they are: a segment of their own gives them. */
  #returnedConstants(): string[] {
    const here = new Set(this.#stage.classes[0]?.graph.outputs.map((output) => output.value));
    return this.#graph.outputs
      .map(({ value }) => value)
      .filter((value) => here.has(value) && this.#classes[0]?.sources.get(value)?.kind === "constant");
  }

  /** Values (roots) that something else than a segment of this stage takes. */
  #pinned(): Set<string> {
    const pinned = new Set<string>(this.#sends.keys());
    for (const node of this.#nodes) {
      const communication = communicationOf(node);
      if (communication !== undefined && communication.kind !== "send")
        pinned.add(this.#root(communication.input));
      const action = stepActionOf(node);
      if (action !== undefined) pinned.add(this.#root(action.input));
    }
    for (const { value } of this.#graph.outputs) if (this.#makers.has(value)) pinned.add(this.#root(value));
    return pinned;
  }

  /** Nodes that are cheaply computed from sources alone, wherever they are needed. */
  #computedAgain(pinned: ReadonlySet<string>): Map<Node, number> {
    const chains = new Map<Node, number>();
    for (const node of this.#nodes) {
      if (isCommunication(node) || stepActionOf(node) !== undefined || node.regions !== undefined) continue;
      if (node.outputs.some((output) => pinned.has(output) || !this.#isCheap(output))) continue;
      let chain = 1;
      for (const name of node.inputs) {
        const maker = name === null ? undefined : this.#makers.get(this.#root(name));
        if (maker !== undefined) chain += chains.get(maker) ?? Infinity;
      }
      if (chain <= cheapChain && this.#flops(node, 0) <= cheapBytes) chains.set(node, chain);
    }
    return chains;
  }

  #isCheap(value: string): boolean {
    const { type } = valueOf(this.#graph, value);
    return isStatic(type) && type.kind === "tensor" && isKeepable(type) && byteSize(type) <= cheapBytes;
  }

  /** Adds to a segment the nodes computed again that its nodes use, and those that make what cannot be kept for it. */
  #pull(cut: Cut, again: ReadonlyMap<Node, number>): void {
    const inside = new Set(cut.nodes);
    const pending = [...cut.nodes];
    for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
      for (const name of [...node.inputs, ...captures(node)]) {
        const maker = name === null ? undefined : this.#makers.get(this.#root(name));
        if (name === null || maker === undefined || inside.has(maker)) continue;
        if (!again.has(maker) && isKeepable(valueOf(this.#graph, name).type)) continue;
        inside.add(maker);
        pending.push(maker);
        cut.nodes.push(maker);
      }
    }
    cut.nodes.sort((a, b) => (this.#position.get(a) as number) - (this.#position.get(b) as number));
  }

  /** Whether a node leaves something to do: a node of some class, or a constant that is to be handed on. */
  #runsSomething(node: Node, pinned: ReadonlySet<string>): boolean {
    return (
      this.#classes.some(({ nodes }) => nodes.has(node.name)) ||
      node.outputs.some((output) => pinned.has(output))
    );
  }

  // --- 2: what crosses

  /** Marks the outputs of every segment. */
  #findCrossings(steps: readonly Step[], segments: readonly Cut[]): void {
    const home = new Map<string, Cut>();
    for (const cut of segments)
      for (const node of cut.nodes)
        for (const output of node.outputs) if (!home.has(output)) home.set(output, cut);
    const use = (value: string, by: Cut | undefined, madeHere: ReadonlySet<string>) => {
      const cut = home.get(value);
      if (cut !== undefined && cut !== by && !madeHere.has(value)) cut.outputs.add(value);
    };
    const nowhere = new Set<string>();
    for (const step of steps) {
      if (step.kind === "action") {
        use(this.#root(step.action.input), undefined, nowhere);
        continue;
      }
      if (step.kind === "communication") {
        if (step.communication.kind !== "send" || step.communication.fromStage === this.#stage.stage) {
          use(this.#root(step.communication.input), undefined, nowhere);
        }
        continue;
      }
      const made = new Set(step.cut.nodes.flatMap((node) => node.outputs));
      for (const value of this.#usedLocally(step.cut)) use(value, step.cut, made);
    }
    for (const { value } of this.#graph.outputs)
      if (this.#makers.has(value)) use(this.#root(value), undefined, nowhere);
  }

  /** Values that the local nodes of a segment take, over all classes, in order of first use. */
  #usedLocally(cut: Cut): Set<string> {
    const used = new Set<string>();
    for (const { nodes } of this.#classes) {
      for (const { name } of cut.nodes) {
        for (const node of nodes.get(name) ?? []) {
          for (const input of [...node.inputs, ...captures(node)]) if (input !== null) used.add(input);
        }
      }
    }
    return used;
  }

  #root(value: string): string {
    return standsFor(this.#stage, value);
  }

  // --- slots

  #addSourceSlot(source: Source): void {
    const { kind, value } = source;
    const here = this.#classes[0]?.sources.has(value) === true;
    if (!here || kind === "constant" || kind === "rank") return;
    this.#addSlot(value, kind);
  }

  #addValueSlot(value: string): number {
    return this.#slotOf.get(value) ?? this.#addSlot(value, "value");
  }

  #addSlot(value: string, kind: Slot["kind"]): number {
    const { type, layout } = valueOf(this.#graph, value);
    if (type.kind !== "tensor" || !isKeepable(type)) {
      const source = this.#graph.sources.find((one) => one.value === value);
      const where = source === undefined ? "returned" : "given to a plan";
      const location = source?.location ?? this.#makers.get(value)?.location;
      fail("unkept-value", { value, type: printType(type), where }, location);
    }
    const held = present(layout, "value without a layout", () => value);
    const localShapes = this.#classes.map(({ local }) =>
      knownShape(localTypeOf(type, held, this.#mesh, local.devices[0] as number)),
    );
    const slot: Slot = {
      name: value,
      kind,
      dtype: type.dtype,
      shape: knownShape(type),
      layout: held,
      localShapes,
    };
    this.#slotOf.set(value, this.#slots.length);
    this.#slots.push(slot);
    return this.#slots.length - 1;
  }

  /** One slot for the rank sources that stand at the same place in the classes' segments (null: none in that class). */
  #addRankSlot(values: readonly (string | null)[], shape: readonly number[]): number {
    const tables = values.map((value, c) => {
      const source = value === null ? undefined : this.#classes[c]?.sources.get(value);
      return source?.kind === "rank" ? source.table : undefined;
    });
    const table = mergeTables(
      tables,
      this.#stage.deviceClass,
      sum(shape.length === 0 ? [1] : shape),
      this.#mesh,
    );
    const key = JSON.stringify([table, shape]);
    const known = this.#rankSlots.get(key);
    if (known !== undefined) return known;
    const layout: NdSbp = this.#mesh.axes.map(() => broadcast);
    const index = this.#slots.length;
    this.#slots.push({
      name: `rank.${this.#rankSlots.size}`,
      kind: "rank",
      dtype: "i64",
      shape,
      layout,
      localShapes: this.#classes.map(() => shape),
      table,
    });
    this.#rankSlots.set(key, index);
    return index;
  }

  // --- 3: segment graphs and actions

  #build(cut: Cut): StageProgram["segments"][number] {
    const made = new Set(cut.nodes.flatMap((node) => node.outputs));
    const inputs: { readonly slot: number; readonly values: readonly (string | null)[] }[] = [];
    for (const value of this.#usedLocally(cut)) {
      const slot = this.#slotOf.get(value);
      if (slot !== undefined && !made.has(value))
        inputs.push({ slot, values: this.#classes.map(() => value) });
    }
    inputs.push(...this.#rankInputs(cut));
    const outputs = [...cut.outputs];
    const graphs = this.#classes.map(({ local, sources, nodes }, c) =>
      segmentGraph({
        graph: local.graph,
        sources,
        nodes: cut.nodes.flatMap((node) => nodes.get(node.name) ?? []),
        inputs: inputs.map(({ slot, values }) => {
          const { dtype, localShapes } = this.#slots[slot] as Slot;
          return {
            value: values[c] ?? null,
            type: { kind: "tensor", dtype, shape: localShapes[c] as readonly number[] },
          };
        }),
        outputs: outputs.map((value) => present(local.local.get(value), "output is not made", () => value)),
      }),
    );
    const flops = this.#classes.map((_, c) => sum(cut.nodes.map((node) => this.#flops(node, c))));
    return {
      graphs,
      inputs: inputs.map(({ slot }) => slot),
      outputs: outputs.map((value) => this.#slotOf.get(value) as number),
      nodes: cut.nodes.map((node) => node.name),
      flops: this.#stage.deviceClass.map((c) => flops[c] as number),
    };
  }

  /** The rank sources that a segment uses, matched between classes by shape and order. */
  #rankInputs(cut: Cut): { readonly slot: number; readonly values: readonly (string | null)[] }[] {
    const byShape = new Map<string, { readonly shape: readonly number[]; readonly perClass: string[][] }>();
    this.#classes.forEach(({ local, sources, nodes }, c) => {
      const seen = new Set<string>();
      for (const { name } of cut.nodes) {
        for (const node of nodes.get(name) ?? []) {
          for (const input of node.inputs) {
            if (input === null || seen.has(input) || sources.get(input)?.kind !== "rank") continue;
            seen.add(input);
            const shape = knownShape(tensorTypeOf(local.graph, input));
            const entry = byShape.get(shape.join()) ?? {
              shape,
              perClass: this.#classes.map((): string[] => []),
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
        return { slot: this.#addRankSlot(values, shape), values };
      });
    });
  }

  #flops(node: Node, classIndex: number): number {
    const device = this.#stage.classes[classIndex]?.devices[0] ?? 0;
    const constantOf = (value: string) => {
      const source = this.#classes[classIndex]?.sources.get(value);
      return source?.kind === "constant" ? source.data : undefined;
    };
    return localWork(this.#graph, node, this.#mesh, device, constantOf).flops;
  }

  #communicate(communication: Communication): Action {
    const { kind, input, output, fromStage, toStage } = communication;
    const boxing = present(this.#boxingIndex.get(output), "communication without an index", () => output);
    if (kind === "send" && fromStage === this.#stage.stage)
      return { kind: "send", boxing, input: this.#slot(input), toStage };
    if (kind === "send") return { kind: "receive", boxing, output: this.#addValueSlot(output), fromStage };
    return { kind: "collective", boxing, input: this.#slot(input), output: this.#addValueSlot(output) };
  }

  #act(action: StepAction): Action {
    const input = this.#slot(action.input);
    return action.kind === "accumulate"
      ? { kind: "accumulate", input, output: this.#addValueSlot(action.output) }
      : { kind: "assign", parameter: this.#slot(action.parameter), input };
  }

  #slot(value: string): number {
    const root = this.#root(value);
    const slot = this.#slotOf.get(root);
    invariant(slot !== undefined, "communication of a value that nothing made", () => value);
    return slot;
  }
}
