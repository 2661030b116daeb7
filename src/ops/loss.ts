/**
 * SoftmaxCrossEntropyLoss and NegativeLogLikelihoodLoss.
 *
 * Scores are [N, C, d1, …], labels [N, d1, …], class weights [C]. Samples may be split freely where the result is not
 * reduced, or summed. A mean divides by the global number of samples, which is known unless weights or ignored labels make
 * it depend on the data; then the count is summed over the devices. With the classes split no device sees all scores: the
 * largest score, the sum of exponentials and the score of the label are reduced, never the scores gathered. Both are the
 * form `loss-split`, so that one mesh axis may split samples and another classes.
 */
import { broadcast, partial, split, type Sbp } from "../ir/layout.ts";
import { isInteger } from "../ir/types.ts";
import type { PartialRules, Signature } from "../sbp/signature.ts";
import { range } from "../support/collections.ts";
import type { Call } from "./call.ts";
import type {
  Dense,
  DistributedForm,
  Emitter,
  FormEmitter,
  ItemCount,
  LocalizeContext,
  SignatureContext,
} from "./contract.ts";
import { defineOp, inputElements, type OpDefinition } from "./define.ts";
import { build, dense, mapLines, offsetOf, stridesOf } from "./dense.ts";
import { commonDtype, down } from "./elementwise.ts";
import { lossGradient } from "./loss-gradient.ts";
import { countsByData, ignoredLabel, labelCount, lossItems, reductionOf } from "./loss-items.ts";
import { signatureOf, unitsAmong } from "./movement.ts";
import { logSoftmaxLine, shiftedExponentials } from "./softmax.ts";

function takesLogits(call: Call): boolean {
  return call.op === "SoftmaxCrossEntropyLoss";
}

function lossRule(call: Call): string {
  if (call.rank(0) < 2) call.failShape("scores must have at least 2 axes");
  const rest = range(call.rank(0) - 2)
    .map((i) => `d${i + 1}`)
    .join(" ");
  const weights = call.has(2) ? ", !c" : "";
  const loss = reductionOf(call) === "none" ? `n ${rest}` : "";
  return `n !c ${rest}, n ${rest}${weights} -> ${loss}${takesLogits(call) ? `, n !c ${rest}` : ""}`;
}

function lossDtypes(call: Call): readonly ReturnType<Call["dtype"]>[] {
  const dtype = commonDtype(call, "float", [0, 2]);
  if (!isInteger(call.dtype(1)))
    call.fail("dtype-mismatch", { problem: "labels must be integers", types: call.printShapes() });
  return [dtype, dtype];
}

/**
 * Linear in log-probabilities, and in the weights unless they divide; every loss alone, unweighted, falls in its
 * log-probability.
 */
function lossPartials(call: Call): PartialRules {
  const weights = call.has(2) && reductionOf(call) !== "mean" ? [[2]] : [];
  const scores = takesLogits(call) ? [] : [[0]];
  const falls = !takesLogits(call) && !call.has(2) && reductionOf(call) === "none";
  return {
    linear: call.outputCount > 1 ? scores : [...scores, ...weights],
    monotone: falls ? [down(0)] : [],
    reduce: countsByData(call) ? "none" : "sum",
  };
}

/** With the log-probabilities asked for too, partial weights leave those whole. */
function weightSignatures(call: Call): Signature[] {
  if (call.outputCount < 2 || !call.has(2) || reductionOf(call) === "mean") return [];
  return [signatureOf(call, { 2: partial("sum") }, [partial("sum"), broadcast])];
}

// --- one device

/** Where samples are split a mean is the local sum over the global count. */
function localizeLoss({ g, call, signature, inputs, outputTypes }: LocalizeContext): readonly string[] {
  const samplesSplit = (signature.inputs[1] ?? []).some((sbp) => sbp.kind === "S");
  if (reductionOf(call) !== "mean" || !samplesSplit)
    return g.ops(call.op, inputs, call.attributes, outputTypes.length);
  const [loss, ...rest] = g.ops(
    call.op,
    inputs,
    { ...call.attributes, reduction: "sum" },
    outputTypes.length,
  );
  return [g.op("Div", [loss as string, g.scalar(call.dtype(0), labelCount(call))]), ...rest];
}

// --- the distributed form

function lossForms(call: Call, context: SignatureContext): DistributedForm[] {
  const form = (
    inputs: Readonly<Record<number, Sbp>>,
    loss: Sbp,
    logProbabilities: Sbp,
  ): DistributedForm => ({
    name: "loss-split",
    signature: {
      ...signatureOf(call, inputs, [loss, logProbabilities].slice(0, call.outputCount)),
      form: "loss-split",
    },
    build: buildLoss,
  });
  const classes = unitsAmong(context, [["input", 0, 1]]).map((unit) =>
    form({ 0: split(1, unit) }, broadcast, split(1, unit)),
  );
  if (!countsByData(call)) return classes;
  const samples = range(call.rank(1)).flatMap((axis) => {
    const own = axis === 0 ? 0 : axis + 1;
    const units = unitsAmong(context, [
      ["input", 0, own],
      ["input", 1, axis],
    ]);
    return units.map((unit) =>
      form({ 0: split(own, unit), 1: split(axis, unit) }, partial("sum"), split(own, unit)),
    );
  });
  return [...classes, ...samples];
}

function buildLoss(
  g: FormEmitter,
  [scores, labels, weights]: readonly (string | null)[],
  call: Call,
): string[] {
  const items = lossItems(g, [labels as string, weights], call);
  const classAxis = g.ints([1]);
  const ofLabel = (value: string) => {
    const picked = g.op("GatherElements", [value, g.op("Unsqueeze", [items.kept(), classAxis])], { axis: 1 });
    return g.op("Squeeze", [g.gather(picked), classAxis]);
  };

  let loss: string;
  let logProbabilities: string[] = [];
  if (takesLogits(call)) {
    const { shifted, total } = shiftedExponentials(g, scores as string, 1);
    const logTotal = g.op("Log", [total]);
    loss = g.op("Sub", [g.op("Squeeze", [logTotal, classAxis]), ofLabel(shifted)]);
    if (call.wants(1)) logProbabilities = [g.op("Sub", [shifted, logTotal])];
  } else {
    loss = g.op("Neg", [ofLabel(scores as string)]);
  }
  loss = items.onlyValid(loss);
  const weight = items.weight();
  if (weight !== undefined) loss = g.op("Mul", [loss, weight]);

  const reduction = reductionOf(call);
  if (reduction === "none") return [loss, ...logProbabilities];
  const sumAll = (value: string) => g.op("ReduceSum", [value], { keepdims: 0 });
  if (reduction === "sum") return [sumAll(loss), ...logProbabilities];
  const divisor = g.gather(items.count());
  return [g.op("Div", [sumAll(loss), divisor]), ...logProbabilities];
}

// --- the meaning

/** The loss out of log-probabilities. */
function lossOf(
  call: Call,
  logProbabilities: Dense,
  labels: Dense,
  weights: Dense | null | undefined,
): Dense {
  const ignored = ignoredLabel(call);
  const classes = logProbabilities.shape[1] as number;
  const strides = stridesOf(logProbabilities.shape);
  let divisor = 0;
  const losses = build(logProbabilities.dtype, labels.shape, ([sample, ...rest], flat) => {
    const label = labels.data[flat] as number;
    if (label === ignored) return 0;
    if (label < 0 || label >= classes) call.failShape(`label ${label} is none of ${classes} classes`);
    const weight = weights == null ? 1 : (weights.data[label] as number);
    divisor += weight;
    return -weight * (logProbabilities.data[offsetOf([sample as number, label, ...rest], strides)] as number);
  });
  const reduction = reductionOf(call);
  if (reduction === "none") return losses;
  const total = losses.data.reduce((a, b) => a + b, 0);
  return dense(losses.dtype, [], [reduction === "sum" ? total : total / divisor]);
}

const shared = {
  axes: lossRule,
  dtypes: lossDtypes,
  partials: lossPartials,
  signatures: (call: Call, derived: readonly Signature[]) => [...derived, ...weightSignatures(call)],
  forms: lossForms,
  localize: localizeLoss,
  gradient: lossGradient,
  mixed: "full" as const,
  meanOver: itemsOf,
  among: amongLabels,
};

/** Labels that are not ignored, by their weights; without weights, what `amongLabels` leaves out follows from the samples alone. */
function itemsOf(call: Call): ItemCount | undefined {
  if (!countsByData(call) || (ignoredLabel(call) === noLabel && !call.has(2))) return undefined;
  return {
    by: [1, 2],
    emit: (g, [, labels, weights]) => lossItems(g, [labels as string, weights], call).count(),
  };
}

/** The mean over the labels that `kept` is true for: the others are ignored. */
function amongLabels(
  g: Emitter,
  [scores, labels, ...weights]: readonly (string | null)[],
  call: Call,
  kept: (input: number) => string,
): string[] | undefined {
  if (reductionOf(call) !== "mean") return undefined;
  const ignored = ignoredLabel(call) ?? noLabel;
  const only = g.op("Where", [kept(1), labels as string, g.scalar(call.dtype(1), ignored)]);
  const attributes = { ...call.attributes, ignore_index: ignored };
  return g.ops(call.op, [scores as string, only, ...weights], attributes, call.outputCount);
}

/** No class has this number, and no model ignores it. */
const noLabel = -(2 ** 31);

const softmaxCrossEntropyLoss = defineOp({
  ...shared,
  name: "SoftmaxCrossEntropyLoss",
  doc: "The negative log-probability of the label under the softmax of the scores; log-probabilities where asked for.",
  since: 13,
  inputs: [2, 3],
  outputs: (call) => call.outputCount,
  flops: (call) => 8 * inputElements(call, 0),
  evaluate: ({ call, inputs: [scores, labels, weights] }) => {
    const logProbabilities = mapLines(scores as Dense, 1, logSoftmaxLine);
    return [lossOf(call, logProbabilities, labels as Dense, weights), logProbabilities];
  },
});

const negativeLogLikelihoodLoss = defineOp({
  ...shared,
  name: "NegativeLogLikelihoodLoss",
  doc: "The negative log-probability of the label.",
  since: 13,
  inputs: [2, 3],
  flops: (call) => inputElements(call, 1),
  evaluate: ({ call, inputs: [scores, labels, weights] }) => [
    lossOf(call, scores as Dense, labels as Dense, weights),
  ],
});

export const lossOps: readonly OpDefinition[] = [softmaxCrossEntropyLoss, negativeLogLikelihoodLoss];
