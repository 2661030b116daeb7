/** Normalisation of the last axes. */
import { ones, zeros } from "../initializers.ts";
import { Module, Parameter, type LayerOptions } from "../module.ts";
import type { Tensor } from "../tensor.ts";
import { adviseHidden, held } from "./advice.ts";

export interface NormOptions extends LayerOptions {
  /** Default 1e-5. */
  readonly eps?: number;
}

export interface LayerNormOptions extends NormOptions {
  /** Default true. */
  readonly bias?: boolean;
}

/** Over the last axes, of the sizes given: mean 0 and variance 1, then scaled and shifted per element. */
export class LayerNorm extends Module {
  static readonly packaged = true;
  readonly weight: Parameter;
  readonly bias?: Parameter;
  readonly #eps: number;

  constructor(normalizedShape: number | readonly number[], options: LayerNormOptions = {}) {
    super(options);
    const shape = typeof normalizedShape === "number" ? [normalizedShape] : normalizedShape;
    this.#eps = options.eps ?? 1e-5;
    this.weight = new Parameter(shape, { init: ones, ...held() });
    if (options.bias ?? true) this.bias = new Parameter(shape, { init: zeros, ...held() });
  }

  forward(x: Tensor): Tensor {
    const affine = this.bias === undefined ? [this.weight] : [this.weight, this.bias];
    return adviseHidden(
      x.apply("LayerNormalization", affine, { axis: -this.weight.rank, epsilon: { float: this.#eps } }),
    );
  }
}

/** Over the last axis: divided by the root of the mean square, then scaled per element. */
export class RMSNorm extends Module {
  static readonly packaged = true;
  readonly weight: Parameter;
  readonly #eps: number;

  constructor(size: number, options: NormOptions = {}) {
    super(options);
    this.#eps = options.eps ?? 1e-5;
    this.weight = new Parameter([size], { init: ones, ...held() });
  }

  forward(x: Tensor): Tensor {
    return adviseHidden(
      x.apply("RMSNormalization", [this.weight], { axis: -1, epsilon: { float: this.#eps } }),
    );
  }
}
