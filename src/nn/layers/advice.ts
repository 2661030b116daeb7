/** Layout advice that layers give: soft hints, which yield where they do not fit. */
import { broadcast, partial, split, type Sbp } from "../../ir/layout.ts";
import { currentBuild } from "../build.ts";
import { getNdSbp, layoutHint, type AxisSbp } from "../distribution.ts";
import type { ParameterOptions } from "../module.ts";
import type { Tensor } from "../tensor.ts";

/**
 * Parameter options: `tp` along the tensor-parallel axis. Along dp a parameter is whole where the activations are split; where
 * the batch is too small for that, nothing says that the devices of dp should all hold it.
 */
export function held(tp: Sbp = broadcast): Pick<ParameterOptions, "sbp" | "soft"> {
  return { sbp: { tp }, soft: true };
}

/**
 * Advises that `x` be split along dp by its first axis, where that is longer than 1, and be `tp` along the tensor-parallel axis.
 * What has been asked of `x` before stands.
 */
function advise(x: Tensor, tp: Sbp): Tensor {
  const build = currentBuild();
  if (build.builder.value(x.value).hint !== undefined) return x;
  const batched = x.rank > 1 && x.size(0) > 1;
  const layout: AxisSbp = batched ? getNdSbp([split(0), tp]) : { tp };
  build.hint(
    x.value,
    layoutHint(layout, "soft", { name: x.value, shape: x.shape, location: build.location() }),
  );
  return x;
}

/** Advises that `x` be made in the layout of hidden states: whole along the tensor-parallel axis. */
export function adviseHidden(x: Tensor): Tensor {
  return advise(x, broadcast);
}

/** Advises that `x`, of at least two axes, be split along the tensor-parallel axis by its features, in blocks of `unit`. */
export function adviseFeatures(x: Tensor, unit: number): Tensor {
  return x.rank > 1 ? advise(x, split(x.rank - 1, unit)) : x;
}

/** Advises that `x` be left as partial sums along the tensor-parallel axis. */
export function advisePartial(x: Tensor): Tensor {
  return advise(x, partial());
}

/** Advises that `x` [b, heads, …] be split along the tensor-parallel axis by heads. */
export function adviseHeads(x: Tensor): Tensor {
  return advise(x, split(1));
}

/**
 * As `adviseHidden`, for what may be made as partial sums: the advice stands behind an identity, so that they can be reduced
 * there.
 */
export function adviseReduced(x: Tensor): Tensor {
  return adviseHidden(x.toGlobal({}));
}
