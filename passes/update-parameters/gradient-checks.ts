/** What is computed over all gradients of a step, on all stages: their norm, for clipping, and whether all are finite. */
import { tensorTypeOf, type Node } from "../../src/ir/graph.ts";
import { dataTypes } from "../../src/ir/types.ts";
import type { GraphEmitter } from "../../src/ops/emitter.ts";
import { at } from "../../src/support/collections.ts";
import type { UpdatePhase } from "./update-phase.ts";

export interface GradientChecks {
  /** The factor of all gradients, a scalar; undefined where they are not clipped. */
  readonly clip: string | undefined;
  /** Under fp16, a scalar: 0 where all gradients are finite, else NaN. */
  readonly doubt: string | undefined;
}

export function checkGradients(phase: UpdatePhase, gradients: readonly Node[]): GradientChecks {
  return { clip: clipping(phase, gradients), doubt: doubting(phase, gradients) };
}

/** The factor of all gradients, a scalar; undefined where they are not clipped. */
function clipping(phase: UpdatePhase, gradients: readonly Node[]): string | undefined {
  const { clipNorm } = phase.train;
  if (clipNorm === undefined) return undefined;
  // Line by line, then the lines' sums: one long sum in f32 would lose what millions of small squares add.
  const { g, total } = overAll(phase, gradients, "optimizer.norm", (own, gradient) =>
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

/** See `GradientChecks`. Zero times a number is zero, but for what is no number or infinite. */
function doubting(phase: UpdatePhase, gradients: readonly Node[]): string | undefined {
  if (phase.train.precision !== "fp16") return undefined;
  return overAll(phase, gradients, "optimizer.finite", (g, gradient) => {
    const zero = g.scalar(g.type(gradient).dtype, 0);
    return g.op("ReduceSum", [g.op("Mul", [gradient, zero])], { keepdims: 0 });
  }).total;
}

/** The sum over all gradients of a scalar that is made of each (f64 where all are), on the first stage that has one. */
function overAll(
  phase: UpdatePhase,
  gradients: readonly Node[],
  prefix: string,
  make: (g: GraphEmitter, gradient: string) => string,
): { readonly g: GraphEmitter; readonly total: string } {
  const perStage = new Map<number, string[]>();
  const areDoubles = gradients.every(
    (node) => tensorTypeOf(phase.graph, at(node.outputs, 0)).dtype === "f64",
  );
  const dtype = areDoubles ? "f64" : "f32";
  for (const node of gradients) {
    const stage = node.stage ?? 0;
    const g = phase.emitter(stage, prefix);
    const term = make(g, at(node.outputs, 0));
    const found = perStage.get(stage) ?? [];
    found.push(g.type(term).dtype === dtype ? term : g.op("Cast", [term], { to: dataTypes[dtype][0] }));
    perStage.set(stage, found);
  }
  const sums = [...perStage]
    .sort(([a], [b]) => b - a)
    .map(([stage, terms]) => phase.emitter(stage, prefix).op("Sum", terms));
  const g = phase.emitter(Math.min(...perStage.keys()), prefix);
  return { g, total: sums.reduce((a, b) => g.op("Add", [a, b])) };
}
