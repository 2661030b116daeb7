/** Every operator that sbpc knows, by name. */
import { compilerOps } from "./compiler.ts";
import type { OpDefinition } from "./define.ts";
import { attentionOps } from "./attention.ts";
import { arithmeticOps } from "./arithmetic.ts";
import { convertOps } from "./convert.ts";
import { lossOps } from "./loss.ts";
import { matmulOps } from "./matmul.ts";
import { normOps } from "./norm.ts";
import { reduceOps } from "./reduce.ts";
import { rotaryOps } from "./rotary.ts";
import { linearAttentionOps } from "./linear-attention.ts";
import { contribOps } from "./contrib.ts";
import { quantizeOps } from "./quantize.ts";
import { quantizedMatmulOps } from "./quantized-matmul.ts";
import { flexAttentionOps } from "./flex-attention.ts";
import { softmaxOps } from "./softmax.ts";
import { logicOps } from "./logic.ts";
import { concatSplitOps } from "./concat-split.ts";
import { reshapeOps } from "./reshape.ts";
import { sliceOps } from "./slice.ts";
import { transposeOps } from "./transpose.ts";
import { convOps } from "./conv.ts";
import { expandOps } from "./expand.ts";
import { gatherOps } from "./gather.ts";
import { orderOps } from "./order.ts";
import { poolOps } from "./pool.ts";
import { scatterOps } from "./scatter.ts";
import { unaryOps } from "./unary.ts";

const families: readonly (readonly OpDefinition[])[] = [
  compilerOps,
  arithmeticOps,
  attentionOps,
  convertOps,
  logicOps,
  lossOps,
  matmulOps,
  normOps,
  linearAttentionOps,
  contribOps,
  quantizeOps,
  quantizedMatmulOps,
  flexAttentionOps,
  reduceOps,
  rotaryOps,
  softmaxOps,
  unaryOps,
  concatSplitOps,
  convOps,
  expandOps,
  gatherOps,
  orderOps,
  poolOps,
  scatterOps,
  reshapeOps,
  sliceOps,
  transposeOps,
];

export const registry: ReadonlyMap<string, OpDefinition> = new Map(
  families.flat().map((op) => [op.name, op]),
);

/** The declaration of an operator; undefined for one that sbpc does not know. */
export function findOp(name: string): OpDefinition | undefined {
  return registry.get(name);
}
