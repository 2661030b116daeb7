/** What a pass is: a pure, named function from compilation to compilation, with what it needs and what it gives. */
import type { DiagnosticSink } from "../src/diagnostics/diagnostic.ts";
import type { Graph } from "../src/ir/graph.ts";
import type { Mesh } from "../src/ir/layout.ts";
import type { CostModel } from "../src/cost/model.ts";
import type { Plan, PlanOptions } from "../src/plan/plan.ts";
import type { LocalStage } from "../src/plan/local-stage.ts";
import type { Property } from "./properties.ts";

/** What `infer-sbp` found, and why. */
export interface LayoutChoice {
  /** Compute and boxing of one micro-batch under the cost model. */
  readonly seconds: number;
  /** No layout takes less; 0 where no bound is known. */
  readonly lowerBound: number;
  /** By value: `hint`, `search`, `follows` (its inputs come as they are made) or `source`. */
  readonly reasons: ReadonlyMap<string, string>;
}

/** What passes work on. The logical graph is there from the first pass to the last; the rest appears on the way. */
export interface Compilation {
  readonly graph: Graph;
  /** From `infer-sbp` on. */
  readonly layout?: LayoutChoice;
  /** From `recompute-activations` on, where it did something: the block of every node of the forward and backward pass. */
  readonly blocks?: ReadonlyMap<string, number>;
  /** The stages as each class of devices runs them, from `localize` on. */
  readonly stages?: readonly LocalStage[];
  readonly plan?: Plan;
}

export interface PassContext {
  readonly mesh: Mesh;
  readonly options: PlanOptions;
  readonly costModel: CostModel;
  /** Bytes per device that the choice of layouts may count on. Absent: the limit of `options`, else the devices' memory. */
  readonly memoryBudget?: number;
  readonly sink: DiagnosticSink;
  /** Text of the graph as the model built it. */
  readonly source: string;
  /** The same for one micro-batch, where that is another. */
  readonly micro?: string;
  /** Per output and input name: the axis that micro-batches cut, null where none. */
  readonly batchAxes: ReadonlyMap<string, number | null>;
}

export interface Pass {
  /** Verb and object; also the file's name, the flag's and the dump's label. */
  readonly name: string;
  /** One sentence. */
  readonly summary: string;
  readonly requires: readonly Property[];
  readonly ensures: readonly Property[];
  /** Properties that held before and need not hold after. */
  readonly breaks?: readonly Property[];
  /** The same object back means that nothing was done. */
  readonly run: (compilation: Compilation, context: PassContext) => Compilation;
}

/** The pass where a step is trained; else nothing is done. */
export function whenTraining(pass: Pass): Pass {
  return {
    ...pass,
    run: (compilation, context) =>
      context.options.train === undefined ? compilation : pass.run(compilation, context),
  };
}

/** The pass where micro-batches do not divide the samples of a step; else nothing is done. */
export function whenUneven(pass: Pass): Pass {
  return {
    ...pass,
    run: (compilation, context) =>
      context.options.samples === undefined ? compilation : pass.run(compilation, context),
  };
}

export function definePass(pass: Pass): Pass {
  return pass;
}
