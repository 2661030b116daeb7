/** The affine layer, and how it is laid out over the tensor-parallel axis. */
import { broadcast, split } from "../../ir/layout.ts";
import { xavierNormal, zeros, type InitMethod } from "../initializers.ts";
import { Module, Parameter, type LayerOptions } from "../module.ts";
import type { Tensor } from "../tensor.ts";
import { adviseFeatures, adviseHidden, advisePartial, adviseReduced, held } from "./advice.ts";

/**
 * "data": the weight is whole everywhere. "col": split by output features, and so is the result. "row": split by input
 * features; the partial results are summed before the bias is added.
 */
export type Parallel = "data" | "col" | "row";

export interface LinearOptions extends LayerOptions {
  /** Default true. */
  readonly bias?: boolean;
  /** Default "data". */
  readonly parallel?: Parallel;
  /** Of the weight; default xavierNormal(). The bias begins at zero. */
  readonly initMethod?: InitMethod;
  /** Features that a split keeps together, e.g. those of one attention head. Default 1. */
  readonly unit?: number;
}

/** [..., in] to [..., out]: x W + b, with the weight stored as [in, out]. */
export class Linear extends Module {
  static readonly packaged = true;
  readonly parallel: Parallel;
  readonly #unit: number;
  readonly weight: Parameter;
  readonly bias?: Parameter;

  constructor(inFeatures: number, outFeatures: number, options: LinearOptions = {}) {
    super(options);
    const { bias = true, parallel = "data", initMethod = xavierNormal(), unit = 1 } = options;
    this.parallel = parallel;
    this.#unit = unit;
    const weightSplit = { data: broadcast, col: split(1, unit), row: split(0, unit) }[parallel];
    this.weight = new Parameter([inFeatures, outFeatures], { init: initMethod, ...held(weightSplit) });
    if (bias)
      this.bias = new Parameter([outFeatures], {
        init: zeros,
        ...held(parallel === "col" ? split(0, unit) : broadcast),
      });
  }

  forward(x: Tensor): Tensor {
    if (this.parallel === "col") adviseHidden(x);
    else if (this.parallel === "row") adviseFeatures(x, this.#unit);
    const product = x.matmul(this.weight);
    if (this.parallel === "row") advisePartial(product);
    else if (this.parallel === "col") adviseFeatures(product, this.#unit);
    if (this.bias === undefined) return this.parallel === "row" ? adviseReduced(product) : product;
    const y = product.add(this.bias);
    return this.parallel === "col" ? adviseFeatures(y, this.#unit) : adviseHidden(y);
  }
}
