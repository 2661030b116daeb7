/**
 * Adds the update phase of a training step: from the gradients to the parameters and optimizer states of the next step.
 *
 *   before   %w.grad = sbpc.Gradient(…) {parameter="w"} phase update
 *   after    …;  %w1, %m1, %v1 = sbpc.AdamStep(%w, %w.grad, %w.exp_avg, %w.exp_avg_sq, …);  sbpc.Assign(%w, %w1), …
 *
 * 1  Scalars that change from step to step (learning rate, bias corrections) follow from `optimizer.step`, the number of steps
 *    done, a state in f64 that every stage keeps for itself.
 * 2  Clipping (`clipNorm`) scales all gradients by min(1, clipNorm / (norm + 1e-6)), the norm taken over all shards and stages.
 * 3  Under fp16 a step in which some gradient of some shard is not finite changes no parameter; the scale of the loss adapts.
 * 4  A parameter is updated on the first stage that has its gradient; other stages that use it are sent the new value.
 * 5  ZeRO is a matter of layouts: hard hints that split states (1), accumulated gradients (2) and parameters (3) along `dp`, on the
 *    first axis that is long enough, if possible one that the parameter's own hint leaves whole; the boxing that this takes is what
 *    the other passes insert anyway. Rajbhandari et al. 2020.
 *
 * Does nothing unless the options ask for training. Linear in the nodes.
 */
import { generatedLocation } from "../src/diagnostics/location.ts";
import type { DiagnosticSink } from "../src/diagnostics/diagnostic.ts";
import { GraphBuilder } from "../src/ir/builder.ts";
import { captures, tensorTypeOf, valueOf, type Graph, type Node, type Source } from "../src/ir/graph.ts";
import { devicesPerStage, split, type LayoutHint, type Mesh } from "../src/ir/layout.ts";
import { accumulateOp, assignOp, gradientOp } from "../src/ir/step-node.ts";
import { goodStepsState, growthInterval, lossScaleState } from "../src/ir/step-node.ts";
import { dataTypes, knownShape, tensorType, type TensorType } from "../src/ir/types.ts";
import { GraphEmitter } from "../src/ops/emitter.ts";
import { decayOf, type TrainOptions } from "../src/plan/plan.ts";
import { present } from "../src/support/assert.ts";
import { at } from "../src/support/collections.ts";
import { definePass } from "./pass.ts";

const passName = "update-parameters";

export const updateParameters = definePass({
  name: passName,
  summary: "Adds the update phase: the optimizer's step on every parameter, split as ZeRO asks.",
  requires: ["typed", "static", "staged"],
  ensures: [],
  run(compilation, { options, mesh, sink }) {
    const { train } = options;
    if (train === undefined) return compilation;
    return { ...compilation, graph: new Updating(compilation.graph, train, mesh, sink).run() };
  },
});

/** What all stages share. */
interface Shared {
  /** The factor of all gradients, a scalar; undefined where they are not clipped. */
  readonly clip: string | undefined;
  /** Under fp16, a scalar: 0 where all gradients are finite, else NaN. */
  readonly doubt: string | undefined;
}

/** Scalars of one stage. */
interface StageScalars extends Shared {
  /** Whether the step counts; undefined: it does. */
  readonly isFinite: string | undefined;
  /** In f64. */
  readonly learningRate: string;
  /** Steps that count, this one among them. */
  readonly step: string;
  readonly byType: Map<string, string>;
}

class Updating {
  readonly #graph: Graph;
  readonly #train: TrainOptions;
  readonly #mesh: Mesh;
  readonly #sink: DiagnosticSink;
  readonly #builder: GraphBuilder;
  readonly #sources: ReadonlyMap<string, Source>;
  readonly #scalars = new Map<number, StageScalars>();
  readonly #stagesOf = new Map<string, Set<number>>();
  readonly #whole: string[] = [];

  constructor(graph: Graph, train: TrainOptions, mesh: Mesh, sink: DiagnosticSink) {
    this.#graph = graph;
    this.#train = train;
    this.#mesh = mesh;
    this.#sink = sink;
    this.#builder = new GraphBuilder(graph.name, graph);
    this.#sources = new Map(graph.sources.map((source) => [source.value, source]));
    for (const node of graph.nodes) {
      for (const name of [...node.inputs, ...captures(node)]) {
        if (name === null || this.#sources.get(name)?.kind !== "parameter") continue;
        const stages = this.#stagesOf.get(name) ?? new Set();
        stages.add(node.stage ?? 0);
        this.#stagesOf.set(name, stages);
      }
    }
  }

  run(): Graph {
    const { nodes, layers, layerStages, mesh, opsets } = this.#graph;
    for (const node of nodes)
      this.#builder.addNode(
        node,
        node.outputs.map((name) => valueOf(this.#graph, name)),
      );
    const gradients = nodes.filter((node) => node.op === gradientOp);
    const shared = { clip: this.#clipping(gradients), doubt: this.#doubting(gradients) };
    for (const node of gradients) this.#update(node, shared);
    // A stage whose parameters are all updated elsewhere scales all the same.
    for (const stage of this.#stagesOf.get(lossScaleState) ?? []) this.#scalarsOf(stage, shared);
    const axis = this.#mesh.axes.find(({ name }) => name === "dp");
    if (this.#whole.length > 0 && axis !== undefined)
      this.#sink.report("zero-whole", { names: this.#whole.join(", "), axis: axis.name, devices: axis.size });
    return this.#builder.finish(this.#graph.outputs, {
      ...(layers === undefined ? {} : { layers }),
      ...(layerStages === undefined ? {} : { layerStages }),
      ...(mesh === undefined ? {} : { mesh }),
      ...(opsets === undefined ? {} : { opsets }),
    });
  }

  #emitter(stage: number, prefix: string, source?: Source): GraphEmitter {
    return new GraphEmitter(this.#builder, {
      location: generatedLocation(passName, source === undefined ? [] : [source.location]),
      prefix,
      phase: "update",
      stage,
      ...(source?.kind === "parameter" ? { module: source.module } : {}),
    });
  }

  // --- clipping

  /** The factor of all gradients, a scalar; undefined where they are not clipped. */
  #clipping(gradients: readonly Node[]): string | undefined {
    const { clipNorm } = this.#train;
    if (clipNorm === undefined) return undefined;
    // Line by line, then the lines' sums: one long sum in f32 would lose what millions of small squares add.
    const { g, total } = this.#overAll(gradients, "optimizer.norm", (own, gradient) =>
      own.type(gradient).shape.length < 2
        ? own.op("ReduceSumSquare", [gradient], { keepdims: 0 })
        : own.op("ReduceSum", [own.op("ReduceSumSquare", [gradient, own.ints([-1])], { keepdims: 0 })], {
            keepdims: 0,
          }),
    );
    const norm = g.op("Sqrt", [total]);
    const number = (value: number) => g.scalar(g.type(norm).dtype, value);
    return g.op("Min", [g.op("Div", [number(clipNorm), g.op("Add", [norm, number(1e-6)])]), number(1)]);
  }

  /** See `Shared`. Zero times a number is zero, but for what is no number or infinite. */
  #doubting(gradients: readonly Node[]): string | undefined {
    if (this.#train.precision !== "fp16") return undefined;
    return this.#overAll(gradients, "optimizer.finite", (g, gradient) => {
      const zero = g.scalar(g.type(gradient).dtype, 0);
      return g.op("ReduceSum", [g.op("Mul", [gradient, zero])], { keepdims: 0 });
    }).total;
  }

  /** The sum over all gradients of a scalar that is made of each (f64 where all are), on the first stage that has one. */
  #overAll(
    gradients: readonly Node[],
    prefix: string,
    make: (g: GraphEmitter, gradient: string) => string,
  ): { readonly g: GraphEmitter; readonly total: string } {
    const perStage = new Map<number, string[]>();
    const areDoubles = gradients.every(
      (node) => tensorTypeOf(this.#graph, at(node.outputs, 0)).dtype === "f64",
    );
    const dtype = areDoubles ? "f64" : "f32";
    for (const node of gradients) {
      const stage = node.stage ?? 0;
      const g = this.#emitter(stage, prefix);
      const term = make(g, at(node.outputs, 0));
      const found = perStage.get(stage) ?? [];
      found.push(g.type(term).dtype === dtype ? term : g.op("Cast", [term], { to: dataTypes[dtype][0] }));
      perStage.set(stage, found);
    }
    const sums = [...perStage]
      .sort(([a], [b]) => b - a)
      .map(([stage, terms]) => this.#emitter(stage, prefix).op("Sum", terms));
    const g = this.#emitter(Math.min(...perStage.keys()), prefix);
    return { g, total: sums.reduce((a, b) => g.op("Add", [a, b])) };
  }

  // --- scalars

  #scalarsOf(stage: number, shared: Shared): StageScalars {
    let known = this.#scalars.get(stage);
    if (known !== undefined) return known;
    const g = this.#emitter(stage, "optimizer");
    const counter = this.#state("optimizer.step", tensorType("f64", []), undefined);
    const step = g.op("Add", [counter, g.scalar("f64", 1)]);
    g.op(assignOp, [counter, step]);
    const learningRate = this.#learningRate(g, counter);
    const isFinite =
      shared.doubt === undefined
        ? undefined
        : g.op("Equal", [shared.doubt, g.scalar(g.type(shared.doubt).dtype, 0)]);
    known = {
      ...shared,
      isFinite,
      learningRate,
      step: isFinite === undefined ? step : this.#scaling(g, isFinite),
      byType: new Map(),
    };
    this.#scalars.set(stage, known);
    return known;
  }

  /**
   * Adapts the scale of the loss: half of it where a gradient is not finite, twice after `growthInterval` steps in which all were
   * (Micikevicius et al. 2018; the numbers are PyTorch's). Gives the number of steps that count, this one among them.
   */
  #scaling(g: GraphEmitter, isFinite: string): string {
    const f64 = (value: number) => g.scalar("f64", value);
    const scalarState = (name: string) => this.#state(name, tensorType("f64", []), undefined);
    const [applied, good] = [scalarState("optimizer.applied"), scalarState(goodStepsState)];
    const counted = g.op("Add", [applied, f64(1)]);
    g.op(assignOp, [applied, g.op("Where", [isFinite, counted, applied])]);
    const streak = g.op("Where", [isFinite, g.op("Add", [good, f64(1)]), f64(0)]);
    const grows = g.op("Equal", [streak, f64(growthInterval)]);
    g.op(assignOp, [good, g.op("Where", [grows, f64(0), streak])]);
    const f32 = (value: number) => g.scalar("f32", value);
    const factor = g.op("Where", [isFinite, g.op("Where", [grows, f32(2), f32(1)]), f32(0.5)]);
    g.op(assignOp, [lossScaleState, g.op("Mul", [lossScaleState, factor])]);
    return counted;
  }

  /** The rate of step k, k being the number of steps done. */
  #learningRate(g: GraphEmitter, k: string): string {
    const { learningRate, schedule } = this.#train.optimizer;
    const { kind, warmup, total, minimum } = schedule;
    const number = (value: number) => g.scalar("f64", value);
    let factor: string | undefined;
    const floor = learningRate === 0 ? 0 : minimum / learningRate;
    if (kind !== "constant") {
      const span = Math.max(1, total - warmup);
      const done = g.op("Div", [g.op("Sub", [k, number(warmup)]), number(span)]);
      const part = g.op("Min", [g.op("Max", [done, number(0)]), number(1)]);
      const left =
        kind === "linear"
          ? g.op("Sub", [number(1), part])
          : g.op("Mul", [
              g.op("Add", [this.#cosine(g, g.op("Mul", [part, number(Math.PI)])), number(1)]),
              number(0.5),
            ]);
      factor = g.op("Add", [g.op("Mul", [left, number(1 - floor)]), number(floor)]);
    }
    if (warmup > 0) {
      const rising = g.op("Min", [g.op("Div", [k, number(warmup)]), number(1)]);
      factor = factor === undefined ? rising : g.op("Mul", [factor, rising]);
    }
    return factor === undefined ? number(learningRate) : g.op("Mul", [factor, number(learningRate)]);
  }

  /** ONNX Runtime's Cos knows f32 alone; a rate needs no more. */
  #cosine(g: GraphEmitter, angle: string): string {
    const single = g.op("Cos", [g.op("Cast", [angle], { to: dataTypes.f32[0] })]);
    return g.op("Cast", [single], { to: dataTypes.f64[0] });
  }

  /** A scalar of the type of `like`, made once per stage. */
  #typed(
    g: GraphEmitter,
    scalars: StageScalars,
    name: string,
    { dtype }: TensorType,
    make: () => string,
  ): string {
    const key = `${name} ${dtype}`;
    let value = scalars.byType.get(key);
    if (value === undefined) {
      value = dtype === "f64" ? make() : g.op("Cast", [make()], { to: dataTypes[dtype][0] });
      scalars.byType.set(key, value);
    }
    return value;
  }

  // --- one parameter

  #update(node: Node, shared: Shared): void {
    const name = node.attributes["parameter"] as string;
    const source = present(this.#sources.get(name), "gradient of an unknown parameter", () => name);
    const type = tensorTypeOf(this.#graph, name);
    const stage = node.stage ?? 0;
    const g = this.#emitter(stage, name, source);
    const scalars = this.#scalarsOf(stage, shared);
    let gradient = at(node.outputs, 0);
    if (scalars.clip !== undefined) {
      const factor =
        g.type(scalars.clip).dtype === type.dtype
          ? scalars.clip
          : g.op("Cast", [scalars.clip], { to: dataTypes[type.dtype][0] });
      gradient = g.op("Mul", [gradient, factor]);
    }
    const { zero } = this.#train;
    const hint = zero > 0 ? this.#splitAlongDp(name, knownShape(type)) : undefined;
    const stepped = this.#step(g, scalars, source, type, gradient, hint);
    const { isFinite } = scalars;
    const chosen = (next: string, before: string) =>
      isFinite === undefined ? next : g.op("Where", [isFinite, next, before]);
    const weight = chosen(stepped.weight, name);
    g.op(assignOp, [name, weight]);
    for (const [state, next] of stepped.states) g.op(assignOp, [state, chosen(next, state)]);
    for (const other of this.#stagesOf.get(name) ?? [])
      if (other !== stage) this.#emitter(other, name, source).op(assignOp, [name, weight]);
    if (hint === undefined) return;
    if (zero >= 2) this.#hintAccumulated(node, hint);
    if (zero >= 3) this.#builder.updateValue(name, { hint });
  }

  #step(
    g: GraphEmitter,
    scalars: StageScalars,
    source: Source,
    type: TensorType,
    gradient: string,
    hint: LayoutHint | undefined,
  ): { readonly weight: string; readonly states: readonly (readonly [string, string])[] } {
    const { optimizer } = this.#train;
    const name = source.value;
    const weightDecay = decayOf(optimizer, name);
    const state = (kind: string) => this.#state(`${name}.${kind}`, type, source, hint);
    const number = (value: number) => g.scalar("f64", value);
    const rate = () => scalars.learningRate;
    if (optimizer.kind === "sgd") {
      const { momentum, nesterov } = optimizer;
      const attributes = {
        weight_decay: { float: weightDecay },
        momentum: { float: momentum },
        nesterov: nesterov ? 1 : 0,
      };
      const inputs = [name, gradient, this.#typed(g, scalars, "rate", type, rate)];
      if (momentum === 0) return { weight: g.op("sbpc.SgdStep", inputs, attributes), states: [] };
      const buffer = state("momentum_buffer");
      const [weight, next] = g.ops("sbpc.SgdStep", [...inputs, buffer], attributes, 2);
      return { weight: weight as string, states: [[buffer, next as string]] };
    }
    const { beta1, beta2, epsilon, kind } = optimizer;
    const decoupled = kind === "adamw";
    const correction = (beta: number) => g.op("Sub", [number(1), g.op("Pow", [number(beta), scalars.step])]);
    const scaled = this.#typed(g, scalars, "scaled rate", type, () =>
      g.op("Div", [scalars.learningRate, correction(beta1)]),
    );
    const second = this.#typed(g, scalars, "correction", type, () =>
      g.op("Div", [number(1), g.op("Sqrt", [correction(beta2)])]),
    );
    const kept = decoupled ? weightDecay : 0;
    const decay = this.#typed(g, scalars, `decay ${kept}`, type, () =>
      g.op("Sub", [number(1), g.op("Mul", [scalars.learningRate, number(kept)])]),
    );
    const [m, v] = [state("exp_avg"), state("exp_avg_sq")];
    const [weight, nextM, nextV] = g.ops(
      "sbpc.AdamStep",
      [name, gradient, m, v, scaled, decay, second],
      {
        beta1: { float: beta1 },
        beta2: { float: beta2 },
        epsilon: { float: epsilon },
        weight_decay: { float: decoupled ? 0 : weightDecay },
      },
      3,
    );
    return {
      weight: weight as string,
      states: [
        [m, nextM as string],
        [v, nextV as string],
      ],
    };
  }

  /** A state of zeros; the same one where it is there already. */
  #state(name: string, type: TensorType, of: Source | undefined, hint?: LayoutHint): string {
    if (this.#builder.has(name)) return name;
    return this.#builder.addSource(
      {
        kind: "parameter",
        value: name,
        location: generatedLocation(passName, of === undefined ? [] : [of.location]),
        initializer: { kind: "constant", value: 0 },
        stateOf: of?.value ?? "",
        module: of?.kind === "parameter" ? of.module : "",
      },
      { name, type, ...(hint === undefined ? {} : { hint }) },
    );
  }

  // --- ZeRO

  /** The hint that splits a tensor along `dp`; undefined where that is no axis of the mesh, or no axis is long enough. */
  #splitAlongDp(name: string, shape: readonly number[]): LayoutHint | undefined {
    const dp = this.#mesh.axes.find((axis) => axis.name === "dp");
    if (dp === undefined) return undefined;
    const devices = devicesPerStage(this.#mesh);
    // Along an axis that another mesh axis splits, shards would have to change hands over that one too.
    const taken = this.#builder
      .value(name)
      .hint?.sbp.flatMap(({ sbp }) => (sbp.kind === "S" ? [sbp.axis] : []));
    const roomy = shape.flatMap((size, axis) => (size >= devices ? [axis] : []));
    const longest = shape.indexOf(Math.max(0, ...shape));
    const first = roomy.find((axis) => taken?.includes(axis) !== true) ?? roomy[0];
    const axis = first ?? ((shape[longest] ?? 0) >= dp.size ? longest : -1);
    if (axis < 0) {
      this.#whole.push(name);
      return undefined;
    }
    return { strength: "hard", sbp: [{ axis: "dp", sbp: split(axis) }] };
  }

  /** Asks for what is accumulated for a gradient to be split, so that every micro-batch reduces and scatters its own. */
  #hintAccumulated(node: Node, hint: LayoutHint): void {
    const makers = this.#makers();
    const pending = [...node.inputs];
    for (let name = pending.pop(); name != null; name = pending.pop()) {
      const maker = makers.get(name);
      if (maker?.phase === "weight" && maker.op === accumulateOp) this.#builder.updateValue(name, { hint });
      else if (maker?.phase === "update" && maker.op === "Add") pending.push(...maker.inputs);
      else if (maker?.phase === "update" && maker.op === "Div") pending.push(maker.inputs[0] ?? null);
    }
  }

  #known: Map<string, Node> | undefined;
  #makers(): Map<string, Node> {
    if (this.#known === undefined) {
      this.#known = new Map();
      for (const node of this.#graph.nodes) for (const output of node.outputs) this.#known.set(output, node);
    }
    return this.#known;
  }
}
