/**
 * The derivatives of SoftmaxCrossEntropyLoss and NegativeLogLikelihoodLoss. With the items' factors f (weight over divisor, 0 for
 * an ignored label, times the gradient of the loss):
 *
 *   log-probabilities   -f at the label, 0 elsewhere
 *   scores              f softmax(scores), less f at the label
 *   class weights       per class, the sum over its items of (their loss, less the mean where there is one) over the divisor
 *
 * What is subtracted at the label is scattered: no one-hot tensor, and the class axis may be split.
 */
import { knownShape } from "../ir/types.ts";
import { tensorData } from "../ir/tensor-data.ts";
import type { Call } from "./call.ts";
import type { Emitter, GradientContext } from "./contract.ts";
import { countsByData, lossItems, reductionOf, type LossItems } from "./loss-items.ts";

export function lossGradient(context: GradientContext): readonly (string | null)[] {
  const { g, call, inputs, gradients, wanted, output } = context;
  const [scores, labels, weights] = inputs as readonly [string, string, string | null | undefined];
  const [dLoss, dLogProbabilities] = gradients;
  const logits = call.op === "SoftmaxCrossEntropyLoss";
  const items = lossItems(g, [labels, weights], call);
  const terms: string[] = [];
  if (wanted[0] === true && dLoss != null) {
    const factor = factorOf(context, items, dLoss);
    const shape = knownShape(g.type(scores));
    const from = logits
      ? g.op("Mul", [g.op("Exp", [output(1)]), factor])
      : g.op("ConstantOfShape", [g.ints(shape)], {
          value: { tensor: tensorData(g.type(scores).dtype, [1], [0]) },
        });
    const updates = g.op("Expand", [g.op("Neg", [factor]), g.ints(shape.with(1, 1))]);
    const at = g.op("Unsqueeze", [items.kept(), g.ints([1])]);
    terms.push(g.op("ScatterElements", [from, at, updates], { axis: 1, reduction: "add" }));
  }
  if (wanted[0] === true && dLogProbabilities != null) {
    const total = g.op("ReduceSum", [dLogProbabilities, g.ints([1])], { keepdims: 1 });
    terms.push(g.op("Sub", [dLogProbabilities, g.op("Mul", [g.op("Exp", [output(1)]), total])]));
  }
  return [
    terms.length === 0 ? null : terms.reduce((sum, term) => g.op("Add", [sum, term])),
    null,
    wanted[2] === true && dLoss != null
      ? weightGradient(context, items, dLoss, logits ? output(1) : scores)
      : null,
  ].slice(0, inputs.length);
}

/** The gradient of every item's negative log-probability: of the shape [n, 1, d1, …], or a scalar that is that of all. */
function factorOf({ g, call }: GradientContext, items: LossItems, dLoss: string): string {
  const each = reductionOf(call) === "mean" ? g.op("Div", [dLoss, divisorOf(g, items, call)]) : dLoss;
  const weight = items.weight();
  const factor = weight === undefined ? items.onlyValid(each) : g.op("Mul", [weight, each]);
  return g.type(factor).shape.length === 0 ? factor : g.op("Unsqueeze", [factor, g.ints([1])]);
}

/** The divisor of a mean; 1 where nothing counts, so that gradients are 0 there. */
function divisorOf(g: Emitter, items: LossItems, call: Call): string {
  const count = items.count();
  if (!countsByData(call)) return count;
  const [zero, one] = [g.scalar(call.dtype(0), 0), g.scalar(call.dtype(0), 1)];
  return g.op("Where", [g.op("Equal", [count, zero]), one, count]);
}

function weightGradient(
  context: GradientContext,
  items: LossItems,
  dLoss: string,
  logProbabilities: string,
): string {
  const { g, call, inputs, output } = context;
  const weights = inputs[2] as string;
  const at = g.op("Unsqueeze", [items.kept(), g.ints([1])]);
  const picked = g.op("GatherElements", [logProbabilities, at], { axis: 1 });
  let each = g.op("Neg", [g.op("Squeeze", [picked, g.ints([1])])]);
  if (reductionOf(call) === "mean")
    each = g.op("Div", [g.op("Sub", [each, output(0)]), divisorOf(g, items, call)]);
  each = items.onlyValid(g.op("Mul", [each, dLoss]));
  const none = g.op("Sub", [weights, weights]);
  const flat = (value: string) => g.op("Reshape", [value, g.ints([-1])]);
  return g.op("ScatterElements", [none, flat(items.kept()), flat(each)], { axis: 0, reduction: "add" });
}
