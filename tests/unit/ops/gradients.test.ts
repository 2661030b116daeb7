/**
 * Every operator says what its derivative is: a rule, a composition of others that have one, or why there is none. Every rule
 * against finite differences in f64, by every differentiable input, and sharded under every signature of the forward call
 * against whole.
 */
import { afterAll, describe, expect, test } from "vitest";
import { registry } from "../../../src/ops/registry.ts";
import { groupBy } from "../../../src/support/collections.ts";
import { allCases } from "./all-cases.ts";
import type { OpCase } from "./case.ts";
import { gradientCases, refused, runtimeRounds, unfit } from "./gradient-cases.ts";
import {
  checkEmitted,
  checkGradients,
  checkOnRuntime,
  checkSharded,
  differentiable,
  differentiateCase,
  forwardSignatures,
  hasGradients,
  whyRefused,
} from "./gradient-harness.ts";
import { meshOf, prepare, type Prepared } from "./harness.ts";

/** Whether finite differences say something of it: no NaN and no infinity. */
function isPlain({ inputs }: OpCase): boolean {
  return inputs.every(
    (input) => (input?.special ?? []).every((x) => x === 0) && input?.constant?.some(Number.isNaN) !== true,
  );
}

/** Whether the rule refuses a call of an operator that has one. */
function isRefused(text: string): boolean {
  return refused.some(({ call }) => call.test(text));
}

const cases = groupBy(
  [...allCases, ...gradientCases]
    .filter(isPlain)
    .map((opCase) => prepare(opCase))
    .filter(hasGradients)
    .filter((one) => unfit[one.text] === undefined && !isRefused(one.text) && whyRefused(one) === undefined),
  ({ opCase }) => opCase.op,
);
const differentiated = [...registry.values()].filter(
  ({ gradient }) => typeof gradient === "function" || (gradient !== undefined && "expand" in gradient),
);
const count = { cases: 0, inputs: 0, sharded: 0, runtime: 0 };

afterAll(() => {
  const reasons = [...registry.values()].filter(
    ({ gradient }) => typeof gradient === "object" && "none" in gradient,
  );
  process.stdout.write(
    `gradients: ${differentiated.length} operators have one, ${reasons.length} say why not; ${count.cases} cases ` +
      `(${count.inputs} inputs) equal to finite differences; sharded under ${count.sharded} signatures; ${count.runtime} in ONNX Runtime\n`,
  );
});

describe("every operator", () => {
  test("has a gradient or says why not", () => {
    const missing = [...registry.values()]
      .filter(({ gradient }) => gradient === undefined)
      .map(({ name }) => name);
    expect(missing).toEqual([]);
  });

  test("says why not in a sentence", () => {
    for (const { name, gradient } of registry.values())
      if (typeof gradient === "object" && "none" in gradient)
        expect(gradient.none, name).toMatch(/^[a-z].{15,}[^.]$/);
  });

  test("that has one has a case", () => {
    expect(differentiated.map(({ name }) => name).filter((name) => !cases.has(name))).toEqual([]);
  });

  test("is excused from finite differences only in cases that there are", () => {
    const texts = new Set([...allCases, ...gradientCases].map((opCase) => prepare(opCase).text));
    expect(Object.keys(unfit).filter((text) => !texts.has(text))).toEqual([]);
  });
});

test("calls that cannot be written with others are refused", () => {
  const found = allCases
    .filter(isPlain)
    .map((one) => prepare(one))
    .filter((one) => whyRefused(one) !== undefined && hasGradients(one));
  expect(found.length).toBeGreaterThan(0);
  for (const one of found)
    expect(() => differentiateCase(one, differentiable(one)), one.text).toThrow(whyRefused(one));
});

test.each(refused)("$call is refused", ({ call, reason }) => {
  const found = [...allCases, ...gradientCases]
    .map((one) => prepare(one))
    .filter(({ text }) => call.test(text));
  expect(found.length).toBeGreaterThan(0);
  for (const one of found) expect(() => differentiateCase(one, differentiable(one))).toThrow(reason);
});

describe.each(differentiated.map(({ name }) => name).filter((name) => cases.has(name)))("%s", (op) => {
  const prepared = cases.get(op) as readonly Prepared[];

  test("has the gradients of finite differences", () => {
    const problems = prepared.flatMap((one) => {
      count.cases++;
      count.inputs += differentiable(one).length;
      const problem = checkGradients(one);
      return problem === undefined ? [] : [`${one.text}: ${problem}`];
    });
    expect(problems).toEqual([]);
  });

  test("emits nothing that was not asked for", () => {
    const problems = prepared.flatMap((one) => {
      const problem = checkEmitted(one);
      return problem === undefined ? [] : [`${one.text}: ${problem}`];
    });
    expect(problems).toEqual([]);
  });

  test("has gradients that ONNX Runtime computes", async () => {
    const problems: string[] = [];
    for (const one of op.startsWith("sbpc.") ? [] : prepared) {
      const problem = await checkOnRuntime(one);
      if (problem === "no kernel") continue;
      count.runtime++;
      if (problem !== undefined && runtimeRounds[one.text] === undefined)
        problems.push(`${one.text}: ${problem}`);
    }
    expect(problems).toEqual([]);
  });

  test("has the same gradients sharded as whole", () => {
    const problems: string[] = [];
    for (const one of prepared) {
      const joint = differentiateCase(one, differentiable(one));
      for (const devices of [2, 3]) {
        const mesh = meshOf(devices);
        for (const signature of forwardSignatures(one, joint, mesh)) {
          count.sharded++;
          const problem = checkSharded(one, joint, signature, mesh);
          if (problem !== undefined)
            problems.push(`${one.text} on ${devices} devices, ${signature.text}: ${problem}`);
        }
      }
    }
    expect(problems).toEqual([]);
  });
});
