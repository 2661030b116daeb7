/** Layout advice that layers give: soft hints, which yield where they do not fit. */
import { broadcast, split, type Sbp } from "../../ir/layout.ts";
import { currentBuild } from "../build.ts";
import { getNdSbp, layoutHint, type AxisSbp } from "../distribution.ts";
import type { ParameterOptions } from "../module.ts";
import type { Tensor } from "../tensor.ts";

/** Parameter options: whole along dp, `tp` along the tensor-parallel axis. */
export function held(tp: Sbp = broadcast): Pick<ParameterOptions, "sbp" | "soft"> {
  return { sbp: getNdSbp([broadcast, tp]), soft: true };
}

/** The layout of hidden states: split along dp by their first axis, where that is longer than 1, and whole along tp. */
function hiddenLayout(x: Tensor): AxisSbp {
  const batched = x.rank > 0 && x.size(0) > 1;
  return batched ? getNdSbp([split(0), broadcast]) : { tp: broadcast };
}

/** Advises that `x` be made in the layout of hidden states. */
export function adviseHidden(x: Tensor): Tensor {
  const build = currentBuild();
  build.hint(
    x.value,
    layoutHint(hiddenLayout(x), "soft", { name: x.value, shape: x.shape, location: build.location() }),
  );
  return x;
}

/** As `adviseHidden`, for what may be made as partial sums: the advice stands behind an identity, so that they can be reduced there. */
export function adviseReduced(x: Tensor): Tensor {
  return adviseHidden(x.toGlobal({}));
}
