/** The operators of com.microsoft, as ONNX Runtime and its exporters emit them. */
import { multiHeadAttention } from "./contrib-attention.ts";
import { fusedAttentionOp } from "./contrib-fused-attention.ts";
import { groupQueryAttention } from "./contrib-group-query.ts";
import type { OpDefinition } from "./define.ts";

export const contribOps: readonly OpDefinition[] = [
  multiHeadAttention,
  groupQueryAttention,
  fusedAttentionOp,
];
