/**
 * Types with sizes that are not known yet: what is inferred from symbols, bound afterwards, is what is inferred from the bound
 * sizes; or the operator says, with a code, what it has to know.
 */
import { describe, expect, test } from "vitest";
import { SbpcError } from "../../../src/diagnostics/diagnostic.ts";
import { bindDim, isKnown, type Dim } from "../../../src/ir/dim.ts";
import { printType, tensorType, type ValueType } from "../../../src/ir/types.ts";
import { groupBy } from "../../../src/support/collections.ts";
import { allCases } from "./all-cases.ts";
import { prepare, type Prepared } from "./harness.ts";

/** Sizes above 1 as symbols: those equal to the first size of the first input, or all. */
const namings = {
  "the first size": (size: number, first: number | undefined): Dim =>
    size > 1 && size === first ? `d${size}` : size,
  "every size": (size: number): Dim => (size > 1 ? `d${size}` : size),
};

const bindings = new Map(Array.from({ length: 100 }, (_, size) => [`d${size}`, size]));

/** The types inferred from symbols, bound; or the code of what is missing. */
function inferred(
  { opCase, definition, call }: Prepared,
  name: (size: number, first: number | undefined) => Dim,
): readonly ValueType[] | string {
  const first = opCase.inputs[0]?.shape[0];
  const inputs = opCase.inputs.map((input) => {
    if (input === null) return null;
    const shape = input.constant === undefined ? input.shape.map((size) => name(size, first)) : input.shape;
    return tensorType(input.dtype, shape);
  });
  try {
    return definition.infer(call.withInputs(inputs));
  } catch (error) {
    if (error instanceof SbpcError) return String(error.code);
    throw error;
  }
}

/** Whether a type, once bound, may be this one: what is still unknown may be anything. */
function mayBe(type: ValueType | undefined, expected: ValueType): boolean {
  if (type?.kind !== "tensor" || expected.kind !== "tensor") return type?.kind === expected.kind;
  return (
    type.dtype === expected.dtype &&
    type.shape.length === expected.shape.length &&
    type.shape.every((dim, axis) => {
      const bound = bindDim(dim, bindings);
      return !isKnown(bound) || !isKnown(expected.shape[axis] as Dim) || bound === expected.shape[axis];
    })
  );
}

const cases = groupBy(
  allCases.map((opCase) => prepare(opCase)),
  ({ opCase }) => opCase.op,
);
let bound = 0;

describe.each(Object.entries(namings))("%s unknown", (_, name) => {
  test.each([...cases])("%s", (__, list) => {
    for (const one of list) {
      const types = inferred(one, name);
      if (typeof types === "string") continue;
      bound++;
      one.outputTypes.forEach((expected, i) => {
        const text = types[i] === undefined ? "nothing" : printType(types[i]);
        expect(
          mayBe(types[i], expected),
          `${one.text}: output ${i} is ${text} instead of ${printType(expected)}`,
        ).toBe(true);
      });
    }
  });
});

test("most calls are inferred so", () => {
  expect(bound).toBeGreaterThan(1.5 * allCases.length);
});
