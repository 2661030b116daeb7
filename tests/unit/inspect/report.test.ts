/** The JSON of a plan: it keeps its schema, its numbers are the plan's, and it does not grow with devices that are alike. */
import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { reportPlan, reportVersion } from "../../../src/inspect/report.ts";
import { graphOf } from "../../../src/inspect/plan-graph.ts";
import { planFigures } from "../../../src/inspect/figures.ts";
import { planText } from "../../../src/inspect/plan-text.ts";
import { trainingPlan } from "../../support/train.ts";
import { planOf, type PlanRequest } from "../../support/plans.ts";

const schema = JSON.parse(
  readFileSync(new URL("../../../src/inspect/plan-report.schema.json", import.meta.url), "utf8"),
) as { readonly properties: { readonly reportVersion: { readonly const: number } } };
const validate = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true }).compile(schema);

const requests: readonly PlanRequest[] = [
  { model: "vit", mesh: "dp=2,tp=2,pp=2" },
  { model: "vit", mesh: "dp=3,tp=2,pp=2", microbatches: 2, hints: false },
  { model: "gpt", mesh: "1", settings: { layers: "2" } },
];

const training = await trainingPlan({ file: "examples/mlp.ts", mesh: "dp=2,pp=2", train: { zero: 1 } });
const plans = [
  ...requests.map((request) => ({ title: `${request.model} on ${request.mesh}`, plan: planOf(request) })),
  { title: "a plan that trains", plan: training },
];

describe.each(plans)("$title", ({ plan }) => {
  const report = JSON.parse(JSON.stringify(reportPlan(plan))) as Record<string, unknown>;

  test("keeps the schema", () => {
    validate(report);
    expect(validate.errors ?? []).toEqual([]);
  });

  test("a field that is missing, new or of another type does not", () => {
    const { boxings: _, ...rest } = report;
    expect(validate(rest)).toBe(false);
    expect(validate({ ...report, more: 1 })).toBe(false);
    expect(validate({ ...report, bytes: "12" })).toBe(false);
  });
});

test("the schema is of the version that is written", () => {
  expect(schema.properties.reportVersion.const).toBe(reportVersion);
});

test("text and JSON have the same rows", () => {
  const plan = planOf(requests[1]!);
  const view = { plan, graph: graphOf(plan), figures: planFigures(plan) };
  const report = reportPlan(plan);
  const text = planText(view, { ops: true, boxing: true, unfolded: true });
  for (const { value, layout } of report.operators.flatMap(({ outputs }) => outputs))
    expect(
      text.split("\n").some((line) => line.includes(` ${value} `) && line.includes(layout)),
      value,
    ).toBe(true);
  for (const { index, input, from, to } of report.boxings)
    expect(
      text
        .split("\n")
        .some(
          (line) =>
            line.startsWith(`  ${String(index).padStart(2)} `) &&
            [input, from, to].every((part) => line.includes(part)),
        ),
      `${index} ${input}`,
    ).toBe(true);
});

test("eight times as many devices that do the same take no more room", () => {
  const size = (mesh: string, batch: number) => {
    const plan = planOf({ model: "gpt", mesh, batch, settings: { layers: "2" } });
    const view = { plan, graph: graphOf(plan), figures: planFigures(plan) };
    return [
      JSON.stringify(reportPlan(plan)).length,
      planText(view, { ops: true, boxing: true, memory: true, schedule: true }).length,
    ];
  };
  const [few, many] = [size("dp=4,tp=2", 4), size("dp=32,tp=2", 32)];
  few.forEach((length, i) => expect(many[i]).toBeLessThan(1.05 * length));
});
