/** The operators of com.microsoft, and those that ONNX Runtime adds to ONNX's own domain. */
import { contribActivationOps } from "./contrib-activation.ts";
import { multiHeadAttention } from "./contrib-attention.ts";
import { fusedAttentionOp } from "./contrib-fused-attention.ts";
import { groupQueryAttention } from "./contrib-group-query.ts";
import { contribMatmulOps } from "./contrib-matmul.ts";
import { contribNormOps } from "./contrib-norm.ts";
import { qLinearElementOps } from "./contrib-qlinear-elements.ts";
import { contribQLinearOps } from "./contrib-qlinear.ts";
import { quantizedRecurrentOps } from "./contrib-quantized-recurrent.ts";
import type { OpDefinition } from "./define.ts";

export const contribOps: readonly OpDefinition[] = [
  multiHeadAttention,
  groupQueryAttention,
  fusedAttentionOp,
  ...contribActivationOps,
  ...contribMatmulOps,
  ...contribNormOps,
  ...qLinearElementOps,
  ...contribQLinearOps,
  ...quantizedRecurrentOps,
];
