/**
 * Normalisations by channel of (N, C, D1, D2, …): BatchNormalization, InstanceNormalization, GroupNormalization.
 *
 * The axes over which means are taken stay whole in the plain signatures; the form `axis-split` takes one of them split, with an
 * all-reduce for every mean. Groups are dealt whole: the block size of a split of the channels is a group's channels.
 */
import type { Dim } from "../ir/dim.ts";
import { isKnown, shapesMayBeEqual } from "../ir/dim.ts";
import { broadcast, partial, split, type Sbp } from "../ir/layout.ts";
import { dataTypes, tensorType, type DataType } from "../ir/types.ts";
import type { PartialRules, ResolvedRule, Signature } from "../sbp/signature.ts";
import { cartesian, range } from "../support/collections.ts";
import type { Call } from "./call.ts";
import {
  batchNormGradient,
  batchNormTrainingGradient,
  perChannel as emitPerChannel,
  sampleNormGradient,
} from "./channel-norm-gradient.ts";
import type { Dense, DistributedForm, FormEmitter, SignatureContext } from "./contract.ts";
import { defineOp, inputElements, type OpDefinition } from "./define.ts";
import { dense, mapBroadcast, mapDense, reduceAlong, reshaped } from "./dense.ts";
import { commonDtype, up } from "./elementwise.ts";
import { lcm, localDims, signatureOf, unitsAmong } from "./movement.ts";
import { castTo } from "./norm-gradient.ts";
import { defaultEpsilon, inverseDeviation, meanOf, meanSquare, stashDtype } from "./norm.ts";

/** Scale and bias together are linear, the bias alone rises. */
const affinePartials: PartialRules = { linear: [[1, 2]], monotone: [up(2)] };

/** Axes of x behind the channels. */
function spatialAxes(call: Call): number[] {
  return range(call.rank(0)).slice(2);
}

/** Forms that take x split along one of `axes`, the other inputs whole; `others` are the layouts of further outputs. */
function splitForms(
  call: Call,
  context: SignatureContext,
  axes: readonly number[],
  build: DistributedForm["build"],
): DistributedForm[] {
  return axes.flatMap((axis) =>
    unitsAmong(context, [["input", 0, axis]]).map((unit): DistributedForm => {
      const outputs = range(call.outputCount).map((i) => (i === 0 ? split(axis, unit) : broadcast));
      const signature = signatureOf(call, { 0: split(axis, unit) }, outputs);
      return { name: "axis-split", signature: { ...signature, form: "axis-split" }, build };
    }),
  );
}

/** One number per channel, shaped to broadcast over `rank` axes with the channels on axis 1. */
function perChannel(x: Dense, rank: number): Dense {
  return reshaped(
    x,
    range(Math.max(rank, 2) - 1).map((axis) => (axis === 0 ? x.data.length : 1)),
  );
}

function scaleAndShift(g: FormEmitter, normal: string, scale: string, bias: string, call: Call): string {
  const scaled = g.op("Mul", [normal, emitPerChannel(g, scale, call.rank(0))]);
  return g.op("Add", [scaled, emitPerChannel(g, bias, call.rank(0))]);
}

// --- BatchNormalization

/** (x - mean) / sqrt(variance + epsilon) scale + bias: linear in x, bias and mean, and in scale and bias; rises in the bias. */
const batchPartials: PartialRules = {
  linear: [
    [0, 2, 3],
    [1, 2],
  ],
  monotone: [up(2)],
};

function isTraining(call: Call): boolean {
  return call.int("training_mode", 0) !== 0;
}

/** Half precision is too narrow for sums. */
function statisticsDtype(call: Call): DataType {
  return dataTypes[call.dtype(0)][1] < 32 ? "f32" : call.dtype(0);
}

/**
 * In training the result depends on scale and bias, each new running statistic on the old one: what passes through one
 * passes whatever the others are.
 */
function trainingPartials(call: Call): Signature[] {
  type Choice = readonly [inputs: Readonly<Record<number, Sbp>>, output: Sbp];
  const own: readonly Choice[] = [
    [{}, broadcast],
    [{ 1: partial("sum"), 2: partial("sum") }, partial("sum")],
    ...(["max", "min"] as const).map((reduce): Choice => [{ 2: partial(reduce) }, partial(reduce)]),
  ];
  const rises = call.float("momentum", 0.9) > 0;
  const reduces = rises ? (["max", "min"] as const) : [];
  const statistic = (index: number): readonly Choice[] => [
    [{}, broadcast],
    ...reduces.map((reduce): Choice => [{ [index]: partial(reduce) }, partial(reduce)]),
  ];
  return cartesian([own, statistic(3), statistic(4)]).map((choices) =>
    signatureOf(
      call,
      Object.assign({}, ...choices.map(([inputs]) => inputs)) as Record<number, Sbp>,
      choices.map(([, output]) => output),
    ),
  );
}

function buildBatchNorm(g: FormEmitter, inputs: readonly (string | null)[], call: Call): readonly string[] {
  const [x, scale, bias, oldMean, oldVariance] = inputs as readonly [string, string, string, string, string];
  const axes = [0, ...spatialAxes(call)];
  const stash = statisticsDtype(call);
  const mean = (value: string) => g.gather(g.op("ReduceMean", [value, g.ints(axes)], { keepdims: 0 }));
  const values = castTo(g, x, stash);
  const newMean = mean(values);
  const centred = g.op("Sub", [values, emitPerChannel(g, newMean, call.rank(0))]);
  const variance = mean(g.op("Mul", [centred, centred]));
  const shifted = g.op("Add", [variance, g.scalar(stash, call.float("epsilon", defaultEpsilon))]);
  const deviation = g.op("Sqrt", [emitPerChannel(g, shifted, call.rank(0))]);
  const normal = castTo(g, g.op("Div", [centred, deviation]), call.dtype(0));
  const momentum = call.float("momentum", 0.9);
  const follow = (old: string, now: string) => {
    const dtype = g.type(old).dtype;
    return g.op("Add", [
      g.op("Mul", [old, g.scalar(dtype, momentum)]),
      g.op("Mul", [castTo(g, now, dtype), g.scalar(dtype, 1 - momentum)]),
    ]);
  };
  return [
    scaleAndShift(g, normal, scale, bias, call),
    follow(oldMean, newMean),
    follow(oldVariance, variance),
  ];
}

const batchNormalization = defineOp({
  name: "BatchNormalization",
  mixed: "full",
  doc: "Normalisation of every channel: by the given mean and variance, or in training by its own, which the running ones follow.",
  since: 15,
  inputs: [5, 5],
  statistics: [3, 4],
  outputs: (call) => (isTraining(call) ? 3 : 1),
  axes: (call) =>
    isTraining(call) ? "!n c !..., c, c, c, c -> !n c !..., c, c" : "n c ..., c, c, c, c -> n c ...",
  dtypes: (call) => {
    const outputs = isTraining(call) ? 3 : 1;
    if (call.outputCount !== outputs)
      call.fail("bad-attribute", {
        name: "training_mode",
        problem: `means ${outputs} outputs, here ${call.outputCount}`,
      });
    return [commonDtype(call, "float", [0]), call.dtype(3), call.dtype(3)];
  },
  partials: (call) => (isTraining(call) ? {} : batchPartials),
  signatures: (call, derived) => (isTraining(call) ? [...derived, ...trainingPartials(call)] : derived),
  forms: (call, context) =>
    isTraining(call) ? splitForms(call, context, [0, ...spatialAxes(call)], buildBatchNorm) : [],
  flops: (call) => (isTraining(call) ? 7 : 2) * inputElements(call, 0),
  evaluate: ({ call, inputs }) => {
    const [x, scale, bias, oldMean, oldVariance] = inputs as readonly [Dense, Dense, Dense, Dense, Dense];
    const epsilon = call.float("epsilon", defaultEpsilon);
    const rank = x.shape.length;
    const normalised = (mean: Dense, variance: Dense) =>
      mapBroadcast(
        [x, ...[scale, bias, mean, variance].map((values) => perChannel(values, rank))],
        ([v, s, b, m, w]) =>
          (((v as number) - (m as number)) / Math.sqrt((w as number) + epsilon)) * (s as number) +
          (b as number),
        x.dtype,
      );
    if (!isTraining(call)) return [normalised(oldMean, oldVariance)];
    const axes = [0, ...spatialAxes(call)];
    const mean = reduceAlong(x, axes, false, meanOf);
    const centred = mapBroadcast(
      [x, perChannel(mean, rank)],
      ([v, m]) => (v as number) - (m as number),
      x.dtype,
    );
    const variance = reduceAlong(centred, axes, false, meanSquare);
    const momentum = call.float("momentum", 0.9);
    const follow = (old: Dense, now: Dense) =>
      dense(
        old.dtype,
        old.shape,
        old.data.map((v, i) => v * momentum + (now.data[i] as number) * (1 - momentum)),
      );
    return [normalised(mean, variance), follow(oldMean, mean), follow(oldVariance, variance)];
  },
  gradient: (context) => {
    const { call } = context;
    const compute = statisticsDtype(call);
    const epsilon = call.float("epsilon", defaultEpsilon);
    if (!isTraining(call)) return batchNormGradient(context, { compute, epsilon });
    return batchNormTrainingGradient(context, { compute, epsilon, momentum: call.float("momentum", 0.9) });
  },
});

// --- InstanceNormalization

const instanceNormalization = defineOp({
  name: "InstanceNormalization",
  mixed: "full",
  doc: "Zero mean and unit variance of every channel of every sample, times scale, plus bias.",
  since: 6,
  inputs: [3, 3],
  axes: "n c !..., c, c -> n c !...",
  dtypes: (call) => [commonDtype(call, "float")],
  partials: affinePartials,
  forms: (call, context) =>
    splitForms(call, context, spatialAxes(call), (g, inputs) => {
      const [x, scale, bias] = inputs as readonly [string, string, string];
      return [scaleAndShift(g, emitNormal(g, x, spatialAxes(call), call), scale, bias, call)];
    }),
  flops: (call) => 7 * inputElements(call, 0),
  evaluate: ({ call, inputs }) => {
    const [x, scale, bias] = inputs as readonly [Dense, Dense, Dense];
    return [affine(normal(x, spatialAxes(call), call), scale, bias)];
  },
  gradient: (context) => {
    const { call } = context;
    return sampleNormGradient(context, {
      compute: call.dtype(0),
      epsilon: call.float("epsilon", defaultEpsilon),
      shape: localDims(call.shape(0)),
      axes: spatialAxes(call),
    });
  },
});

/** Zero mean and unit variance over `axes`, in the type of `x`. */
function emitNormal(g: FormEmitter, x: string, axes: readonly number[], call: Call): string {
  const mean = g.gather(g.op("ReduceMean", [x, g.ints(axes)], { keepdims: 1 }));
  const centred = g.op("Sub", [x, mean]);
  return g.op("Mul", [centred, inverseDeviation(g, centred, axes, call.float("epsilon", defaultEpsilon))]);
}

function normal(x: Dense, axes: readonly number[], call: Call): Dense {
  const epsilon = call.float("epsilon", defaultEpsilon);
  const mean = reduceAlong(x, axes, true, meanOf);
  const centred = mapBroadcast([x, mean], ([v, m]) => (v as number) - (m as number), x.dtype);
  const variance = reduceAlong(centred, axes, true, meanSquare);
  return mapBroadcast(
    [centred, mapDense(variance, (v) => 1 / Math.sqrt(v + epsilon))],
    ([v, i]) => (v as number) * (i as number),
    x.dtype,
  );
}

function affine(x: Dense, scale: Dense, bias: Dense): Dense {
  const channels = [scale, bias].map((values) => perChannel(values, x.shape.length));
  return mapBroadcast(
    [x, ...channels],
    ([v, s, b]) => (v as number) * (s as number) + (b as number),
    x.dtype,
  );
}

// --- GroupNormalization

/** Groups, and channels of each. */
function groupsOf(call: Call): { readonly groups: number; readonly size: number } {
  const groups = call.int("num_groups");
  const channels = call.shape(0)[1] as Dim;
  if (!isKnown(channels))
    call.fail("unbound-dimension", { dim: channels, value: "the channels of a group normalisation" });
  if (groups < 1 || channels % groups !== 0)
    call.fail("bad-attribute", {
      name: "num_groups",
      problem: `is ${groups}, which does not divide ${channels} channels`,
    });
  return { groups, size: channels / groups };
}

/** (N, C, …) as (N, groups, channels of a group, …). */
function groupedShape(call: Call): number[] {
  const { groups, size } = groupsOf(call);
  const [n, , ...spatial] = localDims(call.shape(0));
  return [n as number, groups, size, ...spatial];
}

const groupNormalization = defineOp({
  name: "GroupNormalization",
  mixed: "full",
  doc: "Zero mean and unit variance of every group of channels of every sample, times scale, plus bias.",
  since: 21,
  inputs: [3, 3],
  axes: (call): ResolvedRule => {
    const x = call.shape(0).map((_, axis) => (axis === 0 ? "n" : null));
    return { inputs: [x, [null], [null]], outputs: [x] };
  },
  partials: affinePartials,
  infer: (call) => {
    const channels = call.shape(0)[1] ?? 0;
    if (call.rank(0) < 2 || ![1, 2].every((i) => shapesMayBeEqual(call.shape(i), [channels])))
      call.failShape("x must be [batch, channels, …], scale and bias one number per channel");
    if (isKnown(channels)) groupsOf(call);
    stashDtype(call);
    return [tensorType(commonDtype(call, "float"), call.shape(0))];
  },
  signatures: (call, derived, context) => {
    if (!isKnown(call.shape(0)[1] as Dim)) return derived;
    const { size } = groupsOf(call);
    const units = unitsAmong(context, [
      ["input", 0, 1],
      ["input", 1, 0],
      ["input", 2, 0],
      ["output", 0, 1],
    ]).map((unit) => lcm(unit, size));
    return [
      ...derived,
      ...[...new Set([size, ...units])].map((unit) =>
        signatureOf(call, { 0: split(1, unit), 1: split(0, unit), 2: split(0, unit) }, split(1, unit)),
      ),
    ];
  },
  // The channels of a group may be split where it is the only one: else the devices' groups would differ.
  forms: (call, context) => [
    ...splitForms(call, context, spatialAxes(call), buildGroupNorm),
    ...(call.int("num_groups") === 1 ? channelForms(call, context) : []),
  ],
  flops: (call) => 7 * inputElements(call, 0),
  localize: ({ g, call, inputs }) => {
    const channels = g.type(inputs[0] as string).shape[1] as number;
    const attributes = { ...call.attributes, num_groups: channels / groupsOf(call).size };
    return [g.op("GroupNormalization", inputs, attributes)];
  },
  evaluate: ({ call, inputs }) => {
    const [x, scale, bias] = inputs as readonly [Dense, Dense, Dense];
    const grouped = reshaped(x, groupedShape(call));
    const axes = range(grouped.shape.length).slice(2);
    return [affine(reshaped(normal(grouped, axes, call), x.shape), scale, bias)];
  },
  gradient: (context) => {
    const { call } = context;
    const shape = groupedShape(call);
    return sampleNormGradient(context, {
      compute: stashDtype(call),
      epsilon: call.float("epsilon", defaultEpsilon),
      shape,
      axes: range(shape.length).slice(2),
    });
  },
});

function channelForms(call: Call, context: SignatureContext): DistributedForm[] {
  return unitsAmong(context, [["input", 0, 1]]).map((unit): DistributedForm => {
    const signature = signatureOf(
      call,
      { 0: split(1, unit), 1: split(0, unit), 2: split(0, unit) },
      split(1, unit),
    );
    return { name: "axis-split", signature: { ...signature, form: "axis-split" }, build: buildGroupNorm };
  });
}

function buildGroupNorm(g: FormEmitter, inputs: readonly (string | null)[], call: Call): readonly string[] {
  const [x, scale, bias] = inputs as readonly [string, string, string];
  const values = castTo(g, x, stashDtype(call));
  const shape = groupedShape(call);
  const grouped = g.op("Reshape", [values, g.ints(shape)]);
  const normal = emitNormal(g, grouped, range(shape.length).slice(2), call);
  const back = g.op("Reshape", [normal, g.ints(localDims(call.shape(0)))]);
  return [scaleAndShift(g, castTo(g, back, call.dtype(0)), scale, bias, call)];
}

export const channelNormOps: readonly OpDefinition[] = [
  batchNormalization,
  instanceNormalization,
  groupNormalization,
];
