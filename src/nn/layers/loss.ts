/** Losses, with PyTorch's names and meanings. */
import { fail } from "../../diagnostics/diagnostic.ts";
import { isFloat } from "../../ir/types.ts";
import { currentBuild } from "../build.ts";
import { tensor, where } from "../functional.ts";
import { Module, type LayerOptions } from "../module.ts";
import type { Operand, Tensor } from "../tensor.ts";

/** What is made of the losses of all items: their mean, their sum, or nothing. */
export type LossReduction = "mean" | "sum" | "none";

export interface LossOptions extends LayerOptions {
  /** Default `mean`. */
  readonly reduction?: LossReduction;
}

function reduced(losses: Tensor, reduction: LossReduction): Tensor {
  if (reduction === "none") return losses;
  return reduction === "mean" ? losses.mean() : losses.sum();
}

export interface CrossEntropyLossOptions extends LossOptions {
  /** Targets with this class take no part. Only for targets that are classes. */
  readonly ignoreIndex?: number;
  /** The part of every target that is spread evenly over all classes, 0 to 1. Default 0. */
  readonly labelSmoothing?: number;
}

/**
 * -log softmax(scores)[target] of every position: scores [..., classes], targets [...] of integers. Or, for targets
 * [..., classes] of probabilities, the sum over the classes of -probability · log softmax(scores). The mean is over the
 * positions that take part. The classes may be split: no scores are gathered.
 */
export class CrossEntropyLoss extends Module {
  static readonly packaged = true;
  readonly #ignoreIndex: number | undefined;
  readonly #smoothing: number;
  readonly #reduction: LossReduction;

  constructor(options: CrossEntropyLossOptions = {}) {
    super(options);
    this.#ignoreIndex = options.ignoreIndex;
    this.#smoothing = options.labelSmoothing ?? 0;
    this.#reduction = options.reduction ?? "mean";
    if (!(this.#smoothing >= 0 && this.#smoothing <= 1))
      refuse("labelSmoothing", `is ${this.#smoothing}, which is not between 0 and 1`);
  }

  forward(scores: Tensor, targets: Tensor): Tensor {
    if (isFloat(targets.dtype)) return this.ofProbabilities(scores, targets);
    const rows = scores.rank === 2 ? scores : scores.flatten(0, -2);
    const classes = targets.rank === 1 ? targets : targets.flatten();
    const ignore = this.#ignoreIndex === undefined ? {} : { ignore_index: this.#ignoreIndex };
    const attributes = { reduction: this.#reduction, ...ignore };
    const loss =
      this.#smoothing === 0
        ? rows.apply("SoftmaxCrossEntropyLoss", [classes], attributes)
        : this.smoothed(rows).apply("NegativeLogLikelihoodLoss", [classes], attributes);
    return this.#reduction === "none" && targets.rank !== 1 ? loss.view(...targets.shape) : loss;
  }

  /** [n, classes]: per class, what of all classes' log-probabilities a target of that class counts. */
  private smoothed(rows: Tensor): Tensor {
    const logs = rows.logSoftmax(-1);
    const even = logs.mean(-1, { keepDims: true }).mul(this.#smoothing);
    return logs.mul(1 - this.#smoothing).add(even);
  }

  private ofProbabilities(scores: Tensor, targets: Tensor): Tensor {
    if (this.#ignoreIndex !== undefined) refuse("ignoreIndex", "has no meaning for targets of probabilities");
    const even = this.#smoothing / scores.size(-1);
    const spread = this.#smoothing === 0 ? targets : targets.mul(1 - this.#smoothing).add(even);
    return reduced(scores.logSoftmax(-1).mul(spread).sum(-1).neg(), this.#reduction);
  }
}

function refuse(name: string, problem: string): never {
  return fail("bad-attribute", { op: "CrossEntropyLoss", name, problem }, currentBuild().location());
}

/** The square of the difference of every two elements. */
export class MSELoss extends Module {
  static readonly packaged = true;
  readonly #reduction: LossReduction;

  constructor(options: LossOptions = {}) {
    super(options);
    this.#reduction = options.reduction ?? "mean";
  }

  forward(values: Tensor, targets: Tensor): Tensor {
    const difference = values.sub(targets);
    return reduced(difference.mul(difference), this.#reduction);
  }
}

export interface BCELossOptions extends LossOptions {
  /** Factors of the losses: one, or one per element of the last axis. Default 1. */
  readonly weight?: number | readonly number[];
}

export interface BCEWithLogitsLossOptions extends BCELossOptions {
  /** Factors of the positive part of every target, likewise. Default 1. */
  readonly posWeight?: number | readonly number[];
}

/** A factor for tensors like `like`; undefined for 1. */
function factor(value: number | readonly number[] | undefined, like: Tensor): Operand | undefined {
  if (value === undefined || value === 1) return undefined;
  return typeof value === "number" ? value : tensor(value, like.dtype);
}

function scaled(losses: Tensor, by: Operand | undefined): Tensor {
  return by === undefined ? losses : losses.mul(by);
}

/**
 * -t log p - (1 - t) log(1 - p) of probabilities p and targets t, both of one shape. Logarithms count -100 at least, and have no
 * slope where they count so: a probability of exactly 0 or 1 gets a loss of 100 and a gradient of 0 from the part that is lost.
 */
export class BCELoss extends Module {
  static readonly packaged = true;
  readonly #reduction: LossReduction;
  readonly #weight: BCELossOptions["weight"];

  constructor(options: BCELossOptions = {}) {
    super(options);
    this.#reduction = options.reduction ?? "mean";
    this.#weight = options.weight;
  }

  forward(probabilities: Tensor, targets: Tensor): Tensor {
    const yes = targets.mul(boundedLog(probabilities));
    const no = targets
      .neg()
      .add(1)
      .mul(boundedLog(probabilities.neg().add(1)));
    return reduced(scaled(yes.add(no).neg(), factor(this.#weight, targets)), this.#reduction);
  }
}

/** log x, but -100 at least, 0 included: the logarithm of no 0 is taken, whose slope is none. */
function boundedLog(x: Tensor): Tensor {
  const tiny = x.le(leastExponential);
  return where(tiny, -100, where(tiny, 1, x).log());
}

/** e^-100, which f32 holds as a number below its normal ones. */
const leastExponential = Math.exp(-100);

/**
 * The same of logits x, p = 1 / (1 + e^-x): t log(1 + e^-x) + (1 - t) log(1 + e^x), exact for logits of any size and with the
 * slope p - t everywhere.
 */
export class BCEWithLogitsLoss extends Module {
  static readonly packaged = true;
  readonly #reduction: LossReduction;
  readonly #weight: BCELossOptions["weight"];
  readonly #posWeight: BCELossOptions["weight"];

  constructor(options: BCEWithLogitsLossOptions = {}) {
    super(options);
    this.#reduction = options.reduction ?? "mean";
    this.#weight = options.weight;
    this.#posWeight = options.posWeight;
  }

  forward(logits: Tensor, targets: Tensor): Tensor {
    const positive = scaled(targets, factor(this.#posWeight, targets));
    const yes = positive.mul(logits.neg().apply("Softplus"));
    const no = targets.neg().add(1).mul(logits.apply("Softplus"));
    return reduced(scaled(yes.add(no), factor(this.#weight, targets)), this.#reduction);
  }
}
