/** Comparison, logic and choice. Under P(max) a boolean is an "or" of the terms, under P(min) an "and". */
import type { DataType } from "../ir/types.ts";
import type { PartialRules } from "../sbp/signature.ts";
import type { Call } from "./call.ts";
import type { Dense } from "./contract.ts";
import { defineOp, rulePoints, type OpDefinition } from "./define.ts";
import { mapBroadcast } from "./dense.ts";
import {
  broadcastRule,
  commonDtype,
  down,
  elementwise,
  up,
  type Accepts,
  type ElementwiseSpec,
} from "./elementwise.ts";
import { discreteResults, formulas, sumToLike } from "./gradients.ts";

function compare(
  name: string,
  since: number,
  doc: string,
  accepts: Accepts,
  f: (a: number, b: number) => boolean,
  rest: Partial<ElementwiseSpec> = {},
): OpDefinition {
  const test = ([a, b]: readonly number[]) => Number(f(a as number, b as number));
  return elementwise({
    name,
    since,
    doc,
    accepts,
    inputs: [2, 2],
    to: "bool",
    f: () => test,
    gradient: discreteResults,
    ...rest,
  });
}

const greater: PartialRules = { monotone: [up(0), down(1)] };
const less: PartialRules = { monotone: [down(0), up(1)] };
const either: PartialRules = { monotone: [up(0), up(1)] };

function choiceDtype(call: Call): DataType {
  if (call.dtype(0) !== "bool") {
    call.fail("dtype-mismatch", {
      problem: `the condition is ${call.dtype(0)}, not bool`,
      types: call.printShapes(),
    });
  }
  return commonDtype(call, "any", [1, 2]);
}

const where = defineOp({
  name: "Where",
  doc: "The second input where the condition holds, else the third.",
  since: 16,
  inputs: [3, 3],
  axes: broadcastRule,
  dtypes: (call) => [choiceDtype(call)],
  partials: { linear: [[1, 2]], monotone: [up(1), up(2), up(1, 2)] },
  flops: (call) => rulePoints(broadcastRule(call), call),
  evaluate: ({ inputs }) => {
    const [condition, x, y] = inputs as readonly [Dense, Dense, Dense];
    return [mapBroadcast([condition, x, y], ([c, a, b]) => (c === 0 ? b : a) as number, x.dtype)];
  },
  gradient: ({ g, inputs: [condition, x, y], gradients, wanted }) => {
    const dy = gradients[0] as string;
    const { where } = formulas(g, g.type(dy).dtype);
    return [
      null,
      wanted[1] === true ? sumToLike(g, where(condition as string, dy, 0), x as string) : null,
      wanted[2] === true ? sumToLike(g, where(condition as string, 0, dy), y as string) : null,
    ];
  },
});

export const logicOps: readonly OpDefinition[] = [
  compare("Equal", 19, "Whether the inputs are equal.", "any", (a, b) => a === b),
  compare("Greater", 13, "Whether the first is greater.", "number", (a, b) => a > b, { partials: greater }),
  compare("GreaterOrEqual", 16, "Whether the first is greater or equal.", "number", (a, b) => a >= b, {
    partials: greater,
  }),
  compare("Less", 13, "Whether the first is less.", "number", (a, b) => a < b, { partials: less }),
  compare("LessOrEqual", 16, "Whether the first is less or equal.", "number", (a, b) => a <= b, {
    partials: less,
  }),
  compare("And", 7, "Whether both hold.", "bool", (a, b) => a !== 0 && b !== 0, {
    partials: either,
    sets: () => [{ set: [0, 1], reduce: "min" }],
  }),
  compare("Or", 7, "Whether one holds.", "bool", (a, b) => a !== 0 || b !== 0, {
    partials: either,
    sets: () => [{ set: [0, 1], reduce: "max" }],
  }),
  compare("Xor", 7, "Whether exactly one holds.", "bool", (a, b) => a !== b),
  where,
];
