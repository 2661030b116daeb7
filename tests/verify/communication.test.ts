/**
 * What a training step communicates where LiBai's hints are obeyed, counted in the plan: over tp what Megatron-LM does (Shoeybi et al.
 * 2019: two all-reduces per layer forward, two backward), over dp one reduction of every gradient in a step, whatever the number
 * of micro-batches; with ZeRO a reduce-scatter of every gradient and an all-gather of every parameter.
 */
import { describe, expect, test } from "vitest";
import { parseGraph } from "../../src/ir/text/parse.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { communicationOf } from "../../src/sbp/boxing-node.ts";
import { trainingPlan, type TrainingRequest } from "../support/train.ts";

const full = process.env["SBPC_FULL"] === "1";

const words = { layers: "2", hiddenSize: "48", heads: "4", vocabSize: "64", maxPositions: "32" };
const models: readonly (readonly [string, Omit<TrainingRequest, "mesh">])[] = [
  ["ViT-Tiny", { file: "examples/vit.ts", settings: { size: "tiny", depth: full ? "12" : "2" } }],
  ["GPT-2", { file: "examples/gpt.ts", settings: words, dims: { batch: 8, seq: 16 } }],
  ...(full
    ? ([["BERT", { file: "examples/bert.ts", settings: words, dims: { batch: 8, seq: 16 } }]] as const)
    : []),
];

interface Exchange {
  readonly kind: string;
  readonly axes: string;
  /** "forward", or the phase of the step. */
  readonly phase: string;
  readonly layer: number;
  /** What is exchanged. */
  readonly value: string;
}

function exchanges(plan: Plan): Exchange[] {
  return parseGraph(plan.graph).nodes.flatMap((node) => {
    const communication = communicationOf(node);
    if (communication === undefined) return [];
    const { kind, axes, input: value } = communication;
    const { phase = "forward", layer = -1 } = node;
    return [{ kind, axes: axes.map((axis) => plan.mesh.axes[axis]?.name).join(), phase, layer, value }];
  });
}

/** How many there are of each description. */
function counts(all: readonly string[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const one of all) found[one] = (found[one] ?? 0) + 1;
  return found;
}

const parametersOf = (plan: Plan): string[] =>
  plan.parameters.flatMap(({ name, stateOf }) => (stateOf === undefined ? [name] : []));

describe.each(models)("%s", (_, request) => {
  const megatron = { "forward all-reduce": 2, "input all-reduce": 2 };

  test.each(["tp=2", "dp=2,tp=2"])(
    "four all-reduces over tp per layer and micro-batch on %s",
    { timeout: 600_000 },
    async (mesh) => {
      const plan = await trainingPlan({ ...request, mesh });
      const perBatch = exchanges(plan).filter(({ phase, axes }) => phase !== "update" && axes === "tp");
      const layers = Number(request.settings?.["layers"] ?? request.settings?.["depth"]);
      for (let layer = 0; layer < layers; layer++) {
        // The first layer has the embeddings' number too.
        const own = perBatch.filter(
          ({ layer: at, value }) => at === layer && /^(transformer|encoders|blocks)\./.test(value),
        );
        expect(counts(own.map(({ phase, kind }) => `${phase} ${kind}`))).toEqual(megatron);
      }
    },
  );

  test.each([
    ["dp=2", 1],
    ["dp=2", 4],
    ["dp=2,tp=2", 4],
  ])(
    "one reduction of each gradient over dp on %s, %i micro-batches",
    { timeout: 600_000 },
    async (mesh, microbatches) => {
      const plan = await trainingPlan({ ...request, mesh, microbatches });
      const reductions = exchanges(plan).filter(
        ({ kind, axes, value }) =>
          axes === "dp" && /^(all-reduce|reduce-scatter)$/.test(kind) && value.includes(".grad."),
      );
      expect(new Set(reductions.map(({ phase }) => phase))).toEqual(new Set(["update"]));
      const reduced = reductions.map(({ value }) => value.replace(/\.grad\..*/, ""));
      expect(reduced.sort()).toEqual(parametersOf(plan).sort());
    },
  );

  test.each(["dp=2", "dp=2,tp=2"])(
    "ZeRO-1 scatters and gathers on %s",
    { timeout: 600_000 },
    async (mesh) => {
      const plan = await trainingPlan({ ...request, mesh, train: { zero: 1 } });
      const overDp = exchanges(plan).filter(({ axes, phase }) => axes === "dp" && phase === "update");
      const of = (wanted: string, ending: RegExp) =>
        overDp
          .flatMap(({ kind, value }) =>
            kind === wanted && ending.test(value) ? [value.replace(ending, "")] : [],
          )
          .sort();
      expect(of("all-reduce", /\.grad\..*/)).toEqual([]);
      expect(of("reduce-scatter", /\.grad\..*/)).toEqual(parametersOf(plan).sort());
      expect(of("all-gather", /\.AdamStep.*/)).toEqual(parametersOf(plan).sort());
    },
  );

  test("what crosses a stage is sent once each way on tp=2,pp=2", { timeout: 600_000 }, async () => {
    const plan = await trainingPlan({ ...request, mesh: "tp=2,pp=2" });
    const sent = exchanges(plan).filter(
      ({ kind, phase, value }) =>
        kind === "send" && phase !== "update" && /^(transformer|encoders|blocks)\./.test(value),
    );
    expect(counts(sent.map(({ phase }) => phase))).toEqual({ forward: 1, input: 1 });
  });
});
