/** Losses. */
import { Module, type LayerOptions } from "../module.ts";
import type { Tensor } from "../tensor.ts";

export interface CrossEntropyLossOptions extends LayerOptions {
  /** Targets with this class take no part. */
  readonly ignoreIndex?: number;
}

/** Mean over all positions of -log softmax(scores)[target]: scores [..., classes], targets [...] of integers, giving a scalar. */
export class CrossEntropyLoss extends Module {
  static readonly packaged = true;
  readonly #ignoreIndex: number | undefined;

  constructor(options: CrossEntropyLossOptions = {}) {
    super(options);
    this.#ignoreIndex = options.ignoreIndex;
  }

  forward(scores: Tensor, targets: Tensor): Tensor {
    const rows = scores.rank === 2 ? scores : scores.flatten(0, -2);
    const classes = targets.rank === 1 ? targets : targets.flatten();
    const ignore = this.#ignoreIndex === undefined ? {} : { ignore_index: this.#ignoreIndex };
    return rows.apply("SoftmaxCrossEntropyLoss", [classes], { reduction: "mean", ...ignore });
  }
}
