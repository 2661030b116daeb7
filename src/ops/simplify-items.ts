/** Simplifications of operators on sequences and optionals whose items are known values: the sequence is not needed. */
import { scalar, tensorData, toNumbers } from "../ir/tensor-data.ts";
import type { Call } from "./call.ts";
import { joinAxis, keepsAxis, mostItems, partsOf } from "./sequence.ts";
import type { Rule, Simplification } from "./simplification.ts";

/** The values that the first input is made of, where each of them is one. */
function valuesOf(call: Call): readonly string[] | undefined {
  const items = call.items(0);
  if (items === undefined) return undefined;
  const values = items.flatMap(({ value }) => value ?? []);
  return values.length === items.length ? values : undefined;
}

const itemAt: Rule = (call) => {
  const [values, position] = [valuesOf(call), call.constant(1)];
  if (values === undefined || position === undefined) return undefined;
  const value = values.at(toNumbers(position)[0] as number);
  return value === undefined ? undefined : { kind: "value", value };
};

const lengthKnown: Rule = (call) => {
  const items = call.items(0);
  return items === undefined ? undefined : { kind: "constant", data: scalar("i64", items.length) };
};

/** Joined items are a Concat of them, each with a new axis of size 1 where they are stacked. */
const joined: Rule = (call) => {
  const values = valuesOf(call);
  if (values === undefined || values.length === 0) return undefined;
  const first = call.items(0)?.[0]?.type;
  if (first?.kind !== "tensor") return undefined;
  const { axis, isNew } = joinAxis(call, first.shape.length);
  if (values.length === 1 && !isNew) return { kind: "value", value: values[0] as string };
  return {
    kind: "emit",
    build: (g) => {
      const parts = isNew ? values.map((value) => g.op("Unsqueeze", [value, g.ints([axis])])) : values;
      return [parts.length === 1 ? (parts[0] as string) : g.op("Concat", parts, { axis })];
    },
  };
};

/** A cut of known sizes is a Split whose parts make a sequence. */
const cut: Rule = (call): Simplification | undefined => {
  const { axis, sizes } = partsOf(call);
  if (sizes === undefined || sizes.length === 0 || sizes.length > mostItems) return undefined;
  return {
    kind: "emit",
    build: (g, [input]) => {
      const lengths = g.constant(tensorData("i64", [sizes.length], sizes));
      const parts =
        sizes.length === 1
          ? [input as string]
          : g.ops("Split", [input as string, lengths], { axis }, sizes.length);
      const items = keepsAxis(call) ? parts : parts.map((part) => g.op("Squeeze", [part, g.ints([axis])]));
      return [g.op("SequenceConstruct", items)];
    },
  };
};

const hasElement: Rule = (call) => {
  const type = call.inputs[0];
  if (type == null || type.kind !== "optional")
    return { kind: "constant", data: scalar("bool", type == null ? 0 : 1) };
  const items = call.items(0);
  return items === undefined ? undefined : { kind: "constant", data: scalar("bool", items.length) };
};

const getElement: Rule = (call) => {
  if (call.inputs[0]?.kind !== "optional") return { kind: "forward", input: 0 };
  const value = valuesOf(call)?.[0];
  return value === undefined ? undefined : { kind: "value", value };
};

export const itemRules: readonly (readonly [string, readonly Rule[]])[] = [
  ["SequenceAt", [itemAt]],
  ["SequenceLength", [lengthKnown]],
  ["ConcatFromSequence", [joined]],
  ["SplitToSequence", [cut]],
  ["OptionalHasElement", [hasElement]],
  ["OptionalGetElement", [getElement]],
];
