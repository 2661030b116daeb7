/** Every kernel by operator. */
import type { Kernel } from "../kernel.ts";
import { contractionKernels } from "./contraction.ts";
import { elementwiseKernels } from "./elementwise.ts";
import { indexingKernels } from "./indexing.ts";
import { movementKernels } from "./movement.ts";
import { reductionKernels } from "./reduction.ts";
import { unaryKernels } from "./unary.ts";
import { windowKernels } from "./window.ts";

export const kernels: ReadonlyMap<string, Kernel> = new Map(
  [
    ...elementwiseKernels,
    ...unaryKernels,
    ...reductionKernels,
    ...contractionKernels,
    ...movementKernels,
    ...indexingKernels,
    ...windowKernels,
  ].map((kernel) => [kernel.op, kernel]),
);
