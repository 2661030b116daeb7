/** Random layers of training. Their masks are inputs of the graph, named after the module, the same on every mesh. */
import { fail } from "../../diagnostics/diagnostic.ts";
import { currentBuild } from "../build.ts";
import { bernoulli, where } from "../functional.ts";
import { Module, type LayerOptions } from "../module.ts";
import type { Tensor } from "../tensor.ts";

/** In training, zeroes elements with probability `p` and divides the others by 1 - p; else the identity. 0 ≤ p < 1. */
export class Dropout extends Module {
  static readonly packaged = true;
  readonly p: number;

  constructor(p = 0.5, options: LayerOptions = {}) {
    super(options);
    this.p = probability(p, "Dropout");
  }

  forward(x: Tensor): Tensor {
    return this.training && this.p > 0 ? dropBy(x, x.shape, this.p) : x;
  }
}

/** As `Dropout`, for whole samples: stochastic depth (Huang et al. 2016). */
export class DropPath extends Module {
  static readonly packaged = true;
  readonly p: number;

  constructor(p = 0, options: LayerOptions = {}) {
    super(options);
    this.p = probability(p, "DropPath");
  }

  forward(x: Tensor): Tensor {
    const perSample = x.shape.map((size, axis) => (axis === 0 ? size : 1));
    return this.training && this.p > 0 ? dropBy(x, perSample, this.p) : x;
  }
}

/** Linear in `x`, so that partial sums pass through. */
function dropBy(x: Tensor, maskShape: readonly number[], p: number): Tensor {
  const keep = 1 - p;
  return x.mul(where(bernoulli(maskShape, keep), x.scalar(1 / keep), x.scalar(0)));
}

function probability(p: number, op: string): number {
  if (!(p >= 0 && p < 1))
    fail(
      "bad-attribute",
      { op, name: "p", problem: `is ${p}, not at least 0 and below 1` },
      currentBuild().location(),
    );
  return p;
}
