/** The derivatives of normalisations by channel of (N, C, D1, …); see `norm-gradient.ts` for what they share. */
import type { DataType } from "../ir/types.ts";
import { knownShape } from "../ir/types.ts";
import { product, range } from "../support/collections.ts";
import { channelSum } from "./conv-gradient.ts";
import type { Emitter, GradientContext } from "./contract.ts";
import { reshapedTo } from "./gradients.ts";
import { castTo, normalGradient, normalise, type Normal } from "./norm-gradient.ts";

/** [C] as [C, 1, …], to broadcast over `rank` axes with the channels on axis 1. */
export function perChannel(g: Emitter, value: string, rank: number): string {
  const trailing = range(rank - 2).map((axis) => axis + 1);
  return trailing.length === 0 ? value : g.op("Unsqueeze", [value, g.ints(trailing)]);
}

/** What a normalisation of every sample on its own is over. */
export interface SampleNorm {
  readonly compute: DataType;
  readonly epsilon: number;
  /** The shape that x is normalised in, and the axes that are. */
  readonly shape: readonly number[];
  readonly axes: readonly number[];
}

/** Of y = n scale + bias, scale and bias one number per channel, n over axes that hold no other sample. */
export function sampleNormGradient(
  { g, call, inputs, gradients, wanted }: GradientContext,
  { compute, epsilon, shape, axes }: SampleNorm,
): (string | null)[] {
  const [x, scale] = inputs as readonly [string, string];
  const [own, rank] = [knownShape(call.tensor(0)), call.rank(0)];
  const dy = castTo(g, gradients[0] as string, compute);
  const byX = (made: Normal) => {
    const dNormal = g.op("Mul", [dy, perChannel(g, castTo(g, scale, compute), rank)]);
    const gradient = normalGradient(g, made, reshapedTo(g, dNormal, shape));
    return castTo(g, reshapedTo(g, gradient, own), call.dtype(0));
  };
  const byScale = ({ normal }: Normal) =>
    castTo(g, channelSum(g, g.op("Mul", [dy, reshapedTo(g, normal, own)])), g.type(scale).dtype);
  const needed = wanted[0] === true || wanted[1] === true;
  const made = needed
    ? normalise(g, reshapedTo(g, castTo(g, x, compute), shape), axes, epsilon, true)
    : undefined;
  return [
    wanted[0] === true ? byX(made as Normal) : null,
    wanted[1] === true ? byScale(made as Normal) : null,
    wanted[2] === true ? castTo(g, channelSum(g, dy), call.dtype(2)) : null,
  ];
}

interface BatchNorm {
  readonly compute: DataType;
  readonly epsilon: number;
  readonly momentum: number;
}

/** In training: by the batch's own statistics, which the running ones follow. */
export function batchNormTrainingGradient(
  { g, call, inputs, gradients, wanted }: GradientContext,
  { compute, epsilon, momentum }: BatchNorm,
): (string | null)[] {
  const rank = call.rank(0);
  const axes = range(rank).filter((axis) => axis !== 1);
  const count = product(axes.map((axis) => call.shape(0)[axis] as number));
  const scale = () => perChannel(g, castTo(g, inputs[1] as string, compute), rank);
  const [dy, dMean, dVariance] = gradients.map((value) =>
    value === null ? null : castTo(g, value, compute),
  );
  const needed = wanted[0] === true || (wanted[1] === true && dy != null);
  const made = needed
    ? normalise(g, castTo(g, inputs[0] as string, compute), axes, epsilon, true)
    : undefined;
  const shift = dy == null || !(wanted[0] === true || wanted[2] === true) ? undefined : channelSum(g, dy);
  const stretch =
    dy == null || made === undefined ? undefined : channelSum(g, g.op("Mul", [dy, made.normal]));
  const spread = (value: string, by: number) =>
    perChannel(g, g.op("Mul", [value, g.scalar(compute, by)]), rank);
  const byX = ({ normal, inverse }: Normal) => {
    const terms: string[] = [];
    if (dy != null && shift !== undefined && stretch !== undefined) {
      const along = g.op("Mul", [normal, spread(stretch, 1 / count)]);
      const rest = g.op("Sub", [g.op("Sub", [dy, spread(shift, 1 / count)]), along]);
      terms.push(g.op("Mul", [rest, g.op("Mul", [inverse, scale()])]));
    }
    const whole = g.ints(knownShape(call.tensor(0)));
    if (dMean != null) terms.push(g.op("Expand", [spread(dMean, (1 - momentum) / count), whole]));
    if (dVariance != null) {
      const centred = g.op("Div", [normal, inverse]);
      terms.push(g.op("Mul", [centred, spread(dVariance, (2 * (1 - momentum)) / count)]));
    }
    return castTo(
      g,
      terms.reduce((sum, term) => g.op("Add", [sum, term])),
      call.dtype(0),
    );
  };
  const followed = (index: number, gradient: string | null | undefined) =>
    wanted[index] === true && gradient != null
      ? castTo(g, g.op("Mul", [gradient, g.scalar(compute, momentum)]), call.dtype(index))
      : null;
  return [
    wanted[0] === true ? byX(made as Normal) : null,
    wanted[1] === true && stretch !== undefined ? castTo(g, stretch, call.dtype(1)) : null,
    wanted[2] === true && shift !== undefined ? castTo(g, shift, call.dtype(2)) : null,
    followed(3, dMean),
    followed(4, dVariance),
  ];
}

/** By a given mean and variance. */
export function batchNormGradient(
  { g, call, inputs, gradients, wanted }: GradientContext,
  { compute, epsilon }: Omit<BatchNorm, "momentum">,
): (string | null)[] {
  const operand = (index: number) => castTo(g, inputs[index] as string, compute);
  const rank = call.rank(0);
  const dy = castTo(g, gradients[0] as string, compute);
  const scaled = [0, 1, 3, 4].some((index) => wanted[index] === true);
  const inverse = scaled
    ? g.op("Reciprocal", [g.op("Sqrt", [g.op("Add", [operand(4), g.scalar(compute, epsilon)])])])
    : "";
  const factor = () => g.op("Mul", [operand(1), inverse]);
  const shift = wanted[2] === true || wanted[3] === true ? channelSum(g, dy) : undefined;
  const stretch = () => {
    const centred = g.op("Sub", [operand(0), perChannel(g, operand(3), rank)]);
    return g.op("Mul", [channelSum(g, g.op("Mul", [dy, centred])), inverse]);
  };
  const stretched = wanted[1] === true || wanted[4] === true ? stretch() : undefined;
  const given = (index: number, value: () => string) =>
    wanted[index] === true ? castTo(g, value(), call.dtype(index)) : null;
  return [
    given(0, () => g.op("Mul", [dy, perChannel(g, factor(), rank)])),
    given(1, () => stretched as string),
    given(2, () => shift as string),
    given(3, () => g.op("Neg", [g.op("Mul", [shift as string, factor()])])),
    given(4, () => {
      const half = g.op("Mul", [g.op("Mul", [factor(), inverse]), g.scalar(compute, -0.5)]);
      return g.op("Mul", [stretched as string, half]);
    }),
  ];
}
