/**
 * LayerNormalization and RMSNormalization. The normalised axes stay whole in the plain
 * signatures; the form `axis-split` takes one of them split, with an all-reduce for every mean.
 */
import { broadcast, partial, split, type Sbp } from "../ir/layout.ts";
import { dataTypes, isFloat, type DataType } from "../ir/types.ts";
import type { Signature } from "../sbp/signature.ts";
import { range } from "../support/collections.ts";
import type { Call } from "./call.ts";
import type { Dense, DistributedForm, FormEmitter, GradientContext, SignatureContext } from "./contract.ts";
import { defineOp, inputElements, type OpDefinition } from "./define.ts";
import { filled, mapBroadcast, reduceAlong } from "./dense.ts";
import { commonDtype } from "./elementwise.ts";
import { affineNormGradient, castTo, normalise, type Normal } from "./norm-gradient.ts";
import { signatureOf, unitsAmong } from "./movement.ts";

export const defaultEpsilon = 1e-5;

/** The first normalised axis; all after it are normalised with it. */
function firstAxis(call: Call): number {
  return call.axis(call.int("axis", -1), call.rank(0));
}

/** Tensor axis of x that axis `axis` of scale or bias (input `index`) lies on. */
function alignedAxis(call: Call, index: number, axis: number): number {
  return call.rank(0) - call.rank(index) + axis;
}

function names(call: Call): string[] {
  const first = firstAxis(call);
  return call.shape(0).map((_, axis) => (axis < first ? `a${axis}` : `!a${axis}`));
}

/** Scale and bias broadcast to x, never the other way around. */
function affineNames(call: Call, index: number): string {
  if (!call.has(index)) return "";
  if (call.rank(index) > call.rank(0)) call.failShape(`input ${index} has more axes than the first input`);
  const all = names(call);
  return call
    .shape(index)
    .map((size, axis) => (size === 1 ? "1" : (all[alignedAxis(call, index, axis)] as string)))
    .join(" ");
}

function layerNormRule(call: Call): string {
  const x = names(call).join(" ");
  const statistics = names(call)
    .map((name, axis) => (axis < firstAxis(call) ? name : "1"))
    .join(" ");
  const affine = call.inputs.slice(1).map((_, i) => `, ${affineNames(call, i + 1)}`);
  return `${x}${affine.join("")} -> ${x}${call.op === "LayerNormalization" ? `, ${statistics}, ${statistics}` : ""}`;
}

/** The type in which the normalisation is computed: attribute `stash_type`, f32 unless said; never narrower than x. */
export function stashDtype(call: Call): DataType {
  const x = call.dtype(0);
  const stash = (Object.keys(dataTypes) as DataType[]).find(
    (dtype) => dataTypes[dtype][0] === call.int("stash_type", 1),
  );
  if (stash === undefined || !isFloat(stash))
    call.fail("bad-attribute", { name: "stash_type", problem: "is no floating-point type" });
  return dataTypes[stash][1] < dataTypes[x][1] ? x : stash;
}

/** Scale and bias are linear together, the bias alone rises; the statistics do not depend on them. */
function affineSignatures(call: Call): Signature[] {
  const affine = [1, 2].filter((i) => call.has(i));
  const passing = (set: readonly number[], sbp: Sbp) =>
    signatureOf(call, Object.fromEntries(set.map((i) => [i, sbp])), [
      sbp,
      ...range(call.outputCount - 1).map(() => broadcast),
    ]);
  const bias = call.has(2) ? [passing([2], partial("max")), passing([2], partial("min"))] : [];
  return [passing(affine, partial("sum")), ...bias];
}

/** One form per normalised axis and block size: x, and scale and bias where they have the axis, split there. */
function normForms(
  call: Call,
  context: SignatureContext,
  build: DistributedForm["build"],
): DistributedForm[] {
  const first = firstAxis(call);
  return range(call.rank(0) - first).flatMap((offset) => {
    const axis = first + offset;
    return unitsAmong(context, [["input", 0, axis]]).map((unit): DistributedForm => {
      const inputs = call.inputs.map((type, index): Sbp | null => {
        if (type === null) return null;
        const own = axis - (call.rank(0) - call.rank(index));
        return own >= 0 && call.shape(index)[own] !== 1 ? split(own, unit) : broadcast;
      });
      const outputs = range(call.outputCount).map((i) => (i === 0 ? split(axis, unit) : broadcast));
      return { name: "axis-split", signature: { inputs, outputs, form: "axis-split" }, build };
    });
  });
}

/** 1 / sqrt(mean(square) + epsilon) over the normalised axes. */
export function inverseDeviation(
  g: FormEmitter,
  values: string,
  axes: readonly number[],
  epsilon: number,
): string {
  const variance = g.gather(
    g.op("ReduceMean", [g.op("Mul", [values, values]), g.ints(axes)], { keepdims: 1 }),
  );
  return g.op("Reciprocal", [
    g.op("Sqrt", [g.op("Add", [variance, g.scalar(g.type(values).dtype, epsilon)])]),
  ]);
}

function normalisedAxes(call: Call): number[] {
  return range(call.rank(0)).slice(firstAxis(call));
}

function buildLayerNorm(g: FormEmitter, [x, scale, bias]: readonly (string | null)[], call: Call): string[] {
  const axes = normalisedAxes(call);
  const stash = stashDtype(call);
  const values = castTo(g, x as string, stash);
  const mean = g.gather(g.op("ReduceMean", [values, g.ints(axes)], { keepdims: 1 }));
  const centred = g.op("Sub", [values, mean]);
  const inverse = inverseDeviation(g, centred, axes, call.float("epsilon", defaultEpsilon));
  const scaled = g.op("Mul", [castTo(g, g.op("Mul", [centred, inverse]), call.dtype(0)), scale as string]);
  return [bias == null ? scaled : g.op("Add", [scaled, bias]), mean, inverse];
}

function buildRmsNorm(g: FormEmitter, [x, scale]: readonly (string | null)[], call: Call): string[] {
  const values = castTo(g, x as string, stashDtype(call));
  const inverse = inverseDeviation(g, values, normalisedAxes(call), call.float("epsilon", defaultEpsilon));
  return [g.op("Mul", [castTo(g, g.op("Mul", [values, inverse]), call.dtype(0)), scale as string])];
}

/** Mean and inverse deviation are what the forward call gives; in f64 ONNX Runtime's kernel does not give them. */
function layerNormGradient(context: GradientContext): (string | null)[] {
  const { g, call, inputs, gradients, output } = context;
  const axes = normalisedAxes(call);
  const stash = stashDtype(call);
  const count = axes.reduce((n, axis) => n * (call.shape(0)[axis] as number), 1);
  const [, dMean, dInverse] = gradients;
  const normal = (): Normal => {
    const x = castTo(g, inputs[0] as string, stash);
    if (stash === "f64") return normalise(g, x, axes, call.float("epsilon", defaultEpsilon), true);
    const inverse = output(2);
    const normal = g.op("Mul", [g.op("Sub", [x, output(1)]), inverse]);
    return { normal, inverse, axes, centred: true };
  };
  return affineNormGradient(context, stash, normal, (made) => {
    const each = (value: string) => g.op("Div", [value, g.scalar(stash, count)]);
    const terms: string[] = [];
    if (dMean != null) terms.push(g.op("Expand", [each(dMean), g.ints(call.shape(0) as number[])]));
    if (dInverse != null) {
      const falls = each(g.op("Mul", [dInverse, g.op("Mul", [made.inverse, made.inverse])]));
      terms.push(g.op("Mul", [made.normal, g.op("Neg", [falls])]));
    }
    return terms;
  });
}

export const meanOf = (values: Float64Array) => values.reduce((s, v) => s + v, 0) / values.length;
export const meanSquare = (values: Float64Array) => values.reduce((s, v) => s + v * v, 0) / values.length;

const layerNormalization = defineOp({
  name: "LayerNormalization",
  mixed: "full",
  doc: "Zero mean and unit variance over the last axes, times scale, plus bias; mean and inverse deviation where asked for.",
  since: 17,
  inputs: [2, 3],
  outputs: (call) => call.outputCount,
  axes: layerNormRule,
  dtypes: (call) => [commonDtype(call, "float"), stashDtype(call), stashDtype(call)],
  signatures: (call, derived) => [...derived, ...affineSignatures(call)],
  forms: (call, context) => normForms(call, context, buildLayerNorm),
  flops: (call) => 8 * inputElements(call, 0),
  evaluate: ({ call, inputs: [input, scale, bias] }) => {
    const x = input as Dense;
    const [axes, stash] = [normalisedAxes(call), stashDtype(call)];
    const mean = reduceAlong(x, axes, true, meanOf, stash);
    const centred = mapBroadcast([x, mean], ([v, m]) => (v as number) - (m as number), stash);
    const epsilon = call.float("epsilon", defaultEpsilon);
    const inverse = reduceAlong(centred, axes, true, (values) => 1 / Math.sqrt(meanSquare(values) + epsilon));
    const offset = bias ?? filled(x.dtype, [], 0);
    const y = mapBroadcast(
      [centred, inverse, scale as Dense, offset],
      ([v, i, s, b]) => (v as number) * (i as number) * (s as number) + (b as number),
      x.dtype,
    );
    return [y, mean, inverse];
  },
  gradient: layerNormGradient,
});

const rmsNormalization = defineOp({
  name: "RMSNormalization",
  mixed: "full",
  doc: "Unit mean square over the last axes, times scale.",
  since: 23,
  inputs: [2, 2],
  axes: layerNormRule,
  dtypes: (call) => [commonDtype(call, "float")],
  signatures: (call, derived) => [...derived, ...affineSignatures(call)],
  forms: (call, context) => normForms(call, context, buildRmsNorm),
  flops: (call) => 5 * inputElements(call, 0),
  evaluate: ({ call, inputs: [input, scale] }) => {
    const x = input as Dense;
    const epsilon = call.float("epsilon", defaultEpsilon);
    const inverse = reduceAlong(
      x,
      normalisedAxes(call),
      true,
      (values) => 1 / Math.sqrt(meanSquare(values) + epsilon),
    );
    return [
      mapBroadcast(
        [x, inverse, scale as Dense],
        ([v, i, s]) => (v as number) * (i as number) * (s as number),
        x.dtype,
      ),
    ];
  },
  gradient: (context) => {
    const { g, call, inputs } = context;
    const stash = stashDtype(call);
    return affineNormGradient(context, stash, () => {
      const x = castTo(g, inputs[0] as string, stash);
      return normalise(g, x, normalisedAxes(call), call.float("epsilon", defaultEpsilon), false);
    });
  },
});

export const normOps: readonly OpDefinition[] = [layerNormalization, rmsNormalization];
