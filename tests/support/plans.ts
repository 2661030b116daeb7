/** Plans of the examples, compiled once per test file. */
import gpt from "../../examples/gpt.ts";
import vit from "../../examples/vit.ts";
import { compile, type CompileOptions } from "../../src/compile.ts";
import { presetCluster } from "../../src/cost/cluster.ts";
import { parseGraph } from "../../src/ir/text/parse.ts";
import { buildModel, type Model } from "../../src/nn/model.ts";
import type { Plan, TrainOptions } from "../../src/plan/plan.ts";
import { parseMesh } from "../../src/sbp/mesh.ts";
import { trainOptions } from "./train.ts";

const models: Readonly<Record<"vit" | "gpt", Model>> = { vit, gpt };

export interface PlanRequest {
  readonly model: keyof typeof models;
  readonly mesh: string;
  readonly batch?: number;
  readonly microbatches?: number;
  readonly hints?: boolean;
  readonly settings?: Readonly<Record<string, string>>;
  readonly cluster?: string;
  readonly memoryLimit?: number;
  /** Absent: the forward pass alone. */
  readonly train?: Partial<TrainOptions>;
}

/** What `compile` is given for a model of the examples. */
export function compileOptions({
  model,
  mesh,
  batch = 8,
  microbatches = 1,
  hints = true,
  settings = {},
  cluster = "local",
  memoryLimit,
  train,
}: PlanRequest): CompileOptions {
  const build = (n: number) =>
    buildModel(models[model], {
      dims: { batch: n },
      settings: { ...settings, ...(train === undefined ? {} : { training: "true" }) },
    });
  const whole = build(batch);
  return {
    whole,
    micro: microbatches === 1 ? whole : build(batch / microbatches),
    mesh: parseMesh(mesh),
    cluster: presetCluster(cluster),
    hints,
    microbatches,
    dims: { batch },
    settings,
    check: false,
    ...(memoryLimit === undefined ? {} : { memoryLimit }),
    ...(train === undefined ? {} : { train: trainOptions(train) }),
  };
}

const plans = new Map<string, Plan>();

export function planOf(request: PlanRequest): Plan {
  const key = JSON.stringify(request);
  let plan = plans.get(key);
  if (plan === undefined) plans.set(key, (plan = compile(compileOptions(request)).plan));
  return plan;
}

/** The plan of a graph in text form. */
export function planOfText(text: string, mesh: string, memoryLimit?: number): Plan {
  const graph = parseGraph(text, "test.graph");
  return compile({
    whole: graph,
    micro: graph,
    mesh: parseMesh(mesh),
    cluster: presetCluster("local"),
    hints: true,
    microbatches: 1,
    dims: {},
    settings: {},
    ...(memoryLimit === undefined ? {} : { memoryLimit }),
  }).plan;
}
