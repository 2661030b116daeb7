/**
 * Operators that draw random numbers. What a device drew would depend on its shard and its runtime, so none of them is run:
 * `canonicalize` replaces each by a random source, in which every element has its own place whatever the layout, and
 * ordinary operators on it. The seed is the run's; the attribute `seed` is not looked at.
 *
 *   RandomNormal, RandomUniform, …Like   the source itself
 *   Dropout        in training x where a mask says so, scaled by 1 / (share that is kept)
 *   Bernoulli      u <= p, with u uniform in (0, 1)
 *   Multinomial    the largest of logit - log(-log u) over the classes, which is distributed as the logits say
 */
import type { Dim } from "../ir/dim.ts";
import type { RandomRecipe } from "../ir/graph.ts";
import { scalar, toNumbers } from "../ir/tensor-data.ts";
import {
  dataTypes,
  isFloat,
  isInteger,
  isStatic,
  tensorType,
  type DataType,
  type TensorType,
} from "../ir/types.ts";
import type { Call } from "./call.ts";
import type { Emitter, OpDeclaration } from "./contract.ts";
import { dataTypeNumbered } from "./convert.ts";
import { defineOp, inputElements, type OpDefinition } from "./define.ts";
import type { SimplifyEmitter } from "./simplification.ts";

/** Builds the outputs of a call that draws. */
type Draw = (g: SimplifyEmitter, inputs: readonly (string | null)[]) => readonly string[];

/** What replaces a call that draws random numbers; undefined for other calls, and where a size is not known. */
export function drawOf(call: Call): Draw | undefined {
  return draws.get(call.op)?.(call);
}

/** The element type that attribute `dtype` names. */
function namedDtype(call: Call, fallback: DataType, accepts: (dtype: DataType) => boolean): DataType {
  if (call.attributes.dtype === undefined) return fallback;
  const dtype = dataTypeNumbered(call.int("dtype"));
  if (dtype === undefined || !accepts(dtype))
    call.fail("bad-attribute", { name: "dtype", problem: `is ${dtype ?? "no element type"}` });
  return dtype;
}

function requireFloat(call: Call, dtype: DataType): DataType {
  if (!isFloat(dtype))
    call.fail("dtype-mismatch", { problem: `${dtype} has no fractions`, types: call.printShapes() });
  return dtype;
}

function recipeOf(call: Call): RandomRecipe {
  const key = call.name;
  if (call.op.startsWith("RandomNormal")) {
    const std = call.float("scale", 1);
    if (!(std >= 0)) call.fail("bad-attribute", { name: "scale", problem: "is negative" });
    return { kind: "normal", mean: call.float("mean", 0), std, key };
  }
  return { kind: "uniform", low: call.float("low", 0), high: call.float("high", 1), key };
}

/** Uniform in (0, 1), also after rounding to f32. */
function uniform(g: SimplifyEmitter, shape: readonly Dim[], call: Call): string {
  return g.random(tensorType("f32", shape), {
    kind: "uniform",
    low: 0,
    high: 1 - 2 ** -24,
    key: call.name,
  });
}

function castTo(g: Emitter, value: string, dtype: DataType): string {
  return g.type(value).dtype === dtype ? value : g.op("Cast", [value], { to: dataTypes[dtype][0] });
}

// --- types

function outputType(call: Call): TensorType {
  switch (call.op) {
    case "RandomNormal":
    case "RandomUniform": {
      const shape = call.ints("shape");
      if (shape.some((size) => size < 0))
        call.fail("bad-attribute", { name: "shape", problem: "has a negative size" });
      return tensorType(namedDtype(call, "f32", isFloat), shape);
    }
    case "Bernoulli":
      requireFloat(call, call.dtype(0));
      return tensorType(namedDtype(call, call.dtype(0), isNumberOrBool), call.shape(0));
    case "Multinomial": {
      requireFloat(call, call.dtype(0));
      if (call.rank(0) !== 2) call.failShape("the input must be [batch, classes]");
      const dtype = namedDtype(call, "i32", (named) => named === "i32" || named === "i64");
      return tensorType(dtype, [call.shape(0)[0] as Dim, call.int("sample_size", 1)]);
    }
    default:
      return tensorType(requireFloat(call, namedDtype(call, call.dtype(0), isFloat)), call.shape(0));
  }
}

function isNumberOrBool(dtype: DataType): boolean {
  return isFloat(dtype) || isInteger(dtype) || dtype === "bool";
}

// --- what they become

const asSource = (call: Call): Draw | undefined => {
  const type = outputType(call);
  return isStatic(type) ? (g) => [g.random(type, recipeOf(call))] : undefined;
};

const bernoulli = (call: Call): Draw | undefined => {
  const { dtype, shape } = outputType(call);
  if (!isStatic(call.tensor(0))) return undefined;
  return (g, [p]) => {
    const below = g.op("LessOrEqual", [uniform(g, shape, call), castTo(g, p as string, "f32")]);
    return [castTo(g, below, dtype)];
  };
};

const multinomial = (call: Call): Draw | undefined => {
  const { dtype, shape } = outputType(call);
  const [samples, classes] = call.shape(0) as readonly [Dim, Dim];
  if (!isStatic(call.tensor(0))) return undefined;
  return (g, [logits]) => {
    const drawn = uniform(g, [samples, shape[1] as Dim, classes], call);
    const noise = g.op("Log", [g.op("Neg", [g.op("Log", [drawn])])]);
    const scores = g.op("Unsqueeze", [castTo(g, logits as string, "f32"), g.ints([1])]);
    const places = g.op("ArgMax", [g.op("Sub", [scores, noise])], { axis: 2, keepdims: 0 });
    return [castTo(g, places, dtype)];
  };
};

/** The share of elements that Dropout keeps, 1 at inference; undefined where mode or ratio are not known. */
export function keptShare(call: Call): number | undefined {
  const training = call.has(2) ? call.constant(2) : scalar("bool", 0);
  const ratio = call.has(1) ? call.constant(1) : scalar("f32", 0.5);
  if (training !== undefined && toNumbers(training)[0] === 0) return 1;
  if (training === undefined || ratio === undefined) return undefined;
  return 1 - (toNumbers(ratio)[0] as number);
}

const dropout = (call: Call): Draw | undefined => {
  const keep = keptShare(call);
  if (keep === undefined || keep === 1) return undefined;
  const type = call.tensor(0);
  return (g, [x]) => {
    const mask = g.random({ ...type, dtype: "bool" }, { kind: "bernoulli", keep, key: call.name });
    const kept = g.op("Where", [mask, x as string, g.scalar(type.dtype, 0)]);
    const data = keep === 0 ? kept : g.op("Mul", [kept, g.scalar(type.dtype, 1 / keep)]);
    return call.outputCount > 1 ? [data, mask] : [data];
  };
};

const draws: ReadonlyMap<string, (call: Call) => Draw | undefined> = new Map([
  ["RandomNormal", asSource],
  ["RandomNormalLike", asSource],
  ["RandomUniform", asSource],
  ["RandomUniformLike", asSource],
  ["Bernoulli", bernoulli],
  ["Multinomial", multinomial],
  ["Dropout", dropout],
]);

// --- declarations

function drawing(
  name: string,
  doc: string,
  since: number,
  inputs: number,
  flops?: OpDeclaration["flops"],
): OpDefinition {
  return defineOp({
    name,
    doc,
    since,
    inputs: [inputs, inputs],
    gradient: { none: "it draws random numbers, which its input changes by jumps or not at all" },
    infer: (call) => [outputType(call)],
    signatures: (call) => call.fail("random-inside", {}),
    draws: () => true,
    ...(flops === undefined ? {} : { flops }),
  });
}

export const randomOps: readonly OpDefinition[] = [
  drawing("RandomNormal", "Numbers drawn from a normal distribution.", 1, 0),
  drawing("RandomUniform", "Numbers drawn evenly from an interval.", 1, 0),
  drawing("RandomNormalLike", "Normal numbers in the shape of the input.", 1, 1),
  drawing("RandomUniformLike", "Even numbers in the shape of the input.", 1, 1),
  drawing("Bernoulli", "1 with the probability that the input gives, else 0.", 15, 1, (call) =>
    inputElements(call, 0),
  ),
  drawing(
    "Multinomial",
    "Classes drawn by their unnormalised log-probabilities.",
    7,
    1,
    (call) => 8 * inputElements(call, 0) * call.int("sample_size", 1),
  ),
];
