/**
 * Scalars that change from step to step, on every stage for itself: the learning rate, the number of steps, whether the step
 * counts, and the scale of the loss.
 */
import { assignOp, goodStepsState, growthInterval, lossScaleState } from "../../src/ir/step-node.ts";
import { dataTypes, tensorType, type TensorType } from "../../src/ir/types.ts";
import type { GraphEmitter } from "../../src/ops/emitter.ts";
import type { TrainOptions } from "../../src/plan/plan.ts";
import type { GradientChecks } from "./gradient-checks.ts";
import type { UpdatePhase } from "./update-phase.ts";

/** Scalars of one stage. */
export interface StageScalars extends GradientChecks {
  /** Whether the step counts; undefined: it does. */
  readonly isFinite: string | undefined;
  /** In f64. */
  readonly learningRate: string;
  /** Steps that count, this one among them. */
  readonly step: string;
  /** By name and type; see `typedScalar`. */
  readonly byType: Map<string, string>;
}

export class ScalarsByStage {
  readonly #phase: UpdatePhase;
  readonly #checks: GradientChecks;
  readonly #known = new Map<number, StageScalars>();

  constructor(phase: UpdatePhase, checks: GradientChecks) {
    this.#phase = phase;
    this.#checks = checks;
  }

  /** The scalars of a stage, added when first asked for. */
  of(stage: number): StageScalars {
    let known = this.#known.get(stage);
    if (known !== undefined) return known;
    const g = this.#phase.emitter(stage, "optimizer");
    const counter = this.#phase.state("optimizer.step", tensorType("f64", []), undefined);
    const step = g.op("Add", [counter, g.scalar("f64", 1)]);
    g.op(assignOp, [counter, step]);
    const learningRate = learningRateOf(this.#phase.train, g, counter);
    const { doubt } = this.#checks;
    const isFinite =
      doubt === undefined ? undefined : g.op("Equal", [doubt, g.scalar(g.type(doubt).dtype, 0)]);
    known = {
      ...this.#checks,
      isFinite,
      learningRate,
      step: isFinite === undefined ? step : this.#scaling(g, isFinite),
      byType: new Map(),
    };
    this.#known.set(stage, known);
    return known;
  }

  /**
   * Adapts the scale of the loss: half of it where a gradient is not finite, twice after `growthInterval` steps in which all were
   * (Micikevicius et al. 2018; the numbers are PyTorch's). Gives the number of steps that count, this one among them.
   */
  #scaling(g: GraphEmitter, isFinite: string): string {
    const f64 = (value: number) => g.scalar("f64", value);
    const scalarState = (name: string) => this.#phase.state(name, tensorType("f64", []), undefined);
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
}

/** The rate of step k, k being the number of steps done. */
function learningRateOf({ optimizer }: TrainOptions, g: GraphEmitter, k: string): string {
  const { learningRate, schedule } = optimizer;
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
            g.op("Add", [cosine(g, g.op("Mul", [part, number(Math.PI)])), number(1)]),
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
function cosine(g: GraphEmitter, angle: string): string {
  const single = g.op("Cos", [g.op("Cast", [angle], { to: dataTypes.f32[0] })]);
  return g.op("Cast", [single], { to: dataTypes.f64[0] });
}

/** A scalar in the elements of a tensor's type, made once per stage under its name. */
export function typedScalar(
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
