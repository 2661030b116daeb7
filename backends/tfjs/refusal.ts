/** Which calls tfjs can run: by a kernel, or on the host. Known when a segment is loaded, before anything runs. */
import { isStatic, knownShape, printType, type TensorType, type ValueType } from "../../src/ir/types.ts";
import type { Call } from "../../src/ops/call.ts";
import { findOp } from "../../src/ops/registry.ts";
import { product } from "../../src/support/collections.ts";
import { isOnHost, mostOnHost } from "./elements.ts";
import { basicKernels, heldAs, isNarrow } from "./kernel.ts";
import { kernels } from "./kernels/table.ts";
import type { Refusal } from "./lower.ts";

/** Whether a call is computed on the host: one that takes or gives numbers held there, and is small. */
export function runsOnHost(call: Call, outputs: readonly ValueType[]): boolean {
  const types = [...call.inputs.filter((type) => type !== null), ...outputs];
  const isSmall = (type: ValueType): type is TensorType =>
    type.kind === "tensor" && isStatic(type) && product(knownShape(type)) <= mostOnHost;
  return (
    types.every(isSmall) &&
    types.some((type) => isOnHost(type.dtype, knownShape(type))) &&
    Object.keys(call.regions).length === 0 &&
    findOp(call.op)?.whyUnevaluated(call) === undefined
  );
}

/** Why tfjs cannot run a call: it has no kernel, its types have no room, or a kernel of tfjs's backend is missing. */
export function refusalOf(registered: ReadonlySet<string>): Refusal {
  return (call, outputs) => {
    if (runsOnHost(call, outputs)) return undefined;
    const kernel = kernels.get(call.op);
    if (kernel === undefined) return "there is no kernel for it";
    const types = [...call.inputs.filter((type) => type !== null), ...outputs];
    for (const type of types) {
      if (type.kind !== "tensor") return `it has no ${printType(type)}`;
      if (heldAs(type.dtype) === undefined) return `it has no elements of type ${type.dtype}`;
      if (!isStatic(type)) return `the shape of ${printType(type)} is known only at run time`;
      if (isNarrow(type.dtype) && kernel.narrow !== true)
        return `its kernel computes with 32 bits, not as ${type.dtype} does`;
    }
    const open = kernel.known?.find((i) => call.has(i) && call.constant(i) === undefined);
    if (open !== undefined) return `its input ${open} is known only at run time`;
    const missing = [...basicKernels, ...kernel.needs].filter((name) => !registered.has(name));
    if (missing.length > 0) return `tfjs has no kernel ${missing.join(", ")} there`;
    return kernel.unless?.(call);
  };
}
