/**
 * Why layouts are as they are: what is chosen costs least beside what is chosen for everything else, and forcing any other
 * layout makes the whole no faster. A sample of the tensors; with SBPC_FULL=1 every tensor of the first plan, where those that equal
 * layers have alike are looked at in one of the layers, each in another (every tensor of every layer takes an hour).
 */
import { describe, expect, test } from "vitest";
import { boxingReasonText, valueReasonText } from "../../../src/inspect/why-text.ts";
import { graphOf } from "../../../src/inspect/plan-graph.ts";
import { parseGraph } from "../../../src/ir/text/parse.ts";
import { printNdSbp } from "../../../src/ir/layout.ts";
import { SbpcError } from "../../../src/diagnostics/diagnostic.ts";
import { explainBoxing, explainValue } from "../../../src/why.ts";
import { decodePlan, encodePlan } from "../../../src/plan/codec.ts";
import { groupBy } from "../../../src/support/collections.ts";
import type { Plan } from "../../../src/plan/plan.ts";
import { planOf, planOfText, type PlanRequest } from "../../support/plans.ts";

const full = process.env["SBPC_FULL"] === "1";
/** Every so many-th tensor is looked at. */
const stride = full ? 19 : 97;

/** Tensors by what they are called in every layer, of each the one of a layer; what is in no layer is all there. */
function oneOfEach(names: readonly string[]): string[] {
  const alike = groupBy(names, (name) => name.replace(/^blocks\.\d+\./, "blocks."));
  return [...alike.values()].map((group, i) => group[i % group.length] as string);
}

const requests: readonly (PlanRequest & { readonly every?: true })[] = [
  { model: "vit", mesh: "dp=2,tp=2,pp=2", hints: false, every: true },
  // Fewer samples than devices: what is split is communicated.
  { model: "vit", mesh: "dp=2,tp=2", batch: 2, hints: false, cluster: "a100-node" },
];

describe.each(requests)("$model on $mesh without hints, batch $batch", ({ every, ...request }) => {
  // As the command has it: from the file.
  const plan = decodePlan(encodePlan(planOf(request)), "plan");
  const graph = graphOf(plan);
  const source = parseGraph(plan.source, "source");
  const tensors = [...graph.values.keys()].filter(
    (name) => source.values.has(name) && graph.values.get(name)?.type.kind === "tensor",
  );
  const values = full && every === true ? oneOfEach(tensors) : tensors.filter((_, i) => i % stride === 3);

  test(
    `each of ${values.length} tensors has the cheapest of its candidates, and forcing another gains nothing`,
    () => {
      let forcedInAll = 0;
      for (const value of values) {
        const reason = explainValue(plan, value);
        expect(reason.layout, value).toBe(printNdSbp(graph.values.get(value)!.layout!));
        if (reason.role === undefined) continue;
        const chosen = reason.options.find((option) => option.chosen)!;
        expect(chosen.layout, value).toBe(reason.layout);
        expect(chosen.seconds, value).toBeLessThan(Infinity);
        for (const option of reason.options)
          expect(option.seconds, `${value} ${option.layout}`).toBeGreaterThanOrEqual(
            chosen.seconds * (1 - 1e-9),
          );
        expect(reason.forced).toHaveLength(reason.options.length - 1);
        for (const forced of reason.forced) {
          if (!forced.possible) continue;
          forcedInAll++;
          expect(forced.change, `${value} ${forced.layout}`).toBeGreaterThanOrEqual(-1e-9 * forced.seconds);
          // Everything else may change too, so that the whole loses no more than this tensor alone.
          const alone =
            reason.options.find(({ layout }) => layout === forced.layout)!.seconds - chosen.seconds;
          expect(forced.change, `${value} ${forced.layout}`).toBeLessThanOrEqual(alone + 1e-9);
        }
      }
      expect(forcedInAll).toBeGreaterThan(values.length);
    },
    full ? 3_600_000 : 120_000,
  );
});

test("an output that is made partial costs what it takes to give it whole", () => {
  const plan = planOf({ model: "vit", mesh: "dp=2,tp=2", hints: false });
  const { options, forced } = explainValue(plan, parseGraph(plan.source, "source").outputs[0]!.value);
  const chosen = options.find((option) => option.chosen)!;
  let partial = 0;
  for (const one of forced) {
    if (!one.possible || !one.layout.includes("P")) continue;
    partial++;
    const { layout, change } = one;
    const alone = options.find((option) => option.layout === layout)!.seconds - chosen.seconds;
    expect(change, layout).toBeLessThanOrEqual(alone + 1e-9);
  }
  expect(partial).toBeGreaterThan(0);
});

describe("what stands in the way", () => {
  test("a layer's hint, and a constraint", () => {
    const plan = planOf({ model: "vit", mesh: "dp=2,tp=2" });
    const soft = explainValue(plan, "blocks.0.mlp.denseHTo4h.MatMul", { force: false });
    expect(soft.hint).toBe("soft dp:S(0) tp:S(2)");
    expect(valueReasonText(soft)).toMatch(/\[S\(0\), S\(0\)\].*against the layer's hint/);
    // `toGlobal` to the layout of another value: that value is in the way.
    const like = explainValue(plan, "ToGlobal", { force: false });
    expect(like.hint).toBe("hard like %patchEmbed.Transpose");
    expect(valueReasonText(like)).toMatch(
      /impossible beside its neighbours.*patchEmbed\.Transpose impossible/,
    );
    const hard = explainValue(constrained(), "y", { force: false });
    expect(hard.options.filter(({ hintSeconds }) => hintSeconds === Infinity).length).toBeGreaterThan(0);
    expect(valueReasonText(hard)).toContain("against a constraint of the model");
  });

  test("the operator has no such signature", () => {
    const plan = planOf({ model: "vit", mesh: "tp=2" });
    const reason = explainValue(plan, "blocks.0.selfAttention.Reshape", { force: false });
    expect(reason.without!.length).toBeGreaterThan(0);
    expect(valueReasonText(reason)).toMatch(/no signature of Reshape gives/);
  });

  test("a limit on memory", () => {
    const free = planOf({ model: "vit", mesh: "tp=2", hints: false });
    const limit = Math.floor(0.8 * Math.max(...free.prediction.peakMemoryBytes));
    const limited = planOf({ model: "vit", mesh: "tp=2", hints: false, memoryLimit: limit });
    const moved = [...graphOf(free).values].filter(
      ([name, { layout }]) =>
        layout !== undefined &&
        graphOf(limited).values.get(name)?.layout !== undefined &&
        printNdSbp(graphOf(limited).values.get(name)!.layout!) !== printNdSbp(layout),
    );
    expect(moved.length).toBeGreaterThan(0);
    const reasons = moved.slice(0, 40).map(([name]) => explainValue(limited, name, { force: false }));
    for (const reason of reasons)
      expect(reason.options.find(({ chosen }) => chosen)!.layout, reason.value).toBe(reason.layout);
    expect(reasons.some(({ limited: tight }) => tight === true)).toBe(true);
  });
});

test("a name that there is not gives those that are near", () => {
  const plan = planOf({ model: "vit", mesh: "tp=2" });
  const message = messageOf(() => explainValue(plan, "blocks.1.mlp.denseHTo4h.Matmull"));
  expect(message).toContain("plan-part-missing");
  expect(message).toContain("blocks.1.mlp.denseHTo4h.MatMul");
  expect(messageOf(() => explainValue(plan, plan.boxing[0]!.output))).toContain("--why-boxing 0");
});

test("micro-batches: what was compiled is explained, not the whole batch", () => {
  const plan = planOf({ model: "vit", mesh: "tp=2,pp=2", microbatches: 2 });
  const reason = explainValue(plan, "blocks.0.Add", { force: false });
  expect(reason.type).toBe("f32[4, 197, 192]");
});

describe("a communication", () => {
  const plan = planOf({ model: "vit", mesh: "dp=2,tp=2,pp=2" });

  test("every one of a plan is explained: its way costs what the plan says, and no other costs less", () => {
    plan.boxing.forEach((boxing, index) => {
      const reason = explainBoxing(plan, index);
      expect(reason.ends.length).toBeGreaterThan(0);
      for (const { taken, alternatives, takers } of reason.ends) {
        expect(takers.length).toBeGreaterThan(0);
        expect(taken.text).toContain(boxing.kind);
        expect(taken.seconds).toBeGreaterThanOrEqual(boxing.predictedSeconds);
        expect(alternatives.length).toBeGreaterThan(0);
        for (const way of alternatives) {
          expect(way.text).not.toBe(taken.text);
          expect(way.seconds).toBeGreaterThanOrEqual(taken.seconds * (1 - 1e-9));
        }
      }
    });
  });

  test("as text", () => {
    const text = boxingReasonText(explainBoxing(plan, 0));
    expect(text).toMatch(/made by MatMul blocks\.0\.selfAttention\.dense\.MatMul as \[S\(0\), P\(sum\)\]/);
    expect(text).toMatch(/\* .* all-reduce \(tp\) -> \[S\(0\), B\]/);
    expect(text).toMatch(/reduce-scatter \(tp\).*all-gather \(tp\)/);
  });
});

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof SbpcError) return error.message;
    throw error;
  }
  return "nothing was thrown";
}

/** A product that must be split by columns. */
function constrained(): Plan {
  return planOfText(
    `graph constrained {
  input %x : f32[64, 512]
  parameter %w : f32[512, 512] = normal(0, 0.02)
  %y = MatMul(%x, %w) : f32[64, 512] hint hard tp:S(1)
  return y=%y
}`,
    "tp=2",
  );
}
