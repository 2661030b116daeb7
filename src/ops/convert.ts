/** Operators that keep elements, perhaps in another type or clamped: Identity, Cast, CastLike, Clip, PRelu, Dropout. */
import { broadcast, partial, split, type Reduction } from "../ir/layout.ts";
import type { Node } from "../ir/graph.ts";
import { dataTypes, isFloat, isInteger, type DataType } from "../ir/types.ts";
import type { PartialRules, Signature } from "../sbp/signature.ts";
import { Call } from "./call.ts";
import type { Datum, Dense } from "./contract.ts";
import { defineOp, inputElements, type OpDefinition } from "./define.ts";
import { filled, mapBroadcast, mapDense, wrapInteger } from "./dense.ts";
import { commonDtype, constantNumbers, constantSign, down, up, type PartialSet } from "./elementwise.ts";
import { broadcastGradient, castTo, firstGradient, formulas, sumToLike } from "./gradients.ts";
import { isSmallFloat, powerRoundings, roundPowerOfTwo, roundSmallFloat } from "./small-floats.ts";
import { castTexts } from "./text.ts";
import { movesFirst, partialSet, reductions, signatureOf } from "./movement.ts";

const identity = defineOp({
  name: "Identity",
  doc: "The input, which may be a sequence or optional too.",
  since: 16,
  inputs: [1, 1],
  moves: [0],
  axes: (call) => (call.inputs[0]?.kind === "tensor" ? "... -> ..." : { inputs: [null], outputs: [[]] }),
  infer: (call) => [Call.presentType(call.inputs[0])],
  partials: (call) => (call.inputs[0]?.kind === "tensor" ? movesFirst : {}),
  items: (call) => call.items(0),
  gradient: firstGradient((_, dy) => dy),
  evaluateData: ({ inputs: [x] }) => [x as Datum],
});

// --- casts

const byNumber: ReadonlyMap<number, DataType> = new Map(
  (Object.keys(dataTypes) as DataType[]).map((dtype) => [dataTypes[dtype][0], dtype]),
);

/** The element type of a number of ONNX's DataType; undefined where it is none. */
export function dataTypeNumbered(number: number): DataType | undefined {
  return byNumber.get(number);
}

export function castTarget(call: Call): DataType {
  const number = call.int("to");
  const dtype = dataTypeNumbered(number);
  if (dtype === undefined)
    call.fail("bad-attribute", { name: "to", problem: `is ${number}, which is no element type` });
  return dtype;
}

/**
 * A widening cast of numbers is linear. A cast rises where every value of the source has a place in the target in the same
 * order: not from signed numbers to booleans, not to integers that are too narrow (they wrap), not from floating-point
 * numbers to integers (-inf has no integer).
 */
function castPartials(from: DataType, to: DataType): PartialRules {
  if (from === to) return movesFirst;
  const [fromBits, toBits] = [dataTypes[from][1], dataTypes[to][1]];
  const [numbersIn, numbersOut] = [isFloat(from) || isInteger(from), isFloat(to) || isInteger(to)];
  if (
    from === "string" ||
    to === "string" ||
    !(numbersOut || to === "bool") ||
    !(numbersIn || from === "bool")
  )
    return {};
  const unsigned = from === "bool" || from.startsWith("u");
  const linear =
    numbersIn &&
    ((isFloat(from) && isFloat(to) && toBits > fromBits) || (isInteger(from) && widensInteger(from, to)));
  const rises =
    to === "bool"
      ? unsigned
      : isFloat(from)
        ? isFloat(to)
        : from === "bool" || isFloat(to) || widensInteger(from, to);
  return { linear: linear ? [[0]] : [], monotone: rises ? [up(0)] : [] };
}

/** Whether an integer type has every value of another, as far as its width tells. */
function widensInteger(from: DataType, to: DataType): boolean {
  const [fromBits, toBits] = [dataTypes[from][1], dataTypes[to][1]];
  if (isFloat(to)) return toBits >= fromBits;
  if (!isInteger(to)) return false;
  return from.startsWith("u") || to.startsWith("i")
    ? toBits > fromBits || (toBits === fromBits && from[0] === to[0])
    : false;
}

/** The opset that brought the element types and attributes of a cast. */
function sinceOfCast(
  base: number,
  { attributes }: Pick<Node, "attributes">,
  dtypes: readonly (DataType | undefined)[],
): number {
  const has = (...names: readonly DataType[]) =>
    dtypes.some((dtype) => dtype !== undefined && names.includes(dtype));
  if (has("i2", "u2")) return 25;
  if (has("f8e8m0") || attributes["round_mode"] !== undefined) return 24;
  if (has("f4e2m1")) return 23;
  if (has("i4", "u4")) return 21;
  const eightBits = has("f8e4m3fn", "f8e4m3fnuz", "f8e5m2", "f8e5m2fnuz");
  return eightBits || attributes["saturate"] !== undefined ? 19 : base;
}

function powerRounding(call: Call): (typeof powerRoundings)[number] {
  const mode = call.string("round_mode", "up");
  return (
    powerRoundings.find((known) => known === mode) ??
    call.fail("bad-attribute", { name: "round_mode", problem: `is ${mode}` })
  );
}

function castDense(call: Call, x: Dense, to: DataType): Dense {
  if (to === x.dtype) return x;
  const saturate = call.int("saturate", 1) !== 0;
  if (isSmallFloat(to) && x.dtype !== "string")
    return mapDense(x, (v) => roundSmallFloat(to, v, saturate), to);
  if (to === "f8e8m0" && x.dtype !== "string") {
    const mode = powerRounding(call);
    return mapDense(x, (v) => roundPowerOfTwo(v, mode, saturate), to);
  }
  if (to === "string" || x.dtype === "string") return castTexts(x, to, (v) => wrapInteger(to, v));
  if (to === "bool") return mapDense(x, (v) => Number(v !== 0), to);
  return isInteger(to)
    ? mapDense(x, (v) => wrapInteger(to, Math.trunc(v)) + 0, to)
    : mapDense(x, (v) => v, to);
}

const cast = defineOp({
  name: "Cast",
  doc: "The elements in the type `to`; fractions are cut off toward zero, all but 0 is true.",
  since: 13,
  sinceFor: (node, dtypes) => {
    const to = node.attributes["to"];
    return sinceOfCast(13, node, [...dtypes, typeof to === "number" ? dataTypeNumbered(to) : undefined]);
  },
  inputs: [1, 1],
  axes: "... -> ...",
  dtypes: (call) => [castTarget(call)],
  partials: (call) => castPartials(call.dtype(0), castTarget(call)),
  flops: (call) => inputElements(call, 0),
  gradient: firstGradient((g, dy, x) => castTo(g, dy, g.type(x).dtype)),
  evaluate: ({ call, inputs: [x] }) => [castDense(call, x as Dense, castTarget(call))],
});

/** The rule of an operator that looks at its second input's type only: that input stays whole, whatever its rank. */
function castLikeRule(call: Call): string {
  return `..., ${call
    .shape(1)
    .map((_, axis) => `!like${axis}`)
    .join(" ")} -> ...`;
}

const castLike = defineOp({
  name: "CastLike",
  doc: "The first input in the element type of the second.",
  since: 15,
  sinceFor: (node, dtypes) => sinceOfCast(15, node, dtypes),
  inputs: [2, 2],
  axes: castLikeRule,
  dtypes: (call) => [call.dtype(1)],
  partials: (call) => castPartials(call.dtype(0), call.dtype(1)),
  // Nothing but the type of the second input is looked at: any layout of it will do.
  signatures: (call, derived) => {
    const layouts = [broadcast, ...reductions.map(partial), ...call.shape(1).map((_, axis) => split(axis))];
    return derived.flatMap(({ inputs, outputs }) =>
      layouts.map((like) => ({ inputs: [inputs[0] ?? null, like], outputs })),
    );
  },
  flops: (call) => inputElements(call, 0),
  gradient: firstGradient((g, dy, x) => castTo(g, dy, g.type(x).dtype)),
  localize: ({ g, call, inputs, globalOutputTypes: [out] }) => [
    g.op("Cast", [inputs[0] as string], {
      ...call.attributes,
      to: dataTypes[(out as { dtype: DataType }).dtype][0],
    }),
  ],
  evaluate: ({ call, inputs: [x] }) => [castDense(call, x as Dense, call.dtype(1))],
});

// --- Clip, PRelu

/** min(max(x, low), high): a maximum and a minimum one after the other. */
function clipSets(call: Call): PartialSet[] {
  const [low, high] = [call.has(1), call.has(2)];
  const both: Reduction[] = ["max", "min"];
  return [
    ...both.flatMap((reduce) => [0, 1, 2].filter((i) => call.has(i)).map((i) => ({ set: [i], reduce }))),
    ...(low ? [{ set: [0, 1], reduce: "max" as const }] : []),
    ...(high ? [{ set: [0, 2], reduce: "min" as const }] : []),
    ...(low && high ? [{ set: [1, 2], reduce: "min" as const }] : []),
  ];
}

const clip = defineOp({
  name: "Clip",
  doc: "min(max(x, low), high); a bound that is absent does not bind.",
  since: 13,
  inputs: [1, 3],
  axes: (call) =>
    `...${call.inputs
      .slice(1)
      .map(() => ",")
      .join("")} -> ...`,
  dtypes: (call) => [commonDtype(call, "number")],
  partials: (call) => (call.has(1) || call.has(2) ? {} : movesFirst),
  signatures: (call, derived) => [
    ...derived,
    ...clipSets(call).flatMap(({ set, reduce }) => partialSet(call, set, [reduce])),
  ],
  flops: (call) => 2 * inputElements(call, 0),
  // x has it where it is not moved, and a bound where it has moved x.
  gradient: ({ g, inputs, gradients, wanted, output }) => {
    const [x, dy] = [inputs[0] as string, gradients[0] as string];
    const { equal, less, greater, where } = formulas(g, g.type(dy).dtype);
    return inputs.map((input, i) => {
      if (wanted[i] !== true || input === null) return null;
      if (inputs.slice(1).every((bound) => bound === null)) return dy;
      const moved = [equal, less, greater][i] as typeof equal;
      return sumToLike(g, where(moved(x, output(0)), dy, 0), input);
    });
  },
  evaluate: ({ inputs: [x, low, high] }) => {
    const [bottom, top] = [low?.data[0] ?? -Infinity, high?.data[0] ?? Infinity];
    return [mapDense(x as Dense, (v) => Math.min(Math.max(v, bottom), top))];
  },
});

const prelu = defineOp({
  name: "PRelu",
  doc: "x where positive, else slope times x.",
  since: 16,
  inputs: [2, 2],
  axes: (call) => {
    // The slope broadcasts to x, never the other way around.
    const [x, slope] = [call.shape(0), call.shape(1)];
    const shift = x.length - slope.length;
    const fits = shift >= 0 && slope.every((size, axis) => size === 1 || size === x[axis + shift]);
    if (!fits) call.failShape(`the slope [${slope.join(", ")}] does not broadcast to [${x.join(", ")}]`);
    return "..., ... -> ...";
  },
  dtypes: (call) => [commonDtype(call, "number")],
  partials: (call) => ({
    monotone: isFloat(call.dtype(0)) ? [down(1), ...(constantSign(call, 1) > 0 ? [up(0)] : [])] : [],
  }),
  flops: (call) => 2 * inputElements(call, 0),
  gradient: broadcastGradient(
    (g, dy, [x, slope]) => {
      const { less, mul, where } = formulas(g, g.type(dy).dtype);
      return where(less(x as string, 0), mul(dy, slope as string), dy);
    },
    (g, dy, [x]) => g.op("Mul", [dy, g.op("Min", [x as string, g.scalar(g.type(dy).dtype, 0)])]),
  ),
  evaluate: ({ inputs }) => {
    const [x, slope] = inputs as readonly [Dense, Dense];
    return [
      mapBroadcast(
        [x, slope],
        ([v, s]) => ((v as number) < 0 ? (v as number) * (s as number) : (v as number)),
        x.dtype,
      ),
    ];
  },
});

// --- Dropout

/** Whether the call drops anything: training_mode true, or unknown, with a ratio that is not 0. */
function isRandom(call: Call): boolean {
  if (!call.has(2) || constantNumbers(call, 2)?.[0] === 0) return false;
  return !call.has(1) || constantNumbers(call, 1)?.[0] !== 0;
}

/** Whether mode and ratio are known, so that `canonicalize` can replace it by a random source and ordinary operators. */
function isReplaceable(call: Call): boolean {
  return [1, 2].every((i) => !call.has(i) || constantNumbers(call, i) !== undefined);
}

/** The data's partial sums pass; the mask, all true, is whole. */
function dropoutPartials(call: Call): Signature[] {
  return reductions.map((reduce) => {
    const outputs = call.wants(1) ? [partial(reduce), broadcast] : [partial(reduce)];
    return signatureOf(call, { 0: partial(reduce) }, outputs);
  });
}

const dropout = defineOp({
  name: "Dropout",
  doc: "The input: dropout as it is at inference. The mask, where asked for, is all true.",
  since: 13,
  inputs: [1, 3],
  outputs: (call) => call.outputCount,
  axes: (call) =>
    `...${call.inputs
      .slice(1)
      .map(() => ",")
      .join("")} -> ..., ...`,
  dtypes: (call) => {
    const ratio = call.has(1) ? (constantNumbers(call, 1)?.[0] ?? 0) : 0;
    if (!(ratio >= 0 && ratio <= 1)) call.failShape(`a share of ${ratio} elements cannot be left out`);
    if (isRandom(call) && !isReplaceable(call)) call.fail("random-inside", {});
    return [commonDtype(call, "float", [0]), "bool"];
  },
  signatures: (call, derived) => {
    if (isRandom(call)) call.fail("random-inside", {});
    return [...derived, ...dropoutPartials(call)];
  },
  localize: ({ g, inputs, outputTypes }) => {
    // Ratio and mode are left out: both have no effect here, and the default mode is inference.
    const [x] = inputs as readonly string[];
    return outputTypes.length === 1
      ? [g.op("Identity", [x as string])]
      : g.ops("Dropout", [x as string], {}, 2);
  },
  draws: isRandom,
  gradient: firstGradient((g, dy, _, { call, output }) => {
    if (!isRandom(call)) return dy;
    const { mul, where } = formulas(g, g.type(dy).dtype);
    const ratio = call.has(1) ? (constantNumbers(call, 1)?.[0] ?? 0) : 0.5;
    return ratio === 1 ? mul(dy, 0) : where(output(1), mul(dy, 1 / (1 - ratio)), 0);
  }),
  evaluate: ({ inputs: [x] }) => [x as Dense, filled("bool", (x as Dense).shape, 1)],
});

export const convertOps: readonly OpDefinition[] = [identity, cast, castLike, clip, prelu, dropout];
