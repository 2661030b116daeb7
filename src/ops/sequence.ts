/**
 * Sequences and optionals. They have no layout: items may differ in shape and number, so every device has the whole. What
 * a sequence is made of is followed where it is known (`items`), so that most of them vanish before layouts are chosen.
 */
import { dimAdd, isKnown, type Dim } from "../ir/dim.ts";
import { scalar, toNumbers } from "../ir/tensor-data.ts";
import {
  dataTypes,
  printType,
  tensorType,
  typesEqual,
  type DataType,
  type TensorType,
  type ValueType,
} from "../ir/types.ts";
import { invariant } from "../support/assert.ts";
import { at, range, sum } from "../support/collections.ts";
import type { Call, Item } from "./call.ts";
import type { Dense, Items } from "./contract.ts";
import { asDense, asItems, isDense, typeOfDatum } from "./datum.ts";
import { defineOp, type OpDefinition } from "./define.ts";
import { dense, forEachIndex, offsetOf, pick, stack, stridesOf } from "./dense.ts";
import { discreteResults } from "./gradients.ts";
import { dataDependentDim } from "./movement.ts";

const whole = "A sequence or optional has no layout: its items may differ in shape and number.";

/** The shape of items of which not even the number of axes is known. */
const unranked: readonly Dim[] = ["..."];

function isUnranked(type: ValueType): boolean {
  return type.kind === "tensor" && type.shape[0] === unranked[0];
}

/** Longer sequences are not followed item by item. */
export const mostItems = 256;
/** Parts that one tensor may be cut into. */
const mostParts = 2 ** 20;

type Container = Exclude<ValueType, TensorType>;

// --- types

/** The element of a sequence input. */
function elementOf(call: Call, index: number): ValueType {
  const type = call.inputs[index];
  if (type == null || type.kind !== "sequence")
    call.fail("bad-arity", {
      expected: `a sequence as input ${index}`,
      actual: type == null ? "none" : printType(type),
    });
  return type.element;
}

function sequenceOf(element: ValueType): Container {
  return { kind: "sequence", element };
}

/** A type that says of all of these what they have in common: sizes that differ are only known when it runs. */
export function commonType(call: Call, types: readonly ValueType[], what: string): ValueType {
  const first = at(types, 0);
  if (types.every((type) => typesEqual(type, first))) return first;
  const unlike = () =>
    call.fail("dtype-mismatch", {
      problem: `${what} differ in type`,
      types: types.map(printType).join(", "),
    });
  if (first.kind !== "tensor") {
    const elements = types.map((type) => (type.kind === first.kind ? type.element : unlike()));
    return { kind: first.kind, element: commonType(call, elements, what) };
  }
  const shapes = types.map((type) =>
    type.kind === "tensor" && type.dtype === first.dtype ? type.shape : unlike(),
  );
  if (types.some(isUnranked) || shapes.some((shape) => shape.length !== first.shape.length))
    return tensorType(first.dtype, unranked);
  const label = what.replaceAll(" ", "_");
  return tensorType(
    first.dtype,
    first.shape.map((dim, axis) =>
      shapes.every((shape) => shape[axis] === dim) ? dim : dataDependentDim(call, `${label}.${axis}`),
    ),
  );
}

/** A position from the front: `count` items, of which one is meant, or a place between them where `between`. */
function positionOf(call: Call, index: number, count: number, between = false): number | undefined {
  const data = call.constant(index);
  if (data === undefined) return undefined;
  const given = toNumbers(data)[0] as number;
  const position = given < 0 ? given + count : given;
  const last = between ? count : count - 1;
  if (position < 0 || position > last) call.failShape(`position ${given} in a sequence of ${count} items`);
  return position;
}

/** The items of the first input with one put in, or taken away. */
function spliced(call: Call, index: number, put: readonly Item[]): readonly Item[] | undefined {
  const items = call.items(0);
  if (items === undefined || items.length + put.length > mostItems) return undefined;
  const last = put.length > 0 ? items.length : items.length - 1;
  const position = call.has(index) ? positionOf(call, index, items.length, put.length > 0) : last;
  return position === undefined ? undefined : items.toSpliced(position, put.length > 0 ? 0 : 1, ...put);
}

// --- sequences

const construct = defineOp({
  name: "SequenceConstruct",
  doc: "A sequence of the inputs.",
  since: 11,
  inputs: [1, Infinity],
  gradient: { none: "it makes a sequence, which has no gradient" },
  whole,
  infer: (call: Call) => [
    sequenceOf(
      commonType(
        call,
        call.inputs.map((_, i) => call.tensor(i)),
        "the items",
      ),
    ),
  ],
  items: (call, inputs) =>
    inputs.length > mostItems ? undefined : inputs.map((value, i) => ({ value, type: call.tensor(i) })),
  evaluateData: ({ inputs }) => {
    const items = inputs.map((x) => asDense(x as Dense));
    return [{ type: sequenceOf(typeOfDatum(at(items, 0))), items }];
  },
});

const byNumber: ReadonlyMap<number, DataType> = new Map(
  (Object.keys(dataTypes) as DataType[]).map((dtype) => [dataTypes[dtype][0], dtype]),
);

function emptyType(call: Call): Container {
  const number = call.int("dtype", 1);
  const dtype = byNumber.get(number);
  if (dtype === undefined)
    call.fail("bad-attribute", { name: "dtype", problem: `is ${number}, which is no element type` });
  return sequenceOf(tensorType(dtype, unranked));
}

const empty = defineOp({
  name: "SequenceEmpty",
  doc: "A sequence without items. The rank of what may come into it is open.",
  since: 11,
  inputs: [0, 0],
  gradient: { none: "it makes a sequence, which has no gradient" },
  whole,
  infer: (call: Call) => [emptyType(call)],
  items: () => [],
  evaluateData: ({ call }) => [{ type: emptyType(call), items: [] }],
});

const itemAt = defineOp({
  name: "SequenceAt",
  doc: "The item at a position, which may count from the end.",
  since: 11,
  inputs: [2, 2],
  gradient: { none: "it takes a sequence, which has no gradient" },
  whole,
  infer: (call: Call) => {
    const element = elementOf(call, 0);
    const items = call.items(0);
    const position = items === undefined ? undefined : positionOf(call, 1, items.length);
    return [position === undefined ? element : (items?.[position]?.type ?? element)];
  },
  evaluateData: ({ call, inputs: [sequence] }) => {
    const { items } = asItems(sequence);
    return [at(items, positionOf(call, 1, items.length) ?? -1)];
  },
});

const erase = defineOp({
  name: "SequenceErase",
  doc: "The sequence without the item at a position, by default the last one.",
  since: 11,
  inputs: [1, 2],
  gradient: { none: "it makes a sequence, which has no gradient" },
  whole,
  infer: (call: Call) => [sequenceOf(elementOf(call, 0))],
  items: (call) => spliced(call, 1, []),
  evaluateData: ({ call, inputs: [sequence] }) => {
    const { type, items } = asItems(sequence);
    const position = positionOf(call, 1, items.length) ?? items.length - 1;
    return [{ type, items: items.toSpliced(position, 1) }];
  },
});

const insert = defineOp({
  name: "SequenceInsert",
  doc: "The sequence with a tensor put in front of a position, by default behind the last item.",
  since: 11,
  inputs: [2, 3],
  gradient: { none: "it makes a sequence, which has no gradient" },
  whole,
  infer: (call: Call) => {
    const [element, tensor] = [elementOf(call, 0), call.tensor(1)];
    // What an empty sequence says of its items is their element type alone.
    if (call.items(0)?.length === 0 && element.kind === "tensor" && element.dtype === tensor.dtype)
      return [sequenceOf(tensor)];
    return [sequenceOf(commonType(call, [element, tensor], "the items"))];
  },
  items: (call, inputs) => spliced(call, 2, [{ value: inputs[1] ?? null, type: call.tensor(1) }]),
  evaluateData: ({ call, inputs: [sequence, tensor] }) => {
    const { items } = asItems(sequence);
    const item = asDense(tensor as Dense);
    const position = positionOf(call, 2, items.length, true) ?? items.length;
    return [{ type: sequenceOf(typeOfDatum(item)), items: items.toSpliced(position, 0, item) }];
  },
});

const length = defineOp({
  name: "SequenceLength",
  doc: "The number of items, an i64 scalar.",
  since: 11,
  inputs: [1, 1],
  gradient: discreteResults,
  whole,
  infer: (call: Call) => {
    elementOf(call, 0);
    return [tensorType("i64", [])];
  },
  evaluateData: ({ inputs: [sequence] }) => [dense("i64", [], [asItems(sequence).items.length])],
});

// --- between tensors and sequences

/** Sizes of the parts along the axis, where they are known. */
export function partsOf(call: Call): {
  readonly axis: number;
  readonly sizes: readonly number[] | undefined;
} {
  const axis = call.axis(call.int("axis", 0), call.rank(0));
  const size = call.shape(0)[axis] as Dim;
  const split = call.has(1) ? call.constant(1) : scalar("i64", 1);
  if (!isKnown(size) || split === undefined) return { axis, sizes: undefined };
  const given = [...toNumbers(split)];
  if (split.shape.length === 1) {
    if (given.some((part) => part < 0) || sum(given) !== size)
      call.failShape(`the sizes [${given.join(", ")}] do not add up to ${size}, the size of axis ${axis}`);
    return { axis, sizes: given };
  }
  const part = given[0] as number;
  if (!(part > 0)) call.failShape(`parts of ${part} elements`);
  if (size / part > mostParts) call.failShape(`more than ${mostParts} parts`);
  return { axis, sizes: range(Math.ceil(size / part)).map((i) => Math.min(part, size - i * part)) };
}

/** Whether the parts keep the axis that they were cut along; without sizes it may be dropped. */
export function keepsAxis(call: Call): boolean {
  return call.has(1) || call.int("keepdims", 1) !== 0;
}

function partType(call: Call, axis: number, size: Dim): TensorType {
  const shape = keepsAxis(call) ? call.shape(0).with(axis, size) : call.shape(0).toSpliced(axis, 1);
  return tensorType(call.dtype(0), shape);
}

const splitToSequence = defineOp({
  name: "SplitToSequence",
  doc: "Pieces of a tensor along `axis` as a sequence: of the sizes given, of one size, or of one element each.",
  since: 11,
  inputs: [1, 2],
  gradient: { none: "it makes a sequence, which has no gradient" },
  whole,
  infer: (call: Call) => {
    const { axis, sizes } = partsOf(call);
    const same = sizes !== undefined && sizes.every((size) => size === sizes[0]) ? sizes[0] : undefined;
    return [sequenceOf(partType(call, axis, same ?? dataDependentDim(call, "part")))];
  },
  items: (call) => {
    const { axis, sizes } = partsOf(call);
    return sizes === undefined || sizes.length > mostItems
      ? undefined
      : sizes.map((size) => ({ value: null, type: partType(call, axis, size) }));
  },
  evaluateData: ({ call, inputs: [input] }) => {
    const x = asDense(input as Dense);
    const { axis, sizes = [] } = partsOf(call);
    let before = 0;
    const items = sizes.map((size) => {
      const parts = range(size).map((i) => pick(x, axis, before + i));
      before += size;
      const part = stack(parts, axis, { dtype: x.dtype, shape: x.shape.toSpliced(axis, 1) });
      return keepsAxis(call) ? part : pick(part, axis, 0);
    });
    const like = items[0];
    return [{ type: sequenceOf(like === undefined ? tensorType(x.dtype, []) : typeOfDatum(like)), items }];
  },
});

/** The tensor types of the items, where all are known. */
function tensorItems(call: Call): readonly TensorType[] | undefined {
  const items = call.items(0);
  if (items === undefined || items.length === 0) return undefined;
  return items.every(({ type }) => type.kind === "tensor")
    ? items.map(({ type }) => type as TensorType)
    : undefined;
}

/** The axis that items are joined along, which is a new one where `new_axis` is set. */
export function joinAxis(call: Call, rank: number): { readonly axis: number; readonly isNew: boolean } {
  const isNew = call.int("new_axis", 0) === 1;
  return { axis: call.axis(call.int("axis"), isNew ? rank + 1 : rank), isNew };
}

const concatFromSequence = defineOp({
  name: "ConcatFromSequence",
  doc: "The items of a sequence joined along an axis, or stacked along a new one.",
  since: 11,
  inputs: [1, 1],
  gradient: { none: "it takes a sequence, which has no gradient" },
  whole,
  infer: (call: Call) => {
    const element = elementOf(call, 0);
    if (element.kind !== "tensor") call.failShape("only a sequence of tensors can be joined");
    const types = tensorItems(call);
    const type = types === undefined ? element : (commonType(call, types, "the items") as TensorType);
    if (isUnranked(type)) return [type];
    const { axis, isNew } = joinAxis(call, type.shape.length);
    if (isNew)
      return [
        tensorType(
          type.dtype,
          type.shape.toSpliced(axis, 0, types?.length ?? dataDependentDim(call, "items")),
        ),
      ];
    const joined = types?.map(({ shape }) => shape[axis] as Dim).reduce((a, b) => dimAdd(a, b));
    return [tensorType(type.dtype, type.shape.with(axis, joined ?? dataDependentDim(call, "joined")))];
  },
  evaluateData: ({ call, inputs: [sequence] }) => {
    const items = asItems(sequence).items.map(asDense);
    const like = at(items, 0);
    const { axis, isNew } = joinAxis(call, like.shape.length);
    if (isNew) return [stack(items, axis, like)];
    const shape = like.shape.with(axis, sum(items.map((x) => x.shape[axis] as number)));
    const data = new Float64Array(shape.reduce((n, size) => n * size, 1));
    const strides = stridesOf(shape);
    let before = 0;
    for (const item of items) {
      forEachIndex(item.shape, (index, position) => {
        data[offsetOf(index, strides) + before * (strides[axis] as number)] = item.data[position] as number;
      });
      before += item.shape[axis] as number;
    }
    return [dense(like.dtype, shape, data)];
  },
});

// --- optionals

/** The type of an optional: of its input, or of nothing, which the attribute states. */
function optionalType(call: Call): Container {
  const given = call.inputs[0];
  if (given != null) return { kind: "optional", element: given };
  const stated: unknown = call.attributes["type"];
  if (typeof stated !== "object" || stated === null || !("type" in stated))
    call.fail("bad-attribute", { name: "type", problem: "is missing, and there is no input" });
  return { kind: "optional", element: stated.type as ValueType };
}

const optional = defineOp({
  name: "Optional",
  doc: "An optional that holds the input; an empty one where there is none.",
  since: 15,
  inputs: [0, 1],
  gradient: { none: "it makes an optional, which has no gradient" },
  whole,
  infer: (call: Call) => [optionalType(call)],
  items: (call, [value]) => {
    const type = call.inputs[0];
    return type == null ? [] : [{ value: value ?? null, type }];
  },
  evaluateData: ({ call, inputs: [x] }) => [{ type: optionalType(call), items: x == null ? [] : [x] }],
});

const hasElement = defineOp({
  name: "OptionalHasElement",
  doc: "Whether an optional holds something: true for a tensor or sequence, false where the input is absent.",
  since: 18,
  inputs: [0, 1],
  gradient: discreteResults,
  whole,
  infer: () => [tensorType("bool", [])],
  evaluateData: ({ inputs: [x] }) => [
    dense(
      "bool",
      [],
      [Number(x != null && (isDense(x) || x.type.kind !== "optional" || x.items.length > 0))],
    ),
  ],
});

const getElement = defineOp({
  name: "OptionalGetElement",
  doc: "What an optional holds; a tensor or sequence as it is.",
  since: 18,
  inputs: [1, 1],
  gradient: { none: "it takes an optional, which may be empty and has no gradient" },
  whole,
  infer: (call: Call) => {
    const type = call.inputs[0] as ValueType;
    if (type.kind === "optional" && call.items(0)?.length === 0) call.failShape("the optional is empty");
    return [type.kind === "optional" ? type.element : type];
  },
  evaluateData: ({ inputs: [x] }) => {
    invariant(x != null, "no input");
    if (isDense(x) || x.type.kind !== "optional") return [x];
    return [at((x as Items).items, 0)];
  },
});

export const sequenceOps: readonly OpDefinition[] = [
  construct,
  empty,
  itemAt,
  erase,
  insert,
  length,
  splitToSequence,
  concatFromSequence,
  optional,
  hasElement,
  getElement,
];
