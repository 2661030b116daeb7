/**
 * What a step of the optimizer makes of parameters, states and gradients, computed here in f64: the meaning of `sbpc.SgdStep` and
 * `sbpc.AdamStep`, with the scalars that the pass `update-parameters` emits for them.
 */
import type { Attributes } from "./ir/graph.ts";
import type { Dense } from "./ops/contract.ts";
import { evaluateNode } from "./ops/interpret.ts";
import { decayOf, type OptimizerOptions, type TrainOptions } from "./plan/plan.ts";
import { at } from "./support/collections.ts";

/** Learning rate of step k, counted from 0. */
export function learningRate({ learningRate: rate, schedule }: OptimizerOptions, k: number): number {
  const { kind, warmup, total, minimum } = schedule;
  const floor = rate === 0 ? 0 : minimum / rate;
  const part = Math.min(Math.max((k - warmup) / Math.max(1, total - warmup), 0), 1);
  const left = kind === "constant" ? 1 : kind === "linear" ? 1 - part : (Math.cos(Math.PI * part) + 1) / 2;
  const factor = kind === "constant" ? 1 : left * (1 - floor) + floor;
  return rate * factor * (warmup > 0 ? Math.min(k / warmup, 1) : 1);
}

/** What all gradients are multiplied by. */
export function clipFactor({ clipNorm }: TrainOptions, gradients: Iterable<Float64Array>): number {
  if (clipNorm === undefined) return 1;
  let squares = 0;
  for (const gradient of gradients) for (const x of gradient) squares += x * x;
  return Math.min(1, clipNorm / (Math.sqrt(squares) + 1e-6));
}

export interface UpdateInput {
  readonly train: TrainOptions;
  readonly step: number;
  /** Steps before it that counted: all, but under fp16 those whose gradients were not finite. */
  readonly applied: number;
  readonly name: string;
  /** Clipped. */
  readonly gradient: Float64Array;
  /** Values of a parameter or state before the step. */
  readonly before: (name: string) => Float64Array;
}

/** The parameter called `name` and its states after the step, by name. */
export function updatedTensors({
  train,
  step,
  applied,
  name,
  gradient,
  before,
}: UpdateInput): Map<string, Float64Array> {
  const { optimizer } = train;
  const rate = learningRate(optimizer, step);
  const decayRate = decayOf(optimizer, name);
  const dense = (data: Float64Array): Dense => ({ dtype: "f64", shape: [data.length], data });
  const scalar = (x: number): Dense => ({ dtype: "f64", shape: [], data: Float64Array.of(x) });
  const run = (op: string, inputs: readonly Dense[], attributes: Attributes, outputs: number) =>
    evaluateNode(
      { name: op, op, attributes, outputs: Array.from({ length: outputs }, (_, i) => `y${i}`) },
      inputs,
    );
  const [weight, slope] = [dense(before(name)), dense(gradient)];
  if (optimizer.kind === "sgd") {
    const { momentum, nesterov } = optimizer;
    const buffer = `${name}.momentum_buffer`;
    const inputs = [weight, slope, scalar(rate), ...(momentum === 0 ? [] : [dense(before(buffer))])];
    const attributes = {
      weight_decay: { float: decayRate },
      momentum: { float: momentum },
      nesterov: nesterov ? 1 : 0,
    };
    const results = run("sbpc.SgdStep", inputs, attributes, momentum === 0 ? 1 : 2);
    return new Map(
      [name, ...(momentum === 0 ? [] : [buffer])].map((tensor, i) => [tensor, at(results, i).data]),
    );
  }
  const { beta1, beta2, epsilon } = optimizer;
  const decoupled = optimizer.kind === "adamw";
  const states = [`${name}.exp_avg`, `${name}.exp_avg_sq`];
  const results = run(
    "sbpc.AdamStep",
    [
      weight,
      slope,
      ...states.map((state) => dense(before(state))),
      scalar(rate / (1 - beta1 ** (applied + 1))),
      scalar(1 - rate * (decoupled ? decayRate : 0)),
      scalar(1 / Math.sqrt(1 - beta2 ** (applied + 1))),
    ],
    {
      beta1: { float: beta1 },
      beta2: { float: beta2 },
      epsilon: { float: epsilon },
      weight_decay: { float: decoupled ? 0 : decayRate },
    },
    3,
  );
  return new Map([name, ...states].map((tensor, i) => [tensor, at(results, i).data]));
}
